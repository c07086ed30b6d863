//! What is said of an action: its inputs, its answer, and the command line that equals an input.

use serde_json::Value;
use tajo_core::action::{Field, Shape, fields};
use tajo_core::{Effect, Facts};

use super::fold::{is_direct, kebab};
use crate::actions::Entry;

/// Clap breaks lines beyond 100.
const HELP_COLUMNS_MAX: usize = 84;

/// The input fields in the order they are declared.
pub fn inputs(facts: &Facts) -> Vec<Field> {
    fields(&facts.input())
}

/// The fields of the answer; those of a row where it is a list.
pub fn outputs(facts: &Facts) -> Vec<Field> {
    let schema = facts.output();
    let rows = schema.get("properties").and_then(|p| p.get("data")).and_then(|data| data.get("items")).cloned();
    match rows.and_then(|rows| rows.try_into().ok()) {
        Some(row) => fields(&row),
        None => fields(&schema),
    }
}

/// Whether the answer is a list of rows under `data`.
pub(super) fn is_list(facts: &Facts) -> bool {
    let schema = facts.output();
    let data = schema.get("properties").and_then(|p| p.get("data"));
    data.and_then(|data| data.get("type")).is_some_and(|kind| kind == "array")
}

/// Whether the field takes a moment.
pub(super) fn is_moment(field: &Field) -> bool {
    field.shape == Shape::TextOrInteger && is_time(&field.name)
}

/// Whether values under this name are times.
pub(super) fn is_time(name: &str) -> bool {
    ["_at", "_until", "_since"].iter().any(|end| name.ends_with(end))
}

/// What an effect means for whoever asks.
pub(super) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads; may be repeated",
        Effect::Assign => "writes; asked twice, it changes nothing more",
        Effect::Once => "writes each time it is asked; sent at most once",
        Effect::Destroy => "takes away what cannot be brought back; asks first, or needs --allow-destructive",
    }
}

/// What a command's `--help` ends with.
pub(super) fn after_help(entry: &Entry) -> String {
    let facts = &entry.facts;
    let example: Value = serde_json::from_str(facts.example).unwrap_or_default();
    let mut text = format!("Effect: {}\n", effect(facts.effect));
    if !facts.needs.is_empty() {
        text.push_str(&format!("Permissions: {}\n", facts.needs.join(", ")));
    }
    text.push_str(&format!("\nExample:\n  {}\n", folded(&parts(entry, &example))));
    text.push_str(&format!("The same as JSON:\n  {}", folded(&json_parts(facts, &example))));
    if inputs(facts).iter().any(|field| field.shape == Shape::Object) {
        text.push_str("\n\nObjects take KEY=TEXT and KEY:=JSON, repeated, or one JSON object.");
    }
    text
}

/// A command over several lines where it is long, so that it can still be copied.
fn folded(parts: &[String]) -> String {
    let mut out = String::new();
    let mut width = 0;
    for part in parts {
        if width > 0 && width + part.len() > HELP_COLUMNS_MAX {
            out.push_str(" \\\n    ");
            width = 2;
        } else if width > 0 {
            out.push(' ');
        }
        width += part.len() + 1;
        out.push_str(part);
    }
    out
}

/// The command line that asks an action with this input.
pub fn command_line(entry: &Entry, input: &Value) -> String {
    parts(entry, input).join(" ")
}

/// Its command, and each flag with its value.
fn parts(entry: &Entry, input: &Value) -> Vec<String> {
    let facts = &entry.facts;
    if !is_direct(facts) {
        return json_parts(facts, input);
    }
    let mut parts = vec![format!("tajo {} {}", kebab(facts.noun()), kebab(facts.verb()))];
    for (name, value) in input.as_object().into_iter().flatten() {
        let flag = format!("--{}", kebab(name));
        parts.extend(words_of(value).iter().map(|word| match word.as_str() {
            "true" if value.is_boolean() => flag.clone(),
            text if value.is_boolean() || text.starts_with('-') => format!("{flag}={}", quoted(text)),
            text => format!("{flag} {}", quoted(text)),
        }));
    }
    if facts.effect == Effect::Destroy {
        parts.push("--allow-destructive".to_owned());
    }
    parts
}

/// The same through `tajo actions run`.
pub(super) fn as_json(facts: &Facts, input: &Value) -> String {
    json_parts(facts, input).join(" ")
}

fn json_parts(facts: &Facts, input: &Value) -> Vec<String> {
    let text = input.to_string();
    // White space between the parts of JSON means nothing, so a long one may stand over several lines.
    let text = if text.len() > HELP_COLUMNS_MAX { format!("{input:#}").replace('\n', "\n    ") } else { text };
    let mut parts = vec![format!("tajo actions run {}", facts.alias), format!("--input {}", quoted(&text))];
    if facts.effect == Effect::Destroy {
        parts.push("--allow-destructive".to_owned());
    }
    parts
}

/// Documentation without the line breaks of its source; paragraphs stay.
pub(super) fn unwrapped(doc: &str) -> String {
    doc.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

/// A value as the words that give it to a flag.
fn words_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => {
            let plain = |item: &Value| match item {
                Value::String(text) if !text.contains(',') && !text.trim().is_empty() => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            let items: Option<Vec<String>> = list.iter().map(plain).collect();
            vec![items.filter(|items| !items.is_empty()).map_or_else(|| value.to_string(), |items| items.join(","))]
        }
        Value::Object(object) if !object.is_empty() && object.keys().all(|key| !key.contains(['=', ':', '{'])) => {
            let pair = |(key, value): (&String, &Value)| match value {
                Value::String(text) if !text.starts_with('@') => format!("{key}={text}"),
                other => format!("{key}:={other}"),
            };
            object.iter().map(pair).collect()
        }
        other => vec![other.to_string()],
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
