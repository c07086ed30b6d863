//! What users of other connectors lost with contacts: changes of the watermark's day, rows that moved, lists cut at ten.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod support;

use std::time::Duration;

use support::{Bench, Tap, changes, everything, only, options, report};
use tajo_sim::Options;
use tokio::time::advance;

const ZONES: [&str; 3] = ["UTC", "Asia/Tokyo", "America/Los_Angeles"];

fn small(zone: &str) -> Options {
    Options { contacts: 160, companies: 12, conversations: 6, spread_days: 5, timezone: zone.into(), ..options() }
}

/// Complaint 1.
// Shows: B-14, T-030.
#[tokio::test(start_paused = true)]
async fn contacts_changed_on_the_watermarks_own_day_arrive() {
    for zone in ZONES {
        for (version, inclusive_ops) in [("2.11", false), ("2.14", true), ("2.17", false)] {
            let bench = Bench::at(version, Options { inclusive_ops, ..small(zone) });
            bench.sync().await;
            // Twice on the same day, once across midnight.
            for pause in [40, 3_600, 20 * 3_600] {
                advance(Duration::from_secs(pause)).await;
                for id in bench.town.ids("contacts").iter().step_by(9) {
                    bench.town.touch_contact(id);
                }
                let new = bench.town.add_contact();
                let run = bench.run(&only(&["contacts"])).await;
                assert_eq!(run.outcome, "complete", "{:?}", run.errors);
                assert!(report(&run, "contacts").rows_written > 17, "{zone} {version}: the changed rows replace the old ones");
                assert_eq!(bench.value(&format!("SELECT count(*) FROM contacts WHERE id = '{new}'")).await, "1");
            }
            assert_eq!(bench.differences().await, Vec::<String>::new(), "{zone} {version}");
            assert_eq!(bench.town.count_status(400), 0, "{zone} {version}: the API refuses what it does not know");
        }
    }
}

/// Complaint 1, second half: the documented operators on dates are `=`, `>` and `<`.
#[tokio::test(start_paused = true)]
async fn no_search_asks_with_an_operator_that_contact_dates_do_not_take() {
    for version in ["2.7", "2.14", "2.16"] {
        let bench = Bench::at(version, small("Asia/Tokyo"));
        let tap = Tap::listening(&bench.town);
        for _ in 0..3 {
            bench.run_through(tap.clone(), &everything()).await;
            advance(Duration::from_secs(7_000)).await;
        }
        let searches: Vec<_> = tap.log().into_iter().filter(|s| s.uri.contains("/contacts/search")).collect();
        assert!(searches.len() >= 3, "{version}: one search a run at least");
        for search in searches {
            assert_eq!(search.status, 200, "{}", search.body);
            for forbidden in [">=", "<=", "\"IN\"", "\"NIN\"", "!="] {
                assert!(!search.body.contains(forbidden), "{version}: {}", search.body);
            }
        }
    }
}

/// Complaint 6, second half; the last row of a run is not sent again either.
// Shows: B-14, B-15, B-16, B-17, B-18, B-19, B-20, B-21, B-22.
#[tokio::test(start_paused = true)]
async fn a_run_over_unchanged_data_writes_nothing_anywhere() {
    for version in ["2.11", "2.14", "2.17"] {
        let bench = Bench::at(version, Options { unknown_fields: true, ..small("America/Los_Angeles") });
        let first = bench.sync().await;
        assert_eq!((first.outcome, first.exit), ("complete", 0), "{:?}", first.errors);
        assert_eq!(bench.differences().await, Vec::<String>::new());
        let again = bench.sync().await;
        assert_eq!(changes(&again), 0, "{version}, at once: {:#?}", again.resources);
        advance(Duration::from_secs(3 * 86_400)).await;
        let later = bench.sync().await;
        assert_eq!(changes(&later), 0, "{version}, days later: {:#?}", later.resources);
        assert_eq!(later.outcome, "complete");
    }
}

/// Complaint 6, first half.
#[tokio::test(start_paused = true)]
async fn rows_that_change_under_the_paging_neither_vanish_nor_double() {
    for version in ["2.14", "2.17"] {
        let bench = Bench::at(version, Options { contacts: 700, spread_days: 2, latency_ms: 30, ..small("UTC") });
        bench.town.edits_while_reading(900);
        bench.sync().await;
        bench.town.settle();
        advance(Duration::from_secs(1_900)).await;
        assert_eq!(bench.run(&everything()).await.outcome, "complete");
        assert_eq!(bench.differences().await, Vec::<String>::new(), "{version}");
    }
}

