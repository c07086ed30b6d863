//! Tajo keeps a company's Intercom in step with its warehouse: configuration, surfaces, wiring.

pub mod config;
pub mod pairs;
pub mod surface;
pub mod twin;
pub mod warehouse;
