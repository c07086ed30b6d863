//! `tajo connectors scopes`.

use clap::Args;
use serde_json::{Map, Value};
use tajo_core::{Error, codes};

use super::connectors::{Name, Platform};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use crate::actions::Ask;

/// What is named of many reasons for one permission.
const REASONS_MAX: usize = 4;

/// Arguments of `tajo connectors scopes`.
#[derive(Debug, Clone, Args)]
pub struct ScopesArgs {
    /// Platform
    #[command(flatten)]
    pub platform: Name,
    /// For these resources (or `all`); those that the configuration syncs where absent
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub resources: Option<Vec<String>>,
    /// For these actions too (or `all`)
    #[arg(long, value_name = "ACTIONS", value_delimiter = ',')]
    pub actions: Option<Vec<String>>,
}

/// Runs the command.
pub async fn run(args: ScopesArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    if args.platform.name == Platform::Brevo {
        return Err(Error::new(&codes::USAGE, "Brevo's API keys have no permissions to choose").into());
    }
    let mut input = Map::new();
    let given = [("resources", args.resources), ("actions", args.actions)];
    input.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))));
    let ask = Ask { action: "tajo.connectors.scopes".into(), input: input.into(), by: "command line".into(), ..Ask::default() };
    let needed = Box::pin(globals.app().run(ask)).await?.result;
    if out.json() {
        out.document(&needed);
        return Ok(Exit::OK);
    }
    let empty = Vec::new();
    let rows = needed["permissions"].as_array().unwrap_or(&empty).iter().map(|held| {
        let also = list(&held["also"]).join(", ");
        [held["permission"].as_str().unwrap_or_default().to_owned(), reasons(&list(&held["needed_by"])), also]
    });
    out.table(["permission", "needed by", "also called"], rows.collect::<Vec<_>>());
    let hub = needed["developer_hub"].as_str().unwrap_or_default();
    out.note(format!("Tick these, and no others, in the Developer Hub under your app > Configure > Authentication: {hub}"));
    Ok(Exit::OK)
}

fn list(of: &Value) -> Vec<&str> {
    of.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn reasons(of: &[&str]) -> String {
    let shown = of.iter().take(REASONS_MAX).copied().collect::<Vec<_>>().join(", ");
    match of.len().saturating_sub(REASONS_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
