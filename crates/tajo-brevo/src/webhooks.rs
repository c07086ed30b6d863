//! Webhooks: who is told what.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json as value;
use tajo_core::Result;
use tajo_core::rest::Request;

use crate::client::{Brevo, found, json};

/// What a webhook is about. Brevo lists transactional ones unless told otherwise, so the kind is always said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookKind {
    /// Contacts and campaigns.
    Marketing,
    /// Single e-mails.
    Transactional,
    /// E-mails received.
    Inbound,
}

impl WebhookKind {
    const fn word(self) -> &'static str {
        match self {
            WebhookKind::Marketing => "marketing",
            WebhookKind::Transactional => "transactional",
            WebhookKind::Inbound => "inbound",
        }
    }
}

/// A webhook of the account.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: u64,
    /// Where it calls. May hold a user name and password.
    pub url: String,
    /// What about, in camel case: `contactUpdated`.
    #[serde(default)]
    pub events: Vec<String>,
    /// What it is for, in its owner's words.
    #[serde(default)]
    pub description: String,
    /// Whether several events come in one call.
    #[serde(default)]
    pub batched: bool,
}

/// Without the URL.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({}, {:?})", self.id, self.events)
    }
}

/// A webhook to create.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Where to call.
    pub url: String,
    /// What it is about.
    pub kind: WebhookKind,
    /// Its events, in camel case: `contactUpdated`.
    pub events: Vec<String>,
    /// What it is for.
    pub description: String,
    /// Whether to send several events in one call, every five minutes.
    pub batched: bool,
    /// What it shows as a bearer token; there is no signature.
    pub token: Option<SecretString>,
}

impl Brevo {
    /// All webhooks of one kind.
    pub async fn webhooks(&self, kind: WebhookKind) -> Result<Vec<Webhook>> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            webhooks: Vec<Webhook>,
        }
        let path = format!("/webhooks?type={}&sort=asc", kind.word());
        // An account without any may answer 404.
        let body: Option<Body> = found(self.fetch(Request::get(path), "the webhooks").await)?;
        Ok(body.map(|body| body.webhooks).unwrap_or_default())
    }

    /// Creates a webhook and says its id. Not repeated after a fault; an account has 40 at most.
    pub async fn create_webhook(&self, webhook: &NewWebhook) -> Result<u64> {
        #[derive(Deserialize)]
        struct New {
            id: u64,
        }
        let mut body = value!({
            "url": webhook.url,
            "type": webhook.kind.word(),
            "events": webhook.events,
            "description": webhook.description,
            "batched": webhook.batched,
        });
        if let Some(token) = &webhook.token {
            body["auth"] = value!({"type": "bearer", "token": token.expose_secret()});
        }
        let New { id } = self.fetch(Request::post("/webhooks", json(&body)?), "the id of a new webhook").await?;
        Ok(id)
    }

    /// Deletes a webhook; `false` where it was gone already.
    pub async fn delete_webhook(&self, id: u64) -> Result<bool> {
        Ok(found(self.tell(Request::delete(format!("/webhooks/{id}"))).await)?.is_some())
    }
}
