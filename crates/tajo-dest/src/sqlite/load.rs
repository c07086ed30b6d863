//! A segment in one transaction with its note.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tajo_core::codes;
use tajo_core::destination::{Claim, Load, Loaded, Mode, Segment, StateNote};
use tajo_core::error::{Error, Result};
use tajo_core::table::Table;
use tajo_core::trip::Trip;

use super::bind::{self, sources};
use super::claim;
use super::fault::{fault, unfit};
use super::merge::Merge;
use super::names::{self, quoted};

/// Parents accepted so far, by table: id to the hash and the load that was accepted.
type Accepted = HashMap<String, HashMap<String, (Option<i64>, usize)>>;

/// Writes all of it or nothing.
pub fn load(to: &mut Connection, trip: &Trip, claim: &Claim, segment: &Segment, note: Option<&StateNote>) -> Result<Loaded> {
    trip.step("begin")?;
    let tx = to.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|e| fault("Cannot begin to write", e))?;
    claim::fence(&tx, claim)?;
    let mut accepted = watched(segment);
    let mut loaded = Loaded::default();
    for (at, load) in segment.loads.iter().enumerate() {
        trip.step("load")?;
        let (written, removed) = one(&tx, load, at, &mut accepted)?;
        loaded.tables.push((load.table.name.clone(), written, removed));
    }
    if let Some(note) = note {
        trip.step("state")?;
        claim::note(&tx, &claim.connection, note)?;
    }
    trip.step("commit")?;
    tx.commit().map_err(|e| fault("Cannot commit", e))?;
    trip.step("committed")?;
    Ok(loaded)
}

/// The tables whose accepted rows a later load asks for.
fn watched(segment: &Segment) -> Accepted {
    let parents = segment.loads.iter().filter_map(|load| match &load.mode {
        Mode::Pairs { parent, .. } => Some((parent.clone(), HashMap::new())),
        _ => None,
    });
    parents.collect()
}

fn one(tx: &Transaction<'_>, load: &Load, at: usize, accepted: &mut Accepted) -> Result<(u64, u64)> {
    let stuck = |e| unfit(&load.table.name, e);
    match &load.mode {
        Mode::Merge => Ok((merge(tx, load, at, accepted.get_mut(&load.table.name), true)?, 0)),
        Mode::Add => Ok((merge(tx, load, at, None, false)?, 0)),
        Mode::Replace => replace(tx, load),
        Mode::Pairs { parent, of } => {
            let none = HashMap::new();
            let accepted = accepted.get(parent).unwrap_or(&none);
            let of: HashSet<&str> = of.iter().map(String::as_str).filter(|id| accepted.contains_key(*id)).collect();
            if of.is_empty() { Ok((0, 0)) } else { pairs(tx, load, &of)?.map_err(stuck) }
        }
    }
}

fn merge(
    tx: &Transaction<'_>,
    load: &Load,
    at: usize,
    mut accepted: Option<&mut HashMap<String, (Option<i64>, usize)>>,
    stamped: bool,
) -> Result<u64> {
    let mut merge = Merge::new(tx, &load.table, &load.batch, stamped)?;
    let mut written = 0;
    for row in 0..load.batch.num_rows() {
        let taken = merge.row(row).map_err(|e| unfit(&load.table.name, e))?;
        written += u64::from(taken);
        let Some(accepted) = accepted.as_deref_mut() else { continue };
        let (id, hash) = merge.id(row);
        match taken {
            true => drop(accepted.insert(id.into(), (hash, at))),
            // An older version came after a newer one: the pairs that follow are the older's. The same version again
            // brings the same pairs.
            false if accepted.get(id).is_some_and(|(held, by)| *by != at && *held != hash) => drop(accepted.remove(id)),
            false => {}
        }
    }
    Ok(written)
}

