//! Brevo: the client of its API v3. Usable alone as a Rust SDK.
//!
//! - [`Brevo`] is a connection to one account; its methods stand in the file of what they are about;
//! - [`Auth`] is an API key, or an OAuth app's id and secret;
//! - [`Walk`] reads all contacts while others add and remove some.
//!
//! Every bucket of Brevo's rate limit has a pace of its own, learned from the answers. Errors are those of
//! [`tajo_core::codes`], `BRV_*`; their text holds no e-mail address, no phone number and no quoted value.

mod account;
mod anchored;
mod attributes;
mod client;
mod companies;
mod contacts;
mod crm;
mod dialect;
mod draft;
mod engagement;
mod events;
mod failures;
mod imports;
mod lists;
mod oauth;
mod refusal;
mod told;
mod walk;
mod webhooks;
mod who;

#[cfg(test)]
mod trials;

pub use account::Account;
pub use attributes::{Attribute, AttributeKind};
pub use client::{Auth, BASE_URL, Brevo};
pub use companies::{Company, NewCompany};
pub use contacts::{Contact, ContactPage, Contacts, Created};
pub use crm::{CompanyFilter, CrmAttribute};
pub use draft::Draft;
pub use engagement::{Engagement, Reaction};
pub use events::{EVENTS_MAX, Event};
pub use failures::FailureKind;
pub use imports::{IMPORT_BYTES_MAX, Import, Process, ProcessStatus};
pub use lists::{Folder, List, MEMBERS_MAX, Moved};
pub use walk::Walk;
pub use webhooks::{NewWebhook, Webhook, WebhookKind};
pub use who::Who;
