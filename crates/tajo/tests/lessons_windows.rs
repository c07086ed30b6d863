//! `--since` and intervals: what they read, what they leave out, and what they promise afterwards.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod support;

use std::time::Duration;

use support::{Bench, NOW, everything, only, options, report};
use tajo_core::Table;
use tajo_engine::extract::Wanted;
use tajo_intercom::resources;
use tajo_sim::{Fault, Options};
use tokio::time::advance;

const DAY: i64 = 86_400;
const DATED: [&str; 4] = ["contacts", "companies", "conversations", "articles"];

fn town(zone: &str) -> Options {
    Options { contacts: 150, companies: 60, conversations: 60, articles: 30, spread_days: 30, timezone: zone.into(), ..options() }
}

/// Every row of the tables that a change time orders, as text.
async fn all(bench: &Bench) -> Vec<String> {
    let mut out = Vec::new();
    for spec in resources::RESOURCES.iter().filter(|s| DATED.contains(&s.name) || s.name == "conversation_parts") {
        let links = spec.links.iter().map(|l| (l.table.to_string(), l.columns.join(", ")));
        // When it was fetched is no part of the record.
        let columns = Table::of(spec).columns.into_iter().map(|c| c.name).filter(|n| n != "_synced_at");
        let columns: Vec<String> = columns.map(|name| format!("\"{name}\"")).collect();
        for (table, columns) in std::iter::once((spec.name.to_string(), columns.join(", "))).chain(links) {
            let rows = bench.query(&format!("SELECT {columns} FROM {table} ORDER BY 1, 2")).await;
            out.extend(rows.into_iter().map(|row| format!("{table}: {}", row.join("|"))));
        }
    }
    out
}

/// B-23: intervals tile: their union is the full load, without loss and without a row twice.
// Shows: B-23.
#[tokio::test(start_paused = true)]
async fn adjacent_intervals_give_the_same_rows_as_one_full_load() {
    for (version, zone) in [("2.14", "Asia/Tokyo"), ("2.14", "America/Los_Angeles"), ("2.17", "UTC")] {
        let (whole, sliced) = (Bench::at(version, town(zone)), Bench::at(version, town(zone)));
        whole.sync().await;
        // Uneven pieces, in no order, with bounds inside days.
        let mut bounds: Vec<i64> = (0..9).map(|n| NOW - 31 * DAY + n * (4 * DAY - 3_333)).chain([0, NOW + 1]).collect();
        bounds.sort_unstable();
        let mut pieces: Vec<(i64, i64)> = bounds.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pieces.rotate_left(4);
        let mut written = std::collections::BTreeMap::<&str, u64>::new();
        for between in pieces {
            let run = sliced.run(&Wanted { between: Some(between), ..everything() }).await;
            assert_eq!((run.outcome, run.exit), ("complete", 0), "{:?}", run.errors);
            for name in DATED {
                assert_eq!((report(&run, name).mode, report(&run, name).watermark), ("interval", None), "{name}");
                *written.entry(name).or_default() += report(&run, name).rows_written;
            }
        }
        let (expect, got) = (all(&whole).await, all(&sliced).await);
        assert_eq!(got.len(), expect.len(), "{version} {zone}");
        let differing: Vec<_> = expect.iter().zip(&got).filter(|(a, b)| a != b).take(3).collect();
        assert!(differing.is_empty(), "{version} {zone}: {differing:#?}");
        for (name, times) in written {
            assert_eq!(times, sliced.count(name).await as u64, "{name}: each row belongs to one interval");
        }
        // An interval moves nothing: the next plain run reads from the beginning and finds all of it there.
        let plain = sliced.sync().await;
        assert_eq!(report(&plain, "contacts").mode, "full");
        assert_eq!(support::changes(&plain), 0);
    }
}

/// B-23: each bound counts to the second: the first belongs to it, the last does not.
#[tokio::test(start_paused = true)]
async fn an_interval_begins_with_its_first_second_and_ends_before_its_last() {
    for version in ["2.14", "2.17"] {
        let bench = Bench::at(version, town("America/Los_Angeles"));
        for name in DATED {
            let mut times: Vec<i64> = Vec::new();
            for id in bench.town.ids(name) {
                times.push(bench.town.record(name, &id).unwrap()["updated_at"].as_i64().unwrap());
            }
            times.sort_unstable();
            let (start, end) = (times[times.len() / 3], times[times.len() * 2 / 3]);
            let own = Bench::at(version, town("America/Los_Angeles"));
            own.run(&Wanted { between: Some((start, end)), ..only(&[name]) }).await;
            let expect = times.iter().filter(|t| start <= **t && **t < end).count();
            assert_eq!(own.count(name).await, expect, "{version} {name}");
        }
    }
}

/// T-101: older records are left out, to the second, also where the search knows only days.
// Shows: T-101.
#[tokio::test(start_paused = true)]
async fn since_leaves_out_what_changed_earlier() {
    for version in ["2.11", "2.17"] {
        for zone in ["UTC", "Asia/Tokyo", "America/Los_Angeles"] {
            let bench = Bench::at(version, town(zone));
            let since = NOW - 7 * DAY - 4_321;
            let run = bench.run(&Wanted { since: Some(since), ..everything() }).await;
            assert_eq!(run.outcome, "complete");
            for name in DATED {
                let newer = bench
                    .town
                    .ids(name)
                    .into_iter()
                    .filter(|id| bench.town.record(name, id).unwrap()["updated_at"].as_i64().unwrap() >= since);
                assert_eq!(bench.count(name).await, newer.count(), "{version} {zone} {name}");
            }
            assert_eq!(bench.count("tags").await, 14, "what has no change time is read whole");
        }
    }
}

