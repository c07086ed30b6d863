//! A new connection, stored.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Error, Result, codes};
use tajo_intercom::Region;
use tajo_intercom::oauth::OauthApp;

use super::Session;
use crate::config::{Connection, Settings};
use crate::connections::oauth::{Door, Plan};
use crate::connections::{BREVO, Connected, Ground, INTERCOM, Wish, establish, field, kind};

/// Connect a workspace of Intercom or an account of Brevo: the credential is checked, sealed and stored, and cannot be read
/// back. With `oauth` the answer is an address where a person allows it.
#[derive(Deserialize, JsonSchema)]
pub struct Connect {
    /// What to connect.
    pub connector: Connector,
    /// What to call the connection; the connector's name where absent.
    pub name: Option<String>,
    /// Intercom's access token.
    pub access_token: Option<String>,
    /// Brevo's API key, where Brevo is connected.
    pub api_key: Option<String>,
    /// Brevo's API key, to be stored as the connection `brevo` in the same step.
    pub brevo_api_key: Option<String>,
    /// Region of the workspace; found out where absent.
    pub region: Option<InRegion>,
    /// Version of Intercom's API to pin, such as 2.14.
    pub api_version: Option<String>,
    /// Whether to let a person allow it in Intercom (public apps). Needs `tajo serve`.
    pub oauth: Option<bool>,
    /// The app's client id, for OAuth; the configuration's where absent.
    pub client_id: Option<String>,
    /// The app's client secret, for OAuth and for the signatures of webhooks; the configuration's where absent.
    pub client_secret: Option<String>,
}

/// A platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connector {
    /// Intercom.
    Intercom,
    /// Brevo.
    Brevo,
}

/// Where a workspace lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InRegion {
    /// United States.
    Us,
    /// European Union.
    Eu,
    /// Australia.
    Au,
}

/// What is connected now, or where a person allows it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Made {
    /// The name of the connection.
    pub connection: String,
    /// What the workspace or account is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The platform's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<String>,
    /// Where it lives, for Intercom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its timezone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The API version in use, for Intercom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// How it was made: `token`, `oauth` or `api_key`.
    pub kind: String,
    /// The credential as it may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The connection to Brevo that was made in the same step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brevo: Option<String>,
    /// With `oauth`: the address that a person opens, once, within ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_url: Option<String>,
    /// With `oauth`: what has to be registered with the app as its redirect URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
}

impl InRegion {
    fn region(self) -> Region {
        match self {
            InRegion::Us => Region::Us,
            InRegion::Eu => Region::Eu,
            InRegion::Au => Region::Au,
        }
    }
}

impl From<Connected> for Made {
    fn from(made: Connected) -> Made {
        Made {
            connection: made.connection,
            workspace: Some(made.workspace),
            workspace_id: made.workspace_id,
            region: made.region.map(|region| region.to_string()),
            timezone: made.timezone,
            api_version: made.api_version,
            kind: made.kind.into(),
            token: Some(made.hint),
            brevo: None,
            start_url: None,
            redirect_url: None,
        }
    }
}

/// The connection of the configuration that has the app's id and secret: the one of that name, else the only one.
pub(crate) fn registered<'s>(settings: &'s Settings, name: &str) -> Option<&'s Connection> {
    let only = match settings.config.connections.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    settings.config.connections.iter().find(|there| there.name == name).or(only)
}

/// The app's id and secret: what was given, else the configuration's.
pub(crate) fn app(settings: &Settings, name: &str, id: Option<String>, secret: Option<SecretString>) -> Result<OauthApp> {
    let there = registered(settings, name);
    let id = id.or_else(|| there.and_then(|there| there.client_id.clone())).filter(|id| !id.trim().is_empty());
    let secret = secret.or_else(|| there.and_then(|there| there.client_secret.clone()));
    let missing = |field: &'static str| {
        let what = format!("OAuth needs the app's {}", field.replace('_', " "));
        Error::new(&codes::INPUT, what).note("field", field).help(
            "Copy client id and client secret from Developer Hub > Your Apps > your app > Basic information \
             (https://app.intercom.com/a/apps/_/developer-hub) into INTERCOM_CLIENT_ID and INTERCOM_CLIENT_SECRET, or into the \
             keys `client_id` and `client_secret` of the connection.",
        )
    };
    Ok(OauthApp {
        client_id: id.ok_or_else(|| missing("client_id"))?.trim().to_owned(),
        client_secret: secret.ok_or_else(|| missing("client_secret"))?,
    })
}

