//! The file under the ledger: older formats, several handles, and failures at every step.

#![allow(clippy::unwrap_used, reason = "tests panic where something is wrong")]

mod book;

use std::path::Path;

use book::{contact, effect, ledger, link};
use rusqlite::Connection;
use tajo_core::codes;
use tajo_core::error::{Error, Result};
use tajo_core::trip::Trip;
use tajo_state::{EffectState, Ledger, Runs};

/// `state.db` as version 0.1 wrote it.
const DOORS: [&str; 3] = ["keys", "connections", "inbox"];
const WITHOUT_5: &str = "DROP TRIGGER brevo_number_changed; DROP TRIGGER brevo_number_gone; DROP TRIGGER links_wait; \
    DROP TRIGGER links_wait_new; DROP INDEX links_waiting; \
    ALTER TABLE links DROP COLUMN waits_for; ";
const FORMAT_1: &str = "PRAGMA journal_mode = WAL; \
    CREATE TABLE runs (run_id TEXT NOT NULL PRIMARY KEY, connection TEXT NOT NULL, \
    started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP, outcome TEXT NOT NULL, report JSON TEXT NOT NULL); \
    CREATE INDEX runs_latest ON runs (connection, started_at); \
    INSERT INTO runs VALUES ('1', 'main', '2026-11-20T10:00:00Z', '2026-11-20T10:00:01Z', 'success', '{\"rows\":1}'); \
    PRAGMA user_version = 1; PRAGMA application_id = 1413565007;";

fn open(home: &Path) -> Ledger {
    Ledger::open(home, "main", Trip::default()).unwrap()
}

#[tokio::test]
async fn a_file_of_format_1_is_brought_up_and_keeps_its_runs() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("state.db");
    Connection::open(&file).unwrap().execute_batch(FORMAT_1).unwrap();
    let ledger = open(home.path());
    ledger.write(|w| w.put_link(&link("a", Some(1)))).unwrap();
    let runs = Runs::open(home.path()).unwrap();
    assert_eq!(runs.last("main").await.unwrap().unwrap().run_id, "1");
    assert_eq!(open(home.path()).link("a").unwrap(), Some(link("a", Some(1))));
    let format: i64 = Connection::open(&file).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(format, 5);
}

#[test]
fn a_file_of_format_2_is_brought_up_and_keeps_its_links() {
    let home = tempfile::tempdir().unwrap();
    open(home.path()).write(|w| w.put_link(&link("a", Some(1)))).unwrap();
    let without = |tables: &[&str], format| {
        let tables = tables.iter().map(|table| format!("DROP TABLE {table}; ")).collect::<String>();
        let back = format!("{WITHOUT_5}{tables}PRAGMA user_version = {format}");
        Connection::open(home.path().join("state.db")).unwrap().execute_batch(&back).unwrap();
    };
    without(&[], 4);
    assert_eq!(open(home.path()).link("a").unwrap(), Some(link("a", Some(1))), "a file of format 4");
    without(&DOORS, 3);
    assert_eq!(open(home.path()).link("a").unwrap(), Some(link("a", Some(1))), "a file of format 3");
    without(&[&DOORS[..], &["companies", "company_contacts"]].concat(), 2);
    let ledger = open(home.path());
    assert_eq!((ledger.link("a").unwrap(), ledger.company("a").unwrap()), (Some(link("a", Some(1))), None));
}

