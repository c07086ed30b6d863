//! What became of an import, row by row: confirmed where Brevo shows it, else told of, and what can be mended at once is.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use tajo_core::{Error, Result, codes};
use tajo_state::{EffectState, Import, ImportState, Ledger};

use super::super::entry::{Act, Entry, PlanFile, Step};
use super::super::mapping::CONSENT;
use super::super::right::digits;
use super::super::{Pair, now};
use super::bulk::{CONFIRM, Load};
use super::journal::{Answer, Part, again, note_conflicts};
use super::outcome::Outcome;
use super::{Applied, Lap, Run};

/// Identifiers of Brevo that are numbers.
const NUMBERS: [&str; 3] = ["SMS", "WHATSAPP", "LANDLINE_NUMBER"];

/// Rows that an import does not bring to their end.
#[derive(Default)]
pub(super) struct Left {
    /// Refused for an identifier, and for which.
    pub(super) collided: Vec<(Entry, String)>,
    /// Imported, and Brevo does not show the opt-out: whether an import may blocklist somebody it knows is not documented.
    /// With each whether the rest of it arrived.
    pub(super) unheard: Vec<(Entry, bool)>,
}

/// Whether an import did nothing of what it had to do for a row: then it passed over the row, or never worked on it.
fn passed_over(step: &Step, lost: &[String]) -> bool {
    let shows = |[value, _]: &&[Value; 2]| !value.is_null() && *value != Value::Bool(false);
    !lost.is_empty() && step.right.values().filter(shows).count() == lost.len()
}

impl Pair {
    /// Confirms every row that Brevo shows, one transaction for many; gives back what is left to do.
    pub(super) async fn confirm_rows(
        &self,
        load: &Load,
        file: &PlanFile,
        lap: Lap,
        run: &Run,
        refused: &HashMap<String, String>,
        applied: &mut Applied,
    ) -> Result<Left> {
        let mut left = Left::default();
        let mut batch = Vec::with_capacity(CONFIRM);
        for entry in file.entries()? {
            let entry = entry?;
            let Act::Contact(step) = &entry.act else { continue };
            if !lap.takes(step) || !load.rows.contains(&entry.n) {
                continue;
            }
            let number = |key: &&str| {
                let number = step.right.get(*key).and_then(|[value, _]| value.as_str())?;
                refused.get(&digits(number))
            };
            let why = refused.get(&entry.who).or_else(|| NUMBERS.iter().find_map(number)).or_else(|| refused.get(&entry.id));
            match why {
                Some(kind) => left.collided.push((entry, kind.clone())),
                None => batch.push(entry),
            }
            if batch.len() >= CONFIRM {
                left.unheard.extend(self.confirm_batch(std::mem::take(&mut batch), run, applied).await?);
            }
        }
        left.unheard.extend(self.confirm_batch(batch, run, applied).await?);
        let done = load.sent.clone();
        let run_id = run.id.clone();
        self.ledger
            .apart(move |ledger| {
                ledger.write(|write| {
                    done.iter().try_for_each(|chunk| {
                        let (chunk, run_id) = (chunk.clone(), run_id.clone());
                        let state = ImportState::Done;
                        write.put_import(&Import { chunk, run_id, process_id: None, state, rows: 0, detail: Some(now()) })
                    })
                })
            })
            .await?;
        Ok(left)
    }

