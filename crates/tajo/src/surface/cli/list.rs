//! `tajo connectors list`.

use clap::Args;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;

/// Arguments of `tajo connectors list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {}

/// Runs the command.
pub async fn run(_args: ListArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let config = globals.config()?;
    let enabled = config.as_ref().is_none_or(|c| c.intercom.enabled);
    let connections: Vec<String> = config.iter().flat_map(|c| c.connections.iter().map(|c| c.name.clone())).collect();
    if out.json() {
        out.document(&json!({"connectors": [
            {"name": "intercom", "available": true, "enabled": enabled, "connections": connections},
            {"name": "brevo", "available": false, "enabled": false, "connections": []},
        ]}));
        return Ok(Exit::OK);
    }
    let named = if connections.is_empty() { "(from INTERCOM_ACCESS_TOKEN)".to_string() } else { connections.join(", ") };
    let state = if enabled { "enabled" } else { "switched off in the configuration" };
    let rows = [["intercom", state, &named], ["brevo", "not in this version yet", ""]];
    out.table(["connector", "state", "connections"], rows.map(|row| row.map(str::to_string)));
    Ok(Exit::OK)
}
