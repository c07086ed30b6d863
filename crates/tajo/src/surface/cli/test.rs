//! `tajo connectors test`.

use clap::Args;
use tajo_core::{Error, codes};

use super::connectors::Name;
use super::{
    exit::{Exit, Failure},
    globals::Globals,
    out::Out,
};

/// Arguments of `tajo connectors test`.
#[derive(Debug, Clone, Args)]
pub struct TestArgs {
    /// Platform to test
    #[command(flatten)]
    pub platform: Name,
}

/// Runs the command.
pub async fn run(_args: TestArgs, _globals: &Globals, _out: &mut Out) -> Result<Exit, Failure> {
    Err(Error::new(&codes::BUG, "`tajo connectors test` is not connected to the engine yet").into())
}
