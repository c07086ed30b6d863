//! The API as a program uses it: actions, pages, syncs, status, rows, and what webhooks ring for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod counter;
mod desk;

use std::time::Instant;

use counter::{Answer, Counter, SECRET, app, key};
use desk::{Desk, small};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use tajo::surface::http::listen::Limits;
use tajo_sim::Options;
use tajo_state::Inbox;

#[test]
fn an_action_answers_its_result_and_what_has_to_be_said() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &["--scope", "write"]);
    let contact = desk.town.ids("contacts")[0].clone();
    let answer = counter.ask(&key, "contacts/archive", json!({"contact_id": contact})).is(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), json!({"result": {"type": "contact", "id": contact, "archived": true}, "warnings": []}));
    // The product's other spellings of inputs hold here too.
    counter.ask(&key, "contacts/archive", json!({"id": contact})).is(200);
    let unknown = counter.ask(&key, "contacts/archiv", json!({"contact_id": contact})).is(404);
    assert_eq!(unknown.code(), "TJ-CFG-ACTION");
    assert!(unknown.json()["error"]["help"].as_str().unwrap().contains("archive"), "{}", unknown.text());
    let missing = counter.ask(&key, "contacts/archive", json!({})).is(400);
    assert_eq!((missing.code().as_str(), &missing.json()["error"]["notes"]["field"]), ("TJ-CFG-INPUT", &json!("contact_id")));
    assert!(missing.json()["error"]["help"].as_str().unwrap().contains("An input that works"));
    let nobody = counter.ask(&key, "contacts/archive", json!({"contact_id": "0123456789abcdef01234567"})).is(404);
    assert_eq!(nobody.code(), "TJ-INT-404");
    assert!(
        nobody.json()["error"]["notes"]["request id"].is_string() || nobody.json()["error"]["notes"]["request"].is_string(),
        "{}",
        nobody.text()
    );
    assert_eq!(counter.ask(&key, "contacts/archive?nonsense=1", json!({"contact_id": contact})).is(400).code(), "TJ-CFG-INPUT");
}

#[test]
fn a_reply_under_one_idempotency_key_is_sent_once() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &["--scope", "write"]);
    let (conversation, admin) = (desk.town.ids("conversations")[0].clone(), desk.town.ids("admins")[0].clone());
    let reply = json!({"conversation_id": conversation, "admin_id": admin, "body": "We look into it."});
    let send = |key_of_request: &str, reply: &Value| {
        counter.ask_with(&key, "conversations/reply", reply.clone(), &[("Idempotency-Key", key_of_request)])
    };
    assert!(send("order-7", &reply).is(200).json()["found"].is_null());
    let again = send("order-7", &reply).is(200).json();
    assert_eq!((&again["found"], &again["result"]["id"]), (&json!(true), &json!(conversation)));
    assert_eq!(desk.town.bodies("POST", &format!("/conversations/{conversation}/reply")).len(), 1);
    let mut other = reply.clone();
    other["body"] = "Another text.".into();
    assert_eq!(send("order-7", &other).is(400).code(), "TJ-CFG-INPUT");
    send("order-8", &reply).is(200);
    assert_eq!(desk.town.bodies("POST", &format!("/conversations/{conversation}/reply")).len(), 2);
    assert_eq!(send("", &reply).status, 400);
}

// Shows: A-28.
#[test]
fn an_app_upserts_its_users_over_http_as_often_as_it_likes() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &["--scope", "write"]);
    let before = desk.town.ids("contacts").len();
    let user = |name: &str| json!({"external_id": "user-4711", "email": "grace@navy.example", "name": name});
    let first = counter.result(&key, "contacts/upsert", user("Grace"));
    let second = counter.result(&key, "contacts/upsert", user("Grace Hopper"));
    assert_eq!((&first["created"], &second["created"]), (&json!(true), &json!(false)));
    assert_eq!((&first["contact"]["id"], &second["contact"]["name"]), (&second["contact"]["id"], &json!("Grace Hopper")));
    assert_eq!(desk.town.ids("contacts").len(), before + 1);
}

