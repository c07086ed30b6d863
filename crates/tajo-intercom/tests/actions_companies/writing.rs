//! Created, changed, deleted.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tajo_core::codes;

use crate::town::{run, run_on};
use crate::{Fate, NOW, beside, companies, refusal};

// Shows: P-025, P-027, P-028, P-029, P-030, P-031, P-032, P-033, P-034, T-080.
#[tokio::test(start_paused = true)]
async fn a_company_is_created_under_our_own_id_and_found_by_both() {
    let town = companies(4);
    let input = json!({"company_id": "acme-1", "name": "Acme", "remote_created_at": "2026-01-02T03:04:05Z", "plan": "Scale",
        "monthly_spend": 155.98, "size": 40, "website": "acme.example", "industry": "Glass",
        "custom_attributes": {"account_owner": "south desk"}});
    let said = run(&town, "create_company", input.clone()).await.unwrap();
    assert_eq!(said.warnings, ["`monthly_spend` truncated to 155: Intercom keeps whole numbers."]);
    let sent = json!({"company_id": "acme-1", "name": "Acme", "remote_created_at": 1_767_323_045, "plan": "Scale",
        "monthly_spend": 155, "size": 40, "website": "acme.example", "industry": "Glass",
        "custom_attributes": {"account_owner": "south desk"}});
    assert_eq!(town.bodies("POST", "/companies"), std::slice::from_ref(&sent));
    let id = said.answer["id"].as_str().unwrap().to_owned();
    for (key, value) in sent.as_object().unwrap() {
        match key.as_str() {
            "plan" => assert_eq!(said.answer["plan"]["name"], "Scale"),
            "custom_attributes" => assert_eq!(said.answer[key]["account_owner"], "south desk"),
            _ => assert_eq!(&said.answer[key], value, "{key}"),
        }
    }
    for named in [json!({"company_id": id}), json!({"company_id": "acme-1"})] {
        assert_eq!(run(&town, "get_company", named).await.unwrap().answer, said.answer);
    }
    // The id again: Intercom updates, and we say so; or we refuse.
    let (count, writes) = (town.ids("companies").len(), town.writes());
    let again = run(&town, "companies.create", json!({"company_id": "acme-1", "size": 41})).await.unwrap();
    assert_eq!((&again.answer["id"], &again.answer["size"], &again.answer["name"]), (&json!(id), &json!(41), &json!("Acme")));
    assert_eq!(again.warnings, ["A company with that company_id existed: it was updated."]);
    let error =
        run(&town, "create_company", json!({"company_id": "acme-1", "size": 42, "if_exists": "error"})).await.unwrap_err();
    assert_eq!((error.code(), error.noted("existing")), (&codes::INT_CONFLICT, Some(id.as_str())));
    assert_eq!((town.ids("companies").len(), town.writes()), (count, writes + 1));
    assert_eq!(run(&town, "get_company", json!({"company_id": "acme-1"})).await.unwrap().answer["size"], 41);
}

