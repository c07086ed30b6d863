//! `/webhooks`. Source: facts §11.1.

use serde_json::{Map, Value, json};

use super::account::Account;
use super::ask::{Answer, Ask, Reply};
use super::refusal::Refusal;
use super::stamp::iso;

/// Outgoing webhooks of one account (help.brevo.com, article 360007666479).
const WEBHOOKS_MAX: usize = 40;

const MARKETING: &[&str] = &[
    "spam",
    "opened",
    "click",
    "hardBounce",
    "softBounce",
    "unsubscribed",
    "listAddition",
    "delivered",
    "contactUpdated",
    "contactDeleted",
];
const TRANSACTIONAL: &[&str] = &[
    "sent",
    "request",
    "delivered",
    "hardBounce",
    "softBounce",
    "blocked",
    "spam",
    "invalid",
    "deferred",
    "click",
    "opened",
    "uniqueOpened",
    "unsubscribed",
];

#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) id: u64,
    pub(crate) kind: String,
    pub(crate) events: Vec<String>,
    /// The rest of its body, as sent.
    rest: Map<String, Value>,
    created: i64,
    modified: i64,
}

impl Webhook {
    pub(super) fn url(&self) -> String {
        self.rest.get("url").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(super) fn is_batched(&self) -> bool {
        self.rest.get("batched") == Some(&Value::Bool(true))
    }

    /// Of each POST: the bearer token, and the headers that the webhook was made with.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
        let token = self.rest.get("auth").and_then(|auth| text(auth, "token"));
        let own = self.rest.get("headers").and_then(Value::as_array).into_iter().flatten();
        let own = own.filter_map(|header| Some((text(header, "key")?, text(header, "value")?)));
        token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))).into_iter().chain(own).collect()
    }

    pub(super) fn show(&self) -> Value {
        let mut shown = json!({
            "id": self.id, "url": "", "description": "", "type": self.kind, "events": self.events,
            "channel": "email", "batched": false, "createdAt": iso(self.created), "modifiedAt": iso(self.modified),
        });
        if let Some(shown) = shown.as_object_mut() {
            shown.extend(self.rest.clone());
        }
        shown
    }
}

/// Without `type` only transactional ones show, so that contact webhooks cannot be seen (2025 description).
pub(super) fn list(account: &Account, ask: &Ask<'_>) -> Answer {
    let kind = ask.query("type").unwrap_or("transactional");
    let page = ask.paging(usize::MAX, usize::MAX)?;
    let found = account.webhooks.iter().filter(|webhook| webhook.kind == kind).map(Webhook::show).collect();
    Reply::json(200, &json!({"webhooks": page.cut::<Value>(found)}))
}

pub(super) fn one(account: &Account, id: &str) -> Answer {
    let found = account.webhooks.iter().find(|webhook| webhook.id.to_string() == id);
    Reply::json(200, &found.ok_or_else(missing)?.show())
}

pub(super) fn create(account: &mut Account, ask: &Ask<'_>) -> Answer {
    let mut body = ask.object()?;
    let kind =
        body.shift_remove("type").and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_else(|| "transactional".to_owned());
    if body.get("url").and_then(Value::as_str).is_none_or(|url| !url.starts_with("http")) {
        return Err(Refusal::missing("url is missing or not valid"));
    }
    let events = events(&kind, body.shift_remove("events").as_ref())?;
    if account.webhooks.len() >= WEBHOOKS_MAX {
        return Err(Refusal::invalid(format!("You can not create more than {WEBHOOKS_MAX} webhooks")));
    }
    account.last_webhook += 1;
    let (id, now) = (account.last_webhook, account.now);
    account.webhooks.push(Webhook { id, kind, events, rest: body, created: now, modified: now });
    Reply::json(201, &json!({"id": id}))
}

pub(super) fn update(account: &mut Account, ask: &Ask<'_>, id: &str) -> Answer {
    let mut body = ask.object()?;
    let now = account.now;
    let webhook = account.webhooks.iter_mut().find(|webhook| webhook.id.to_string() == id).ok_or_else(missing)?;
    if let Some(named) = body.shift_remove("events") {
        webhook.events = events(&webhook.kind, Some(&named))?;
    }
    webhook.rest.extend(body);
    webhook.modified = now;
    Reply::done()
}

pub(super) fn delete(account: &mut Account, id: &str) -> Answer {
    let before = account.webhooks.len();
    account.webhooks.retain(|webhook| webhook.id.to_string() != id);
    if account.webhooks.len() < before { Reply::done() } else { Err(missing()) }
}

fn missing() -> Refusal {
    Refusal::not_found("Webhook record(s) not found")
}

fn events(kind: &str, named: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let known = match kind {
        "marketing" => MARKETING,
        "transactional" => TRANSACTIONAL,
        "inbound" => return Ok(vec!["inboundEmailProcessed".to_owned()]),
        _ => return Err(Refusal::invalid("type should be transactional, marketing or inbound")),
    };
    let named = named.and_then(Value::as_array).filter(|named| !named.is_empty());
    let named = named.ok_or_else(|| Refusal::missing("events is missing"))?;
    let event = |name: &Value| name.as_str().filter(|name| known.contains(name)).map(str::to_owned);
    named.iter().map(|name| event(name).ok_or_else(|| Refusal::invalid("Invalid events for this type of webhook"))).collect()
}
