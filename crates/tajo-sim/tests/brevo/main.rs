//! The Brevo twin as a client meets it: one module per subject, in process, on a paused clock.

#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod asking;
mod attributes;
mod companies;
mod contacts;
mod events;
mod faults;
mod gate;
mod identifiers;
mod imports;
mod lists;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod on_a_port;
mod posts;
mod walking;
mod webhooks;
mod weight;
