//! The SQLite destination keeps the contract, and what is particular to a file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests panic where something is wrong")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tajo_core::codes;
use tajo_core::conformance::{self, Place, agrees_with_the_model, batch, thing_tags, things};
use tajo_core::destination::{BoxFuture, Destination, Load, Mode, Segment, StateNote};
use tajo_core::error::Result;
use tajo_core::table::Table;
use tajo_core::trip::Trip;
use tajo_dest::SqliteDestination;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }
    fn file(&self) -> PathBuf {
        self.0.path().join("new").join("x.db")
    }
}

impl Place for Folder {
    fn open(&self) -> Arc<dyn Destination> {
        Arc::new(SqliteDestination::open(&self.file()).unwrap())
    }
    fn read<'a>(&'a self, table: &'a Table) -> BoxFuture<'a, Result<Vec<Vec<Value>>>> {
        Box::pin(async move { SqliteDestination::peek(&self.file())?.rows(table).await })
    }
}

fn rows(rows: &[Value]) -> Segment {
    let things = things();
    let rows: Vec<Vec<Value>> = rows.iter().map(|row| row.as_array().unwrap().clone()).collect();
    let batch = batch(&things, &["id", "updated_at", "name", "size", "_hash"], &rows);
    Segment { loads: vec![Load { table: things, batch, mode: Mode::Merge }] }
}

fn note(state: &str) -> Option<StateNote> {
    Some(StateNote { stream: "things".into(), state: state.into() })
}

/// A file with one row and a state.
async fn filled(path: &Path) -> Arc<SqliteDestination> {
    let to = Arc::new(SqliteDestination::open(path).unwrap());
    let claim = to.claim("main", "w1").await.unwrap();
    to.prepare(&things()).await.unwrap();
    to.load(&claim, rows(&[json!(["a", 10, "A", 1, 1])]), note("{\"w\":10}")).await.unwrap();
    to
}

fn by_hand(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test(start_paused = true)]
async fn sqlite_keeps_the_promises() {
    conformance::all(Folder::new).await;
}

#[tokio::test]
async fn a_thousand_random_segments_agree_with_the_model() {
    for seed in 100..120 {
        agrees_with_the_model(&Folder::new(), seed, 50).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_what_we_create() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let to = filled(&folder.file()).await;
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.0.path().join("new")), 0o700);
    for suffix in ["", "-wal", "-shm", ".lock"] {
        assert_eq!(mode(format!("{}{suffix}", folder.file().display()).into()), 0o600, "x.db{suffix}");
    }
    drop(to);
}

#[tokio::test]
async fn a_second_holder_is_told_who_holds() {
    let folder = Folder::new();
    let to = filled(&folder.file()).await;
    let other = SqliteDestination::open(&folder.file()).unwrap();
    let refused = other.claim("main", "w1").await.unwrap_err();
    assert_eq!(refused.code(), &codes::STA_BUSY);
    assert!(refused.what().contains(&format!("pid {} since 20", std::process::id())), "{refused}");
    let peek = SqliteDestination::peek(&folder.file()).unwrap();
    assert_eq!(peek.query("SELECT id, name, updated_at FROM things", 10).await.unwrap().1, [["a", "A", "1970-01-01T00:00:10Z"]]);
    assert_eq!(peek.tables().await.unwrap().iter().map(|t| (t.name.as_str(), t.rows)).collect::<Vec<_>>(), [("things", 1)]);
    drop(to);
    other.claim("main", "w1").await.unwrap();
}

/// Run by the test below in a process of its own.
#[tokio::test]
async fn holder_process() {
    let Ok(path) = std::env::var("TAJO_TEST_HOLD") else { return };
    let to = SqliteDestination::open_with(Path::new(&path), Trip::from_env()).unwrap();
    let claim = to.claim("main", "w1").await.unwrap();
    to.prepare(&things()).await.unwrap();
    println!("held");
    if std::env::var("TAJO_CRASH_AT").is_err() {
        // Until the parent closes our input.
        std::io::read_to_string(std::io::stdin()).unwrap();
    }
    to.load(&claim, rows(&[json!(["a", 10, "A", 1, 1])]), note("{\"w\":10}")).await.unwrap();
}

fn holder(path: &Path, crash_at: Option<u32>) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["holder_process", "--exact", "--nocapture"]).env("TAJO_TEST_HOLD", path);
    crash_at.map(|n| command.env("TAJO_CRASH_AT", n.to_string()));
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    command
}

#[tokio::test]
async fn the_lock_holds_between_processes_and_ends_with_them() {
    use std::io::BufRead;
    let folder = Folder::new();
    let to = SqliteDestination::open(&folder.file()).unwrap();
    let mut child = holder(&folder.file(), None).spawn().unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(|line| line.ok()).any(|line| line.ends_with("held")));
    let refused = to.claim("main", "w1").await.unwrap_err();
    assert_eq!(refused.code(), &codes::STA_BUSY);
    assert!(refused.noted("holder").unwrap().starts_with(&format!("pid {} since", child.id())), "{refused}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(to.claim("main", "w1").await.unwrap().epoch, 2);
}

