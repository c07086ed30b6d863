//! `tajo config fmt`: the canonical layout, written in place like rustfmt does.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tajo_core::{Error, codes};

use super::super::exit::{Exit, Failure};
use super::super::globals::Globals;
use super::super::out::{Out, Tone};
use super::super::scrub;
use super::no_file;
use crate::config::{self, Source, holds_secret};

/// Shown under `tajo config fmt --help`.
pub const EXAMPLES: &str = "Examples:
  tajo config fmt                        writes the file in place
  tajo config fmt --check                exit code 1 where it would change
  tajo config fmt --stdout > neat.yml";

/// Arguments of `tajo config fmt`. The file is `--config`, else ./tajo.yml.
#[derive(Debug, Clone, Args)]
pub struct FmtArgs {
    /// Write nothing; exit with 1 where the layout would change
    #[arg(long)]
    pub check: bool,
    /// Print the text instead of writing the file
    #[arg(long, conflicts_with = "check")]
    pub stdout: bool,
}

/// The answer for machines.
#[derive(Serialize)]
struct LaidOut<'a> {
    path: &'a str,
    changed: bool,
    written: bool,
    /// The first line that is laid out in another way.
    first_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// Runs the command.
pub fn run(args: &FmtArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let Some(source) = globals.source()? else { return Err(no_file(globals).into()) };
    let text = config::laid_out(&source)?;
    let first_line = first_change(&source.text, &text);
    let changed = first_line.is_some();
    let written = changed && !args.check && !args.stdout;
    if args.stdout {
        printable(&text)?;
    }
    if written {
        write(&globals.directory.join(&source.path), &source, &text)?;
    }
    if out.json() {
        let text = args.stdout.then_some(text.as_str());
        out.document(&LaidOut { path: &source.path, changed, written, first_line, text });
    } else if args.stdout {
        if let Some(text) = text.strip_suffix('\n') {
            out.line(text);
        }
    } else {
        let (tone, mark) = if changed && args.check { (Tone::Bad, "✗") } else { (Tone::Good, "✓") };
        let said = match first_line {
            None => format!("{} is laid out already", source.path),
            Some(line) if args.check => format!("{} would be laid out anew, from line {line} on", source.path),
            Some(line) => format!("{} was laid out anew, from line {line} on", source.path),
        };
        let mark = out.paint(tone, mark);
        out.line(format!("{mark} {said}"));
    }
    Ok(if changed && args.check { Exit::FAILED } else { Exit::OK })
}

/// The first line that differs, from 1.
fn first_change(old: &str, new: &str) -> Option<usize> {
    if old == new {
        return None;
    }
    let same = old.split('\n').zip(new.split('\n')).take_while(|(old, new)| old == new).count();
    Some(same + 1)
}

/// What is printed has its secrets masked, so it would not be the file any more.
fn printable(text: &str) -> Result<(), Error> {
    if text.lines().any(holds_secret) || scrub::secrets(text) != text {
        return Err(Error::new(&codes::CFG_FILE, "The file holds a secret, and secrets are not printed")
            .help("Lay it out in place (without `--stdout`), or take the secret from the environment with ${NAME}."));
    }
    Ok(())
}

/// Replaces the file as a whole, with the permissions it had: a reader finds the old text or the new one.
fn write(path: &Path, source: &Source, text: &str) -> Result<(), Error> {
    let refused = |why: &str| {
        Error::new(&codes::CFG_FILE, format!("{} could not be written: {why}", source.path))
            .help("Make it a file that can be written, or use `--stdout`.")
    };
    let failed = |cause: std::io::Error| {
        Error::new(&codes::CFG_FILE, format!("{} could not be written; it is as it was", source.path)).because(cause)
    };
    // A link stays one: what it leads to is replaced.
    let path = fs::canonicalize(path).map_err(failed)?;
    let meta = fs::metadata(&path).map_err(failed)?;
    if !meta.is_file() {
        return Err(refused("it is not a file"));
    }
    if meta.permissions().readonly() {
        return Err(refused("it is read-only"));
    }
    let beside = beside(&path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // It may hold a token, and has its final permissions only once it is whole.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let done = options.open(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(meta.permissions())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    });
    done.map_err(|cause| {
        // Whatever is left of it is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&beside);
        failed(cause)
    })
}

/// A name in the same folder that only this process uses.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::first_change;

    #[test]
    fn the_first_line_that_differs_is_named() {
        for (old, new, expect) in [
            ("a\nb\n", "a\nb\n", None),
            ("a\n b\n", "a\nb\n", Some(2)),
            ("a", "a\n", Some(2)),
            ("a\n\n\n", "a\n", Some(3)),
            (" a\n", "a\n", Some(1)),
        ] {
            assert_eq!(first_change(old, new), expect, "{old:?}");
        }
    }
}
