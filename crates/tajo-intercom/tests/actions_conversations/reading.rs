//! Lists, and one with its parts.

use serde_json::{Value, json};
use tajo_core::codes;

use crate::town::run;
use crate::{busy, last, quiet, refusal, talk};

// Shows: T-074.
#[tokio::test(start_paused = true)]
async fn conversations_are_listed_by_cursor_without_parts() {
    let town = busy();
    let (mut cursor, mut seen) = (Value::Null, Vec::new());
    loop {
        let answer = run(&town, "list_conversations", json!({"starting_after": cursor})).await.unwrap().answer;
        let rows = answer["data"].as_array().unwrap();
        assert!(rows.iter().all(|row| row.get("conversation_parts").is_none()) && answer["total_count"] == 90);
        seen.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        match &answer["next_cursor"] {
            Value::Null => break,
            next => {
                assert_eq!(rows.len(), 20, "Intercom's own page");
                cursor = next.clone();
            }
        }
    }
    seen.sort();
    assert_eq!(seen, town.ids("conversations"));
    for wrong in [0, 151] {
        assert!(refusal(run(&town, "conversations.list", json!({"per_page": wrong})).await).contains("from 1 to 150"));
    }
    assert_eq!(
        run(&town, "conversations.list", json!({"per_page": 150})).await.unwrap().answer["data"].as_array().unwrap().len(),
        90
    );
}

// Shows: T-075.
#[tokio::test(start_paused = true)]
async fn a_conversation_comes_with_its_parts_and_says_where_there_are_more() {
    let town = quiet();
    let (_, id, admin) = talk(&town);
    run(&town, "conversations.reply", json!({"conversation_id": id, "admin_id": admin, "body": "<b>So</b> be it"}))
        .await
        .unwrap();
    let html = run(&town, "get_conversation", json!({"id": id})).await.unwrap();
    assert_eq!((last(&html.answer)["body"].as_str(), html.warnings.len()), (Some("<b>So</b> be it"), 0));
    assert_eq!(html.answer["conversation_parts"]["conversation_parts"], Value::from(town.parts(&id)));
    let plain = run(&town, "get_conversation", json!({"conversation_id": id, "display_as": "plaintext"})).await.unwrap();
    assert_eq!(last(&plain.answer)["body"], "So be it");
    let long = town.add_long_conversation(612);
    let said = run(&town, "conversations.get", json!({"conversation_id": long})).await.unwrap();
    assert_eq!(said.answer["conversation_parts"]["conversation_parts"].as_array().unwrap().len(), 500);
    assert_eq!(said.warnings, ["Intercom gives the 500 most recent parts; 112 older ones are out of its API's reach."]);
    assert_eq!(run(&town, "get_conversation", json!({"id": "1"})).await.unwrap_err().code(), &codes::INT_MISSING);
}
