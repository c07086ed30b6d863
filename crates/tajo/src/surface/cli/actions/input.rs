//! From words of a command line to an action's input.

use std::io::Read;
use std::path::Path;

use base64::Engine;
use serde_json::{Map, Value};
use tajo_core::action::{Field, Shape, from_text};
use tajo_core::{Error, Facts, Result, codes};

use super::fold::RAW;
use super::{run::Given, words};

/// The largest input in JSON.
const INPUT_BYTES_MAX: u64 = 1 << 20;
/// The largest file of a raw request.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// Where files and stdin are read; tests bring their own.
pub(super) struct Shelf<'a> {
    /// Relative paths begin here.
    pub directory: &'a Path,
}

impl Shelf<'_> {
    fn bytes(&self, name: &str, of: &str, bytes_max: u64) -> Result<Vec<u8>> {
        let refused = |why: String| {
            let what = if name == "-" { "stdin".to_owned() } else { format!("the file {name}") };
            Error::new(&codes::INPUT, format!("`{of}` cannot be taken from {what}: {why}")).note("field", of.to_owned())
        };
        let mut bytes = Vec::new();
        let read = match name {
            "-" => std::io::stdin().lock().take(bytes_max + 1).read_to_end(&mut bytes),
            _ => std::fs::File::open(self.directory.join(name)).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes)),
        };
        read.map_err(|e| refused(e.to_string()))?;
        if bytes.len() as u64 > bytes_max {
            return Err(refused(format!("it has more than {} MiB", bytes_max >> 20)));
        }
        Ok(bytes)
    }
    fn text(&self, name: &str, of: &str, bytes_max: u64) -> Result<String> {
        String::from_utf8(self.bytes(name, of, bytes_max)?).map_err(|_| {
            Error::new(&codes::INPUT, format!("`{of}` cannot be taken from {name}: it is not UTF-8")).note("field", of.to_owned())
        })
    }
}

/// The input: JSON first, then what flags say; a flag replaces what the JSON has under its name.
pub(super) fn of(given: &Given, facts: &Facts, shelf: &Shelf<'_>) -> Result<Value> {
    let mut input = match given.how.input.as_deref() {
        None => Map::new(),
        Some(text) => json(text, facts, shelf)?,
    };
    let fields = words::inputs(facts);
    let mut flags = Map::new();
    for value in &given.values {
        let (name, key) = match value.field.split_once('.') {
            Some((name, key)) => (name, Some(key)),
            None => (value.field.as_str(), None),
        };
        let plain = name.replace('-', "_");
        let name = facts.also.iter().find(|(spelling, _)| *spelling == plain).map_or(plain.as_str(), |(_, field)| *field);
        // What there is not is refused further on, with what there is.
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            flags.insert(name.to_owned(), value.text.clone().into());
            continue;
        };
        let text = match key {
            Some(key) if field.shape == Shape::Object => format!("{key}={}", value.text),
            Some(_) => return Err(refused(field, "has no parts")),
            None => value.text.clone(),
        };
        match (facts.name == RAW.1, name) {
            (true, "data") => _ = flags.insert(name.to_owned(), data(field, &text, shelf)?),
            (true, "file_data") => add(&mut flags, field, files(field, &text, shelf)?),
            _ => add(&mut flags, field, typed(field, &text)?),
        }
    }
    if given.yes && fields.iter().any(|field| field.name == "yes") {
        flags.insert("yes".to_owned(), true.into());
    }
    input.extend(flags);
    Ok(Value::Object(input))
}

fn json(text: &str, facts: &Facts, shelf: &Shelf<'_>) -> Result<Map<String, Value>> {
    let text = match text.strip_prefix('@') {
        _ if text == "-" => shelf.text("-", "--input", INPUT_BYTES_MAX)?,
        Some(file) => shelf.text(file, "--input", INPUT_BYTES_MAX)?,
        None => text.to_owned(),
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::new(&codes::INPUT, format!("The input of {} must be a JSON object", facts.name))
            .help(format!("An input that works: {}", facts.example))),
        // The message names a place, never the text there.
        Err(e) => Err(Error::new(&codes::INPUT, format!("`--input` is not JSON: line {}, column {}", e.line(), e.column()))
            .help(format!("An input that works: {}", facts.example))),
    }
}

