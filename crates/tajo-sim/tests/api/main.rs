//! The twin as a client meets it: one module per subject, all in process, all on a paused clock.

#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod asking;
mod companies;
mod contacts;
mod conversations;
mod gate;
mod hanging;
mod large;
mod moving;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod on_a_port;
mod small_lists;
mod talking;
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod writes;
