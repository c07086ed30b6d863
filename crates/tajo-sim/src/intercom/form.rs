//! Queries and forms as pairs of text.

use super::contact_writes::percent_decoded;

/// The pairs of `a=1&b=2`, decoded, in order; a name without `=` has the empty text.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decoded(&text.replace('+', " "));
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    };
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// The first value of a name.
pub(super) fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(at, _)| at == name).map(|(_, value)| value.as_str())
}

/// A text as it stands in a query: all but unreserved characters as `%XX`.
pub(super) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_back_what_was_encoded() {
        let text = "a b=c&d+é";
        let all = pairs(&format!("x={}&code=abc=&empty&y=1+2", encoded(text)));
        assert_eq!(first(&all, "x"), Some(text));
        assert_eq!(first(&all, "code"), Some("abc="));
        assert_eq!((first(&all, "empty"), first(&all, "y"), first(&all, "z")), (Some(""), Some("1 2"), None));
    }
}
