//! Many contacts into Brevo by import: gathered into chunks of one list set and one consent, noted, sent, waited for,
//! read back with one walk, and confirmed row by row.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use serde_json::{Value, json};
use tajo_brevo::{Import as Request, Moved};
use tajo_core::{Error, Result, codes};
use tajo_state::{Effect, EffectState, Import, ImportState, Ledger};

use super::super::entry::{Act, Entry, PlanFile, Step};
use super::super::planner::rebuild;
use super::super::refresh::SEEN;
use super::super::right::body;
use super::super::{Pair, now};
use super::journal::{Answer, Part, again, planned};
use super::outcome::Outcome;
use super::single_right::{creates, moves_address};
use super::{Applied, Lap, Run};

/// Brevo's limit on ids in one call about a list.
const MOVE_MAX: usize = 150;
/// Rows confirmed in one transaction.
const CONFIRM: usize = 500;
/// List that takes rows which belong to no list: an import must name one.
const LIST: &str = "Tajo import";
/// Mark: id of that list.
const LIST_MARK: &str = "import_list";

/// Whether a step can go by import: an import neither empties fields nor changes an address, and finds people by address.
pub(super) fn fits(entry: &Entry, step: &Step) -> bool {
    let plain = !step.right.iter().any(|(key, [value, _])| value.is_null() && !key.starts_with("list:"));
    let goes_right = creates(step) || !step.right.is_empty();
    goes_right && step.left.is_empty() && plain && !moves_address(step) && entry.who.contains('@')
}

/// Whether an import did nothing of what it had to do for a row: then it passed over the row, or never worked on it.
fn passed_over(step: &Step, lost: &[String]) -> bool {
    let shows = |[value, _]: &&[Value; 2]| !value.is_null() && *value != Value::Bool(false);
    !lost.is_empty() && step.right.values().filter(shows).count() == lost.len()
}

/// Chunks under way, by list set and consent.
#[derive(Default)]
pub(super) struct Load {
    open: BTreeMap<(Vec<u64>, bool), Chunk>,
    sent: Vec<String>,
    rows: HashSet<u64>,
    moves_out: BTreeMap<u64, Vec<i64>>,
}

#[derive(Default)]
struct Chunk {
    body: Vec<u8>,
    rows: i64,
    first: u64,
    /// Effects of rows in the body that are not in the journal yet.
    unnoted: Vec<Effect>,
}

impl Pair {
    /// Adds an entry to its chunk; sends the chunk when it is full.
    pub(super) async fn take_in(&self, load: &mut Load, entry: Entry, run: &Run, applied: &mut Applied) -> Result<()> {
        let Act::Contact(step) = &entry.act else { return Ok(()) };
        let patch = self.mapping.to_brevo(&rebuild(step, self.mapping.keys()).decision.to_right);
        for list in &patch.lists_remove {
            if let Some(id) = entry.brevo {
                load.moves_out.entry(*list).or_default().push(id);
            }
        }
        let row = json!({"email": entry.who, "attributes": patch.attributes}).to_string();
        let mut lists = patch.lists_add.clone();
        if let (true, Some(id)) = (lists.is_empty(), entry.brevo) {
            lists.extend(self.a_list_of(id, &patch.lists_remove).await?);
        }
        lists.sort_unstable();
        let key = (lists, patch.opt_out);
        load.rows.insert(entry.n);
        let chunk = load.open.entry(key.clone()).or_default();
        let full = chunk.body.len() + row.len() + 2 > self.bounds.chunk_bytes && chunk.rows > 0;
        let ready = full.then(|| std::mem::take(chunk));
        chunk.first = if chunk.rows == 0 { entry.n } else { chunk.first };
        chunk.body.push(if chunk.rows == 0 { b'[' } else { b',' });
        chunk.body.extend_from_slice(row.as_bytes());
        chunk.rows += 1;
        let mut effect = planned(run, &entry, "contact.import", "brevo", entry.who.clone(), &step.right);
        effect.effect_id = format!("{}-{}-import", run.id, entry.n);
        chunk.unnoted.push(effect);
        if chunk.unnoted.len() >= CONFIRM {
            let effects = std::mem::take(&mut chunk.unnoted);
            self.ledger.apart(move |l| l.write(|write| effects.iter().try_for_each(|effect| write.begin(effect)))).await?;
        }
        match ready {
            Some(chunk) => self.send_chunk(load, key, chunk, run, applied).await,
            None => Ok(()),
        }
    }

