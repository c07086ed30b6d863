//! `tajo connectors status`.

use clap::Args;
use tajo_core::{Error, codes};

use super::connectors::Platform;
use super::{
    exit::{Exit, Failure},
    globals::Globals,
    out::Out,
};

/// Arguments of `tajo connectors status`.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// Platform to show; all of them where absent
    #[arg(value_enum, value_name = "NAME")]
    pub name: Option<Platform>,
    /// Show the state of this destination instead of the configured one
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

/// Runs the command.
pub async fn run(_args: StatusArgs, _globals: &Globals, _out: &mut Out) -> Result<Exit, Failure> {
    Err(Error::new(&codes::BUG, "`tajo connectors status` is not connected to the engine yet").into())
}
