//! The program as something that can be asked: from a request to a platform's client, and back with the answer.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use tajo_core::action::checked;
use tajo_core::trip::Trip;
use tajo_core::{Call, Effect, Error, Result, codes};
use tajo_intercom::Intercom;

use super::{Entry, On, entries, once};
use crate::config::{Settings, nearest};
use crate::connect;
use crate::connections::oauth::Door;

/// What is asked for.
#[derive(Clone, Default)]
pub struct Ask {
    /// The action: its id, its alias, or its name.
    pub action: String,
    /// Its input, a JSON object.
    pub input: Value,
    /// On which connection, where there are several.
    pub connection: Option<String>,
    /// Whether it may take away what cannot be brought back.
    pub allow_destructive: bool,
    /// Whether to send again what may have been carried out.
    pub resend: bool,
    /// The caller's own name for this very request: asked twice under one name, it is carried out once.
    pub key: Option<String>,
    /// Who asks, for the journal.
    pub by: String,
}

/// Without the input, which may hold a token.
impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ask({} on {:?} by {})", self.action, self.connection, self.by)
    }
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The answer.
    pub result: Value,
    /// What has to be said beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Whether an earlier attempt had carried it out already, so that nothing was sent now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
}

/// What an action of the product's own is asked of.
pub struct Session {
    /// The program.
    pub app: Arc<App>,
    /// On which connection, where there are several.
    pub connection: Option<String>,
    /// Who asks.
    pub by: String,
}

type Resolve = dyn Fn(Option<&str>) -> Result<Settings> + Send + Sync;

/// The program, for as many requests as come. Each connection has a client of its own, and with it a rate budget.
pub struct App {
    resolve: Box<Resolve>,
    entries: Vec<Entry>,
    clients: Mutex<HashMap<String, (String, Intercom)>>,
    door: OnceLock<Door>,
    trip: Trip,
}

impl App {
    /// A program whose settings come from `resolve`, asked anew for each request by the name of the connection.
    pub fn new(resolve: impl Fn(Option<&str>) -> Result<Settings> + Send + Sync + 'static) -> App {
        App {
            resolve: Box::new(resolve),
            entries: entries(),
            clients: Mutex::default(),
            door: OnceLock::new(),
            trip: Trip::from_env(),
        }
    }
    /// With one more action, which then is on every surface.
    pub fn with(mut self, entry: Entry) -> App {
        self.entries.push(entry);
        self
    }
    /// With failpoints, for kill tests.
    pub fn tripping(mut self, trip: Trip) -> App {
        self.trip = trip;
        self
    }
    /// With pages on which people connect workspaces of their own: a server has them. Only the first counts.
    pub fn open_door(&self, door: Door) {
        let _ = self.door.set(door);
    }
    /// The pages on which people connect workspaces, where this is a server.
    pub fn door(&self) -> Option<&Door> {
        self.door.get()
    }
    /// Every action.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// The settings in force for a connection.
    pub fn settings(&self, connection: Option<&str>) -> Result<Settings> {
        (self.resolve)(connection)
    }
    /// The action of that id, alias or name; [`codes::ACTION`] with near ones where there is none.
    pub fn find(&self, name: &str) -> Result<&Entry> {
        let plain = name.trim().replace('-', "_");
        let bare = plain.strip_prefix("intercom.").or_else(|| plain.strip_prefix("tajo.")).unwrap_or(&plain);
        let named = |entry: &&Entry| entry.facts.name == bare || entry.facts.alias == bare;
        let platform = plain.split_once('.').map(|(first, _)| first).filter(|first| ["intercom", "tajo"].contains(first));
        let fits = |entry: &&Entry| platform.is_none_or(|platform| entry.platform() == platform);
        if let Some(entry) = self.entries.iter().find(|entry| named(entry) && fits(entry)) {
            return Ok(entry);
        }
        let known: Vec<&str> = self.entries.iter().flat_map(|entry| [entry.facts.name, entry.facts.alias]).collect();
        let near: Vec<String> = nearest(bare, &known).into_iter().map(|name| format!("`{name}`")).collect();
        let error = Error::new(&codes::ACTION, format!("There is no action `{name}`"));
        Err(match near.is_empty() {
            true => error,
            false => error.help(format!("Did you mean {}? `tajo actions list` shows all.", near.join(" or "))),
        })
    }
    /// What the action would do with this input.
    pub fn effect(&self, entry: &Entry, input: &Value) -> Effect {
        entry.facts.effect_of(input)
    }
    /// The client of a connection. The next request gets the same one, as long as token, region and version stay.
    pub fn intercom(&self, settings: &Settings) -> Result<Intercom> {
        let token = settings.token()?.expose_secret();
        let base = settings.connection.base_url.as_ref().map(|url| url.as_str()).unwrap_or_default();
        let ground = format!("{token}\n{}\n{}\n{base}", settings.region.name(), settings.api_version);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((same, client)) = clients.get(&settings.connection.name)
            && *same == ground
        {
            return Ok(client.clone());
        }
        let client = connect::intercom(settings)?;
        clients.insert(settings.connection.name.clone(), (ground, client.clone()));
        Ok(client)
    }

    /// Runs an action: the only way, whatever the surface. The input is held against its schema first; what destroys
    /// needs leave ([`codes::STA_DESTRUCTIVE`]); what may not be sent twice is noted before it leaves.
    pub async fn run(self: &Arc<App>, ask: Ask) -> Result<Outcome> {
        let entry = self.find(&ask.action)?;
        let input = checked(&entry.facts, ask.input.clone())?;
        let effect = self.effect(entry, &input);
        if effect == Effect::Destroy && !ask.allow_destructive {
            let what = format!("{} takes away what cannot be brought back; nothing was sent", entry.id());
            return Err(Error::new(&codes::STA_DESTRUCTIVE, what));
        }
        tracing::info!(action = entry.facts.name, effect = effect.word(), "action");
        match entry.on {
            On::Session(command) => {
                let session = Session { app: Arc::clone(self), connection: ask.connection, by: ask.by };
                let call = Call::new(&session);
                let result = command.run(&call, input).await?;
                Ok(Outcome { result, warnings: call.warnings(), found: false })
            }
            On::Intercom(command) => {
                let settings = self.settings(ask.connection.as_deref())?;
                let intercom = self.intercom(&settings)?;
                if !effect.repeats() {
                    return Box::pin(once::run(&self.trip, &settings, &intercom, command, input, &ask)).await;
                }
                let call = Call::new(&intercom);
                let result = command.run(&call, input).await?;
                Ok(Outcome { result, warnings: call.warnings(), found: false })
            }
        }
    }
}