/// A `since` beyond the watermark would leave a gap: it must not move the watermark over it.
#[tokio::test(start_paused = true)]
async fn a_since_beyond_the_watermark_does_not_move_it() {
    let bench = Bench::new(town("UTC"));
    let names = ["contacts", "conversations", "articles"];
    let first = bench.run(&only(&names)).await;
    advance(Duration::from_secs(2 * 86_400)).await;
    let (contact, conversation) = (&bench.town.ids("contacts")[4], &bench.town.ids("conversations")[4]);
    bench.town.touch_contact(contact);
    bench.town.close_conversation(conversation);
    bench.town.touch_article(&bench.town.ids("articles")[4]);
    advance(Duration::from_secs(2 * 86_400)).await;
    let late = bench.run(&Wanted { since: Some(NOW + 3 * DAY), ..only(&names) }).await;
    for name in names {
        assert_eq!(report(&late, name).rows_written, 0, "{name}");
        assert_eq!(report(&late, name).watermark, report(&first, name).watermark, "{name}: it stays");
    }
    bench.sync().await;
    assert_eq!(bench.differences().await, Vec::<String>::new());
}

/// The same for companies: what was left out is not complete up to now.
#[tokio::test(start_paused = true)]
async fn a_since_beyond_the_watermark_does_not_move_that_of_companies() {
    let bench = Bench::new(town("UTC"));
    let first = bench.run(&only(&["companies"])).await;
    advance(Duration::from_secs(2 * 86_400)).await;
    bench.town.touch_company(&bench.town.ids("companies")[4]);
    advance(Duration::from_secs(2 * 86_400)).await;
    let late = bench.run(&Wanted { since: Some(NOW + 3 * DAY), ..only(&["companies"]) }).await;
    assert_eq!(report(&late, "companies").rows_written, 0);
    assert_eq!(report(&late, "companies").watermark, report(&first, "companies").watermark);
}

/// A `since` before the watermark reads more, and the watermark moves on as usual.
#[tokio::test(start_paused = true)]
async fn a_since_before_the_watermark_moves_it_on() {
    let bench = Bench::new(town("Asia/Tokyo"));
    bench.sync().await;
    advance(Duration::from_secs(2 * 86_400)).await;
    bench.town.touch_contact(&bench.town.ids("contacts")[9]);
    advance(Duration::from_secs(2_000)).await;
    let run = bench.run(&Wanted { since: Some(NOW - DAY), ..everything() }).await;
    assert_eq!(report(&run, "contacts").rows_written, 1);
    assert_eq!(report(&run, "contacts").watermark, Some(NOW + 2 * DAY + 2_000 - 900));
    assert_eq!(bench.differences().await, Vec::<String>::new());
}

/// A run that failed leaves the watermark where it was, and the next one reads what it owes.
#[tokio::test(start_paused = true)]
async fn a_failed_run_owes_what_it_did_not_read() {
    let bench = Bench::new(town("UTC"));
    let first = bench.sync().await;
    for round in 1..4_u64 {
        bench.town.touch_contact(&bench.town.ids("contacts")[round as usize]);
        bench.town.reply(&bench.town.ids("conversations")[round as usize], "again");
        bench.town.touch_article(&bench.town.ids("articles")[round as usize]);
        for path in ["/contacts/search", "/conversations/search", "/articles"] {
            bench.town.faults().chance_on(path, Fault::ServerError, 1000);
        }
        advance(Duration::from_secs(86_400)).await;
        let run = bench.sync().await;
        assert_eq!((run.outcome, run.exit), ("partial", 6));
        for name in ["contacts", "conversations", "articles"] {
            assert_eq!(report(&run, name).watermark, report(&first, name).watermark, "{name}");
        }
        bench.town.faults().clear();
    }
    assert_eq!(bench.sync().await.outcome, "complete");
    assert_eq!(bench.differences().await, Vec::<String>::new());
}

/// An interrupted first run, then one with `--since`: the plain run after them still owes the rest of the first.
#[tokio::test(start_paused = true)]
async fn a_since_after_an_interrupted_first_run_does_not_forget_the_first() {
    let bench = Bench::new(Options { contacts: 1_500, latency_ms: 200, ..town("UTC") });
    let to = tajo_dest::sqlite::SqliteDestination::open(&bench.path).unwrap();
    let client = support::intercom(&bench.town, "2.14");
    let stop = tokio::time::sleep(Duration::from_millis(900));
    let wanted = only(&["contacts"]);
    let cut = tajo::warehouse::load(&client, "test", &wanted, &to, |_| (), stop).await.unwrap();
    assert_eq!(cut.outcome, "interrupted");
    drop(to);
    assert!((1..1_500).contains(&bench.count("contacts").await), "cut in the middle");
    bench.run(&Wanted { since: Some(NOW - DAY), ..only(&["contacts"]) }).await;
    bench.sync().await;
    assert_eq!(bench.count("contacts").await, 1_500, "the first run asked for all of them");
}
