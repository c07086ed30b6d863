//! Admins, teams, the workspace; and Intercom's two tools for any record.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use tajo_core::codes;

mod town;
use town::{Options, Town, connect, run, run_on};

const NOW: i64 = 1_795_170_600;

fn town() -> Town {
    Town::new(Options { contacts: 40, companies: 12, conversations: 20, rate_limit: 0, now: Some(NOW), ..Options::default() })
}

async fn answer(town: &Town, name: &str, input: Value) -> Value {
    run(town, name, input).await.unwrap_or_else(|error| panic!("{name}: {error:?}")).answer
}

fn ids(said: &Value) -> Vec<String> {
    said["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

// Shows: P-165.
#[tokio::test]
async fn admins_and_teams_are_listed_and_read() {
    let town = town();
    for (list, one, get) in [("admins", "admin_id", "get_admin"), ("teams", "team_id", "get_team")] {
        let listed = answer(&town, &format!("list_{list}"), json!({})).await;
        assert_eq!(ids(&listed), town.ids(list), "{list}");
        let id = &ids(&listed)[0];
        assert_eq!(Some(answer(&town, get, json!({one: id})).await), town.record(list, id));
        assert_eq!(run(&town, get, json!({"id": "999"})).await.unwrap_err().code(), &codes::INT_MISSING);
    }
    let me = answer(&town, "whoami", json!({})).await;
    assert_eq!((me["id"].as_str(), me["type"].as_str()), (town.ids("admins").first().map(String::as_str), Some("admin")));
    assert!(me["app"]["id_code"].is_string() && me["app"]["timezone"] == "America/Los_Angeles");
}

#[tokio::test]
async fn an_admin_is_set_away_and_back_and_the_log_tells() {
    let town = town();
    let admin = town.ids("admins")[1].clone();
    let away = json!({"admin_id": admin, "away": true, "reassign": true, "away_status_reason_id": "12345"});
    let said = answer(&town, "set_admin_away", away).await;
    assert_eq!((&said["away_mode_enabled"], &said["away_mode_reassign"]), (&json!(true), &json!(true)));
    let sent = json!({"away_mode_enabled": true, "away_mode_reassign": true, "away_status_reason_id": 12345});
    assert_eq!(town.bodies("PUT", "/admins").pop().unwrap(), sent);
    answer(&town, "admins.set_away", json!({"id": admin, "away_mode_enabled": false})).await;
    assert_eq!(town.bodies("PUT", "/admins").pop().unwrap(), json!({"away_mode_enabled": false, "away_mode_reassign": false}));
    let input = json!({"admin_id": admin, "away_mode_enabled": false, "away_mode_reassign": true});
    assert_eq!(run(&town, "admins.set_away", input).await.unwrap_err().noted("field"), Some("away_mode_reassign"));
    let input = json!({"admin_id": admin, "away_mode_enabled": true, "away_status_reason_id": 1});
    assert_eq!(run_on(&connect(&town, "2.13"), "admins.set_away", input).await.unwrap_err().code(), &codes::INT_VERSION);
    let log = answer(&town, "list_activity_logs", json!({"since": NOW - 60, "until": town.now() + 60})).await;
    assert!(log["data"].as_array().unwrap().len() >= 2, "{log}");
    assert_eq!(log["data"][0]["activity_type"], "admin_away_mode_change");
    let later = answer(&town, "admins.activity_log", json!({"created_at_after": town.now() + 3600})).await;
    assert_eq!(later["data"], json!([]));
    for _ in 0..30 {
        answer(&town, "admins.set_away", json!({"id": admin, "away_mode_enabled": true})).await;
    }
    let (mut seen, mut page) = (0, json!(1));
    for _ in 0..9 {
        let said = answer(&town, "admins.activity_log", json!({"created_at_after": NOW - 60, "page": page})).await;
        seen += said["data"].as_array().unwrap().len();
        page = said["next_page"].clone();
        if page.is_null() {
            break;
        }
    }
    assert!(page.is_null() && seen >= 32, "{seen}");
    let input = json!({"created_at_after": NOW, "created_at_before": NOW - 1});
    assert_eq!(run(&town, "admins.activity_log", input).await.unwrap_err().noted("field"), Some("created_at_before"));
}

#[tokio::test]
async fn one_query_searches_conversations_or_contacts_page_by_page() {
    let town = town();
    let mut seen = Vec::new();
    let mut query = "object_type:conversations created_at:gt:0 limit:7".to_owned();
    for _ in 0..9 {
        let said = answer(&town, "search", json!({"query": query})).await;
        assert_eq!(said["results"].as_array().map(Vec::len), said["total_in_page"].as_u64().map(|n| n as usize));
        seen.extend(said["results"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()));
        let Some(note) = said["_note"].as_str() else { break };
        let more = note.split_once("add to your query: ").expect("what to add").1;
        query = format!("object_type:conversations created_at:gt:0 limit:7 {more}");
    }
    seen.sort();
    let mut expect: Vec<String> = town.ids("conversations").iter().map(|id| format!("conversation_{id}")).collect();
    expect.sort();
    assert_eq!(seen, expect);
    let open = answer(&town, "records.search", json!({"query": "object_type:conversations state:open limit:150"})).await;
    let states = town.ids("conversations").into_iter().filter(|id| town.record("conversations", id).unwrap()["state"] == "open");
    assert_eq!(open["results"].as_array().map(Vec::len), Some(states.count()));
    let contact =
        town.ids("contacts").iter().find_map(|id| town.record("contacts", id).filter(|c| c["email"].is_string())).unwrap();
    let address = contact["email"].as_str().unwrap();
    for query in [format!("object_type:contacts email:\"{address}\""), format!("object_type:contacts q:{address}")] {
        let found = answer(&town, "search", json!({"query": query})).await;
        let id = format!("contact_{}", contact["id"].as_str().unwrap());
        assert!(found["results"].as_array().unwrap().iter().any(|hit| hit["id"] == id.as_str()), "{found}");
    }
    for query in ["state:open", "object_type:contacts created_at:gte:2026-11-20", "object_type:contacts color:red"] {
        let calls = town.calls().len();
        let error = run(&town, "search", json!({"query": query})).await.unwrap_err();
        assert_eq!((error.code(), error.noted("field"), town.calls().len()), (&codes::INPUT, Some("query"), calls), "{query}");
    }
}

#[tokio::test]
async fn a_record_is_fetched_by_the_id_that_search_gives() {
    let town = town();
    for (kind, table) in [("conversation", "conversations"), ("contact", "contacts"), ("company", "companies")] {
        let id = town.ids(table)[0].clone();
        let said = answer(&town, "fetch", json!({"id": format!("{kind}_{id}")})).await;
        assert_eq!((&said["metadata"]["id"], &said["metadata"]["type"]), (&json!(id), &json!(kind)));
        assert!(said["title"].as_str().is_some_and(|title| !title.is_empty()), "{kind}");
        let url = said["url"].as_str().expect(kind);
        assert!(url.starts_with("https://app.intercom.com/a/apps/") && url.ends_with(&id), "{url}");
        if kind == "conversation" {
            assert!(
                said["text"].as_str().unwrap().lines().count() > 1 && !said["text"].as_str().unwrap().contains("<p>"),
                "{said}"
            );
        }
    }
    for id in ["123", "ticket_1", "conversation", "contact_"] {
        assert!(run(&town, "fetch", json!({"id": id})).await.is_err(), "{id}");
    }
    assert_eq!(
        run(&town, "fetch", json!({"id": "contact_ffffffffffffffffffffffff"})).await.unwrap_err().code(),
        &codes::INT_MISSING
    );
}
