//! How far both platforms are apart: every link, and whoever has none. Writes to no platform; who is proven gone gets a
//! tombstone in the ledger.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use tajo_core::Result;
use tajo_intercom::Found;
use tajo_state::{Ledger, Link, LinkState};

use super::Pair;
use super::drift::{Drift, Kind, judge};
use super::entry::{Act, Entry};
use super::heal::{Repairs, repair};
use super::left::{Left, LeftReader};
use super::links::Notes;
use super::plan::{LEFT, pass_on};
use super::planner::{Planner, WAITS};

/// Links or rows looked at in one go.
const PAGE: usize = 1000;
/// Contacts that Intercom's listing lacks and that are asked for one by one; the next run asks for more.
const ASKED_MAX: usize = 5_000;
/// Examples told of each kind.
const EXAMPLES_MAX: u64 = 20;
/// Why a link is gone, in its notes: somebody deleted the contact in Brevo.
pub const DELETED: &str = "deleted_in_brevo";
/// Why a link is gone: an allowed undo deleted the contact again.
pub const UNDONE: &str = "undone";

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Contacts of Intercom.
    pub intercom: u64,
    /// Contacts of Brevo.
    pub brevo: u64,
    /// Links between them.
    pub links: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Survey {
    /// Whether anything is out of step.
    pub drifting: bool,
    /// How much was looked at.
    pub checked: Checked,
    /// Things out of step, by kind.
    pub drift: BTreeMap<&'static str, u64>,
    /// Of these, fields out of step, by key.
    pub fields: BTreeMap<String, u64>,
    /// Fields and contacts that the next sync brings in step.
    pub pending: u64,
    /// Fields that wait for a person.
    pub conflicts: u64,
    /// Contacts and fields that differ and are meant to, by reason.
    pub left_alone: BTreeMap<String, u64>,
    /// Tombstones noted now.
    pub tombstones: u64,
    /// Examples of what is out of step.
    pub examples: Vec<Drift>,
    /// What would mend it, for `heal`.
    #[serde(skip)]
    pub repairs: Repairs,
}

impl Survey {
    fn drift(&mut self, drift: Drift) {
        let count = self.drift.entry(drift.kind.word()).or_default();
        *count += 1;
        if let Some(field) = &drift.field {
            *self.fields.entry(field.clone()).or_default() += 1;
        }
        if *count <= EXAMPLES_MAX {
            self.examples.push(drift);
        }
        self.drifting = true;
    }
    fn leave(&mut self, reason: &str) {
        *self.left_alone.entry(reason.to_string()).or_default() += 1;
    }
}

impl Pair {
    /// Looks at every contact of both platforms; the mirror of Intercom has to be up to date.
    pub async fn survey(&self, repairs: Repairs) -> Result<Survey> {
        self.refresh(true).await?;
        let there: HashSet<String> = self.intercom.contact_ids().await?.into_iter().collect();
        let mut survey = Survey { repairs, ..Survey::default() };
        let known: HashSet<String> = there.clone();
        let (lost, orphans) = self.ledger.apart(move |ledger| torn(ledger, &known)).await?;
        for link in lost.into_iter().take(ASKED_MAX) {
            self.ask_after(&link, &mut survey).await?;
        }
        for link in orphans {
            self.note_deleted(&link, &mut survey).await?;
        }
        let pair = self.clone();
        self.ledger.apart(move |ledger| pair.look_over(ledger, &there, survey)).await
    }

    /// Looks at so many links, each read anew from both platforms, and at nobody else.
    pub async fn sample(&self, size: u64, start: u64) -> Result<Survey> {
        let mut survey = Survey::default();
        let every = (self.ledger.apart(|ledger| ledger.count_links()).await?.live / size.max(1)).max(1);
        let (mut after, mut n) = (String::new(), start % every);
        loop {
            let from = after.clone();
            let links = self.ledger.apart(move |ledger| ledger.links(&from, PAGE)).await?;
            let Some(last) = links.last() else { return Ok(survey) };
            after = last.intercom_id.clone();
            for link in links.iter().filter(|link| link.state == LinkState::Live) {
                n += 1;
                if n % every == 0 && survey.checked.links < size {
                    self.look_at_link(link, &mut survey).await?;
                }
            }
        }
    }

