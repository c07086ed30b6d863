//! `tajo undo`: takes back what a run wrote.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use serde_json::json;
use tajo_core::Error;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::plan::{ready, show_entries};
use super::progress::grouped;
use super::{lane, session};
use crate::pairs::apply::Run;
use crate::pairs::entry::Entry;
use crate::pairs::pass::Report;
use crate::pairs::refresh::SEEN;
use crate::pairs::shelf;
use crate::pairs::undo::meaning;

/// Entries shown.
const SHOWN: usize = 20;

/// Shown under `tajo undo --help`.
pub const EXAMPLES: &str = "Examples:
  tajo undo last
  tajo undo run-19aa3c7f210-5e1 --yes
  tajo undo last --allow-destructive     also deletes the contacts that the run created

A field that no longer shows what the run wrote is left as it is. Opt-outs are never taken back.";

/// Arguments of `tajo undo`.
#[derive(Debug, Clone, Args)]
pub struct UndoArgs {
    /// Id of the run, as its report names it; or `last`
    pub run: String,
    /// Apply the plan at once
    #[arg(short, long)]
    pub yes: bool,
    /// Delete the contacts that the run created
    #[arg(long)]
    pub allow_destructive: bool,
    /// The destination that Intercom is loaded into
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

/// Runs the command.
pub async fn run(args: UndoArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    let pair = ready(&settings, args.to.as_deref(), None, out).await?;
    let stop = Arc::<AtomicBool>::default();
    let found = session::unless_interrupted(async {
        let clock = pair.intercom.me().await?.date;
        let run = Run { clock, stop: Arc::clone(&stop), ..Run::new(lane::run_id()) };
        pair.recover(&run).await?;
        let seen = pair.ledger.apart(|ledger| Ok(ledger.mark(SEEN)?.is_some())).await?;
        pair.refresh(!seen).await?;
        let (undone, planned) = pair.undo(&settings.connection.name, &args.run, args.allow_destructive).await?;
        Ok::<_, Error>((run, undone, planned))
    });
    let (run, undone, planned) = Box::pin(found).await?;
    shelf::tidy(&pair).await?;
    let writes = planned.file.counts.writes();
    let report = match args.yes && writes > 0 {
        true => {
            let mut report = Report::of(&planned);
            let calls = pair.brevo.calls().calls;
            session::to_its_end(&stop, pair.carry_out(&planned, &run, false, &mut report)).await?;
            report.calls = pair.brevo.calls().calls - calls;
            Some(report)
        }
        false => None,
    };
    let exit = Exit(report.as_ref().map_or(0, |report| report.exit));
    if out.json() {
        let entries: Vec<Entry> = planned.file.entries()?.collect::<Result<_, _>>()?;
        let run_id = report.is_some().then_some(&run.id);
        out.document(&json!({
            "undo": undone, "plan": planned.summary(&pair), "entries": entries, "run_id": run_id, "brevo": report,
        }));
        return Ok(exit);
    }
    show_entries(out, &planned.file, SHOWN)?;
    let id = &planned.file.heading.plan_id;
    out.line(format!("{} wrote {}; {} records go back", undone.run_id, grouped(undone.effects), grouped(planned.file.entries)));
    for (reason, count) in &undone.left_out {
        out.line(format!("  {} left as they are ({reason}): {}", grouped(*count), meaning(reason)));
    }
    match report {
        Some(report) => lane::told(out, &report),
        None if writes > 0 => out.note(format!("Nothing was written. Apply with: tajo apply {id}")),
        None => out.note("There is nothing to take back."),
    }
    Ok(exit)
}
