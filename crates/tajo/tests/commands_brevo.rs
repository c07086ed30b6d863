//! The commands that look at Brevo: test, list, describe, status; the twin's address; and the file that `init` writes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;
mod office;

use desk::{CANARY, Desk, small};
use office::{ONE_WAY, TWO_WAYS, office, sync, told};
use serde_json::{Value, json};
use tajo_sim::{BrevoFault, BrevoOptions, Options};

const TEST: [&str; 3] = ["connectors", "test", "brevo"];
const TEST_JSON: [&str; 4] = ["connectors", "test", "brevo", "--json"];

// Shows: T-018.
#[test]
fn five_lines_say_what_the_key_of_brevo_can_do_and_what_is_not_asked() {
    let desk = office(ONE_WAY);
    let ran = desk.tajo(&TEST).ended(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[..4], ["✓ API connection successful", "✓ Contacts readable", "✓ Attributes readable", "✓ Lists readable"]);
    assert!(lines.len() == 5 && lines[4].starts_with("? Webhooks registered — not asked"), "{}", ran.out);
    assert!(ran.err.contains("plan ") && ran.err.contains("timezone ") && ran.err.contains("API v3"), "{}", ran.err);
    let asked: Vec<String> = desk.town.brevo().calls().iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    let reads = ["GET /v3/account", "GET /v3/contacts", "GET /v3/contacts/attributes", "GET /v3/contacts/lists"];
    assert_eq!(asked, reads, "the slow bucket is asked once, and nothing is written");

    let body = told(&desk, &TEST_JSON, 0);
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["format_version", "connector", "account", "checks", "error"]);
    let statuses: Vec<&str> = body["checks"].as_array().unwrap().iter().map(|c| c["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["ok", "ok", "ok", "ok", "unknown"]);
    assert!(ran.err.contains(body["account"]["name"].as_str().unwrap()));
    assert!(!body.to_string().contains('@'), "the owner's address is nobody's business: {body}");
}

// Shows: T-018.
#[test]
fn a_key_can_be_tested_before_any_configuration_knows_of_brevo() {
    let mut desk = office(ONE_WAY);
    std::fs::remove_file(desk.path("tajo.yml")).unwrap();
    desk.tajo(&TEST).ended(0);
    desk.config("connectors:\n  intercom: {}\n  brevo: {enabled: false}\n");
    desk.tajo(&TEST).ended(0);
    desk.set("TAJO_BREVO_BASE_URL", Some("https://api.brevo.example/v3"));
    let ran = desk.tajo(&TEST);
    assert!(ran.exit == 78 && ran.err.contains("TAJO_BREVO_BASE_URL"), "only this machine: {ran:?}");
}

#[test]
fn a_missing_and_a_wrong_key_say_where_to_get_one() {
    let mut desk =
        Desk::new(Options { brevo: BrevoOptions { api_key: Some("right".into()), ..BrevoOptions::default() }, ..small() });
    let url = format!("{}/v3", desk.url);
    desk.set("TAJO_BREVO_BASE_URL", Some(&url));
    for config in ["connectors:\n  brevo: {}\n", "connectors:\n  intercom: {}\n"] {
        desk.config(config);
        for empty in [None, Some("")] {
            desk.set("BREVO_API_KEY", empty);
            let ran = desk.tajo(&TEST).ended(78);
            assert!(ran.err.contains("TJ-BRV-NONE") && ran.err.contains("SMTP & API > API keys"), "{}", ran.err);
        }
    }
    assert_eq!(desk.town.brevo().calls().len(), 0, "nothing is sent without a key");
    // A key looks like nothing else that is secret here, and still nobody sees it.
    desk.set("BREVO_API_KEY", Some(CANARY));
    let ran = desk.tajo(&TEST).ended(77);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("✗ API connection successful — 401"), "{}", ran.out);
    assert!(lines[1..4].iter().all(|l| l.starts_with('✗') && l.contains("not tried")), "{}", ran.out);
    assert!(ran.err.contains("TJ-BRV-401"), "{}", ran.err);
    assert_eq!(desk.town.brevo().calls().len(), 1, "a refused key is not asked about again");
    assert_eq!(told(&desk, &TEST_JSON, 77)["error"]["code"], "TJ-BRV-401");
}

#[test]
fn a_list_that_brevo_does_not_have_is_a_line_with_the_place_that_names_it() {
    let desk = office(&ONE_WAY.replace("all_users: 35", "all_users: 3500"));
    let ran = desk.tajo(&TEST).ended(1);
    let line = ran.out.lines().find(|line| line.contains("Lists readable")).unwrap();
    assert!(line.starts_with("✗") && line.contains("no list 3500 (`lists.all_users`, line 6)"), "{line}");
    let ran = desk.tajo(&["plan"]).ended(78);
    assert!(ran.err.contains("TJ-BRV-LIST"), "{}", ran.err);
    assert_eq!(desk.town.brevo().writes(), 0);
}