#[test]
fn all_pages_come_collected_or_line_by_line() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &[]);
    let all = desk.town.ids("contacts").len();
    let collected = counter.result(&key, "contacts/list?fetch_all=true", json!({"per_page": 7}));
    assert_eq!((collected["data"].as_array().unwrap().len(), &collected["count"]), (all, &json!(all)));
    let lines = [("Accept", "application/x-ndjson")];
    let streamed = counter.ask_with(&key, "contacts/list?fetch_all=true", json!({"per_page": 7}), &lines).is(200);
    assert_eq!(streamed.header("content-type"), Some("application/x-ndjson"));
    let rows: Vec<Value> = streamed.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), all);
    assert_eq!(rows, *collected["data"].as_array().unwrap());
    assert_eq!(
        counter.ask_with(&key, "connectors/status?fetch_all=true", json!({"connector": "intercom"}), &lines).is(400).code(),
        "TJ-CFG-INPUT"
    );
    // What goes wrong on a later page is the last line.
    desk.town.faults().script("/contacts", 3, u32::MAX, tajo_sim::Fault::Unauthorized);
    let cut = counter.ask_with(&key, "contacts/list?fetch_all=true", json!({"per_page": 7}), &lines).is(200).text();
    let last: Value = serde_json::from_str(cut.lines().last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "TJ-AUTH-401", "{last}");
}

// Shows: T-099, T-100, T-101, T-102, T-103, T-104, T-105, T-106, T-107.
#[test]
fn a_sync_runs_as_asked_and_the_status_tells_what_is_held() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &["--scope", "sync"]);
    let status = || counter.result(&key, "connectors/status", json!({"connector": "intercom"}));
    let empty = json!({"connected": true, "lastSync": null, "contactsSynced": 0, "conversationsSynced": 0, "companiesSynced": 0});
    assert_eq!(status(), empty);
    let ask = json!({"connector": "intercom", "type": "full", "resources": ["contacts", "conversations", "companies"], "since": "2023-01-01"});
    let report = counter.result(&key, "connectors/sync", ask);
    let names: Vec<&str> =
        report["resources"].as_array().unwrap().iter().map(|resource| resource["name"].as_str().unwrap()).collect();
    assert_eq!((names, &report["outcome"]), (vec!["contacts", "conversations", "companies"], &json!("complete")));
    assert!(report["run_id"].as_str().is_some_and(|id| !id.is_empty()));
    let held = |table: &str| desk.count(table);
    assert_eq!(held("contacts"), desk.town.ids("contacts").len());
    let now = status();
    assert_eq!(now.as_object().unwrap().len(), 5, "these fields and no others: {now}");
    assert_eq!(now["contactsSynced"], held("contacts"));
    assert_eq!(now["conversationsSynced"], held("conversations"));
    assert_eq!(now["companiesSynced"], held("companies"));
    let last: jiff::Timestamp = now["lastSync"].as_str().unwrap().parse().unwrap();
    assert!(now["lastSync"].as_str().unwrap().ends_with('Z') && jiff::Timestamp::now().as_second() - last.as_second() < 120);
    let again = counter.result(&key, "connectors/sync", json!({"connector": "intercom", "type": "incremental"}));
    assert_ne!(again["run_id"], report["run_id"]);
    for (field, value) in [("since", "soon"), ("type", "some"), ("connector", "hubspot")] {
        let mut input = json!({"connector": "intercom"});
        input[field] = value.into();
        assert_eq!(counter.ask(&key, "connectors/sync", input).is(400).code(), "TJ-CFG-INPUT", "{field}");
    }
    let unknown = counter.ask(&key, "connectors/sync", json!({"connector": "intercom", "resources": ["contact"]})).is(400);
    assert!(unknown.json()["error"]["message"].as_str().unwrap().contains("contacts"), "{}", unknown.text());
    let before = status();
    desk.town.faults().revoke_token_at(1);
    let revoked = status();
    assert_eq!((&revoked["connected"], &revoked["lastSync"]), (&json!(false), &before["lastSync"]));
    let failed = counter.ask(&key, "connectors/sync", json!({"connector": "intercom"})).is(401);
    assert_eq!(failed.code(), "TJ-AUTH-401");
    assert_eq!(status()["lastSync"], before["lastSync"], "a failed sync is not the last successful one");
}

