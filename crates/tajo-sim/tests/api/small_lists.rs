use std::collections::BTreeSet;

use crate::asking::{code, get, get_as, ids, town};

#[tokio::test(start_paused = true)]
async fn small_lists_are_whole_and_agree_with_get_by_id() {
    let town = town(|_| {});
    for (path, key) in [("tags", "data"), ("segments", "segments"), ("admins", "admins"), ("teams", "teams")] {
        let list = get(&town, &format!("/{path}")).await.body;
        assert_eq!(ids(&list[key]), town.ids(path));
        let first = &list[key][0];
        assert_eq!(&get(&town, &format!("/{path}/{}", first["id"].as_str().unwrap())).await.body, first);
    }
    assert_eq!(code(&get(&town, "/admins/1").await), "admin_not_found");
}

#[tokio::test(start_paused = true)]
async fn tags_follow_their_edits() {
    let town = town(|_| {});
    let tag = town.add_tag("spring");
    let contact = town.ids("contacts")[0].clone();
    town.tag_contact(&contact, &tag);
    assert!(town.links("contact_tags").contains(&(contact.clone(), tag.clone())));
    town.rename_tag(&tag, "summer");
    assert_eq!(get(&town, &format!("/tags/{tag}")).await.body["name"], "summer");
    town.remove_tag(&tag);
    assert_eq!(get(&town, &format!("/tags/{tag}")).await.status, 404);
    assert!(!town.links("contact_tags").iter().any(|pair| pair.1 == tag));
}

#[tokio::test(start_paused = true)]
async fn articles_are_sorted_and_only_one_has_statistics() {
    let town = town(|o| o.articles = 40);
    let list = get(&town, "/articles").await.body;
    let data = list["data"].as_array().unwrap();
    assert_eq!(data.len(), 25);
    assert!(data.iter().map(|row| -row["updated_at"].as_i64().unwrap()).is_sorted());
    assert!(data.iter().all(|row| row.get("statistics").is_none()));
    let one = get(&town, &format!("/articles/{}", data[0]["id"].as_str().unwrap())).await.body;
    assert!(one["statistics"]["views"].is_i64() && one["parent_type"].is_string() | one["parent_id"].is_null());
    let old = get_as(&town, "2.11", "/articles").await.body;
    assert!(old["data"][0].get("tags").is_none() && data[0]["tags"].is_object());
    let new = get_as(&town, "2.16", "/articles").await.body;
    assert!(new["data"][0].get("parent_id").is_none() && new["data"][0]["parent_ids"].is_array());
}

#[tokio::test(start_paused = true)]
async fn attribute_names_repeat_and_conversations_moved_out() {
    let town = town(|_| {});
    let all = get(&town, "/data_attributes").await.body;
    let rows = all["data"].as_array().unwrap();
    let names: BTreeSet<_> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    let keys: BTreeSet<_> = rows.iter().map(|row| (row["model"].as_str().unwrap(), row["full_name"].as_str().unwrap())).collect();
    assert!(names.len() < rows.len() && keys.len() == rows.len());
    assert!(rows.iter().all(|row| row["custom"].as_bool() == Some(row.get("id").is_some())));
    let old = get(&town, "/data_attributes?model=conversation").await;
    let new = get_as(&town, "2.16", "/data_attributes?model=conversation").await;
    assert_eq!((old.status, new.status, code(&new)), (200, 422, "parameter_invalid"));
}
