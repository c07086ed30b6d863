//! The actions on contacts, against the twin.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod town;

use serde_json::{Map, Value, json};
use tajo_core::{Call, Effect, codes};
use tajo_sim::Fault;
use town::{Options, Said, Town, action, connect, empty, run, run_on, town};

const NOW: i64 = 1_795_170_600;
const NOBODY: &str = "6762f0d01bb69f9fffffffff";

fn first(town: &Town) -> String {
    town.ids("contacts").remove(0)
}

/// A user or a lead of the small workspace.
fn some(town: &Town, role: &str) -> String {
    let is_it = |id: &String| town.record("contacts", id).is_some_and(|row| row["role"] == role);
    town.ids("contacts").into_iter().find(is_it).unwrap()
}

/// The refusal of an input, before anything was sent: the field that it names.
async fn refused(town: &Town, name: &str, input: Value) -> String {
    let calls = town.calls().len();
    let error = run(town, name, input.clone()).await.unwrap_err();
    assert_eq!(error.code(), &codes::INPUT, "{input}: {error:?}");
    assert_eq!(error.kind().advice().exit, 2);
    assert_eq!(town.calls().len(), calls, "{input}: nothing is sent");
    error.noted("field").unwrap_or_default().to_owned()
}

async fn look(town: &Town, name: &str, input: Value, since: i64) -> Option<Value> {
    let intercom = connect(town, "2.14");
    let call = Call::new(&intercom);
    action(name).look(&call, input, since).await.unwrap()
}

/// What was sent last with this method.
fn sent(town: &Town, method: &str, path: &str) -> Value {
    town.bodies(method, path).pop().unwrap()
}

// Shows: P-016, P-019, P-023, P-060, P-066, P-070, P-077, P-128, P-141.
#[tokio::test(start_paused = true)]
async fn without_a_contact_nothing_is_sent() {
    let town = town();
    for (name, rest) in [
        ("archive_contact", json!({})),
        ("unarchive_contact", json!({})),
        ("delete_contact", json!({})),
        ("get_contact", json!({})),
        ("update_contact", json!({"name": "Ada"})),
        ("attach_company_to_contact", json!({"company_id": "x"})),
        ("detach_company_from_contact", json!({"company_id": "x"})),
        ("attach_tag_to_contact", json!({"tag_id": "1"})),
        ("detach_tag_from_contact", json!({"tag_id": "1"})),
        ("contacts.block", json!({})),
        ("contacts.list_tags", json!({})),
        ("notes.create", json!({"body": "Hello"})),
    ] {
        for id in [None, Some(""), Some(" ")] {
            let mut input = rest.clone();
            id.into_iter().for_each(|id| input["contact_id"] = id.into());
            assert_eq!(refused(&town, name, input).await, "contact_id", "{name} {id:?}");
        }
        // An id that would lead elsewhere is not sent either.
        let mut input = rest.clone();
        input["contact_id"] = "../admins".into();
        assert!(run(&town, name, input).await.is_err() && town.calls().is_empty(), "{name}");
    }
}

// Shows: P-014, P-126.
#[tokio::test(start_paused = true)]
async fn archiving_puts_away_and_unarchiving_brings_back() {
    let town = empty();
    let id = town.add_person("user", Some("ada@fisher.example"), Some("Ada Fisher"));
    let seen = async |town: &Town| {
        let listed = run(town, "contacts.list", json!({})).await.unwrap().answer["data"].as_array().unwrap().len();
        let found = run(town, "contacts.search", json!({"email": "ada@fisher.example"})).await.unwrap();
        (listed, found.answer["data"].as_array().unwrap().len())
    };
    assert_eq!(seen(&town).await, (1, 1));
    for _ in 0..2 {
        let said = run(&town, "archive_contact", json!({"contact_id": id})).await.unwrap();
        assert_eq!(said.answer, json!({"type": "contact", "id": id, "archived": true}));
    }
    assert_eq!((seen(&town).await, town.count_calls("/archive")), ((0, 0), 2));
    let taken = run(&town, "create_contact", json!({"email": "ada@fisher.example"})).await.unwrap_err();
    assert_eq!(taken.noted("archived"), Some("true"));
    let said = run(&town, "unarchive_contact", json!({"id": id})).await.unwrap();
    assert_eq!(said.answer, json!({"type": "contact", "id": id, "archived": false}));
    assert_eq!(seen(&town).await, (1, 1));
}

