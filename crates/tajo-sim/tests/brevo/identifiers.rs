use serde_json::{Value, json};

use crate::asking::{after, twin};

const KINDS: [(&str, &str); 6] = [
    ("email_id", "ada%40a.example"),
    ("ext_id", "u-1"),
    ("phone_id", "%2B4915112345678"),
    ("whatsapp_id", "4915112345679"),
    ("landline_number_id", "00493012345678"),
    ("contact_id", "1"),
];

#[tokio::test(start_paused = true)]
async fn six_identifiers_find_a_contact() {
    let twin = twin(|_| {});
    let attributes = json!({"SMS": "+4915112345678", "WHATSAPP": "+4915112345679", "LANDLINE_NUMBER": "+493012345678"});
    let id = twin.contact(json!({"email": "ada@a.example", "ext_id": "u-1", "attributes": attributes})).await;
    for (kind, value) in KINDS {
        let found = twin.get(&format!("/contacts/{value}?identifierType={kind}")).await;
        assert_eq!((found.status, found.body["id"].as_i64()), (200, Some(id)), "{kind}");
    }
    assert_eq!(twin.get("/contacts/u-1?identifierType=nonsense").await.status, 400);
    let shown = twin.brevo.contact(id).unwrap();
    assert_eq!(shown["attributes"]["EXT_ID"], "u-1");
    assert_eq!(shown["attributes"]["LANDLINE_NUMBER"], "493012345678");
}

#[tokio::test(start_paused = true)]
async fn digits_without_a_type_are_an_id_first() {
    let twin = twin(|_| {});
    let first = twin.contact(json!({"email": "ada@a.example"})).await;
    twin.contact(json!({"ext_id": first.to_string()})).await;
    let sms = twin.contact(json!({"attributes": {"SMS": "4915112345678"}})).await;
    assert_eq!(twin.get(&format!("/contacts/{first}")).await.id(), first);
    assert_eq!(twin.get("/contacts/4915112345678").await.id(), sms);
    assert_eq!(twin.put("/contacts/4915112345678", json!({"smsBlacklisted": true})).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_taken_address_is_refused_with_its_metadata() {
    let twin = twin(|_| {});
    twin.contact(json!({"email": "ada@a.example"})).await;
    let refused = twin.post("/contacts", json!({"email": "ADA@a.example"})).await;
    assert_eq!(
        refused.body,
        json!({
            "code": "duplicate_parameter",
            "message": "Unable to create contact, email is already associated with another Contact",
            "metadata": {"duplicate_identifiers": ["email"]},
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_taken_number_says_create_or_update() {
    for (new, code) in [(true, "invalid_parameter"), (false, "duplicate_parameter")] {
        let twin = twin(|o| o.collision_code_new = new);
        twin.contact(json!({"email": "ada@a.example", "ext_id": "u-1", "attributes": {"SMS": "4915112345678"}})).await;
        let refused = twin.post("/contacts", json!({"email": "b@a.example", "attributes": {"SMS": "+4915112345678"}})).await;
        assert_eq!(refused.code(), "duplicate_parameter");
        assert_eq!(refused.message(), "Unable to create contact, SMS is already associated with another Contact");
        assert_eq!(refused.body["metadata"]["duplicate_identifiers"], json!(["SMS"]));
        let id = twin.contact(json!({"email": "b@a.example"})).await;
        let both = json!({"ext_id": "u-1", "attributes": {"SMS": "4915112345678", "FIRSTNAME": "B"}});
        let refused = twin.put(&format!("/contacts/{id}"), both).await;
        assert_eq!((refused.status, refused.code()), (400, code));
        assert_eq!(refused.message(), "Unable to update contact, EXT_ID or SMS are already associated with another Contact");
        assert_eq!(refused.body["metadata"]["duplicate_identifiers"], json!(["EXT_ID", "SMS"]));
        assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({}), "nothing was written");
        let upsert = json!({"email": "b@a.example", "updateEnabled": true, "attributes": {"SMS": "4915112345678"}});
        assert_eq!(twin.post("/contacts", upsert).await.code(), code);
    }
}

#[tokio::test(start_paused = true)]
async fn bad_numbers_are_refused_whole() {
    let twin = twin(|_| {});
    for number in ["0151 23", "abc", "+49 151"] {
        let refused = twin.post("/contacts", json!({"email": "ada@a.example", "attributes": {"SMS": number}})).await;
        assert_eq!((refused.code(), refused.message()), ("invalid_parameter", "Invalid phone number"));
    }
    assert!(twin.brevo.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_forced_merge_keeps_the_newest() {
    let twin = twin(|_| {});
    let old = twin
        .contact(json!({"email": "ada@a.example", "attributes": {"FIRSTNAME": "Ada", "LASTNAME": "B"}, "listIds": [35]}))
        .await;
    after(1000).await;
    let new = twin.contact(json!({"ext_id": "u-1", "attributes": {"FIRSTNAME": "Augusta"}, "listIds": [37]})).await;
    let answer = twin.put(&format!("/contacts/{old}"), json!({"ext_id": "u-1", "forceMerge": true})).await;
    assert_eq!(answer.status, 204);
    assert_eq!(twin.get(&format!("/contacts/{old}")).await.status, 404);
    let survivor = twin.brevo.contact(new).unwrap();
    assert_eq!(survivor["email"], "ada@a.example");
    assert_eq!((&survivor["attributes"]["FIRSTNAME"], &survivor["attributes"]["LASTNAME"]), (&json!("Augusta"), &json!("B")));
    assert_eq!(survivor["listIds"], json!([37, 35]));
    let third = twin.contact(json!({"attributes": {"SMS": "4915112345678"}})).await;
    let body = json!({"email": "ada@a.example", "attributes": {"SMS": "4915112345678"}, "forceMerge": true, "getId": true});
    assert_eq!(twin.post("/contacts", body).await.id(), third, "both were last changed at the same time, the younger id wins");
    assert_eq!(twin.brevo.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_identifier_can_be_cleared_but_not_the_last() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "ada@a.example", "attributes": {"SMS": "4915112345678"}})).await;
    for empty in [json!(""), Value::Null] {
        assert_eq!(twin.put(&format!("/contacts/{id}"), json!({"attributes": {"SMS": empty}})).await.status, 204);
    }
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({}));
    twin.contact(json!({"email": "b@a.example", "attributes": {"SMS": "4915112345678"}})).await;
    let lone = twin.contact(json!({"ext_id": "u-9"})).await;
    assert_eq!(twin.put(&format!("/contacts/{lone}"), json!({"attributes": {"EXT_ID": ""}})).await.status, 400);
}
