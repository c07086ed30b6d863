//! How fast the ledger is with a million links. Run with
//! `cargo test --release -p tajo-state --test ledger_speed -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests panic where something is wrong")]

mod book;

use std::time::Instant;

use book::{contact, link};
use tajo_core::trip::Trip;
use tajo_state::{Ledger, Link};

const ROWS: i64 = 1_000_000;
const BATCH: usize = 10_000;

/// The n-th number of a walk over all, in no order.
fn scattered(n: i64) -> i64 {
    n * 611_953 % ROWS
}

fn id(n: i64) -> String {
    format!("{:024x}", 0x66aa_0000_0000_i64 + n)
}

fn measured(what: &str, work: impl FnOnce()) {
    let begin = Instant::now();
    work();
    println!("{what}: {:.1} µs each", begin.elapsed().as_secs_f64() * 1e6 / ROWS as f64);
}

#[test]
#[ignore = "measures; run it in release"]
fn a_million_links() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path(), "main", Trip::default()).unwrap();
    let base = format!(r#"{{"FULLNAME":"Ada Byron","SIGNUP_DATE":"2026-11-20","NOTE":"{}"}}"#, "n".repeat(160));
    let body = format!(r#"{{"attributes":{{"NOTE":"{}"}}}}"#, "n".repeat(300));
    let numbers: Vec<i64> = (0..ROWS).collect();
    let in_batches = |put: &dyn Fn(&mut tajo_state::Write<'_>, i64) -> tajo_core::error::Result<()>| {
        for batch in numbers.chunks(BATCH) {
            ledger.write(|w| batch.iter().try_for_each(|n| put(w, *n))).unwrap();
        }
    };
    let given = |n: i64, dirty| Link { base: base.clone(), dirty, ..link(&id(n), Some(n)) };
    measured("put_link, new", || in_batches(&|w, n| w.put_link(&given(scattered(n), false))));
    measured("put_link, again", || in_batches(&|w, n| w.put_link(&given(n, false))));
    let mail = |n: i64| format!("person{n}@mail.example");
    measured("put_brevo, new", || in_batches(&|w, n| w.put_brevo(&contact(n, &mail(n), &body), 1)));
    measured("put_brevo, seen again", || in_batches(&|w, n| w.put_brevo(&contact(n, &mail(n), &body), 2)));
    let all = |look: &dyn Fn(i64) -> bool| assert!((0..ROWS).all(|n| look(scattered(n))));
    measured("link", || all(&|n| ledger.link(&id(n)).unwrap().is_some()));
    measured("link_of_brevo", || all(&|n| ledger.link_of_brevo(n).unwrap().is_some()));
    measured("brevo", || all(&|n| ledger.brevo(n).unwrap().is_some()));
    measured("brevo_by_email", || all(&|n| ledger.brevo_by_email(&mail(n)).unwrap().is_some()));
    measured("link, in order", || assert!((0..ROWS).all(|n| ledger.link(&id(n)).unwrap().is_some())));
    measured("is_erased", || all(&|n| !ledger.is_erased(&mail(n)).unwrap()));
    measured("set_all_dirty", || ledger.write(|w| w.set_all_dirty()).unwrap());
    measured("count_links", || assert_eq!(ledger.count_links().unwrap().live, ROWS as u64));
    measured("brevo_unseen", || assert!(ledger.brevo_unseen(2).unwrap().is_empty()));
    measured("scrub", || ledger.scrub().unwrap());
    let (file, log) = (size(folder.path(), "state.db"), size(folder.path(), "state.db-wal"));
    println!("file: {file} bytes a row; log: {log}; peak of memory: {} KB", peak());
}

fn size(home: &std::path::Path, name: &str) -> u64 {
    std::fs::metadata(home.join(name)).unwrap().len() / ROWS as u64
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    line.trim().trim_end_matches(" kB").to_string()
}