// Shows: P-058.
#[tokio::test(start_paused = true)]
async fn deleting_is_for_good_and_marked_as_such() {
    let town = town();
    let id = first(&town);
    let said = run(&town, "delete_contact", json!({"contact_id": id})).await.unwrap();
    assert_eq!(said.answer, json!({"id": id, "deleted": true}));
    let gone = run(&town, "get_contact", json!({"contact_id": id})).await.unwrap_err();
    assert_eq!((gone.code(), gone.noted("vendor code")), (&codes::INT_MISSING, Some("not_found")));
    assert!(run(&town, "unarchive_contact", json!({"contact_id": id})).await.is_err());
    let again = run(&town, "delete_contact", json!({"contact_id": id})).await.unwrap();
    assert!(again.answer["deleted"] == false && again.warnings.len() == 1);
    assert_eq!(
        (action("delete_contact").facts.effect, action("archive_contact").facts.effect),
        (Effect::Destroy, Effect::Assign)
    );
}

// Shows: P-037, P-038, P-039, P-040, P-041, P-042, P-043, P-044, P-045, A-36.
#[tokio::test(start_paused = true)]
async fn a_contact_is_created_with_what_is_given_and_nothing_else() {
    let town = town();
    let owner = town.ids("admins").remove(0);
    let input = json!({
        "role": "user", "external_id": "u-1815", "email": "ada@fisher.example", "phone": "+15551234567", "name": "Ada Fisher",
        "avatar_url": "https://img.example/ada.png", "signed_up_at": "2026-11-20T10:30:00Z", "last_seen_at": 1_795_170_600,
        "unsubscribed_from_emails": true, "owner_id": owner, "custom_attributes": {"plan_tier": "Scale"},
    });
    let said = run(&town, "create_contact", input).await.unwrap();
    let body = json!({
        "role": "user", "external_id": "u-1815", "email": "ada@fisher.example", "phone": "+15551234567", "name": "Ada Fisher",
        "avatar": "https://img.example/ada.png", "signed_up_at": 1_795_170_600, "last_seen_at": 1_795_170_600,
        "unsubscribed_from_emails": true, "owner_id": owner.parse::<u64>().unwrap(), "custom_attributes": {"plan_tier": "Scale"},
    });
    assert_eq!(sent(&town, "POST", "/contacts"), body);
    assert!(said.warnings.is_empty());
    let stands = town.record("contacts", said.answer["id"].as_str().unwrap()).unwrap();
    assert_eq!(said.answer, stands);
    for (role, input) in [
        ("user", json!({"email": "bob@fisher.example"})),
        ("user", json!({"external_id": "u-1816"})),
        ("lead", json!({"role": "lead", "name": "Bob"})),
        ("user", json!({"email": "cy@fisher.example", "role": "user", "unsubscribed_from_emails": false})),
    ] {
        let said = run(&town, "create_contact", input.clone()).await.unwrap();
        let mut body = input;
        body["role"] = role.into();
        assert_eq!((&sent(&town, "POST", "/contacts"), &said.answer["role"]), (&body, &json!(role)));
    }
    let odd = run(&town, "create_contact", json!({"role": "lead", "phone": "555 1234"})).await.unwrap();
    assert!(odd.warnings[0].contains("E.164") && odd.answer["phone"] == "555 1234");
}

// Shows: P-037, P-038, P-039, P-042, P-043, P-044, A-36.
#[tokio::test(start_paused = true)]
async fn a_wrong_creation_is_refused_before_any_call() {
    let town = town();
    for (field, input) in [
        ("role", json!({"name": "Ada"})),
        ("role", json!({})),
        ("role", json!({"role": "visitor", "email": "ada@fisher.example"})),
        ("external_id", json!({"role": "lead", "external_id": "u-1"})),
        ("external_id", json!({"external_id": ""})),
        ("email", json!({"email": "ada"})),
        ("email", json!({"email": "ada@fisher.example bob@fisher.example"})),
        ("avatar_url", json!({"email": "ada@fisher.example", "avatar_url": "ada.png"})),
        ("owner_id", json!({"email": "ada@fisher.example", "owner_id": "Bob"})),
        ("signed_up_at", json!({"email": "ada@fisher.example", "signed_up_at": 1_795_170_600_000_i64})),
        ("last_seen_at", json!({"email": "ada@fisher.example", "last_seen_at": "yesterday"})),
        ("unsubscribed_from_emails", json!({"email": "ada@fisher.example", "unsubscribed_from_emails": "no"})),
        ("shoe_size", json!({"email": "ada@fisher.example", "shoe_size": 43})),
    ] {
        assert_eq!(refused(&town, "create_contact", input.clone()).await, field, "{input}");
    }
}

