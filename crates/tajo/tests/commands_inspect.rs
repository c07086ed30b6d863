//! The commands that look: status, tables, describe, list, explain.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use desk::{CANARY, Desk, Ran, small};
use serde_json::Value;
use tajo_sim::Options;

const SYNC: [&str; 3] = ["connectors", "sync", "intercom"];

fn status(desk: &Desk) -> Value {
    desk.tajo(&["connectors", "status", "intercom", "--json"]).ended(0).json()
}

// Shows: T-102, T-103, T-104, T-105, T-106, T-107.
#[test]
fn status_says_whether_it_is_connected_when_it_last_succeeded_and_how_much_there_is() {
    let desk = Desk::new(small());
    let before = status(&desk);
    assert_eq!(
        (before["connected"].as_bool(), &before["lastSync"], before["contactsSynced"].as_u64()),
        (Some(true), &Value::Null, Some(0))
    );
    assert!(!desk.database().exists(), "looking creates nothing");
    desk.tajo(&SYNC).ended(0);
    let after = status(&desk);
    let last = after["lastSync"].as_str().unwrap().to_owned();
    assert!(last.len() == 20 && last.ends_with('Z') && last.parse::<jiff::Timestamp>().is_ok(), "{last}");
    let counts = ["contactsSynced", "conversationsSynced", "companiesSynced"].map(|key| after[key].as_u64().unwrap());
    assert_eq!(counts, [60, 25, 15]);
    assert_eq!((after["connector"].as_str(), after["enabled"].as_bool()), (Some("intercom"), Some(true)));
    for table in after["tables"].as_array().unwrap() {
        assert_eq!(table["rows"], desk.count(table["name"].as_str().unwrap()), "{table}");
    }
    // A run that came short is the last run, but not the last success.
    desk.town.faults().missing_scope("/tags", "read_tags");
    desk.tajo(&SYNC).ended(6);
    desk.town.faults().clear();
    let partial = status(&desk);
    assert_eq!((partial["lastSync"].as_str(), partial["lastRun"]["outcome"].as_str()), (Some(last.as_str()), Some("partial")));
    let plain = desk.tajo(&["connectors", "status"]).ended(0).out;
    assert!(plain.contains("connected    yes") && plain.contains(&format!("last sync    {last}")), "{plain}");
}

// Shows: T-103.
#[test]
fn status_says_that_a_revoked_token_is_no_connection() {
    let mut desk = Desk::new(Options { token: Some(CANARY.into()), ..small() });
    desk.tajo(&SYNC).ended(0);
    desk.set("INTERCOM_ACCESS_TOKEN", Some("revoked-token"));
    let revoked = status(&desk);
    assert_eq!((revoked["connected"].as_bool(), revoked["error"]["code"].as_str()), (Some(false), Some("TJ-AUTH-401")));
    assert_eq!(revoked["contactsSynced"], 60, "what was loaded is still there");
    let plain = desk.tajo(&["connectors", "status"]).ended(0);
    assert!(plain.out.contains("connected    no") && plain.err.contains("TJ-AUTH-401"), "{plain:?}");
    desk.set("INTERCOM_ACCESS_TOKEN", None);
    assert_eq!(status(&desk)["error"]["code"], "TJ-AUTH-NONE");
}

#[test]
fn status_shows_how_far_each_resource_is_and_what_it_cost() {
    let desk = Desk::new(small());
    desk.tajo(&SYNC).ended(0);
    for resource in status(&desk)["lastRun"]["resources"].as_array().unwrap() {
        assert!(resource["watermark"].as_str().is_some_and(|w| w.ends_with('Z')), "the cursor: {resource}");
        assert!(["full", "incremental"].contains(&resource["mode"].as_str().unwrap()), "the backfill: {resource}");
        for key in ["calls", "throttled", "rows_read", "rows_written"] {
            assert!(resource[key].is_u64(), "{key}: {resource}");
        }
    }
}

