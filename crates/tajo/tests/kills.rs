//! Killed at every step: each request, each answer and each step of each commit of a small sync is once the last thing that
//! happens. The next run ends equal to the town, with nothing lost and nothing doubled.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use support::mortal::Mortal;
use support::{differences, everything, intercom_by, options, sync, sync_into};
use tajo::twin::InProcess;
use tajo_core::codes;
use tajo_core::rest::Limits;
use tajo_core::trip::Trip;
use tajo_dest::sqlite::SqliteDestination;
use tajo_sim::{Options, Town};

fn town() -> Town {
    Town::new(Options { contacts: 24, companies: 4, conversations: 4, articles: 3, tags: 14, spread_days: 5, ..options() })
}

/// One run that may be killed. A store step that trips fails its transaction, and the run with it.
async fn mortal_run(town: &Town, path: &Path, trip: &Trip) {
    let (via, killed) = Mortal::new(town, trip);
    let client = intercom_by(via, "2.14", Limits { seed: 1, ..Limits::default() });
    let Ok(to) = SqliteDestination::open_with(path, trip.clone()) else { return };
    let wanted = everything();
    tokio::select! {
        _ = sync(&client, &wanted, &to) => {}
        () = killed.notified() => {}
    }
}

/// A real kill frees the file at once; here a call that was under way ends first.
async fn freed(path: &Path) {
    let lock = path.with_extension("db.lock");
    for _ in 0..1_000 {
        let Ok(file) = std::fs::File::open(&lock) else { return };
        if file.try_lock().is_ok() {
            return;
        }
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(2))).await.unwrap();
    }
    panic!("the lock of {} is never freed", path.display());
}

/// Works in the town between the first run and the second.
fn edit(town: &Town) {
    for id in town.ids("contacts").iter().take(3) {
        town.rename_contact(id, "Renamed");
    }
    town.add_contact();
    for id in town.ids("conversations").iter().take(2) {
        town.reply(id, "More.");
    }
    town.touch_company(&town.ids("companies")[0]);
    town.rename_tag(&town.ids("tags")[0], "renamed");
}

#[tokio::test(start_paused = true)]
async fn a_kill_at_any_step_loses_and_doubles_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let counting = Trip::counting();
    mortal_run(&town(), &directory.path().join("count.db"), &counting).await;
    let steps = counting.passed();
    assert!(steps > 60, "a small sync has {steps} steps");
    for n in 1..=steps {
        let town = town();
        let path = directory.path().join(format!("{n}.db"));
        mortal_run(&town, &path, &Trip::fail_at(n, &codes::DST_FAILED)).await;
        freed(&path).await;
        edit(&town);
        tokio::time::advance(Duration::from_secs(1_000)).await;
        let via = Arc::new(InProcess::new(town.router()));
        let client = intercom_by(via, "2.14", Limits { seed: 2, ..Limits::default() });
        let next = sync_into(&client, &everything(), &path).await.unwrap();
        assert_eq!(next.outcome, "complete", "step {n}: {:?}", next.errors);
        let wrong = differences(&town, &path, "2.14").await;
        assert!(wrong.is_empty(), "step {n} of {steps}: {:#?}", &wrong[..wrong.len().min(5)]);
        let quiet = sync_into(&client, &everything(), &path).await.unwrap();
        let wrote: u64 = quiet.reports.iter().map(|r| r.rows_written + r.rows_deleted).sum();
        assert_eq!(wrote, 0, "step {n}: a quiet run writes nothing");
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(directory.path().join(format!("{n}.db{suffix}")));
        }
    }
    eprintln!("{steps} steps, each killed once");
}
