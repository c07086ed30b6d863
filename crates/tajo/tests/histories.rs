//! Seeded histories: a workspace that moves while it is read, through a network that fails, with runs cut short, ends equal
//! to the database by id and content.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use support::{Dice, NOW, differences, everything, intercom, options, sync_into};
use tajo::warehouse;
use tajo_dest::sqlite::SqliteDestination;
use tajo_engine::extract::Wanted;
use tajo_sim::{Fault, Options, Town};
use tokio::time::{advance, sleep};

/// What was reached over all histories: a fault that never fired proves nothing.
#[derive(Default)]
struct Reached {
    faults: BTreeMap<String, u64>,
    cut_runs: u64,
    edits: u64,
    runs: u64,
}

fn town(seed: u64) -> (Town, &'static str) {
    let mut dice = Dice::new(seed);
    let version = *dice.pick(&["2.11", "2.14", "2.17"]);
    let zone = *dice.pick(&["UTC", "Asia/Tokyo", "America/Los_Angeles"]);
    let town = Town::new(Options {
        seed,
        contacts: 20 + dice.below(400) as usize,
        companies: 5 + dice.below(230) as usize,
        conversations: 10 + dice.below(60) as usize,
        articles: 3 + dice.below(40) as usize,
        spread_days: *dice.pick(&[1, 3, 30, 90]),
        timezone: zone.into(),
        index_lag_max: *dice.pick(&[0, 30, 300, 800]),
        rate_limit: *dice.pick(&[0, 40, 167, 1666]),
        latency_ms: *dice.pick(&[0, 20, 200]),
        inclusive_ops: dice.below(2) == 0,
        now: Some(NOW + dice.below(10 * 86_400) as i64),
        ..options()
    });
    (town, version)
}

fn storm(town: &Town, dice: &mut Dice) {
    let faults = town.faults();
    for fault in [
        Fault::RateLimited,
        Fault::Unavailable,
        Fault::ServerError,
        Fault::BadGateway,
        Fault::EmptyBody,
        Fault::TruncatedJson,
        Fault::Dropped,
        Fault::CutBody,
        Fault::GatewayTimeout,
        Fault::Slow(3_000),
        Fault::NoRateHeaders,
        Fault::AbsurdRateHeaders,
    ] {
        if dice.below(2) == 0 {
            faults.chance(fault, 5 + dice.below(25) as u32);
        }
    }
    if dice.below(3) == 0 {
        faults.chance(Fault::ScrollFailed, 60);
    }
    if dice.below(3) == 0 {
        faults.chance(Fault::ScrollExpired, 40);
    }
}

async fn history(seed: u64, lag: Option<i64>, reached: &mut Reached) -> Vec<String> {
    let (town, version) = town(seed);
    let mut dice = Dice::new(seed ^ 0xA5A5);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("intercom.db");
    let wanted = Wanted { lag, ..everything() };
    for _ in 0..3 + dice.below(4) {
        storm(&town, &mut dice);
        town.edits_while_reading(dice.below(150) as u32);
        reached.runs += 1;
        let client = intercom(&town, version);
        if dice.below(3) == 0 {
            // Cut short, as by a kill: what was not committed is gone.
            let stop = sleep(Duration::from_millis(200 + dice.below(20_000)));
            let to = SqliteDestination::open(&path).unwrap();
            let receipt = warehouse::load(&client, "test", &wanted, &to, |_| (), stop).await;
            reached.cut_runs += u64::from(receipt.is_ok_and(|r| r.outcome == "interrupted"));
        } else {
            // A run that the storm defeats is the next run's affair.
            let _ = sync_into(&client, &wanted, &path).await;
        }
        for (fault, times) in town.faults().fired() {
            *reached.faults.entry(fault).or_default() += times;
        }
        town.settle();
        for _ in 0..dice.below(25) {
            advance(Duration::from_millis(dice.below(90_000))).await;
            town.random_edit();
            reached.edits += 1;
        }
        let pause = *dice.pick(&[30, 3_600, 90_000]);
        advance(Duration::from_secs(1 + dice.below(pause))).await;
    }
    // Quiet: the watermark's trail passes the last change, then one clean run.
    town.faults().clear();
    town.settle();
    advance(Duration::from_secs(1_900)).await;
    let last = sync_into(&intercom(&town, version), &wanted, &path).await.unwrap();
    let mut wrong = differences(&town, &path, version).await;
    if last.outcome != "complete" {
        wrong.push(format!("the last run is {}: {:?}", last.outcome, last.errors));
    }
    let quiet = sync_into(&intercom(&town, version), &wanted, &path).await.unwrap();
    for report in quiet.reports.iter().filter(|r| r.rows_written + r.rows_deleted > 0) {
        wrong.push(format!("{}: a quiet run wrote {} and removed {}", report.name, report.rows_written, report.rows_deleted));
    }
    wrong
}

/// Seeds of one run: `TAJO_SEEDS=10000` for more, `TAJO_SEED=17` for one.
fn seeds() -> std::ops::Range<u64> {
    let read = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    match (read("TAJO_SEED"), read("TAJO_SEEDS")) {
        (Some(one), _) => one..one + 1,
        (None, many) => 0..many.unwrap_or(200),
    }
}

/// Every `of`-th history, from `first`: the parts run side by side.
async fn part(first: usize, of: usize) {
    if std::env::var("TAJO_LOG").is_ok() {
        let _ = tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_env("TAJO_LOG")).try_init();
    }
    let mut reached = Reached::default();
    let mut failed = Vec::new();
    let mine: Vec<u64> = seeds().skip(first).step_by(of).collect();
    for seed in mine.iter().copied() {
        let wrong = history(seed, None, &mut reached).await;
        if !wrong.is_empty() {
            failed.push(seed);
            let first = &wrong[..wrong.len().min(6)];
            eprintln!("seed {seed} ({}): {} differences, first: {first:#?}", town(seed).1, wrong.len());
        }
    }
    let Reached { faults, cut_runs, edits, runs } = &reached;
    eprintln!("{} histories, {runs} runs, {cut_runs} cut short, {edits} edits between, faults fired: {faults:?}", mine.len());
    assert!(failed.is_empty(), "seeds with differences: {failed:?}");
    if mine.len() >= 40 {
        assert!(*cut_runs >= 5 && *edits >= 500, "histories must reach what they claim to survive");
        assert!(faults.len() >= 8, "the faults must have fired: {faults:?}");
    }
}

// Shows: B-32.
#[tokio::test(start_paused = true)]
async fn a_moving_workspace_ends_equal_to_the_database() {
    part(0, 4).await;
}

#[tokio::test(start_paused = true)]
async fn a_moving_workspace_ends_equal_to_the_database_too() {
    part(1, 4).await;
}

#[tokio::test(start_paused = true)]
async fn a_moving_workspace_ends_equal_to_the_database_again() {
    part(2, 4).await;
}

#[tokio::test(start_paused = true)]
async fn a_moving_workspace_ends_equal_to_the_database_at_last() {
    part(3, 4).await;
}

/// The histories can fail: without the trail behind the platform's clock, changes that the search shows late are lost.
#[tokio::test(start_paused = true)]
async fn without_the_trail_the_histories_find_losses() {
    let mut lost = 0;
    for seed in 0..24 {
        lost += usize::from(!history(seed, Some(0), &mut Reached::default()).await.is_empty());
    }
    assert!(lost > 0, "a watermark without its trail must lose changes in some of the histories");
    eprintln!("{lost} of 24 histories lose changes without the trail");
}
