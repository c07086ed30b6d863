//! How a contact is addressed.

use std::fmt;

use serde_json::{Map, Value};
use tajo_core::{Error, Result, codes};

/// One of the identifiers of a contact. The kind is always sent: without it Brevo takes a numeric external id for its own.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// Brevo's own id.
    Id(i64),
    /// The e-mail address.
    Email(String),
    /// The id in the user's own system, attribute `EXT_ID`.
    ExtId(String),
    /// The phone number of attribute `SMS`, country code included.
    Phone(String),
}

impl Who {
    fn kind(&self) -> &'static str {
        match self {
            Who::Id(_) => "contact_id",
            Who::Email(_) => "email_id",
            Who::ExtId(_) => "ext_id",
            Who::Phone(_) => "phone_id",
        }
    }

    /// `/contacts/{identifier}?identifierType=…`. [`codes::BRV_INVALID`] where no path can hold the identifier.
    pub(crate) fn path(&self) -> Result<String> {
        let text = match self {
            Who::Id(id) => id.to_string(),
            Who::Email(text) | Who::ExtId(text) | Who::Phone(text) => text.clone(),
        };
        // URL parsers take dots for directions, and nothing for the list of all.
        if matches!(text.as_str(), "" | "." | "..") {
            return Err(Error::new(&codes::BRV_INVALID, "A contact cannot be addressed by an empty identifier or by dots alone")
                .note("kind", self.kind()));
        }
        Ok(format!("/contacts/{}?identifierType={}", encode(&text), self.kind()))
    }

    /// As the `identifiers` of an event.
    pub(crate) fn identifiers(&self) -> Map<String, Value> {
        let value = match self {
            Who::Id(id) => Value::from(*id),
            Who::Email(text) | Who::ExtId(text) | Who::Phone(text) => Value::from(text.as_str()),
        };
        Map::from_iter([(self.kind().to_owned(), value)])
    }
}

/// Brevo's own id, or the kind alone.
impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Id(id) => write!(f, "Who(contact_id {id})"),
            _ => write!(f, "Who({})", self.kind()),
        }
    }
}

/// Percent-encodes all but letters, digits and `-._~`: fit for a path's part, a query and a form.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_says_its_kind_and_is_encoded() {
        for (who, path) in [
            (Who::Id(7), "/contacts/7?identifierType=contact_id"),
            (Who::Email("ada+x@town.example".into()), "/contacts/ada%2Bx%40town.example?identifierType=email_id"),
            (Who::ExtId("17".into()), "/contacts/17?identifierType=ext_id"),
            (Who::ExtId("a/b?c#d%ü".into()), "/contacts/a%2Fb%3Fc%23d%25%C3%BC?identifierType=ext_id"),
            (Who::Phone("+49151".into()), "/contacts/%2B49151?identifierType=phone_id"),
        ] {
            assert_eq!(who.path().unwrap(), path);
        }
        for text in ["", ".", ".."] {
            assert_eq!(Who::ExtId(text.into()).path().unwrap_err().code(), &codes::BRV_INVALID);
        }
        assert_eq!(format!("{:?} {:?}", Who::Id(7), Who::Email("ada@town.example".into())), "Who(contact_id 7) Who(email_id)");
    }
}