    async fn look_at_link(&self, link: &Link, survey: &mut Survey) -> Result<()> {
        survey.checked.links += 1;
        let Found::Here(contact) = self.intercom.contact(&link.intercom_id).await? else {
            return self.ask_after(link, survey).await;
        };
        survey.checked.intercom += 1;
        let Some(row) = self.reread(link.brevo_id.unwrap_or_default()).await? else {
            return self.note_deleted(link, survey).await;
        };
        survey.checked.brevo += 1;
        let Some((left, _)) = self.seen_left(&link.intercom_id, &contact).await? else { return Ok(()) };
        let pair = self.clone();
        let judged = self
            .ledger
            .apart(move |ledger| {
                let reader = LeftReader::open(&pair.mirror, &pair.mapping)?;
                let planner = Planner::new(&pair.mapping, ledger, &reader, pair.laws, false);
                let standing = planner.standing(&left)?.filter(|standing| standing.row.id == row.id);
                Ok(standing.map(|standing| judge(&pair.mapping, pair.laws, &standing, false)))
            })
            .await?;
        let Some(judged) = judged else { return Ok(()) };
        survey.pending += judged.pending;
        survey.conflicts += judged.conflicts;
        judged.drifts.into_iter().for_each(|drift| survey.drift(drift));
        judged.meant.into_iter().for_each(|reason| survey.leave(reason));
        Ok(())
    }

    /// Intercom does not list a linked contact: whether it is gone is asked by itself, and noted where it is.
    async fn ask_after(&self, link: &Link, survey: &mut Survey) -> Result<()> {
        let into = match self.intercom.contact(&link.intercom_id).await? {
            Found::Here(_) => return Ok(()),
            Found::Merged { into } => into,
            Found::Gone => None,
        };
        survey.drift(Drift::of(Kind::MissingInIntercom, Some(&link.intercom_id), link.brevo_id));
        survey.tombstones += 1;
        let link = link.clone();
        self.ledger
            .apart(move |ledger| {
                let reason = into.clone().unwrap_or_else(|| "gone".into());
                let notes = Notes { reason: Some(reason), ..Notes::of(&link).of_the_dead() };
                match into {
                    Some(heir) => pass_on(ledger, &link.intercom_id, &heir, &notes),
                    None => ledger.write(|write| write.put_link(&buried(&link, LinkState::Merged, &notes))),
                }
            })
            .await
    }

    /// Brevo said that a linked contact is not there.
    async fn note_deleted(&self, link: &Link, survey: &mut Survey) -> Result<()> {
        survey.drift(Drift::of(Kind::MissingInBrevo, Some(&link.intercom_id), link.brevo_id));
        survey.tombstones += 1;
        let notes = Notes { reason: Some(DELETED.into()), ..Notes::of(link).of_the_dead() };
        let stone = buried(link, LinkState::Gone, &notes);
        self.ledger.apart(move |ledger| ledger.write(|write| write.put_link(&stone))).await
    }

    /// Everybody in both mirrors. Runs on a thread of its own.
    fn look_over(&self, ledger: &Ledger, there: &HashSet<String>, mut survey: Survey) -> Result<Survey> {
        let reader = LeftReader::open(&self.mirror, &self.mapping)?;
        let mark = ledger.mark(LEFT)?.and_then(|at| at.parse::<i64>().ok()).unwrap_or(0);
        let mut fresh: HashSet<String> = reader.changed_since(mark + 1)?.into_iter().collect();
        fresh.extend(ledger.dirty_links(usize::MAX)?);
        let mut planner = Planner::new(&self.mapping, ledger, &reader, self.laws, false);
        reader.all(&mut |left| {
            if there.contains(&left.id) {
                survey.checked.intercom += 1;
                self.look_at_left(&mut planner, &left, fresh.contains(&left.id), &mut survey)?;
            }
            Ok(())
        })?;
        let mut after = i64::MIN;
        loop {
            let rows = ledger.brevo_rows(after, PAGE)?;
            let Some(last) = rows.last() else { return Ok(survey) };
            after = last.id;
            for row in rows {
                survey.checked.brevo += 1;
                if ledger.link_of_brevo(row.id)?.is_some() {
                    continue;
                }
                match planner.only_in_brevo(&row)? {
                    Some(Entry { act: Act::Skip(reason), .. }) if reason == WAITS => survey.pending += 1,
                    Some(Entry { act: Act::Skip(reason), .. }) => survey.leave(&reason),
                    Some(_) if row.dirty => survey.pending += 1,
                    Some(entry) => {
                        survey.drift(Drift::of(Kind::UnlinkedInBrevo, None, Some(row.id)));
                        survey.repairs.add(entry);
                    }
                    None => survey.leave("only_in_brevo"),
                }
            }
        }
    }

