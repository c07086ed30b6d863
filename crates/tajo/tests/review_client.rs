//! What Brevo's answers may look like without anything being wrong, and what of it must not stop or mislead a run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{Method, StatusCode};
use pair::{Rig, empty};
use serde_json::{Value, json};
use support::Tap;
use support::between::between;
use tajo::pairs::Bounds;
use tajo::pairs::plan::Scope;
use tajo_core::codes;
use tajo_sim::{BrevoOptions, Options, Tier};

fn config(direction: &str) -> String {
    format!(
        "connectors:\n  intercom:\n    direction: {direction}\n    facts: off\n    no_email: ext_id\n    sync: {{contacts: true}}\n\
         \x20   lists: {{all_users: 35}}\n  brevo: {{}}\nfield_mapping:\n  email: email\n  name: {{to: FULLNAME, direction: both}}\n  phone: SMS\n"
    )
}

fn rig_of(options: Options, direction: &str) -> Rig {
    let mut rig = Rig::new(options, &config(direction));
    rig.resources = vec!["contacts"];
    rig
}

/// Imports from ten contacts on.
fn bulk(brevo: BrevoOptions) -> Rig {
    let mut rig = rig_of(Options { brevo, ..empty() }, "intercom_to_brevo");
    rig.bounds = Bounds { bulk_from: 10, ..Bounds::default() };
    rig
}

fn address(n: usize) -> String {
    format!("person{n}@mail.example")
}

fn settle(rig: &Rig, count: usize) -> Vec<String> {
    (0..count).map(|n| rig.town.add_person("user", Some(&address(n)), Some(&format!("Person {n}")))).collect()
}

async fn quiet(rig: &Rig) {
    rig.wait(1_300).await;
    let writes = rig.town.brevo().writes();
    rig.good().await;
    assert_eq!(rig.town.brevo().writes(), writes, "the next pass is quiet");
}

fn page(answer: &mut http::Response<Bytes>, status: u16) {
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    *answer.body_mut() = Bytes::from_static(b"<html><h1>Not here</h1></html>");
}

