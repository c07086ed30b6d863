//! On demand: `cargo test --release -p tajo-sim --test brevo -- --ignored --nocapture a_million`

use std::time::Instant;

use serde_json::Value;

use crate::asking::twin;

const ROWS: usize = 22_000;
const CONTACTS: usize = 1_000_000;

fn row(n: usize) -> String {
    format!(
        r#"{{"email":"person{n}@people.example","attributes":{{"EXT_ID":"6762f0dd{n:016x}","FIRSTNAME":"Augusta","LASTNAME":"Byron of Lovelace","SMS":"4915{n:09}","JOB_TITLE":"Head of engines","COMPANY":"Analytical Engines {n}","PLAN":"enterprise","SIGNED_UP":"2026-09-21","LOGINS":{n},"ROLE":"user","VIP":true}}}}"#
    )
}

/// Resident memory of this process in MB, where the system tells.
fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

#[tokio::test(start_paused = true)]
#[ignore = "takes a minute in a debug build"]
async fn a_million_contacts_of_ten_attributes_fit() {
    let typed =
        [("COMPANY", "text"), ("PLAN", "text"), ("SIGNED_UP", "date"), ("LOGINS", "float"), ("ROLE", "text"), ("VIP", "boolean")];
    let twin = twin(|o| {
        o.import_ms = 0;
        o.attributes.extend(typed.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    });
    let mut took = Vec::new();
    for from in (0..CONTACTS).step_by(ROWS) {
        let rows: Vec<String> = (from..(from + ROWS).min(CONTACTS)).map(row).collect();
        let body = format!(r#"{{"jsonBody":[{}],"listIds":[35]}}"#, rows.join(","));
        let start = Instant::now();
        assert_eq!(twin.call_raw("POST", "/contacts/import", body).await.status, 202);
        assert_eq!(twin.brevo.len(), (from + ROWS).min(CONTACTS));
        took.push(start.elapsed().as_millis());
    }
    took.sort_unstable();
    println!("imports: median {} ms, slowest {:?}; {} MB in all", took[took.len() / 2], took.last(), memory_mb());
    let start = Instant::now();
    for offset in (0..CONTACTS).step_by(1000) {
        let page = twin.raw(&format!("/contacts?limit=1000&sort=asc&offset={offset}")).await;
        assert_eq!(page.matches("\"createdAt\"").count(), 1000);
    }
    println!("a walk of 1000 pages: {} ms", start.elapsed().as_millis());
    let start = Instant::now();
    let newest = twin.get("/contacts?limit=1000&modifiedSince=2030-01-01").await;
    assert_eq!(newest.body["contacts"], Value::Array(Vec::new()));
    println!("a poll that finds nothing: {} ms", start.elapsed().as_millis());
    assert!(memory_mb() < 1500, "{} MB", memory_mb());
}
