//! Where a value came from, and why a person is not in Brevo. Answers from the ledger and the mirror; asks nobody.

use serde::Serialize;
use serde_json::{Map, Value};
use tajo_core::Result;
use tajo_engine::pair::{Law, Laws, Rule, Winner, alike};
use tajo_state::{BrevoRow, Effect, EffectState, LinkState};

use super::entry::{Act, Side};
use super::known::{Known, Person};
use super::left::Left;
use super::links::Notes;
use super::mapping::Field;
use super::planner::Planner;
use super::right::body;

/// Effects looked through for the last write to a field.
const EFFECTS_MAX: usize = 500;

/// What is known about one contact.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// Intercom's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intercom_id: Option<String>,
    /// Brevo's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brevo_id: Option<i64>,
    /// `in_step`, `waits`, `would_create`, `skipped`, `erased`, `only_in_brevo` or `unknown`.
    pub state: &'static str,
    /// Why it is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// That, for people, and what to do.
    pub said: String,
    /// Its fields.
    pub fields: Vec<Provenance>,
}

/// Where a value came from.
#[derive(Debug, Clone, Serialize)]
pub struct Provenance {
    /// Key of the field.
    pub field: String,
    /// The field of Intercom, as the configuration names it.
    pub from: String,
    /// Line of the configuration that says so; 0 for a default.
    pub line: usize,
    /// Column on that line.
    pub column: usize,
    /// Which way it flows: `intercom_to_brevo`, `brevo_to_intercom` or `both`.
    pub flow: &'static str,
    /// Who wins when both changed.
    pub conflict: &'static str,
    /// Intercom's value, in Brevo's terms.
    pub intercom: Value,
    /// Brevo's value.
    pub brevo: Value,
    /// The side that the value came from, where it is known: `intercom` or `brevo`.
    pub source: Option<&'static str>,
    /// The last write to it.
    pub written: Option<Written>,
    /// What the mapping had to leave out or change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Whether both sides changed it and somebody has to choose.
    pub in_conflict: bool,
}

/// A write that the journal knows.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// Where it was written: `brevo` or `intercom`.
    pub to: String,
    /// The run.
    pub run: String,
    /// The entry of the journal.
    pub effect: String,
    /// When.
    pub at: String,
    /// What was written.
    pub value: Value,
    /// What stood there before.
    pub before: Value,
    /// What became of it: `confirmed`, `failed`, `unknown`, …
    pub state: &'static str,
    /// Who asked for it, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Every contact that is meant, one account each.
pub fn accounts(known: &Known, person: &Person) -> Result<Vec<Account>> {
    let mut out = Vec::new();
    for id in &person.lefts {
        out.push(account(known, id)?);
    }
    if let (true, Some(row)) = (out.is_empty(), &person.row) {
        let shown = known.mapping.right(&body(row), row.email.as_deref());
        let left = vec![Value::Null; shown.len()];
        out.push(Account {
            intercom_id: None,
            brevo_id: Some(row.id),
            state: "only_in_brevo",
            reason: None,
            said: "Brevo has this contact, and no contact of Intercom is linked to it".into(),
            fields: fields(known, &left, &shown, &[], &[], &[]),
        });
    }
    if person.erased {
        out.push(Account {
            intercom_id: None,
            brevo_id: None,
            state: "erased",
            reason: Some("erased".into()),
            said: meaning("erased").into(),
            fields: Vec::new(),
        });
    }
    Ok(out)
}

fn account(known: &Known, id: &str) -> Result<Account> {
    let reader = known.reader()?;
    let left = reader.as_ref().map(|reader| reader.one(id)).transpose()?.flatten();
    let link = known.ledger.link(id)?;
    let row = link.as_ref().and_then(|link| link.brevo_id).map(|id| known.ledger.brevo(id)).transpose()?.flatten();
    let (state, reason, said) = match (&reader, &left) {
        (Some(reader), Some(left)) => {
            let mut planner = Planner::new(&known.mapping, &known.ledger, reader, Laws::default(), false);
            verdict(planner.contact(left)?.map(|entry| entry.act))
        }
        _ if link.as_ref().is_some_and(|link| link.state == LinkState::Merged) => skipped("merged_or_deleted_in_intercom"),
        _ => ("unknown", None, "The last sync did not see this contact in Intercom".into()),
    };
    let (state, reason, said) = match link.as_ref().and_then(|link| link.waits_for.as_ref()) {
        Some(_) if state == "in_step" => ("waits", Some("phone_taken".to_string()), meaning("phone_taken").to_string()),
        _ => (state, reason, said),
    };
    let said = match (reason.as_deref(), link.as_ref().map(Notes::of).and_then(|notes| notes.reason)) {
        (Some("merged_or_deleted_in_intercom"), Some(into)) if into != "gone" && into != "merged" => {
            format!("{said} (merged into {into})")
        }
        _ => said,
    };
    let (values, notes) = match &left {
        Some(left) => projected(known, left),
        None => (vec![Value::Null; known.mapping.rules.len()], Vec::new()),
    };
    let right = shown(known, row.as_ref());
    let effects = known.ledger.effects_of(id, EFFECTS_MAX)?;
    let disputed: Vec<String> =
        known.ledger.conflicts()?.into_iter().filter(|conflict| conflict.intercom_id == id).map(|c| c.field).collect();
    let brevo_id = link.and_then(|link| link.brevo_id);
    let fields = fields(known, &values, &right, &effects, &notes, &disputed);
    Ok(Account { intercom_id: Some(id.into()), brevo_id, state, reason, said, fields })
}

