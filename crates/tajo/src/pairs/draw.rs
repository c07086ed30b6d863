//! Draws a plan: decides for everybody in scope, entry by entry, from what lies on disk.

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};

use tajo_core::Result;
use tajo_engine::pair::Tally;
use tajo_state::{BrevoRow, Ledger, LinkState};

use super::Pair;
use super::counts::Counts;
use super::entry::{Act, Draft, Entry, Heading};
use super::left::LeftReader;
use super::plan::{LEFT, ROWS, Scope, seen};
use super::planner::{Planner, WAITS};
use super::refresh::SEEN;

/// Processor time of this thread where the system tells it, else the time of day.
struct Spent(Option<u64>, Instant);

impl Spent {
    fn here() -> Spent {
        Spent(Spent::now(), Instant::now())
    }
    /// Nanoseconds on a processor, the first number of Linux' account of a thread.
    fn now() -> Option<u64> {
        std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
    }
    fn elapsed(&self) -> Duration {
        match self.0.zip(Spent::now()) {
            Some((from, to)) => Duration::from_nanos(to.saturating_sub(from)),
            None => self.1.elapsed(),
        }
    }
}

/// A plan under way.
pub(super) struct Drawn {
    /// Its file.
    pub draft: Draft,
    /// Its entries, counted.
    pub counts: Counts,
    /// What it would do, for the brakes.
    pub tally: Tally,
    /// Contact that wants a link, and the contact that has it.
    pub suspects: Vec<(String, String)>,
    /// Changed rows of Brevo that it looked at, with their fingerprints.
    pub looked_at: Vec<(i64, u64)>,
    /// Contacts that Intercom has.
    pub listed: u64,
    /// Processor time of deciding.
    pub took: Duration,
}

impl Drawn {
    /// Adds what was decided for a contact.
    pub fn take(&mut self, entry: Option<Entry>) -> Result<()> {
        match entry {
            Some(entry) => {
                self.counts.add(&entry);
                self.draft.push(entry)
            }
            None => {
                self.counts.unchanged += 1;
                Ok(())
            }
        }
    }
}

/// Plans everything in scope. Runs on a thread of its own.
pub(super) fn draw(
    pair: &Pair,
    ledger: &Ledger,
    scope: Scope,
    mut heading: Heading,
    attributes: &[Entry],
    mapping_changed: bool,
) -> Result<Drawn> {
    let reader = LeftReader::open(&pair.mirror, &pair.mapping)?;
    // The next pass begins behind the newest row, unless rows of the same second may still come.
    heading.left_mark = reader.newest_mark()?.map(|newest| (newest + 1).min(heading.left_mark.unwrap_or(newest)));
    let draft = Draft::begin(&pair.plans, heading)?;
    let (counts, tally) = (Counts::default(), Tally::default());
    let mut drawn = Drawn {
        draft,
        counts,
        tally,
        suspects: Vec::new(),
        looked_at: Vec::new(),
        listed: reader.count()?,
        took: Duration::ZERO,
    };
    attributes.iter().try_for_each(|entry| drawn.take(Some(entry.clone())))?;
    let began = Spent::here();
    let mut planner = Planner::new(&pair.mapping, ledger, &reader, pair.laws, mapping_changed);
    planner.brevo_now = ledger.mark(SEEN)?.and_then(|at| at.parse().ok()).unwrap_or(i64::MAX);
    if scope == Scope::All {
        reader.all(&mut |left| drawn.take(planner.contact(&left)?))?;
    } else {
        let mark = ledger.mark(LEFT)?.and_then(|at| at.parse::<i64>().ok()).unwrap_or(0);
        let mut ids: BTreeSet<String> = reader.changed_since(mark)?.into_iter().collect();
        ids.extend(linked_to_changed(ledger, &reader)?);
        let waiting: BTreeSet<String> = ledger.dirty_links(usize::MAX)?.into_iter().filter(|id| !ids.contains(id)).collect();
        let ids: Vec<String> = ids.union(&waiting).cloned().collect();
        let mut told_off = BTreeSet::new();
        reader.some(&ids, &mut |left| {
            let asked = planner.suspects.len();
            let entry = planner.contact(&left)?;
            // Whoever still waits for an address was told of, and asked about, when that was news.
            if waiting.contains(&left.id) && entry.as_ref().is_some_and(Entry::is_parked) {
                planner.suspects.truncate(asked);
                return drawn.take(None);
            }
            if left.unsubscribed && entry.as_ref().is_some_and(Entry::is_parked) {
                told_off.extend(left.email.map(|email| email.trim().to_lowercase()));
            }
            drawn.take(entry)
        })?;
        // Their opt-out is that of the contact that speaks for the address.
        let mut speakers = BTreeSet::new();
        for email in told_off {
            speakers.extend(reader.by_email(&email)?.into_iter().map(|(id, _)| id).filter(|id| ids.binary_search(id).is_err()));
        }
        let speakers: Vec<String> = speakers.into_iter().collect();
        reader.some(&speakers, &mut |left| drawn.take(planner.contact(&left)?))?;
    }
    planner.unsettled = unsettled(ledger)?;
    each_dirty(ledger, &mut |row| {
        let entry = planner.only_in_brevo(&row)?;
        if !matches!(&entry, Some(Entry { act: Act::Skip(why), .. }) if why == WAITS) {
            drawn.looked_at.push((row.id, seen(&row)));
        }
        entry.map_or(Ok(()), |entry| drawn.take(Some(entry)))
    })?;
    (drawn.tally, drawn.suspects, drawn.took) = (planner.tally, planner.suspects, began.elapsed());
    Ok(drawn)
}

/// Addresses with which a contact was perhaps created in Intercom.
pub fn unsettled(ledger: &Ledger) -> Result<HashSet<String>> {
    let open = ledger.open_effects()?.into_iter().filter(|effect| effect.side == "intercom" && effect.link.is_empty());
    Ok(open.map(|effect| effect.target).collect())
}

/// Contacts of Intercom whose partner in Brevo changed, or that share the address of one that did.
fn linked_to_changed(ledger: &Ledger, reader: &LeftReader) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    each_dirty(ledger, &mut |row| {
        match ledger.link_of_brevo(row.id)? {
            Some(link) if link.state == LinkState::Live => ids.push(link.intercom_id),
            _ => {
                let email = row.email.as_deref().map(|email| reader.by_email(email)).transpose()?.unwrap_or_default();
                ids.extend(email.into_iter().map(|(id, _)| id));
                ids.extend(row.ext_id);
            }
        }
        Ok(())
    })?;
    Ok(ids)
}

/// Rows of Brevo that changed since they were last planned, a page at a time.
fn each_dirty(ledger: &Ledger, each: &mut dyn FnMut(BrevoRow) -> Result<()>) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let rows = ledger.brevo_dirty_after(after, ROWS)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        rows.into_iter().try_for_each(&mut *each)?;
    }
}
