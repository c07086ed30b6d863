//! What may not be sent twice: noted before it leaves, and looked for where its outcome is unknown.

use serde_json::{Value, json};
use tajo_core::trip::Trip;
use tajo_core::{Call, Command, Error, Result, codes};
use tajo_intercom::Intercom;
use tajo_state::{Effect, EffectState, Ledger};

use super::{Ask, Outcome};
use crate::config::Settings;

/// Requests shown at once.
const SHOWN_MAX: usize = 1000;

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
    let journal = journal(settings, trip)?;
    let facts = &command.facts;
    let words = match &ask.key {
        Some(key) => format!("{}\nkey\n{key}", facts.name),
        None => format!("{}\ninput\n{input}", facts.name),
    };
    let said = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(input.to_string().as_bytes()));
    let request = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(words.as_bytes()));
    let call = Call::new(intercom);
    let earlier = journal.effects_of(&request, SHOWN_MAX)?;
    if let Some(last) = earlier.first() {
        if ask.key.is_some() && last.intent.as_deref() != Some(said.as_str()) {
            let what = "That idempotency key was used for another input; nothing was sent";
            return Err(Error::new(&codes::INPUT, what).help("Use a new key for a new request."));
        }
        match last.state {
            EffectState::Sent | EffectState::Unknown => {
                if let Some(result) = command.look(&call, input.clone(), moment(&last.at)?).await? {
                    note(&journal, &last.effect_id, EffectState::Confirmed, &reference(&result))?;
                    return Ok(Outcome { result, warnings: call.warnings(), found: true });
                }
                if !ask.resend {
                    return Err(unknown(facts.name, last));
                }
                note(&journal, &last.effect_id, EffectState::Dropped, "sent again on demand")?;
            }
            EffectState::Confirmed if ask.key.is_some() => {
                let result = last.detail.as_deref().and_then(|told| serde_json::from_str(told).ok()).unwrap_or(Value::Null);
                let warnings = vec!["This key was used before: nothing was sent, and only the object's id is known.".into()];
                return Ok(Outcome { result, warnings, found: true });
            }
            _ => {}
        }
    }
    let effect = Effect {
        effect_id: format!("{request}-{}", earlier.len()),
        run_id: "actions".into(),
        seq: 0,
        kind: facts.name.into(),
        side: "intercom".into(),
        link: request,
        target: ask.by.clone(),
        intent: Some(said),
        before: None,
        state: EffectState::Planned,
        detail: None,
        at: jiff::Timestamp::now().to_string(),
        settled_at: None,
    };
    journal.write(|write| {
        write.begin(&effect)?;
        write.sent(&effect.effect_id)
    })?;
    match command.run(&call, input.clone()).await {
        Ok(result) => {
            trip.step("action carried out")?;
            note(&journal, &effect.effect_id, EffectState::Confirmed, &reference(&result))?;
            Ok(Outcome { result, warnings: call.warnings(), found: false })
        }
        Err(error) if is_unknown(&error) => {
            note(&journal, &effect.effect_id, EffectState::Unknown, error.what())?;
            // It may be there already; where it cannot be found, the error stands.
            if let Ok(Some(result)) = command.look(&call, input, moment(&effect.at)?).await {
                note(&journal, &effect.effect_id, EffectState::Confirmed, &reference(&result))?;
                return Ok(Outcome { result, warnings: call.warnings(), found: true });
            }
            Err(error.note("journal", effect.effect_id).help(LOOK))
        }
        Err(error) => {
            note(&journal, &effect.effect_id, EffectState::Failed, error.what())?;
            Err(error)
        }
    }
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