#[tokio::test]
async fn a_process_killed_at_any_step_leaves_all_or_nothing() {
    // begin, load, state, commit, committed
    for step in 1..=5 {
        let folder = Folder::new();
        let status = holder(&folder.file(), Some(step)).spawn().unwrap().wait().unwrap();
        assert!(!status.success(), "step {step} killed it");
        let to = SqliteDestination::open(&folder.file()).unwrap();
        let claim = to.claim("main", "w1").await.unwrap();
        let there = to.count("things").await.unwrap();
        assert_eq!((there, claim.states.len()), if step == 5 { (1, 1) } else { (0, 0) }, "step {step}");
        let loaded = to.load(&claim, rows(&[json!(["a", 10, "A", 1, 1])]), note("{\"w\":10}")).await.unwrap();
        assert_eq!(loaded.tables[0].1, 1 - there);
    }
}

#[tokio::test]
async fn a_fault_at_any_step_leaves_all_or_nothing() {
    for step in 1..=5 {
        let folder = Folder::new();
        let to = SqliteDestination::open_with(&folder.file(), Trip::fail_at(step, &codes::DST_FAILED)).unwrap();
        let claim = to.claim("main", "w1").await.unwrap();
        to.prepare(&things()).await.unwrap();
        let segment = rows(&[json!(["a", 10, "A", 1, 1])]);
        to.load(&claim, segment.clone(), note("1")).await.unwrap_err();
        assert_eq!(to.count("things").await.unwrap(), u64::from(step == 5), "step {step}");
        to.load(&claim, segment, note("1")).await.unwrap();
        assert_eq!((to.count("things").await.unwrap(), to.claim("main", "w1").await.unwrap().states.len()), (1, 1));
    }
}

#[tokio::test]
async fn a_dropped_future_breaks_nothing() {
    let folder = Folder::new();
    let to = filled(&folder.file()).await;
    let claim = to.claim("main", "w1").await.unwrap();
    for n in 0..50 {
        let load = to.load(&claim, rows(&[json!([format!("b{n}"), 10, "B", 1, 1])]), note("2"));
        let _ = tokio::time::timeout(std::time::Duration::from_micros(n * 7), load).await;
    }
    let all: Vec<Value> = (0..50).map(|n| json!([format!("b{n}"), 10, "B", 1, 1])).collect();
    to.load(&claim, rows(&all), note("3")).await.unwrap();
    assert_eq!(to.count("things").await.unwrap(), 51);
    assert_eq!(to.claim("main", "w1").await.unwrap().states[0].1, "3");
}

#[tokio::test]
async fn a_table_and_its_links_look_as_documented() {
    let folder = Folder::new();
    let to = filled(&folder.file()).await;
    to.prepare(&thing_tags()).await.unwrap();
    let tables = to.tables().await.unwrap();
    assert_eq!(tables.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["thing_tags", "things"]);
    let columns: Vec<_> = tables[1].columns.iter().map(|(name, declared)| (name.as_str(), declared.as_str())).collect();
    let want = [("id", "TEXT"), ("updated_at", "TIMESTAMP"), ("name", "TEXT"), ("size", "INTEGER"), ("_hash", "INTEGER")];
    assert_eq!(columns, want);
    assert_eq!(to.query("SELECT nothing FROM things", 1).await.unwrap_err().code(), &codes::DST_FAILED);
    assert_eq!(to.query("DELETE FROM things", 1).await.unwrap_err().code(), &codes::DST_OPEN, "reads only");
    assert_eq!(
        to.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", 3).await.unwrap().1.len(),
        3
    );
}

#[tokio::test]
async fn tables_altered_by_hand_are_refused_or_mended() {
    for (sql, mended) in [
        ("ALTER TABLE things ADD COLUMN mine TEXT", true),
        ("ALTER TABLE things DROP COLUMN name", true),
        ("CREATE INDEX i ON things (name); CREATE VIEW v AS SELECT * FROM things", true),
        ("DROP TABLE things", true),
        ("DROP TABLE things; CREATE VIEW things AS SELECT 'a' AS id", false),
        ("DROP TABLE things; CREATE TABLE things (id TEXT, updated_at TIMESTAMP, name TEXT, size INTEGER, _hash INTEGER)", false),
        ("DROP TABLE things; CREATE TABLE things (id TEXT PRIMARY KEY, name INTEGER)", false),
        ("DROP TABLE things; CREATE TABLE things (id TEXT PRIMARY KEY, name TEXT NOT NULL)", false),
        ("DROP TABLE things; CREATE TABLE things (id TEXT PRIMARY KEY, name TEXT, mine TEXT NOT NULL)", false),
        ("DROP TABLE things; CREATE TABLE things (id TEXT PRIMARY KEY, name TEXT AS (id))", false),
    ] {
        let folder = Folder::new();
        let to = filled(&folder.file()).await;
        by_hand(&folder.file(), sql);
        let claim = to.claim("main", "w1").await.unwrap();
        match to.prepare(&things()).await {
            Ok(()) if mended => drop(to.load(&claim, rows(&[json!(["b", 1, "B", 1, 1])]), None).await.unwrap()),
            Err(refused) if !mended => assert_eq!(refused.code(), &codes::DST_SHAPE, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    let folder = Folder::new();
    let to = filled(&folder.file()).await;
    let claim = to.claim("main", "w1").await.unwrap();
    by_hand(&folder.file(), "CREATE UNIQUE INDEX i ON things (name)");
    let refused = to.load(&claim, rows(&[json!(["b", 1, "A", 1, 1])]), None).await.unwrap_err();
    assert_eq!(refused.code(), &codes::DST_SHAPE, "a constraint made by hand");
    by_hand(&folder.file(), "DROP TABLE things");
    let refused = to.load(&claim, rows(&[json!(["b", 1, "A", 1, 1])]), None).await.unwrap_err();
    assert_eq!(refused.code(), &codes::DST_SHAPE, "gone while we ran");
}
