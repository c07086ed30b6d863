//! The journal and the links: what is noted before a call, and what after.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};
use tajo_core::Result;
use tajo_engine::pair::{Answers, Decision, Seen, looks_like};
use tajo_state::{Conflict, Effect, EffectState, Ledger, Link, LinkState, Write};

use super::super::entry::{Act, Entry, Pairing, Step};
use super::super::links::{Notes, base, live};
use super::super::planner::rebuild;
use super::super::{Pair, now};
use super::Run;

/// An effect that is about to be sent.
pub fn planned(run: &Run, entry: &Entry, kind: &str, side: &str, target: String, fields: &BTreeMap<String, Pairing>) -> Effect {
    // One entry may take several writes to a side.
    let nth = run.noted.fetch_add(1, Ordering::Relaxed);
    let part = |at: usize| fields.iter().map(|(key, both)| (key.clone(), both[at].clone())).collect::<Map<_, _>>();
    Effect {
        effect_id: format!("{}-{}-{side}-{nth}", run.id, entry.n),
        run_id: run.id.clone(),
        seq: i64::try_from(entry.n).unwrap_or(i64::MAX),
        kind: kind.into(),
        side: side.into(),
        link: entry.id.clone(),
        target,
        intent: Some(Value::Object(part(0)).to_string()),
        before: Some(Value::Object(part(1)).to_string()),
        state: EffectState::Planned,
        detail: Some(detail(entry, side, fields)),
        at: crate::warehouse::moment(run.clock),
        settled_at: None,
    }
}

/// What a recovery needs to know beside the values: when the record had changed, and what the other side shows of fields
/// that are not written to agree with it, as an undo does.
fn detail(entry: &Entry, side: &str, fields: &BTreeMap<String, Pairing>) -> String {
    let Act::Contact(step) = &entry.act else { return json!({"who": entry.who}).to_string() };
    let mut detail = json!({"who": entry.who, "changed_at": step.changed_at});
    for (key, [left, right]) in step.settled.iter().filter(|(key, _)| fields.contains_key(*key)) {
        detail["other"][key] = if side == "brevo" { left.clone() } else { right.clone() };
    }
    detail.to_string()
}

/// Which part of a step was carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nothing was to be written: both sides agree.
    Agreement,
    /// What goes to Brevo.
    Right,
    /// What goes to Intercom.
    Left,
}

/// What was read back after a part was carried out.
pub struct Answer {
    /// The part.
    pub part: Part,
    /// Brevo's id.
    pub brevo_id: Option<i64>,
    /// All values of the side written to, as it shows them now; none where nothing was written.
    pub values: Option<Vec<Value>>,
    /// `updated_at` that Intercom answered, where Intercom was written to.
    pub left_at: Option<i64>,
}

impl Pair {
    /// Notes an effect durably, before its request leaves.
    pub(super) async fn begin(&self, effect: Effect) -> Result<()> {
        self.ledger
            .apart(move |ledger| ledger.write(|write| write.begin(&effect).and_then(|()| write.sent(&effect.effect_id))))
            .await
    }

    /// Ends an effect without a change of the link.
    pub(super) async fn end(&self, effect_id: &str, state: EffectState, detail: Option<String>) -> Result<()> {
        let id = effect_id.to_string();
        self.ledger.apart(move |ledger| ledger.write(|write| write.settle(&id, state, detail.as_deref()))).await
    }

    /// Marks a record to be planned again.
    pub(super) async fn again(&self, entry: &Entry) -> Result<()> {
        let entry = entry.clone();
        self.ledger.apart(move |ledger| again(ledger, &entry)).await
    }

    /// Notes the phone number that is waited for where nothing else was confirmed.
    pub(super) async fn keep_waiting(&self, entry: &Entry, step: &Step) -> Result<()> {
        let (id, waits_for) = (entry.id.clone(), step.waits_for.clone());
        self.ledger
            .apart(move |ledger| match ledger.link(&id)? {
                Some(link) if link.waits_for != waits_for => {
                    ledger.write(|write| write.put_link(&Link { waits_for, ..link.clone() }))
                }
                _ => Ok(()),
            })
            .await
    }

    /// The other side does not have the contact any more: a tombstone, so that nobody is created again.
    pub(super) async fn bury(&self, entry: &Entry, state: LinkState, reason: &str) -> Result<()> {
        let id = entry.id.clone();
        let reason = Some(reason.to_string());
        self.ledger
            .apart(move |ledger| {
                let known = ledger.link(&id)?;
                let notes = Notes { reason, ..known.as_ref().map(Notes::of).unwrap_or_default().of_the_dead() };
                // Whoever is gone from Intercom keeps the contact in Brevo, so that it is not taken for somebody unknown.
                let brevo_id = known.as_ref().and_then(|link| link.brevo_id).filter(|_| state == LinkState::Merged);
                let base = known.map_or_else(|| "{}".to_string(), |link| link.base);
                let link = Link { intercom_id: id, brevo_id, state, detail: notes.text(), base, dirty: false, waits_for: None };
                ledger.write(|write| write.put_link(&link))
            })
            .await
    }

