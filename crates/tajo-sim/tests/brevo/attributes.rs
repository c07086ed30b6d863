use serde_json::{Value, json};
use tajo_sim::UnknownAttribute;

use crate::asking::twin;

#[tokio::test(start_paused = true)]
async fn attributes_are_listed_created_and_deleted() {
    let twin = twin(|_| {});
    let names = |body: &Value| -> Vec<String> {
        body["attributes"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = names(&twin.get("/contacts/attributes").await.body);
    for name in ["EMAIL", "SMS", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID", "FIRSTNAME", "LASTNAME", "JOB_TITLE"] {
        assert!(all.iter().any(|known| known == name), "{name}");
    }
    assert_eq!(twin.post("/contacts/attributes/normal/plan_tier", json!({"type": "text"})).await.status, 201);
    assert_eq!(twin.post("/contacts/attributes/normal/PLAN_TIER", json!({"type": "date"})).await.status, 400);
    assert_eq!(twin.post("/contacts/attributes/normal/9LIVES", json!({"type": "text"})).await.status, 400);
    assert_eq!(twin.post("/contacts/attributes/normal/X", json!({"type": "json"})).await.status, 400);
    assert!(names(&twin.get("/contacts/attributes").await.body).contains(&"PLAN_TIER".to_owned()));
    assert_eq!(twin.call("DELETE", "/contacts/attributes/normal/PLAN_TIER", Value::Null).await.status, 204);
    assert_eq!(twin.call("DELETE", "/contacts/attributes/normal/PLAN_TIER", Value::Null).await.status, 404);
    assert_eq!(twin.call("DELETE", "/contacts/attributes/normal/EMAIL", Value::Null).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn options_are_values_with_labels_or_labels() {
    let twin = twin(|_| {});
    let sexes = json!({"enumeration": [{"value": 1, "label": "male"}, {"value": 2, "label": "female"}]});
    assert_eq!(twin.post("/contacts/attributes/category/GENDER", sexes).await.status, 201);
    let lands = json!({"type": "multiple-choice", "multiCategoryOptions": ["India", "China"]});
    assert_eq!(twin.post("/contacts/attributes/normal/LANDS", lands).await.status, 201);
    let more = json!({"enumeration": [{"value": "en", "label": "English"}]});
    assert_eq!(twin.put("/contacts/attributes/category/GENDER", more).await.status, 204);
    let all = twin.get("/contacts/attributes").await.body;
    let find = |name: &str| all["attributes"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!(find("GENDER")["enumeration"][1], json!({"value": 2, "label": "female", "valueStr": "2"}));
    assert_eq!(find("GENDER")["enumeration"][2], json!({"value": 0, "label": "English", "valueStr": "en"}));
    assert!(find("GENDER").get("type").is_none());
    assert_eq!(find("LANDS")["multiCategoryOptions"], json!(["India", "China"]));
    let id = twin.contact(json!({"email": "a@a.example", "attributes": {"GENDER": "female", "LANDS": ["India"]}})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({"GENDER": 2, "LANDS": ["India"]}));
    assert_eq!(twin.call("DELETE", "/contacts/attributes/multiple-choice/LANDS/China", Value::Null).await.status, 204);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_lost_without_a_word() {
    let twin = twin(|o| {
        o.attributes.extend([("AGE", "float"), ("BORN", "date"), ("VIP", "boolean")].map(|(a, b)| (a.to_owned(), b.to_owned())))
    });
    let attributes = json!({
        "AGE": "36", "BORN": "10/12/1815", "VIP": "yes", "FIRSTNAME": 7, "firstname": "Ada", "NO_SUCH": "x", "LASTNAME": "B",
    });
    let id = twin.contact(json!({"email": "ada@a.example", "attributes": attributes})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({"LASTNAME": "B"}));
    let good = json!({"attributes": {"AGE": 36.5, "BORN": "1815-12-10", "VIP": true}});
    assert_eq!(twin.put(&format!("/contacts/{id}"), good.clone()).await.status, 204);
    let shown = twin.brevo.contact(id).unwrap()["attributes"].clone();
    assert_eq!((&shown["AGE"], &shown["BORN"], &shown["VIP"]), (&json!(36.5), &json!("1815-12-10"), &json!(true)));
    let bad = json!({"attributes": {"AGE": "old", "BORN": "soon"}});
    assert_eq!(twin.put(&format!("/contacts/{id}"), bad).await.status, 204);
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], shown, "what was there stays");
}

#[tokio::test(start_paused = true)]
async fn unknown_attributes_may_be_refused() {
    let twin = twin(|o| o.unknown_attribute = UnknownAttribute::Refuse);
    let refused = twin.post("/contacts", json!({"email": "a@a.example", "attributes": {"NO_SUCH": "x"}})).await;
    assert_eq!((refused.status, refused.code()), (400, "invalid_parameter"));
    twin.imported(json!([{"email": "a@a.example", "attributes": {"NO_SUCH": "x"}}]), json!({})).await;
    assert_eq!(twin.brevo.len(), 1, "an import drops all the same");
}

#[tokio::test(start_paused = true)]
async fn a_transactional_attribute_needs_its_id() {
    let twin = twin(|_| {});
    twin.post("/contacts/attributes/transactional/ORDER_PRICE", json!({"type": "float"})).await;
    twin.post("/contacts/attributes/transactional/ORDER_ID", json!({"type": "id"})).await;
    let refused = twin.post("/contacts", json!({"email": "a@a.example", "attributes": {"ORDER_PRICE": 5}})).await;
    assert_eq!(refused.message(), "Transactional attribute as primary Key is missing");
    let both = json!({"email": "a@a.example", "attributes": {"ORDER_PRICE": 5, "ORDER_ID": "o1"}});
    assert_eq!(twin.post("/contacts", both).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn text_is_cut_and_tidied_where_the_account_does_so() {
    let twin = twin(|o| (o.text_max, o.trims_text, o.localised) = (5, true, true));
    let id = twin.contact(json!({"email": "a@a.example", "attributes": {"PRENOM": "  Ada   Byron ", "FIRSTNAME": "x"}})).await;
    assert_eq!(twin.brevo.contact(id).unwrap()["attributes"], json!({"PRENOM": "Ada B"}));
}