fn replace(tx: &Transaction<'_>, load: &Load) -> Result<(u64, u64)> {
    let mut merge = Merge::new(tx, &load.table, &load.batch, false)?;
    // The last of a repeated key is what stays, so only it is written: a repeat of the whole load writes nothing.
    let last: HashMap<Vec<u8>, usize> = (0..load.batch.num_rows()).map(|row| (merge.key(row), row)).collect();
    let mut rows: Vec<usize> = last.values().copied().collect();
    rows.sort_unstable();
    let run = || -> rusqlite::Result<(u64, u64)> {
        let mut written = 0;
        for row in rows {
            written += u64::from(merge.row(row)?);
        }
        Ok((written, remove_others(tx, &load.table, &last)?))
    };
    run().map_err(|e| unfit(&load.table.name, e))
}

fn remove_others(tx: &Transaction<'_>, table: &Table, keep: &HashMap<Vec<u8>, usize>) -> rusqlite::Result<u64> {
    let name = quoted(&names::table(&table.name));
    let key: Vec<String> = table.key.iter().map(|k| quoted(&names::column(k))).collect();
    let mut gone: Vec<Vec<Value>> = Vec::new();
    let mut all = tx.prepare_cached(&format!("SELECT {} FROM {name}", key.join(", ")))?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let mut stored = Vec::new();
        for at in 0..key.len() {
            bind::extend(&mut stored, row.get_ref(at)?);
        }
        if !keep.contains_key(&stored) {
            gone.push((0..key.len()).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?);
        }
    }
    drop(rows);
    let of: Vec<String> = key.iter().map(|k| format!("{k} = ?")).collect();
    let mut delete = tx.prepare_cached(&format!("DELETE FROM {name} WHERE {}", of.join(" AND ")))?;
    let mut removed = 0;
    for key in &gone {
        removed += delete.execute(rusqlite::params_from_iter(key))? as u64;
    }
    Ok(removed)
}

/// Writes only differences, so that a repeat writes nothing.
fn pairs(tx: &Transaction<'_>, load: &Load, of: &HashSet<&str>) -> Result<rusqlite::Result<(u64, u64)>> {
    let table = &load.table;
    let [first, second] = table.key.as_slice() else {
        return Err(Error::new(&codes::BUG, format!("{} is not a table of pairs", table.name)));
    };
    let sources = sources(table, &load.batch)?;
    let (Some(from), Some(to)) = (sources.iter().find(|s| s.name == first), sources.iter().find(|s| s.name == second)) else {
        return Err(Error::new(&codes::BUG, format!("A batch for {} lacks a key", table.name)));
    };
    let mut wanted: HashMap<&str, HashSet<&str>> = of.iter().map(|id| (*id, HashSet::new())).collect();
    for row in 0..load.batch.num_rows() {
        if let Some(set) = wanted.get_mut(from.text(row)) {
            set.insert(to.text(row));
        }
    }
    let (name, a, b) = (quoted(&names::table(&table.name)), quoted(&names::column(first)), quoted(&names::column(second)));
    let run = || -> rusqlite::Result<(u64, u64)> {
        let mut held = tx.prepare_cached(&format!("SELECT {b} FROM {name} WHERE {a} = ?1"))?;
        let mut add = tx.prepare_cached(&format!("INSERT INTO {name} ({a}, {b}) VALUES (?1, ?2)"))?;
        let mut cut = tx.prepare_cached(&format!("DELETE FROM {name} WHERE {a} = ?1 AND {b} = ?2"))?;
        let (mut written, mut removed) = (0, 0);
        for (id, mut set) in wanted {
            let mut gone: Vec<String> = Vec::new();
            let mut rows = held.query([id])?;
            while let Some(row) = rows.next()? {
                let other = row.get_ref(0)?.as_str()?;
                if !set.remove(other) {
                    gone.push(other.into());
                }
            }
            drop(rows);
            for other in set {
                written += add.execute([id, other])? as u64;
            }
            for other in gone {
                removed += cut.execute([id, &other])? as u64;
            }
        }
        Ok((written, removed))
    };
    Ok(run())
}
