//! What a run did, resource by resource.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use tajo_core::{Error, Read, Result, Spec};

use super::writer::LoadedByTable;
use super::{StreamState, Unit, Wanted};

/// Counters of a unit while it runs.
#[derive(Debug, Default, Clone)]
pub struct Counts {
    /// Rows read that were asked for.
    pub read: u64,
    /// Records that were gone between listing and reading.
    pub gone: u64,
    /// Things the user should know.
    pub warnings: Vec<String>,
}

/// How a resource ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Read to the end and committed.
    Complete,
    /// Not read to the end; what was committed stays, the watermark did not move.
    Incomplete,
}

/// What a run did for one resource.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The resource.
    pub name: &'static str,
    /// `full`, `incremental` or `interval`.
    pub mode: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Rows read that were asked for.
    pub rows_read: u64,
    /// Rows that were new or different.
    pub rows_written: u64,
    /// Rows removed.
    pub rows_deleted: u64,
    /// The same for its link tables: (table, written, removed).
    pub links: Vec<(String, u64, u64)>,
    /// Everything up to this second is in the destination.
    pub watermark: Option<i64>,
    /// Calls made.
    pub calls: u64,
    /// Of these, refused for lack of budget.
    pub throttled: u64,
    /// What the state after this run promises.
    pub guarantee: &'static str,
    /// Things the user should know.
    pub warnings: Vec<String>,
    /// Why it is incomplete.
    pub error: Option<Value>,
    /// Exit code of that error.
    #[serde(skip)]
    pub exit: u8,
}

/// What a completed run promises for a resource.
pub fn guarantee(spec: &Spec) -> &'static str {
    match spec.read {
        Read::Whole { .. } => "the table equals the platform's list at the time of the run",
        Read::Search { .. } => "every record's last change up to the watermark is stored, in that version or a later one",
        Read::Pages { .. } => "every listed record's last change up to the watermark is stored",
        Read::Scroll { .. } => "every record shown by the complete scroll is stored as it was shown",
        Read::Each { .. } => "all children that the platform gives for each stored parent version; older ones are kept",
    }
}

/// The reports of a unit: its own, and its child's.
pub(super) fn reports(
    unit: Unit,
    result: Result<()>,
    states: &HashMap<String, StreamState>,
    loaded: &LoadedByTable,
    wanted: &Wanted,
) -> Vec<Report> {
    let state = states.get(unit.spec.name);
    let goes_on = unit.goes_on;
    let sums = |table: &str| loaded.get(table).copied().unwrap_or_default();
    let mut counts = unit.counts.into_inner().unwrap_or_default();
    if counts.gone > 0 {
        counts
            .warnings
            .push(format!("{} records were deleted between listing and reading; what hangs on them was skipped.", counts.gone));
    }
    let error = result.as_ref().err();
    let one = |spec: &'static Spec, counts: Counts, tally: tajo_core::rest::Tally, watermark: Option<i64>| {
        let (written, removed) = sums(spec.name);
        Report {
            name: spec.name,
            mode: mode(spec, wanted, goes_on),
            outcome: if error.is_some() { Outcome::Incomplete } else { Outcome::Complete },
            rows_read: counts.read,
            rows_written: written,
            rows_deleted: removed,
            links: spec.links.iter().map(|link| (link.table.to_string(), sums(link.table).0, sums(link.table).1)).collect(),
            watermark,
            calls: tally.calls,
            throttled: tally.throttled,
            guarantee: guarantee(spec),
            warnings: counts.warnings,
            error: error.map(Error::to_json),
            exit: error.map_or(0, |e| e.kind().advice().exit),
        }
    };
    let mut out = vec![one(unit.spec, counts, unit.client.tally(), state.and_then(|s| s.watermark))];
    if let Some(child) = unit.child {
        let watermark = state.and_then(|s| s.children.get(child.spec.name).copied());
        out.push(one(child.spec, child.counts.into_inner().unwrap_or_default(), child.client.tally(), watermark));
    }
    out
}

fn mode(spec: &Spec, wanted: &Wanted, goes_on: bool) -> &'static str {
    match spec.read {
        _ if wanted.between.is_some() => "interval",
        Read::Whole { .. } | Read::Scroll { .. } => "full",
        _ if wanted.full || !goes_on => "full",
        _ => "incremental",
    }
}
