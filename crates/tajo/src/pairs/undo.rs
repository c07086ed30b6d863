//! What a run wrote, taken back: a plan of inverse entries from the journal's pre-images.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};
use tajo_core::{Error, Result, codes};
use tajo_engine::pair::{Law, looks_like};
use tajo_state::{Effect, EffectState, Ledger};

use super::Pair;
use super::apply::DELETE;
use super::entry::{Act, Entry, Pairing, Side};
use super::left::LeftReader;
use super::mapping::{CONSENT, EMAIL};
use super::plan::Planned;
use super::planner::{Planner, Standing};
use super::sheet::Sheet;

/// Effects read in one go.
const PAGE: usize = 1000;
/// Later effects of a contact that are looked through for a newer write to a field.
const LATER: usize = 200;
/// What was left out is told one by one up to here.
const TOLD_MAX: usize = 1000;

/// A write that is not taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Intercom's id.
    pub intercom_id: String,
    /// Key of the field, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// `changed_since`, `written_since`, `opt_out`, `kept_exact`, `not_mapped`, `created`, `deleted`, `not_linked`,
    /// `not_confirmed`, `shared_address`.
    pub reason: &'static str,
}

/// What taking a run back comes to.
#[derive(Debug, Default, Serialize)]
pub struct Undone {
    /// The run.
    pub run_id: String,
    /// Writes it made.
    pub effects: u64,
    /// What is not taken back, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// The same, one by one.
    pub details: Vec<LeftOut>,
    #[serde(skip)]
    entries: BTreeMap<String, Entry>,
}

impl Undone {
    fn leave(&mut self, effect: &Effect, field: Option<&str>, reason: &'static str) {
        *self.left_out.entry(reason).or_default() += 1;
        if self.details.len() < TOLD_MAX {
            let field = field.map(str::to_string);
            self.details.push(LeftOut { intercom_id: effect.link.clone(), field, reason });
        }
    }
}

/// What a reason means, for people.
pub fn meaning(reason: &str) -> &'static str {
    match reason {
        "changed_since" => "somebody changed the value since; it stays",
        "written_since" => "a later run wrote the field; take that one back first",
        "opt_out" => "an opt-out is never taken back",
        "kept_exact" => "the mapping keeps it exact; the next sync would write it again",
        "not_mapped" => "the mapping does not have the field any more",
        "created" => "the run created the contact; deleting it needs --allow-destructive",
        "deleted" => "what was deleted cannot come back",
        "not_linked" => "the contact is not linked any more",
        "not_confirmed" => "the write did not arrive, or nobody knows",
        "shared_address" => "another contact has that address now",
        _ => "left as it is",
    }
}

impl Pair {
    /// Saves a plan that takes back what a run wrote, as far as both sides still show it. Both mirrors have to be up to
    /// date. `run` may be `last`. Contacts that the run created are deleted with `destructive` alone.
    pub async fn undo(&self, connection: &str, run: &str, destructive: bool) -> Result<(Undone, Planned)> {
        let pair = self.clone();
        let asked = run.to_string();
        let mut sheet = Sheet::begin(self, connection, "undo").await?;
        let mut undone = self.ledger.apart(move |ledger| pair.inverse(ledger, &asked, destructive)).await?;
        for (_, entry) in std::mem::take(&mut undone.entries) {
            sheet.push_writing(entry)?;
        }
        Ok((undone, sheet.finish(self).await?))
    }

    fn inverse(&self, ledger: &Ledger, asked: &str, destructive: bool) -> Result<Undone> {
        let last = if asked == "last" { ledger.last_run_with_effects()? } else { Some(asked.to_string()) };
        let none = || {
            Error::new(&codes::USAGE, format!("No run `{asked}` wrote anything"))
                .help("`tajo connectors sync intercom --json` prints `run_id`; `tajo undo last` takes the last one.")
        };
        let run_id = last.ok_or_else(none)?;
        let effects = effects(ledger, &run_id)?;
        if effects.is_empty() {
            return Err(none());
        }
        let mut undone = Undone { run_id, effects: effects.len() as u64, ..Undone::default() };
        let reader = LeftReader::open(&self.mirror, &self.mapping)?;
        let planner = Planner::new(&self.mapping, ledger, &reader, self.laws, false);
        for effect in effects.iter().rev() {
            if effect.state != EffectState::Confirmed {
                undone.leave(effect, None, "not_confirmed");
                continue;
            }
            if effect.kind == DELETE {
                undone.leave(effect, None, "deleted");
                continue;
            }
            let link = link_of(ledger, effect)?;
            let standing = match reader.one(&link)? {
                Some(left) => planner.standing(&left)?,
                None => None,
            };
            match standing {
                None => undone.leave(effect, None, "not_linked"),
                Some(standing) if creates(effect) => self.uncreate(effect, &standing, destructive, &mut undone),
                Some(standing) => self.unwrite(ledger, effect, &standing, &mut undone)?,
            }
        }
        Ok(undone)
    }

    /// The run made the contact: it goes, if it still is as the run made it.
    fn uncreate(&self, effect: &Effect, standing: &Standing, destructive: bool, undone: &mut Undone) {
        let side = side_of(effect);
        let shown = if side == Side::Brevo { &standing.right } else { &standing.left };
        let sent = values(effect.intent.as_deref());
        let out = self.mapping.keys().get(CONSENT).is_some_and(|n| shown[*n] == Value::Bool(true));
        // With the contact the platform would forget what the person said.
        if out && !sent.contains_key(CONSENT) {
            return undone.leave(effect, None, "opt_out");
        }
        let touched = sent.iter().find_map(|(key, sent)| {
            let n = *self.mapping.keys().get(key)?;
            (!looks_like(sent, &shown[n]) && !sent.is_null()).then(|| key.clone())
        });
        match touched {
            Some(key) => undone.leave(effect, Some(&key), "changed_since"),
            None if !destructive => undone.leave(effect, None, "created"),
            None => {
                let act = Act::Delete { side, ground: standing.ground.clone() };
                undone.entries.insert(standing.link.intercom_id.clone(), entry(standing, act));
            }
        }
    }

