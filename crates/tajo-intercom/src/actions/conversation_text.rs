//! Whether something was said already: how the outcome of an earlier attempt is found by reading back. Pure.

use serde_json::Value;
use tajo_core::Row;

/// Clocks of this machine and of Intercom may differ by this much, in seconds.
pub(super) const SKEW_SECS: i64 = 120;

/// Something that may have been said in a conversation.
pub(super) struct Utterance<'a> {
    /// Its text; nothing where it had none.
    pub(super) body: Option<&'a str>,
    /// What it was sent as: `comment`, `note` or `quick_reply`.
    pub(super) kind: &'static str,
    /// Who said it.
    pub(super) by: By<'a>,
    /// Whether files came with it.
    pub(super) has_files: bool,
    /// When the attempt began, unix seconds of this machine.
    pub(super) since: i64,
}

/// Who may have said something.
#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    /// The admin or contact of this Intercom id.
    Id(&'a str),
    /// A contact who is named in another way: anybody but the team and its bots.
    Contact,
}

impl<'a> By<'a> {
    /// An admin, else a contact whose id may be known.
    pub(super) fn of(admin: &'a Option<String>, contact: &'a Option<String>) -> By<'a> {
        admin.as_deref().or(contact.as_deref()).map_or(By::Contact, By::Id)
    }
    fn said(self, part: &Value) -> bool {
        let Some(author) = part.get("author") else { return false };
        match self {
            By::Id(id) => author.get("id").is_some_and(|author| same_id(author, id)),
            By::Contact => {
                let kind = author.get("type").and_then(Value::as_str);
                kind.is_some_and(|kind| !["admin", "bot", "team"].contains(&kind))
            }
        }
    }
}

impl Utterance<'_> {
    /// Whether a part of the conversation is it.
    pub(super) fn is_in(&self, conversation: &Row) -> bool {
        let parts = conversation.get("conversation_parts").and_then(|parts| parts.get("conversation_parts"));
        parts.and_then(Value::as_array).into_iter().flatten().any(|part| self.is(part))
    }
    /// Whether a part is it.
    pub(super) fn is(&self, part: &Value) -> bool {
        let text = |key: &str| part.get(key).and_then(Value::as_str);
        let is_new = part.get("created_at").and_then(Value::as_i64).is_some_and(|at| at >= self.since - SKEW_SECS);
        let has_files = part.get("attachments").and_then(Value::as_array).is_some_and(|files| !files.is_empty());
        is_new
            && self.is_kind(text("part_type").unwrap_or_default())
            && self.by.said(part)
            && (has_files || !self.has_files)
            && self.body.is_none_or(|body| text("body").is_some_and(|said| same_text(said, body)))
    }
    /// A comment may make a part that is named by what it did beside, such as `open`; a note is always a note.
    fn is_kind(&self, part_type: &str) -> bool {
        match self.kind {
            "comment" => !["note", "quick_reply"].contains(&part_type),
            kind => kind == part_type,
        }
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
        let by = By::Id("7");
        let sought = Utterance { body: Some("Hi"), kind: "comment", by, has_files: false, since: 1000 };
        assert!(sought.is_in(said));
        assert!(Utterance { since: 1000 + SKEW_SECS, ..sought }.is_in(said), "clocks differ");
        assert!(!Utterance { since: 1001 + SKEW_SECS, ..sought }.is_in(said));
        assert!(!Utterance { by: By::Id("8"), ..sought }.is_in(said));
        assert!(!Utterance { body: Some("Ho"), ..sought }.is_in(said));
        assert!(!Utterance { by: By::Contact, ..sought }.is_in(said), "an admin is no contact");
        assert!(!Utterance { kind: "note", ..sought }.is_in(said));
        assert!(!Utterance { has_files: true, ..sought }.is_in(said));
        assert!(!sought.is_in(&Row::new()));
    }
}
