//! How the bases follow. Nothing else writes a base.

use serde_json::Value;

use super::{Base, Decision, Rule, Seen};

/// What each side showed when it was read back after a write; `None` where nothing was written or nothing could be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers<'a> {
    /// Values of the left side, in the order of the rules.
    pub left: Option<&'a [Value]>,
    /// Values of the right side.
    pub right: Option<&'a [Value]>,
}

/// The bases after a decision was carried out.
///
/// A side's answer counts for the fields that were written and for no other: somebody may have edited another field
/// between our read and our write, and taking the whole answer would swallow that edit. Without an answer the base
/// stays, and the next run decides anew.
pub fn advance(rules: &[Rule], base: &Base, left: Seen<'_>, right: Seen<'_>, decision: &Decision, answers: Answers<'_>) -> Base {
    let mut next = base.clone();
    next.left.resize(rules.len(), None);
    next.right.resize(rules.len(), None);
    for &n in &decision.settled {
        next.left[n] = Some(left.values[n].clone());
        next.right[n] = Some(right.values[n].clone());
    }
    if let Some(answer) = answers.right {
        for (n, _) in &decision.to_right {
            next.left[*n] = Some(left.values[*n].clone());
            next.right[*n] = Some(answer[*n].clone());
        }
    }
    if let Some(answer) = answers.left {
        for (n, _) in &decision.to_left {
            next.right[*n] = Some(right.values[*n].clone());
            next.left[*n] = Some(answer[*n].clone());
        }
    }
    next
}
