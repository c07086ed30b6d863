//! Connections that are made at run time: checked against the platform, sealed, and kept in `state.db`.
//!
//! [`establish`] makes one, from a token or a key; [`oauth`] gets the token by asking a person; [`end`] takes one away;
//! [`Vault`] keeps them. Connections of the configuration need none of this.

mod command;
pub mod end;
pub mod establish;
pub mod hub;
mod key;
pub mod oauth;
pub mod permissions;
mod seal;
mod vault;

use tajo_core::{Error, Result, codes};

pub use establish::{Connected, Ground, Wish};
pub use vault::{Vault, field};

/// `platform` of a connection to Intercom, and the name of the one that is used where none is named.
pub const INTERCOM: &str = "intercom";
/// The same for Brevo.
pub const BREVO: &str = "brevo";
/// How a connection was made.
pub mod kind {
    /// With an access token.
    pub const TOKEN: &str = "token";
    /// By asking a person.
    pub const OAUTH: &str = "oauth";
    /// With Brevo's API key.
    pub const API_KEY: &str = "api_key";
}

/// A longer name is no name.
const NAME_MAX: usize = 64;
/// Their files under `TAJO_HOME` are Tajo's own.
const NAMES_TAKEN: [&str; 2] = ["state", "master"];

/// A name fit for a file: a stored connection has a database of its own under `TAJO_HOME`.
pub fn fit_name(name: &str) -> Result<()> {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
    if plain && (1..=NAME_MAX).contains(&name.len()) && !name.starts_with('-') && !NAMES_TAKEN.contains(&name) {
        return Ok(());
    }
    Err(Error::new(&codes::INPUT, "That cannot be the name of a connection")
        .note("field", "name")
        .help("Use lower-case letters, digits, `_` and `-`, such as `acme` (not `state` or `master`)."))
}

/// Bytes from the operating system that nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::new(&codes::BUG, "The operating system gives no random bytes").because(e))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_files() {
        for name in ["intercom", "acme", "acme-eu_2", "7"] {
            assert!(fit_name(name).is_ok(), "{name}");
        }
        for name in ["", "Acme", "a/b", "..", "a.b", "-x", "state", "master", "ä", "a b", &"x".repeat(65)] {
            assert_eq!(fit_name(name).unwrap_err().code(), &codes::INPUT, "{name}");
        }
    }
}
