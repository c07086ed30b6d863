//! The calls on single objects, against answers as the vendor publishes them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tajo_core::codes;
use tajo_core::rest::{Broken, How, Limits, Transport};
use tajo_intercom::{Found, Intercom, Region, Version};

const ID: &str = "6762f0dd1bb69f9f2193bb83";

/// What the other side does next.
enum Turn {
    Answer(u16, Value),
    Link(&'static str),
    Page404,
    Nothing,
    Lost,
}

/// Gives these answers in order and keeps what was asked.
struct Script(Mutex<Vec<Turn>>, Mutex<Vec<http::Request<Bytes>>>);

impl Transport for Script {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        self.1.lock().expect("no test thread dies").push(request);
        let mut left = self.0.lock().expect("no test thread dies");
        let turn = if left.is_empty() { Turn::Answer(500, json!({})) } else { left.remove(0) };
        let reply = http::Response::builder().header("date", "Fri, 20 Nov 2026 10:30:00 GMT");
        let merged = json!({"type": "error.list", "errors": [{"code": "contact_merged", "message": "Merged"}]});
        let (reply, body) = match turn {
            Turn::Lost => return std::future::ready(Err(Broken::new(How::Body, "cut"))).boxed(),
            Turn::Answer(status, body) => (reply.status(status), body.to_string()),
            Turn::Link(link) => (reply.status(410).header("link", link), merged.to_string()),
            Turn::Page404 => (reply.status(404).header("content-type", "text/html"), "<html>no</html>".to_owned()),
            Turn::Nothing => (reply.status(202), String::new()),
        };
        std::future::ready(Ok(reply.body(Bytes::from(body)).expect("a plain answer"))).boxed()
    }
}

impl Script {
    /// Method and path of everything asked.
    fn asked(&self) -> Vec<String> {
        let line =
            |request: &http::Request<Bytes>| format!("{} {}", request.method(), request.uri().path_and_query().expect("a path"));
        self.1.lock().expect("no test thread dies").iter().map(line).collect()
    }

    fn body(&self, at: usize) -> Value {
        serde_json::from_slice(self.1.lock().expect("no test thread dies")[at].body()).unwrap_or_default()
    }
}

fn connect_as(version: &str, turns: Vec<Turn>) -> (Arc<Script>, Intercom) {
    let script = Arc::new(Script(Mutex::new(turns), Mutex::default()));
    let version: Version = version.parse().expect("a version");
    let limits = Limits { attempts: 3, ..Limits::default() };
    let made = Intercom::new(Arc::clone(&script) as _, SecretString::from("canary"), Region::Us, version, None, limits);
    (script, made.expect("a connection"))
}

fn connect(turns: Vec<Turn>) -> (Arc<Script>, Intercom) {
    connect_as("2.14", turns)
}

fn refusal(code: &str, message: &str) -> Value {
    json!({"type": "error.list", "request_id": "r1", "errors": [{"code": code, "message": message}]})
}

