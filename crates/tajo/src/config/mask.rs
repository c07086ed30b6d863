//! Masks: what is shown of a secret, and of a line that may hold one.

use secrecy::{ExposeSecret, SecretString};

/// Shorter secrets show nothing of themselves.
const SHOWN_FROM_CHARS: usize = 12;
/// A run of this many characters without a space may be a secret, whatever its key says.
const SUSPECT_CHARS: usize = 20;
/// Longer values are cut in messages.
const SHOWN_CHARS_MAX: usize = 40;

/// A secret as it may be shown: `tok_…` and at most its last four characters.
pub fn masked(secret: &SecretString) -> String {
    let text = secret.expose_secret();
    let chars = text.chars().count();
    if chars < SHOWN_FROM_CHARS {
        return "tok_…".to_string();
    }
    format!("tok_…{}", text.chars().skip(chars - 4).collect::<String>())
}

/// Whether a line of a configuration holds a secret or a password itself, not only the name of a variable.
pub fn holds_secret(line: &str) -> bool {
    let chars: Vec<char> = line.chars().collect();
    !secret_values(&chars).is_empty() || !passwords(&chars).is_empty()
}

/// Whether a key names a secret, also when it is misspelt.
fn names_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["token", "tokn", "secret", "passw", "api_key", "apikey", "api-key", "key_api", "access", "bearer", "auth", "credential"]
        .iter()
        .any(|part| key.contains(part))
}

/// The line with every value that is or may be a secret replaced, column by column.
pub(super) fn line(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (from, to) in secret_values(&chars).into_iter().chain(suspects(&chars)).chain(passwords(&chars)) {
        chars[from..to].fill('•');
    }
    chars.into_iter().collect()
}

/// The line with everything after that column masked, but for the colon and spaces.
pub(super) fn after(text: &str, column: usize) -> String {
    text.chars().enumerate().map(|(at, c)| if at < column || c == ':' || c.is_whitespace() { c } else { '•' }).collect()
}

/// A value as a message may show it: quoted and cut, or not at all where it may be a secret.
pub(super) fn value(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if text.chars().any(char::is_control) || !suspects(&chars).is_empty() || !passwords(&chars).is_empty() {
        return "this value".to_string();
    }
    if chars.len() > SHOWN_CHARS_MAX {
        return format!("`{}…`", chars[..SHOWN_CHARS_MAX].iter().collect::<String>());
    }
    format!("`{text}`")
}

/// What follows a key that names a secret, up to the end of the line, or of the entry within braces.
fn secret_values(chars: &[char]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for at in 0..chars.len() {
        let colon = chars[at] == ':' && chars.get(at + 1).is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\''));
        if !colon {
            continue;
        }
        let key = chars[..at].iter().rev().take_while(|c| !matches!(c, '{' | ',' | ':')).collect::<Vec<_>>();
        let key: String = key.into_iter().rev().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect();
        if !names_secret(key.trim_start_matches(['-', '#'])) {
            continue;
        }
        let Some(start) = (at + 1..chars.len()).find(|i| !chars[*i].is_whitespace()) else { continue };
        let rest: String = chars[start..].iter().collect();
        // `${NAME}` says where a secret comes from and is the very thing to show.
        if is_reference(rest.trim().trim_matches(['"', '\''])) || rest.starts_with('{') || rest.starts_with('#') {
            continue;
        }
        let end = match chars[start] {
            quote @ ('"' | '\'') => (start + 1..chars.len()).find(|i| chars[*i] == quote).map_or(chars.len(), |i| i + 1),
            _ => chars.len(),
        };
        found.push((start, end));
    }
    found
}

/// Whether the text is `${NAME}`, alone or with a comment behind it.
fn is_reference(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("${") else { return false };
    let Some((name, rest)) = rest.split_once('}') else { return false };
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name.chars().count() < 64;
    plain && rest.trim_matches(['"', '\'', ' ']).chars().next().is_none_or(|c| c == '#' || c == ',' || c == '}')
}

/// User and password of a URL.
fn passwords(chars: &[char]) -> Vec<(usize, usize)> {
    let starts = (0..chars.len().saturating_sub(2)).filter(|at| chars[*at..].starts_with(&[':', '/', '/']));
    let authority = starts.map(|at| (at + 3, (at + 3..chars.len()).find(|i| chars[*i].is_whitespace()).unwrap_or(chars.len())));
    authority.filter_map(|(from, to)| (from..to).rev().find(|i| chars[*i] == '@').map(|at| (from, at))).collect()
}

/// Long runs without a space that mix letters and digits, as keys and tokens do.
fn suspects(chars: &[char]) -> Vec<(usize, usize)> {
    let in_run = |c: char| c.is_alphanumeric() || "+/=_-.~".contains(c);
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let end = (at..chars.len()).find(|i| !in_run(chars[*i])).unwrap_or(chars.len());
        let run = &chars[at..end];
        let mixed = run.iter().any(|c| c.is_alphabetic()) && run.iter().any(char::is_ascii_digit);
        if run.len() >= SUSPECT_CHARS && mixed {
            found.push((at, end));
        }
        at = end + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_characters_at_most_and_none_of_a_short_secret() {
        assert_eq!(masked(&"dG9rOmFiY2RlZmdoaWo9".to_string().into()), "tok_…aWo9");
        assert_eq!(masked(&"elevenchars".to_string().into()), "tok_…");
    }

    #[test]
    fn lines_keep_their_columns_and_lose_their_secrets() {
        for (text, expect) in [
            ("access_token: abc", "access_token: •••"),
            ("  acces_tokn: \"ab c\" # why", "  acces_tokn: •••••• # why"),
            ("access_token: ${INTERCOM_ACCESS_TOKEN}", "access_token: ${INTERCOM_ACCESS_TOKEN}"),
            ("access_token: \"${INTERCOM_ACCESS_TOKEN}\"", "access_token: \"${INTERCOM_ACCESS_TOKEN}\""),
            ("access_token: x${A}", "access_token: •••••"),
            ("access_token: ${A}secret", "access_token: ••••••••••"),
            ("- {name: a, access_token: b}", "- {name: a, access_token: ••"),
            ("region: dG9rOmFiY2RlZmdoaWo9", "region: ••••••••••••••••••••"),
            ("unsubscribed_from_emails: UNSUBSCRIBED", "unsubscribed_from_emails: UNSUBSCRIBED"),
            ("# access_token: abc", "# access_token: •••"),
            ("destination: postgres://ada:pw@db/x", "destination: postgres://••••••@db/x"),
            ("region: mars", "region: mars"),
        ] {
            let got = line(text);
            assert_eq!(got, expect);
            assert_eq!(got.chars().count(), text.chars().count());
        }
    }

    #[test]
    fn a_line_that_names_a_variable_holds_no_secret() {
        for (text, expect) in [
            ("access_token: abc", true),
            ("destination: postgres://ada:pw@db/x", true),
            ("access_token: ${INTERCOM_ACCESS_TOKEN}", false),
            ("path: /tmp/a-name-that-is-long-0123456789.db", false),
        ] {
            assert_eq!(holds_secret(text), expect, "{text}");
        }
    }
}
