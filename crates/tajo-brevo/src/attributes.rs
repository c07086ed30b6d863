//! The account's contact attributes.

use serde::Deserialize;
use serde_json::{Map, Value, json as value};
use tajo_core::rest::Request;
use tajo_core::{Error, Result, codes};

use crate::client::{Brevo, json};

/// Characters in an attribute's name at most.
const NAME_MAX: usize = 50;

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeKind {
    /// Text.
    Text,
    /// A day, `YYYY-MM-DD`, without a time.
    Date,
    /// A number.
    Float,
    /// Yes or no.
    Boolean,
    /// Several of its options, as an array.
    MultipleChoice,
    /// One of its options.
    Category,
    /// The key of a transactional attribute.
    Id,
    /// A user of the account.
    User,
    /// One that this client does not know.
    Other,
}

impl AttributeKind {
    /// Brevo's word for it; `None` for [`AttributeKind::Other`].
    pub const fn word(self) -> Option<&'static str> {
        Some(match self {
            AttributeKind::Text => "text",
            AttributeKind::Date => "date",
            AttributeKind::Float => "float",
            AttributeKind::Boolean => "boolean",
            AttributeKind::MultipleChoice => "multiple-choice",
            AttributeKind::Category => "category",
            AttributeKind::Id => "id",
            AttributeKind::User => "user",
            AttributeKind::Other => return None,
        })
    }

    fn read(word: &str) -> AttributeKind {
        use AttributeKind::*;
        let known = [Text, Date, Float, Boolean, MultipleChoice, Category, Id, User];
        known.into_iter().find(|kind| kind.word() == Some(word)).unwrap_or(Other)
    }
}

/// An attribute of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, in capitals.
    pub name: String,
    /// `normal`, `transactional`, `category`, `calculated` or `global`.
    pub category: String,
    /// Its type, where the answer says one or the category implies it.
    pub kind: Option<AttributeKind>,
    /// The labels to choose from.
    pub options: Vec<String>,
}

impl Brevo {
    /// All attributes. They differ by account: even FIRSTNAME has another name in other languages.
    pub async fn attributes(&self) -> Result<Vec<Attribute>> {
        #[derive(Deserialize)]
        struct Body {
            attributes: Vec<One>,
        }
        let body: Body = self.fetch(Request::get("/contacts/attributes"), "the contact attributes").await?;
        Ok(body.attributes.into_iter().map(Attribute::from).collect())
    }

    /// Creates an attribute; its name and type can never be changed. `options` for [`AttributeKind::MultipleChoice`] and
    /// [`AttributeKind::Category`]. [`codes::BRV_INVALID`] for a name that Brevo would not take, or a name in use.
    pub async fn create_attribute(&self, name: &str, kind: AttributeKind, options: &[String]) -> Result<()> {
        let plain = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !plain || !name.starts_with(|c: char| c.is_ascii_uppercase()) || name.len() > NAME_MAX {
            return Err(Error::new(
                &codes::BRV_INVALID,
                "An attribute's name is made of A-Z, 0-9 and _, and begins with a letter",
            )
            .note("attribute", name));
        }
        let (Some(word), category) = (kind.word(), category(kind)) else {
            return Err(Error::new(&codes::BUG, "An attribute of an unknown type cannot be created"));
        };
        let mut body = Map::new();
        match kind {
            AttributeKind::Category => {
                let numbered = options.iter().zip(1..).map(|(label, n)| value!({"value": n, "label": label}));
                body.insert("enumeration".into(), Value::Array(numbered.collect()));
            }
            AttributeKind::MultipleChoice => {
                body.insert("type".into(), word.into());
                body.insert("multiCategoryOptions".into(), value!(options));
            }
            _ => drop(body.insert("type".into(), word.into())),
        }
        let path = format!("/contacts/attributes/{category}/{name}");
        self.tell(Request::post(path, json(&body)?)).await.map_err(|error| error.note("attribute", name))
    }
}

const fn category(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::Category => "category",
        AttributeKind::Id => "transactional",
        _ => "normal",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    name: String,
    category: String,
    r#type: Option<String>,
    enumeration: Option<Vec<Choice>>,
    multi_category_options: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Choice {
    label: String,
}

impl From<One> for Attribute {
    fn from(one: One) -> Attribute {
        let told = one.r#type.as_deref().map(AttributeKind::read);
        let kind = told.or((one.category == "category").then_some(AttributeKind::Category));
        let labels = one.enumeration.into_iter().flatten().map(|choice| choice.label);
        let options = labels.chain(one.multi_category_options.into_iter().flatten()).collect();
        Attribute { name: one.name, category: one.category, kind, options }
    }
}
