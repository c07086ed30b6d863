//! `tajo connectors list` and `tajo connectors show`.

use clap::Args;
use serde_json::{Value, json};
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use crate::actions::Ask;
use crate::config::nearest;

/// Arguments of `tajo connectors list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {}

/// Arguments of `tajo connectors show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Connection to show
    #[arg(value_name = "CONNECTION")]
    pub called: String,
}

async fn listed(globals: &Globals) -> Result<Value, Error> {
    let ask = Ask { action: "tajo.connectors.list".into(), input: json!({}), by: "command line".into(), ..Ask::default() };
    Ok(Box::pin(globals.app().run(ask)).await?.result)
}

/// Lists platforms and connections.
pub async fn run(_args: ListArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let listed = listed(globals).await?;
    if out.json() {
        out.document(&listed);
        return Ok(Exit::OK);
    }
    let config = globals.config()?;
    let platforms = each(&listed["connectors"]).map(|of| {
        let name = text(&of["name"]);
        let off = config.as_ref().is_some_and(|c| c.brevo.as_ref().is_some_and(|brevo| !brevo.enabled));
        let state = match (of["enabled"] == true, name.as_str()) {
            (true, "brevo") => format!("enabled, {}", text(&of["direction"])),
            (true, _) => "enabled".to_owned(),
            (false, "brevo") if !off => "not in the configuration".to_owned(),
            (false, _) => "switched off in the configuration".to_owned(),
        };
        let names = each(&of["connections"]).map(text).collect::<Vec<_>>().join(", ");
        let names = if names.is_empty() && name == "intercom" { "(from INTERCOM_ACCESS_TOKEN)".to_owned() } else { names };
        [name, state, names]
    });
    out.table(["connector", "state", "connections"], platforms.collect::<Vec<_>>());
    let keys = ["name", "platform", "workspace", "region", "kind", "token", "from"];
    let word = |of: &Value, key: &str| of[key].as_str().unwrap_or("-").to_owned();
    let connections: Vec<_> = each(&listed["connections"]).map(|of| keys.map(|key| word(of, key))).collect();
    if !connections.is_empty() {
        out.line("");
        out.table(["connection", "platform", "workspace", "region", "kind", "token", "from"], connections);
    }
    Ok(Exit::OK)
}

/// Shows one connection.
pub async fn show(args: ShowArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let listed = listed(globals).await?;
    let Some(found) = each(&listed["connections"]).find(|of| of["name"] == args.called.as_str()) else {
        return Err(unknown(&args.called, &listed).into());
    };
    if out.json() {
        out.document(&json!({"connection": found}));
        return Ok(Exit::OK);
    }
    for (key, value) in found.as_object().into_iter().flatten() {
        if let Some(value) = value.as_str() {
            out.line(format!("{key:<14}{value}"));
        }
    }
    Ok(Exit::OK)
}

fn unknown(name: &str, listed: &Value) -> Error {
    let known: Vec<&str> = each(&listed["connections"]).filter_map(|of| of["name"].as_str()).collect();
    let error = Error::new(&codes::USAGE, "There is no connection of that name").note("connections", known.join(", "));
    match nearest(name, &known).first() {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error.help("`tajo connectors list` shows all of them."),
    }
}

fn each(of: &Value) -> impl Iterator<Item = &Value> {
    of.as_array().into_iter().flatten()
}

fn text(of: &Value) -> String {
    of.as_str().unwrap_or_default().to_owned()
}
