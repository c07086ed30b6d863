//! Tags, and what else hangs on contacts: companies, notes, segments, subscriptions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod town;

use std::sync::Arc;

use bytes::Bytes;
use secrecy::SecretString;
use serde_json::{Value, json};
use tajo_core::rest::{Broken, Limits, Transport};
use tajo_core::{BoxFuture, Call, Effect, codes};
use tajo_intercom::{Intercom, Region, Version};
use tajo_sim::Fault;
use town::{InProcess, Town, action, connect, empty, run, run_on, town};

fn contact(town: &Town) -> String {
    town.add_person("user", Some("ada@fisher.example"), Some("Ada Fisher"))
}

fn has(town: &Town, table: &str, contact: &str, other: &str) -> bool {
    town.links(table).contains(&(contact.to_owned(), other.to_owned()))
}

// Shows: P-017, P-020, P-064, P-067.
#[tokio::test(start_paused = true)]
async fn a_company_is_attached_and_detached_by_either_id() {
    let town = town();
    let id = contact(&town);
    let company = town.ids("companies").remove(0);
    let own = town.record("companies", &company).unwrap()["company_id"].as_str().unwrap().to_owned();
    for named in [&company, &own] {
        let both = json!({"contact_id": id, "company_id": named});
        for _ in 0..2 {
            let said = run(&town, "attach_company_to_contact", both.clone()).await.unwrap();
            assert_eq!(
                (said.answer["id"].as_str(), town.bodies("POST", "/contacts").pop().unwrap()),
                (Some(&*company), json!({"id": company}))
            );
        }
        assert!(has(&town, "contact_companies", &id, &company));
        let shown = run(&town, "contacts.list_companies", json!({"contact_id": id})).await.unwrap().answer;
        assert_eq!((shown["data"].as_array().unwrap().len(), &shown["data"][0]["id"]), (1, &json!(company)));
        let said = run(&town, "detach_company_from_contact", both.clone()).await.unwrap();
        assert!(said.answer["id"] == company.as_str() && !has(&town, "contact_companies", &id, &company));
        let again = run(&town, "detach_company_from_contact", both).await.unwrap_err();
        assert_eq!(again.code(), &codes::INT_MISSING);
    }
    let unknown = run(&town, "contacts.attach_company", json!({"contact_id": id, "company_id": "no-such"})).await.unwrap_err();
    assert_eq!((unknown.code(), town.count_calls("/contacts/")), (&codes::INT_MISSING, 10));
}

// Shows: P-021, P-024, P-068, P-071.
#[tokio::test(start_paused = true)]
async fn a_tag_is_put_on_a_contact_and_taken_off_by_id_or_name() {
    let town = town();
    let (id, tag) = (contact(&town), town.add_tag("Beta Tester"));
    for named in [json!({"tag_id": tag}), json!({"tag_name": "beta tester "})] {
        let mut both = named;
        both["contact_id"] = id.clone().into();
        for _ in 0..2 {
            let said = run(&town, "attach_tag_to_contact", both.clone()).await.unwrap();
            assert_eq!(
                (said.answer["id"].as_str(), town.bodies("POST", "/contacts").pop().unwrap()),
                (Some(&*tag), json!({"id": tag}))
            );
        }
        assert!(has(&town, "contact_tags", &id, &tag));
        let shown = run(&town, "contacts.list_tags", json!({"contact_id": id})).await.unwrap().answer;
        assert_eq!((shown["data"].as_array().unwrap().len(), &shown["data"][0]["name"]), (1, &json!("Beta Tester")));
        run(&town, "detach_tag_from_contact", both.clone()).await.unwrap();
        assert!(!has(&town, "contact_tags", &id, &tag));
        assert_eq!(run(&town, "detach_tag_from_contact", both).await.unwrap_err().code(), &codes::INT_MISSING);
    }
    let calls = town.calls().len();
    for wrong in [json!({}), json!({"tag_id": ""}), json!({"tag_name": " "}), json!({"tag_id": tag, "tag_name": "Beta Tester"})] {
        let mut wrong = wrong;
        wrong["contact_id"] = id.clone().into();
        let error = run(&town, "contacts.attach_tag", wrong).await.unwrap_err();
        assert_eq!((error.code(), error.noted("field")), (&codes::INPUT, Some("tag_id")));
    }
    assert_eq!(town.calls().len(), calls);
    let unknown = run(&town, "contacts.attach_tag", json!({"contact_id": id, "tag_name": "No such"})).await.unwrap_err();
    assert_eq!((unknown.code(), unknown.noted("field")), (&codes::INT_MISSING, Some("tag_name")));
}

