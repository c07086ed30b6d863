//! Searches by change time: closed windows, cut by what the search itself counts, read side by side.

use std::collections::{HashSet, VecDeque};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tajo_core::page::{Next, Page};
use tajo_core::rest::Request;
use tajo_core::{Error, Grain, Kind, Read, Result, Slice};
use tokio::sync::Mutex;

use super::pages::short;
use super::state::Unfinished;
use super::window::{Calendar, Window, add, remaining, settled};
use super::writer::Inlet;
use super::{Run, Unit, deliver};
use crate::decode::{Rows, Stamp};

/// Windows under way at once.
const WINDOWS: usize = 24;
/// A window with more records than this many pages is cut, where it can be.
const PAGES_UNCUT: u64 = 4;
/// Pages that a piece of a cut window should have.
const PAGES_APIECE: u64 = 3;
/// Pages of one window.
const PAGES_MAX: u32 = 100_000;
/// How often a window that came out short is read again.
const REREADS: u32 = 2;
/// Smallest page that slow pages shrink to.
const PAGE_MIN: u32 = 10;
/// Good pages after which a shrunken page grows again.
const PAGES_TO_GROW: u32 = 8;
/// Attempts at a page that can still shrink.
const ATTEMPTS_AT_A_SIZE: u32 = 3;
/// Incremental reads of no more than this are read newest first and stopped early.
const POLL_MAX: i64 = 3 * 86_400;

/// A window to read.
#[derive(Debug, Clone, Copy)]
struct Task {
    window: Window,
    /// Whether nothing is known of it yet: its newest record is looked up before it is cut.
    root: bool,
}

/// What reading a window came to.
struct Outcome {
    done: Window,
    rest: Vec<Task>,
}

