//! Paging by offset that misses nothing while records come and go. Pure.
//!
//! The list has a stable order. Each request overlaps the page before by one row. If its first row was read already, what
//! follows it are exactly its successors, whatever was added or removed before it. If not, the rows have moved to the
//! left: one page back is asked for, down to the beginning. A page that is short and anchored is the last one, unless the
//! server counts more rows than that: then it gave less than was asked for.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Steps back over one reading; a list that needs more changes faster than it can be read.
const STEPS_BACK_MAX: u32 = 10_000;
/// Pages one after the other in which everything was known: a server that stays on one page is not followed for ever.
const STALE_MAX: u32 = 100;
/// Rows per page at least: the anchor and one more.
const PAGE_MIN: u32 = 2;

/// What a row is known by.
pub(crate) struct Key<'a> {
    pub(crate) id: i64,
    /// What orders the list.
    pub(crate) sort: &'a str,
    /// What tells one version of the row from another.
    pub(crate) version: &'a str,
}

/// What follows from a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Rows of the page that are new or changed, by position; there is more.
    More(Vec<usize>),
    /// The same, and this was the end.
    End(Vec<usize>),
    /// The page hangs in the air: ask again at the new offset.
    Back,
    /// The same, too often.
    Lost,
}

/// How far a list was read.
#[derive(Debug)]
pub(crate) struct Anchored {
    page: u32,
    offset: u32,
    /// By id: hashes of sort key and version. 24 bytes a row.
    read: HashMap<i64, (u32, u32)>,
    steps_back: u32,
    stale: u32,
}

impl Anchored {
    /// A reading in pages of `page` rows, two at least.
    pub(crate) fn new(page: u32) -> Anchored {
        Anchored { page: page.max(PAGE_MIN), offset: 0, read: HashMap::new(), steps_back: 0, stale: 0 }
    }

    /// Limit and offset of the next request.
    pub(crate) fn next(&self) -> (u32, u32) {
        (self.page, self.offset)
    }

    /// Asks for half as many from here on; `false` where there is no half.
    pub(crate) fn shrink(&mut self) -> bool {
        let before = self.page;
        self.page = (before / 2).max(PAGE_MIN);
        self.page < before
    }

    /// Takes the rows that came for [`Anchored::next`], and how many the whole list has by the server's count.
    pub(crate) fn took<'a>(&mut self, rows: impl ExactSizeIterator<Item = Key<'a>>, count: Option<u64>) -> Step {
        let len = rows.len();
        let mut fresh = Vec::new();
        for (at, row) in rows.enumerate() {
            let (sort, version) = (hashed(row.sort), hashed(row.version));
            let known = self.read.get(&row.id).copied();
            if at == 0 && self.offset > 0 && known.is_none_or(|(before, _)| before != sort) {
                return self.back();
            }
            if known != Some((sort, version)) {
                self.read.insert(row.id, (sort, version));
                fresh.push(at);
            }
        }
        if len == 0 && self.offset > 0 {
            return self.back();
        }
        let (offset, rows) = (self.offset, u32::try_from(len).unwrap_or(u32::MAX));
        let counts_more = count.is_some_and(|count| count > u64::from(offset) + u64::from(rows));
        if rows < self.page && !(counts_more && rows >= PAGE_MIN) {
            return Step::End(fresh);
        }
        self.stale = if fresh.is_empty() { self.stale + 1 } else { 0 };
        if self.stale > STALE_MAX {
            return Step::Lost;
        }
        self.offset = offset.saturating_add(rows - 1);
        Step::More(fresh)
    }

    fn back(&mut self) -> Step {
        self.offset = self.offset.saturating_sub(self.page - 1);
        self.steps_back += 1;
        if self.steps_back > STEPS_BACK_MAX { Step::Lost } else { Step::Back }
    }
}

/// Half a hash: a clash keeps an old version of one record until it changes again.
fn hashed(text: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(ids: &[i64]) -> impl ExactSizeIterator<Item = Key<'static>> {
        ids.iter().map(|id| Key { id: *id, sort: "", version: "" })
    }

    #[test]
    fn each_page_overlaps_the_one_before_and_a_short_one_ends() {
        let mut list = Anchored::new(3);
        assert_eq!((list.next(), list.took(rows(&[1, 2, 3]), None)), ((3, 0), Step::More(vec![0, 1, 2])));
        assert_eq!((list.next(), list.took(rows(&[3, 4, 5]), None)), ((3, 2), Step::More(vec![1, 2])));
        assert_eq!((list.next(), list.took(rows(&[5]), None)), ((3, 4), Step::End(vec![])));
        assert_eq!(Anchored::new(3).took(rows(&[]), None), Step::End(vec![]));
    }

    #[test]
    fn a_page_without_an_anchor_is_not_believed() {
        let mut list = Anchored::new(3);
        assert_eq!(list.took(rows(&[1, 2, 3]), None), Step::More(vec![0, 1, 2]));
        // 1 and 3 were deleted.
        assert_eq!((list.took(rows(&[5]), None), list.next()), (Step::Back, (3, 0)));
        assert_eq!(list.took(rows(&[2, 4, 5]), None), Step::More(vec![1, 2]));
        // All but 2 were deleted.
        assert_eq!((list.took(rows(&[]), None), list.next()), (Step::Back, (3, 0)));
        assert_eq!(list.took(rows(&[2]), None), Step::End(vec![]));
    }

    #[test]
    fn a_row_that_changed_is_handed_out_again() {
        let mut list = Anchored::new(2);
        let key = |id, version| Key { id, sort: "a", version };
        assert_eq!(list.took([key(1, "x"), key(2, "x")].into_iter(), None), Step::More(vec![0, 1]));
        assert_eq!(list.took([key(2, "y")].into_iter(), None), Step::End(vec![0]));
    }
}
