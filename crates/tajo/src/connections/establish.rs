//! A new connection: the platform is asked who it is, then it is stored. Nothing is stored before that.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tajo_brevo::{Auth, Brevo};
use tajo_core::rest::{Limits, Transport, Wire, WireOptions};
use tajo_core::{Error, Result, codes};
use tajo_intercom::{Intercom, Me, Region, Version};
use tajo_state::Stored;

use super::vault::{Vault, field};
use super::{BREVO, INTERCOM, fit_name, hub, kind};
use crate::config::{Loopback, Settings, masked};
use crate::surface::cli::scrub;

/// Longer credentials are none.
const CREDENTIAL_MAX: usize = 4096;

/// What a new connection stands on.
#[derive(Clone)]
pub struct Ground {
    /// Where it is kept.
    pub vault: Vault,
    /// How platforms are reached.
    pub via: Arc<dyn Transport>,
    /// A twin or proxy on this machine in Intercom's place.
    pub base_url: Option<String>,
    /// The same for Brevo.
    pub brevo_url: Option<String>,
    /// The API version where none is asked for.
    pub version: String,
    settings: Arc<Settings>,
}

/// Which connection is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Its name.
    pub name: String,
    /// The region, where the caller knows it.
    pub region: Option<Region>,
    /// The API version, where it is to be pinned.
    pub api_version: Option<String>,
}

/// What was found and stored.
#[derive(Debug, Clone)]
pub struct Connected {
    /// Its name.
    pub connection: String,
    /// `intercom` or `brevo`.
    pub platform: &'static str,
    /// How it was made.
    pub kind: &'static str,
    /// What the workspace or account is called.
    pub workspace: String,
    /// The platform's id of it.
    pub workspace_id: Option<String>,
    /// Where it lives, for Intercom.
    pub region: Option<Region>,
    /// Its timezone.
    pub timezone: Option<String>,
    /// The API version in use, for Intercom.
    pub api_version: Option<String>,
    /// The credential as it may be shown.
    pub hint: String,
    /// The file of a key that had to be made for this.
    pub key_made: Option<PathBuf>,
}

impl Ground {
    /// Over the network, as the settings describe it; made of settings that choose no connection.
    pub fn of(settings: Settings) -> Result<Ground> {
        let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
        let refused = |why| Error::new(&codes::CFG_ORIGIN, format!("TAJO_BREVO_BASE_URL does not point at this machine: {why}"));
        let there = settings.config.brevo.as_ref().and_then(|brevo| brevo.base_url.clone());
        let from_env = || settings.brevo_url.as_deref().map(Loopback::parse_brevo).transpose().map_err(refused);
        let brevo_url = match there {
            Some(url) => Some(url),
            None => from_env()?,
        };
        let base_url = settings.connection.base_url.as_ref().map(|url| url.as_str().to_owned());
        Ok(Ground {
            vault: settings.vault.clone(),
            via: Arc::new(wire),
            base_url,
            brevo_url: brevo_url.map(|url| url.as_str().to_owned()),
            version: settings.api_version.clone(),
            settings: Arc::new(settings),
        })
    }
    /// The same, with platforms reached by other means.
    pub fn by(self, via: Arc<dyn Transport>) -> Ground {
        Ground { via, ..self }
    }
    /// The settings beneath.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// Whether such a connection could be stored at all; said before anybody is asked anything.
    pub fn admit(&self, wish: &Wish) -> Result<()> {
        fit_name(&wish.name)?;
        if let Some(version) = &wish.api_version {
            version.parse::<Version>()?;
        }
        let config = &self.settings.config;
        let there = config.connections.iter().find(|there| there.name == wish.name && there.token_place.is_some());
        let Some(there) = there else { return Ok(()) };
        let place = format!("{}:{}:{}", config.path, there.place.line, there.place.column);
        let what = format!("The connection `{}` is defined in the configuration, with its token", wish.name);
        Err(Error::new(&codes::CFG_TWICE, what)
            .note("configuration", place)
            .help("Choose another name with `--name`, or remove its `access_token` from the configuration."))
    }
    /// What the configuration says of a connection whose token it does not hold.
    fn joined(&self, wish: &Wish) -> (Option<Region>, Option<String>, Option<String>) {
        let there = self.settings.config.connections.iter().find(|there| there.name == wish.name);
        let region = there.and_then(|there| there.region).and_then(|region| region.name().parse().ok());
        let version = there.and_then(|there| there.api_version.clone());
        let url = there.and_then(|there| there.base_url.as_ref()).map(|url| url.as_str().to_owned());
        (wish.region.or(region), wish.api_version.clone().or(version), url.or_else(|| self.base_url.clone()))
    }
    /// Refuses to put another workspace under a name whose tables and state belong to one.
    fn same_workspace(&self, name: &str, platform: &str, id: Option<&str>) -> Result<()> {
        let Some(there) = self.vault.find(name)? else { return Ok(()) };
        if there.platform == platform && (there.workspace_id.as_deref() == id || id.is_none()) {
            return Ok(());
        }
        let to = there.workspace.as_deref().unwrap_or(&there.platform);
        Err(Error::new(&codes::USAGE, format!("The connection `{name}` leads to another workspace already: {to}"))
            .help("Give this one a name of its own with `--name`, or `tajo connectors disconnect` the other one first."))
    }
}

