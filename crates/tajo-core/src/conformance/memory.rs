//! A destination in memory: the plain reading of the contract, for seeded histories and as model of the others.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::rows::values;
use crate::codes;
use crate::destination::{BoxFuture, Claim, Destination, Held, Load, Loaded, Mode, Segment, StateNote};
use crate::error::{Error, Result};
use crate::table::{HASH, Table};
use crate::trip::Trip;

/// Tables and state in memory. [`MemoryDestination::open`] is another handle on the same place.
#[derive(Default)]
pub struct MemoryDestination {
    place: Arc<Mutex<Store>>,
    trip: Trip,
    /// Whether this handle holds the place.
    held: Mutex<bool>,
}

#[derive(Default)]
struct Store {
    taken: bool,
    workspace: Option<String>,
    epochs: HashMap<String, i64>,
    states: BTreeMap<(String, String), String>,
    tables: BTreeMap<String, Rows>,
}

type Key = Vec<String>;
type Row = HashMap<String, Value>;
/// (table, key, row before), to take back what a failed segment did.
type Undo = Vec<(String, Key, Option<Arc<Row>>)>;

#[derive(Default)]
struct Rows {
    by_key: BTreeMap<Key, Arc<Row>>,
}

impl MemoryDestination {
    /// An empty place with failpoints at: begin, each load, state, commit, committed.
    pub fn with_trip(trip: Trip) -> MemoryDestination {
        MemoryDestination { place: Default::default(), trip, held: Mutex::new(false) }
    }
    /// Another handle on the same place, as another process would have.
    pub fn open(&self, trip: Trip) -> MemoryDestination {
        MemoryDestination { place: self.place.clone(), trip, held: Mutex::new(false) }
    }
    /// All rows of a table by key, a value per column of `table`.
    pub fn rows(&self, table: &Table) -> Vec<Vec<Value>> {
        let store = self.lock();
        let rows = store.tables.get(&table.name).into_iter().flat_map(|rows| rows.by_key.values());
        rows.map(|row| table.columns.iter().map(|c| row.get(&c.name).cloned().unwrap_or_default()).collect()).collect()
    }
    /// The stored state of a stream.
    pub fn state(&self, connection: &str, stream: &str) -> Option<String> {
        self.lock().states.get(&(connection.into(), stream.into())).cloned()
    }
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, connection: &str, workspace: &str) -> Result<Claim> {
        let mut store = self.lock();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if store.taken && !*held {
            return Err(Error::new(&codes::STA_BUSY, "The memory is in use by another handle"));
        }
        if store.workspace.as_deref().is_some_and(|w| w != workspace) {
            return Err(Error::new(&codes::DST_WORKSPACE, "The memory holds another workspace"));
        }
        (store.taken, *held, store.workspace) = (true, true, Some(workspace.into()));
        let epoch = store.epochs.entry(connection.into()).or_insert(0);
        *epoch += 1;
        let epoch = *epoch;
        let of = store.states.iter().filter(|((c, _), _)| c == connection);
        let states = of.map(|((_, stream), state)| (stream.clone(), state.clone())).collect();
        Ok(Claim { connection: connection.into(), epoch, states })
    }

    fn write(&self, claim: &Claim, segment: &Segment, note: Option<StateNote>) -> Result<Loaded> {
        let mut store = self.lock();
        self.trip.step("begin")?;
        if store.epochs.get(&claim.connection) != Some(&claim.epoch) {
            return Err(Error::new(&codes::STA_FENCED, "The memory was claimed again"));
        }
        let mut undo = Undo::new();
        let written = self.apply(&mut store, segment, &mut undo).and_then(|loaded| {
            if note.is_some() {
                self.trip.step("state")?;
            }
            self.trip.step("commit").map(|()| loaded)
        });
        if written.is_err() {
            for (table, key, before) in undo.into_iter().rev() {
                let rows = store.tables.entry(table).or_default();
                match before {
                    Some(row) => drop(rows.by_key.insert(key, row)),
                    None => drop(rows.by_key.remove(&key)),
                }
            }
            return written;
        }
        if let Some(note) = note {
            store.states.insert((claim.connection.clone(), note.stream), note.state);
        }
        self.trip.step("committed")?;
        written
    }

    fn apply(&self, store: &mut Store, segment: &Segment, undo: &mut Undo) -> Result<Loaded> {
        let mut loaded = Loaded::default();
        // Per table: id of each row accepted so far, with its hash and the load.
        let mut accepted: HashMap<String, HashMap<String, (Value, usize)>> = HashMap::new();
        for (at, load) in segment.loads.iter().enumerate() {
            self.trip.step("load")?;
            let name = &load.table.name;
            let Some(rows) = store.tables.get_mut(name) else {
                return Err(Error::new(&codes::DST_SHAPE, format!("There is no table {name}")));
            };
            let counts = match &load.mode {
                Mode::Pairs { parent, of } => {
                    let accepted = accepted.get(parent);
                    let of = of.iter().filter(|id| accepted.is_some_and(|a| a.contains_key(*id)));
                    pairs(load, &of.map(String::as_str).collect::<Vec<_>>(), rows, undo)?
                }
                mode => {
                    let incoming = rows_of(load)?;
                    let last: HashMap<&Key, usize> = incoming.iter().enumerate().map(|(n, (key, _))| (key, n)).collect();
                    let (mut written, mut removed) = (0, 0);
                    for (n, (key, row)) in incoming.iter().enumerate() {
                        if *mode == Mode::Replace && last.get(key) != Some(&n) {
                            continue;
                        }
                        let held = rows.by_key.get(key);
                        let taken = accepts(mode, &load.table, held.map(|row| &**row), row);
                        if *mode == Mode::Merge {
                            judge(accepted.entry(name.clone()).or_default(), key, row, at, taken);
                        }
                        if taken {
                            let mut whole = held.map(|row| Row::clone(row)).unwrap_or_default();
                            whole.extend(row.iter().map(|(name, value)| (name.clone(), value.clone())));
                            set(rows, name, key.clone(), Some(whole), undo);
                            written += 1;
                        }
                    }
                    if *mode == Mode::Replace {
                        let gone: Vec<Key> = rows.by_key.keys().filter(|key| !last.contains_key(key)).cloned().collect();
                        removed = gone.len() as u64;
                        gone.into_iter().for_each(|key| set(rows, name, key, None, undo));
                    }
                    (written, removed)
                }
            };
            loaded.tables.push((name.clone(), counts.0, counts.1));
        }
        Ok(loaded)
    }
}

