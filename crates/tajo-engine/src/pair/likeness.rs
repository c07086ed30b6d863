//! When two values mean the same.

use serde_json::Value;

/// Shortest text of which a cut is recognised: below it, a prefix says nothing.
const CUT_MIN: usize = 6;

/// Whether two sides agree: equal, or equal but for blanks and the spelling of a number.
pub fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) => a == b || a.split_whitespace().eq(b.split_whitespace()),
        (Value::String(text), Value::Null) | (Value::Null, Value::String(text)) => text.trim().is_empty(),
        _ => a == b,
    }
}

/// Whether `stored` is what a platform may make of `sent`: trimmed, in other letters, cut at the end, respelled.
pub fn looks_like(sent: &Value, stored: &Value) -> bool {
    if alike(sent, stored) {
        return true;
    }
    let (Value::String(sent), Value::String(stored)) = (sent, stored) else { return false };
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let (sent, stored) = (plain(sent), plain(stored));
    sent == stored || (stored.len() >= CUT_MIN && sent.starts_with(&stored))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_agree_but_for_blanks_and_spelling() {
        for (a, b, agree, like) in [
            (json!("Ada"), json!("Ada"), true, true),
            (json!(" Ada  Byron"), json!("Ada Byron"), true, true),
            (json!(1), json!(1.0), true, true),
            (json!(""), json!(null), true, true),
            (json!("Ada Byron"), json!("ADA BYRON"), false, true),
            (json!("Ada Byron King"), json!("ADA BY"), false, true),
            (json!("Ada Byron"), json!("Ada"), false, false),
            (json!("Ada"), json!("Eve"), false, false),
            (json!(true), json!(null), false, false),
        ] {
            assert_eq!(alike(&a, &b), agree, "{a} and {b}");
            assert_eq!(looks_like(&a, &b), like, "{a} stored as {b}");
        }
    }
}
