//! Articles and collections: writes, and the search.

use serde_json::{Value, json};

use crate::asking::{NOW, code, get, get_as, ids, post, post_as, town};
use crate::writes::{delete, empty, put};

#[tokio::test(start_paused = true)]
async fn an_article_is_made_changed_and_deleted() {
    let town = empty();
    let author: u64 = town.ids("admins")[1].parse().unwrap();
    let parent = town.ids("collections")[0].clone();
    let body = json!({"title": "Spring", "description": "At last", "body": "<p>It is here</p>", "author_id": author,
        "parent_id": parent.parse::<u64>().unwrap(), "parent_type": "collection"});
    let made = post(&town, "/articles", &body).await.body;
    assert_eq!((&made["type"], &made["title"], &made["state"]), (&json!("article"), &json!("Spring"), &json!("draft")));
    assert_eq!((&made["author_id"], &made["parent_id"], &made["url"]), (&json!(author), &body["parent_id"], &json!(null)));
    assert_eq!(made["body"], "<p class=\"no-margin\">It is here</p>", "the vendor rewrites paragraphs");
    let path = format!("/articles/{}", made["id"].as_str().unwrap());
    assert_eq!(get(&town, &path).await.body, made);
    tokio::time::sleep(std::time::Duration::from_secs(9)).await;
    let after = put(&town, &path, &json!({"state": "published", "title": "Summer", "parent_id": null})).await.body;
    assert_eq!(
        (&after["title"], &after["description"], &after["updated_at"]),
        (&json!("Summer"), &json!("At last"), &json!(NOW + 9))
    );
    assert!(after["url"].is_string() && after["parent_id"].is_null());
    let id = made["id"].as_str().unwrap();
    assert_eq!(delete(&town, &path).await.body, json!({"id": id, "object": "article", "deleted": true}));
    assert_eq!((get(&town, &path).await.status, delete(&town, &path).await.status), (404, 404));
    let newer = json!({"title": "Autumn", "author_id": author, "parent_ids": [parent.parse::<u64>().unwrap()]});
    assert_eq!(post_as(&town, "2.16", "/articles", &newer).await.body["parent_ids"], newer["parent_ids"]);
}

#[tokio::test(start_paused = true)]
async fn what_an_article_is_refused_for() {
    let town = empty();
    let author: u64 = town.ids("admins")[0].parse().unwrap();
    for (wrong, status, code_of) in [
        (json!({"title": "x"}), 400, "parameter_not_found"),
        (json!({"author_id": author}), 400, "parameter_not_found"),
        (json!({"title": "x", "author_id": 1}), 404, "admin_not_found"),
        (json!({"title": "x", "author_id": author, "state": "hidden"}), 400, "parameter_invalid"),
        (json!({"title": "x", "author_id": author, "parent_id": 1}), 400, "parameter_invalid"),
        (json!({"title": "x", "author_id": author, "parent_type": "shelf"}), 400, "parameter_invalid"),
        (json!({"title": 5, "author_id": author}), 400, "parameter_invalid"),
    ] {
        let answer = post(&town, "/articles", &wrong).await;
        assert_eq!((answer.status, code(&answer)), (status, code_of), "{wrong}");
    }
    let own = json!({"title": "x", "translated_content": {"en": {"author_id": author}, "de": {"title": "y"}}});
    let made = post(&town, "/articles", &own).await;
    assert_eq!((made.status, &made.body["translated_content"]["de"]["title"]), (200, &json!("y")));
}

