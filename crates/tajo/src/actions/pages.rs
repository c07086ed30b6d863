//! All pages of a list, one after the other.

use std::sync::Arc;

use serde_json::Value;
use tajo_core::{Error, Result, codes};

use super::{App, Ask, Outcome};

/// More pages than any list of Intercom's can have within its own bounds; a list that goes on beyond goes in circles.
pub const PAGES_MAX: usize = 1_000_000;

/// Runs a listing action page by page, and hands each row out as it comes. The answer is that of the last page, without
/// rows, with `count`.
pub async fn every_page(app: &Arc<App>, mut ask: Ask, mut each: impl FnMut(Value) -> Result<()> + Send) -> Result<Outcome> {
    let entry = app.find(&ask.action)?;
    let Some(paged) = entry.facts.paged else {
        return Err(Error::new(&codes::INPUT, format!("{} has no pages to follow", entry.id())));
    };
    if !ask.input.is_object() {
        ask.input = Value::Object(serde_json::Map::new());
    }
    let mut warnings: Vec<String> = Vec::new();
    let mut count = 0_u64;
    for _ in 0..PAGES_MAX {
        let mut outcome = app.run(ask.clone()).await?;
        for warning in outcome.warnings {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        let Some(Value::Array(rows)) = outcome.result.get_mut("data").map(Value::take) else {
            return Err(Error::new(&codes::BUG, "A page of a list has no rows"));
        };
        count += rows.len() as u64;
        rows.into_iter().try_for_each(&mut each)?;
        match outcome.result.get(paged.next).filter(|next| !next.is_null()) {
            Some(next) if ask.input.get(paged.after) == Some(next) => {
                return Err(Error::new(&codes::INT_DRIFT, "A list names the same page twice"));
            }
            Some(next) => ask.input[paged.after] = next.clone(),
            None => return Ok(Outcome { result: serde_json::json!({"count": count}), warnings, found: false }),
        }
    }
    Err(Error::new(&codes::INT_DRIFT, "A list does not come to its end"))
}