/// Repeated lists and objects grow; of everything else the last one counts.
fn add(flags: &mut Map<String, Value>, field: &Field, value: Value) {
    match (flags.get_mut(&field.name), value) {
        (Some(Value::Array(held)), Value::Array(more)) => held.extend(more),
        (Some(Value::Object(held)), Value::Object(more)) => held.extend(more),
        (_, value) => _ = flags.insert(field.name.clone(), value),
    }
}

/// A value as the field wants it. Objects also take `KEY=TEXT` and `KEY:=JSON`; choices in any case.
fn typed(field: &Field, text: &str) -> Result<Value> {
    match &field.shape {
        Shape::Choice(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            Some(word) => Ok(word.as_str().into()),
            None => Err(refused(field, &format!("takes {}", words.join(", ")))),
        },
        Shape::Object if !text.trim_start().starts_with('{') => pair(field, text),
        _ => from_text(field, text),
    }
}

fn pair(field: &Field, text: &str) -> Result<Value> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(refused(field, "takes KEY=TEXT, KEY:=JSON or a JSON object"));
    };
    let (key, value) = match key.strip_suffix(':') {
        Some(key) => {
            let value = serde_json::from_str(value).map_err(|_| refused(field, "has a value after `:=` that is not JSON"))?;
            (key, value)
        }
        None => (key, Value::from(value)),
    };
    if key.is_empty() {
        return Err(refused(field, "has a value without a key"));
    }
    Ok(Map::from_iter([(key.to_owned(), value)]).into())
}

/// The body of a raw request: from a file or stdin byte by byte, else JSON or text.
fn data(field: &Field, text: &str, shelf: &Shelf<'_>) -> Result<Value> {
    match text.strip_prefix('@') {
        _ if text == "-" => shelf.text("-", &field.name, FILE_BYTES_MAX).map(Value::from),
        Some(file) => shelf.text(file, &field.name, FILE_BYTES_MAX).map(Value::from),
        None => typed(field, text),
    }
}

/// Files of a raw request: `key=@path`, `key=@-`, or base64 as the action itself takes it.
fn files(field: &Field, text: &str, shelf: &Shelf<'_>) -> Result<Value> {
    let mut object = typed(field, text)?;
    for value in object.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(path) = value.as_str().and_then(|text| text.strip_prefix('@')) {
            let bytes = shelf.bytes(path, &field.name, FILE_BYTES_MAX)?;
            *value = base64::engine::general_purpose::STANDARD.encode(bytes).into();
        }
    }
    Ok(object)
}

fn refused(field: &Field, rule: &str) -> Error {
    Error::new(&codes::INPUT, format!("`{}` {rule}", field.name)).note("field", field.name.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(shape: Shape) -> Field {
        Field { name: "f".into(), doc: String::new(), shape, required: false }
    }

    #[test]
    fn objects_are_typed_as_pairs_or_as_json() {
        for (text, expect) in [
            ("plan_tier=pro", Some(json!({"plan_tier": "pro"}))),
            ("seats:=5", Some(json!({"seats": 5}))),
            ("note=a=b", Some(json!({"note": "a=b"}))),
            ("empty=", Some(json!({"empty": ""}))),
            ("zip=01234", Some(json!({"zip": "01234"}))),
            (r#"{"a": [1]}"#, Some(json!({"a": [1]}))),
            ("seats:=five", None),
            ("=x", None),
            ("plan_tier", None),
            ("[1]", None),
        ] {
            assert_eq!(typed(&field(Shape::Object), text).ok(), expect, "{text}");
        }
    }

    #[test]
    fn choices_are_taken_in_any_case_and_refused_with_what_there_is() {
        let field = field(Shape::Choice(vec!["GET".into(), "POST".into()]));
        assert_eq!(typed(&field, "get").unwrap(), "GET");
        assert!(typed(&field, "fetch").unwrap_err().what().contains("GET, POST"));
    }

    #[test]
    fn what_is_given_again_grows_or_replaces() {
        let mut flags = Map::new();
        let (list, text) = (field(Shape::List(false)), Field { name: "t".into(), ..field(Shape::Text) });
        add(&mut flags, &list, json!(["a"]));
        add(&mut flags, &list, json!(["b", "c"]));
        add(&mut flags, &text, json!("old"));
        add(&mut flags, &text, json!("new"));
        assert_eq!(Value::from(flags), json!({"f": ["a", "b", "c"], "t": "new"}));
    }
}
