//! What users of other connectors waited for or lost on a bad day: 429, 503, cut and empty bodies, refused tokens, missing scopes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use support::{Bench, Tap, everything, intercom, only, options, report};
use tajo::warehouse;
use tajo_core::codes;
use tajo_dest::sqlite::SqliteDestination;
use tajo_sim::{Fault, Options};
use tokio::time::advance;

fn town(contacts: usize) -> Options {
    Options { contacts, companies: 30, conversations: 40, spread_days: 20, ..options() }
}

/// Requests sent before the window ended that a 429 had named.
fn too_early(tap: &Tap) -> usize {
    let log = tap.log();
    let start = log[0].sent;
    let clock = |at: tokio::time::Instant| support::NOW * 1000 + i64::try_from((at - start).as_millis()).unwrap();
    let mut early = 0;
    for refused in log.iter().filter(|s| s.status == 429) {
        let reset = refused.reset.unwrap() * 1000;
        early += log.iter().filter(|s| s.sent > refused.answered && clock(s.sent) < reset).count();
    }
    early
}

/// Complaint 11: the window is waited out, and hardly ever overrun.
// Shows: B-28, T-125, A-05.
#[tokio::test(start_paused = true)]
async fn the_rate_limit_is_used_and_hardly_ever_overrun() {
    // The limit, requests at least, and 429s of a thousand at most. 20, 50 and 100 are the plans of the older documentation.
    for (limit, conversations, per_mille) in
        [(10, 40, 19), (20, 90, 19), (50, 220, 19), (100, 430, 19), (166, 700, 19), (167, 700, 19), (1666, 1_500, 1)]
    {
        let bench = Bench::new(Options { rate_limit: limit, conversations, latency_ms: 30, ..town(20) });
        let tap = Tap::listening(&bench.town);
        let run = bench.run_through(tap.clone(), &everything()).await;
        assert_eq!((run.outcome, run.exit), ("complete", 0), "{limit}: {:?}", run.errors);
        let (all, refused) = (bench.town.calls().len(), bench.town.count_status(429));
        assert!(all >= conversations && refused * 1000 <= all * per_mille, "{limit}: {refused} of {all} were 429");
        assert_eq!(too_early(&tap), 0, "{limit}: nobody asks again before the reset");
        let throttled: u64 = run.reports.iter().map(|r| r.throttled).sum();
        assert_eq!(throttled, refused as u64, "{limit}: what was refused is reported");
        // At least 95 % of every full window is used.
        let mut windows = std::collections::BTreeMap::<i64, usize>::new();
        bench.town.calls().iter().for_each(|c| *windows.entry(c.at.div_euclid(10_000)).or_default() += 1);
        let full: Vec<usize> = windows.values().copied().skip(1).take(windows.len().saturating_sub(2)).collect();
        let used: usize = full.iter().sum();
        if limit < 1000 {
            assert!(full.len() >= 3, "{limit}: {windows:?}");
            assert!(used * 100 >= full.len() * limit as usize * 95, "{limit}: {windows:?}");
        }
    }
}

/// Complaint 11: replies without rate headers, absurd ones, and 429s out of nowhere.
#[tokio::test(start_paused = true)]
async fn odd_rate_headers_and_sudden_refusals_lose_nothing() {
    let bench = Bench::new(Options { rate_limit: 60, ..town(200) });
    let faults = bench.town.faults();
    faults.chance(Fault::NoRateHeaders, 300);
    faults.chance(Fault::AbsurdRateHeaders, 200);
    faults.chance(Fault::RateLimited, 60);
    let tap = Tap::listening(&bench.town);
    let run = bench.run_through(tap.clone(), &everything()).await;
    assert_eq!(run.outcome, "complete", "{:?}", run.errors);
    assert_eq!(too_early(&tap), 0);
    faults.clear();
    assert_eq!(bench.differences().await, Vec::<String>::new());
    assert!(faults.fired().len() == 3, "all three were met: {:?}", faults.fired());
}

/// `Retry-After` alone is honoured too.
// Shows: T-125.
#[tokio::test(start_paused = true)]
async fn a_retry_after_without_rate_headers_is_waited_for() {
    let bench = Bench::new(Options { rate_limit: 0, ..town(20) });
    let refused = AtomicBool::new(false);
    let tap = Tap::new(&bench.town, move |request, answer| {
        if request.uri().path() == "/tags" && !refused.swap(true, Ordering::SeqCst) {
            *answer.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
            answer.headers_mut().insert("retry-after", "37".parse().unwrap());
        }
    });
    let run = bench.run_through(tap.clone(), &only(&["tags"])).await;
    assert_eq!((run.outcome, report(&run, "tags").throttled), ("complete", 1));
    let asked: Vec<_> = tap.log().into_iter().filter(|s| s.uri.contains("/tags")).collect();
    let waited = asked[1].sent - asked[0].answered;
    assert!((37..40).contains(&waited.as_secs()), "{waited:?}");
}