// Shows: P-035, T-069.
#[tokio::test(start_paused = true)]
async fn a_created_contact_is_read_at_once_and_found_after_a_while() {
    let town = Town::new(Options { contacts: 0, index_lag_max: 300, now: Some(NOW), rate_limit: 0, ..Options::default() });
    let said = run(&town, "create_contact", json!({"email": "ada@fisher.example"})).await.unwrap();
    let id = &said.answer["id"];
    assert_eq!(&run(&town, "get_contact", json!({"contact_id": id})).await.unwrap().answer["id"], id);
    let found =
        async || run(&town, "search_contacts", json!({"email": "ada@fisher.example"})).await.unwrap().answer["data"].clone();
    assert_eq!(found().await, json!([]), "the index lags");
    tokio::time::advance(std::time::Duration::from_secs(301)).await;
    assert_eq!(&found().await[0]["id"], id);
    let taken = run(&town, "create_contact", json!({"email": "ADA@fisher.example", "name": "Ada"})).await.unwrap_err();
    assert_eq!((taken.code(), taken.noted("archived")), (&codes::INT_CONFLICT, Some("false")));
    assert_eq!(taken.noted("existing"), id.as_str());
    town.archive_contact(id.as_str().unwrap());
    let taken = run(&town, "create_contact", json!({"email": "ada@fisher.example"})).await.unwrap_err();
    assert_eq!((taken.noted("existing"), taken.noted("archived")), (id.as_str(), Some("true")));
}

#[tokio::test(start_paused = true)]
async fn a_creation_of_unknown_outcome_is_looked_up_and_not_sent_again() {
    for input in [
        json!({"external_id": "u-1815"}),
        json!({"email": "ada@fisher.example", "name": "Ada"}),
        json!({"role": "lead", "email": "ada@fisher.example"}),
        json!({"role": "lead", "name": "Ada Fisher"}),
        json!({"role": "lead", "phone": "+15551234567"}),
    ] {
        let town = town();
        let since = town.now();
        assert_eq!(look(&town, "contacts.create", input.clone(), since).await, None, "{input}");
        town.faults().once("/contacts", Fault::DroppedAfter);
        let error = run(&town, "contacts.create", input.clone()).await.unwrap_err();
        assert!(error.noted("outcome").is_some(), "{error:?}");
        assert_eq!(town.created_contacts(), 1, "sent once: {input}");
        let found = look(&town, "contacts.create", input.clone(), since).await.unwrap();
        assert_eq!(town.record("contacts", found["id"].as_str().unwrap()), Some(found), "{input}");
        assert_eq!(look(&town, "contacts.create", input.clone(), since + 3600).await, None, "an older one is another: {input}");
    }
}

// Shows: P-139, P-143, P-144, P-145, P-146, P-147, P-148, P-149, P-150, T-070.
#[tokio::test(start_paused = true)]
async fn an_update_sends_what_is_given_and_nothing_else() {
    let town = town();
    let id = town.add_person("user", Some("a@fisher.example"), Some("Ada"));
    for (field, value) in
        [("phone", json!("+15557654321")), ("custom_attributes.onboarded", json!(true)), ("last_seen_at", json!(NOW))]
    {
        town.set_contact(&id, field, value);
    }
    let owner = town.ids("admins").remove(1);
    for (input, body) in [
        (json!({"external_id": "u-9"}), json!({"external_id": "u-9"})),
        (json!({"email": "ada@fisher.example"}), json!({"email": "ada@fisher.example"})),
        (json!({"phone": "+15551234567"}), json!({"phone": "+15551234567"})),
        (json!({"name": "Ada Fisher"}), json!({"name": "Ada Fisher"})),
        (json!({"avatar_url": "http://img.example/a.png"}), json!({"avatar": "http://img.example/a.png"})),
        (json!({"signed_up_at": "2026-11-20"}), json!({"signed_up_at": 1_795_132_800})),
        (json!({"last_seen_at": 1_795_132_800}), json!({"last_seen_at": 1_795_132_800})),
        (json!({"unsubscribed_from_emails": true}), json!({"unsubscribed_from_emails": true})),
        (json!({"owner_id": owner}), json!({"owner_id": owner.parse::<u64>().unwrap()})),
        (json!({"clear": ["phone", "avatar_url"]}), json!({"phone": null, "avatar": null})),
        (
            json!({"custom_attributes": {"plan_tier": "Scale"}, "clear": ["custom_attributes.mrr", "owner_id"]}),
            json!({"custom_attributes": {"plan_tier": "Scale", "mrr": null}, "owner_id": null}),
        ),
    ] {
        let before = town.record("contacts", &id).unwrap();
        let mut whole = input.clone();
        whole["contact_id"] = id.clone().into();
        let said = run(&town, "update_contact", whole).await.unwrap();
        assert_eq!(sent(&town, "PUT", "/contacts"), body);
        let after = town.record("contacts", &id).unwrap();
        assert_eq!(said.answer, after);
        let kin = ["updated_at", "email_domain", "formatted_phone"];
        for (key, value) in before.as_object().unwrap() {
            let may_change = body.get(key).is_some() || kin.contains(&key.as_str());
            assert!(may_change || after[key] == *value, "{key} changed by {input}");
        }
        for (key, value) in body.as_object().unwrap().iter().filter(|(key, _)| *key != "custom_attributes") {
            assert_eq!(&after[key], value, "{input}");
        }
    }
    let own = &town.record("contacts", &id).unwrap()["custom_attributes"];
    assert_eq!((&own["plan_tier"], &own["onboarded"]), (&json!("Scale"), &json!(true)));
    let odd = run(&town, "update_contact", json!({"contact_id": id, "phone": "0555"})).await.unwrap();
    assert!(odd.warnings[0].contains("E.164"));
    let newer = run_on(&connect(&town, "2.16"), "update_contact", json!({"contact_id": id, "owner_id": owner})).await;
    assert_eq!(
        (newer.unwrap().answer["owner_id"].as_str(), sent(&town, "PUT", "/")["owner_id"].as_str()),
        (Some(&*owner), Some(&*owner))
    );
}

