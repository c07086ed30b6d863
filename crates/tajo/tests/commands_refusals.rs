//! What `tajo` refuses, with which exit code, and what it leaves untouched.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::fs;

use desk::{Desk, Ran, small};
use tajo_sim::{Fault, Options};

const SYNC: [&str; 3] = ["connectors", "sync", "intercom"];
const SYNC_JSON: [&str; 4] = ["connectors", "sync", "intercom", "--json"];

fn refused(desk: &Desk, args: &[&str], exit: i32, code: &str) -> Ran {
    let ran = desk.tajo(args).ended(exit);
    assert!(ran.err.contains(&format!("error[{code}]")), "{code} expected: {}", ran.err);
    ran
}

// Shows: B-04, T-021.
#[test]
fn a_token_that_is_missing_or_wrong_ends_with_77() {
    let mut desk = Desk::new(Options { token: Some("another".into()), ..small() });
    let ran = refused(&desk, &SYNC, 77, "TJ-AUTH-401");
    assert!(ran.err.contains("Create a new token"), "{}", ran.err);
    assert_eq!(desk.tajo(&SYNC_JSON).ended(77).json()["error"]["code"], "TJ-AUTH-401");
    desk.set("INTERCOM_ACCESS_TOKEN", None);
    let ran = refused(&desk, &SYNC, 77, "TJ-AUTH-NONE");
    assert!(ran.err.contains("Developer Hub > Your Apps > Create new app"), "{}", ran.err);
    // A connection in a file that has no token at all says where.
    desk.config("connections:\n  intercom:\n    - name: acme\n      region: us\n");
    let ran = refused(&desk, &SYNC, 78, "TJ-CFG-MISSING");
    assert!(ran.err.contains("tajo.yml:3:7") && ran.err.contains("`access_token` is missing"), "{}", ran.err);
    assert_eq!(desk.town.calls().len(), 2, "nothing was sent without a token");
}

/// B-04: the error points at the connection that lacks its token.
#[test]
fn an_empty_token_in_the_file_is_an_error_with_its_position() {
    let desk = Desk::new(small());
    for token in ["\"\"", "''", "null", "\" \""] {
        desk.config(&format!("connections:\n  intercom:\n    - name: acme\n      access_token: {token}\n"));
        let ran = desk.tajo(&SYNC).ended(78);
        assert!(ran.err.contains("tajo.yml:4:"), "{token}: {}", ran.err);
    }
}

// Shows: B-02.
#[test]
fn a_missing_scope_loads_the_others_and_ends_with_6() {
    let desk = Desk::new(small());
    desk.town.faults().missing_scope("/conversations", "read_conversations");
    let ran = refused(&desk, &SYNC, 6, "TJ-AUTH-SCOPE");
    assert!(ran.err.contains("\"Read conversations\"") && ran.out.contains("incomplete"), "{}", ran.err);
    assert_eq!((desk.count("contacts"), desk.count("companies")), (60, 15));
    let body = desk.tajo(&SYNC_JSON).ended(6).json();
    assert_eq!((body["outcome"].as_str(), body["errors"][0]["resource"].as_str()), (Some("partial"), Some("conversations")));
    let status = desk.tajo(&["connectors", "status", "--json"]).ended(0).json();
    assert_eq!((&status["lastSync"], status["lastRun"]["outcome"].as_str()), (&serde_json::Value::Null, Some("partial")));
}

// Shows: B-09, T-035.
#[test]
fn regions_versions_and_keys_that_do_not_exist_are_refused_before_any_call() {
    let desk = Desk::new(small());
    let at = |line: &str| {
        format!("connections:\n  intercom:\n    - name: a\n      access_token: ${{INTERCOM_ACCESS_TOKEN}}\n      {line}\n")
    };
    for (line, code, says) in [
        ("region: mars", "TJ-CFG-REGION", "us, eu, au"),
        ("api_version: \"2.99\"", "TJ-CFG-VERSION", "2.17"),
        ("api_version: 2.1", "TJ-CFG-VERSION", "2.10"),
        ("api_version: Preview", "TJ-CFG-VERSION", "2.14"),
        ("acess_token: x", "TJ-CFG-KEY", "access_token"),
        ("base_url: https://evil.example", "TJ-CFG-ORIGIN", "this machine"),
        ("base_url: http://127.0.0.1@evil.example", "TJ-CFG-ORIGIN", ""),
    ] {
        desk.config(&at(line));
        let ran = refused(&desk, &SYNC, 78, code);
        assert!(ran.err.contains("tajo.yml:5:") && ran.err.contains(says), "{line}: {}", ran.err);
    }
    let ran = desk.tajo(&["connectors", "sync", "intercom", "--region", "mars"]).ended(2);
    assert!(ran.err.contains("us, eu, au"), "{}", ran.err);
    assert!(desk.town.calls().is_empty() && !desk.database().exists());
}

// Shows: T-034, B-11.
#[test]
fn a_variable_that_is_not_set_is_an_error_with_its_place() {
    let desk = Desk::new(small());
    desk.config("connections:\n  intercom:\n    - name: a\n      access_token: ${NOBODY_SET_THIS}\n");
    let ran = refused(&desk, &SYNC, 78, "TJ-CFG-ENV");
    assert!(ran.err.contains("NOBODY_SET_THIS") && ran.err.contains("tajo.yml:4:21"), "{}", ran.err);
    assert!(desk.town.calls().is_empty());
}