/// A credential without the line end that copying adds; refused where it has what no credential has.
pub fn credential(text: &str) -> Result<SecretString> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::new(&codes::AUTH_NONE, "No token was given"));
    }
    if text.len() > CREDENTIAL_MAX || text.chars().any(|c| !c.is_ascii_graphic()) {
        return Err(Error::new(&codes::AUTH_TOKEN, "That cannot be a token: it has a space or a character that no token has")
            .help("Copy the token again, without quotes or line breaks."));
    }
    let secret = SecretString::from(text);
    // From here on it stands in no log and no message, whoever repeats it.
    scrub::register(&secret);
    Ok(secret)
}

/// Connects a workspace of Intercom. `also` is sealed beside the token.
pub async fn intercom(
    ground: &Ground,
    wish: &Wish,
    kind: &'static str,
    token: SecretString,
    also: Vec<(&'static str, SecretString)>,
) -> Result<Connected> {
    ground.admit(wish)?;
    let (wanted, version, base_url) = ground.joined(wish);
    let pinned: Version = version.as_deref().unwrap_or(&ground.version).parse()?;
    let (me, region) = whose(ground, &token, wanted, pinned, base_url.as_deref()).await?;
    ground.same_workspace(&wish.name, INTERCOM, Some(&me.id_code))?;
    let hint = masked(&token);
    let stored = Stored {
        name: wish.name.clone(),
        platform: INTERCOM.into(),
        kind: kind.into(),
        region: Some(region.name().into()),
        api_version: wish.api_version.clone(),
        workspace_id: Some(me.id_code.clone()),
        workspace: Some(me.name.clone()),
        hint: hint.clone(),
        connected_at: now(),
        sealed: Vec::new(),
    };
    let secrets: Vec<_> = std::iter::once((field::ACCESS_TOKEN, token)).chain(also).collect();
    let key_made = ground.vault.put(stored, &secrets)?;
    tracing::info!(connection = wish.name, region = region.name(), kind, "connected");
    Ok(Connected {
        connection: wish.name.clone(),
        platform: INTERCOM,
        kind,
        workspace: me.name,
        workspace_id: Some(me.id_code),
        region: Some(region),
        timezone: me.timezone,
        api_version: Some(pinned.to_string()),
        hint,
        key_made,
    })
}

/// Whose token it is, and in which region: the one asked for, or the one where it is known.
async fn whose(
    ground: &Ground,
    token: &SecretString,
    wanted: Option<Region>,
    version: Version,
    base_url: Option<&str>,
) -> Result<(Me, Region)> {
    let candidates: &[Region] = match (&wanted, base_url) {
        (Some(region), _) => std::slice::from_ref(region),
        // One host stands for all of them.
        (None, Some(_)) => &Region::ALL[..1],
        (None, None) => &Region::ALL,
    };
    let mut refused = None;
    for region in candidates {
        let intercom = Intercom::new(Arc::clone(&ground.via), token.clone(), *region, version, base_url, Limits::default())?;
        match intercom.me().await {
            Ok(me) => {
                let lives = me.region.unwrap_or(*region);
                if wanted.is_some_and(|wanted| wanted != lives) {
                    let what = format!("The workspace lives in region {lives}, not in {region}; nothing was stored");
                    return Err(Error::new(&codes::CFG_REGION, what).help(format!("Use `--region {lives}`, or leave it out.")));
                }
                return Ok((me, lives));
            }
            // Elsewhere it may be known: the first refusal is told if it is not.
            Err(error) if [&codes::AUTH_TOKEN, &codes::CFG_REGION].contains(&error.code()) => refused = refused.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    Err(match refused {
        Some(error) if error.code() == &codes::AUTH_TOKEN => error.help(hub::TOKEN_HELP),
        Some(error) => error,
        None => Error::new(&codes::BUG, "No region was asked"),
    })
}

/// Connects an account of Brevo.
pub async fn brevo(ground: &Ground, name: &str, key: SecretString) -> Result<Connected> {
    fit_name(name)?;
    let brevo = Brevo::new(Arc::clone(&ground.via), Auth::Key(key.clone()), ground.brevo_url.as_deref(), Limits::default())?;
    let account = brevo.account().await?;
    ground.same_workspace(name, BREVO, account.organization.as_deref())?;
    let hint = masked(&key);
    let stored = Stored {
        name: name.to_owned(),
        platform: BREVO.into(),
        kind: kind::API_KEY.into(),
        region: None,
        api_version: None,
        workspace_id: account.organization.clone(),
        workspace: Some(account.company.clone()),
        hint: hint.clone(),
        connected_at: now(),
        sealed: Vec::new(),
    };
    let key_made = ground.vault.put(stored, &[(field::API_KEY, key)])?;
    Ok(Connected {
        connection: name.to_owned(),
        platform: BREVO,
        kind: kind::API_KEY,
        workspace: account.company,
        workspace_id: account.organization,
        region: None,
        timezone: account.timezone,
        api_version: None,
        hint,
        key_made,
    })
}

/// What is sealed beside an OAuth token, where a server sent it.
pub(super) fn beside(grant: &tajo_intercom::oauth::Grant) -> Vec<(&'static str, SecretString)> {
    let refresh = grant.refresh_token.iter().map(|token| (field::REFRESH_TOKEN, token.clone()));
    let expires = grant.expires_in.iter().map(|secs| (field::EXPIRES_IN, secs.to_string().into()));
    refresh.chain(expires).filter(|(_, secret)| !secret.expose_secret().is_empty()).collect()
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}
