//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes/createdataattribute>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::conversation_text::SKEW_SECS;
use super::paths::{given, with_query};
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::DataAttribute;
use crate::told::rows;

/// A list has at least two choices.
const OPTIONS_MIN: usize = 2;

/// Create an attribute of contacts or companies. Sent at most once.
///
/// Writing an attribute that does not exist does not create it: this does. A name is taken for contacts and companies at
/// once, and neither name nor type can be changed later.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// Its name: letters, digits, hyphens, underscores and currency signs.
    pub name: String,
    /// Whose attribute it is.
    pub model: Model,
    /// What it holds; `string` with `options`.
    pub data_type: Option<DataType>,
    /// The only values it takes, two at least; a list for people to choose from.
    #[serde(default)]
    pub options: Vec<String>,
    /// What it means, for people.
    pub description: Option<String>,
    /// Whether the Messenger may write it.
    pub messenger_writable: Option<bool>,
}

/// What can get attributes by the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Contacts.
    Contact,
    /// Companies.
    Company,
}

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// Yes or no.
    Boolean,
    /// A moment.
    Date,
}

impl DataType {
    fn word(self) -> &'static str {
        match self {
            DataType::String => "string",
            DataType::Integer => "integer",
            DataType::Float => "float",
            DataType::Boolean => "boolean",
            DataType::Date => "date",
        }
    }
}

impl Create {
    fn model(&self) -> &'static str {
        match self.model {
            Model::Contact => "contact",
            Model::Company => "company",
        }
    }

    fn fields(&self) -> Result<Row> {
        let is_list = !self.options.is_empty();
        if is_list && self.options.len() < OPTIONS_MIN {
            return Err(refused("options", format!("must be {OPTIONS_MIN} at least")));
        }
        let data_type = match (self.data_type, is_list) {
            (None, true) => DataType::String,
            (Some(other), true) if other != DataType::String => {
                return Err(refused("data_type", "must be `string` with `options`: the choices are texts"));
            }
            (Some(given), _) => given,
            (None, false) => return Err(refused("data_type", "or `options` must be given: it says what the attribute holds")),
        };
        Ok(given(&[
            ("name", Some(self.name.as_str().into())),
            ("model", Some(self.model().into())),
            ("data_type", Some(data_type.word().into())),
            ("options", is_list.then(|| choices(&self.options))),
            ("description", self.description.as_deref().map(Value::from)),
            ("messenger_writable", self.messenger_writable.map(Value::from)),
        ]))
    }
}

/// Choices as Intercom takes them.
pub(super) fn choices(options: &[String]) -> Value {
    options.iter().map(|option| json!({"value": option})).collect()
}

impl Action for Create {
    const NAME: &'static str = "data_attributes.create";
    const ALIAS: &'static str = "create_data_attribute";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_ATTRIBUTES];
    const EXAMPLE: &'static str = r#"{"name": "plan_tier", "model": "contact", "data_type": "string"}"#;
    const RARE: bool = true;
    type On = Intercom;
    type Out = Record<DataAttribute>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<DataAttribute>> {
        Ok(call.on.post_once("/data_attributes".to_owned(), &self.fields()?).await?.into())
    }

    /// An attribute of that name, created after the attempt began.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<DataAttribute>>> {
        let path = with_query("/data_attributes", &[("model", Some(self.model().to_owned()))]);
        let mut list = call.on.read_object(path).await?;
        let is_it = |row: &Row| {
            let is_named = row.get("name").and_then(Value::as_str) == Some(self.name.as_str());
            let at = row.get("created_at").and_then(Value::as_i64);
            is_named && row.get("custom") == Some(&Value::Bool(true)) && at.is_some_and(|at| at >= since - SKEW_SECS)
        };
        Ok(rows(&mut list, "data")?.into_iter().find(is_it).map(Record::new))
    }
}
