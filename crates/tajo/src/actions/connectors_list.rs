//! What is connected, and from where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Result};
use tajo_state::Stored;

use super::Session;
use crate::config::{Config, Direction, Settings, masked};
use crate::connections::{BREVO, INTERCOM, kind};

/// List the platforms and their connections: those of the configuration, the stored ones, and the environment's. No
/// platform is asked.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {}

/// Platforms and connections.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The platforms.
    pub connectors: Vec<Platform>,
    /// The connections.
    pub connections: Vec<Connected>,
}

/// A platform.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Platform {
    /// `intercom` or `brevo`.
    pub name: String,
    /// Whether this version has it.
    pub available: bool,
    /// Whether a sync includes it.
    pub enabled: bool,
    /// The names of its connections.
    pub connections: Vec<String>,
    /// Which way records flow, for Brevo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// Whether the configuration switches it off.
    #[serde(skip)]
    pub is_off: bool,
}

/// A connection.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Connected {
    /// Its name.
    pub name: String,
    /// `intercom` or `brevo`.
    pub platform: String,
    /// Where it comes from: `configuration`, `store` or `environment`.
    pub from: String,
    /// How it was made: `token`, `oauth` or `api_key`.
    pub kind: String,
    /// The credential as it may be shown; absent where there is none.
    pub token: Option<String>,
    /// What the workspace or account is called, where it was asked.
    pub workspace: Option<String>,
    /// The platform's id of it.
    pub workspace_id: Option<String>,
    /// `us`, `eu` or `au`, for Intercom.
    pub region: Option<String>,
    /// The API version pinned for it.
    pub api_version: Option<String>,
    /// When it was made.
    pub connected_at: Option<String>,
    /// Where its rows go unless said otherwise, for Intercom.
    pub destination: Option<String>,
}

impl Action for List {
    const NAME: &'static str = "connectors.list";
    const ALIAS: &'static str = "list_connectors";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = "{}";
    type On = Session;
    type Out = Listed;

    async fn run(self, call: &Call<'_, Session>) -> Result<Listed> {
        let settings = call.on.app.settings(Some(Settings::ANY_CONNECTION))?;
        let stored = settings.vault.list()?;
        let mut listed = listed(&settings, &stored);
        // Whoever is bound to one connection learns of no other.
        if let Some(bound) = &call.on.connection {
            listed.connections.retain(|connection| connection.name == *bound);
            listed.connectors.iter_mut().for_each(|platform| platform.connections.retain(|name| name == bound));
        }
        Ok(listed)
    }
}

fn listed(settings: &Settings, stored: &[Stored]) -> Listed {
    let config = &settings.config;
    let mut connections: Vec<Connected> = Vec::new();
    for there in &config.connections {
        let kept = stored.iter().find(|s| s.name == there.name && s.platform == INTERCOM);
        let from = match (there.token_place, kept, settings.from_file, &there.token) {
            (Some(_), ..) => "configuration",
            (None, Some(_), ..) => continue,
            // The name of nobody's choice, without a token: there is nothing.
            (None, None, false, None) => continue,
            (None, None, _, Some(_)) => "environment",
            (None, None, true, None) => "configuration",
        };
        connections.push(Connected {
            region: Some(there.region.map_or("us", |region| region.name()).to_owned()),
            api_version: there.api_version.clone(),
            token: there.token.as_ref().map(masked),
            ..blank(&there.name, INTERCOM, from, kind::TOKEN)
        });
    }
    if let Some(key) = config.brevo.as_ref().and_then(|brevo| brevo.api_key.as_ref()) {
        let from = if config.has_brevo_key_from_environment() { "environment" } else { "configuration" };
        connections.push(Connected { token: Some(masked(key)), ..blank(BREVO, BREVO, from, kind::API_KEY) });
    }
    if let Some(app) = config.brevo.as_ref().and_then(|brevo| brevo.app.as_ref()) {
        let token = Some(masked(&app.client_secret));
        connections.push(Connected { token, ..blank(BREVO, BREVO, "configuration", kind::OAUTH) });
    }
    connections.extend(stored.iter().map(of_store));
    for connection in connections.iter_mut().filter(|connection| connection.platform == INTERCOM) {
        connection.destination = destination(settings, connection);
    }
    Listed { connectors: platforms(config, stored), connections }
}

fn destination(settings: &Settings, of: &Connected) -> Option<String> {
    let mut settings = settings.clone();
    settings.connection.name.clone_from(&of.name);
    settings.connection.stored = of.from == "store";
    settings.destination(None).ok().map(|to| to.url())
}

fn of_store(stored: &Stored) -> Connected {
    Connected {
        token: Some(stored.hint.clone()),
        workspace: stored.workspace.clone(),
        workspace_id: stored.workspace_id.clone(),
        region: stored.region.clone(),
        api_version: stored.api_version.clone(),
        connected_at: Some(stored.connected_at.clone()),
        ..blank(&stored.name, &stored.platform, "store", &stored.kind)
    }
}

fn blank(name: &str, platform: &str, from: &str, kind: &str) -> Connected {
    Connected {
        name: name.into(),
        platform: platform.into(),
        from: from.into(),
        kind: kind.into(),
        token: None,
        workspace: None,
        workspace_id: None,
        region: None,
        api_version: None,
        connected_at: None,
        destination: None,
    }
}

fn platforms(config: &Config, stored: &[Stored]) -> Vec<Platform> {
    let kept = |platform: &'static str| stored.iter().filter(move |s| s.platform == platform).map(|s| s.name.clone());
    let mut intercom: Vec<String> = match config.path.is_empty() {
        true => Vec::new(),
        false => config.connections.iter().map(|there| there.name.clone()).collect(),
    };
    for name in kept(INTERCOM) {
        if !intercom.contains(&name) {
            intercom.push(name);
        }
    }
    let with_brevo = config.brevo_wanted();
    let direction = config.intercom.direction.unwrap_or(Direction::IntercomToBrevo).name();
    vec![
        Platform {
            name: INTERCOM.into(),
            available: true,
            enabled: config.intercom.enabled,
            connections: intercom,
            direction: None,
            is_off: !config.intercom.enabled,
        },
        Platform {
            name: BREVO.into(),
            available: true,
            enabled: with_brevo,
            connections: kept(BREVO).collect(),
            direction: with_brevo.then(|| direction.to_owned()),
            is_off: config.brevo.as_ref().is_some_and(|brevo| !brevo.enabled),
        },
    ]
}