/// Complaint 12: a search is a POST that may be repeated.
#[tokio::test(start_paused = true)]
async fn search_posts_are_sent_again_after_every_passing_fault() {
    for fault in [
        Fault::Unavailable,
        Fault::ServerError,
        Fault::BadGateway,
        Fault::GatewayTimeout,
        Fault::Slow(500_000),
        Fault::Dropped,
        Fault::CutBody,
        Fault::EmptyBody,
        Fault::TruncatedJson,
    ] {
        let bench = Bench::new(town(200));
        bench.town.faults().script("/search", 1, 3, fault.clone());
        bench.town.faults().script("/companies/list", 1, 2, fault.clone());
        let run = bench.sync().await;
        assert_eq!((run.outcome, run.exit), ("complete", 0), "{fault:?}: {:?}", run.errors);
        assert_eq!(bench.differences().await, Vec::<String>::new(), "{fault:?}");
    }
}

/// Complaint 13: 200 with an empty or other body, for ever, is an error of that resource and not an empty page.
#[tokio::test(start_paused = true)]
async fn a_good_status_without_json_is_never_an_empty_page() {
    for fault in [Fault::EmptyBody, Fault::TruncatedJson, Fault::CutBody] {
        let bench = Bench::new(town(60));
        bench.sync().await;
        bench.town.touch_contact(&bench.town.ids("contacts")[0]);
        for path in ["/contacts/search", "/tags", "/articles", "/companies/scroll"] {
            bench.town.faults().chance_on(path, fault.clone(), 1000);
        }
        advance(Duration::from_secs(100)).await;
        let run = bench.sync().await;
        assert_eq!((run.outcome, run.exit), ("partial", 6), "{fault:?}");
        for name in ["contacts", "tags", "articles", "companies"] {
            let error = report(&run, name).error.as_ref().unwrap_or_else(|| panic!("{name} {fault:?}"));
            // The twin cuts its refusal of a second scroll too, and a cut refusal cannot say which it was.
            let cut_refusal = name == "companies" && error["code"] == codes::INT_INVALID.id;
            assert!(error["code"] == codes::NET_BODY.id || cut_refusal, "{name} {fault:?} {error:#}");
        }
        assert_eq!((bench.count("tags").await, report(&run, "tags").rows_deleted), (14, 0), "nothing is removed");
        assert_eq!(report(&run, "conversations").error, None);
        bench.town.faults().clear();
        bench.sync().await;
        assert_eq!(bench.differences().await, Vec::<String>::new(), "{fault:?}");
    }
}

/// Complaint 20: a scope that one stream lacks, as 403 and as 401.
// Shows: B-02, T-129.
#[tokio::test(start_paused = true)]
async fn a_missing_scope_fails_one_resource_and_names_the_permission() {
    for (path, name, permission) in [
        ("/conversations", "conversations", "Read conversations"),
        ("/contacts", "contacts", "Read and list users and companies"),
        ("/tickets", "tickets", "Read tickets"),
        ("/articles", "articles", "Read articles"),
        ("/companies", "companies", "Read and list users and companies"),
        ("/tags", "tags", "Read tags"),
        ("/teams", "teams", "Read admins"),
    ] {
        for as_401 in [false, true] {
            let bench = Bench::new(town(30));
            match as_401 {
                true => bench.town.faults().token_unauthorized(path),
                false => bench.town.faults().missing_scope(path, "some_scope"),
            }
            let run = bench.sync().await;
            assert_eq!((run.outcome, run.exit), ("partial", 6), "{name} 401:{as_401}");
            let error = report(&run, name).error.as_ref().unwrap();
            assert_eq!(error["code"], codes::AUTH_SCOPE.id, "{name}");
            assert!(error["help"].as_str().unwrap().contains(&format!("\"{permission}\"")), "{name} 401:{as_401}: {error}");
            for other in
                run.reports.iter().filter(|r| r.name != name && !(name == "conversations" && r.name == "conversation_parts"))
            {
                assert_eq!(other.error, None, "{} finishes without {name}", other.name);
            }
            bench.town.faults().clear();
            bench.sync().await;
            assert_eq!(bench.differences().await, Vec::<String>::new(), "{name}");
        }
    }
}