// Shows: T-150.
#[test]
fn a_base_url_elsewhere_is_refused_and_no_token_leaves() {
    let mut desk = Desk::new(small());
    for url in [
        "http://api.intercom.io",
        "https://api.intercom.io",
        "http://192.168.0.1:80",
        "http://localhost.evil.example",
        "ftp://127.0.0.1",
    ] {
        desk.set("TAJO_INTERCOM_BASE_URL", Some(url));
        for args in [&SYNC[..], &["connectors", "test", "intercom"], &["connectors", "status"]] {
            refused(&desk, args, 78, "TJ-CFG-ORIGIN");
        }
    }
}

#[test]
fn a_destination_that_cannot_be_written_ends_with_74() {
    let desk = Desk::new(small());
    fs::write(desk.path("file"), "not a folder").unwrap();
    fs::create_dir(desk.path("folder.db")).unwrap();
    let url = |name: &str| format!("sqlite://{}", desk.path(name).display());
    for to in [url("file/x.db"), url("folder.db"), "sqlite:///proc/nowhere/x.db".into()] {
        refused(&desk, &["connectors", "sync", "intercom", "--to", &to], 74, "TJ-DST-OPEN");
    }
    for to in ["postgres://localhost/x", "x.db", "sqlite:", "sqlite://x.db", "sqlite:x.db?mode=ro"] {
        refused(&desk, &["connectors", "sync", "intercom", "--to", to], 78, "TJ-CFG-DEST");
    }
    assert_eq!(fs::read_to_string(desk.path("file")).unwrap(), "not a folder");
}

#[test]
fn a_damaged_database_ends_with_74_and_is_not_reset() {
    let desk = Desk::new(small());
    desk.tajo(&SYNC).ended(0);
    let whole = fs::read(desk.database()).unwrap();
    let mut beaten = whole.clone();
    beaten[100..4_000].fill(0xA5);
    for damaged in [b"This is not a database at all, but long enough to be one by its length.".repeat(40), beaten] {
        for beside in ["intercom.db-wal", "intercom.db-shm"] {
            let _ = fs::remove_file(desk.path("home").join(beside));
        }
        fs::write(desk.database(), &damaged).unwrap();
        let ran = refused(&desk, &SYNC, 74, "TJ-STA-CORRUPT");
        assert!(ran.err.contains("help:"), "{}", ran.err);
        desk.tajo(&["connectors", "status"]).ended(74);
        assert_eq!(fs::read(desk.database()).unwrap(), damaged, "nothing was changed");
    }
}

/// Writes over a text of the same length in a database file that nobody has open.
fn altered(path: &std::path::Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(path).unwrap();
    let at: Vec<usize> = (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!at.is_empty(), "`{from}` stands in the file");
    at.into_iter().for_each(|at| bytes[at..at + to.len()].copy_from_slice(to.as_bytes()));
    fs::write(path, bytes).unwrap();
}

/// State that a newer version wrote, or that was altered, is refused and stays.
#[test]
fn state_of_a_newer_version_or_altered_by_hand_ends_with_74() {
    for (from, to, code) in [
        ("format1", "format2", "TJ-STA-NEWER"),
        ("format1", "formatx", "TJ-STA-CORRUPT"),
        ("\"watermark\":1", "\"watermark\":2", "TJ-STA-CORRUPT"),
        ("\"watermark\":", "\"watermork\":", "TJ-STA-CORRUPT"),
    ] {
        let desk = Desk::new(small());
        desk.tajo(&SYNC).ended(0);
        altered(&desk.database(), from, to);
        refused(&desk, &SYNC, 74, code);
        assert_eq!(desk.count("contacts"), 60, "{from}");
    }
    // The program's own file, likewise: the rows are stored, and status says what is wrong.
    let desk = Desk::new(small());
    desk.tajo(&SYNC).ended(0);
    let state = desk.path("home").join("state.db");
    let mut bytes = fs::read(&state).unwrap();
    // `user_version` of SQLite's file header.
    bytes[60..64].copy_from_slice(&9_u32.to_be_bytes());
    fs::write(&state, bytes).unwrap();
    let ran = desk.tajo(&SYNC).ended(0);
    assert!(ran.err.contains("could not be noted") && ran.err.contains("TJ-STA-NEWER"), "{}", ran.err);
    refused(&desk, &["connectors", "status"], 74, "TJ-STA-NEWER");
}

#[test]
fn another_workspaces_database_is_refused() {
    let desk = Desk::new(small());
    desk.tajo(&SYNC).ended(0);
    let mut other = Desk::new(Options { seed: 99, ..small() });
    other.set("TAJO_HOME", Some(&desk.path("home").display().to_string()));
    let ran = refused(&other, &SYNC, 78, "TJ-DST-WORKSPACE");
    assert!(ran.err.contains("tj") && ran.err.contains("holds workspace"), "{}", ran.err);
    assert_eq!(other.town.calls().len(), 1, "only /me was asked");
    assert_eq!(desk.count("contacts"), 60);
}

/// A run that could not even begin stands in the status too: a schedule that fails every night must not look healthy.
#[test]
fn a_run_that_could_not_begin_is_noted() {
    let desk = Desk::new(small());
    desk.tajo(&SYNC).ended(0);
    desk.town.faults().script("/me", 1, 1, Fault::Unauthorized);
    desk.tajo(&SYNC).ended(77);
    let status = desk.tajo(&["connectors", "status", "--json"]).ended(0).json();
    assert_eq!(status["lastRun"]["outcome"], "failed", "{status:#}");
}
