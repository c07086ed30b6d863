//! The normal form: one shape, however the file was written.

use clap::ValueEnum;
use secrecy::SecretString;
use serde::Serialize;

use super::destination::Destination;
use super::finding::{Findings, Place};
use super::loopback::Loopback;

/// A configuration in its normal form.
#[derive(Clone, Default)]
pub struct Config {
    /// The path as the user wrote it; empty where there is no file.
    pub path: String,
    /// Connections to Intercom, in the order written.
    pub connections: Vec<Connection>,
    /// What to do with Intercom.
    pub intercom: Intercom,
    /// Brevo, where the file has it.
    pub brevo: Option<Brevo>,
    /// Where the tables go, where the file says so.
    pub destination: Option<Destination>,
    /// What should be looked at, although the configuration can be used.
    pub warnings: Findings,
    /// Where secrets stand in the file itself.
    pub(super) inline_secrets: Vec<Place>,
}

impl Config {
    /// What is in force without a file: one connection, `intercom`, with the token of the environment.
    pub fn from_environment(env: &dyn Fn(&str) -> Option<String>) -> Config {
        let mut config = Config { connections: vec![Connection::named("intercom")], ..Config::default() };
        config.fill_tokens(env);
        config
    }
    /// Gives the environment's token to every connection that has none of its own.
    pub fn fill_tokens(&mut self, env: &dyn Fn(&str) -> Option<String>) {
        for connection in self.connections.iter_mut().filter(|connection| connection.token.is_none()) {
            connection.token = env("INTERCOM_ACCESS_TOKEN").map(|token| token.trim().into());
        }
    }
    /// Whether this configuration wants Brevo: it has `connectors.brevo`, `direction`, `lists` or `field_mapping`.
    pub fn brevo_wanted(&self) -> bool {
        let asked = &self.intercom;
        match &self.brevo {
            Some(brevo) => brevo.enabled,
            None => asked.direction.is_some() || !asked.lists.is_empty() || !asked.field_mapping.is_empty(),
        }
    }
    /// Every secret in it, for the scrubber.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let brevo = self.brevo.as_ref().and_then(|brevo| brevo.api_key.as_ref());
        self.connections.iter().filter_map(|connection| connection.token.as_ref()).chain(brevo)
    }
}

/// A connection to one Intercom workspace.
#[derive(Clone)]
pub struct Connection {
    /// Its name, unique.
    pub name: String,
    /// The access token; absent where the environment is to supply it.
    pub token: Option<SecretString>,
    /// The region, where the file says so.
    pub region: Option<Region>,
    /// The pinned API version.
    pub api_version: Option<String>,
    /// A twin or proxy on this machine.
    pub base_url: Option<Loopback>,
    /// Where it is defined.
    pub place: Place,
    /// Where its token stands.
    pub token_place: Option<Place>,
}

impl Connection {
    /// A connection of that name with nothing else.
    pub fn named(name: impl Into<String>) -> Connection {
        Connection {
            name: name.into(),
            token: None,
            region: None,
            api_version: None,
            base_url: None,
            place: Place::default(),
            token_place: None,
        }
    }
}

/// What to do with Intercom.
#[derive(Debug, Clone)]
pub struct Intercom {
    /// Whether `sync` includes it.
    pub enabled: bool,
    /// The connection it uses, where the file says so or implies it.
    pub connection: Option<String>,
    /// Exactly these resources; all default ones where absent.
    pub resources: Option<Vec<String>>,
    /// Which way records flow between Intercom and Brevo.
    pub direction: Option<Direction>,
    /// Brevo list ids by rule: `all_users`, `active_conversations`, `leads`.
    pub lists: Vec<(String, u64)>,
    /// Fields of a contact and where they go.
    pub field_mapping: Vec<Mapping>,
    /// Tags that become list membership or an attribute.
    pub tags: Vec<TagRule>,
    /// What happens to contacts without an e-mail address.
    pub no_email: NoEmail,
    /// Country of phone numbers without a country code, two letters.
    pub default_country: Option<String>,
    /// What happens to companies.
    pub companies: Option<Companies>,
    /// Log requests and answers, without secrets and personal data.
    pub debug: bool,
    /// Log from this level upwards.
    pub log_level: Option<LogLevel>,
    /// Keep webhook bodies, redacted.
    pub log_webhooks: bool,
}

