//! The offline twin of a Brevo account, under `/v3` of the town's router.
//!
//! Sources: the vendor's published descriptions (`spec` files of 2025-02-28, 2026-04-10 and SDK
//! 5.1.0) and documentation, as collected in the project's fact sheet on Brevo's API, whose
//! paragraphs the comments cite as "facts §n". What no source says is an assumption and named so.
//!
//! | Module | Idea |
//! |---|---|
//! | `options`, `handle`, `edits`, `faults` | what tests hold |
//! | `gate`, `access`, `rate`, `routes`, `ask`, `refusal`, `stamp` | from HTTP to an endpoint and back |
//! | `account` | state: contacts, attributes, lists; how they change; webhook payloads |
//! | `contacts`, `imports`, `processes`, `attributes`, `lists` | endpoints about people |
//! | `events`, `companies`, `notes`, `webhooks` | the other endpoints |
//! | `posts` | how webhooks reach their receivers |

mod access;
mod account;
mod ask;
mod attributes;
mod companies;
mod contacts;
mod edits;
mod events;
mod faults;
mod gate;
mod handle;
mod imports;
mod lists;
mod notes;
mod options;
mod posts;
mod processes;
mod rate;
mod refusal;
mod routes;
mod stamp;
mod webhooks;

pub use faults::{BrevoFault, BrevoFaults};
pub use handle::Brevo;
pub use options::{BrevoOptions, Tier, UnknownAttribute};
pub use posts::{Post, PostFault};
