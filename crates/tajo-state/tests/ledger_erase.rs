//! Erasure: no byte of a person stays, and they do not come back.

#![allow(clippy::unwrap_used, reason = "tests panic where something is wrong")]

mod book;

use std::path::Path;

use book::{conflict, contact, effect, link};
use tajo_core::trip::Trip;
use tajo_state::{BrevoRow, Conflict, Effect, EffectState, Erase, Import, ImportState, Ledger, Link, LinkState};

const EMAIL: &str = "canary@mail.example";
const PHONE: &str = "15557654321";
const ID: &str = "canaryid0000";
const OTHERS: i64 = 400;

fn hits(home: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(home).unwrap() {
        let path = file.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase();
        let count: usize = ["canary@", PHONE, ID].iter().map(|canary| text.matches(canary).count()).sum();
        if count > 0 {
            found.push(format!("{}: {count}", path.file_name().unwrap().display()));
        }
    }
    found
}

fn row(id: i64, email: &str, note: &str) -> BrevoRow {
    BrevoRow { sms: Some(format!("1{id}")), ..contact(id, email, &format!(r#"{{"email":"{email}","note":"{note}"}}"#)) }
}

/// The person among others, written and rewritten so that rows move about in the file.
fn live(ledger: &Ledger) {
    let person = |note: &str| BrevoRow { sms: Some(PHONE.into()), ext_id: Some(ID.into()), ..row(9_000, EMAIL, note) };
    for round in 1..5 {
        let long = "n".repeat(97 * round);
        for chunk in (0..OTHERS).collect::<Vec<_>>().chunks(20) {
            ledger
                .write(|w| {
                    for n in chunk {
                        // Ids out of order, so that pages are split everywhere.
                        let id = n * 7_919 % 1_000;
                        w.put_link(&Link {
                            base: format!(r#"{{"N":"{long}{round}"}}"#),
                            ..link(&format!("{id:012}"), Some(id))
                        })?;
                        w.put_brevo(&row(id, &format!("p{id}@mail.example"), &long), 1)?;
                        if round == 2 {
                            w.begin(&effect(&format!("e{n}"), "r1", *n, &format!("{id:012}")))?;
                        }
                    }
                    w.put_link(&Link { base: format!(r#"{{"email":"{EMAIL}","N":"{long}"}}"#), ..link(ID, Some(9_000)) })?;
                    w.put_brevo(&person(&long), 1)
                })
                .unwrap();
        }
    }
}

/// What a sync writes down about the person beside the link and the mirror.
fn note(ledger: &Ledger) {
    let intent = Some(format!(r#"{{"email":"{}"}}"#, EMAIL.to_uppercase()));
    ledger
        .write(|w| {
            w.begin(&effect("f1", "r1", 9_001, ID))?;
            w.begin(&Effect { intent, ..effect("f2", "r1", 9_002, "") })?;
            w.begin(&Effect { target: "9000".into(), ..effect("f3", "r1", 9_003, "") })?;
            w.settle("e3", EffectState::Failed, Some(&format!("SMS {PHONE} is taken")))?;
            w.put_conflict(&conflict(ID, "\"a\"", "2026-11-20T10:00:00Z"))?;
            w.put_conflict(&Conflict {
                right: format!("\"{EMAIL}\""),
                ..conflict("000000000000", "\"a\"", "2026-11-20T10:00:00Z")
            })?;
            w.put_link(&Link { state: LinkState::Merged, detail: Some(ID.into()), ..link("leadoftheirs", None) })?;
            assert!(w.claim_event(&format!("closed:{ID}:77"))?);
            assert!(w.claim_event("event:brevo-9000:ordered:77")?);
            assert!(w.claim_event("event:brevo-90001:ordered:9000")?);
            assert!(w.claim_event("closed:000000000000:78")?);
            let detail = Some(format!("Rejected: {EMAIL}"));
            let (chunk, run_id) = ("c1".into(), "r1".into());
            w.put_import(&Import { chunk, run_id, process_id: Some(1), state: ImportState::Sent, rows: 9, detail })
        })
        .unwrap();
}

#[test]
fn no_byte_of_an_erased_person_stays_in_the_file() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path(), "main", Trip::default()).unwrap();
    live(&ledger);
    note(&ledger);
    assert!(!hits(home.path()).is_empty(), "the canary is there before");
    let who = Erase {
        intercom_ids: vec![ID.into()],
        brevo_ids: vec![9_000],
        identities: vec![EMAIL.to_uppercase(), format!("+{PHONE}")],
    };
    let gone = ledger.write(|w| w.erase(&who)).unwrap();
    ledger.scrub().unwrap();
    assert_eq!(hits(home.path()), Vec::<String>::new());
    // Two links, one contact, four effects, two conflicts, two events, one note.
    assert_eq!(gone, 12);
    assert!(ledger.was_sent("event:brevo-9000:ordered:77").unwrap().is_none());
    assert!(ledger.was_sent("event:brevo-90001:ordered:9000").unwrap().is_some());
    assert_eq!(ledger.count_brevo().unwrap(), OTHERS as u64);
    assert_eq!(ledger.count_links().unwrap().live, OTHERS as u64);
    assert_eq!(ledger.effects_of_run("r1", -1, 9_999).unwrap().len(), OTHERS as usize - 1);
    assert_eq!(ledger.was_sent("closed:000000000000:78").unwrap().map(|state| state.word()), Some("planned"));
    assert_eq!(ledger.open_imports().unwrap()[0].detail, None);
    assert_eq!(ledger.write(|w| w.erase(&who)).unwrap(), 0, "a second time there is nothing");
}

#[test]
fn copies_that_moving_rows_leave_behind_are_gone_too() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path(), "main", Trip::default()).unwrap();
    // Rows of every length, in no order, rewritten longer: pages are split and balanced everywhere.
    let note = |n: i64| "n".repeat((n * 37 % 890) as usize + 10);
    let mail = |id: i64| if id % 7 == 0 { format!("canary@m{id}.example") } else { format!("p{id}@mail.example") };
    for batch in (0..3_000).collect::<Vec<i64>>().chunks(50) {
        let rows = batch.iter().flat_map(|n| {
            let (id, earlier) = (n * 1_009 % 3_000, n * 13 % (n + 1) * 1_009 % 3_000);
            [(id, note(*n)), (earlier, note(n + 400))]
        });
        let rows: Vec<BrevoRow> = rows.map(|(id, note)| row(id, &mail(id), &note)).collect();
        ledger.write(|w| rows.iter().try_for_each(|row| w.put_brevo(row, 1))).unwrap();
    }
    let who = Erase { identities: (0..3_000).step_by(7).map(mail).collect(), ..Erase::default() };
    assert_eq!(ledger.write(|w| w.erase(&who)).unwrap(), 429);
    ledger.scrub().unwrap();
    assert_eq!(hits(home.path()), Vec::<String>::new());
}

#[test]
fn an_erased_person_is_known_by_hash_alone() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path(), "main", Trip::default()).unwrap();
    assert!(!ledger.is_erased(EMAIL).unwrap());
    let who = Erase { identities: vec![EMAIL.into(), format!("+{PHONE}")], intercom_ids: vec![ID.into()], ..Erase::default() };
    ledger.write(|w| w.erase(&who)).unwrap();
    ledger.scrub().unwrap();
    let other = Ledger::open(home.path(), "other", Trip::default()).unwrap();
    let ledger = Ledger::open(home.path(), "main", Trip::default()).unwrap();
    for identity in [EMAIL, " Canary@Mail.Example ", PHONE, "+15557654321", ID] {
        assert!(ledger.is_erased(identity).unwrap(), "{identity}");
        assert!(!other.is_erased(identity).unwrap(), "another workspace's erasure is its own");
    }
    assert!(!ledger.is_erased("anary@mail.example").unwrap());
    let hash = |home: &Path| -> Vec<u8> {
        let file = rusqlite::Connection::open(home.join("state.db")).unwrap();
        file.query_row("SELECT hash FROM erased ORDER BY hash LIMIT 1", [], |row| row.get(0)).unwrap()
    };
    let elsewhere = tempfile::tempdir().unwrap();
    Ledger::open(elsewhere.path(), "main", Trip::default()).unwrap().write(|w| w.erase(&who)).unwrap();
    assert_ne!(hash(home.path()), hash(elsewhere.path()), "every file has a salt of its own");
}

#[test]
fn ids_that_belong_together_are_erased_together() {
    let ledger = book::ledger();
    for known in ["mail", "brevo", "intercom"] {
        ledger
            .write(|w| {
                w.put_link(&link(ID, Some(5)))?;
                w.put_link(&link("a", Some(6)))?;
                w.put_brevo(&row(5, EMAIL, ""), 1)?;
                w.put_brevo(&row(6, "eve@mail.example", ""), 1)?;
                let who = Erase {
                    identities: if known == "mail" { vec![EMAIL.into()] } else { vec![] },
                    brevo_ids: if known == "brevo" { vec![5] } else { vec![] },
                    intercom_ids: if known == "intercom" { vec![ID.into()] } else { vec![] },
                };
                assert_eq!(w.erase(&who)?, 2, "{known}");
                Ok(())
            })
            .unwrap();
        assert_eq!((ledger.link(ID).unwrap(), ledger.brevo(5).unwrap()), (None, None));
        assert_eq!(ledger.count_brevo().unwrap(), 1, "{known}");
    }
}

#[test]
fn a_ledger_in_memory_can_be_scrubbed_too() {
    book::ledger().scrub().unwrap();
}
