//! Files that are full, damaged, newer, read-only or not databases: refused or harmless, never silently reset.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests panic where something is wrong")]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tajo_core::codes::{self, Code};
use tajo_core::conformance::{batch, things};
use tajo_core::destination::{Claim, Destination, Load, Mode, Segment, StateNote};
use tajo_core::error::Result;
use tajo_dest::SqliteDestination;

fn segment(first: usize, rows: usize, hash: i64) -> Segment {
    let things = things();
    let row =
        |n: usize| vec![json!(format!("id{n:05}")), json!(1_700_000_000 + n), json!("name ".repeat(20)), json!(n), json!(hash)];
    let rows: Vec<Vec<Value>> = (first..first + rows).map(row).collect();
    let batch = batch(&things, &["id", "updated_at", "name", "size", "_hash"], &rows);
    Segment { loads: vec![Load { table: things, batch, mode: Mode::Merge }] }
}

fn note() -> Option<StateNote> {
    Some(StateNote { stream: "things".into(), state: "{\"watermark\":1700000000}".into() })
}

/// A closed file with 300 rows and a state; everything checkpointed.
async fn filled(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("x.db");
    let to = SqliteDestination::open(&path).unwrap();
    let claim = to.claim("main", "w1").await.unwrap();
    to.prepare(&things()).await.unwrap();
    to.load(&claim, segment(0, 300, 1), note()).await.unwrap();
    drop(to);
    path
}

/// Everything a run does with a file.
async fn work(path: &Path) -> Result<Claim> {
    let to = SqliteDestination::open(path)?;
    let claim = to.claim("main", "w1").await?;
    to.prepare(&things()).await?;
    to.load(&claim, segment(0, 300, 2), note()).await?;
    SqliteDestination::peek(path)?.rows(&things()).await?;
    Ok(claim)
}

fn by_hand(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

async fn refused(path: &Path, code: &Code) {
    let before = std::fs::read(path).ok();
    let error = work(path).await.err().unwrap();
    assert_eq!(error.code(), code, "{error:?}");
    assert_eq!(std::fs::read(path).ok(), before, "{}: nothing was changed", code.id);
}

#[tokio::test]
async fn what_is_not_a_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    std::fs::write(&path, "a,b,c\n".repeat(1000)).unwrap();
    refused(&path, &codes::STA_CORRUPT).await;
    refused(folder.path(), &codes::DST_OPEN).await;
    refused(&path.join("y.db"), &codes::DST_OPEN).await;
    refused(Path::new("/proc/nowhere/x.db"), &codes::DST_OPEN).await;
    let missing = SqliteDestination::peek(&folder.path().join("none.db")).err().unwrap();
    assert_eq!(missing.code(), &codes::DST_OPEN);
    assert!(missing.remedy().contains("tajo sync"));
    assert!(!folder.path().join("none.db").exists());
}

#[tokio::test]
async fn an_empty_file_starts_from_zero() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    std::fs::write(&path, "").unwrap();
    assert_eq!(work(&path).await.unwrap().states, []);
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder).await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    if std::fs::OpenOptions::new().write(true).open(&path).is_ok() {
        eprintln!("SKIPPED: this user may write read-only files (root)");
        return;
    }
    refused(&path, &codes::DST_OPEN).await;
}

#[tokio::test]
async fn a_full_disk_keeps_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder).await;
    let to = SqliteDestination::open(&path).unwrap();
    let claim = to.claim("main", "w1").await.unwrap();
    to.limit_pages(12).await.unwrap();
    let full = to.load(&claim, segment(1000, 3000, 1), note()).await.unwrap_err();
    assert_eq!(full.code(), &codes::DST_FULL, "{full:?}");
    assert_eq!(to.count("things").await.unwrap(), 300);
    to.limit_pages(1 << 30).await.unwrap();
    to.load(&claim, segment(1000, 3000, 1), note()).await.unwrap();
    assert_eq!(to.count("things").await.unwrap(), 3300);
}

