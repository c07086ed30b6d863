//! One contact in several writes: consent by itself and first, so that no other field can hold it up; and, where a platform
//! refuses a write, field by field, so that one bad value does not keep back the others.

use std::collections::BTreeMap;

use tajo_core::{Error, Kind, Result};

use super::super::Pair;
use super::super::entry::{Entry, Pairing, Step};
use super::super::mapping::CONSENT;
use super::journal::Part;
use super::{Outcome, Run};

impl Pair {
    /// Carries out what a step writes to one side.
    pub(super) async fn in_lanes(&self, entry: &Entry, step: &Step, part: Part, run: &Run) -> Result<Outcome> {
        let fields = if part == Part::Right { &step.right } else { &step.left };
        let mut refused: Option<Error> = None;
        for lane in lanes(fields) {
            let alone = narrowed(step, part, &lane);
            match Box::pin(self.write_lane(entry, &alone, part, run)).await? {
                Outcome::Done => {}
                Outcome::Failed(error) if error.kind() == Kind::Invalid && lane.len() > 1 => {
                    for (key, value) in lane {
                        let alone = narrowed(step, part, &BTreeMap::from([(key.clone(), value)]));
                        match Box::pin(self.write_lane(entry, &alone, part, run)).await? {
                            Outcome::Done => {}
                            Outcome::Failed(error) => refused = Some(error.note("field", key)),
                            other => return Ok(other),
                        }
                    }
                }
                Outcome::Failed(error) => refused = Some(error),
                other => return Ok(other),
            }
        }
        Ok(refused.map_or(Outcome::Done, Outcome::Failed))
    }

    async fn write_lane(&self, entry: &Entry, step: &Step, part: Part, run: &Run) -> Result<Outcome> {
        match part {
            Part::Left => self.to_intercom(entry, step, run).await,
            _ => self.to_brevo(entry, step, run).await,
        }
    }
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
