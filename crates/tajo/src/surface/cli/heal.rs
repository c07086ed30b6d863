//! `tajo heal`: a plan that repairs what verify finds.

use clap::Args;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::plan::{ready, show_entries};
use super::progress::grouped;
use super::{session, verify};
use crate::pairs::apply::Run;
use crate::pairs::entry::Entry;
use crate::pairs::shelf;

/// Records in one plan of repairs, unless somebody asks for more.
const MAX: u64 = 1000;
/// Entries shown.
const SHOWN: usize = 20;

/// Shown under `tajo heal --help`.
pub const EXAMPLES: &str = "Examples:
  tajo heal
  tajo heal --max 100
  tajo heal --recreate                   also creates again who was deleted in Brevo
  tajo heal && tajo apply

Nothing is written before `tajo apply`. Who was deleted stays deleted, unless --recreate says otherwise.";

/// Arguments of `tajo heal`.
#[derive(Debug, Clone, Args)]
pub struct HealArgs {
    /// Records to repair at most
    #[arg(long, value_name = "N", default_value_t = MAX, value_parser = clap::value_parser!(u64).range(1..))]
    pub max: u64,
    /// Create again, in Brevo, contacts that were deleted there
    #[arg(long)]
    pub recreate: bool,
    /// The destination that Intercom is loaded into
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

/// Runs the command.
pub async fn run(args: HealArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    let pair = ready(&settings, args.to.as_deref(), None, out).await?;
    let found = session::unless_interrupted(async {
        let clock = pair.intercom.me().await?.date;
        pair.recover(&Run { clock, ..Run::new("recovery") }).await?;
        pair.heal(&settings.connection.name, args.max, args.recreate).await
    });
    let (survey, planned) = Box::pin(found).await?;
    shelf::tidy(&pair).await?;
    let beyond = survey.repairs.beyond;
    if out.json() {
        let entries: Vec<Entry> = planned.file.entries()?.collect::<Result<_, _>>()?;
        out.document(&json!({"survey": survey, "plan": planned.summary(&pair), "entries": entries, "beyond": beyond}));
        return Ok(Exit::OK);
    }
    verify::tell(out, &survey);
    show_entries(out, &planned.file, SHOWN)?;
    let id = &planned.file.heading.plan_id;
    out.line(format!("Plan: {} records to repair. Saved {id}.", grouped(planned.file.entries)));
    if beyond > 0 {
        out.note(format!("{} more are beyond --max; run it again after this plan is applied.", grouped(beyond)));
    }
    out.note(format!("Nothing was written. Apply with: tajo apply {id}"));
    Ok(Exit::OK)
}
