use serde_json::{Value, json};

use crate::asking::{NOW, get, get_as, leaf, post, search_all, town};

#[tokio::test(start_paused = true)]
async fn parts_come_with_one_conversation_only() {
    let town = town(|_| {});
    let list = get(&town, "/conversations").await;
    assert_eq!(list.body["conversations"].as_array().unwrap().len(), 20);
    assert!(list.body["conversations"][0].get("conversation_parts").is_none());
    for id in town.ids("conversations") {
        let one = get(&town, &format!("/conversations/{id}")).await;
        let parts = &one.body["conversation_parts"];
        assert_eq!(parts["total_count"], parts["conversation_parts"].as_array().unwrap().len());
        assert_eq!(parts["conversation_parts"], json!(town.parts(&id)));
        assert_eq!(one.body["statistics"]["count_conversation_parts"], parts["total_count"]);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_newest_five_hundred_parts_are_shown() {
    let town = town(|_| {});
    let id = town.add_long_conversation(730);
    let last = town.reply(&id, "<p>still there?</p>");
    let one = get(&town, &format!("/conversations/{id}")).await;
    let parts = one.body["conversation_parts"]["conversation_parts"].as_array().unwrap();
    assert_eq!((parts.len(), &one.body["conversation_parts"]["total_count"]), (500, &json!(731)));
    assert_eq!(parts.last().unwrap()["id"], last.as_str());
    assert_eq!(town.parts(&id).len(), 731);
    assert!(parts.iter().map(|part| part["created_at"].as_i64().unwrap()).is_sorted());
}

#[tokio::test(start_paused = true)]
async fn whether_an_author_is_a_machine_depends_on_version_and_place() {
    let town = town(|_| {});
    let path = format!("/conversations/{}", town.ids("conversations")[0]);
    for (version, of_source, of_part) in [("2.11", false, false), ("2.14", true, true), ("2.16", false, true)] {
        let one = get_as(&town, version, &path).await.body;
        let part = &one["conversation_parts"]["conversation_parts"][0]["author"];
        assert_eq!(one["source"]["author"].get("from_ai_agent").is_some(), of_source, "{version}");
        assert_eq!(part.get("is_ai_answer").is_some(), of_part, "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn search_goes_by_the_second_and_may_be_inclusive() {
    for (inclusive, more) in [(false, 0), (true, 1)] {
        let town = town(|o| (o.conversations, o.inclusive_ops) = (50, inclusive));
        let mut times: Vec<i64> = Vec::new();
        for id in town.ids("conversations") {
            times.push(town.record("conversations", &id).unwrap()["updated_at"].as_i64().unwrap());
        }
        times.sort_unstable();
        let rows =
            search_all(&town, "2.14", "/conversations/search", "conversations", &leaf("updated_at", ">", times[20]), 7).await;
        assert_eq!(rows.len(), 29 + more);
    }
}

#[tokio::test(start_paused = true)]
async fn edits_change_the_state_and_the_time() {
    let town = town(|_| {});
    let id = town.ids("conversations")[0].clone();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    town.reply(&id, "hello");
    let open = town.record("conversations", &id).unwrap();
    assert_eq!((&open["state"], &open["updated_at"]), (&json!("open"), &json!(NOW + 5)));
    town.close_conversation(&id);
    let closed = town.record("conversations", &id).unwrap();
    assert_eq!((&closed["state"], &closed["open"]), (&json!("closed"), &json!(false)));
    assert_eq!(closed["statistics"]["last_close_at"], NOW + 5);
    let found = post(&town, "/conversations/search", &json!({"query": leaf("updated_at", ">", NOW)})).await;
    assert_eq!(found.body["total_count"], 1);
}

#[tokio::test(start_paused = true)]
async fn searches_by_other_fields_agree_with_the_records() {
    let town = town(|o| o.conversations = 80);
    let count = |test: fn(&Value) -> bool| {
        town.ids("conversations").iter().filter(|id| test(&town.record("conversations", id).unwrap())).count()
    };
    for (query, want) in [
        (leaf("open", "=", true), count(|row| row["open"] == true)),
        (leaf("source.type", "=", "email"), count(|row| row["source"]["type"] == "email")),
        (leaf("admin_assignee_id", "=", Value::Null), count(|row| row["admin_assignee_id"].is_null())),
        (leaf("state", "IN", vec!["closed", "snoozed"]), count(|row| row["state"] != "open")),
        (
            leaf("statistics.count_conversation_parts", ">", 8),
            count(|row| row["statistics"]["count_conversation_parts"].as_i64() > Some(8)),
        ),
    ] {
        let found = post(&town, "/conversations/search", &json!({ "query": query })).await;
        assert_eq!(found.body["total_count"], want, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn shapes_follow_the_version() {
    let town = town(|o| o.conversations = 60);
    let unassigned = |row: &&Value| row["admin_assignee_id"].is_null() || row["admin_assignee_id"] == 0;
    let old = get_as(&town, "2.14", "/conversations?per_page=60").await.body;
    let new = get_as(&town, "2.16", "/conversations?per_page=60").await.body;
    let ancient = get_as(&town, "2.10", "/conversations?per_page=60").await.body;
    let of =
        |body: &Value| body["conversations"].as_array().unwrap().iter().find(unassigned).unwrap()["admin_assignee_id"].clone();
    assert_eq!((of(&old), of(&new)), (Value::Null, json!(0)));
    assert!(matches!(new["conversations"][0]["priority"].as_str(), Some("none" | "high")));
    assert!(ancient["conversations"][0].get("ai_agent").is_none() && old["conversations"][0].get("ai_agent").is_some());
}

#[tokio::test(start_paused = true)]
async fn deleted_conversations_are_listed_from_2_16() {
    let town = town(|_| {});
    let gone = town.ids("conversations")[5].clone();
    town.remove_conversation(&gone);
    assert_eq!(get(&town, &format!("/conversations/{gone}")).await.status, 404);
    let list = get_as(&town, "2.16", "/conversations/deleted").await.body;
    assert_eq!((&list["total_count"], &list["conversations"][0]["id"]), (&json!(1), &json!(gone)));
    assert_eq!(list["conversations"][0]["deleted_at"], NOW);
    assert_eq!(get_as(&town, "2.15", "/conversations/deleted").await.status, 400);
}
