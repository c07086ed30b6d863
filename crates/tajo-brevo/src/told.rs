//! What Brevo says, fit to print and to log.

use std::net::Ipv4Addr;

/// A message longer than this is cut, in characters.
const MESSAGE_MAX: usize = 200;
/// So many digits side by side may be a phone number.
const PHONE_DIGITS: usize = 6;

/// A sentence without e-mail addresses, phone numbers, quoted values, control characters and length. Names of attributes
/// and codes (words in one case) stay, quoted or not.
pub(crate) fn printable(text: &str) -> String {
    let unquoted = without_quotes(text);
    let mut out: Vec<&str> = Vec::new();
    // Where the run of parts that could be one phone number began, and its digits.
    let (mut run, mut digits) = (0, 0);
    for part in unquoted.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty()) {
        // "… you are using an unrecognised IP address 192.0.2.7." is of use, and nobody's phone.
        let is_ip = part.trim_end_matches(['.', ',']).parse::<Ipv4Addr>().is_ok();
        let numeric = !is_ip && part.chars().all(|c| c.is_ascii_digit() || "+-().,/:;".contains(c));
        let count = part.bytes().filter(u8::is_ascii_digit).count();
        if !numeric {
            (run, digits) = (out.len() + 1, 0);
            let is_address = part.contains('@') || part.to_ascii_lowercase().contains("%40");
            out.push(match (is_address, !is_ip && count >= PHONE_DIGITS) {
                (true, _) => "[e-mail]",
                (_, true) => "[id]",
                _ => part,
            });
            continue;
        }
        digits += count;
        if digits >= PHONE_DIGITS {
            out.truncate(run);
            out.push("[number]");
        } else {
            out.push(part);
        }
    }
    let out = out.join(" ");
    match out.char_indices().nth(MESSAGE_MAX) {
        Some((cut, _)) => format!("{}…", &out[..cut]),
        None => out,
    }
}

/// A name or code as it is, if it is one.
pub(crate) fn word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (!text.is_empty() && text.len() <= 64 && digits < PHONE_DIGITS && text.chars().all(plain)).then(|| text.to_owned())
}

/// What stands between quotes is often what somebody wrote; only a name in capitals or a code is kept.
fn without_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '`', '“', '\'']) {
        let quote = rest[at..].chars().next().unwrap_or('"');
        let close = if quote == '“' { '”' } else { quote };
        let inner = &rest[at + quote.len_utf8()..];
        // An apostrophe inside a word is none.
        let is_apostrophe = quote == '\'' && rest[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let end = if is_apostrophe { None } else { inner.find(close) };
        let Some(end) = end else {
            out.push_str(&rest[..at + quote.len_utf8()]);
            rest = inner;
            continue;
        };
        let value = &inner[..end];
        let is_name = word(value).is_some_and(|w| w == w.to_uppercase() || w.contains('_'));
        out.push_str(&rest[..at]);
        out.push_str(if is_name { value } else { "[value]" });
        rest = &inner[end + close.len_utf8()..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_names_a_person_is_printed() {
        for (text, expect) in [
            (
                "Unable to create contact, email is already associated with another Contact",
                "Unable to create contact, email is already associated with another Contact",
            ),
            ("Contact <ada@town.example>\n exists", "Contact [e-mail] exists"),
            ("Contact bob%40town.example exists", "Contact [e-mail] exists"),
            ("Phone +49 151 1234 5678 is taken", "Phone [number] is taken"),
            ("Phone 4915112345678 is taken", "Phone [number] is taken"),
            ("List 35 does not exist", "List 35 does not exist"),
            ("at most 150 ids, 7 given", "at most 150 ids, 7 given"),
            ("Invalid value \"Ada Lovelace\" for 'FIRSTNAME'", "Invalid value [value] for FIRSTNAME"),
            ("ext_id user123456789 exists", "ext_id [id] exists"),
            ("unrecognised IP address 192.0.2.117. Mend", "unrecognised IP address 192.0.2.117. Mend"),
            ("it can't be Ada's", "it can't be Ada's"),
            ("an open \"quote", "an open \"quote"),
        ] {
            assert_eq!(printable(text), expect);
        }
        assert_eq!(printable(&"ä".repeat(500)).chars().count(), MESSAGE_MAX + 1);
    }
}
