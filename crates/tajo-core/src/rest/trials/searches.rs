//! The ceiling on searches: kept by every clone, and nobody else waits for it. Paused time, no sockets.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::server::{Server, client, crowd};
use crate::rest::{Limits, Pace, Request};

/// So many permits for that path, asked for at once by clones; the instants at which they were given, from the beginning on.
async fn permits(pace: &Pace, path: &'static str, wanted: usize) -> Vec<Duration> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..wanted {
        let pace = pace.clone();
        tasks.spawn(async move {
            let permit = pace.permit_for(path).await.expect("no wait is too long");
            let at = begun.elapsed();
            permit.unsent();
            at
        });
    }
    let mut given = tasks.join_all().await;
    given.sort();
    given
}

#[tokio::test(start_paused = true)]
async fn n_searches_take_as_long_as_their_ceiling_says() {
    for (rate, searches) in [(1, 6), (3, 10), (20, 50)] {
        let pace = Pace::new(64, None).searching(Some(rate));
        let given = permits(&pace, "/contacts/search?per_page=150", searches).await;
        let least = Duration::from_secs(1) * (searches as u32 - 1) / rate;
        let took = *given.last().expect("they were given");
        assert!(took >= least && took < least + Duration::from_millis(500), "{rate}: {took:?} of {least:?}");
        // In no second more than that.
        for second in given.windows(rate as usize + 1) {
            assert!(second[rate as usize] - second[0] >= Duration::from_secs(1), "{rate}: {given:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lists_are_not_held_up_by_searches_that_wait() {
    let pace = Pace::new(2, None).searching(Some(1));
    let (searches, lists) = tokio::join!(permits(&pace, "/conversations/search", 9), async {
        // The searches stand in line by now, more of them than there are slots.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(pace.gauge().waiting, 8);
        permits(&pace, "/contacts?per_page=150", 40).await
    });
    assert!(searches.last().is_some_and(|at| *at >= Duration::from_secs(8)), "{searches:?}");
    assert!(lists.last().is_some_and(|at| *at < Duration::from_millis(50)), "{lists:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_ceiling_searches_do_not_wait() {
    let given = permits(&Pace::new(64, None), "/contacts/search", 40).await;
    assert!(given.last().is_some_and(|at| *at < Duration::from_millis(50)), "{given:?}");
}

#[tokio::test(start_paused = true)]
async fn a_search_that_is_dropped_in_line_leaves_its_turn_to_the_next() {
    let pace = Pace::new(64, None).searching(Some(1));
    let begun = Instant::now();
    for _ in 0..5 {
        pace.permit_for("/contacts/search").await.expect("its turn comes").unsent();
        let given_up = tokio::time::timeout(Duration::from_millis(300), pace.permit_for("/contacts/search")).await;
        assert!(given_up.is_err());
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

// Shows: T-119.
#[tokio::test(start_paused = true)]
async fn a_client_and_its_clones_keep_the_ceiling_on_searches_alone() {
    let server = Server::slow(1666, (0, 0), |_| None);
    let limits = Limits { search_per_second: Some(2), ..Limits::default() };
    let client = client(&server, limits);
    let begun = Instant::now();
    let search = |path: &'static str| {
        let client = client.with_tally();
        async move {
            let request = Request::search(path, &json!({"query": {}})).expect("a query is JSON");
            client.send(request).await.expect("every search succeeds");
        }
    };
    let searches = async {
        tokio::join!(search("/contacts/search"), search("/conversations/search?a=b"), search("/tickets/search"));
        begun.elapsed()
    };
    let lists = async {
        crowd(&client, 8, 200).await;
        begun.elapsed()
    };
    let (searches, lists) = tokio::join!(searches, lists);
    assert!(searches >= Duration::from_secs(1), "{searches:?}");
    assert!(lists < Duration::from_millis(500), "{lists:?}");
}
