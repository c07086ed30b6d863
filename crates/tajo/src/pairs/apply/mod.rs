//! Carries out a plan: opt-outs first, then the rest, singly or by import. The only place that writes to a platform.

mod bulk;
mod delete;
mod journal;
mod landed;
mod lanes;
mod outcome;
mod processes;
mod schema;
mod single_left;
mod single_right;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tajo_core::{Error, Result, codes};
use tokio::task::JoinSet;

use self::journal::Part;
use super::Pair;
use super::draw::unsettled;
use super::entry::{Act, Entry, PlanFile, Side, Step};
use super::left::LeftReader;
use super::mapping::CONSENT;
use super::planner::Planner;

pub use delete::DELETE;
pub use outcome::{Applied, Failure, Outcome, STRIKES_MAX, is_about_the_record, is_of_one, is_unknown};

/// How long a wish to end may go unheard while something is read.
const HEARING: std::time::Duration = std::time::Duration::from_secs(1);

/// One run of an apply.
#[derive(Clone)]
pub struct Run {
    /// Names the run in the journal.
    pub id: String,
    /// Whether each entry is decided anew and compared before it is applied: for plans that were saved.
    pub check_ground: bool,
    /// Set when the user or the system asks the program to end.
    pub stop: Arc<AtomicBool>,
    /// Intercom's clock when the run began, unix seconds.
    pub clock: i64,
    /// How many writes were noted so far: numbers them.
    pub noted: Arc<AtomicU64>,
}

impl Run {
    /// A run that applies what was just planned.
    pub fn new(id: impl Into<String>) -> Run {
        let clock = jiff::Timestamp::now().as_second();
        Run { id: id.into(), check_ground: false, stop: Arc::default(), clock, noted: Arc::default() }
    }
    pub(in crate::pairs) fn go_on(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::new(&codes::INTERRUPTED, "The run was interrupted; what was written is noted"));
        }
        Ok(())
    }
    /// Waits for work that only reads, which may last for hours where a bucket is spent: it is cut short when the program is
    /// asked to end.
    pub(in crate::pairs) async fn unless_stopped<T>(&self, reading: impl Future<Output = Result<T>>) -> Result<T> {
        let mut reading = std::pin::pin!(reading);
        loop {
            if let Ok(done) = tokio::time::timeout(HEARING, &mut reading).await {
                return done;
            }
            self.go_on()?;
        }
    }
}

/// The passes over the file, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lap {
    OptOuts,
    Rest,
}

impl Lap {
    fn takes(self, step: &Step) -> bool {
        step.opts_out() == (self == Lap::OptOuts)
    }
}

impl Pair {
    /// Applies a plan. `Err` means that it was broken off; what was done until then is in the journal and in `applied`.
    pub async fn apply(&self, file: &PlanFile, run: &Run, applied: &mut Applied) -> Result<()> {
        let stale = if run.check_ground { Some(self.stale(file).await?) } else { None };
        self.create_attributes(file, run, applied).await?;
        let counts = &file.counts;
        let bulk = counts.create + counts.change >= self.bounds.bulk_from;
        // An import would make anew who was deleted in Brevo, and no list of changes shows that somebody was.
        let some_lost = bulk && counts.change > 0 && self.lacks_some().await?;
        if some_lost {
            run.unless_stopped(self.refresh(true)).await?;
        }
        for lap in [Lap::OptOuts, Lap::Rest] {
            let mut load = bulk::Load::begin(some_lost);
            let mut singles = JoinSet::new();
            for entry in file.entries()? {
                run.go_on()?;
                let entry = entry?;
                if lap == Lap::Rest
                    && let Act::Delete { side, ground } = &entry.act
                {
                    let done = self.delete(&entry, *side, ground, run).await;
                    self.note(Ok((entry, done)), applied).await?;
                    continue;
                }
                let Act::Contact(step) = &entry.act else { continue };
                if !lap.takes(step) {
                    continue;
                }
                if stale.as_ref().is_some_and(|stale| stale.contains(&entry.n)) {
                    applied.moved(&entry);
                    continue;
                }
                if bulk && bulk::fits(&entry, step) {
                    self.take_in(&mut load, entry, run, applied).await?;
                    continue;
                }
                while singles.len() >= self.bounds.singles {
                    if let Some(done) = singles.join_next().await {
                        self.note(done, applied).await?;
                    }
                }
                let (pair, run) = (self.clone(), run.clone());
                singles.spawn(async move {
                    let outcome = pair.contact(&entry, &run).await;
                    (entry, outcome)
                });
            }
            while let Some(done) = singles.join_next().await {
                self.note(done, applied).await?;
            }
            self.finish_load(load, file, lap, run, applied).await?;
        }
        Ok(())
    }

