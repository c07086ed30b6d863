//! What each side last showed us, per field, and how it is stored.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// The two shadows of a linked record. `None` means that the field was never seen on that side, which is not the same
/// as having been seen empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Base {
    /// Per rule, what the left side last showed.
    pub left: Vec<Option<Value>>,
    /// Per rule, what the right side last showed.
    pub right: Vec<Option<Value>>,
}

impl Base {
    /// Nothing was seen yet.
    pub fn unseen(rules: usize) -> Base {
        Base { left: vec![None; rules], right: vec![None; rules] }
    }
    /// As text: `{"KEY": value}` where both sides showed the same, `{"KEY": [left, right]}` where they differ; an unseen
    /// side is `{}`, which no value is. Values that are lists are always written as a pair.
    pub fn encode<'k>(&self, keys: impl Iterator<Item = &'k str>) -> String {
        let mut out = Map::new();
        for ((key, left), right) in keys.zip(&self.left).zip(&self.right) {
            let side = |value: &Option<Value>| value.clone().unwrap_or_else(|| Value::Object(Map::new()));
            match (left, right) {
                (None, None) => {}
                (Some(l), Some(r)) if l == r && !l.is_array() => drop(out.insert(key.to_string(), l.clone())),
                _ => drop(out.insert(key.to_string(), Value::Array(vec![side(left), side(right)]))),
            }
        }
        Value::Object(out).to_string()
    }
    /// Reads what [`Base::encode`] wrote, perhaps under other rules: fields that are gone are forgotten, new ones unseen.
    pub fn decode(text: &str, at: &HashMap<String, usize>) -> Option<Base> {
        let mut base = Base::unseen(at.len());
        let stored: Map<String, Value> = serde_json::from_str(text).ok()?;
        for (key, value) in stored {
            let Some(n) = at.get(&key) else { continue };
            let side = |value: Value| (!value.is_object()).then_some(value);
            match value {
                Value::Array(mut both) if both.len() == 2 => {
                    base.right[*n] = both.pop().and_then(side);
                    base.left[*n] = both.pop().and_then(side);
                }
                Value::Array(_) => return None,
                one => (base.left[*n], base.right[*n]) = (Some(one.clone()), Some(one)),
            }
        }
        Some(base)
    }
    /// The stored text for a record whose left side another one takes over: what the right side showed stays, the left one
    /// was never seen, so its empty fields are no edits.
    pub fn forget_left(text: &str) -> String {
        let stored: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let right = |value: Value| match value {
            Value::Array(mut both) if both.len() == 2 => both.pop().unwrap_or_default(),
            one => one,
        };
        let halves = stored.into_iter().map(|(key, value)| (key, Value::Array(vec![Value::Object(Map::new()), right(value)])));
        Value::Object(halves.collect()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_base_survives_storage_and_a_change_of_the_rules() {
        let base = Base {
            left: vec![Some(json!("Ada")), Some(json!(null)), Some(json!(["a"])), None, Some(json!(1))],
            right: vec![Some(json!("ADA")), Some(json!(null)), Some(json!(["a"])), None, None],
        };
        let keys = ["NAME", "GONE", "TAGS", "UNSEEN", "HALF"];
        let text = base.encode(keys.iter().copied());
        let at = |keys: &[&str]| keys.iter().enumerate().map(|(n, key)| (key.to_string(), n)).collect::<HashMap<_, _>>();
        assert_eq!(Base::decode(&text, &at(&keys)), Some(base));
        let later = Base::decode(&text, &at(&["NEW", "NAME"])).expect("reads");
        assert_eq!(later.left, [None, Some(json!("Ada"))]);
        assert_eq!(later.right, [None, Some(json!("ADA"))]);
        assert_eq!(Base::decode("[", &at(&keys)), None);
        let heir = Base::decode(&Base::forget_left(&text), &at(&keys)).expect("reads");
        assert_eq!((heir.left, heir.right), (vec![None; 5], base_right()));
        assert_eq!(Base::forget_left("["), "{}");
    }

    fn base_right() -> Vec<Option<Value>> {
        vec![Some(json!("ADA")), Some(json!(null)), Some(json!(["a"])), None, None]
    }
}
