//! `tajo plan`: what a sync with Brevo would write, without writing it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;
use tajo_core::{Destination, Error, codes};
use tajo_engine::extract::Wanted;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use super::progress::{Progress, Style, grouped};
use super::{lane, session};
use crate::config::{Direction, EVENTS, Settings};
use crate::pairs::Pair;
use crate::pairs::apply::Run;
use crate::pairs::counts::Counts;
use crate::pairs::entry::{Act, Entry, Heading, Pairing, PlanFile, Side, Step};
use crate::pairs::mapping::{CONSENT, EMAIL, Mapping};
use crate::pairs::plan::{Planned, Scope, Summary, left_schema};
use crate::pairs::shelf;
use crate::warehouse;

/// Lines shown of each kind; `tajo plan show` has all of them.
const SHOWN: usize = 20;
/// Fields shown of one contact, where not everything is shown.
const FIELDS: usize = 3;

/// Shown under `tajo plan --help`.
pub const EXAMPLES: &str = "Examples:
  tajo plan
  tajo plan --detailed-exitcode          exit code 10 where something would be written
  tajo plan show plan-1a2b3c --json";

/// Arguments of `tajo plan`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PlanArgs {
    /// Look at a plan made before.
    #[command(subcommand)]
    pub command: Option<PlanCommand>,
    /// Plan from the tables in this destination, such as sqlite:///tmp/intercom.db
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// Which way records flow, whatever the configuration says
    #[arg(long, value_enum, value_name = "WAY")]
    pub direction: Option<Direction>,
    /// Look at every record, not only at what changed
    #[arg(long)]
    pub full: bool,
    /// Exit with 10 where something would be written
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// What to do with a plan.
#[derive(Debug, Clone, Subcommand)]
pub enum PlanCommand {
    /// Show a plan made before, entry by entry
    Show(ShowArgs),
}

/// Arguments of `tajo plan show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Name of the plan, or its file; the last one where none is given
    pub plan: Option<String>,
}

/// Runs the command.
pub async fn run(args: PlanArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    if let Some(PlanCommand::Show(show)) = &args.command {
        let file = PlanFile::open(&path_of(&settings, show.plan.as_deref()).await?)?;
        return shown(out, &file);
    }
    let pair = ready(&settings, args.to.as_deref(), args.direction, out).await?;
    let scope = if args.full { Scope::All } else { Scope::Changed };
    let planned = session::unless_interrupted(async {
        pair.recover(&Run::new("recovery")).await?;
        pair.refresh(args.full).await?;
        pair.plan(scope, &settings.connection.name).await
    });
    let planned = Box::pin(planned).await?;
    shelf::tidy(&pair).await?;
    tell(out, &pair, &planned)?;
    let changes = planned.file.counts.writes() > 0;
    Ok(if args.detailed_exitcode && changes { Exit::CHANGES } else { Exit::OK })
}

/// Both sides after a load. Until it is dropped, no other process loads or applies.
pub struct Ready {
    /// Both sides.
    pair: Pair,
    /// Holds the claim on the destination.
    _held: Arc<dyn Destination>,
}

impl Deref for Ready {
    type Target = Pair;

    fn deref(&self) -> &Pair {
        &self.pair
    }
}

impl Ready {
    /// Turns both sides into those that a plan was made for, where it was made with a `--direction` of its own.
    pub async fn turn_to(&mut self, settings: &Settings, config_hash: &str) -> Result<(), Error> {
        let schema = left_schema(&self.pair.intercom).await?;
        let made = Direction::value_variants().iter().map(|way| Mapping::of(&settings.config.intercom, *way, &schema));
        if let Some(mapping) = made.into_iter().find(|mapping| mapping.hash() == config_hash) {
            self.pair.mapping = Arc::new(mapping);
        }
        Ok(())
    }
}

/// Both sides, with the mirror of Intercom brought up to date.
pub async fn ready(settings: &Settings, to: Option<&str>, direction: Option<Direction>, out: &Out) -> Result<Ready, Failure> {
    wanted(settings)?;
    if !settings.config.intercom.enabled {
        return Err(Error::new(&codes::CFG_VALUE, "The Intercom connector is switched off (`enabled: false`)")
            .help("Set `connectors.intercom.enabled` to true, or remove the line.")
            .into());
    }
    settings.brevo_access()?;
    let intercom = session::intercom(settings)?;
    let url = settings.destination(to)?.url();
    let held = tajo_dest::open(&url)?;
    let names = settings.config.intercom.resources.clone().map(|mut names| {
        names.retain(|name| name != EVENTS);
        names
    });
    let wanted = Wanted { resources: warehouse::resources(names.as_deref())?, ..Wanted::default() };
    let name = settings.connection.name.as_str();
    let mut progress = None;
    let live = |live| progress = Some(Progress::start(live, Style::of(out)));
    // Cut short anywhere: what was committed stays, and nobody waits for an answer that does not come.
    let load = warehouse::load(&intercom, name, &wanted, held.as_ref(), live, std::future::pending());
    let receipt = Box::pin(session::unless_interrupted(load)).await;
    drop(progress);
    lane::ground(&receipt?)?;
    let pair = session::unless_interrupted(lane::pair(settings, &intercom, &url, direction));
    Ok(Ready { pair: Box::pin(pair).await?, _held: held })
}

