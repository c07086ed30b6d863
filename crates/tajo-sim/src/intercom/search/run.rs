//! Runs a search against the index as it is now.

use serde_json::Value;

use super::Wanted;
use super::filter::Filter;
use super::spans::Spans;
use crate::intercom::cursor::Cursor;
use crate::world::World;
use crate::world::table::{Row, Table};

/// A kind of record that can be searched. Its table must be ordered by `updated_at`.
pub(crate) trait Found: Row {
    fn table(world: &World) -> &Table<Self>;
    /// The values of a field: one for a plain field, any number for linked ids.
    fn field(&self, world: &World, name: &str) -> Vec<Value>;

    /// The only records that can match, where a directory knows them: at least those that do.
    fn few(_world: &World, _filter: &Filter) -> Option<Vec<u32>> {
        None
    }
}

/// One page of results.
pub(crate) struct Searched<'a, R> {
    pub(crate) rows: Vec<&'a R>,
    pub(crate) total: usize,
    pub(crate) page: u64,
    pub(crate) next: Option<Cursor>,
}

pub(crate) fn run<'a, R: Found>(world: &'a World, wanted: &Wanted) -> Searched<'a, R> {
    let (window, exact) = wanted.filter.window();
    let few = if exact { None } else { R::few(world, &wanted.filter) };
    let search = Search { world, table: R::table(world), wanted, window, exact, few };
    if wanted.sort == "updated_at" && search.few.is_none() { search.in_index_order() } else { search.sorted() }
}

struct Search<'a, 'w, R> {
    world: &'a World,
    table: &'a Table<R>,
    wanted: &'w Wanted,
    window: Spans,
    exact: bool,
    few: Option<Vec<u32>>,
}

impl<'a, R: Found> Search<'a, '_, R> {
    fn row_if(&self, serial: u32) -> Option<&'a R> {
        let row = self.table.shown(serial)?;
        (self.exact || matches(&self.wanted.filter, self.world, row)).then_some(row)
    }

    fn slices(&self) -> impl DoubleEndedIterator<Item = &'a [(i64, u32)]> {
        let table = self.table;
        self.window.ranges().iter().map(move |(low, high)| table.between(*low, *high))
    }

    /// A window of an exact query is counted by its ends alone.
    fn total(&self) -> usize {
        if let Some(few) = &self.few {
            return few.iter().filter(|serial| self.row_if(**serial).is_some()).count();
        }
        if self.exact {
            return self.slices().map(<[_]>::len).sum();
        }
        self.slices().flatten().filter(|(_, serial)| self.row_if(*serial).is_some()).count()
    }

    fn in_index_order(&self) -> Searched<'a, R> {
        let after = self.wanted.after.map(|cursor| (cursor.value, cursor.serial));
        let most = self.wanted.per_page as usize + 1;
        let found: Vec<(i64, &'a R)> = if self.wanted.ascending {
            let rest = self.slices().flat_map(|slice| after_low(slice, after));
            rest.filter_map(|entry| Some((entry.0, self.row_if(entry.1)?))).take(most).collect()
        } else {
            let rest = self.slices().rev().flat_map(|slice| before_high(slice, after).iter().rev());
            rest.filter_map(|entry| Some((entry.0, self.row_if(entry.1)?))).take(most).collect()
        };
        let serials = found.iter().map(|(value, row)| (*value, *row)).collect();
        self.page(serials)
    }

    /// Any other order is made by reading the whole window, or the few; unset values sort as 0.
    fn sorted(&self) -> Searched<'a, R> {
        let value = |row: &R| row.field(self.world, &self.wanted.sort).first().and_then(Value::as_i64).unwrap_or(0);
        let key = |serial: u32| self.row_if(serial).map(|row| ((value(row), serial), row));
        let mut found: Vec<((i64, u32), &'a R)> = match &self.few {
            Some(few) => few.iter().filter_map(|serial| key(*serial)).collect(),
            None => self.slices().flatten().filter_map(|(_, serial)| key(*serial)).collect(),
        };
        found.sort_unstable_by_key(|entry| entry.0);
        if !self.wanted.ascending {
            found.reverse();
        }
        if let Some(cursor) = self.wanted.after {
            let after = (cursor.value, cursor.serial);
            found.retain(|(key, _)| if self.wanted.ascending { *key > after } else { *key < after });
        }
        self.page(found.into_iter().map(|(key, row)| (key.0, row)).take(self.wanted.per_page as usize + 1).collect())
    }

    fn page(&self, mut found: Vec<(i64, &'a R)>) -> Searched<'a, R> {
        let page = self.wanted.after.map_or(1, |cursor| cursor.page);
        let size = self.wanted.per_page as usize;
        let has_more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| has_more);
        let next = last.map(|(value, row)| Cursor { value: *value, serial: row.serial(), page: page + 1 });
        Searched { rows: found.into_iter().map(|(_, row)| row).collect(), total: self.total(), page, next }
    }
}

fn after_low(slice: &[(i64, u32)], after: Option<(i64, u32)>) -> &[(i64, u32)] {
    let from = after.map_or(0, |after| slice.partition_point(|entry| *entry <= after));
    slice.get(from..).unwrap_or(&[])
}

fn before_high(slice: &[(i64, u32)], after: Option<(i64, u32)>) -> &[(i64, u32)] {
    let to = after.map_or(slice.len(), |after| slice.partition_point(|entry| *entry < after));
    slice.get(..to).unwrap_or(&[])
}

fn matches<R: Found>(filter: &Filter, world: &World, row: &R) -> bool {
    filter.matches(&mut |name| row.field(world, name))
}
