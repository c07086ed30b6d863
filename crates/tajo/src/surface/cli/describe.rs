//! `tajo connectors describe`.

use clap::Args;
use tajo_core::{Error, codes};

use super::connectors::Name;
use super::{
    exit::{Exit, Failure},
    globals::Globals,
    out::Out,
};

/// Arguments of `tajo connectors describe`.
#[derive(Debug, Clone, Args)]
pub struct DescribeArgs {
    /// Platform to describe
    #[command(flatten)]
    pub platform: Name,
}

/// Runs the command.
pub async fn run(_args: DescribeArgs, _globals: &Globals, _out: &mut Out) -> Result<Exit, Failure> {
    Err(Error::new(&codes::BUG, "`tajo connectors describe` is not connected to the engine yet").into())
}
