//! Days in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

/// Larger numbers are milliseconds: as seconds they would lie beyond the year 5000.
const SECONDS_MAX: i64 = 100_000_000_000;

/// `YYYY-MM-DD` of unix seconds (or milliseconds, where the number is too large for seconds), in UTC.
pub fn day(seconds: i64) -> Option<String> {
    let seconds = if seconds.abs() > SECONDS_MAX { seconds.div_euclid(1000) } else { seconds };
    let moment = Timestamp::from_second(seconds).ok()?;
    Some(Offset::UTC.to_datetime(moment).date().to_string())
}

/// `YYYY-MM-DD` of an ISO 8601 moment or day, in UTC.
pub fn day_of_text(text: &str) -> Option<String> {
    let text = text.trim();
    // What the mirror stores: `2026-11-20T10:30:00Z`.
    if text.len() == 20 && text.is_ascii() && text.ends_with('Z') {
        return text[..10].parse::<Date>().ok().map(|_| text[..10].to_string());
    }
    if text.len() == 10 {
        return text.parse::<Date>().ok().map(|date| date.to_string());
    }
    seconds(text).and_then(day)
}

/// `YYYY-MM-DD` of `YYYYMMDD`.
pub fn day_of_digits(text: &str) -> Option<String> {
    let text = text.trim();
    let long = format!("{}-{}-{}", text.get(..4)?, text.get(4..6)?, text.get(6..)?);
    if text.len() == 8 { day_of_text(&long) } else { None }
}

/// Unix seconds of an ISO 8601 moment.
pub fn seconds(text: &str) -> Option<i64> {
    text.trim().parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// An ISO 8601 moment of unix seconds.
pub fn moment(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_become_days_in_utc() {
        for (seconds, expect) in [
            (0, Some("1970-01-01")),
            (1_795_170_600, Some("2026-11-20")),
            (1_795_170_600_000, Some("2026-11-20")),
            (-86_400, Some("1969-12-31")),
            (i64::MAX, None),
        ] {
            assert_eq!(day(seconds).as_deref(), expect, "{seconds}");
        }
        for (text, expect) in [
            ("2026-11-20T10:30:00Z", Some("2026-11-20")),
            ("2026-11-20T23:30:00-02:00", Some("2026-11-21")),
            ("2026-11-20", Some("2026-11-20")),
            ("2026-13-20T10:30:00Z", None),
            ("20.11.2026", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(day_of_text(text).as_deref(), expect, "{text}");
        }
    }
}
