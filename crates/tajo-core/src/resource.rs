//! What a platform keeps many of, declared once: the type is the declaration, [`Spec`] is the type erased.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::codes::Code;

/// A free-form JSON object.
pub type Row = serde_json::Map<String, Value>;

/// API release as (major, minor); what a platform can do is looked up by it.
pub type Release = (u16, u16);

/// Something a platform keeps many of.
pub trait Resource: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The platform that keeps it.
    type On;
    /// The declaration.
    const SPEC: Spec;
}

/// A resource without its type: what the engine, the tables and the docs see.
#[derive(Clone, Copy)]
pub struct Spec {
    /// Plural noun; also the table's name.
    pub name: &'static str,
    /// Columns that identify a row.
    pub key: &'static [&'static str],
    /// Column that grows with every change of a row, if there is one.
    pub newest: Option<&'static str>,
    /// The shape of its list endpoint.
    pub read: Read,
    /// Embedded lists of references that become link tables.
    pub links: &'static [Link],
    /// Column that says whether all children of the stored version were read; null where none were.
    pub flag: Option<&'static str>,
    /// The platform's name of the permission that reading needs.
    pub permission: &'static str,
    /// The first release that has it; `(0, 0)` where all do.
    pub since: Release,
    /// What a user should know about completeness; printed by `connectors describe`.
    pub caveat: &'static str,
    /// The type's JSON schema: columns and docs.
    pub schema: fn() -> Schema,
}

impl Spec {
    /// Erases a resource type. Chain the setters for what differs from a plain full-refresh table keyed by `id`.
    pub const fn of<R: Resource>(name: &'static str, read: Read) -> Spec {
        Spec {
            name,
            key: &["id"],
            newest: None,
            read,
            links: &[],
            flag: None,
            permission: "",
            since: (0, 0),
            caveat: "",
            schema: schema::<R>,
        }
    }
    /// Sets the key columns.
    pub const fn key(mut self, key: &'static [&'static str]) -> Spec {
        self.key = key;
        self
    }
    /// Sets the column that grows with every change.
    pub const fn newest(mut self, column: &'static str) -> Spec {
        self.newest = Some(column);
        self
    }
    /// Declares the link tables.
    pub const fn links(mut self, links: &'static [Link]) -> Spec {
        self.links = links;
        self
    }
    /// Names the column that says whether all children were read.
    pub const fn flag(mut self, column: &'static str) -> Spec {
        self.flag = Some(column);
        self
    }
    /// Names the permission that reading needs.
    pub const fn permission(mut self, label: &'static str) -> Spec {
        self.permission = label;
        self
    }
    /// Names the first release that has it.
    pub const fn since(mut self, release: Release) -> Spec {
        self.since = release;
        self
    }
    /// States a limit of completeness.
    pub const fn caveat(mut self, text: &'static str) -> Spec {
        self.caveat = text;
        self
    }
    /// `merge` where rows carry a change stamp, else `replace`.
    pub const fn strategy(&self) -> &'static str {
        match (self.newest, self.read) {
            (_, Read::Whole { .. }) | (None, _) => "replace",
            _ => "merge",
        }
    }
}

fn schema<R: Resource>() -> Schema {
    let mut settings = schemars::generate::SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<R>()
}

/// The shapes a list endpoint has.
#[derive(Clone, Copy)]
pub enum Read {
    /// Unpaged answers, read whole: one path each.
    Whole {
        /// Paths to read, by release.
        paths: fn(Release) -> &'static [&'static str],
        /// Key of the list in the answer.
        items: &'static str,
    },
    /// A search by change time with a keyset cursor.
    Search {
        /// Path of the search.
        path: &'static str,
        /// Key of the list in the answer.
        items: &'static str,
        /// How finely the search compares times, by release.
        grain: fn(Release) -> Grain,
        /// Largest page.
        page_max: u32,
        /// The request's body for a slice.
        body: fn(&Slice<'_>) -> Value,
    },
    /// Numbered pages, newest first.
    Pages {
        /// Path of the list; `page` and `per_page` are added.
        path: &'static str,
        /// Key of the list in the answer.
        items: &'static str,
        /// Largest page.
        page_max: u32,
    },
    /// A scroll that one client at a time may hold, with a list of limited length beside it.
    Scroll {
        /// Path of the scroll; `scroll_param` is added.
        path: &'static str,
        /// Path of the list (POST, parameters in the query), used for the count and when the scroll is held.
        list: &'static str,
        /// Key of the list in both answers.
        items: &'static str,
        /// Largest page of the list.
        page_max: u32,
        /// How many records the list can show.
        list_max: u64,
        /// The error that says somebody else holds the scroll.
        held: &'static Code,
    },
    /// Inside each record of a parent.
    Each {
        /// The parent's name.
        parent: &'static str,
        /// Path of the parent's detail; `{id}` is replaced.
        path: &'static str,
        /// Object in the detail that holds the list.
        at: &'static str,
        /// Key of the list in that object.
        items: &'static str,
        /// Key of the list's true length in that object.
        total: &'static str,
        /// Column that takes the parent's id.
        into: &'static str,
    },
}