/// Whether the configuration connects Brevo at all.
pub fn wanted(settings: &Settings) -> Result<(), Error> {
    if settings.config.brevo_wanted() {
        return Ok(());
    }
    if settings.config.brevo.as_ref().is_some_and(|brevo| !brevo.enabled) {
        return Err(Error::new(&codes::CFG_MISSING, "Brevo is switched off (`connectors.brevo.enabled: false`)")
            .help("Set it to true, or remove the line."));
    }
    Err(Error::new(&codes::CFG_MISSING, "The configuration does not connect Brevo")
        .help("Add `connectors.brevo` (or `direction`, `lists`, `field_mapping`) to tajo.yml; `tajo init` shows how."))
}

/// A plan by its name, its file, or the last one.
pub async fn path_of(settings: &Settings, name: Option<&str>) -> Result<PathBuf, Error> {
    if let Some(name) = name {
        let as_file = PathBuf::from(name);
        if as_file.is_file() {
            return Ok(as_file);
        }
        let bare = name.trim_end_matches(".tajo");
        return Ok(settings.home.join("plans").join(format!("{bare}.tajo")));
    }
    let ledger = tajo_state::Ledger::open(&settings.home, &settings.connection.name, tajo_core::trip::Trip::default())?;
    let last = ledger.apart(|ledger| ledger.last_plan()).await?;
    last.map(|plan| PathBuf::from(plan.path)).ok_or_else(|| Error::new(&codes::STA_PLAN, "There is no plan yet"))
}

fn tell(out: &mut Out, pair: &Pair, planned: &Planned) -> Result<(), Failure> {
    let summary = planned.summary(pair);
    if out.json() {
        let entries = Entries::of(&planned.file)?;
        out.document(&Whole { plan: summary, entries, warnings: &planned.warnings });
        return Ok(());
    }
    show_entries(out, &planned.file, SHOWN)?;
    out.line(format!("{}. ~{} Brevo calls", totals(&planned.file), grouped(summary.brevo_calls)));
    for stop in &planned.stops {
        let label = out.paint(Tone::Warn, "brake");
        out.line(format!("{label}: {}", stop.said));
    }
    for warning in &planned.warnings {
        let label = out.paint(Tone::Warn, "note");
        out.note(format!("{label}: {warning}"));
    }
    out.note(format!("Decided in {:.2} CPU s.", planned.planning_ms as f64 / 1000.0));
    let id = &planned.file.heading.plan_id;
    match planned.file.counts.writes() {
        0 => out.line(format!("Saved {id}. Nothing was written, and there is nothing to write.")),
        _ => out.line(format!("Saved {id}. Nothing was written. Apply with: tajo apply {id}")),
    }
    Ok(())
}

/// What `tajo plan --json` prints.
#[derive(Serialize)]
struct Whole<'a> {
    plan: Summary<'a>,
    entries: Entries<'a>,
    warnings: &'a [String],
}

/// What `tajo plan show --json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    heading: &'a Heading,
    counts: &'a Counts,
    entries: Entries<'a>,
}

/// The entries of a plan, read while they are written: a plan may hold a million.
struct Entries<'a>(&'a PlanFile);

impl Entries<'_> {
    /// Reads them once before anything is printed, so that a damaged plan is an error and no half document.
    fn of(file: &PlanFile) -> Result<Entries<'_>, Error> {
        file.entries()?.try_for_each(|entry| entry.map(drop))?;
        Ok(Entries(file))
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut all = to.serialize_seq(None)?;
        for entry in self.0.entries().map_err(S::Error::custom)? {
            all.serialize_element(&entry.map_err(S::Error::custom)?)?;
        }
        all.end()
    }
}

/// What a plan holds, in one line.
fn totals(file: &PlanFile) -> String {
    let counts = &file.counts;
    let reasons: Vec<String> = counts.skipped.iter().map(|(reason, n)| format!("{reason} {}", grouped(*n))).collect();
    let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    format!(
        "Plan: {} attributes, {} create, {} change, {} opt-outs, {} delete, {} conflicts, {} skipped{why}",
        grouped(counts.attributes),
        grouped(counts.create + counts.create_in_intercom),
        grouped(counts.change + counts.change_in_intercom),
        grouped(counts.opt_outs),
        grouped(counts.delete),
        grouped(counts.conflicts),
        grouped(counts.skipped()),
    )
}

