//! Answers that no description promises, and that accounts give all the same: none may stop every later run, or pass for
//! another.

use serde_json::{Value, json};
use tajo_core::rest::{Broken, How};
use tajo_core::{Kind, codes};

use super::script::{Script, reply};
use crate::{Draft, ProcessStatus, Reaction, Who};

const GONE: &str = r#"{"code":"document_not_found","message":"Contact does not exist"}"#;

fn contact(id: u64, more: &str) -> String {
    format!(
        r#"{{"id":{id},"email":"p{id}@town.example","emailBlacklisted":false,"createdAt":"2026-01-01T00:00:00.{id:03}Z",
            "modifiedAt":"2026-11-20T00:00:00.000Z"{more}}}"#
    )
}

fn plain(id: u64) -> String {
    contact(id, r#","attributes":{}"#)
}

fn page(rows: &[String], count: usize) -> String {
    format!(r#"{{"contacts":[{}],"count":{count}}}"#, rows.join(","))
}

fn number(request: &http::Request<bytes::Bytes>, name: &str) -> usize {
    let query = request.uri().query().unwrap();
    query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).unwrap().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_brevos_own_word_says_that_a_contact_is_gone() {
    let who = Who::Id(7);
    for body in [
        "<html><h1>404 Not Found</h1></html>",
        "",
        "404 page not found",
        "{}",
        r#"{"message":"no Route matched with those values"}"#,
    ] {
        let script = Script::always(404, body);
        for error in [
            script.client().contact(&who).await.unwrap_err(),
            script.client().engagement(7).await.unwrap_err(),
            script.client().update_contact(&who, &Draft::default()).await.unwrap_err(),
            script.client().delete_contact(&who).await.unwrap_err(),
        ] {
            assert_eq!((error.code(), error.kind()), (&codes::NET_SERVER, Kind::Transient), "{body}: {error:?}");
        }
    }
    for body in [GONE, r#"{"message":"Contact does not exist"}"#, r#"{"code":"Contact email not found"}"#] {
        assert_eq!(Script::always(404, body).client().contact(&who).await.unwrap(), None, "{body}");
        assert!(!Script::always(404, body).client().delete_contact(&who).await.unwrap(), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_at_all_is_said_in_several_ways() {
    let empty = r#","attributes":[],"listIds":null,"smsBlacklisted":null,"listUnsubscribed":null"#;
    let rows = [contact(1, empty), contact(2, r#","attributes":null"#), plain(3)];
    let body = page(&rows, 3);
    let read = Script::new(move |_, _| reply(200, body.clone())).client().contacts(&Default::default()).await.unwrap().contacts;
    assert!(read.iter().all(|one| one.attributes.is_empty() && one.list_ids.is_empty() && !one.sms_blacklisted), "{read:?}");
    assert_eq!(read.len(), 3);
    // Not even `[]`: that would look like somebody who emptied every field.
    for odd in ["", r#","attributes":"none""#, r#","attributes":["FIRSTNAME"]"#] {
        let body = page(&[contact(1, odd)], 1);
        let error = Script::new(move |_, _| reply(200, body.clone())).client().contacts(&Default::default()).await.unwrap_err();
        assert_eq!(error.code(), &codes::BRV_DRIFT, "{odd}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_address_that_brevo_invents_for_a_phone_number_is_nobodys() {
    let one = plain(1).replace("p1@town.example", "491510000001@mailin-sms.com");
    let read = Script::new(move |_, _| reply(200, one.clone())).client().contact(&Who::Id(1)).await.unwrap().unwrap();
    assert_eq!(read.email, None);
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_process_cannot_keep_ours_from_being_seen() {
    let body = r#"{"count":5,"processes":[{"id":9,"name":"CONTACT_EXPORT","status":"completed","info":[]},
        {"id":8,"name":"IMPORTUSER","status":"completed","info":{"import":[]}},
        {"id":7,"name":null,"status":null,"info":"two rows"},{"name":"no id"},
        {"id":6,"name":"IMPORTUSER","status":"completed","info":{"import":{"invalid_emails":"https://files.brevo.example/a.csv"}}}]}"#;
    let read = Script::always(200, body).client().processes(50, 0).await.unwrap();
    assert_eq!(read.iter().map(|one| one.id).collect::<Vec<_>>(), [9, 8, 7, 6]);
    assert_eq!(read[2].status, ProcessStatus::Other(String::new()));
    assert_eq!((read[3].failures.len(), read[1].failures.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_reaction_that_cannot_be_read_does_not_hide_the_others() {
    let statistics = json!({"statistics": {
        "opened": [{"campaignId": null, "eventTime": "2026-11-20T10:00:00Z"}, {"campaignId": 3, "eventTime": "2026-11-20T10:00:02Z"}, {}],
        "clicked": [{"campaignId": 4, "links": [{"url": "u"}, {"eventTime": "2026-11-20T10:00:05Z"}]}, {"links": 5}, null],
        "hardBounces": {}, "softBounces": "none"}});
    for (body, expect) in [
        (statistics, vec![(Reaction::Opened, 3), (Reaction::Clicked, 4)]),
        (json!({"statistics": []}), vec![]),
        (json!({"statistics": Value::Null}), vec![]),
    ] {
        let text = body.to_string();
        let read = Script::new(move |_, _| reply(200, text.clone())).client().engagement(7).await.unwrap().unwrap();
        assert_eq!(read.iter().map(|one| (one.what, one.campaign)).collect::<Vec<_>>(), expect, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_beyond_the_cap_is_asked_for_in_smaller_ones() {
    let script = Script::new(|_, request| {
        let (limit, offset) = (number(request, "limit"), number(request, "offset"));
        if limit > 300 {
            return Err(Broken::new(How::TooLarge, "the answer is larger than the cap"));
        }
        let rows: Vec<String> = (1..=900).skip(offset).take(limit).map(plain).collect();
        reply(200, page(&rows, 900))
    });
    let (mut walk, mut seen) = (script.client().walk(None), Vec::new());
    while let Some(rows) = walk.next().await.unwrap() {
        seen.extend(rows.iter().map(|row| row.id));
    }
    assert_eq!(seen, (1..=900).collect::<Vec<_>>());
    let hopeless = Script::new(|_, _| Err(Broken::new(How::TooLarge, "the answer is larger than the cap")));
    let error = hopeless.client().walk(None).next().await.unwrap_err();
    assert!(error.code() == &codes::INT_LARGE && hopeless.seen().len() < 12, "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_short_page_is_not_the_last_where_brevo_counts_more() {
    // A server that gives less than was asked for: 400 of 1000.
    let script = Script::new(|_, request| {
        let (limit, offset) = (number(request, "limit"), number(request, "offset"));
        let rows: Vec<String> = (1..=900).skip(offset).take(limit.min(400)).map(plain).collect();
        reply(200, page(&rows, 900))
    });
    let (mut walk, mut seen) = (script.client().walk(None), Vec::new());
    while let Some(rows) = walk.next().await.unwrap() {
        seen.extend(rows.iter().map(|row| row.id));
    }
    assert_eq!(seen, (1..=900).collect::<Vec<_>>());
    // A count of everybody beside a list of the changed ones costs one call, and no more.
    let all = Script::new(|_, request| {
        let rows: Vec<String> = (1..=3).skip(number(request, "offset")).map(plain).collect();
        reply(200, page(&rows, 900))
    });
    let mut walk = all.client().walk(Some("2026-11-20T10:30:00.000Z".into()));
    assert_eq!(walk.next().await.unwrap().map(|rows| rows.len()), Some(3));
    assert_eq!((walk.next().await.unwrap(), all.seen().len()), (None, 2));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_goes_on_is_given_up() {
    let same = Script::new(|_, request| {
        let rows: Vec<String> = (1..=number(request, "limit") as u64).map(plain).collect();
        reply(200, page(&rows, 5000))
    });
    let mut walk = same.client().walk(None);
    assert_eq!(walk.next().await.unwrap().map(|rows| rows.len()), Some(1000));
    assert_eq!(walk.next().await.unwrap_err().code(), &codes::BRV_DRIFT);
}
