//! Where the tables go.

use std::path::{Path, PathBuf};

use tajo_core::{Error, codes};

use super::block::Block;
use super::finding::{Finding, Report};
use super::tree::{Node, Shape};

/// Where the tables go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A SQLite file.
    Sqlite {
        /// The file; a relative path is relative to the working directory.
        path: PathBuf,
    },
}

/// Shown with every refusal.
const HELP: &str = "Use sqlite:///path/to/file.db, or sqlite:file.db for a path relative to the working directory.";

impl Destination {
    /// Reads a destination URL.
    pub fn parse(url: &str) -> Result<Destination, Error> {
        read_url(url)
            .map_err(|why| Error::new(&codes::CFG_DESTINATION, format!("The destination is not understood: {why}")).help(HELP))
    }
    /// The destination used where none is named.
    pub fn at_home(home: &Path) -> Destination {
        Destination::Sqlite { path: home.join("intercom.db") }
    }
    /// The destination as a URL.
    pub fn url(&self) -> String {
        match self {
            Destination::Sqlite { path } if path.is_absolute() => format!("sqlite://{}", path.display()),
            Destination::Sqlite { path } => format!("sqlite:{}", path.display()),
        }
    }
}

fn read_url(url: &str) -> Result<Destination, &'static str> {
    let url = url.trim();
    let (scheme, rest) = url.split_once(':').ok_or("it does not start with `sqlite:`")?;
    if !scheme.eq_ignore_ascii_case("sqlite") {
        return Err(match scheme {
            "sqlite3" | "file" => "write `sqlite:` for a SQLite file",
            "postgres" | "postgresql" | "parquet" | "duckdb" | "adbc" | "ndjson" => {
                "this build cannot write to that kind of destination"
            }
            _ => "it does not start with `sqlite:`",
        });
    }
    let path = match rest.strip_prefix("//") {
        // sqlite:///tmp/x.db and sqlite:////tmp/x.db are the same file: both spellings are in use.
        Some(absolute) if absolute.starts_with('/') => format!("/{}", absolute.trim_start_matches('/')),
        Some(_) => return Err("after `sqlite://` comes an absolute path"),
        None => rest.to_string(),
    };
    sqlite(&path)
}

fn sqlite(path: &str) -> Result<Destination, &'static str> {
    if path.is_empty() || path.ends_with('/') {
        return Err("it names no file");
    }
    if path.contains(['?', '#', '\0']) || path.starts_with(':') {
        return Err("it has options or a name that SQLite treats specially");
    }
    Ok(Destination::Sqlite { path: path.into() })
}

/// `destination:` of a configuration: a URL, or `{type: sqlite, path: …}`.
pub(super) fn read(node: &Node, report: &mut Report) -> Option<Destination> {
    let mut refuse = |why: &str, place| {
        report.push(Finding::error(&codes::CFG_DESTINATION, place, "The destination is not understood").cause(why).help(HELP));
        None
    };
    if let Some(url) = node.scalar() {
        return read_url(url).map_or_else(|why| refuse(why, node.place), Some);
    }
    if !matches!(node.shape, Shape::Map(_)) {
        return refuse("it is neither a URL nor a mapping", node.place);
    }
    let mut block = Block::open(node, "destination", report)?;
    let kind = block.choice("type", &[("sqlite", ())], report);
    let path = block.text("path", report);
    let (has_type, has_path) = (block.has("type"), block.has("path"));
    block.finish(report);
    for (present, key) in [(has_type, "type"), (has_path, "path")] {
        if !present {
            report.push(Finding::error(&codes::CFG_MISSING, node.place, format!("`destination.{key}` is missing")).help(HELP));
        }
    }
    let (_, path) = (kind?, path?);
    sqlite(&path.value)
        .map_err(|why| {
            report.push(
                Finding::error(&codes::CFG_DESTINATION, path.place, "The destination is not understood").cause(why).help(HELP),
            )
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (url, expect) in [
            ("sqlite:///tmp/x.db", Some("/tmp/x.db")),
            ("sqlite:////tmp/x.db", Some("/tmp/x.db")),
            ("sqlite:/tmp/x.db", Some("/tmp/x.db")),
            ("sqlite:x.db", Some("x.db")),
            ("sqlite:./a/x.db", Some("./a/x.db")),
            ("SQLITE:x.db", Some("x.db")),
            ("sqlite://x.db", None),
            ("sqlite:", None),
            ("sqlite:///", None),
            ("sqlite::memory:", None),
            ("sqlite:x.db?mode=ro", None),
            ("postgres://u@h/d", None),
            ("x.db", None),
            ("", None),
        ] {
            let got = Destination::parse(url).ok().map(|Destination::Sqlite { path }| path);
            assert_eq!(got, expect.map(PathBuf::from), "{url}");
        }
        assert_eq!(Destination::parse("sqlite:///tmp/x.db").unwrap().url(), "sqlite:///tmp/x.db");
        assert_eq!(Destination::parse("x").unwrap_err().code().id, "TJ-CFG-DEST");
    }
}
