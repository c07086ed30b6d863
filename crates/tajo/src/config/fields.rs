//! The fields of a contact that a mapping may name, from the declarations.

use std::sync::LazyLock;

use tajo_core::table::{Kind, Table};
use tajo_intercom::resources::RESOURCES;

/// A field of a contact or of its company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactField {
    /// As a mapping names it, dotted: `location.country`, `company.size`.
    pub name: String,
    /// Column of the table; empty where the field is made from others.
    pub column: String,
    /// What it holds.
    pub kind: Kind,
}

/// Fields made from others: the two parts of `name`, and the names of the tags.
const MADE: [(&str, Kind); 3] = [("first_name", Kind::Text), ("last_name", Kind::Text), ("tags", Kind::Json)];
/// Columns that nobody maps as they are.
const NOT_MAPPED: [&str; 2] = ["type", "custom_attributes"];
/// Before the fields of a company.
const COMPANY: &str = "company.";

static CONTACT: LazyLock<Vec<ContactField>> = LazyLock::new(|| {
    let made = MADE.iter().map(|(name, kind)| ContactField { name: name.to_string(), column: String::new(), kind: *kind });
    columns("contacts", "").chain(made).collect()
});
static OF_COMPANY: LazyLock<Vec<ContactField>> = LazyLock::new(|| {
    let plan = ContactField { name: "company.plan".into(), column: "plan_name".into(), kind: Kind::Text };
    columns("companies", COMPANY).chain([plan]).collect()
});

fn columns(resource: &str, prefix: &'static str) -> impl Iterator<Item = ContactField> + use<> {
    let table = RESOURCES.iter().find(|spec| spec.name == resource).map(Table::of);
    let columns = table.map(|table| table.columns).unwrap_or_default();
    columns.into_iter().filter(|column| !column.path.is_empty() && !NOT_MAPPED.contains(&column.name.as_str())).map(
        move |column| ContactField { name: format!("{prefix}{}", column.path.join(".")), column: column.name, kind: column.kind },
    )
}

/// The contact's field of that name, dotted or as its column is called.
pub fn contact_field(name: &str) -> Option<&'static ContactField> {
    CONTACT.iter().find(|field| field.name == name || (!field.column.is_empty() && field.column == name))
}

/// The company's field of that name: `company.` and a field, dotted or as its column is called.
pub fn company_field(name: &str) -> Option<&'static ContactField> {
    let column = name.strip_prefix(COMPANY)?;
    OF_COMPANY.iter().find(|field| field.name == name || field.column == column)
}

/// Whether a mapping may name this field. Attributes that the workspace defined are known to the live schema alone.
pub(super) fn is_field(name: &str) -> bool {
    let custom = name.strip_prefix(COMPANY).unwrap_or(name).strip_prefix("custom_attributes.");
    custom.is_some_and(|attribute| !attribute.is_empty()) || contact_field(name).is_some() || company_field(name).is_some()
}

/// Every name that a mapping may use, but for attributes that the workspace defined.
pub(super) fn names() -> Vec<&'static str> {
    CONTACT.iter().chain(OF_COMPANY.iter()).map(|field| field.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_either_name_and_nothing_else_is() {
        for (name, column) in [
            ("email", "email"),
            ("signed_up_at", "signed_up_at"),
            ("location.country", "location_country"),
            ("location_country", "location_country"),
            ("first_name", ""),
        ] {
            assert_eq!(contact_field(name).map(|field| field.column.as_str()), Some(column), "{name}");
        }
        for (name, column) in [("company.name", "name"), ("company.plan", "plan_name"), ("company.plan.name", "plan_name")] {
            assert_eq!(company_field(name).map(|field| field.column.as_str()), Some(column), "{name}");
        }
        for name in ["custom_attributes.plan_tier", "company.custom_attributes.tier", "company.session_count", "tags"] {
            assert!(is_field(name), "{name}");
        }
        for name in ["session_count", "custom_attributes", "custom_attributes.", "company", "company.phone", "_hash", "type", ""]
        {
            assert!(!is_field(name), "{name}");
        }
    }
}