pub(super) async fn read(run: &Run<'_>, unit: &Unit, inlet: &Inlet) -> Result<()> {
    let Read::Search { grain, .. } = unit.spec.read else { return Ok(()) };
    let name = unit.spec.name;
    let calendar = Calendar { grain: grain(run.source.release), zone: run.source.zone.clone() };
    let state = run.state(name);
    let (from, to) = span(run, unit, &state);
    let with: Vec<String> = unit.child.iter().map(|c| c.spec.name.to_string()).collect();
    // What an unfinished run read of the settled past stays read; what was provisional then is read again.
    let owns = run.owns(&state);
    let resumed = state.run.as_ref().filter(|r| owns && r.with == with && r.full == run.wanted.full && r.from <= from);
    let done = resumed.map(|r| settled(&r.done, r.t - run.lag())).unwrap_or_default();
    let mut queue: VecDeque<Task> = remaining(from, to, &done).into_iter().map(|window| Task { window, root: true }).collect();
    let unfinished = Unfinished { t: run.source.now, from, full: run.wanted.full, with, done };
    if owns {
        run.note(name, |state| state.run = Some(unfinished));
    }
    let turn = Mutex::new(());
    let mut busy = FuturesUnordered::new();
    let mut failed: Option<Error> = None;
    loop {
        while failed.is_none() && busy.len() < WINDOWS {
            let Some(task) = queue.pop_front() else { break };
            busy.push(commit(run, unit, inlet, &calendar, task, owns.then_some(&turn)));
        }
        // Nothing else is awaited here: a window that is not polled may hold a place in a queue that others wait for.
        match busy.next().await {
            None => break,
            Some(Ok(rest)) => queue.extend(rest),
            // A refused token or permission fails every other request too; anything else leaves the other windows their turn.
            Some(Err(error)) if matches!(error.kind(), Kind::Auth | Kind::Denied | Kind::Storage | Kind::Config) => {
                return Err(error);
            }
            Some(Err(error)) => failed = failed.or(Some(error)),
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    if owns {
        inlet.note(run.note(name, |state| finish(run, unit, state))).await?;
    }
    Ok(())
}

/// Reads a window and, where the run speaks for the stream's history, notes that it was.
async fn commit(
    run: &Run<'_>,
    unit: &Unit,
    inlet: &Inlet,
    calendar: &Calendar,
    task: Task,
    turn: Option<&Mutex<()>>,
) -> Result<Vec<Task>> {
    let outcome = window(run, unit, inlet, calendar, task).await?;
    let Some(turn) = turn else { return Ok(outcome.rest) };
    // One note at a time, so that a later note never says less than an earlier one.
    let _turn = turn.lock().await;
    let note = run.note(unit.spec.name, |state| {
        if let Some(run) = &mut state.run {
            add(&mut run.done, outcome.done);
        }
    });
    inlet.note(note).await?;
    Ok(outcome.rest)
}

/// The closed span that this run owes.
fn span(run: &Run<'_>, unit: &Unit, state: &super::StreamState) -> (i64, i64) {
    if let Some((start, end)) = run.wanted.between {
        return (start, (end - 1).min(run.source.now));
    }
    let behind = unit.child.as_ref().map(|c| state.children.get(c.spec.name).copied());
    let watermark = match (state.watermark, behind) {
        (Some(own), None) => Some(own),
        (Some(own), Some(Some(child))) => Some(own.min(child)),
        _ => None,
    };
    let from = match (run.wanted.full, run.wanted.since) {
        (_, Some(since)) => since,
        (true, None) => 0,
        (false, None) => watermark.or(state.since).unwrap_or(0),
    };
    (from, run.source.now)
}

/// All windows are committed: the watermark follows.
fn finish(run: &Run<'_>, unit: &Unit, state: &mut super::StreamState) {
    let reached = run.source.now - run.lag();
    state.run = None;
    if state.watermark.is_none() {
        state.since = run.wanted.since;
    }
    state.watermark = Some(state.watermark.map_or(reached, |old| old.max(reached)));
    // A child's history may begin later than its parent's: it moves only where this run covered the gap.
    if let Some(child) = &unit.child {
        let before = state.children.get(child.spec.name).copied();
        if run.wanted.since.is_none_or(|since| before.is_none_or(|before| since <= before)) {
            state.children.insert(child.spec.name.into(), reached);
        }
    }
}

/// Reads a window: to its end, or its first page where it holds too much and can be cut.
async fn window(run: &Run<'_>, unit: &Unit, inlet: &Inlet, calendar: &Calendar, task: Task) -> Result<Outcome> {
    for attempt in 0.. {
        match pass(run, unit, inlet, calendar, task).await? {
            Pass::Done(outcome) => return Ok(outcome),
            Pass::Short { seen, total } if attempt >= REREADS => {
                return Err(short(unit, format!("a window held {seen} of {total} records in {} reads", attempt + 1)));
            }
            Pass::Short { .. } => tracing::warn!(resource = unit.spec.name, attempt, "A window came out short and is read again"),
        }
    }
    unreachable!("the loop returns at the last attempt")
}

/// How many records may be missing at the end of a window without doubt about the reading: none where it is settled, or
/// where the last page was full; in a window that reaches to now, a few can show late behind the cursor, and the next run
/// reads them.
fn late(total: u64, is_settled: bool, ran_out: bool) -> u64 {
    if is_settled || !ran_out { 0 } else { 10 + total / 20 }
}

enum Pass {
    Done(Outcome),
    Short { seen: usize, total: u64 },
}

async fn pass(run: &Run<'_>, unit: &Unit, inlet: &Inlet, calendar: &Calendar, task: Task) -> Result<Pass> {
    let Read::Search { page_max, .. } = unit.spec.read else { return Err(short(unit, "not a search")) };
    let Window { lo, hi } = task.window;
    // A poll of a search that compares days re-reads the day from its newest end, and stops at what it has.
    let descending = calendar.grain == Grain::Day && !run.wanted.full && hi - lo <= POLL_MAX && calendar.start(lo) < lo;
    let is_settled = calendar.end(hi) <= run.source.now - run.lag();
    let mut reading = Reading { seen: HashSet::new(), last: None, ordered: true };
    let mut cursor: Option<String> = None;
    let mut page = page_max;
    let mut good = 0;
    for number in 0..PAGES_MAX {
        let slice = Slice { lo, hi, page, after: cursor.as_deref(), descending };
        let got = match fetch(run, unit, &slice, &mut reading, task.window).await {
            Ok(got) => got,
            // Large pages of long conversations time out: the same cursor with a smaller page gets through.
            Err(error) if error.kind() == Kind::Transient && page > PAGE_MIN => {
                (page, good) = ((page / 2).max(PAGE_MIN), 0);
                continue;
            }
            Err(error) => return Err(error),
        };
        if number == 0
            && task.root
            && let Some(total) = got.total
        {
            unit.gauge.expect(unit.gauge.expected().max(unit.gauge.read() + total));
        }
        let (reached, total, next, count) = (reading.last, got.total, got.next, got.count);
        let too_much = total.is_some_and(|total| total > PAGES_UNCUT * u64::from(page_max));
        if number == 0 && next.is_some() && too_much && !descending && page == page_max {
            let left = total.unwrap_or_default().saturating_sub(reading.seen.len() as u64);
            if let Some(outcome) = cut(run, unit, calendar, task, &reading, left).await? {
                // Rows above the cut are read again with their piece.
                deliver::rows(run, unit, inlet, got.rows.until(outcome.done.hi)).await?;
                return Ok(Pass::Done(outcome));
            }
        }
        deliver::rows(run, unit, inlet, got.rows).await?;
        if descending && reading.ordered && reached.is_some_and(|last| last < lo) {
            return Ok(Pass::Done(Outcome { done: task.window, rest: Vec::new() }));
        }
        let Some(next) = next else {
            let missing = total.filter(|total| reading.seen.len() as u64 + late(*total, is_settled, count < page) < *total);
            return Ok(match missing {
                Some(total) => Pass::Short { seen: reading.seen.len(), total },
                None => Pass::Done(Outcome { done: task.window, rest: Vec::new() }),
            });
        };
        if cursor.as_ref() == Some(&next) {
            return Err(short(unit, "the search answered with the same cursor twice"));
        }
        cursor = Some(next);
        good += 1;
        if good % PAGES_TO_GROW == 0 {
            page = (page * 2).min(page_max);
        }
    }
    Err(short(unit, format!("a window did not end after {PAGES_MAX} pages")))
}

/// What a pass has seen.
struct Reading {
    seen: HashSet<u64>,
    last: Option<i64>,
    ordered: bool,
}

struct Fetched {
    rows: Rows,
    count: u32,
    total: Option<u64>,
    next: Option<String>,
}

async fn fetch(run: &Run<'_>, unit: &Unit, slice: &Slice<'_>, reading: &mut Reading, keep: Window) -> Result<Fetched> {
    let Read::Search { path, items, body, .. } = unit.spec.read else { return Err(short(unit, "not a search")) };
    let attempts = (slice.page > PAGE_MIN).then_some(ATTEMPTS_AT_A_SIZE);
    let request = Request { attempts, ..Request::search(path, &body(slice))? };
    unit.client
        .send_checked(request, |answer| {
            let page = Page::read(&answer.body, items)?;
            let synced_at = answer.date.unwrap_or(run.source.now);
            let rows = unit.decoder.decode(&page.items, Stamp { synced_at, inject: None }, |head| {
                reading.seen.insert(xxhash_rust::xxh3::xxh3_64(head.id.as_bytes()));
                let in_order = match (reading.last, head.newest) {
                    (Some(last), Some(at)) if slice.descending => at <= last,
                    (Some(last), Some(at)) => last <= at,
                    _ => true,
                };
                reading.ordered &= in_order;
                reading.last = head.newest.or(reading.last);
                head.newest.is_none_or(|at| keep.lo <= at && at <= keep.hi) && run.wants(head.newest)
            })?;
            let next = match page.next {
                Some(Next::After(cursor)) if !page.items.is_empty() => Some(cursor),
                _ => None,
            };
            Ok(Fetched { rows, count: u32::try_from(page.items.len()).unwrap_or(u32::MAX), total: page.total, next })
        })
        .await
}

/// Cuts the unread rest of a window whose first page was read. `None` where it cannot be cut.
async fn cut(
    run: &Run<'_>,
    unit: &Unit,
    calendar: &Calendar,
    task: Task,
    reading: &Reading,
    left: u64,
) -> Result<Option<Outcome>> {
    let Read::Search { page_max, .. } = unit.spec.read else { return Ok(None) };
    let Window { lo, hi } = task.window;
    let (Some(last), true) = (reading.last, reading.ordered) else { return Ok(None) };
    // Records of the last second (or day) may go on on the next page: it is read again from its start.
    let unread = Window { lo: calendar.start(last).clamp(lo, hi), hi };
    let top = if task.root { newest(run, unit, task.window).await?.unwrap_or(hi) } else { hi };
    let pieces = calendar.cut(unread, top, left.div_ceil(PAGES_APIECE * u64::from(page_max)).max(2));
    if pieces.len() < 2 && unread.lo == lo {
        return Ok(None);
    }
    let rest = pieces.into_iter().map(|window| Task { window, root: false }).collect();
    Ok(Some(Outcome { done: Window { lo, hi: unread.lo - 1 }, rest }))
}

/// The newest change in a window, by one page from its other end.
async fn newest(run: &Run<'_>, unit: &Unit, window: Window) -> Result<Option<i64>> {
    let Read::Search { page_max, .. } = unit.spec.read else { return Ok(None) };
    let mut reading = Reading { seen: HashSet::new(), last: None, ordered: true };
    let slice = Slice { lo: window.lo, hi: window.hi, page: 1.min(page_max), after: None, descending: true };
    let got = fetch(run, unit, &slice, &mut reading, window).await?;
    let newest = got.rows.heads.iter().filter_map(|h| h.newest).max();
    Ok(newest)
}
