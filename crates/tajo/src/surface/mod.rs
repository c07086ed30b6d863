//! Where people and programs meet Tajo. No surface holds logic.

pub mod cli;
pub mod http;
pub mod mcp;
pub mod openapi;
