//! Whether something was said already: how the outcome of an earlier attempt is found by reading back. Pure.

use serde_json::Value;
use tajo_core::Row;

/// Clocks of this machine and of Intercom may differ by this much, in seconds.
pub(super) const SKEW_SECS: i64 = 120;

/// Something that may have been said in a conversation.
pub(super) struct Utterance<'a> {
    /// Its text; nothing where it had none.
    pub(super) body: Option<&'a str>,
    /// The kind of part that it makes, where that alone tells it from others.
    pub(super) part_type: Option<&'static str>,
    /// Intercom's id of who said it, where it is known.
    pub(super) author: Option<&'a str>,
    /// When the attempt began, unix seconds of this machine.
    pub(super) since: i64,
}

impl Utterance<'_> {
    /// Whether a part of the conversation is it.
    pub(super) fn is_in(&self, conversation: &Row) -> bool {
        let parts = conversation.get("conversation_parts").and_then(|parts| parts.get("conversation_parts"));
        parts.and_then(Value::as_array).into_iter().flatten().any(|part| self.is(part))
    }
    fn is(&self, part: &Value) -> bool {
        let text = |key: &str| part.get(key).and_then(Value::as_str);
        let author = part.get("author").and_then(|author| author.get("id"));
        let is_new = part.get("created_at").and_then(Value::as_i64).is_some_and(|at| at >= self.since - SKEW_SECS);
        is_new
            && self.part_type.is_none_or(|kind| text("part_type") == Some(kind))
            && self.author.is_none_or(|id| author.is_some_and(|author| same_id(author, id)))
            && self.body.is_none_or(|body| text("body").is_some_and(|said| same_text(said, body)))
    }
}

/// Ids of admins are texts in some places and numbers in others.
pub(super) fn same_id(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        _ => false,
    }
}

/// Whether a text as Intercom shows it is one as it was sent: plain text is wrapped into paragraphs, and signs are escaped.
pub(super) fn same_text(shown: &str, sent: &str) -> bool {
    let shown = dense(&unescaped(&untagged(shown)));
    shown == dense(sent) || shown == dense(&unescaped(&untagged(sent)))
}

/// Whether a text would be taken for HTML.
pub(super) fn is_html(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        let opens = rest.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic());
        opens && rest.contains('>')
    })
}

fn untagged(html: &str) -> String {
    let mut within = false;
    let visible = html.chars().filter(|c| match c {
        '<' => {
            within = true;
            false
        }
        '>' => {
            let was = within;
            within = false;
            !was
        }
        _ => !within,
    });
    visible.collect()
}

fn unescaped(html: &str) -> String {
    const SIGNS: [(&str, &str); 6] =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    SIGNS.iter().fold(html.to_owned(), |text, (escaped, sign)| text.replace(escaped, sign))
}

fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_the_same_however_they_are_wrapped() {
        for (shown, sent, same) in [
            ("<p>Thank you,\nwe look.</p>", "Thank you, we look.", true),
            ("<p>a &lt; b &amp;&amp; c</p>", "a < b && c", true),
            ("<p><b>Bold</b></p>", "<b>Bold</b>", true),
            ("<p>One</p><p>Two</p>", "One\n\nTwo", true),
            ("<p>One</p>", "Two", false),
            ("", "One", false),
        ] {
            assert_eq!(same_text(shown, sent), same, "{shown} {sent}");
        }
        for (text, html) in [("a < b > c", false), ("2<3", false), ("<b>x</b>", true), ("see </p> there", true), ("x", false)] {
            assert_eq!(is_html(text), html, "{text}");
        }
    }

    #[test]
    fn only_a_part_of_that_time_author_and_text_is_it() {
        let part =
            json!({"part_type": "comment", "created_at": 1000, "author": {"type": "admin", "id": "7"}, "body": "<p>Hi</p>"});
        let said = json!({"conversation_parts": {"conversation_parts": [part]}});
        let said = said.as_object().unwrap();
        let sought = Utterance { body: Some("Hi"), part_type: Some("comment"), author: Some("7"), since: 1000 };
        assert!(sought.is_in(said));
        assert!(Utterance { since: 1000 + SKEW_SECS, ..sought }.is_in(said), "clocks differ");
        assert!(!Utterance { since: 1001 + SKEW_SECS, ..sought }.is_in(said));
        assert!(!Utterance { author: Some("8"), ..sought }.is_in(said));
        assert!(!Utterance { body: Some("Ho"), ..sought }.is_in(said));
        assert!(!Utterance { part_type: Some("note"), ..sought }.is_in(said));
        assert!(!sought.is_in(&Row::new()));
    }
}
