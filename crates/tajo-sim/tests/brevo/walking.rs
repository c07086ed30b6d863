use serde_json::{Value, json};
use tajo_sim::BrevoFault;

use crate::asking::{Twin, after, ids, twin};

/// `count` contacts, a second apart.
async fn crowd(count: usize) -> Twin {
    let twin = twin(|_| {});
    for n in 0..count {
        let list = if n % 2 == 0 { 35 } else { 36 };
        twin.contact(
            json!({"email": format!("p{n}@a.example"), "attributes": {"FIRSTNAME": format!("P{n}")}, "listIds": [list]}),
        )
        .await;
        after(1000).await;
    }
    twin
}

#[tokio::test(start_paused = true)]
async fn pages_are_fifty_newest_first_unless_asked() {
    let twin = crowd(60).await;
    let page = twin.get("/contacts").await.body;
    assert_eq!((ids(&page["contacts"]).len(), ids(&page["contacts"])[0], &page["count"]), (50, 60, &json!(60)));
    assert_eq!(ids(&twin.get("/contacts?limit=3&offset=2&sort=asc").await.body["contacts"]), [3, 4, 5]);
    assert_eq!(twin.get("/contacts?limit=0").await.body, json!({"contacts": [], "count": 60}));
    assert_eq!(twin.get("/contacts?limit=1000").await.status, 200);
    let refused = twin.get("/contacts?limit=1001").await;
    assert_eq!((refused.status, refused.code()), (400, "out_of_range"));
    for query in ["limit=x", "sort=up", "modifiedSince=yesterday", "ids=x"] {
        assert_eq!(twin.get(&format!("/contacts?{query}")).await.status, 400, "{query}");
    }
    assert!(page["contacts"][0].get("statistics").is_none());
}

#[tokio::test(start_paused = true)]
async fn unknown_parameters_are_ignored() {
    let twin = crowd(3).await;
    let misspelt = twin.get("/contacts?modified_since=2030-01-01T00:00:00.000Z&filters=x").await;
    assert_eq!((misspelt.status, &misspelt.body["count"]), (200, &json!(3)));
}

#[tokio::test(start_paused = true)]
async fn changes_are_found_by_time_and_lists_count_as_changes() {
    let twin = crowd(4).await;
    let since = "modifiedSince=2026-09-21T14:13:22.000Z";
    assert_eq!(ids(&twin.get(&format!("/contacts?{since}&sort=asc")).await.body["contacts"]), [3, 4]);
    let paris = "modifiedSince=2026-09-21T16%3A13%3A22.000%2B02%3A00";
    assert_eq!(twin.get(&format!("/contacts?{paris}")).await.body["count"], 2);
    twin.brevo.add_to_list(1, 40);
    assert_eq!(
        ids(&twin.get(&format!("/contacts?{since}&sort=asc")).await.body["contacts"]),
        [1, 3, 4],
        "in order of creation still"
    );
    assert_eq!(twin.get("/contacts?createdSince=2026-09-21T14:13:23.000Z").await.body["count"], 1);
}

#[tokio::test(start_paused = true)]
async fn filters_choose_by_id_list_segment_and_value() {
    let twin = crowd(6).await;
    twin.brevo.blocklist(5);
    for (query, found) in [
        ("ids=1&ids=4", vec![1, 4]),
        ("ids=2,3", vec![2, 3]),
        ("listIds=36", vec![2, 4, 6]),
        ("segmentId=1", vec![5]),
        ("filter=equals(FIRSTNAME,%22P1%22)", vec![2]),
        ("filter=equals(EMAIL,%22p5@a.example%22)", vec![6]),
    ] {
        let page = twin.get(&format!("/contacts?sort=asc&{query}")).await.body;
        assert_eq!(ids(&page["contacts"]), found, "{query}");
    }
    for query in ["listIds=36&segmentId=1", "listIds=99", "filter=contains(FIRSTNAME,x)"] {
        assert_eq!(twin.get(&format!("/contacts?{query}")).await.status, 400, "{query}");
    }
    let many: Vec<String> = (1..=21).map(|id| id.to_string()).collect();
    assert_eq!(twin.get(&format!("/contacts?ids={}", many.join(","))).await.code(), "out_of_range");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_shifts_the_pages() {
    let twin = crowd(6).await;
    assert_eq!(ids(&twin.get("/contacts?sort=asc&limit=3").await.body["contacts"]), [1, 2, 3]);
    twin.brevo.delete_contact(2);
    assert_eq!(ids(&twin.get("/contacts?sort=asc&limit=3&offset=3").await.body["contacts"]), [5, 6], "4 is skipped");
}

#[tokio::test(start_paused = true)]
async fn stale_reads_miss_the_newest_change_once() {
    let twin = crowd(3).await;
    let path = "/contacts?modifiedSince=2020-01-01T00:00:00.000Z&sort=asc";
    twin.brevo.set_attribute(2, "FIRSTNAME", json!("new"));
    twin.brevo.faults().script("GET", "/contacts", 1, BrevoFault::StaleReads);
    assert_eq!(twin.get("/contacts").await.body["count"], 3, "no such list");
    assert_eq!(ids(&twin.get(path).await.body["contacts"]), [1, 3]);
    assert_eq!(ids(&twin.get(path).await.body["contacts"]), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn members_of_a_list_come_five_hundred_at_most() {
    let twin = crowd(4).await;
    assert_eq!(ids(&twin.get("/contacts/lists/35/contacts?sort=asc").await.body["contacts"]), [1, 3]);
    assert_eq!(twin.get("/contacts/lists/35/contacts?limit=501").await.status, 400);
    assert_eq!(twin.get("/contacts/lists/99/contacts").await.status, 404);
    let since = "/contacts/lists/35/contacts?modifiedSince=2026-09-21T14:13:21.000Z&createdSince=2030-01-01T00:00:00Z";
    assert_eq!(ids(&twin.get(since).await.body["contacts"]), [3], "there is no createdSince here");
    let shape: Value = twin.get("/contacts?limit=1").await.body["contacts"][0].clone();
    for key in [
        "id",
        "email",
        "attributes",
        "listIds",
        "emailBlacklisted",
        "smsBlacklisted",
        "whatsappBlacklisted",
        "createdAt",
        "modifiedAt",
    ] {
        assert!(shape.get(key).is_some(), "{key}");
    }
}
