//! `tajo erase`: takes a person out of both platforms and off this machine, with proof.

use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tajo_core::{Destination, Error, codes};

use super::consent::{asker, reach};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use super::progress::grouped;
use crate::config::Settings;
use crate::pairs::erase::Traces;
use crate::pairs::known::Reach;
use crate::pairs::receipt::{Receipt, keep};

/// Shown under `tajo erase --help`.
pub const EXAMPLES: &str = "Examples:
  tajo erase --email ada@example.com                          shows what would go, and stops
  tajo erase --email ada@example.com --allow-destructive      asks, then erases
  tajo erase --email ada@example.com --allow-destructive --yes --json

What is deleted in Intercom and Brevo cannot be brought back, and no later sync creates the person again. The receipt in
$TAJO_HOME/receipts holds no address, only a keyed hash of it.";

/// Arguments of `tajo erase`.
#[derive(Debug, Clone, Args)]
pub struct EraseArgs {
    /// The person's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: String,
    /// Allow that contacts are deleted for good
    #[arg(long)]
    pub allow_destructive: bool,
    /// Answer yes to the question
    #[arg(short, long)]
    pub yes: bool,
    /// The destination that Intercom is loaded into
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

/// Runs the command.
pub async fn run(args: EraseArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let email = args.email.trim();
    if !email.contains('@') {
        return Err(Error::new(&codes::USAGE, "A person is erased by their e-mail address")
            .help("Give it with `--email ADDRESS`.")
            .into());
    }
    let settings = globals.settings(out)?;
    let reach = reach(&settings, args.to.as_deref()).await?;
    let plans = settings.home.join("plans");
    let traces = reach.traces(email, &plans).await?;
    if !out.json() {
        show(out, &traces);
    }
    if !args.allow_destructive {
        return Err(Error::new(&codes::STA_DESTRUCTIVE, "Erasing deletes contacts for good")
            .note("would go", sum(&traces))
            .note("not done", "nothing was erased")
            .into());
    }
    if !args.yes {
        if !globals.interactive(out) {
            let what = "Nobody is erased without a yes";
            return Err(globals.unasked(what, "Add `--yes` to `--allow-destructive`.").into());
        }
        if !out.confirm("Erase this person for good?") {
            return Err(Error::new(&codes::USAGE, "Nothing was erased").help("Everything is as it was.").into());
        }
    }
    let _held = hold(&settings, &reach, args.to.as_deref()).await?;
    let receipt = reach.erase(email, &traces, &plans, &asker(globals)).await?;
    let kept = keep(&receipt, &settings.home.join("receipts"))?;
    if out.json() {
        out.document(&json!({"receipt": receipt, "path": kept.display().to_string()}));
    } else {
        told(out, &receipt);
        out.note(format!("The receipt is {}", kept.display()));
    }
    Ok(if receipt.complete { Exit::OK } else { Exit::PARTIAL })
}

/// Keeps syncs out until it is dropped: one under way would write the person back. `STA_BUSY` where one is.
async fn hold(settings: &Settings, reach: &Reach, to: Option<&str>) -> Result<Option<Arc<dyn Destination>>, Failure> {
    reach.known.ledger.hold()?;
    if !reach.known.mirror.is_file() {
        return Ok(None);
    }
    let destination = tajo_dest::open(&settings.destination(to)?.url())?;
    destination.claim(&settings.connection.name, &reach.intercom.me().await?.id_code).await?;
    Ok(Some(destination))
}

fn sum(traces: &Traces) -> String {
    let rows: u64 = traces.mirror.values().sum();
    format!(
        "{} contacts in Intercom, {} in Brevo, {} links, {} rows in the destination, {} saved plans",
        traces.intercom.len(),
        traces.brevo.len(),
        traces.links,
        grouped(rows),
        traces.plans
    )
}

fn show(out: &mut Out, traces: &Traces) {
    let mark = out.paint(Tone::Bad, "-");
    for id in &traces.intercom {
        out.line(format!("  {mark} Intercom contact {id}"));
    }
    for id in &traces.brevo {
        out.line(format!("  {mark} Brevo contact {id}"));
    }
    for (table, rows) in traces.mirror.iter().filter(|(_, rows)| **rows > 0) {
        out.line(format!("  {mark} {} rows of {table} in the destination", grouped(*rows)));
    }
    if traces.links + traces.plans > 0 {
        out.line(format!("  {mark} {} links with their journal, {} saved plans", traces.links, traces.plans));
    }
    if traces.is_empty() {
        let again = if traces.erased_before { "; this person was erased before" } else { "" };
        out.line(format!("Nothing of this person was found{again}. Erasing still keeps later syncs from creating them."));
    }
}

fn told(out: &mut Out, receipt: &Receipt) {
    for (platform, gone) in [("Intercom", receipt.intercom), ("Brevo", receipt.brevo)] {
        let good = gone.proven == gone.contacts;
        let (tone, mark) = if good { (Tone::Good, "✓") } else { (Tone::Bad, "✗") };
        let mark = out.paint(tone, mark);
        out.line(format!(
            "{mark} {platform}: {} of {} contacts deleted, {} were gone, {} proven gone",
            gone.deleted, gone.contacts, gone.gone_before, gone.proven
        ));
    }
    let rows: u64 = receipt.mirror_rows.values().sum();
    out.line(format!(
        "{} rows of the ledger, {} of the destination, {} saved plans",
        receipt.ledger_rows, rows, receipt.plans_removed
    ));
    for remaining in &receipt.remaining {
        out.line(format!("remains: {remaining}"));
    }
    for error in &receipt.errors {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
        out.note(format!("error[{}]: {}", text(&error["code"]), text(&error["message"])));
    }
}
