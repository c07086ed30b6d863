//! What is left of the rows of seed 002: hosts by region, and the tables that the seed lists, one by one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use support::{Bench, NOW, Tap, everything, only, options, report, sync_into};
use tajo_core::rest::Limits;
use tajo_intercom::{Intercom, Region, Version};
use tajo_sim::Options;
use tokio::time::advance;

fn town() -> Options {
    Options { contacts: 50, companies: 20, conversations: 12, articles: 40, spread_days: 30, ..options() }
}

/// A connection to a vendor host, whose requests end at the town.
fn connected(tap: &Tap, region: Region, version: &str) -> Intercom {
    let version: Version = version.parse().unwrap();
    Intercom::new(Arc::new(tap.clone()), support::TOKEN.into(), region, version, None, Limits::default()).unwrap()
}

// Shows: B-05, B-06, B-07, B-08, B-25, B-26, T-007, T-028.
#[tokio::test(start_paused = true)]
async fn every_request_goes_to_the_host_of_the_region_with_token_and_version() {
    for (region, name, host) in [
        (Region::default(), "US", "https://api.intercom.io/"),
        (Region::Us, "US", "https://api.intercom.io/"),
        (Region::Eu, "EU", "https://api.eu.intercom.io/"),
        (Region::Au, "AU", "https://api.au.intercom.io/"),
    ] {
        // `pages.next` names a host as well: it is not followed there.
        let bench = Bench::new(Options { region: name.into(), company_next: tajo_sim::CompanyNext::Url, ..town() });
        let tap = Tap::listening(&bench.town);
        sync_into(&connected(&tap, region, "2.11"), &everything(), &bench.path).await.unwrap();
        let log = tap.log();
        assert!(log.len() > 20, "{name}");
        for seen in log {
            assert!(seen.uri.starts_with(host), "{name}: {}", seen.uri);
            assert_eq!(seen.headers["authorization"], format!("Bearer {}", support::TOKEN));
            assert_eq!(seen.headers["intercom-version"], "2.11");
            assert_eq!(seen.headers["accept"], "application/json");
            assert!(seen.method == "GET" || seen.body.is_empty() || seen.headers["content-type"] == "application/json");
        }
    }
}

/// The example of seed 000 sends `Content-Type: application/json` with a GET, and T-024 asks for it on every request.
// Shows: T-024.
#[tokio::test(start_paused = true)]
async fn every_request_has_the_three_headers_of_the_example() {
    let bench = Bench::new(town());
    let tap = Tap::listening(&bench.town);
    sync_into(&connected(&tap, Region::Us, "2.11"), &everything(), &bench.path).await.unwrap();
    for seen in tap.log() {
        let has = |name: &str| seen.headers.contains_key(name);
        assert!(has("authorization") && has("content-type") && has("intercom-version"), "{} {}", seen.method, seen.uri);
    }
}

#[tokio::test(start_paused = true)]
async fn a_workspace_of_another_region_is_named_before_anything_is_read() {
    let bench = Bench::new(Options { region: "EU".into(), ..town() });
    let tap = Tap::listening(&bench.town);
    let error = sync_into(&connected(&tap, Region::Us, "2.14"), &everything(), &bench.path).await.unwrap_err();
    assert_eq!((error.code().id, error.kind().advice().exit), ("TJ-CFG-REGION", 78));
    assert!(error.remedy().contains("--region eu"), "{}", error.remedy());
    assert_eq!(tap.log().len(), 1);
    for wrong in ["uk", "europe", "", "us-east-1"] {
        assert!(wrong.parse::<Region>().unwrap_err().what().contains("us, eu and au"), "{wrong}");
    }
}

/// B-17: newest first, and no further than what is known.
// Shows: B-17.
#[tokio::test(start_paused = true)]
async fn articles_are_read_from_the_newest_and_only_as_far_as_they_changed() {
    let bench = Bench::new(Options { articles: 400, ..town() });
    let first = bench.run(&only(&["articles"])).await;
    assert_eq!(report(&first, "articles").rows_written, 400);
    advance(Duration::from_secs(3_600)).await;
    bench.town.touch_article(&bench.town.ids("articles")[7]);
    bench.town.add_article();
    bench.town.clear_calls();
    let second = bench.run(&only(&["articles"])).await;
    assert_eq!((report(&second, "articles").rows_written, bench.count("articles").await), (2, 401));
    assert_eq!(bench.town.count_calls("/articles"), 1, "one page says that the rest is known");
    bench.sync().await;
    assert_eq!(bench.differences().await, Vec::<String>::new());
}