// Shows: T-101.
#[test]
fn older_records_stay_out_whether_a_day_or_a_time_is_given() {
    for exact in [false, true] {
        let desk = Desk::new(Options { spread_days: 40, ..small() });
        let counter = Counter::open(&desk);
        let key = key(&desk, &["--scope", "sync"]);
        let from = desk.town.now() - 10 * 86_400;
        let day = jiff::Timestamp::from_second(from - from.rem_euclid(86_400)).unwrap();
        let (since, bound) = match exact {
            true => (jiff::Timestamp::from_second(from).unwrap().to_string(), from),
            false => (day.strftime("%Y-%m-%d").to_string(), day.as_second()),
        };
        counter.result(
            &key,
            "connectors/sync",
            json!({"connector": "intercom", "type": "full", "resources": ["contacts"], "since": since}),
        );
        let newer = desk
            .town
            .ids("contacts")
            .iter()
            .filter(|id| desk.town.record("contacts", id).unwrap()["updated_at"].as_i64().unwrap() >= bound)
            .count();
        assert!(newer > 0 && newer < desk.town.ids("contacts").len());
        assert_eq!(desk.count("contacts"), newer, "since {since}");
    }
}

#[test]
fn rows_of_the_destination_are_listed_and_found() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &["--scope", "sync"]);
    assert_eq!(counter.result(&key, "data/list", json!({"resource": "contacts"})), json!({"data": []}));
    counter.result(&key, "connectors/sync", json!({"connector": "intercom", "resources": ["contacts", "tags"]}));
    let all = counter.result(&key, "data/list?fetch_all=true", json!({"resource": "contacts", "limit": 11}));
    assert_eq!(all["data"].as_array().unwrap().len(), desk.town.ids("contacts").len());
    let id = desk.town.ids("contacts")[3].clone();
    let row = counter.result(&key, "data/get", json!({"resource": "contacts", "id": id}));
    let truth = desk.town.record("contacts", &id).unwrap();
    let updated = jiff::Timestamp::from_second(truth["updated_at"].as_i64().unwrap()).unwrap().to_string();
    assert_eq!((&row["id"], &row["email"], &row["updated_at"]), (&json!(id), &truth["email"], &json!(updated)));
    assert!(row["custom_attributes"].is_object() && row["unsubscribed_from_emails"].is_boolean(), "{row}");
    let recent = counter.result(&key, "data/list", json!({"resource": "contacts", "since": updated, "limit": 500}));
    let recent = recent["data"].as_array().unwrap();
    assert!(
        recent.iter().any(|row| row["id"] == id)
            && recent.iter().all(|row| row["updated_at"].as_str().unwrap() >= updated.as_str())
    );
    for input in [
        json!({"resource": "_tajo_state"}),
        json!({"resource": "contacts; DROP TABLE contacts"}),
        json!({"resource": "contacts", "limit": 0}),
        json!({"resource": "contacts", "limit": 501}),
        json!({"resource": "contacts", "after": "1 OR 1=1"}),
        json!({"resource": "tags", "since": "2023-01-01"}),
    ] {
        assert_eq!(counter.ask(&key, "data/list", input.clone()).is(400).code(), "TJ-CFG-INPUT", "{input}");
    }
    assert_eq!(counter.ask(&key, "data/get", json!({"resource": "contacts", "id": "nobody' OR '1'='1"})).status, 404);
}

