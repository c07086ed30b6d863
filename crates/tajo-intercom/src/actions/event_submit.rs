//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events/createdataevent>

use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tajo_core::action::refused;
use tajo_core::rest::Request;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::conversation_contact::{Whose, whose};
use super::moment::Moment;
use super::needs;
use super::paths::given;
use crate::client::Intercom;
use crate::told::body;

/// Intercom keeps no more, and says nothing of the rest.
const KEYS_MAX: usize = 10;

/// Report an event of a contact: that it did something at a moment.
///
/// Intercom takes a second event of the same contact, name and second for the same one: with `created_at` given, running
/// it twice reports one event. Leads are named by `contact_id` only. A new key of the metadata can take a day to show.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Submit {
    /// What happened, best as a verb in the past and a noun, such as `upgraded-plan`.
    pub event_name: String,
    /// Whose event: the contact of this Intercom id. Give this or one of the other two.
    pub contact_id: Option<String>,
    /// Whose event: the user of this id of your own.
    pub external_id: Option<String>,
    /// Whose event: the user with this e-mail address.
    pub email: Option<String>,
    /// When it happened: ISO 8601 or unix seconds; now where nothing is said.
    pub created_at: Option<Moment>,
    /// Details, ten at most: plain values, `{"url", "value"}` for a link, or `{"amount", "currency"}` for money in cents.
    pub metadata: Option<Row>,
}

/// An event that Intercom accepted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Submitted {
    /// Its name.
    pub event_name: String,
    /// When it happened, unix seconds.
    pub created_at: i64,
    /// Always true: Intercom tells no new event from one it knew.
    pub accepted: bool,
}

impl Submit {
    fn fields(&self, at: Moment) -> Result<Row> {
        let metadata = self.metadata.as_ref().filter(|metadata| !metadata.is_empty());
        if metadata.is_some_and(|metadata| metadata.len() > KEYS_MAX) {
            return Err(refused("metadata", format!("takes {KEYS_MAX} keys at most: Intercom drops the rest without a word")));
        }
        if let Some((key, _)) = metadata.into_iter().flatten().find(|(_, value)| !is_flat(value)) {
            return Err(refused("metadata", format!("must not be nested; `{key}` is")));
        }
        let (by, id) = match whose(&self.contact_id, &self.external_id, &self.email)? {
            Whose::Id(id) => ("id", id),
            Whose::External(id) => ("user_id", id),
            Whose::Email(email) => ("email", email),
        };
        Ok(given(&[
            ("event_name", Some(self.event_name.as_str().into())),
            ("created_at", Some(json!(at.0))),
            (by, Some(id.into())),
            ("metadata", metadata.map(|metadata| Value::Object(metadata.clone()))),
        ]))
    }
}

/// Plain values and the two rich ones. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-events>
fn is_flat(value: &Value) -> bool {
    match value {
        Value::Array(_) => false,
        Value::Object(rich) => {
            let is = |keys: [&str; 2]| rich.len() == 2 && keys.iter().all(|key| rich.contains_key(*key));
            (is(["url", "value"]) || is(["amount", "currency"]))
                && rich.values().all(|value| !value.is_object() && !value.is_array())
        }
        _ => true,
    }
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

impl Action for Submit {
    const NAME: &'static str = "events.submit";
    const ALIAS: &'static str = "submit_event";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_EVENTS];
    const EXAMPLE: &'static str = r#"{"event_name": "upgraded-plan", "contact_id": "6762f0dd1bb69f9f2193bb83", "created_at": 1795170600, "metadata": {"plan": "Scale"}}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "contact_id"), ("intercom_user_id", "contact_id"), ("user_id", "external_id"), ("name", "event_name")];
    type On = Intercom;
    type Out = Submitted;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Submitted> {
        let at = self.created_at.unwrap_or_else(now);
        let fields = self.fields(at)?;
        // One event by its second, so a lost answer is no reason not to ask again. The answer is empty.
        call.on.client().send(Request::post("/events", body(&fields)?).repeatable()).await?;
        Ok(Submitted { event_name: self.event_name, created_at: at.0, accepted: true })
    }
}
