//! `tajo sim`, and the size of a synthetic workspace, which `tajo demo` shares.

use clap::Args;
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;

/// How large a synthetic workspace is. Whatever is absent keeps the twin's own default.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Workspace")]
pub struct Population {
    /// Number of contacts
    #[arg(long, value_name = "N")]
    pub contacts: Option<u64>,
    /// Number of companies
    #[arg(long, value_name = "N")]
    pub companies: Option<u64>,
    /// Number of conversations
    #[arg(long, value_name = "N")]
    pub conversations: Option<u64>,
    /// Number of tags
    #[arg(long, value_name = "N")]
    pub tags: Option<u64>,
    /// Seed of the people and their history; the same seed gives the same workspace
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// Arguments of `tajo sim`.
#[derive(Debug, Clone, Args)]
pub struct SimArgs {
    /// Port to listen on, on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8100)]
    pub port: u16,
    /// Size of the workspace.
    #[command(flatten)]
    pub population: Population,
    /// Wait this long before each answer
    #[arg(long, value_name = "MS")]
    pub latency_ms: Option<u64>,
    /// Requests allowed in 10 seconds
    #[arg(long, value_name = "N")]
    pub rate_limit: Option<u32>,
    /// Timezone of the workspace, such as Europe/Berlin
    #[arg(long, value_name = "TZ")]
    pub timezone: Option<String>,
    /// Seconds until a change shows up in search
    #[arg(long, value_name = "S")]
    pub index_lag: Option<u64>,
    /// Answer now and then as Intercom does on a bad day: 429, 500, cut bodies
    #[arg(long)]
    pub faults: bool,
}

/// Runs the command.
pub async fn run(_args: SimArgs, _globals: &Globals, _out: &mut Out) -> Result<Exit, Failure> {
    Err(Error::new(&codes::BUG, "`tajo sim` is not connected to the twin yet").into())
}
