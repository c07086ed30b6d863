//! What a date filter means: by the workspace's calendar day, or by the second.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::filter::Op;
use super::spans::Spans;
use crate::intercom::errors::Refusal;

/// How an endpoint in a version reads dates.
#[derive(Debug, Clone)]
pub(crate) enum Dates {
    /// By calendar day in this zone.
    /// Source: spec 2.11 to 2.16, contacts/search, "Searching for Timestamp Fields".
    Day(TimeZone),
    /// By the second, `>` and `<` strict. Source: docs, 2.17 changelog (contacts).
    Second,
    /// By the second with every operator; `inclusive` reads `>` as "greater (or equal)".
    /// Source: spec, conversations/search, table of operators.
    Free { inclusive: bool },
}

impl Dates {
    /// The zone named by the workspace; UTC if the name is unknown.
    pub(crate) fn by_day(zone: &str) -> Dates {
        Dates::Day(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
    }

    /// The seconds that satisfy `op value`.
    pub(crate) fn spans(&self, field: &str, op: Op, values: &[i64]) -> Result<Spans, Refusal> {
        let value = values.first().copied().unwrap_or_default();
        match self {
            Dates::Day(zone) => by_day(zone, field, op, value),
            Dates::Second => by_second(field, op, value),
            Dates::Free { inclusive } => free(field, op, values, *inclusive),
        }
    }
}

fn unsupported(field: &str, op: Op) -> Refusal {
    Refusal::invalid(format!("The {} operator is not supported on the Date field {field}", op.sign()))
}

/// `=` is the whole day, `>` starts at the *next* day, `<` ends before that day; the rest is an
/// error. Source: spec 2.16, contacts/search.
fn by_day(zone: &TimeZone, field: &str, op: Op, value: i64) -> Result<Spans, Refusal> {
    let (start, next) = day(zone, value).ok_or_else(|| Refusal::invalid(format!("Invalid date for {field}")))?;
    match op {
        Op::Equal => Ok(Spans::range(start, next - 1)),
        Op::Greater => Ok(Spans::range(next, i64::MAX)),
        Op::Less => Ok(Spans::range(i64::MIN, start - 1)),
        _ => Err(unsupported(field, op)),
    }
}

/// The first second of the day that holds `value`, and of the day after.
fn day(zone: &TimeZone, value: i64) -> Option<(i64, i64)> {
    let at: Zoned = Timestamp::from_second(value).ok()?.to_zoned(zone.clone());
    let next = at.date().checked_add(1.day()).ok()?.to_zoned(zone.clone()).ok()?;
    Some((at.start_of_day().ok()?.timestamp().as_second(), next.timestamp().as_second()))
}

/// Exact seconds with `>=` and `<=`; still no `!=`, `IN`, `NIN`. Source: spec Preview.
fn by_second(field: &str, op: Op, value: i64) -> Result<Spans, Refusal> {
    match op {
        Op::NotEqual | Op::In | Op::NotIn => Err(unsupported(field, op)),
        _ => free(field, op, &[value], false),
    }
}

fn free(field: &str, op: Op, values: &[i64], inclusive: bool) -> Result<Spans, Refusal> {
    let value = values.first().copied().unwrap_or_default();
    let above = if inclusive { Some(value) } else { value.checked_add(1) };
    let below = if inclusive { Some(value) } else { value.checked_sub(1) };
    let any = || values.iter().fold(Spans::none(), |all, value| all.or(&Spans::range(*value, *value)));
    match op {
        Op::Equal | Op::In => Ok(any()),
        Op::NotEqual | Op::NotIn => Ok(any().not()),
        Op::Greater => Ok(above.map_or_else(Spans::none, |low| Spans::range(low, i64::MAX))),
        Op::Less => Ok(below.map_or_else(Spans::none, |high| Spans::range(i64::MIN, high))),
        Op::AtLeast => Ok(Spans::range(value, i64::MAX)),
        Op::AtMost => Ok(Spans::range(i64::MIN, value)),
        _ => Err(unsupported(field, op)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2020-01-01 09:00 UTC, the spec's own example.
    const AT: i64 = 1_577_869_200;

    #[test]
    fn the_specs_example_in_utc() {
        let utc = Dates::by_day("UTC");
        assert_eq!(utc.spans("created_at", Op::Greater, &[AT]), Ok(Spans::range(1_577_923_200, i64::MAX)));
        assert_eq!(utc.spans("created_at", Op::Less, &[AT]), Ok(Spans::range(i64::MIN, 1_577_836_799)));
        assert_eq!(utc.spans("created_at", Op::Equal, &[AT]), Ok(Spans::range(1_577_836_800, 1_577_923_199)));
        for op in [Op::AtLeast, Op::AtMost, Op::NotEqual, Op::In, Op::NotIn] {
            assert_eq!(utc.spans("created_at", op, &[AT]).unwrap_err().status, 400);
        }
    }

    #[test]
    fn days_follow_the_workspaces_zone_and_its_short_days() {
        let tokyo = Dates::by_day("Asia/Tokyo").spans("updated_at", Op::Equal, &[AT]).unwrap();
        assert_eq!(tokyo, Spans::range(1_577_804_400, 1_577_890_799));
        // 2024-03-10 in Los Angeles has 23 hours.
        let short = Dates::by_day("America/Los_Angeles").spans("updated_at", Op::Equal, &[1_710_090_000]).unwrap();
        let (low, high) = short.ranges()[0];
        assert_eq!(high - low + 1, 23 * 3600);
    }

    #[test]
    fn seconds_from_2_17_on() {
        assert_eq!(Dates::Second.spans("updated_at", Op::Greater, &[9]), Ok(Spans::range(10, i64::MAX)));
        assert_eq!(Dates::Second.spans("updated_at", Op::AtLeast, &[9]), Ok(Spans::range(9, i64::MAX)));
        assert!(Dates::Second.spans("updated_at", Op::NotEqual, &[9]).is_err());
        let inclusive = Dates::Free { inclusive: true };
        assert_eq!(inclusive.spans("updated_at", Op::Less, &[9]), Ok(Spans::range(i64::MIN, 9)));
    }
}