// Shows: P-142, P-143, P-144, P-147, P-148, P-149.
#[tokio::test(start_paused = true)]
async fn a_wrong_update_is_refused() {
    let town = town();
    let (user, lead) = (some(&town, "user"), some(&town, "lead"));
    for (field, input) in [
        ("contact_id", json!({})),
        ("role", json!({"role": "visitor"})),
        ("external_id", json!({"role": "lead", "external_id": "u-1"})),
        ("email", json!({"email": "ada@fisher"})),
        ("name", json!({"name": ""})),
        ("avatar_url", json!({"avatar_url": "javascript:alert(1)"})),
        ("signed_up_at", json!({"signed_up_at": 1_795_170_600_000_i64})),
        ("last_seen_at", json!({"last_seen_at": 1_795_170_600_000_i64})),
        ("clear", json!({"clear": ["role"]})),
        ("clear", json!({"clear": ["name"], "name": "Ada"})),
        ("clear", json!({"clear": ["custom_attributes.mrr"], "custom_attributes": {"mrr": 1}})),
        ("resubscribe", json!({"resubscribe": true})),
    ] {
        let mut whole = input.clone();
        whole["contact_id"] = user.clone().into();
        assert_eq!(refused(&town, "update_contact", whole).await, field, "{input}");
    }
    let demoted = run(&town, "update_contact", json!({"contact_id": user, "role": "lead"})).await.unwrap_err();
    assert_eq!((demoted.code(), demoted.noted("field")), (&codes::INPUT, Some("role")));
    assert_eq!(town.bodies("PUT", "/contacts").len(), 0);
    let role = async |id: &str, input: Value| {
        run(&town, "update_contact", input).await.map(|_| town.record("contacts", id).unwrap()["role"].clone())
    };
    assert_eq!(role(&lead, json!({"contact_id": lead, "role": "lead", "name": "Ada"})).await.unwrap(), "lead");
    assert_eq!(role(&lead, json!({"contact_id": lead, "role": "user"})).await.unwrap(), "user");
    assert_eq!(role(&lead, json!({"contact_id": lead, "role": "lead", "force": true})).await.unwrap(), "lead");
}

// Shows: P-150.
#[tokio::test(start_paused = true)]
async fn nobody_is_subscribed_again_by_the_way() {
    let town = town();
    let id = town.add_person("user", Some("ada@fisher.example"), None);
    let out = |town: &Town| town.record("contacts", &id).unwrap()["unsubscribed_from_emails"].clone();
    let unasked = json!({"contact_id": id, "unsubscribed_from_emails": false});
    let said = run(&town, "update_contact", unasked.clone()).await.unwrap();
    assert!(said.answer["id"] == id && town.bodies("PUT", "/contacts").is_empty(), "it is false already, so nothing is sent");
    town.unsubscribe_contact(&id);
    run(&town, "update_contact", json!({"contact_id": id, "name": "Ada"})).await.unwrap();
    let error = run(&town, "update_contact", unasked).await.unwrap_err();
    assert_eq!((error.noted("field"), out(&town)), (Some("unsubscribed_from_emails"), json!(true)));
    assert!(error.what().contains("resubscribe"), "{error:?}");
    let upserted = json!({"email": "ada@fisher.example", "unsubscribed_from_emails": false});
    let said = run(&town, "contacts.upsert", upserted).await.unwrap();
    assert!(said.warnings.len() == 1 && out(&town) == true && town.resubscribed().is_empty());
    let asked = json!({"contact_id": id, "unsubscribed_from_emails": false, "resubscribe": true});
    run(&town, "update_contact", asked).await.unwrap();
    assert_eq!((out(&town), town.resubscribed()), (json!(false), vec![id.clone()]));
}

