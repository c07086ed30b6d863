//! The text of a configuration and where it came from.

use std::fmt;
use std::io::Read;
use std::path::Path;

use tajo_core::{Error, codes};

/// The file that is read from the working directory.
pub const FILE_NAME: &str = "tajo.yml";
/// A configuration larger than this is a mistake.
const BYTES_MAX: u64 = 1 << 20;

/// The text of a configuration and where it came from.
#[derive(Clone, Default)]
pub struct Source {
    /// The path as the user wrote it, for messages.
    pub path: String,
    /// The text.
    pub text: String,
    /// Whether others than the owner may read the file.
    pub readable_by_others: bool,
}

impl Source {
    /// A text that comes from no file.
    pub fn text(path: impl Into<String>, text: impl Into<String>) -> Source {
        Source { path: path.into(), text: text.into(), readable_by_others: false }
    }
    /// Reads the file, relative to `directory`.
    pub fn read(path: &Path, directory: &Path) -> Result<Source, Error> {
        let shown = path.display().to_string();
        let refused = |why: &str| Error::new(&codes::CFG_FILE, format!("The configuration {shown} cannot be read: {why}"));
        let full = directory.join(path);
        let unreadable = |error: std::io::Error| {
            Error::new(&codes::CFG_FILE, format!("The configuration {shown} cannot be read")).because(error)
        };
        let meta = std::fs::metadata(&full).map_err(unreadable)?;
        if meta.is_dir() {
            return Err(refused("it is a directory"));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(&full).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
        // Counted after reading: a pipe has no length beforehand.
        if bytes.len() as u64 > BYTES_MAX {
            return Err(refused("it is larger than 1 MiB"));
        }
        let text = String::from_utf8(bytes).map_err(|_| refused("it is not UTF-8 text"))?;
        // A byte order mark would shift every column of the first line.
        let text = text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text);
        Ok(Source { path: shown, text, readable_by_others: readable_by_others(&meta) })
    }
}

#[cfg(unix)]
fn readable_by_others(meta: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o044 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_meta: &std::fs::Metadata) -> bool {
    false
}

/// The text may hold secrets, so it is never printed.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("path", &self.path)
            .field("readable_by_others", &self.readable_by_others)
            .finish_non_exhaustive()
    }
}
