//! What every command gets: the shared flags, the environment, and the configuration they lead to.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tajo_core::{Error, codes};

use super::args::Flags;
use super::exit::Failure;
use super::out::Out;
use super::scrub;
use crate::actions::App;
use crate::config::{self, Config, Known, Overrides, Settings, Source};
use crate::connections::Vault;

/// The environment, as an argument, so that tests bring their own.
#[derive(Clone)]
pub struct Env(Arc<Variables>);

type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Env {
    /// Any source of variables.
    pub fn new(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Env {
        Env(Arc::new(read))
    }
    /// The environment of this process.
    pub fn process() -> Env {
        Env::new(|name| std::env::var(name).ok())
    }
    /// The variable's value; an empty one counts as absent.
    pub fn var(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
    /// The variable's value as it is, for `${NAME}`, where empty and unset differ.
    pub fn raw(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }
}

/// What every command gets.
#[derive(Clone)]
pub struct Globals {
    /// The shared flags.
    pub flags: Flags,
    /// The environment.
    pub env: Env,
    /// The working directory: `tajo.yml` is looked for here.
    pub directory: PathBuf,
    /// The names that the declarations know.
    pub known: Known<'static>,
    /// The file is read once: it may be a pipe, and the log wants its level before the command runs.
    source: OnceLock<Option<Source>>,
    /// Shared by clones: the key of stored connections may come from a command that asks a person.
    vault: Arc<OnceLock<Vault>>,
}

impl Globals {
    /// Nothing is read yet.
    pub fn new(flags: Flags, env: Env, directory: PathBuf, known: Known<'static>) -> Globals {
        Globals { flags, env, directory, known, source: OnceLock::new(), vault: Arc::default() }
    }
    /// The configuration file in force, if there is one. `--config` must exist; `./tajo.yml` may.
    pub fn source(&self) -> Result<Option<Source>, Error> {
        if let Some(read) = self.source.get() {
            return Ok(read.clone());
        }
        let read = self.read_source()?;
        Ok(self.source.get_or_init(|| read).clone())
    }
    fn read_source(&self) -> Result<Option<Source>, Error> {
        match &self.flags.config {
            Some(path) => Source::read(path, &self.directory).map(Some),
            None if self.directory.join(config::FILE_NAME).exists() => {
                Source::read(config::FILE_NAME.as_ref(), &self.directory).map(Some)
            }
            None => Ok(None),
        }
    }
    /// The configuration in force, if there is a file. Its secrets are known to the scrubber from here on.
    pub fn config(&self) -> Result<Option<Config>, Failure> {
        let Some(source) = self.source()? else { return Ok(None) };
        let config = config::load(&source, &self.known, &|name| self.env.raw(name))?;
        config.secrets().for_each(scrub::register);
        Ok(Some(config))
    }
    /// Flags over configuration over environment; warnings of the configuration go to stderr.
    pub fn settings(&self, out: &mut Out) -> Result<Settings, Failure> {
        if let Some(config) = self.config()? {
            out.warnings(&config.warnings);
        }
        self.resolved()
    }
    /// Flags over configuration over stored connections over environment, without a word.
    pub fn resolved(&self) -> Result<Settings, Failure> {
        let flags = Overrides { connection: self.flags.connection.as_deref(), region: self.flags.region };
        let env = |name: &str| self.env.var(name);
        let vault = match self.vault.get() {
            Some(vault) => vault.clone(),
            None => {
                let vault = Vault::new(&config::home(&env)?, &env);
                self.vault.get_or_init(|| vault).clone()
            }
        };
        // A store that cannot be read is the affair of those who need it.
        let (stored, unread) = match vault.list() {
            Ok(stored) => (stored, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let resolved = Settings::resolve_among(self.config()?, &stored, vault, flags, &self.known, &env);
        let mut settings = match (resolved, unread) {
            (Ok(settings), Some(error)) if settings.connection.token.is_none() => return Err(error.into()),
            (Err(_), Some(error)) => return Err(error.into()),
            (resolved, _) => resolved?,
        };
        settings.open()?;
        let secrets = settings.connection.token.iter().chain(&settings.connection.client_secret);
        let brevo =
            settings.brevo.iter().flat_map(|brevo| brevo.api_key.iter().chain(brevo.app.iter().map(|app| &app.client_secret)));
        secrets.chain(brevo).for_each(scrub::register);
        Ok(settings)
    }
    /// The program as something that can be asked, for one command or for a server's whole life.
    pub fn app(&self) -> Arc<App> {
        let globals = self.clone();
        Arc::new(App::new(move |connection| {
            let mut globals = globals.clone();
            globals.flags.connection = connection.map(str::to_owned).or(globals.flags.connection);
            globals.resolved().map_err(Failure::into_error)
        }))
    }
    /// Whether a question may be asked.
    pub fn interactive(&self, out: &Out) -> bool {
        use std::io::IsTerminal;
        !self.flags.no_interactive
            && !self.flags.json
            && self.env.var("CI").is_none()
            && out.terminal()
            && std::io::stdin().is_terminal()
    }
    /// An error for an answer that could not be asked for.
    pub fn unasked(&self, what: impl Into<String>, help: impl Into<String>) -> Error {
        Error::new(&codes::USAGE, what.into()).help(help)
    }
}