#[test]
fn a_part_of_brevo_that_cannot_be_read_is_one_line_and_the_others_are_tried() {
    let desk = office(ONE_WAY);
    desk.town.brevo().faults().script("GET", "/contacts/attributes", 1, BrevoFault::Unauthorized);
    let ran = desk.tajo(&TEST).ended(1);
    assert_eq!(ran.out.lines().filter(|line| line.starts_with('✓')).count(), 3, "{}", ran.out);
    assert!(ran.out.contains("✗ Attributes readable — 401"), "{}", ran.out);
}

#[test]
fn the_list_says_whether_brevo_is_connected_and_which_way() {
    let mut desk = office(TWO_WAYS);
    let brevo = |desk: &Desk| told(desk, &["connectors", "list", "--json"], 0)["connectors"][1].clone();
    let expect = json!({"name": "brevo", "available": true, "enabled": true, "connections": [], "direction": "bidirectional"});
    assert_eq!(brevo(&desk), expect);
    assert!(desk.tajo(&["connectors", "list"]).ended(0).out.contains("enabled, bidirectional"));
    desk.config("connectors:\n  intercom: {direction: bidirectional}\n  brevo: {enabled: false}\n");
    assert_eq!((&brevo(&desk)["enabled"], &brevo(&desk)["direction"]), (&json!(false), &Value::Null));
    assert!(desk.tajo(&["connectors", "list"]).ended(0).out.contains("switched off in the configuration"));
    desk.config("connectors:\n  intercom: {}\n");
    assert!(desk.tajo(&["connectors", "list"]).ended(0).out.contains("not in the configuration"));
    desk.set("BREVO_API_KEY", None);
}

