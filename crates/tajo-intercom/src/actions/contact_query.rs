//! The query of a contact search, held against what Intercom documents, before anything is sent. Pure.
//!
//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts>: "Nesting & Limitations",
//! "Accepted Fields", "Accepted Operators". A field that is not listed there is left to Intercom.

use serde_json::{Map, Value};
use tajo_core::action::refused;
use tajo_core::{Error, Grain, Result};

use super::moment::Moment;

/// Filters in one group, and values in one list.
pub(super) const GROUP_MAX: usize = 15;
/// Groups within groups.
const DEPTH_MAX: usize = 2;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Date,
    Flag,
    TagId,
    Text,
    /// Of the workspace's own attributes only Intercom knows the type.
    Unknown,
}

const DATES: [&str; 10] = [
    "created_at",
    "signed_up_at",
    "updated_at",
    "last_seen_at",
    "last_contacted_at",
    "last_replied_at",
    "last_email_opened_at",
    "last_email_clicked_at",
    "ios_last_seen_at",
    "android_last_seen_at",
];
const FLAGS: [&str; 3] = ["unsubscribed_from_emails", "marked_email_as_spam", "has_hard_bounced"];
const TEXTS: [&str; 17] = [
    "id",
    "role",
    "name",
    "avatar",
    "email",
    "email_domain",
    "phone",
    "formatted_phone",
    "external_id",
    "language_override",
    "browser",
    "browser_language",
    "os",
    "location.country",
    "location.region",
    "location.city",
    "segment_id",
];

const OPERATORS: [&str; 12] = ["=", "!=", "IN", "NIN", ">", "<", ">=", "<=", "~", "!~", "^", "$"];

impl Holds {
    fn of(field: &str) -> Holds {
        match field {
            "tag_id" => Holds::TagId,
            _ if DATES.contains(&field) => Holds::Date,
            _ if FLAGS.contains(&field) => Holds::Flag,
            _ if TEXTS.contains(&field) => Holds::Text,
            _ => Holds::Unknown,
        }
    }
    /// The operators that it takes. Dates compare by the day up to 2.16, by the second from 2.17 on.
    fn operators(self, dates: Grain) -> &'static [&'static str] {
        match (self, dates) {
            (Holds::Date, Grain::Second) => &["=", ">", "<", ">=", "<="],
            (Holds::Date, _) => &["=", ">", "<"],
            (Holds::TagId, _) => &["=", "!="],
            (Holds::Flag, _) => &["=", "!=", "IN", "NIN"],
            (Holds::Text, _) => &["=", "!=", "IN", "NIN", "~", "!~", "^", "$"],
            (Holds::Unknown, _) => &OPERATORS,
        }
    }
    const fn word(self) -> &'static str {
        match self {
            Holds::Date => "date",
            Holds::Flag => "flag",
            Holds::TagId => "tag",
            Holds::Text => "text",
            Holds::Unknown => "attribute",
        }
    }
}

/// Refuses a query that Intercom would refuse; the error names the place in it.
pub(super) fn check(query: &Value, dates: Grain) -> Result<()> {
    node(query, "query", 0, dates)
}

/// A value of the query's is wrong at `at`, such as `query.value[0].operator`.
fn wrong(at: String, rule: impl std::fmt::Display) -> Error {
    refused("query", format!("is wrong at {at}: {rule}")).note("at", at)
}

fn node(node: &Value, at: &str, depth: usize, dates: Grain) -> Result<()> {
    let Some(fields) = node.as_object() else {
        return Err(wrong(at.to_owned(), "a filter is an object with field, operator and value"));
    };
    let Some(operator) = fields.get("operator").and_then(Value::as_str) else {
        let rule = format!("must be AND, OR or one of {}", OPERATORS.join(" "));
        return Err(wrong(format!("{at}.operator"), rule));
    };
    if matches!(operator, "AND" | "OR") { group(fields, at, depth, dates) } else { leaf(fields, operator, at, dates) }
}

fn group(fields: &Map<String, Value>, at: &str, depth: usize, dates: Grain) -> Result<()> {
    if depth >= DEPTH_MAX {
        return Err(wrong(at.to_owned(), format!("groups are nested {DEPTH_MAX} levels deep at most")));
    }
    let Some(filters) = fields.get("value").and_then(Value::as_array) else {
        return Err(wrong(format!("{at}.value"), "must be a list of filters after AND and OR"));
    };
    if !(1..=GROUP_MAX).contains(&filters.len()) {
        return Err(wrong(format!("{at}.value"), format!("takes 1 to {GROUP_MAX} filters, not {}", filters.len())));
    }
    filters.iter().enumerate().try_for_each(|(n, filter)| node(filter, &format!("{at}.value[{n}]"), depth + 1, dates))
}

