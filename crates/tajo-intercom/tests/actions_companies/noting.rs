//! Notes on companies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tajo_core::action::checked;
use tajo_core::{Call, codes};

use crate::town::{action, run, run_on};
use crate::{Fate, NOW, beside, companies};

#[tokio::test(start_paused = true)]
async fn notes_of_companies_need_a_later_version_and_are_written_once() {
    let town = companies(4);
    let id = town.ids("companies")[0].clone();
    for (name, input) in
        [("companies.list_notes", json!({"company_id": id})), ("companies.create_note", json!({"company_id": id, "body": "x"}))]
    {
        let error = run(&town, name, input).await.unwrap_err();
        assert!(error.code() == &codes::INT_VERSION && error.remedy().contains("api_version"), "{error:?}");
    }
    assert_eq!(town.calls().len(), 0);
    let path = format!("/companies/{id}/notes");
    let posts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&posts);
    let note = |at: i64, body: &str| json!({"type": "note", "id": "26", "created_at": at, "body": format!("<p>{body}</p>")});
    // The twin has no notes of companies; this is the example of the published description. The answer to the write is lost.
    let intercom = beside(&town, "2.16", move |request| {
        assert_eq!(request.uri().path(), path);
        if request.method() == "GET" {
            let data = if request.uri().query() == Some("page=2") {
                note(NOW, "Renews in May.")
            } else {
                note(NOW - 9000, "Renews in May.")
            };
            let pages = json!({"type": "pages", "next": null, "page": 1, "per_page": 50, "total_pages": 2});
            return Fate::Answered(200, json!({"type": "list", "data": [data], "total_count": 2, "pages": pages}));
        }
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(body, json!({"body": "Renews in May.", "admin_id": "7300000"}));
        counted.fetch_add(1, Ordering::SeqCst);
        Fate::Answered(502, json!({}))
    });
    let input = json!({"company_id": id, "body": "Renews in May.", "admin_id": "7300000"});
    assert!(run_on(&intercom, "create_company_note", input.clone()).await.is_err());
    assert_eq!(posts.load(Ordering::SeqCst), 1, "never sent twice");
    let (command, call) = (action("create_company_note"), Call::new(&intercom));
    let look = |since| command.look(&call, checked(&command.facts, input.clone()).unwrap(), since);
    assert_eq!(look(NOW).await.unwrap().unwrap()["created_at"], NOW);
    assert!(look(NOW + 1000).await.unwrap().is_none());
    let listed = run_on(&intercom, "companies.list_notes", json!({"company_id": id})).await.unwrap().answer;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}
