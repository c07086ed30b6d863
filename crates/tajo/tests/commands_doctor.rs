//! `tajo doctor` and `tajo connectors export`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::{get, post};
use desk::{Desk, small};
use http::HeaderValue;
use serde_json::Value;
use tajo_sim::{BrevoOptions, Options, Tier};

const DOCTOR: [&str; 2] = ["doctor", "--json"];
const NAMES: [&str; 11] = [
    "configuration",
    "state",
    "destination",
    "disk",
    "token",
    "api version",
    "clock",
    "contacts",
    "conversations",
    "companies",
    "brevo",
];

/// The line of that check.
#[track_caller]
fn line<'a>(page: &'a Value, name: &str) -> &'a Value {
    let list = page["checks"].as_array().unwrap();
    list.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("no check {name}: {page:#}"))
}

#[track_caller]
fn status<'a>(page: &'a Value, name: &str) -> &'a str {
    line(page, name)["status"].as_str().unwrap()
}

#[track_caller]
fn said<'a>(page: &'a Value, name: &str) -> &'a str {
    line(page, name)["said"].as_str().unwrap()
}

/// Serves a router on a port of its own and lets the desk take it for Intercom.
fn serve(desk: &mut Desk, router: Router) {
    let url = desk.wait_for(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    });
    desk.set("TAJO_INTERCOM_BASE_URL", Some(&url));
}

#[test]
fn all_is_well_and_nothing_is_written() {
    let desk = Desk::new(small());
    let page = desk.tajo(&DOCTOR).ended(0).json();
    let names: Vec<&str> = page["checks"].as_array().unwrap().iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert_eq!(names[..NAMES.len()], NAMES);
    assert_eq!((names.len(), names[NAMES.len()]), (NAMES.len() + 1, "webhooks"));
    for check in page["checks"].as_array().unwrap().iter().filter(|check| check["check"] != "disk") {
        assert_eq!((&check["status"], &check["todo"]), (&"ok".into(), &Value::Null), "{check}");
    }
    assert_eq!((page["healthy"].as_bool(), page["failures"].as_u64()), (Some(true), Some(0)));
    assert!(said(&page, "disk").contains("MB free") || said(&page, "disk").contains("unknown"));
    assert!(said(&page, "webhooks").contains("/webhooks/intercom"));
    assert!(!desk.path("home").exists(), "a look makes no files");
    let ran = desk.tajo(&["doctor"]).ended(0);
    assert!(ran.out.lines().any(|line| line.starts_with("ok    token          good; workspace ")), "{}", ran.out);
    assert!(ran.err.contains("12 checks"), "{}", ran.err);

    desk.tajo(&["connectors", "sync", "intercom"]).ended(0);
    let page = desk.tajo(&DOCTOR).ended(0).json();
    assert!(said(&page, "state").contains("last run: success"), "{page:#}");
    assert!(said(&page, "destination").contains(" rows in "), "{page:#}");
}

// Shows: T-131.
#[test]
fn the_version_in_use_is_held_against_the_apps_own_and_the_newest_known() {
    const PINNED: &str = "connectors:\n  intercom:\n    api_version: \"2.14\"\n";
    for (app, config, expect) in
        [("2.14", "", "ok"), ("2.11", "", "warn"), ("2.11", PINNED, "ok"), ("2.40", PINNED, "warn"), ("", PINNED, "ok")]
    {
        let mut desk = Desk::new(small());
        let told = HeaderValue::from_static(app);
        // Names the app's version where no header asked for one.
        let naming = move |request: Request, next: Next| {
            let told = told.clone();
            async move {
                let is_asked = request.headers().contains_key("intercom-version");
                let mut response = next.run(request).await;
                if !is_asked && !told.is_empty() {
                    response.headers_mut().insert("intercom-version", told);
                }
                response
            }
        };
        let router = desk.town.router().layer(from_fn(naming));
        serve(&mut desk, router);
        if !config.is_empty() {
            desk.config(config);
        }
        let page = desk.tajo(&DOCTOR).ended(0).json();
        let said = said(&page, "api version");
        assert_eq!(status(&page, "api version"), expect, "{said}");
        let how = if config.is_empty() { "Tajo's default" } else { "pinned" };
        let own = if app.is_empty() { "unknown" } else { app };
        assert!(said.starts_with(&format!("2.14 is used ({how}); the app's own is {own}")), "{said}");
        assert!(said.ends_with("the newest that Tajo knows is 2.17"), "{said}");
        let todo = line(&page, "api version")["todo"].as_str().unwrap_or_default();
        assert_eq!(todo.contains("api_version: \"2.14\""), expect == "warn" && config.is_empty(), "{todo}");
    }
}