fn shown(out: &mut Out, file: &PlanFile) -> Result<Exit, Failure> {
    if out.json() {
        let entries = Entries::of(file)?;
        out.document(&Shown { heading: &file.heading, counts: &file.counts, entries });
    } else {
        show_entries(out, file, usize::MAX)?;
        let Heading { plan_id, created_at, .. } = &file.heading;
        out.line(format!("{}. {plan_id}, made {created_at}", totals(file)));
    }
    Ok(Exit::OK)
}

/// The entries that do something, at most so many of each kind.
pub fn show_entries(out: &mut Out, file: &PlanFile, most: usize) -> Result<(), Error> {
    let (mut attributes, mut contacts) = (0, 0);
    let mut hidden = 0u64;
    for entry in file.entries()? {
        let entry = entry?;
        match &entry.act {
            Act::Attribute { name, kind, needed_by } => {
                if attributes == 0 {
                    out.line("Brevo attributes");
                }
                attributes += 1;
                out.line(format!("  + create {name} ({kind})    needed by {needed_by}"));
            }
            Act::Contact(step) if step.writes() || !step.conflicts.is_empty() => {
                if contacts == 0 {
                    out.line("Contacts");
                }
                contacts += 1;
                if contacts <= most {
                    lines(out, &entry, step, if most == usize::MAX { most } else { FIELDS });
                } else {
                    hidden += 1;
                }
            }
            Act::Delete { side, .. } => {
                let mark = out.paint(Tone::Bad, "-");
                out.line(format!("  {mark} {:<32} deleted in {side:?} for good", entry.who));
            }
            Act::Contact(_) | Act::Skip(_) => {}
        }
    }
    if hidden > 0 {
        out.line(format!("  … and {} more: `tajo plan show {}`", grouped(hidden), file.heading.plan_id));
    }
    Ok(())
}

fn lines(out: &mut Out, entry: &Entry, step: &Step, of_each: usize) {
    let who = format!("{:<32}", entry.who);
    let lists: Vec<&str> =
        step.right.iter().filter(|(_, [to, _])| to == &Value::Bool(true)).filter_map(|(k, _)| k.strip_prefix("list:")).collect();
    let opted_out = if step.right.get(CONSENT).is_some_and(|[to, _]| to == &Value::Bool(true)) { ", opted out" } else { "" };
    match step.new {
        Some(Side::Brevo) => {
            let lists = if lists.is_empty() { String::new() } else { format!(", lists {}", lists.join(" ")) };
            out.line(format!("  {} {who} new in Brevo{lists}{opted_out}", out.paint(Tone::Good, "+")));
            values(out, &step.right, of_each);
        }
        Some(Side::Intercom) => {
            out.line(format!("  {} {who} new in Intercom", out.paint(Tone::Good, "+")));
            values(out, &step.left, of_each);
        }
        None => {
            for (side, fields) in [("Brevo", &step.right), ("Intercom", &step.left)] {
                for (at, (key, [to, from])) in fields.iter().take(of_each).enumerate() {
                    let who = if at == 0 { who.clone() } else { " ".repeat(who.chars().count()) };
                    let (mark, from, to) = (out.paint(Tone::Warn, "~"), brief(from), brief(to));
                    out.line(format!("  {mark} {who} {key}  {from} → {to}   in {side}"));
                }
                if fields.len() > of_each {
                    out.line(format!("    {} and {} more fields", " ".repeat(who.chars().count()), fields.len() - of_each));
                }
            }
        }
    }
    for (key, [left, right]) in &step.conflicts {
        out.line(format!("  {} {who} conflict on {key}: {} / {}", out.paint(Tone::Bad, "!"), brief(left), brief(right)));
    }
    for note in &step.notes {
        out.line(format!("    {note}"));
    }
}

/// What a new contact would have, where everything is shown.
fn values(out: &mut Out, fields: &BTreeMap<String, Pairing>, of_each: usize) {
    let told = |key: &&String| !key.starts_with("list:") && *key != EMAIL && *key != CONSENT;
    for key in fields.keys().filter(told).filter(|_| of_each == usize::MAX) {
        out.line(format!("      {key}  {}", brief(&fields[key][0])));
    }
}

fn brief(value: &Value) -> String {
    let text = if value.is_null() { "(empty)".to_string() } else { value.to_string() };
    if text.chars().count() > 40 { text.chars().take(39).chain(['…']).collect() } else { text }
}
