//! Extraction: one run reads the wanted resources side by side under one rate budget, and commits rows together with the
//! state that speaks of them.
//!
//! The rules: time is the platform's (`Source::now`, taken before the first read); windows are closed and tile
//! `[watermark, now]` inclusively; the watermark trails by [`LAG`] and moves only when every window is committed; a merge
//! by key keeps the newest, so repeats are free.

mod deliver;
mod gauge;
mod pages;
mod report;
mod scroll;
mod search;
mod state;
mod whole;
pub mod window;
mod writer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{join, join_all};
use jiff::tz::TimeZone;
use tajo_core::rest::Client;
use tajo_core::{BoxFuture, Claim, Destination, Error, Kind, Read, Release, Result, Spec, Table, codes};

pub use gauge::Gauge;
pub use report::{Counts, Outcome, Report, guarantee};
pub use state::{StreamState, Unfinished};

use crate::decode::Decoder;
use writer::Writer;

/// How far the watermark trails the platform's clock, seconds: a search index may lag by minutes, no bound is documented.
pub const LAG: i64 = 900;

/// The platform as a run sees it.
pub struct Source {
    /// The client.
    pub client: Client,
    /// API release in use.
    pub release: Release,
    /// The same as text, stored with the state.
    pub release_name: String,
    /// Timezone in which the platform counts days.
    pub zone: TimeZone,
    /// The platform's clock before the first read, unix seconds.
    pub now: i64,
    /// Asks whether the credentials still work: tells a missing permission from a dead token.
    pub alive: Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>,
}

/// What a run is asked to do.
#[derive(Clone, Default)]
pub struct Wanted {
    /// Read everything again instead of what changed.
    pub full: bool,
    /// Leave out what changed last before this second.
    pub since: Option<i64>,
    /// Read only `[start, end)`; the watermark does not move.
    pub between: Option<(i64, i64)>,
    /// How far the watermark trails, seconds; [`LAG`] where absent. Less than the platform's index lag loses changes.
    pub lag: Option<i64>,
    /// The resources, by name; children bring their parents along.
    pub resources: Vec<&'static Spec>,
}

/// A resource with the child that is read along.
pub(crate) struct Unit {
    spec: &'static Spec,
    child: Option<Child>,
    decoder: Decoder,
    links: Vec<Arc<Table>>,
    gauge: Arc<Gauge>,
    client: Client,
    counts: Mutex<Counts>,
    /// Whether an earlier run left a watermark to go on from.
    goes_on: bool,
}

pub(crate) struct Child {
    spec: &'static Spec,
    decoder: Decoder,
    gauge: Arc<Gauge>,
    client: Client,
    counts: Mutex<Counts>,
}

/// What all units of a run share.
pub(crate) struct Run<'a> {
    source: &'a Source,
    wanted: &'a Wanted,
    to: &'a dyn Destination,
    claim: &'a Claim,
    states: Mutex<HashMap<String, StreamState>>,
    /// One page with many detail calls at a time for each of these.
    hydrating: tokio::sync::Semaphore,
    /// Rung when a stream's token was refused.
    refused: tokio::sync::Notify,
}

/// A run, prepared: tables exist, states are read. [`Extraction::run`] does the work.
pub struct Extraction<'a> {
    run: Run<'a>,
    units: Vec<Unit>,
}

