use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use tajo_sim::{CompanyNext, Fault, Town};

use crate::asking::{code, get, get_as, ids, post, post_as, town};

async fn scroll_page(town: &Town, param: Option<&str>) -> crate::asking::Answer {
    get(town, &param.map_or("/companies/scroll".to_owned(), |param| format!("/companies/scroll?scroll_param={param}"))).await
}

#[tokio::test(start_paused = true)]
async fn the_scroll_shows_all_keeps_its_parameter_and_ends_empty() {
    let town = town(|o| (o.companies, o.contacts) = (250, 600));
    let first = scroll_page(&town, None).await;
    let param = first.body["scroll_param"].as_str().unwrap().to_owned();
    let mut seen = ids(&first.body["data"]);
    assert_eq!(seen.len(), 100);
    assert_eq!(code(&scroll_page(&town, None).await), "scroll_exists");
    loop {
        let page = scroll_page(&town, Some(&param)).await;
        assert_eq!(page.body["scroll_param"], param.as_str());
        let more = ids(&page.body["data"]);
        if more.is_empty() {
            break;
        }
        seen.extend(more);
    }
    assert_eq!(seen, town.ids("companies"));
    assert_eq!(scroll_page(&town, None).await.status, 200, "the end releases the scroll");
}

#[tokio::test(start_paused = true)]
async fn a_minute_of_idling_ends_the_scroll() {
    let town = town(|o| o.companies = 250);
    let param = scroll_page(&town, None).await.body["scroll_param"].as_str().unwrap().to_owned();
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert_eq!(scroll_page(&town, Some(&param)).await.status, 200);
    tokio::time::sleep(Duration::from_secs(61)).await;
    let late = scroll_page(&town, Some(&param)).await;
    assert_eq!((late.status, code(&late)), (404, "not_found"));
    assert_eq!(scroll_page(&town, None).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_scroll_held_by_another_client_is_free_after_its_minute() {
    let town = town(|_| {});
    town.hold_scroll(30);
    assert_eq!(scroll_page(&town, None).await.status, 400);
    tokio::time::sleep(Duration::from_secs(80)).await;
    assert_eq!(scroll_page(&town, None).await.status, 400);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(scroll_page(&town, None).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_failed_scroll_must_start_again() {
    let town = town(|o| o.companies = 250);
    town.faults().once("/companies/scroll", Fault::ScrollFailed);
    let first = scroll_page(&town, None).await;
    let param = first.body["scroll_param"].as_str().unwrap().to_owned();
    assert_eq!(scroll_page(&town, Some(&param)).await.status, 500);
    assert_eq!(scroll_page(&town, Some(&param)).await.status, 404);
    assert_eq!(ids(&scroll_page(&town, None).await.body["data"]), ids(&first.body["data"]));
}

#[tokio::test(start_paused = true)]
async fn the_list_hides_companies_without_users_and_goes_by_pages() {
    let town = town(|o| (o.companies, o.contacts) = (70, 300));
    let with_users: BTreeSet<String> = town.links("contact_companies").into_iter().map(|pair| pair.1).collect();
    assert!(with_users.len() < 70);
    let mut seen = Vec::new();
    for page in 1..=3 {
        let answer = post(&town, &format!("/companies/list?per_page=30&page={page}"), &json!({})).await;
        assert_eq!(
            (&answer.body["pages"]["total_pages"], answer.body["total_count"].as_u64()),
            (&json!(3), Some(with_users.len() as u64))
        );
        seen.extend(answer.body["data"].as_array().unwrap().clone());
    }
    assert!(seen.iter().map(|row| -row["last_request_at"].as_i64().unwrap()).is_sorted());
    assert_eq!(seen.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), with_users);
    assert_eq!(post(&town, "/companies/list?per_page=61", &json!({})).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn the_list_stops_at_ten_thousand() {
    let town = town(|_| {});
    let answer = post(&town, "/companies/list?per_page=50&page=201", &json!({})).await;
    assert_eq!(answer.body["errors"][0]["message"], "page limit reached, please use scroll API");
    assert_eq!(post(&town, "/companies/list?per_page=50&page=200", &json!({})).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn next_takes_every_form() {
    let list = "/companies/list?per_page=5";
    let town_of = |form| town(move |o| o.company_next = form);
    let town = town_of(CompanyNext::ByVersion);
    assert!(post_as(&town, "2.9", list, &json!({})).await.body["pages"]["next"].is_string());
    assert!(post_as(&town, "2.14", list, &json!({})).await.body["pages"]["next"]["page"].is_i64());
    let none = town_of(CompanyNext::Null);
    assert!(post(&none, list, &json!({})).await.body["pages"]["next"].is_null());
}

#[tokio::test(start_paused = true)]
async fn one_company_is_found_by_its_own_id_name_or_ours() {
    let town = town(|_| {});
    let id = &town.ids("companies")[4];
    let company = get(&town, &format!("/companies/{id}")).await.body;
    let own = company["company_id"].as_str().unwrap();
    assert_eq!(get(&town, &format!("/companies?company_id={own}")).await.body, company);
    let name = company["name"].as_str().unwrap().replace(' ', "%20");
    assert_eq!(get(&town, &format!("/companies?name={name}")).await.body, company);
    assert_eq!(code(&get(&town, "/companies?company_id=none").await), "company_not_found");
    let users = get(&town, &format!("/companies/{id}/contacts")).await;
    assert_eq!(users.body["total_count"], company["user_count"]);
    assert!(get_as(&town, "2.15", &format!("/companies/{id}")).await.body["notes"].is_object());
}
