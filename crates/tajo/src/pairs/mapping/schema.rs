//! Attributes as the two platforms declare them.

/// Type of a Brevo attribute, as far as a mapping makes values for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Float,
    /// True or false.
    Boolean,
    /// A day, `YYYY-MM-DD`.
    Date,
}

impl Kind {
    /// Brevo's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Float => "float",
            Kind::Boolean => "boolean",
            Kind::Date => "date",
        }
    }
}

/// An attribute of contacts or companies that the Intercom workspace defined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftAttribute {
    /// Its name, without `custom_attributes.` before it.
    pub name: String,
    /// `string`, `integer`, `float`, `boolean`, `date`, `list`.
    pub data_type: String,
    /// Whether it is archived.
    pub archived: bool,
    /// Choices of a list.
    pub options: Vec<String>,
    /// Whether companies have it, not contacts.
    pub of_company: bool,
}

impl LeftAttribute {
    /// Type of the Brevo attribute for it.
    pub fn kind(&self) -> Kind {
        match self.data_type.as_str() {
            "integer" | "float" | "number" => Kind::Float,
            "boolean" => Kind::Boolean,
            "date" | "datetime" => Kind::Date,
            _ => Kind::Text,
        }
    }
}

/// A contact attribute of the Brevo account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RightAttribute {
    /// Its name, in capitals.
    pub name: String,
    /// `normal`, `category`, `calculated`, `global`, `transactional`.
    pub category: String,
    /// `text`, `date`, `float`, `boolean`, `multiple-choice` …; absent for some categories.
    pub kind: Option<String>,
    /// Choices of a category.
    pub options: Vec<String>,
}
