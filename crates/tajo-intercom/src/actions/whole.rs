//! A whole number as people and programs write it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// A number that Intercom wants as one, of an admin or a collection: read from digits or from a number, as its answers
/// show the same id now this way, now that way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole(pub u64);

impl JsonSchema for Whole {
    fn schema_name() -> Cow<'static, str> {
        "Whole".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "examples": ["991267460", 991_267_460]})
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Whole, D::Error> {
        let read = match Value::deserialize(from)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        read.map(Whole).ok_or_else(|| D::Error::custom("expected a whole number such as 991267460"))
    }
}

impl From<Whole> for Value {
    fn from(whole: Whole) -> Value {
        whole.0.into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn digits_and_numbers_are_the_same() {
        let read = |value: Value| serde_json::from_value::<Whole>(value).map(|whole| whole.0).ok();
        assert_eq!((read(json!(7)), read(json!(" 7 ")), read(json!("0"))), (Some(7), Some(7), Some(0)));
        for wrong in [json!("x"), json!(-1), json!(1.5), json!(""), json!(true)] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
    }
}
