//! Values that somebody wrote, beside the derived ones: only what differs from the seed is stored,
//! so a million untouched records stay small.

use std::collections::BTreeMap;

use serde_json::Value;

/// What was written onto one record.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Written {
    /// Nothing is derived: what was not written is unset.
    pub(crate) plain: bool,
    /// By the API's name; a nested one is dotted (`location.country`).
    pub(crate) fields: BTreeMap<Box<str>, Value>,
    pub(crate) custom: BTreeMap<Box<str>, Value>,
}

impl Written {
    /// A record of which nothing is derived.
    pub(crate) fn plain() -> Box<Written> {
        Box::new(Written { plain: true, ..Written::default() })
    }

    /// Stores a field, or with the prefix `custom_attributes.` a custom attribute.
    pub(crate) fn set(&mut self, field: &str, value: Value) {
        match field.strip_prefix("custom_attributes.") {
            Some(own) => self.custom.insert(own.into(), value),
            None => self.fields.insert(field.into(), value),
        };
    }
}

/// What was written onto a record, if anything was.
pub(crate) type Maybe = Option<Box<Written>>;

/// What stands for a field: the value written, nothing on a plain record, or else the derived one.
pub(crate) enum Stands<'a> {
    Written(&'a Value),
    Unset,
    Derived,
}

pub(crate) fn stands<'a>(written: &'a Maybe, field: &str) -> Stands<'a> {
    match written.as_deref() {
        None => Stands::Derived,
        Some(all) => match all.fields.get(field) {
            Some(value) => Stands::Written(value),
            None if all.plain => Stands::Unset,
            None => Stands::Derived,
        },
    }
}

/// The text that stands for a field.
pub(crate) fn text(written: &Maybe, field: &str, derived: impl FnOnce() -> Option<String>) -> Option<String> {
    match stands(written, field) {
        Stands::Written(value) => value.as_str().map(str::to_owned),
        Stands::Unset => None,
        Stands::Derived => derived(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_written_stands_before_what_is_derived() {
        let derived = || Some("derived".to_owned());
        assert_eq!(text(&None, "name", derived).as_deref(), Some("derived"));
        let mut some: Maybe = Some(Box::default());
        some.as_mut().unwrap().set("phone", json!(null));
        assert_eq!((text(&some, "name", derived), text(&some, "phone", derived)), (derived(), None));
        assert_eq!(text(&Some(Written::plain()), "name", derived), None);
    }
}
