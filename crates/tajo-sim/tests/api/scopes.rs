//! Tokens that lack a scope.

use serde_json::json;

use crate::asking::{code, get, post, town};
use crate::writes::{delete, put};

#[tokio::test(start_paused = true)]
async fn a_token_without_a_scope_is_refused_what_needs_it_and_nothing_else() {
    let town = town(|o| o.denied = vec!["write_conversations".to_owned()]);
    let id = town.ids("conversations")[0].clone();
    let path = format!("/conversations/{id}");
    let note = json!({"type": "admin", "message_type": "note", "admin_id": town.ids("admins")[0], "body": "Hm"});
    let refused = post(&town, &format!("{path}/reply"), &note).await;
    assert_eq!((refused.status, code(&refused)), (403, "forbidden"));
    let text = "You do not have the required scope (write_conversations) to access this resource";
    assert_eq!(refused.body["errors"][0]["message"], text);
    assert_eq!(put(&town, &path, &json!({"read": true})).await.status, 403);
    assert_eq!(post(&town, "/messages", &json!({})).await.status, 403);
    assert_eq!((get(&town, &path).await.status, get(&town, "/conversations").await.status), (200, 200));
    let query = json!({"query": crate::asking::leaf("open", "=", true)});
    assert_eq!(post(&town, "/conversations/search", &query).await.status, 200);
    assert_eq!(post(&town, "/contacts", &json!({"email": "ada@mailbox.example"})).await.status, 200);
    assert_eq!(town.faults().fired()["missing_scope"], 3);
    town.faults().clear();
    assert_eq!(post(&town, &format!("{path}/reply"), &note).await.status, 200);
    town.faults().deny("delete_conversations_and_metrics");
    assert_eq!((delete(&town, &path).await.status, put(&town, &path, &json!({"read": true})).await.status), (403, 200));
}