    /// Counts what came of a single. One contact that its platform cannot show holds up nobody else; several in a row are
    /// the platform's own trouble and end the run.
    async fn note(
        &self,
        done: std::result::Result<(Entry, Result<Outcome>), tokio::task::JoinError>,
        applied: &mut Applied,
    ) -> Result<()> {
        let (entry, outcome) = done.map_err(|e| Error::new(&codes::BUG, "A write broke off").because(e))?;
        let outcome = match outcome {
            Err(error) if is_about_the_record(&error) => Ok(Outcome::Failed(error)),
            outcome => outcome,
        };
        match outcome {
            Ok(outcome) => {
                applied.strikes = 0;
                applied.count(&entry, outcome);
            }
            Err(error) if applied.strikes < STRIKES_MAX && is_of_one(&error) => {
                applied.strikes += 1;
                self.again(&entry).await?;
                applied.count(&entry, Outcome::Failed(error));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// One contact: Brevo first, then Intercom, then the link.
    async fn contact(&self, entry: &Entry, run: &Run) -> Result<Outcome> {
        let Act::Contact(step) = &entry.act else { return Ok(Outcome::Done) };
        if step.new == Some(Side::Intercom) {
            return self.create_in_intercom(entry, step, run).await;
        }
        let (mut outcome, mut left) = (Outcome::Done, step.left.clone());
        if step.new == Some(Side::Brevo) {
            outcome = self.new_in_brevo(entry, step, run).await?;
            if !matches!(outcome, Outcome::Done) {
                return Ok(outcome);
            }
        } else if step.right.is_empty() {
            self.adopt(entry, step).await?;
        } else {
            // Nothing that Brevo refuses or has changed may hold up an opt-out on its way to Intercom.
            if let Some(consent) = left.remove(CONSENT) {
                let alone = Step { left: [(CONSENT.to_string(), consent)].into(), right: Default::default(), ..(**step).clone() };
                outcome = self.in_lanes(entry, &alone, Part::Left, run).await?;
            }
            outcome = match outcome {
                Outcome::Done | Outcome::Failed(_) => outcome.and(self.in_lanes(entry, step, Part::Right, run).await?),
                other => other,
            };
        }
        if left.is_empty() || !matches!(outcome, Outcome::Done | Outcome::Failed(_)) {
            return Ok(outcome);
        }
        let rest = Step { left, ..(**step).clone() };
        Ok(outcome.and(self.in_lanes(entry, &rest, Part::Left, run).await?))
    }

    /// Numbers of the entries that would be decided otherwise now.
    async fn stale(&self, file: &PlanFile) -> Result<std::collections::BTreeSet<u64>> {
        let (pair, file) = (self.clone(), file.clone());
        self.ledger
            .apart(move |ledger| {
                let reader = LeftReader::open(&pair.mirror, &pair.mapping)?;
                let mut planner = Planner::new(&pair.mapping, ledger, &reader, pair.laws, false);
                planner.unsettled = unsettled(ledger)?;
                let mut stale = std::collections::BTreeSet::new();
                for entry in file.entries()? {
                    let entry = entry?;
                    let Act::Contact(step) = &entry.act else { continue };
                    let left = if entry.id.is_empty() { None } else { reader.one(&entry.id)? };
                    let fresh = match (&left, entry.brevo) {
                        (Some(left), _) => planner.contact(left)?,
                        (None, Some(id)) if entry.id.is_empty() => {
                            ledger.brevo(id)?.map(|row| planner.only_in_brevo(&row)).transpose()?.flatten()
                        }
                        _ => None,
                    };
                    let is_same = |fresh: Option<Entry>| match fresh.map(|fresh| fresh.act) {
                        Some(Act::Contact(now)) => now.ground == step.ground,
                        _ => false,
                    };
                    let mut same = is_same(fresh);
                    // A repair is not what a sync would do; it holds as long as both sides show what it was made from.
                    if let (false, true, Some(left)) = (same, file.heading.purpose.is_some(), &left) {
                        same = match step.new {
                            None => planner.standing(left)?.is_some_and(|standing| standing.ground == step.ground),
                            Some(_) => is_same(planner.anew(left)?),
                        };
                    }
                    if !same {
                        stale.insert(entry.n);
                    }
                }
                Ok(stale)
            })
            .await
    }
}
