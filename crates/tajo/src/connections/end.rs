//! The end of a stored connection: forgotten here and, where it was made by OAuth and that is wanted, ended there.

use secrecy::SecretString;
use tajo_core::{Error, Result, codes};
use tajo_intercom::{Region, oauth};
use tajo_state::Stored;

use super::{Ground, INTERCOM, field, hub, kind};
use crate::config::nearest;

/// What became of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it was.
    pub stored: Stored,
    /// Whether the platform was told.
    pub revoked: bool,
}

/// The stored connection of that name, or who is near.
pub fn find(ground: &Ground, name: &str) -> Result<Stored> {
    let stored = ground.vault.list()?;
    if let Some(found) = stored.iter().find(|stored| stored.name == name) {
        return Ok(found.clone());
    }
    let config = &ground.settings().config;
    if let Some(there) = config.connections.iter().find(|there| there.name == name && there.token_place.is_some()) {
        let place = format!("{}:{}:{}", config.path, there.place.line, there.place.column);
        return Err(Error::new(&codes::USAGE, format!("The connection `{name}` stands in the configuration"))
            .note("configuration", place)
            .help("Remove it there; nothing is stored under that name."));
    }
    let known: Vec<&str> = stored.iter().map(|stored| stored.name.as_str()).collect();
    let error = Error::new(&codes::USAGE, "There is no stored connection of that name");
    let error = if known.is_empty() { error } else { error.note("connections", known.join(", ")) };
    Err(match nearest(name, &known).first() {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error.help("`tajo connectors list` shows what is connected."),
    })
}

/// Ends a connection. With `revoke` the app is uninstalled from the workspace first; where that fails, nothing is forgotten.
pub async fn disconnect(ground: &Ground, name: &str, revoke: bool) -> Result<Ended> {
    let stored = find(ground, name)?;
    if revoke {
        if stored.kind != kind::OAUTH || stored.platform != INTERCOM {
            return Err(Error::new(
                &codes::USAGE,
                format!("The token of `{name}` cannot be revoked from here; nothing was changed"),
            )
            .help(format!("Revoke it where it was made ({}), and disconnect without `--revoke`.", hub::DEVELOPER_HUB)));
        }
        let token: Option<SecretString> = ground.vault.secret(&stored, field::ACCESS_TOKEN)?;
        let token = token.ok_or_else(|| Error::new(&codes::SEC_SEAL, format!("The connection `{name}` has no token")))?;
        let region: Region = stored.region.as_deref().unwrap_or("us").parse()?;
        let ended = oauth::uninstall(std::sync::Arc::clone(&ground.via), region, ground.base_url.as_deref(), token).await;
        ended.map_err(|error| {
            error.note("not done", "the connection is still stored; disconnect without `--revoke` to forget it")
        })?;
    }
    ground.vault.remove(name)?;
    tracing::info!(connection = name, revoke, "disconnected");
    Ok(Ended { stored, revoked: revoke })
}
