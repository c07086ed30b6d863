//! `tajo tables`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tajo_core::{Spec, Table};
use tajo_intercom::resources::RESOURCES;

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
pub async fn run(_args: TablesArgs, _globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    if out.json() {
        out.document(&json!({"tables": RESOURCES.iter().map(shown).collect::<Vec<_>>()}));
        return Ok(Exit::OK);
    }
    let rows = RESOURCES.iter().flat_map(|spec| {
        let key = spec.key.join(", ");
        let own = [spec.name.to_string(), key, increment(spec).to_string(), spec.strategy().to_string(), Table::of(spec).doc];
        let links = spec.links.iter().map(|link| {
            let holds = format!("Pairs found on {}.", spec.name);
            [link.table.to_string(), link.columns.join(", "), "-".into(), "per parent".into(), holds]
        });
        std::iter::once(own).chain(links).collect::<Vec<_>>()
    });
    out.table(["table", "key", "increment", "strategy", "holds"], rows.collect::<Vec<_>>());
    Ok(Exit::OK)
}

fn increment(spec: &Spec) -> &'static str {
    if spec.strategy() == "merge" { spec.newest.unwrap_or("-") } else { "-" }
}

fn shown(spec: &Spec) -> Value {
    let table = Table::of(spec);
    let columns = table.columns.iter().map(|c| json!({"name": c.name, "type": c.kind.name(), "description": c.doc}));
    json!({
        "name": spec.name, "pk": spec.key, "inc_key": increment(spec), "strategy": spec.strategy(), "description": table.doc,
        "columns": columns.collect::<Vec<_>>(),
        "links": spec.links.iter().map(|l| json!({"name": l.table, "columns": l.columns})).collect::<Vec<_>>(),
    })
}
