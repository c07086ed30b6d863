//! A notification, from whoever has verified it: kept once, and a reason to look. Nothing of it is believed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Error, Result, codes};
use tajo_intercom::webhook;
use tajo_state::{Heard, Inbox};

use super::connectors_status::blocking;
use super::connectors_sync::Connector;
use super::{App, Ask, Session};

/// Longest topic and longest id of a delivery.
const WORD_CHARS_MAX: usize = 200;
/// How deep a body is kept.
const DEPTH_MAX: usize = 16;
/// A look that fails is tried so often; what waits then waits for the next notification, or the next start.
const TRIES_MAX: u32 = 6;
/// Wait before the second try; each further one is twice as long.
const WAIT_FIRST: Duration = Duration::from_secs(1);

/// Take a notification of Intercom's whose signature you have verified: it is kept once, and what changed is read soon.
///
/// Answers as soon as it is kept. Nothing of the notification is believed: it only says that a look is worth while.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct HandleWebhook {
    /// The platform that sent it.
    pub connector: Connector,
    /// What it is about, as the platform or its people say it.
    pub topic: String,
    /// What it says: `data` of the notification.
    pub data: Option<Value>,
    /// The notification's own id, so that a repeated one is known; made of topic and data where absent.
    pub id: Option<String>,
    /// The app that it names.
    pub app_id: Option<String>,
}

/// What became of a notification.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Taken {
    /// Whether it is new; a repeated one changes nothing.
    pub accepted: bool,
    /// The topic, as Intercom sends it.
    pub topic: String,
    /// The name under which it is kept.
    pub id: String,
}

impl Action for HandleWebhook {
    const NAME: &'static str = "connectors.handle_webhook";
    const ALIAS: &'static str = "handle_webhook";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str =
        r#"{"connector": "intercom", "topic": "contact.user.updated", "data": {"type": "notification_event_data"}}"#;
    const RARE: bool = true;
    type On = Session;
    type Out = Taken;

    async fn run(self, call: &Call<'_, Session>) -> Result<Taken> {
        if self.connector != Connector::Intercom {
            return Err(refused("connector", "must be intercom: notifications of other platforms are not read yet"));
        }
        let data = self.data.unwrap_or_default();
        let topic = webhook::topic(&self.topic, data["item"]["role"] == "lead").to_owned();
        let is_word = |text: &str| text.len() <= WORD_CHARS_MAX && text.chars().all(|c| c.is_ascii_graphic());
        if !is_word(&topic) {
            return Err(refused("topic", "must be one word such as `contact.user.created`"));
        }
        let id = match self.id {
            Some(id) if is_word(&id) && !id.is_empty() => id,
            Some(_) => return Err(refused("id", "must be one word, such as `notif_…`")),
            None => fingerprint(&topic, &data),
        };
        let settings = call.on.app.settings(call.on.connection.as_deref())?;
        let connection = settings.connection.name.clone();
        let body = match settings.config.intercom.log_webhooks {
            true => json!({"app_id": self.app_id, "data": redacted(&data, "", 0)}),
            false => json!({"app_id": self.app_id, "type": data["item"]["type"], "id": data["item"]["id"]}),
        };
        let heard = Heard {
            connection: connection.clone(),
            delivery: id.clone(),
            topic: topic.clone(),
            received_at: now(),
            body: body.to_string(),
        };
        let home = settings.home.clone();
        let accepted = blocking(move || Inbox::open(&home)?.put(&heard)).await?;
        tracing::info!(topic, accepted, "webhook");
        if accepted {
            ring(&call.on.app, settings.home, connection);
        }
        Ok(Taken { accepted, topic, id })
    }
}

