//! Intercom: what it keeps, how it is asked, and every fact about it, usable alone as a Rust SDK.
//!
//! - [`Intercom`] is a connection to one workspace;
//! - [`resources`] declares what it keeps, one file each;
//! - [`dialect`] and [`version`] hold the platform-wide facts, with links to the vendor's pages.

pub mod client;
pub mod dialect;
pub mod error_envelope;
pub mod region;
pub mod resources;
pub mod search;
pub mod version;

pub use client::{Intercom, Me};
pub use region::Region;
pub use version::Version;