#[tokio::test(start_paused = true)]
async fn the_search_finds_phrases_by_state_and_marks_them() {
    let town = town(|o| o.articles = 40);
    let all = |query: &str| {
        let (town, path) = (town.clone(), format!("/articles/search?{query}"));
        async move { get(&town, &path).await.body }
    };
    let some = all("phrase=INVOICE").await;
    let found = some["data"]["articles"].as_array().unwrap();
    assert!(!found.is_empty() && found.iter().all(|row| row["title"].as_str().unwrap().contains("invoice")));
    assert_eq!(
        (&some["total_count"], &some["data"]["highlights"], &some["pages"]["per_page"]),
        (&json!(found.len()), &json!([]), &json!(10))
    );
    let (drafts, published) = (all("state=draft").await, all("state=published&phrase=").await);
    let sum = drafts["total_count"].as_u64().unwrap() + published["total_count"].as_u64().unwrap();
    assert!(drafts["total_count"].as_u64() > Some(0) && sum == 40);
    let marked = all("phrase=invoice&highlight=true").await["data"]["highlights"][0].clone();
    assert_eq!(marked["article_id"], found[0]["id"]);
    let title: String =
        marked["highlighted_title"].as_array().unwrap().iter().map(|piece| piece["text"].as_str().unwrap()).collect();
    assert_eq!(title, found[0]["title"].as_str().unwrap());
    assert!(marked["highlighted_title"].as_array().unwrap().contains(&json!({"type": "highlight", "text": "invoice"})));
    assert_eq!(all("help_center_id=1").await["total_count"], 0);
    assert_eq!(get(&town, "/articles/search?state=gone").await.status, 400);
    let second = all("page=2").await;
    assert_eq!((second["data"]["articles"].as_array().unwrap().len(), &second["pages"]["total_pages"]), (10, &json!(4)));
}

#[tokio::test(start_paused = true)]
async fn collections_nest_and_go() {
    let town = town(|o| o.articles = 60);
    let outer = town.ids("collections")[1].clone();
    let made = post(&town, "/help_center/collections", &json!({"name": "Nested", "description": "In there", "parent_id": outer}))
        .await
        .body;
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["name"], &made["parent_id"], &made["updated_at"]), (&json!("Nested"), &json!(outer), &json!(NOW)));
    let path = format!("/help_center/collections/{id}");
    assert_eq!(get(&town, &path).await.body, made);
    assert_eq!(ids(&get(&town, "/help_center/collections").await.body["data"])[0], id, "latest first");
    let after = put(&town, &path, &json!({"name": "Free", "parent_id": null})).await.body;
    assert_eq!((&after["name"], &after["parent_id"], &after["description"]), (&json!("Free"), &json!(null), &json!("In there")));
    let nameless = post(&town, "/help_center/collections", &json!({"description": "x"})).await;
    assert_eq!((nameless.status, nameless.body["errors"][0]["message"].as_str()), (400, Some("Name is a required parameter.")));
    let of = |row: &Value| row["parent_id"].as_u64().map(|id| id.to_string()) == Some(outer.clone());
    let listed = get(&town, "/articles?per_page=150").await.body;
    let child = listed["data"].as_array().unwrap().iter().find(|row| of(row)).unwrap()["id"].clone();
    let gone = delete(&town, &format!("/help_center/collections/{outer}")).await.body;
    assert_eq!(gone, json!({"id": outer, "object": "collection", "deleted": true}));
    assert_eq!(get(&town, &format!("/help_center/collections/{outer}")).await.status, 404);
    assert!(get(&town, &format!("/articles/{}", child.as_str().unwrap())).await.body["parent_id"].is_null());
    assert!(!town.ids("collections").contains(&outer));
}

#[tokio::test(start_paused = true)]
async fn there_is_one_help_center() {
    let town = town(|_| {});
    let list = get(&town, "/help_center/help_centers").await.body;
    let id = list["data"][0]["id"].as_str().unwrap();
    assert_eq!(get(&town, &format!("/help_center/help_centers/{id}")).await.body, list["data"][0]);
    assert_eq!(get(&town, "/help_center/help_centers/1").await.status, 404);
    let collections = get_as(&town, "2.14", "/help_center/collections").await.body;
    assert_eq!(collections["data"][0]["help_center_id"].to_string(), id);
}
