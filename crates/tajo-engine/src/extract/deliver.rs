//! From decoded rows to loads: cut lists are completed, children are fetched, and everything of a page becomes durable
//! together.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::value::RawValue;
use tajo_core::page::Page;
use tajo_core::rest::Request;
use tajo_core::{Error, Held, Kind, Link, Load, Mode, Read, Result, Table, codes};

use super::pages::{follow, short};
use super::writer::Inlet;
use super::{Child, Run, Unit};
use crate::decode::{Head, Listed, Rows, Stamp};

/// Pages whose details are fetched at once; bounds memory.
pub(super) const HYDRATING_PAGES: usize = 4;
/// Page size of the complete lists of references.
const LIST_PAGE: u32 = 60;
/// Pages of one such list.
const LIST_PAGES_MAX: u32 = 10_000;
/// Added to the hash of a row whose children were read: it differs from the same row without them.
const WITH_CHILDREN: i64 = 1;

/// Takes rows of a unit to the writer.
pub(super) async fn rows(run: &Run<'_>, unit: &Unit, inlet: &Inlet, mut rows: Rows) -> Result<()> {
    if rows.heads.is_empty() {
        return Ok(());
    }
    let cut = |head: &Head| {
        head.links.iter().zip(unit.spec.links).any(|(l, link)| link.rest.is_some() && l.as_ref().is_some_and(|l| l.cut))
    };
    let mut children = Vec::new();
    if unit.child.is_some() || rows.heads.iter().any(cut) {
        // A page of parents holds all their children until it is committed; a page with a few cut lists holds little.
        let _turn = match unit.child {
            Some(_) => run.hydrating.acquire().await.ok(),
            None => None,
        };
        let ids: Vec<String> = rows.heads.iter().map(|h| h.id.clone()).collect();
        let held = run.to.held(unit.decoder.table(), unit.spec.flag, &ids).await?;
        complete(unit, &mut rows.heads, &held).await?;
        if let Some(child) = &unit.child {
            children = details(run, unit, child, &mut rows, &held).await?;
        }
    }
    unit.gauge.add(rows.heads.len());
    unit.count(|c| c.read += rows.heads.len() as u64);
    let mut loads = Vec::with_capacity(1 + children.len() + unit.links.len());
    for (at, (link, table)) in unit.spec.links.iter().zip(&unit.links).enumerate() {
        loads.extend(pairs(unit, link, table, at, &rows.heads)?);
    }
    loads.insert(0, Load { table: unit.decoder.table().clone(), batch: rows.batch, mode: Mode::Merge });
    loads.extend(children);
    inlet.rows(loads).await
}

/// Whether the destination holds this very version.
fn same(head: &Head, held: Option<&Held>, hash: i64) -> bool {
    held.is_some_and(|held| held.newest == head.newest && held.hash == Some(hash))
}

/// Reads the lists that were cut, of rows that changed.
async fn complete(unit: &Unit, heads: &mut [Head], held: &[Option<Held>]) -> Result<()> {
    let mut reading = FuturesUnordered::new();
    for (row, head) in heads.iter().enumerate() {
        let known = held.get(row).and_then(Option::as_ref);
        let unchanged = same(head, known, head.hash) || same(head, known, head.hash.wrapping_add(WITH_CHILDREN));
        for (at, link) in unit.spec.links.iter().enumerate() {
            let is_cut = head.links[at].as_ref().is_some_and(|l| l.cut);
            if let (true, false, Some(rest)) = (is_cut, unchanged, link.rest) {
                let path = rest.replace("{id}", &head.id);
                reading.push(async move { (row, at, whole_list(unit, link, path).await) });
            }
        }
    }
    let mut read = Vec::new();
    while let Some((row, at, list)) = reading.next().await {
        read.push((row, at, list?));
    }
    drop(reading);
    for (row, at, list) in read {
        unit.count(|c| c.gone += u64::from(list.is_none()));
        heads[row].links[at] = list;
    }
    Ok(())
}

/// The complete list of references; `None` where the record is gone meanwhile.
async fn whole_list(unit: &Unit, link: &Link, path: String) -> Result<Option<Listed>> {
    let mut ids = Vec::new();
    let mut known = HashSet::new();
    let mut next = Some(format!("{path}?per_page={LIST_PAGE}"));
    for _ in 0..LIST_PAGES_MAX {
        let Some(address) = next.take() else { return Ok(Some(Listed { ids, cut: false })) };
        let read = unit.client.send_checked(Request::get(address), |answer| {
            // Some versions name the list after what it holds.
            let page = Page::read(&answer.body, "data").or_else(|_| Page::read(&answer.body, link.at))?;
            let ids: Option<Vec<String>> = page.items.iter().map(|item| crate::decode::id(item.get())).collect();
            let ids = ids.ok_or_else(|| Error::new(&codes::INT_DRIFT, format!("A reference for `{}` has no id", link.table)))?;
            Ok((ids, follow(&path, LIST_PAGE, page.next.as_ref()), page.total))
        });
        let (page, following, total) = match read.await {
            Ok(page) => page,
            Err(error) if error.kind() == Kind::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        let more = !page.is_empty();
        ids.extend(page.into_iter().filter(|id| known.insert(id.clone())));
        if following.is_none() && total.is_some_and(|total| total > ids.len() as u64) {
            return Err(short(unit, format!("a list for `{}` ended before its own count", link.table)));
        }
        next = following.filter(|_| more);
    }
    Err(short(unit, format!("a list for `{}` did not end", link.table)))
}

/// The pairs of rows whose lists are complete.
fn pairs(unit: &Unit, link: &Link, table: &Arc<Table>, at: usize, heads: &[Head]) -> Result<Option<Load>> {
    let mut of = Vec::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut cut = 0;
    for head in heads {
        match &head.links[at] {
            Some(list) if !list.cut => {
                of.push(head.id.clone());
                for id in &list.ids {
                    ours.push(head.id.as_str());
                    theirs.push(id.as_str());
                }
            }
            Some(_) => cut += 1,
            None => {}
        }
    }
    if cut > 0 && link.rest.is_none() {
        unit.warn(format!("Lists for `{}` came cut and cannot be completed; those pairs were left as they are.", link.table));
    }
    if of.is_empty() {
        return Ok(None);
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(ours)), Arc::new(StringArray::from(theirs))];
    let batch = RecordBatch::try_new(table.arrow(), columns)
        .map_err(|e| Error::new(&codes::BUG, "Pairs do not fit their table").because(e))?;
    Ok(Some(Load { table: table.clone(), batch, mode: Mode::Pairs { parent: unit.spec.name.into(), of } }))
}

