//! The normal form: one shape, however the file was written.

use secrecy::SecretString;

pub use super::choices::{
    Companies, CompanyRule, Conflict, Direction, Engagement, FactGroup, LogLevel, NewInIntercom, NoEmail, RatePreset, Region,
    Transform,
};
use super::destination::Destination;
use super::every::Every;
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
    /// Whether Brevo's key is the environment's, not the file's.
    pub(super) brevo_key_from_environment: bool,
}

impl Config {
    /// What is in force without a file: one connection, `intercom`, with the token of the environment.
    pub fn from_environment(env: &dyn Fn(&str) -> Option<String>) -> Config {
        let mut config = Config { connections: vec![Connection::named("intercom")], ..Config::default() };
        config.fill_tokens(env);
        config
    }
    /// Gives the environment's token to every connection that has none of its own, and its key to Brevo where wanted.
    pub fn fill_tokens(&mut self, env: &dyn Fn(&str) -> Option<String>) {
        self.fill_brevo_key(env);
        for connection in self.connections.iter_mut().filter(|connection| connection.token.is_none()) {
            connection.token = env("INTERCOM_ACCESS_TOKEN").map(|token| token.trim().into());
        }
    }
    /// Gives the environment's API key to Brevo where Brevo is wanted and has no key of its own.
    pub(super) fn fill_brevo_key(&mut self, env: &dyn Fn(&str) -> Option<String>) {
        if !self.brevo_wanted() {
            return;
        }
        let brevo = self.brevo.get_or_insert(Brevo { enabled: true, api_key: None, app: None, base_url: None });
        if brevo.api_key.is_none() && brevo.app.is_none() {
            let key = env("BREVO_API_KEY").map(|key| key.trim().to_string()).filter(|key| !key.is_empty());
            brevo.api_key = key.map(Into::into);
            self.brevo_key_from_environment = brevo.api_key.is_some();
        }
    }
    /// Whether Brevo's key is the environment's.
    pub fn has_brevo_key_from_environment(&self) -> bool {
        self.brevo_key_from_environment
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
        let brevo =
            self.brevo.iter().flat_map(|brevo| brevo.api_key.iter().chain(brevo.app.iter().map(|app| &app.client_secret)));
        let own = self.connections.iter().flat_map(|connection| connection.token.iter().chain(&connection.client_secret));
        own.chain(brevo)
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
    /// Of the app that asks people by OAuth.
    pub client_id: Option<String>,
    /// The app's secret: for OAuth, and for the signatures of its webhooks.
    pub client_secret: Option<SecretString>,
    /// Whether its token is kept in the store, see [`crate::connections`].
    pub stored: bool,
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
            client_id: None,
            client_secret: None,
            stored: false,
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
    /// Brevo lists that are kept exact, by rule.
    pub lists: Vec<ListRule>,
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
    /// Which company speaks for a contact that has several.
    pub company: CompanyRule,
    /// Facts that become attributes; empty for none, absent for all where conversations are synced.
    pub facts: Option<Vec<FactGroup>>,
    /// What a contact that Brevo alone has becomes in Intercom.
    pub new_in_intercom: NewInIntercom,
    /// What becomes of e-mails opened and clicked in Brevo; events where both ways are open, unless said.
    pub engagement: Option<Engagement>,
    /// Requests to Intercom in ten seconds at most, below Intercom's own limit.
    pub rate_limit: Option<u32>,
    /// Searches in Intercom in one second at most.
    pub search_rate_limit: Option<u32>,
    /// While the program serves, each connection is synced this often.
    pub sync_every: Option<Every>,
    /// Limits on how much one run may change.
    pub brakes: BrakeLimits,
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
            company: CompanyRule::Newest,
            facts: None,
            new_in_intercom: NewInIntercom::Lead,
            engagement: None,
            rate_limit: None,
            search_rate_limit: None,
            sync_every: None,
            brakes: BrakeLimits::default(),
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
    /// Whether `sync` reads this resource; all are read where nothing is said.
    pub fn syncs(&self, resource: &str) -> bool {
        self.resources.as_ref().is_none_or(|names| names.iter().any(|name| name == resource))
    }
    /// Whether what happened to Brevo's e-mails becomes events in Intercom.
    pub fn sends_engagement(&self, direction: Direction) -> bool {
        match self.engagement {
            Some(wish) => wish == Engagement::Events && direction != Direction::IntercomToBrevo,
            None => direction == Direction::Bidirectional,
        }
    }
    /// The facts in force.
    pub fn facts(&self) -> Vec<FactGroup> {
        match &self.facts {
            Some(groups) => groups.clone(),
            None if self.syncs("conversations") => FactGroup::CHOICES.iter().map(|(_, group)| *group).collect(),
            None => Vec::new(),
        }
    }
}

/// Brevo.
#[derive(Clone)]
pub struct Brevo {
    /// Whether `sync` includes it.
    pub enabled: bool,
    /// The API key.
    pub api_key: Option<SecretString>,
    /// The OAuth app that takes the key's place.
    pub app: Option<BrevoApp>,
    /// A twin or proxy on this machine; ends in `/v3`.
    pub base_url: Option<Loopback>,
}

/// An OAuth app of Brevo, of type M2M.
#[derive(Clone)]
pub struct BrevoApp {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// A Brevo list that is kept exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRule {
    /// Who belongs to it: `all_users`, `active_conversations` or `leads`.
    pub rule: String,
    /// Brevo's id of the list.
    pub id: u64,
    /// Where the rule stands.
    pub place: Place,
}

/// Limits on how much one run may change, percent of the records that both sides have.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BrakeLimits {
    /// Records that change.
    pub changed_percent: Option<f64>,
    /// Records in which one field is emptied.
    pub blanked_percent: Option<f64>,
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
    /// What stands between the parts of a list, for `join` and `first`.
    pub separator: Option<String>,
    /// Values of Intercom and what they become, for `map`: all true or false, all numbers, or all text.
    pub values: Vec<(String, serde_json::Value)>,
    /// Where it stands.
    pub place: Place,
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
    /// Where the rule stands.
    pub place: Place,
}
