//! Intercom: what it keeps, how it is asked, and every fact about it, usable alone as a Rust SDK.
//!
//! - [`Intercom`] is a connection to one workspace;
//! - [`contacts`], [`events`] and [`data_attributes`] are its calls on single objects;
//! - [`actions`] declares what can be asked of it, one file each;
//! - [`resources`] declares what it keeps, one file each;
//! - [`dialect`] and [`version`] hold the platform-wide facts, with links to the vendor's pages.

pub mod actions;
pub mod client;
pub mod contacts;
pub mod data_attributes;
pub mod dialect;
pub mod error_envelope;
pub mod events;
pub mod exports;
pub mod oauth;
pub mod region;
pub mod resources;
pub mod scopes;
pub mod search;
mod told;
pub mod version;
pub mod webhook;

pub use client::{Intercom, Me};
pub use contacts::Found;
pub use data_attributes::DataAttribute;
pub use region::Region;
pub use version::Version;
