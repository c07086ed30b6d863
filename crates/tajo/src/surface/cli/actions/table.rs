//! Rows as a table, and an object as lines. Pure.

use jiff::Timestamp;
use serde_json::Value;

use super::words::is_time;

/// Columns beside the id, where nobody says which.
const COLUMNS_MAX: usize = 5;
/// Nested objects are shown down to here.
const DEPTH_MAX: usize = 4;
/// A narrower cell shows nothing worth reading.
const CELL_CHARS_MIN: usize = 6;
const GAP: usize = 2;
/// Keys that are the same in every row of a list.
const SAME: [&str; 3] = ["type", "workspace_id", "app_id"];

/// What lies at a dotted path; in a list, of each item.
pub(super) fn at(value: &Value, path: &str) -> Option<Value> {
    let (key, rest) = match path.split_once('.') {
        Some((key, rest)) => (key, Some(rest)),
        None => (path, None),
    };
    // Names of custom attributes may have points of their own.
    if let Some(found) = value.get(path) {
        return Some(found.clone());
    }
    let below = |found: &Value| rest.map_or_else(|| Some(found.clone()), |rest| at(found, rest));
    match value {
        Value::Object(object) => below(object.get(key)?),
        Value::Array(list) => match key.parse::<usize>() {
            Ok(n) => below(list.get(n)?),
            Err(_) => Some(list.iter().filter_map(|item| at(item, path)).collect::<Vec<_>>().into()),
        },
        _ => None,
    }
}

/// A value as one cell: times as UTC, no line breaks and nothing that a terminal would obey.
pub(super) fn cell(name: &str, value: &Value) -> String {
    let name = name.rsplit('.').next().unwrap_or(name);
    match value {
        Value::Null => String::new(),
        Value::Number(n) if is_time(name) => match n.as_i64().filter(|n| *n > 0).and_then(|n| Timestamp::from_second(n).ok()) {
            Some(at) => at.to_string(),
            None => n.to_string(),
        },
        Value::String(text) => text.replace(char::is_control, " "),
        Value::Array(list) if list.iter().all(|item| !item.is_object() && !item.is_array()) => {
            list.iter().map(|item| cell(name, item)).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string().replace(char::is_control, " "),
    }
}

/// The columns of a table: the id, then the first scalars that have a value in any row.
pub(super) fn columns(rows: &[Value]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for row in rows {
        for name in row.as_object().into_iter().flat_map(|row| row.keys()) {
            if !names.contains(name) && !SAME.contains(&name.as_str()) {
                names.push(name.clone());
            }
        }
    }
    let says = |value: &Value| match value {
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
        _ => false,
    };
    let has_value = |name: &String| rows.iter().any(|row| row.get(name).is_some_and(says));
    let id = names.iter().any(|name| name == "id").then(|| "id".to_owned());
    let others = names.into_iter().filter(|name| name != "id" && has_value(name)).take(COLUMNS_MAX);
    id.into_iter().chain(others).collect()
}

/// How wide each column is: as its widest cell, and narrower from the widest down where the line would be too long.
pub(super) fn widths(headings: &[String], cells: &[Vec<String>], line_max: Option<usize>) -> Vec<usize> {
    let count = |text: &String| text.chars().count();
    let widest = |at: usize| cells.iter().map(|row| count(&row[at])).chain([count(&headings[at])]).max().unwrap_or_default();
    let mut widths: Vec<usize> = (0..headings.len()).map(widest).collect();
    let Some(line_max) = line_max else { return widths };
    while widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) > line_max {
        // The first column tells rows apart, and is the last to give way.
        let narrowed =
            widths.iter().enumerate().filter(|(_, width)| **width > CELL_CHARS_MIN).max_by_key(|(at, width)| (*at > 0, **width));
        match narrowed.map(|(at, _)| at) {
            Some(at) => widths[at] -= 1,
            // A terminal this narrow has room for fewer columns.
            None if widths.len() > 1 => _ = widths.pop(),
            None => return vec![line_max],
        }
    }
    widths
}

