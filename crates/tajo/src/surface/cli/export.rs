//! `tajo connectors export`: the content data of some days, as Intercom gives it, into a file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use tajo_core::{Error, codes};
use tajo_intercom::Intercom;
use tajo_intercom::exports::{Content, Patience, Step};

use super::connectors::{self, ConnectorsCommand, Name, Platform};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::progress::grouped;
use super::session;

/// Shown under `tajo connectors export --help`.
pub const EXAMPLES: &str = "Examples:
  tajo connectors export intercom --from 2026-01-01 --to 2026-01-31 --out january.csv.gz
  tajo connectors export intercom --from 2026-01-01 --to 2026-01-31 --out january.csv.gz --wait 0

Intercom runs one export at a time for each workspace; where another one is under way, this one waits for it.";

/// The verbs of `tajo connectors`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// All but `export`.
    #[command(flatten)]
    Other(ConnectorsCommand),
    /// Download who got which message and what they did with it, as Intercom's own file
    #[command(after_help = EXAMPLES)]
    Export(ExportArgs),
}

/// Arguments of `tajo connectors export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Platform to export from
    #[command(flatten)]
    pub platform: Name,
    /// First day (UTC)
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub from: Date,
    /// Last day, included
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub to: Date,
    /// File to write; it must not exist yet. Mostly gzipped CSV
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Seconds to wait at most for another export of the workspace to end
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub wait: u64,
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().ok().filter(|_| text.len() == 10).ok_or_else(|| "not a day such as 2026-01-31".to_string())
}

/// Runs the verb.
pub async fn verb(verb: Verb, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    match verb {
        Verb::Other(command) => Box::pin(connectors::run(command, globals, out)).await,
        Verb::Export(args) => Box::pin(run(args, globals, out)).await,
    }
}

/// Runs the command.
pub async fn run(args: ExportArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let (from, to) = asked(&args)?;
    let path = globals.directory.join(&args.out);
    free(&path, &args.out)?;
    let settings = globals.settings(out)?;
    let intercom = session::intercom(&settings)?;
    let patience = Patience { turn: Duration::from_secs(args.wait), ..Patience::default() };
    let running = Mutex::new(None);
    let done = {
        let told = |step: &Step| {
            if let Step::Running { job, .. } = step {
                *running.lock().unwrap_or_else(PoisonError::into_inner) = Some(job.clone());
            }
            if !out.json() {
                out.note(in_words(step));
            }
        };
        let export = intercom.export_content(from, to, patience, tokio::time::sleep, told);
        tokio::select! {
            done = Box::pin(export) => Some(done),
            () = session::interrupted() => None,
        }
    };
    let Some(done) = done else {
        return Err(stopped(&intercom, running.into_inner().unwrap_or_else(PoisonError::into_inner)).await.into());
    };
    let content = done?;
    if let Some(content) = &content {
        write(&path, &args.out, content.bytes())?;
    }
    show(&args, content.as_ref(), out);
    Ok(Exit::OK)
}

/// An export that goes on would be in the way of the next for as long as it takes.
async fn stopped(intercom: &Intercom, job: Option<String>) -> Error {
    let cancelled = match &job {
        Some(job) => intercom.cancel_export(job).await.is_ok(),
        None => false,
    };
    let what = if cancelled { "The export was interrupted, and cancelled at Intercom" } else { "The export was interrupted" };
    Error::new(&codes::INTERRUPTED, what).help("Run it again; no file was written.")
}

/// The first second of the first day, and the last one of the last.
fn asked(args: &ExportArgs) -> Result<(i64, i64), Error> {
    if args.platform.name == Platform::Brevo {
        return Err(Error::new(&codes::USAGE, "Brevo has no export of content data").help("Name `intercom`."));
    }
    if args.to < args.from {
        return Err(Error::new(&codes::USAGE, "The last day is before the first").help("Give the earlier day as `--from`."));
    }
    let second = |date: Date| {
        let start = date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp().as_second());
        start.map_err(|_| Error::new(&codes::USAGE, "A day is out of range"))
    };
    const DAY_SECS: i64 = 86_400;
    Ok((second(args.from)?, second(args.to)? + DAY_SECS - 1))
}

fn in_words(step: &Step) -> String {
    match step {
        Step::Queued(waited) => {
            format!("another export of this workspace is under way; waiting for it ({} s so far)", waited.as_secs())
        }
        Step::Running { job, since } if since.is_zero() => format!("export {job} began"),
        Step::Running { job, since } => format!("export {job} is under way ({} s)", since.as_secs()),
        Step::Loading { job } => format!("export {job} is ready; downloading it"),
    }
}

/// Before anything is asked of Intercom: a file that cannot be written is found out now.
fn free(path: &Path, shown: &Path) -> Result<(), Error> {
    if path.exists() {
        return Err(Error::new(&codes::DST_OPEN, format!("{} exists already and was not touched", shown.display()))
            .help("Move it away, or name another file with `--out`."));
    }
    if path.file_name().is_none() || !path.parent().is_some_and(Path::is_dir) {
        return Err(Error::new(&codes::DST_OPEN, format!("{} has no folder to be written into", shown.display())));
    }
    Ok(())
}

/// The whole file or none, for its owner alone: it tells who read what.
fn write(path: &Path, shown: &Path, bytes: &[u8]) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let done = options.open(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    });
    done.map_err(|cause| {
        // Whatever is left of it is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&part);
        let code = match cause.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => &codes::DST_FULL,
            _ => &codes::DST_OPEN,
        };
        Error::new(code, format!("{} could not be written", shown.display())).because(cause)
    })
}

fn show(args: &ExportArgs, content: Option<&Content>, out: &mut Out) {
    if out.json() {
        return out.document(&json!({
            "connector": "intercom",
            "from": args.from.to_string(),
            "to": args.to.to_string(),
            "job": content.map(|content| &content.job),
            "path": content.map(|_| args.out.display().to_string()),
            "bytes": content.map_or(0, |content| content.bytes().len()),
        }));
    }
    match content {
        Some(content) => {
            let bytes = u64::try_from(content.bytes().len()).unwrap_or(u64::MAX);
            out.line(format!("wrote {} ({} bytes)", args.out.display(), grouped(bytes)));
        }
        None => out.line(format!("nothing was sent from {} to {}; no file was written", args.from, args.to)),
    }
}
