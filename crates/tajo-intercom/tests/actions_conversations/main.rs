//! Conversations: begun, answered, closed, assigned, tagged, searched; and messages of admins.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod managing;
mod reading;
mod saying;
mod searching;
#[path = "../town/mod.rs"]
mod town;

use serde_json::Value;
use tajo_core::{Error, codes};
use town::{Options, Town};

const NOW: i64 = 1_795_170_600;

fn quiet() -> Town {
    let none = Options { contacts: 0, companies: 0, conversations: 0, segments: 0, articles: 0, tags: 0, ..Options::default() };
    Town::new(Options { rate_limit: 0, now: Some(NOW), ..none })
}

fn busy() -> Town {
    let many = Options { contacts: 30, companies: 6, conversations: 90, rate_limit: 0, ..Options::default() };
    Town::new(Options { now: Some(NOW), ..many })
}

/// Somebody with a conversation, and an admin: (contact, conversation, admin).
fn talk(town: &Town) -> (String, String, String) {
    let contact = town.add_person("user", Some("ada@mailbox.example"), Some("Ada"));
    let conversation = town.add_conversation_of(&contact);
    (contact, conversation, town.ids("admins")[0].clone())
}

fn last(answer: &Value) -> &Value {
    answer["conversation_parts"]["conversation_parts"].as_array().unwrap().last().unwrap()
}

/// The words of a refusal before any call.
#[track_caller]
fn refusal(said: Result<town::Said, Error>) -> String {
    let error = said.unwrap_err();
    assert_eq!(error.code(), &codes::INPUT, "{error:?}");
    error.to_string()
}
