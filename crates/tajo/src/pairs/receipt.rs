//! Proof of an erasure, without the name of who was erased.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tajo_core::{Error, Result, codes};

/// Format of the receipt.
pub const FORMAT: &str = "1.0";

/// What became of the contacts on one platform.
#[derive(Debug, Clone, Copy, Default, Serialize, PartialEq, Eq)]
pub struct Gone {
    /// Contacts that were to be deleted.
    pub contacts: u64,
    /// Of these, deleted now.
    pub deleted: u64,
    /// Of these, not there (any more) before.
    pub gone_before: u64,
    /// Read again until the platform answered that there is none.
    pub proven: u64,
}

/// Proof of an erasure. Holds no address, name or id.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Receipt {
    /// Format of the file.
    pub format_version: &'static str,
    /// Keyed hash of the address; the key is in state.db.
    pub person: String,
    /// When.
    pub erased_at: String,
    /// Who asked for it, as the system knows them.
    pub by: String,
    /// Whether everything asked for is done.
    pub complete: bool,
    /// In Intercom.
    pub intercom: Gone,
    /// In Brevo.
    pub brevo: Gone,
    /// Rows that went from the ledger.
    pub ledger_rows: u64,
    /// Rows that went from the mirror, or were emptied, by table.
    pub mirror_rows: BTreeMap<String, u64>,
    /// Saved plans that named the person and were removed.
    pub plans_removed: u64,
    /// What is not erased, and why.
    pub remaining: Vec<String>,
    /// What failed.
    pub errors: Vec<serde_json::Value>,
}

/// Writes the receipt, readable by its owner alone; gives its place.
pub fn keep(receipt: &Receipt, folder: &Path) -> Result<PathBuf> {
    let stamp: String = receipt.erased_at.chars().filter(char::is_ascii_digit).collect();
    let path = folder.join(format!("erase-{stamp}-{}.json", receipt.person.get(..8).unwrap_or_default()));
    let text = serde_json::to_string_pretty(receipt).unwrap_or_default();
    let write = || -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        }
        builder.create(folder)?;
        std::io::Write::write_all(&mut options.open(&path)?, text.as_bytes())
    };
    write().map_err(|e| Error::new(&codes::DST_OPEN, "The receipt cannot be written").because(e))?;
    Ok(path)
}
