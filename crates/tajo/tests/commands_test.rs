//! `tajo connectors test`: five lines, what each says when it fails, and the exit codes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use desk::{CANARY, Desk, small};
use tajo_sim::Options;

const TEST: [&str; 3] = ["connectors", "test", "intercom"];
const TEST_JSON: [&str; 4] = ["connectors", "test", "intercom", "--json"];

// Shows: T-016, T-020, T-022, T-135, T-136, T-137, T-138, T-139, T-140, B-25.
#[test]
fn five_lines_say_what_the_token_can_do_and_what_cannot_be_known() {
    let desk = Desk::new(small());
    let ran = desk.tajo(&TEST).ended(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    let good = ["✓ API connection successful", "✓ Contacts readable", "✓ Conversations readable", "✓ Companies readable"];
    assert_eq!(lines[..4], good);
    assert!(lines.len() == 5 && lines[4].starts_with("? Webhooks registered — cannot be read from the API"), "{}", ran.out);
    let me = desk.tajo(&TEST_JSON).ended(0).json();
    let (name, id) = (me["workspace"]["name"].as_str().unwrap(), me["workspace"]["id"].as_str().unwrap());
    assert!(ran.err.contains(name) && ran.err.contains(id) && ran.err.contains("region us"), "{}", ran.err);
    assert!(!name.is_empty() && id.starts_with("tj"));
    let asked: Vec<String> = desk.town.calls().iter().take(4).map(|c| format!("{} {}?{}", c.method, c.path, c.query)).collect();
    assert_eq!(
        asked,
        ["GET /me?", "GET /contacts?per_page=1", "GET /conversations?per_page=1", "POST /companies/list?page=1&per_page=1"]
    );
}

// Shows: T-135.
#[test]
fn the_json_form_has_the_five_checks() {
    let desk = Desk::new(small());
    let ran = desk.tajo(&TEST_JSON).ended(0);
    assert_eq!(ran.err, "");
    let body = ran.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["format_version", "connector", "api_version", "workspace", "checks", "error"]);
    let checks: Vec<(&str, &str)> = body["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["check"].as_str().unwrap(), c["status"].as_str().unwrap()))
        .collect();
    let labels =
        ["API connection successful", "Contacts readable", "Conversations readable", "Companies readable", "Webhooks registered"];
    let expect: Vec<(&str, &str)> = labels.into_iter().zip(["ok", "ok", "ok", "ok", "unknown"]).collect();
    assert_eq!(checks, expect);
    assert_eq!((body["api_version"].as_str(), &body["error"]), (Some("2.14"), &serde_json::Value::Null));
}

// Shows: T-129.
#[test]
fn a_missing_permission_is_a_line_with_what_to_grant() {
    for (path, line) in [
        ("/conversations", "✗ Conversations readable — 403, grant \"Read conversations\" in Developer Hub > Authentication"),
        ("/contacts", "✗ Contacts readable — 403, grant \"Read and list users and companies\" in Developer Hub > Authentication"),
        (
            "/companies",
            "✗ Companies readable — 403, grant \"Read and list users and companies\" in Developer Hub > Authentication",
        ),
    ] {
        let desk = Desk::new(small());
        desk.town.faults().missing_scope(path, "a_scope_nobody_knows");
        let ran = desk.tajo(&TEST).ended(1);
        assert!(ran.out.lines().any(|l| l == line), "{}", ran.out);
        assert_eq!(ran.out.lines().filter(|l| l.starts_with('✓')).count(), 3, "the others are tried: {}", ran.out);
        let body = desk.tajo(&TEST_JSON).ended(1).json();
        let failed: Vec<_> = body["checks"].as_array().unwrap().iter().filter(|c| c["status"] == "failed").collect();
        assert!(failed.len() == 1 && failed[0]["reason"].as_str().unwrap().contains("grant"), "{failed:?}");
    }
}

/// The other form of the same refusal: 401 while `/me` still answers.
#[test]
fn a_missing_permission_told_as_401_names_what_to_grant_too() {
    let desk = Desk::new(small());
    desk.town.faults().token_unauthorized("/conversations");
    let ran = desk.tajo(&TEST).ended(1);
    assert!(ran.out.contains("grant \"Read conversations\""), "{}", ran.out);
}

// Shows: T-021, T-127, P-012, A-21.
#[test]
fn a_wrong_and_a_missing_token_say_where_to_get_one() {
    let mut desk = Desk::new(Options { token: Some("another".into()), ..small() });
    let ran = desk.tajo(&TEST).ended(77);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines.len() == 5 && lines[0].starts_with("✗ API connection successful — 401"), "{}", ran.out);
    assert!(lines[1..4].iter().all(|l| l.starts_with('✗') && l.contains("not tried")), "{}", ran.out);
    assert!(ran.err.contains("TJ-AUTH-401"), "{}", ran.err);
    for place in
        ["Configure > Authentication", "Test & Publish > Your Workspaces", "https://app.intercom.com/a/apps/_/developer-hub"]
    {
        assert!(ran.err.contains(place), "{place}: {}", ran.err);
    }
    assert_eq!(desk.town.calls().len(), 1, "a refused token is not asked about again");
    assert_eq!(desk.tajo(&TEST_JSON).ended(77).json()["error"]["code"], "TJ-AUTH-401");

    for empty in [None, Some("")] {
        desk.set("INTERCOM_ACCESS_TOKEN", empty);
        let ran = desk.tajo(&TEST).ended(77);
        assert!(ran.err.contains("Developer Hub > Your Apps > Create new app > Authentication"), "{}", ran.err);
        assert!(ran.err.contains("https://app.intercom.com/a/apps/_/developer-hub"), "{}", ran.err);
    }
    // A token that was pasted with a line break is not sent at all.
    desk.set("INTERCOM_ACCESS_TOKEN", Some(&format!("{CANARY}\n{CANARY}")));
    desk.tajo(&TEST).ended(77);
    assert_eq!(desk.town.calls().len(), 2);
}

#[test]
fn a_platform_that_does_not_answer_is_no_wrong_token() {
    let mut desk = Desk::new(small());
    // A port on which nobody listens any more.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    desk.set("TAJO_INTERCOM_BASE_URL", Some(&format!("http://{free}")));
    let ran = desk.tajo(&TEST).ended(1);
    assert!(ran.out.starts_with("✗ API connection successful") && ran.err.contains("TJ-NET-CONNECT"), "{}{}", ran.out, ran.err);
}
