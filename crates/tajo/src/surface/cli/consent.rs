//! `tajo consent`: what both platforms know of a person's consent, and the only way back.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;
use tajo_core::rest::{Wire, WireOptions};
use tajo_core::trip::Trip;
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use super::{lane, plan, session};
use crate::config::Settings;
use crate::pairs::account;
use crate::pairs::consent::Consent;
use crate::pairs::known::{Known, Reach};
use crate::pairs::open;

/// Shown under `tajo consent resubscribe --help`.
pub const EXAMPLES: &str = "Examples:
  tajo consent show --email ada@example.com
  tajo consent resubscribe --email ada@example.com

Only with the person's own, provable wish: no sync ever subscribes anybody again.";

/// What to do about consent.
#[derive(Debug, Clone, Subcommand)]
pub enum ConsentCommand {
    /// Show what both platforms know
    Show(ShowArgs),
    /// Allow e-mail again for one person, in both platforms
    #[command(after_help = EXAMPLES)]
    Resubscribe(ResubscribeArgs),
}

/// Arguments of `tajo consent show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// The person's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,
}

/// Arguments of `tajo consent resubscribe`.
#[derive(Debug, Clone, Args)]
pub struct ResubscribeArgs {
    /// The person's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,
    /// Answer yes to the question
    #[arg(short, long)]
    pub yes: bool,
}

/// Runs the command.
pub async fn run(command: ConsentCommand, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    let reach = reach(&settings, None).await?;
    match command {
        ConsentCommand::Show(args) => {
            let consent = reach.consent(&args.email).await?;
            if out.json() {
                out.document(&json!({"consent": consent}));
            } else {
                tell(out, &consent);
            }
            Ok(Exit::OK)
        }
        ConsentCommand::Resubscribe(args) => resubscribe(&reach, args, globals, out).await,
    }
}

/// Both platforms and what is known of them, without a load before.
pub async fn reach(settings: &Settings, to: Option<&str>) -> Result<Reach, Failure> {
    plan::wanted(settings)?;
    settings.brevo_access()?;
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    let brevo = open::brevo(settings, Arc::new(wire))?;
    let known = Known::open(settings, to)?;
    account::hold(settings, &known.ledger, &brevo).await?;
    Ok(Reach { intercom: session::intercom(settings)?, brevo, known, trip: Trip::from_env() })
}

/// Who asks, as the system knows them.
pub fn asker(globals: &Globals) -> String {
    globals.env.var("USER").or_else(|| globals.env.var("USERNAME")).unwrap_or_else(|| "unknown".into())
}

async fn resubscribe(reach: &Reach, args: ResubscribeArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let before = reach.consent(&args.email).await?;
    if before.subscribed {
        if out.json() {
            out.document(&json!({"changed": false, "consent": before}));
        } else {
            tell(out, &before);
            out.note("Nothing was written: e-mail is allowed on both sides.");
        }
        return Ok(Exit::OK);
    }
    if !args.yes {
        if !globals.interactive(out) {
            let what = "Nobody is subscribed again without a yes";
            return Err(globals.unasked(what, "Add `--yes` if the person asked for it themselves.").into());
        }
        tell(out, &before);
        if !out.confirm("Did this person ask for e-mail again, and may it be allowed in both platforms?") {
            return Err(Error::new(&codes::USAGE, "Nothing was written").help("The opt-out stands.").into());
        }
    }
    let by = asker(globals);
    let run_id = lane::run_id();
    let after = reach.resubscribe(&args.email, &by, &run_id).await?;
    if out.json() {
        out.document(&json!({"changed": true, "run_id": run_id, "by": by, "consent": after}));
    } else {
        tell(out, &after);
        out.note(format!("Noted in the journal as {run_id}, asked for by {by}."));
    }
    Ok(if after.subscribed { Exit::OK } else { Exit::PARTIAL })
}

fn tell(out: &mut Out, consent: &Consent) {
    let word = |out: &Out, is_out: bool| match is_out {
        true => out.paint(Tone::Warn, "opted out"),
        false => out.paint(Tone::Good, "e-mail allowed"),
    };
    for left in &consent.intercom {
        let said = word(out, left.unsubscribed);
        out.line(format!("Intercom {} ({}): {said}", left.id, left.role));
    }
    if let Some(right) = &consent.brevo {
        let said = word(out, right.blocklisted);
        let lists: Vec<String> = right.lists_unsubscribed.iter().map(u64::to_string).collect();
        let lists = if lists.is_empty() { String::new() } else { format!("; unsubscribed from lists {}", lists.join(", ")) };
        out.line(format!("Brevo {}: {said}{lists}", right.id));
    }
}
