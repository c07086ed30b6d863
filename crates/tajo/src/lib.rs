//! Tajo keeps a company's Intercom in step with its warehouse: configuration, surfaces, wiring.

pub mod actions;
pub mod config;
pub mod connect;
pub mod connections;
pub mod pairs;
pub mod surface;
pub mod twin;
pub mod warehouse;
