//! Actions that bring contacts together: create or update, merge; and what ends one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod town;

use serde_json::{Value, json};
use tajo_core::{Effect, Error, codes};
use tajo_sim::Fault;
use town::{Options, Said, Town, action, connect, empty, run, run_on, town};

/// A user or a lead of the small workspace.
fn some(town: &Town, role: &str) -> String {
    let is_it = |id: &String| town.record("contacts", id).is_some_and(|row| row["role"] == role);
    town.ids("contacts").into_iter().find(is_it).unwrap()
}

/// The refusal of an input, before anything was sent: the field that it names.
async fn refused(town: &Town, name: &str, input: Value) -> String {
    let calls = town.calls().len();
    let error = run(town, name, input.clone()).await.unwrap_err();
    assert_eq!((error.code(), town.calls().len()), (&codes::INPUT, calls), "{input}: {error:?}");
    error.noted("field").unwrap_or_default().to_owned()
}

fn upserted(said: Result<Said, Error>) -> (String, bool, bool) {
    let answer = said.unwrap().answer;
    let flag = |key: &str| answer[key].as_bool().unwrap();
    (answer["contact"]["id"].as_str().unwrap().to_owned(), flag("created"), flag("unarchived"))
}

// Shows: A-28.
#[tokio::test(start_paused = true)]
async fn an_upsert_creates_once_and_updates_ever_after() {
    let town = empty();
    let input = json!({"email": "ada@fisher.example", "name": "Ada"});
    let (id, created, _) = upserted(run(&town, "contacts.upsert", input.clone()).await);
    assert!(created);
    assert_eq!(upserted(run(&town, "contacts.upsert", input.clone()).await), (id.clone(), false, false));
    // With an id of one's own the same person is met by its address, and keeps both.
    let known = json!({"external_id": "u-1815", "email": "ada@fisher.example", "name": "Ada Fisher"});
    assert_eq!(upserted(run(&town, "contacts.upsert", known.clone()).await), (id.clone(), false, false));
    let stands = town.record("contacts", &id).unwrap();
    assert_eq!((&stands["external_id"], &stands["name"]), (&json!("u-1815"), &json!("Ada Fisher")));
    assert_eq!(
        upserted(run(&town, "upsert_contact", json!({"external_id": "u-1815", "phone": "+15551234567"})).await),
        (id.clone(), false, false)
    );
    // Leads of the same address are somebody else.
    let lead = town.add_person("lead", Some("ada@fisher.example"), Some("A."));
    assert_eq!(upserted(run(&town, "contacts.upsert", input.clone()).await), (id.clone(), false, false));
    assert_eq!(town.record("contacts", &lead).unwrap()["name"], "A.");
    // An archived match is brought back; whoever is merged away is followed.
    town.archive_contact(&id);
    assert_eq!(upserted(run(&town, "contacts.upsert", known).await), (id.clone(), false, true));
    assert_eq!(town.created_contacts(), 1);
    // The answer to the creation is lost: the second attempt meets what the first one made.
    town.faults().once("/contacts", Fault::DroppedAfter);
    let (_, created, _) = upserted(run(&town, "contacts.upsert", json!({"email": "bob@fisher.example", "name": "Bob"})).await);
    assert_eq!((created, town.created_contacts()), (false, 2));
    assert_eq!(refused(&town, "contacts.upsert", json!({"name": "Ada"})).await, "external_id");
    assert_eq!(refused(&town, "contacts.upsert", json!({"email": "ada"})).await, "email");
}

// Shows: A-28.
#[tokio::test(start_paused = true)]
async fn upserts_that_race_end_in_one_contact() {
    let options = || Options { contacts: 0, index_lag_max: 120, latency_ms: 20, rate_limit: 0, ..Options::default() };
    for archived in [false, true] {
        let town = Town::new(options());
        let before = archived.then(|| town.add_person("user", Some("ada@fisher.example"), None));
        before.iter().for_each(|id| town.archive_contact(id));
        let one = |name: &str| run(&town, "contacts.upsert", json!({"email": "ada@fisher.example", "name": name}));
        let (a, b, c, d) = tokio::join!(one("Ada"), one("Ada F."), one("Ada Fisher"), one("A. Fisher"));
        let ended: Vec<_> = [a, b, c, d].into_iter().map(upserted).collect();
        assert!(ended.iter().all(|(id, ..)| *id == ended[0].0), "{ended:?}");
        assert_eq!(ended.iter().filter(|(_, created, _)| *created).count(), usize::from(!archived));
        assert_eq!(ended.iter().any(|(.., unarchived)| *unarchived), archived);
        assert_eq!(town.ids("contacts").len(), 1);
    }
}

