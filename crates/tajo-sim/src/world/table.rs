//! A table with a primary and an index that trails it.
//!
//! `GET` by id reads the primary; lists and searches read the index, which shows the *old* version
//! of an edited record until its lag has passed. Source: spec, contacts/search, "Contact Creation
//! Delay": a new contact may take minutes to be found.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// A record with the value by which its table is ordered.
pub(crate) trait Row: Clone {
    fn sort_key(&self) -> i64;
    /// Its place in the table; ids are made of it.
    fn serial(&self) -> u32;
}

struct Slot<R> {
    primary: Option<Arc<R>>,
    shown: Option<Arc<R>>,
    version: u32,
    shown_version: u32,
}

struct Change<R> {
    due_ms: i64,
    serial: u32,
    version: u32,
    row: Option<Arc<R>>,
}

pub(crate) struct Table<R> {
    slots: Vec<Slot<R>>,
    /// (sort key, serial) of every record that the index shows, ascending. A sorted vector counts
    /// any window by two binary searches; an edit moves at most a few megabytes.
    order: Vec<(i64, u32)>,
    waiting: BinaryHeap<Reverse<(i64, usize)>>,
    changes: Vec<Option<Change<R>>>,
}

impl<R: Row> Table<R> {
    /// A settled table: record `n` has serial `n`.
    pub(crate) fn of(rows: Vec<R>) -> Table<R> {
        let mut order: Vec<(i64, u32)> = rows.iter().zip(0u32..).map(|(row, n)| (row.sort_key(), n)).collect();
        order.sort_unstable();
        let slot = |row| {
            let row = Some(Arc::new(row));
            Slot { primary: row.clone(), shown: row, version: 0, shown_version: 0 }
        };
        Table { slots: rows.into_iter().map(slot).collect(), order, waiting: BinaryHeap::new(), changes: Vec::new() }
    }

    /// Number of serials ever given, gone ones included.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn next_serial(&self) -> u32 {
        u32::try_from(self.slots.len()).expect("fewer than 2^32 records")
    }

    pub(crate) fn primary(&self, serial: u32) -> Option<&R> {
        self.slots.get(serial as usize)?.primary.as_deref()
    }

    pub(crate) fn shown(&self, serial: u32) -> Option<&R> {
        self.slots.get(serial as usize)?.shown.as_deref()
    }

    pub(crate) fn live(&self) -> impl DoubleEndedIterator<Item = &R> {
        self.slots.iter().filter_map(|slot| slot.primary.as_deref())
    }

    /// What the index shows of records that have changed since.
    pub(crate) fn outdated(&self) -> impl Iterator<Item = &R> {
        self.slots.iter().filter(|slot| slot.shown_version != slot.version).filter_map(|slot| slot.shown.as_deref())
    }

    /// (sort key, serial) of every record in the index, ascending.
    pub(crate) fn order(&self) -> &[(i64, u32)] {
        &self.order
    }

    /// The part of the index with sort keys in `low..=high`.
    pub(crate) fn between(&self, low: i64, high: i64) -> &[(i64, u32)] {
        let from = self.order.partition_point(|entry| entry.0 < low);
        let to = self.order.partition_point(|entry| entry.0 <= high);
        self.order.get(from..to).unwrap_or(&[])
    }

    /// Stores a changed record; the index learns of it at `due_ms`.
    pub(crate) fn commit(&mut self, serial: u32, row: Option<R>, due_ms: i64) {
        let Some(slot) = self.slots.get_mut(serial as usize) else { return };
        let row = row.map(Arc::new);
        slot.primary = row.clone();
        slot.version += 1;
        let change = Change { due_ms, serial, version: slot.version, row };
        self.waiting.push(Reverse((change.due_ms, self.changes.len())));
        self.changes.push(Some(change));
    }

    pub(crate) fn insert(&mut self, row: R, due_ms: i64) -> u32 {
        let serial = self.next_serial();
        self.slots.push(Slot { primary: None, shown: None, version: 0, shown_version: 0 });
        self.commit(serial, Some(row), due_ms);
        serial
    }

    /// Shows every change whose lag has passed; an older one never hides a newer one.
    pub(crate) fn catch_up(&mut self, now_ms: i64) {
        while let Some(Reverse((due, at))) = self.waiting.peek().copied() {
            if due > now_ms {
                return;
            }
            self.waiting.pop();
            if let Some(change) = self.changes.get_mut(at).and_then(Option::take) {
                self.show(change);
            }
        }
        self.changes.clear();
    }

    fn show(&mut self, change: Change<R>) {
        let Some(slot) = self.slots.get_mut(change.serial as usize) else { return };
        if change.version <= slot.shown_version {
            return;
        }
        let old = std::mem::replace(&mut slot.shown, change.row.clone());
        slot.shown_version = change.version;
        if let Some(old) = old
            && let Ok(at) = self.order.binary_search(&(old.sort_key(), change.serial))
        {
            self.order.remove(at);
        }
        if let Some(new) = change.row {
            let entry = (new.sort_key(), change.serial);
            if let Err(at) = self.order.binary_search(&entry) {
                self.order.insert(at, entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Num(i64);

    impl Row for Num {
        fn sort_key(&self) -> i64 {
            self.0
        }

        fn serial(&self) -> u32 {
            0
        }
    }

    #[test]
    fn the_index_shows_the_old_version_until_the_lag_has_passed() {
        let mut table = Table::of(vec![Num(1), Num(2)]);
        table.commit(0, Some(Num(9)), 500);
        table.commit(0, Some(Num(11)), 300);
        table.catch_up(299);
        assert_eq!((table.primary(0), table.shown(0)), (Some(&Num(11)), Some(&Num(1))));
        table.catch_up(300);
        assert_eq!(table.order(), &[(2, 1), (11, 0)]);
        table.catch_up(600);
        assert_eq!(table.shown(0), Some(&Num(11)), "the late older change must not hide the newer one");
        table.commit(1, None, 700);
        assert_eq!(table.between(0, 10).len(), 1);
        table.catch_up(700);
        assert_eq!(table.between(0, 10).len(), 0);
    }
}