#[test]
fn what_fails_says_what_to_do_and_decides_the_exit_code() {
    // A token that is refused: what needs it is not tried.
    let desk = Desk::new(Options { token: Some("another".into()), ..small() });
    let page = desk.tajo(&DOCTOR).ended(77).json();
    assert_eq!(status(&page, "token"), "fail");
    assert!(said(&page, "token").contains("TJ-AUTH-401"), "{page:#}");
    for name in ["api version", "clock", "contacts", "conversations", "companies"] {
        assert!(status(&page, name) == "warn" && said(&page, name).starts_with("not tried"), "{page:#}");
    }
    let ran = desk.tajo(&["doctor"]).ended(77);
    assert!(ran.out.contains("do: Create a new token in Developer Hub"), "{}", ran.out);

    // A permission that is missing, told in either way: the others are tried.
    for told_as_401 in [false, true] {
        let desk = Desk::new(small());
        match told_as_401 {
            true => desk.town.faults().token_unauthorized("/conversations"),
            false => desk.town.faults().missing_scope("/conversations", "read_conversations"),
        }
        let page = desk.tajo(&DOCTOR).ended(77).json();
        assert_eq!(["contacts", "conversations", "companies"].map(|name| status(&page, name)), ["ok", "fail", "ok"], "{page:#}");
        assert!(line(&page, "conversations")["todo"].as_str().unwrap().contains("Tick \"Read conversations\""), "{page:#}");
    }

    // A configuration that is wrong: what can be known without it is told.
    let desk = Desk::new(small());
    desk.config("connectors:\n  intercom:\n    acces_token: x\n    region: mars\n");
    let page = desk.tajo(&DOCTOR).ended(78).json();
    assert_eq!((status(&page, "configuration"), status(&page, "token")), ("fail", "warn"));
    assert!(said(&page, "configuration").contains("2 mistakes"), "{page:#}");
    assert!(line(&page, "configuration")["todo"].as_str().unwrap().contains("tajo config check"));
    assert_eq!(status(&page, "state"), "ok");
    assert_eq!(desk.town.calls().len(), 0);

    // Files that are no databases.
    let desk = Desk::new(small());
    std::fs::create_dir_all(desk.path("home")).unwrap();
    std::fs::write(desk.path("home").join("state.db"), "nonsense, and more of it than a header").unwrap();
    std::fs::write(desk.database(), "nonsense, and more of it than a header").unwrap();
    let page = desk.tajo(&DOCTOR).ended(74).json();
    assert_eq!(["state", "destination", "token"].map(|name| status(&page, name)), ["fail", "fail", "ok"], "{page:#}");
}

#[test]
fn a_clock_that_is_off_and_another_region_are_worth_a_line() {
    let now = jiff::Timestamp::now().as_second();
    let desk = Desk::new(Options { now: Some(now + 3600), region: "EU".into(), ..small() });
    let page = desk.tajo(&DOCTOR).ended(0).json();
    assert_eq!((status(&page, "clock"), status(&page, "token")), ("warn", "warn"));
    assert!(said(&page, "clock").contains("behind Intercom's"), "{page:#}");
    assert!(line(&page, "token")["todo"].as_str().unwrap().contains("region: eu"), "{page:#}");
    assert_eq!(desk.tajo(&["--region", "eu", "doctor", "--json"]).ended(0).json()["warnings"], 1);
}

#[test]
fn brevos_key_and_its_slow_bucket_are_looked_at_where_it_is_connected() {
    let connected = "connectors:\n  intercom: {}\n  brevo: {}\n";
    let brevo = BrevoOptions { tier: Tier::General, ..BrevoOptions::default() };
    let mut desk = Desk::new(Options { brevo, ..small() });
    assert!(said(&desk.tajo(&DOCTOR).ended(0).json(), "brevo").contains("not connected"));
    let url = format!("{}/v3", desk.url);
    desk.set("BREVO_API_KEY", Some("key_for_the_twin_only"));
    desk.set("TAJO_BREVO_BASE_URL", Some(&url));
    desk.config(connected);
    let page = desk.tajo(&DOCTOR).ended(0).json();
    let told = said(&page, "brevo");
    assert!(status(&page, "brevo") == "ok" && told.contains("other: 99 of 100 calls left"), "{told}");
    assert!(!told.contains('@'), "{told}");
    for _ in 0..90 {
        desk.wait_for(async {
            use tower::ServiceExt;
            let request = http::Request::get("/v3/account").header("api-key", "key_for_the_twin_only");
            desk.town.router().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        });
    }
    let page = desk.tajo(&DOCTOR).ended(0).json();
    assert_eq!(status(&page, "brevo"), "warn", "{page:#}");
    desk.set("BREVO_API_KEY", None);
    let page = desk.tajo(&DOCTOR).ended(78).json();
    assert!(said(&page, "brevo").contains("TJ-BRV-NONE"), "{page:#}");
}