    fn look_at_left(&self, planner: &mut Planner<'_>, left: &Left, fresh: bool, survey: &mut Survey) -> Result<()> {
        let link = planner.ledger.link(&left.id)?;
        if let Some(standing) = planner.standing(left)? {
            survey.checked.links += 1;
            let notes = Notes::of(&standing.link);
            if notes.left_at.is_some_and(|at| left.updated_at < at || notes.left_was == Some(left.updated_at)) {
                // The mirror does not show yet what was written to Intercom.
                survey.pending += 1;
                return Ok(());
            }
            let judged = judge(&self.mapping, self.laws, &standing, fresh || standing.link.waits_for.is_some());
            survey.pending += judged.pending;
            survey.conflicts += judged.conflicts;
            judged.meant.iter().for_each(|reason| survey.leave(reason));
            if !judged.drifts.is_empty() {
                survey.repairs.add(repair(left, &standing, &judged.drifts));
            }
            judged.drifts.into_iter().for_each(|drift| survey.drift(drift));
            return Ok(());
        }
        let may_return = |why: &str| [DELETED, UNDONE].contains(&why);
        let deleted =
            link.is_some_and(|link| link.state == LinkState::Gone && Notes::of(&link).reason.is_some_and(|why| may_return(&why)));
        if deleted {
            survey.leave(DELETED);
            if survey.repairs.recreate
                && let Some(entry) = planner.anew(left)?
            {
                survey.repairs.add(entry);
            }
            return Ok(());
        }
        let Some(entry) = planner.contact(left)? else { return Ok(()) };
        match &entry.act {
            Act::Skip(reason) if reason == "two_candidates" => {
                survey.drift(Drift::of(Kind::Duplicate, Some(&left.id), None));
            }
            Act::Skip(reason) => survey.leave(reason),
            _ if fresh => survey.pending += 1,
            _ => {
                survey.drift(Drift::of(Kind::UnlinkedInIntercom, Some(&left.id), entry.brevo));
                survey.repairs.add(entry);
            }
        }
        Ok(())
    }
}

/// Live links whose contact Intercom does not list, and live links whose contact Brevo does not have.
fn torn(ledger: &Ledger, there: &HashSet<String>) -> Result<(Vec<Link>, Vec<Link>)> {
    let (mut lost, mut orphans) = (Vec::new(), Vec::new());
    let mut after = String::new();
    loop {
        let links = ledger.links(&after, PAGE)?;
        let Some(last) = links.last() else { return Ok((lost, orphans)) };
        after = last.intercom_id.clone();
        for link in links.into_iter().filter(|link| link.state == LinkState::Live) {
            if !there.contains(&link.intercom_id) {
                lost.push(link);
            } else if link.brevo_id.map(|id| ledger.brevo(id)).transpose()?.flatten().is_none() {
                orphans.push(link);
            }
        }
    }
}

/// The link as a tombstone: nobody is created again because of it.
fn buried(link: &Link, state: LinkState, notes: &Notes) -> Link {
    // Whoever is gone from Intercom keeps the contact in Brevo, so that it is not taken for somebody unknown.
    let brevo_id = link.brevo_id.filter(|_| state == LinkState::Merged);
    Link { brevo_id, state, detail: notes.text(), dirty: false, waits_for: None, ..link.clone() }
}