/// Changes one row and remembers how it was.
fn set(rows: &mut Rows, table: &str, key: Key, row: Option<Row>, undo: &mut Undo) {
    let before = match row {
        Some(row) => rows.by_key.insert(key.clone(), Arc::new(row)),
        None => rows.by_key.remove(&key),
    };
    undo.push((table.into(), key, before));
}

fn rows_of(load: &Load) -> Result<Vec<(Key, Row)>> {
    let table = &load.table;
    let fields = load.batch.schema();
    if let Some(field) = fields.fields().iter().find(|field| table.at(field.name()).is_none()) {
        return Err(Error::new(&codes::BUG, format!("A batch for {} has a column {} too many", table.name, field.name())));
    }
    let row = |n| {
        let row: Row = values(table, &load.batch, n).into_iter().map(|(at, v)| (table.columns[at].name.clone(), v)).collect();
        let text = |key: &String| match row.get(key) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Null) | None => Err(Error::new(&codes::DST_SHAPE, format!("A row for {} has no {key}", table.name))),
            Some(other) => Ok(other.to_string()),
        };
        let key = table.key.iter().map(text).collect::<Result<Key>>()?;
        Ok((key, row))
    };
    (0..load.batch.num_rows()).map(row).collect()
}

/// The contract, word by word.
fn accepts(mode: &Mode, table: &Table, held: Option<&Row>, row: &Row) -> bool {
    let Some(held) = held else { return true };
    let get = |row: &Row, column: &str| row.get(column).cloned().unwrap_or_default();
    let differs = match row.contains_key(HASH) {
        true => get(held, HASH) != get(row, HASH),
        false => row.iter().any(|(name, value)| get(held, name) != *value),
    };
    match (&table.newest, mode) {
        (Some(newest), Mode::Merge) => {
            let (before, now) = (get(held, newest).as_i64(), get(row, newest).as_i64());
            now > before || (now == before && differs)
        }
        _ => differs,
    }
}

