//! Answers cut to what a model can take in. Pure.

use serde_json::{Map, Value, json};
use tajo_core::{Error, Result, codes};

/// Longer texts are cut.
const TEXT_CHARS_MAX: usize = 4_000;
/// Longer lists inside of objects are cut; pages are not, or rows would be lost between two of them.
const INNER_ITEMS_MAX: usize = 50;
/// Larger answers are refused, with the way to a smaller one.
const ANSWER_BYTES_MAX: usize = 200_000;

/// The answer with long texts and inner lists cut, each cut saying so; [`codes::INPUT`] where it is still too large.
pub fn cut(result: Value) -> Result<Value> {
    let cut = match result {
        Value::Object(mut fields) => match fields.remove("data") {
            Some(Value::Array(rows)) => {
                let rows: Vec<Value> = rows.into_iter().map(|row| inner(row, 0)).collect();
                let mut out: Map<String, Value> = Map::new();
                out.insert("data".into(), rows.into());
                out.extend(fields);
                Value::Object(out)
            }
            Some(data) => {
                fields.insert("data".into(), data);
                inner(Value::Object(fields), 0)
            }
            None => inner(Value::Object(fields), 0),
        },
        other => inner(other, 0),
    };
    let bytes = cut.to_string().len();
    if bytes > ANSWER_BYTES_MAX {
        let what = format!("The answer has {bytes} bytes, which is more than a tool may return ({ANSWER_BYTES_MAX})");
        return Err(Error::new(&codes::INPUT, what).help("Ask for a smaller page (`per_page`), or narrow the search."));
    }
    Ok(cut)
}

/// What stays of an answer that is too large.
const KEPT: [&str; 4] = ["type", "id", "conversation_id", "ticket_id"];

/// The answer of something that was carried out, cut; where it is still too large, what it is about, and a word on that. An
/// error would say that it failed, and it would be done again.
pub fn done(result: Value) -> (Value, Option<&'static str>) {
    let kept = KEPT.iter().filter_map(|key| Some(((*key).to_owned(), result.get(*key)?.clone()))).collect::<Map<_, _>>();
    match cut(result) {
        Ok(result) => (result, None),
        Err(_) => (kept.into(), Some("It was carried out; the whole answer is too large to be shown.")),
    }
}

fn inner(value: Value, depth: usize) -> Value {
    match value {
        Value::String(text) if text.chars().count() > TEXT_CHARS_MAX => {
            let kept: String = text.chars().take(TEXT_CHARS_MAX).collect();
            format!("{kept}… (cut: {} characters in all)", text.chars().count()).into()
        }
        Value::Array(items) if depth > 0 && items.len() > INNER_ITEMS_MAX => {
            let all = items.len();
            // The newest stand last: in a conversation they matter most.
            let mut kept: Vec<Value> = items.into_iter().skip(all - INNER_ITEMS_MAX).map(|item| inner(item, depth + 1)).collect();
            kept.insert(0, json!({"_cut": format!("the last {INNER_ITEMS_MAX} of {all}")}));
            kept.into()
        }
        Value::Array(items) => items.into_iter().map(|item| inner(item, depth + 1)).collect(),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| (name, inner(value, depth + 1))).collect()),
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_and_inner_lists_are_cut_and_rows_are_not() {
        let long = "x".repeat(5_000);
        let parts: Vec<Value> = (0..80).map(|n| json!({"n": n})).collect();
        let shown = cut(json!({"id": "1", "body": long, "parts": parts})).unwrap();
        assert!(shown["body"].as_str().unwrap().ends_with("(cut: 5000 characters in all)"));
        assert_eq!(shown["parts"].as_array().unwrap().len(), 51);
        assert_eq!((&shown["parts"][0]["_cut"], &shown["parts"][50]["n"]), (&json!("the last 50 of 80"), &json!(79)));
        let rows: Vec<Value> = (0..150).map(|n| json!({"id": n})).collect();
        assert_eq!(cut(json!({"data": rows, "next_cursor": "c"})).unwrap()["data"].as_array().unwrap().len(), 150);
    }

    #[test]
    fn what_was_carried_out_is_never_an_error_for_its_size() {
        let parts: Vec<Value> = (0..80).map(|n| json!({"n": n, "body": "y".repeat(5_000)})).collect();
        let large = json!({"type": "conversation", "id": "7", "parts": parts});
        assert!(cut(large.clone()).is_err(), "the test can fail");
        let (result, word) = done(large);
        assert_eq!(result, json!({"type": "conversation", "id": "7"}));
        assert!(word.unwrap().contains("carried out"));
        assert_eq!(done(json!({"id": "7"})), (json!({"id": "7"}), None));
    }

    #[test]
    fn what_is_too_large_says_how_to_ask_for_less() {
        let rows: Vec<Value> = (0..150).map(|n| json!({"id": n, "body": "y".repeat(3_000)})).collect();
        let error = cut(json!({"data": rows})).unwrap_err();
        assert!(error.remedy().contains("per_page"), "{error:?}");
    }
}
