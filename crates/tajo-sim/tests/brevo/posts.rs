use std::time::Duration;

use serde_json::{Value, json};
use tajo_sim::{Post, PostFault};

use crate::asking::{Twin, after, twin};

const MINUTE: u64 = 60_000;

async fn listener(twin: &Twin, more: Value) -> i64 {
    let mut body = json!({"url": "https://t.example/hook", "type": "marketing", "events": ["contactUpdated", "contactDeleted"]});
    body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    twin.post("/webhooks", body).await.id()
}

async fn somebody(twin: &Twin) -> i64 {
    twin.contact(json!({"email": "ada@a.example"})).await
}

/// What a receiver that always answers so gets by now.
fn told(twin: &Twin, status: u16) -> Vec<Post> {
    let mut all = Vec::new();
    twin.brevo.post(|post| {
        all.push(post.clone());
        status
    });
    all
}

#[tokio::test(start_paused = true)]
async fn an_event_is_posted_once_with_the_token_and_the_headers_of_its_webhook() {
    let twin = twin(|_| {});
    let auth = json!({"auth": {"type": "bearer", "token": "t0ken"}, "headers": [{"key": "x-from", "value": "brevo"}]});
    let hook = listener(&twin, auth).await;
    somebody(&twin).await;
    let posts = told(&twin, 200);
    let [post] = &posts[..] else { unreachable!("one event: {posts:?}") };
    assert_eq!((post.webhook, post.url.as_str(), post.attempt), (hook.unsigned_abs(), "https://t.example/hook", 1));
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(post.headers, [header("authorization", "Bearer t0ken"), header("x-from", "brevo")]);
    assert_eq!(post.body["event"], "contact_updated");
    assert!(told(&twin, 200).is_empty() && twin.brevo.discarded() == 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_repeated_five_times_in_eleven_hours_where_it_is_429_and_never_otherwise() {
    for status in [500, 503, 400, 401, 404, 301] {
        let twin = twin(|_| {});
        listener(&twin, json!({})).await;
        somebody(&twin).await;
        assert_eq!((told(&twin, status).len(), twin.brevo.discarded()), (1, 1), "{status}");
        after(24 * 60 * MINUTE).await;
        assert!(told(&twin, 200).is_empty(), "{status}: lost for good");
    }
    for status in [429, 0] {
        let twin = twin(|_| {});
        listener(&twin, json!({})).await;
        somebody(&twin).await;
        let mut attempts: Vec<u32> = told(&twin, status).iter().map(|post| post.attempt).collect();
        for wait in [10, 60, 120, 480] {
            after(wait * MINUTE - 1000).await;
            assert!(told(&twin, status).is_empty(), "{status}: not before {wait} minutes");
            after(1000).await;
            attempts.extend(told(&twin, status).iter().map(|post| post.attempt));
        }
        assert_eq!((attempts, twin.brevo.discarded()), (vec![1, 2, 3, 4, 5], 1), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_does_not_answer_is_left_alone_for_ten_minutes() {
    let twin = twin(|_| {});
    listener(&twin, json!({})).await;
    let ada = somebody(&twin).await;
    assert_eq!(told(&twin, 0).len(), 1);
    twin.brevo.delete_contact(ada);
    assert!(told(&twin, 200).is_empty());
    after(10 * MINUTE).await;
    let mut events: Vec<_> = told(&twin, 200).into_iter().map(|post| post.body["event"].clone()).collect();
    events.sort_by_key(Value::to_string);
    assert_eq!(events, ["contact_deleted", "contact_updated"]);
}

#[tokio::test(start_paused = true)]
async fn batched_events_come_after_five_minutes_five_hundred_at_a_time() {
    let twin = twin(|_| {});
    listener(&twin, json!({"batched": true})).await;
    let ada = somebody(&twin).await;
    for n in 1..=600 {
        twin.brevo.set_attribute(ada, "FIRSTNAME", json!(format!("Ada {n}")));
    }
    assert!(told(&twin, 200).is_empty());
    after(5 * MINUTE).await;
    let posts = told(&twin, 200);
    assert_eq!(posts.iter().map(|post| post.body.as_array().map(Vec::len)).collect::<Vec<_>>(), [Some(500), Some(101)]);
    twin.brevo.set_attribute(ada, "FIRSTNAME", json!("Ada"));
    after(5 * MINUTE).await;
    assert_eq!(told(&twin, 200)[0].body[0]["content"][0]["attributes"]["FIRSTNAME"], "Ada", "an array of one");
}

#[tokio::test(start_paused = true)]
async fn events_can_come_twice_and_out_of_order() {
    let twin = twin(|_| {});
    listener(&twin, json!({})).await;
    let ada = somebody(&twin).await;
    assert_eq!(told(&twin, 200).len(), 1);
    twin.brevo.script_post(1, PostFault::Late);
    twin.brevo.script_post(2, PostFault::Twice);
    for name in ["first", "second"] {
        twin.brevo.set_attribute(ada, "FIRSTNAME", json!(name));
    }
    let mut posts = told(&twin, 200);
    tokio::time::advance(Duration::from_secs(60)).await;
    posts.extend(told(&twin, 200));
    let names: Vec<_> = posts.iter().map(|post| &post.body["content"][0]["attributes"]["FIRSTNAME"]).collect();
    assert_eq!(names, ["second", "second", "first"]);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_is_deleted_is_told_nothing_more() {
    let twin = twin(|_| {});
    let hook = listener(&twin, json!({})).await;
    somebody(&twin).await;
    twin.call("DELETE", &format!("/webhooks/{hook}"), Value::Null).await;
    assert!(told(&twin, 200).is_empty());
}