// Shows: P-046, P-048, P-096, P-151, P-153, P-154.
#[tokio::test(start_paused = true)]
async fn tags_are_created_once_whatever_their_case_and_renamed() {
    let town = town();
    let new = run(&town, "create_tag", json!({"name": "Wave Seven"})).await.unwrap().answer;
    assert_eq!((&new["existed"], &new["tag"]["name"]), (&json!(false), &json!("Wave Seven")));
    assert_eq!(town.bodies("POST", "/tags"), [json!({"name": "Wave Seven"})]);
    let again = run(&town, "create_tag", json!({"name": "wAVE sEVEN"})).await.unwrap().answer;
    assert_eq!((&again["existed"], &again["tag"]), (&json!(true), &new["tag"]));
    let id = new["tag"]["id"].as_str().unwrap();
    let listed = async || {
        let said = run(&town, "list_tags", json!({})).await.unwrap().answer;
        let mut ids: Vec<String> =
            said["data"].as_array().unwrap().iter().map(|tag| tag["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(listed().await, town.ids("tags"));
    let renamed = run(&town, "update_tag", json!({"tag_id": id, "name": "Gamma"})).await.unwrap().answer;
    assert_eq!((&renamed["id"], &renamed["name"]), (&json!(id), &json!("Gamma")));
    assert_eq!(town.bodies("POST", "/tags").pop().unwrap(), json!({"id": id, "name": "Gamma"}));
    run(&town, "update_tag", json!({"tag_name": "gamma", "name": "Delta"})).await.unwrap();
    for named in [json!({"tag_id": id}), json!({"name": "DELTA"})] {
        assert_eq!(run(&town, "get_tag", named).await.unwrap().answer["name"], "Delta");
    }
    town.add_tag("Taken");
    let taken = run(&town, "update_tag", json!({"tag_id": id, "name": "taken"})).await.unwrap_err();
    assert_eq!(taken.code(), &codes::INT_CONFLICT);
    let calls = town.calls().len();
    for (name, wrong) in
        [("create_tag", json!({"name": " "})), ("update_tag", json!({"tag_id": id})), ("update_tag", json!({"name": "x"}))]
    {
        assert_eq!(run(&town, name, wrong).await.unwrap_err().code(), &codes::INPUT);
    }
    assert_eq!(town.calls().len(), calls);
}

// Shows: P-061, P-063.
#[tokio::test(start_paused = true)]
async fn a_tag_is_deleted_by_id_or_name() {
    let town = town();
    let id = contact(&town);
    for by_name in [false, true] {
        let tag = town.add_tag("Wave Seven");
        town.tag_contact(&id, &tag);
        let named = if by_name { json!({"tag_name": "wave seven"}) } else { json!({"tag_id": tag}) };
        assert_eq!(run(&town, "delete_tag", named).await.unwrap().answer, json!({"id": tag, "deleted": true}));
        assert!(!town.ids("tags").contains(&tag) && !has(&town, "contact_tags", &id, &tag));
        let again = run(&town, "delete_tag", json!({"tag_id": tag})).await.unwrap();
        assert!(again.answer["deleted"] == false && again.warnings.len() == 1);
    }
    assert_eq!(action("delete_tag").facts.effect, Effect::Destroy);
}

/// Refuses to delete tags, in the words of the published description.
struct InUse(InProcess);

impl Transport for InUse {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        if request.method() != http::Method::DELETE {
            return self.0.send(request);
        }
        let said = r#"{"type":"error.list","request_id":"r1","errors":[{"code":"tag_has_dependent_objects","message":"Unable to delete Tag with dependent objects. Segments: Seg 1."}]}"#;
        let answer = http::Response::builder().status(400).body(Bytes::from_static(said.as_bytes())).unwrap();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

// Shows: P-061.
#[tokio::test(start_paused = true)]
async fn what_a_tag_is_needed_for_is_shown() {
    let town = town();
    let via = Arc::new(InUse(InProcess(town.router())));
    let token = SecretString::from("any");
    let on = Intercom::new(via, token, Region::Us, Version::DEFAULT, Some("http://127.0.0.1:9"), Limits::default()).unwrap();
    let error = run_on(&on, "delete_tag", json!({"tag_id": town.ids("tags")[0]})).await.unwrap_err();
    assert!(error.noted("Intercom says").unwrap().contains("Segments: Seg 1"), "{error:?}");
    assert_eq!((error.noted("vendor code"), error.noted("request id")), (Some("tag_has_dependent_objects"), Some("r1")));
    assert!(error.remedy().contains("does without the tag"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_note_is_written_once_read_and_found_again() {
    let town = empty();
    let (id, admin) = (contact(&town), town.ids("admins").remove(1));
    let input = json!({"contact_id": id, "body": "Prefers to be called.", "admin_id": admin});
    let note = run(&town, "create_note", input.clone()).await.unwrap().answer;
    assert_eq!(town.bodies("POST", "/contacts").pop().unwrap(), json!({"body": "Prefers to be called.", "admin_id": admin}));
    assert_eq!((&note["body"], &note["author"]["id"]), (&json!("<p>Prefers to be called.</p>"), &json!(admin)));
    assert_eq!(run(&town, "get_note", json!({"note_id": note["id"]})).await.unwrap().answer, note);
    for n in 0..70 {
        run(&town, "create_note", json!({"contact_id": id, "body": format!("Note {n}")})).await.unwrap();
    }
    let page = run(&town, "contacts.list_notes", json!({"contact_id": id, "page": 2, "per_page": 60})).await.unwrap().answer;
    assert_eq!((page["data"].as_array().unwrap().len(), page.get("next_page"), &page["total_count"]), (11, None, &json!(71)));
    town.faults().once("/notes", Fault::DroppedAfter);
    let lost = json!({"contact_id": id, "body": "Calls <b>back</b>", "admin_id": admin});
    let error = run(&town, "create_note", lost.clone()).await.unwrap_err();
    assert!(error.noted("outcome").is_some(), "{error:?}");
    let intercom = connect(&town, "2.14");
    let call = Call::new(&intercom);
    let look = async |input: &Value, since: i64| action("create_note").look(&call, input.clone(), since).await.unwrap();
    let found = look(&lost, town.now()).await.unwrap();
    assert!(found["body"].as_str().unwrap().contains("back") && found["author"]["id"] == admin.as_str());
    assert_eq!(look(&lost, town.now() + 3600).await, None);
    assert_eq!(look(&json!({"contact_id": id, "body": "Never said"}), town.now()).await, None);
    assert_eq!(action("create_note").facts.effect, Effect::Once);
}

#[tokio::test(start_paused = true)]
async fn segments_are_listed_and_read() {
    let town = town();
    let all = run(&town, "list_segments", json!({"include_count": true})).await.unwrap().answer;
    let rows = all["data"].as_array().unwrap();
    assert_eq!(rows.len(), town.ids("segments").len());
    assert!(rows.iter().all(|row| row["count"].is_number()));
    let one = run(&town, "get_segment", json!({"segment_id": rows[0]["id"]})).await.unwrap().answer;
    assert!(one["name"] == rows[0]["name"] && one.get("count").is_none_or(Value::is_null));
    let of: Vec<Value> = {
        let mut of = Vec::new();
        for id in town.ids("contacts") {
            let said = run(&town, "contacts.list_segments", json!({"contact_id": id})).await.unwrap().answer;
            of.extend(said["data"].as_array().unwrap().iter().cloned());
        }
        of
    };
    assert!(
        !of.is_empty() && of.iter().all(|segment| town.ids("segments").contains(&segment["id"].as_str().unwrap().to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_contact_chose_to_get_is_recorded_shown_and_forgotten() {
    let town = town();
    let id = contact(&town);
    let types = run(&town, "subscription_types.list", json!({})).await.unwrap().answer;
    let kind = &types["data"][0];
    let choice = json!({"contact_id": id, "subscription_id": kind["id"], "consent_type": "opt_out"});
    for _ in 0..2 {
        let said = run(&town, "contacts.attach_subscription", choice.clone()).await.unwrap().answer;
        assert_eq!(said["id"], kind["id"]);
    }
    assert_eq!(town.bodies("POST", "/contacts").pop().unwrap(), json!({"id": kind["id"], "consent_type": "opt_out"}));
    let listed =
        async || run(&town, "contacts.list_subscriptions", json!({"contact_id": id})).await.unwrap().answer["data"].clone();
    assert_eq!(listed().await.as_array().unwrap().len(), 1);
    run(&town, "contacts.detach_subscription", json!({"contact_id": id, "subscription_id": kind["id"]})).await.unwrap();
    assert_eq!(listed().await, json!([]));
    let wrong =
        run(&town, "contacts.attach_subscription", json!({"contact_id": id, "subscription_id": "1", "consent_type": "maybe"}))
            .await;
    assert_eq!(wrong.unwrap_err().noted("field"), Some("consent_type"));
}