/// Intercom's export, as far as a file: the answer to a start, and what was asked.
fn exporting(start: (u16, &'static str)) -> (Router, Arc<Mutex<Vec<String>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let (begun, loaded) = (Arc::clone(&log), Arc::clone(&log));
    let begin = move |body: String| async move {
        begun.lock().unwrap().push(body);
        (http::StatusCode::from_u16(start.0).unwrap(), start.1)
    };
    let load = move |headers: http::HeaderMap| async move {
        loaded.lock().unwrap().push(headers["accept"].to_str().unwrap().to_string());
        b"\x1f\x8b no CSV and no JSON".to_vec()
    };
    let router = Router::new().route("/export/content/data", post(begin)).route("/download/content/data/{job}", get(load));
    (router, log)
}

const JANUARY: [&str; 9] =
    ["connectors", "export", "intercom", "--from", "2026-01-01", "--to", "2026-01-31", "--out", "january.gz"];

// Shows: T-124.
#[test]
fn an_export_is_a_file_and_a_second_one_fails_typed() {
    let mut desk = Desk::new(small());
    let (router, log) = exporting((200, r#"{"job_identifier":"al9w98","status":"completed","download_url":""}"#));
    serve(&mut desk, router);
    let ran = desk.tajo(&JANUARY).ended(0);
    assert_eq!(ran.out, "wrote january.gz (21 bytes)\n");
    assert!(ran.err.contains("export al9w98 is ready"), "{}", ran.err);
    assert_eq!(std::fs::read(desk.path("january.gz")).unwrap(), b"\x1f\x8b no CSV and no JSON");
    let asked = log.lock().unwrap().clone();
    let span: Value = serde_json::from_str(&asked[0]).unwrap();
    assert_eq!(span, serde_json::json!({"created_at_after": 1_767_225_600, "created_at_before": 1_769_903_999}));
    assert_eq!(asked[1], "application/octet-stream");
    let ran = desk.tajo(&JANUARY).ended(74);
    assert!(ran.err.contains("exists already"), "{}", ran.err);
    assert_eq!(log.lock().unwrap().len(), 2, "nothing is asked for a file that cannot be written");

    let (router, log) = exporting((
        429,
        r#"{"type":"error.list","errors":[{"code":"rate_limit_exceeded","message":"Exceeded rate limit of 1 pending message data export jobs"}]}"#,
    ));
    serve(&mut desk, router);
    std::fs::remove_file(desk.path("january.gz")).unwrap();
    let second = [&JANUARY[..], &["--wait", "0", "--json"]].concat();
    let error = desk.tajo(&second).ended(6).json()["error"].clone();
    assert_eq!(error["code"], "TJ-INT-EXPORT");
    assert!(error["notes"]["Intercom says"].as_str().unwrap().contains("1 pending message data export jobs"), "{error}");
    assert_eq!((log.lock().unwrap().len(), desk.path("january.gz").exists()), (1, false));

    let (router, _) = exporting((200, r#"{"job_identifier":"al9w98","status":"no_data"}"#));
    serve(&mut desk, router);
    let told = desk.tajo(&[&JANUARY[..], &["--json"]].concat()).ended(0).json();
    assert_eq!((&told["path"], &told["bytes"]), (&Value::Null, &0.into()));
    assert!(!desk.path("january.gz").exists());
}

#[test]
fn an_export_of_wrong_days_or_of_brevo_is_a_usage_error() {
    let desk = Desk::new(small());
    for (at, word, says) in [
        (2, "brevo", "Brevo has no export"),
        (4, "2026-02-01", "before the first"),
        (6, "soon", "2026-01-31"),
        (8, "no/such/file", "no folder"),
    ] {
        let mut args = JANUARY;
        args[at] = word;
        let ran = desk.tajo(&args);
        assert!(ran.exit == if at == 8 { 74 } else { 2 } && ran.err.contains(says), "{word}: {ran:?}");
    }
    assert_eq!(desk.town.calls().len(), 0);
}
