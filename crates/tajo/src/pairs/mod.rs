//! What knows both sides: Intercom on the left, Brevo on the right.
//!
//! A pass reads both sides into mirrors, plans from the mirrors, and applies the plan. Everything that touches a
//! platform is in `refresh`, `apply`, `events`, `companies` and `engagement`; everything that decides is in `planner` and in `tajo_engine::pair`.

pub mod account;
pub mod apply;
mod companies;
pub mod consent;
pub mod counts;
mod draw;
pub mod drift;
pub mod engagement;
pub mod entry;
pub mod erase;
pub mod events;
pub mod heal;
pub mod known;
pub mod left;
pub mod links;
pub mod mapping;
pub mod open;
pub mod pass;
pub mod plan;
pub mod planner;
pub mod receipt;
pub mod recover;
pub mod refresh;
pub mod right;
pub mod sheet;
pub mod shelf;
mod tags;
pub mod tryout;
pub mod undo;
pub mod verify;
pub mod why;

use std::path::PathBuf;
use std::sync::Arc;

use tajo_brevo::Brevo;
use tajo_core::trip::Trip;
use tajo_engine::pair::{Brakes, Laws};
use tajo_intercom::Intercom;
use tajo_state::Ledger;

use self::mapping::Mapping;

/// Both sides of one connection, and what is remembered of them.
#[derive(Clone)]
pub struct Pair {
    /// The left side.
    pub intercom: Intercom,
    /// The right side.
    pub brevo: Brevo,
    /// Links, journal, mirror of Brevo.
    pub ledger: Ledger,
    /// What becomes of what.
    pub mapping: Arc<Mapping>,
    /// The database that Intercom was extracted into.
    pub mirror: PathBuf,
    /// Where plans are kept.
    pub plans: PathBuf,
    /// How large a plan may be.
    pub brakes: Brakes,
    /// Bounds and switches.
    pub bounds: Bounds,
    /// The decisions; tests put a wrong one in.
    pub laws: Laws,
    /// Failpoints.
    pub trip: Trip,
}

/// Bounds on one pass.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// From so many records on, writes to Brevo go by import.
    pub bulk_from: u64,
    /// Largest import, bytes of JSON. Brevo takes 10 MB and recommends 8.
    pub chunk_bytes: usize,
    /// Single writes under way at once.
    pub singles: usize,
    /// Contacts whose fate is asked for one by one because another contact claims their link.
    pub suspects: usize,
    /// Longest wait for an import that shows no progress, seconds.
    pub import_secs: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { bulk_from: 500, chunk_bytes: 8_000_000, singles: 8, suspects: 500, import_secs: 3600 }
    }
}

/// This machine's clock, RFC 3339: for notes that people read, never for deciding what to read.
pub fn now() -> String {
    crate::warehouse::moment(jiff::Timestamp::now().as_second())
}
