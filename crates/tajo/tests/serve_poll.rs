//! Syncs by the clock while the program serves: when they come, for whom, and what a failed one is followed by.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod counter;
mod desk;

use std::sync::Arc;
use std::time::{Duration, Instant};

use counter::{Counter, SECRET, app};
use desk::{Desk, small};
use serde_json::Value;
use tajo::actions::connectors_handle_webhook::is_under_way;
use tajo::actions::polling::poll;
use tajo_state::{Runs, SUCCESS};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio::time::advance;

const PERIOD: Duration = Duration::from_secs(900);

/// The program's own runtime, whose clock stands still; the twin lives on the desk's.
fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// How many runs of a connection succeeded and how many did not, once there are so many and none is under way.
async fn runs(desk: &Desk, connection: &str, many: usize) -> (usize, usize) {
    let runs = Runs::open(&desk.path("home")).unwrap();
    let begun = Instant::now();
    loop {
        let held = runs.list(connection, 10).await.unwrap();
        if held.len() >= many && !is_under_way(&desk.path("home"), connection) {
            let good = held.iter().filter(|run| run.outcome == SUCCESS).count();
            return (good, held.len() - good);
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "only {} runs of {connection}", held.len());
        yield_now().await;
    }
}

/// Lets everything that is ready come to its rest.
async fn rest() {
    for _ in 0..1_000 {
        yield_now().await;
    }
}

// Shows: A-04.
#[test]
fn a_connection_is_synced_each_period_and_a_failed_sync_is_followed_by_the_next() {
    let desk = Desk::new(small());
    let asked = Arc::new(app(&desk, &[]));
    let home = desk.path("home");
    paused().block_on(async {
        tokio::spawn(async move { poll(asked, &home, "15m".parse().unwrap()).await });
        rest().await;
        advance(PERIOD - Duration::from_secs(1)).await;
        rest().await;
        assert!(desk.town.calls().is_empty(), "the first one comes after a whole period");
        advance(Duration::from_secs(1)).await;
        assert_eq!(runs(&desk, "intercom", 1).await, (1, 0));
        assert_eq!(desk.town.count_calls("/me"), 1, "and comes once");

        let contact = desk.town.ids("contacts")[0].clone();
        // The town's time goes on as it was; in here it would be the stopped clock's.
        std::thread::scope(|apart| apart.spawn(|| desk.town.rename_contact(&contact, "Wilhelmina Marsh")).join().unwrap());
        rest().await;
        advance(PERIOD).await;
        assert_eq!(runs(&desk, "intercom", 2).await, (2, 0));

        desk.town.faults().token_unauthorized("/");
        rest().await;
        advance(PERIOD).await;
        assert_eq!(runs(&desk, "intercom", 3).await, (2, 1));
        let tried = desk.town.count_calls("/me");
        rest().await;
        assert_eq!(desk.town.count_calls("/me"), tried, "nothing is tried again before its time");
        desk.town.faults().clear();
        advance(PERIOD).await;
        assert_eq!(runs(&desk, "intercom", 4).await, (3, 1));
        rest().await;
    });
    let name = desk.query("SELECT name FROM contacts WHERE name = 'Wilhelmina Marsh'");
    assert_eq!(name.len(), 1, "what changed in Intercom came without a webhook");
}

#[test]
fn stored_connections_are_synced_too_each_into_a_file_of_its_own() {
    let mut desk = Desk::new(small());
    desk.set("SECOND", Some(desk::CANARY));
    desk.tajo(&["connectors", "connect", "intercom", "--token-env", "SECOND", "--name", "acme"]).ended(0);
    desk.config("connectors:\n  intercom:\n    access_token: \"${INTERCOM_ACCESS_TOKEN}\"\n    sync: {tags: true}\n");
    let asked = Arc::new(app(&desk, &[]));
    let home = desk.path("home");
    paused().block_on(async {
        tokio::spawn(async move { poll(asked, &home, "1m".parse().unwrap()).await });
        rest().await;
        advance(Duration::from_secs(60)).await;
        for name in ["intercom", "acme"] {
            assert_eq!(runs(&desk, name, 1).await, (1, 0), "{name}");
        }
        rest().await;
    });
    for file in ["intercom.db", "acme.db"] {
        let held = desk.query_in(&desk.path("home").join(file), "SELECT count(*) FROM tags");
        assert_eq!(held, [["14"]], "{file}");
    }
}

#[test]
fn the_period_comes_from_the_flag_else_from_the_configuration_else_there_is_none() {
    let desk = Desk::new(small());
    let told = |more: &[&str]| -> Value {
        let args = [&["serve", "--port", "0", "--json"][..], more].concat();
        let serving = desk.spawn(&args, &[("INTERCOM_CLIENT_SECRET", SECRET)]);
        let line: Value = serde_json::from_str(&serving.line()).unwrap();
        // Once it answers, it can also be told to end.
        let counter = Counter { address: line["bound"].as_str().unwrap().parse().unwrap(), app: Arc::new(app(&desk, &[])) };
        counter.send("GET", "/api/v1/health", &[], b"").is(200);
        serving.signal("TERM");
        serving.finish().ended(0);
        line["sync_every"].clone()
    };
    assert_eq!(told(&[]), Value::Null);
    desk.config("connectors:\n  intercom:\n    sync_every: 90 minutes\n");
    assert_eq!(told(&[]), "1h 30m");
    assert_eq!(told(&["--sync-every", "15m"]), "15m");
    assert!(desk.tajo(&["config", "show"]).ended(0).out.contains("sync_every: \"1h 30m\""));
    for wrong in ["30s", "2d", "soon"] {
        let ran = desk.process(&["serve", "--port", "0", "--sync-every", wrong], &[]).ended(2);
        assert!(ran.err.contains("1m to 24h"), "{}", ran.err);
    }
    desk.config("connectors:\n  intercom:\n    sync_every: 30s\n");
    let ran = desk.tajo(&["config", "check"]).ended(78);
    assert!(ran.err.contains("`connectors.intercom.sync_every` cannot be") || ran.out.contains("sync_every"), "{ran:?}");
}
