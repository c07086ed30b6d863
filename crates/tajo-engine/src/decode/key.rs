//! Keys and references, read without copying what nobody keeps.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tajo_core::table::Kind;

use super::Listed;
use super::cell::Cell;

/// A key, borrowed where nothing is escaped.
pub(super) struct Key;

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Cow<'a, str>;
    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key {
    type Value = Cow<'a, str>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }
    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_string()))
    }
}

/// Reads a list of references: an object holding the list under `items`, with `has_more` or `total_count` where it was cut.
/// `None` where there is no such list.
pub(super) fn listed(raw: &str, items: &str) -> Option<Listed> {
    let mut reader = serde_json::Deserializer::from_str(raw);
    reader.deserialize_map(List(items)).ok()?
}

/// The id of a reference: an object's `id`, as text.
pub(crate) fn id(raw: &str) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_str(raw);
    Reference.deserialize(&mut reader).ok()?
}

struct List<'k>(&'k str);

impl<'a> Visitor<'a> for List<'_> {
    type Value = Option<Listed>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with a list of references")
    }
    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut ids: Option<Vec<String>> = None;
        let (mut total, mut more) = (None, false);
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                key if key == self.0 => ids = map.next_value_seed(References)?,
                "total_count" => total = map.next_value::<&'a RawValue>()?.get().parse::<usize>().ok(),
                "has_more" => more = map.next_value::<&'a RawValue>()?.get() == "true",
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(ids.map(|ids| Listed { cut: more || total.is_some_and(|total| total > ids.len()), ids }))
    }
}

/// Ids of a list of references; `None` where one has no id.
struct References;

impl<'a> DeserializeSeed<'a> for References {
    type Value = Option<Vec<String>>;
    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for References {
    type Value = Option<Vec<String>>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of references")
    }
    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut ids = Some(Vec::new());
        while let Some(id) = list.next_element_seed(Reference)? {
            match (&mut ids, id) {
                (Some(ids), Some(id)) => ids.push(id),
                _ => ids = None,
            }
        }
        Ok(ids)
    }
}

struct Reference;

impl<'a> DeserializeSeed<'a> for Reference {
    type Value = Option<String>;
    fn deserialize<D: Deserializer<'a>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Reference {
    type Value = Option<String>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a reference")
    }
    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut id = None;
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "id" {
                id = match Cell::read(Kind::Text, map.next_value::<&'a RawValue>()?.get()) {
                    Some(Cell::Text(text)) => Some(text.into_owned()),
                    _ => None,
                };
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(id)
    }
}
