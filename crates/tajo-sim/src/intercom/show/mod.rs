//! How records look in each version. Source: the schemas and examples of spec 2.11, 2.14, 2.16.

mod article;
mod company;
mod contact;
mod conversation;
mod part;
mod staff;
mod statistics;
mod ticket;

pub(crate) use article::{HELP_CENTER, article, collection, help_center};
pub(crate) use company::company;
pub(crate) use contact::{contact, find_note, note, note_count};
pub(crate) use conversation::{conversation, takes_part};
pub(crate) use part::part;
pub(crate) use staff::{admin, admin_email, admin_name, in_segment, segment, segments_of, tag_with_origin, team};
pub(crate) use ticket::{label, part as ticket_part, state as ticket_state, ticket, ticket_type};
