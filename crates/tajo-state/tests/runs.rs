//! Runs are remembered; a file that is not ours is refused and stays as it is.

use serde_json::json;
use tajo_core::codes;
use tajo_state::{Run, Runs};

fn run(id: &str, connection: &str, at: &str, outcome: &str) -> Run {
    Run {
        run_id: id.into(),
        connection: connection.into(),
        started_at: format!("2026-11-20T{at}Z"),
        finished_at: (outcome != "running").then(|| format!("2026-11-20T{at}Z")),
        outcome: outcome.into(),
        report: json!({"rows": 1, "say": "'\"\u{0}☃"}),
    }
}

#[tokio::test]
async fn the_latest_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("a").join("tajo");
    let runs = Runs::open(&home).unwrap();
    assert_eq!(runs.last("main").await.unwrap(), None);
    let all = [
        run("1", "main", "10:00:00", "success"),
        run("2", "main", "11:00:00", "running"),
        run("3", "other", "12:00:00", "success"),
        run("4", "main", "11:00:00", "failed"),
    ];
    for run in &all {
        runs.record(run).await.unwrap();
    }
    let runs = Runs::open(&home).unwrap();
    assert_eq!(runs.last("main").await.unwrap().as_ref(), Some(&all[3]));
    assert_eq!(runs.last_success("main").await.unwrap().as_ref(), Some(&all[0]));
    assert_eq!(runs.list("main", 2).await.unwrap(), [all[3].clone(), all[1].clone()]);
    let done = run("2", "main", "11:00:00", "success");
    runs.record(&done).await.unwrap();
    assert_eq!(runs.last_success("main").await.unwrap(), Some(done));
    assert_eq!(runs.list("main", 99).await.unwrap().len(), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(home.clone()), mode(home.join("state.db")), mode(home.join("state.db-wal"))), (0o700, 0o600, 0o600));
    }
}

#[tokio::test]
async fn what_is_not_ours_is_refused() {
    let alter = |sql: &'static str| {
        move |home: &std::path::Path| rusqlite::Connection::open(home.join("state.db")).unwrap().execute_batch(sql).unwrap()
    };
    type Harm = Box<dyn Fn(&std::path::Path)>;
    let cases: [(Harm, &codes::Code); 5] = [
        (Box::new(alter("PRAGMA user_version = 6")), &codes::STA_NEWER),
        (Box::new(alter("DROP TABLE runs")), &codes::STA_CORRUPT),
        (Box::new(alter("PRAGMA application_id = 1")), &codes::STA_CORRUPT),
        (Box::new(|home| std::fs::write(home.join("state.db"), "no database, this".repeat(400)).unwrap()), &codes::STA_CORRUPT),
        (
            Box::new(|home| {
                std::fs::remove_file(home.join("state.db")).and_then(|()| std::fs::create_dir(home.join("state.db"))).unwrap()
            }),
            &codes::DST_OPEN,
        ),
    ];
    for (at, (harm, code)) in cases.iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        drop(Runs::open(home.path()).unwrap());
        harm(home.path());
        for _ in 0..2 {
            let refused = Runs::open(home.path()).err().unwrap();
            assert_eq!(refused.code(), *code, "case {at}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_report_damaged_by_hand_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let runs = Runs::open(home.path()).unwrap();
    runs.record(&run("1", "main", "10:00:00", "success")).await.unwrap();
    rusqlite::Connection::open(runs.path()).unwrap().execute_batch("UPDATE runs SET report = '{'").unwrap();
    assert_eq!(runs.last("main").await.unwrap_err().code(), &codes::STA_CORRUPT);
}
