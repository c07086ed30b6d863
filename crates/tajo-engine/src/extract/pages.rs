//! Numbered pages, newest first: read until older than the watermark, or to the end.

use std::collections::HashSet;

use tajo_core::page::{Next, Page};
use tajo_core::rest::Request;
use tajo_core::{Error, Read, Result, codes};

use super::writer::Inlet;
use super::{Run, Unit, deliver};
use crate::decode::Stamp;

/// Passes over a list that kept changing under the reading.
const PASSES_MAX: u32 = 4;
/// Pages of one pass.
const PAGES_MAX: u64 = 100_000;

pub(super) async fn read(run: &Run<'_>, unit: &Unit, inlet: &Inlet) -> Result<()> {
    let Read::Pages { path, items, page_max } = unit.spec.read else { return Ok(()) };
    let state = run.state(unit.spec.name);
    // Where an incremental run may stop: everything older is in the destination.
    let until = match (run.wanted.full, run.wanted.between, run.wanted.since) {
        (true, _, since) => since,
        (_, Some((start, _)), _) => Some(start),
        (_, None, since) => since.or(state.watermark),
    };
    let address = |number: u64| {
        let join = if path.contains('?') { '&' } else { '?' };
        Request::get(format!("{path}{join}page={number}&per_page={page_max}"))
    };
    numbered(run, unit, inlet, items, until, address).await?;
    if run.owns(&state) {
        let note = run.note(unit.spec.name, |state| state.watermark = Some(run.source.now - run.lag()));
        inlet.note(note).await?;
    }
    Ok(())
}

/// Reads numbered pages and delivers their rows. A list whose total shrank while it was read is read again: a removal
/// moves later records to pages already read.
pub(super) async fn numbered(
    run: &Run<'_>,
    unit: &Unit,
    inlet: &Inlet,
    items: &str,
    until: Option<i64>,
    address: impl Fn(u64) -> Request,
) -> Result<()> {
    let mut delivered = HashSet::new();
    for _ in 0..PASSES_MAX {
        let mut seen = HashSet::new();
        let mut totals: Option<(u64, u64)> = None;
        let mut ordered = true;
        let mut last = None;
        let mut complete = false;
        for number in 1..=PAGES_MAX {
            let mut oldest = None;
            let (rows, count, next, total) = unit
                .client
                .send_checked(address(number), |answer| {
                    let page = Page::read(&answer.body, items)?;
                    let more = page.next.is_some() || page.pages.is_some_and(|pages| number < pages);
                    let synced_at = answer.date.unwrap_or(run.source.now);
                    let rows = unit.decoder.decode(&page.items, Stamp { synced_at, inject: None }, |head| {
                        seen.insert(head.id.clone());
                        ordered &= last.is_none() || head.newest.is_none() || head.newest <= last;
                        last = head.newest.or(last);
                        oldest = head.newest.or(oldest);
                        run.wants(head.newest) && delivered.insert((head.id.clone(), head.hash))
                    })?;
                    Ok((rows, page.items.len(), more, page.total))
                })
                .await?;
            if let Some(total) = total {
                unit.gauge.expect(total);
                totals = Some((totals.map_or(total, |t| t.0), total));
            }
            deliver::rows(run, unit, inlet, rows).await?;
            let older = matches!((until, oldest), (Some(until), Some(oldest)) if oldest < until);
            if ordered && older {
                return Ok(());
            }
            if count == 0 || !next {
                complete = true;
                break;
            }
        }
        let Some((first, end)) = totals else { return Ok(()) };
        if complete && end >= first && seen.len() as u64 >= first.min(end) {
            return Ok(());
        }
    }
    Err(short(unit, "its listing kept changing or ended early"))
}

/// The error of a listing that fell short of its own count.
pub(super) fn short(unit: &Unit, why: impl Into<String>) -> Error {
    Error::new(&codes::INT_SHORT, format!("`{}` could not be read completely", unit.spec.name))
        .note("reason", why)
        .note("not done", "the watermark did not move; nothing was removed")
}

/// The request that follows a page of a listing under `path`, for every form of `pages.next`.
pub(super) fn follow(path: &str, per_page: u32, next: Option<&Next>) -> Option<String> {
    let join = if path.contains('?') { '&' } else { '?' };
    match next? {
        Next::After(cursor) => Some(format!("{path}{join}per_page={per_page}&starting_after={}", encoded(cursor))),
        Next::Number(page) => Some(format!("{path}{join}per_page={per_page}&page={page}")),
        // Only path and query are taken from a URL: the credentials stay with their own origin.
        Next::Url(url) => {
            let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            rest.find('/').map(|slash| rest[slash..].to_string())
        }
    }
}

/// Percent-encodes a query value.
pub(super) fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.extend(['%', HEX[usize::from(byte >> 4)] as char, HEX[usize::from(byte & 15)] as char]);
            }
        }
    }
    out
}
