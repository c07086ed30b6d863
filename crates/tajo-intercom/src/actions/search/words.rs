//! The query language of Intercom's own `search` tool, read into a query of its API. Pure.
//!
//! `object_type:conversations state:open source_body:contains:"refund" limit:20 starting_after:CURSOR q:"late parcel"`
//! <https://developers.intercom.com/docs/guides/mcp>

use serde_json::{Value, json};
use tajo_core::action::refused;
use tajo_core::{Error, Result};

use crate::actions::Moment;

/// Filters in one group, by Intercom.
const FILTERS_MAX: usize = 15;
/// The page where nothing is said, as Intercom's tool has it.
const LIMIT: u32 = 5;
const LIMIT_MAX: u32 = 150;

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Conversations,
    Contacts,
}

/// A query, understood.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) kind: Kind,
    /// `query` of the API's search.
    pub(super) query: Value,
    pub(super) limit: u32,
    pub(super) after: Option<String>,
}

const OPERATORS: &[(&str, &str)] = &[
    ("eq", "="),
    ("neq", "!="),
    ("gt", ">"),
    ("lt", "<"),
    ("gte", ">="),
    ("lte", "<="),
    ("in", "IN"),
    ("nin", "NIN"),
    ("contains", "~"),
    ("not_contains", "!~"),
    ("starts_with", "^"),
    ("ends_with", "$"),
];

/// Searchable fields that no group below has. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/searchconversations>
const CONVERSATION_FIELDS: &[&str] = &[
    "id",
    "created_at",
    "updated_at",
    "contact_ids",
    "teammate_ids",
    "admin_assignee_id",
    "team_assignee_id",
    "channel_initiated",
    "open",
    "read",
    "state",
    "waiting_since",
    "snoozed_until",
    "tag_ids",
    "priority",
    "ai_agent_participated",
];
const CONTACT_FIELDS: &[&str] = &[
    "id",
    "role",
    "name",
    "avatar",
    "owner_id",
    "email",
    "email_domain",
    "phone",
    "formatted_phone",
    "external_id",
    "created_at",
    "signed_up_at",
    "updated_at",
    "last_seen_at",
    "last_contacted_at",
    "last_replied_at",
    "last_email_opened_at",
    "last_email_clicked_at",
    "language_override",
    "browser",
    "browser_language",
    "os",
    "unsubscribed_from_emails",
    "marked_email_as_spam",
    "has_hard_bounced",
    "segment_id",
    "tag_id",
    "ios_app_name",
    "ios_app_version",
    "ios_device",
    "ios_os_version",
    "ios_sdk_version",
    "ios_last_seen_at",
    "android_app_name",
    "android_app_version",
    "android_device",
    "android_os_version",
    "android_sdk_version",
    "android_last_seen_at",
];
/// Fields within an object: `source_author_email` is `source.author.email`.
const CONVERSATION_GROUPS: &[(&str, &str)] = &[
    ("source_author_", "source.author."),
    ("source_", "source."),
    ("statistics_", "statistics."),
    ("conversation_rating_", "conversation_rating."),
    ("ai_agent_", "ai_agent."),
];
const CONTACT_GROUPS: &[(&str, &str)] = &[("location_", "location.")];
const FLAGS: &[&str] =
    &["open", "read", "ai_agent_participated", "unsubscribed_from_emails", "marked_email_as_spam", "has_hard_bounced"];

fn wrong(rule: impl std::fmt::Display) -> Error {
    refused("query", rule)
}

/// Reads a query.
pub(super) fn read(text: &str) -> Result<Asked> {
    let words = split(text)?;
    let kind = match words.iter().find(|word| word.key == "object_type").map(|word| word.rest.as_str()) {
        Some("conversations" | "conversation") => Kind::Conversations,
        Some("contacts" | "contact") => Kind::Contacts,
        _ => return Err(wrong("must say `object_type:conversations` or `object_type:contacts`")),
    };
    let (mut filters, mut limit, mut after) = (Vec::new(), LIMIT, None);
    for word in words {
        match word.key.as_str() {
            "object_type" => {}
            "limit" => {
                let read = word.rest.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
                limit = read.ok_or_else(|| wrong(format!("has a `limit` that is not from 1 to {LIMIT_MAX}")))?;
            }
            "starting_after" => after = Some(word.rest),
            "q" if word.rest.is_empty() => return Err(wrong("has nothing after `q:`")),
            "q" => filters.push(free(kind, &word.rest)),
            _ => filters.push(filter(kind, &word)?),
        }
    }
    match filters.len() {
        0 => Err(wrong("must have at least one field to search by, or `q:` and a text")),
        1 => Ok(Asked { kind, query: filters.remove(0), limit, after }),
        2..=FILTERS_MAX => Ok(Asked { kind, query: json!({"operator": "AND", "value": filters}), limit, after }),
        more => Err(wrong(format!("has {more} filters; Intercom takes {FILTERS_MAX}"))),
    }
}