// Shows: B-13, B-14, B-15, B-16, B-17, B-18, B-19, B-20, B-21, B-22.
#[test]
fn tables_have_the_keys_and_strategies_of_the_seed() {
    let desk = Desk::new(small());
    let body = desk.tajo(&["tables", "list", "--json"]).ended(0).json();
    let tables = body["tables"].as_array().unwrap();
    for (name, key, increment, strategy) in [
        ("contacts", &["id"][..], "updated_at", "merge"),
        ("companies", &["id"], "updated_at", "merge"),
        ("conversations", &["id"], "updated_at", "merge"),
        ("tickets", &["id"], "updated_at", "merge"),
        ("articles", &["id"], "updated_at", "merge"),
        ("tags", &["id"], "-", "replace"),
        ("segments", &["id"], "-", "replace"),
        ("admins", &["id"], "-", "replace"),
        ("teams", &["id"], "-", "replace"),
        ("data_attributes", &["model", "full_name"], "-", "replace"),
    ] {
        let table = tables.iter().find(|t| t["name"] == name).unwrap();
        let pk: Vec<&str> = table["pk"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
        assert_eq!(
            (pk.as_slice(), table["inc_key"].as_str(), table["strategy"].as_str()),
            (key, Some(increment), Some(strategy)),
            "{name}"
        );
        assert!(!table["description"].as_str().unwrap().is_empty());
    }
    assert_eq!(desk.tajo(&["tables", "--json"]).ended(0).json(), body, "`list` is what happens without it");
    // What is listed is what the database has.
    desk.tajo(&SYNC).ended(0);
    for table in tables {
        let name = table["name"].as_str().unwrap();
        let held: Vec<String> =
            desk.query(&format!("SELECT name FROM pragma_table_info('{name}')")).into_iter().map(|r| r[0].clone()).collect();
        for column in table["columns"].as_array().unwrap() {
            assert!(held.iter().any(|h| column["name"] == h.as_str()), "{name} has no {column}");
        }
        let pk: Vec<String> = desk
            .query(&format!("SELECT name FROM pragma_table_info('{name}') WHERE pk > 0 ORDER BY pk"))
            .into_iter()
            .map(|r| r[0].clone())
            .collect();
        assert_eq!(table["pk"], serde_json::json!(pk), "{name}");
        for link in table["links"].as_array().unwrap() {
            desk.count(link["name"].as_str().unwrap());
        }
    }
}

// Shows: T-002, T-003, T-004, T-005, T-006, T-030, T-163, B-26.
#[test]
fn describe_says_what_the_connector_is_and_what_it_promises() {
    let desk = Desk::new(small());
    let body = desk.tajo(&["connectors", "describe", "intercom", "--json"]).ended(0).json();
    for (key, value) in [
        ("platform", "Intercom"),
        ("category", "Support"),
        ("setup_complexity", "medium"),
        ("api_base_url", "https://api.intercom.io"),
        ("default_api_version", "2.14"),
    ] {
        assert_eq!(body[key], value);
    }
    assert_eq!(body["official"], false, "never claimed");
    assert!(body["official_note"].as_str().unwrap().contains("Official Integration: Yes"), "the seed's claim is quoted");
    let resources = body["resources"].as_array().unwrap();
    for name in ["contacts", "conversations", "companies", "events"] {
        assert!(resources.iter().any(|r| r["name"] == name), "{name}");
    }
    for resource in resources {
        for key in ["strategy", "guarantee", "permission"] {
            assert!(resource[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {resource}");
        }
    }
    let versions: Vec<&str> = body["versions"].as_array().unwrap().iter().map(|v| v["version"].as_str().unwrap()).collect();
    assert_eq!((versions[0], *versions.last().unwrap(), versions.len()), ("2.7", "2.17", 11));
    let regions: Vec<&str> = body["regions"].as_array().unwrap().iter().map(|r| r["api_base_url"].as_str().unwrap()).collect();
    assert_eq!(regions, ["https://api.intercom.io", "https://api.eu.intercom.io", "https://api.au.intercom.io"]);
    let table = desk.tajo(&["connectors", "describe", "intercom", "--versions"]).ended(0).out;
    assert!(table.contains("2.16") && table.contains("2.17") && table.contains("day"), "{table}");
    let plain = desk.tajo(&["connectors", "describe", "intercom"]).ended(0).out;
    assert!(plain.contains("not endorsed by Intercom") && plain.contains("promise"), "{plain}");
    assert!(desk.town.calls().is_empty(), "describing needs no connection");
}

// Shows: T-127.
#[test]
fn every_code_that_a_command_prints_can_be_explained() {
    let mut desk = Desk::new(Options { token: Some("another".into()), ..small() });
    let said = |ran: &Ran| ran.err.split("error[").nth(1).unwrap().split(']').next().unwrap().to_owned();
    let mut codes = vec![said(&desk.tajo(&SYNC).ended(77))];
    codes.push(said(&desk.tajo(&["connectors", "sync", "intercom", "--to", "nowhere"]).ended(78)));
    desk.set("INTERCOM_ACCESS_TOKEN", None);
    codes.push(said(&desk.tajo(&SYNC).ended(77)));
    codes.push(said(&desk.tajo(&["connectors", "snyc"]).ended(2)));
    for code in codes {
        let row = desk.tajo(&["explain", &code, "--json"]).ended(0).json();
        assert_eq!(row["code"], code.as_str());
        assert!(!row["meaning"].as_str().unwrap().is_empty() && !row["action"].as_str().unwrap().is_empty());
    }
    let remedy = desk.tajo(&["explain", "TJ-AUTH-401"]).ended(0).out;
    assert!(remedy.contains("Create a new token in Developer Hub") && remedy.contains("exit:  77"), "{remedy}");
    desk.tajo(&["explain", "TJ-NO-SUCH"]).ended(2);
}

/// Under `--json` every answer is exactly one document with its format's version, also the refusals.
#[test]
fn every_answer_under_json_is_one_document() {
    let desk = Desk::new(small());
    for (args, exit) in [
        (&["connectors", "list"][..], 0),
        (&["connectors", "describe", "intercom"], 0),
        (&["connectors", "test", "intercom"], 0),
        (&["connectors", "status"], 0),
        (&["connectors", "sync", "intercom"], 0),
        (&["tables"], 0),
        (&["explain"], 0),
        (&["config", "show"], 0),
        (&["config", "check"], 78),
        (&["connectors", "describe", "brevo"], 0),
        (&["connectors", "test", "brevo"], 78),
        (&["connectors", "sync", "brevo"], 78),
        (&["connectors", "sync", "intercom", "--only", "brevo"], 78),
        (&["connectors", "sync", "intercom", "--resources", "nothing"], 78),
        (&["connectors", "sync", "intercom", "--to", "nowhere"], 78),
        (&["--config", "none.yml", "connectors", "status"], 78),
        (&["no", "such", "command"], 2),
    ] {
        let ran = desk.tajo(&[args, &["--json"]].concat()).ended(exit);
        let body = ran.json();
        assert_eq!(body["format_version"], "1.0", "{args:?}");
        assert_eq!(body.get("error").is_some_and(|e| !e.is_null()), exit != 0, "{args:?}: {body}");
    }
}