// Shows: T-157.
#[test]
fn the_description_names_what_flows_into_brevo_and_what_campaigns_get_of_it() {
    let desk = Desk::new(small());
    let body = told(&desk, &["connectors", "describe", "brevo", "--json"], 0);
    let names: Vec<&str> = body["objects"].as_array().unwrap().iter().map(|o| o["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["contacts", "attributes", "lists", "companies", "events"]);
    assert_eq!(body["api_base_url"], "https://api.brevo.com/v3");
    assert_eq!(body["official"], false);
    assert_eq!(body["rate_buckets"].as_array().unwrap().len(), 3);
    assert!(body["not_done"].as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains("campaigns")));
    let plain = desk.tajo(&["connectors", "describe", "brevo"]).ended(0).out;
    for word in ["contacts", "attributes", "lists", "events", "100 an hour", "not endorsed by Brevo", "campaigns are neither"] {
        assert!(plain.contains(word), "{word}: {plain}");
    }
}

// Shows: T-041.
#[test]
fn the_three_directions_are_what_a_configuration_may_say_and_one_way_is_the_default() {
    let desk = office("connectors:\n  brevo: {}\n");
    let direction = |desk: &Desk| told(desk, &["connectors", "status", "brevo", "--json"], 0)["direction"].clone();
    assert_eq!(direction(&desk), "intercom_to_brevo");
    for way in ["intercom_to_brevo", "brevo_to_intercom", "bidirectional"] {
        desk.config(&format!("connectors:\n  intercom: {{direction: {way}}}\n  brevo: {{}}\n"));
        desk.tajo(&["config", "check"]).ended(0);
        assert_eq!(direction(&desk), way);
    }
    desk.config("connectors:\n  intercom: {direction: sideways}\n  brevo: {}\n");
    let ran = desk.tajo(&["config", "check"]).ended(78);
    assert!(ran.out.contains("bidirectional") || ran.err.contains("bidirectional"), "{ran:?}");
}

#[test]
fn status_tells_links_conflicts_and_what_became_of_the_last_writes() {
    let desk = office(TWO_WAYS);
    let status = || told(&desk, &["connectors", "status", "brevo", "--json"], 0);
    let before = status();
    assert_eq!((&before["connected"], &before["enabled"], &before["lastRun"]), (&json!(true), &json!(true), &Value::Null));
    assert_eq!(before["links"], json!({"live": 0, "pending": 0, "gone": 0, "merged": 0}));
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.add_person("user", Some("cy@mail.example"), Some("Cy"));
    sync(&desk);
    desk.town.rename_contact(&ada, "Ada Byron");
    desk.town.brevo().set_attribute(office::id_of(&desk, "ada@mail.example"), "FULLNAME", json!("Ada King"));
    let run = sync(&desk).json();
    let after = status();
    assert_eq!(
        (after["links"]["live"].as_u64(), after["contacts"].as_u64(), after["conflicts"].as_u64()),
        (Some(2), Some(2), Some(1))
    );
    assert_eq!(run["brevo"]["conflicts"], 1);
    assert_eq!(after["effects"], json!({"open": 0, "unknown": 0}));
    assert_eq!(after["lastRun"]["effects"], json!({"confirmed": 2}), "the run that wrote, not the one that had nothing to write");
    assert_eq!(after["lastPlan"]["plan_id"], run["brevo"]["plan_id"]);
    assert!(after["readUpTo"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    let plain = desk.tajo(&["connectors", "status", "brevo"]).ended(0).out;
    assert!(plain.contains("links        2 live") && plain.contains("conflicts    1"), "{plain}");
}

#[test]
fn status_without_a_name_has_both_platforms_and_a_refused_key_is_no_connection() {
    let mut desk = office(ONE_WAY);
    let both = told(&desk, &["connectors", "status", "--json"], 0);
    assert_eq!((&both["connector"], &both["brevo"]["connector"]), (&json!("intercom"), &json!("brevo")));
    let one = told(&desk, &["connectors", "status", "intercom", "--json"], 0);
    assert!(one.get("brevo").is_none());
    desk.set("BREVO_API_KEY", None);
    let without = told(&desk, &["connectors", "status", "brevo", "--json"], 0);
    assert_eq!((&without["connected"], &without["error"]["code"]), (&json!(false), &json!("TJ-BRV-NONE")));
    let plain = desk.tajo(&["connectors", "status"]).ended(0);
    assert!(plain.out.contains("\nBrevo\nconnected    no") && plain.err.contains("TJ-BRV-NONE"), "{plain:?}");
}

#[test]
fn the_twin_says_where_both_platforms_answer() {
    let mut desk = Desk::new(small());
    let sim = desk.spawn(&["sim", "--port", "0", "--contacts", "5", "--brevo-tier", "general", "--json"], &[]);
    let said: Value = serde_json::from_str(&sim.line()).unwrap();
    let (url, brevo) = (said["url"].as_str().unwrap(), said["brevo_url"].as_str().unwrap());
    assert_eq!(brevo, format!("{url}/v3"));
    desk.set("TAJO_BREVO_BASE_URL", Some(brevo));
    desk.set("BREVO_API_KEY", Some("any"));
    desk.tajo(&TEST).ended(0);
    drop(sim);
    let sim = desk.spawn(&["sim", "--port", "0", "--contacts", "5"], &[]);
    let text: Vec<String> = (0..5).map(|_| sim.line()).collect();
    for name in [
        "TAJO_INTERCOM_BASE_URL=http://127.0.0.1:",
        "INTERCOM_ACCESS_TOKEN=",
        "TAJO_BREVO_BASE_URL=http://127.0.0.1:",
        "BREVO_API_KEY=",
    ] {
        assert!(text.iter().any(|line| line.contains("export ") && line.contains(name)), "{name}: {text:?}");
    }
    desk.process(&["sim", "--brevo-tier", "golden"], &[]).ended(2);
}

/// The file with every `#` taken away that no blank follows, as its own text says.
fn connected(text: &str) -> String {
    let line = |line: &str| {
        let inner = line.trim_start();
        let indent = &line[..line.len() - inner.len()];
        match inner.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => format!("{indent}{rest}\n"),
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

#[test]
fn the_file_of_init_leaves_brevo_off_and_connects_it_when_the_marks_are_taken_away() {
    let mut desk = office(ONE_WAY);
    std::fs::remove_file(desk.path("tajo.yml")).unwrap();
    desk.tajo(&["init", "--no-interactive"]).ended(0);
    let text = std::fs::read_to_string(desk.path("tajo.yml")).unwrap();
    let enabled = |desk: &Desk| told(desk, &["connectors", "list", "--json"], 0)["connectors"][1]["enabled"].clone();
    desk.tajo(&["config", "check"]).ended(0);
    assert_eq!(enabled(&desk), json!(false));
    desk.config(&connected(&text));
    let checked = desk.tajo(&["config", "check"]).ended(0);
    assert_eq!((checked.out.as_str(), checked.err.as_str()), ("✓ tajo.yml is valid\n", ""));
    assert_eq!(enabled(&desk), json!(true));
    desk.tajo(&TEST).ended(0);
    desk.tajo(&["mapping", "check"]).ended(0);
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada Byron"));
    let ran = sync(&desk).json();
    assert_eq!(ran["brevo"]["done"]["created"], 1, "{ran}");
    assert_eq!(office::fullname(&desk, "ada@mail.example"), "Ada Byron");
    desk.set("BREVO_API_KEY", None);
    let ran = desk.tajo(&["config", "check"]);
    assert!(ran.exit == 78 && format!("{}{}", ran.out, ran.err).contains("BREVO_API_KEY"), "unset is an error: {ran:?}");
}
