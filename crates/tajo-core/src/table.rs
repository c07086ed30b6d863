//! From a declaration to a table: columns, kinds, docs. Nested objects are flattened with `_`.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema as ArrowSchema, TimeUnit};
use serde_json::Value;

use crate::resource::{Link, Read, Spec};

/// Overflow: keys no column claims, and values of another type than the column's.
pub const EXTRA: &str = "_extra";
/// When the row was last written, by the platform's clock.
pub const SYNCED_AT: &str = "_synced_at";
/// Hash of the record as the platform sent it; equal stamp and equal hash is not written again.
pub const HASH: &str = "_hash";

/// What a column holds. In Arrow: `Utf8`, `Int64`, `Float64`, `Boolean`, `Timestamp(Second, UTC)`, `Utf8` marked as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text; ids are always text.
    Text,
    /// 64-bit integer.
    Integer,
    /// Double.
    Number,
    /// True or false.
    Boolean,
    /// A moment, to the second, UTC.
    Timestamp,
    /// JSON text.
    Json,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name in the table.
    pub name: String,
    /// Keys that lead to the value in the record; empty for system columns.
    pub path: Vec<String>,
    /// What it holds.
    pub kind: Kind,
    /// What it means.
    pub doc: String,
}

/// A table as every destination sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name.
    pub name: String,
    /// What it holds.
    pub doc: String,
    /// Columns, system columns last.
    pub columns: Vec<Column>,
    /// Columns that identify a row; never null.
    pub key: Vec<String>,
    /// Column whose larger value wins a merge.
    pub newest: Option<String>,
}

impl Table {
    /// The table of a resource: declared columns, then the system columns.
    pub fn of(spec: &Spec) -> Table {
        let schema = (spec.schema)().to_value();
        let mut columns = Vec::new();
        if let Read::Each { into, parent, .. } = spec.read {
            columns.push(column(into, &[], Kind::Text, &format!("Id of the row in `{parent}`.")));
        }
        flatten(&schema, &mut Vec::new(), &mut columns);
        columns.push(column(EXTRA, &[], Kind::Json, "Keys without a column, and values of another type than their column's."));
        columns.push(column(SYNCED_AT, &[], Kind::Timestamp, "When this row was last written, by the platform's clock."));
        columns.push(column(HASH, &[], Kind::Integer, "Hash of the record as it was sent."));
        let table = Table {
            name: spec.name.into(),
            doc: description(&schema),
            columns,
            key: spec.key.iter().map(|k| k.to_string()).collect(),
            newest: spec.newest.map(Into::into),
        };
        match spec.flag {
            Some(flag) => table.with_flag(flag, "Whether all children of this version were read; null where none were."),
            None => table,
        }
    }

    /// Adds a boolean system column.
    pub fn with_flag(mut self, name: &str, doc: &str) -> Table {
        self.columns.push(column(name, &[], Kind::Boolean, doc));
        self
    }

    /// The table of a link: two ids, keyed by both.
    pub fn of_link(link: &Link, from: &str) -> Table {
        let doc = format!("Pairs of `{}` and `{}` found on `{from}`.", link.columns[0], link.columns[1]);
        let columns = link.columns.iter().map(|name| column(name, &[], Kind::Text, "Id.")).collect();
        Table { name: link.table.into(), doc, columns, key: link.columns.iter().map(|c| c.to_string()).collect(), newest: None }
    }

    /// Position of a column.
    pub fn at(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// The Arrow schema of its batches, columns in table order.
    pub fn arrow(&self) -> Arc<ArrowSchema> {
        let fields = self.columns.iter().map(|c| {
            let field = Field::new(&c.name, c.kind.arrow(), !self.key.contains(&c.name));
            match c.kind {
                Kind::Json => {
                    let json = std::collections::HashMap::from([("ARROW:extension:name".to_string(), "arrow.json".to_string())]);
                    field.with_metadata(json)
                }
                _ => field,
            }
        });
        Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()))
    }
}

impl Kind {
    /// The Arrow type.
    pub fn arrow(self) -> DataType {
        match self {
            Kind::Text | Kind::Json => DataType::Utf8,
            Kind::Integer => DataType::Int64,
            Kind::Number => DataType::Float64,
            Kind::Boolean => DataType::Boolean,
            Kind::Timestamp => DataType::Timestamp(TimeUnit::Second, Some("UTC".into())),
        }
    }
    /// Lower-case name for docs and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Timestamp => "timestamp",
            Kind::Json => "json",
        }
    }
}

fn column(name: &str, path: &[String], kind: Kind, doc: &str) -> Column {
    Column { name: name.into(), path: path.to_vec(), kind, doc: doc.into() }
}

fn description(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

fn flatten(schema: &Value, path: &mut Vec<String>, out: &mut Vec<Column>) {
    let Some(properties) = schema["properties"].as_object() else { return };
    for (key, property) in properties {
        path.push(key.clone());
        let inner = present(property);
        if inner["properties"].is_object() {
            flatten(inner, path, out);
        } else {
            let doc = description(property);
            let doc = if doc.is_empty() { description(inner) } else { doc };
            out.push(column(&path.join("_"), path, kind(inner), &doc));
        }
        path.pop();
    }
}

/// `Option<T>` is `anyOf [T, null]`: the T.
fn present(schema: &Value) -> &Value {
    let choices = schema["anyOf"].as_array();
    choices.and_then(|c| c.iter().find(|s| s["type"] != "null")).unwrap_or(schema)
}

fn kind(schema: &Value) -> Kind {
    let of = match &schema["type"] {
        Value::String(one) => one.as_str(),
        Value::Array(many) => many.iter().filter_map(Value::as_str).find(|t| *t != "null").unwrap_or_default(),
        _ => "",
    };
    match of {
        "string" => Kind::Text,
        "integer" if schema["format"] == "unix-time" => Kind::Timestamp,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        _ => Kind::Json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Epoch, Id, Resource, Row};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A thing.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Thing {
        /// Its id.
        id: Id,
        seen_at: Option<Epoch>,
        plan: Option<Plan>,
        count: Option<i64>,
        share: Option<f64>,
        open: Option<bool>,
        custom: Option<Row>,
        list: Option<Vec<serde_json::Value>>,
    }
    /// A plan.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Plan {
        name: Option<String>,
        owner: Option<Owner>,
    }
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Owner {
        id: Option<Id>,
    }
    impl Resource for Thing {
        type On = ();
        const SPEC: Spec = Spec::of::<Self>("things", Read::Whole { paths: |_| &["/things"], items: "data" });
    }

    #[test]
    fn a_type_becomes_columns() {
        let table = Table::of(&Thing::SPEC);
        let mut got: Vec<_> = table.columns.iter().map(|c| (c.name.as_str(), c.kind)).collect();
        got.sort_unstable_by_key(|(name, _)| *name);
        assert_eq!(
            got,
            [
                ("_extra", Kind::Json),
                ("_hash", Kind::Integer),
                ("_synced_at", Kind::Timestamp),
                ("count", Kind::Integer),
                ("custom", Kind::Json),
                ("id", Kind::Text),
                ("list", Kind::Json),
                ("open", Kind::Boolean),
                ("plan_name", Kind::Text),
                ("plan_owner_id", Kind::Text),
                ("seen_at", Kind::Timestamp),
                ("share", Kind::Number),
            ]
        );
        assert_eq!(table.doc, "A thing.");
        assert_eq!(table.columns[table.at("id").unwrap()].doc, "Its id.");
    }
}
