//! Subscriptions, blocking, merge history, one note.

use serde_json::{Value, json};

use crate::asking::{NOW, code, get, get_as, post, town};
use crate::writes::{delete, empty, put_as};

#[tokio::test(start_paused = true)]
async fn a_contact_has_the_subscriptions_that_it_chose() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let types = get(&town, "/subscription_types").await.body;
    let types = types["data"].as_array().unwrap();
    let of = |consent: &str| types.iter().find(|kind| kind["consent_type"] == consent).unwrap();
    let path = format!("/contacts/{ada}/subscriptions");
    assert_eq!(get(&town, &path).await.body, json!({"type": "list", "data": []}));
    for consent in ["opt_out", "opt_in"] {
        let kind = of(consent);
        let given = post(&town, &path, &json!({"id": kind["id"], "consent_type": consent})).await;
        assert_eq!((given.status, &given.body), (200, kind));
    }
    assert_eq!(get(&town, &path).await.body["data"], json!([of("opt_out"), of("opt_in")]));
    let record = town.record("contacts", &ada).unwrap();
    assert_eq!(record["opted_out_subscription_types"]["data"][0]["id"], of("opt_out")["id"]);
    assert_eq!(record["opted_in_subscription_types"]["data"][0]["id"], of("opt_in")["id"]);
    let wrong = post(&town, &path, &json!({"id": of("opt_in")["id"], "consent_type": "opt_out"})).await;
    assert_eq!(code(&wrong), "parameter_invalid");
    assert_eq!(post(&town, &path, &json!({"id": "1", "consent_type": "opt_in"})).await.status, 404);
    assert_eq!(get(&town, "/contacts/nobody/subscriptions").await.status, 404);
    let one = format!("{path}/{}", of("opt_out")["id"].as_str().unwrap());
    assert_eq!((delete(&town, &one).await.status, delete(&town, &one).await.status), (200, 404));
    assert_eq!(town.record("contacts", &ada).unwrap()["opted_out_subscription_types"]["total_count"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_blocked_contact_is_gone_with_its_conversations_and_stays_so() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let conversation = town.add_conversation_of(&ada);
    let blocked = post(&town, &format!("/contacts/{ada}/block"), &json!({})).await.body;
    assert_eq!(blocked, json!({"type": "contact", "id": ada, "external_id": null, "blocked": true}));
    assert_eq!(get(&town, &format!("/contacts/{ada}")).await.status, 404);
    assert_eq!(town.record("conversations", &conversation).unwrap()["state"], "closed");
    assert_eq!(code(&post(&town, &format!("/contacts/{ada}/unarchive"), &json!({})).await), "not_restorable");
    let ben = town.add_person("user", None, None);
    let early = crate::asking::post_as(&town, "2.12", &format!("/contacts/{ben}/block"), &json!({})).await;
    assert_eq!(code(&early), "intercom_version_invalid");
}

#[tokio::test(start_paused = true)]
async fn merges_are_remembered_from_2_16_and_paged_by_cursor() {
    let town = empty();
    let ada = town.add_person("user", Some("ada@mailbox.example"), None);
    let leads: Vec<String> = (0..3).map(|_| town.add_person("lead", None, None)).collect();
    for lead in &leads {
        town.merge_contact(lead, &ada);
    }
    let path = format!("/contacts/{ada}/merge_history");
    let mut seen: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get_as(&town, "2.16", &format!("{path}?per_page=2&order=asc{cursor}")).await.body;
        seen.extend(page["data"].as_array().unwrap().clone());
        assert_eq!(page["has_more"], !page["next_cursor"].is_null());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={}", next.replace('=', "%3D"));
    }
    assert_eq!(seen.iter().map(|row| row["source_contact_id"].as_str().unwrap()).collect::<Vec<_>>(), leads);
    assert_eq!((&seen[0]["source_contact_role"], &seen[0]["merged_at"]), (&json!("lead"), &json!(NOW)));
    let latest = get_as(&town, "2.16", &path).await.body;
    assert_eq!(latest["data"][0]["source_contact_id"], leads[2].as_str());
    let lead = town.add_person("lead", None, None);
    assert_eq!(get_as(&town, "2.16", &format!("/contacts/{lead}/merge_history")).await.status, 404);
    assert_eq!(code(&get(&town, &path).await), "intercom_version_invalid");
    assert_eq!(put_as(&town, "2.16", &format!("/contacts/{ada}"), &json!({"name": "Ada"})).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_note_is_found_by_its_id() {
    let town = town(|o| o.contacts = 120);
    let mut looked_at = 0;
    for contact in town.ids("contacts") {
        let all = get(&town, &format!("/contacts/{contact}/notes")).await.body;
        for note in all["data"].as_array().unwrap() {
            assert_eq!(&get(&town, &format!("/notes/{}", note["id"].as_str().unwrap())).await.body, note);
            looked_at += 1;
        }
    }
    assert!(looked_at > 10);
    let contact = &town.ids("contacts")[0];
    let written =
        post(&town, &format!("/contacts/{contact}/notes"), &json!({"body": "Hm", "admin_id": town.ids("admins")[0]})).await.body;
    assert_eq!(get(&town, &format!("/notes/{}", written["id"].as_str().unwrap())).await.body, written);
    for nobodys in ["1", "399999999", "400000015", "x"] {
        assert_eq!(code(&get(&town, &format!("/notes/{nobodys}")).await), "not_found", "{nobodys}");
    }
}
