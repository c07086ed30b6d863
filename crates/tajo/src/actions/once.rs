//! What may not be sent twice: noted before it leaves, and looked for where its outcome is unknown.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tajo_core::trip::Trip;
use tajo_core::{Call, Command, Error, Result, codes};
use tajo_intercom::Intercom;
use tajo_state::{Effect, EffectState, Ledger};

use super::{Ask, Outcome};
use crate::config::Settings;

/// Requests shown at once.
const SHOWN_MAX: usize = 1000;
/// Two attempts within this time, in seconds, could be taken for each other: a look goes back two minutes, because clocks
/// differ, and they may differ the other way round for the other one.
const ALIKE_SECS: i64 = 240;

/// A request whose outcome nobody knows.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Pending {
    /// Its id in the journal.
    pub id: String,
    /// The action.
    pub action: String,
    /// When it left.
    pub at: String,
    /// Who asked.
    pub by: String,
    /// Why its outcome is unknown.
    pub why: String,
}

/// The journal of a connection's actions, apart from the two-way sync's.
fn journal(settings: &Settings, trip: &Trip) -> Result<Ledger> {
    Ledger::open(&settings.home, &format!("actions/{}", settings.connection.name), trip.clone())
}

/// Requests whose outcome nobody knows, oldest first.
pub fn pending(settings: &Settings) -> Result<Vec<Pending>> {
    let journal = journal(settings, &Trip::default())?;
    let mut left = journal.effects_in_state(EffectState::Sent, SHOWN_MAX)?;
    left.extend(journal.effects_in_state(EffectState::Unknown, SHOWN_MAX)?);
    let shown = |effect: Effect| Pending {
        id: effect.effect_id,
        action: effect.kind,
        at: effect.at,
        by: effect.target,
        why: effect.detail.unwrap_or_else(|| "the program ended before the answer came".into()),
    };
    Ok(left.into_iter().map(shown).collect())
}

/// A person has looked, and says what became of a request: it was carried out, or it was not.
pub fn settle(settings: &Settings, id: &str, carried_out: bool) -> Result<()> {
    let state = if carried_out { EffectState::Confirmed } else { EffectState::Dropped };
    let now = jiff::Timestamp::now().to_string();
    journal(settings, &Trip::default())?.write(|write| {
        write.at(&now);
        write.settle(id, state, Some("settled by hand"))
    })
}

/// Sends a request at most once.
///
/// One that was asked before in the same words (or under the same key) and whose outcome is unknown is looked for first.
/// Where it is found, that is the answer; where it is not, nothing is sent unless the caller says so.
pub(super) async fn run(
    trip: &Trip,
    settings: &Settings,
    intercom: &Intercom,
    command: &'static Command<Intercom>,
    input: Value,
    ask: &Ask,
) -> Result<Outcome> {
    let once = Once { journal: journal(settings, trip)?, command, call: Call::new(intercom), input, ask };
    let names = Names::of(command.facts.name, &once.input, ask.key.as_deref());
    let last = once.journal.effects_of(&names.request, 1)?.pop();
    if let Some(last) = &last
        && let Some(result) = once.recalled(last, &names).await?
    {
        return Ok(Outcome { result, warnings: once.call.warnings(), found: true });
    }
    let effect = once.effect(names, last.as_ref());
    once.journal.write(|write| {
        write.begin(&effect)?;
        write.sent(&effect.effect_id)
    })?;
    match command.run(&once.call, once.input.clone()).await {
        Ok(result) => {
            trip.step("action carried out")?;
            once.told(&effect, &result);
            Ok(Outcome { result, warnings: once.call.warnings(), found: false })
        }
        Err(error) if is_unknown(&error) => {
            note(&once.journal, &effect.effect_id, EffectState::Unknown, error.what())?;
            // It may be there already; where it cannot be found, the error stands.
            if let Ok(Some(result)) = once.look(&effect).await {
                note(&once.journal, &effect.effect_id, EffectState::Confirmed, &reference(&result))?;
                return Ok(Outcome { result, warnings: once.call.warnings(), found: true });
            }
            Err(error.note("journal", effect.effect_id).help(LOOK))
        }
        Err(error) => {
            note(&once.journal, &effect.effect_id, EffectState::Failed, error.what())?;
            Err(error)
        }
    }
}

/// One request that may be sent once.
struct Once<'a> {
    journal: Ledger,
    command: &'static Command<Intercom>,
    call: Call<'a, Intercom>,
    input: Value,
    ask: &'a Ask,
}

/// What a request is known by in the journal.
struct Names {
    /// The request itself: its action and its key or, without one, all its input.
    request: String,
    /// Its input, whatever the order of its fields.
    said: String,
    /// All requests that a look could take for each other: the same texts, whatever the lists and flags beside them.
    alike: String,
}

impl Names {
    fn of(action: &str, input: &Value, key: Option<&str>) -> Names {
        let sorted = sorted(input);
        let said = hash(&sorted.to_string());
        let is_text = |value: &Value| value.is_string() || value.is_object();
        let texts: Vec<_> = sorted.as_object().into_iter().flatten().filter(|(_, value)| is_text(value)).collect();
        let request = match key {
            Some(key) => hash(&format!("{action}\nkey\n{key}")),
            None => hash(&format!("{action}\ninput\n{said}")),
        };
        Names { request, alike: hash(&format!("{action}\nalike\n{texts:?}")), said }
    }
}

