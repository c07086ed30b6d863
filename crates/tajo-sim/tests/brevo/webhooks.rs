use serde_json::{Value, json};

use crate::asking::{Twin, twin};

async fn listener(twin: &Twin) -> i64 {
    let events = ["contactUpdated", "contactDeleted", "listAddition", "unsubscribed"];
    let body = json!({"url": "https://t.example/hook", "type": "marketing", "events": events});
    let answer = twin.post("/webhooks", body).await;
    assert_eq!(answer.status, 201);
    answer.id()
}

#[tokio::test(start_paused = true)]
async fn webhooks_are_transactional_unless_said() {
    let twin = twin(|_| {});
    let id = listener(&twin).await;
    assert_eq!(twin.get("/webhooks").await.body["webhooks"], json!([]));
    assert_eq!(twin.get("/webhooks?type=marketing").await.body["webhooks"][0]["id"], id);
    let plain = twin.post("/webhooks", json!({"url": "https://t.example/x", "events": ["opened"]})).await;
    assert_eq!(twin.get(&format!("/webhooks/{}", plain.id())).await.body["type"], "transactional");
    let wrong = json!({"url": "https://t.example/x", "events": ["contactUpdated"]});
    assert_eq!(twin.post("/webhooks", wrong).await.status, 400, "a contact's events need the other type");
    assert_eq!(twin.put(&format!("/webhooks/{id}"), json!({"url": "https://t.example/new"})).await.status, 204);
    assert_eq!(twin.brevo.webhooks()[0]["url"], "https://t.example/new");
    assert_eq!(twin.call("DELETE", &format!("/webhooks/{id}"), Value::Null).await.status, 204);
    assert_eq!(twin.get(&format!("/webhooks/{id}")).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn there_are_forty_webhooks_at_most() {
    let twin = twin(|_| {});
    for _ in 0..40 {
        listener(&twin).await;
    }
    let one_more = json!({"url": "https://t.example/hook", "type": "marketing", "events": ["contactUpdated"]});
    assert_eq!(twin.post("/webhooks", one_more).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_change_names_the_key_that_made_it() {
    let twin = twin(|o| o.key_name = "tajo-sync".to_owned());
    let hook = listener(&twin).await;
    let id = twin.contact(json!({"email": "ada@a.example", "attributes": {"FIRSTNAME": "Ada"}, "listIds": [35]})).await;
    let [added, updated] = &twin.brevo.delivered()[..] else { unreachable!("two payloads") };
    assert_eq!((&added["event"], &added["id"], &added["list_id"]), (&json!("list_addition"), &json!(hook), &json!([35])));
    assert_eq!((&added["api_key_name"], &added["ts"]), (&json!("tajo-sync"), &json!(1_790_000_000)));
    assert_eq!(added["date"], "2026-09-21 16:13:20", "local time, and nothing says so");
    let content = &updated["content"][0];
    assert_eq!(updated["event"], "contact_updated");
    assert_eq!(content["attributes"], json!({"EMAIL": "ada@a.example", "FIRSTNAME": "Ada"}));
    assert_eq!(content["list"]["addition"], json!([{"id": 35, "name": "all users"}]));
    assert!(updated["id"] != id || hook == id, "the id is the webhook's");
    twin.brevo.set_attribute(id, "FIRSTNAME", json!("Augusta"));
    let by_hand = twin.brevo.delivered().pop().unwrap();
    assert_eq!((&by_hand["api_key_name"], &by_hand["content"][0]["attributes"]), (&json!(""), &json!({"FIRSTNAME": "Augusta"})));
    let before = twin.brevo.delivered().len();
    twin.brevo.set_attribute(id, "FIRSTNAME", json!("Augusta"));
    assert_eq!(twin.brevo.delivered().len(), before, "no change, no word");
}

#[tokio::test(start_paused = true)]
async fn leaving_unsubscribing_and_deleting_are_told() {
    let twin = twin(|_| {});
    listener(&twin).await;
    let id = twin.brevo.add_contact(Some("ada@a.example"), json!({}));
    twin.brevo.add_to_list(id, 35);
    twin.brevo.remove_from_list(id, 35);
    let left = twin.brevo.delivered().pop().unwrap();
    assert_eq!((&left["event"], &left["content"][0]["list"]["deletion"][0]["id"]), (&json!("contact_updated"), &json!(35)));
    twin.brevo.blocklist(id);
    let out = twin.brevo.delivered().pop().unwrap();
    assert_eq!((&out["event"], &out["email"]), (&json!("unsubscribe"), &json!("ada@a.example")));
    twin.brevo.delete_contact(id);
    let gone = twin.brevo.delivered().pop().unwrap();
    assert_eq!((&gone["event"], &gone["email"]), (&json!("contact_deleted"), &json!(["ada@a.example"])));
}

#[tokio::test(start_paused = true)]
async fn imports_are_told_without_a_key_or_not_at_all() {
    for (fires, told) in [(true, 2), (false, 0)] {
        let twin = twin(|o| o.import_fires = fires);
        listener(&twin).await;
        twin.imported(json!([{"email": "ada@a.example"}]), json!({})).await;
        let delivered = twin.brevo.delivered();
        assert_eq!(delivered.len(), told);
        assert!(delivered.iter().all(|payload| payload["api_key_name"] == ""));
    }
}