/// B-18 to B-22: after each run the table is what the platform lists.
// Shows: B-19, B-20, B-21, B-22.
#[tokio::test(start_paused = true)]
async fn tables_of_whole_lists_equal_what_the_platform_lists() {
    for (table, path, list) in [
        ("segments", "/segments", "segments"),
        ("admins", "/admins", "admins"),
        ("teams", "/teams", "teams"),
        ("data_attributes", "/data_attributes", "data"),
        ("tags", "/tags", "data"),
    ] {
        let bench = Bench::new(Options { tags: 6, segments: 6, admins: 6, teams: 6, ..town() });
        let first = bench.run(&only(&[table])).await;
        let all = report(&first, table).rows_written;
        assert!(all >= 6 && bench.count(table).await as u64 == all, "{table}");
        assert_eq!(support::changes(&bench.run(&only(&[table])).await), 0, "{table}");
        // One goes, one changes.
        let tap = Tap::json(&bench.town, path, move |answer| {
            if let Some(items) = answer[list].as_array_mut() {
                items.remove(0);
                items[0]["name"] = "Ünbenannt".into();
            }
        });
        let lists = if table == "data_attributes" { 3 } else { 1 };
        let changed = bench.run_through(tap.clone(), &only(&[table])).await;
        let counts = (report(&changed, table).rows_written, report(&changed, table).rows_deleted);
        assert_eq!(counts, (lists, lists), "{table}");
        assert_eq!(bench.count(table).await as u64, all - lists);
        assert_eq!(bench.value(&format!("SELECT count(*) FROM {table} WHERE name = 'Ünbenannt'")).await, lists.to_string());
        // And all of it comes back.
        bench.run(&only(&[table])).await;
        assert_eq!(bench.count(table).await as u64, all, "{table}");
    }
}

/// B-22: names repeat across models, so the key is model and full name.
// Shows: B-22.
#[tokio::test(start_paused = true)]
async fn attributes_of_the_same_name_on_different_models_are_different_rows() {
    let bench = Bench::new(town());
    bench.run(&only(&["data_attributes"])).await;
    let twice = bench.query("SELECT name FROM data_attributes GROUP BY name HAVING count(DISTINCT model) > 1").await;
    assert!(!twice.is_empty(), "the town has such names");
    let key = bench.query("SELECT name FROM pragma_table_info('data_attributes') WHERE pk > 0 ORDER BY pk").await;
    assert_eq!(key, [["model"], ["full_name"]]);
    let models = bench.query("SELECT DISTINCT model FROM data_attributes ORDER BY 1").await;
    assert_eq!(models, [["company"], ["contact"], ["conversation"]]);
}

/// B-30: attributes that the workspace defined are JSON, every key as it is.
// Shows: B-30.
#[tokio::test(start_paused = true)]
async fn custom_attributes_round_trip_as_json() {
    let bench = Bench::new(town());
    bench.sync().await;
    for table in ["contacts", "companies", "conversations"] {
        let rows = bench.query(&format!("SELECT id, custom_attributes FROM {table}")).await;
        let mut keys = 0;
        for row in rows {
            let held: Value = serde_json::from_str(&row[1]).unwrap();
            assert_eq!(held, bench.town.record(table, &row[0]).unwrap()["custom_attributes"], "{table} {}", row[0]);
            keys += held.as_object().unwrap().len();
        }
        assert!(keys > 0, "{table} has some");
    }
    let spaced = "SELECT count(*) FROM contacts WHERE json_extract(custom_attributes, '$.\"Favourite colour\"') IS NOT NULL";
    assert_ne!(bench.value(spaced).await, "0", "a key with a space");
    let foreign = "SELECT count(*) FROM contacts WHERE json_extract(custom_attributes, '$.\"größe\"') IS NOT NULL";
    assert_ne!(bench.value(foreign).await, "0", "a key beyond ASCII");
}

/// Users and leads alike. Visitors are not in the API's list, and the caveat says so.
// Shows: B-14.
#[tokio::test(start_paused = true)]
async fn contacts_are_users_and_leads() {
    let bench = Bench::new(town());
    bench.sync().await;
    let roles = bench.query("SELECT role FROM contacts GROUP BY role ORDER BY role").await;
    assert_eq!(roles, [["lead"], ["user"]]);
    let spec = tajo_intercom::resources::find("contacts").unwrap();
    assert!(spec.caveat.contains("Visitors are not contacts"));
    let newest: i64 = bench.value("SELECT max(unixepoch(updated_at)) FROM contacts").await.parse().unwrap();
    assert!(newest <= NOW);
}

/// The picture of the seed: authentication and objects on one side, the runtime on the other; the runtime names no platform.
// Shows: T-154, T-155, T-156.
#[test]
fn the_runtime_names_no_platform_and_the_platform_no_database() {
    let manifest = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("Cargo.toml");
        let text = std::fs::read_to_string(path).unwrap();
        text.split("[dev-dependencies]").next().unwrap().to_owned()
    };
    for (name, forbidden) in [
        ("tajo-core", &["tajo-intercom", "tajo-dest", "tajo-engine", "tajo-sim", "tajo-state"][..]),
        ("tajo-engine", &["tajo-intercom", "tajo-dest", "tajo-sim", "tajo-state"]),
        ("tajo-intercom", &["tajo-dest", "tajo-engine", "tajo-sim", "tajo-state"]),
        ("tajo-sim", &["tajo-core", "tajo-intercom", "tajo-dest", "tajo-engine", "tajo-state"]),
    ] {
        let text = manifest(name);
        for other in forbidden {
            assert!(!text.contains(other), "{name} depends on {other}");
        }
    }
}
