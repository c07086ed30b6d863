//! Links between rows.

use serde_json::json;

use super::{Open, Place, expected, load, pairs_of, thing_tags, things};
use crate::destination::Mode::Merge;

/// Exactly the batch's, for accepted parents alone; unchanged pairs are not written again.
pub async fn pairs_become_exact_for_accepted_parents(place: &dyn Place) {
    let (things, tags) = (things(), thing_tags());
    let on = Open::new(place, &[&things, &tags]).await;
    let rows = [json!(["a", 10, "A", 1, 1]), json!(["b", 10, "B", 1, 2]), json!(["c", 10, "C", 1, 3])];
    let links = [json!(["a", "x"]), json!(["a", "y"]), json!(["b", "x"]), json!(["c", "z"]), json!(["a", "x"])];
    let segment = || vec![load(&things, Merge, &rows), load(&tags, pairs_of(&["a", "b"]), &links)];
    assert_eq!(on.load(segment()).await, [(3, 0), (3, 0)], "c's list was not complete; a pair twice is one pair");
    assert_eq!(on.load(segment()).await, [(0, 0), (0, 0)]);
    assert_eq!(on.rows(&tags).await, expected(&[json!(["a", "x"]), json!(["a", "y"]), json!(["b", "x"])]));

    // a changed and swapped y for z; b is as it was, so whatever its list says is old.
    let rows = [json!(["a", 11, "A", 1, 4]), json!(["b", 10, "B", 1, 2])];
    let links = [json!(["a", "x"]), json!(["a", "z"]), json!(["b", "q"])];
    let segment = || vec![load(&things, Merge, &rows), load(&tags, pairs_of(&["a", "b", "nobody"]), &links)];
    assert_eq!(on.load(segment()).await, [(1, 0), (1, 1)]);
    assert_eq!(on.rows(&tags).await, expected(&[json!(["a", "x"]), json!(["a", "z"]), json!(["b", "x"])]));

    // a lost its last pair; without parents in the segment nothing is touched.
    let segment = vec![load(&things, Merge, &[json!(["a", 12, "A", 1, 5])]), load(&tags, pairs_of(&["a"]), &[])];
    assert_eq!(on.load(segment).await, [(1, 0), (0, 2)]);
    assert_eq!(on.load(vec![load(&tags, pairs_of(&["b"]), &[])]).await, [(0, 0)]);
    assert_eq!(on.rows(&tags).await, expected(&[json!(["b", "x"])]));

    // Bumped without another change: accepted, but its pairs are there already.
    let segment = vec![load(&things, Merge, &[json!(["b", 11, "B", 1, 2])]), load(&tags, pairs_of(&["b"]), &[json!(["b", "x"])])];
    assert_eq!(on.load(segment).await, [(1, 0), (0, 0)]);
}

/// An older version later in the segment does not bring its links along; the same version again does no harm.
pub async fn pairs_follow_the_version_that_was_accepted(place: &dyn Place) {
    let (things, tags) = (things(), thing_tags());
    let on = Open::new(place, &[&things, &tags]).await;
    let (new, old) = (json!(["a", 11, "new", 1, 2]), json!(["a", 10, "old", 1, 1]));
    let links = |tag: &str| load(&tags, pairs_of(&["a"]), &[json!(["a", tag])]);
    let merge = |row: &serde_json::Value| load(&things, Merge, std::slice::from_ref(row));
    let got = on.load(vec![merge(&new), links("new"), merge(&old), links("old")]).await;
    assert_eq!(got, [(1, 0), (1, 0), (0, 0), (0, 0)]);
    assert_eq!(on.rows(&tags).await, expected(&[json!(["a", "new"])]));
    let newer = json!(["a", 12, "newer", 1, 3]);
    let got = on.load(vec![merge(&newer), merge(&newer), links("newer")]).await;
    assert_eq!(got, [(1, 0), (0, 0), (1, 1)]);
    assert_eq!(on.rows(&tags).await, expected(&[json!(["a", "newer"])]));
}
