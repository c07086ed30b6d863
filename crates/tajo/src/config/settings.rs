//! What is in force for one run: flags over configuration over environment.

use std::path::PathBuf;

use tajo_core::rest::Limits;
use tajo_core::{Error, codes};
use tajo_state::Stored;

use super::chosen::{ANY_CONNECTION, choose};
use super::destination::Destination;
use super::known::Known;
use super::loopback::Loopback;
use super::normal::{BrevoApp, Config, Connection, Direction, Region};
use crate::connections::{BREVO, Vault};

/// What the command line overrides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides<'a> {
    /// `--connection`.
    pub connection: Option<&'a str>,
    /// `--region`.
    pub region: Option<Region>,
}

/// What is in force for one run.
#[derive(Clone)]
pub struct Settings {
    /// The connection; its token may still be absent, see [`Settings::token`].
    pub connection: Connection,
    /// The region.
    pub region: Region,
    /// The API version.
    pub api_version: String,
    /// The configuration; an empty one where there is no file.
    pub config: Config,
    /// Brevo, where the configuration wants it.
    pub brevo: Option<BrevoSettings>,
    /// Whether there is a configuration file.
    pub from_file: bool,
    /// Where Tajo keeps its files.
    pub home: PathBuf,
    /// Connections that were made at run time.
    pub vault: Vault,
    /// The stored connection to Brevo that is used, where Brevo is wanted and the configuration has no key.
    pub brevo_stored: Option<Stored>,
    /// `TAJO_BREVO_BASE_URL`, unread: it matters where Brevo is asked.
    pub brevo_url: Option<String>,
    /// PEM file of extra certificate authorities.
    pub ca_file: Option<PathBuf>,
}

/// How to reach Brevo.
#[derive(Clone, Default)]
pub struct BrevoSettings {
    /// The API key; see [`Settings::brevo_access`].
    pub api_key: Option<secrecy::SecretString>,
    /// The OAuth app that takes the key's place.
    pub app: Option<BrevoApp>,
    /// A twin or proxy on this machine; ends in `/v3`.
    pub base_url: Option<Loopback>,
}