/// `key:rest`, the rest without its quotes.
#[derive(Debug, PartialEq)]
struct Word {
    key: String,
    rest: String,
    /// Whether the value was quoted, which makes it text.
    quoted: bool,
}

/// The words of a query: parted by white space, save within double quotes, where a backslash keeps the next sign.
fn split(text: &str) -> Result<Vec<Word>> {
    let (mut words, mut word, mut within, mut quoted) = (Vec::new(), String::new(), false, false);
    let mut signs = text.chars();
    loop {
        match signs.next() {
            Some('\\') if within => word.extend(signs.next()),
            Some('"') => (within, quoted) = (!within, true),
            Some(c) if within || !c.is_whitespace() => word.push(c),
            end => {
                if !word.is_empty() {
                    let taken = std::mem::take(&mut word);
                    let pair = taken.split_once(':').filter(|(key, _)| !key.is_empty());
                    let (key, rest) =
                        pair.ok_or_else(|| wrong("must be words such as `state:open`, and text as `q:\"text\"`"))?;
                    words.push(Word { key: key.to_owned(), rest: rest.to_owned(), quoted: std::mem::take(&mut quoted) });
                }
                if end.is_none() {
                    break;
                }
            }
        }
    }
    if within { Err(wrong("has a quote that does not end")) } else { Ok(words) }
}

fn free(kind: Kind, text: &str) -> Value {
    let has = |field: &str| json!({"field": field, "operator": "~", "value": text});
    match kind {
        Kind::Conversations => has("source.body"),
        Kind::Contacts => json!({"operator": "OR", "value": [has("name"), has("email")]}),
    }
}

fn filter(kind: Kind, word: &Word) -> Result<Value> {
    let name = field(kind, &word.key)?;
    let named = word.rest.split_once(':').and_then(|(op, rest)| Some((sign(op)?, rest)));
    let (operator, rest) = named.unwrap_or(("=", &word.rest));
    if rest.is_empty() {
        return Err(wrong(format!("has nothing after `{}:`", word.key)));
    }
    let value = match operator {
        "IN" | "NIN" => rest.split(',').map(|one| value(&name, one.trim(), word)).collect::<Result<Vec<_>>>()?.into(),
        _ => value(&name, rest, word)?,
    };
    Ok(json!({"field": name, "operator": operator, "value": value}))
}

fn sign(op: &str) -> Option<&'static str> {
    OPERATORS.iter().find(|(word, sign)| *word == op || *sign == op).map(|(_, sign)| *sign)
}

/// The API's name of a field, given with underscores or dots.
fn field(kind: Kind, key: &str) -> Result<String> {
    let (fields, groups) = match kind {
        Kind::Conversations => (CONVERSATION_FIELDS, CONVERSATION_GROUPS),
        Kind::Contacts => (CONTACT_FIELDS, CONTACT_GROUPS),
    };
    if fields.contains(&key) || key.strip_prefix("custom_attributes.").is_some_and(|name| !name.is_empty()) {
        return Ok(key.to_owned());
    }
    if let Some((flat, dotted)) = groups.iter().find(|(flat, dotted)| key.starts_with(flat) || key.starts_with(dotted)) {
        return Ok(format!("{dotted}{}", &key[flat.len()..]));
    }
    let groups = groups.iter().map(|(flat, _)| format!("{flat}…"));
    let known: Vec<String> = fields.iter().map(|name| (*name).to_owned()).chain(groups).collect();
    Err(wrong(format!("has no field `{key}`; there are {}, custom_attributes.NAME", known.join(", "))))
}

