//! Cursors: base64 of `[sort value in ms, id, page]`, stateless.
//!
//! Source: docs, "Pagination": `WzE3MDc5MzAwODEwMDAsMTMxLDJd`; "the `starting_after` context is
//! stateless … this can lead to duplicate or missed records".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::errors::Refusal;
use crate::world::ids::Kind;

/// The last record of the page before, and the number of the page that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The sort value in seconds.
    pub(crate) value: i64,
    pub(crate) serial: u32,
    pub(crate) page: u64,
}

impl Cursor {
    pub(crate) fn text(&self, kind: Kind) -> String {
        let id = match kind {
            Kind::Contact | Kind::Company | Kind::Segment => json!(kind.id(self.serial)),
            _ => json!(kind.number(self.serial)),
        };
        STANDARD.encode(json!([self.value * 1000, id, self.page]).to_string())
    }

    pub(crate) fn parse(text: &str, kind: Kind) -> Result<Cursor, Refusal> {
        let message = "Invalid starting_after param. Please try again using a starting_after value from a paginated response";
        let read = || {
            let bytes = STANDARD.decode(text).ok()?;
            let (value, id, page): (i64, Value, u64) = serde_json::from_slice(&bytes).ok()?;
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            Some(Cursor { value: value.div_euclid(1000), serial: kind.serial(&id)?, page })
        };
        read().ok_or_else(|| Refusal::new(400, "client_error", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_have_the_documented_form() {
        let cursor = Cursor { value: 1_707_930_081, serial: 3, page: 2 };
        let text = cursor.text(Kind::Tag);
        assert_eq!(STANDARD.decode(&text).unwrap(), b"[1707930081000,9100003,2]");
        assert_eq!(Cursor::parse(&text, Kind::Tag), Ok(cursor));
        assert_eq!(Cursor::parse(&cursor.text(Kind::Contact), Kind::Contact), Ok(cursor));
        assert_eq!(Cursor::parse("nonsense", Kind::Tag).unwrap_err().code, "client_error");
    }
}
