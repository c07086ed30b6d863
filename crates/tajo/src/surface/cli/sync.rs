//! `tajo connectors sync`.

use clap::{Args, ValueEnum};
use tajo_core::{Error, codes};

use super::connectors::Name;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use crate::config::unix_seconds;

/// Shown under `tajo connectors sync --help`.
pub const EXAMPLES: &str = "Examples:
  tajo connectors sync intercom
  tajo connectors sync intercom --to sqlite:///tmp/intercom.db --resources contacts,companies
  tajo connectors sync intercom --type full
  tajo connectors sync intercom --interval-start 2026-01-01 --interval-end 2026-02-01

Dates are UTC days (2026-01-31) or RFC 3339 times (2026-01-31T12:00:00Z).
The access token comes from tajo.yml or INTERCOM_ACCESS_TOKEN, never from a flag.";

/// Arguments of `tajo connectors sync`.
#[derive(Debug, Clone, Args)]
pub struct SyncArgs {
    /// Platform to read.
    #[command(flatten)]
    pub platform: Name,
    /// Load into this destination, such as sqlite:///tmp/intercom.db
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// Read everything again, or only what changed since the last run
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t)]
    pub mode: Mode,
    /// Only these resources, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', num_args = 1)]
    pub resources: Vec<String>,
    /// Only records that changed on or after this date
    #[arg(long, value_name = "DATE", value_parser = unix_seconds, conflicts_with_all = ["interval_start", "interval_end"])]
    pub since: Option<i64>,
    /// Only records that changed on or after this date, for one slice of a backfill
    #[arg(long, value_name = "DATE", value_parser = unix_seconds)]
    pub interval_start: Option<i64>,
    /// Only records that changed before this date, for one slice of a backfill
    #[arg(long, value_name = "DATE", value_parser = unix_seconds, requires = "interval_start")]
    pub interval_end: Option<i64>,
    /// Run only one half of the sync
    #[arg(long, value_enum, value_name = "HALF")]
    pub only: Option<Half>,
    /// Answer yes to the question of the first run
    #[arg(short, long)]
    pub yes: bool,
    /// Print progress as one JSON object per line
    #[arg(long, conflicts_with = "json")]
    pub json_lines: bool,
}

/// How much to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Everything, from the beginning.
    Full,
    /// What changed since the last run.
    #[default]
    Incremental,
}

/// One half of a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Half {
    /// Intercom into the destination.
    Warehouse,
    /// Intercom and Brevo.
    Brevo,
}

/// Runs the command.
pub async fn run(_args: SyncArgs, _globals: &Globals, _out: &mut Out) -> Result<Exit, Failure> {
    Err(Error::new(&codes::BUG, "`tajo connectors sync` is not connected to the engine yet").into())
}