fn projected(known: &Known, left: &Left) -> (Vec<Value>, Vec<(String, String)>) {
    let projected = known.mapping.left(left);
    (projected.values, projected.notes.into_iter().map(|note| (note.field, note.said)).collect())
}

fn shown(known: &Known, row: Option<&BrevoRow>) -> Vec<Value> {
    match row {
        Some(row) => known.mapping.right(&body(row), row.email.as_deref()),
        None => vec![Value::Null; known.mapping.rules.len()],
    }
}

type Verdict = (&'static str, Option<String>, String);

fn skipped(reason: &str) -> Verdict {
    ("skipped", Some(reason.to_string()), meaning(reason).to_string())
}

fn verdict(act: Option<Act>) -> Verdict {
    match act {
        None => ("in_step", None, "Both sides are in step".into()),
        Some(Act::Skip(reason)) => skipped(&reason),
        Some(Act::Contact(step)) if step.new == Some(Side::Brevo) => {
            ("would_create", None, "Not in Brevo yet: the next sync creates it".into())
        }
        Some(Act::Contact(step)) if !step.conflicts.is_empty() => {
            ("waits", None, "A field waits for you: `tajo conflicts list`".into())
        }
        Some(Act::Contact(step)) if !step.writes() => ("in_step", None, "Both sides are in step".into()),
        Some(_) => ("waits", None, "The next sync writes something".into()),
    }
}

/// What a reason for leaving a person alone means, and what to do.
pub fn meaning(reason: &str) -> &'static str {
    match reason {
        "no_email" => {
            "it has no e-mail address, and Brevo knows people by theirs; leads often have none. Set `no_email: ext_id` to sync it by its Intercom id"
        }
        "deleted_in_brevo" => "the contact was deleted in Brevo and is not created again; `tajo heal --recreate` does",
        "merged_or_deleted_in_intercom" => "Intercom does not have this contact any more",
        "erased" => "this person was erased (`tajo erase`) and is not synced again",
        "shares_email" => "another contact of Intercom has the same e-mail address and comes first: users before leads",
        "two_candidates" => "more than one contact could be the same person; merge them, or correct an address",
        "waits_for_intercom" => "Intercom does not show our last write in its lists yet; the next sync looks again",
        "phone_taken" => "another contact of Brevo has its phone number, which is written as soon as that one gives it up",
        "only_in_intercom" => "the direction does not create contacts in Brevo",
        "unsubscribed_in_brevo" => "it unsubscribed in Brevo, so it is not created in Intercom",
        _ => "it is left alone",
    }
}

fn fields(
    known: &Known,
    left: &[Value],
    right: &[Value],
    effects: &[Effect],
    notes: &[(String, String)],
    disputed: &[String],
) -> Vec<Provenance> {
    let one = |(n, (field, rule)): (usize, (&Field, &Rule))| {
        let written = effects.iter().find_map(|effect| written(effect, &rule.key));
        let (l, r) = (&left[n], &right[n]);
        let source = match &written {
            Some(write) if write.state == "confirmed" => Some(if write.to == "brevo" { "intercom" } else { "brevo" }),
            _ if r.is_null() && l.is_null() => None,
            _ if alike(l, r) => None,
            _ if r.is_null() => Some("intercom"),
            _ if l.is_null() => Some("brevo"),
            _ => None,
        };
        Provenance {
            field: rule.key.clone(),
            from: field.from.clone(),
            line: field.place.line,
            column: field.place.column,
            flow: match (rule.flow.right(), rule.flow.left()) {
                (true, true) => "both",
                (true, false) => "intercom_to_brevo",
                _ => "brevo_to_intercom",
            },
            conflict: match (rule.law, rule.winner) {
                (Law::Restrictive, _) => "restrictive",
                (Law::Owned, _) | (_, Winner::Left) => "intercom",
                (_, Winner::Right) => "brevo",
                (_, Winner::Newest) => "newest",
                (_, Winner::Ask) => "manual",
            },
            intercom: l.clone(),
            brevo: r.clone(),
            source,
            written,
            notes: notes.iter().filter(|(key, _)| *key == rule.key).map(|(_, said)| said.clone()).collect(),
            in_conflict: disputed.contains(&rule.key),
        }
    };
    known.mapping.fields.iter().zip(&known.mapping.rules).enumerate().map(one).collect()
}

fn written(effect: &Effect, key: &str) -> Option<Written> {
    let map =
        |text: Option<&str>| -> Map<String, Value> { text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default() };
    let value = map(effect.intent.as_deref()).remove(key)?;
    let before = map(effect.before.as_deref()).remove(key).unwrap_or(Value::Null);
    if effect.state == EffectState::Dropped {
        return None;
    }
    Some(Written {
        to: effect.side.clone(),
        run: effect.run_id.clone(),
        effect: effect.effect_id.clone(),
        at: effect.settled_at.clone().unwrap_or_else(|| effect.at.clone()),
        value,
        before,
        state: effect.state.word(),
        by: map(effect.detail.as_deref()).get("by").and_then(Value::as_str).map(str::to_string),
    })
}
