//! `tajo connectors sync`.

use clap::{Args, ValueEnum};
use serde_json::json;
use tajo_core::trip::Trip;
use tajo_core::{Error, Read, codes};
use tajo_engine::extract::Wanted;
use tajo_intercom::Version;

use super::connectors::{Name, Platform};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::progress::{Progress, Style};
use super::{lane, results, scrub, session};
use crate::config::{Direction, EVENTS, Settings, unix_seconds};
use crate::pairs::pass::Report;
use crate::warehouse::{self, Receipt};

/// Shown under `tajo connectors sync --help`.
pub const EXAMPLES: &str = "Examples:
  tajo connectors sync intercom
  tajo connectors sync intercom --to sqlite:///tmp/intercom.db --resources contacts,companies
  tajo connectors sync intercom --type full
  tajo connectors sync intercom --interval-start 2026-01-01 --interval-end 2026-02-01

Dates are UTC days (2026-01-31) or RFC 3339 times (2026-01-31T12:00:00Z).
The access token comes from tajo.yml or INTERCOM_ACCESS_TOKEN, the key from BREVO_API_KEY, never from a flag.";

/// Arguments of `tajo connectors sync`.
#[derive(Debug, Clone, Args)]
pub struct SyncArgs {
    /// Platform to read.
    #[command(flatten)]
    pub platform: Name,
    /// Load into this destination, such as sqlite:///tmp/intercom.db
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// Read everything again, or only what changed since the last run
    #[arg(long = "type", value_enum, value_name = "TYPE", default_value_t)]
    pub mode: Mode,
    /// Only these resources, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', num_args = 1)]
    pub resources: Vec<String>,
    /// Only records that changed on or after this date
    #[arg(long, value_name = "DATE", value_parser = unix_seconds, conflicts_with_all = ["interval_start", "interval_end"])]
    pub since: Option<i64>,
    /// Only records that changed on or after this date, for one slice of a backfill
    #[arg(long, value_name = "DATE", value_parser = unix_seconds)]
    pub interval_start: Option<i64>,
    /// Only records that changed before this date, for one slice of a backfill
    #[arg(long, value_name = "DATE", value_parser = unix_seconds, requires = "interval_start")]
    pub interval_end: Option<i64>,
    /// Run only one half of the sync
    #[arg(long, value_enum, value_name = "HALF")]
    pub only: Option<Half>,
    /// Which way records flow between Intercom and Brevo, whatever the configuration says
    #[arg(long, value_enum, value_name = "WAY")]
    pub direction: Option<Direction>,
    /// Answer yes to the question of the first run
    #[arg(short, long)]
    pub yes: bool,
    /// Print progress as one JSON object per line
    #[arg(long, conflicts_with = "json")]
    pub json_lines: bool,
}

/// How much to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Everything, from the beginning.
    Full,
    /// What changed since the last run.
    #[default]
    Incremental,
}

/// One half of a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Half {
    /// Intercom into the destination.
    Warehouse,
    /// Intercom and Brevo.
    Brevo,
}

/// Runs the command.
pub async fn run(args: SyncArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    let may_ask = globals.interactive(out);
    Box::pin(with(args, settings, may_ask, out)).await
}

/// The same with settings at hand, for whoever is no person at a terminal.
pub async fn with(args: SyncArgs, settings: Settings, may_ask: bool, out: &mut Out) -> Result<Exit, Failure> {
    let with_brevo = with_brevo(&args, &settings)?;
    if !settings.config.intercom.enabled {
        out.note("The Intercom connector is switched off (`enabled: false`): nothing was done.");
        if out.json() {
            let name = &settings.connection.name;
            out.document(&json!({"connection": name, "outcome": "disabled", "resources": [], "brevo": null, "errors": []}));
        }
        return Ok(Exit::OK);
    }
    let wanted = wanted(&args, &settings, out)?;
    let intercom = session::intercom(&settings)?;
    let url = settings.destination(args.to.as_deref())?.url();
    let to = tajo_dest::open_with(&url, Trip::from_env())?;
    let style = if args.json_lines { Style::JsonLines } else { Style::of(out) };
    let mut progress = None;
    let live = |live| progress = Some(Progress::start(live, style));
    let name = settings.connection.name.as_str();
    let receipt = Box::pin(warehouse::load(&intercom, name, &wanted, to.as_ref(), live, session::interrupted())).await;
    drop(progress);
    let mut receipt = match receipt {
        Ok(receipt) => receipt,
        Err(error) => {
            remember(&settings, &Receipt::unbegun(name, &error), out).await;
            return Err(error.into());
        }
    };
    let mut report = None;
    if with_brevo {
        match Box::pin(brevo(&args, &settings, &intercom, &url, &receipt, may_ask, out)).await {
            Ok(done) => {
                receipt.add(&done);
                report = Some(done);
            }
            Err(error) => receipt.fail(&error),
        }
    }
    remember(&settings, &receipt, out).await;
    match (args.json_lines, out.json()) {
        (true, _) => out.line(json!({"type": "summary", "summary": receipt}).to_string()),
        (_, true) => out.document(&receipt),
        _ => {
            results::table(out, &receipt);
            out.note(format!("{} into {}", results::sum(&receipt), to.name()));
            if let Some(report) = &report {
                lane::told(out, report);
            }
        }
    }
    results::errors(out, &receipt);
    Ok(Exit(receipt.exit))
}

