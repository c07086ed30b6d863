//! Lists that are read whole: the table becomes what the platform shows.

use tajo_core::page::Page;
use tajo_core::rest::Request;
use tajo_core::{Load, Mode, Read, Result};

use super::pages::short;
use super::writer::Inlet;
use super::{Run, Unit};
use crate::decode::Stamp;

pub(super) async fn read(run: &Run<'_>, unit: &Unit, inlet: &Inlet) -> Result<()> {
    let Read::Whole { paths, items } = unit.spec.read else { return Ok(()) };
    let mut bodies = Vec::new();
    for path in paths(run.source.release) {
        let checked = unit.client.send_checked(Request::get(*path), |answer| {
            let page = Page::read(&answer.body, items)?;
            match page.total {
                Some(total) if total > page.items.len() as u64 => {
                    Err(short(unit, format!("{total} are counted, {} listed", page.items.len())))
                }
                _ => Ok(answer.body),
            }
        });
        bodies.push(checked.await?);
    }
    // One batch of all answers: a replace must see every row at once.
    let mut records = Vec::new();
    for body in &bodies {
        records.extend(Page::read(body, items)?.items);
    }
    let rows = unit.decoder.decode(&records, Stamp { synced_at: run.source.now, inject: None }, |_| true)?;
    unit.gauge.expect(rows.heads.len() as u64);
    unit.gauge.add(rows.heads.len());
    unit.count(|c| c.read += rows.heads.len() as u64);
    if rows.heads.is_empty() && !run.wanted.full {
        let there = run.to.count(unit.spec.name).await?;
        if there > 0 {
            return Err(short(unit, format!("it came back empty, but the table holds {there} rows"))
                .help("If they are really gone, run with `--type full` to accept it."));
        }
    }
    let load = Load { table: unit.decoder.table().clone(), batch: rows.batch, mode: Mode::Replace };
    inlet.rows(vec![load]).await?;
    let note = run.note(unit.spec.name, |state| state.watermark = Some(run.source.now - run.lag()));
    inlet.note(note).await
}