    /// Gives back those whose opt-out Brevo does not show.
    async fn confirm_batch(&self, batch: Vec<Entry>, run: &Run, applied: &mut Applied) -> Result<Vec<(Entry, bool)>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let mut unheard = Vec::new();
        let (pair, run) = (self.clone(), run.clone());
        let told = self.ledger.apart(move |ledger| pair.confirm_all(ledger, batch, &run)).await?;
        for (entry, lost) in told {
            match lost {
                None => applied.count(&entry, Outcome::Done),
                Some(error) if error.noted("field") == Some(CONSENT) => {
                    let imported = error.code() == &codes::BRV_DROPPED;
                    applied.count(&entry, if imported { Outcome::Done } else { Outcome::Failed(error) });
                    unheard.push((entry, imported));
                }
                Some(error) if error.code() == &codes::BRV_DROPPED => {
                    applied.count(&entry, Outcome::Done);
                    applied.dropped += 1;
                    applied.tell(&entry, "dropped", error.to_json());
                }
                Some(error) => applied.count(&entry, Outcome::Failed(error)),
            }
        }
        Ok(unheard)
    }

    /// The rows of one transaction: link, bases, effect.
    fn confirm_all(&self, ledger: &Ledger, batch: Vec<Entry>, run: &Run) -> Result<Vec<(Entry, Option<Error>)>> {
        let mut told = Vec::with_capacity(batch.len());
        let mut links = Vec::with_capacity(batch.len());
        let in_conflict: HashSet<String> = ledger.conflicts()?.into_iter().map(|conflict| conflict.intercom_id).collect();
        for mut entry in batch {
            let Act::Contact(step) = &entry.act else { continue };
            let effect = format!("{}-{}-import", run.id, entry.n);
            let row = match entry.brevo {
                Some(id) => ledger.brevo(id)?,
                None => ledger.brevo_by_email(&entry.who)?,
            };
            let values = row.as_ref().map(|row| self.values(row));
            let lost = values.as_ref().map(|values| self.lost(step, values)).unwrap_or_default();
            let unheard = lost.iter().any(|key| key == CONSENT);
            let passed_over = passed_over(step, &lost) && !(unheard && lost.len() == 1);
            let (Some(row), Some(values), false) = (&row, values, passed_over) else {
                let error = Error::new(&codes::BRV_IMPORT, "The import ended, and Brevo shows nothing of what it had to do");
                again(ledger, &entry)?;
                links.push((effect, None));
                entry.brevo = entry.brevo.or(row.map(|row| row.id));
                let error = error.note("next", "the next run plans it again");
                told.push((entry, Some(if unheard { error.note("field", CONSENT) } else { error })));
                continue;
            };
            let answer = Answer { part: Part::Right, brevo_id: Some(row.id), values: Some(values), left_at: None };
            let mut link = self.advanced(ledger, &entry, step, &answer)?;
            link.dirty |= unheard;
            links.push((effect, Some(link)));
            let error = Error::new(&codes::BRV_DROPPED, "Brevo took the import and does not show the value");
            // An opt-out comes before whatever else was dropped: it is written once more.
            let field = if unheard { CONSENT.to_string() } else { lost.join(", ") };
            entry.brevo = Some(row.id);
            told.push((entry, (!lost.is_empty()).then(|| error.note("field", field))));
        }
        ledger.write(|write| {
            for ((entry, _), (_, link)) in told.iter().zip(&links) {
                let (Act::Contact(step), Some(_)) = (&entry.act, link) else { continue };
                if !step.conflicts.is_empty() || in_conflict.contains(&entry.id) {
                    note_conflicts(write, entry, step)?;
                }
            }
            links.iter().try_for_each(|(effect, link)| match link {
                Some(link) => {
                    write.put_link(link)?;
                    write.settle(effect, EffectState::Confirmed, None)
                }
                None => write.settle(effect, EffectState::Failed, Some(codes::BRV_IMPORT.id)),
            })
        })?;
        Ok(told)
    }

    /// An opt-out that the import did not carry out: by itself.
    pub(super) async fn opt_out_singly(&self, mut entry: Entry, imported: bool, run: &Run, applied: &mut Applied) -> Result<()> {
        let Act::Contact(step) = &entry.act else { return Ok(()) };
        let right = step.right.iter().filter(|(key, _)| *key == CONSENT).map(|(key, both)| (key.clone(), both.clone()));
        // What did not arrive keeps its mark to be planned again.
        let alone = Step { new: None, right: right.collect(), left_out: step.left_out || !imported, ..(**step).clone() };
        entry.act = Act::Contact(Box::new(alone));
        match self.contact(&entry, run).await {
            Ok(Outcome::Done) => {}
            Ok(other) => applied.count(&entry, other),
            Err(error) if super::outcome::is_about_the_record(&error) => applied.count(&entry, Outcome::Failed(error)),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// A row that the import refused: once more by itself, without the phone number if that was the reason.
    pub(super) async fn one_by_one(&self, mut entry: Entry, kind: String, run: &Run, applied: &mut Applied) -> Result<()> {
        let effect = format!("{}-{}-import", run.id, entry.n);
        self.end(&effect, EffectState::Failed, Some(kind.clone())).await?;
        if let Act::Contact(step) = &mut entry.act
            && kind.contains("phone")
        {
            step.leave_out_phone();
        }
        let pair = self.clone();
        let outcome = match pair.contact(&entry, run).await {
            Err(error) if super::outcome::is_about_the_record(&error) => Outcome::Failed(error.note("import", kind)),
            other => other?,
        };
        applied.count(&entry, outcome);
        Ok(())
    }
}
