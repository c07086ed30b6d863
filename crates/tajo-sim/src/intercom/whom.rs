//! Contacts that a body names by id, external id or address; an unknown address becomes a lead.
//! Source: spec, `POST /conversations/{id}/customers`, "Contacts without an email"; `POST /tickets`.

use serde_json::{Map, Value};

use super::Ask;
use super::body::id as id_in;
use super::contacts::known;
use super::errors::Refusal;
use crate::world::World;
use crate::world::people::person;
use crate::world::written::Written;

/// Somebody who is there, or an address of somebody who is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whom {
    Known(u32),
    New(String),
}

/// By the first of the three keys that is there: Intercom's id, the external id, the address.
pub(super) fn whom(world: &World, ask: &Ask<'_>, body: &Map<String, Value>, keys: [&str; 3]) -> Result<Whom, Refusal> {
    let [id, external_id, email] = keys.map(|key| id_in(body, key));
    if let Some(id) = id {
        return known(world, ask.version, &id).map(|row| Whom::Known(row.serial));
    }
    if external_id.is_none() && email.is_none() {
        let message = format!("One of {} must be specified", keys.join(", "));
        return Err(Refusal::new(400, "parameter_not_found", message));
    }
    match (holder(world, external_id.as_deref(), email.as_deref()), external_id, email) {
        (Some(serial), ..) => Ok(Whom::Known(serial)),
        (None, None, Some(email)) if email.contains('@') => Ok(Whom::New(email)),
        (None, None, Some(_)) => Err(Refusal::invalid("Email is invalid")),
        _ => Err(Refusal::not_found("User Not Found")),
    }
}

/// Who has this external id, or, where none is given, this address.
pub(super) fn holder(world: &World, external_id: Option<&str>, email: Option<&str>) -> Option<u32> {
    let holders = match (external_id, email) {
        (Some(id), _) => world.holders_of_external_id(id),
        (None, Some(email)) => world.holders_of_email(email),
        (None, None) => return None,
    };
    let fits = |serial: &u32| {
        world.contacts.primary(*serial).map(|row| person(world.seed, row)).is_some_and(|names| match external_id {
            Some(id) => names.external_id.as_deref() == Some(id),
            None => names.email.map(|at| at.to_lowercase()) == email.map(str::to_lowercase),
        })
    };
    holders.into_iter().find(fits)
}

impl Whom {
    /// The contact, made now if need be.
    pub(super) fn settle(self, world: &mut World, now_ms: i64) -> u32 {
        match self {
            Whom::Known(serial) => serial,
            Whom::New(email) => {
                let mut written = Written::plain();
                written.set("role", "lead".into());
                written.set("email", email.into());
                world.tally.created += 1;
                world.add_person(written, now_ms)
            }
        }
    }
}
