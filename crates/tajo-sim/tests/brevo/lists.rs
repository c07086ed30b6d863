use serde_json::{Value, json};

use crate::asking::{after, twin};

#[tokio::test(start_paused = true)]
async fn lists_are_kept_in_folders() {
    let twin = twin(|_| {});
    let lists = twin.get("/contacts/lists").await.body;
    assert_eq!((&lists["count"], &lists["lists"][0]["id"]), (&json!(4), &json!(40)));
    assert_eq!(twin.get("/contacts/lists?limit=51").await.status, 400);
    let folder = twin.post("/contacts/folders", json!({"name": "tajo"})).await;
    assert_eq!(folder.status, 201);
    assert_eq!(twin.post("/contacts/lists", json!({"name": "x"})).await.code(), "missing_parameter");
    assert_eq!(twin.post("/contacts/lists", json!({"name": "x", "folderId": 99})).await.status, 400);
    let list = twin.post("/contacts/lists", json!({"name": "x", "folderId": folder.id()})).await;
    let twice = twin.post("/contacts/lists", json!({"name": "x", "folderId": folder.id()})).await;
    assert!(list.status == 201 && twice.id() != list.id(), "names are not unique");
    assert_eq!(twin.put(&format!("/contacts/lists/{}", list.id()), json!({"name": "y"})).await.status, 204);
    assert_eq!(twin.put(&format!("/contacts/lists/{}", list.id()), json!({"name": "y", "folderId": 1})).await.status, 400);
    assert_eq!(twin.get(&format!("/contacts/lists/{}", list.id())).await.body["name"], "y");
    let inside = twin.get(&format!("/contacts/folders/{}/lists", folder.id())).await.body;
    assert_eq!(inside["count"], 2);
    assert!(inside["lists"][0].get("folderId").is_none());
    let contact = twin.contact(json!({"email": "ada@a.example", "listIds": [list.id(), 35]})).await;
    assert_eq!(twin.call("DELETE", &format!("/contacts/folders/{}", folder.id()), Value::Null).await.status, 204);
    assert_eq!(twin.get(&format!("/contacts/lists/{}", list.id())).await.status, 404, "the folder took its lists along");
    assert_eq!(twin.brevo.contact(contact).unwrap()["listIds"], json!([35]));
    assert_eq!(twin.call("DELETE", "/contacts/lists/35", Value::Null).await.status, 204);
    assert_eq!(twin.brevo.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn members_come_and_go_with_a_word_on_each() {
    let twin = twin(|_| {});
    let a = twin.contact(json!({"email": "a@a.example", "ext_id": "u-1"})).await;
    let b = twin.contact(json!({"email": "b@a.example"})).await;
    let add = "/contacts/lists/36/contacts/add";
    let answer = twin.post(add, json!({"ids": [a, 99]})).await;
    assert_eq!((answer.status, answer.body), (201, json!({"contacts": {"success": [a], "failure": [99]}})));
    let answer = twin.post(add, json!({"emails": ["a@a.example", "b@a.example"]})).await;
    assert_eq!(answer.body["contacts"], json!({"success": ["b@a.example"], "failure": ["a@a.example"]}));
    let shown = twin.get("/contacts/lists/36").await.body;
    assert_eq!((&shown["uniqueSubscribers"], &shown["totalSubscribers"]), (&json!(2), &json!(0)));
    let none = twin.post(add, json!({"ids": [a, b]})).await;
    assert_eq!((none.status, none.message()), (400, "Contact already in list and/or does not exist"));
    let gone = twin.post("/contacts/lists/36/contacts/remove", json!({"extIds": ["u-1"]})).await;
    assert_eq!(gone.body["contacts"]["success"], json!(["u-1"]));
    let many: Vec<i64> = (0..151).collect();
    for body in [json!({"ids": many}), json!({"ids": [a], "emails": ["a@a.example"]}), json!({"ids": []})] {
        assert_eq!(twin.post(add, body).await.status, 400);
    }
    let all = twin.post("/contacts/lists/36/contacts/remove", json!({"all": true})).await;
    assert_eq!((all.status, &all.body["contacts"]["total"]), (201, &json!(1)));
    after(2000).await;
    assert_eq!(twin.get("/contacts/lists/36").await.body["uniqueSubscribers"], 0);
}

#[tokio::test(start_paused = true)]
async fn segments_can_be_read() {
    let twin = twin(|_| {});
    let segments = twin.get("/contacts/segments").await.body;
    assert_eq!((&segments["count"], &segments["segments"][0]["id"]), (&json!(1), &json!(1)));
    assert_eq!(twin.post("/contacts/segments", json!({"x": 1})).await.status, 405);
}
