//! The one place where rows meet the destination: a queue, and a loop that commits what has gathered in it.

use std::collections::HashMap;

use tajo_core::{Claim, Destination, Error, Load, Result, Segment, StateNote, codes};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, timeout_at};

/// Pages that may wait for the destination; bounds memory.
const QUEUE: usize = 6;
/// Rows a commit gathers at most.
const ROWS: usize = 2_000;
/// How long a commit waits for more rows. Ids arrive in no order, so each commit touches most pages of every index: a few
/// large commits write a tenth of what many small ones do.
const LINGER: Duration = Duration::from_millis(120);

/// Rows written and removed, by table.
pub(super) type LoadedByTable = HashMap<String, (u64, u64)>;

enum Parcel {
    Rows(Vec<Load>),
    Note(StateNote),
}

/// The way in; clones share the queue.
#[derive(Clone)]
pub(super) struct Inlet(mpsc::Sender<Parcel>);

impl Inlet {
    /// Queues rows; waits while the queue is full.
    pub(super) async fn rows(&self, loads: Vec<Load>) -> Result<()> {
        self.send(Parcel::Rows(loads)).await
    }
    /// Queues a note: it becomes durable with or after everything queued before it.
    pub(super) async fn note(&self, note: StateNote) -> Result<()> {
        self.send(Parcel::Note(note)).await
    }
    async fn send(&self, parcel: Parcel) -> Result<()> {
        self.0.send(parcel).await.map_err(|_| Error::new(&codes::DST_FAILED, "The destination stopped taking rows"))
    }
}

/// The loop that commits.
pub(super) struct Writer<'a> {
    to: &'a dyn Destination,
    claim: &'a Claim,
    queue: mpsc::Receiver<Parcel>,
    held: Option<Parcel>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(to: &'a dyn Destination, claim: &'a Claim) -> (Writer<'a>, Inlet) {
        let (inlet, queue) = mpsc::channel(QUEUE);
        (Writer { to, claim, queue, held: None }, Inlet(inlet))
    }

    /// Commits until every inlet is gone or the destination fails; then the queue closes and the streams stop.
    pub(super) async fn run(mut self) -> (LoadedByTable, Result<()>) {
        let mut loaded = LoadedByTable::new();
        while let Some((segment, note)) = self.gather().await {
            match self.to.load(self.claim, segment, note).await {
                Ok(done) => {
                    for (table, written, removed) in done.tables {
                        let sum = loaded.entry(table).or_default();
                        *sum = (sum.0 + written, sum.1 + removed);
                    }
                }
                Err(error) => return (loaded, Err(error)),
            }
        }
        (loaded, Ok(()))
    }

    /// Takes what has gathered: rows in order, with the newest note of one stream.
    async fn gather(&mut self) -> Option<(Segment, Option<StateNote>)> {
        let mut segment = Segment::default();
        let mut note: Option<StateNote> = None;
        let mut rows = 0;
        let mut next = match self.held.take() {
            Some(parcel) => Some(parcel),
            None => Some(self.queue.recv().await?),
        };
        let until = Instant::now() + LINGER;
        while let Some(parcel) = next.take() {
            match parcel {
                Parcel::Rows(loads) => {
                    rows += loads.iter().map(|l| l.batch.num_rows()).sum::<usize>();
                    segment.loads.extend(loads);
                }
                Parcel::Note(new) => match &note {
                    Some(old) if old.stream != new.stream => {
                        self.held = Some(Parcel::Note(new));
                        break;
                    }
                    _ => note = Some(new),
                },
            }
            if rows < ROWS {
                next = timeout_at(until, self.queue.recv()).await.ok().flatten();
            }
        }
        Some((segment, note))
    }
}
