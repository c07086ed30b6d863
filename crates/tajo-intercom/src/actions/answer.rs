//! Answers: objects as Intercom gave them, under the documented shape of their type.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use tajo_core::{Result, Row};

use crate::told::{next_cursor, rows};

/// An object exactly as Intercom gave it; `T` documents its fields and hides none.
#[derive(Debug, Clone)]
pub struct Record<T>(pub Row, PhantomData<fn() -> T>);

impl<T> Record<T> {
    /// The object.
    pub fn new(row: Row) -> Record<T> {
        Record(row, PhantomData)
    }
}

impl<T> From<Row> for Record<T> {
    fn from(row: Row) -> Record<T> {
        Record::new(row)
    }
}

impl<T> Serialize for Record<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<T: JsonSchema> JsonSchema for Record<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = T::json_schema(&mut settings.into_generator()).to_value();
        let required = schema.get("required").and_then(Value::as_array).is_some_and(|names| names.contains(&json!("id")));
        let id = schema.pointer("/properties/id/description").cloned().filter(|_| required);
        as_given(&mut schema);
        // What every object of the kind has, always as text: it goes into other actions as it is.
        if let Some(description) = id {
            schema["properties"]["id"] = json!({"type": "string", "description": description});
            schema["required"] = json!(["id"]);
        }
        Schema::try_from(schema).unwrap_or_default()
    }
}

/// The declarations say what a column holds; Intercom leaves fields out, gives null, and writes the same id as text here and
/// as a number there. Only `id` is certain.
fn as_given(schema: &mut Value) {
    let Some(of) = schema.as_object_mut() else { return };
    if let Some(properties) = of.get_mut("properties").and_then(Value::as_object_mut) {
        for property in properties.values_mut() {
            as_given(property);
            or_null(property);
        }
        of.remove("required");
    }
    for key in ["items", "additionalProperties"] {
        of.get_mut(key).into_iter().for_each(as_given);
    }
    for key in ["anyOf", "oneOf"] {
        of.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(as_given);
    }
    if of.get("format").and_then(Value::as_str) == Some("id") {
        of.insert("type".into(), json!(["string", "integer"]));
        of.remove("format");
    }
}

fn or_null(property: &mut Value) {
    match property.get_mut("type") {
        Some(Value::String(one)) if one != "null" => {
            let both = json!([one.as_str(), "null"]);
            property["type"] = both;
        }
        Some(Value::Array(several)) if !several.contains(&json!("null")) => several.push("null".into()),
        _ => {}
    }
}

/// One page of a list, or a whole one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(bound = "")]
#[schemars(rename = "ListOf{T}", bound = "T: JsonSchema")]
pub struct Rows<T> {
    /// The objects of this page.
    pub data: Vec<Record<T>>,
    /// How many there are on all pages, where Intercom says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_count: Option<u64>,
    /// What to give as `starting_after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// What to give as `page` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page: Option<u64>,
}

impl<T> Rows<T> {
    /// A whole list.
    pub fn whole(rows: Vec<Row>) -> Rows<T> {
        Rows { data: rows.into_iter().map(Record::new).collect(), total_count: None, next_cursor: None, next_page: None }
    }
    /// The rows under `key` of a page of Intercom's, with the way to the next one: a cursor, or a page number.
    pub fn page(mut page: Row, key: &str) -> Result<Rows<T>> {
        let found = rows(&mut page, key)?;
        let total_count = page.get("total_count").and_then(Value::as_u64);
        let number = |key: &str| page.get("pages").and_then(|pages| pages.get(key)).and_then(Value::as_u64);
        let next_page = match (number("page"), number("total_pages")) {
            (Some(page), Some(last)) if page < last && !found.is_empty() => Some(page + 1),
            _ => None,
        };
        let next_cursor = next_cursor(&page);
        let next_page = if next_cursor.is_some() { None } else { next_page };
        Ok(Rows { total_count, next_cursor, next_page, ..Rows::whole(found) })
    }
    /// The same of a list that goes by page number alone: some versions put a cursor beside it that the list does not take.
    pub fn numbered(mut page: Row, key: &str) -> Result<Rows<T>> {
        if let Some(Value::Object(pages)) = page.get_mut("pages") {
            pages.remove("next");
        }
        Rows::page(page, key)
    }
}

/// What became of an object that was taken away.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Deleted {
    /// Its id.
    pub id: String,
    /// Whether it is gone; false where there was none any more.
    pub deleted: bool,
}
