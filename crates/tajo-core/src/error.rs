//! One error type for the whole house: a code from a published table, a sentence, and what follows from it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::codes::Code;

/// Result with the house's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What kind of situation an error is. What follows from it stands in one table: [`Kind::advice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The command line cannot be understood.
    Usage,
    /// The configuration is wrong or incomplete.
    Config,
    /// The credentials are missing, wrong or revoked.
    Auth,
    /// The credentials are good but lack a permission.
    Denied,
    /// The thing asked for does not exist (any more).
    Missing,
    /// The thing exists already or changed under our feet.
    Conflict,
    /// The platform refused the request as malformed.
    Invalid,
    /// The platform asked us to slow down.
    Throttled,
    /// A passing fault of the network or the platform.
    Transient,
    /// The read finished short of what the platform says it holds.
    Incomplete,
    /// Disk or destination cannot take the data.
    Storage,
    /// Another process holds the state.
    Busy,
    /// Stored state is damaged or newer than this program.
    State,
    /// The platform's answer changed shape.
    Drift,
    /// The user interrupted.
    Interrupted,
    /// A broken invariant of ours.
    Bug,
}

/// What to do about a [`Kind`] of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// Whether trying the same again can help.
    pub retry: bool,
    /// HTTP status a server answers with.
    pub status: u16,
    /// Exit code of the program.
    pub exit: u8,
}

impl Kind {
    /// The one table from situation to consequence.
    pub const fn advice(self) -> Advice {
        let (retry, status, exit) = match self {
            Kind::Usage => (false, 400, 2),
            Kind::Config => (false, 500, 78),
            Kind::Auth => (false, 401, 77),
            Kind::Denied => (false, 403, 77),
            Kind::Missing => (false, 404, 1),
            Kind::Conflict => (false, 409, 1),
            Kind::Invalid => (false, 422, 1),
            Kind::Throttled => (true, 429, 1),
            Kind::Transient => (true, 503, 1),
            Kind::Incomplete => (false, 502, 6),
            Kind::Storage => (false, 507, 74),
            Kind::Busy => (false, 409, 75),
            Kind::State => (false, 500, 74),
            Kind::Drift => (false, 502, 1),
            Kind::Interrupted => (false, 499, 130),
            Kind::Bug => (false, 500, 1),
        };
        Advice { retry, status, exit }
    }
}

/// An error: a [`Code`], what was tried on what, and optionally where, the cause, and what was not done.
///
/// The text never holds a secret, an e-mail address or a body.
pub struct Error(Box<Inner>);

struct Inner {
    code: &'static Code,
    what: Cow<'static, str>,
    notes: Vec<(&'static str, String)>,
    help: Option<String>,
    wait: Option<Duration>,
    cause: Option<Cause>,
}

impl Error {
    /// An error of a published code; `what` says what was tried, on what.
    pub fn new(code: &'static Code, what: impl Into<Cow<'static, str>>) -> Error {
        Error(Box::new(Inner { code, what: what.into(), notes: Vec::new(), help: None, wait: None, cause: None }))
    }
    /// Attaches the cause; it is printed on its own line, never inside the message.
    pub fn because(mut self, cause: impl Into<Cause>) -> Error {
        self.0.cause = Some(cause.into());
        self
    }
    /// Adds a labelled fact: `request`, `field`, `at`, `not done` …
    pub fn note(mut self, label: &'static str, text: impl Into<String>) -> Error {
        self.0.notes.push((label, text.into()));
        self
    }
    /// Replaces the code's general remedy by a particular one.
    pub fn help(mut self, text: impl Into<String>) -> Error {
        self.0.help = Some(text.into());
        self
    }
    /// Says how long the platform asked us to wait.
    pub fn wait(mut self, wait: Duration) -> Error {
        self.0.wait = Some(wait);
        self
    }
    /// The code.
    pub fn code(&self) -> &'static Code {
        self.0.code
    }
    /// The situation.
    pub fn kind(&self) -> Kind {
        self.0.code.kind
    }
    /// The sentence, without notes and cause.
    pub fn what(&self) -> &str {
        &self.0.what
    }
    /// What the reader can do next.
    pub fn remedy(&self) -> &str {
        self.0.help.as_deref().unwrap_or(self.0.code.action)
    }
    /// How long the platform asked us to wait.
    pub fn asked_wait(&self) -> Option<Duration> {
        self.0.wait
    }
    /// Labelled facts in the order they were added.
    pub fn notes(&self) -> &[(&'static str, String)] {
        &self.0.notes
    }
    /// The first fact of this label.
    pub fn noted(&self, label: &str) -> Option<&str> {
        self.0.notes.iter().find(|(l, _)| *l == label).map(|(_, text)| text.as_str())
    }
    /// The whole chain of causes, outermost first.
    pub fn causes(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut next: Option<&(dyn std::error::Error + 'static)> = self.0.cause.as_deref().map(|c| c as _);
        while let Some(cause) = next {
            out.push(cause.to_string());
            next = cause.source();
        }
        out
    }
    /// The error as JSON: `{code, message, notes, causes, help, exit}`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "code": self.0.code.id,
            "message": self.0.what,
            "notes": self.0.notes.iter().map(|(l, t)| (l.to_string(), t.clone().into())).collect::<serde_json::Map<_, _>>(),
            "causes": self.causes(),
            "help": self.remedy(),
            "exit": self.kind().advice().exit,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

/// The long form for a terminal: code, sentence, facts, causes, help.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.0.code.id, self.0.what)?;
        for (label, text) in &self.0.notes {
            write!(f, "\n  = {label}: {text}")?;
        }
        for cause in self.causes() {
            write!(f, "\n  = cause: {cause}")?;
        }
        write!(f, "\n  = help: {}", self.remedy())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|c| c as _)
    }
}
