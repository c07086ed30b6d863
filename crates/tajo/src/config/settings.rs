//! What is in force for one run: flags over configuration over environment.

use std::path::PathBuf;

use tajo_core::rest::Limits;
use tajo_core::{Error, codes};

use super::destination::Destination;
use super::known::Known;
use super::loopback::Loopback;
use super::nearest::nearest;
use super::normal::{Config, Connection, Direction, Region};

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
    /// PEM file of extra certificate authorities.
    pub ca_file: Option<PathBuf>,
}

/// How to reach Brevo.
#[derive(Clone, Default)]
pub struct BrevoSettings {
    /// The API key; see [`Settings::brevo_key`].
    pub api_key: Option<secrecy::SecretString>,
    /// A twin or proxy on this machine; ends in `/v3`.
    pub base_url: Option<Loopback>,
}

impl Settings {
    /// Resolves flags, configuration and environment. Pure.
    pub fn resolve(
        config: Option<Config>,
        flags: Overrides<'_>,
        known: &Known<'_>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Settings, Error> {
        let from_file = config.is_some();
        let mut config = config.unwrap_or_else(|| Config::from_environment(env));
        config.fill_tokens(env);
        let mut connection = choose(&config, flags.connection)?;
        if connection.base_url.is_none()
            && let Some(url) = env("TAJO_INTERCOM_BASE_URL")
        {
            let refused =
                |why| Error::new(&codes::CFG_ORIGIN, format!("TAJO_INTERCOM_BASE_URL does not point at this machine: {why}"));
            connection.base_url = Some(Loopback::parse(&url).map_err(refused)?);
        }
        let brevo = brevo(&config, env)?;
        Ok(Settings {
            brevo,
            region: flags.region.or(connection.region).unwrap_or(Region::Us),
            api_version: connection.api_version.clone().unwrap_or_else(|| known.version.to_string()),
            connection,
            config,
            from_file,
            home: home(env)?,
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
    /// The API key of Brevo, or what to do to get one.
    pub fn brevo_key(&self) -> Result<&secrecy::SecretString, Error> {
        use secrecy::ExposeSecret;
        let key = self.brevo.as_ref().and_then(|brevo| brevo.api_key.as_ref()).filter(|key| !key.expose_secret().is_empty());
        let key = key.ok_or_else(|| Error::new(&codes::BRV_NONE, "There is no API key for Brevo"))?;
        if key.expose_secret().chars().any(|c| !c.is_ascii_graphic()) {
            return Err(Error::new(
                &codes::BRV_NONE,
                "BREVO_API_KEY cannot be a key: it has a space or a character that no key has",
            )
            .help("Copy the key again, without quotes or line breaks."));
        }
        Ok(key)
    }
    /// The direction in force; from Intercom to Brevo where nothing is said.
    pub fn direction(&self) -> Direction {
        self.config.intercom.direction.unwrap_or(Direction::IntercomToBrevo)
    }
    /// The bounds on the client of Intercom.
    pub fn intercom_limits(&self) -> Limits {
        Limits { per_window: self.config.intercom.rate_limit, ..Limits::default() }
    }
    /// With the direction of the command line, where it gives one. Never turns Brevo on.
    pub fn directed(mut self, direction: Option<Direction>) -> Settings {
        self.config.intercom.direction = direction.or(self.config.intercom.direction);
        self
    }
    /// Where the tables go: `--to`, else the configuration, else a file at home.
    pub fn destination(&self, to: Option<&str>) -> Result<Destination, Error> {
        match (to, &self.config.destination) {
            (Some(url), _) => Destination::parse(url),
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

/// `--connection`, else the connector's, else the only one.
fn choose(config: &Config, flag: Option<&str>) -> Result<Connection, Error> {
    let names: Vec<&str> = config.connections.iter().map(|c| c.name.as_str()).collect();
    let wanted = flag.or(config.intercom.connection.as_deref());
    let found = match (wanted, config.connections.as_slice()) {
        (Some(name), connections) => connections.iter().find(|c| c.name == name),
        (None, [only]) => Some(only),
        (None, []) => return Ok(Connection::named("intercom")),
        (None, _) => {
            return Err(Error::new(&codes::CFG_MISSING, "There are several connections and none is chosen")
                .note("connections", names.join(", "))
                .help("Choose one with `--connection NAME`, or with `connection: NAME` under `connectors.intercom`."));
        }
    };
    found.cloned().ok_or_else(|| {
        let near = nearest(wanted.unwrap_or_default(), &names);
        let help = match near.first() {
            Some(name) => format!("Did you mean `{name}`?"),
            None => "Use one of the connections named above, or add it to the configuration.".to_string(),
        };
        Error::new(&codes::USAGE, "There is no connection of the name given with --connection")
            .note("connections", names.join(", "))
            .help(help)
    })
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
