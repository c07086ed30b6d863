//! What is sent, what is read, and what is sent twice.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tajo_core::rest::{Broken, How};
use tajo_core::{Error, codes};
use tokio::time::Instant;

use super::script::{Script, limited, reply};
use crate::*;

fn ada() -> Who {
    Who::Email("ada@town.example".to_owned())
}

fn named(name: &str) -> Draft {
    Draft { attributes: Map::from_iter([("FIRSTNAME".to_owned(), name.into())]), ..Draft::default() }
}

fn event() -> Event {
    let properties = Map::from_iter([("part".to_owned(), "c1".into())]);
    Event { name: "conversation_closed".into(), who: Who::Id(7), date: Some("2026-11-20T10:30:00Z".into()), properties }
}

const ADA: &str = r#"{"id":7,"email":"ada@town.example","emailBlacklisted":true,"smsBlacklisted":false,"listIds":[35,37],
    "attributes":{"FIRSTNAME":"Ada","SMS":"491511"},"createdAt":"2026-01-01T00:00:00.000Z",
    "modifiedAt":"2026-11-20T10:30:00.000+01:00","listUnsubscribed":null,"statistics":{}}"#;

#[tokio::test(start_paused = true)]
async fn contacts_are_read_as_they_are() {
    let script = Script::always(200, ADA);
    let contact = script.client().contact(&ada()).await.unwrap().unwrap();
    assert_eq!((contact.id, contact.email.as_deref(), contact.email_blacklisted), (7, Some("ada@town.example"), true));
    assert_eq!((contact.attributes["SMS"].as_str(), contact.list_ids.clone()), (Some("491511"), vec![35, 37]));
    assert_eq!(format!("{contact:?}"), "Contact(7)");
    assert_eq!(script.asked(), ["GET /v3/contacts/ada%40town.example?identifierType=email_id"]);
    assert_eq!(script.seen()[0].headers()["api-key"], "canary-key");

    let missing = Script::always(404, r#"{"code":"document_not_found","message":"Contact does not exist"}"#);
    assert_eq!(missing.client().contact(&ada()).await.unwrap(), None);
    // Without a word about consent, nothing is assumed.
    let mute = Script::always(200, r#"{"id":7,"attributes":{},"createdAt":"","modifiedAt":""}"#);
    assert_eq!(mute.client().contact(&ada()).await.unwrap_err().code(), &codes::BRV_DRIFT);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_contacts_says_what_it_is_about() {
    let script = Script::always(200, r#"{"contacts":[],"count":3}"#);
    let brevo = script.client();
    let page = ContactPage { limit: 20, ids: vec![7, 8], ..ContactPage::default() };
    let read = brevo.contacts(&page).await.unwrap();
    assert_eq!((read.count, read.date), (Some(3), Some(1_795_170_600)));
    brevo.contacts(&ContactPage { list: Some(35), offset: 999, ..ContactPage::default() }).await.unwrap();
    assert_eq!(
        script.asked(),
        ["GET /v3/contacts?limit=20&offset=0&sort=asc&ids=7&ids=8", "GET /v3/contacts?limit=1000&offset=999&sort=asc&listIds=35"]
    );
    for wrong in [ContactPage { limit: 1001, ..page.clone() }, ContactPage { ids: vec![1; 21], ..page }] {
        assert_eq!(brevo.contacts(&wrong).await.unwrap_err().code(), &codes::BUG);
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_says_whether_it_was_one() {
    for (status, body, expect) in [
        (201, r#"{"id":7}"#, Created { id: Some(7), updated: false }),
        (204, "", Created { id: None, updated: true }),
        (201, "", Created { id: None, updated: false }),
    ] {
        let script = Script::always(status, body);
        let draft = Draft { email: Some("ada@town.example".into()), lists: vec![35], ..named("Ada") };
        assert_eq!(script.client().create_contact(&draft).await.unwrap(), expect);
        let sent =
            json!({"attributes": {"FIRSTNAME": "Ada"}, "listIds": [35], "email": "ada@town.example", "updateEnabled": false});
        assert_eq!((script.asked(), script.body(0)), (vec!["POST /v3/contacts".to_owned()], sent));
    }
}

#[tokio::test(start_paused = true)]
async fn updates_and_deletions_answer_with_nothing() {
    let script = Script::always(204, "");
    let brevo = script.client();
    brevo.update_contact(&Who::ExtId("17".into()), &named("Ada")).await.unwrap();
    assert!(brevo.delete_contact(&Who::Id(7)).await.unwrap());
    assert!(brevo.delete_webhook(3).await.unwrap());
    brevo.send_event(&event()).await.unwrap();
    brevo.create_attribute("PLAN_TIER", AttributeKind::Text, &[]).await.unwrap();
    brevo.link_company("62a4c1", &[1], &[2]).await.unwrap();
    assert_eq!(
        script.asked(),
        [
            "PUT /v3/contacts/17?identifierType=ext_id",
            "DELETE /v3/contacts/7?identifierType=contact_id",
            "DELETE /v3/webhooks/3",
            "POST /v3/events",
            "POST /v3/contacts/attributes/normal/PLAN_TIER",
            "PATCH /v3/companies/link-unlink/62a4c1",
        ]
    );
    assert_eq!(script.body(0), json!({"attributes": {"FIRSTNAME": "Ada"}}));
    assert!(script.seen()[1].body().is_empty());
    let gone = Script::always(404, r#"{"code":"document_not_found","message":"Contact does not exist"}"#);
    assert!(!gone.client().delete_contact(&ada()).await.unwrap());
    let error = gone.client().update_contact(&ada(), &named("Ada")).await.unwrap_err();
    assert_eq!((error.code(), error.noted("request")), (&codes::BRV_MISSING, Some("PUT /v3/contacts/{id}")));
}

#[tokio::test(start_paused = true)]
async fn the_account_says_whose_it_is_and_what_time_it_is() {
    let body = r#"{"organization_id":"5fa2","user_id":1,"enterprise":false,"companyName":"Acme","email":"owner@acme.example",
        "firstName":"A","lastName":"B","dateTimePreferences":{"timezone":"Europe/Berlin","timeFormat":"24","dateFormat":"dd-mm-yyyy"},
        "plan":[{"type":"free","credits":1,"creditsType":"sendLimit"},{"type":"sms"}],"planVerticals":[{"name":"Standard"}]}"#;
    let account = Script::always(200, body).client().account().await.unwrap();
    assert_eq!((account.company.as_str(), account.timezone.as_deref()), ("Acme", Some("Europe/Berlin")));
    assert_eq!((account.plans.clone(), account.date), (vec!["free".into(), "sms".into(), "Standard".into()], 1_795_170_600));
    assert_eq!(account.date_format.as_deref(), Some("dd-mm-yyyy"));
    assert!(!format!("{account:?}").contains('@'));
}

#[tokio::test(start_paused = true)]
async fn attributes_say_their_type() {
    let body = r#"{"attributes":[{"name":"FIRSTNAME","category":"normal","type":"text"},
        {"name":"TIER","category":"category","enumeration":[{"value":1,"label":"gold","valueStr":"1"}]},
        {"name":"TOPICS","category":"normal","type":"multiple-choice","multiCategoryOptions":["a","b"]},
        {"name":"SUM","category":"calculated","calculatedValue":"x"},{"name":"NEW","category":"normal","type":"json"}]}"#;
    let read = Script::always(200, body).client().attributes().await.unwrap();
    let kinds: Vec<_> = read.iter().map(|one| one.kind).collect();
    use AttributeKind::*;
    assert_eq!(kinds, [Some(Text), Some(Category), Some(MultipleChoice), None, Some(Other)]);
    assert_eq!((read[1].options.clone(), read[2].options.len()), (vec!["gold".to_owned()], 2));

    let script = Script::always(201, "{}");
    let options = ["gold".to_owned(), "blue".to_owned()];
    script.client().create_attribute("TIER", Category, &options).await.unwrap();
    script.client().create_attribute("TOPICS", MultipleChoice, &options).await.unwrap();
    let asked = ["POST /v3/contacts/attributes/category/TIER", "POST /v3/contacts/attributes/normal/TOPICS"];
    assert_eq!(script.asked(), asked);
    assert_eq!(script.body(0), json!({"enumeration": [{"value": 1, "label": "gold"}, {"value": 2, "label": "blue"}]}));
    assert_eq!(script.body(1), json!({"type": "multiple-choice", "multiCategoryOptions": options}));
    for name in ["plan", "1PLAN", "PLAN-TIER", "", "A/../B", &"A".repeat(51)] {
        let error = script.client().create_attribute(name, Text, &[]).await.unwrap_err();
        assert_eq!((error.code(), script.seen().len()), (&codes::BRV_INVALID, 2), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_moved_is_not_an_error() {
    let script = Script::always(201, r#"{"contacts":{"success":[1,"2"],"failure":[3]}}"#);
    let moved = script.client().add_to_list(35, &[1, 2, 3]).await.unwrap();
    assert_eq!(moved, Moved { success: vec![1, 2], failure: vec![3] });
    assert_eq!(script.client().remove_from_list(35, &[]).await.unwrap(), Moved::default());
    assert_eq!(
        (script.asked(), script.body(0)),
        (vec!["POST /v3/contacts/lists/35/contacts/add".to_owned()], json!({"ids": [1, 2, 3]}))
    );
    assert_eq!(script.client().add_to_list(35, &[1; 151]).await.unwrap_err().code(), &codes::BUG);
    for message in ["Contact already in list and/or does not exist", "Contact already removed from list and/or does not exist"] {
        let body = format!(r#"{{"code":"invalid_parameter","message":"{message}"}}"#);
        let script = Script::new(move |_, _| reply(400, body.clone()));
        let moved = script.client().remove_from_list(35, &[1, 2]).await.unwrap();
        assert_eq!(moved, Moved { success: vec![], failure: vec![1, 2] });
    }
    for (status, body, code) in [
        (400, r#"{"code":"invalid_parameter","message":"ids is not valid"}"#, &codes::BRV_INVALID),
        (404, r#"{"code":"document_not_found","message":"List ID does not exist"}"#, &codes::BRV_MISSING),
    ] {
        assert_eq!(Script::always(status, body).client().add_to_list(35, &[1]).await.unwrap_err().code(), code);
    }
}

#[tokio::test(start_paused = true)]
async fn each_event_of_a_batch_has_its_outcome() {
    let script = Script::always(202, r#"{"message":"Batch accepted.","count":2}"#);
    assert_eq!(script.client().send_events(&[event(), event()]).await.unwrap(), [Ok(()), Ok(())]);
    let one = json!({"event_name": "conversation_closed", "identifiers": {"contact_id": 7}, "event_date": "2026-11-20T10:30:00Z",
        "event_properties": {"part": "c1"}});
    assert_eq!(script.body(0), json!({"events": [one, one]}));
    let some = r#"{"status":"partial","total_events":3,"successful_events":2,"failed_events":1,
        "errors":[{"eventIndex":[1],"message":"no contact ada@town.example"}]}"#;
    let outcomes = Script::always(207, some).client().send_events(&[event(), event(), event()]).await.unwrap();
    assert_eq!(outcomes, [Ok(()), Err("no contact [e-mail]".to_owned()), Ok(())]);
    let vague = r#"{"status":"partial","total_events":3,"successful_events":2,"failed_events":1,"errors":[]}"#;
    let error = Script::always(207, vague).client().send_events(&[event(), event(), event()]).await.unwrap_err();
    assert!(error.code() == &codes::BRV_DRIFT && error.noted("outcome").is_some(), "{error:?}");
    assert!(Script::always(207, vague).client().send_events(&[event()]).await.unwrap()[0].is_err());
    assert_eq!(script.client().send_events(&vec![event(); 101]).await.unwrap_err().code(), &codes::BUG);
    assert_eq!(script.client().send_events(&[]).await.unwrap(), []);

    let events = Script::always(200, r#"{"events":[{"event_name":"x"}],"count":1}"#);
    assert_eq!(events.client().events(7, Some("a b"), 100, 0).await.unwrap().len(), 1);
    assert_eq!(events.asked(), ["GET /v3/events?contact_id=7&limit=100&offset=0&event_name=a%20b"]);
}

#[tokio::test(start_paused = true)]
async fn processes_say_how_far_they_are() {
    let body = r#"{"count":6,"processes":[{"id":1,"name":"IMPORTUSER","status":"queued"},{"id":2,"status":"in_process"},
        {"id":3,"status":"processing","info":{}},{"id":4,"status":"completed","info":{"import":null}},
        {"id":5,"status":"failed","error":"row ada@town.example"},{"id":6,"status":"cancelled"},{"id":7,"status":"paused"}]}"#;
    let script = Script::always(200, body);
    let read = script.client().processes(50, 0).await.unwrap();
    let statuses: Vec<_> = read.iter().map(|one| one.status.clone()).collect();
    use ProcessStatus::*;
    assert_eq!(statuses, [Queued, Running, Running, Completed, Failed, Cancelled, Other("paused".into())]);
    assert_eq!(read[4].error.as_deref(), Some("row [e-mail]"));
    assert_eq!(script.asked(), ["GET /v3/processes?limit=50&offset=0&sort=desc"]);
    assert_eq!(Script::always(404, "{}").client().process(1).await.unwrap(), None);
    let import = Import {
        rows: Bytes::from_static(b"[]"),
        lists: vec![35],
        update_existing: true,
        blacklist_email: true,
        empty_contacts_attributes: false,
    };
    assert_eq!(Script::always(202, r#"{"processId":78}"#).client().import(&import).await.unwrap(), 78);
}

#[tokio::test(start_paused = true)]
async fn companies_notes_and_webhooks() {
    let script = Script::always(200, r#"{"id":"62a4c1"}"#);
    let company = NewCompany { name: "Acme".into(), linked_contacts: vec![7], ..NewCompany::default() };
    assert_eq!(script.client().create_company(&company).await.unwrap(), "62a4c1");
    assert_eq!(script.client().create_note("met", &[7], &["62a4c1".to_owned()]).await.unwrap(), "62a4c1");
    assert_eq!(script.body(0), json!({"name": "Acme", "linkedContactsIds": [7]}));
    assert_eq!(script.body(1), json!({"text": "met", "contactIds": [7], "companyIds": ["62a4c1"]}));
    for id in ["", "../x", "a/b"] {
        assert_eq!(script.client().link_company(id, &[], &[]).await.unwrap_err().code(), &codes::BUG);
    }

    let script = Script::always(200, r#"{"processId":50}"#);
    let mapping = json!({"update_existing_records": true});
    assert_eq!(script.client().import_companies(Bytes::from_static(b"name\nAcme"), mapping).await.unwrap(), 50);
    let sent = &script.seen()[0];
    assert_eq!(sent.headers()["content-type"], "multipart/form-data; boundary=tajo-0000000000000000");
    let text = String::from_utf8_lossy(sent.body());
    assert!(text.contains("name=\"mapping\"\r\n\r\n{\"update_existing_records\":true}\r\n--tajo"), "{text}");
    assert!(text.contains("filename=\"companies.csv\"\r\nContent-Type: text/csv\r\n\r\nname\nAcme\r\n--tajo"), "{text}");

    let items = r#"{"items":[{"id":"62a4c1","attributes":{"name":"Acme"},"linkedContactsIds":[7],"linkedDealsIds":[]}]}"#;
    let read = Script::always(200, items).client().companies(0, 50).await.unwrap();
    assert_eq!((read[0].linked_contacts.clone(), &read[0].attributes["name"]), (vec![7], &Value::from("Acme")));

    let hooks = r#"{"webhooks":[{"id":3,"url":"https://hook.example/x","events":["contactUpdated"],"description":"","type":"marketing"}]}"#;
    let script = Script::always(200, hooks);
    assert_eq!(script.client().webhooks(WebhookKind::Marketing).await.unwrap()[0].id, 3);
    assert_eq!(script.asked(), ["GET /v3/webhooks?type=marketing&sort=asc"]);
    assert_eq!(Script::always(404, "{}").client().webhooks(WebhookKind::Inbound).await.unwrap(), []);
    let new = NewWebhook {
        url: "https://hook.example/x".into(),
        kind: WebhookKind::Marketing,
        events: vec!["contactDeleted".into()],
        description: "tajo".into(),
        batched: false,
        token: Some("canary".into()),
    };
    assert!(!format!("{new:?}").contains("canary"));
    let script = Script::always(201, r#"{"id":5}"#);
    assert_eq!(script.client().create_webhook(&new).await.unwrap(), 5);
    assert_eq!(script.body(0)["auth"], json!({"type": "bearer", "token": "canary"}));
}

type Call = fn(Brevo) -> std::pin::Pin<Box<dyn Future<Output = Option<Error>> + Send>>;

/// Which writes may be sent twice is a fact of the API: facts §14.
const WRITES: &[(&str, bool, Call)] = &[
    ("update", true, |b| Box::pin(async move { b.update_contact(&ada(), &named("x")).await.err() })),
    ("delete", true, |b| Box::pin(async move { b.delete_contact(&ada()).await.err() })),
    ("upsert", true, |b| Box::pin(async move { b.create_contact(&Draft { update_enabled: true, ..named("x") }).await.err() })),
    ("add to list", true, |b| Box::pin(async move { b.add_to_list(35, &[1]).await.err() })),
    ("create", false, |b| Box::pin(async move { b.create_contact(&named("x")).await.err() })),
    ("event", false, |b| Box::pin(async move { b.send_event(&event()).await.err() })),
    ("events", false, |b| Box::pin(async move { b.send_events(&[event()]).await.err() })),
    ("company", false, |b| Box::pin(async move { b.create_company(&NewCompany::default()).await.err() })),
    ("companies", false, |b| Box::pin(async move { b.import_companies(Bytes::from_static(b"name\nx"), json!({})).await.err() })),
    ("company attribute", false, |b| Box::pin(async move { b.create_company_attribute("x", "text").await.err() })),
    ("note", false, |b| Box::pin(async move { b.create_note("x", &[1], &[]).await.err() })),
    ("list", false, |b| Box::pin(async move { b.create_list("x", 1).await.err() })),
    ("folder", false, |b| Box::pin(async move { b.create_folder("x").await.err() })),
];

#[tokio::test(start_paused = true)]
async fn only_what_is_harmless_is_sent_twice() {
    for (name, repeats, call) in WRITES {
        for fault in 0..2 {
            let script = Script::new(move |_, _| match fault {
                0 => reply(503, ""),
                _ => Err(Broken::new(How::Timeout, "late")),
            });
            let error = call(script.client()).await.expect("no answer ever comes");
            assert_eq!(script.seen().len(), if *repeats { 6 } else { 1 }, "{name}");
            assert_eq!(error.noted("outcome").is_some_and(|text| text.starts_with("unknown")), !repeats, "{name}: {error:?}");
        }
        // Never sent, refused for lack of budget, too early: nothing was carried out.
        for n in 0..3 {
            let script = Script::new(move |at, _| match (at, n) {
                (0, 0) => Err(Broken::new(How::Connect, "refused")),
                (0, 1) => limited(429, "", Some((10, 0, 1))),
                (0, _) => reply(425, r#"{"code":"account_in_process","message":"Too early"}"#),
                _ => reply(400, r#"{"code":"invalid_parameter","message":"no"}"#),
            });
            assert_eq!(call(script.client()).await.map(|error| error.code()), Some(&codes::BRV_INVALID), "{name}");
            assert_eq!(script.seen().len(), 2, "{name} {n}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_too_early_is_said_so() {
    let script = Script::always(425, r#"{"code":"account_in_process","message":"Too early"}"#);
    let error = script.client().update_contact(&ada(), &named("x")).await.unwrap_err();
    assert_eq!((error.code(), script.seen().len()), (&codes::BRV_EARLY, 6));
    assert_eq!(error.noted("outcome"), None);
}

// Shows: T-125.
#[tokio::test(start_paused = true)]
async fn a_refusal_for_lack_of_budget_waits_the_seconds_it_names() {
    let script = Script::new(|n, _| match n {
        0 => limited(429, r#"{"code":"too_many_requests","message":"wait"}"#, Some((10, 0, 7))),
        _ => limited(200, ADA, Some((10, 9, 1))),
    });
    let begun = Instant::now();
    let brevo: Brevo = script.client();
    brevo.contact(&ada()).await.unwrap();
    assert!((7..9).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!((brevo.calls().calls, brevo.calls().throttled), (2, 1));

    let script = Script::new(|n, _| match n {
        0 => {
            let mut reply = reply(429, "")?;
            reply.headers_mut().insert("retry-after", "3".parse().unwrap());
            Ok(reply)
        }
        _ => reply(200, ADA),
    });
    let begun = Instant::now();
    Arc::clone(&script).client().contact(&ada()).await.unwrap();
    assert!((Duration::from_secs(3)..Duration::from_secs(4)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}
