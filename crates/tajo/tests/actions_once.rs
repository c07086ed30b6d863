//! What may not be sent twice is not: lost answers, lost requests, kills between any two steps.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use desk::{Desk, Ran, small};
use serde_json::Value;
use tajo_sim::Fault;

/// More than a reply has.
const STEPS_MAX: usize = 20;

struct Talk {
    desk: Desk,
    conversation: String,
    admin: String,
}

impl Talk {
    fn new() -> Talk {
        let desk = Desk::new(small());
        let contact = desk.town.add_person("user", Some("ada@analytical.example"), Some("Ada Byron"));
        let conversation = desk.town.add_conversation_of(&contact);
        let admin = desk.town.ids("admins")[0].clone();
        Talk { desk, conversation, admin }
    }
    fn args<'a>(&'a self, body: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let reply =
            ["conversations", "reply", "--conversation-id", &self.conversation, "--admin-id", &self.admin, "--body", body];
        [&reply[..], more].concat()
    }
    fn reply(&self, body: &str, more: &[&str]) -> Ran {
        self.desk.tajo(&self.args(body, more))
    }
    /// How often it was said.
    fn said(&self, body: &str) -> usize {
        let holds = |part: &&Value| part["body"].as_str().is_some_and(|text| text.contains(body));
        self.desk.town.parts(&self.conversation).iter().filter(holds).count()
    }
    fn pending(&self) -> Vec<Value> {
        self.desk.tajo(&["actions", "pending", "--json"]).ended(0).json()["pending"].as_array().unwrap().clone()
    }
}

#[test]
fn a_reply_whose_answer_is_lost_is_looked_up_and_not_sent_again() {
    let talk = Talk::new();
    talk.desk.town.faults().once("/reply", Fault::DroppedAfter);
    let ran = talk.reply("It is on its way", &["--json"]).ended(0).json();
    assert_eq!((ran["found"].as_bool(), talk.said("It is on its way")), (Some(true), 1));
    assert_eq!(talk.desk.town.count_calls("/reply"), 1);
    assert!(talk.pending().is_empty());
}

#[test]
fn a_reply_that_is_not_found_waits_and_is_sent_again_only_on_demand() {
    let talk = Talk::new();
    talk.desk.town.faults().once("/reply", Fault::Unsent);
    let ran = talk.reply("Where is it?", &[]);
    assert!(ran.exit != 0 && ran.err.contains("journal") && ran.err.contains("actions pending"), "{ran:?}");
    assert_eq!(talk.said("Where is it?"), 0);
    let waiting = talk.pending();
    let id = waiting[0]["id"].as_str().unwrap();
    assert!(ran.err.contains(id) && waiting.len() == 1 && waiting[0]["by"] == "command line", "{waiting:?}");

    let again = talk.reply("Where is it?", &[]).ended(6);
    assert!(again.err.contains("TJ-STA-UNKNOWN") && again.err.contains("--resend") && again.err.contains(id), "{}", again.err);
    assert_eq!((talk.said("Where is it?"), talk.desk.town.count_calls("/reply")), (0, 1), "nothing was sent");
    // Another text is another request.
    talk.reply("Something else", &[]).ended(0);
    talk.reply("Where is it?", &["--resend"]).ended(0);
    assert_eq!(talk.said("Where is it?"), 1);
    assert!(talk.pending().is_empty());
}

#[test]
fn a_person_settles_what_nobody_knows() {
    let talk = Talk::new();
    for (flag, sent) in [("--done", 0), ("--not-done", 0)] {
        let body = &format!("Settled {flag}");
        talk.desk.town.faults().once("/reply", Fault::Unsent);
        assert_ne!(talk.reply(body, &[]).exit, 0);
        let id = talk.pending()[0]["id"].as_str().unwrap().to_owned();
        let text = talk.desk.tajo(&["actions", "pending"]).ended(0).out;
        assert!(text.contains(&id) && text.contains("conversations.reply"), "{text}");
        talk.desk.tajo(&["actions", "settle", &id]).ended(2);
        talk.desk.tajo(&["actions", "settle", "nothing", flag]).ended(2);
        talk.desk.tajo(&["actions", "settle", &id, flag]).ended(0);
        assert!(talk.pending().is_empty());
        assert_eq!(talk.said(body), sent);
        // Settled is settled: the next one is a new request.
        talk.reply(body, &[]).ended(0);
        assert_eq!(talk.said(body), 1);
    }
}

/// Kills the reply at each step in turn and asks again in the same words; answers how often it was said, step by step.
fn killed_at_each_step(more: &[&str]) -> Vec<usize> {
    let (mut said, mut resent) = (Vec::new(), 0);
    for at in 1..=STEPS_MAX {
        let talk = Talk::new();
        let ran = talk.desk.process(&talk.args("Killed", more), &[("TAJO_CRASH_AT", &at.to_string())]);
        if ran.exit == 0 {
            break;
        }
        assert_eq!(ran.exit, 128 + 6, "at {at}: {ran:?}");
        let before = talk.said("Killed");
        let next = talk.desk.process(&talk.args("Killed", more), &[]);
        if next.exit != 0 {
            // It may be under way for all anybody knows: not found is not enough to send it again.
            assert!(before == 0 && next.exit == 6 && next.err.contains("TJ-STA-UNKNOWN"), "at {at}: {next:?}");
            assert_eq!(talk.said("Killed"), 0, "at {at}");
            talk.desk.process(&[&talk.args("Killed", more)[..], &["--resend"]].concat(), &[]).ended(0);
            resent += 1;
        }
        said.push(talk.said("Killed"));
    }
    assert!((4..STEPS_MAX).contains(&said.len()) && resent >= 1, "{said:?}, {resent} resent");
    said
}

#[test]
fn a_kill_at_any_step_never_makes_a_second_reply() {
    let keyed = killed_at_each_step(&["--idempotency-key", "order-7"]);
    assert!(keyed.iter().all(|times| *times == 1), "{keyed:?}");
    // Without a key, too, as long as the outcome is not noted. After that the same words are a wish of their own.
    let plain = killed_at_each_step(&[]);
    let (last, others) = plain.split_last().unwrap();
    assert!(others.iter().all(|times| *times == 1) && *last == 2, "{plain:?}");
}

#[test]
fn one_key_is_one_request_and_the_same_words_twice_are_two() {
    let talk = Talk::new();
    let first = talk.reply("Once", &["--idempotency-key", "order-7", "--json"]).ended(0).json();
    let second = talk.reply("Once", &["--idempotency-key", "order-7", "--json"]).ended(0).json();
    assert_eq!((first["found"].as_bool(), second["found"].as_bool(), talk.said("Once")), (Some(false), Some(true), 1));
    assert_eq!(second["result"]["id"], first["result"]["id"]);
    assert!(second["warnings"][0].as_str().unwrap().contains("nothing was sent"), "{second}");
    let other = talk.reply("Another", &["--idempotency-key", "order-7"]).ended(2);
    assert!(other.err.contains("another input") && talk.said("Another") == 0, "{}", other.err);
    // Said twice on purpose, and both known: two.
    talk.reply("Ping", &[]).ended(0);
    talk.reply("Ping", &[]).ended(0);
    assert_eq!(talk.said("Ping"), 2);
}
