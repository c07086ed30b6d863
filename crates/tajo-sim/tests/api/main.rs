//! The twin as a client meets it: one module per subject, all in process, all on a paused clock.

#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod asking;
mod companies;
mod consents;
mod contacts;
mod conversations;
mod echo;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod exports;
mod gate;
mod hanging;
mod help_center;
mod large;
mod moving;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod oauth;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod on_a_port;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod participants;
mod scopes;
mod small_lists;
mod staff;
mod talking;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tickets;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod writes;
