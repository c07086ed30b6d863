//! Articles, collections and Help Centers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use tajo_core::{Call, codes};
use tajo_sim::Fault;

mod town;
use town::{Options, Town, action, connect, run};

const NOW: i64 = 1_795_170_600;

fn town() -> Town {
    Town::new(Options { articles: 18, rate_limit: 0, now: Some(NOW), ..Options::default() })
}

async fn answer(town: &Town, name: &str, input: Value) -> Value {
    run(town, name, input).await.unwrap_or_else(|error| panic!("{name}: {error:?}")).answer
}

async fn refused(town: &Town, name: &str, input: Value) -> String {
    let error = run(town, name, input).await.unwrap_err();
    assert_eq!(error.code(), &codes::INPUT, "{error:?}");
    error.noted("field").unwrap_or_default().to_owned()
}

async fn look(town: &Town, name: &str, input: Value, since: i64) -> Option<Value> {
    let intercom = connect(town, "2.14");
    let call = Call::new(&intercom);
    action(name).look(&call, input, since).await.unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

/// Ids of all pages of a list.
async fn paged(town: &Town, name: &str, per_page: u32) -> Vec<String> {
    let (mut ids, mut page) = (Vec::new(), json!(1));
    for _ in 0..50 {
        let said = answer(town, name, json!({"page": page, "per_page": per_page})).await;
        ids.extend(said["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        page = said["next_page"].clone();
        if page.is_null() {
            return ids;
        }
    }
    panic!("{name} does not come to its end");
}

// Shows: P-164.
#[tokio::test]
async fn articles_are_listed_read_made_and_changed() {
    let town = town();
    let mut all = paged(&town, "list_articles", 5).await;
    assert_eq!(all.len(), 18);
    all.sort();
    let mut expect = town.ids("articles");
    expect.sort();
    assert_eq!(all, expect);
    assert_eq!(answer(&town, "articles.list", json!({})).await["data"].as_array().map(Vec::len), Some(18));
    let one = answer(&town, "get_article", json!({"id": all[0]})).await;
    assert_eq!(Some(one), town.record("articles", &all[0]));
    let author = town.ids("admins")[0].clone();
    let collection = town.ids("collections")[0].clone();
    let made = answer(
        &town,
        "create_article",
        json!({"title": "Exports", "author_id": author, "body": "<p>How.</p>", "parent_id": collection}),
    )
    .await;
    assert_eq!((&made["title"], &made["state"]), (&json!("Exports"), &json!("draft")));
    assert_eq!(made["parent_id"].to_string().trim_matches('"'), collection);
    let sent = town.bodies("POST", "/articles").pop().unwrap();
    let number = |id: &str| json!(id.parse::<u64>().unwrap());
    assert_eq!((&sent["author_id"], &sent["parent_id"]), (&number(&author), &number(&collection)));
    assert_eq!((&sent["parent_type"], sent.as_object().unwrap().len()), (&json!("collection"), 5));
    let id = &made["id"];
    let changed = answer(&town, "update_article", json!({"id": id, "title": "Exports and imports", "state": "published"})).await;
    assert_eq!((&changed["title"], &changed["state"]), (&json!("Exports and imports"), &json!("published")));
    assert_eq!(town.bodies("PUT", "/articles").pop().unwrap(), json!({"title": "Exports and imports", "state": "published"}));
    assert_eq!(changed["body"], made["body"]);
    assert_eq!(answer(&town, "delete_article", json!({"article_id": id})).await, json!({"id": id, "deleted": true}));
    assert_eq!(answer(&town, "articles.delete", json!({"article_id": id})).await["deleted"], false);
    assert_eq!(run(&town, "articles.get", json!({"article_id": id})).await.unwrap_err().code(), &codes::INT_MISSING);
}

#[tokio::test]
async fn wrong_input_of_articles_is_refused_before_any_call() {
    let town = town();
    for (name, input, field) in [
        ("articles.list", json!({"per_page": 151}), "per_page"),
        ("articles.list", json!({"page": 0}), "page"),
        ("articles.create", json!({"title": "x"}), "author_id"),
        ("articles.create", json!({"author_id": 1}), "title"),
        ("articles.create", json!({"title": "x", "author_id": 1, "parent_type": "collection"}), "parent_type"),
        ("articles.create", json!({"title": "x", "author_id": 1, "state": "live"}), "state"),
        ("articles.update", json!({"article_id": "1"}), "article_id"),
        ("articles.search", json!({}), "phrase"),
        ("collections.list", json!({"per_page": 0}), "per_page"),
        ("collections.update", json!({"collection_id": "1"}), "collection_id"),
    ] {
        assert_eq!(refused(&town, name, input.clone()).await, field, "{name} {input}");
    }
    let error = run(&town, "articles.create", json!({"title": "x", "author_id": "Ada"})).await.unwrap_err();
    assert_eq!(error.code(), &codes::INPUT);
    assert_eq!(town.calls().len(), 0);
}

#[tokio::test]
async fn articles_are_searched_by_phrase_and_state() {
    let town = town();
    let author = town.ids("admins")[0].clone();
    for (title, state) in [("Zeppelin rides", "published"), ("Zeppelin repairs", "draft")] {
        answer(&town, "articles.create", json!({"title": title, "author_id": author, "state": state})).await;
    }
    let titles = |said: &Value| said["data"].as_array().unwrap().iter().map(|row| row["title"].clone()).collect::<Vec<_>>();
    let both = answer(&town, "search_articles", json!({"phrase": "zeppelin", "highlight": true})).await;
    assert_eq!((titles(&both).len(), &both["total_count"]), (2, &json!(2)));
    assert_eq!(both["highlights"].as_array().map(Vec::len), Some(2));
    assert!(both["highlights"][0]["highlighted_title"].is_array());
    let drafts = answer(&town, "articles.search", json!({"phrase": "zeppelin", "state": "draft"})).await;
    assert_eq!((titles(&drafts), drafts["highlights"].as_array().map(Vec::len)), (vec![json!("Zeppelin repairs")], Some(0)));
    let (mut seen, mut page) = (0, json!(1));
    while !page.is_null() {
        let said = answer(&town, "articles.search", json!({"state": "all", "page": page})).await;
        seen += said["data"].as_array().unwrap().len();
        page = said["next_page"].clone();
    }
    assert_eq!(seen, 20);
    let centers = answer(&town, "list_help_centers", json!({})).await;
    let center = &centers["data"][0]["id"];
    assert_eq!(titles(&answer(&town, "articles.search", json!({"phrase": "zeppelin", "help_center_id": center})).await).len(), 2);
    assert_eq!(titles(&answer(&town, "articles.search", json!({"phrase": "zeppelin", "help_center_id": 1})).await).len(), 0);
}

#[tokio::test]
async fn what_is_made_once_is_found_when_its_answer_is_lost() {
    let town = town();
    let author = town.ids("admins")[0].clone();
    for (name, path, input, other) in [
        (
            "articles.create",
            "/articles",
            json!({"title": "Lost", "author_id": author}),
            json!({"title": "Other", "author_id": author}),
        ),
        ("collections.create", "/help_center/collections", json!({"name": "Lost"}), json!({"name": "Other"})),
    ] {
        assert!(look(&town, name, input.clone(), NOW).await.is_none(), "{name}");
        town.faults().once(path, Fault::DroppedAfter);
        let error = run(&town, name, input.clone()).await.unwrap_err();
        assert!(error.noted("outcome").is_some() && town.bodies("POST", path).len() == 1, "{error:?}");
        assert!(look(&town, name, input.clone(), town.now()).await.is_some(), "{name}");
        assert!(look(&town, name, input.clone(), town.now() + 3600).await.is_none(), "{name}: one of before is not it");
        assert!(look(&town, name, other, town.now()).await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn collections_are_listed_read_made_changed_and_deleted() {
    let town = town();
    let mut all = paged(&town, "list_collections", 2).await;
    all.sort();
    let mut expect = town.ids("collections");
    expect.sort();
    assert_eq!(all, expect);
    let made =
        answer(&town, "create_collection", json!({"name": "First steps", "description": "Day one.", "parent_id": all[0]})).await;
    assert_eq!(
        (&made["name"], &made["description"], &made["parent_id"]),
        (&json!("First steps"), &json!("Day one."), &json!(all[0]))
    );
    let id = &made["id"];
    assert_eq!(answer(&town, "update_collection", json!({"id": id, "name": "Steps"})).await["name"], "Steps");
    assert_eq!(town.bodies("PUT", "/help_center").pop().unwrap(), json!({"name": "Steps"}));
    assert_eq!(answer(&town, "get_collection", json!({"id": id})).await["description"], "Day one.");
    assert_eq!(answer(&town, "delete_collection", json!({"id": id})).await, json!({"id": id, "deleted": true}));
    assert_eq!(answer(&town, "collections.delete", json!({"id": id})).await["deleted"], false);
}
