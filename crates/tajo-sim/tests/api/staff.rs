//! Away mode, activity logs, messages; the contacts of a company by pages.

use serde_json::{Value, json};

use crate::asking::{NOW, code, get, ids, leaf, post, town};
use crate::writes::{empty, put};

#[tokio::test(start_paused = true)]
async fn an_admin_goes_away_and_the_log_tells() {
    let town = town(|_| {});
    let admin = town.ids("admins")[0].clone();
    let path = format!("/admins/{admin}/away");
    let away = put(&town, &path, &json!({"away_mode_enabled": true, "away_mode_reassign": true, "away_status_reason_id": 12}))
        .await
        .body;
    assert_eq!(
        (&away["away_mode_enabled"], &away["away_mode_reassign"], &away["away_status_reason_id"]),
        (&json!(true), &json!(true), &json!(12))
    );
    assert_eq!(get(&town, &format!("/admins/{admin}")).await.body, away);
    assert_eq!(get(&town, "/me").await.body["away_mode_enabled"], true);
    let logs = get(&town, &format!("/admins/activity_logs?created_at_after={NOW}")).await.body;
    assert_eq!(logs["activity_logs"].as_array().unwrap().len(), 1);
    let last = &logs["activity_logs"][0];
    assert_eq!((&last["activity_type"], &last["performed_by"]["id"]), (&json!("admin_away_mode_change"), &json!(admin)));
    assert_eq!(last["metadata"], json!({"away_mode": true, "reassign_conversations": true}));
    put(&town, &path, &json!({"away_mode_enabled": false, "away_mode_reassign": false})).await;
    assert_eq!(town.record("admins", &admin).unwrap()["away_mode_enabled"], false);
    assert_eq!(put(&town, &path, &json!({"away_mode_enabled": true})).await.status, 400);
    let nobody = put(&town, "/admins/1/away", &json!({"away_mode_enabled": true, "away_mode_reassign": true})).await;
    assert_eq!((nobody.status, code(&nobody)), (404, "admin_not_found"));
}

#[tokio::test(start_paused = true)]
async fn activity_logs_are_read_by_url_newest_first() {
    let town = town(|_| {});
    let mut path = format!("/admins/activity_logs?created_at_after={}&created_at_before={}", NOW - 40 * 86_400, NOW - 86_400);
    let mut seen: Vec<Value> = Vec::new();
    loop {
        let page = get(&town, &path).await.body;
        seen.extend(page["activity_logs"].as_array().unwrap().clone());
        let Some(next) = page["pages"]["next"].as_str() else { break };
        path = next.strip_prefix("https://api.intercom.io").unwrap().to_owned();
    }
    assert_eq!(seen.len(), 39);
    assert!(seen.iter().map(|row| -row["created_at"].as_i64().unwrap()).is_sorted());
    assert!(seen.iter().all(|row| (NOW - 40 * 86_400..=NOW - 86_400).contains(&row["created_at"].as_i64().unwrap())));
    assert_eq!(code(&get(&town, "/admins/activity_logs").await), "parameter_not_found");
}

#[tokio::test(start_paused = true)]
async fn a_message_makes_no_conversation_unless_told() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let admin: u64 = town.ids("admins")[0].parse().unwrap();
    let body = json!({"message_type": "in_app", "body": "Hello", "from": {"type": "admin", "id": admin}, "to": {"type": "user", "id": ada}});
    let sent = post(&town, "/messages", &body).await.body;
    assert_eq!(
        (&sent["type"], &sent["message_type"], &sent["owner"]["type"]),
        (&json!("admin_message"), &json!("inapp"), &json!("admin"))
    );
    assert_eq!((town.messages(), town.ids("conversations").len(), sent.get("conversation_id")), (1, 0, None));
    let mut opening = body.clone();
    opening["create_conversation_without_contact_reply"] = json!(true);
    let sent = post(&town, "/messages", &opening).await.body;
    let source = town.record("conversations", sent["conversation_id"].as_str().unwrap()).unwrap()["source"].clone();
    assert_eq!(
        (&source["id"], &source["body"], &source["delivered_as"]),
        (&sent["id"], &json!("<p>Hello</p>"), &json!("admin_initiated"))
    );
    let found = post(&town, "/conversations/search", &json!({"query": leaf("source.id", "=", sent["id"].clone())})).await.body;
    assert_eq!(found["total_count"], 1);
    let with = |key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    for (wrong, status, code_of) in [
        (with("body", json!("")), 400, "parameter_invalid"),
        (with("message_type", json!("email")), 422, "parameter_not_found"),
        (with("message_type", json!("pigeon")), 400, "parameter_invalid"),
        (with("from", json!({"type": "admin", "id": 1})), 404, "admin_not_found"),
        (with("from", json!({"type": "user", "id": ada})), 400, "parameter_invalid"),
        (with("to", json!({"type": "user", "id": "nobody"})), 404, "not_found"),
        (with("to", json!([])), 400, "parameter_invalid"),
    ] {
        let answer = post(&town, "/messages", &wrong).await;
        assert_eq!((answer.status, code(&answer)), (status, code_of), "{wrong}");
    }
    assert_eq!(town.messages(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_contact_created_just_now_cannot_be_written_to_yet() {
    let town = town(|o| o.index_lag_max = 3600);
    let admin: u64 = town.ids("admins")[0].parse().unwrap();
    let new: Vec<Value> = (0..8).map(|_| json!({"type": "user", "id": town.add_person("user", None, None)})).collect();
    let body = json!({"message_type": "in_app", "body": "Hello", "from": {"type": "admin", "id": admin}, "to": new});
    assert_eq!(post(&town, "/messages", &body).await.status, 404);
    tokio::time::sleep(std::time::Duration::from_secs(3601)).await;
    assert_eq!(post(&town, "/messages", &body).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_contacts_of_a_company_come_by_pages() {
    let town = empty();
    let company = town.add_named_company("Harbor Foods", "Growth", 9);
    let people: Vec<String> = (0..7).map(|_| town.add_person("user", None, None)).collect();
    people.iter().for_each(|id| town.attach_company(id, &company));
    let page = |n: u32| {
        let (town, path) = (town.clone(), format!("/companies/{company}/contacts?per_page=3&page={n}"));
        async move { get(&town, &path).await.body }
    };
    let mut seen = Vec::new();
    for n in 1..=3 {
        let body = page(n).await;
        let pages = &body["pages"];
        assert_eq!(
            (&pages["page"], &pages["per_page"], &pages["total_pages"], &body["total_count"]),
            (&json!(n), &json!(3), &json!(3), &json!(7))
        );
        seen.extend(ids(&body["data"]));
    }
    assert_eq!((seen, page(4).await["data"].as_array().unwrap().len()), (people, 0));
    for wrong in ["per_page=61", "per_page=0", "page=0", "page=x"] {
        assert_eq!(get(&town, &format!("/companies/{company}/contacts?{wrong}")).await.status, 400, "{wrong}");
    }
}
