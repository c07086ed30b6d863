//! The API's description, kept where readers and generators of clients find it.

use tajo::actions::entries;
use tajo::surface::openapi;

use crate::page::{Mode, put};

/// Where it lies.
const PATH: &str = "docs/reference/openapi.json";

/// Writes or checks the description.
pub fn write(mode: Mode) -> Result<String, String> {
    let entries = entries();
    put(mode, PATH, &openapi::text(&entries))?;
    Ok(format!("{PATH}: {} actions", entries.len()))
}