#[test]
fn a_test_of_a_connector_says_what_can_be_read() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let report = counter.result(&key(&desk, &[]), "connectors/test", json!({"connector": "intercom"}));
    assert_eq!(report["checks"][0], json!({"check": "API connection successful", "status": "ok", "reason": null}));
}

fn signed(counter: &Counter, body: &str) -> Answer {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = format!("sha1={hex}");
    counter.send(
        "POST",
        "/webhooks/intercom",
        &[("X-Hub-Signature", &signature), ("Content-Type", "application/json")],
        body.as_bytes(),
    )
}

/// Waits until everything heard was looked into.
fn settle(desk: &Desk) {
    let inbox = Inbox::open(&desk.path("home")).unwrap();
    let begun = Instant::now();
    while inbox.waiting("intercom").unwrap().is_some() {
        assert!(begun.elapsed().as_secs() < 60, "the inbox is not emptied");
        std::thread::yield_now();
    }
}

fn notification(id: &str, topic: &str) -> String {
    json!({"type": "notification_event", "id": id, "topic": topic, "app_id": "ws_1", "data": {
        "type": "notification_event_data",
        "item": {"type": "contact", "id": "abc", "email": "ada@byron.example", "name": "Ada Byron"}}})
    .to_string()
}

// Shows: T-108, A-03.
#[test]
fn a_signed_notification_is_kept_once_and_rings_for_a_sync() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let reads = key(&desk, &[]);
    let described = desk.tajo(&["connectors", "describe", "intercom", "--json"]).ended(0).json();
    assert_eq!(described["webhooks"], true);
    assert_eq!(counter.send("HEAD", "/webhooks/intercom", &[], b"").status, 200);
    let body = notification("notif_1", "contact.created");
    let taken = signed(&counter, &body).is(200).json();
    assert_eq!(taken, json!({"accepted": true, "topic": "contact.user.created", "id": "notif_1"}));
    settle(&desk);
    let status = counter.result(&reads, "connectors/status", json!({"connector": "intercom"}));
    assert_eq!(status["contactsSynced"], desk.town.ids("contacts").len(), "what changed was read, not what was said");
    assert_eq!(signed(&counter, &body).is(200).json()["accepted"], false, "a repeated one changes nothing");
    let inbox = Inbox::open(&desk.path("home")).unwrap();
    assert_eq!(inbox.list("intercom", 10).unwrap().len(), 1);
    for (name, headers) in [
        ("none", vec![]),
        ("wrong", vec![("X-Hub-Signature", "sha1=0000000000000000000000000000000000000000")]),
        ("of another kind", vec![("X-Hub-Signature", "sha256=00")]),
    ] {
        let refused = counter.send("POST", "/webhooks/intercom", &headers, body.as_bytes()).is(401);
        assert_eq!(refused.code(), "TJ-SEC-KEY", "{name}");
    }
    assert_eq!(signed(&counter, "{").is(400).code(), "TJ-CFG-INPUT");
    assert_eq!(inbox.list("intercom", 10).unwrap().len(), 1, "what is not signed is not kept");
}

#[test]
fn what_the_token_may_not_read_keeps_no_notification_waiting() {
    let desk = Desk::new(small());
    desk.town.faults().missing_scope("/tickets", "read_tickets");
    let counter = Counter::open(&desk);
    signed(&counter, &notification("notif_1", "contact.created")).is(200);
    settle(&desk);
    assert_eq!(desk.town.count_calls("/me"), 1, "it would be missing the next time too");
    assert_eq!(desk.count("contacts"), desk.town.ids("contacts").len());
}

