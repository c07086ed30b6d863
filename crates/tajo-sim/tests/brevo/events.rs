use serde_json::{Value, json};

use crate::asking::{after, twin};

fn event(name: &str, email: &str) -> Value {
    json!({"event_name": name, "identifiers": {"email_id": email}, "event_properties": {"n": 1}})
}

#[tokio::test(start_paused = true)]
async fn events_are_taken_as_often_as_they_are_sent() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "ada@a.example"})).await;
    for _ in 0..2 {
        let taken = twin.post("/events", event("order_made", "ada@a.example")).await;
        assert_eq!((taken.status, taken.raw.as_deref()), (204, Some("")));
    }
    assert_eq!(twin.brevo.events().len(), 2, "there is no de-duplication");
    assert_eq!(twin.brevo.events()[0]["contact_id"], id);
    assert_eq!(twin.post("/events", event("order_made", "nobody@a.example")).await.status, 204);
    assert!(twin.brevo.events()[2].get("contact_id").is_none() && twin.brevo.len() == 1, "nobody was created");
}

#[tokio::test(start_paused = true)]
async fn events_are_checked() {
    let twin = twin(|_| {});
    for body in [
        json!({"identifiers": {"email_id": "a@a.example"}}),
        json!({"event_name": "has spaces", "identifiers": {"email_id": "a@a.example"}}),
        json!({"event_name": "x", "identifiers": {}}),
        json!({"event_name": "x", "identifiers": {"nickname": "a"}}),
        json!({"event_name": "x", "identifiers": {"contact_id": 1}, "event_date": "soon"}),
        json!({"event_name": "x", "identifiers": {"contact_id": 1}, "event_properties": {"t": "x".repeat(60_000)}}),
        json!({"event_name": "x", "identifiers": {"contact_id": 1}, "event_properties": {"with space": 1}}),
    ] {
        assert_eq!(twin.post("/events", body.clone()).await.status, 400, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn contact_properties_change_the_contact() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "ada@a.example"})).await;
    after(1000).await;
    let body = json!({"event_name": "x", "identifiers": {"contact_id": id}, "contact_properties": {"FIRSTNAME": "Ada"}});
    assert_eq!(twin.post("/events", body).await.status, 204);
    let shown = twin.brevo.contact(id).unwrap();
    assert_eq!((&shown["attributes"]["FIRSTNAME"], &shown["modifiedAt"]), (&json!("Ada"), &json!("2026-09-21T14:13:21.000Z")));
}

#[tokio::test(start_paused = true)]
async fn batches_are_taken_whole_or_in_part() {
    let twin = twin(|_| {});
    let good = event("a", "ada@a.example");
    let whole = twin.post("/events/batch", json!({"events": [good, good]})).await;
    assert_eq!((whole.status, &whole.body["count"]), (202, &json!(2)));
    let part = twin.post("/events/batch", json!({"events": [good, {"event_name": "b c"}, event("a b", "x@a.example")]})).await;
    assert_eq!(part.status, 207);
    assert_eq!((&part.body["successful_events"], &part.body["failed_events"]), (&json!(1), &json!(2)));
    assert_eq!(part.body["errors"][0]["eventIndex"], json!([1, 2]));
    assert_eq!(twin.post("/events/batch", json!([good])).await.status, 400, "the array has to be wrapped");
    let many: Vec<Value> = (0..101).map(|_| good.clone()).collect();
    assert_eq!(twin.post("/events/batch", json!({"events": many})).await.status, 400);
    assert_eq!(twin.brevo.events().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn events_are_listed_newest_first() {
    let twin = twin(|_| {});
    let id = twin.contact(json!({"email": "ada@a.example"})).await;
    for (name, date) in [
        ("a", "2026-09-01T00:00:00Z"),
        ("b", "2026-09-03T00:00:00Z"),
        ("a", "2026-09-02T10:00:00+02:00"),
        ("a", "2026-01-01T00:00:00Z"),
    ] {
        let body = json!({"event_name": name, "identifiers": {"contact_id": id}, "event_date": date});
        assert_eq!(twin.post("/events", body).await.status, 204);
    }
    let dates = |body: &Value| -> Vec<String> {
        body["events"].as_array().unwrap().iter().map(|one| one["event_date"].as_str().unwrap()[..10].to_owned()).collect()
    };
    let all = twin.get(&format!("/events?contact_id={id}")).await.body;
    assert_eq!(dates(&all), ["2026-09-03", "2026-09-02", "2026-09-01"], "the last six months");
    assert_eq!(all["count"], 3);
    assert_eq!(dates(&twin.get("/events?event_name=a&limit=1").await.body), ["2026-09-02"]);
    assert_eq!(dates(&twin.get("/events?startDate=2026-01-01&endDate=2026-02-01").await.body), ["2026-01-01"]);
    assert_eq!(twin.get("/events?startDate=2026-01-01").await.status, 400);
    assert_eq!(twin.get("/events?contact_id=77").await.body["count"], 0);
}
