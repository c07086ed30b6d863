use std::collections::BTreeSet;

use serde_json::json;

use crate::asking::{NOW, code, get, get_as, ids, leaf, post, post_as, search_all, town};

#[tokio::test(start_paused = true)]
async fn the_list_is_read_by_cursor_to_its_end() {
    let town = town(|_| {});
    let first = get(&town, "/contacts").await;
    assert_eq!((first.body["data"].as_array().unwrap().len(), &first.body["pages"]["per_page"]), (10, &json!(10)));
    let mut seen = ids(&first.body["data"]);
    let mut after = first.body["pages"]["next"]["starting_after"].clone();
    while let Some(cursor) = after.as_str() {
        let page = get(&town, &format!("/contacts?per_page=11&starting_after={}", cursor.replace('=', "%3D"))).await;
        seen.extend(ids(&page.body["data"]));
        after = page.body["pages"]["next"]["starting_after"].clone();
    }
    seen.sort();
    assert_eq!(seen, town.ids("contacts"));
    assert_eq!(get(&town, "/contacts?per_page=151").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn embedded_lists_are_cut_at_ten_and_sublists_are_complete() {
    let town = town(|o| o.contacts = 60);
    let links = town.links("contact_tags");
    let mut cut = 0;
    for id in town.ids("contacts") {
        let contact = town.record("contacts", &id).unwrap();
        let want: BTreeSet<&String> = links.iter().filter(|pair| pair.0 == id).map(|pair| &pair.1).collect();
        assert_eq!(contact["tags"]["total_count"], want.len());
        assert_eq!(contact["tags"]["has_more"], want.len() > 10);
        assert_eq!(contact["tags"]["data"].as_array().unwrap().len(), want.len().min(10));
        cut += usize::from(want.len() > 10);
        let all = get(&town, &format!("/contacts/{id}/tags")).await;
        assert_eq!(ids(&all.body["data"]).iter().collect::<BTreeSet<_>>(), want);
    }
    assert!(cut > 0);
    let links = town.links("contact_companies");
    let many = town.ids("contacts").into_iter().find(|id| links.iter().filter(|pair| pair.0 == *id).count() > 10).unwrap();
    let two = get(&town, &format!("/contacts/{many}/companies?per_page=10&page=2")).await;
    assert_eq!(two.body["total_count"], 14);
    assert_eq!((two.body["data"].as_array().unwrap().len(), &two.body["pages"]["next"]), (4, &json!(null)));
}

#[tokio::test(start_paused = true)]
async fn dates_are_days_of_the_workspace_until_2_16() {
    let town = town(|o| (o.contacts, o.spread_days) = (96, 4));
    let query = leaf("updated_at", "=", NOW - 2 * 86_400);
    let rows = search_all(&town, "2.16", "/contacts/search", "data", &query, 7).await;
    assert_eq!(rows.len(), 24, "a whole day of hourly updates");
    let exact = search_all(&town, "2.17", "/contacts/search", "data", &query, 7).await;
    assert_eq!(exact.len(), 0);
    for op in [">=", "<=", "!=", "IN", "NIN"] {
        let body = json!({"query": leaf("updated_at", op, NOW)});
        assert_eq!(post_as(&town, "2.14", "/contacts/search", &body).await.status, 400, "{op}");
    }
    let since = json!({"query": leaf("updated_at", ">=", NOW - 3600)});
    assert_eq!(post_as(&town, "2.17", "/contacts/search", &since).await.body["total_count"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_window_in_the_lossless_form_has_every_record_of_it() {
    let town = town(|o| o.contacts = 200);
    let (low, high) = (NOW - 30 * 86_400, NOW - 10 * 86_400);
    let inner = json!({"operator": "AND", "value": [leaf("updated_at", ">", low), leaf("updated_at", "<", high)]});
    let query = json!({"operator": "OR", "value": [inner, leaf("updated_at", "=", low), leaf("updated_at", "=", high)]});
    let rows = search_all(&town, "2.14", "/contacts/search", "data", &query, 13).await;
    let got: BTreeSet<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let times: Vec<i64> = rows.iter().map(|row| row["updated_at"].as_i64().unwrap()).collect();
    assert!(times.is_sorted() && got.len() == rows.len());
    for id in town.ids("contacts") {
        let at = town.record("contacts", &id).unwrap()["updated_at"].as_i64().unwrap();
        assert!(!(low..=high).contains(&at) || got.contains(id.as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn searches_by_other_fields_agree_with_the_records() {
    let town = town(|o| o.contacts = 120);
    let (tag, _) = (&town.ids("tags")[3], 0);
    let want = town.links("contact_tags").iter().filter(|pair| pair.1 == *tag).count();
    let found = post(&town, "/contacts/search", &json!({"query": leaf("tag_id", "=", tag.as_str())})).await;
    assert_eq!(found.body["total_count"], want);
    let leads = search_all(&town, "2.14", "/contacts/search", "data", &leaf("role", "=", "lead"), 9).await;
    assert!(!leads.is_empty() && leads.iter().all(|row| row["role"] == "lead"));
    let gold = leaf("custom_attributes.plan_tier", "=", "Scale");
    let rows = search_all(&town, "2.14", "/contacts/search", "data", &gold, 50).await;
    assert!(!rows.is_empty() && rows.iter().all(|row| row["custom_attributes"]["plan_tier"] == "Scale"));
    let sorted = json!({"query": leaf("role", "=", "user"), "sort": {"field": "created_at", "order": "descending"}});
    let sorted = post(&town, "/contacts/search", &sorted).await;
    assert!(sorted.body["data"].as_array().unwrap().iter().map(|row| -row["created_at"].as_i64().unwrap()).is_sorted());
}

#[tokio::test(start_paused = true)]
async fn merged_contacts_are_gone_and_point_to_the_survivor_from_2_16() {
    let town = town(|_| {});
    let (old, new) = (town.ids("contacts")[0].clone(), town.ids("contacts")[1].clone());
    town.merge_contact(&old, &new);
    let answer = get(&town, &format!("/contacts/{old}")).await;
    assert_eq!((answer.status, code(&answer)), (404, "not_found"));
    let answer = get_as(&town, "2.16", &format!("/contacts/{old}")).await;
    assert_eq!((answer.status, code(&answer)), (410, "contact_merged"));
    assert_eq!(answer.headers["link"], format!("</contacts/{new}>; rel=\"canonical\"").as_str());
    let all = search_all(&town, "2.14", "/contacts/search", "data", &leaf("created_at", ">", 0), 150).await;
    assert_eq!(all.len(), 39);
}

#[tokio::test(start_paused = true)]
async fn shapes_follow_the_version() {
    let town = town(|o| o.contacts = 80);
    let owned = |version: &'static str| {
        let town = town.clone();
        async move {
            let all = get_as(&town, version, "/contacts?per_page=150").await;
            all.body["data"].as_array().unwrap().iter().map(|row| row["owner_id"].clone()).find(|owner| !owner.is_null()).unwrap()
        }
    };
    assert!(owned("2.15").await.is_i64());
    assert!(owned("2.16").await.is_string());
    let wrong = json!({"query": leaf("role", "=", "user"), "sort": {"field": "updated_at", "order": "desc"}});
    assert_eq!(post_as(&town, "2.14", "/contacts/search", &wrong).await.status, 200);
    assert_eq!(code(&post_as(&town, "2.16", "/contacts/search", &wrong).await), "invalid_sort_order");
}

#[tokio::test(start_paused = true)]
async fn every_address_is_reserved_for_examples() {
    let town = town(|o| o.contacts = 300);
    for id in town.ids("contacts") {
        let contact = town.record("contacts", &id).unwrap();
        assert!(contact["email"].as_str().is_none_or(|email| email.ends_with(".example")));
        let size = contact.to_string().len();
        assert!((1500..4500).contains(&size), "{size}");
    }
}