impl<'a> Extraction<'a> {
    /// Creates or widens the tables and reads the states. Fails before any record is read.
    pub async fn prepare(
        source: &'a Source,
        wanted: &'a Wanted,
        to: &'a dyn Destination,
        claim: &'a Claim,
    ) -> Result<Extraction<'a>> {
        let mut states = HashMap::new();
        for (stream, text) in &claim.states {
            states.insert(stream.clone(), StreamState::read(stream, text, source.now)?);
        }
        let mut units = Vec::new();
        for spec in parents(&wanted.resources) {
            let mut unit = Unit::new(spec, &wanted.resources, &source.client);
            to.prepare(unit.decoder.table()).await?;
            for table in unit.links.iter().chain(unit.child.as_ref().map(|c| c.decoder.table())) {
                to.prepare(table).await?;
            }
            forget_emptied(&unit, to, &mut states).await?;
            unit.goes_on = states.get(spec.name).is_some_and(|s| s.watermark.is_some());
            units.push(unit);
        }
        let hydrating = tokio::sync::Semaphore::new(deliver::HYDRATING_PAGES);
        Ok(Extraction {
            run: Run { source, wanted, to, claim, states: Mutex::new(states), hydrating, refused: tokio::sync::Notify::new() },
            units,
        })
    }

    /// How far each resource is; for progress displays.
    pub fn gauges(&self) -> Vec<Arc<Gauge>> {
        let each = self.units.iter().flat_map(|u| [Some(&u.gauge), u.child.as_ref().map(|c| &c.gauge)]);
        each.flatten().cloned().collect()
    }

    /// Reads and commits until done or until `stop` resolves. What was committed stays; the rest is the next run's.
    ///
    /// `Err` is a failure of the destination or the connection as a whole; failures of one resource are in its report.
    pub async fn run(self, stop: impl Future<Output = ()>) -> (Vec<Report>, Result<()>) {
        let Extraction { run, units } = self;
        let (writer, inlet) = Writer::new(run.to, run.claim);
        let ended: Vec<Mutex<Option<Result<()>>>> = units.iter().map(|_| Mutex::new(None)).collect();
        let reading = async {
            let streams = units.iter().zip(&ended).map(|(unit, ended)| {
                let inlet = inlet.clone();
                let run = &run;
                async move {
                    let result = stream(run, unit, &inlet).await;
                    *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            });
            let end = watched(&run, join_all(streams), stop).await;
            drop(inlet);
            end
        };
        let (end, (loaded, stored)) = join(reading, writer.run()).await;
        let states = run.states.into_inner().unwrap_or_default();
        let mut reports = Vec::new();
        for (unit, ended) in units.into_iter().zip(ended) {
            let result = ended.into_inner().unwrap_or_default();
            let result = match (result, &end) {
                // A refused token while the token still works is a permission that this resource lacks.
                (Some(Err(error)), End::Read | End::Stopped) if error.kind() == Kind::Auth => Err(not_permitted(&unit, error)),
                (Some(result), _) => result,
                (None, End::Refused) => Err(refused()),
                (None, _) => Err(interrupt()),
            };
            reports.extend(report::reports(unit, result, &states, &loaded, run.wanted));
        }
        let ended = match end {
            End::Read => Ok(()),
            End::Stopped => Err(interrupt()),
            End::Refused => Err(refused()),
        };
        (reports, stored.and(ended))
    }
}

/// How the reading of all resources ended.
enum End {
    Read,
    Stopped,
    Refused,
}

/// Polls the streams until they end, `stop` resolves, or the token turns out to be dead. While that is asked, no stream
/// goes on: a dead token costs one question, not one for each request under way.
async fn watched(run: &Run<'_>, streams: impl Future, stop: impl Future<Output = ()>) -> End {
    let mut streams = std::pin::pin!(streams);
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = run.refused.notified() => {
                if !(run.source.alive)().await {
                    return End::Refused;
                }
            }
            () = &mut stop => return End::Stopped,
            _ = &mut streams => {
                let refused = run.refused.notified().now_or_never().is_some();
                return if refused && !(run.source.alive)().await { End::Refused } else { End::Read };
            }
        }
    }
}

fn refused() -> Error {
    Error::new(&codes::AUTH_TOKEN, "Intercom refused the access token while the run was under way")
        .note("not done", "the resources that were not yet read to their end; the next run reads them")
}

fn not_permitted(unit: &Unit, error: Error) -> Error {
    Error::new(&codes::AUTH_SCOPE, format!("`{}` may not be read with this token", unit.spec.name))
        .note("permission", unit.spec.permission)
        .help(format!("Tick \"{}\" in Developer Hub > Authentication, then run again.", unit.spec.permission))
        .because(error)
}

