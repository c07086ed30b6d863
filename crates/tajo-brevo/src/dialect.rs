//! How Brevo is spoken to: credentials, rate headers, empty answers.

use std::str::FromStr;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use tajo_core::rest::{Dialect, Rate};
use tajo_core::{Error, Result, codes};

use crate::refusal::{refuse, refuse_token};

/// Every path of the API begins with this.
pub(crate) const VERSION: &str = "/v3";

/// With an API key.
pub(crate) static BY_KEY: Dialect = Dialect { name: "Brevo", authorize: key, rate, refuse, empty_ok };

/// With a token of [`crate::oauth`].
pub(crate) static BY_TOKEN: Dialect = Dialect { name: "Brevo", authorize: bearer, rate, refuse, empty_ok };

/// The server that tokens come from: its credentials travel in the body.
pub(crate) static TOKENS: Dialect = Dialect {
    name: "Brevo's OAuth server",
    authorize: |_, _| Ok(()),
    rate: |_| None,
    refuse: refuse_token,
    empty_ok: |_, _| false,
};

/// `api-key`, not `Authorization`. <https://developers.brevo.com/docs/getting-started>
fn key(key: &SecretString, headers: &mut HeaderMap) -> Result<()> {
    headers.insert(HeaderName::from_static("api-key"), secret(key.expose_secret().to_owned())?);
    Ok(())
}

fn bearer(token: &SecretString, headers: &mut HeaderMap) -> Result<()> {
    headers.insert(AUTHORIZATION, secret(format!("Bearer {}", token.expose_secret()))?);
    Ok(())
}

fn secret(text: String) -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| Error::new(&codes::BRV_AUTH, "The Brevo credentials hold characters that no key or token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Limit, remaining, and the seconds left of the window. A 401 has none.
/// <https://developers.brevo.com/docs/limit-headers>
fn rate(headers: &HeaderMap) -> Option<Rate> {
    fn number<T: FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
        headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }
    Some(Rate {
        limit: number(headers, "x-sib-ratelimit-limit")?,
        remaining: number(headers, "x-sib-ratelimit-remaining")?,
        reset: number(headers, "x-sib-ratelimit-reset")?,
    })
}

/// 204 for updates and removals; `POST /contacts` that updated, `POST /events`, and attributes in some recordings.
fn empty_ok(method: &Method, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix(VERSION).unwrap_or(path);
    match *method {
        Method::PUT | Method::PATCH | Method::DELETE => true,
        Method::POST => matches!(path, "/contacts" | "/events") || path.starts_with("/contacts/attributes/"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_marked_sensitive_and_cannot_smuggle_a_header() {
        for (authorize, name, value) in
            [(key as fn(&_, &mut _) -> _, "api-key", "canary"), (bearer, "authorization", "Bearer canary")]
        {
            let mut headers = HeaderMap::new();
            authorize(&SecretString::from("canary"), &mut headers).unwrap();
            assert_eq!(headers[name], value);
            assert!(headers[name].is_sensitive() && !format!("{headers:?}").contains("canary"));
            let error = authorize(&SecretString::from("canary\r\nHost: evil"), &mut headers).unwrap_err();
            assert!(error.code() == &codes::BRV_AUTH && !format!("{error:?}").contains("canary"));
        }
    }

    #[test]
    fn rate_headers_are_read_or_left() {
        let headers = |limit: &str, remaining: &str, reset: &str| {
            let mut headers = HeaderMap::new();
            for (name, value) in [("limit", limit), ("remaining", remaining), ("reset", reset)] {
                let name = HeaderName::try_from(format!("x-sib-ratelimit-{name}")).unwrap();
                headers.insert(name, value.parse().unwrap());
            }
            headers
        };
        assert_eq!(rate(&headers("100", "12", "1790")), Some(Rate { limit: 100, remaining: 12, reset: 1790 }));
        for (limit, remaining, reset) in [("", "1", "1"), ("10", "-1", "1"), ("10", "1", "soon")] {
            assert_eq!(rate(&headers(limit, remaining, reset)), None);
        }
        assert_eq!(rate(&HeaderMap::new()), None);
    }
}
