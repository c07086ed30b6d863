//! Who writes, and what they are told.

use serde_json::json;

use super::{Open, Place, expected, load, table, things};
use crate::codes;
use crate::destination::{Mode::Merge, Segment, StateNote};
use crate::table::Kind;

/// A claim sees the state of the last load that was Ok, also from another handle.
pub async fn state_comes_with_the_data_it_speaks_of(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    assert_eq!(on.claim.states, []);
    let rows = [json!(["a", 10, "A", 1, 1])];
    on.try_load(vec![load(&things, Merge, &rows)], Some(r#"{"w":10}"#)).await.expect("it loads");
    on.try_load(vec![], Some(r#"{"w": 11, "é": "☃"}"#)).await.expect("a note alone is fine");
    on.try_load(vec![], None).await.expect("nothing at all is fine");
    drop(on);
    let on = Open::new(place, &[&things]).await;
    assert_eq!(on.claim.states, [("things".to_string(), r#"{"w": 11, "é": "☃"}"#.to_string())], "byte by byte");
    assert_eq!(on.rows(&things).await, expected(&rows));
}

/// Neither rows nor state of a segment that failed half-way; trying again works.
pub async fn a_failed_segment_leaves_no_trace(place: &dyn Place) {
    let things = things();
    let never = std::sync::Arc::new(table("never_prepared", &[("id", Kind::Text)], &["id"], None));
    let on = Open::new(place, &[&things]).await;
    on.try_load(vec![load(&things, Merge, &[json!(["a", 10, "A", 1, 1])])], Some("1")).await.expect("it loads");
    let rows = [json!(["a", 11, "AA", 1, 2]), json!(["b", 11, "B", 1, 3])];
    let loads = || vec![load(&things, Merge, &rows), load(&never, Merge, &[json!(["x"])])];
    on.try_load(loads(), Some("2")).await.expect_err("there is no such table");
    assert_eq!(on.rows(&things).await, expected(&[json!(["a", 10, "A", 1, 1])]));
    drop(on);
    let on = Open::new(place, &[&things]).await;
    assert_eq!(on.claim.states, [("things".to_string(), "1".to_string())]);
    on.to.prepare(&never).await.expect("it can be prepared");
    on.try_load(loads(), Some("2")).await.expect("now it loads");
    assert_eq!(on.rows(&things).await, expected(&rows));
}

/// A run that was taken over can write nothing.
pub async fn an_older_claim_is_fenced(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    let newer = on.to.claim("main", "w1").await.expect("its holder may claim again");
    assert!(newer.epoch > on.claim.epoch);
    let loads = || vec![load(&things, Merge, &[json!(["a", 10, "A", 1, 1])])];
    let refused = on.try_load(loads(), Some("1")).await.expect_err("the claim is old");
    assert_eq!(refused.code(), &codes::STA_FENCED);
    assert_eq!(on.try_load(vec![], None).await.expect_err("also for nothing").code(), &codes::STA_FENCED);
    assert_eq!(on.rows(&things).await, expected(&[]));
    on.to.load(&newer, Segment { loads: loads() }, None).await.expect("the newer loads");
    let last = on.to.claim("main", "w1").await.expect("again");
    assert_eq!(last.states, [], "the old one's note is not there");
}

/// Exclusive until drop.
pub async fn a_second_process_is_refused(place: &dyn Place) {
    let on = Open::new(place, &[]).await;
    let other = place.open();
    for connection in ["main", "other"] {
        let refused = other.claim(connection, "w1").await.expect_err("the place is taken");
        assert_eq!(refused.code(), &codes::STA_BUSY);
    }
    let first = on.claim.epoch;
    drop(on);
    let claim = other.claim("main", "w1").await.expect("the place is free again");
    assert!(claim.epoch > first);
}

/// One workspace a place; the refusal changes nothing.
pub async fn another_workspace_is_refused(place: &dyn Place) {
    let on = Open::new(place, &[]).await;
    let refused = on.to.claim("main", "w2").await.expect_err("another workspace");
    assert_eq!(refused.code(), &codes::DST_WORKSPACE);
    assert_eq!(on.to.claim("other", "w2").await.expect_err("by any name").code(), &codes::DST_WORKSPACE);
    on.try_load(vec![], Some("1")).await.expect("the first claim still holds");
}

/// Streams of one name under two connections, with names of any text.
pub async fn connections_keep_their_own_state(place: &dyn Place) {
    let on = Open::new(place, &[]).await;
    let (odd, stream) = ("o'dd\" ☃:main", "str:eam '\"");
    let second = on.to.claim(odd, "w1").await.expect("another connection of the workspace");
    let note = |state: &str| Some(StateNote { stream: stream.into(), state: state.into() });
    on.to.load(&second, Segment::default(), note("[2]")).await.expect("it loads");
    on.to.load(&on.claim, Segment::default(), note("[1]")).await.expect("claims of two connections stand beside each other");
    let (first, second) = (on.to.claim("main", "w1").await.expect("again"), on.to.claim(odd, "w1").await.expect("again"));
    assert_eq!(first.states, [(stream.to_string(), "[1]".to_string())]);
    assert_eq!(second.states, [(stream.to_string(), "[2]".to_string())]);
}
