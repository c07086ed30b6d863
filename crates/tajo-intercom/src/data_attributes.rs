//! What fields contacts, companies and conversations have in a workspace.
//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes>

use serde_json::{Map, Value, json};
use tajo_core::Result;
use tajo_core::rest::Request;

use crate::client::Intercom;
use crate::contacts::in_query;
use crate::told::{body, drift, object, rows};

/// One field of a model, standard or of the workspace's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataAttribute {
    /// `plan_tier`; repeats across models, and nested fields may share one.
    pub name: String,
    /// `custom_attributes.plan_tier`, `location.city`: the path in a record, unique within a model.
    pub full_name: String,
    /// `string`, `integer`, `float`, `boolean`, `date`, or whatever Intercom adds.
    pub data_type: String,
    /// Whether the workspace defined it.
    pub custom: bool,
    /// Whether it was archived: values are kept, writes are refused.
    pub archived: bool,
    /// The only values it takes, if it is a list; empty otherwise.
    pub options: Vec<String>,
    /// Whether Intercom says that the API may write it. It says no of standard fields that contacts do take.
    pub api_writable: bool,
}

impl Intercom {
    /// All fields of `contact`, `company` or `conversation`, archived ones included. Those of conversations have a list of
    /// their own from 2.16 on, of which all are custom.
    pub async fn data_attributes(&self, model: &str) -> Result<Vec<DataAttribute>> {
        let moved = model == "conversation" && self.version().release() >= (2, 16);
        let path = if moved {
            "/conversations/attributes".to_owned()
        } else {
            format!("/data_attributes?model={}&include_archived=true", in_query(model))
        };
        let mut list = self.client().send_checked(Request::get(path), |answer| object(&answer)).await?;
        rows(&mut list, "data")?.iter().map(|row| read(row, moved)).collect()
    }

    /// Creates a custom field of `contact` or `company`; writing an unknown one does not. Never sent twice. A name that is
    /// taken in either model is [`tajo_core::codes::INT_INVALID`]. A type cannot be changed later.
    pub async fn create_data_attribute(&self, model: &str, name: &str, data_type: &str) -> Result<()> {
        let wanted = json!({"name": name, "model": model, "data_type": data_type});
        self.client().send(Request::post("/data_attributes", body(&wanted)?)).await.map(drop)
    }
}

fn read(row: &Map<String, Value>, moved: bool) -> Result<DataAttribute> {
    let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let flag = |key: &str| row.get(key).and_then(Value::as_bool);
    let name = text("name").ok_or_else(|| drift("A data attribute has no name"))?;
    let full_name = text("full_name").unwrap_or_else(|| if moved { format!("custom_attributes.{name}") } else { name.clone() });
    // Plain texts, or objects with a label (conversations from 2.16 on) or a value.
    let option = |option: &Value| {
        let inner = option.get("label").or_else(|| option.get("value")).unwrap_or(option);
        inner.as_str().map(str::to_owned)
    };
    Ok(DataAttribute {
        data_type: text("data_type").ok_or_else(|| drift("A data attribute has no type"))?,
        custom: flag("custom").unwrap_or(moved),
        archived: flag("archived").unwrap_or(false),
        options: row.get("options").and_then(Value::as_array).into_iter().flatten().filter_map(option).collect(),
        api_writable: flag("api_writable").unwrap_or(moved),
        name,
        full_name,
    })
}
