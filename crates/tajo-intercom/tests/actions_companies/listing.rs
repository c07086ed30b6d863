//! Read: one, pages, filters, the scroll, and what belongs to one.

use std::collections::HashSet;

use serde_json::json;
use tajo_core::codes;

use crate::town::{connect, run, run_on};
use crate::{Fate, all_pages, beside, companies, ids, refusal, visible};

// Shows: P-072, P-074, T-081.
#[tokio::test(start_paused = true)]
async fn a_company_is_read_by_id_own_id_or_name() {
    let town = companies(4);
    let id = town.ids("companies")[2].clone();
    let record = town.record("companies", &id).unwrap();
    for input in [
        json!({"company_id": id}),
        json!({"id": id, "by": "id"}),
        json!({"company_id": record["company_id"]}),
        json!({"company_id": record["company_id"], "by": "company_id"}),
        json!({"company_id": record["name"], "by": "name"}),
    ] {
        let answer = run(&town, "get_company", input.clone()).await.unwrap().answer;
        assert_eq!(answer, record, "{input}");
    }
    for input in [
        json!({"company_id": "nobody"}),
        json!({"company_id": "6762f0a61bb69f9f0000ffff"}),
        json!({"company_id": "No", "by": "name"}),
    ] {
        assert_eq!(run(&town, "get_company", input.clone()).await.unwrap_err().code(), &codes::INT_MISSING, "{input}");
    }
    // The documentation has a list here; it is read as well as the object, and never for another company.
    let listed = beside(&town, "2.14", |_| {
        let row = |id: &str, own: &str| json!({"type": "company", "id": id, "company_id": own});
        Fate::Answered(200, json!({"type": "list", "data": [row("x", "other"), row("y", "own")]}))
    });
    assert_eq!(run_on(&listed, "get_company", json!({"company_id": "own"})).await.unwrap().answer["id"], "y");
    assert_eq!(run_on(&listed, "get_company", json!({"company_id": "none"})).await.unwrap_err().code(), &codes::INT_MISSING);
    let calls = town.calls().len();
    assert!(
        refusal(run(&town, "conversations.update", json!({"conversation_id": "1", "company_id": " "})).await).contains("empty")
    );
    assert_eq!(town.calls().len(), calls);
}

// Shows: P-078, P-080, P-081, P-082, T-079.
#[tokio::test(start_paused = true)]
async fn companies_are_listed_page_after_page_in_either_order() {
    let town = companies(70);
    let all = visible(&town);
    let first = run(&town, "list_companies", json!({})).await.unwrap().answer;
    assert_eq!(
        (first["data"].as_array().unwrap().len(), &first["total_count"], &first["next_page"]),
        (15, &json!(all.len()), &json!(2))
    );
    assert_eq!(first.get("next_cursor"), None, "there are no cursors here, whatever `pages.next` holds");
    let asked = town.calls().last().unwrap().clone();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/companies/list"));
    assert_eq!(asked.query, "per_page=15&order=desc");
    for (per_page, version) in [(7, "2.14"), (15, "2.14"), (60, "2.14"), (15, "2.10")] {
        let intercom = connect(&town, version);
        let (mut page, mut desc) = (json!(1), Vec::new());
        while !page.is_null() {
            let answer = run_on(&intercom, "companies.list", json!({"per_page": per_page, "page": page})).await.unwrap().answer;
            desc.extend(answer["data"].as_array().unwrap().iter().cloned());
            page = answer["next_page"].clone();
        }
        assert_eq!(desc.len(), all.len());
        let seen: HashSet<String> = desc.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(seen, all);
        let when: Vec<i64> = desc.iter().map(|row| row["last_request_at"].as_i64().unwrap()).collect();
        assert!(when.is_sorted_by(|a, b| a >= b), "latest request first");
        let mut asc = all_pages(&town, "companies.list", json!({"per_page": per_page, "order": "asc"})).await;
        asc.reverse();
        assert_eq!(asc.iter().map(|row| &row["id"]).collect::<Vec<_>>(), desc.iter().map(|row| &row["id"]).collect::<Vec<_>>());
    }
    let far = run(&town, "list_companies", json!({"page": 1000, "per_page": 60})).await.unwrap_err();
    assert_eq!(
        (far.code(), far.noted("Intercom says")),
        (&codes::INT_INVALID, Some("page limit reached, please use scroll API"))
    );
    assert!(far.remedy().contains("companies.scroll"), "{far:?}");
}