#[tokio::test(start_paused = true)]
async fn a_file_of_refused_rows_that_is_gone_stops_neither_this_run_nor_the_next() {
    let mut rig = bulk(empty().brevo);
    let people = settle(&rig, 20);
    rig.town.set_contact(&people[3], "phone", json!("+491510000001"));
    let (town, first) = (rig.town.clone(), AtomicBool::new(true));
    rig.via = Arc::new(Tap::new(&rig.town, move |request, answer| {
        let path = request.uri().path();
        if path.starts_with("/v3/contacts/attributes/") && first.swap(false, Ordering::SeqCst) {
            town.brevo().add_contact(Some("other@mail.example"), json!({"SMS": "491510000001"}));
        }
        if path.starts_with("/imports/") {
            page(answer, 403);
        }
    }));
    let report = rig.pass().await.unwrap_or_else(|error| panic!("{error:?}"));
    let told = serde_json::to_string(&report.errors).unwrap();
    assert_eq!((report.exit, report.done.created, rig.town.brevo().len()), (6, 19, 20), "{told}");
    assert!(told.contains(codes::BRV_IMPORT.id) && told.contains(&people[3]), "{told}");
    rig.wait(1_300).await;
    rig.good().await;
    assert_eq!(rig.brevo(&address(3))["attributes"]["FULLNAME"], "Person 3", "alone, and without the number");
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_import_costs_one_call_a_look_in_an_account_with_a_long_life() {
    let mut rig = bulk(BrevoOptions { tier: Tier::General, import_ms: 600_000, ..empty().brevo });
    settle(&rig, 20);
    let tap = Tap::new(&rig.town, |request, answer| {
        if request.uri().path() != "/v3/processes" {
            return;
        }
        let query = request.uri().query().unwrap();
        let offset: usize = query.split('&').find_map(|part| part.strip_prefix("offset=")).unwrap().parse().unwrap();
        let mut body: Value = serde_json::from_slice(answer.body()).unwrap();
        let shown = body["processes"].as_array_mut().unwrap();
        // A thousand older ones.
        let old =
            (1..=1000).rev().map(|id| json!({"id": 100_000 + id, "name": "CONTACT_EXPORT", "status": "completed", "info": []}));
        shown.extend(old.skip(offset).take(50 - shown.len()));
        *answer.body_mut() = body.to_string().into();
    });
    rig.via = Arc::new(tap.clone());
    let report = rig.good().await;
    assert_eq!(report.done.created, 20);
    let looks: Vec<_> = tap.log().into_iter().map(|seen| seen.uri).filter(|uri| uri.contains("/v3/processes?")).collect();
    assert!(looks.len() > 5 && looks.iter().all(|uri| uri.contains("offset=0")), "{} looks, {looks:?}", looks.len());
}

#[tokio::test(start_paused = true)]
async fn a_gateways_404_buries_nobody() {
    for method in [Method::GET, Method::PUT] {
        let mut rig = rig_of(empty(), "intercom_to_brevo");
        let people = settle(&rig, 2);
        rig.good().await;
        rig.wait(1_300).await;
        let through = Arc::clone(&rig.via);
        rig.town.rename_contact(&people[0], "Ada Fisher");
        let wrong = method.clone();
        rig.via = Arc::new(Tap::new(&rig.town, move |request, answer| {
            if *request.method() == wrong
                && request.uri().path().starts_with("/v3/contacts/")
                && !request.uri().path().ends_with("s")
            {
                page(answer, 404);
            }
        }));
        let report = rig.pass().await;
        let error =
            report.map_or_else(|error| error.code().id.to_owned(), |report| serde_json::to_string(&report.errors).unwrap());
        assert!(error.contains(codes::NET_SERVER.id), "{method}: {error}");
        rig.via = through;
        rig.wait(1_300).await;
        rig.good().await;
        assert_eq!(rig.brevo(&address(0))["attributes"]["FULLNAME"], "Ada Fisher", "{method}: nobody was buried");
        quiet(&rig).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_brevo_made_up_reaches_nobody_in_intercom() {
    let mut rig = rig_of(empty(), "bidirectional");
    let ada = rig.town.add_person("user", None, Some("Ada"));
    rig.town.set_contact(&ada, "phone", json!("+491510000001"));
    let town = rig.town.clone();
    rig.via = Arc::new(Tap::new(&rig.town, move |request, answer| {
        if *request.method() != Method::GET || !request.uri().path().starts_with("/v3/contacts") {
            return;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(answer.body()) else { return };
        let invent = |one: &mut Value| {
            if let (None, Some(phone)) = (one.get("email"), one["attributes"]["SMS"].as_str()) {
                one["email"] = format!("{phone}@mailin-sms.com").into();
            }
        };
        if body.get("contacts").is_some_and(Value::is_array) {
            body["contacts"].as_array_mut().unwrap().iter_mut().for_each(invent);
        } else if body.get("createdAt").is_some() {
            invent(&mut body);
        }
        *answer.body_mut() = body.to_string().into();
    }));
    rig.good().await;
    // Somebody whom Brevo alone knows, by a number.
    town.brevo().add_contact(None, json!({"SMS": "491510000002"}));
    for _ in 0..2 {
        rig.wait(1_300).await;
        assert_eq!(rig.good().await.done.created_in_intercom, 0);
    }
    assert_eq!(rig.intercom(&ada)["email"], Value::Null);
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_brevo_never_stops_processing_keeps_back_nobody_else() {
    let mut rig = rig_of(empty(), "intercom_to_brevo");
    let people = settle(&rig, 6);
    rig.good().await;
    rig.wait(1_300).await;
    people.iter().for_each(|id| rig.town.rename_contact(id, "Renamed"));
    let stuck = rig.brevo(&address(0))["id"].to_string();
    let through =
        std::mem::replace(&mut rig.via, Arc::new(hands::Early { stuck, to: tajo::twin::InProcess::new(rig.town.router()) }));
    for _ in 0..2 {
        let report = rig.pass().await.unwrap_or_else(|error| panic!("{error:?}"));
        let told = serde_json::to_string(&report.errors).unwrap();
        assert_eq!((report.exit, report.done.failed), (6, 1), "{told}");
        assert!(told.contains(codes::BRV_EARLY.id) && told.contains(&people[0]), "{told}");
        assert!((1..6).all(|n| rig.brevo(&address(n))["attributes"]["FULLNAME"] == "Renamed"));
        rig.wait(1_300).await;
    }
    rig.via = through;
    rig.good().await;
    assert_eq!(rig.brevo(&address(0))["attributes"]["FULLNAME"], "Renamed", "as soon as it can be written");
    quiet(&rig).await;
}

#[tokio::test(start_paused = true)]
async fn contacts_that_are_more_than_an_hours_calls_can_read_are_read_all_the_same() {
    let mut rig = rig_of(empty(), "intercom_to_brevo");
    for n in 0..6_500 {
        rig.town.brevo().add_contact(Some(&format!("somebody{n}@else.example")), json!({}));
    }
    settle(&rig, 1);
    let to = tajo::twin::InProcess::new(rig.town.router());
    rig.via = Arc::new(hands::Tight { to, lists: Default::default() });
    let report = rig.good().await;
    assert_eq!((report.done.created, rig.ledger.count_brevo().unwrap()), (1, 6_501));
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_next_hour_ends_when_somebody_ends_the_run() {
    let mut rig = rig_of(empty(), "intercom_to_brevo");
    for n in 0..6_500 {
        rig.town.brevo().add_contact(Some(&format!("somebody{n}@else.example")), json!({}));
    }
    let to = tajo::twin::InProcess::new(rig.town.router());
    rig.via = Arc::new(hands::Tight { to, lists: Default::default() });
    rig.extract().await.unwrap();
    let (wanted, began) = (rig.wanted(Scope::Changed), tokio::time::Instant::now());
    let stop = Arc::clone(&wanted.stop);
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(100)).await;
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let ended = rig.pair(&Default::default()).await.unwrap().pass(&wanted).await.unwrap_err();
    assert_eq!(ended.code(), &codes::INTERRUPTED);
    assert!((100..200).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_was_deleted_after_a_full_scan_that_broke_off_is_missed_by_the_next_one() {
    let mut rig = rig_of(empty(), "intercom_to_brevo");
    let first = rig.town.brevo().add_contact(Some("first@else.example"), json!({}));
    let last = rig.town.brevo().add_contact(Some("last@else.example"), json!({}));
    for n in 0..2_500 {
        rig.town.brevo().add_contact(Some(&format!("somebody{n}@else.example")), json!({}));
    }
    rig.extract().await.unwrap();
    rig.pair(&Default::default()).await.unwrap().refresh(true).await.unwrap();
    let lists = std::sync::atomic::AtomicUsize::new(0);
    rig.via = between(&rig.town, move |request| {
        let list = request.uri().path() == "/v3/contacts" && lists.fetch_add(1, Ordering::SeqCst) > 0;
        list.then(|| (500, json!({"code": "internal_error", "message": "try again"})))
    });
    assert!(rig.pair(&Default::default()).await.unwrap().refresh(true).await.is_err());
    // Whichever end the walk began at, one of them had been met.
    for id in [first, last] {
        rig.town.brevo().delete_contact(id);
    }
    let newest = rig.brevo("somebody2499@else.example")["id"].as_i64().unwrap();
    rig.town.brevo().delete_contact(newest);
    rig.straight();
    let walked = rig.pair(&Default::default()).await.unwrap().refresh(true).await.unwrap();
    assert_eq!((walked.gone, rig.ledger.count_brevo().unwrap()), (3, 2_499));
}

mod hands {
    use std::sync::Mutex;

    use tajo_core::BoxFuture;
    use tajo_core::rest::{Broken, Transport};
    use tokio::time::Instant;

    use super::*;

    /// Three lists of contacts an hour.
    pub struct Tight {
        pub to: tajo::twin::InProcess,
        pub lists: Mutex<Option<(Instant, u32)>>,
    }

    impl Tight {
        const LIMIT: u32 = 3;

        /// What is left of the hour, and the seconds of it; `None` where nothing is.
        fn take(&self) -> (Option<u32>, u64) {
            let mut lists = self.lists.lock().unwrap();
            let (began, used) = lists.filter(|(began, _)| began.elapsed().as_secs() < 3600).unwrap_or((Instant::now(), 0));
            let left = 3600 - began.elapsed().as_secs();
            *lists = Some((began, (used + 1).min(Self::LIMIT)));
            ((Self::LIMIT).checked_sub(used + 1), left)
        }
    }

    impl Transport for Tight {
        fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
            Box::pin(async move {
                if *request.method() != Method::GET || request.uri().path() != "/v3/contacts" {
                    return self.to.send(request).await;
                }
                let (remaining, reset) = self.take();
                let mut answer = match remaining {
                    Some(_) => self.to.send(request).await?,
                    None => http::Response::builder().status(429).body(Bytes::from_static(b"{}")).unwrap(),
                };
                let told = [("limit", u64::from(Self::LIMIT)), ("remaining", remaining.unwrap_or(0).into()), ("reset", reset)];
                for (name, value) in told {
                    let name = http::HeaderName::try_from(format!("x-sib-ratelimit-{name}")).unwrap();
                    answer.headers_mut().insert(name, value.into());
                }
                Ok(answer)
            })
        }
    }

    /// One contact is always being processed.
    pub struct Early {
        pub stuck: String,
        pub to: tajo::twin::InProcess,
    }

    impl Transport for Early {
        fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
            Box::pin(async move {
                let is_stuck = *request.method() == Method::PUT && request.uri().path() == format!("/v3/contacts/{}", self.stuck);
                if !is_stuck {
                    return self.to.send(request).await;
                }
                let body = json!({"code": "account_in_process", "message": "The contact is being processed, try again later"});
                Ok(http::Response::builder().status(425).body(body.to_string().into()).unwrap())
            })
        }
    }
}
