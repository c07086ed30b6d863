//! What every destination promises, as test functions. A destination's own test is one call of [`all`].
//!
//! The functions panic where a promise is broken, as tests do.

#![allow(clippy::missing_panics_doc, reason = "panicking is what tests do")]

mod claims;
mod history;
mod memory;
mod merging;
mod pairs;
mod rows;
mod shapes;

use std::sync::Arc;

use serde_json::Value;

use crate::destination::{BoxFuture, Claim, Destination, Load, Loaded, Mode, Segment, StateNote};
use crate::error::Result;
use crate::table::{Column, HASH, Kind, Table};

pub use claims::*;
pub use history::agrees_with_the_model;
pub use memory::MemoryDestination;
pub use merging::*;
pub use pairs::*;
pub use rows::batch;
pub use shapes::*;

/// A place for one test, empty at first: what a destination's own test provides.
pub trait Place: Send + Sync {
    /// Opens the place, again and again: what was loaded is there.
    fn open(&self) -> Arc<dyn Destination>;
    /// All rows of a table in any order; a value per column of `table`, as [`batch`] takes them.
    fn read<'a>(&'a self, table: &'a Table) -> BoxFuture<'a, Result<Vec<Vec<Value>>>>;
}

/// Every promise, each on a fresh place.
pub async fn all<P: Place>(fresh: impl Fn() -> P) {
    merge_is_idempotent(&fresh()).await;
    newest_wins_in_both_orders(&fresh()).await;
    an_equal_stamp_with_another_hash_replaces(&fresh()).await;
    absent_columns_keep_their_values(&fresh()).await;
    stamps_of_any_age_are_ordered(&fresh()).await;
    a_repeated_key_is_judged_against_the_earlier(&fresh()).await;
    replace_removes_and_repeats_quietly(&fresh()).await;
    add_never_removes(&fresh()).await;
    pairs_become_exact_for_accepted_parents(&fresh()).await;
    pairs_follow_the_version_that_was_accepted(&fresh()).await;
    state_comes_with_the_data_it_speaks_of(&fresh()).await;
    a_failed_segment_leaves_no_trace(&fresh()).await;
    an_older_claim_is_fenced(&fresh()).await;
    a_second_process_is_refused(&fresh()).await;
    another_workspace_is_refused(&fresh()).await;
    connections_keep_their_own_state(&fresh()).await;
    widening_keeps_old_rows(&fresh()).await;
    hostile_names_round_trip(&fresh()).await;
    hostile_values_round_trip(&fresh()).await;
    counts_and_lookups_are_exact(&fresh()).await;
    for seed in 0..20 {
        agrees_with_the_model(&fresh(), seed, 25).await;
    }
}

/// A table of things: id, stamp, text, integer and hash.
pub fn things() -> Arc<Table> {
    let columns = [
        ("id", Kind::Text),
        ("updated_at", Kind::Timestamp),
        ("name", Kind::Text),
        ("size", Kind::Integer),
        (HASH, Kind::Integer),
    ];
    Arc::new(table("things", &columns, &["id"], Some("updated_at")))
}

/// Pairs of things and tags.
pub fn thing_tags() -> Arc<Table> {
    Arc::new(table("thing_tags", &[("thing_id", Kind::Text), ("tag_id", Kind::Text)], &["thing_id", "tag_id"], None))
}

/// A table from its bare facts.
pub fn table(name: &str, columns: &[(&str, Kind)], key: &[&str], newest: Option<&str>) -> Table {
    let column = |(name, kind): &(&str, Kind)| Column { name: (*name).into(), path: Vec::new(), kind: *kind, doc: String::new() };
    Table {
        name: name.into(),
        doc: String::new(),
        columns: columns.iter().map(column).collect(),
        key: key.iter().map(|k| (*k).into()).collect(),
        newest: newest.map(Into::into),
    }
}

/// An opened and claimed place.
struct Open<'p> {
    place: &'p dyn Place,
    to: Arc<dyn Destination>,
    claim: Claim,
}

impl<'p> Open<'p> {
    async fn new(place: &'p dyn Place, tables: &[&Table]) -> Open<'p> {
        let to = place.open();
        let claim = to.claim("main", "w1").await.expect("a free place can be claimed");
        for table in tables {
            to.prepare(table).await.expect("a table can be prepared");
        }
        Open { place, to, claim }
    }
    async fn try_load(&self, loads: Vec<Load>, note: Option<&str>) -> Result<Loaded> {
        let note = note.map(|state| StateNote { stream: "things".into(), state: state.into() });
        self.to.load(&self.claim, Segment { loads }, note).await
    }
    /// Loads and returns (written, removed) of each load.
    async fn load(&self, loads: Vec<Load>) -> Vec<(u64, u64)> {
        let loaded = self.try_load(loads, None).await.expect("a segment loads");
        loaded.tables.into_iter().map(|(_, written, removed)| (written, removed)).collect()
    }
    async fn rows(&self, table: &Table) -> Vec<Vec<Value>> {
        let mut rows = self.place.read(table).await.expect("a table can be read");
        rows.sort_by_key(|row| row.iter().map(Value::to_string).collect::<Vec<_>>());
        rows
    }
}

/// A load of whole rows.
fn load(table: &Arc<Table>, mode: Mode, rows: &[Value]) -> Load {
    let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    part(table, &names, mode, rows)
}

/// A load of some columns.
fn part(table: &Arc<Table>, columns: &[&str], mode: Mode, rows: &[Value]) -> Load {
    let rows: Vec<Vec<Value>> = rows.iter().map(|row| row.as_array().cloned().unwrap_or_default()).collect();
    Load { table: table.clone(), batch: batch(table, columns, &rows), mode }
}

fn pairs_of(of: &[&str]) -> Mode {
    Mode::Pairs { parent: "things".into(), of: of.iter().map(|id| (*id).into()).collect() }
}

/// Rows as [`Open::rows`] gives them.
fn expected(rows: &[Value]) -> Vec<Vec<Value>> {
    let mut rows: Vec<Vec<Value>> = rows.iter().map(|row| row.as_array().cloned().unwrap_or_default()).collect();
    rows.sort_by_key(|row| row.iter().map(Value::to_string).collect::<Vec<_>>());
    rows
}