#[tokio::test]
async fn damaged_and_newer_state_is_refused() {
    for (sql, code) in [
        ("UPDATE _tajo_meta SET value = '99' WHERE name = 'format'", &codes::STA_NEWER),
        ("UPDATE _tajo_meta SET value = 'x' WHERE name = 'format'", &codes::STA_CORRUPT),
        ("UPDATE _tajo_meta SET value = x'00ff' WHERE name = 'format'", &codes::STA_CORRUPT),
        ("DELETE FROM _tajo_meta WHERE name = 'format'", &codes::STA_CORRUPT),
        ("UPDATE _tajo_meta SET value = '-1' WHERE name = 'epoch:main'", &codes::STA_CORRUPT),
        ("DROP TABLE _tajo_state", &codes::STA_CORRUPT),
        ("DROP TABLE _tajo_meta", &codes::STA_CORRUPT),
        ("ALTER TABLE _tajo_state RENAME state TO other", &codes::STA_CORRUPT),
        ("ALTER TABLE _tajo_meta RENAME value TO other", &codes::STA_CORRUPT),
        ("UPDATE _tajo_state SET state = '{\"watermark\":1800000000}'", &codes::STA_CORRUPT),
        ("UPDATE _tajo_state SET stream = 'others'", &codes::STA_CORRUPT),
        ("UPDATE _tajo_meta SET value = 'w2' WHERE name = 'workspace'", &codes::DST_WORKSPACE),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(&folder).await;
        by_hand(&path, &format!("PRAGMA journal_mode = DELETE; {sql}; PRAGMA journal_mode = WAL;"));
        let error = work(&path).await.err().unwrap_or_else(|| panic!("{sql}"));
        assert_eq!(error.code(), code, "{sql}: {error:?}");
        assert_eq!(work(&path).await.err().unwrap().code(), code, "{sql}: still");
    }
}

/// A state is what was written or refused; rows never make us fall over.
#[tokio::test]
async fn flipped_bits_and_cut_files_are_detected_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder).await;
    let good = std::fs::read(&path).unwrap();
    let (mut detected, mut harmless) = (0, 0);
    let mut at: u64 = 42;
    for case in 0..200 {
        let mut bad = good.clone();
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let byte = (at >> 20) as usize % bad.len();
        match case % 4 {
            0 => bad.truncate(byte),
            // Half of the flips go to the first pages: header, schema, state.
            1 => bad[byte % 4096] ^= 1 << (at >> 60 & 7),
            2 => bad[byte % (24 * 1024)] ^= 1 << (at >> 60 & 7),
            _ => bad[byte] ^= 1 << (at >> 60 & 7),
        }
        if bad.is_empty() {
            continue;
        }
        let path = folder.path().join(format!("{case}.db"));
        std::fs::write(&path, &bad).unwrap();
        match work(&path).await {
            Ok(claim) => {
                let want = note().map(|n| (n.stream, n.state));
                assert!(claim.states == want.into_iter().collect::<Vec<_>>(), "case {case}: {:?}", claim.states);
                harmless += 1;
            }
            Err(error) => {
                assert_ne!(error.code(), &codes::BUG, "case {case}: {error:?}");
                detected += 1;
            }
        }
    }
    println!("{detected} detected, {harmless} harmless");
    assert!(detected >= 50);
}

#[tokio::test]
async fn a_stranger_who_writes_is_waited_for_and_then_named_as_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder).await;
    let to = SqliteDestination::open(&path).unwrap();
    let claim = to.claim("main", "w1").await.unwrap();
    let stranger = rusqlite::Connection::open(&path).unwrap();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = std::time::Instant::now();
    let busy = to.load(&claim, segment(0, 1, 3), note()).await.unwrap_err();
    assert_eq!(busy.code(), &codes::STA_BUSY, "{busy:?}");
    assert!(began.elapsed().as_secs() < 10);
    assert_eq!(to.count("things").await.unwrap(), 300, "reading goes on");
    stranger.execute_batch("ROLLBACK").unwrap();
    to.load(&claim, segment(0, 1, 3), note()).await.unwrap();
}