/// Which version of a parent the segment stands for, so far.
fn judge(accepted: &mut HashMap<String, (Value, usize)>, key: &Key, row: &Row, at: usize, taken: bool) {
    let id = key.first().cloned().unwrap_or_default();
    let hash = row.get(HASH).cloned().unwrap_or_default();
    if taken {
        accepted.insert(id, (hash, at));
    } else if accepted.get(&id).is_some_and(|(held, by)| *by != at && *held != hash) {
        accepted.remove(&id);
    }
}

fn pairs(load: &Load, of: &[&str], rows: &mut Rows, undo: &mut Undo) -> Result<(u64, u64)> {
    let wanted: BTreeMap<Key, Row> = rows_of(load)?.into_iter().filter(|(key, _)| of.contains(&key[0].as_str())).collect();
    let gone: Vec<Key> =
        rows.by_key.keys().filter(|key| of.contains(&key[0].as_str()) && !wanted.contains_key(*key)).cloned().collect();
    let removed = gone.len() as u64;
    gone.into_iter().for_each(|key| set(rows, &load.table.name, key, None, undo));
    let mut written = 0;
    for (key, row) in wanted {
        if !rows.by_key.contains_key(&key) {
            set(rows, &load.table.name, key, Some(row), undo);
            written += 1;
        }
    }
    Ok((written, removed))
}

impl Destination for MemoryDestination {
    fn name(&self) -> String {
        "memory".into()
    }
    fn claim<'a>(&'a self, connection: &'a str, workspace: &'a str) -> BoxFuture<'a, Result<Claim>> {
        Box::pin(async move { self.take(connection, workspace) })
    }
    fn prepare<'a>(&'a self, table: &'a Table) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.lock().tables.entry(table.name.clone()).or_default();
            Ok(())
        })
    }
    fn load<'a>(&'a self, claim: &'a Claim, segment: Segment, note: Option<StateNote>) -> BoxFuture<'a, Result<Loaded>> {
        Box::pin(async move { self.write(claim, &segment, note) })
    }
    fn held<'a>(
        &'a self,
        table: &'a Table,
        flag: Option<&'a str>,
        ids: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<Held>>>> {
        Box::pin(async move {
            let store = self.lock();
            let rows = store.tables.get(&table.name);
            let held = |id: &String| {
                let row = rows?.by_key.get(std::slice::from_ref(id))?;
                let get = |column: Option<&str>| column.and_then(|c| row.get(c)).unwrap_or(&Value::Null);
                Some(Held {
                    newest: get(table.newest.as_deref()).as_i64(),
                    hash: get(Some(HASH)).as_i64(),
                    flag: get(flag).as_bool(),
                })
            };
            Ok(ids.iter().map(held).collect())
        })
    }
    fn count<'a>(&'a self, table: &'a str) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async move { Ok(self.lock().tables.get(table).map_or(0, |rows| rows.by_key.len() as u64)) })
    }
}

impl Drop for MemoryDestination {
    fn drop(&mut self) {
        if *self.held.lock().unwrap_or_else(PoisonError::into_inner) {
            self.lock().taken = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Place, all};
    use super::*;

    impl Place for MemoryDestination {
        fn open(&self) -> Arc<dyn Destination> {
            Arc::new(MemoryDestination::open(self, Trip::default()))
        }
        fn read<'a>(&'a self, table: &'a Table) -> BoxFuture<'a, Result<Vec<Vec<Value>>>> {
            Box::pin(async move { Ok(self.rows(table)) })
        }
    }

    #[tokio::test]
    async fn memory_keeps_the_promises() {
        all(MemoryDestination::default).await;
    }
}
