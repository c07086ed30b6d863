//! Case tables.

use serde_json::{Value, json};

use super::*;

fn rule(flow: Flow, winner: Winner, law: Law) -> Vec<Rule> {
    vec![Rule { key: "K".into(), flow, winner, law, lively: false }]
}

fn decide(rules: &[Rule], base: (Option<Value>, Option<Value>), left: (Value, i64), right: (Value, i64)) -> String {
    let base = Base { left: vec![base.0], right: vec![base.1] };
    let seen = |values, changed_at| Seen { values, changed_at };
    let (l, r) = ([left.0], [right.0]);
    let decision = reconcile(rules, &base, seen(&l, left.1), seen(&r, right.1));
    let shown = |name: &str, list: &[(usize, Value)]| list.iter().map(|(_, v)| format!("{name} {v}")).collect::<String>();
    let mut out = shown("left", &decision.to_left) + &shown("right", &decision.to_right);
    if !decision.settled.is_empty() {
        out += "settled";
    }
    if !decision.conflicts.is_empty() {
        out += "conflict";
    }
    out
}

#[test]
fn reconcile_cases() {
    let (a, b, c) = (|| json!("a"), || json!("b"), || json!("c"));
    let none = || json!(null);
    let seen = |l: Value, r: Value| (Some(l), Some(r));
    use Flow::{Both, Left, Right};
    for (name, flow, base, left, right, expect) in [
        ("nothing changed", Both, seen(a(), a()), a(), a(), ""),
        ("only the left changed", Both, seen(a(), a()), b(), a(), "right \"b\""),
        ("only the right changed", Both, seen(a(), a()), a(), b(), "left \"b\""),
        ("both changed to the same", Both, seen(a(), a()), b(), b(), "settled"),
        ("both changed, the left wins", Both, seen(a(), a()), b(), c(), "right \"b\""),
        ("the right stores it in upper case", Both, seen(a(), json!("A")), a(), json!("A"), ""),
        ("the left was emptied", Both, seen(a(), a()), none(), a(), "right null"),
        ("an edit on the target is its owner's", Right, seen(a(), a()), a(), b(), ""),
        ("then the source changes", Right, seen(a(), a()), c(), b(), "right \"c\""),
        ("a source to the right", Left, seen(a(), a()), b(), c(), "left \"c\""),
        ("first sight, the right is empty", Both, (None, None), a(), none(), "right \"a\""),
        ("first sight, the left is empty", Both, (None, None), none(), a(), "left \"a\""),
        ("first sight never blanks the target", Right, (None, None), none(), a(), "settled"),
        ("first sight, both alike", Right, (None, None), json!("a "), a(), "settled"),
        ("first sight, both differ", Both, (None, None), a(), b(), "right \"a\""),
        ("first sight of two empty fields", Both, (None, None), none(), none(), "settled"),
    ] {
        assert_eq!(decide(&rule(flow, Winner::Left, Law::Field), base, (left, 1), (right, 1)), expect, "{name}");
    }
}

#[test]
fn conflicts_follow_the_policy_of_the_field() {
    let base = || (Some(json!("a")), Some(json!("a")));
    for (winner, times, expect) in [
        (Winner::Left, (1, 2), "right \"b\""),
        (Winner::Right, (2, 1), "left \"c\""),
        (Winner::Newest, (2, 1), "right \"b\""),
        (Winner::Newest, (1, 2), "left \"c\""),
        (Winner::Newest, (1, 1), "right \"b\""),
        (Winner::Ask, (1, 2), "conflict"),
    ] {
        let got = decide(&rule(Flow::Both, winner, Law::Field), base(), (json!("b"), times.0), (json!("c"), times.1));
        assert_eq!(got, expect, "{winner:?} {times:?}");
    }
}

#[test]
fn an_opt_out_travels_and_is_never_taken_back() {
    let (out, free) = (|| json!(true), || json!(false));
    for (flow, left, right, expect) in [
        (Flow::Right, out(), free(), "right true"),
        (Flow::Right, out(), json!(null), "right true"),
        (Flow::Right, free(), out(), ""),
        (Flow::Left, out(), free(), ""),
        (Flow::Left, free(), out(), "left true"),
        (Flow::Both, free(), out(), "left true"),
        (Flow::Both, free(), free(), ""),
    ] {
        // Whatever was seen before, and whoever spoke last.
        for base in [(None, None), (Some(out()), Some(out())), (Some(free()), Some(free()))] {
            let got = decide(&rule(flow, Winner::Newest, Law::Restrictive), base, (left.clone(), 1), (right.clone(), 9));
            assert_eq!(got, expect, "{flow:?} {left} {right}");
        }
    }
}

#[test]
fn an_owned_field_follows_the_left_whatever_the_right_did() {
    let rules = rule(Flow::Right, Winner::Left, Law::Owned);
    for (left, right, expect) in [
        (json!(true), json!(null), "right true"),
        (json!(true), json!(true), ""),
        (json!(false), json!(true), "right false"),
        (json!(false), json!(null), ""),
        (json!(null), json!(true), ""),
    ] {
        assert_eq!(decide(&rules, (None, None), (left.clone(), 1), (right.clone(), 1)), expect, "{left} {right}");
    }
}

#[test]
fn the_base_takes_the_answer_for_what_was_written_and_nothing_else() {
    let rules: Vec<Rule> = ["A", "B"]
        .map(|key| Rule { key: key.into(), flow: Flow::Both, winner: Winner::Left, law: Law::Field, lively: false })
        .into();
    let base = Base { left: vec![Some(json!("a")); 2], right: vec![Some(json!("a")); 2] };
    let (left, right) = ([json!("new"), json!("a")], [json!("a"), json!("a")]);
    let seen = |values| Seen { values, changed_at: 1 };
    let decision = reconcile(&rules, &base, seen(&left), seen(&right));
    // Meanwhile somebody edited B on the right.
    let answer = [json!("NEW"), json!("edited")];
    let next = advance(&rules, &base, seen(&left), seen(&right), &decision, Answers { right: Some(&answer), left: None });
    assert_eq!(next.left, [Some(json!("new")), Some(json!("a"))]);
    assert_eq!(next.right, [Some(json!("NEW")), Some(json!("a"))]);
    let again = reconcile(&rules, &next, seen(&left), seen(&answer));
    assert_eq!(again.to_left, [(1, json!("edited"))]);
    assert!(again.to_right.is_empty());
}
