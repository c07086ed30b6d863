//! Who is let in: `api-key`, or a bearer token of the client-credentials grant. Source: facts §2.

use std::collections::HashMap;

use http::HeaderMap;
use serde_json::{Value, json};

use super::account::By;
use super::ask::pairs;
use super::options::BrevoOptions;
use super::refusal::Refusal;

#[derive(Debug)]
struct Token {
    expires_ms: i64,
    /// Empty where none were asked for: all scopes of the app.
    scopes: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Access {
    tokens: HashMap<String, Token>,
    issued: u64,
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

/// `read` is `GET`, `write` everything else; one does not imply the other. Areas whose scopes were
/// not found in any source are open to every token.
fn scope(method: &str, path: &[String]) -> Option<String> {
    let area = match path.first().map(String::as_str)? {
        "contacts" => "contacts",
        "companies" | "crm" => "crm",
        "webhooks" => "webhooks",
        _ => return None,
    };
    Some(format!("{area}:{}", if method == "GET" { "read" } else { "write" }))
}

impl Access {
    /// Says as whom a request comes.
    pub(super) fn check(
        &self,
        options: &BrevoOptions,
        headers: &HeaderMap,
        method: &str,
        path: &[String],
        now_ms: i64,
    ) -> Result<By, Refusal> {
        if options.blocked_ip {
            let message = "We have detected you are using an unrecognised IP address 127.0.0.1. If you performed this action \
                           make sure to add the new IP address in this link: https://app.brevo.com/security/authorised_ips";
            return Err(Refusal::unauthorized(message));
        }
        let key = text(headers, "api-key");
        if !key.is_empty() {
            let fits = options.api_key.as_deref().is_none_or(|right| right == key);
            return if fits { Ok(By::Key) } else { Err(Refusal::unauthorized("Key not found")) };
        }
        let Some(bearer) = text(headers, "authorization").strip_prefix("Bearer ") else {
            return Err(Refusal::unauthorized("authentication not found in headers"));
        };
        let token = self.tokens.get(bearer).filter(|token| token.expires_ms > now_ms);
        let token = token.ok_or_else(|| Refusal::unauthorized("access token is invalid or expired"))?;
        match scope(method, path) {
            Some(scope) if !token.scopes.is_empty() && !token.scopes.contains(&scope) => {
                Err(Refusal::new(403, "permission_denied", format!("The token lacks the scope {scope}")))
            }
            _ => Ok(By::Token),
        }
    }

    /// The token endpoint: a form (or JSON) in, status and body out. There is no refresh token.
    pub(super) fn grant(&mut self, options: &BrevoOptions, kind: &str, body: &[u8], now_ms: i64) -> (u16, Value) {
        let fields = if kind.starts_with("application/json") {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let fields = body.as_object().into_iter().flatten();
            fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
        } else {
            pairs(&String::from_utf8_lossy(body))
        };
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        if field("grant_type") != "client_credentials" {
            return (400, json!({"error": "unsupported_grant_type", "error_description": "Unsupported grant_type"}));
        }
        let given = (field("client_id"), field("client_secret"));
        let fits = options.client.as_ref().is_none_or(|(id, secret)| (id.as_str(), secret.as_str()) == given);
        if given.0.is_empty() || given.1.is_empty() || !fits {
            return (
                401,
                json!({"error": "invalid_client", "error_description": "Invalid client or Invalid client credentials"}),
            );
        }
        self.issued += 1;
        let token = format!("twin-token-{}", self.issued);
        let lives = i64::try_from(options.token_secs).unwrap_or(i64::MAX / 2000);
        let scopes: Vec<String> = field("scope").split_whitespace().map(str::to_owned).collect();
        self.tokens.insert(token.clone(), Token { expires_ms: now_ms + lives * 1000, scopes });
        (200, json!({"access_token": token, "token_type": "Bearer", "expires_in": options.token_secs}))
    }
}
