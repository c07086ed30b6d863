use std::time::Duration;

use serde_json::{Value, json};
use tajo_sim::{BrevoFault, Tier};

use crate::asking::twin;

#[tokio::test(start_paused = true)]
async fn what_fails_before_the_write_leaves_nothing() {
    let twin = twin(|_| {});
    for (fault, status) in [
        (BrevoFault::RateLimited, 429),
        (BrevoFault::ServerError, 500),
        (BrevoFault::BadGateway, 502),
        (BrevoFault::TooEarly, 425),
        (BrevoFault::Unauthorized, 401),
    ] {
        twin.brevo.faults().script("POST", "/contacts", 1, fault.clone());
        let answer = twin.post("/contacts", json!({"email": "ada@a.example"})).await;
        assert_eq!(answer.status, status, "{fault:?}");
        assert_eq!(twin.brevo.calls().pop().unwrap().fault, Some(fault.name()));
    }
    assert_eq!((twin.brevo.len(), twin.brevo.writes(), twin.brevo.faults().fired()), (0, 0, 5));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_answer_has_written_and_an_unsent_request_has_not() {
    let twin = twin(|_| {});
    twin.brevo.faults().script("POST", "/contacts", 1, BrevoFault::Unsent);
    let unsent = twin.post("/contacts", json!({"email": "ada@a.example"})).await;
    assert!(unsent.raw.is_none() && twin.brevo.is_empty());
    assert_eq!((twin.brevo.calls()[0].status, twin.brevo.writes()), (0, 0));
    twin.brevo.faults().script("POST", "/contacts", 1, BrevoFault::Dropped);
    let dropped = twin.post("/contacts", json!({"email": "ada@a.example"})).await;
    assert!(dropped.raw.is_none() && twin.brevo.len() == 1);
    assert_eq!((twin.brevo.calls()[1].status, twin.brevo.writes()), (201, 1));
    twin.brevo.faults().script("PUT", "", 2, BrevoFault::Dropped);
    assert_eq!(twin.put("/contacts/1", json!({"attributes": {"FIRSTNAME": "A"}})).await.status, 204);
    let lost = twin.put("/contacts/1", json!({"attributes": {"FIRSTNAME": "B"}})).await;
    assert!(lost.raw.is_none(), "an answer without a body breaks too");
    assert_eq!(twin.brevo.contact(1).unwrap()["attributes"]["FIRSTNAME"], "B");
}

#[tokio::test(start_paused = true)]
async fn answers_can_be_empty_or_torn() {
    let twin = twin(|_| {});
    twin.brevo.faults().script("POST", "/contacts", 1, BrevoFault::EmptyBody);
    let empty = twin.post("/contacts", json!({"email": "ada@a.example"})).await;
    assert_eq!((empty.status, empty.raw.as_deref()), (201, Some("")));
    twin.brevo.faults().script("GET", "/contacts", 1, BrevoFault::Truncated);
    let torn = twin.get("/contacts").await;
    assert!(torn.status == 200 && torn.body == Value::Null && torn.raw.unwrap().starts_with("{\"contacts\""));
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_on_a_slow_answer_has_written() {
    let twin = twin(|_| {});
    twin.brevo.faults().script("POST", "/contacts", 1, BrevoFault::Slow(60_000));
    let impatient =
        tokio::time::timeout(Duration::from_secs(30), twin.post("/contacts", json!({"email": "ada@a.example"}))).await;
    assert!(impatient.is_err() && twin.brevo.len() == 1);
}

#[tokio::test(start_paused = true)]
async fn an_injected_429_tells_its_reset() {
    let twin = twin(|o| o.tier = Tier::General);
    twin.brevo.faults().script("", "/account", 1, BrevoFault::RateLimited);
    let refused = twin.get("/account").await;
    assert_eq!((refused.header("x-sib-ratelimit-limit"), refused.header("x-sib-ratelimit-reset")), (Some(100), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_storm_can_be_called_off_and_repeats_itself() {
    let run = || async {
        let twin = twin(|_| {});
        twin.brevo.faults().storm(300);
        let mut seen = Vec::new();
        for n in 0..60 {
            seen.push(twin.post("/contacts", json!({"email": format!("p{n}@a.example")})).await.status);
        }
        twin.brevo.faults().clear();
        assert_eq!(twin.get("/contacts").await.status, 200);
        (seen, twin.brevo.faults().fired())
    };
    let (first, second) = (run().await, run().await);
    assert!(first == second && first.1 > 8, "{first:?}");
}