fn contact() -> Value {
    json!({"type": "contact", "id": ID, "email": "ada@mailbox.example"})
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

#[tokio::test(start_paused = true)]
async fn a_contact_is_here_merged_or_gone() {
    let (script, intercom) = connect(vec![
        Turn::Answer(200, contact()),
        Turn::Link("</contacts/abc>; rel=\"canonical\""),
        Turn::Link("nonsense"),
        Turn::Answer(404, refusal("not_found", "User Not Found")),
    ]);
    assert_eq!(intercom.contact(ID).await.unwrap(), Found::Here(fields(contact())));
    assert_eq!(intercom.contact(ID).await.unwrap(), Found::Merged { into: Some("abc".to_owned()) });
    assert_eq!(intercom.contact(ID).await.unwrap(), Found::Merged { into: None });
    assert_eq!(intercom.contact(ID).await.unwrap(), Found::Gone);
    assert_eq!(script.asked()[0], format!("GET /contacts/{ID}"));
}

#[tokio::test(start_paused = true)]
async fn a_proxys_404_is_not_the_end_of_a_contact() {
    let (_, intercom) = connect(vec![Turn::Page404, Turn::Page404, Turn::Page404]);
    assert_eq!(intercom.contact(ID).await.unwrap_err().code(), &codes::INT_MISSING);
    assert_eq!(intercom.delete_contact(ID).await.unwrap_err().code(), &codes::INT_MISSING);
    assert_eq!(intercom.archive_contact(ID).await.unwrap_err().code(), &codes::INT_MISSING);
}

#[tokio::test(start_paused = true)]
async fn no_id_leads_to_another_path() {
    let (script, intercom) = connect(vec![]);
    for id in ["", "../admins", "a/b", "a?b", "ada@mailbox.example", "é"] {
        assert_eq!(intercom.contact(id).await.unwrap_err().code(), &codes::INT_INVALID, "{id}");
        assert_eq!(intercom.delete_contact(id).await.unwrap_err().code(), &codes::INT_INVALID, "{id}");
    }
    assert!(script.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_update_is_sent_again_after_a_lost_answer() {
    let (script, intercom) = connect(vec![Turn::Lost, Turn::Answer(200, contact())]);
    let wanted = fields(json!({"name": "Ada", "phone": null}));
    assert_eq!(intercom.update_contact(ID, &wanted).await.unwrap(), fields(contact()));
    assert_eq!(script.asked(), vec![format!("PUT /contacts/{ID}"); 2]);
    assert_eq!(script.body(1), json!({"name": "Ada", "phone": null}));
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_never_sent_twice() {
    let (script, intercom) = connect(vec![Turn::Lost]);
    let lost = intercom.create_contact(&fields(json!({"role": "user"}))).await.unwrap_err();
    assert!(lost.noted("outcome").unwrap().contains("may have been carried out"), "{lost:?}");
    assert_eq!(script.asked(), ["POST /contacts"]);
    let (script, intercom) = connect(vec![Turn::Answer(502, json!({}))]);
    assert!(intercom.create_contact(&Map::new()).await.is_err());
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clash_names_who_is_there() {
    for (who, archived) in [("A contact", "false"), ("An archived contact", "true")] {
        let message = format!("{who} matching those details already exists with id={ID}");
        let (_, intercom) = connect(vec![Turn::Answer(409, refusal("conflict", &message))]);
        let error = intercom.create_contact(&fields(json!({"email": "ada@mailbox.example"}))).await.unwrap_err();
        assert_eq!(error.code(), &codes::INT_CONFLICT);
        assert_eq!((error.noted("existing"), error.noted("archived")), (Some(ID), Some(archived)));
        assert!(!format!("{error:?}").contains('@'));
    }
}

#[tokio::test(start_paused = true)]
async fn removals_tell_whether_there_was_something() {
    let gone = || Turn::Answer(404, refusal("not_found", "User Not Found"));
    let (script, intercom) = connect(vec![
        Turn::Answer(200, json!({"id": ID, "deleted": true})),
        Turn::Lost,
        gone(),
        Turn::Lost,
        Turn::Answer(200, contact()),
    ]);
    assert!(intercom.delete_contact(ID).await.unwrap());
    assert!(!intercom.delete_contact(ID).await.unwrap(), "the lost deletion was carried out");
    assert!(intercom.archive_contact(ID).await.unwrap());
    assert_eq!(script.asked()[4], format!("POST /contacts/{ID}/archive"));
}

#[tokio::test(start_paused = true)]
async fn a_search_by_address_reads_every_page() {
    let page = |id: &str, next: Value| json!({"type": "list", "data": [{"id": id}], "total_count": 2, "pages": {"next": next}});
    let (script, intercom) =
        connect(vec![Turn::Answer(200, page("a", json!({"starting_after": "c1"}))), Turn::Answer(200, page("b", Value::Null))]);
    let found = intercom.contacts_by_email("ada@mailbox.example").await.unwrap();
    assert_eq!(found.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(script.body(0)["query"], json!({"field": "email", "operator": "=", "value": "ada@mailbox.example"}));
    assert_eq!(script.body(1)["pagination"], json!({"per_page": 150, "starting_after": "c1"}));
}

#[tokio::test(start_paused = true)]
async fn the_list_of_ids_is_complete_or_an_error() {
    let page = |ids: &[&str], total: u64, next: Value| {
        let rows: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        Turn::Answer(200, json!({"type": "list", "data": rows, "total_count": total, "pages": {"next": next}}))
    };
    let more = || json!({"starting_after": "W10=", "page": 2});
    let (script, intercom) = connect(vec![page(&["a", "b"], 3, more()), page(&["b", "c"], 4, Value::Null)]);
    assert_eq!(intercom.contact_ids().await.unwrap(), ["a", "b", "c"], "a fourth came while we read");
    assert_eq!(script.asked(), ["GET /contacts?per_page=150", "GET /contacts?per_page=150&starting_after=W10%3D"]);
    let (_, intercom) = connect(vec![page(&["a", "b"], 3, more()), page(&[], 3, Value::Null)]);
    let short = intercom.contact_ids().await.unwrap_err();
    assert_eq!((short.code(), short.noted("read"), short.noted("counted")), (&codes::INT_SHORT, Some("2"), Some("3")));
    let (_, intercom) = connect(vec![Turn::Answer(200, json!({"type": "list", "data": [], "pages": {}}))]);
    assert_eq!(intercom.contact_ids().await.unwrap_err().code(), &codes::INT_DRIFT);
}

fn event(at: i64) -> Value {
    json!({"type": "event", "event_name": "upgraded", "created_at": at})
}

fn events(times: &[i64], next: Option<&str>) -> Turn {
    let all: Vec<Value> = times.iter().map(|at| event(*at)).collect();
    Turn::Answer(200, json!({"type": "event.list", "events": all, "pages": {"next": next}}))
}

#[tokio::test(start_paused = true)]
async fn events_are_read_until_they_are_too_old_and_never_from_elsewhere() {
    let next = "https://elsewhere.example/events?type=user&intercom_user_id=x&before=2000";
    let (script, intercom) = connect(vec![events(&[5, 4], Some(next)), events(&[3, 2, 1], Some(next))]);
    let read = intercom.events(ID, Some(2)).await.unwrap();
    assert_eq!(read, [5, 4, 3, 2].map(|at| fields(event(at))));
    let asked = script.asked();
    assert_eq!(asked[0], format!("GET /events?type=user&intercom_user_id={ID}&per_page=50"));
    assert_eq!(asked[1], "GET /events?type=user&intercom_user_id=x&before=2000");
    let hosts = script.1.lock().unwrap().iter().all(|request| request.uri().host() == Some("api.intercom.io"));
    assert!(hosts, "the token stays at home");
    for astray in ["https://api.intercom.io/admins?x=1", "//", "https://api.intercom.io/events", "a b"] {
        let (script, intercom) = connect(vec![events(&[5], Some(astray))]);
        assert_eq!(intercom.events(ID, None).await.unwrap_err().code(), &codes::INT_DRIFT, "{astray}");
        assert_eq!(script.asked().len(), 1, "{astray}");
    }
    let (_, intercom) = connect(vec![events(&[5], Some(next)), events(&[5], Some(next))]);
    assert_eq!(intercom.events(ID, None).await.unwrap_err().code(), &codes::INT_DRIFT, "in circles");
    let (_, intercom) = connect(vec![Turn::Answer(200, json!({"type": "event.summary", "events": []}))]);
    assert_eq!(intercom.events(ID, None).await.unwrap_err().code(), &codes::INT_DRIFT);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_reported_again_because_its_second_is_fixed() {
    let (script, intercom) = connect(vec![Turn::Lost, Turn::Nothing, Turn::Nothing]);
    intercom.submit_event(ID, "upgraded", 1_790_000_000, &fields(json!({"plan": "Scale"}))).await.unwrap();
    assert_eq!(script.asked(), ["POST /events", "POST /events"]);
    let sent = json!({"event_name": "upgraded", "created_at": 1_790_000_000, "id": ID, "metadata": {"plan": "Scale"}});
    assert_eq!((script.body(0), script.body(1)), (sent.clone(), sent));
    intercom.submit_event(ID, "upgraded", 1, &Map::new()).await.unwrap();
    assert_eq!(script.body(2).get("metadata"), None);
}

#[tokio::test(start_paused = true)]
async fn attributes_are_read_in_either_form() {
    let old = json!({"type": "list", "data": [
        {"type": "data_attribute", "name": "email", "full_name": "email", "data_type": "string", "custom": false, "api_writable": false},
        {"id": 7, "name": "plan", "full_name": "custom_attributes.plan", "data_type": "string", "options": ["a", "b"],
         "custom": true, "archived": true, "api_writable": true, "model": "contact"},
    ]});
    let (script, intercom) = connect(vec![Turn::Answer(200, old)]);
    let read = intercom.data_attributes("contact").await.unwrap();
    assert_eq!(script.asked(), ["GET /data_attributes?model=contact&include_archived=true"]);
    assert_eq!((read[0].custom, read[0].api_writable, read[0].archived), (false, false, false));
    assert_eq!((read[1].full_name.as_str(), read[1].options.len(), read[1].archived), ("custom_attributes.plan", 2, true));
    let new = json!({"type": "list", "data": [
        {"type": "conversation_attribute", "id": 1, "name": "issue", "data_type": "list", "options": [{"label": "Bug"}]},
    ]});
    let (script, intercom) = connect_as("2.16", vec![Turn::Answer(200, new)]);
    let read = intercom.data_attributes("conversation").await.unwrap();
    assert_eq!(script.asked(), ["GET /conversations/attributes"]);
    assert_eq!(
        (read[0].full_name.as_str(), &read[0].options, read[0].custom),
        ("custom_attributes.issue", &vec!["Bug".to_owned()], true)
    );
}

#[tokio::test(start_paused = true)]
async fn an_attribute_is_created_once() {
    let (script, intercom) = connect(vec![Turn::Answer(200, json!({"id": 9, "name": "ltv"})), Turn::Lost]);
    intercom.create_data_attribute("contact", "ltv", "float").await.unwrap();
    assert_eq!(script.body(0), json!({"name": "ltv", "model": "contact", "data_type": "float"}));
    assert!(intercom.create_data_attribute("contact", "ltv", "float").await.is_err());
    assert_eq!(script.asked().len(), 2);
}
