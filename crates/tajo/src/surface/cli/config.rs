//! `tajo config`: everything that is wrong at once, the normal form, or the canonical layout.

mod fmt;

use clap::Subcommand;
use serde::Serialize;
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use crate::config::{self, Config, FILE_NAME, Findings};

/// What to do with the configuration.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Report every mistake at once; exit code 78 if there is one
    Check,
    /// Print the configuration in force in its normal form, secrets masked
    Show,
    /// Put the file into its canonical layout; comments, quotes and order stay
    #[command(after_help = fmt::EXAMPLES)]
    Fmt(fmt::FmtArgs),
}

/// Runs the command.
pub async fn run(command: ConfigCommand, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Check => check(globals, out),
        ConfigCommand::Show => show(globals, out),
        ConfigCommand::Fmt(args) => fmt::run(&args, globals, out),
    }
}

#[derive(Serialize)]
struct Checked<'a> {
    valid: bool,
    path: &'a str,
    #[serde(flatten)]
    findings: &'a Findings,
}

fn check(globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let Some(source) = globals.source()? else { return Err(no_file(globals).into()) };
    let loaded = config::load(&source, &globals.known, &|name| globals.env.raw(name));
    let (valid, findings) = match &loaded {
        Ok(config) => (true, &config.warnings),
        Err(findings) => (false, findings),
    };
    if out.json() {
        out.document(&Checked { valid, path: &source.path, findings });
    } else {
        out.warnings(findings);
        let verdict = verdict(&source.path, findings);
        let tone = if valid { Tone::Good } else { Tone::Bad };
        let mark = out.paint(tone, if valid { "✓" } else { "✗" });
        out.line(format!("{mark} {verdict}"));
    }
    Ok(if valid { Exit::OK } else { Exit(codes::CFG_VALUE.kind.advice().exit) })
}

fn verdict(path: &str, findings: &Findings) -> String {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (findings.errors(), findings.warnings()) {
        (0, 0) => format!("{path} is valid"),
        (0, w) => format!("{path} is valid, with {}", count(w, "warning")),
        (e, 0) => format!("{path} has {}", count(e, "error")),
        (e, w) => format!("{path} has {} and {}", count(e, "error"), count(w, "warning")),
    }
}

fn show(globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let mut config = match globals.config()? {
        Some(config) => config,
        None => Config::from_environment(&|name| globals.env.var(name)),
    };
    config.fill_tokens(&|name| globals.env.var(name));
    out.warnings(&config.warnings);
    let shown = config.show();
    if out.json() {
        out.document(&shown.to_json());
    } else {
        out.line(shown.to_yaml().trim_end());
    }
    Ok(Exit::OK)
}

fn no_file(globals: &Globals) -> Error {
    Error::new(&codes::CFG_FILE, format!("There is no {FILE_NAME} in {}", globals.directory.display()))
        .help("Write one with `tajo init`, or name a file with `--config PATH`.")
}
