//! Ten per second here, a hundred per hour there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tajo_core::codes;
use tajo_core::rest::Limits;
use tokio::time::Instant;

use super::script::{Script, limited};
use crate::{ContactPage, Event, Who};

/// One limit of the server: requests per window of so many seconds.
struct Window {
    limit: u32,
    secs: u64,
    number: u64,
    used: u32,
}

/// How often each bucket refused.
type Refused = Arc<Mutex<HashMap<&'static str, u32>>>;

/// A server of the General tier: `/contacts/{…}` and `POST /events` ten per second, all else a hundred per hour, the bare
/// `/contacts` in either.
fn general(bare_is_slow: bool) -> (Arc<Script>, Refused) {
    let born = Instant::now();
    let window = |limit, secs| Window { limit, secs, number: 0, used: 0 };
    let windows = Mutex::new([window(10, 1), window(10, 1), window(100, 3600)]);
    let refused = Arc::new(Mutex::new(HashMap::new()));
    let counted = Arc::clone(&refused);
    let script = Script::new(move |_, request| {
        let (path, is_post) = (request.uri().path(), request.method() == "POST");
        let (at, name) = match path {
            "/v3/contacts" if bare_is_slow => (2, "slow"),
            "/v3/events" if is_post => (1, "events"),
            _ if path.starts_with("/v3/contacts") => (0, "contacts"),
            _ => (2, "slow"),
        };
        let window = &mut windows.lock().unwrap()[at];
        // Not on a window's edge.
        let now = born.elapsed() + Duration::from_millis(371);
        let number = now.as_secs() / window.secs;
        if number != window.number {
            (window.number, window.used) = (number, 0);
        }
        // It jitters.
        let left = window.secs - now.as_secs() % window.secs + u64::from(now.subsec_millis().is_multiple_of(3));
        if window.used == window.limit {
            *counted.lock().unwrap().entry(name).or_default() += 1;
            return limited(429, "{}", Some((window.limit, 0, left)));
        }
        window.used += 1;
        let body = match path {
            "/v3/contacts" => r#"{"contacts":[],"count":0}"#,
            "/v3/companies" => r#"{"items":[]}"#,
            "/v3/events/batch" => r#"{"message":"","count":1}"#,
            _ => "",
        };
        limited(if body.is_empty() { 204 } else { 200 }, body, Some((window.limit, window.limit - window.used, left)))
    });
    (script, refused)
}

fn event() -> Event {
    Event { name: "x".into(), who: Who::Id(7), date: None, properties: Default::default() }
}

#[tokio::test(start_paused = true)]
async fn the_fast_buckets_run_on_while_the_slow_one_is_empty() {
    let (script, refused) = general(false);
    let brevo = script.client();
    let begun = Instant::now();
    // Empty the slow bucket.
    for _ in 0..100 {
        brevo.companies(0, 50).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
    let error = brevo.companies(0, 50).await.unwrap_err();
    assert_eq!((error.code(), error.noted("bucket")), (&codes::BRV_THROTTLED, Some("other")));
    assert!(error.asked_wait().is_some_and(|wait| wait > Duration::from_secs(3000)), "{error:?}");

    let begun = Instant::now();
    let (contacts, events) = tokio::join!(
        async {
            for id in 0..300 {
                brevo.delete_contact(&Who::Id(id)).await.unwrap();
            }
        },
        async {
            for _ in 0..300 {
                brevo.send_event(&event()).await.unwrap();
            }
        }
    );
    let ((), ()) = (contacts, events);
    let took = begun.elapsed().as_secs_f64();
    assert!((28.0..40.0).contains(&took), "two buckets of ten per second side by side: {took}");
    let refused = refused.lock().unwrap().clone();
    assert_eq!(refused.get("slow"), None, "nothing is sent into an empty window");
    assert!(refused.values().sum::<u32>() <= 6, "{refused:?}");
    let gauges: HashMap<_, _> = brevo.gauges().into_iter().collect();
    assert_eq!((gauges["other"].limit, gauges["other"].remaining), (Some(100), Some(0)));
    assert_eq!(gauges["contacts/{…}"].limit, Some(10));

    // The hour passes.
    tokio::time::advance(Duration::from_secs(3605)).await;
    brevo.companies(0, 50).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_bare_path_may_turn_out_to_be_slow_and_slows_nobody_else() {
    let (script, _) = general(true);
    let brevo = script.client();
    let mut throttled = None;
    for _ in 0..110 {
        match brevo.contacts(&ContactPage::default()).await {
            Ok(_) => {}
            Err(error) => throttled = Some(error),
        }
    }
    let error = throttled.expect("a hundred an hour");
    assert_eq!((error.code(), error.noted("bucket")), (&codes::BRV_THROTTLED, Some("contacts")));
    // Its limit of a hundred must not be taken for that of single contacts, nor its emptiness.
    for id in 0..20 {
        brevo.delete_contact(&Who::Id(id)).await.unwrap();
    }
    // Another path of the same bucket learns it from its first answer.
    let error = brevo.companies(0, 50).await.unwrap_err();
    assert_eq!((error.code(), error.noted("bucket")), (&codes::BRV_THROTTLED, Some("other")));
    let calls = script.seen().len();
    assert!(brevo.companies(0, 50).await.is_err());
    assert_eq!(script.seen().len(), calls, "told once is enough");
}

#[tokio::test(start_paused = true)]
async fn before_anything_is_known_two_are_under_way_and_ten_per_second_go_out() {
    let begun = Instant::now();
    let script = Script::new(|_, _| super::script::reply(204, ""));
    let brevo = script.client_with(Limits { seed: 1, ..Limits::default() });
    for id in 0..15 {
        brevo.delete_contact(&Who::Id(id)).await.unwrap();
    }
    assert!((1..3).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    // No answer speaks of a limit: there is none.
    for id in 0..500 {
        brevo.delete_contact(&Who::Id(id)).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
