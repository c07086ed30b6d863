//! How many requests, how fast, and how long to wait after a fault.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use pair::{Rig, config_of, empty};
use serde_json::json;
use support::{Bench, NOW, TOKEN, Tap, everything, intercom_by, options, sync_into};
use tajo::config::{self, Known, Overrides, Settings, Source};
use tajo_core::rest::Limits;
use tajo_core::trip::Trip;
use tajo_sim::{BrevoOptions, Fault, Options, Tier, Town};

const PRESETS: [(&str, u32); 4] = [("starter", 20), ("pro", 50), ("premium", 100), ("166", 166)];

fn settings(rate_limit: &str) -> Settings {
    let text = format!("connectors:\n  intercom: {{rate_limit: {rate_limit}}}\n");
    let config = config::load(&Source::text("tajo.yml", &text), &Known::declared(), &|_| None).unwrap_or_else(|e| panic!("{e}"));
    let env = |name: &str| (name == "HOME").then(|| "/nonexistent".to_string());
    Settings::resolve(Some(config), Overrides::default(), &Known::declared(), &env).unwrap()
}

// Shows: T-116, T-117, T-118.
#[tokio::test(start_paused = true)]
async fn under_each_preset_nothing_is_refused() {
    for (name, limit) in PRESETS {
        let limits = settings(name).intercom_limits();
        assert_eq!(limits.per_window, Some(limit), "{name}");
        // A workspace that allows just as much, and one that allows more and is asked for no more.
        for (allowed, latency_ms) in [(limit, if limit == 20 { 30 } else { 0 }), (1666, 0)] {
            let bench = Bench::new(Options {
                rate_limit: allowed,
                contacts: 20,
                conversations: 3 * limit as usize,
                latency_ms,
                ..options()
            });
            let tap = Tap::listening(&bench.town);
            let client = intercom_by(std::sync::Arc::new(tap.clone()), "2.14", Limits { seed: 7, ..limits.clone() });
            let run = sync_into(&client, &everything(), &bench.path).await.unwrap();
            assert_eq!((run.exit, bench.town.count_status(429)), (0, 0), "{name} of {allowed}: {:?}", run.errors);
            let begun = tap.log()[0].sent;
            let mut windows = BTreeMap::<u64, u32>::new();
            tap.log().iter().for_each(|call| *windows.entry((call.sent - begun).as_secs() / 10).or_default() += 1);
            assert!(windows.len() > 3 && windows.values().all(|calls| *calls <= limit + 2), "{name} of {allowed}: {windows:?}");
        }
    }
}

#[test]
fn the_ceiling_is_shown_and_a_wrong_one_refused() {
    for (text, shown) in [("pro", 50), ("PREMIUM", 100), ("7", 7)] {
        let settings = settings(text);
        assert!(settings.config.show().to_yaml().contains(&format!("rate_limit: {shown}\n")), "{text}");
    }
    assert_eq!(config_of("connectors: {brevo: {}}\n").rate_limit, None);
    for text in ["0", "-3", "enterprise", "1.5", "[20]"] {
        let text = format!("connectors:\n  intercom: {{rate_limit: {text}}}\n");
        let refused = config::load(&Source::text("tajo.yml", &text), &Known::declared(), &|_| None);
        assert!(refused.err().is_some_and(|findings| findings.to_string().contains("rate_limit")), "{text}");
    }
}

/// Waits between the attempts of one request whose every answer is this fault.
async fn waits(fault: Fault, limits: Limits) -> (Vec<Duration>, Duration) {
    let town = Town::new(Options { now: Some(NOW), token: Some(TOKEN.into()), rate_limit: 0, ..Options::default() });
    let tap = Tap::listening(&town);
    let client = intercom_by(std::sync::Arc::new(tap.clone()), "2.14", limits);
    town.faults().script("/me", 1, 1_000, fault);
    let begun = tokio::time::Instant::now();
    client.me().await.unwrap_err();
    let log = tap.log();
    (log.windows(2).map(|two| two[1].sent - two[0].answered).collect(), begun.elapsed())
}

