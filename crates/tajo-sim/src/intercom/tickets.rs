//! Tickets: one, search; types and states. There is no list of tickets.
//! Source: spec, `GET /tickets/{id}`, `POST /tickets/search`, `GET /ticket_types`, `/ticket_states`.

use serde_json::{Value, json};

use super::errors::Refusal;
use super::pages::{Sizes, cursor_pages};
use super::search::{Dates, Found, Grammar, Holds, Wanted, run};
use super::versions::Version;
use super::{Answer, Ask, show};
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;
use crate::world::table::Table;
use crate::world::ticket_types::{self, DESCRIPTION, TITLE, TicketType, attribute_id, ticket_state};
use crate::world::tickets::Ticket;

/// Source: spec, tickets/search: 20; docs, "Pagination": 150.
const SIZES: Sizes = Sizes(20, 150);

/// By `id`, never by the `ticket_id` of the inbox.
pub(super) fn known<'a>(world: &'a World, id: &str) -> Result<&'a Ticket, Refusal> {
    let row = Kind::Ticket.serial(id).and_then(|serial| world.tickets.primary(serial));
    row.ok_or_else(|| Refusal::new(404, "ticket_not_found", "Ticket not found"))
}

pub(super) fn one(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let row = known(world, id)?;
    Ok(Json::object(|j| show::ticket(j, world, row, ask.version)))
}

/// By the second, with parts.
pub(super) fn search(world: &World, ask: &Ask<'_>) -> Answer {
    let grammar = Grammar { dates: Dates::Free { inclusive: world.options.inclusive_ops }, holds: &holds };
    let wanted = Wanted::read(ask, &grammar, SIZES, Kind::Ticket)?;
    let found = run::<Ticket>(world, &wanted);
    Ok(Json::object(|j| {
        j.put("type", "ticket.list");
        cursor_pages(j, world, Kind::Ticket, found.page, wanted.per_page, found.total, found.next);
        j.put("total_count", found.total);
        j.list("tickets", &found.rows, |j, row| show::ticket(j, world, row, ask.version));
    }))
}

/// The type and the place of an attribute that a search names by its id.
fn own_attribute(field: &str) -> Option<(u32, u32, &'static str)> {
    let id: u32 = field.strip_prefix("ticket_attribute.")?.parse().ok()?;
    let (kind, all) = ticket_types::types().find(|(kind, _)| (attribute_id(*kind, 0)..attribute_id(*kind, 100)).contains(&id))?;
    all.attributes().find(|(place, _)| attribute_id(kind, *place) == id).map(|(place, at)| (kind, place, at.data_type))
}

/// The searchable fields. Source: spec, tickets/search, "Accepted Fields".
fn holds(field: &str) -> Option<Holds> {
    match field {
        "created_at" | "updated_at" | "snoozed_until" => Some(Holds::Date),
        "contact_ids" | "teammate_ids" => Some(Holds::Ids),
        "open" => Some(Holds::Flag),
        "id" | "title" | "description" | "category" | "ticket_type_id" | "state" => Some(Holds::Text),
        "admin_assignee_id" | "team_assignee_id" => Some(Holds::Text),
        _ => own_attribute(field).map(|(_, _, data_type)| match data_type {
            "integer" | "decimal" => Holds::Number,
            "boolean" => Holds::Flag,
            "datetime" => Holds::OwnDate,
            _ => Holds::Text,
        }),
    }
}

impl Found for Ticket {
    fn table(world: &World) -> &Table<Ticket> {
        &world.tickets
    }

    fn field(&self, _: &World, name: &str) -> Vec<Value> {
        let one = |value: Value| vec![value];
        let own = |name: &str| self.attributes.get(name).cloned().unwrap_or_default();
        match name {
            "id" => one(json!(Kind::Ticket.id(self.serial))),
            "created_at" => one(json!(self.created_at)),
            "updated_at" => one(json!(self.updated_at)),
            "snoozed_until" => one(json!(self.snoozed_until)),
            "title" => one(own(TITLE)),
            "description" => one(own(DESCRIPTION)),
            "category" => one(json!(self.ticket_type().category.searched())),
            "ticket_type_id" => one(json!(Kind::TicketType.id(self.kind))),
            "state" => one(json!(ticket_state(self.state).map(|state| state.category))),
            "open" => one(json!(self.open)),
            "contact_ids" => self.contacts.iter().map(|serial| json!(Kind::Contact.id(*serial))).collect(),
            "teammate_ids" => self.admin.iter().map(|serial| json!(Kind::Admin.id(*serial))).collect(),
            "admin_assignee_id" => one(json!(self.admin.map_or(0, |serial| Kind::Admin.number(serial)))),
            "team_assignee_id" => one(json!(self.team.map_or(0, |serial| Kind::Team.number(serial)))),
            _ => one(self.own(name)),
        }
    }
}

impl Ticket {
    /// The value of an attribute named by its id, if this ticket's type has it.
    fn own(&self, field: &str) -> Value {
        let Some((kind, place, _)) = own_attribute(field).filter(|(kind, ..)| *kind == self.kind) else { return Value::Null };
        let attribute = self.ticket_type().attributes().find(|(at, _)| *at == place);
        let found = attribute.and_then(|(_, at)| Some(show::label(kind, place, at, self.attributes.get(at.name)?)));
        found.unwrap_or_default()
    }
}

pub(super) fn known_type(id: &str) -> Result<(u32, &'static TicketType), Refusal> {
    let found = Kind::TicketType.serial(id).and_then(|serial| Some((serial, ticket_types::ticket_type(serial)?)));
    found.ok_or_else(|| Refusal::not_found("Resource Not Found"))
}

pub(super) fn types(world: &World, ask: &Ask<'_>) -> Answer {
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", ticket_types::types(), |j, kind| show::ticket_type(j, world, kind, has_states(ask)));
    }))
}

pub(super) fn one_type(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let kind = known_type(id)?;
    Ok(Json::object(|j| show::ticket_type(j, world, kind, has_states(ask))))
}

fn has_states(ask: &Ask<'_>) -> bool {
    ask.version >= Version::V2_12
}

/// From 2.12 on. Source: spec 2.12, `GET /ticket_states`.
pub(super) fn states(ask: &Ask<'_>) -> Answer {
    ask.version.require(Version::V2_12)?;
    Ok(Json::object(|j| {
        j.put("type", "list");
        j.list("data", ticket_types::states(), |j, (serial, state)| show::ticket_state(j, serial, state));
    }))
}
