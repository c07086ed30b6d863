//! The built program as a process: two at once, signals, kills at every step, closed pipes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;
mod support;

use std::process::Command;

use desk::{Desk, Ran, Running, small};
use tajo_sim::{Options, Town};

const SYNC: [&str; 3] = ["connectors", "sync", "intercom"];

fn slow() -> Options {
    Options { conversations: 400, latency_ms: 120, ..small() }
}

#[track_caller]
fn nothing_differs(desk: &Desk) {
    // Nobody edits here: the same town without its latency has the same truth.
    let quick = Town::new(Options { latency_ms: 0, ..desk.town.options().clone() });
    let wrong = desk.wait_for(support::differences(&quick, &desk.database(), "2.14"));
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_second_process_on_the_same_database_ends_with_75_and_names_the_first() {
    let desk = Desk::new(slow());
    let first = desk.spawn(&SYNC, &[]);
    desk.until_called("/conversations/", 40);
    let second = desk.process(&SYNC, &[]).ended(75);
    assert!(second.err.contains("error[TJ-STA-BUSY]") && second.err.contains("in use by pid "), "{}", second.err);
    // Another file is free, and looking is allowed.
    let other = format!("sqlite://{}", desk.path("other.db").display());
    desk.process(&["connectors", "sync", "intercom", "--to", &other, "--resources", "tags"], &[]).ended(0);
    desk.process(&["connectors", "status"], &[]).ended(0);
    first.finish().ended(0);
    nothing_differs(&desk);
}

#[test]
fn an_interrupt_ends_with_130_and_the_next_run_continues() {
    for signal in ["INT", "TERM"] {
        let desk = Desk::new(slow());
        let running = desk.spawn(&["connectors", "sync", "intercom", "--json"], &[]);
        desk.until_called("/conversations/", 200);
        running.signal(signal);
        let ran = running.finish().ended(130);
        let body = ran.json();
        assert_eq!((body["outcome"].as_str(), body["errors"][0]["code"].as_str()), (Some("interrupted"), Some("TJ-STA-INT")));
        let status = desk.tajo(&["connectors", "status", "--json"]).ended(0).json();
        assert_eq!(status["lastRun"]["outcome"], "interrupted");
        desk.expire_scroll();
        assert!(status["lastRun"]["resources"][0]["calls"].as_u64().is_some(), "{status:#}");
        desk.tajo(&SYNC).ended(0);
        nothing_differs(&desk);
        let status = desk.tajo(&["connectors", "status", "--json"]).ended(0).json();
        assert!(status["lastRun"]["resources"][0]["watermark"].as_str().unwrap().ends_with('Z'));
    }
}

/// `kill -9` at a step of the store, then the same command again.
#[test]
fn a_process_killed_at_any_step_leaves_a_database_that_the_next_run_completes() {
    let mut killed = 0;
    for at in [1, 2, 3, 5, 8, 13, 21, 34, 47, 60] {
        let desk = Desk::new(small());
        let ran = desk.process(&SYNC, &[("TAJO_CRASH_AT", &at.to_string())]);
        if ran.exit == 0 {
            break;
        }
        assert_eq!(ran.exit, 128 + 6, "at {at}: {ran:?}");
        killed += 1;
        desk.expire_scroll();
        desk.process(&SYNC, &[]).ended(0);
        nothing_differs(&desk);
        let again = desk.tajo(&["connectors", "sync", "intercom", "--json"]).ended(0).json();
        let written: u64 = again["resources"].as_array().unwrap().iter().map(|r| r["rows_written"].as_u64().unwrap()).sum();
        assert_eq!(written, 0, "at {at}: nothing was left half done");
        assert_eq!(desk.query("PRAGMA integrity_check"), [["ok"]]);
    }
    assert!(killed >= 6, "{killed} kills");
}

#[test]
fn a_process_killed_from_outside_leaves_no_lock_behind() {
    let desk = Desk::new(slow());
    let running = desk.spawn(&SYNC, &[]);
    desk.until_called("/conversations/", 120);
    running.signal("KILL");
    assert_eq!(running.finish().exit, 128 + 9);
    desk.expire_scroll();
    desk.process(&SYNC, &[]).ended(0);
    nothing_differs(&desk);
}

/// `| head -1`: whoever reads may stop, and nobody complains.
#[test]
fn a_reader_that_stops_reading_is_no_failure() {
    let desk = Desk::new(small());
    for args in ["tables --json", "explain", "connectors describe intercom", "connectors sync intercom --json-lines", "--help"] {
        let mut shell = Command::new("bash");
        let script = format!("set -o pipefail; \"$TAJO\" {args} | head -1");
        shell.args(["-c", &script]).current_dir(desk.directory.path()).env("TAJO", env!("CARGO_BIN_EXE_tajo"));
        shell.env("TAJO_HOME", desk.path("home")).env("INTERCOM_ACCESS_TOKEN", "any").env("TAJO_INTERCOM_BASE_URL", &desk.url);
        let Ran { exit, out, err } = Running::of(shell).finish();
        assert_eq!(exit, 0, "{args}: {err}");
        assert_eq!(out.lines().count(), 1, "{args}");
        assert!(!err.contains("error") && !err.contains("panic") && !err.contains("Broken pipe"), "{args}: {err}");
    }
}

#[test]
fn the_twin_says_where_it_listens_answers_and_ends_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut desk = Desk::new(small());
        let sim = desk.spawn(&["sim", "--port", "0", "--contacts", "30", "--conversations", "5", "--json"], &[]);
        let url = serde_json::from_str::<serde_json::Value>(&sim.line()).unwrap()["url"].as_str().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        desk.set("TAJO_INTERCOM_BASE_URL", Some(&url));
        desk.process(&SYNC, &[]).ended(0);
        assert_eq!(desk.count("contacts"), 30);
        // Its port is taken now.
        let port = url.rsplit(':').next().unwrap();
        let second = desk.process(&["sim", "--port", port], &[]).ended(2);
        assert!(second.err.contains("cannot listen on port"), "{}", second.err);
        sim.signal(signal);
        assert_eq!(sim.finish().exit, 0, "{signal}");
    }
    let desk = Desk::new(small());
    let sim = desk.spawn(&["sim", "--port", "0"], &[]);
    assert!(sim.line().contains("An Intercom twin listens on http://127.0.0.1:"));
    desk.process(&["sim", "--timezone", "Mars/Olympus"], &[]).ended(2);
}

#[test]
fn the_demo_ends_well_twice() {
    let desk = Desk::new(small());
    let args = ["demo", "--contacts", "80", "--companies", "10", "--conversations", "15"];
    for round in 0..2 {
        let ran = desk.process(&args, &[]).ended(0);
        assert!(
            ran.err.contains("4. Which plans") && ran.out.contains("minutes to first reply"),
            "{round}: {}{}",
            ran.out,
            ran.err
        );
    }
    let body =
        desk.process(&["demo", "--contacts", "80", "--companies", "10", "--conversations", "15", "--json"], &[]).ended(0).json();
    assert_eq!((body["first"]["outcome"].as_str(), body["second"]["outcome"].as_str()), (Some("complete"), Some("complete")));
    let written = |run: &str, at: usize| body[run]["resources"][at]["rows_written"].as_u64().unwrap();
    assert_eq!((written("first", 0), written("second", 0)), (80, 4), "three renamed, one new");
    assert!(desk.town.calls().is_empty(), "no network");
}