// Shows: T-126.
#[tokio::test(start_paused = true)]
async fn waits_after_faults_are_spread_wholly_doubled_and_bounded() {
    let mut by_attempt = vec![Vec::new(); 11];
    for seed in 0..60 {
        let limits = Limits { seed, attempts: 12, ..Limits::default() };
        let budget = limits.elapsed_max;
        let (waits, took) = waits(Fault::Unavailable, limits).await;
        assert!(took <= budget, "{took:?}");
        assert!(waits.len() >= 8, "{waits:?}");
        for (n, wait) in waits.iter().enumerate() {
            by_attempt[n].push(wait.as_millis());
        }
    }
    for (n, waits) in by_attempt.iter().enumerate().filter(|(_, waits)| waits.len() >= 50) {
        let most = (500_u128 << n).min(30_000);
        let (low, high) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(*high <= most + 1, "wait {n}: {high} of {most}");
        // Full jitter: from nothing to the whole of it.
        assert!(*low <= most / 5 && *high >= most * 4 / 5, "wait {n}: {low} to {high} of {most}");
    }
}

// Shows: T-126.
#[tokio::test(start_paused = true)]
async fn a_refusal_for_lack_of_budget_waits_for_the_window_and_not_for_ever() {
    let limits = Limits { seed: 7, ..Limits::default() };
    let budget = limits.elapsed_max;
    let (waits, took) = waits(Fault::RateLimited, limits).await;
    assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(11)), "{waits:?}");
    assert!(took <= budget && waits.len() >= 20, "{} in {took:?}", waits.len());
}

// Shows: T-121, T-122.
#[tokio::test(start_paused = true)]
async fn no_batch_is_larger_and_no_second_busier_than_brevo_allows() {
    const CONFIG: &str = "connectors:\n  intercom:\n    direction: intercom_to_brevo\n    facts: off\n    \
        sync: {contacts: true, events: true}\n    lists: {all_users: 35}\n  brevo: {}\nfield_mapping:\n  email: email\n  name: FULLNAME\n";
    let brevo = BrevoOptions { tier: Tier::General, import_ms: 10, ..BrevoOptions::default() };
    let mut rig = Rig::new(Options { brevo, ..empty() }, CONFIG);
    rig.resources = vec!["contacts"];
    rig.bounds.chunk_bytes = 20_000;
    let tap = Tap::listening(&rig.town);
    rig.via = std::sync::Arc::new(tap.clone());
    for n in 0..600 {
        let id = rig.town.add_person("user", Some(&format!("p{n}@mail.example")), Some("Somebody of Somewhere"));
        if n == 0 {
            for event in 0..230 {
                rig.town.add_event(&id, &format!("event-{event}"), json!({}));
            }
        } else if n < 60 {
            rig.town.add_event(&id, "ordered-item", json!({}));
        }
    }
    let report = rig.good().await;
    assert_eq!((rig.town.brevo().len(), rig.town.brevo().events().len()), (600, 289), "{:?}", report.warnings);
    let sent = tap.log();
    let bodies = |path: &str| -> Vec<String> {
        sent.iter().filter(|s| s.method == "POST" && s.uri.contains(path)).map(|s| s.body.clone()).collect()
    };
    let imports = bodies("/contacts/import");
    assert!(imports.len() > 1 && imports.iter().all(|body| body.len() <= 20_000 + 200), "{}", imports.len());
    let batches = bodies("/events/batch");
    let sizes: Vec<usize> = batches.iter().map(|body| body.matches("event_name").count()).collect();
    assert!(sizes.iter().all(|size| *size <= tajo_brevo::EVENTS_MAX) && sizes.iter().sum::<usize>() == 230, "{sizes:?}");
    assert_eq!(rig.town.brevo().calls().iter().filter(|call| call.status == 429).count(), 0);
    let keys: Vec<&str> = rig.pair(&Trip::default()).await.unwrap().brevo.gauges().into_iter().map(|(key, _)| key).collect();
    assert!(keys.contains(&"events"), "events have a budget of their own: {keys:?}");
}
