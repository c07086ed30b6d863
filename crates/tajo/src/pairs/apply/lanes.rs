//! One contact in several writes: consent by itself and first, so that no other field can hold it up; and, where a platform
//! refuses a write, field by field, so that one bad or taken value does not keep back the others.

use std::collections::BTreeMap;

use tajo_core::{Error, Kind, Result};

use super::super::Pair;
use super::super::entry::{Entry, Pairing, Step};
use super::super::mapping::{CONSENT, EMAIL, LIST};
use super::journal::Part;
use super::{Outcome, Run};

impl Pair {
    /// Carries out what a step writes to one side.
    pub(super) async fn in_lanes(&self, entry: &Entry, step: &Step, part: Part, run: &Run) -> Result<Outcome> {
        let fields = if part == Part::Right { &step.right } else { &step.left };
        let (mut refused, mut unheard): (Option<Error>, bool) = (None, false);
        for lane in lanes(fields) {
            let alone = narrowed(step, part, &lane);
            match Box::pin(self.write_lane(entry, &alone, part, run)).await? {
                Outcome::Done => {}
                Outcome::Failed(error) if is_about_a_value(&error) && lane.len() > 1 => {
                    for (key, value) in lane {
                        let alone = narrowed(step, part, &BTreeMap::from([(key.clone(), value)]));
                        match Box::pin(self.write_lane(entry, &alone, part, run)).await? {
                            Outcome::Done => {}
                            Outcome::Failed(error) => refused = Some(error.note("field", key)),
                            other => return Ok(other),
                        }
                    }
                }
                Outcome::Failed(error) => {
                    unheard |= lane.contains_key(CONSENT);
                    refused = Some(error);
                }
                other => return Ok(other),
            }
        }
        // Other values are tried again when they change; an opt-out is tried until it is there.
        if unheard {
            self.again(entry).await?;
        }
        if refused.is_some() && step.waits_for.is_some() {
            self.keep_waiting(entry, step).await?;
        }
        Ok(refused.map_or(Outcome::Done, Outcome::Failed))
    }

    /// A new contact in Brevo; where a value is refused, first who it is, then field by field.
    pub(super) async fn new_in_brevo(&self, entry: &Entry, step: &Step, run: &Run) -> Result<Outcome> {
        let refused = match self.to_brevo(entry, step, run).await? {
            Outcome::Failed(error) if is_about_a_value(&error) => error,
            other => return Ok(other),
        };
        let is_who = |key: &str| key == EMAIL || key == CONSENT || key.starts_with(LIST);
        let (who, rest): (BTreeMap<_, _>, BTreeMap<_, _>) = step.right.clone().into_iter().partition(|(key, _)| is_who(key));
        if rest.is_empty() {
            return Ok(Outcome::Failed(refused));
        }
        match self.to_brevo(entry, &narrowed(step, Part::Right, &who), run).await? {
            Outcome::Done => {}
            other => return Ok(other),
        }
        let id = entry.id.clone();
        let brevo = self.ledger.apart(move |ledger| Ok(ledger.link(&id)?.and_then(|link| link.brevo_id))).await?;
        let rest = Step { new: None, ..narrowed(step, Part::Right, &rest) };
        self.in_lanes(&Entry { brevo, ..entry.clone() }, &rest, Part::Right, run).await
    }

    async fn write_lane(&self, entry: &Entry, step: &Step, part: Part, run: &Run) -> Result<Outcome> {
        match part {
            Part::Left => self.to_intercom(entry, step, run).await,
            _ => self.to_brevo(entry, step, run).await,
        }
    }
}

/// Whether a refusal is about one of the values, so that the others may be taken.
fn is_about_a_value(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Conflict)
}

fn lanes(fields: &BTreeMap<String, Pairing>) -> Vec<BTreeMap<String, Pairing>> {
    let (consent, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
        fields.iter().map(|(key, both)| (key.clone(), both.clone())).partition(|(key, _)| key == CONSENT);
    [consent, rest].into_iter().filter(|lane| !lane.is_empty()).collect()
}

/// The step with these fields alone; what both sides agree on goes with the first write that succeeds.
fn narrowed(step: &Step, part: Part, lane: &BTreeMap<String, Pairing>) -> Step {
    let mut alone = step.clone();
    match part {
        Part::Left => alone.left = lane.clone(),
        _ => alone.right = lane.clone(),
    }
    alone
}
