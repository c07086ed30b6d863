//! A file by which one process at a time holds something. The system lets go of it when the process dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use crate::codes;
use crate::error::{Error, Result};

/// Holds `what`, named as the message to everybody else shall name it, until the file is dropped. The file `at` is made
/// where missing, for its owner alone, and stays.
///
/// `STA_BUSY` where another handle holds it, with the `holder` as a note; `DST_FULL` and `DST_OPEN` where `at` cannot be
/// written.
pub fn hold(at: &Path, what: &str) -> Result<File> {
    let unwritable = |cause: std::io::Error, said: &str| {
        let full = matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
        let code = if full { &codes::DST_FULL } else { &codes::DST_OPEN };
        Error::new(code, format!("Cannot {said} {}", at.display())).because(cause)
    };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(at).map_err(|cause| unwritable(cause, "write"))?;
    match file.try_lock() {
        Ok(()) => {
            let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
            let text = format!("pid {} since {now}\n", std::process::id());
            // Only for the other's message: not worth refusing to work for.
            let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(200).read_to_string(&mut holder);
            let holder = if holder.trim().is_empty() { "a process that does not say its id" } else { holder.trim() };
            Err(Error::new(&codes::STA_BUSY, format!("{what} is in use by {holder}")).note("holder", holder))
        }
        Err(TryLockError::Error(cause)) => Err(unwritable(cause, "lock")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_holds_nobody_else_gets_until_it_is_let_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join("x.lock");
        let held = hold(&at, "x").expect("free");
        let refused = hold(&at, "The x").expect_err("held");
        assert_eq!(refused.code(), &codes::STA_BUSY);
        assert!(refused.to_string().contains(&format!("The x is in use by pid {} since 20", std::process::id())), "{refused}");
        drop(held);
        hold(&at, "x").expect("free again");
        assert_eq!(hold(folder.path(), "x").expect_err("a folder").code(), &codes::DST_OPEN);
    }
}
