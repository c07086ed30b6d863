//! What can be known without a network: files and the room for them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tajo_dest::SqliteDestination;
use tajo_state::Runs;

use super::super::exit::Exit;
use super::super::progress::grouped;
use super::{Check, Status};

/// A sync of a middling workspace fits.
const FREE_WARN_BYTES: u64 = 1 << 30;
/// Not even the log of a transaction fits.
const FREE_FAIL_BYTES: u64 = 64 << 20;
/// A file system that does not answer in this time is left alone.
const DISK_WAIT: Duration = Duration::from_secs(3);

/// The program's own file. One that is not there is not made.
pub async fn state(home: &Path, connection: Option<&str>) -> Check {
    const NAME: &str = "state";
    let path = home.join("state.db");
    let Some(size) = size(&path) else {
        return Check::ok(NAME, format!("{} is not there yet; the first sync makes it", path.display()));
    };
    let last = match Runs::open(home) {
        Ok(runs) => runs.last(connection.unwrap_or_default()).await,
        Err(error) => return Check::failed(NAME, &error),
    };
    match last {
        Ok(Some(run)) => {
            let at = run.finished_at.unwrap_or(run.started_at);
            Check::ok(NAME, format!("{} opens ({size}); last run: {} ({at})", path.display(), run.outcome))
        }
        Ok(None) => Check::ok(NAME, format!("{} opens ({size}); no run of this connection yet", path.display())),
        Err(error) => Check::failed(NAME, &error),
    }
}

/// Where the tables go. A file that is not there is not made.
pub async fn destination(path: &Path) -> Check {
    const NAME: &str = "destination";
    let Some(size) = size(path) else {
        return Check::ok(NAME, format!("{} is not there yet; the first sync makes it", path.display()));
    };
    let tables = match SqliteDestination::peek(path) {
        Ok(file) => file.tables().await,
        Err(error) => return Check::failed(NAME, &error),
    };
    match tables {
        Ok(tables) => {
            let rows = grouped(tables.iter().map(|table| table.rows).sum());
            Check::ok(NAME, format!("{} opens ({size}): {rows} rows in {} tables", path.display(), tables.len()))
        }
        Err(error) => Check::failed(NAME, &error),
    }
}

/// The room for the files; the smaller one counts where they lie apart.
pub async fn disk(paths: &[PathBuf]) -> Check {
    let there = |path: &PathBuf| path.ancestors().find(|path| path.exists()).map(Path::to_path_buf);
    let folders: Vec<PathBuf> = paths.iter().filter_map(there).collect();
    let asked = tokio::task::spawn_blocking(move || folders.iter().filter_map(|folder| free(folder)).min());
    let free = tokio::time::timeout(DISK_WAIT, asked).await.ok().and_then(Result::ok).flatten();
    room(free)
}

fn room(free: Option<u64>) -> Check {
    const NAME: &str = "disk";
    let Some(free) = free else { return Check::ok(NAME, "unknown: this system does not say how much is free") };
    let said = format!("{} MB free", grouped(free >> 20));
    let todo = "Make room, or name another disk in TAJO_HOME or with `destination:`.";
    match free {
        ..FREE_FAIL_BYTES => Check::fail(NAME, said, todo, Exit(tajo_core::codes::DST_FULL.kind.advice().exit)),
        FREE_FAIL_BYTES..FREE_WARN_BYTES => Check { status: Status::Warn, ..Check::warn(NAME, said, todo) },
        _ => Check::ok(NAME, said),
    }
}

/// The standard library does not tell; `df` is there wherever POSIX is.
fn free(folder: &Path) -> Option<u64> {
    let mut command = Command::new("df");
    command.arg("-Pk").arg("--").arg(folder).stdin(Stdio::null()).stderr(Stdio::null());
    let said = command.output().ok().filter(|done| done.status.success())?.stdout;
    available(&String::from_utf8_lossy(&said))
}

/// The column before the percentage; names of file systems may have blanks.
fn available(said: &str) -> Option<u64> {
    let words: Vec<&str> = said.lines().nth(1)?.split_whitespace().collect();
    let percent = words.iter().position(|word| word.ends_with('%'))?;
    words.get(percent.checked_sub(1)?)?.parse::<u64>().ok()?.checked_mul(1024)
}

fn size(path: &Path) -> Option<String> {
    let bytes = std::fs::metadata(path).ok()?.len();
    Some(if bytes < 1 << 20 { format!("{} kB", grouped(bytes.div_ceil(1024))) } else { format!("{} MB", grouped(bytes >> 20)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_room_is_read_from_the_standard_form() {
        let head = "Filesystem     1024-blocks      Used Available Capacity Mounted on\n";
        for (line, expect) in [
            ("/dev/vda         264015868  60000000  35000000      64% /\n", Some(35_000_000 * 1024)),
            ("//nas/my share   264015868  60000000  7      64% /mnt/my share\n", Some(7 * 1024)),
            ("", None),
            ("nonsense\n", None),
            ("5%\n", None),
        ] {
            assert_eq!(available(&format!("{head}{line}")), expect, "{line}");
        }
    }

    #[test]
    fn little_room_is_a_warning_and_none_a_failure() {
        for (free, status) in
            [(None, Status::Ok), (Some(5 << 30), Status::Ok), (Some(500 << 20), Status::Warn), (Some(1 << 20), Status::Fail)]
        {
            let check = room(free);
            assert_eq!((check.status, check.todo.is_some()), (status, status != Status::Ok), "{free:?}");
        }
        assert_eq!(room(Some(0)).exit, 74);
    }
}