/// What the detail of one parent gave.
enum Detail {
    Known(Held),
    Gone,
    Read { load: Load, complete: bool },
}

/// Fetches the details of changed parents, and writes into the rows whether all children were read.
async fn details(run: &Run<'_>, unit: &Unit, child: &Child, rows: &mut Rows, held: &[Option<Held>]) -> Result<Vec<Load>> {
    let mut reading = FuturesUnordered::new();
    let mut found: Vec<Option<Detail>> = Vec::new();
    for (row, head) in rows.heads.iter().enumerate() {
        let known = held.get(row).and_then(Option::as_ref).filter(|h| h.flag.is_some());
        match known {
            Some(known) if same(head, Some(known), head.hash.wrapping_add(WITH_CHILDREN)) => {
                found.push(Some(Detail::Known(*known)))
            }
            _ => {
                found.push(None);
                reading.push(async move { (row, detail(run, child, &head.id).await) });
            }
        }
    }
    child.gauge.expect_more(reading.len());
    while let Some((row, detail)) = reading.next().await {
        found[row] = Some(detail?);
        child.gauge.add(1);
    }
    drop(reading);
    let mut hashes = Vec::with_capacity(found.len());
    let mut flags = Vec::with_capacity(found.len());
    let mut loads = Vec::new();
    for (head, detail) in rows.heads.iter().zip(found) {
        let (hash, flag) = match detail {
            Some(Detail::Known(held)) => (held.hash.unwrap_or_default(), held.flag),
            Some(Detail::Gone) | None => {
                unit.count(|c| c.gone += 1);
                (head.hash, None)
            }
            Some(Detail::Read { load, complete }) => {
                if !complete {
                    let flag = unit.spec.flag.unwrap_or_default();
                    unit.warn(format!(
                        "Some records have more `{}` than the platform gives; `{flag}` is false there.",
                        child.spec.name
                    ));
                }
                loads.push(load);
                (head.hash.wrapping_add(WITH_CHILDREN), Some(complete))
            }
        };
        hashes.push(hash);
        flags.push(flag);
    }
    let mut columns: Vec<(usize, ArrayRef)> = vec![(unit.decoder.hash_column(), Arc::new(Int64Array::from(hashes)))];
    if let Some(flag) = unit.spec.flag.and_then(|flag| unit.decoder.table().at(flag)) {
        columns.push((flag, Arc::new(BooleanArray::from(flags))));
    }
    rows.replace(columns)?;
    Ok(loads)
}

async fn detail(run: &Run<'_>, child: &Child, id: &str) -> Result<Detail> {
    let Read::Each { path, at, items, total, into, .. } = child.spec.read else {
        return Err(Error::new(&codes::BUG, format!("`{}` is no child", child.spec.name)));
    };
    let request = Request::get(path.replace("{id}", id));
    let column = child.decoder.table().at(into);
    let read = child.client.send_checked(request, |answer| {
        let drift =
            |why: &str| Error::new(&codes::NET_BODY, format!("A detail with `{items}` cannot be read")).note("reason", why);
        let body = std::str::from_utf8(&answer.body).map_err(|_| drift("not UTF-8"))?;
        let record: std::collections::BTreeMap<String, &RawValue> =
            serde_json::from_str(body).map_err(|_| drift("not a JSON object"))?;
        let list = record.get(at).ok_or_else(|| drift("the list is missing"))?;
        let list: std::collections::BTreeMap<String, &RawValue> =
            serde_json::from_str(list.get()).map_err(|_| drift("the list is no object"))?;
        let records: Vec<&RawValue> =
            list.get(items).and_then(|l| serde_json::from_str(l.get()).ok()).ok_or_else(|| drift("the list is missing"))?;
        let counted = list.get(total).and_then(|t| t.get().parse::<u64>().ok());
        let synced_at = answer.date.unwrap_or(run.source.now);
        let rows = child.decoder.decode(&records, Stamp { synced_at, inject: column.map(|c| (c, id)) }, |_| true)?;
        Ok((rows, counted))
    });
    match read.await {
        Ok((rows, counted)) => {
            let n = rows.heads.len() as u64;
            child.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).read += n;
            let complete = counted.is_none_or(|counted| n >= counted);
            Ok(Detail::Read { load: Load { table: child.decoder.table().clone(), batch: rows.batch, mode: Mode::Add }, complete })
        }
        Err(error) if error.kind() == Kind::Missing => Ok(Detail::Gone),
        Err(error) => Err(error),
    }
}
