use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::asking::{after, twin};

#[tokio::test(start_paused = true)]
async fn a_company_is_answered_with_200_and_its_links_are_replaced() {
    let twin = twin(|_| {});
    let (a, b) = (twin.contact(json!({"email": "a@a.example"})).await, twin.contact(json!({"email": "b@a.example"})).await);
    let body = json!({"name": "Engines", "attributes": {"domain": "e.example", "nonsense": 1, "number_of_contacts": 9}, "linkedContactsIds": [a]});
    let created = twin.post("/companies", body).await;
    assert_eq!(created.status, 200);
    let id = created.body["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    let path = format!("/companies/{id}");
    let shown = twin.get(&path).await.body;
    assert_eq!((&shown["attributes"]["name"], &shown["attributes"]["number_of_contacts"]), (&json!("Engines"), &json!(1)));
    assert!(shown["attributes"].get("nonsense").is_none());
    let changed = twin.call("PATCH", &path, json!({"linkedContactsIds": [b]})).await;
    assert_eq!((changed.status, &changed.body["linkedContactsIds"]), (200, &json!([b])));
    let linked = twin
        .call("PATCH", &format!("/companies/link-unlink/{id}"), json!({"linkContactIds": [a], "unlinkContactIds": [b]}))
        .await;
    assert_eq!(linked.status, 204);
    assert_eq!(twin.brevo.companies()[0]["linkedContactsIds"], json!([a]));
    assert_eq!(twin.call("PATCH", &path, json!({"name": ""})).await.status, 400);
    twin.brevo.delete_contact(a);
    assert_eq!(twin.brevo.companies()[0]["linkedContactsIds"], json!([]));
    assert_eq!(twin.post("/companies", json!({"name": "Engines"})).await.status, 200, "no name is taken");
    assert_eq!(twin.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(twin.get(&path).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_page_is_an_offset_or_a_number() {
    for (is_number, query, names) in [
        (false, "limit=2&page=1&sort=asc", ["c1", "c2"]),
        (true, "limit=2&page=1&sort=asc", ["c0", "c1"]),
        (true, "limit=2&page=2&sort=desc", ["c2", "c1"]),
    ] {
        let twin = twin(|o| o.page_is_number = is_number);
        for n in 0..5 {
            twin.post("/companies", json!({"name": format!("c{n}")})).await;
            after(1000).await;
        }
        let page = twin.get(&format!("/companies?{query}")).await.body;
        let found: Vec<&str> =
            page["items"].as_array().unwrap().iter().map(|one| one["attributes"]["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
        assert!(page.get("count").is_none());
        let one = twin.get("/companies?filters%5Battributes.name%5D=c3").await.body;
        assert_eq!(one["items"].as_array().unwrap().len(), 1);
        assert_eq!(
            twin.get("/companies?modifiedSince=2026-09-21T14:13:23.000Z").await.body["items"].as_array().unwrap().len(),
            2
        );
    }
}

#[tokio::test(start_paused = true)]
async fn attributes_of_companies_have_inner_names() {
    let twin = twin(|_| {});
    let body = json!({"objectType": "companies", "label": "Intercom ID", "attributeType": "text"});
    assert_eq!(twin.post("/crm/attributes", body.clone()).await.status, 200);
    assert_eq!(twin.post("/crm/attributes", body).await.status, 400);
    let all = twin.get("/crm/attributes/companies").await.body;
    let mine = all.as_array().unwrap().iter().find(|one| one["label"] == "Intercom ID").unwrap();
    assert_eq!((&mine["internalName"], &mine["attributeTypeName"]), (&json!("intercom_id"), &json!("text")));
    let long = json!({"objectType": "companies", "label": "x".repeat(51), "attributeType": "text"});
    assert_eq!(twin.post("/crm/attributes", long).await.status, 400);
    twin.post("/companies", json!({"name": "E", "attributes": {"intercom_id": "c-1", "revenue": "much"}})).await;
    let attributes = twin.brevo.companies()[0]["attributes"].clone();
    assert!(attributes["intercom_id"] == "c-1" && attributes.get("revenue").is_none());
}

async fn upload(twin: &crate::asking::Twin, csv: &str, mapping: &Value) -> u16 {
    let body = format!(
        "--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"c.csv\"\r\nContent-Type: text/csv\r\n\r\n{csv}\r\n\
         --b0\r\nContent-Disposition: form-data; name=\"mapping\"\r\n\r\n{mapping}\r\n--b0--\r\n"
    );
    let request =
        Request::post("/v3/companies/import").header("api-key", "k").header("content-type", "multipart/form-data; boundary=b0");
    let status = twin.send(request.body(Body::from(body)).expect("a request can be built")).await.status;
    after(2000).await;
    status
}

#[tokio::test(start_paused = true)]
async fn companies_are_imported_from_a_file() {
    let twin = twin(|_| {});
    let contact = twin.contact(json!({"email": "a@a.example"})).await;
    let file = format!("name,revenue,associated_contact\n\"Engines, Ltd\",5,{contact}\nLooms,,\n");
    assert_eq!(upload(&twin, &file, &json!({"link_entities": true})).await, 200);
    let companies = twin.brevo.companies();
    assert_eq!(
        (&companies[0]["attributes"]["name"], &companies[0]["attributes"]["revenue"]),
        (&json!("Engines, Ltd"), &json!(5))
    );
    assert_eq!(companies[0]["linkedContactsIds"], json!([contact]));
    let id = companies[1]["id"].as_str().unwrap();
    let again = format!("company_id,name,domain\n{id},Looms Inc,l.example\n");
    assert_eq!(upload(&twin, &again, &json!({"update_existing_records": true})).await, 200);
    assert_eq!(twin.brevo.companies()[1]["attributes"]["domain"], "l.example");
    assert_eq!(upload(&twin, &again, &json!({"update_existing_records": false})).await, 200);
    assert_eq!(twin.brevo.companies().len(), 3, "every row is a new company then");
    assert_eq!(upload(&twin, "colour\nred\n", &json!({})).await, 400);
}

#[tokio::test(start_paused = true)]
async fn notes_are_kept() {
    let twin = twin(|_| {});
    let contact = twin.contact(json!({"email": "a@a.example"})).await;
    let created = twin.post("/crm/notes", json!({"text": "<p>hello</p>", "contactIds": [contact]})).await;
    assert_eq!(created.status, 200);
    let path = format!("/crm/notes/{}", created.body["id"].as_str().unwrap());
    assert_eq!(twin.get(&path).await.body["text"], "<p>hello</p>");
    assert_eq!(twin.call("PATCH", &path, json!({"text": "bye"})).await.status, 204);
    let found = twin.get(&format!("/crm/notes?entity=contacts&entityIds={contact}")).await.body;
    assert_eq!(found[0]["text"], "bye");
    assert_eq!(twin.get("/crm/notes?entity=contacts&entityIds=99").await.body, json!([]));
    assert_eq!(twin.post("/crm/notes", json!({"text": ""})).await.status, 400);
    assert_eq!(twin.call("DELETE", &path, Value::Null).await.status, 204);
    assert!(twin.brevo.notes().is_empty());
}