/// A slice of a search: closed bounds in unix seconds, page size, cursor.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    /// First second wanted.
    pub lo: i64,
    /// Last second wanted.
    pub hi: i64,
    /// Rows a page.
    pub page: u32,
    /// Cursor of the page before.
    pub after: Option<&'a str>,
    /// Newest first instead of oldest first.
    pub descending: bool,
}

/// How finely a search compares times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// To the second.
    Second,
    /// Whole calendar days of the workspace's timezone.
    Day,
}

/// A list of references inside a record that becomes a table of pairs.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// Name of the link table.
    pub table: &'static str,
    /// Object in the record that holds the list.
    pub at: &'static str,
    /// Key of the list in that object.
    pub items: &'static str,
    /// Columns: the record's id, the other's id.
    pub columns: [&'static str; 2],
    /// Where the whole list is read when the embedded one was cut; `{id}` is replaced.
    pub rest: Option<&'static str>,
}

/// An id: text, also where the platform sends a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Id, D::Error> {
        match Value::deserialize(from)? {
            Value::String(text) => Ok(Id(text)),
            Value::Number(number) => Ok(Id(number.to_string())),
            _ => Err(serde::de::Error::custom("an id is text or a number")),
        }
    }
}

impl JsonSchema for Id {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        schemars::json_schema!({"type": "string", "format": "id"})
    }
}

/// A moment: unix seconds on the wire, a timestamp in tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Epoch(pub i64);

/// Above this a number is taken for milliseconds (as seconds it would be the year 5138).
const MILLISECONDS_FROM: i64 = 100_000_000_000;

impl Epoch {
    /// Reads unix seconds; milliseconds and numeric text are recognised, because some fields of some versions send them.
    pub fn of_number(number: i64) -> Epoch {
        if number.abs() >= MILLISECONDS_FROM { Epoch(number.div_euclid(1000)) } else { Epoch(number) }
    }
    /// Reads text: digits, or RFC 3339.
    pub fn of_text(text: &str) -> Option<Epoch> {
        if let Ok(number) = text.parse::<i64>() {
            return Some(Epoch::of_number(number));
        }
        text.parse::<Timestamp>().ok().map(|at| Epoch(at.as_second()))
    }
}

impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Epoch, D::Error> {
        let read = match Value::deserialize(from)? {
            Value::Number(number) => number.as_i64().or(number.as_f64().map(|f| f as i64)).map(Epoch::of_number),
            Value::String(text) => Epoch::of_text(&text),
            _ => None,
        };
        read.ok_or_else(|| serde::de::Error::custom("a moment is unix seconds or RFC 3339 text"))
    }
}

impl JsonSchema for Epoch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Epoch".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        schemars::json_schema!({"type": "integer", "format": "unix-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form_seen() {
        for (text, expect) in [
            ("1700000000", Some(1_700_000_000)),
            ("1700000000123", Some(1_700_000_000)),
            ("\"1700000000\"", Some(1_700_000_000)),
            ("\"2023-11-14T22:13:20Z\"", Some(1_700_000_000)),
            ("-86400", Some(-86_400)),
            ("\"soon\"", None),
            ("true", None),
        ] {
            assert_eq!(serde_json::from_str::<Epoch>(text).ok().map(|e| e.0), expect, "{text}");
        }
    }
}
