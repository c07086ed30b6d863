//! A generated page: written, or compared with what is there.

use std::path::{Path, PathBuf};

/// Whether to write or to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Writes the page.
    Write,
    /// Fails where the page differs.
    Check,
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Writes or compares one page.
pub fn put(mode: Mode, path: &str, text: &str) -> Result<(), String> {
    let file = root().join(path);
    match mode {
        Mode::Write => std::fs::write(&file, text).map_err(|e| format!("{path} cannot be written: {e}")),
        Mode::Check if std::fs::read_to_string(&file).unwrap_or_default() == text => Ok(()),
        Mode::Check => Err(format!("{path} is stale: run the same task without --check and commit the result")),
    }
}