#[tokio::test(start_paused = true)]
async fn what_no_company_can_be_written_with_is_refused_before_any_call() {
    let town = companies(4);
    let id = town.ids("companies")[0].clone();
    for (name, input, says) in [
        ("create_company", json!({"name": "Acme"}), "needs `company_id`"),
        (
            "create_company",
            json!({"company_id": "a", "monthly_spend": 2_147_483_648_i64}),
            "`monthly_spend` must be at most 2147483647",
        ),
        ("create_company", json!({"company_id": "a", "size": -1}), "`size` must be 0 or more"),
        ("create_company", json!({"company_id": "a", "size": 1.5}), "`size` of companies.create takes whole number"),
        ("create_company", json!({"company_id": "a", "custom_attributes": {"x": {"y": 1}}}), "`x` is an object or a list"),
        ("create_company", json!({"company_id": "a", "remote_created_at": 1_795_170_600_000_i64}), "not milliseconds"),
        ("create_company", json!({"company_id": "a", "if_exists": "maybe"}), "takes update | error"),
        ("update_company", json!({"company_id": id}), "`name` or another field"),
        ("update_company", json!({"company_id": id, "monthly_spend": 1e12}), "`monthly_spend` must be at most"),
        ("update_company", json!({"company_id": id, "size": -3}), "`size` must be 0 or more"),
        ("list_companies", json!({"per_page": 61}), "`per_page` must be from 1 to 60"),
        ("list_companies", json!({"page": 0}), "`page` must be 1 or more"),
        ("list_companies", json!({"order": "up"}), "takes asc | desc"),
    ] {
        let said = refusal(run(&town, name, input.clone()).await);
        assert!(said.contains(says), "{name} {input}: {said}");
    }
    assert_eq!(town.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_company_that_somebody_else_creates_meanwhile_is_updated_or_refused() {
    for if_exists in ["update", "error"] {
        let (town, posts) = (companies(4), AtomicUsize::new(0));
        let intercom =
            beside(&town, "2.14", move |request| match request.method() == "POST" && posts.fetch_add(1, Ordering::SeqCst) == 0 {
                true => {
                    let error = json!({"code": "unique_company_constraint", "message": "Company already exists."});
                    Fate::Raced(400, json!({"type": "error.list", "errors": [error]}))
                }
                false => Fate::Passed,
            });
        let before = town.ids("companies").len();
        let input = json!({"company_id": "acme-1", "name": "Acme Glass", "if_exists": if_exists});
        match run_on(&intercom, "create_company", input).await {
            Ok(said) => {
                assert_eq!((if_exists, &said.answer["name"]), ("update", &json!("Acme Glass")));
                assert_eq!(said.warnings, ["Another program created the company at the same time: it was updated."]);
            }
            Err(error) => assert_eq!((if_exists, error.code()), ("error", &codes::INT_CONFLICT)),
        }
        assert_eq!(town.ids("companies").len(), before + 1);
    }
}

// Shows: P-129, P-131, P-132, P-133, P-134, P-135, P-136, P-137, P-138.
#[tokio::test(start_paused = true)]
async fn an_update_sends_what_is_given_and_takes_either_id() {
    let town = companies(4);
    let made = run(&town, "create_company", json!({"company_id": "acme 1/ä", "name": "Acme", "size": 3})).await.unwrap().answer;
    let id = made["id"].as_str().unwrap().to_owned();
    for (input, sent) in [
        (json!({"name": "Acme Glass"}), json!({"name": "Acme Glass"})),
        (json!({"monthly_spend": 155.98}), json!({"monthly_spend": 155})),
        (json!({"plan": "Growth"}), json!({"plan": "Growth"})),
        (json!({"size": 0}), json!({"size": 0})),
        (json!({"website": "not an address"}), json!({"website": "not an address"})),
        (
            json!({"industry": "Glass", "custom_attributes": {"account_owner": "x"}}),
            json!({"industry": "Glass", "custom_attributes": {"account_owner": "x"}}),
        ),
    ] {
        for named in [id.as_str(), "acme 1/ä"] {
            let mut input = input.clone();
            input["company_id"] = json!(named);
            let said = run(&town, "update_company", input.clone()).await.unwrap();
            assert_eq!(said.answer["id"], json!(id));
            assert_eq!(town.bodies("PUT", &format!("/companies/{id}")).last(), Some(&sent));
            let warned = usize::from(input.get("monthly_spend").is_some());
            assert_eq!(said.warnings.iter().filter(|text| text.contains("truncated to 155")).count(), warned);
        }
    }
    let now = run(&town, "get_company", json!({"id": id})).await.unwrap().answer;
    assert_eq!((&now["name"], &now["plan"]["name"], &now["size"]), (&json!("Acme Glass"), &json!("Growth"), &json!(0)));
    assert_eq!(
        (&now["monthly_spend"], &now["website"], &now["industry"]),
        (&json!(155), &json!("not an address"), &json!("Glass"))
    );
    let calls = town.calls().len();
    for (field, value) in [("remote_created_at", json!(NOW)), ("new_company_id", json!("acme-2"))] {
        let said = refusal(run(&town, "update_company", json!({"company_id": id, "name": "x", field: value})).await);
        assert!(said.contains(field) && said.contains("cannot be changed on update"), "{said}");
    }
    assert_eq!(town.calls().len(), calls);
    let missing = run(&town, "update_company", json!({"company_id": "nobody", "name": "x"})).await.unwrap_err();
    assert_eq!(missing.code(), &codes::INT_MISSING);
}

// Shows: P-055.
#[tokio::test(start_paused = true)]
async fn a_deleted_company_leaves_its_contacts_behind() {
    let town = companies(4);
    let (company, contact) = (town.add_named_company("Heron", "Scale", 3), town.ids("contacts")[0].clone());
    town.attach_company(&contact, &company);
    let own = town.record("companies", &company).unwrap()["company_id"].clone();
    let said = run(&town, "delete_company", json!({"company_id": own})).await.unwrap();
    assert_eq!(said.answer, json!({"id": company, "deleted": true}));
    assert!(town.record("companies", &company).is_none() && town.record("contacts", &contact).is_some());
    assert!(!town.links("contact_companies").contains(&(contact, company.clone())));
    for gone in [json!({"company_id": company}), json!({"company_id": own})] {
        let again = run(&town, "companies.delete", gone.clone()).await.unwrap();
        assert_eq!(
            (&again.answer["deleted"], &again.answer["id"], again.warnings.len()),
            (&json!(false), &gone["company_id"], 1)
        );
    }
}