/// A value as its field holds it: times as seconds, durations and scores as numbers, flags as such, the rest as text.
fn value(field: &str, text: &str, word: &Word) -> Result<Value> {
    let last = field.rsplit('.').next().unwrap_or(field);
    let is_time =
        !field.starts_with("custom_attributes.") && (last.ends_with("_at") || matches!(last, "snoozed_until" | "waiting_since"));
    let bad = |what: &str| wrong(format!("has a value of `{}` that is not {what}", word.key));
    if is_time {
        let moment: Result<Moment, _> = serde_json::from_value(text.into());
        return moment.map(|at| at.0.into()).map_err(|_| bad("a time such as 2026-11-20T10:30:00Z, or unix seconds"));
    }
    if FLAGS.contains(&field) {
        return text.parse::<bool>().map(Value::from).map_err(|_| bad("true or false"));
    }
    let is_number = field.starts_with("statistics.") || matches!(last, "score" | "rating");
    if is_number || (field.starts_with("custom_attributes.") && !word.quoted) {
        if let Ok(number) = text.parse::<i64>() {
            return Ok(number.into());
        }
        return if is_number {
            Err(bad("a whole number"))
        } else {
            Ok(text.parse::<bool>().map_or_else(|_| text.into(), Value::from))
        };
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Value {
        read(text).unwrap_or_else(|error| panic!("{text}: {error}")).query
    }

    #[test]
    fn the_examples_of_intercoms_page_are_understood() {
        let is = |field: &str, operator: &str, value: Value| json!({"field": field, "operator": operator, "value": value});
        for (text, expect) in [
            ("object_type:contacts email_domain:\"example.com\"", is("email_domain", "=", json!("example.com"))),
            ("object_type:conversations source_body:contains:\"refund\" limit:20", is("source.body", "~", json!("refund"))),
            ("object_type:conversations team_assignee_id:15", is("team_assignee_id", "=", json!("15"))),
            (
                "object_type:conversations statistics_time_to_admin_reply:gt:3600",
                is("statistics.time_to_admin_reply", ">", json!(3600)),
            ),
            ("object_type:conversations created_at:gte:2026-11-20T10:30:00Z", is("created_at", ">=", json!(1_795_170_600))),
            ("object_type:conversations open:true", is("open", "=", json!(true))),
            ("object_type:conversations source.author.email:a@b.example", is("source.author.email", "=", json!("a@b.example"))),
            ("object_type:conversations state:in:open,snoozed", is("state", "IN", json!(["open", "snoozed"]))),
            ("object_type:contacts custom_attributes.plan:neq:\"7\"", is("custom_attributes.plan", "!=", json!("7"))),
            ("object_type:contacts custom_attributes.seats:lt:7", is("custom_attributes.seats", "<", json!(7))),
            ("object_type:conversations source_url:https://a.example/", is("source.url", "=", json!("https://a.example/"))),
            ("object_type:contact name:\"Ada \\\"L\\\" B\"", is("name", "=", json!("Ada \"L\" B"))),
            ("q:\"late parcel\"  object_type:conversations", is("source.body", "~", json!("late parcel"))),
        ] {
            assert_eq!(query(text), expect, "{text}");
        }
        let both = read("object_type:conversations state:open source_type:email starting_after:cursor_abc123 limit:50").unwrap();
        assert_eq!((both.limit, both.after.as_deref(), both.kind), (50, Some("cursor_abc123"), Kind::Conversations));
        assert_eq!(both.query["value"].as_array().map(Vec::len), Some(2));
        assert_eq!(query("object_type:contacts q:ada")["operator"], "OR");
        assert_eq!(read("object_type:contacts q:ada").unwrap().limit, LIMIT);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_rule() {
        let many = format!("object_type:contacts {}", "name:a ".repeat(16));
        for (text, told) in [
            ("", "object_type"),
            ("state:open", "object_type"),
            ("object_type:companies name:a", "object_type"),
            ("object_type:contacts", "at least one field"),
            ("object_type:contacts limit:10", "at least one field"),
            ("object_type:contacts name:a limit:151", "1 to 150"),
            ("object_type:contacts name:a limit:x", "1 to 150"),
            ("object_type:contacts state:open", "no field `state`"),
            ("object_type:conversations email:a", "no field `email`"),
            ("object_type:conversations refund", "q:"),
            ("object_type:conversations source_body:contains:\"refund", "quote"),
            ("object_type:conversations open:maybe", "true or false"),
            ("object_type:conversations created_at:gt:soon", "a time"),
            ("object_type:conversations statistics_count_reopens:x", "a whole number"),
            ("object_type:conversations state:", "nothing after `state:`"),
            ("object_type:contacts q:", "nothing after `q:`"),
            (many.as_str(), "16 filters"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.noted("field") == Some("query") && error.what().contains(told), "{text}: {error}");
        }
    }
}
