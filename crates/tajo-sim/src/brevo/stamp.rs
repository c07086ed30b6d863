//! Instants and days as the vendor writes them.

use jiff::Timestamp;
use jiff::civil::Date;

/// The account's time zone: `date` in webhooks is local and says so nowhere (facts §11.2).
pub(super) const ZONE: &str = "Europe/Paris";

/// `2026-09-21T14:13:22.000Z`.
pub(super) fn iso(ms: i64) -> String {
    instant(ms).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `2026-09-21 16:13:22` in the account's zone.
pub(super) fn local(ms: i64) -> String {
    match instant(ms).in_tz(ZONE) {
        Ok(local) => local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => iso(ms),
    }
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Milliseconds of an instant with offset, or of a day's beginning in UTC.
pub(super) fn parse(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    let day = day(text)?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(day.timestamp().as_millisecond())
}

/// A day in the one form that means the same in every account (facts §6).
pub(super) fn day(text: &str) -> Option<Date> {
    let exact =
        text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    exact.then(|| text.parse::<Date>().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_days() {
        assert_eq!(iso(1_790_000_000_123), "2026-09-21T14:13:20.123Z");
        assert_eq!(local(1_790_000_000_000), "2026-09-21 16:13:20");
        assert_eq!(parse("2026-09-21T16:13:20.000+02:00"), Some(1_790_000_000_000));
        assert_eq!(parse("2026-09-21").map(iso).as_deref(), Some("2026-09-21T00:00:00.000Z"));
        assert!(parse("11/02/1989").is_none() && day("2026-02-30").is_none() && day("2026-2-3").is_none());
    }
}