#[test]
fn a_file_that_is_not_what_it_says_is_left_alone() {
    for (harm, code) in [
        ("CREATE TABLE links (x)", &codes::STA_CORRUPT),
        ("PRAGMA user_version = 2", &codes::STA_CORRUPT),
        ("PRAGMA user_version = 3", &codes::STA_CORRUPT),
        ("PRAGMA user_version = 4", &codes::STA_CORRUPT),
        ("PRAGMA user_version = 5", &codes::STA_CORRUPT),
        ("PRAGMA user_version = 6", &codes::STA_NEWER),
        ("PRAGMA user_version = -1", &codes::STA_CORRUPT),
        ("ALTER TABLE runs RENAME TO races", &codes::STA_CORRUPT),
    ] {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("state.db");
        Connection::open(&file).unwrap().execute_batch(&format!("{FORMAT_1}{harm}")).unwrap();
        let schema = || -> String {
            let sql = "SELECT group_concat(name || coalesce(sql, '')) FROM sqlite_schema";
            Connection::open(&file).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let before = schema();
        let refused = Ledger::open(home.path(), "main", Trip::default()).err().unwrap();
        assert_eq!((refused.code(), schema()), (code, before), "{harm}");
    }
}

#[test]
fn a_state_changed_by_hand_is_an_error_and_not_a_guess() {
    let home = tempfile::tempdir().unwrap();
    let ledger = open(home.path());
    ledger.write(|w| w.put_link(&link("a", Some(1)))).unwrap();
    Connection::open(home.path().join("state.db")).unwrap().execute_batch("UPDATE links SET state = 'alive'").unwrap();
    assert_eq!(ledger.link("a").unwrap_err().code(), &codes::STA_CORRUPT);
}

#[test]
fn an_error_inside_a_transaction_leaves_nothing() {
    let ledger = ledger();
    let failed: Result<()> = ledger.write(|w| {
        w.put_link(&link("a", Some(1)))?;
        w.put_brevo(&contact(1, "a@mail.example", "{}"), 1)?;
        w.begin(&effect("e", "r", 1, "a"))?;
        w.set_mark("m", "1")?;
        assert!(w.claim_event("k")?);
        Err(Error::new(&codes::BRV_INVALID, "Refused"))
    });
    assert_eq!(failed.unwrap_err().code(), &codes::BRV_INVALID);
    assert_eq!((ledger.link("a").unwrap(), ledger.count_brevo().unwrap()), (None, 0));
    assert_eq!((ledger.open_effects().unwrap().len(), ledger.mark("m").unwrap()), (0, None));
    assert_eq!(ledger.was_sent("k").unwrap(), None);
}

#[test]
fn a_panic_inside_a_transaction_leaves_nothing_and_the_ledger_usable() {
    let ledger = ledger();
    let shared = std::panic::AssertUnwindSafe(ledger.clone());
    let broken = std::panic::catch_unwind(move || {
        let _: Result<()> = shared.write(|w| {
            w.set_mark("m", "1")?;
            std::panic::resume_unwind(Box::new("broken"))
        });
    });
    assert!(broken.is_err());
    assert_eq!(ledger.mark("m").unwrap(), None);
    ledger.write(|w| w.set_mark("m", "2")).unwrap();
}

#[test]
fn a_call_from_inside_a_transaction_is_refused_and_does_not_hang() {
    let ledger = ledger();
    let inner = ledger.clone();
    let refused = ledger.write(|_| inner.mark("m")).unwrap_err();
    assert_eq!(refused.code(), &codes::BUG);
    assert_eq!(ledger.write(|_| inner.write(|_| Ok(()))).unwrap_err().code(), &codes::BUG);
    assert_eq!(ledger.mark("m").unwrap(), None);
}

#[tokio::test]
async fn two_handles_and_the_runs_share_one_file() {
    let home = tempfile::tempdir().unwrap();
    let (one, two, other) = (open(home.path()), open(home.path()), Ledger::open(home.path(), "other", Trip::default()).unwrap());
    let runs = Runs::open(home.path()).unwrap();
    one.write(|w| w.put_link(&link("a", Some(1)))).unwrap();
    other.write(|w| w.put_link(&link("b", Some(1)))).unwrap();
    assert_eq!(two.link("a").unwrap(), Some(link("a", Some(1))));
    assert_eq!((two.link("b").unwrap(), other.link("a").unwrap()), (None, None), "connections do not see each other");
    assert_eq!(other.link_of_brevo(1).unwrap().unwrap().intercom_id, "b");
    assert_eq!(runs.last("main").await.unwrap(), None);
    let mark = two.apart(|ledger| ledger.write(|w| w.set_mark("m", "1")).and_then(|()| ledger.mark("m"))).await.unwrap();
    assert_eq!(mark.as_deref(), Some("1"));
    assert_eq!((one.mark("m").unwrap().as_deref(), other.mark("m").unwrap()), (Some("1"), None));
}

#[test]
fn writers_in_several_threads_and_handles_lose_nothing() {
    const EACH: usize = 50;
    let home = tempfile::tempdir().unwrap();
    let handles = [open(home.path()), open(home.path())];
    let claims: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let ledger = handles[n % 2].clone();
                scope.spawn(move || {
                    let claim = |event| {
                        ledger.write(|w| {
                            let id = format!("{n}-{event}");
                            w.put_link(&link(&id, None))?;
                            w.claim_event(&format!("event {event}"))
                        })
                    };
                    (0..EACH).filter(|event| claim(*event).unwrap()).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(claims, EACH, "each event is claimed by one of the four");
    assert_eq!(handles[0].count_links().unwrap().pending, 4 * EACH as u64);
}

#[test]
#[ignore = "waits five seconds for a lock"]
fn a_writer_waits_for_another_process_and_then_says_so() {
    let home = tempfile::tempdir().unwrap();
    let ledger = open(home.path());
    let holder = Connection::open(home.path().join("state.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = ledger.write(|w| w.set_mark("m", "1")).unwrap_err();
    assert_eq!(refused.code(), &codes::STA_BUSY);
    assert_eq!(ledger.mark("m").unwrap(), None, "reading goes on meanwhile");
    holder.execute_batch("COMMIT").unwrap();
    ledger.write(|w| w.set_mark("m", "1")).unwrap();
}

/// A little apply: three contacts are created in Brevo, each journalled before the call. `brevo` counts the creates.
fn apply(ledger: &Ledger, brevo: &mut Vec<String>) -> Result<()> {
    for effect in ledger.open_effects()? {
        // Read back: what is there was sent, and what is not there was not.
        let there = brevo.contains(&effect.link);
        let state = if there { EffectState::Confirmed } else { EffectState::Dropped };
        ledger.write(|w| {
            if there {
                w.put_link(&link(&effect.link, Some(effect.seq)))?;
            }
            w.settle(&effect.effect_id, state, None)
        })?;
    }
    for (seq, id) in (1..).zip(["a", "b", "c"]) {
        if ledger.link(id)?.is_some() {
            continue;
        }
        let tries = ledger.effects_of(id, 99)?.len();
        let planned = effect(&format!("{id}{tries}"), "run", seq, id);
        ledger.write(|w| w.begin(&planned))?;
        ledger.write(|w| w.sent(&planned.effect_id))?;
        brevo.push(id.to_string());
        ledger.write(|w| {
            w.put_link(&link(id, Some(seq)))?;
            w.put_brevo(&contact(seq, &format!("{id}@mail.example"), "{}"), 1)?;
            w.settle(&planned.effect_id, EffectState::Confirmed, None)
        })?;
    }
    ledger.write(|w| w.set_mark("left", "done"))
}

#[test]
fn a_failure_at_any_step_is_made_good_by_the_next_run_and_creates_nobody_twice() {
    let counting = Trip::counting();
    apply(&Ledger::in_memory(counting.clone()).unwrap(), &mut Vec::new()).unwrap();
    let steps = counting.passed();
    assert_eq!(steps, 20, "ten transactions, two steps each");
    for step in 1..=steps {
        let home = tempfile::tempdir().unwrap();
        let mut brevo = Vec::new();
        let ledger = Ledger::open(home.path(), "main", Trip::fail_at(step, &codes::DST_FAILED)).unwrap();
        assert!(apply(&ledger, &mut brevo).is_err(), "step {step}");
        drop(ledger);
        let ledger = open(home.path());
        apply(&ledger, &mut brevo).unwrap();
        assert_eq!(brevo, ["a", "b", "c"], "step {step}");
        let links = ledger.links("", 9).unwrap();
        assert_eq!(links, [link("a", Some(1)), link("b", Some(2)), link("c", Some(3))], "step {step}");
        assert!(ledger.open_effects().unwrap().is_empty(), "step {step}");
        assert_eq!(ledger.effect_counts("run").unwrap()["confirmed"], 3, "step {step}");
        assert_eq!(ledger.mark("left").unwrap().as_deref(), Some("done"));
    }
}

#[test]
fn one_handle_at_a_time_holds_the_ledger_of_a_connection() {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (open(home.path()), open(home.path()));
    first.hold().unwrap();
    first.clone().hold().unwrap();
    let refused = second.hold().unwrap_err();
    assert_eq!(refused.code(), &codes::STA_BUSY);
    assert!(refused.to_string().contains("state.db is in use by pid"), "{refused}");
    Ledger::open(home.path(), "another", Trip::default()).unwrap().hold().unwrap();
    second.write(|w| w.put_link(&link("a", Some(1)))).unwrap();
    drop(first);
    second.hold().unwrap();
    Ledger::in_memory(Trip::default()).unwrap().hold().unwrap();
}
