//! Events of contacts, and the attributes of a workspace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod town;

use serde_json::{Map, Value, json};
use tajo_core::action::checked;
use tajo_core::{Call, Error, codes};
use tajo_sim::Fault;
use town::{Options, Town, action, connect, run, run_on};

const NOW: i64 = 1_795_170_600;
const DAY: i64 = 86_400;

fn quiet() -> Town {
    let none = Options { contacts: 0, companies: 0, conversations: 0, segments: 0, articles: 0, tags: 0, ..Options::default() };
    Town::new(Options { rate_limit: 0, now: Some(NOW), ..none })
}

#[track_caller]
fn refusal(said: Result<town::Said, Error>) -> String {
    let error = said.unwrap_err();
    assert_eq!(error.code(), &codes::INPUT, "{error:?}");
    error.to_string()
}

// Shows: T-083, T-145.
#[tokio::test(start_paused = true)]
async fn an_event_is_reported_once_a_second_whoever_repeats_it() {
    let town = quiet();
    let contact = town.add_person("user", Some("ada@mailbox.example"), None);
    town.set_contact(&contact, "external_id", json!("crm-7"));
    let metadata = json!({"plan": "Scale", "price": {"amount": 3490, "currency": "eur"}, "order": {"url": "https://shop.example/1", "value": "1"}});
    // The answer is lost: it is sent again, and is one event all the same.
    town.faults().once("/events", Fault::DroppedAfter);
    let input =
        json!({"event_name": "upgraded-plan", "contact_id": contact, "created_at": "2026-11-20T10:29:00Z", "metadata": metadata});
    for _ in 0..2 {
        let said = run(&town, "submit_event", input.clone()).await.unwrap();
        assert_eq!(said.answer, json!({"event_name": "upgraded-plan", "created_at": NOW - 60, "accepted": true}));
    }
    let sent = json!({"event_name": "upgraded-plan", "id": contact, "created_at": NOW - 60, "metadata": metadata});
    assert_eq!(town.bodies("POST", "/events"), [sent.clone(), sent.clone(), sent]);
    let all = town.events_of(&contact);
    assert_eq!((all.len(), &all[0]["event_name"], &all[0]["metadata"]["plan"]), (1, &json!("upgraded-plan"), &json!("Scale")));
    for (n, who) in [
        json!({"external_id": "crm-7"}),
        json!({"user_id": "crm-7"}),
        json!({"email": "ada@mailbox.example"}),
        json!({"id": contact}),
    ]
    .iter()
    .enumerate()
    {
        let mut input = json!({"event_name": "logged-in", "created_at": NOW - n as i64});
        input.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        run(&town, "events.submit", input).await.unwrap();
    }
    assert_eq!(town.events_of(&contact).len(), 5);
    // Without a time it is now, in seconds.
    let now = run(&town, "events.submit", json!({"event_name": "left", "contact_id": contact})).await.unwrap().answer;
    assert_eq!(town.bodies("POST", "/events").last().unwrap()["created_at"], now["created_at"]);
    assert!((1_700_000_000..99_999_999_999).contains(&now["created_at"].as_i64().unwrap()));
    let lead = town.add_person("lead", Some("bob@mailbox.example"), None);
    assert_eq!(
        run(&town, "events.submit", json!({"event_name": "x", "email": "bob@mailbox.example"})).await.unwrap_err().code(),
        &codes::INT_MISSING
    );
    run(&town, "events.submit", json!({"event_name": "x", "contact_id": lead})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_intercom_would_drop_is_refused_before_any_call() {
    let town = quiet();
    let many: Map<String, Value> = (0..11).map(|n| (format!("key_{n}"), json!(n))).collect();
    for (input, field) in [
        (json!({"event_name": "x"}), "contact_id"),
        (json!({"event_name": "x", "external_id": ""}), "external_id"),
        (json!({"event_name": "x", "contact_id": "1", "email": "a@b.example"}), "contact_id"),
        (json!({"event_name": "x", "contact_id": "1", "metadata": many}), "metadata"),
        (json!({"event_name": "x", "contact_id": "1", "metadata": {"a": {"b": 1}}}), "metadata"),
        (json!({"event_name": "x", "contact_id": "1", "metadata": {"a": [1]}}), "metadata"),
        (json!({"event_name": "x", "contact_id": "1", "metadata": {"a": {"amount": {}, "currency": "eur"}}}), "metadata"),
    ] {
        let said = refusal(run(&town, "events.submit", input.clone()).await);
        assert!(said.starts_with(&format!("`{field}`")), "{input}: {said}");
    }
    assert!(
        refusal(
            run(&town, "events.submit", json!({"event_name": "x", "contact_id": "1", "created_at": 1_795_170_600_000_i64})).await
        )
        .contains("milliseconds")
    );
    assert!(refusal(run(&town, "events.submit", json!({"contact_id": "1"})).await).contains("`event_name`"));
    assert_eq!(town.calls().len(), 0);
}

// Shows: T-084.
#[tokio::test(start_paused = true)]
async fn events_are_read_page_after_page_by_the_addresses_that_intercom_gives() {
    let town = quiet();
    let contact = town.add_person("user", Some("ada@mailbox.example"), None);
    town.set_contact(&contact, "external_id", json!("crm-7"));
    for n in 0..130 {
        let at = NOW - n * (DAY / 4);
        run(
            &town,
            "events.submit",
            json!({"event_name": if n % 2 == 0 { "even" } else { "odd" }, "contact_id": contact, "created_at": at}),
        )
        .await
        .unwrap();
    }
    run(&town, "events.submit", json!({"event_name": "old", "contact_id": contact, "created_at": NOW - 91 * DAY})).await.unwrap();
    let expect: Vec<i64> = (0..130).map(|n| NOW - n * (DAY / 4)).collect();
    let times = |rows: &[Value]| rows.iter().map(|row| row["created_at"].as_i64().unwrap()).collect::<Vec<_>>();
    for (who, value) in [("contact_id", contact.as_str()), ("external_id", "crm-7"), ("email", "ada@mailbox.example")] {
        town.clear_calls();
        let answer = run(&town, "list_events", json!({who: value, "per_page": 30})).await.unwrap().answer;
        assert_eq!((times(answer["data"].as_array().unwrap()), answer.get("next_cursor")), (expect.clone(), None), "{who}");
        assert_eq!(town.count_calls("/events"), 5);
        // The same in bites: the cursor says where it goes on.
        let (mut input, mut seen) = (json!({who: value, "per_page": 20, "limit": 25}), Vec::new());
        loop {
            let answer = run(&town, "events.list", input.clone()).await.unwrap().answer;
            let rows = answer["data"].as_array().unwrap().clone();
            assert!(rows.len() <= 40, "one page beyond the limit at most");
            seen.extend(rows);
            match &answer["next_cursor"] {
                Value::Null => break,
                next => input["starting_after"] = next.clone(),
            }
        }
        assert_eq!(times(&seen), expect);
        let summary = run(&town, "events.list", json!({who: value, "summary": true})).await.unwrap().answer;
        let rows = summary["data"].as_array().unwrap();
        assert_eq!(
            rows.iter().map(|row| (row["name"].as_str().unwrap(), row["count"].as_u64().unwrap())).collect::<Vec<_>>(),
            [("even", 65), ("odd", 65)]
        );
    }
    town.clear_calls();
    for (more, field) in [
        (json!({"per_page": 0}), "per_page"),
        (json!({"per_page": 151}), "per_page"),
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 10_001}), "limit"),
        (json!({"email": "a@b.example"}), "contact_id"),
        (json!({"summary": true, "starting_after": "x"}), "starting_after"),
        (json!({"starting_after": ""}), "starting_after"),
        (json!({"starting_after": "before=1 HTTP/1.1\r\nx"}), "starting_after"),
        (json!({"starting_after": "before=1#x"}), "starting_after"),
    ] {
        let mut input = json!({"contact_id": contact});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let said = refusal(run(&town, "events.list", input.clone()).await);
        assert!(said.starts_with(&format!("`{field}`")), "{input}: {said}");
    }
    assert_eq!(town.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn attributes_are_listed_created_once_described_and_archived() {
    let town = quiet();
    let listed = |model: Value, version: &'static str| {
        let town = town.clone();
        async move {
            run_on(&connect(&town, version), "list_data_attributes", model).await.unwrap().answer["data"]
                .as_array()
                .unwrap()
                .clone()
        }
    };
    let contacts = listed(json!({"model": "contact"}), "2.14").await;
    assert!(!contacts.is_empty() && contacts.iter().all(|row| row["model"] == "contact"));
    for version in ["2.14", "2.16"] {
        assert!(!listed(json!({"model": "conversation"}), version).await.is_empty(), "{version}");
    }
    let input = json!({"name": "tier", "model": "company", "options": ["1-10", "11-50"], "description": "Size"});
    let made = run(&town, "create_data_attribute", input.clone()).await.unwrap().answer;
    assert_eq!(
        (&made["data_type"], &made["model"], &made["full_name"]),
        (&json!("string"), &json!("company"), &json!("custom_attributes.tier"))
    );
    let sent = json!({"name": "tier", "model": "company", "data_type": "string", "options": [{"value": "1-10"}, {"value": "11-50"}], "description": "Size"});
    assert_eq!(town.bodies("POST", "/data_attributes"), [sent]);
    assert_eq!(run(&town, "create_data_attribute", input).await.unwrap_err().code(), &codes::INT_INVALID);

    let input = json!({"name": "score", "model": "contact", "data_type": "integer"});
    let command = action("data_attributes.create");
    let intercom = connect(&town, "2.14");
    let call = Call::new(&intercom);
    let look = |since| command.look(&call, checked(&command.facts, input.clone()).unwrap(), since);
    assert!(look(NOW).await.unwrap().is_none());
    town.faults().once("/data_attributes", Fault::DroppedAfter);
    assert!(run(&town, "data_attributes.create", input.clone()).await.is_err());
    let found = look(NOW).await.unwrap().unwrap();
    assert_eq!((&found["name"], &found["data_type"]), (&json!("score"), &json!("integer")));
    assert!(look(NOW + 3600).await.unwrap().is_none(), "one of before is not the one");

    let id = found["id"].to_string();
    let archived = run(&town, "update_data_attribute", json!({"id": id, "archived": true})).await.unwrap().answer;
    assert_eq!(archived["archived"], true);
    assert_eq!(town.bodies("PUT", "/data_attributes"), [json!({"archived": true})]);
    let names = |rows: Vec<Value>| rows.iter().any(|row| row["name"] == "score");
    assert!(!names(listed(json!({"model": "contact"}), "2.14").await));
    assert!(names(listed(json!({"model": "contact", "include_archived": true}), "2.14").await));
    let calls = town.calls().len();
    for (name, input, field) in [
        ("data_attributes.create", json!({"name": "x", "model": "contact"}), "data_type"),
        ("data_attributes.create", json!({"name": "x", "model": "contact", "options": ["one"]}), "options"),
        (
            "data_attributes.create",
            json!({"name": "x", "model": "contact", "data_type": "date", "options": ["a", "b"]}),
            "data_type",
        ),
        ("data_attributes.create", json!({"name": "x", "model": "conversation", "data_type": "date"}), "model"),
        ("data_attributes.update", json!({"attribute_id": id}), "archived"),
    ] {
        let said = refusal(run(&town, name, input.clone()).await);
        assert!(said.starts_with(&format!("`{field}`")), "{input}: {said}");
    }
    assert_eq!(town.calls().len(), calls);
}
