//! Where rows go: the contract every destination keeps, proven by the `conformance` suite.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::error::Result;
use crate::table::Table;

/// A boxed future that can cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How the rows of a [`Load`] meet the rows that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// By key, newest wins. A row is *accepted* if its key is new, its stamp (`table.newest`) is larger, or its stamp is
    /// equal and its `_hash` differs; without a stamp column, if its key is new or its `_hash` differs. Columns that the
    /// batch lacks keep their values.
    Merge,
    /// As `Merge` without regard to stamps, and keys that the batch lacks are removed: the table equals the batch.
    Replace,
    /// Rows of a child table by key: new keys are added, known keys with another `_hash` are replaced. Nothing is removed.
    Add,
    /// Pairs: for each parent id in `of` that the segment's `Merge` load of table `parent` accepted, the pairs whose first
    /// column is that id become exactly those of the batch. Other parents' pairs stay.
    Pairs {
        /// Table that the parents were merged into, earlier in the same segment.
        parent: String,
        /// Parents whose complete lists the batch holds; a parent without rows in the batch has no pairs.
        of: Vec<String>,
    },
}

/// One batch for one table. Batch columns are found by name; all of `table.key` are there.
#[derive(Debug, Clone)]
pub struct Load {
    /// The table.
    pub table: Arc<Table>,
    /// The rows.
    pub batch: RecordBatch,
    /// How they meet the rows that are there.
    pub mode: Mode,
}

/// Loads that become durable together, in order. A key may repeat; the later row is judged against the earlier.
#[derive(Debug, Clone, Default)]
pub struct Segment {
    /// In order: parents before their children and links.
    pub loads: Vec<Load>,
}

/// State of a stream that becomes durable with the data it speaks of.
#[derive(Debug, Clone)]
pub struct StateNote {
    /// The stream's name.
    pub stream: String,
    /// JSON text; the destination does not look inside.
    pub state: String,
}

/// What a load changed, per table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// (table, rows written, rows removed), in order of the segment's loads.
    pub tables: Vec<(String, u64, u64)>,
}

/// What a destination holds of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Stamp: `table.newest` in unix seconds.
    pub newest: Option<i64>,
    /// `_hash`.
    pub hash: Option<i64>,
    /// The flag column asked for.
    pub flag: Option<bool>,
}

/// Who writes: the connection, the workspace it reads, and the claim that fences zombies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Name of the connection.
    pub connection: String,
    /// Grows with every claim; a load under an older one is refused.
    pub epoch: i64,
    /// Stored state by stream.
    pub states: Vec<(String, String)>,
}

/// A place that holds tables and the state that goes with them.
///
/// Promises: `load` is one transaction with its note; repeating a load changes nothing; an `Err` leaves nothing behind that
/// trying again does not repair; names and values of any Unicode text round-trip.
pub trait Destination: Send + Sync {
    /// How messages name it; no secret.
    fn name(&self) -> String;
    /// Takes the destination for a connection of a workspace and reads its state. Exclusive until drop: another process
    /// gets [`codes::STA_BUSY`](crate::codes::STA_BUSY), another workspace [`codes::DST_WORKSPACE`](crate::codes::DST_WORKSPACE).
    fn claim<'a>(&'a self, connection: &'a str, workspace: &'a str) -> BoxFuture<'a, Result<Claim>>;
    /// Creates the table or widens it. Never narrows, never drops. Idempotent.
    fn prepare<'a>(&'a self, table: &'a Table) -> BoxFuture<'a, Result<()>>;
    /// Writes a segment and its note under the claim. `Ok` means all of it is durable. Under a claim that is no longer the
    /// newest: [`codes::STA_FENCED`](crate::codes::STA_FENCED) and nothing is written.
    fn load<'a>(&'a self, claim: &'a Claim, segment: Segment, note: Option<StateNote>) -> BoxFuture<'a, Result<Loaded>>;
    /// What is held of these keys (single-column keys), in their order; `None` where the key is not there. A destination
    /// that cannot look up answers all `None`, and more is read again than needed.
    fn held<'a>(&'a self, table: &'a Table, flag: Option<&'a str>, ids: &'a [String])
    -> BoxFuture<'a, Result<Vec<Option<Held>>>>;
    /// Number of rows; 0 where the table does not exist.
    fn count<'a>(&'a self, table: &'a str) -> BoxFuture<'a, Result<u64>>;
}
