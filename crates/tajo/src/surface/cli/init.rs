//! `tajo init`: a commented configuration that works as it is.

use std::fs::OpenOptions;
use std::io::{BufRead, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use crate::config::{EVENTS, FILE_NAME, Region};

/// Arguments of `tajo init`. The file is `--config`, else ./tajo.yml; the region is `--region`.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {}

/// What is written, with two blanks: `{region}` and `{resources}`. Lines that connect Brevo begin with a `#` that no blank
/// follows; in all other comments one does.
const TEMPLATE: &str = include_str!("init.yml");

#[derive(Serialize)]
struct Written {
    path: PathBuf,
    region: Region,
}

/// Runs the command.
pub async fn run(_args: InitArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let named = globals.flags.config.clone().unwrap_or_else(|| FILE_NAME.into());
    let path = globals.directory.join(&named);
    if path.exists() {
        return Err(exists(&named).into());
    }
    let region = match globals.flags.region {
        Some(region) => region,
        None if globals.interactive(out) => ask_region(out),
        None => Region::Us,
    };
    write(&path, &named, &filled(region, globals.known.resources))?;
    if out.json() {
        out.document(&Written { path: named, region });
    } else {
        out.line(format!("wrote {}", named.display()));
        if globals.env.var("INTERCOM_ACCESS_TOKEN").is_none() {
            out.note("next: export INTERCOM_ACCESS_TOKEN=… && tajo connectors test intercom");
        } else {
            out.note("next: tajo connectors test intercom");
        }
    }
    Ok(Exit::OK)
}

fn filled(region: Region, resources: &[&str]) -> String {
    let tables = resources.iter().filter(|name| **name != EVENTS);
    let lines: String = tables.map(|name| format!("      {name}: true\n")).collect();
    TEMPLATE.replace("{region}", region.name()).replace("{resources}", &lines)
}

fn write(path: &Path, named: &Path, text: &str) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // People put tokens into this file sooner or later: nobody else may read it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(named),
        _ => Error::new(&codes::CFG_FILE, format!("{} could not be written", named.display())).because(error),
    })
}

fn exists(named: &Path) -> Error {
    Error::new(&codes::CFG_FILE, format!("{} exists already and was not touched", named.display()))
        .help("Move it away, or name another file with `--config PATH`.")
}

/// Asks until the answer is a region; an empty answer or the end of input is `us`.
fn ask_region(out: &mut Out) -> Region {
    const ASKED_MAX: usize = 3;
    for _ in 0..ASKED_MAX {
        out.ask("Region of the Intercom workspace (us, eu, au) [us]: ");
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
        match line.trim() {
            "" => return Region::Us,
            answer => {
                if let Some(region) = Region::find(answer) {
                    return region;
                }
            }
        }
        if read == 0 {
            break;
        }
    }
    Region::Us
}
