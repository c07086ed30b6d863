//! `POST /webhooks/intercom`: verified over the raw bytes, kept, answered. Nothing of it is believed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use tajo_core::{Error, codes};
use tajo_intercom::webhook;

use super::Server;
use super::ask::read;
use super::refusal::Refusal;
use crate::actions::Ask;

/// After this time the sender may come again, in seconds.
const AGAIN_SECS: u64 = 60;
/// The topic of notices that name none, such as those of an uninstalled app.
const UNNAMED: &str = "notice";

/// Which connection a notification is for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct For {
    connection: Option<String>,
}

/// `HEAD`: Intercom looks whether the address is there.
pub async fn trial() -> StatusCode {
    StatusCode::OK
}

/// `POST`.
pub async fn intercom(
    State(server): State<Arc<Server>>,
    Query(For { connection }): Query<For>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let raw = read(&headers, body).await?;
    let unsigned = || {
        let error = Error::new(&codes::SEC_KEY, "The notification is not signed by the app of this connection");
        Refusal::with(StatusCode::UNAUTHORIZED, error.help("Compare the client secret with that of the app in Developer Hub."))
    };
    // An unknown connection looks like a wrong signature: whoever asks has shown nothing yet.
    let settings = server.app.settings(connection.as_deref()).map_err(|_| unsigned())?;
    let Some(secret) = (server.secret)(&settings) else {
        tracing::warn!("a notification cannot be verified: there is no client secret");
        let error = Error::new(&codes::CFG_MISSING, "Notifications cannot be verified: there is no client secret");
        let error = error.help("Set INTERCOM_CLIENT_SECRET and start again.");
        return Err(Refusal::with(StatusCode::SERVICE_UNAVAILABLE, error).wait(AGAIN_SECS));
    };
    let signature = webhook::signature(&headers).ok_or_else(unsigned)?;
    if !webhook::verify(secret.expose_secret(), &raw, signature) {
        return Err(unsigned());
    }
    let notice: Value = serde_json::from_slice(&raw)
        .map_err(|_| Refusal::from(Error::new(&codes::INPUT, "The notification is signed, but not JSON")))?;
    let topic = notice["topic"].as_str().unwrap_or(UNNAMED);
    let input = json!({
        "connector": "intercom", "topic": topic, "data": notice["data"], "id": notice["id"].as_str(),
        "app_id": notice["app_id"].as_str(),
    });
    let ask = Ask {
        action: "connectors.handle_webhook".into(),
        input,
        connection: Some(settings.connection.name),
        by: "webhook".into(),
        ..Ask::default()
    };
    match server.app.run(ask).await {
        Ok(outcome) => Ok(axum::Json(outcome.result).into_response()),
        Err(error) if error.code() == &codes::INPUT => Err(error.into()),
        Err(error) => Err(Refusal::with(StatusCode::SERVICE_UNAVAILABLE, error).wait(AGAIN_SECS)),
    }
}
