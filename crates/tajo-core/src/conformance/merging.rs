//! Rows by key: merge, replace, add.

use serde_json::json;

use super::{Open, Place, expected, load, part, things};
use crate::destination::Mode::{Add, Merge, Replace};

/// Loading the same rows again writes nothing.
pub async fn merge_is_idempotent(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    let rows = [json!(["a", 10, "A", 1, 100]), json!(["b", null, "", null, 200]), json!(["c", 10, null, 3, null])];
    assert_eq!(on.load(vec![load(&things, Merge, &rows)]).await, [(3, 0)]);
    assert_eq!(on.load(vec![load(&things, Merge, &rows)]).await, [(0, 0)]);
    assert_eq!(on.rows(&things).await, expected(&rows));
}

/// The larger stamp stays, whichever came first.
pub async fn newest_wins_in_both_orders(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    let (old, new) = (json!(["a", 10, "old", 1, 1]), json!(["a", 11, "new", 2, 2]));
    assert_eq!(on.load(vec![load(&things, Merge, std::slice::from_ref(&old))]).await, [(1, 0)]);
    assert_eq!(on.load(vec![load(&things, Merge, std::slice::from_ref(&new))]).await, [(1, 0)]);
    assert_eq!(on.load(vec![load(&things, Merge, &[old])]).await, [(0, 0)]);
    assert_eq!(on.rows(&things).await, expected(&[new]));
    let bumped = json!(["a", 12, "new", 2, 2]);
    assert_eq!(on.load(vec![load(&things, Merge, std::slice::from_ref(&bumped))]).await, [(1, 0)], "larger stamp, same hash");
    assert_eq!(on.rows(&things).await, expected(&[bumped]));
}

/// Two changes within one second: what was read last stays.
pub async fn an_equal_stamp_with_another_hash_replaces(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    on.load(vec![load(&things, Merge, &[json!(["a", 10, "first", 1, 1])])]).await;
    assert_eq!(on.load(vec![load(&things, Merge, &[json!(["a", 10, "second", 1, 2])])]).await, [(1, 0)]);
    assert_eq!(on.rows(&things).await, expected(&[json!(["a", 10, "second", 1, 2])]));
}

/// A row with fewer columns leaves the others alone; a null that is sent is written.
pub async fn absent_columns_keep_their_values(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    on.load(vec![load(&things, Merge, &[json!(["a", 10, "A", 1, 1])])]).await;
    let fewer = ["_hash", "id", "updated_at", "size"];
    let rows = [json!([2, "a", 11, null]), json!([3, "b", 11, 5])];
    assert_eq!(on.load(vec![part(&things, &fewer, Merge, &rows)]).await, [(2, 0)]);
    assert_eq!(on.rows(&things).await, expected(&[json!(["a", 11, "A", null, 2]), json!(["b", 11, null, 5, 3])]));
    assert_eq!(on.load(vec![part(&things, &["id", "name", "_hash"], Replace, &[json!(["a", "B", 4])])]).await, [(1, 1)]);
    assert_eq!(on.rows(&things).await, expected(&[json!(["a", 11, "B", null, 4])]));
}

/// From no stamp at all to the end of time.
pub async fn stamps_of_any_age_are_ordered(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    let ages = [i64::MIN, -62_167_219_201, -62_167_219_200, -1, 0, 1, 1_795_170_600, 253_402_300_799, 253_402_300_800, i64::MAX];
    let stamps = std::iter::once(json!(null)).chain(ages.iter().map(|at| json!(at)));
    let mut before: Option<serde_json::Value> = None;
    for (hash, stamp) in stamps.enumerate() {
        let row = json!(["a", stamp, "x", 1, hash]);
        assert_eq!(on.load(vec![load(&things, Merge, std::slice::from_ref(&row))]).await, [(1, 0)], "{stamp} is later");
        if let Some(before) = before.replace(row.clone()) {
            assert_eq!(on.load(vec![load(&things, Merge, &[before])]).await, [(0, 0)], "what came before {stamp} is older");
        }
        assert_eq!(on.rows(&things).await, expected(&[row]));
    }
}

/// Inside one batch and inside one segment.
pub async fn a_repeated_key_is_judged_against_the_earlier(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    let rows =
        [json!(["a", 10, "1", 1, 1]), json!(["a", 12, "3", 1, 3]), json!(["a", 11, "2", 1, 2]), json!(["a", 12, "3", 1, 3])];
    assert_eq!(on.load(vec![load(&things, Merge, &rows)]).await, [(2, 0)]);
    let (first, second) = (json!(["a", 13, "4", 1, 4]), json!(["a", 12, "late", 1, 5]));
    let loads = vec![load(&things, Merge, std::slice::from_ref(&first)), load(&things, Merge, &[second])];
    assert_eq!(on.load(loads).await, [(1, 0), (0, 0)]);
    assert_eq!(on.rows(&things).await, expected(&[first]));
    let twice = [json!(["a", 20, "x", 1, 6]), json!(["a", 1, "y", 1, 7])];
    assert_eq!(on.load(vec![load(&things, Replace, &twice)]).await, [(1, 0)], "the last of a repeated key stays");
    assert_eq!(on.load(vec![load(&things, Replace, &twice)]).await, [(0, 0)]);
    assert_eq!(on.rows(&things).await, expected(&twice[1..]));
}

/// The table becomes the batch; older stamps are no obstacle.
pub async fn replace_removes_and_repeats_quietly(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    on.load(vec![load(&things, Merge, &[json!(["a", 10, "A", 1, 1]), json!(["b", 10, "B", 1, 2]), json!(["c", 10, "C", 1, 3])])])
        .await;
    let rows = [json!(["b", 10, "B", 1, 2]), json!(["c", 9, "c", 1, 4]), json!(["d", null, "D", 1, 5])];
    assert_eq!(on.load(vec![load(&things, Replace, &rows)]).await, [(2, 1)]);
    assert_eq!(on.load(vec![load(&things, Replace, &rows)]).await, [(0, 0)]);
    assert_eq!(on.rows(&things).await, expected(&rows));
    assert_eq!(on.load(vec![load(&things, Replace, &[])]).await, [(0, 3)]);
    assert_eq!(on.load(vec![load(&things, Replace, &[])]).await, [(0, 0)]);
    assert_eq!(on.rows(&things).await, expected(&[]));
}

/// Children accumulate; a changed one is replaced whatever its stamp.
pub async fn add_never_removes(place: &dyn Place) {
    let things = things();
    let on = Open::new(place, &[&things]).await;
    on.load(vec![load(&things, Add, &[json!(["a", 10, "A", 1, 1]), json!(["b", 10, "B", 1, 2])])]).await;
    let rows = [json!(["b", 9, "b", 1, 3]), json!(["c", 10, "C", 1, 4])];
    assert_eq!(on.load(vec![load(&things, Add, &rows)]).await, [(2, 0)]);
    assert_eq!(on.load(vec![load(&things, Add, &rows)]).await, [(0, 0)]);
    assert_eq!(on.rows(&things).await, expected(&[json!(["a", 10, "A", 1, 1]), rows[0].clone(), rows[1].clone()]));
}
