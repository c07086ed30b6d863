//! `tajo tables`.

use clap::{Args, Subcommand};
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;

/// Arguments of `tajo tables`.
#[derive(Debug, Clone, Args)]
pub struct TablesArgs {
    /// `list`, which is also what happens without it.
    #[command(subcommand)]
    pub command: Option<TablesCommand>,
}

/// What to do with the tables.
#[derive(Debug, Clone, Subcommand)]
pub enum TablesCommand {
    /// List the tables that a sync writes
    List,
}

/// Runs the command.
pub async fn run(_args: TablesArgs, _globals: &Globals, _out: &mut Out) -> Result<Exit, Failure> {
    Err(Error::new(&codes::BUG, "`tajo tables` is not connected to the declarations yet").into())
}
