//! A moment as people and programs write it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// Later seconds are milliseconds by mistake: this is the year 5138.
const SECONDS_MAX: i64 = 99_999_999_999;

/// `2026-11-20`.
const DATE_CHARS: usize = 10;

/// Unix seconds, as Intercom takes them; read from ISO 8601 (a date means its midnight in UTC) or from unix seconds.
/// Milliseconds are refused, not guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "examples": ["2026-11-20T10:30:00Z", 1_795_170_600]})
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Moment, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

const EXPECTED: &str = "a time such as 2026-11-20T10:30:00Z, or unix seconds (not milliseconds)";

impl Visitor<'_> for Reader {
    type Value = Moment;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(EXPECTED)
    }
    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Moment, E> {
        match (0..=SECONDS_MAX).contains(&seconds) {
            true => Ok(Moment(seconds)),
            false => Err(E::invalid_value(Unexpected::Signed(seconds), &self)),
        }
    }
    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Moment, E> {
        i64::try_from(seconds).map_err(|_| E::invalid_value(Unexpected::Unsigned(seconds), &self)).and_then(|s| self.visit_i64(s))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<i64>() {
            return self.visit_i64(seconds);
        }
        let at = text.parse::<jiff::Timestamp>().map(|at| at.as_second());
        // jiff takes a date with a time of no zone for that date, and drops the time.
        let date = Some(text).filter(|text| text.len() == DATE_CHARS).and_then(|text| text.parse::<jiff::civil::Date>().ok());
        let day = || date?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp().as_second());
        let seconds = at.ok().or_else(day).ok_or_else(|| E::custom(format!("expected {EXPECTED}")))?;
        self.visit_i64(seconds)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    // Shows: A-37.
    #[test]
    fn iso_8601_and_unix_seconds_are_taken_and_milliseconds_are_not() {
        let read = |value: Value| serde_json::from_value::<Moment>(value).map(|moment| moment.0).ok();
        for (value, expect) in [
            (json!(1_795_170_600), Some(1_795_170_600)),
            (json!("1795170600"), Some(1_795_170_600)),
            (json!("2026-11-20T10:30:00Z"), Some(1_795_170_600)),
            (json!("2026-11-20T11:30:00+01:00"), Some(1_795_170_600)),
            (json!("2026-11-20"), Some(1_795_132_800)),
            (json!(0), Some(0)),
            (json!(1_795_170_600_000_i64), None),
            (json!("1795170600000"), None),
            (json!(-1), None),
            (json!(1.5), None),
            (json!("yesterday"), None),
            (json!("2026-11-20T10:30:00"), None),
            (json!(""), None),
        ] {
            assert_eq!(read(value.clone()), expect, "{value}");
        }
        // Every second of two centuries is the same written either way.
        for seconds in (0..6_000_000_000_i64).step_by(9_999_991) {
            let text = jiff::Timestamp::from_second(seconds).unwrap().to_string();
            assert_eq!(read(json!(text)), read(json!(seconds)), "{text}");
        }
    }
}