fn leaf(fields: &Map<String, Value>, operator: &str, at: &str, dates: Grain) -> Result<()> {
    let field = fields.get("field").and_then(Value::as_str).filter(|field| !field.trim().is_empty());
    let field = field.ok_or_else(|| wrong(format!("{at}.field"), "must be the name of a field"))?;
    let value = fields.get("value").ok_or_else(|| wrong(format!("{at}.value"), "must be given; null finds what is unset"))?;
    let holds = Holds::of(field);
    let fitting = holds.operators(dates);
    if !fitting.contains(&operator) {
        let what = if OPERATORS.contains(&operator) { "this" } else { "an unknown" };
        let rule = format!("{what} operator does not go with the {} field {field}; use {}", holds.word(), fitting.join(" "));
        return Err(wrong(format!("{at}.operator"), rule));
    }
    fits(holds, operator, value).map_err(|rule| wrong(format!("{at}.value"), rule))
}

fn fits(holds: Holds, operator: &str, value: &Value) -> Result<(), &'static str> {
    let is_plain = |value: &Value| !value.is_array() && !value.is_object();
    if matches!(operator, "IN" | "NIN") {
        let is_list = value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_plain));
        return if is_list { Ok(()) } else { Err("must be a list of values after IN and NIN") };
    }
    match (holds, value) {
        (_, Value::Array(_) | Value::Object(_)) => Err("must be a single value; a list goes with IN and NIN"),
        (Holds::Date, Value::Null) if operator == "=" => Ok(()),
        (Holds::Date, Value::Number(_) | Value::String(_)) if is_seconds(value) => Ok(()),
        (Holds::Date, _) => Err("must be whole unix seconds, not milliseconds and not a written date"),
        (Holds::Flag, Value::Bool(_) | Value::Null) => Ok(()),
        (Holds::Flag, _) => Err("must be true or false"),
        (_, Value::Null) if !matches!(operator, "=" | "!=") => Err("can be null after = and != only"),
        _ if matches!(operator, "~" | "!~" | "^" | "$") && !value.is_string() => Err("must be text after ~ !~ ^ $"),
        _ => Ok(()),
    }
}

/// Whole seconds that are no milliseconds, as a number or as its text.
fn is_seconds(value: &Value) -> bool {
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    number.is_some_and(|number| serde_json::from_value::<Moment>(number.into()).is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(query: &Value, dates: Grain) -> Option<String> {
        check(query, dates).err().map(|error| error.noted("at").unwrap_or_default().to_owned())
    }

    fn is(field: &str, operator: &str, value: impl Into<Value>) -> Value {
        json!({"field": field, "operator": operator, "value": value.into()})
    }

    fn all(filters: Vec<Value>) -> Value {
        json!({"operator": "AND", "value": filters})
    }

    #[test]
    fn what_intercom_would_refuse_is_refused_with_its_place() {
        let deep = all(vec![all(vec![all(vec![is("name", "=", "Ada")])])]);
        for (query, place) in [
            (json!([]), "query"),
            (json!({}), "query.operator"),
            (is("name", "LIKE", "Ada"), "query.operator"),
            (is("name", "and", "Ada"), "query.operator"),
            (is("", "=", "Ada"), "query.field"),
            (json!({"field": "name", "operator": "="}), "query.value"),
            (deep, "query.value[0].value[0]"),
            (all(vec![]), "query.value"),
            (all(vec![is("name", "=", "Ada"); 16]), "query.value"),
            (json!({"operator": "OR", "value": is("name", "=", "Ada")}), "query.value"),
            (all(vec![is("name", "=", "Ada"), is("created_at", ">=", 1)]), "query.value[1].operator"),
            (all(vec![is("name", "=", "Ada"), all(vec![is("updated_at", "IN", vec![1])])]), "query.value[1].value[0].operator"),
            (is("created_at", "=", "foorbar"), "query.value"),
            (is("created_at", ">", 1_795_170_600_000_i64), "query.value"),
            (is("created_at", ">", Value::Null), "query.value"),
            (is("tag_id", "IN", vec!["1"]), "query.operator"),
            (is("unsubscribed_from_emails", "=", "true"), "query.value"),
            (is("name", ">", "A"), "query.operator"),
            (is("name", "~", Value::Null), "query.value"),
            (is("name", "IN", "Ada"), "query.value"),
            (is("name", "IN", Vec::<String>::new()), "query.value"),
            (is("name", "=", vec!["Ada"]), "query.value"),
            (is("custom_attributes.seats", "~", 3), "query.value"),
        ] {
            assert_eq!(at(&query, Grain::Day).as_deref(), Some(place), "{query}");
        }
    }

    #[test]
    fn what_intercom_takes_passes() {
        let pair = json!({"operator": "OR", "value": [is("role", "=", "lead"), is("email", "$", "fisher.example")]});
        for query in [
            is("name", "=", "Ada"),
            all(vec![pair, is("created_at", ">", 1_577_869_200), is("updated_at", "<", "1577869200")]),
            all(vec![is("name", "=", "Ada"); 15]),
            is("last_seen_at", "=", Value::Null),
            is("phone", "!=", Value::Null),
            is("tag_id", "!=", "9100001"),
            is("owner_id", ">", 1),
            is("custom_attributes.seats", ">=", 3),
            is("something_new", "NIN", vec![1, 2]),
        ] {
            assert_eq!(at(&query, Grain::Day), None, "{query}");
        }
        assert_eq!(at(&is("created_at", ">=", 1), Grain::Second), None, "from 2.17 on");
        assert!(at(&is("created_at", "!=", 1), Grain::Second).is_some());
    }
}