/// One line of a table.
pub(super) fn line(cells: &[String], widths: &[usize], is_cut: bool) -> String {
    let mut out = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if at > 0 {
            out.push_str("  ");
        }
        out.push_str(&format!("{:width$}", if is_cut { cut(cell, *width) } else { cell.clone() }));
    }
    out.trim_end().to_owned()
}

/// The text in at most so many characters.
fn cut(text: &str, chars_max: usize) -> String {
    match text.chars().count() > chars_max {
        true => text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// An object as names with values, nested ones by their path; what has no value is left out.
pub(super) fn lines(value: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    unfold("", value, DEPTH_MAX, &mut out);
    out
}

fn unfold(path: &str, value: &Value, depth: usize, out: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Array(list) if list.iter().any(Value::is_object) => {
            let items = if list.len() == 1 { "item" } else { "items" };
            out.push((path.to_owned(), format!("{} {items}", list.len())));
        }
        Value::Object(object) if depth > 0 => {
            for (key, value) in object {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                unfold(&below, value, depth - 1, out);
            }
        }
        other => {
            let text = cell(path, other);
            if !text.is_empty() {
                out.push((path.to_owned(), text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_reach_into_objects_and_lists() {
        let row = json!({"id": "1", "location": {"country": "Chile"}, "tags": {"data": [{"id": "7"}, {"id": "8"}]}, "a.b": 1});
        for (path, expect) in [
            ("id", Some(json!("1"))),
            ("location.country", Some(json!("Chile"))),
            ("tags.data.id", Some(json!(["7", "8"]))),
            ("tags.data.1.id", Some(json!("8"))),
            ("a.b", Some(json!(1))),
            ("location.city", None),
            ("id.more", None),
        ] {
            assert_eq!(at(&row, path), expect, "{path}");
        }
    }

    #[test]
    fn cells_show_times_as_utc_and_nothing_that_a_terminal_obeys() {
        for (name, value, expect) in [
            ("created_at", json!(1_795_170_600), "2026-11-20T10:30:00Z"),
            ("statistics.last_close_at", json!(1_795_170_600), "2026-11-20T10:30:00Z"),
            ("snoozed_until", json!(null), ""),
            ("size", json!(1_795_170_600), "1795170600"),
            ("name", json!("Ada\n\u{1b}[31mByron"), "Ada  [31mByron"),
            ("ids", json!(["a", 2]), "a, 2"),
        ] {
            assert_eq!(cell(name, &value), expect, "{name}");
        }
    }

    #[test]
    fn columns_are_the_id_and_the_first_five_that_say_something() {
        let rows = [
            json!({"type": "contact", "name": "", "id": "1", "email": null, "role": "user", "a": {}, "b": 1, "c": 2}),
            json!({"id": "2", "email": "ada@acme.example", "d": 3, "e": true, "f": 5}),
        ];
        assert_eq!(columns(&rows), ["id", "email", "role", "b", "c", "d"]);
    }

    #[test]
    fn a_table_is_never_wider_than_asked() {
        let headings: Vec<String> = ["id", "name", "body"].map(str::to_owned).into();
        let row: Vec<String> = ["123456789012".to_owned(), "x".repeat(30), "y".repeat(200)].into();
        for line_max in 1..140 {
            let widths = widths(&headings, std::slice::from_ref(&row), Some(line_max));
            let text = line(&row, &widths, true);
            assert!(text.chars().count() <= line_max, "{line_max}: {text}");
            assert!(line_max < 28 || text.starts_with("123456789012 "), "{line_max}: {text}");
        }
        assert_eq!(widths(&headings, &[row], None), [12, 30, 200]);
    }

    #[test]
    fn an_object_is_told_line_by_line() {
        let object =
            json!({"id": "1", "name": null, "location": {"country": "Chile"}, "tags": {"data": [{"id": "7"}]}, "ids": []});
        let text = |(path, value): (String, String)| format!("{path}={value}");
        let told: Vec<String> = lines(&object).into_iter().map(text).collect();
        assert_eq!(told, ["id=1", "location.country=Chile", "tags.data=1 item"]);
    }
}