    /// A managed list that a contact is on already: an import must name one, and naming this one changes nothing.
    async fn a_list_of(&self, id: i64, leaves: &[u64]) -> Result<Option<u64>> {
        let mut managed = self.mapping.lists.clone();
        managed.retain(|list| !leaves.contains(list));
        self.ledger
            .apart(move |ledger| {
                let Some(row) = ledger.brevo(id)? else { return Ok(None) };
                let on: Vec<u64> = body(&row)["listIds"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
                Ok(managed.into_iter().find(|list| on.contains(list)))
            })
            .await
    }

    async fn send_chunk(
        &self,
        load: &mut Load,
        key: (Vec<u64>, bool),
        mut chunk: Chunk,
        run: &Run,
        applied: &mut Applied,
    ) -> Result<()> {
        let (mut lists, opt_out) = key;
        if lists.is_empty() {
            lists.push(self.own_list().await?);
        }
        chunk.body.push(b']');
        let name = format!("{}-{}", run.id, chunk.first);
        let (chunk_name, run_id, rows) = (name.clone(), run.id.clone(), chunk.rows);
        let state = ImportState::Planned;
        let note = Import { chunk: chunk_name, run_id, process_id: None, state, rows, detail: None };
        let (effects, noted) = (chunk.unnoted, note.clone());
        self.ledger
            .apart(move |ledger| {
                ledger.write(|write| {
                    write.put_import(&noted)?;
                    effects.iter().try_for_each(|effect| write.begin(effect))
                })
            })
            .await?;
        self.trip.step("before an import is sent")?;
        let request = Request {
            rows: Bytes::from(chunk.body),
            lists,
            update_existing: true,
            blacklist_email: opt_out,
            empty_contacts_attributes: false,
        };
        let process = self.brevo.import(&request).await?;
        self.trip.step("after an import was sent")?;
        applied.imports += 1;
        let process_id = i64::try_from(process).ok();
        let sent = Import { process_id, state: ImportState::Sent, ..note };
        self.ledger.apart(move |ledger| ledger.write(|write| write.put_import(&sent))).await?;
        load.sent.push(name);
        Ok(())
    }

    /// The list for rows that belong to none, made once.
    async fn own_list(&self) -> Result<u64> {
        let known = self.ledger.apart(|ledger| ledger.mark(LIST_MARK)).await?.and_then(|id| id.parse().ok());
        if let Some(id) = known {
            return Ok(id);
        }
        let id = match self.brevo.lists().await?.into_iter().find(|list| list.name == LIST) {
            Some(list) => list.id,
            None => {
                let folder = match self.brevo.folders().await?.first() {
                    Some(folder) => folder.id,
                    None => self.brevo.create_folder("Tajo").await?,
                };
                self.brevo.create_list(LIST, folder).await?
            }
        };
        self.ledger.apart(move |ledger| ledger.write(|write| write.set_mark(LIST_MARK, &id.to_string()))).await?;
        Ok(id)
    }

    /// Sends what is left, waits for all imports, reads back, and confirms.
    pub(super) async fn finish_load(
        &self,
        mut load: Load,
        file: &PlanFile,
        lap: Lap,
        run: &Run,
        applied: &mut Applied,
    ) -> Result<()> {
        for (key, chunk) in std::mem::take(&mut load.open) {
            if chunk.rows > 0 {
                self.send_chunk(&mut load, key, chunk, run, applied).await?;
            }
        }
        if load.rows.is_empty() {
            return Ok(());
        }
        for (list, ids) in std::mem::take(&mut load.moves_out) {
            for batch in ids.chunks(MOVE_MAX) {
                let Moved { .. } = self.brevo.remove_from_list(list, batch).await?;
            }
        }
        let refused = self.await_imports(&load.sent, run).await?;
        let first = self.ledger.apart(|ledger| Ok(ledger.mark(SEEN)?.is_none())).await?;
        self.refresh(first).await?;
        let collided = self.confirm_rows(&load, file, lap, run, &refused, applied).await?;
        for (entry, kind) in collided {
            self.one_by_one(entry, kind, run, applied).await?;
        }
        Ok(())
    }

    /// Confirms every row that Brevo shows; gives back those that it refused for an identifier.
    async fn confirm_rows(
        &self,
        load: &Load,
        file: &PlanFile,
        lap: Lap,
        run: &Run,
        refused: &HashMap<String, String>,
        applied: &mut Applied,
    ) -> Result<Vec<(Entry, String)>> {
        let mut collided = Vec::new();
        let mut batch = Vec::with_capacity(CONFIRM);
        for entry in file.entries()? {
            let entry = entry?;
            let Act::Contact(step) = &entry.act else { continue };
            if !lap.takes(step) || !load.rows.contains(&entry.n) {
                continue;
            }
            let why = refused.get(&entry.who).or_else(|| {
                let phone = step.right.get("SMS").and_then(|[value, _]| value.as_str())?;
                refused.get(&super::super::right::digits(phone))
            });
            match why {
                Some(kind) => collided.push((entry, kind.clone())),
                None => batch.push(entry),
            }
            if batch.len() >= CONFIRM {
                self.confirm_batch(std::mem::take(&mut batch), run, applied).await?;
            }
        }
        self.confirm_batch(batch, run, applied).await?;
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
        Ok(collided)
    }

    async fn confirm_batch(&self, batch: Vec<Entry>, run: &Run, applied: &mut Applied) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let (pair, run) = (self.clone(), run.clone());
        let told = self.ledger.apart(move |ledger| pair.confirm_all(ledger, batch, &run)).await?;
        for (entry, lost) in told {
            match lost {
                None => applied.count(&entry, Outcome::Done),
                Some(error) if error.code() == &codes::BRV_DROPPED => {
                    applied.count(&entry, Outcome::Done);
                    applied.dropped += 1;
                    applied.tell(&entry, "dropped", error.to_json());
                }
                Some(error) => applied.count(&entry, Outcome::Failed(error)),
            }
        }
        Ok(())
    }

