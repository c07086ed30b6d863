//! From an entry back to the decision that it was made of.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tajo_engine::pair::Decision;

use super::super::entry::Step;
use super::UNSEEN;

/// A decision and its two sides, put together again from an entry: what `fill` wrote, by position.
pub struct Rebuilt {
    /// What is to be done.
    pub decision: Decision,
    /// Left values of the fields named in the entry.
    pub left: Vec<Value>,
    /// Right values of the fields named in the entry.
    pub right: Vec<Value>,
}

/// Reads a step back. Fields that the mapping no longer has are dropped.
pub fn rebuild(step: &Step, keys: &HashMap<String, usize>) -> Rebuilt {
    let mut out = Rebuilt { decision: Decision::default(), left: vec![UNSEEN; keys.len()], right: vec![UNSEEN; keys.len()] };
    let at = |map: &BTreeMap<String, [Value; 2]>| -> Vec<(usize, [Value; 2])> {
        map.iter().filter_map(|(key, both)| Some((*keys.get(key)?, both.clone()))).collect()
    };
    for (n, [value, before]) in at(&step.right) {
        (out.left[n], out.right[n]) = (value.clone(), before);
        out.decision.to_right.push((n, value));
    }
    for (n, [value, before]) in at(&step.left) {
        (out.right[n], out.left[n]) = (value.clone(), before);
        out.decision.to_left.push((n, value));
    }
    for (n, [left, right]) in at(&step.settled) {
        (out.left[n], out.right[n]) = (left, right);
        out.decision.settled.push(n);
    }
    for (n, [left, right]) in at(&step.conflicts) {
        (out.left[n], out.right[n]) = (left, right);
        out.decision.conflicts.push(n);
    }
    out.decision.settled.extend(step.empty.iter().filter_map(|key| keys.get(key).copied()));
    out
}
