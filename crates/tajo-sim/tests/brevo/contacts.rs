use serde_json::{Value, json};

use crate::asking::{NOW, after, twin};

#[tokio::test(start_paused = true)]
async fn a_contact_is_created_shown_changed_and_deleted() {
    let twin = twin(|_| {});
    let body = json!({"email": "Ada@A.example", "attributes": {"FIRSTNAME": "Ada", "SMS": "+4915112345678"}, "listIds": [35]});
    let id = twin.contact(body).await;
    let shown = twin.get("/contacts/ada%40a.example?identifierType=email_id").await.body;
    assert_eq!(shown["id"], id);
    assert_eq!(shown["email"], "ada@a.example");
    assert_eq!(shown["attributes"], json!({"SMS": "4915112345678", "FIRSTNAME": "Ada"}));
    assert_eq!((&shown["listIds"], &shown["emailBlacklisted"]), (&json!([35]), &json!(false)));
    assert_eq!(shown["createdAt"], "2026-09-21T14:13:20.000Z");
    assert!(shown["statistics"].is_object());
    after(1500).await;
    let changed = twin.put(&format!("/contacts/{id}"), json!({"attributes": {"FIRSTNAME": ""}, "unlinkListIds": [35]})).await;
    assert_eq!((changed.status, changed.raw.as_deref()), (204, Some("")));
    let shown = twin.brevo.contact(id).unwrap();
    assert_eq!((&shown["attributes"], &shown["listIds"]), (&json!({"SMS": "4915112345678"}), &json!([])));
    assert_eq!(shown["modifiedAt"], "2026-09-21T14:13:21.500Z");
    assert!(shown.get("statistics").is_none());
    assert_eq!(twin.call("DELETE", &format!("/contacts/{id}"), Value::Null).await.status, 204);
    let gone = twin.get(&format!("/contacts/{id}")).await;
    assert_eq!((gone.status, gone.code(), gone.message()), (404, "document_not_found", "Contact does not exist"));
    assert_eq!(twin.call("DELETE", &format!("/contacts/{id}"), Value::Null).await.status, 404);
    assert_eq!((twin.brevo.len(), twin.brevo.creations(), twin.brevo.writes()), (0, 1, 3));
    assert_eq!(twin.brevo.calls()[0].at, NOW * 1000);
}

#[tokio::test(start_paused = true)]
async fn an_update_by_post_says_nothing_unless_the_id_is_asked_for() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "ada@a.example"})).await;
    let body = json!({"email": "ada@a.example", "updateEnabled": true, "attributes": {"FIRSTNAME": "Ada"}});
    let silent = twin.post("/contacts", body.clone()).await;
    assert_eq!((silent.status, silent.raw.as_deref()), (204, Some("")));
    let mut body = body;
    body["getId"] = true.into();
    assert_eq!(twin.post("/contacts", body).await.id(), id);
    assert_eq!((twin.brevo.len(), twin.brevo.creations()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_in_the_body_is_a_missing_parameter() {
    let twin = twin(|_| {});
    for body in [Value::Null, json!({})] {
        let refused = twin.post("/contacts", body).await;
        assert_eq!((refused.status, refused.code(), refused.message()), (400, "missing_parameter", "No inputs in the body"));
    }
    let nobody = twin.post("/contacts", json!({"attributes": {"FIRSTNAME": "Ada"}})).await;
    assert_eq!((nobody.status, nobody.code()), (400, "missing_parameter"));
    for email in ["ada", "ada@", "a da@a.example"] {
        assert_eq!(twin.post("/contacts", json!({"email": email})).await.code(), "invalid_parameter");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_address_takes_a_contact_off_the_blocklist() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "ada@a.example", "emailBlacklisted": true})).await;
    let path = format!("/contacts/{id}?identifierType=contact_id");
    twin.put(&path, json!({"attributes": {"EMAIL": "ada@a.example"}})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["emailBlacklisted"], true);
    twin.put(&path, json!({"attributes": {"EMAIL": "ada@b.example"}, "emailBlacklisted": true})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["emailBlacklisted"], true);
    assert!(twin.brevo.resubscribed().is_empty());
    twin.put(&path, json!({"attributes": {"EMAIL": "ada@c.example"}})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["emailBlacklisted"], false);
    assert_eq!(twin.brevo.resubscribed(), [id]);
    twin.brevo.blocklist(id);
    twin.put(&path, json!({"emailBlacklisted": false})).await;
    assert_eq!(twin.brevo.resubscribed(), [id, id]);
    twin.brevo.blocklist(id);
    twin.brevo.unblocklist(id);
    assert_eq!(twin.brevo.resubscribed().len(), 2, "a person may");
}

#[tokio::test(start_paused = true)]
async fn lists_are_added_to_and_must_exist() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "ada@a.example", "listIds": [35]})).await;
    twin.post("/contacts", json!({"email": "ada@a.example", "listIds": [37], "updateEnabled": true})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["listIds"], json!([35, 37]));
    let refused = twin.put(&format!("/contacts/{id}"), json!({"listIds": [99]})).await;
    assert_eq!((refused.status, refused.code()), (400, "invalid_parameter"));
}

#[tokio::test(start_paused = true)]
async fn the_accounts_own_contact_stays() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "owner@brevo-twin.example"})).await;
    assert_eq!(twin.call("DELETE", &format!("/contacts/{id}"), Value::Null).await.status, 405);
}

#[tokio::test(start_paused = true)]
async fn the_old_batch_is_gone_or_all_or_nothing() {
    let body = json!({"contacts": [
        {"email": "ada@a.example", "attributes": {"FIRSTNAME": "Ada"}},
        {"email": "nobody@a.example", "attributes": {"FIRSTNAME": "No"}},
    ]});
    assert_eq!(twin(|_| {}).post("/contacts/batch", body.clone()).await.status, 410);
    let twin = twin(|o| o.batch_gone = false);
    let id = twin.contact(json!({"email": "ada@a.example"})).await;
    assert_eq!(twin.post("/contacts/batch", body.clone()).await.status, 404);
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({}));
    let good = json!({"contacts": [body["contacts"][0]]});
    assert_eq!(twin.post("/contacts/batch", good).await.status, 204);
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"]["FIRSTNAME"], "Ada");
}

#[tokio::test(start_paused = true)]
async fn people_edit_in_the_app() {
    let twin = twin(|_| {});
    let id = twin.brevo.add_contact(Some("ada@a.example"), json!({"FIRSTNAME": "Ada"}));
    assert_eq!(twin.brevo.add_contact(Some("ada@a.example"), json!({})), id);
    assert_eq!(twin.brevo.add_contact(None, json!({"FIRSTNAME": "Nobody"})), 0);
    twin.brevo.add_attribute("age", "float");
    twin.brevo.set_attribute(id, "AGE", json!(36));
    twin.brevo.set_attribute(id, "AGE", json!("old"));
    twin.brevo.change_email(id, "ada@b.example");
    twin.brevo.add_to_list(id, 40);
    let shown = twin.brevo.contact_by_email("ADA@b.example").unwrap();
    assert_eq!((&shown["attributes"]["AGE"], &shown["listIds"]), (&json!(36), &json!([40])));
    twin.brevo.remove_from_list(id, 40);
    twin.brevo.blocklist(id);
    assert_eq!(twin.brevo.contacts()[0]["emailBlacklisted"], true);
    twin.brevo.delete_contact(id);
    assert!(twin.brevo.is_empty());
    assert_eq!(twin.brevo.writes(), 0);
}