/// Complaint 16.
#[tokio::test(start_paused = true)]
async fn tags_and_companies_beyond_ten_are_complete_and_cost_calls_only_where_lists_were_cut() {
    let bench = Bench::new(Options { contacts: 300, companies: 30, conversations: 5, tags: 25, ..options() });
    let cut = |table: &str| {
        let mut per = std::collections::BTreeMap::<String, usize>::new();
        bench.town.links(table).into_iter().for_each(|(contact, _)| *per.entry(contact).or_default() += 1);
        per.into_values().filter(|n| *n > 10).count()
    };
    let (tags, companies) = (cut("contact_tags"), cut("contact_companies"));
    assert!(tags >= 2 && companies >= 2, "the town has such contacts: {tags}, {companies}");
    let first = bench.run(&only(&["contacts"])).await;
    assert_eq!(first.outcome, "complete");
    for table in ["contact_tags", "contact_companies"] {
        assert_eq!(bench.count(table).await, bench.town.links(table).len(), "{table}");
    }
    let hydrated =
        |what: &str| bench.town.calls().iter().filter(|c| c.path.starts_with("/contacts/") && c.path.ends_with(what)).count();
    assert_eq!((hydrated("/tags"), hydrated("/companies")), (tags, companies), "one call for each cut list, none for others");
    bench.town.clear_calls();
    advance(Duration::from_secs(60)).await;
    bench.run(&only(&["contacts"])).await;
    assert_eq!((hydrated("/tags"), hydrated("/companies")), (0, 0), "unchanged contacts cost nothing on the next run");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_shrinks_below_ten_and_one_that_grows_beyond_follow_the_platform() {
    let bench = Bench::new(Options { contacts: 40, companies: 30, conversations: 2, tags: 25, ..options() });
    bench.sync().await;
    let tags = bench.town.ids("tags");
    let ids = bench.town.ids("contacts");
    let (grows, shrinks) = (&ids[0], &ids[5]);
    tags.iter().for_each(|tag| bench.town.tag_contact(grows, tag));
    tags.iter().skip(3).for_each(|tag| bench.town.untag_contact(shrinks, tag));
    advance(Duration::from_secs(5)).await;
    bench.run(&only(&["contacts"])).await;
    let held = async |id: &str| bench.value(&format!("SELECT count(*) FROM contact_tags WHERE contact_id = '{id}'")).await;
    assert_eq!((held(grows).await.as_str(), held(shrinks).await.as_str()), ("25", "3"));
    assert_eq!(bench.differences().await, Vec::<String>::new());
}

/// Also worth a test: the index shows new contacts minutes late.
// Shows: B-32.
#[tokio::test(start_paused = true)]
async fn what_the_index_shows_late_the_next_run_finds() {
    for version in ["2.14", "2.17"] {
        let bench = Bench::at(version, Options { index_lag_max: 800, ..small("America/Los_Angeles") });
        bench.sync().await;
        let edited = bench.town.ids("contacts")[3].clone();
        for round in 0..6 {
            bench.town.add_contact();
            bench.town.rename_contact(&edited, &format!("Name {round}"));
            bench.town.add_conversation();
            advance(Duration::from_secs(5)).await;
            bench.sync().await;
        }
        advance(Duration::from_secs(850)).await;
        bench.sync().await;
        assert_eq!(bench.differences().await, Vec::<String>::new(), "{version}");
    }
    // Without a lag the very next run sees it.
    let bench = Bench::new(small("UTC"));
    bench.sync().await;
    let new = bench.town.add_contact();
    advance(Duration::from_secs(1)).await;
    bench.sync().await;
    assert_eq!(bench.value(&format!("SELECT id FROM contacts WHERE id = '{new}'")).await, new);
}

/// T-142: with exact seconds two searches suffice; with days the changed day is read from its newest end.
// Shows: T-142.
#[tokio::test(start_paused = true)]
async fn seven_changes_among_ten_thousand_contacts_cost_two_searches() {
    for (version, contacts) in [("2.17", 10_000), ("2.14", 2_000)] {
        let bench = Bench::at(version, Options { contacts, companies: 0, conversations: 0, ..options() });
        bench.run(&only(&["contacts"])).await;
        advance(Duration::from_secs(1_000)).await;
        for id in bench.town.ids("contacts").iter().take(7) {
            bench.town.touch_contact(id);
        }
        bench.town.clear_calls();
        advance(Duration::from_secs(10)).await;
        let run = bench.run(&only(&["contacts"])).await;
        assert_eq!(report(&run, "contacts").rows_written, 7, "{version}");
        let searches = bench.town.count_calls("/contacts/search");
        assert!(searches <= 2, "{version}: {searches} searches");
    }
}