/// Without an id of its own, a notification is known by what it says.
fn fingerprint(topic: &str, data: &Value) -> String {
    let digest = Sha256::digest(format!("{topic}\n{data}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The shape of a body: ids, types, times and flags stay, everything that a person wrote or is goes.
fn redacted(value: &Value, key: &str, depth: usize) -> Value {
    let is_kept = ["type", "id", "topic", "role", "state"].contains(&key) || key.ends_with("_id") || key.ends_with("_at");
    match value {
        _ if depth > DEPTH_MAX => "[redacted]".into(),
        // People choose these themselves; an address or a number is a usual choice.
        _ if ["external_id", "user_id"].contains(&key) => "[redacted]".into(),
        // Names of custom attributes are the workspace's own, and so is what is under them.
        Value::Object(_) if key == "custom_attributes" => json!({}),
        Value::Object(fields) => {
            let kept = fields.iter().map(|(name, value)| (name.clone(), redacted(value, name, depth + 1)));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| redacted(item, key, depth + 1)).collect(),
        Value::String(_) | Value::Number(_) if !is_kept => "[redacted]".into(),
        kept => kept.clone(),
    }
}

/// Who is being looked after, by home and connection; true where something came in meanwhile.
static RINGING: Mutex<BTreeMap<(PathBuf, String), bool>> = Mutex::new(BTreeMap::new());

/// Has what changed read soon: one sync at a time for each connection, however many ring.
pub fn ring(app: &Arc<App>, home: PathBuf, connection: String) {
    let who = (home, connection);
    let mut ringing = RINGING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(again) = ringing.get_mut(&who) {
        *again = true;
        return;
    }
    ringing.insert(who.clone(), false);
    tokio::spawn(answer(Arc::clone(app), who, false));
}

/// The same because it is time, whether or not anything was heard. A sync that is under way counts.
pub fn due(app: &Arc<App>, home: PathBuf, connection: String) {
    let who = (home, connection);
    let mut ringing = RINGING.lock().unwrap_or_else(PoisonError::into_inner);
    if !ringing.contains_key(&who) {
        ringing.insert(who.clone(), false);
        tokio::spawn(answer(Arc::clone(app), who, true));
    }
}

/// Whether a sync that was rung for, or was due, is under way.
pub fn is_under_way(home: &Path, connection: &str) -> bool {
    let ringing = RINGING.lock().unwrap_or_else(PoisonError::into_inner);
    ringing.contains_key(&(home.to_path_buf(), connection.to_owned()))
}

async fn answer(app: Arc<App>, who: (PathBuf, String), mut is_due: bool) {
    loop {
        if let Err(error) = look(&app, &who, is_due).await {
            let code = error.code().id;
            tracing::warn!(code, connection = who.1, "a connection could not be synced; it is tried again later");
        }
        is_due = false;
        let mut ringing = RINGING.lock().unwrap_or_else(PoisonError::into_inner);
        match ringing.get_mut(&who) {
            Some(again) if *again => *again = false,
            _ => {
                ringing.remove(&who);
                return;
            }
        }
    }
}

/// Reads what changed, and notes that everything heard before was looked into. Where nothing was heard, a sync that is due
/// is tried once: the next one comes by itself.
async fn look(app: &Arc<App>, (home, connection): &(PathBuf, String), is_due: bool) -> Result<()> {
    let mut wait = WAIT_FIRST;
    for tried in 1..=TRIES_MAX {
        let (at, name) = (home.clone(), connection.clone());
        let waiting = blocking(move || Inbox::open(&at)?.waiting(&name)).await?;
        if waiting.is_none() && !is_due {
            return Ok(());
        }
        match (sync(app, connection).await, waiting) {
            (done, None) => return done,
            (Ok(()), Some(up_to)) => {
                let (at, name) = (home.clone(), connection.clone());
                return blocking(move || Inbox::open(&at)?.done(&name, up_to, &now())).await;
            }
            (Err(error), _) if tried == TRIES_MAX => return Err(error),
            (Err(_), _) => tokio::time::sleep(wait).await,
        }
        wait *= 2;
    }
    Ok(())
}

async fn sync(app: &Arc<App>, connection: &str) -> Result<()> {
    let ask = Ask {
        action: "connectors.sync".into(),
        input: json!({"connector": "intercom", "type": "incremental"}),
        connection: Some(connection.to_owned()),
        by: "server".into(),
        ..Ask::default()
    };
    let outcome = app.run(ask).await?;
    let lacks = |error: &Value| [codes::AUTH_SCOPE.id, codes::AUTH_PLAN.id].iter().any(|code| error["code"] == *code);
    match outcome.result["outcome"].as_str() {
        Some("complete" | "disabled") => Ok(()),
        // What the token may not read is not there the next time either.
        Some("partial") if outcome.result["errors"].as_array().is_some_and(|all| all.iter().all(lacks)) => Ok(()),
        _ => Err(Error::new(&codes::PARTIAL, "A sync that nobody waits for did not come to its end")),
    }
}

fn now() -> String {
    crate::warehouse::moment(jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Shows: T-134.
    #[test]
    fn what_is_kept_of_a_body_names_nobody() {
        let body = json!({"type": "notification_event_data", "item": {
            "type": "contact", "id": "abc", "role": "lead", "email": "ada@byron.example", "name": "Ada Byron",
            "external_id": "ada@byron.example", "created_at": 1_790_000_000, "unsubscribed_from_emails": true,
            "phone": 491_701_234_567_i64, "custom_attributes": {"Ada's pet": "tabby"},
            "tags": {"type": "list", "data": [{"id": "7", "name": "VIP"}]}}});
        let kept = redacted(&body, "", 0);
        let text = kept.to_string();
        for secret in ["ada", "Ada", "byron", "4917", "tabby", "pet", "VIP"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        let item = &kept["item"];
        assert_eq!((&item["id"], &item["role"], &item["created_at"]), (&json!("abc"), &json!("lead"), &json!(1_790_000_000)));
        assert_eq!((&item["tags"]["data"][0]["id"], &item["unsubscribed_from_emails"]), (&json!("7"), &json!(true)));
    }
}
