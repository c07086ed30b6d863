//! `tajo connectors list`.

use clap::Args;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use crate::config::{Config, Direction};

/// Arguments of `tajo connectors list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {}

/// Runs the command.
pub async fn run(_args: ListArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let config = globals.config()?;
    let enabled = config.as_ref().is_none_or(|c| c.intercom.enabled);
    let with_brevo = config.as_ref().is_some_and(Config::brevo_wanted);
    let direction = config.as_ref().and_then(|c| c.intercom.direction).unwrap_or(Direction::IntercomToBrevo).name();
    let connections: Vec<String> = config.iter().flat_map(|c| c.connections.iter().map(|c| c.name.clone())).collect();
    if out.json() {
        let flows = with_brevo.then_some(direction);
        out.document(&json!({"connectors": [
            {"name": "intercom", "available": true, "enabled": enabled, "connections": connections},
            {"name": "brevo", "available": true, "enabled": with_brevo, "connections": [], "direction": flows},
        ]}));
        return Ok(Exit::OK);
    }
    let named = if connections.is_empty() { "(from INTERCOM_ACCESS_TOKEN)".to_string() } else { connections.join(", ") };
    let state = if enabled { "enabled" } else { "switched off in the configuration" };
    let off = config.as_ref().is_some_and(|c| c.brevo.as_ref().is_some_and(|brevo| !brevo.enabled));
    let brevo = match (with_brevo, off) {
        (true, _) => format!("enabled, {direction}"),
        (false, true) => "switched off in the configuration".to_string(),
        (false, false) => "not in the configuration".to_string(),
    };
    let rows = [[state.to_string(), named], [brevo, String::new()]];
    let names = ["intercom", "brevo"].map(str::to_string);
    out.table(["connector", "state", "connections"], names.into_iter().zip(rows).map(|(name, [state, of])| [name, state, of]));
    Ok(Exit::OK)
}
