//! A desk with both platforms connected and nobody in them yet.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test binary uses its part")]

use serde_json::Value;
use tajo_sim::{BrevoOptions, Options, Tier};

use super::desk::{Desk, Ran};

/// Everything flows from Intercom to Brevo; users are in list 35.
pub const ONE_WAY: &str = "connectors:
  intercom:
    direction: intercom_to_brevo
    facts: off
    sync: {contacts: true, conversations: true, tags: true, events: false}
    lists: {all_users: 35}
  brevo: {}
field_mapping:
  email: email
  name: FULLNAME
  phone: SMS
  custom_attributes.plan_tier: PLAN_TIER
";

/// Both ways; a name that both sides changed waits for a person.
pub const TWO_WAYS: &str = "connectors:
  intercom:
    direction: bidirectional
    facts: off
    sync: {contacts: true, tags: true, events: false}
  brevo: {}
field_mapping:
  email: email
  name: {to: FULLNAME, direction: both, conflict: manual}
  custom_attributes.plan_tier: {to: PLAN_TIER, direction: both, conflict: manual}
";

pub const SYNC: [&str; 5] = ["connectors", "sync", "intercom", "--yes", "--json"];

pub fn office(config: &str) -> Desk {
    let mut desk = Desk::new(Options {
        contacts: 0,
        companies: 0,
        conversations: 0,
        tags: 0,
        segments: 0,
        articles: 0,
        rate_limit: 0,
        brevo: BrevoOptions { tier: Tier::Unlimited, import_ms: 10, ..BrevoOptions::default() },
        ..Options::default()
    });
    let url = format!("{}/v3", desk.url);
    desk.set("BREVO_API_KEY", Some("key_for_the_twin_only"));
    desk.set("TAJO_BREVO_BASE_URL", Some(&url));
    desk.set("USER", Some("margaret"));
    desk.config(config);
    desk
}

/// The JSON document of a command that ended so.
#[track_caller]
pub fn told(desk: &Desk, args: &[&str], exit: i32) -> Value {
    desk.tajo(args).ended(exit).json()
}

#[track_caller]
pub fn sync(desk: &Desk) -> Ran {
    desk.tajo(&SYNC).ended(0)
}

pub fn id_of(desk: &Desk, email: &str) -> i64 {
    brevo(desk, email)["id"].as_i64().unwrap()
}

pub fn brevo(desk: &Desk, email: &str) -> Value {
    desk.town.brevo().contact_by_email(email).unwrap_or_else(|| panic!("{email} is not in Brevo"))
}

pub fn fullname(desk: &Desk, email: &str) -> Value {
    brevo(desk, email)["attributes"]["FULLNAME"].clone()
}

/// Writes to both platforms so far.
pub fn writes(desk: &Desk) -> usize {
    desk.town.writes() + desk.town.brevo().writes()
}
