//! Writes of contacts, and what must be true of every write.

use axum::body::{Body, to_bytes};
use http::Request;
use serde_json::{Value, json};
use tajo_sim::{Fault, Town};
use tower::ServiceExt;

use crate::asking::{Answer, code, get, get_as, leaf, post, post_as, send, town};

pub async fn put_as(town: &Town, version: &str, path: &str, body: &Value) -> Answer {
    let request = Request::put(path).header("authorization", "Bearer t").header("intercom-version", version);
    send(town, request.body(Body::from(body.to_string())).unwrap()).await
}

pub async fn put(town: &Town, path: &str, body: &Value) -> Answer {
    put_as(town, "2.14", path, body).await
}

pub async fn delete(town: &Town, path: &str) -> Answer {
    let request = Request::delete(path).header("authorization", "Bearer t").header("intercom-version", "2.14");
    send(town, request.body(Body::empty()).unwrap()).await
}

/// A town without people.
pub fn empty() -> Town {
    town(|o| (o.contacts, o.companies, o.conversations, o.blank) = (0, 0, 0, true))
}

fn message(answer: &Answer) -> &str {
    answer.body["errors"][0]["message"].as_str().unwrap_or_default()
}

async fn found(town: &Town, email: &str) -> u64 {
    let answer = post(town, "/contacts/search", &json!({"query": leaf("email", "=", email)})).await;
    answer.body["total_count"].as_u64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_empty_town_is_legal_and_can_be_filled() {
    let town = empty();
    for path in ["/contacts", "/conversations", "/companies", "/companies/scroll"] {
        assert_eq!(get(&town, path).await.status, 200, "{path}");
    }
    town.random_edit();
    let id = town.add_person("user", Some("ada@mailbox.example"), Some("Ada Fisher"));
    let record = town.record("contacts", &id).unwrap();
    assert_eq!((&record["email"], &record["email_domain"]), (&json!("ada@mailbox.example"), &json!("mailbox.example")));
    assert_eq!(
        (&record["custom_attributes"], &record["phone"], &record["location"]["city"]),
        (&json!({}), &json!(null), &json!(null))
    );
    assert_eq!((&record["unsubscribed_from_emails"], &record["tags"]["total_count"]), (&json!(false), &json!(0)));
    assert_eq!((&record["created_at"], &record["updated_at"]), (&json!(town.now()), &json!(town.now())));
    assert_eq!(found(&town, "ADA@mailbox.example").await, 1);
    assert_eq!((town.writes(), town.created_contacts()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_blank_town_has_nothing_hanging_on_anything() {
    let town = town(|o| (o.blank, o.contacts) = (true, 250));
    for links in ["contact_tags", "contact_companies", "conversation_tags"] {
        assert!(town.links(links).is_empty(), "{links}");
    }
    for id in town.ids("conversations") {
        let row = town.record("conversations", &id).unwrap();
        assert_eq!((&row["ai_agent"], &row["conversation_rating"]), (&json!(null), &json!(null)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_created_is_stored_and_shown() {
    let town = empty();
    let body = json!({"email": "ada@mailbox.example", "external_id": "u-1", "phone": "+15550100", "name": "Ada Fisher",
        "signed_up_at": 1_700_000_000, "last_seen_at": 1_700_000_100, "unsubscribed_from_emails": true,
        "custom_attributes": {"plan_tier": "Scale", "mrr": 12.5, "onboarded": true, "feature_usage": 3, "größe": "groß"}});
    let made = post(&town, "/contacts", &body).await;
    assert_eq!((made.status, &made.body["role"]), (200, &json!("user")));
    for (key, value) in body.as_object().unwrap() {
        assert_eq!(&made.body[key], value, "{key}");
    }
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(get(&town, &format!("/contacts/{id}")).await.body, made.body);
    assert_eq!((town.created_contacts(), town.writes()), (1, 1));
    let by_attribute = leaf("custom_attributes.mrr", ">", 12);
    assert_eq!(post(&town, "/contacts/search", &json!({"query": by_attribute})).await.body["total_count"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_contact_is_found_when_the_index_has_caught_up() {
    let town = town(|o| (o.contacts, o.index_lag_max) = (0, 120));
    let made = post(&town, "/contacts", &json!({"email": "ada@mailbox.example"})).await;
    assert_eq!(found(&town, "ada@mailbox.example").await, 0);
    tokio::time::sleep(std::time::Duration::from_secs(121)).await;
    assert_eq!(found(&town, "ada@mailbox.example").await, 1);
    let id = made.body["id"].as_str().unwrap();
    put(&town, &format!("/contacts/{id}"), &json!({"email": "ida@mailbox.example"})).await;
    assert_eq!((found(&town, "ada@mailbox.example").await, found(&town, "ida@mailbox.example").await), (1, 0));
    tokio::time::sleep(std::time::Duration::from_secs(121)).await;
    assert_eq!((found(&town, "ada@mailbox.example").await, found(&town, "ida@mailbox.example").await), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn creations_clash_by_the_rules() {
    let town = empty();
    let old = post(&town, "/contacts", &json!({"email": "ada@mailbox.example"})).await.body["id"].as_str().unwrap().to_owned();
    let clash = post(&town, "/contacts", &json!({"email": "Ada@mailbox.example", "external_id": "u-2"})).await;
    assert_eq!((clash.status, code(&clash)), (409, "conflict"));
    assert_eq!(message(&clash), format!("A contact matching those details already exists with id={old}"));
    assert_eq!(post(&town, "/contacts", &json!({"email": "ada@mailbox.example", "role": "lead"})).await.status, 200);
    post(&town, &format!("/contacts/{old}/archive"), &json!({})).await;
    let clash = post(&town, "/contacts", &json!({"email": "ada@mailbox.example"})).await;
    assert_eq!(message(&clash), format!("An archived contact matching those details already exists with id={old}"));
    delete(&town, &format!("/contacts/{old}")).await;
    assert_eq!(post(&town, "/contacts", &json!({"email": "ada@mailbox.example"})).await.status, 200);
    for (id, status) in [("u-7", 200), ("u-8", 200), ("u-8", 409)] {
        let made = post(&town, "/contacts", &json!({"email": "bob@mailbox.example", "external_id": id})).await;
        assert_eq!(made.status, status, "users of one address differ by external id");
    }
    assert_eq!(code(&post(&town, "/contacts", &json!({"name": "Nobody"})).await), "parameter_not_found");
}

#[tokio::test(start_paused = true)]
async fn an_update_is_partial_and_stamps() {
    let town = town(|_| {});
    let id = town.ids("contacts")[5].clone();
    let before = town.record("contacts", &id).unwrap();
    let path = format!("/contacts/{id}");
    let after = put(&town, &path, &json!({"phone": "+15550111", "custom_attributes": {"plan_tier": "Growth"}})).await;
    assert_eq!((&after.body["phone"], &after.body["formatted_phone"]), (&json!("+15550111"), &json!("+15550111")));
    assert_eq!(after.body["custom_attributes"]["plan_tier"], "Growth");
    for key in ["email", "name", "external_id", "role", "os", "location", "last_seen_at", "signed_up_at"] {
        assert_eq!(after.body[key], before[key], "{key}");
    }
    assert_eq!(after.body["custom_attributes"]["mrr"], before["custom_attributes"]["mrr"]);
    assert_eq!(after.body["updated_at"], town.now());
    let cleared = put(&town, &path, &json!({"phone": null, "name": null, "custom_attributes": {"plan_tier": null}})).await;
    assert_eq!((&cleared.body["phone"], &cleared.body["name"]), (&json!(null), &json!(null)));
    assert_eq!(cleared.body["custom_attributes"]["plan_tier"], json!(null));
    assert_eq!(town.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_update_refuses_what_it_cannot_hold() {
    let town = town(|_| {});
    let id = town.ids("contacts")[5].clone();
    let before = town.record("contacts", &id);
    for body in [
        json!({"custom_attributes": {"shoe_size": 43}}),
        json!({"custom_attributes": {"old_plan": "x"}}),
        json!({"custom_attributes": {"feature_usage": "many"}}),
        json!({"custom_attributes": {"plan_tier": "Platinum"}}),
        json!({"custom_attributes": {"onboarded": "yes"}}),
        json!({"custom_attributes": {"trial_ends_at": "2026-01-01"}}),
        json!({"custom_attributes": [1]}),
        json!({"email": 7}),
        json!({"email": "not an address"}),
        json!({"role": "admin"}),
        json!({"signed_up_at": "yesterday"}),
        json!({"unsubscribed_from_emails": "no"}),
        json!({"owner_id": "7300000"}),
    ] {
        let answer = put(&town, &format!("/contacts/{id}"), &body).await;
        assert_eq!((answer.status, code(&answer)), (400, "parameter_invalid"), "{body}");
    }
    assert_eq!((town.record("contacts", &id), town.writes()), (before, 0));
    assert_eq!(put(&town, "/contacts/6762f0d01bb69f9f00ffffff", &json!({})).await.status, 404);
    let admin = town.ids("admins")[0].clone();
    let number = json!({"owner_id": admin.parse::<u64>().unwrap()});
    assert_eq!(put(&town, &format!("/contacts/{id}"), &number).await.body["owner_id"], number["owner_id"]);
    assert_eq!(put_as(&town, "2.16", &format!("/contacts/{id}"), &number).await.status, 400);
    let text = put_as(&town, "2.16", &format!("/contacts/{id}"), &json!({"owner_id": admin})).await;
    assert_eq!(text.body["owner_id"], admin.as_str());
}

#[tokio::test(start_paused = true)]
async fn a_lead_becomes_a_user_unless_one_is_there() {
    let town = empty();
    let lead = town.add_person("lead", Some("ada@mailbox.example"), None);
    let user = town.add_person("user", Some("ada@mailbox.example"), None);
    let path = format!("/contacts/{lead}");
    assert_eq!(put(&town, &path, &json!({"role": "user"})).await.status, 409);
    town.set_contact(&user, "email", json!("other@mailbox.example"));
    assert_eq!(put(&town, &path, &json!({"role": "user"})).await.body["role"], "user");
    assert_eq!(put(&town, &path, &json!({"email": "other@mailbox.example"})).await.status, 409);
    assert_eq!(put(&town, &path, &json!({"email": "ada@mailbox.example", "name": "A"})).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn only_the_api_counts_as_resubscribing() {
    let town = empty();
    let id = town.add_person("user", Some("ada@mailbox.example"), None);
    town.unsubscribe_contact(&id);
    town.resubscribe_contact(&id);
    assert!(town.resubscribed().is_empty());
    town.unsubscribe_contact(&id);
    put(&town, &format!("/contacts/{id}"), &json!({"name": "Ada"})).await;
    assert_eq!(town.record("contacts", &id).unwrap()["unsubscribed_from_emails"], true);
    put(&town, &format!("/contacts/{id}"), &json!({"unsubscribed_from_emails": false})).await;
    assert_eq!(town.resubscribed(), [id]);
}

#[tokio::test(start_paused = true)]
async fn archived_contacts_come_back_and_deleted_ones_do_not() {
    let town = town(|_| {});
    let id = town.ids("contacts")[4].clone();
    let before = town.record("contacts", &id).unwrap();
    let gone = post(&town, &format!("/contacts/{id}/archive"), &json!({})).await;
    assert_eq!(gone.body, json!({"type": "contact", "id": id, "external_id": before["external_id"], "archived": true}));
    assert_eq!(code(&get(&town, &format!("/contacts/{id}")).await), "not_found");
    let back = post(&town, &format!("/contacts/{id}/unarchive"), &json!({})).await;
    assert_eq!(back.body["archived"], false);
    let after = get(&town, &format!("/contacts/{id}")).await.body;
    assert_eq!((&after["email"], &after["companies"]), (&before["email"], &before["companies"]));
    let gone = delete(&town, &format!("/contacts/{id}")).await;
    assert_eq!(gone.body, json!({"type": "contact", "id": id, "external_id": before["external_id"], "deleted": true}));
    assert_eq!(code(&post(&town, &format!("/contacts/{id}/unarchive"), &json!({})).await), "not_restorable");
    assert_eq!(delete(&town, &format!("/contacts/{id}")).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_lead_merges_into_a_user_and_into_nobody_else() {
    let town = empty();
    let lead = town.add_person("lead", Some("ada@mailbox.example"), None);
    let user = town.add_person("user", Some("ada.f@mailbox.example"), None);
    let tag = town.add_tag("vip");
    town.tag_contact(&lead, &tag);
    town.add_event(&lead, "opened", json!({}));
    let wrong = post(&town, "/contacts/merge", &json!({"from": user, "into": lead})).await;
    assert_eq!((wrong.status, code(&wrong)), (422, "merge_failed"));
    let both = json!({"from": lead, "into": user});
    assert_eq!(code(&post_as(&town, "2.16", "/contacts/merge", &both).await), "invalid_merge");
    let merged = post(&town, "/contacts/merge", &both).await;
    assert_eq!((&merged.body["id"], &merged.body["tags"]["total_count"]), (&json!(user), &json!(1)));
    assert_eq!(town.events_of(&user).len(), 1);
    assert_eq!(get(&town, &format!("/contacts/{lead}")).await.status, 404);
    let gone = get_as(&town, "2.16", &format!("/contacts/{lead}")).await;
    assert!(gone.status == 410 && gone.headers["link"].to_str().unwrap().contains(&user));
}

#[tokio::test(start_paused = true)]
async fn users_are_found_by_external_id_from_2_13_on() {
    let town = empty();
    let id = post(&town, "/contacts", &json!({"external_id": "a b/7"})).await.body["id"].clone();
    let path = "/contacts/find_by_external_id/a%20b%2F7";
    assert_eq!(get_as(&town, "2.13", path).await.body["id"], id);
    assert_eq!(code(&get_as(&town, "2.12", path).await), "intercom_version_invalid");
    post(&town, "/contacts", &json!({"external_id": "lead-1", "role": "lead"})).await;
    assert_eq!(get(&town, "/contacts/find_by_external_id/lead-1").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_sets_is_shown_and_searched() {
    let town = town(|_| {});
    let id = town.ids("contacts")[2].clone();
    for (field, value) in [
        ("last_replied_at", json!(1_789_000_000)),
        ("last_email_opened_at", json!(1_789_000_001)),
        ("location.city", json!("Oslo")),
        ("custom_attributes.plan_tier", json!("Enterprise")),
        ("role", json!("lead")),
        ("language_override", json!("nb")),
        ("has_hard_bounced", json!(true)),
    ] {
        town.set_contact(&id, field, value.clone());
        let record = town.record("contacts", &id).unwrap();
        let shown = field.split('.').fold(&record, |at, key| &at[key]);
        assert_eq!(shown, &value, "{field}");
    }
    let query = json!({"operator": "AND", "value": [leaf("location.city", "=", "Oslo"), leaf("id", "=", id.as_str())]});
    assert_eq!(post(&town, "/contacts/search", &json!({"query": query})).await.body["total_count"], 1);
}

#[tokio::test(start_paused = true)]
async fn lost_writes_are_lost_before_or_after() {
    let town = empty();
    let ask = || {
        let request = Request::post("/contacts").header("authorization", "Bearer t");
        request.body(Body::from(json!({"role": "lead"}).to_string())).unwrap()
    };
    town.faults().script("/contacts", 1, 1, Fault::Unsent);
    assert_eq!(get(&town, "/contacts").await.status, 200, "reads are spared");
    let unsent = town.router().oneshot(ask()).await.unwrap();
    assert!(to_bytes(unsent.into_body(), usize::MAX).await.is_err());
    assert_eq!((town.created_contacts(), town.writes()), (0, 0));
    town.faults().once("/contacts", Fault::DroppedAfter);
    let dropped = town.router().oneshot(ask()).await.unwrap();
    assert!(to_bytes(dropped.into_body(), usize::MAX).await.is_err());
    assert_eq!((town.created_contacts(), town.writes()), (1, 1));
    assert_eq!((town.faults().fired()["unsent"], town.faults().fired()["dropped_after"]), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_object_is_refused() {
    let town = empty();
    for body in [json!([1]), json!("x")] {
        assert_eq!(code(&post(&town, "/contacts", &body).await), "parameter_invalid");
    }
    assert_eq!(put(&town, "/no/such", &json!({})).await.status, 404);
}
