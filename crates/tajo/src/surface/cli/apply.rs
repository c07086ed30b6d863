//! `tajo apply`: carries out a plan, refusing what moved since.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::plan::{path_of, ready};
use super::{lane, session};
use crate::pairs::apply::Run;
use crate::pairs::entry::PlanFile;
use crate::pairs::pass::Report;
use crate::pairs::plan::Planned;
use crate::pairs::refresh::SEEN;
use crate::pairs::shelf;

/// Shown under `tajo apply --help`.
pub const EXAMPLES: &str = "Examples:
  tajo apply plan-1a2b3c
  tajo apply                             the last plan

A plan is applied entry by entry; an entry whose record changed since the plan was made is refused, the rest goes on.";

/// Arguments of `tajo apply`.
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// Name of the plan, or its file; the last one where none is given
    pub plan: Option<String>,
    /// The destination that it was planned from
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// Allow the plan to delete records
    #[arg(long)]
    pub allow_destructive: bool,
}

/// Runs the command.
pub async fn run(args: ApplyArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    let file = PlanFile::open(&path_of(&settings, args.plan.as_deref()).await?)?;
    let id = file.heading.plan_id.clone();
    let refuse = |why: &str| Error::new(&codes::STA_PLAN, format!("{id} cannot be applied: {why}"));
    if file.heading.connection != settings.connection.name {
        return Err(refuse("it was made for another connection").into());
    }
    if file.counts.delete > 0 && !args.allow_destructive {
        return Err(Error::new(&codes::STA_DESTRUCTIVE, format!("{id} deletes {} records", file.counts.delete)).into());
    }
    let mut pair = ready(&settings, args.to.as_deref(), None, out).await?;
    let name = id.clone();
    let (known, seen) = pair.ledger.apart(move |ledger| Ok((ledger.plan(&name)?, ledger.mark(SEEN)?.is_some()))).await?;
    if known.as_ref().is_some_and(|plan| plan.state == "applied") {
        return Err(refuse("it was applied already").into());
    }
    if file.heading.config_hash != pair.mapping.hash() {
        pair.turn_to(&settings, &file.heading.config_hash).await?;
    }
    if file.heading.config_hash != pair.mapping.hash() {
        return Err(refuse("the mapping or the direction changed since it was made").into());
    }
    let run_id = lane::run_id();
    let stop = Arc::<AtomicBool>::default();
    let (run, recovered) = session::unless_interrupted(async {
        pair.check().await?.refuse()?;
        let clock = pair.intercom.me().await?.date;
        let run = Run { clock, check_ground: true, stop: Arc::clone(&stop), ..Run::new(run_id.clone()) };
        let recovered = pair.recover(&run).await?;
        pair.refresh(!seen).await?;
        Ok::<_, Error>((run, recovered))
    })
    .await?;
    let calls = pair.brevo.calls().calls;
    let (stops, looked_at, warnings) = (Vec::new(), Vec::new(), Vec::new());
    let planned = Planned { file, stops, first: false, planning_ms: 0, looked_at, warnings };
    let mut report = Report { recovered, ..Report::of(&planned) };
    session::to_its_end(&stop, pair.carry_out(&planned, &run, lane::events(&settings), &mut report)).await?;
    shelf::tidy(&pair).await?;
    report.calls = pair.brevo.calls().calls - calls;
    if out.json() {
        out.document(&serde_json::json!({"run_id": run_id, "brevo": report}));
    } else {
        lane::told(out, &report);
    }
    Ok(Exit(report.exit))
}