impl Default for Intercom {
    fn default() -> Intercom {
        Intercom {
            enabled: true,
            connection: None,
            resources: None,
            direction: None,
            lists: Vec::new(),
            field_mapping: Vec::new(),
            tags: Vec::new(),
            no_email: NoEmail::Skip,
            default_country: None,
            companies: None,
            debug: false,
            log_level: None,
            log_webhooks: false,
        }
    }
}

impl Intercom {
    /// `log_level`, else what `debug` implies.
    pub fn effective_log_level(&self) -> Option<LogLevel> {
        self.log_level.or(self.debug.then_some(LogLevel::Debug))
    }
}

/// Brevo, parsed and kept for the version that speaks to it.
#[derive(Clone)]
pub struct Brevo {
    /// Whether `sync` includes it.
    pub enabled: bool,
    /// The API key.
    pub api_key: Option<SecretString>,
    /// A twin or proxy on this machine.
    pub base_url: Option<Loopback>,
}

/// One field and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The Intercom field, such as `company.name` or `custom_attributes.plan_tier`.
    pub from: String,
    /// The Brevo attribute.
    pub to: String,
    /// Which way it flows, where it differs from the connector's.
    pub direction: Option<Direction>,
    /// Who wins when both sides changed.
    pub conflict: Conflict,
    /// How the value is rewritten on the way.
    pub transform: Option<Transform>,
}

/// What a tag of Intercom becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRule {
    /// The tag's name.
    pub tag: String,
    /// Membership of this Brevo list.
    pub list: Option<u64>,
    /// This boolean Brevo attribute.
    pub attribute: Option<String>,
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] #[value(name = $text)] $variant,)*
        }
        impl $name {
            /// Every choice with its name in the configuration.
            pub const CHOICES: &'static [(&'static str, $name)] = &[$(($text, $name::$variant)),*];
            /// Its name in the configuration.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
            /// The choice of that name, in any case.
            pub fn find(name: &str) -> Option<$name> {
                Self::CHOICES.iter().find(|(text, _)| text.eq_ignore_ascii_case(name)).map(|(_, choice)| *choice)
            }
        }
    };
}

choices! {
    /// Where a workspace lives.
    Region {
        /// United States (the default)
        Us = "us",
        /// Europe
        Eu = "eu",
        /// Australia
        Au = "au",
    }
}

choices! {
    /// Which way records flow between Intercom and Brevo.
    Direction {
        /// From Intercom to Brevo.
        IntercomToBrevo = "intercom_to_brevo",
        /// From Brevo to Intercom.
        BrevoToIntercom = "brevo_to_intercom",
        /// Both ways.
        Bidirectional = "bidirectional",
    }
}

choices! {
    /// Who wins when both sides changed the same field.
    Conflict {
        /// Intercom's value.
        Intercom = "intercom",
        /// Brevo's value.
        Brevo = "brevo",
        /// The value that changed last.
        Newest = "newest",
        /// Nobody, until a person chooses.
        Manual = "manual",
    }
}

choices! {
    /// How a value is rewritten on its way.
    Transform {
        /// All letters small.
        Lowercase = "lowercase",
        /// All letters large.
        Uppercase = "uppercase",
        /// Without spaces at either end.
        Trim = "trim",
        /// As text, whatever it was.
        Text = "text",
        /// As a number.
        Number = "number",
        /// As a day.
        Date = "date",
        /// As true or false.
        Boolean = "boolean",
    }
}

choices! {
    /// What happens to contacts without an e-mail address.
    NoEmail {
        /// They are skipped and counted.
        Skip = "skip",
        /// They are identified by their Intercom id.
        ExtId = "ext_id",
    }
}

choices! {
    /// What happens to companies.
    Companies {
        /// Nothing.
        Off = "off",
        /// Their fields become attributes of the contact.
        Attributes = "attributes",
        /// They become companies in Brevo as well.
        Objects = "objects",
    }
}

choices! {
    /// From which level the log is written.
    LogLevel {
        /// Failures
        Error = "error",
        /// Also what should be looked at (the default)
        Warn = "warn",
        /// Also what happens
        Info = "info",
        /// Also requests, without bodies
        Debug = "debug",
        /// The same as debug
        Verbose = "verbose",
        /// Everything but secrets
        Trace = "trace",
    }
}

impl LogLevel {
    /// The level as the log's own filter names it.
    pub const fn filter(self) -> &'static str {
        match self {
            LogLevel::Verbose => "debug",
            other => other.name(),
        }
    }
}