    /// The rows of one transaction: link, bases, effect.
    fn confirm_all(&self, ledger: &Ledger, batch: Vec<Entry>, run: &Run) -> Result<Vec<(Entry, Option<Error>)>> {
        let mut told = Vec::with_capacity(batch.len());
        let mut links = Vec::with_capacity(batch.len());
        for entry in batch {
            let Act::Contact(step) = &entry.act else { continue };
            let effect = format!("{}-{}-import", run.id, entry.n);
            let row = match entry.brevo {
                Some(id) => ledger.brevo(id)?,
                None => ledger.brevo_by_email(&entry.who)?,
            };
            let values = row.as_ref().map(|row| self.values(row));
            let lost = values.as_ref().map(|values| self.lost(step, values)).unwrap_or_default();
            let (Some(row), Some(values), false) = (row, values, passed_over(step, &lost)) else {
                let error = Error::new(&codes::BRV_IMPORT, "The import ended, and Brevo shows nothing of what it had to do");
                again(ledger, &entry)?;
                links.push((effect, None));
                told.push((entry, Some(error.note("next", "the next run plans it again"))));
                continue;
            };
            let answer = Answer { part: Part::Right, brevo_id: Some(row.id), values: Some(values), left_at: None };
            links.push((effect, Some((row.id, self.advanced(ledger, &entry, step, &answer)?))));
            let error = Error::new(&codes::BRV_DROPPED, "Brevo took the import and does not show the value");
            told.push((entry, (!lost.is_empty()).then(|| error.note("field", lost.join(", ")))));
        }
        ledger.write(|write| {
            links.iter().try_for_each(|(effect, link)| match link {
                Some((_, link)) => {
                    write.put_link(link)?;
                    write.settle(effect, EffectState::Confirmed, None)
                }
                None => write.settle(effect, EffectState::Failed, Some(codes::BRV_IMPORT.id)),
            })
        })?;
        Ok(told)
    }

    /// A row that the import refused: once more by itself, without the phone number if that was the reason.
    async fn one_by_one(&self, mut entry: Entry, kind: String, run: &Run, applied: &mut Applied) -> Result<()> {
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
