//! Moments as text: `2026-11-20T10:30:00Z`, which sorts as time does for the years 0 to 9999.
//!
//! Other years (garbage, but it must round-trip) are written with a sign and six digits or more, as ISO 8601 expands them.

const DAY_SECONDS: i64 = 86_400;

/// Room for any moment of an `i64`.
pub struct Text([u8; 40], usize);

impl Text {
    /// The text of a moment in unix seconds.
    pub fn of(seconds: i64) -> Text {
        let (days, rest) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
        let (year, month, day) = civil(days);
        let mut text = Text([0; 40], 0);
        if (0..=9999).contains(&year) {
            text.digits(year, 4);
        } else {
            text.push(if year < 0 { b'-' } else { b'+' });
            text.digits(year.abs(), 6);
        }
        for (before, value) in [(b'-', month), (b'-', day), (b'T', rest / 3600), (b':', rest / 60 % 60), (b':', rest % 60)] {
            text.push(before);
            text.digits(value, 2);
        }
        text.push(b'Z');
        text
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0[..self.1]).unwrap_or_default()
    }
    fn push(&mut self, byte: u8) {
        self.0[self.1] = byte;
        self.1 += 1;
    }
    fn digits(&mut self, value: i64, width: usize) {
        let width = width.max(value.checked_ilog10().map_or(1, |log| log as usize + 1));
        let mut rest = value;
        for at in (self.1..self.1 + width).rev() {
            self.0[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.1 += width;
    }
}

/// Unix seconds of a text that [`Text`] wrote.
pub fn seconds(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let (year, rest) = digits.split_once('-')?;
    let rest = rest.as_bytes();
    let pair = |at: usize| -> Option<i64> {
        let (tens, ones) = (rest[at].wrapping_sub(b'0'), rest[at + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
    };
    let shaped = rest.len() == 15 && [rest[2], rest[5], rest[8], rest[11], rest[14]] == *b"-T::Z";
    if !shaped || year.len() < 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year = sign * year.parse::<i64>().ok()?;
    let (month, day) = (pair(0)?, pair(3)?);
    let of_day = pair(6)? * 3600 + pair(9)? * 60 + pair(12)?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || of_day >= DAY_SECONDS {
        return None;
    }
    // Days times seconds of i64::MIN leave i64 although the sum does not.
    let seconds = i128::from(days(year, month, day)?) * i128::from(DAY_SECONDS) + i128::from(of_day);
    seconds.try_into().ok()
}

// Both from https://howardhinnant.github.io/date_algorithms.html (days_from_civil, civil_from_days).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let y = year - i64::from(month <= 2);
    let (era, yoe) = (y.div_euclid(400), y.rem_euclid(400));
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era.checked_mul(146_097)?.checked_add(yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_iso_and_read_back() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_170_600, "2026-11-20T10:30:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (-62_167_219_201, "-000001-12-31T23:59:59Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "+010000-01-01T00:00:00Z"),
            (i64::MAX, "+292277026596-12-04T15:30:07Z"),
            (i64::MIN, "-292277022657-01-27T08:29:52Z"),
        ] {
            assert_eq!(Text::of(at).as_str(), text);
            assert_eq!(seconds(text), Some(at));
        }
        let mut at = 1_i64;
        for _ in 0..20_000 {
            at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            for at in [at, at >> 24] {
                assert_eq!(seconds(Text::of(at).as_str()), Some(at));
            }
        }
        for text in ["", "-", "2026", "2026-11-20", "2026-13-20T10:30:00Z", "2026-11-20T10:30:00+", "20é6-11-20T10:30:00Z"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
