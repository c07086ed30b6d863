//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes/updatedataattribute>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::attribute_create::choices;
use super::paths::{given, path};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::DataAttribute;

/// Update an attribute's description or choices, or archive it.
///
/// Archiving keeps the values and refuses new ones; Intercom refuses it while something uses the attribute. Name and type
/// cannot be changed.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Update {
    /// The attribute's id; built-in attributes have none and cannot be changed.
    pub attribute_id: String,
    /// Whether it is archived.
    pub archived: Option<bool>,
    /// What it means, for people.
    pub description: Option<String>,
    /// All values it takes from now on, in place of those before.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether the Messenger may write it.
    pub messenger_writable: Option<bool>,
}

impl Action for Update {
    const NAME: &'static str = "data_attributes.update";
    const ALIAS: &'static str = "update_data_attribute";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ATTRIBUTES];
    const EXAMPLE: &'static str = r#"{"attribute_id": "34", "archived": true}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("id", "attribute_id"), ("data_attribute_id", "attribute_id")];
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<DataAttribute>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<DataAttribute>> {
        let fields = given(&[
            ("archived", self.archived.map(Value::from)),
            ("description", self.description.map(Value::from)),
            ("options", (!self.options.is_empty()).then(|| choices(&self.options))),
            ("messenger_writable", self.messenger_writable.map(Value::from)),
        ]);
        if fields.is_empty() {
            return Err(refused("archived", "or another field to change must be given"));
        }
        Ok(call.on.put_object(path(&["data_attributes", &self.attribute_id])?, &fields).await?.into())
    }
}
