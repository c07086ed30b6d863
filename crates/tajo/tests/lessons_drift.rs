//! Complaint 18: Intercom adds a field, or a value comes in another type; nothing stops and nothing is lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Bench, Tap, changes, everything, only, options, report};
use tajo_core::codes;
use tajo_sim::Options;
use tokio::time::advance;

fn town() -> Options {
    Options { contacts: 60, companies: 20, conversations: 20, spread_days: 20, ..options() }
}

/// Fields that nobody declared land in `_extra`, as they were sent.
// Shows: B-12.
#[tokio::test(start_paused = true)]
async fn unknown_fields_land_in_the_overflow_column() {
    let bench = Bench::new(Options { unknown_fields: true, ..town() });
    bench.sync().await;
    for table in ["contacts", "companies", "conversations"] {
        let total = bench.count(table).await.to_string();
        let with = format!("SELECT count(*) FROM {table} WHERE json_extract(_extra, '$.sim_unknown') IS NOT NULL");
        assert_eq!(bench.value(&with).await, total, "{table}");
        let columns = bench.query(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
        assert!(columns.iter().all(|c| c[0] != "sim_unknown"), "an unknown key never becomes a column");
    }
    assert_eq!(bench.differences().await, Vec::<String>::new());
}

/// Columns and their declared types are the same after every run, whatever comes.
// Shows: B-12.
#[tokio::test(start_paused = true)]
async fn the_shape_of_the_tables_is_the_declaration_and_stays() {
    let bench = Bench::new(town());
    bench.sync().await;
    let shape = async || bench.query("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").await;
    let before = shape().await;
    let tap = Tap::json(&bench.town, "/contacts/search", |answer| {
        for contact in answer["data"].as_array_mut().unwrap() {
            contact["brand_new"] = json!({"deep": [1, 2]});
            contact["name"] = json!({"first": "Ada"});
        }
    });
    bench.town.touch_contact(&bench.town.ids("contacts")[0]);
    advance(Duration::from_secs(10)).await;
    bench.run_through(tap, &everything()).await;
    assert_eq!(shape().await, before);
    let times =
        bench.query("SELECT DISTINCT typeof(updated_at) || ' ' || (updated_at GLOB '????-??-??T??:??:??Z') FROM contacts").await;
    assert_eq!(times, [["text 1"]], "moments are UTC text, never numbers");
    for (table, key) in [("contacts", "id"), ("companies", "id"), ("conversations", "id"), ("articles", "id"), ("tags", "id")] {
        let pk = bench.query(&format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0")).await;
        assert_eq!(pk, [[key]], "{table}");
    }
}

type Drift = (&'static str, fn(&mut Value), &'static str, &'static str);

/// A value of another type than its column goes to `_extra` and the row is stored.
#[tokio::test(start_paused = true)]
async fn values_of_another_type_are_kept_aside_and_never_stop_a_stream() {
    let drifts: [Drift; 9] = [
        ("name as an object", |c| c["name"] = json!({"first": "Ada"}), "json_extract(_extra, '$.name.first')", "Ada"),
        ("name missing", |c| drop(c.as_object_mut().unwrap().remove("name")), "coalesce(name, 'none')", "none"),
        ("a flag as text", |c| c["has_hard_bounced"] = json!("yes"), "json_extract(_extra, '$.has_hard_bounced')", "yes"),
        ("an id as a number", |c| c["external_id"] = json!(9_007_199_254_740_993_i64), "external_id", "9007199254740993"),
        ("seconds as text", |c| c["signed_up_at"] = json!("1700000000"), "signed_up_at", "2023-11-14T22:13:20Z"),
        ("milliseconds", |c| c["signed_up_at"] = json!(1_700_000_000_123_i64), "signed_up_at", "2023-11-14T22:13:20Z"),
        ("RFC 3339", |c| c["signed_up_at"] = json!("2023-11-14T22:13:20+00:00"), "signed_up_at", "2023-11-14T22:13:20Z"),
        ("before 1970", |c| c["signed_up_at"] = json!(-86_400), "signed_up_at", "1969-12-31T00:00:00Z"),
        ("a list for a moment", |c| c["last_seen_at"] = json!([1]), "json_extract(_extra, '$.last_seen_at')", "[1]"),
    ];
    for (what, change, shown, expect) in drifts {
        let bench = Bench::new(town());
        let tap = Tap::json(&bench.town, "/contacts/search", move |answer| {
            answer["data"].as_array_mut().unwrap().iter_mut().for_each(change);
        });
        let run = bench.run_through(tap, &only(&["contacts"])).await;
        assert_eq!((run.outcome, bench.count("contacts").await), ("complete", 60), "{what}: {:?}", run.errors);
        let values = bench.query(&format!("SELECT DISTINCT {shown} FROM contacts")).await;
        assert_eq!(values, [[expect]], "{what}");
    }
}

/// `updated_at` in milliseconds orders and filters like seconds.
#[tokio::test(start_paused = true)]
async fn change_times_in_milliseconds_are_understood() {
    let bench = Bench::new(town());
    let tap = || {
        Tap::json(&bench.town, "/", |answer| {
            for list in ["data", "conversations"] {
                for record in answer[list].as_array_mut().into_iter().flatten() {
                    for field in ["created_at", "updated_at"] {
                        if let Some(at) = record[field].as_i64() {
                            record[field] = json!(at * 1000 + 7);
                        }
                    }
                }
            }
        })
    };
    let run = bench.run_through(tap(), &everything()).await;
    assert_eq!(run.outcome, "complete", "{:?}", run.errors);
    assert_eq!(bench.differences().await, Vec::<String>::new());
    advance(Duration::from_secs(300)).await;
    assert_eq!(changes(&bench.run_through(tap(), &everything()).await), 0);
}

/// Link ids come as numbers from some versions and as text from others: they join all the same.
#[tokio::test(start_paused = true)]
async fn ids_in_links_join_whatever_their_type() {
    let bench = Bench::new(town());
    let tap = Tap::json(&bench.town, "/contacts/search", |answer| {
        for contact in answer["data"].as_array_mut().unwrap() {
            for tag in contact["tags"]["data"].as_array_mut().unwrap() {
                tag["id"] = json!(tag["id"].as_str().unwrap().parse::<i64>().unwrap());
            }
        }
    });
    bench.run_through(tap, &everything()).await;
    assert_eq!(bench.differences().await, Vec::<String>::new());
    let joined =
        bench.value("SELECT count(*) FROM contact_tags JOIN tags ON tags.id = tag_id JOIN contacts ON contacts.id = contact_id");
    assert_eq!(joined.await, bench.town.links("contact_tags").len().to_string());
}

/// A contact without a change time is a row too.
#[tokio::test(start_paused = true)]
async fn a_contact_without_a_change_time_is_stored_or_said() {
    for empty in [Value::Null, json!("soon"), json!({})] {
        let bench = Bench::new(town());
        let value = empty.clone();
        let tap = Tap::json(&bench.town, "/contacts/search", move |answer| answer["data"][3]["updated_at"] = value.clone());
        let run = bench.run_through(tap, &only(&["contacts"])).await;
        let said = run.exit != 0 || !report(&run, "contacts").warnings.is_empty();
        assert!(bench.count("contacts").await == 60 || said, "{empty}: a row is gone and nobody says so");
    }
}

/// A record that is no record names the drift and stops its own stream alone.
#[tokio::test(start_paused = true)]
async fn a_record_without_its_id_is_an_error_of_that_resource() {
    let bench = Bench::new(town());
    let tap = Tap::json(&bench.town, "/tags", |answer| {
        answer["data"][1].as_object_mut().unwrap().remove("id");
    });
    let run = bench.run_through(tap, &everything()).await;
    assert_eq!((run.outcome, run.exit), ("partial", 6));
    assert_eq!(run.errors[0]["code"], codes::INT_DRIFT.id);
    assert_eq!((run.errors.len(), bench.count("contacts").await), (1, 60));
}

/// The version asked for stands in every request and in the stored state.
// Shows: T-028, T-141, T-160, B-27.
#[tokio::test(start_paused = true)]
async fn every_version_is_asked_for_by_name_and_kept_with_the_state() {
    for version in ["2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "2.15", "2.16", "2.17"] {
        let bench = Bench::at(version, Options { unknown_fields: true, app_version: "2.8".into(), ..town() });
        let run = bench.sync().await;
        assert_eq!((run.outcome, run.exit), ("complete", 0), "{version}: {:?}", run.errors);
        assert_eq!(bench.differences().await, Vec::<String>::new(), "{version}");
        assert!(bench.town.calls().iter().all(|c| c.version.as_deref() == Some(version)), "{version}");
        let states = bench.query("SELECT DISTINCT json_extract(state, '$.release') FROM _tajo_state").await;
        assert_eq!(states, [[version]]);
        advance(Duration::from_secs(30)).await;
        assert_eq!(changes(&bench.sync().await), 0, "{version}");
    }
}
