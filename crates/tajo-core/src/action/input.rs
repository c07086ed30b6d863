//! Input held against its schema before anything is asked of a platform. Pure.

use schemars::Schema;
use serde_json::{Map, Value};

use super::Facts;
use crate::codes;
use crate::error::{Error, Result};

/// The shape of one input field, as far as surfaces care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// One of these words.
    Choice(Vec<String>),
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// Several texts, or whole numbers where true.
    List(bool),
    /// Names with values.
    Object,
    /// Text or a whole number: a time, an id.
    TextOrInteger,
    /// Any JSON.
    Any,
}

impl Shape {
    /// What to write, in one or two words.
    pub fn word(&self) -> String {
        match self {
            Shape::Text => "text".into(),
            Shape::Choice(words) => words.join(" | "),
            Shape::Integer => "whole number".into(),
            Shape::Number => "number".into(),
            Shape::Flag => "true | false".into(),
            Shape::List(false) => "list of texts".into(),
            Shape::List(true) => "list of whole numbers".into(),
            Shape::Object => "object".into(),
            Shape::TextOrInteger => "text or whole number".into(),
            Shape::Any => "JSON".into(),
        }
    }
    fn fits(&self, value: &Value) -> bool {
        match self {
            Shape::Text => value.is_string(),
            Shape::Choice(words) => value.as_str().is_some_and(|text| words.iter().any(|word| word == text)),
            Shape::Integer => value.is_i64() || value.is_u64(),
            Shape::Number => value.is_number(),
            Shape::Flag => value.is_boolean(),
            Shape::List(false) => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            Shape::List(true) => value.as_array().is_some_and(|list| list.iter().all(|v| v.is_i64() || v.is_u64())),
            Shape::Object => value.is_object(),
            Shape::TextOrInteger => value.is_string() || value.is_i64() || value.is_u64(),
            Shape::Any => true,
        }
    }
}

/// One input field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub doc: String,
    /// What it takes.
    pub shape: Shape,
    /// Whether it must be given.
    pub required: bool,
}

/// The fields of an input in the order they are declared.
pub fn fields(schema: &Schema) -> Vec<Field> {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let field = |(name, of): (&String, &Value)| Field {
        name: name.clone(),
        doc: of.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        shape: shape(of),
        required: required.contains(&name.as_str()),
    };
    properties.iter().map(field).collect()
}

fn shape(of: &Value) -> Shape {
    if let Some(variants) = ["anyOf", "oneOf"].iter().find_map(|key| of.get(*key)?.as_array()) {
        let told: Vec<&Value> = variants.iter().filter(|v| v.get("type") != Some(&Value::from("null"))).collect();
        // Choices with documentation of their own are `oneOf` with a `const` each.
        let words: Option<Vec<String>> = told.iter().map(|v| Some(v.get("const")?.as_str()?.to_owned())).collect();
        return match (told.as_slice(), words) {
            (_, Some(words)) if !words.is_empty() => Shape::Choice(words),
            ([one], _) => shape(one),
            _ => Shape::Any,
        };
    }
    if let Some(words) = of.get("enum").and_then(Value::as_array) {
        return Shape::Choice(words.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    let types: Vec<&str> = match of.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).filter(|t| *t != "null").collect(),
        _ => return Shape::Any,
    };
    match types.as_slice() {
        ["string"] => Shape::Text,
        ["integer"] => Shape::Integer,
        ["number"] => Shape::Number,
        ["boolean"] => Shape::Flag,
        ["object"] => Shape::Object,
        ["string", "integer"] | ["integer", "string"] => Shape::TextOrInteger,
        ["array"] => match of.get("items").map(shape) {
            Some(Shape::Text) => Shape::List(false),
            Some(Shape::Integer) => Shape::List(true),
            _ => Shape::Any,
        },
        _ => Shape::Any,
    }
}

/// The input with other spellings replaced and nulls left out, or what is wrong with it: the field, the rule and an
/// example. Nothing of a value is repeated.
pub fn checked(facts: &Facts, input: Value) -> Result<Value> {
    let wrong = |what: String| Error::new(&codes::INPUT, what).note("action", facts.name).help(example(facts));
    let Value::Object(given) = input else {
        return Err(wrong(format!("The input of {} must be a JSON object", facts.name)));
    };
    let fields = fields(&facts.input());
    let mut taken = Map::new();
    for (name, value) in given {
        let plain = name.replace('-', "_");
        let name = facts.also.iter().find(|(spelling, _)| *spelling == plain).map_or(plain, |(_, field)| (*field).to_owned());
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let known = fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "it takes none".to_owned() } else { format!("it takes {known}") };
            return Err(wrong(format!("{} has no input `{name}`; {known}", facts.name)).note("field", name));
        };
        if value.is_null() {
            continue;
        }
        let value = as_text(field, value);
        if !field.shape.fits(&value) {
            let what = format!("`{name}` of {} takes {}, not {}", facts.name, field.shape.word(), kind(&value));
            return Err(wrong(what).note("field", name));
        }
        if taken.insert(name.clone(), value).is_some() {
            return Err(wrong(format!("`{name}` of {} is given twice", facts.name)).note("field", name));
        }
    }
    for field in fields.iter().filter(|field| field.required) {
        let empty = taken.get(&field.name).is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty()));
        if empty {
            return Err(wrong(format!("{} needs `{}`", facts.name, field.name)).note("field", field.name.clone()));
        }
    }
    Ok(Value::Object(taken))
}

/// Ids are text, and are written as numbers all the same.
fn as_text(field: &Field, value: Value) -> Value {
    let is_id = field.name == "id" || field.name.ends_with("_id") || field.name == "number";
    match value {
        Value::Number(number) if is_id && field.shape == Shape::Text && !number.is_f64() => number.to_string().into(),
        other => other,
    }
}

/// An input that fits the schema and is wrong all the same: the field and the rule it breaks.
pub fn refused(field: &'static str, rule: impl std::fmt::Display) -> Error {
    Error::new(&codes::INPUT, format!("`{field}` {rule}")).note("field", field)
}

/// A value typed as text, as the field wants it. Lists are comma-separated, or JSON; objects are JSON.
pub fn from_text(field: &Field, text: &str) -> Result<Value> {
    let refuse = || {
        let what = format!("`{}` takes {}", field.name, field.shape.word());
        Error::new(&codes::INPUT, what).note("field", field.name.clone())
    };
    let json = || serde_json::from_str::<Value>(text).map_err(|_| refuse());
    let value = match &field.shape {
        Shape::Text | Shape::Choice(_) => Value::from(text),
        Shape::Integer | Shape::Number => json()?,
        Shape::Flag => match text {
            "" | "true" | "yes" | "1" => true.into(),
            "false" | "no" | "0" => false.into(),
            _ => return Err(refuse()),
        },
        Shape::TextOrInteger => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Shape::List(_) if text.trim_start().starts_with('[') => json()?,
        Shape::List(numbers) => {
            let one = |part: &str| match numbers {
                true => part.parse::<i64>().map(Value::from).map_err(|_| refuse()),
                false => Ok(Value::from(part)),
            };
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(one).collect::<Result<Vec<_>>>()?.into()
        }
        Shape::Object => json()?,
        Shape::Any => json().unwrap_or_else(|_| text.into()),
    };
    if field.shape.fits(&value) { Ok(value) } else { Err(refuse()) }
}

fn example(facts: &Facts) -> String {
    format!("An input that works: {}", facts.example)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
