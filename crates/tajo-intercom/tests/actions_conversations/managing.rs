//! States, assignees, tags, people; and what is taken away for good.

use serde_json::{Value, json};
use tajo_core::codes;
use tajo_sim::Fault;

use crate::town::{connect, run, run_on};
use crate::{NOW, last, quiet, refusal, talk};

// Shows: T-078.
#[tokio::test(start_paused = true)]
async fn states_and_assignees_are_set_by_their_own_actions_and_by_manage() {
    let town = quiet();
    let (_, id, admin) = talk(&town);
    let (other, team) = (town.ids("admins")[1].clone(), town.ids("teams")[1].clone());
    let base = json!({"conversation_id": id, "admin_id": admin});
    let with = |more: Value| {
        let mut input = base.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for managed in [false, true] {
        let step = |name: &str, more: Value| {
            let (town, name, mut input) = (town.clone(), name.to_owned(), with(more));
            async move {
                if managed {
                    input["action"] = json!(name);
                    return run(&town, "manage_conversation", input).await.unwrap().answer;
                }
                run(&town, &format!("conversations.{name}"), input).await.unwrap().answer
            }
        };
        let sent = || town.bodies("POST", &format!("/conversations/{id}/parts")).last().unwrap().clone();
        assert_eq!(step("close", json!({})).await["state"], "closed");
        assert_eq!(sent(), json!({"message_type": "close", "type": "admin", "admin_id": admin}));
        let snoozed = step("snooze", json!({"until": "2026-11-23T09:00:00Z"})).await;
        assert_eq!((&snoozed["state"], &snoozed["snoozed_until"]), (&json!("snoozed"), &json!(1_795_424_400)));
        assert_eq!(step("open", json!({})).await["state"], "open");
        let given = step("assign", json!({"admin_assignee_id": other})).await;
        assert_eq!(given["admin_assignee_id"].to_string(), other);
        let given = step("assign", json!({"team_assignee_id": team})).await;
        assert_eq!((given["team_assignee_id"].to_string(), &sent()["type"]), (team.clone(), &json!("team")));
        let freed = step("assign", json!({"unassign": true})).await;
        assert_eq!((&freed["admin_assignee_id"], &freed["team_assignee_id"]), (&Value::Null, &Value::Null));
        assert_eq!(sent()["assignee_id"], "0");
    }
    let calls = town.calls().len();
    for (name, input, field) in [
        ("conversations.assign", with(json!({})), "admin_assignee_id"),
        ("conversations.assign", with(json!({"admin_assignee_id": other, "team_assignee_id": team})), "admin_assignee_id"),
        ("conversations.assign", with(json!({"admin_assignee_id": other, "unassign": true})), "admin_assignee_id"),
        ("conversations.manage", with(json!({"action": "snooze"})), "until"),
        ("conversations.manage", with(json!({"action": "close", "until": NOW})), "until"),
        ("conversations.manage", with(json!({"action": "open", "unassign": true})), "unassign"),
        ("conversations.manage", with(json!({"action": "assign"})), "admin_assignee_id"),
    ] {
        let said = refusal(run(&town, name, input.clone()).await);
        assert!(said.starts_with(&format!("`{field}`")), "{name} {input}: {said}");
    }
    assert!(refusal(run(&town, "conversations.snooze", with(json!({}))).await).contains("`until`"));
    assert!(refusal(run(&town, "conversations.manage", with(json!({"action": "reply"}))).await).contains("close | open"));
    assert_eq!(town.calls().len(), calls);
}

#[tokio::test(start_paused = true)]
async fn a_step_is_sent_again_after_a_lost_answer() {
    let town = quiet();
    let (_, id, admin) = talk(&town);
    town.faults().once("/parts", Fault::DroppedAfter);
    let closed = run(&town, "close_conversation", json!({"conversation_id": id, "admin_id": admin})).await.unwrap();
    assert_eq!((&closed.answer["state"], town.bodies("POST", "/conversations").len()), (&json!("closed"), 2));
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_described_tagged_and_joined() {
    let town = quiet();
    let (contact, id, admin) = talk(&town);
    let (tag, company) = (town.add_tag("urgent"), town.add_named_company("Heron", "Scale", 3));
    let own = town.record("companies", &company).unwrap()["company_id"].clone();
    for (input, sent) in [
        (json!({"title": "About glass"}), json!({"title": "About glass"})),
        (json!({"read": true}), json!({"read": true})),
        (json!({"company_id": own}), json!({"company_id": company})),
        (json!({"custom_attributes": {"issue_type": "Bug"}}), json!({"custom_attributes": {"issue_type": "Bug"}})),
    ] {
        let mut input = input;
        input["conversation_id"] = json!(id);
        run(&town, "update_conversation", input).await.unwrap();
        assert_eq!(town.bodies("PUT", &format!("/conversations/{id}")).last(), Some(&sent), "what is given and nothing else");
    }
    let now = town.record("conversations", &id).unwrap();
    assert_eq!(
        (&now["title"], &now["read"], &now["custom_attributes"]["issue_type"]),
        (&json!("About glass"), &json!(true), &json!("Bug"))
    );
    refusal(run(&town, "conversations.update", json!({"conversation_id": id})).await);
    let old =
        run_on(&connect(&town, "2.11"), "conversations.update", json!({"conversation_id": id, "title": "x"})).await.unwrap_err();
    assert_eq!(old.code(), &codes::INT_VERSION);

    let tagging = json!({"conversation_id": id, "tag_id": tag, "admin_id": admin});
    for _ in 0..2 {
        assert_eq!(run(&town, "tag_conversation", tagging.clone()).await.unwrap().answer["name"], "urgent");
    }
    assert_eq!(town.links("conversation_tags"), [(id.clone(), tag.clone())]);
    for (n, warnings) in [(1, 0), (2, 1)] {
        let said = run(&town, "untag_conversation", tagging.clone()).await.unwrap();
        assert_eq!((&said.answer["tagged"], said.warnings.len()), (&json!(false), warnings), "time {n}");
    }
    assert_eq!(
        (town.links("conversation_tags").len(), &town.bodies("DELETE", "/conversations")[0]),
        (0, &json!({"admin_id": admin}))
    );
    assert!(run(&town, "untag_conversation", json!({"conversation_id": "1", "tag_id": tag, "admin_id": admin})).await.is_err());

    let bob = town.add_person("user", Some("bob@mailbox.example"), None);
    town.set_contact(&bob, "external_id", json!("crm-8"));
    for who in [json!({"contact_id": bob}), json!({"external_id": "crm-8"}), json!({"email": "bob@mailbox.example"})] {
        let mut input = json!({"conversation_id": id, "admin_id": admin});
        input.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        let answer = run(&town, "conversations.add_participant", input).await.unwrap().answer;
        assert_eq!(answer["customers"], json!([{"type": "user", "id": contact}, {"type": "user", "id": bob}]));
    }
    let leave = |contact: &str| json!({"conversation_id": id, "contact_id": contact, "admin_id": admin});
    let left = run(&town, "conversations.remove_participant", leave(&contact)).await.unwrap().answer;
    assert_eq!(left["customers"], json!([{"type": "user", "id": bob}]));
    let last = run(&town, "conversations.remove_participant", leave(&bob)).await.unwrap_err();
    assert_eq!(last.noted("Intercom says"), Some("Removing the last customer is not allowed"));
    refusal(run(&town, "conversations.add_participant", json!({"conversation_id": id, "admin_id": admin})).await);
}

#[tokio::test(start_paused = true)]
async fn parts_are_redacted_and_conversations_deleted_for_good() {
    let town = quiet();
    let (contact, id, admin) = talk(&town);
    let said =
        run(&town, "conversations.reply", json!({"conversation_id": id, "admin_id": admin, "body": "secret"})).await.unwrap();
    let part = last(&said.answer)["id"].clone();
    let redacted = run(&town, "redact_conversation", json!({"conversation_id": id, "part_id": part})).await.unwrap().answer;
    assert_eq!(
        (last(&redacted)["redacted"].as_bool(), last(&redacted)["body"].as_str() == Some("<p>secret</p>")),
        (Some(true), false)
    );
    let message = run(&town, "create_conversation", json!({"contact_id": contact, "body": "also secret"})).await.unwrap().answer;
    let source = town.record("conversations", message["conversation_id"].as_str().unwrap()).unwrap()["source"]["id"].clone();
    let input = json!({"conversation_id": message["conversation_id"], "source_id": source});
    assert_eq!(run(&town, "conversations.redact", input).await.unwrap().answer["source"]["redacted"], true);
    for wrong in [json!({"conversation_id": id}), json!({"conversation_id": id, "source_id": "1", "conversation_part_id": "2"})] {
        refusal(run(&town, "conversations.redact", wrong).await);
    }
    let calls = town.calls().len();
    let early = run_on(&connect(&town, "2.12"), "delete_conversation", json!({"conversation_id": id})).await.unwrap_err();
    let choice = run(&town, "delete_conversation", json!({"conversation_id": id, "retain_metrics": false})).await.unwrap_err();
    assert_eq!((early.code(), choice.code(), town.calls().len()), (&codes::INT_VERSION, &codes::INT_VERSION, calls));
    for (deleted, warnings) in [(true, 0), (false, 1)] {
        let said = run(&town, "delete_conversation", json!({"conversation_id": id})).await.unwrap();
        assert_eq!((said.answer, said.warnings.len()), (json!({"id": id, "deleted": deleted}), warnings));
    }
    assert!(town.record("conversations", &id).is_none());
    let kept = json!({"conversation_id": message["conversation_id"], "retain_metrics": true});
    run_on(&connect(&town, "2.16"), "delete_conversation", kept).await.unwrap();
    assert_eq!(town.calls().last().unwrap().query, "retain_metrics=true");
}
