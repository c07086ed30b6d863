use std::time::Duration;

use serde_json::json;

use crate::asking::{NOW, get, leaf, post, town};

#[tokio::test(start_paused = true)]
async fn the_search_shows_the_old_version_until_the_lag_has_passed() {
    let town = town(|o| o.index_lag_max = 120);
    let id = town.ids("contacts")[7].clone();
    let old = town.record("contacts", &id).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    town.rename_contact(&id, "New Name");
    assert_eq!(get(&town, &format!("/contacts/{id}")).await.body["name"], "New Name");
    let search = json!({"query": leaf("id", "=", id.as_str())});
    let stale = post(&town, "/contacts/search", &search).await;
    assert_eq!(stale.body["data"][0]["updated_at"], old["updated_at"], "the index is behind");
    tokio::time::sleep(Duration::from_secs(120)).await;
    let fresh = post(&town, "/contacts/search", &search).await;
    assert_eq!((&fresh.body["data"][0]["name"], &fresh.body["data"][0]["updated_at"]), (&json!("New Name"), &json!(NOW + 2)));
}

#[tokio::test(start_paused = true)]
async fn a_moving_town_moves_the_same_way_again() {
    let run = || async {
        let town = town(|o| o.index_lag_max = 30);
        town.edits_while_reading(500);
        for _ in 0..200 {
            get(&town, "/tags").await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        town.settle();
        let all: Vec<_> = town.ids("contacts").iter().map(|id| town.record("contacts", id)).collect();
        (all, town.links("contact_tags"), town.ids("conversations"))
    };
    let (a, b) = (run().await, run().await);
    assert!(a == b);
    assert_ne!(a.2.len(), 30, "something happened");
}

#[tokio::test(start_paused = true)]
async fn a_removed_contact_is_gone_from_everything() {
    let town = town(|_| {});
    let id = town.ids("contacts")[3].clone();
    town.remove_contact(&id);
    assert_eq!(get(&town, &format!("/contacts/{id}")).await.status, 404);
    assert_eq!(post(&town, "/contacts/search", &json!({"query": leaf("id", "=", id.as_str())})).await.body["total_count"], 0);
    assert!(!town.links("contact_companies").iter().any(|pair| pair.0 == id));
    assert!(town.record("contacts", &id).is_none());
}

#[tokio::test(start_paused = true)]
async fn equal_options_give_equal_towns() {
    let (a, b, c) = (town(|_| {}), town(|_| {}), town(|o| o.seed = 2));
    for table in ["contacts", "companies", "conversations", "articles"] {
        let all = |town: &tajo_sim::Town| town.ids(table).iter().map(|id| town.record(table, id)).collect::<Vec<_>>();
        assert_eq!(all(&a), all(&b));
        assert_ne!(all(&a), all(&c), "{table}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_others_quote_of_a_contact_does_not_move_with_it() {
    let town = town(|_| {});
    let before: Vec<_> = town.ids("conversations").iter().map(|id| town.record("conversations", id)).collect();
    for id in town.ids("contacts") {
        town.rename_contact(&id, "Somebody Else");
        town.attach_company(&id, &town.ids("companies")[1]);
        town.remove_contact(&id);
    }
    get(&town, "/tags").await;
    let after: Vec<_> = town.ids("conversations").iter().map(|id| town.record("conversations", id)).collect();
    assert_eq!(before, after);
}

#[tokio::test(start_paused = true)]
async fn lists_and_searches_show_what_get_by_id_shows() {
    let town = town(|o| o.contacts = 90);
    let all = json!({"query": leaf("created_at", ">", 0), "pagination": {"per_page": 150}});
    let contacts = post(&town, "/contacts/search", &all).await;
    assert_eq!(contacts.body["total_count"], 90);
    for row in contacts.body["data"].as_array().unwrap() {
        assert_eq!(Some(row.clone()), town.record("contacts", row["id"].as_str().unwrap()));
    }
    let conversations = post(&town, "/conversations/search", &all).await;
    for row in conversations.body["conversations"].as_array().unwrap() {
        assert_eq!(Some(row.clone()), town.record("conversations", row["id"].as_str().unwrap()));
    }
    let companies = post(&town, "/companies/list?per_page=60", &json!({})).await;
    for row in companies.body["data"].as_array().unwrap() {
        assert_eq!(Some(row.clone()), town.record("companies", row["id"].as_str().unwrap()));
    }
}
