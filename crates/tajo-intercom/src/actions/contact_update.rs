//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/updatecontact>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result};

use super::contact_fields::{Details, Role};
use super::contact_get::role;
use super::paths::path;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Contact;

/// What can be unset, and what Intercom calls it.
const CLEARABLE: [(&str, &str); 8] = [
    ("external_id", "external_id"),
    ("email", "email"),
    ("phone", "phone"),
    ("name", "name"),
    ("avatar_url", "avatar"),
    ("signed_up_at", "signed_up_at"),
    ("last_seen_at", "last_seen_at"),
    ("owner_id", "owner_id"),
];

/// Change what is given on a contact, and nothing else.
///
/// Nobody is subscribed to e-mails again by the way: `unsubscribed_from_emails: false` on somebody who opted out needs
/// `resubscribe`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Update {
    /// Intercom's id of the contact.
    pub contact_id: String,
    /// What the contact becomes; a lead can become a user, a user a lead only with `force`.
    pub role: Option<Role>,
    /// What changes.
    #[serde(flatten)]
    pub details: Details,
    /// Fields to unset, such as phone or custom_attributes.plan.
    #[serde(default)]
    pub clear: Vec<String>,
    /// Says that the contact agreed to get e-mails again; goes with `unsubscribed_from_emails: false`.
    pub resubscribe: Option<bool>,
    /// Makes a lead of a user, of which Intercom does not document what follows.
    pub force: Option<bool>,
}

impl Update {
    /// The request's body, or what is wrong with the input.
    fn fields(&self, details: Map<String, Value>) -> Result<Map<String, Value>> {
        let mut fields = details;
        if self.role == Some(Role::Lead) && self.details.external_id.is_some() {
            return Err(refused("external_id", "cannot be given to a lead; leave it out, or use `role: user`"));
        }
        if self.resubscribe == Some(true) && self.details.unsubscribed_from_emails != Some(false) {
            return Err(refused("resubscribe", "goes with `unsubscribed_from_emails: false`"));
        }
        if let Some(role) = self.role {
            fields.insert("role".into(), role.word().into());
        }
        for name in &self.clear {
            clear(&mut fields, name)?;
        }
        if fields.is_empty() {
            return Err(refused("contact_id", "alone changes nothing; give a field to change, or `clear`"));
        }
        Ok(fields)
    }
}

/// Sets a field to null.
fn clear(fields: &mut Map<String, Value>, name: &str) -> Result<()> {
    let twice = || refused("clear", "names a field that is given a value, too");
    if let Some(own) = name.strip_prefix("custom_attributes.").filter(|own| !own.is_empty()) {
        let own_fields = fields.entry("custom_attributes").or_insert_with(|| Map::new().into());
        let before = own_fields.as_object_mut().and_then(|own_fields| own_fields.insert(own.to_owned(), Value::Null));
        return if before.is_none_or(|value| value.is_null()) { Ok(()) } else { Err(twice()) };
    }
    let Some((_, wire)) = CLEARABLE.iter().find(|(field, wire)| *field == name || *wire == name) else {
        let known = CLEARABLE.map(|(field, _)| field).join(", ");
        return Err(refused("clear", format!("takes {known} and custom_attributes.NAME")));
    };
    match fields.insert((*wire).to_owned(), Value::Null) {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(twice()),
    }
}

impl Action for Update {
    const NAME: &'static str = "contacts.update";
    const ALIAS: &'static str = "update_contact";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str = r#"{"contact_id": "6762f0dd1bb69f9f2193bb83", "name": "Ada Fisher", "clear": ["phone"]}"#;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("id", "contact_id"), ("avatar", "avatar_url"), ("user_id", "external_id")];
    type On = Intercom;
    type Out = Record<Contact>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Contact>> {
        let path = path(&["contacts", &self.contact_id])?;
        let mut fields = self.fields(self.details.told(call)?)?;
        let may_demote = self.role == Some(Role::Lead) && self.force != Some(true);
        let may_opt_in = self.details.unsubscribed_from_emails == Some(false) && self.resubscribe != Some(true);
        if may_demote || may_opt_in {
            let now = call.on.read_object(path.clone()).await?;
            if may_demote && role(&now) == Some("user") {
                let rule =
                    "would make a lead of a user, of which Intercom does not document what follows; `force` does it all the same";
                return Err(refused("role", rule));
            }
            if may_opt_in && now.get("unsubscribed_from_emails") == Some(&Value::Bool(true)) {
                let rule = "would subscribe somebody again who opted out; `resubscribe: true` says that they agreed";
                return Err(refused("unsubscribed_from_emails", rule));
            }
            if may_opt_in {
                // It is false already; sent all the same, it could undo an opt-out of this very moment.
                fields.remove("unsubscribed_from_emails");
            }
            if fields.is_empty() {
                return Ok(now.into());
            }
        }
        Ok(call.on.put_object(path, &fields).await?.into())
    }
}
