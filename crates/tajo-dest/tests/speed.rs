//! How fast rows go in. Run with `cargo test --release -p tajo-dest --test speed -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests panic where something is wrong")]

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use tajo_core::destination::{Destination, Load, Mode, Segment, StateNote};
use tajo_core::table::{Column, HASH, Kind, Table};
use tajo_dest::SqliteDestination;

const ROWS: usize = 20_000;
const PAGE: usize = 150;

/// Fifty columns: the kinds of a contact in their proportions.
fn table() -> Arc<Table> {
    let of = |name: String, kind| Column { name, path: vec![], kind, doc: String::new() };
    let mut columns = vec![of("id".into(), Kind::Text), of("updated_at".into(), Kind::Timestamp)];
    let kinds =
        [(Kind::Text, 25), (Kind::Timestamp, 10), (Kind::Boolean, 5), (Kind::Integer, 3), (Kind::Number, 1), (Kind::Json, 2)];
    for (kind, n) in kinds {
        columns.extend((0..n).map(|n| of(format!("{}_{n}", kind.name()), kind)));
    }
    columns.extend([of("_synced_at".into(), Kind::Timestamp), of(HASH.into(), Kind::Integer)]);
    Arc::new(Table {
        name: "contacts".into(),
        doc: String::new(),
        columns,
        key: vec!["id".into()],
        newest: Some("updated_at".into()),
    })
}

fn batch(table: &Table, first: usize, rows: usize, change: i64) -> RecordBatch {
    let arrays: Vec<ArrayRef> =
        table.columns.iter().enumerate().map(|(at, column)| column_of(column, at, first, rows, change)).collect();
    RecordBatch::try_new(table.arrow(), arrays).expect("the arrays fit the columns")
}

fn column_of(column: &Column, at: usize, first: usize, rows: usize, change: i64) -> ArrayRef {
    let ids = first..first + rows;
    // Every seventh value of a column is null, as in life.
    let some = |n: usize| !(n + at).is_multiple_of(7);
    match column.kind {
        _ if column.name == "id" => Arc::new(StringArray::from_iter_values(ids.map(|n| format!("{:024x}", n * 7_919_777)))),
        _ if column.name == "updated_at" => {
            let moments = ids.map(|n| 1_700_000_000 + n as i64 + change);
            Arc::new(TimestampSecondArray::from_iter_values(moments).with_timezone("UTC"))
        }
        _ if column.name == HASH => Arc::new(Int64Array::from_iter_values(ids.map(|n| n as i64 * 77 + change))),
        Kind::Text => {
            Arc::new(ids.map(|n| some(n).then(|| format!("{n}-{}", "lorem ipsum dolor sit ".repeat(2)))).collect::<StringArray>())
        }
        Kind::Json => {
            Arc::new(ids.map(|n| some(n).then(|| format!("{{\"k{n}\":\"{}\"}}", "value ".repeat(80)))).collect::<StringArray>())
        }
        Kind::Timestamp => {
            let moments = ids.map(|n| some(n).then_some(1_600_000_000 + n as i64 * 60));
            Arc::new(moments.collect::<TimestampSecondArray>().with_timezone("UTC"))
        }
        Kind::Boolean => Arc::new(ids.map(|n| some(n).then_some(n % 2 == 0)).collect::<BooleanArray>()),
        Kind::Integer => Arc::new(ids.map(|n| some(n).then_some(n as i64)).collect::<Int64Array>()),
        Kind::Number => Arc::new(ids.map(|n| some(n).then_some(n as f64 / 3.0)).collect::<Float64Array>()),
    }
}

/// CPU seconds of this process so far: of its own and in the system.
fn cpu() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.rsplit(')').next().unwrap_or("").split(' ').filter_map(|f| f.parse().ok()).collect();
    // After the state: utime and stime are the 11th and 12th number, in hundredths.
    fields.get(10..12).map_or((0.0, 0.0), |f| (f[0] / 100.0, f[1] / 100.0))
}

#[tokio::test]
#[ignore = "measures; run it in release"]
async fn twenty_thousand_contacts() {
    let folder = tempfile::tempdir().unwrap();
    let to = SqliteDestination::open(&folder.path().join("x.db")).unwrap();
    let table = table();
    let claim = to.claim("c", "w").await.unwrap();
    to.prepare(&table).await.unwrap();
    for (name, change, expect, pages) in [
        ("new", 0, ROWS, 1),
        ("unchanged", 0, 0, 1),
        ("changed", 1, ROWS, 1),
        ("unchanged, 20 pages a segment", 1, 0, 20),
        ("changed, 20 pages a segment", 2, ROWS, 20),
    ] {
        let batches: Vec<RecordBatch> =
            (0..ROWS).step_by(PAGE).map(|first| batch(&table, first, PAGE.min(ROWS - first), change)).collect();
        let (began, wall) = (cpu(), std::time::Instant::now());
        let mut written = 0;
        for pages in batches.chunks(pages) {
            let loads = pages.iter().map(|b| Load { table: table.clone(), batch: b.clone(), mode: Mode::Merge }).collect();
            let note = StateNote { stream: "contacts".into(), state: format!("{{\"at\":{change}}}") };
            let loaded = to.load(&claim, Segment { loads }, Some(note)).await.unwrap();
            written += loaded.tables.iter().map(|t| t.1 as usize).sum::<usize>();
        }
        let (user, system) = (cpu().0 - began.0, cpu().1 - began.1);
        let wall = wall.elapsed().as_secs_f64();
        println!("{name}: {:.2} CPU s ({user:.2} + {system:.2} system), {wall:.2} s, {written} written", user + system);
        assert_eq!(written, expect, "{name}");
    }
    let bytes = std::fs::metadata(folder.path().join("x.db")).unwrap().len();
    println!("{} bytes a row in the file", bytes / ROWS as u64);
}
