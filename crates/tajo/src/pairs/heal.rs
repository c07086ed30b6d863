//! A plan that mends what a survey found.

use std::collections::BTreeSet;

use tajo_core::Result;

use super::Pair;
use super::drift::Drift;
use super::entry::{Act, Entry, Side};
use super::left::Left;
use super::plan::Planned;
use super::planner::Standing;
use super::sheet::Sheet;
use super::verify::Survey;

/// What would mend what was found, at most so many records.
#[derive(Debug, Clone, Default)]
pub struct Repairs {
    /// Records at most; none are gathered with 0.
    pub max: u64,
    /// Whether contacts that were deleted in Brevo are created again.
    pub recreate: bool,
    /// The entries.
    pub entries: Vec<Entry>,
    /// Records that could be mended, but were beyond the limit.
    pub beyond: u64,
}

impl Repairs {
    /// Takes an entry that writes.
    pub fn add(&mut self, entry: Entry) {
        let writes = match &entry.act {
            Act::Contact(step) => step.writes() || step.new.is_none(),
            _ => false,
        };
        match (writes, (self.entries.len() as u64) < self.max) {
            (false, _) => {}
            (true, true) => self.entries.push(entry),
            (true, false) => self.beyond += 1,
        }
    }
}

/// The writes that bring a contact in step again: the owner's value to the other side, an opt-out to the side without.
pub fn repair(left: &Left, standing: &Standing, drifts: &[Drift]) -> Entry {
    let mut step = standing.step();
    for drift in drifts {
        let (Some(key), Some(side)) = (&drift.field, drift.mend) else { continue };
        let (l, r) = (drift.intercom.clone(), drift.brevo.clone());
        match side {
            Side::Brevo => drop(step.right.insert(key.clone(), [l, r])),
            Side::Intercom => drop(step.left.insert(key.clone(), [r, l])),
        }
    }
    let who = standing.row.email.clone().unwrap_or_else(|| format!("ext_id:{}", left.id));
    Entry { n: 0, id: left.id.clone(), brevo: Some(standing.row.id), who, act: Act::Contact(Box::new(step)) }
}

impl Pair {
    /// Surveys both sides and saves a plan of repairs. Nothing is written to either platform.
    pub async fn heal(&self, connection: &str, max: u64, recreate: bool) -> Result<(Survey, Planned)> {
        let mut sheet = Sheet::begin(self, connection, "heal").await?;
        let mut survey = self.survey(Repairs { max, recreate, ..Repairs::default() }).await?;
        let mut taken = BTreeSet::new();
        for entry in std::mem::take(&mut survey.repairs.entries) {
            if entry.id.is_empty() || taken.insert(entry.id.clone()) {
                sheet.push(entry)?;
            }
        }
        Ok((survey, sheet.finish(self).await?))
    }
}
