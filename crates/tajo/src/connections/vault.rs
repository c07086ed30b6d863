//! Stored connections and their secrets: what lies in `state.db`, and the key that opens it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use tajo_core::{Error, Result, codes};
use tajo_state::{Connections, Stored};

use super::key::KeyRing;
use super::seal::Sealed;

/// Fields under which secrets are sealed.
pub mod field {
    /// Intercom's access token, of either kind.
    pub const ACCESS_TOKEN: &str = "access_token";
    /// Of the app: for its webhooks.
    pub const CLIENT_SECRET: &str = "client_secret";
    /// Of the app, beside its secret.
    pub const CLIENT_ID: &str = "client_id";
    /// Brevo's API key.
    pub const API_KEY: &str = "api_key";
    /// Where a server sent one; nothing uses it.
    pub const REFRESH_TOKEN: &str = "refresh_token";
    /// Seconds, where a server sent them; nothing uses it.
    pub const EXPIRES_IN: &str = "expires_in";
}

/// The stored connections of one `TAJO_HOME`. Clones share the key, which is read once.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    home: PathBuf,
    keys: KeyRing,
}

impl Vault {
    /// The vault under `home`, with the key that the environment names. Nothing is read yet.
    pub fn new(home: &Path, env: &dyn Fn(&str) -> Option<String>) -> Vault {
        Vault(Arc::new(Inner { home: home.to_path_buf(), keys: KeyRing::new(home, env) }))
    }
    /// Where Tajo keeps its files.
    pub fn home(&self) -> &Path {
        &self.0.home
    }
    /// Where the key comes from, for people.
    pub fn key_told(&self) -> String {
        self.0.keys.told()
    }
    /// Every stored connection by name; needs no key.
    pub fn list(&self) -> Result<Vec<Stored>> {
        Connections::peek(self.home())
    }
    /// The stored connection of that name.
    pub fn find(&self, name: &str) -> Result<Option<Stored>> {
        Ok(self.list()?.into_iter().find(|stored| stored.name == name))
    }
    /// One secret of a stored connection; [`codes::SEC_SEAL`] without the key that it was sealed with.
    pub fn secret(&self, stored: &Stored, field: &str) -> Result<Option<SecretString>> {
        let told = |error: Error| error.note("key", self.key_told());
        let key = self.0.keys.for_opening().map_err(told)?;
        Sealed::read(&stored.sealed)?.open(key, &stored.name, field).map_err(told)
    }
    /// Seals the secrets and stores the connection. Where a key had to be made for that, says in which file it is.
    pub fn put(&self, stored: Stored, secrets: &[(&str, SecretString)]) -> Result<Option<PathBuf>> {
        let (key, made) = self.0.keys.for_sealing()?;
        let mut sealed = Sealed::default();
        for (field, secret) in secrets {
            sealed.put(key, &stored.name, field, secret)?;
        }
        Connections::open(self.home())?.put(&Stored { sealed: sealed.bytes()?, ..stored })?;
        Ok(made)
    }
    /// Forgets a connection and its secrets.
    pub fn remove(&self, name: &str) -> Result<()> {
        match Connections::open(self.home())?.remove(name)? {
            true => Ok(()),
            false => Err(Error::new(&codes::USAGE, format!("There is no stored connection `{name}`"))),
        }
    }
}
