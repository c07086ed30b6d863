//! `tajo connectors describe brevo`.

use serde::Serialize;
use serde_json::json;
use tajo_brevo::BASE_URL;

use super::super::out::Out;
use crate::config::Direction;

/// One kind of thing in Brevo, and what flows.
#[derive(Debug, Serialize)]
struct Object {
    name: &'static str,
    key: &'static str,
    to_brevo: &'static str,
    to_intercom: &'static str,
    guarantee: &'static str,
    bucket: &'static str,
}

const OBJECTS: [Object; 5] = [
    Object {
        name: "contacts",
        key: "id; matched by e-mail address, else by EXT_ID",
        to_brevo: "mapped fields, facts about conversations, opt-outs; new contacts",
        to_intercom: "name, phone and custom attributes that are mapped both ways, opt-outs; new contacts as leads",
        guarantee: "one contact for each person; no opt-out is ever taken back; a deleted contact is not created again",
        bucket: "contacts",
    },
    Object {
        name: "attributes",
        key: "name",
        to_brevo: "those that the mapping needs are created before the first value is written",
        to_intercom: "nothing",
        guarantee: "an attribute of another type than its field stops the plan: Brevo would drop the values",
        bucket: "contacts",
    },
    Object {
        name: "lists",
        key: "id",
        to_brevo: "membership of the lists under `lists` and `tags`, kept exact",
        to_intercom: "nothing",
        guarantee: "a list that does not exist stops the plan; nobody is put back who unsubscribed from a list",
        bucket: "contacts",
    },
    Object {
        name: "companies",
        key: "id; matched by the Intercom id they carry",
        to_brevo: "with `companies: objects`, those that changed, by one import a run, linked to their contacts",
        to_intercom: "nothing",
        guarantee: "one company for each; what the hourly bucket does not allow waits for the next run",
        bucket: "other",
    },
    Object {
        name: "events",
        key: "contact, name and second",
        to_brevo: "custom events of the last 90 days; conversations created, closed and rated from the first sync on",
        to_intercom: "with `engagement: events`, e-mails opened, clicked and bounced",
        guarantee: "sent at most once: one whose outcome is unknown is not sent again",
        bucket: "events",
    },
];

/// A bucket of Brevo's rate limit. <https://developers.brevo.com/docs/api-limits>
#[derive(Debug, Serialize)]
struct Bucket {
    name: &'static str,
    endpoints: &'static str,
    general: &'static str,
    advanced: &'static str,
    extended: &'static str,
}

const BUCKETS: [Bucket; 3] = [
    Bucket {
        name: "contacts",
        endpoints: "/v3/contacts/…",
        general: "10 a second, 36,000 an hour",
        advanced: "20 a second, 72,000 an hour",
        extended: "60 a second",
    },
    Bucket {
        name: "events",
        endpoints: "POST /v3/events",
        general: "10 a second, 36,000 an hour",
        advanced: "20 a second, 72,000 an hour",
        extended: "60 a second",
    },
    Bucket {
        name: "other",
        endpoints: "everything else",
        general: "100 an hour",
        advanced: "200 an hour",
        extended: "600 an hour",
    },
];

/// What somebody may expect and does not get.
const NOT_DONE: [&str; 3] = [
    "campaigns are neither read nor started; lists and attributes are what a campaign chooses its recipients by",
    "webhooks are not received; each sync reads what changed",
    "a deletion on one side is not carried to the other, except by `tajo erase`",
];

/// Runs the command.
pub fn run(out: &mut Out) {
    let directions: Vec<&str> = Direction::CHOICES.iter().map(|(name, _)| *name).collect();
    if out.json() {
        return out.document(&json!({
            "platform": "Brevo", "category": "Marketing", "official": false,
            "official_note": "Not endorsed by Brevo.",
            "api_base_url": BASE_URL, "api_version": "v3",
            "directions": directions, "objects": OBJECTS, "rate_buckets": BUCKETS, "not_done": NOT_DONE,
        }));
    }
    out.line("Brevo: contacts, their attributes, lists and events. Category: Marketing. API v3.");
    out.line(format!("Directions: {}; the first is the default.", directions.join(", ")));
    out.line("This connector is not endorsed by Brevo.");
    out.line("");
    for object in &OBJECTS {
        out.line(format!("{}  (key {})", object.name, object.key));
        out.line(format!("  to Brevo     {}", object.to_brevo));
        out.line(format!("  to Intercom  {}", object.to_intercom));
        out.line(format!("  promise      {}", object.guarantee));
        out.line(format!("  rate         bucket {}", object.bucket));
    }
    out.line("");
    let rows = BUCKETS.each_ref().map(|b| [b.name, b.endpoints, b.general, b.advanced, b.extended].map(str::to_string));
    out.table(["rate bucket", "endpoints", "general", "advanced", "extended"], rows);
    out.line("The limits in force are learned from the answers.");
    out.line("");
    out.line("Not done:");
    for what in NOT_DONE {
        out.line(format!("  {what}"));
    }
}
