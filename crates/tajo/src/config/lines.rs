//! One line of YAML at a time: where its comment begins, whether it has a key, and what it leaves open for the next line.

/// What the lines before left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    /// Brackets and braces that are not closed.
    depth: usize,
    /// The quote of a scalar that is not closed.
    quote: Option<u8>,
    /// Whether a value may begin here: only there do quotes and brackets mean anything.
    fresh: bool,
}

impl Open {
    /// Nothing: the line begins at a block level.
    pub const NOTHING: Open = Open { depth: 0, quote: None, fresh: true };

    /// Whether the line begins inside a quoted scalar.
    pub fn quoted(self) -> bool {
        self.quote.is_some()
    }
    /// Whether the line goes on with a value of a line before.
    pub fn goes_on(self) -> bool {
        self.depth > 0 || self.quoted()
    }
}

/// The header of a block scalar: `|`, `>-`, `|2+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Its indentation, where it says so.
    pub indent: Option<usize>,
    /// Whether empty lines after it belong to it.
    pub keep: bool,
}

/// What a line holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    /// Byte at which its comment begins.
    pub comment: Option<usize>,
    /// Whether it has a key of a block mapping.
    pub key: bool,
    /// The block scalar that begins after it.
    pub header: Option<Header>,
    /// What it leaves open.
    pub open: Open,
}

/// Reads a line without its indentation and without the dashes before its first value.
pub(super) fn scan(text: &str, before: Open) -> Scanned {
    let bytes = text.as_bytes();
    let mut out = Scanned { comment: None, key: false, header: None, open: before };
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let open = &mut out.open;
        if let Some(quote) = open.quote {
            let escapes = quote == b'"' && byte == b'\\';
            let doubled = quote == b'\'' && byte == quote && bytes.get(at + 1) == Some(&quote);
            if byte == quote && !doubled {
                (open.quote, open.fresh) = (None, false);
            }
            at += if escapes || doubled { 2 } else { 1 };
            continue;
        }
        let flow = open.depth > 0;
        match byte {
            b' ' | b'\t' => {}
            b'#' if at == 0 || blank(bytes.get(at - 1)) => {
                out.comment = Some(at);
                break;
            }
            b'"' | b'\'' if open.fresh => open.quote = Some(byte),
            b'[' | b'{' if open.fresh || flow => (open.depth, open.fresh) = (open.depth + 1, true),
            b']' | b'}' if flow => (open.depth, open.fresh) = (open.depth - 1, false),
            b',' if flow => open.fresh = true,
            b':' if ends_key(bytes, at, flow) => {
                open.fresh = true;
                out.key |= !flow;
            }
            b'|' | b'>' if open.fresh && !flow => {
                out.header = Some(header(&text[at + 1..]));
                open.fresh = false;
            }
            // An anchor or a tag: the value comes after it.
            b'&' | b'!' if open.fresh => at += word(&bytes[at..], flow) - 1,
            _ => open.fresh = false,
        }
        at += 1;
    }
    if !out.open.goes_on() {
        out.open = Open::NOTHING;
    }
    out
}

/// Whether the text begins with the dash of a list.
pub(super) fn dashed(text: &str) -> bool {
    text.starts_with('-') && blank(text.as_bytes().get(1))
}

fn blank(byte: Option<&u8>) -> bool {
    matches!(byte, None | Some(b' ' | b'\t'))
}

/// Whether this colon ends a key. Within braces a quoted key needs no blank after it.
fn ends_key(bytes: &[u8], at: usize, flow: bool) -> bool {
    let (before, after) = (at.checked_sub(1).map(|at| bytes[at]), bytes.get(at + 1));
    let closes = |byte: &u8| matches!(byte, b',' | b']' | b'}');
    blank(after) || flow && (after.is_some_and(closes) || matches!(before, Some(b'"' | b'\'' | b']' | b'}')))
}

/// Length of an anchor or a tag.
fn word(bytes: &[u8], flow: bool) -> usize {
    let ends = |byte: &u8| blank(Some(byte)) || flow && matches!(byte, b',' | b']' | b'}');
    bytes.iter().position(ends).unwrap_or(bytes.len()).max(1)
}

fn header(text: &str) -> Header {
    let signs = || text.bytes().take_while(|byte| matches!(byte, b'1'..=b'9' | b'+' | b'-'));
    let digit = signs().find(u8::is_ascii_digit);
    Header { indent: digit.map(|byte| usize::from(byte - b'0')), keep: signs().any(|byte| byte == b'+') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_begins_where_yaml_says() {
        for (text, comment, key) in [
            ("email: email # why", Some(13), true),
            ("url: http://x#y", None, true),
            ("# all of it", Some(0), false),
            ("a: 'it''s # no' # yes", Some(16), true),
            (r##"a: "say \"# no\"" # yes"##, Some(18), true),
            ("a: it's # yes", Some(8), true),
            ("a: {b: 'x # y', c: [1, '#']} # yes", Some(29), true),
            (r##"a: {"b":"# no"} # yes"##, Some(16), true),
            (r##""quoted # key": 1 # yes"##, Some(18), true),
            ("a: &anchor 'x # y' # yes", Some(19), true),
            ("plain text", None, false),
            ("company.name: COMPANY_NAME", None, true),
        ] {
            let read = scan(text, Open::NOTHING);
            assert_eq!((read.comment, read.key, read.open), (comment, key, Open::NOTHING), "{text}");
        }
    }

    #[test]
    fn what_is_open_stays_open_until_it_is_closed() {
        let first = scan("a: {b: 1, # one", Open::NOTHING);
        assert!(first.open.goes_on() && first.comment == Some(10));
        let second = scan("c: 'x # y'} # two", first.open);
        assert_eq!((second.comment, second.key, second.open), (Some(12), false, Open::NOTHING));
        let first = scan("a: \"x", Open::NOTHING);
        assert!(first.open.quoted());
        assert_eq!(scan("# y\" # z", first.open).comment, Some(5));
    }

    #[test]
    fn headers_of_block_scalars_are_read() {
        for (text, expect) in [
            ("a: |", Some((None, false))),
            ("a: >-  # why", Some((None, false))),
            ("a: |+2", Some((Some(2), true))),
            ("a: !!str |4-", Some((Some(4), false))),
            ("a: x | y", None),
            ("a: 'x' | y", None),
        ] {
            assert_eq!(scan(text, Open::NOTHING).header.map(|h| (h.indent, h.keep)), expect, "{text}");
        }
    }
}