/// With what Brevo is asked.
#[derive(Clone, Copy)]
pub enum BrevoAccess<'s> {
    /// An API key.
    Key(&'s secrecy::SecretString),
    /// An OAuth app.
    App(&'s BrevoApp),
}

impl Settings {
    /// Asks for settings that choose no connection: for what is about all of them. No connection has this name.
    pub const ANY_CONNECTION: &str = ANY_CONNECTION;

    /// Resolves flags, configuration and environment. Pure.
    pub fn resolve(
        config: Option<Config>,
        flags: Overrides<'_>,
        known: &Known<'_>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Settings, Error> {
        let vault = Vault::new(&home(env)?, env);
        Settings::resolve_among(config, &[], vault, flags, known, env)
    }
    /// The same with the connections that are stored: the configuration comes first, then they, then the environment. The
    /// secrets of the stored ones are not opened here; see [`Settings::open`]. Pure.
    pub fn resolve_among(
        config: Option<Config>,
        stored: &[Stored],
        vault: Vault,
        flags: Overrides<'_>,
        known: &Known<'_>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Settings, Error> {
        let from_file = config.is_some();
        let mut config = config.unwrap_or_else(|| Config::from_environment(&|_| None));
        let token = env("INTERCOM_ACCESS_TOKEN");
        let mut connection = choose(&config, stored, flags.connection, token.is_some())?;
        config.fill_tokens(env);
        if connection.token.is_none() && !connection.stored && !connection.name.is_empty() {
            connection.token = token.map(|token| token.trim().into());
        }
        if connection.base_url.is_none()
            && let Some(url) = env("TAJO_INTERCOM_BASE_URL")
        {
            let refused =
                |why| Error::new(&codes::CFG_ORIGIN, format!("TAJO_INTERCOM_BASE_URL does not point at this machine: {why}"));
            connection.base_url = Some(Loopback::parse(&url).map_err(refused)?);
        }
        let brevo = brevo(&config, env)?;
        let from_store = config.brevo.as_ref().is_none_or(|brevo| brevo.api_key.is_none() && brevo.app.is_none())
            || config.brevo_key_from_environment;
        Ok(Settings {
            brevo_stored: if from_store { stored_brevo(stored)? } else { None },
            brevo_url: env("TAJO_BREVO_BASE_URL"),
            brevo,
            region: flags.region.or(connection.region).unwrap_or(Region::Us),
            api_version: connection.api_version.clone().unwrap_or_else(|| known.version.to_string()),
            connection,
            config,
            from_file,
            home: vault.home().to_path_buf(),
            vault,
            ca_file: env("TAJO_CA_FILE").map(PathBuf::from),
        })
    }
    /// The access token, or what to do to get one.
    pub fn token(&self) -> Result<&secrecy::SecretString, Error> {
        use secrecy::ExposeSecret;
        let token = self.connection.token.as_ref().filter(|token| !token.expose_secret().is_empty());
        let token = token.ok_or_else(|| {
            Error::new(&codes::AUTH_NONE, format!("There is no access token for the connection `{}`", self.connection.name))
        })?;
        if token.expose_secret().chars().any(|c| !c.is_ascii_graphic()) {
            return Err(Error::new(
                &codes::AUTH_TOKEN,
                "INTERCOM_ACCESS_TOKEN cannot be a token: it has a space or a character that no token has",
            )
            .help("Copy the token again, without quotes or line breaks."));
        }
        Ok(token)
    }
    /// With what Brevo is asked, or what to do to get it.
    pub fn brevo_access(&self) -> Result<BrevoAccess<'_>, Error> {
        use secrecy::ExposeSecret;
        if let Some(app) = self.brevo.as_ref().and_then(|brevo| brevo.app.as_ref()) {
            return Ok(BrevoAccess::App(app));
        }
        let key = self.brevo.as_ref().and_then(|brevo| brevo.api_key.as_ref()).filter(|key| !key.expose_secret().is_empty());
        let key = key.ok_or_else(|| Error::new(&codes::BRV_NONE, "There is no API key for Brevo"))?;
        if key.expose_secret().chars().any(|c| !c.is_ascii_graphic()) {
            return Err(Error::new(
                &codes::BRV_NONE,
                "BREVO_API_KEY cannot be a key: it has a space or a character that no key has",
            )
            .help("Copy the key again, without quotes or line breaks."));
        }
        Ok(BrevoAccess::Key(key))
    }
    /// The direction in force; from Intercom to Brevo where nothing is said.
    pub fn direction(&self) -> Direction {
        self.config.intercom.direction.unwrap_or(Direction::IntercomToBrevo)
    }
    /// The bounds on the client of Intercom.
    pub fn intercom_limits(&self) -> Limits {
        let asked = &self.config.intercom;
        Limits { per_window: asked.rate_limit, search_per_second: asked.search_rate_limit, ..Limits::default() }
    }
    /// With the direction of the command line, where it gives one. Never turns Brevo on.
    pub fn directed(mut self, direction: Option<Direction>) -> Settings {
        self.config.intercom.direction = direction.or(self.config.intercom.direction);
        self
    }
    /// Opens the secrets of stored connections that are in use; `SEC_SEAL` without the key.
    pub fn open(&mut self) -> Result<(), Error> {
        use crate::connections::field;
        if self.connection.name.is_empty() {
            return Ok(());
        }
        if self.connection.stored
            && let Some(stored) = self.vault.find(&self.connection.name)?
        {
            self.connection.token = self.vault.secret(&stored, field::ACCESS_TOKEN)?;
            if self.connection.client_secret.is_none() {
                self.connection.client_secret = self.vault.secret(&stored, field::CLIENT_SECRET)?;
            }
        }
        if self.brevo.is_some() && self.brevo_stored.is_some() {
            let key = self.stored_brevo_key()?;
            self.brevo = self.brevo.take().map(|brevo| BrevoSettings { api_key: key, ..brevo });
        }
        Ok(())
    }
    /// The key of the stored connection to Brevo, where the configuration has none; `SEC_SEAL` without what opens it.
    pub fn stored_brevo_key(&self) -> Result<Option<secrecy::SecretString>, Error> {
        use crate::connections::field;
        self.brevo_stored.as_ref().map_or(Ok(None), |stored| self.vault.secret(stored, field::API_KEY))
    }
    /// Where the tables go: `--to`, else the configuration, else a file at home. A stored connection that the configuration
    /// does not name has a file of its own: two workspaces never share one.
    pub fn destination(&self, to: Option<&str>) -> Result<Destination, Error> {
        let name = &self.connection.name;
        let is_apart = self.connection.stored && self.config.connections.iter().all(|there| there.name != *name);
        match (to, &self.config.destination) {
            (Some(url), _) => Destination::parse(url),
            (None, _) if is_apart => Ok(Destination::Sqlite { path: self.home.join(format!("{name}.db")) }),
            (None, Some(configured)) => Ok(configured.clone()),
            (None, None) => Ok(Destination::at_home(&self.home)),
        }
    }
}

