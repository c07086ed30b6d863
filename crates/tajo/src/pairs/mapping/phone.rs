//! Phone numbers in international form.

use crate::config::dialling::{self, Dialling};

/// Fewest and most digits of a number with its country code.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// A number without trunk prefix that begins with its own country's code and has so many digits was written
/// internationally, without the `+`.
const BARE_DIGITS_MIN: usize = 10;

/// `+` and digits, or nothing where the number cannot be one.
///
/// A number that starts with `+` or `00` (`011` in North America) says its country; any other is one of `country`. The
/// `(0)` of `+49 (0) 30 …` is dropped.
pub fn e164(text: &str, country: Option<Dialling>) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text).trim();
    let text = text.replace("(0)", "");
    let (plus, rest) = match text.trim().strip_prefix('+') {
        Some(rest) => (true, rest.to_string()),
        None => (false, text),
    };
    let mut digits = String::with_capacity(rest.len());
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' => {}
            c if c.is_whitespace() => {}
            _ => return None,
        }
    }
    let number = match country {
        _ if plus => digits,
        _ if digits.starts_with("00") => digits[2..].to_string(),
        Some(Dialling { code: "1", .. }) if digits.starts_with("011") => digits[3..].to_string(),
        Some(country) => national(&digits, country)?,
        None => return None,
    };
    let good = DIGITS.contains(&number.len()) && dialling::assigned(&number);
    good.then(|| format!("+{number}"))
}

fn national(digits: &str, country: Dialling) -> Option<String> {
    if digits.is_empty() {
        return None;
    }
    let Dialling { code, trunk } = country;
    let within = match trunk {
        "" => digits,
        _ => match digits.strip_prefix(trunk) {
            Some(within) => within,
            None if digits.len() >= BARE_DIGITS_MIN && digits.starts_with(code) => return Some(digits.to_string()),
            None => digits,
        },
    };
    Some(format!("{code}{within}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_international_or_nothing() {
        for (text, country, expect) in [
            ("+49 176 1234567", None, Some("+491761234567")),
            ("0049 176/123-4567", None, Some("+491761234567")),
            ("+49 (0) 176 1234567", None, Some("+491761234567")),
            ("tel:+1-202-555-0123", None, Some("+12025550123")),
            ("0176 1234567", Some("DE"), Some("+491761234567")),
            ("176 1234567", Some("DE"), Some("+491761234567")),
            ("491761234567", Some("DE"), Some("+491761234567")),
            ("01 23 45 67 89", Some("FR"), Some("+33123456789")),
            ("06 1 234 5678", Some("HU"), Some("+3612345678")),
            ("06 12345678", Some("IT"), Some("+390612345678")),
            ("612 345 678", Some("ES"), Some("+34612345678")),
            ("(202) 555-0123", Some("US"), Some("+12025550123")),
            ("1 202 555 0123", Some("US"), Some("+12025550123")),
            ("011 44 20 7946 0123", Some("US"), Some("+442079460123")),
            ("8 495 123 45 67", Some("RU"), Some("+74951234567")),
            ("+44 20 7946 0123", Some("DE"), Some("+442079460123")),
            ("0176 1234567", None, None),
            ("+999 1234567", None, None),
            ("+49 123", None, None),
            ("+49 1234567890123456", None, None),
            ("+49 176 CALL-ME", None, None),
            ("176+1234567", Some("DE"), None),
            ("0", Some("DE"), None),
            ("", Some("DE"), None),
            ("+", None, None),
        ] {
            let country = country.and_then(dialling::of);
            assert_eq!(e164(text, country).as_deref(), expect, "{text} in {country:?}");
        }
    }
}
