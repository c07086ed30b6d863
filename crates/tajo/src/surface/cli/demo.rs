//! `tajo demo`.

use std::path::PathBuf;

use clap::Args;
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::sim::Population;

/// Arguments of `tajo demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Keep the demo's database in this directory instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Size of the workspace.
    #[command(flatten)]
    pub population: Population,
}

/// Runs the command.
pub async fn run(_args: DemoArgs, _globals: &Globals, _out: &mut Out) -> Result<Exit, Failure> {
    Err(Error::new(&codes::BUG, "`tajo demo` is not connected to the engine yet").into())
}
