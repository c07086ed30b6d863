//! The one HTTP client: what may be sent where, at which pace, and what is tried again.
//!
//! [`Client`] decides, [`Transport`] acts: [`Wire`] over the network, or any HTTP service in the same process.

mod client;
mod countdown;
mod limits;
mod origin;
mod pace;
mod raw;
mod request;
mod retry;
mod transport;
mod window;
mod wire;

#[cfg(test)]
mod trials;

pub use client::{Client, Tally};
pub use limits::{Bucket, Limits};
pub use origin::Origin;
pub use pace::{Gauge, Pace};
pub use raw::{Raw, RawAnswer, RawRetry};
pub use request::{Answer, Asked, Dialect, Rate, Request};
pub use transport::{Broken, How, Transport};
pub use wire::{Wire, WireOptions};
