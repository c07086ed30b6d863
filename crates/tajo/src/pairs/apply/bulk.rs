//! Many contacts into Brevo by import: gathered into chunks of one list set and one consent, noted, sent, waited for,
//! read back with one walk.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use serde_json::{Value, json};
use tajo_brevo::{Import as Request, Moved};
use tajo_core::Result;
use tajo_state::{Effect, Import, ImportState, LinkState};

use super::super::Pair;
use super::super::entry::{Act, Entry, PlanFile, Step};
use super::super::planner::rebuild;
use super::super::refresh::SEEN;
use super::super::right::body;
use super::super::verify::DELETED;
use super::journal::planned;
use super::outcome::Outcome;
use super::single_right::{creates, moves_address};
use super::{Applied, Lap, Run};

/// Brevo's limit on ids in one call about a list.
const MOVE_MAX: usize = 150;
/// Rows noted or confirmed in one transaction.
pub(super) const CONFIRM: usize = 500;
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

/// Chunks under way, by list set and consent.
#[derive(Default)]
pub(super) struct Load {
    open: BTreeMap<(Vec<u64>, bool), Chunk>,
    pub(super) sent: Vec<String>,
    pub(super) rows: HashSet<u64>,
    moves_out: BTreeMap<u64, Vec<i64>>,
    /// The list for rows that belong to none.
    own: Option<u64>,
    /// Whether contacts were deleted in Brevo since the plan was made.
    some_lost: bool,
}

impl Load {
    pub(super) fn begin(some_lost: bool) -> Load {
        Load { some_lost, ..Load::default() }
    }
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
        if let (true, Some(id)) = (load.some_lost, entry.brevo)
            && self.ledger.apart(move |ledger| ledger.brevo(id)).await?.is_none()
        {
            self.bury(&entry, LinkState::Gone, DELETED).await?;
            applied.count(&entry, Outcome::Gone);
            return Ok(());
        }
        let mut patch = self.mapping.to_brevo(&rebuild(step, self.mapping.keys()).decision.to_right);
        // As for one that is created singly.
        if creates(step) && !self.mapping.keys().contains_key("EXT_ID") {
            patch.attributes.insert("EXT_ID".into(), entry.id.clone().into());
        }
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
            lists.push(self.own_list(load).await?);
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

    /// The list for rows that belong to none, made once; made again where somebody deleted it.
    async fn own_list(&self, load: &mut Load) -> Result<u64> {
        if let Some(id) = load.own {
            return Ok(id);
        }
        let known: Option<u64> = self.ledger.apart(|ledger| ledger.mark(LIST_MARK)).await?.and_then(|id| id.parse().ok());
        let lists = self.brevo.lists().await?;
        let kept = lists.iter().find(|list| Some(list.id) == known).or_else(|| lists.iter().find(|list| list.name == LIST));
        let id = match kept {
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
        load.own = Some(id);
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
        run.unless_stopped(self.refresh(first)).await?;
        let left = self.confirm_rows(&load, file, lap, run, &refused, applied).await?;
        for (entry, imported) in left.unheard {
            self.opt_out_singly(entry, imported, run, applied).await?;
        }
        for (entry, kind) in left.collided {
            self.one_by_one(entry, kind, run, applied).await?;
        }
        Ok(())
    }
}
