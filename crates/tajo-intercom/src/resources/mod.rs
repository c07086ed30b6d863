//! What Intercom keeps. A resource is one file and one line here.

/// Declares the modules and the list.
macro_rules! resources {
    ($($module:ident :: $type:ident),* $(,)?) => {
        $(pub mod $module; pub use $module::$type;)*
        /// Every resource, in the order of help and docs.
        pub static RESOURCES: &[tajo_core::Spec] = &[$(<$type as tajo_core::Resource>::SPEC),*];
    };
}

resources! {
    contact::Contact,
    company::Company,
    conversation::Conversation,
    conversation_part::ConversationPart,
    ticket::Ticket,
    article::Article,
    tag::Tag,
    segment::Segment,
    admin::Admin,
    team::Team,
    data_attribute::DataAttribute,
}

/// The resource of that name.
pub fn find(name: &str) -> Option<&'static tajo_core::Spec> {
    RESOURCES.iter().find(|spec| spec.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tajo_core::{Read, Table};

    #[test]
    fn every_declaration_is_fit_to_print() {
        for spec in RESOURCES {
            let table = Table::of(spec);
            assert!(!table.doc.is_empty(), "{}: say what it is", spec.name);
            assert!(!spec.permission.is_empty(), "{}: name the permission", spec.name);
            for key in spec.key.iter().chain(spec.newest.as_ref()) {
                assert!(table.at(key).is_some(), "{}: no column {key}", spec.name);
            }
            for (at, column) in table.columns.iter().enumerate() {
                assert!(!column.doc.is_empty(), "{}.{}: say what it is", spec.name, column.name);
                let again = table.columns[..at].iter().any(|c| c.name == column.name);
                assert!(!again, "{}.{} stands twice", spec.name, column.name);
            }
            if let Read::Each { parent, .. } = spec.read {
                assert!(find(parent).is_some(), "{}: no parent {parent}", spec.name);
            }
        }
    }
}