    /// Nothing to write: the link and its bases are noted.
    pub(super) async fn adopt(&self, entry: &Entry, step: &Step) -> Result<()> {
        let answer = Answer { part: Part::Agreement, brevo_id: entry.brevo, values: None, left_at: None };
        self.confirm(entry, step, answer, None).await
    }

    /// Moves the bases and ends the effect, in one transaction.
    pub(super) async fn confirm(&self, entry: &Entry, step: &Step, answer: Answer, effect_id: Option<String>) -> Result<()> {
        let (pair, entry, step) = (self.clone(), entry.clone(), step.clone());
        self.ledger
            .apart(move |ledger| {
                let link = pair.advanced(ledger, &entry, &step, &answer)?;
                ledger.write(|write| {
                    write.put_link(&link)?;
                    note_conflicts(write, &entry, &step)?;
                    match &effect_id {
                        Some(id) => write.settle(id, EffectState::Confirmed, None),
                        None => Ok(()),
                    }
                })
            })
            .await
    }

    /// What was read back, as far as it is the platform's way of keeping what we wrote. A number, a day, a phone number or
    /// an address that reads otherwise was edited between our write and our look, and is to be seen as an edit; of free
    /// text nobody can tell, so there it is taken for the platform's spelling.
    fn believed(&self, step: &Step, part: Part, mut values: Vec<Value>) -> Vec<Value> {
        let written = if part == Part::Left { &step.left } else { &step.right };
        for (key, [sent, before]) in written {
            let Some(n) = self.mapping.keys().get(key).copied() else { continue };
            let now = &values[n];
            let other = !now.is_null() && now != before && !looks_like(sent, now);
            if other && !sent.is_null() && self.mapping.fields[n].is_exact() {
                values[n] = sent.clone();
            }
        }
        values
    }

    /// The link after a part of a step was carried out.
    pub(in crate::pairs) fn advanced(&self, ledger: &Ledger, entry: &Entry, step: &Step, answer: &Answer) -> Result<Link> {
        let known = ledger.link(&entry.id)?;
        let mut notes = known.as_ref().map(Notes::of).unwrap_or_default();
        let old = base(known.as_ref(), &self.mapping);
        let rebuilt = rebuild(step, self.mapping.keys());
        let mut decision = rebuilt.decision;
        let mut answers = Answers::default();
        let shown = answer.values.clone().map(|values| self.believed(step, answer.part, values));
        match answer.part {
            Part::Agreement => (decision.to_left, decision.to_right) = (Vec::new(), Vec::new()),
            Part::Right => {
                decision.to_left = Vec::new();
                answers.right = shown.as_deref();
            }
            Part::Left => {
                decision = Decision { to_left: decision.to_left, ..Decision::default() };
                answers.left = shown.as_deref();
                (notes.left_at, notes.left_was) = (answer.left_at, Some(step.changed_at[0]));
            }
        }
        let left = Seen { values: &rebuilt.left, changed_at: step.changed_at[0] };
        let right = Seen { values: &rebuilt.right, changed_at: step.changed_at[1] };
        let next = (self.laws.advance)(&self.mapping.rules, &old, left, right, &decision, answers);
        let brevo_id = answer.brevo_id.or(known.and_then(|link| link.brevo_id));
        let waits = answer.part == Part::Left
            || step.left_out
            || !step.conflicts.is_empty()
            || (answer.part != Part::Left && !step.left.is_empty());
        let link = live(&entry.id, brevo_id, &next, &self.mapping, &notes, waits);
        Ok(Link { waits_for: step.waits_for.clone(), ..link })
    }
}

/// Marks a record to be planned again.
pub(super) fn again(ledger: &Ledger, entry: &Entry) -> Result<()> {
    if entry.id.is_empty() {
        return Ok(());
    }
    let link = ledger.link(&entry.id)?.unwrap_or_else(|| Link::pending(entry.id.clone()));
    ledger.write(|write| write.put_link(&Link { dirty: true, ..link.clone() }))
}

/// Notes the fields that wait for a person, and forgets those that do not any more.
pub(super) fn note_conflicts(write: &mut Write<'_>, entry: &Entry, step: &Step) -> Result<()> {
    conflicts(entry, step).iter().try_for_each(|conflict| write.put_conflict(conflict))?;
    let mut done = step.right.keys().chain(step.left.keys()).chain(step.settled.keys());
    done.try_for_each(|key| write.drop_conflict(&entry.id, key))
}

fn conflicts(entry: &Entry, step: &Step) -> Vec<Conflict> {
    let one = |(key, both): (&String, &Pairing)| Conflict {
        intercom_id: entry.id.clone(),
        field: key.clone(),
        left: both[0].to_string(),
        right: both[1].to_string(),
        left_at: step.changed_at[0],
        right_at: step.changed_at[1],
        first_seen: now(),
        choice: None,
    };
    step.conflicts.iter().map(one).collect()
}