#[test]
fn a_notification_of_a_caller_s_own_route_is_taken_like_our_own() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let sync = key(&desk, &["--scope", "sync"]);
    let told = json!({"connector": "intercom", "topic": "user.created", "data": {"item": {"type": "contact", "id": "1", "role": "lead"}}});
    let taken = counter.result(&sync, "connectors/handle_webhook", told.clone());
    assert_eq!((&taken["accepted"], &taken["topic"]), (&json!(true), &json!("contact.lead.created")));
    assert_eq!(
        counter.result(&sync, "connectors/handle_webhook", told)["accepted"],
        false,
        "the same words are the same notification"
    );
    settle(&desk);
    assert_eq!(desk.count("contacts"), desk.town.ids("contacts").len());
    for input in [
        json!({"connector": "brevo", "topic": "x"}),
        json!({"connector": "intercom", "topic": "two words"}),
        json!({"connector": "intercom"}),
    ] {
        assert_eq!(counter.ask(&sync, "connectors/handle_webhook", input).is(400).code(), "TJ-CFG-INPUT");
    }
}

// Shows: T-134.
#[test]
fn bodies_of_webhooks_are_journalled_redacted_and_only_on_demand() {
    for wanted in [false, true] {
        let desk = Desk::new(small());
        let log = if wanted { "    log_webhooks: true\n" } else { "" };
        desk.config(&format!("connectors:\n  intercom:\n    access_token: \"${{INTERCOM_ACCESS_TOKEN}}\"\n{log}"));
        let counter = Counter::open(&desk);
        signed(&counter, &notification("notif_1", "contact.user.updated")).is(200);
        settle(&desk);
        let kept = Inbox::open(&desk.path("home")).unwrap().list("intercom", 1).unwrap().remove(0).0.body;
        assert!(!kept.contains("Ada") && !kept.contains("byron"), "{kept}");
        assert_eq!(kept.contains("notification_event_data"), wanted, "{kept}");
        assert!(kept.contains("\"id\":\"abc\""), "{kept}");
    }
}

#[test]
fn what_was_heard_before_a_crash_is_looked_into_after_the_next_start() {
    let desk = Desk::new(small());
    let heard = tajo_state::Heard {
        connection: "intercom".into(),
        delivery: "notif_1".into(),
        topic: "contact.user.updated".into(),
        received_at: "2026-11-20T12:00:00Z".into(),
        body: "{}".into(),
    };
    assert!(Inbox::open(&desk.path("home")).unwrap().put(&heard).unwrap());
    let _counter = Counter::with(&desk, app(&desk, &[]), Limits::default());
    settle(&desk);
    assert_eq!(desk.count("contacts"), desk.town.ids("contacts").len());
}

#[test]
fn the_process_says_where_it_listens_and_ends_when_asked() {
    let desk = Desk::new(small());
    let key = key(&desk, &[]);
    let serving = desk.spawn(&["serve", "--port", "0", "--json"], &[("INTERCOM_CLIENT_SECRET", SECRET)]);
    let first: Value = serde_json::from_str(&serving.line()).unwrap();
    let address = first["bound"].as_str().unwrap().parse().unwrap();
    assert_eq!((&first["url"], &first["docs"]), (&json!(format!("http://{address}")), &json!(format!("http://{address}/docs"))));
    let counter = Counter { address, app: std::sync::Arc::new(app(&desk, &[])) };
    assert_eq!(counter.send("GET", "/api/v1/health", &[], b"").is(200).json(), json!({"status": "ok"}));
    counter.ask(&key, "contacts/list", json!({"per_page": 1})).is(200);
    signed(&counter, &notification("notif_1", "contact.user.updated")).is(200);
    serving.signal("TERM");
    let ended = serving.finish();
    assert_eq!(ended.exit, 0, "{ended:?}");
    for form in desk::CANARY_FORMS.iter().chain([&SECRET, &key.as_str()]) {
        assert!(!ended.err.contains(form) && !ended.out.contains(form), "{}", ended.err);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let busy = desk.process(&["serve", "--port", &port], &[]).ended(2);
    assert!(busy.err.contains("Choose another port"), "{}", busy.err);
    desk.process(&["serve", "--port", "0", "--public-url", "http://tajo.example"], &[]).ended(2);
}
