//! From two bases and two sides to what is to be written.

use serde_json::Value;

use super::{Base, Decision, Law, Rule, Seen, Winner, alike};

/// Decides for one record that both sides have. A side that does not have it yet shows `Null` everywhere.
pub fn reconcile(rules: &[Rule], base: &Base, left: Seen<'_>, right: Seen<'_>) -> Decision {
    let mut decision = Decision::default();
    for (n, rule) in rules.iter().enumerate() {
        let (l, r) = (&left.values[n], &right.values[n]);
        match rule.law {
            Law::Restrictive => consent(&mut decision, n, rule, l, r),
            Law::Owned => owned(&mut decision, n, rule, l, r),
            Law::Field => field(&mut decision, n, rule, base, left, right),
        }
    }
    decision
}

fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true)
}

/// The restrictive value travels in the directions that are open; a loosening never does.
fn consent(decision: &mut Decision, n: usize, rule: &Rule, l: &Value, r: &Value) {
    match (is_true(l), is_true(r)) {
        (true, false) if rule.flow.right() => decision.to_right.push((n, Value::Bool(true))),
        (false, true) if rule.flow.left() => decision.to_left.push((n, Value::Bool(true))),
        _ => {}
    }
}

fn owned(decision: &mut Decision, n: usize, rule: &Rule, l: &Value, r: &Value) {
    if rule.flow.right() && !l.is_null() && is_true(l) != is_true(r) {
        decision.to_right.push((n, Value::Bool(is_true(l))));
    }
}

fn field(decision: &mut Decision, n: usize, rule: &Rule, base: &Base, left: Seen<'_>, right: Seen<'_>) {
    let (l, r) = (&left.values[n], &right.values[n]);
    let (base_l, base_r) = (base.left[n].as_ref(), base.right[n].as_ref());
    let (changed_l, changed_r) = (base_l != Some(l), base_r != Some(r));
    // On a side's first sight an empty field is no edit: it neither blanks the other nor disputes with it.
    let (news_l, news_r) = (changed_l && !(base_l.is_none() && l.is_null()), changed_r && !(base_r.is_none() && r.is_null()));
    let to_left = |decision: &mut Decision| decision.to_left.push((n, r.clone()));
    let to_right = |decision: &mut Decision| decision.to_right.push((n, l.clone()));
    if (changed_l || changed_r) && alike(l, r) {
        return decision.settled.push(n);
    }
    match (news_l, news_r) {
        (false, false) if changed_l || changed_r => decision.settled.push(n),
        (false, false) => {}
        (true, false) if rule.flow.right() => to_right(decision),
        (false, true) if rule.flow.left() => to_left(decision),
        // First sight of what the other direction has: noted, so that later changes are seen as changes.
        (false, true) if base_r.is_none() => decision.settled.push(n),
        (true, false) if base_l.is_none() => decision.settled.push(n),
        // An edit on the side that is not read from is its owner's affair.
        (true, false) | (false, true) => {}
        (true, true) => match (rule.flow.right(), rule.flow.left(), rule.winner) {
            (true, false, _) => to_right(decision),
            (false, true, _) => to_left(decision),
            (.., Winner::Left) => to_right(decision),
            (.., Winner::Right) => to_left(decision),
            (.., Winner::Newest) if left.changed_at >= right.changed_at => to_right(decision),
            (.., Winner::Newest) => to_left(decision),
            (.., Winner::Ask) => decision.conflicts.push(n),
        },
    }
}
