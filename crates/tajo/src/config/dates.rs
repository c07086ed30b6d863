//! Dates of the command line.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tajo_core::{Error, codes};

/// A date as unix seconds: an RFC 3339 time, or a day, which means its first second in UTC.
pub fn unix_seconds(text: &str) -> Result<i64, Error> {
    let text = text.trim();
    let day = || text.parse::<Date>().ok().filter(|_| text.len() == 10)?.to_zoned(TimeZone::UTC).ok();
    let moment = text.parse::<Timestamp>().ok().or_else(|| day().map(|zoned| zoned.timestamp()));
    match moment.map(Timestamp::as_second) {
        Some(seconds) if seconds >= 0 => Ok(seconds),
        Some(_) => {
            Err(Error::new(&codes::USAGE, "A date before 1970 is before everything")
                .help("Leave the date out to read everything."))
        }
        None => {
            Err(Error::new(&codes::USAGE, "Not a date: use a UTC day such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z")
                .help("Use a day such as 2026-01-31 (UTC) or a time such as 2026-01-31T12:00:00Z."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times() {
        for (text, expect) in [
            ("2026-01-01", Some(1_767_225_600)),
            ("2023-01-01", Some(1_672_531_200)),
            ("1970-01-01", Some(0)),
            ("2026-01-01T00:00:00Z", Some(1_767_225_600)),
            ("2026-01-01T01:00:00+01:00", Some(1_767_225_600)),
            ("2026-01-01T00:00:00.5Z", Some(1_767_225_600)),
            ("2026-01-01T00:00:00", None),
            ("2026-02-30", None),
            ("1969-12-31", None),
            ("01.02.2026", None),
            ("yesterday", None),
            ("20260101", None),
            ("", None),
        ] {
            assert_eq!(unix_seconds(text).ok(), expect, "{text}");
        }
        assert_eq!(unix_seconds("soon").unwrap_err().code().id, "TJ-CFG-USAGE");
    }
}