    fn unwrite(&self, ledger: &Ledger, effect: &Effect, standing: &Standing, undone: &mut Undone) -> Result<()> {
        let before = values(effect.before.as_deref());
        let later = later_fields(ledger, effect, &standing.link.intercom_id)?;
        let side = side_of(effect);
        for (key, sent) in values(effect.intent.as_deref()) {
            let was = before.get(&key).cloned().unwrap_or(Value::Null);
            let reason = match self.mapping.keys().get(&key) {
                None => Some("not_mapped"),
                Some(&n) => self.keeps(n, side, &sent, &was, standing, &later, ledger)?,
            };
            if let Some(reason) = reason {
                undone.leave(effect, Some(&key), reason);
                continue;
            }
            let n = self.mapping.keys()[&key];
            let whole = undone
                .entries
                .entry(standing.link.intercom_id.clone())
                .or_insert_with(|| entry(standing, Act::Contact(Box::new(standing.step()))));
            if let Act::Contact(step) = &mut whole.act {
                let now = if side == Side::Brevo { &standing.right[n] } else { &standing.left[n] };
                let fields = if side == Side::Brevo { &mut step.right } else { &mut step.left };
                let both: Pairing = [was, now.clone()];
                fields.insert(key.clone(), both);
                // What the other side shows is noted as seen: else the next sync would write it once more.
                step.settled.insert(key, [standing.left[n].clone(), standing.right[n].clone()]);
            }
        }
        Ok(())
    }

    /// Why a field stays as it is; nothing where it goes back.
    #[allow(clippy::too_many_arguments, reason = "one question about one field, from one place")]
    fn keeps(
        &self,
        n: usize,
        side: Side,
        sent: &Value,
        was: &Value,
        standing: &Standing,
        later: &BTreeSet<(String, String)>,
        ledger: &Ledger,
    ) -> Result<Option<&'static str>> {
        let rule = &self.mapping.rules[n];
        let now = if side == Side::Brevo { &standing.right[n] } else { &standing.left[n] };
        let side_name = if side == Side::Brevo { "brevo" } else { "intercom" };
        Ok(match rule.law {
            Law::Restrictive => Some("opt_out"),
            Law::Owned => Some("kept_exact"),
            Law::Field if later.contains(&(side_name.into(), rule.key.clone())) => Some("written_since"),
            Law::Field if !looks_like(sent, now) => Some("changed_since"),
            Law::Field if rule.key == EMAIL && side == Side::Brevo => {
                let holder = was.as_str().map(|address| ledger.brevo_by_email(&address.to_lowercase())).transpose()?.flatten();
                holder.is_some_and(|row| row.id != standing.row.id).then_some("shared_address")
            }
            Law::Field => None,
        })
    }
}

fn entry(standing: &Standing, act: Act) -> Entry {
    let who = standing.row.email.clone().unwrap_or_else(|| format!("ext_id:{}", standing.link.intercom_id));
    Entry { n: 0, id: standing.link.intercom_id.clone(), brevo: Some(standing.row.id), who, act }
}

fn side_of(effect: &Effect) -> Side {
    if effect.side == "brevo" { Side::Brevo } else { Side::Intercom }
}

fn values(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Whether the effect made the contact. An import does not say so, but a contact that it found had an address.
fn creates(effect: &Effect) -> bool {
    let address = |text: Option<&str>| values(text).get(EMAIL).cloned().unwrap_or(Value::Null);
    let by_import = effect.kind == "contact.import";
    let new = by_import && !address(effect.intent.as_deref()).is_null() && address(effect.before.as_deref()).is_null();
    effect.kind == "contact.create" || new
}

/// Intercom's id of the contact; one that was created there had none when the effect was noted.
fn link_of(ledger: &Ledger, effect: &Effect) -> Result<String> {
    if !effect.link.is_empty() {
        return Ok(effect.link.clone());
    }
    let row = ledger.brevo_by_email(&effect.target.to_lowercase())?;
    let link = row.map(|row| ledger.link_of_brevo(row.id)).transpose()?.flatten();
    Ok(link.map(|link| link.intercom_id).unwrap_or_default())
}

/// Side and key of the fields that later runs wrote for a contact.
fn later_fields(ledger: &Ledger, effect: &Effect, id: &str) -> Result<BTreeSet<(String, String)>> {
    let mut fields = BTreeSet::new();
    for later in ledger.effects_of(id, LATER)? {
        if later.run_id == effect.run_id {
            break;
        }
        if later.state == EffectState::Confirmed {
            fields.extend(values(later.intent.as_deref()).into_iter().map(|(key, _)| (later.side.clone(), key)));
        }
    }
    Ok(fields)
}

/// All effects of a run, in order. Several may share a place, so a page ends between places.
fn effects(ledger: &Ledger, run_id: &str) -> Result<Vec<Effect>> {
    let (mut all, mut after) = (Vec::new(), i64::MIN);
    loop {
        let mut page = ledger.effects_of_run(run_id, after, PAGE)?;
        let full = page.len() == PAGE;
        if full && let Some(last) = page.last().map(|effect| effect.seq) {
            page.retain(|effect| effect.seq < last);
        }
        let Some(last) = page.last() else { return Ok(all) };
        after = last.seq;
        all.extend(page);
        if !full {
            return Ok(all);
        }
    }
}