impl Once<'_> {
    /// What became of the last request of this name, where that is the answer; `None` where this one is to be sent.
    async fn recalled(&self, last: &Effect, names: &Names) -> Result<Option<Value>> {
        let is_keyed = self.ask.key.is_some();
        if is_keyed && last.intent.as_deref() != Some(names.said.as_str()) {
            let what = "That idempotency key was used for another input; nothing was sent";
            return Err(Error::new(&codes::INPUT, what).help("Use a new key for a new request."));
        }
        match last.state {
            EffectState::Sent | EffectState::Unknown => {
                let looked = self.look(last).await;
                if let Ok(Some(result)) = looked {
                    note(&self.journal, &last.effect_id, EffectState::Confirmed, &reference(&result))?;
                    return Ok(Some(result));
                }
                if !self.ask.resend {
                    let error = unknown(self.command.facts.name, last);
                    return Err(looked.err().into_iter().fold(error, |error, why| error.note("why", why.what()).because(why)));
                }
                note(&self.journal, &last.effect_id, EffectState::Dropped, "sent again on demand")?;
                Ok(None)
            }
            EffectState::Confirmed if is_keyed => {
                self.call.warn("This key was used before: nothing was sent, and only the object's id is known.");
                Ok(Some(last.detail.as_deref().and_then(|told| serde_json::from_str(told).ok()).unwrap_or(Value::Null)))
            }
            _ => Ok(None),
        }
    }

    /// Looks for the outcome of an attempt. Where something like it was sent about then, a look could find that one: two
    /// equal messages on purpose are two, and nothing that it finds says which.
    async fn look(&self, effect: &Effect) -> Result<Option<Value>> {
        let at = moment(&effect.at)?;
        let near = self.journal.effects_of_run(&effect.run_id, at - ALIKE_SECS - 1, SHOWN_MAX)?;
        let may_be_there =
            |other: &Effect| matches!(other.state, EffectState::Sent | EffectState::Unknown | EffectState::Confirmed);
        if near.iter().any(|other| other.effect_id != effect.effect_id && may_be_there(other)) {
            return Ok(None);
        }
        self.command.look(&self.call, self.input.clone(), at).await
    }

    fn effect(&self, names: Names, last: Option<&Effect>) -> Effect {
        let number = |last: &Effect| last.effect_id.rsplit_once('-').and_then(|(_, number)| number.parse::<u64>().ok());
        let next = last.map_or(0, |last| number(last).unwrap_or_default() + 1);
        let now = jiff::Timestamp::now();
        Effect {
            effect_id: format!("{}-{next}", names.request),
            run_id: names.alike,
            seq: now.as_second(),
            kind: self.command.facts.name.into(),
            side: "intercom".into(),
            link: names.request,
            target: self.ask.by.clone(),
            intent: Some(names.said),
            before: None,
            state: EffectState::Planned,
            detail: None,
            at: now.to_string(),
            settled_at: None,
        }
    }

    /// Notes an answer. That it cannot be noted makes what was carried out no failure: the next look finds it.
    fn told(&self, effect: &Effect, result: &Value) {
        let (state, detail) = match raw_status(self.command, result) {
            None => (EffectState::Confirmed, reference(result)),
            Some(status @ (408 | 500..)) if self.input.get("yes") != Some(&Value::Bool(true)) => {
                self.call.warn("The request may have been carried out all the same; look before you send it again.");
                (EffectState::Unknown, format!("HTTP {status}"))
            }
            Some(status @ 400..) => (EffectState::Failed, format!("HTTP {status}")),
            Some(status) => (EffectState::Confirmed, json!({"status": status}).to_string()),
        };
        if let Err(error) = note(&self.journal, &effect.effect_id, state, &detail) {
            self.call.warn(format!("What came of it could not be noted in the journal: {}.", error.what()));
        }
    }
}

/// The status of a raw request's answer: of any action but that one, an answer is a success.
fn raw_status(command: &Command<Intercom>, result: &Value) -> Option<u64> {
    if command.facts.noun() == "requests" { result.get("status")?.as_u64() } else { None }
}

/// With the fields of all objects in one order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let all: BTreeMap<&String, Value> = fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(all.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        plain => plain.clone(),
    }
}

fn hash(text: &str) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

const LOOK: &str =
    "Run the same command again later: it looks first. `tajo actions pending` lists such requests; `--resend` sends again.";

fn unknown(action: &str, last: &Effect) -> Error {
    let what = format!("An earlier {action} with this input left at {} and its outcome is unknown; it was not found", last.at);
    Error::new(&codes::STA_UNKNOWN, what).note("journal", last.effect_id.clone()).help(
        "Look at the object in Intercom. If it is not there, run again with `--resend`; if it is, `tajo actions settle ID --done`.",
    )
}

/// Whether the request may have been carried out all the same.
fn is_unknown(error: &Error) -> bool {
    error.noted("outcome").is_some_and(|outcome| !outcome.starts_with("not sent"))
}

/// What the journal keeps of an answer: what it is and which one, nothing else.
fn reference(result: &Value) -> String {
    let kept: serde_json::Map<String, Value> = ["type", "id", "conversation_id", "ticket_id"]
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), result.get(*key)?.clone())))
        .collect();
    json!(kept).to_string()
}

fn note(journal: &Ledger, id: &str, state: EffectState, detail: &str) -> Result<()> {
    let now = jiff::Timestamp::now().to_string();
    journal.write(|write| {
        write.at(&now);
        write.settle(id, state, Some(detail))
    })
}

fn moment(at: &str) -> Result<i64> {
    let read: std::result::Result<jiff::Timestamp, _> = at.parse();
    read.map(|at| at.as_second()).map_err(|e| Error::new(&codes::STA_CORRUPT, "The journal holds a time that is none").because(e))
}