// Shows: P-075, T-071.
#[tokio::test(start_paused = true)]
async fn a_contact_is_read_by_any_of_its_names_and_followed_where_it_was_merged() {
    let town = town();
    let id = some(&town, "user");
    town.set_contact(&id, "external_id", json!("u/1815 ä"));
    town.set_contact(&id, "email", json!("ada@fisher.example"));
    let stands = town.record("contacts", &id).unwrap();
    for (version, input) in [
        ("2.14", json!({"contact_id": id})),
        ("2.14", json!({"id": id})),
        ("2.14", json!({"external_id": "u/1815 ä"})),
        ("2.12", json!({"external_id": "u/1815 ä"})),
        ("2.14", json!({"email": "ada@fisher.example"})),
    ] {
        let said = run_on(&connect(&town, version), "get_contact", input.clone()).await.unwrap();
        assert!(said.answer == stands && said.warnings.is_empty(), "{input}");
    }
    assert_eq!(refused(&town, "get_contact", json!({"contact_id": id, "email": "ada@fisher.example"})).await, "contact_id");
    assert_eq!(refused(&town, "get_contact", json!({"email": " "})).await, "email");
    let twin = town.add_person("lead", Some("ada@fisher.example"), None);
    let several = run(&town, "get_contact", json!({"email": "ada@fisher.example"})).await.unwrap_err();
    assert!(several.code() == &codes::INT_CONFLICT && several.noted("contacts").unwrap().contains(&twin));
    for input in [json!({"external_id": "nobody"}), json!({"email": "nobody@fisher.example"}), json!({"contact_id": NOBODY})] {
        assert_eq!(run(&town, "get_contact", input).await.unwrap_err().code(), &codes::INT_MISSING);
    }
    town.merge_contact(&twin, &id);
    let newer = run_on(&connect(&town, "2.16"), "get_contact", json!({"contact_id": twin})).await.unwrap();
    assert!(newer.answer["id"] == id && newer.warnings == [format!("{twin} was merged into {id}")]);
    let older = run(&town, "get_contact", json!({"contact_id": twin})).await.unwrap_err();
    assert_eq!(older.code(), &codes::INT_MISSING);
}

// Shows: P-089, P-091, P-092, P-093, P-094, T-068.
#[tokio::test(start_paused = true)]
async fn contacts_are_listed_page_by_page() {
    let town = town();
    let (mut input, mut ids, mut pages) = (json!({}), Vec::new(), Vec::new());
    loop {
        let Said { answer, .. } = run(&town, "list_contacts", input.clone()).await.unwrap();
        assert_eq!(answer["total_count"], 40);
        let rows = answer["data"].as_array().unwrap();
        pages.push(rows.len());
        ids.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = answer.get("next_cursor") else { break };
        input["starting_after_cursor"] = cursor.clone();
    }
    ids.sort();
    assert_eq!((pages, ids), (vec![15, 15, 10], town.ids("contacts")));
    let large = run(&town, "list_contacts", json!({"per_page": 150})).await.unwrap();
    assert_eq!(large.answer["data"].as_array().unwrap().len(), 40);
    assert_eq!(refused(&town, "list_contacts", json!({"per_page": 151})).await, "per_page");
    assert_eq!(refused(&town, "list_contacts", json!({"order": "desc"})).await, "order");
    assert_eq!(refused(&town, "list_contacts", json!({"page": 2})).await, "page");
    let error = run(&town, "list_contacts", json!({"page": 2})).await.unwrap_err();
    assert!(error.what().contains("contacts are cursor-paged; use --starting-after"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn archiving_sends_an_empty_object() {
    let town = town();
    run(&town, "archive_contact", json!({"contact_id": first(&town)})).await.unwrap();
    assert_eq!(town.bodies("POST", "/contacts"), [Value::Object(Map::new())]);
}
