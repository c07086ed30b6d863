//! One value, read by the kind of its column.

use std::borrow::Cow;

use tajo_core::Epoch;
use tajo_core::table::Kind;

/// A value ready for a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Text(Cow<'a, str>),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Timestamp(i64),
}

impl<'a> Cell<'a> {
    /// Reads a raw JSON value; `None` where it is of another type than the column.
    pub(super) fn read(kind: Kind, raw: &'a str) -> Option<Cell<'a>> {
        if raw == "null" {
            return Some(Cell::Null);
        }
        let first = raw.as_bytes().first().copied().unwrap_or_default();
        let is_number = first == b'-' || first.is_ascii_digit();
        match kind {
            Kind::Json => Some(Cell::Text(Cow::Borrowed(raw))),
            Kind::Text if first == b'"' => text(raw).map(Cell::Text),
            // Ids come as numbers in some places; as text they join everywhere.
            Kind::Text if is_number => Some(Cell::Text(Cow::Borrowed(raw))),
            Kind::Text => None,
            Kind::Integer if is_number => raw.parse().ok().map(Cell::Integer),
            Kind::Number if is_number => raw.parse::<f64>().ok().filter(|n| n.is_finite()).map(Cell::Number),
            Kind::Timestamp if is_number => raw
                .parse()
                .ok()
                .or_else(|| raw.parse::<f64>().ok().map(|n| n as i64))
                .map(|n| Cell::Timestamp(Epoch::of_number(n).0)),
            Kind::Timestamp if first == b'"' => text(raw).and_then(|t| Epoch::of_text(&t)).map(|at| Cell::Timestamp(at.0)),
            Kind::Boolean => raw.parse().ok().map(Cell::Boolean),
            Kind::Integer | Kind::Number | Kind::Timestamp => None,
        }
    }
}

/// The text of a raw JSON string, borrowed where nothing is escaped. Lone surrogates have no text: `None`.
pub(super) fn text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    match inner.as_bytes().contains(&b'\\') {
        false => Some(Cow::Borrowed(inner)),
        true => serde_json::from_str::<String>(raw).ok().map(Cow::Owned),
    }
}