/// The paragraph below the table: a token revoked in the middle ends the run at once.
// Shows: T-127.
#[tokio::test(start_paused = true)]
async fn a_token_revoked_in_the_middle_ends_the_run_with_its_rows_kept() {
    for nth in [2, 9, 30] {
        let bench = Bench::new(Options { latency_ms: 50, ..town(300) });
        bench.town.faults().revoke_token_at(nth);
        let run = bench.sync().await;
        assert_eq!((run.outcome, run.exit), ("failed", 77), "from request {nth}");
        assert_eq!(run.errors[0]["code"], codes::AUTH_TOKEN.id);
        assert!(run.errors[0]["help"].as_str().unwrap().contains("Developer Hub"), "the remedy: {}", run.errors[0]);
        bench.town.faults().clear();
        let again = bench.sync().await;
        assert_eq!(again.outcome, "complete");
        assert_eq!(bench.differences().await, Vec::<String>::new(), "from request {nth}");
    }
}

/// A refused token is asked about again at most three times; what was under way at that moment cannot be called back.
#[tokio::test(start_paused = true)]
async fn a_refused_token_is_followed_by_at_most_three_more_requests() {
    let mut most = 0;
    for nth in [2, 5, 10, 20, 30, 60] {
        let bench = Bench::new(Options { latency_ms: 50, ..town(900) });
        bench.town.faults().revoke_token_at(nth);
        let tap = Tap::listening(&bench.town);
        assert_eq!(bench.run_through(tap.clone(), &everything()).await.exit, 77);
        let log = tap.log();
        let first = log.iter().filter(|s| s.status == 401).map(|s| s.answered).min().unwrap();
        let after: Vec<_> = log.iter().filter(|s| s.sent >= first).map(|s| s.uri.clone()).collect();
        eprintln!("from request {nth}: {} more: {after:?}", after.len());
        most = most.max(after.len());
    }
    assert!(most <= 3, "{most} requests after the refusal");
}

/// A token that is refused from the start costs one call and touches nothing.
#[tokio::test(start_paused = true)]
async fn a_wrong_token_costs_one_call_and_writes_nothing() {
    let bench = Bench::new(Options { token: Some("another_token".into()), ..town(30) });
    let to = SqliteDestination::open(&bench.path).unwrap();
    let client = intercom(&bench.town, "2.14");
    let error = warehouse::load(&client, "test", &everything(), &to, |_| (), std::future::pending()).await.unwrap_err();
    assert_eq!((error.code(), error.kind().advice().exit), (&codes::AUTH_TOKEN, 77));
    assert_eq!(bench.town.calls().len(), 1);
    assert!(to.tables().await.unwrap().is_empty());
}

/// A captcha or a proxy's page in place of an answer is a passing fault, not a permission and not the end.
#[tokio::test(start_paused = true)]
async fn a_web_page_in_place_of_an_answer_is_tried_again() {
    let bench = Bench::new(town(60));
    let shown = AtomicBool::new(false);
    let tap = Tap::new(&bench.town, move |request, answer| {
        if request.uri().path() == "/contacts/search" && !shown.swap(true, Ordering::SeqCst) {
            *answer.status_mut() = http::StatusCode::METHOD_NOT_ALLOWED;
            answer.headers_mut().insert("content-type", "text/html".parse().unwrap());
            *answer.body_mut() = "<html><body>Are you human?</body></html>".into();
        }
    });
    assert_eq!(bench.run_through(tap, &everything()).await.outcome, "complete");
    assert_eq!(bench.differences().await, Vec::<String>::new());
}

/// Every fault at once, by chance: the fault matrix of a run.
// Shows: T-165.
#[tokio::test(start_paused = true)]
async fn a_swarm_of_faults_changes_nothing_in_the_end() {
    for per_mille in [5, 15] {
        let bench = Bench::new(Options { rate_limit: 400, ..town(300) });
        bench.town.faults().swarm(per_mille);
        let mut complete = false;
        for _ in 0..4 {
            complete = bench.sync().await.outcome == "complete";
            advance(Duration::from_secs(200)).await;
            if complete {
                break;
            }
        }
        assert!(complete, "at {per_mille} of a thousand");
        bench.town.faults().clear();
        assert_eq!(bench.differences().await, Vec::<String>::new());
    }
}