// Shows: P-083, P-084, P-085, P-086, P-087.
#[tokio::test(start_paused = true)]
async fn a_filter_chooses_the_other_call_and_stands_alone() {
    let town = companies(70);
    let (id, segment) = (town.ids("companies")[0].clone(), town.ids("segments")[1].clone());
    let record = town.record("companies", &id).unwrap();
    for input in [json!({"name": record["name"]}), json!({"company_id": record["company_id"], "page": 1, "per_page": 5})] {
        let answer = run(&town, "list_companies", input).await.unwrap().answer;
        assert_eq!(answer, json!({"data": [record], "total_count": 1}));
        assert_eq!(town.calls().last().unwrap().path, "/companies");
    }
    let none = run(&town, "list_companies", json!({"name": "Nobody & Sons"})).await.unwrap().answer;
    assert_eq!(none, json!({"data": [], "total_count": 0}));
    let has = |list: &str, items: &str, id: &str| -> HashSet<String> {
        let holds = |company: &String| {
            let record = town.record("companies", company).unwrap();
            record[list][items].as_array().unwrap().iter().any(|at| at["id"] == id)
        };
        visible(&town).into_iter().filter(holds).collect()
    };
    let tag = town.ids("tags").into_iter().max_by_key(|tag| has("tags", "tags", tag).len()).unwrap();
    for (input, expect) in [
        (json!({"tag_id": tag, "per_page": 2}), has("tags", "tags", &tag)),
        (json!({"segment_id": segment, "per_page": 2}), has("segments", "segments", &segment)),
    ] {
        assert!(expect.len() > 2, "{input}: the test needs pages");
        let rows = all_pages(&town, "list_companies", input.clone()).await;
        assert_eq!(rows.len(), expect.len());
        assert_eq!(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<HashSet<_>>(), expect, "{input}");
    }
    let calls = town.calls().len();
    for (input, one, other) in [
        (json!({"name": "x", "company_id": "y"}), "name", "company_id"),
        (json!({"tag_id": "1", "segment_id": "2"}), "tag_id", "segment_id"),
        (json!({"name": "x", "tag_id": "1"}), "name", "tag_id"),
        (json!({"tag_id": "1", "order": "asc"}), "tag_id", "order"),
        (json!({"company_id": "x", "order": "desc"}), "company_id", "order"),
        (json!({"name": "x", "page": 2}), "name", "page"),
        (json!({"starting_after": "x"}), "starting_after", "page"),
        (json!({"starting_after_cursor": "x"}), "starting_after", "page"),
    ] {
        let said = refusal(run(&town, "list_companies", input.clone()).await);
        assert!(said.contains(&format!("`{one}`")) && said.contains(&format!("`{other}`")), "{input}: {said}");
    }
    assert_eq!(town.calls().len(), calls);
}

#[tokio::test(start_paused = true)]
async fn the_scroll_reads_every_company_and_one_at_a_time() {
    let town = companies(230);
    let lonely = town.add_company();
    let rows = all_pages(&town, "companies.scroll", json!({})).await;
    let seen: HashSet<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!((rows.len(), seen.len()), (town.ids("companies").len(), rows.len()));
    assert!(seen.contains(lonely.as_str()) && !visible(&town).contains(&lonely));
    // Begun and left: nobody else can begin, and after a minute it is gone.
    let begun = run(&town, "companies.scroll", json!({})).await.unwrap().answer;
    let held = run(&town, "companies.scroll", json!({})).await.unwrap_err();
    assert_eq!(held.code(), &codes::INT_SCROLL);
    tokio::time::advance(std::time::Duration::from_secs(61)).await;
    let late = run(&town, "companies.scroll", json!({"scroll_param": begun["next_cursor"]})).await.unwrap_err();
    assert!(late.code() == &codes::INT_MISSING && late.remedy().contains("begin again"), "{late:?}");
}

// Shows: T-082.
#[tokio::test(start_paused = true)]
async fn contacts_and_segments_of_a_company_are_listed_by_either_id() {
    let town = companies(4);
    let company = town.add_named_company("Heron", "Scale", 3);
    let own = town.record("companies", &company).unwrap()["company_id"].clone();
    let contacts: Vec<String> = town.ids("contacts").into_iter().take(7).collect();
    contacts.iter().for_each(|contact| town.attach_company(contact, &company));
    for named in [json!(company), own] {
        let rows = all_pages(&town, "companies.list_contacts", json!({"company_id": named, "per_page": 3})).await;
        let listed: HashSet<String> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!((rows.len(), listed), (7, contacts.iter().cloned().collect()));
        let segments = run(&town, "list_company_segments", json!({"company_id": named})).await.unwrap().answer;
        let expect: Vec<String> = town.record("companies", &company).unwrap()["segments"]["segments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|segment| segment["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(ids(&segments), expect);
    }
    assert!(
        refusal(run(&town, "companies.list_contacts", json!({"company_id": company, "per_page": 61})).await).contains("per_page")
    );
    assert_eq!(run(&town, "companies.list_segments", json!({"company_id": "no"})).await.unwrap_err().code(), &codes::INT_MISSING);
}
