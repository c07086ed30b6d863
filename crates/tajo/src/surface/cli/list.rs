//! `tajo connectors list`.

use clap::Args;
use tajo_core::{Error, codes};

use super::{
    exit::{Exit, Failure},
    globals::Globals,
    out::Out,
};

/// Arguments of `tajo connectors list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {}

/// Runs the command.
pub async fn run(_args: ListArgs, _globals: &Globals, _out: &mut Out) -> Result<Exit, Failure> {
    Err(Error::new(&codes::BUG, "`tajo connectors list` is not connected to the engine yet").into())
}
