//! A destination slower than the platform: everything waits for it, nothing waits for ever.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use support::{everything, intercom, only, options, sync};
use tajo_core::conformance::MemoryDestination;
use tajo_core::{BoxFuture, Claim, Destination, Held, Loaded, Result, Segment, StateNote, Table};
use tajo_sim::{Options, Town};
use tokio::time::{sleep, timeout};

/// Takes its time with every load.
struct Slow(MemoryDestination, Duration);

impl Destination for Slow {
    fn name(&self) -> String {
        self.0.name()
    }
    fn claim<'a>(&'a self, connection: &'a str, workspace: &'a str) -> BoxFuture<'a, Result<Claim>> {
        self.0.claim(connection, workspace)
    }
    fn prepare<'a>(&'a self, table: &'a Table) -> BoxFuture<'a, Result<()>> {
        self.0.prepare(table)
    }
    fn load<'a>(&'a self, claim: &'a Claim, segment: Segment, note: Option<StateNote>) -> BoxFuture<'a, Result<Loaded>> {
        Box::pin(async move {
            sleep(self.1).await;
            self.0.load(claim, segment, note).await
        })
    }
    fn held<'a>(
        &'a self,
        table: &'a Table,
        flag: Option<&'a str>,
        ids: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<Held>>>> {
        self.0.held(table, flag, ids)
    }
    fn count<'a>(&'a self, table: &'a str) -> BoxFuture<'a, Result<u64>> {
        self.0.count(table)
    }
}

/// Many windows, many cut lists, a full queue: each has been the other's prisoner.
#[tokio::test(start_paused = true)]
async fn a_slow_destination_never_deadlocks_the_reading() {
    let town = Town::new(Options { contacts: 18_000, rate_limit: 0, ..options() });
    let to = Slow(MemoryDestination::default(), Duration::from_secs(1));
    let (client, wanted) = (intercom(&town, "2.14"), only(&["contacts"]));
    let receipt = timeout(Duration::from_secs(7_200), sync(&client, &wanted, &to)).await.expect("the run must end").unwrap();
    assert_eq!(receipt.outcome, "complete", "{:?}", receipt.errors);
    assert_eq!(to.count("contacts").await.unwrap(), 18_000);
    let town = Town::new(Options { contacts: 500, conversations: 300, rate_limit: 100, ..options() });
    let to = Slow(MemoryDestination::default(), Duration::from_millis(700));
    let receipt =
        timeout(Duration::from_secs(7_200), sync(&intercom(&town, "2.11"), &everything(), &to)).await.expect("the run must end");
    assert_eq!(receipt.unwrap().outcome, "complete");
}
