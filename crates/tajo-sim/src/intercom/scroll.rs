//! The company scroll: one per app, gone after a minute of idling.
//!
//! Source: spec, `GET /companies/scroll`: "only one scroll at a time", "the scroll parameter will
//! expire after one minute"; airbytehq/airbyte#69151: the parameter is the same on every page and
//! the end is an empty page.

use super::errors::Refusal;
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::world::World;
use crate::world::companies::Company;

const IDLE_MS: i64 = 60_000;
const PAGE: usize = 100;

/// An open scroll.
#[derive(Debug, Clone)]
pub(crate) struct Scroll {
    pub(crate) param: String,
    /// The serial from which the next page starts.
    pub(crate) next: u32,
    pub(crate) used_ms: i64,
}

impl Scroll {
    fn is_dead(&self, now_ms: i64) -> bool {
        now_ms - self.used_ms > IDLE_MS
    }
}

pub(crate) fn page(world: &mut World, ask: &Ask<'_>) -> Answer {
    let now_ms = ask.now_ms;
    world.scroll.take_if(|scroll| scroll.is_dead(now_ms));
    let mut scroll = match (ask.query("scroll_param"), world.scroll.take()) {
        (None, None) => Scroll { param: world.stamp.uuid(), next: 0, used_ms: now_ms },
        (None, Some(open)) => {
            world.scroll = Some(open);
            return Err(Refusal::new(400, "scroll_exists", "scroll already exists for this workspace"));
        }
        (Some(param), Some(open)) if open.param == param => open,
        (Some(_), other) => {
            world.scroll = other;
            return Err(Refusal::not_found("scroll parameter not found"));
        }
    };
    let rows = take(world, &mut scroll.next);
    let is_end = rows.is_empty();
    let body = Json::object(|j| {
        j.put("type", "list");
        j.list("data", rows, |j, row| show::company(j, world, row, ask.version));
        j.null("pages");
        j.null("total_count");
        j.put("scroll_param", scroll.param.as_str());
    });
    // The empty page is the end and releases the scroll.
    if !is_end {
        scroll.used_ms = now_ms;
        world.scroll = Some(scroll);
    }
    Ok(body)
}

/// The next companies by id, those without users included.
fn take<'a>(world: &'a World, next: &mut u32) -> Vec<&'a Company> {
    let mut rows = Vec::with_capacity(PAGE);
    while rows.len() < PAGE && (*next as usize) < world.companies.len() {
        rows.extend(world.companies.shown(*next));
        *next += 1;
    }
    rows
}

/// Ends the scroll, as the vendor's expiry or failure would.
pub(crate) fn abandon(world: &mut World) {
    world.scroll = None;
}
