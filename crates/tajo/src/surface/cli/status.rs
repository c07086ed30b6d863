//! `tajo connectors status`: Intercom here, Brevo in a file of its own.

mod brevo;

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};
use tajo_core::Error;
use tajo_dest::SqliteDestination;

use super::connectors::Platform;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::progress::grouped;
use super::session;
use crate::config::Destination;

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
pub async fn run(args: StatusArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    if args.name == Some(Platform::Brevo) {
        let state = brevo::state(&settings).await?;
        if out.json() {
            out.document(&state);
        } else {
            brevo::show(&state, out);
        }
        return Ok(Exit::OK);
    }
    let beside = match args.name {
        None if settings.config.brevo_wanted() => Some(brevo::state(&settings).await?),
        _ => None,
    };
    let destination = settings.destination(args.to.as_deref())?;
    let Destination::Sqlite { path } = &destination;
    let connected = match session::intercom(&settings) {
        Ok(intercom) => intercom.me().await.map(|_| ()),
        Err(error) => Err(error),
    };
    let name = settings.connection.name.as_str();
    let runs = tajo_state::Runs::open(&settings.home)?;
    let last = runs.last(name).await?;
    let success = runs.last_success(name).await?;
    let tables = counts(path).await?;
    let count = |table: &str| tables.iter().find(|(name, _)| name == table).map_or(0, |(_, rows)| *rows);
    if out.json() {
        let mut body = json!({
            "connector": "intercom",
            "connection": name,
            "enabled": settings.config.intercom.enabled,
            "connected": connected.is_ok(),
            "error": connected.as_ref().err().map(Error::to_json),
            "lastSync": success.as_ref().and_then(|run| run.finished_at.clone()),
            "contactsSynced": count("contacts"),
            "conversationsSynced": count("conversations"),
            "companiesSynced": count("companies"),
            "destination": destination.url(),
            "tables": tables.iter().map(|(name, rows)| json!({"name": name, "rows": rows})).collect::<Vec<_>>(),
            "lastRun": last.as_ref().map(|run| json!({
                "run_id": run.run_id, "outcome": run.outcome, "started_at": run.started_at, "finished_at": run.finished_at,
                "resources": run.report["resources"], "errors": run.report["errors"],
            })),
        });
        if let Some(state) = &beside {
            body["brevo"] = json!(state);
        }
        out.document(&body);
        return Ok(Exit::OK);
    }
    let synced = success.as_ref().and_then(|run| run.finished_at.as_deref()).unwrap_or("never");
    out.line(format!("connected    {}", if connected.is_ok() { "yes" } else { "no" }));
    if !settings.config.intercom.enabled {
        out.line("enabled      no: switched off by `enabled: false` in the configuration");
    }
    out.line(format!("last sync    {synced}"));
    if let Some(run) = &last {
        out.line(format!("last run     {} ({})", run.outcome, run.finished_at.as_deref().unwrap_or("unfinished")));
    }
    out.line(format!("destination  {}", destination.url()));
    if !tables.is_empty() {
        out.line("");
        let marks = last.as_ref().map(|run| &run.report["resources"]);
        let rows = tables.iter().map(|(name, rows)| [name.clone(), grouped(*rows), watermark(marks, name)]);
        out.table(["table", "rows", "complete up to"], rows.collect::<Vec<_>>());
    }
    if let Err(error) = &connected {
        out.error(error);
    }
    if let Some(state) = &beside {
        out.line("");
        out.line("Brevo");
        brevo::show(state, out);
    }
    Ok(Exit::OK)
}

fn watermark(resources: Option<&Value>, name: &str) -> String {
    let found = resources.and_then(Value::as_array).and_then(|list| list.iter().find(|r| r["name"] == name));
    found.and_then(|r| r["watermark"].as_str()).unwrap_or_default().to_string()
}

/// Rows by table; none where there is no file yet.
async fn counts(path: &Path) -> Result<Vec<(String, u64)>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let tables = SqliteDestination::peek(path)?.tables().await?;
    Ok(tables.into_iter().filter(|t| !t.name.starts_with("_tajo")).map(|t| (t.name, t.rows)).collect())
}
