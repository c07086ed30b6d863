//! A Brevo contact in the form in which the ledger keeps it.

use serde_json::{Value, json};
use tajo_brevo::Contact;
use tajo_state::BrevoRow;

/// The row of the ledger's mirror for a contact as Brevo shows it.
pub fn row(contact: &Contact, dirty: bool) -> BrevoRow {
    let text = |name: &str| match contact.attributes.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let mut lists = contact.list_ids.clone();
    lists.sort_unstable();
    let body = json!({
        "email": contact.email,
        "createdAt": contact.created_at,
        "attributes": contact.attributes,
        "listIds": lists,
        "listUnsubscribed": contact.list_unsubscribed,
        "emailBlacklisted": contact.email_blacklisted,
    });
    BrevoRow {
        id: contact.id,
        email: contact.email.as_deref().map(str::to_lowercase).filter(|email| !email.is_empty()),
        ext_id: text("EXT_ID"),
        sms: text("SMS").map(|phone| digits(&phone)),
        modified_at: contact.modified_at.parse::<jiff::Timestamp>().map_or_else(|_| contact.modified_at.clone(), written),
        body: body.to_string(),
        dirty,
    }
}

/// A moment (unix seconds) as the ledger keeps those of Brevo: in one time zone, so that they can be compared as text.
pub fn utc(secs: i64) -> String {
    jiff::Timestamp::from_second(secs).map(written).unwrap_or_default()
}

fn written(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A phone number as Brevo keeps it.
pub fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// The stored body.
pub fn body(row: &BrevoRow) -> Value {
    serde_json::from_str(&row.body).unwrap_or_default()
}

/// When the contact last changed, unix seconds; 0 where Brevo does not say.
pub fn changed_at(row: &BrevoRow) -> i64 {
    row.modified_at.parse::<jiff::Timestamp>().map(|at| at.as_second()).unwrap_or(0)
}
