//! The details of a contact that can be written, and what each of them must be.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tajo_core::action::refused;
use tajo_core::{Call, Result};

use super::moment::Moment;
use super::paths::given;
use crate::client::Intercom;

/// The longest address there is. <https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1>
const EMAIL_MAX: usize = 254;

/// What a contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Somebody known, who signed up or is a customer.
    User,
    /// Somebody not known yet, who wrote or left an address.
    Lead,
}

impl Role {
    /// The word of the API.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Lead => "lead",
        }
    }
}

/// What can be written on a contact. Only what is given is sent.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct Details {
    /// The contact's id in a system of your own; leads cannot have one.
    pub external_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number, best with a plus sign and the country's code: +15551234567.
    pub phone: Option<String>,
    /// Full name; Intercom knows no first and last names.
    pub name: Option<String>,
    /// Address of a picture of the contact, http or https.
    pub avatar_url: Option<String>,
    /// When the contact signed up: 2026-11-20T10:30:00Z, or unix seconds.
    pub signed_up_at: Option<Moment>,
    /// When the contact was last seen: 2026-11-20T10:30:00Z, or unix seconds.
    pub last_seen_at: Option<Moment>,
    /// Whether the contact is unsubscribed from e-mails; not sent unless given.
    pub unsubscribed_from_emails: Option<bool>,
    /// Id of the admin who owns the contact.
    pub owner_id: Option<String>,
    /// Values of attributes that the workspace defined, by name; null unsets one, and those not named stay.
    pub custom_attributes: Option<Map<String, Value>>,
}

/// Other spellings of [`Details`].
pub(super) const ALSO: [(&str, &str); 2] = [("avatar", "avatar_url"), ("user_id", "external_id")];

impl Details {
    /// The request's fields as Intercom calls them, or what is wrong with the input. An owner's id is a number until 2.15.
    pub(super) fn fields(&self, owner_is_text: bool) -> Result<Map<String, Value>> {
        for (field, text) in [
            ("external_id", &self.external_id),
            ("email", &self.email),
            ("phone", &self.phone),
            ("name", &self.name),
            ("avatar_url", &self.avatar_url),
        ] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                return Err(refused(field, "must not be empty; leave it out, or unset it with `clear` of contacts.update"));
            }
        }
        if self.email.as_ref().is_some_and(|email| !is_address(email)) {
            return Err(refused("email", "must be one e-mail address, such as ada@fisher.example"));
        }
        if self.avatar_url.as_ref().is_some_and(|url| !is_web_address(url)) {
            return Err(refused("avatar_url", "must be an address that begins with https:// or http://"));
        }
        let text = |value: &Option<String>| value.clone().map(Value::from);
        Ok(given(&[
            ("external_id", text(&self.external_id)),
            ("email", text(&self.email)),
            ("phone", text(&self.phone)),
            ("name", text(&self.name)),
            ("avatar", text(&self.avatar_url)),
            ("signed_up_at", self.signed_up_at.map(|at| at.0.into())),
            ("last_seen_at", self.last_seen_at.map(|at| at.0.into())),
            ("unsubscribed_from_emails", self.unsubscribed_from_emails.map(Value::from)),
            ("owner_id", self.owner(owner_is_text)?),
            ("custom_attributes", self.custom_attributes.clone().map(Value::from)),
        ]))
    }

    fn owner(&self, is_text: bool) -> Result<Option<Value>> {
        let Some(owner) = &self.owner_id else { return Ok(None) };
        let number: u64 = owner.trim().parse().map_err(|_| refused("owner_id", "must be the id of an admin, digits only"))?;
        Ok(Some(if is_text { number.to_string().into() } else { number.into() }))
    }

    /// The fields for this connection; says what may not work.
    pub(super) fn told(&self, call: &Call<'_, Intercom>) -> Result<Map<String, Value>> {
        let fields = self.fields(call.on.version().capabilities().owner_id_is_text)?;
        if self.phone.as_ref().is_some_and(|phone| !is_e164(phone)) {
            call.warn("`phone` is not in E.164 form, such as +15551234567: Intercom may read it in another way, or refuse it");
        }
        Ok(fields)
    }
}

/// One address of the usual form. Quoted names and addresses without a dot exist in theory only.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"@".contains(c);
    let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    text.len() <= EMAIL_MAX
        && !name.is_empty()
        && text.replacen('@', "", 1).chars().all(is_plain)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

fn is_web_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    is_web && !host.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// <https://www.itu.int/rec/T-REC-E.164>: a plus sign and up to fifteen digits.
fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_numbers_and_links_are_told_from_what_is_none() {
        for (text, expect) in [
            ("ada@fisher.example", true),
            ("ada+news@mail.fisher.example", true),
            ("ädа@fisher.example", true),
            ("ada", false),
            ("@fisher.example", false),
            ("ada@fisher", false),
            ("ada@fisher..example", false),
            ("ada@-fisher.example", false),
            ("ada@fisher.example, bob@fisher.example", false),
            ("Ada <ada@fisher.example>", false),
            ("ada @fisher.example", false),
            ("ada@fisher.example\n", false),
        ] {
            assert_eq!(is_address(text), expect, "{text:?}");
        }
        assert!(!is_address(&format!("{}@fisher.example", "a".repeat(EMAIL_MAX))));
        for (text, expect) in [
            ("+15551234567", true),
            ("+4915112345678", true),
            ("555 123", false),
            ("+0555123456", false),
            ("15551234567", false),
            ("+1234567890123456", false),
            ("", false),
        ] {
            assert_eq!(is_e164(text), expect, "{text:?}");
        }
        for (text, expect) in [
            ("https://img.example/ada.png", true),
            ("HTTP://img.example", true),
            ("https://", false),
            ("https:///ada.png", false),
            ("ftp://img.example/ada.png", false),
            ("javascript:alert(1)", false),
            ("/ada.png", false),
            ("https://img.example/a b.png", false),
        ] {
            assert_eq!(is_web_address(text), expect, "{text:?}");
        }
    }

    #[test]
    fn only_what_is_given_is_in_the_body() {
        let details =
            Details { email: Some("ada@fisher.example".into()), owner_id: Some("7300001".into()), ..Details::default() };
        assert_eq!(
            Value::from(details.fields(false).unwrap()),
            serde_json::json!({"email": "ada@fisher.example", "owner_id": 7_300_001})
        );
        assert_eq!(details.fields(true).unwrap()["owner_id"], "7300001");
        assert!(Details::default().fields(false).unwrap().is_empty());
    }
}
