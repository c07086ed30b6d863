//! `tajo connectors sync`: with the seeds' configurations, with none, with flags, and what it prints.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use desk::{CANARY, Desk, small};
use serde_json::Value;

const SYNC: [&str; 3] = ["connectors", "sync", "intercom"];

fn sync<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SYNC.iter().copied().chain(more.iter().copied()).collect()
}

fn names(document: &Value) -> Vec<&str> {
    document["resources"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

// Shows: T-099, B-31.
#[test]
fn without_a_configuration_everything_goes_into_the_database_at_home() {
    let desk = Desk::new(small());
    let ran = desk.tajo(&SYNC).ended(0);
    for name in [
        "contacts",
        "companies",
        "conversations",
        "conversation_parts",
        "tickets",
        "articles",
        "tags",
        "segments",
        "admins",
        "teams",
    ] {
        assert!(ran.out.lines().any(|l| l.starts_with(name) && l.contains("full")), "{name}: {}", ran.out);
    }
    assert!(ran.err.contains("complete: ") && ran.err.contains("intercom.db"), "{}", ran.err);
    assert_eq!((desk.count("contacts"), desk.count("companies"), desk.count("conversations")), (60, 15, 25));
    for path in ["/contacts/search", "/conversations/search", "/tickets/search"] {
        assert!(desk.town.count_calls(path) > 0, "{path}");
    }
    assert_eq!(desk.town.count_calls("/companies/search"), 0, "there is no such endpoint: companies are scrolled");
    let again = desk.tajo(&sync(&["--json", "--type", "incremental"])).ended(0).json();
    assert!(again["run_id"].as_str().unwrap().starts_with("run-"));
    let modes: Vec<_> = again["resources"].as_array().unwrap().iter().filter(|r| r["mode"] == "incremental").collect();
    assert!(modes.len() >= 4 && again["resources"].as_array().unwrap().iter().all(|r| r["rows_written"] == 0), "{again:#}");
    assert_eq!(desk.tajo(&sync(&["--type", "full", "--json"])).ended(0).json()["resources"][0]["mode"], "full");
}

/// Ruling 10, and keys that were added to it.
#[test]
fn the_json_document_has_the_keys_that_were_promised() {
    let desk = Desk::new(small());
    let ran = desk.tajo(&sync(&["--json"])).ended(0);
    assert_eq!(ran.err, "", "one document and nothing else");
    let body = ran.json();
    let top = ["format_version", "run_id", "connection", "started_at", "finished_at", "outcome", "resources", "brevo", "errors"];
    let added = ["workspace"];
    assert!(top.iter().all(|key| body.get(key).is_some()), "{:?}", keys(&body));
    assert!(keys(&body).iter().all(|key| top.contains(key) || added.contains(key)), "{:?}", keys(&body));
    let each =
        ["name", "mode", "rows_read", "rows_written", "rows_deleted", "watermark", "calls", "throttled", "guarantee", "warnings"];
    let added = ["outcome", "links", "error"];
    for resource in body["resources"].as_array().unwrap() {
        assert!(each.iter().all(|key| resource.get(key).is_some()), "{:?}", keys(resource));
        assert!(keys(resource).iter().all(|key| each.contains(key) || added.contains(key)), "{:?}", keys(resource));
    }
    assert_eq!((body["outcome"].as_str(), body["errors"].as_array().unwrap().len()), (Some("complete"), 0));
    for at in ["started_at", "finished_at"] {
        let text = body[at].as_str().unwrap();
        assert!(text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(), "{at}: {text}");
    }
}

// Shows: T-029, T-031, T-032, T-034, T-035, T-036, T-037, T-038, T-039, T-040.
#[test]
fn the_configuration_of_seed_000_is_accepted_unchanged() {
    for fixture in ["seed000_basic.yml", "seed000_nested.yml"] {
        let mut desk = Desk::new(small());
        desk.fixture(fixture);
        let ran = desk.tajo(&sync(&["--json"])).ended(78);
        assert_eq!(ran.json()["error"]["code"], "TJ-BRV-NONE", "the configuration wants Brevo, and there is no key");
        assert_eq!(desk.town.calls().len(), 0, "refused before anything is read");
        desk.set("BREVO_API_KEY", Some("xkeysib-canary"));
        desk.set("TAJO_BREVO_BASE_URL", Some(&format!("{}/v3", desk.url)));
        let ran = desk.tajo(&sync(&["--json"])).ended(2);
        assert_eq!(ran.json()["errors"][0]["code"], "TJ-STA-FIRST", "the first run asks");
        assert_eq!(desk.town.brevo().writes(), 0);
        let ran = desk.tajo(&sync(&["--json", "--yes"])).ended(0);
        assert_eq!(names(&ran.json()), ["contacts", "companies", "conversations", "tags"], "exactly those switched on");
        assert!(desk.town.calls().iter().all(|c| c.version.as_deref() == Some("2.11")), "{fixture}: the version of the seed");
        let brevo = &ran.json()["brevo"];
        assert_eq!(brevo["done"]["created"].as_u64(), Some(desk.town.brevo().len() as u64), "{brevo:#}");
        let again = desk.tajo(&sync(&["--json"])).ended(0).json();
        assert_eq!(again["brevo"]["applied"], 0, "a second pass is quiet: {again:#}");
    }
}

// Shows: B-05, B-06, B-10, B-11.
#[test]
fn the_configurations_of_seed_002_are_accepted_unchanged() {
    for (fixture, token) in [("seed002_variable.yml", CANARY), ("seed002_inline.yml", "your_access_token_here")] {
        let desk = Desk::new(tajo_sim::Options { token: Some(token.into()), ..small() });
        desk.fixture(fixture);
        let body = desk.tajo(&sync(&["--json"])).ended(0).json();
        assert_eq!((body["connection"].as_str(), names(&body).len()), (Some("my_intercom"), 11), "{fixture}");
        assert!(desk.town.calls().iter().all(|c| c.version.as_deref() == Some("2.14")), "the version where none is pinned");
    }
}

// Shows: T-036, T-037, T-038, T-040.
#[test]
fn each_switch_under_sync_turns_its_resource_on_and_off() {
    for (key, resources) in [
        ("contacts", &["contacts"][..]),
        ("conversations", &["conversations"]),
        ("companies", &["companies"]),
        ("tags", &["tags"]),
        ("tickets", &["tickets"]),
        ("conversation_parts", &["conversations", "conversation_parts"]),
    ] {
        let desk = Desk::new(small());
        desk.config(&format!("connectors:\n  intercom:\n    access_token: ${{INTERCOM_ACCESS_TOKEN}}\n    sync:\n      {key}: true\n      admins: false\n"));
        let body = desk.tajo(&sync(&["--json"])).ended(0).json();
        assert_eq!(names(&body), resources, "{key}");
    }
    let desk = Desk::new(small());
    desk.config("connectors:\n  intercom:\n    sync:\n      contacts: false\n");
    let ran = desk.tajo(&SYNC).ended(78);
    assert!(ran.err.contains("No resource is switched on"), "{}", ran.err);
}

// Shows: T-100.
#[test]
fn the_resources_named_are_read_and_no_others() {
    let desk = Desk::new(small());
    let body = desk.tajo(&sync(&["--json", "--resources", "tags,conversation_parts,tags"])).ended(0).json();
    assert_eq!(names(&body), ["tags", "conversations", "conversation_parts"], "a child brings its parent along");
    assert_eq!(desk.town.count_calls("/contacts") + desk.town.count_calls("/companies") + desk.town.count_calls("/articles"), 0);
    let ran = desk.tajo(&sync(&["--resources", "contacts,kontacts"])).ended(78);
    assert!(
        ran.err.contains("TJ-CFG-RESOURCE") && ran.err.contains("conversation_parts"),
        "the known ones are listed: {}",
        ran.err
    );
    for none in ["", "events", "contacts,"] {
        desk.tajo(&sync(&["--resources", none])).ended(78);
    }
}

// Shows: T-101, B-24.
#[test]
fn dates_are_days_or_moments_and_whole_lists_say_that_they_ignore_them() {
    let desk = Desk::new(small());
    let ran = desk
        .tajo(&sync(&["--since", "2099-01-01", "--resources", "contacts,tags,segments,teams,admins,data_attributes"]))
        .ended(0);
    assert!(ran.err.contains("Dates do not apply to tags, segments, teams, admins, data_attributes"), "{}", ran.err);
    assert_eq!((desk.count("contacts"), desk.count("tags")), (0, 14));
    desk.tajo(&sync(&["--interval-start", "2020-01-01", "--interval-end", "2099-01-01T00:00:00Z", "--resources", "contacts"]))
        .ended(0);
    assert_eq!(desk.count("contacts"), 60);
    for wrong in [
        &["--since", "tomorrow"][..],
        &["--since", "2026-02-30"],
        &["--interval-end", "2026-01-01"],
        &["--interval-start", "2026-02-01", "--interval-end", "2026-01-01"],
        &["--interval-start", "2026-01-01", "--interval-end", "2026-01-01"],
    ] {
        let ran = desk.tajo(&sync(wrong)).ended(2);
        assert!(ran.err.contains("TJ-CFG-USAGE"), "{wrong:?}: {}", ran.err);
    }
}

// Shows: B-01, B-12, B-30.
#[test]
fn rows_go_to_the_destination_that_is_named() {
    let desk = Desk::new(small());
    let listed = desk.tajo(&["tables", "list"]).ended(0);
    for name in ["contacts", "companies", "conversations", "articles", "tags", "segments", "admins", "teams", "data_attributes"] {
        assert!(listed.out.lines().any(|l| l.split_whitespace().next() == Some(name)), "{name}");
    }
    let first = desk.path("deep/er/first.db");
    desk.tajo(&sync(&["--to", &format!("sqlite://{}", first.display()), "--resources", "contacts"])).ended(0);
    // A relative file is relative to where the process runs.
    desk.process(&sync(&["--to", "sqlite:second.db", "--resources", "contacts"]), &[]).ended(0);
    let four = format!("sqlite:///{}", first.display());
    let body = desk.tajo(&sync(&["--to", &four, "--resources", "contacts", "--json"])).ended(0).json();
    assert_eq!(body["resources"][0]["mode"], "incremental", "the same file in another spelling");
    assert!(!desk.database().exists(), "nothing goes elsewhere");
    for path in [first, desk.path("second.db")] {
        assert_eq!(desk.query_in(&path, "SELECT count(*) FROM contacts")[0][0], "60");
        let colour =
            desk.query_in(&path, "SELECT id, custom_attributes FROM contacts WHERE custom_attributes LIKE '%größe%' LIMIT 1");
        let held: Value = serde_json::from_str(&colour[0][1]).unwrap();
        assert_eq!(
            held,
            desk.town.record("contacts", &colour[0][0]).unwrap()["custom_attributes"],
            "keys with spaces and umlauts"
        );
    }
}

// Shows: T-033.
#[test]
fn a_connector_that_is_switched_off_does_nothing() {
    let desk = Desk::new(small());
    desk.config("connectors:\n  intercom:\n    enabled: false\n    access_token: ${INTERCOM_ACCESS_TOKEN}\n");
    let ran = desk.tajo(&SYNC).ended(0);
    assert!(ran.err.contains("switched off") && desk.town.calls().is_empty(), "{}", ran.err);
    assert!(!desk.database().exists());
    assert_eq!(desk.tajo(&["connectors", "status", "--json"]).ended(0).json()["enabled"], false);
    assert_eq!(desk.tajo(&["connectors", "list", "--json"]).ended(0).json()["connectors"][0]["enabled"], false);
    assert!(desk.tajo(&["connectors", "list"]).ended(0).out.contains("switched off"));
}

/// The same for readers of the plain form and of the JSON form.
#[test]
fn a_connector_that_is_switched_off_says_so_in_every_form() {
    let desk = Desk::new(small());
    desk.config("connectors:\n  intercom:\n    enabled: false\n    access_token: ${INTERCOM_ACCESS_TOKEN}\n");
    let status = desk.tajo(&["connectors", "status"]).ended(0);
    let said = status.out.contains("off") || status.out.contains("disabled");
    let document = desk.tajo(&sync(&["--json"])).ended(0).out;
    assert!(said && serde_json::from_str::<Value>(&document).is_ok(), "{}\n{document:?}", status.out);
}

// Shows: B-03, B-27.
#[test]
fn two_connections_of_different_names_live_side_by_side() {
    let desk = Desk::new(small());
    desk.config(
        "connections:\n  intercom:\n    - name: north\n      access_token: ${INTERCOM_ACCESS_TOKEN}\n      api_version: \"2.14\"\n    \
         - name: south\n      access_token: ${INTERCOM_ACCESS_TOKEN}\n      api_version: \"2.11\"\n",
    );
    let ran = desk.tajo(&SYNC).ended(78);
    assert!(ran.err.contains("north, south") && ran.err.contains("--connection NAME"), "{}", ran.err);
    for (name, version) in [("north", "2.14"), ("south", "2.11")] {
        desk.town.clear_calls();
        let to = format!("sqlite://{}", desk.path(&format!("{name}.db")).display());
        let body = desk.tajo(&sync(&["--connection", name, "--json", "--to", &to])).ended(0).json();
        assert_eq!((body["connection"].as_str(), body["resources"][0]["mode"].as_str()), (Some(name), Some("full")));
        assert!(desk.town.calls().iter().all(|c| c.version.as_deref() == Some(version)), "the version is pinned per connection");
        let status = desk.tajo(&["connectors", "status", "--connection", name, "--to", &to, "--json"]);
        assert_eq!(status.ended(0).json()["connection"], name);
    }
    let ran = desk.tajo(&sync(&["--connection", "noth"])).ended(2);
    assert!(ran.err.contains("Did you mean `north`?"), "{}", ran.err);
}

#[test]
fn progress_as_json_lines_ends_with_the_summary() {
    let desk = Desk::new(small());
    let ran = desk.tajo(&sync(&["--json-lines"])).ended(0);
    let last: Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!((last["type"].as_str(), last["summary"]["outcome"].as_str()), (Some("summary"), Some("complete")));
    desk.tajo(&sync(&["--json-lines", "--json"])).ended(2);
}
