//! The vocabulary of Tajo: resources, tables, destinations, errors, and the one HTTP client.
//!
//! This crate knows no platform, no database and no command line.

pub mod action;
pub mod codes;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod destination;
pub mod error;
mod hold;
pub mod page;
pub mod resource;
pub mod rest;
pub mod table;
pub mod trip;

pub use action::{Action, Call, Command, Effect, Facts, Paged};
pub use destination::{BoxFuture, Claim, Destination, Held, Load, Loaded, Mode, Segment, StateNote};
pub use error::{Error, Kind, Result};
pub use hold::hold;
pub use resource::{Epoch, Grain, Id, Link, Read, Release, Resource, Row, Slice, Spec};
pub use table::{Column, Table};