/// State that speaks of rows which are gone (a table dropped or emptied by hand) is not believed: the stream starts from
/// zero. A table that was always empty costs one search for that.
async fn forget_emptied(unit: &Unit, to: &dyn Destination, states: &mut HashMap<String, StreamState>) -> Result<()> {
    let Some(state) = states.get_mut(unit.spec.name) else { return Ok(()) };
    if to.count(unit.spec.name).await? == 0 {
        *state = StreamState { since: state.since, ..StreamState::default() };
    } else if let Some(child) = &unit.child
        && to.count(child.spec.name).await? == 0
    {
        state.children.clear();
        state.run = None;
    }
    Ok(())
}

fn interrupt() -> Error {
    Error::new(&codes::INTERRUPTED, "The run was interrupted")
        .note("not done", "what was not yet committed; the next run reads it")
}

/// The resources that are read themselves: children bring their parent along.
fn parents(wanted: &[&'static Spec]) -> Vec<&'static Spec> {
    wanted.iter().copied().filter(|spec| !matches!(spec.read, Read::Each { .. })).collect()
}

impl Unit {
    fn new(spec: &'static Spec, wanted: &[&'static Spec], client: &Client) -> Unit {
        let child = wanted.iter().copied().find(|c| matches!(c.read, Read::Each { parent, .. } if parent == spec.name));
        let child = child.map(|child| Child {
            spec: child,
            decoder: Decoder::new(child, Arc::new(Table::of(child))),
            gauge: Gauge::new(child.name),
            client: client.with_tally(),
            counts: Mutex::default(),
        });
        Unit {
            spec,
            decoder: Decoder::new(spec, Arc::new(Table::of(spec))),
            links: spec.links.iter().map(|link| Arc::new(Table::of_link(link, spec.name))).collect(),
            gauge: Gauge::new(spec.name),
            client: client.with_tally(),
            counts: Mutex::default(),
            child,
            goes_on: false,
        }
    }

    fn count(&self, with: impl FnOnce(&mut Counts)) {
        with(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn warn(&self, text: String) {
        self.count(|counts| {
            if !counts.warnings.contains(&text) {
                counts.warnings.push(text);
            }
        });
    }
}

impl Run<'_> {
    /// How far the watermark trails the platform's clock.
    fn lag(&self) -> i64 {
        self.wanted.lag.unwrap_or(LAG)
    }

    /// Changes the state of a stream and gives the note to commit.
    fn note(&self, stream: &str, change: impl FnOnce(&mut StreamState)) -> tajo_core::StateNote {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(stream.into()).or_default();
        change(state);
        state.release.clone_from(&self.source.release_name);
        state.note(stream)
    }

    fn state(&self, stream: &str) -> StreamState {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).get(stream).cloned().unwrap_or_default()
    }

    /// Whether this run speaks for the stream's history: not where it reads an interval, nor where it begins beyond what
    /// earlier runs have read or are still owed. Otherwise it loads rows and leaves the state alone.
    fn owns(&self, state: &StreamState) -> bool {
        let reached = state.watermark.or(state.run.as_ref().map(|run| run.from));
        self.wanted.between.is_none() && self.wanted.since.is_none_or(|since| reached.is_none_or(|reached| since <= reached))
    }

    /// Whether a row stamped `newest` is asked for. Rows without a stamp always are.
    fn wants(&self, newest: Option<i64>) -> bool {
        let Some(at) = newest else { return true };
        match (self.wanted.between, self.wanted.since) {
            (Some((start, end)), _) => start <= at && at < end,
            (None, Some(since)) => since <= at,
            (None, None) => true,
        }
    }
}

/// Reads one unit to its end.
async fn stream(run: &Run<'_>, unit: &Unit, inlet: &writer::Inlet) -> Result<()> {
    let result = match unit.spec.read {
        Read::Whole { .. } => whole::read(run, unit, inlet).await,
        Read::Search { .. } => search::read(run, unit, inlet).await,
        Read::Pages { .. } => pages::read(run, unit, inlet).await,
        Read::Scroll { .. } => scroll::read(run, unit, inlet).await,
        Read::Each { .. } => Err(Error::new(&codes::BUG, format!("`{}` is read with its parent", unit.spec.name))),
    };
    unit.gauge.finish();
    if let Some(child) = &unit.child {
        child.gauge.finish();
    }
    if result.as_ref().is_err_and(|error| error.kind() == Kind::Auth) {
        run.refused.notify_one();
    }
    result
}
