//! How well the budget is kept, and how well it is used.

use std::time::Duration;

use tokio::time::Instant;

use super::server::{Fault, Seen, Server, client, crowd};
use crate::rest::Limits;

/// Share of the allowed requests that was used, over all windows but the first and the last.
fn used(seen: &Seen, limit: u32) -> f64 {
    let whole = seen.windows.get(2..).unwrap_or_default();
    if whole.is_empty() {
        return f64::NAN;
    }
    f64::from(whole.iter().map(|(_, used)| used).sum::<u32>()) / f64::from(limit) / whole.len() as f64
}

fn told(name: &str, seen: &Seen, limit: u32, begun: Instant) -> f64 {
    let refused = seen.refused as f64 / seen.calls as f64;
    println!(
        "{name:<44} {:>5} calls {:>4} x 429 ({:.3} %) used {:>5.1} % early {} in flight {} in {:?}",
        seen.calls,
        seen.refused,
        refused * 100.0,
        used(seen, limit) * 100.0,
        seen.early,
        seen.in_flight_max,
        begun.elapsed()
    );
    refused
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_used_up_and_not_overdrawn() {
    for (limit, requests, latency, refused_max) in [
        (10, 500, (20, 200), 0.0),
        (10, 500, (0, 0), 0.0),
        (10, 500, (500, 3000), 0.0),
        (167, 500, (20, 200), 0.0),
        (167, 2000, (0, 0), 0.0),
        (167, 2000, (20, 200), 0.0),
        (1666, 500, (20, 200), 0.0),
        (1666, 12_000, (0, 5), 0.0),
        (1666, 12_000, (20, 200), 0.0),
        (1666, 12_000, (100, 300), 0.0),
    ] {
        let begun = Instant::now();
        let server = Server::slow(limit, latency, |_| None);
        let client = client(&server, Limits::default());
        crowd(&client, 48, requests).await;
        let seen = server.seen();
        let refused = told(&format!("limit {limit}, {requests} requests, {latency:?} ms"), &seen, limit, begun);
        assert!(refused <= refused_max, "{limit}: {refused}");
        assert_eq!(seen.early, 0);
        assert!(seen.in_flight_max <= 48);
        let share = used(&seen, limit);
        assert!(share.is_nan() || share >= 0.95, "{limit}: {share}");
    }
}

#[tokio::test(start_paused = true)]
async fn headers_missing_on_some_answers_cost_little() {
    for (limit, requests) in [(10, 500), (167, 2000), (1666, 12_000)] {
        let begun = Instant::now();
        let server = Server::new(limit, |n| (n % 7 == 3 || n == 1).then_some(Fault::NoHeaders));
        crowd(&client(&server, Limits::default()), 48, requests).await;
        let seen = server.seen();
        let refused = told(&format!("limit {limit}, a seventh without headers"), &seen, limit, begun);
        assert!(refused < 0.02 && seen.early == 0 && used(&seen, limit) >= 0.95, "{limit}: {refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_headers_it_still_arrives() {
    let begun = Instant::now();
    let server = Server::new(100_000, |_| Some(Fault::NoHeaders));
    crowd(&client(&server, Limits::default()), 48, 2000).await;
    assert_eq!(told("no headers at all", &server.seen(), 100_000, begun), 0.0);
    assert!(begun.elapsed() < Duration::from_secs(10));

    let begun = Instant::now();
    let server = Server::new(167, |_| Some(Fault::NoHeaders));
    crowd(&client(&server, Limits::default()), 48, 1000).await;
    told("no headers, but a limit of 167", &server.seen(), 167, begun);
    assert!(begun.elapsed() < Duration::from_secs(150), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn absurd_headers_are_ignored() {
    for (name, fault) in [
        ("reset in milliseconds", Fault::Headers("1666", "3", 1_788_000_000_000)),
        ("reset in an hour", Fault::Headers("1666", "0", 3600)),
        ("reset long ago", Fault::Headers("1666", "0", -3600)),
        ("limit zero", Fault::Headers("0", "0", 5)),
        ("more than all remain", Fault::Headers("10", "5000", 5)),
        ("negative", Fault::Headers("10", "-3", 5)),
        ("words", Fault::Headers("many", "few", 5)),
    ] {
        let begun = Instant::now();
        let server = Server::new(1666, move |_| Some(fault.clone()));
        crowd(&client(&server, Limits::default()), 48, 500).await;
        assert_eq!(told(name, &server.seen(), 1666, begun), 0.0);
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_reset_in_the_future_neither_opens_nor_shuts_the_gate_for_long() {
    let begun = Instant::now();
    let server = Server::new(167, |n| (n == 50).then_some(Fault::Headers("167", "100", 110)));
    crowd(&client(&server, Limits::default()), 48, 2000).await;
    let refused = told("one wrong reset, 110 s ahead", &server.seen(), 167, begun);
    assert!(refused < 0.02, "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(250), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_refusals_is_sat_out() {
    let begun = Instant::now();
    let server = Server::new(1666, |n| (100..200).contains(&n).then_some(Fault::Answer(429, "slow down")));
    let client = client(&server, Limits::default());
    crowd(&client, 48, 1000).await;
    told("a hundred bare 429", &server.seen(), 1666, begun);
    assert_eq!(client.tally().throttled, 100);
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn processes_that_share_a_token_stay_polite() {
    for (limit, requests, refused_max) in [(10, 250, 0.02), (167, 2000, 0.02), (1666, 12_000, 0.005)] {
        let begun = Instant::now();
        let server = Server::new(limit, |_| None);
        let (one, other) = (client(&server, Limits::default()), client(&server, Limits { seed: 99, ..Limits::default() }));
        tokio::join!(crowd(&one, 48, requests), crowd(&other, 48, requests));
        let seen = server.seen();
        let refused = told(&format!("two processes, limit {limit}"), &seen, limit, begun);
        assert!(refused < refused_max, "{refused}");
        assert!(used(&seen, limit) > 0.8, "{}", used(&seen, limit));
    }
}

#[tokio::test(start_paused = true)]
async fn a_ceiling_of_our_own_is_kept() {
    let begun = Instant::now();
    let server = Server::new(1666, |_| None);
    crowd(&client(&server, Limits { per_window: Some(20), ..Limits::default() }), 48, 200).await;
    let seen = server.seen();
    told("our own ceiling of 20", &seen, 20, begun);
    assert!(begun.elapsed() >= Duration::from_secs(90));
    // Windows of ours slide, the server's do not, and a request takes up to 0.1 s to arrive.
    assert!(seen.windows.iter().all(|(_, used)| *used <= 22), "{:?}", seen.windows);
}

#[tokio::test(start_paused = true)]
async fn the_gauge_shows_who_waits_for_what() {
    let server = Server::new(10, |_| None);
    let client = client(&server, Limits::default());
    let work = {
        let client = client.clone();
        tokio::spawn(async move { crowd(&client, 30, 30).await })
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    let gauge = client.pace().gauge();
    assert_eq!((gauge.limit, gauge.remaining, gauge.waiting), (Some(10), Some(0), 20), "{gauge:?}");
    assert!(gauge.resets_in.is_some_and(|left| left > Duration::from_secs(1) && left < Duration::from_secs(10)));
    work.await.expect("the crowd gets through");
    assert_eq!(client.pace().gauge().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_gives_its_place_back() {
    let server = Server::slow(1666, (1000, 1000), |_| None);
    let client = client(&server, Limits { in_flight: 2, ..Limits::default() });
    for _ in 0..20 {
        let gone = tokio::time::timeout(Duration::from_millis(700), crowd(&client, 5, 5)).await;
        assert!(gone.is_err());
    }
    crowd(&client, 5, 5).await;
}
