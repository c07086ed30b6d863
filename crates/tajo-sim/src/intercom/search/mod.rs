//! Searches: parse the body, find the window, keep order, page by keyset.

mod dates;
mod filter;
mod run;
mod spans;

use serde_json::Value;

pub(crate) use dates::Dates;
pub(crate) use filter::{Filter, Grammar, Holds, Op};
pub(crate) use run::{Found, Searched, run};

use super::Ask;
use super::cursor::Cursor;
use super::errors::Refusal;
use super::pages::Sizes;
use super::versions::Version;
use crate::world::ids::Kind;

/// A search request, read.
pub(crate) struct Wanted {
    pub(crate) filter: filter::Filter,
    pub(crate) sort: String,
    pub(crate) ascending: bool,
    pub(crate) per_page: u32,
    pub(crate) after: Option<Cursor>,
}

impl Wanted {
    pub(crate) fn read(ask: &Ask<'_>, grammar: &Grammar<'_>, sizes: Sizes, kind: Kind) -> Result<Wanted, Refusal> {
        let body: Value = serde_json::from_slice(ask.body).map_err(|_| Refusal::invalid("Request body is not valid JSON"))?;
        let query = body.get("query").ok_or_else(|| Refusal::invalid("query is required"))?;
        let filter = grammar.parse(query)?;
        let (sort, ascending) = order(body.get("sort"), ask.version)?;
        if (grammar.holds)(&sort).is_none() {
            return Err(Refusal::new(400, "invalid_field", format!("'{sort}' is not a sortable field")));
        }
        let size = match body.pointer("/pagination/per_page") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        let after = match body.pointer("/pagination/starting_after") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(Cursor::parse(text, kind)?),
            Some(_) => return Err(Refusal::invalid("starting_after must be a string")),
        };
        Ok(Wanted { filter, sort, ascending, per_page: sizes.check(size.as_deref())?, after })
    }
}

/// `{field, order}`, descending unless told. Before 2.16 a wrong order is tolerated.
/// Source: spec 2.16, contacts/search, `invalid_sort_order`; docs, "Pagination", default sort.
fn order(sort: Option<&Value>, version: Version) -> Result<(String, bool), Refusal> {
    let Some(sort) = sort.filter(|sort| !sort.is_null()) else { return Ok(("updated_at".to_owned(), false)) };
    let field = sort.get("field").and_then(Value::as_str).unwrap_or("updated_at").to_owned();
    match sort.get("order").and_then(Value::as_str) {
        Some("ascending") => Ok((field, true)),
        Some("descending") | None => Ok((field, false)),
        Some(wrong) if version >= Version::V2_16 => {
            let message = format!("Invalid sort order '{wrong}'. Must be one of: ascending, descending");
            Err(Refusal::new(400, "invalid_sort_order", message))
        }
        Some(other) => Ok((field, other == "asc")),
    }
}

impl Wanted {
    /// The whole index, latest update first.
    pub(crate) fn everything(per_page: u32, after: Option<Cursor>) -> Wanted {
        let filter = filter::Filter::All(Vec::new());
        Wanted { filter, sort: "updated_at".to_owned(), ascending: false, per_page, after }
    }
}
