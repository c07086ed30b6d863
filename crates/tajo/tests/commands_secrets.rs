//! No token, in any form, and nobody's address ever leaves for an output, a log or a file. Every test of this desk looks at
//! its own stdout and stderr; these look at the loudest logs and at every byte that was written.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::path::Path;

use desk::{CANARY, CANARY_FORMS, Desk, small};
use tajo_sim::{Fault, Options};

fn every_file(under: &Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(under).unwrap().flatten() {
        if entry.path().is_dir() {
            every_file(&entry.path(), out);
        } else {
            out.push(entry.path());
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

// Shows: T-023.
#[test]
fn the_token_stands_in_no_output_log_database_or_state() {
    let mut desk = Desk::new(Options { token: Some(CANARY.into()), ..small() });
    let loud = [("TAJO_LOG", "trace")];
    desk.fixture("seed002_variable.yml");
    for args in [
        &["connectors", "sync", "intercom", "-vv"][..],
        &["connectors", "sync", "intercom", "--json", "-v"],
        &["connectors", "test", "intercom", "-vv"],
        &["connectors", "status", "--json", "-vv"],
        &["config", "show", "-vv"],
        &["config", "show", "--json"],
        &["connectors", "list", "--json"],
    ] {
        desk.process(args, &[]).ended(0);
        desk.process(args, &loud).ended(0);
    }
    for fault in [Fault::Unauthorized, Fault::MissingScope("read_tags".into())] {
        desk.town.faults().script("/contacts", 1, 1, fault.clone());
        desk.town.faults().script("/tags", 1, 1, fault);
        desk.process(&["connectors", "sync", "intercom", "--json", "-vv"], &loud);
        desk.process(&["connectors", "test", "intercom", "-vv"], &loud);
        desk.town.faults().clear();
    }
    desk.set("TAJO_INTERCOM_BASE_URL", Some(&format!("http://{CANARY}@127.0.0.1:1")));
    desk.process(&["connectors", "sync", "intercom"], &loud).ended(78);
    let mut files = Vec::new();
    every_file(&desk.path("home"), &mut files);
    assert!(files.iter().any(|f| f.ends_with("intercom.db")) && files.iter().any(|f| f.ends_with("state.db")), "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for form in CANARY_FORMS {
            assert!(!holds(&bytes, form), "{} holds the token", file.display());
        }
    }
}

/// A platform, or a proxy before it, that repeats the token in its error message.
#[test]
fn a_token_that_the_platform_repeats_is_masked_everywhere() {
    let desk = Desk::new(Options { token: Some(CANARY.into()), ..small() });
    for said in [CANARY.to_string(), format!("Bearer {CANARY}")] {
        for args in [&["connectors", "sync", "intercom"][..], &["connectors", "sync", "intercom", "--json"]] {
            desk.town.faults().missing_scope("/tags", &said);
            desk.process(args, &[("TAJO_LOG", "trace")]).ended(6);
            desk.town.faults().clear();
        }
    }
    let state = std::fs::read(desk.path("home").join("state.db")).unwrap();
    assert!(!holds(&state, CANARY), "state.db holds the token");
}

/// A token written into a file where it does not belong is not echoed by the message about it.
#[test]
fn a_token_in_the_wrong_place_of_the_configuration_is_not_echoed() {
    let desk = Desk::new(small());
    for text in [
        format!("connectors:\n  intercom:\n    acces_token: {CANARY}\n"),
        format!("connectors:\n  intercom:\n    region: {CANARY}\n"),
        format!("connectors:\n  intercom:\n    access_token: [{CANARY}\n"),
        format!("connections:\n  intercom:\n    - name: a\n      access_token: {CANARY}\n      access_token: {CANARY}\n"),
        format!("connections:\n  intercom:\n    - access_token: {CANARY}\n      base_url: http://{CANARY}@evil.example\n"),
        format!("{CANARY}: {CANARY}\n"),
    ] {
        desk.config(&text);
        for args in [&["config", "check"][..], &["config", "check", "--json"], &["connectors", "sync", "intercom"]] {
            let ran = desk.process(args, &[("TAJO_LOG", "trace")]);
            assert_eq!(ran.exit, 78, "{text}{ran:?}");
        }
    }
    // On the command line it is refused, and clap's message does not repeat it either.
    let ran = desk.process(&["connectors", "sync", "intercom", "--since", CANARY], &[]).ended(2);
    assert!(!ran.err.contains("dG9r"), "{}", ran.err);
}

// Shows: T-132, T-133.
#[test]
fn the_loudest_log_names_requests_but_no_person_and_no_value() {
    let desk = Desk::new(small());
    desk.config(
        "connectors:\n  intercom:\n    access_token: ${INTERCOM_ACCESS_TOKEN}\n    debug: true\n    log_level: verbose\n",
    );
    let ran = desk.process(&["connectors", "sync", "intercom"], &[]).ended(0);
    assert!(ran.err.contains("/contacts/search") && ran.err.contains("status=200"), "requests are traced: {}", ran.err);
    let loudest = desk.process(&["connectors", "sync", "intercom", "--type", "full", "-vv"], &[]).ended(0);
    for id in desk.town.ids("contacts") {
        let contact = desk.town.record("contacts", &id).unwrap();
        for field in ["email", "name", "phone"] {
            if let Some(value) = contact[field].as_str().filter(|value| !value.is_empty()) {
                assert!(!ran.err.contains(value) && !loudest.err.contains(value), "{field} {value} stands in the log");
            }
        }
    }
    let plain = Desk::new(small());
    let quiet = plain.process(&["connectors", "sync", "intercom"], &[]).ended(0);
    assert!(!quiet.err.contains("status=200"), "off by default: {}", quiet.err);
}

/// Files are for their owner alone.
#[test]
fn databases_and_state_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new(small());
    desk.tajo(&["connectors", "sync", "intercom"]).ended(0);
    let mut files = vec![desk.path("home")];
    every_file(&desk.path("home"), &mut files);
    for file in files {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} {mode:o}", file.display());
    }
}