// Shows: P-163.
#[tokio::test(start_paused = true)]
async fn a_lead_is_merged_into_a_user_after_a_look() {
    let town = town();
    let (user, lead) = (some(&town, "user"), some(&town, "lead"));
    let tag = town.add_tag("Beta");
    town.tag_contact(&lead, &tag);
    let both = json!({"from": lead, "into": user});
    let preview = run(&town, "contacts.preview_merge", both.clone()).await.unwrap().answer;
    let tags = town.links("contact_tags").iter().filter(|(contact, _)| *contact == lead).count();
    assert_eq!((&preview["allowed"], &preview["moves"]["tags"]), (&json!(true), &json!(tags)));
    assert_eq!((&preview["from"]["role"], &preview["into"]["role"]), (&json!("lead"), &json!("user")));
    let swapped = run(&town, "contacts.preview_merge", json!({"from": user, "into": lead})).await.unwrap().answer;
    assert!(swapped["allowed"] == false && swapped["refusals"].as_array().unwrap().len() == 2);
    let wrong = run(&town, "contacts.merge", json!({"from": user, "into": lead})).await.unwrap_err();
    assert_eq!(wrong.noted("vendor code"), Some("merge_failed"));
    assert_eq!(refused(&town, "contacts.merge", json!({"from": lead, "into": lead})).await, "into");
    let newer = connect(&town, "2.16");
    let strict = run_on(&newer, "contacts.preview_merge", both.clone()).await.unwrap().answer;
    assert!(strict["refusals"][0].as_str().unwrap().contains("skip_duplicate_validation"), "{strict}");
    let unlike = run_on(&newer, "contacts.merge", both.clone()).await.unwrap_err();
    assert_eq!((unlike.noted("vendor code"), town.writes()), (Some("invalid_merge"), 0));
    let forced = json!({"from": lead, "into": user, "skip_duplicate_validation": true});
    let said = run_on(&newer, "merge_contacts", forced.clone()).await.unwrap();
    assert_eq!(said.answer["id"], user);
    assert!(town.record("contacts", &lead).is_none() && town.links("contact_tags").contains(&(user.clone(), tag)));
    let again = run_on(&newer, "contacts.merge", forced).await.unwrap();
    assert!(again.answer["id"] == user && again.warnings == ["they were merged before"]);
    let facts = &action("contacts.merge").facts;
    assert!(facts.effect == Effect::Destroy && facts.input().get("properties").is_some() && !facts.example.is_empty());
}

// Shows: T-071.
#[tokio::test(start_paused = true)]
async fn merges_are_remembered_from_2_16_on_and_contacts_blocked_from_2_13_on() {
    let town = town();
    let (user, lead) = (some(&town, "user"), some(&town, "lead"));
    town.merge_contact(&lead, &user);
    let newer = connect(&town, "2.16");
    let history = run_on(&newer, "contacts.merge_history", json!({"contact_id": user, "order": "asc"})).await.unwrap().answer;
    assert_eq!((&history["data"][0]["source_contact_id"], history.get("next_cursor")), (&json!(lead), None));
    let older = run(&town, "contacts.merge_history", json!({"contact_id": user})).await.unwrap_err();
    assert_eq!((older.code(), town.count_calls("merge_history")), (&codes::INT_VERSION, 1));
    let blocked = run(&town, "contacts.block", json!({"contact_id": user})).await.unwrap();
    assert_eq!(blocked.answer, json!({"id": user, "blocked": true}));
    let older = run_on(&connect(&town, "2.11"), "contacts.block", json!({"contact_id": user})).await.unwrap_err();
    assert_eq!((older.code(), town.count_calls("/block")), (&codes::INT_VERSION, 1));
}
