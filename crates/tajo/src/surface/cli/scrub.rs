//! The last line against leaks: masks registered secrets and anything shaped like one.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use secrecy::{ExposeSecret, SecretString};

/// What stands where a secret stood.
pub const MASK: &str = "[redacted]";
/// Shorter secrets would mask ordinary words.
const REGISTERED_CHARS_MIN: usize = 6;

static REGISTERED: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());

/// Masks this secret, and its percent-encoded and base64 forms, in everything written from here on.
pub fn register(secret: &SecretString) {
    let text = secret.expose_secret();
    if text.len() < REGISTERED_CHARS_MIN {
        return;
    }
    let mut known = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let base64 = base64::engine::general_purpose::STANDARD.encode(text);
    for form in [text.to_string(), percent_encoded(text), base64] {
        if known.iter().all(|k| k.expose_secret() != form) {
            known.push(form.into());
        }
    }
}

/// The text with registered secrets masked, and nothing else: for data, where an address may be the answer.
pub fn secrets(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    let known = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    for secret in known.iter() {
        if out.contains(secret.expose_secret()) {
            out = Cow::Owned(out.replace(secret.expose_secret(), MASK));
        }
    }
    out
}

/// The text with secrets, bearer tokens, keys, signatures and e-mail addresses masked.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let out = secrets(text);
    match shapes(&out) {
        Some(masked) => Cow::Owned(masked),
        None => out,
    }
}

/// Text after which a secret follows, up to the end of its word.
const INTRODUCTIONS: [&str; 9] =
    ["bearer ", "xkeysib-", "xsmtpsib-", "dg9ro", "sha1=", "sha256=", "code=", "client_secret=", "access_token="];

fn shapes(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    for intro in INTRODUCTIONS {
        let mut from = 0;
        while let Some(found) = lower.get(from..).and_then(|rest| rest.find(intro)) {
            let at = from + found;
            let starts_word = at == 0 || !lower.as_bytes()[at - 1].is_ascii_alphanumeric();
            let secret = at + intro.len();
            let end = secret + lower[secret..].find(|c: char| !is_token_char(c)).unwrap_or(lower.len() - secret);
            // A lone "code=5" or "Bearer of news" is no secret; anything long enough is taken for one.
            if starts_word && end - secret >= 8 && !lower[secret..end].starts_with(&MASK[1..]) {
                cuts.push((if intro.ends_with(['=', ' ']) { secret } else { at }, end));
            }
            from = end.max(at + 1);
        }
    }
    for (at, _) in text.match_indices("://") {
        let from = at + 3;
        let to = from + text[from..].find(|c: char| c.is_whitespace() || c == '/').unwrap_or(text.len() - from);
        if let Some(user) = text[from..to].rfind('@') {
            cuts.push((from, from + user));
        }
    }
    for (at, _) in text.match_indices('@') {
        let start = text[..at].rfind(|c: char| !is_mail_char(c)).map_or(0, |i| i + 1);
        let start = (start..=at).find(|i| text.is_char_boundary(*i)).unwrap_or(at);
        let host = at + 1;
        let mut end =
            host + text[host..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-')).unwrap_or(text.len() - host);
        while text[host..end].ends_with(['.', '-']) {
            end -= 1;
        }
        if start < at && text[host..end].contains('.') {
            cuts.push((start, end));
        }
    }
    if cuts.is_empty() {
        return None;
    }
    cuts.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in cuts {
        if start >= from {
            out.push_str(&text[from..start]);
            out.push_str(MASK);
        }
        from = from.max(end);
    }
    out.push_str(&text[from..]);
    Some(out)
}

fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=_-.~%:".contains(c)
}

fn is_mail_char(c: char) -> bool {
    c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c)
}

fn percent_encoded(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_shapes_are_masked_and_ordinary_words_are_not() {
        for (text, expect) in [
            ("Authorization: Bearer abcdef123456==", "Authorization: Bearer [redacted]"),
            ("api-key xkeysib-0123456789abcdef-XYZ.", "api-key [redacted]"),
            ("token dG9rOmFiY2RlZmdoaWprbG1ubw==", "token [redacted]"),
            ("X-Hub-Signature: sha1=0123456789abcdef, next", "X-Hub-Signature: sha1=[redacted], next"),
            ("?code=abcdef123456&state=1", "?code=[redacted]&state=1"),
            ("contact ada.lovelace+x@example.co.uk.", "contact [redacted]."),
            ("müller@example.com, ok", "[redacted], ok"),
            ("Bearer of news, code=5, a@b, exit@5", "Bearer of news, code=5, a@b, exit@5"),
            ("at postgres://ada:pw@db.example.com/x", "at postgres://[redacted]/x"),
            ("plain text", "plain text"),
        ] {
            assert_eq!(scrub(text), expect);
        }
    }

    #[test]
    fn registered_secrets_are_masked_everywhere() {
        register(&"s3cr3t/canary".to_string().into());
        assert_eq!(scrub("GET /x?t=s3cr3t%2Fcanary s3cr3t/canary!"), "GET /x?t=[redacted] [redacted]!");
        register(&"abc".to_string().into());
        assert_eq!(scrub("abc"), "abc", "too short to be masked without masking words");
    }
}
