//! The scroll: one may be open per app, it dies after a minute idle, and only an empty page is its end.

use std::collections::HashSet;
use std::time::Duration;

use tajo_core::page::Page;
use tajo_core::rest::Request;
use tajo_core::{Error, Kind, Read, Result};
use tokio::time::sleep;

use super::pages::{encoded, numbered, short};
use super::writer::Inlet;
use super::{Run, Unit, deliver};
use crate::decode::Stamp;

/// How long a foreign scroll lives at most without being read.
const HELD_WAIT: Duration = Duration::from_secs(65);
/// How often a held scroll is tried where the list cannot serve.
const HELD_TRIES: u32 = 10;
/// How often a scroll that died is begun again.
const RESTARTS_MAX: u32 = 8;
/// Pages of one scroll.
const PAGES_MAX: u32 = 200_000;

/// How one attempt at the scroll ended.
enum End {
    Complete,
    Held,
    Died(Error),
}

pub(super) async fn read(run: &Run<'_>, unit: &Unit, inlet: &Inlet) -> Result<()> {
    let Read::Scroll { path, list, items, page_max, list_max, .. } = unit.spec.read else { return Ok(()) };
    let count = || async {
        let request = Request { repeat: true, ..Request::post(format!("{list}?page=1&per_page=1"), "") };
        unit.client.send_checked(request, |answer| Ok(Page::read(&answer.body, items)?.total)).await
    };
    let mut seen = HashSet::new();
    let mut delivered = HashSet::new();
    let mut waited = false;
    let (mut held, mut restarts) = (0, 0);
    let (before, mut end) =
        futures_util::future::join(count(), scroll(run, unit, inlet, path, items, &mut seen, &mut delivered)).await;
    // The count is a tripwire beside the scroll: where it cannot be read, the scroll itself decides.
    let before = match before {
        Ok(total) => total.inspect(|total| unit.gauge.expect(*total)),
        Err(error) if error.kind() == Kind::Auth => return Err(error),
        Err(_) => None,
    };
    loop {
        match end? {
            End::Complete => {
                let now_short = before.is_some_and(|before| (seen.len() as u64) < before);
                if !now_short || count().await?.is_none_or(|after| seen.len() as u64 >= after) {
                    break;
                }
                restarts += 1;
                if restarts > 2 {
                    return Err(short(unit, format!("the scroll ended after {} records, the list counts more", seen.len())));
                }
            }
            End::Held if waited && before.is_some_and(|total| total <= list_max) => {
                let address = |page: u64| Request {
                    repeat: true,
                    ..Request::post(format!("{list}?page={page}&per_page={page_max}&order=desc"), "")
                };
                unit.warn(
                    "The scroll was held, by another program or a run that was cut short: the list was read instead; companies without users are not in it.".into(),
                );
                numbered(run, unit, inlet, items, None, address).await?;
                break;
            }
            End::Held => {
                held += 1;
                if held >= HELD_TRIES {
                    return Err(short(unit, format!("another program held the scroll for {HELD_TRIES} tries")));
                }
                waited = true;
                unit.warn("The scroll was held, by another program or a run that was cut short; waited for it to expire.".into());
                sleep(HELD_WAIT).await;
            }
            End::Died(error) => {
                restarts += 1;
                // The scroll that died may still be open for a minute.
                waited = false;
                if restarts > RESTARTS_MAX {
                    return Err(error);
                }
                // Some platforms answer 404 at the end instead of an empty page: true only where nothing is missing.
                if error.kind() == Kind::Missing
                    && before.is_some_and(|total| total > 0 && seen.len() as u64 >= total)
                    && restarts > 2
                {
                    break;
                }
            }
        }
        seen.clear();
        end = scroll(run, unit, inlet, path, items, &mut seen, &mut delivered).await;
    }
    if run.owns(&run.state(unit.spec.name)) {
        let note = run.note(unit.spec.name, |state| state.watermark = Some(run.source.now - run.lag()));
        inlet.note(note).await?;
    }
    Ok(())
}

/// One attempt, from the first page to an empty one. Rows are delivered page by page: nothing slow happens between pages.
async fn scroll(
    run: &Run<'_>,
    unit: &Unit,
    inlet: &Inlet,
    path: &str,
    items: &str,
    seen: &mut HashSet<String>,
    delivered: &mut HashSet<(String, i64)>,
) -> Result<End> {
    let Read::Scroll { held, .. } = unit.spec.read else { return Ok(End::Complete) };
    let mut token: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let address = token.as_ref().map_or(path.to_string(), |t| format!("{path}?scroll_param={}", encoded(t)));
        // Asking for a page moves the scroll on: after a lost answer the same request would give the page after it. A first
        // page may be asked for again: what it opened is found as held.
        let request = Request { repeat: token.is_none(), ..Request::get(address) };
        let answer = unit
            .client
            .send_checked(request, |answer| {
                let page = Page::read(&answer.body, items)?;
                let synced_at = answer.date.unwrap_or(run.source.now);
                let rows = unit.decoder.decode(&page.items, Stamp { synced_at, inject: None }, |head| {
                    seen.insert(head.id.clone());
                    run.wants(head.newest) && delivered.insert((head.id.clone(), head.hash))
                })?;
                Ok((rows, page.items.len(), page.scroll))
            })
            .await;
        let (rows, count, next) = match answer {
            Ok(read) => read,
            Err(error) if error.code() == held => return Ok(End::Held),
            Err(error) if matches!(error.kind(), Kind::Missing | Kind::Transient) => return Ok(End::Died(error)),
            Err(error) => return Err(error),
        };
        if count == 0 {
            return Ok(End::Complete);
        }
        deliver::rows(run, unit, inlet, rows).await?;
        token = next.or(token);
        if token.is_none() {
            return Err(short(unit, "a page of the scroll came without its token"));
        }
    }
    Err(short(unit, format!("the scroll did not end after {PAGES_MAX} pages")))
}