/// Whether this run has a second half. A configured Brevo without its key is refused before anything is read.
fn with_brevo(args: &SyncArgs, settings: &Settings) -> Result<bool, Error> {
    let asked_for = args.platform.name == Platform::Brevo || args.only == Some(Half::Brevo);
    if !settings.config.brevo_wanted() {
        if !asked_for {
            return Ok(false);
        }
        return Err(Error::new(&codes::CFG_MISSING, "The configuration does not connect Brevo")
            .note("not done", "nothing was read or written")
            .help("Add `connectors.brevo` (or `direction`, `lists`, `field_mapping`) to tajo.yml."));
    }
    if args.only == Some(Half::Warehouse) || args.interval_start.is_some() {
        return Ok(false);
    }
    settings.brevo_access()?;
    Ok(true)
}

/// The second half: plan and apply, unless the first half stopped short.
async fn brevo(
    args: &SyncArgs,
    settings: &Settings,
    intercom: &tajo_intercom::Intercom,
    url: &str,
    receipt: &Receipt,
    may_ask: bool,
    out: &mut Out,
) -> Result<Report, Error> {
    lane::ground(receipt)?;
    let pair = session::unless_interrupted(lane::pair(settings, intercom, url, args.direction)).await?;
    let full = args.mode == Mode::Full;
    match lane::run(&pair, settings, &receipt.run_id, full, args.yes).await {
        Err(error) if error.code() == &codes::STA_FIRST && may_ask => {
            out.error(&error);
            if !session::confirmed(out, "Apply this plan now?").await? {
                return Err(error);
            }
            lane::run(&pair, settings, &receipt.run_id, full, true).await
        }
        done => done,
    }
}

/// Flags over configuration: which resources, from when, how much.
fn wanted(args: &SyncArgs, settings: &Settings, out: &mut Out) -> Result<Wanted, Error> {
    let configured = settings.config.intercom.resources.clone();
    let names = if args.resources.is_empty() { configured } else { Some(args.resources.clone()) };
    let names = names.map(|mut names| {
        // A lane to Brevo, not a table.
        names.retain(|name| name != EVENTS);
        names
    });
    let release = settings.api_version.parse::<Version>()?.release();
    let resources = warehouse::offered(warehouse::resources(names.as_deref())?, release, names.is_some())?;
    if resources.is_empty() {
        return Err(Error::new(&codes::CFG_MISSING, "No resource is switched on")
            .help("Set one to `true` under `connectors.intercom.sync`, or name some with `--resources`."));
    }
    let between = args.interval_start.map(|start| (start, args.interval_end.unwrap_or(i64::MAX)));
    if between.is_some_and(|(start, end)| end <= start) {
        return Err(Error::new(&codes::USAGE, "The interval ends before it begins"));
    }
    let whole: Vec<&str> = resources.iter().filter(|s| matches!(s.read, Read::Whole { .. })).map(|s| s.name).collect();
    if (between.is_some() || args.since.is_some()) && !whole.is_empty() {
        out.note(format!("Dates do not apply to {}: they are read whole.", whole.join(", ")));
    }
    Ok(Wanted { full: args.mode == Mode::Full, since: args.since, between, resources, ..Wanted::default() })
}

/// Keeps the receipt for `status`. The rows are safe already: a failure here is said, not raised.
async fn remember(settings: &Settings, receipt: &Receipt, out: &mut Out) {
    let run = tajo_state::Run {
        run_id: receipt.run_id.clone(),
        connection: receipt.connection.clone(),
        started_at: receipt.started_at.clone(),
        finished_at: Some(receipt.finished_at.clone()),
        outcome: if receipt.outcome == "complete" { tajo_state::SUCCESS.into() } else { receipt.outcome.into() },
        // A platform's message may repeat what it was sent.
        report: serde_json::to_string(receipt)
            .ok()
            .and_then(|text| serde_json::from_str(&scrub::secrets(&text)).ok())
            .unwrap_or_default(),
    };
    let kept = match tajo_state::Runs::open(&settings.home) {
        Ok(runs) => runs.record(&run).await,
        Err(error) => Err(error),
    };
    if let Err(error) = kept {
        out.note("The rows are stored, but the run could not be noted for `tajo connectors status`:");
        out.error(&error);
    }
}
