//! What a contact should become.

use std::fmt;

use serde_json::{Map, Value, json};
use tajo_core::{Error, Result, codes};

/// What to write to a contact. What is empty or `None` is not sent, and stays as it is.
#[derive(Clone, Default, PartialEq)]
pub struct Draft {
    /// The e-mail address of a new contact. An update ignores it: there, the address is changed by attribute `EMAIL`.
    pub email: Option<String>,
    /// The id in the user's own system.
    pub ext_id: Option<String>,
    /// Attributes by name, in capitals. Unknown ones, and values of another type, are dropped by Brevo without a word.
    pub attributes: Map<String, Value>,
    /// Lists to join.
    pub lists: Vec<u64>,
    /// Lists to leave; not at a creation.
    pub unlink_lists: Vec<u64>,
    /// Whether it gets no marketing e-mail. `Some(false)` subscribes it again.
    pub email_blacklisted: Option<bool>,
    /// At a creation: update the contact that has one of the identifiers.
    pub update_enabled: bool,
}

/// Names of attributes alone.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("attributes", &self.attributes.keys().collect::<Vec<_>>())
            .field("lists", &self.lists)
            .field("unlink_lists", &self.unlink_lists)
            .field("email_blacklisted", &self.email_blacklisted)
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// The body of `POST /contacts`.
    pub(crate) fn creation(&self) -> Result<Map<String, Value>> {
        if !self.unlink_lists.is_empty() {
            return Err(Error::new(&codes::BUG, "A contact cannot leave lists while it is created"));
        }
        let mut body = self.common()?;
        if let Some(email) = &self.email {
            body.insert("email".into(), email.as_str().into());
        }
        body.insert("updateEnabled".into(), self.update_enabled.into());
        Ok(body)
    }

    /// The body of `PUT /contacts/{identifier}`.
    pub(crate) fn update(&self) -> Result<Map<String, Value>> {
        let mut body = self.common()?;
        if !self.unlink_lists.is_empty() {
            body.insert("unlinkListIds".into(), json!(self.unlink_lists));
        }
        Ok(body)
    }

    fn common(&self) -> Result<Map<String, Value>> {
        // Brevo lifts the blocklisting of a contact whose address changes, so whoever changes it says what is to hold.
        // <https://developers.brevo.com/reference/update-contact>
        if self.email_blacklisted.is_none() && self.attributes.keys().any(|name| name.eq_ignore_ascii_case("EMAIL")) {
            return Err(Error::new(
                &codes::BUG,
                "A change of the e-mail address does not say whether the contact is blocklisted",
            ));
        }
        let mut body = Map::new();
        if let Some(id) = &self.ext_id {
            body.insert("ext_id".into(), id.as_str().into());
        }
        if !self.attributes.is_empty() {
            body.insert("attributes".into(), Value::Object(self.attributes.clone()));
        }
        if !self.lists.is_empty() {
            body.insert("listIds".into(), json!(self.lists));
        }
        if let Some(blacklisted) = self.email_blacklisted {
            body.insert("emailBlacklisted".into(), blacklisted.into());
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Map<String, Value> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    }

    #[test]
    fn only_what_is_stated_is_sent() {
        let draft = Draft { attributes: attributes(&[("FIRSTNAME", "Ada")]), unlink_lists: vec![37], ..Draft::default() };
        assert_eq!(Value::Object(draft.update().unwrap()), json!({"attributes": {"FIRSTNAME": "Ada"}, "unlinkListIds": [37]}));
        assert_eq!(draft.creation().unwrap_err().code(), &codes::BUG);
        assert_eq!(Value::Object(Draft::default().update().unwrap()), json!({}));
        let full = Draft {
            email: Some("ada@town.example".into()),
            ext_id: Some("u1".into()),
            lists: vec![35],
            email_blacklisted: Some(true),
            update_enabled: true,
            ..Draft::default()
        };
        let expect = json!({"ext_id": "u1", "listIds": [35], "emailBlacklisted": true, "email": "ada@town.example", "updateEnabled": true});
        assert_eq!(Value::Object(full.creation().unwrap()), expect);
        assert!(!format!("{full:?}").contains("ada"));
    }

    #[test]
    fn a_change_of_address_states_consent_or_is_refused() {
        for name in ["EMAIL", "email"] {
            let draft = Draft { attributes: attributes(&[(name, "new@town.example")]), ..Draft::default() };
            let error = draft.update().unwrap_err();
            assert!(error.code() == &codes::BUG && !format!("{error:?}").contains('@'), "{error:?}");
            for stated in [true, false] {
                let draft = Draft { email_blacklisted: Some(stated), ..draft.clone() };
                assert_eq!(draft.update().unwrap()["emailBlacklisted"], stated);
            }
        }
    }
}
