use std::time::Instant;

use serde_json::json;

use crate::asking::{NOW, leaf, post, town};

/// Not a benchmark: a guard against scanning everything for one window.
#[tokio::test(start_paused = true)]
async fn a_large_town_answers_window_queries_at_once() {
    let begun = Instant::now();
    let town = town(|o| (o.contacts, o.companies, o.conversations) = (200_000, 5_000, 50_000));
    let founded = begun.elapsed();
    let window = json!({"operator": "AND", "value": [leaf("updated_at", ">", NOW - 50 * 86_400), leaf("updated_at", "<", NOW - 20 * 86_400)]});
    let begun = Instant::now();
    for _ in 0..20 {
        let page = post(&town, "/contacts/search", &json!({"query": window, "pagination": {"per_page": 150}})).await;
        assert!(page.body["total_count"].as_u64().unwrap() > 60_000);
    }
    let asked = begun.elapsed();
    println!("founded in {founded:?}, 20 pages of 150 in {asked:?}");
    assert!(founded.as_secs() < 60 && asked.as_secs() < 60);
}