impl Action for Connect {
    const NAME: &'static str = "connectors.connect";
    const ALIAS: &'static str = "connect_connector";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str =
        r#"{"connector": "intercom", "name": "acme", "access_token": "dG9rOmV4YW1wbGU=", "region": "eu"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[
        ("accessToken", "access_token"),
        ("apiKey", "api_key"),
        ("brevoApiKey", "brevo_api_key"),
        ("apiVersion", "api_version"),
        ("clientId", "client_id"),
        ("clientSecret", "client_secret"),
    ];
    const RARE: bool = true;
    type On = Session;
    type Out = Made;

    async fn run(self, call: &Call<'_, Session>) -> Result<Made> {
        let ground = Ground::of(call.on.app.settings(Some(Settings::ANY_CONNECTION))?)?;
        let usual = if self.connector == Connector::Brevo { BREVO } else { INTERCOM };
        let bound = call.on.connection.as_deref();
        let name = self.name.as_deref().or(bound).unwrap_or(usual).to_owned();
        if bound.is_some_and(|bound| bound != name || self.brevo_api_key.is_some()) {
            return Err(refused("name", "must be the connection that the caller is bound to"));
        }
        if self.connector == Connector::Brevo {
            let key = self.api_key.as_deref().or(self.access_token.as_deref());
            let key =
                establish::credential(key.ok_or_else(|| refused("api_key", "is missing: Brevo is connected with an API key"))?)?;
            return Ok(told(call, establish::brevo(&ground, &name, key).await?));
        }
        if self.api_key.is_some() {
            return Err(refused("api_key", "is Brevo's; Intercom takes `access_token`, and `brevo_api_key` beside it"));
        }
        let wish = Wish { name, region: self.region.map(InRegion::region), api_version: self.api_version.clone() };
        let brevo_key = self.brevo_api_key.as_deref().map(establish::credential).transpose()?;
        let secret = self.client_secret.as_deref().map(establish::credential).transpose()?;
        let mut made = match (self.oauth.unwrap_or(false), self.access_token.as_deref()) {
            (true, Some(_)) => return Err(refused("oauth", "and `access_token` exclude each other")),
            (true, None) => begin(call.on.app.door(), &ground, wish, self.client_id, secret)?,
            (false, None) => return Err(refused("access_token", "is missing; or set `oauth` to let a person allow it")),
            (false, Some(token)) => {
                let also = secret.into_iter().map(|secret| (field::CLIENT_SECRET, secret)).collect();
                let token = establish::credential(token)?;
                told(call, establish::intercom(&ground, &wish, kind::TOKEN, token, also).await?)
            }
        };
        if let Some(key) = brevo_key {
            made.brevo = Some(told(call, establish::brevo(&ground, BREVO, key).await?).connection);
        }
        Ok(made)
    }
}

/// Where a person allows it.
fn begin(door: Option<&Door>, ground: &Ground, wish: Wish, id: Option<String>, secret: Option<SecretString>) -> Result<Made> {
    let door = door.ok_or_else(|| {
        Error::new(&codes::SEC_OAUTH, "Nobody listens for Intercom's answer here")
            .help("Start `tajo serve`, or use `tajo connectors connect intercom --oauth`.")
    })?;
    let app = app(ground.settings(), &wish.name, id, secret)?;
    let connection = wish.name.clone();
    let redirect_uri = door.redirect_uri();
    let start_url = door.begin(Plan { wish, app, ground: ground.clone(), redirect_uri: redirect_uri.clone() })?;
    Ok(Made {
        connection,
        workspace: None,
        workspace_id: None,
        region: None,
        timezone: None,
        api_version: None,
        kind: kind::OAUTH.into(),
        token: None,
        brevo: None,
        start_url: Some(start_url),
        redirect_url: Some(redirect_uri),
    })
}

/// A key that had to be made is worth a word: without it, nothing stored can be opened.
fn told(call: &Call<'_, Session>, made: Connected) -> Made {
    if let Some(path) = &made.key_made {
        call.warn(key_made(path));
    }
    made.into()
}

/// What is said once about a key that was made here.
pub(crate) fn key_made(path: &std::path::Path) -> String {
    format!(
        "A key was made to seal stored secrets with: {}. Keep a copy apart from backups of the data; with TAJO_MASTER_KEY_FILE or \
         TAJO_MASTER_KEY_COMMAND it comes from elsewhere.",
        path.display()
    )
}