fn brevo(config: &Config, env: &dyn Fn(&str) -> Option<String>) -> Result<Option<BrevoSettings>, Error> {
    if !config.brevo_wanted() {
        return Ok(None);
    }
    let there = config.brevo.as_ref();
    let mut brevo = BrevoSettings {
        api_key: there.and_then(|brevo| brevo.api_key.clone()),
        app: there.and_then(|brevo| brevo.app.clone()),
        base_url: there.and_then(|brevo| brevo.base_url.clone()),
    };
    if brevo.base_url.is_none()
        && let Some(url) = env("TAJO_BREVO_BASE_URL")
    {
        let refused = |why| Error::new(&codes::CFG_ORIGIN, format!("TAJO_BREVO_BASE_URL does not point at this machine: {why}"));
        brevo.base_url = Some(Loopback::parse_brevo(&url).map_err(refused)?);
    }
    Ok(Some(brevo))
}

/// The stored connection to Brevo: the one called `brevo`, else the only one.
fn stored_brevo(stored: &[Stored]) -> Result<Option<Stored>, Error> {
    let all: Vec<&Stored> = stored.iter().filter(|stored| stored.platform == BREVO).collect();
    match (all.iter().find(|stored| stored.name == BREVO), all.as_slice()) {
        (Some(named), _) => Ok(Some((*named).clone())),
        (None, [only]) => Ok(Some((*only).clone())),
        (None, []) => Ok(None),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|stored| stored.name.as_str()).collect();
            Err(Error::new(&codes::CFG_MISSING, "There are several stored connections to Brevo and none is called `brevo`")
                .note("connections", names.join(", "))
                .help("Disconnect the others, or give the key in the configuration."))
        }
    }
}

/// Where Tajo keeps its files: `TAJO_HOME`, else `$XDG_DATA_HOME/tajo`, else `~/.local/share/tajo`.
pub fn home(env: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf, Error> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // The XDG rules say that a relative path is to be ignored.
    let xdg = || set("XDG_DATA_HOME").filter(|path| path.is_absolute()).map(|path| path.join("tajo"));
    let user = || set("HOME").or_else(|| set("USERPROFILE")).map(|path| path.join(".local/share/tajo"));
    set("TAJO_HOME").or_else(xdg).or_else(user).ok_or_else(|| {
        Error::new(&codes::CFG_MISSING, "There is no directory for Tajo's files: neither TAJO_HOME nor HOME is set")
            .help("Set TAJO_HOME to a directory that Tajo may write to.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Source, load};

    #[test]
    fn numbers_and_periods_of_the_connector_are_read_shown_and_refused() {
        let read = |value: &str| {
            let text = format!("connectors:\n  intercom: {{{value}}}\n");
            let config = load(&Source::text("tajo.yml", text), &Known::declared(), &|_| None)?;
            let env = |name: &str| (name == "HOME").then(|| "/nonexistent".to_string());
            let shown = config.show().to_yaml();
            let settings = Settings::resolve(Some(config), Overrides::default(), &Known::declared(), &env);
            let limits = settings.expect("nothing else is wrong").intercom_limits();
            Ok::<_, crate::config::Findings>((limits.search_per_second, shown))
        };
        assert_eq!(read("").expect("valid").0, None);
        let (ceiling, shown) = read("search_rate_limit: 1").expect("valid");
        assert!(ceiling == Some(1) && shown.contains("search_rate_limit: 1\n"), "{shown}");
        let (_, shown) = read("sync_every: 90 minutes").expect("valid");
        assert!(shown.contains("sync_every: \"1h 30m\"\n"), "{shown}");
        for wrong in ["15", "30s", "2d", "[15m]"] {
            let refused = read(&format!("sync_every: {wrong}")).expect_err(wrong);
            assert!(refused.to_string().contains("`connectors.intercom.sync_every`"), "{refused}");
        }
        for wrong in ["0", "-1", "0.5", "fast", "[1]"] {
            let refused = read(&format!("search_rate_limit: {wrong}")).expect_err(wrong);
            assert!(refused.to_string().contains("`connectors.intercom.search_rate_limit` must be"), "{refused}");
        }
    }
}
