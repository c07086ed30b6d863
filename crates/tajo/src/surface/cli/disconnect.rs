//! `tajo connectors disconnect`.

use clap::Args;
use serde_json::json;
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use crate::actions::Ask;
use crate::config::Settings;
use crate::connections::{Ground, end};

/// Arguments of `tajo connectors disconnect`.
#[derive(Debug, Clone, Args)]
pub struct DisconnectArgs {
    /// Stored connection to forget
    #[arg(value_name = "CONNECTION")]
    pub called: String,
    /// Uninstall the app from the workspace first (connections made with OAuth)
    #[arg(long)]
    pub revoke: bool,
    /// Do it without a question
    #[arg(long, alias = "allow-destructive")]
    pub yes: bool,
}

/// Runs the command.
pub async fn run(args: DisconnectArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let app = globals.app();
    // Before the question, so that nobody confirms what is not there.
    let ground = Ground::of(app.settings(Some(Settings::ANY_CONNECTION))?)?;
    let stored = end::find(&ground, &args.called)?;
    if !args.yes {
        if !globals.interactive(out) {
            let what = format!("Disconnecting `{}` forgets its token; nothing was changed", stored.name);
            return Err(Error::new(&codes::STA_DESTRUCTIVE, what)
                .help("Run again with `--yes` if that is what you want.")
                .into());
        }
        let to = stored.workspace.as_deref().unwrap_or(&stored.platform);
        let also = if args.revoke { ", and uninstall the app there" } else { "" };
        if !out.confirm(&format!("Forget the token of `{}` ({to}){also}?", stored.name)) {
            out.note("Nothing was changed.");
            return Ok(Exit::OK);
        }
    }
    let ask = Ask {
        action: "tajo.connectors.disconnect".into(),
        input: json!({"name": args.called, "revoke": args.revoke}),
        allow_destructive: true,
        by: "command line".into(),
        ..Ask::default()
    };
    let outcome = Box::pin(app.run(ask)).await?;
    if out.json() {
        out.document(&json!({"result": outcome.result}));
        return Ok(Exit::OK);
    }
    let also = if args.revoke { "; the app was uninstalled from the workspace" } else { "" };
    out.line(format!("disconnected `{}`{also}", args.called));
    if !args.revoke {
        out.note("The token itself is still good: revoke it where it was made if it is not needed any more.");
    }
    Ok(Exit::OK)
}
