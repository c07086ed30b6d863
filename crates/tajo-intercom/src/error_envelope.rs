//! What an error answer says. <https://developers.intercom.com/docs/references/rest-api/errors/error-objects>

use serde_json::Value;

/// A message longer than this is cut.
const MESSAGE_MAX: usize = 200;

/// An error answer, fit to print: no e-mail addresses, nothing long, no control characters.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Intercom's code of the first error: `not_found`. More codes may be added by the vendor at any time.
    pub code: Option<String>,
    /// Its sentence.
    pub message: Option<String>,
    /// The field it is about.
    pub field: Option<String>,
    /// Intercom's name for the exchange.
    pub request_id: Option<String>,
}

impl Envelope {
    /// Reads `{"type":"error.list","request_id":…,"errors":[{code,message,field}]}`, the older `errors[].type`, and
    /// `{"error_key":…,"message":…}`. Anything else gives an empty envelope: an error answer may be a web page or nothing.
    pub fn read(body: &[u8]) -> Envelope {
        let Ok(Value::Object(top)) = serde_json::from_slice::<Value>(body) else { return Envelope::default() };
        let first = top.get("errors").and_then(|errors| errors.get(0)).and_then(Value::as_object).unwrap_or(&top);
        let text = |key: &str| first.get(key).and_then(Value::as_str);
        // On the top level `type` is always "error.list".
        let older = text("type").filter(|_| !std::ptr::eq(first, &top));
        Envelope {
            code: text("code").or(older).or(text("error_key")).and_then(word),
            message: text("message").map(printable).filter(|message| !message.is_empty()),
            field: text("field").and_then(word),
            request_id: top.get("request_id").and_then(Value::as_str).and_then(word),
        }
    }

    /// Whether the first error has this code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

/// A name or id as it is, if it is one.
fn word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-[]".contains(c);
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then(|| text.to_owned())
}

/// A sentence without e-mail addresses, control characters and length.
fn printable(text: &str) -> String {
    let mut out = String::new();
    for part in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty()) {
        let is_address = part.contains('@') || part.contains("%40");
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(if is_address { "[e-mail]" } else { part });
    }
    match out.char_indices().nth(MESSAGE_MAX) {
        Some((cut, _)) => format!("{}…", &out[..cut]),
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_seen_is_read() {
        for (body, code, message, request_id) in [
            (
                r#"{"type":"error.list","request_id":"002je5a3asm5btar2flg","errors":[{"code":"not_found","message":"User Not Found"}]}"#,
                Some("not_found"),
                Some("User Not Found"),
                Some("002je5a3asm5btar2flg"),
            ),
            (r#"{"type":"error.list","request_id":null,"errors":[{"type":"old"},{"code":"second"}]}"#, Some("old"), None, None),
            (r#"{"error_key":"invalid_phone_number","message":"No"}"#, Some("invalid_phone_number"), Some("No"), None),
            (r#"{"type":"error.list","errors":[]}"#, None, None, None),
            (r#"{"type":"error.list","errors":"no"}"#, None, None, None),
            (r#"{"errors":[{"code":7,"message":["x"]}],"request_id":9}"#, None, None, None),
            ("<html><body>404</body></html>", None, None, None),
            ("[1]", None, None, None),
            ("", None, None, None),
        ] {
            let read = Envelope::read(body.as_bytes());
            let told = (read.code.as_deref(), read.message.as_deref(), read.request_id.as_deref());
            assert_eq!(told, (code, message, request_id), "{body}");
        }
    }

    #[test]
    fn no_message_carries_an_address_or_runs_on() {
        let long = format!("{{\"message\":\"Contact <ada@example.com>\\n or bob%40example.com clashes {}\"}}", "ä".repeat(500));
        let message = Envelope::read(long.as_bytes()).message.unwrap();
        assert!(message.starts_with("Contact [e-mail] or [e-mail] clashes ä"), "{message}");
        assert_eq!(message.chars().count(), MESSAGE_MAX + 1);
        let field = Envelope::read(br#"{"errors":[{"field":"ada@example.com","code":"a b"}]}"#);
        assert_eq!(field, Envelope::default());
    }
}
