//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/createcontact>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Result, Row};

use super::contact_fields::{ALSO, Details, Role};
use super::contact_get::by_external_id;
use super::conversation_text::SKEW_SECS;
use super::paths::carried_out;
use super::{Record, needs};
use crate::client::Intercom;
use crate::resources::Contact;
use crate::told::rows;

/// People of one name who are looked at for an earlier attempt.
const NAMESAKES_MAX: u32 = 150;

/// Create a contact, a user or a lead. Sent at most once.
///
/// Where a user with this id or address exists, also an archived one, nothing is created and the error names it;
/// `contacts.upsert` updates it instead. A new contact is found by its id at once, by searches after some minutes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Create {
    /// What the contact is; a user where nothing is said and `external_id` or `email` is given.
    pub role: Option<Role>,
    /// What is known about the contact.
    #[serde(flatten)]
    pub details: Details,
}

impl Create {
    fn role(&self) -> Result<Role> {
        let is_named = self.details.external_id.is_some() || self.details.email.is_some();
        match self.role {
            Some(Role::Lead) if self.details.external_id.is_some() => {
                Err(refused("external_id", "cannot be given to a lead; leave it out, or use `role: user`"))
            }
            Some(role) => Ok(role),
            None if is_named => Ok(Role::User),
            None => Err(refused("role", "must be `user` or `lead` where neither `external_id` nor `email` is given")),
        }
    }

    /// Who may be what an earlier attempt created: by the strongest detail that was given.
    async fn alike(&self, on: &Intercom) -> Result<Vec<Row>> {
        let (field, value) = match &self.details {
            Details { external_id: Some(id), .. } => return Ok(by_external_id(on, id).await?.into_iter().collect()),
            Details { email: Some(email), .. } => return on.contacts_by_email(email).await,
            Details { phone: Some(phone), .. } => ("phone", phone),
            Details { name: Some(name), .. } => ("name", name),
            _ => return Ok(Vec::new()),
        };
        let query = json!({
            "query": {"field": field, "operator": "=", "value": value},
            "sort": {"field": "created_at", "order": "descending"},
            "pagination": {"per_page": NAMESAKES_MAX},
        });
        rows(&mut on.search_object("/contacts/search", &query).await?, "data")
    }
}

impl Action for Create {
    const NAME: &'static str = "contacts.create";
    const ALIAS: &'static str = "create_contact";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &[needs::WRITE_PEOPLE];
    const EXAMPLE: &'static str =
        r#"{"role": "user", "email": "ada@fisher.example", "name": "Ada Fisher", "signed_up_at": "2026-11-20T10:30:00Z"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &ALSO;
    type On = Intercom;
    type Out = Record<Contact>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Record<Contact>> {
        let role = self.role()?;
        let mut fields = Map::new();
        fields.insert("role".into(), role.word().into());
        fields.extend(self.details.told(call)?);
        Ok(call.on.create_contact(&fields).await.map_err(carried_out)?.into())
    }

    /// A contact of these details, created after the attempt. Where only a search can find it, that takes some minutes.
    async fn look(self, call: &Call<'_, Intercom>, since: i64) -> Result<Option<Record<Contact>>> {
        let role = self.role()?;
        let is_it = |row: &Row| {
            let is_new = row.get("created_at").and_then(Value::as_i64).is_some_and(|at| at >= since - SKEW_SECS);
            let is_named = self.details.name.as_ref().is_none_or(|name| row.get("name").and_then(Value::as_str) == Some(name));
            is_new && is_named && row.get("role").and_then(Value::as_str) == Some(role.word())
        };
        Ok(self.alike(call.on).await?.into_iter().find(is_it).map(Record::new))
    }
}
