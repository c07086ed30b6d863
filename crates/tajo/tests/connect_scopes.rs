//! What an app needs before it is connected: permissions, links, and a guide whose commands exist.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use clap::Parser;
use desk::{CANARY, Desk, Ran, small};
use tajo::surface::cli::args::Cli;
use tajo_sim::Options;

const HUB: &str = "https://app.intercom.com/a/apps/_/developer-hub";

fn desk(options: Options) -> Desk {
    let mut desk = Desk::new(Options { token: Some(CANARY.into()), ..options });
    desk.set("INTERCOM_ACCESS_TOKEN", None);
    desk.set("THE_TOKEN", Some(CANARY));
    desk
}

#[track_caller]
fn refused(ran: Ran, exit: i32, code: &str) {
    let ran = ran.ended(exit);
    assert!(ran.err.contains(code), "{code}: {}", ran.err);
}

// Shows: A-24.
#[test]
fn scopes_names_the_least_permissions_for_what_is_synced_and_run() {
    let desk = desk(small());
    desk.config("connectors:\n  intercom:\n    access_token: ${THE_TOKEN}\n    sync: {contacts: true, tags: true}\n");
    let labels = |args: &[&str]| -> Vec<String> {
        let args = [&["connectors", "scopes", "intercom", "--json"][..], args].concat();
        let body = desk.tajo(&args).ended(0).json();
        body["permissions"].as_array().unwrap().iter().map(|held| held["permission"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels(&[]), ["Read one admin", "Read and list users and companies", "Read tags"]);
    assert_eq!(labels(&["--resources", "articles"]), ["Read one admin", "Read articles"]);
    assert_eq!(
        labels(&["--resources", "tags", "--actions", "archive_contact"]),
        ["Read one admin", "Read tags", "Read and write users"]
    );
    assert!(labels(&["--resources", "all", "--actions", "all"]).len() >= 7);
    let plain = desk.tajo(&["connectors", "scopes", "intercom"]).ended(0);
    assert!(plain.out.contains("read_contacts") && plain.err.contains(HUB), "{}{}", plain.out, plain.err);
    refused(desk.tajo(&["connectors", "scopes", "intercom", "--resources", "contcats"]), 78, "TJ-CFG-RESOURCE");
    refused(desk.tajo(&["connectors", "scopes", "intercom", "--actions", "archive_contcat"]), 2, "TJ-CFG-ACTION");
    assert!(desk.town.calls().is_empty(), "no platform is asked");
}

// Shows: P-006.
#[test]
fn a_missing_permission_names_the_actions_that_it_stands_in_the_way_of() {
    let desk = desk(small());
    desk.tajo(&["connectors", "connect", "intercom", "--token-env", "THE_TOKEN"]).ended(0);
    desk.town.faults().missing_scope("/conversations", "read_conversations");
    let ran = desk.tajo(&["connectors", "test", "intercom"]).ended(1);
    assert!(ran.out.contains("✓ Contacts readable") && ran.out.contains("✗ Conversations readable"), "{}", ran.out);
    assert!(ran.err.contains("Without \"Read conversations\" Intercom refuses these actions: conversations."), "{}", ran.err);
    let body = desk.tajo(&["connectors", "test", "intercom", "--json"]).ended(1).json();
    let failed = body["checks"].as_array().unwrap().iter().find(|check| check["status"] == "failed").unwrap().clone();
    assert_eq!(failed["permission"], "Read conversations");
    assert!(failed["actions"].as_array().unwrap().iter().any(|name| name == "conversations.list"), "{failed}");
}

// Shows: A-26.
#[test]
fn describe_prints_the_reference_and_the_guide_to_oauth() {
    let desk = desk(small());
    let plain = desk.tajo(&["connectors", "describe", "intercom"]).ended(0).out;
    let docs = desk.tajo(&["connectors", "describe", "intercom", "--json"]).ended(0).json()["docs"].clone();
    for key in ["rest_reference", "oauth_guide", "developer_hub"] {
        let url = docs[key].as_str().unwrap();
        assert!(url.starts_with("https://") && plain.contains(url), "{key}");
    }
    assert!(
        docs["rest_reference"].as_str().unwrap().contains("/docs/references")
            && docs["oauth_guide"].as_str().unwrap().contains("oauth")
    );
}

// Shows: P-004, P-007, P-009, P-011, A-22, A-25.
#[test]
fn the_guide_leads_from_a_new_app_to_a_connection_with_commands_that_exist() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/connect.md");
    let page = std::fs::read_to_string(path).unwrap();
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Your Apps > New app",
        "Public app",
        "Internal integration",
        "Basic information",
        "Client ID",
        "Client secret",
        "submitted to Intercom for review",
        "Which connection?",
        "| your own app",
        "| scripts that push to or extract from Intercom",
        "| automating your own Intercom",
        "| data of your own customers",
        "name and a description",
    ] {
        assert!(flat.contains(words), "{words}");
    }
    let mut commands = 0;
    for line in page.lines().filter_map(|line| line.trim().strip_prefix("$ tajo ")) {
        let words = line.split(" # ").next().unwrap().split_whitespace();
        Cli::try_parse_from(std::iter::once("tajo").chain(words)).unwrap_or_else(|error| panic!("tajo {line}: {error}"));
        commands += 1;
    }
    assert!(commands >= 8, "{commands}");
}
