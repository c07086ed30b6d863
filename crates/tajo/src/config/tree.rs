//! YAML as a tree of nodes that know where they stand and how they were written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, NonFiniteFloatPolicy, Spanned};
use tajo_core::codes;

use super::finding::{Finding, Place, Report};
use super::mask;

/// Deeper nesting is no configuration of ours.
const DEPTH_MAX: usize = 32;
/// More values than this are no configuration of ours, aliases included.
const NODES_MAX: usize = 50_000;

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Node {
    /// Where it stands.
    pub place: Place,
    /// Byte range of its text.
    pub bytes: (usize, usize),
    /// What it is.
    pub shape: Shape,
    /// The variables that went into it.
    pub variables: Vec<String>,
}

/// What a value is. Plain scalars keep their text, so that `2.10` stays what was written.
#[derive(Clone)]
pub(super) enum Shape {
    /// Nothing, `null` or `~`.
    Empty,
    /// Text with a variable that could not be filled in; reported already, so nobody reads it.
    Unset,
    /// A scalar that YAML reads as true or false.
    Flag(bool, String),
    /// A scalar that YAML reads as a number.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order written.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone)]
pub(super) struct Key {
    /// Its text.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

impl Node {
    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self.shape {
            Shape::Empty => "empty",
            Shape::Unset => "not set",
            Shape::Flag(..) => "true or false",
            Shape::Number(_) => "a number",
            Shape::Text(_) => "text",
            Shape::List(_) => "a list",
            Shape::Map(_) => "a mapping",
        }
    }
    /// The text of a scalar, as written or as expanded.
    pub fn scalar(&self) -> Option<&str> {
        match &self.shape {
            Shape::Flag(_, text) | Shape::Number(text) | Shape::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The value as a message may show it: never one that came from the environment.
    pub fn shown(&self) -> String {
        match (&self.shape, self.variables.as_slice()) {
            (_, [one, ..]) => format!("the value of ${{{one}}}"),
            (Shape::Empty, _) => "nothing".to_string(),
            (Shape::List(_) | Shape::Map(_), _) => self.kind().to_string(),
            _ => mask::value(self.scalar().unwrap_or_default()),
        }
    }
}

/// Reads the text. A text that is no YAML gets one finding and no tree; a key that stands twice gets a finding and the rest is read.
pub(super) fn parse(text: &str, report: &mut Report) -> Option<Node> {
    match read(text, DuplicateKeyPolicy::Error) {
        Ok(node) => Some(node),
        Err(error) => {
            let twice = matches!(error.without_snippet(), serde_saphyr::Error::DuplicateMappingKey { .. });
            report.push(refused(&error, text));
            if twice { read(text, DuplicateKeyPolicy::FirstWins).ok() } else { None }
        }
    }
}

fn read(text: &str, duplicates: DuplicateKeyPolicy) -> Result<Node, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEPTH_MAX, max_nodes: NODES_MAX },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: NODES_MAX },
        duplicate_keys: duplicates,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
    };
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options)?;
    Ok(node(raw, text))
}

fn refused(error: &serde_saphyr::Error, text: &str) -> Finding {
    let error = error.without_snippet();
    let mut place = error.location().map(place).unwrap_or(Place { line: 1, column: 1, width: 1 });
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    // The parser stops at what stands before a tab.
    if let Some(tab) = Some(said).filter(|said| said.contains("tab")).and_then(|_| tab_before_key(text, place.line)) {
        place = tab;
    }
    match error {
        serde_saphyr::Error::DuplicateMappingKey { .. } => {
            Finding::error(&codes::CFG_TWICE, place, "A key stands twice in the same block").cause("the second one").hide_rest()
        }
        serde_saphyr::Error::MultipleDocuments { .. } => {
            Finding::error(&codes::CFG_SYNTAX, place, "The file holds more than one YAML document")
                .cause("a second document starts here")
        }
        _ => Finding::error(&codes::CFG_SYNTAX, place, "This is not valid YAML").cause(without_quotes(said)),
    }
}

/// The tab that indents the next line, where the line complained of has none itself.
fn tab_before_key(text: &str, line: usize) -> Option<Place> {
    let tab = |at: usize| text.lines().nth(at)?.chars().take_while(|c| c.is_whitespace()).position(|c| c == '\t');
    let column = if tab(line - 1).is_none() { tab(line)? + 1 } else { return None };
    Some(Place { line: line + 1, column, width: 1 })
}

/// The parser quotes what it stumbled over, which may be part of a secret.
fn without_quotes(said: &str) -> String {
    let mut kept = String::new();
    for (at, part) in said.split('`').enumerate() {
        if at % 2 == 0 {
            kept.push_str(part);
        } else if part.chars().count() <= 2 {
            kept.push_str(&format!("`{part}`"));
        } else {
            kept.push('…');
        }
    }
    kept
}

fn place(location: Location) -> Place {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).max(1);
    Place { line: number(location.line()), column: number(location.column()), width: number(location.span().len()) }
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let span = raw.defined.span();
    let byte = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let start = byte(span.byte_offset());
    let bytes = (start, start + byte(span.byte_len()));
    let written = || text.get(bytes.0..bytes.1).unwrap_or_default().to_string();
    let shape = match raw.value {
        Raw::Empty => Shape::Empty,
        Raw::Flag(flag) => Shape::Flag(flag, written()),
        Raw::Number => Shape::Number(written()),
        Raw::Text(text) => Shape::Text(text),
        Raw::List(items) => Shape::List(items.into_iter().map(|item| node(item, text)).collect()),
        Raw::Map(entries) => Shape::Map(entries.into_iter().map(|(key, value)| entry(key, value, text)).collect()),
    };
    let mut place = place(raw.referenced);
    if raw.referenced.line() == 0 {
        place = self::place(raw.defined);
    }
    Node { place, bytes, shape, variables: Vec::new() }
}

fn entry(key: Spanned<String>, value: Spanned<Raw>, text: &str) -> (Key, Node) {
    let key = Key { place: place(key.referenced), name: key.value };
    let mut value = node(value, text);
    // A block or nothing at all is best pointed at through its key.
    if matches!(value.shape, Shape::Empty | Shape::Map(_) | Shape::List(_)) {
        value.place = key.place;
    }
    (key, value)
}

/// What serde is told about a value.
enum Raw {
    Empty,
    Flag(bool),
    Number,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Raw, D::Error> {
        from.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Empty)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Empty)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Raw, E> {
        Ok(Raw::Flag(flag))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_string()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = from.next_key()? {
            entries.push((key, from.next_value()?));
        }
        Ok(Raw::Map(entries))
    }
}
