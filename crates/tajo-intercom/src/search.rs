//! How a search for a slice of time is asked. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts>

use serde_json::{Value, json};
use tajo_core::{Grain, Release, Slice};

/// A search of records whose `updated_at` lies in the closed slice, under *every* documented reading of the operators.
///
/// `OR[AND[> lo, < hi], = lo, = hi]` is exactly the slice where times compare by the second, the whole days of both
/// bounds where they compare by calendar day (contacts up to 2.16, where `>=` and `<=` are errors), and a superset where
/// `>` and `<` include the bound.
pub fn updated_between(slice: &Slice<'_>) -> Value {
    let at = |operator: &str, second: i64| json!({"field": "updated_at", "operator": operator, "value": second});
    let mut pagination = json!({"per_page": slice.page});
    if let Some(cursor) = slice.after {
        pagination["starting_after"] = cursor.into();
    }
    json!({
        "query": {"operator": "OR", "value": [
            {"operator": "AND", "value": [at(">", slice.lo), at("<", slice.hi)]},
            at("=", slice.lo),
            at("=", slice.hi),
        ]},
        "sort": {"field": "updated_at", "order": if slice.descending { "descending" } else { "ascending" }},
        "pagination": pagination,
    })
}

/// Contact search compares calendar days of the workspace's timezone up to 2.16, exact seconds from 2.17.
/// <https://developers.intercom.com/docs/references/2.17/changelog>
pub fn contact_grain(release: Release) -> Grain {
    if release >= (2, 17) { Grain::Second } else { Grain::Day }
}
