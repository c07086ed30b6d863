//! What every command gets: the shared flags, the environment, and the configuration they lead to.

use std::path::PathBuf;
use std::sync::OnceLock;

use tajo_core::{Error, codes};

use super::args::Flags;
use super::exit::Failure;
use super::out::Out;
use super::scrub;
use crate::config::{self, Config, Known, Overrides, Settings, Source};

/// The environment, as an argument, so that tests bring their own.
pub struct Env(Box<Variables>);

type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Env {
    /// Any source of variables.
    pub fn new(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Env {
        Env(Box::new(read))
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
}

impl Globals {
    /// Nothing is read yet.
    pub fn new(flags: Flags, env: Env, directory: PathBuf, known: Known<'static>) -> Globals {
        Globals { flags, env, directory, known, source: OnceLock::new() }
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
        let config = self.config()?;
        if let Some(config) = &config {
            out.warnings(&config.warnings);
        }
        let flags = Overrides { connection: self.flags.connection.as_deref(), region: self.flags.region };
        let settings = Settings::resolve(config, flags, &self.known, &|name| self.env.var(name))?;
        if let Some(token) = &settings.connection.token {
            scrub::register(token);
        }
        Ok(settings)
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
