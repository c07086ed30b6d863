//! OAuth for public apps: the page that asks, the code, the token, its end.
//!
//! Source: docs, "Setting up OAuth": `https://app.intercom.com/oauth?client_id=&state=`, the callback
//! with `code` and `state`, `POST /auth/eagle/token`, `POST /auth/uninstall`. There is no `scope`, no
//! refresh token and no expiry. What is not in the docs: the lifetime of a code, the texts of the
//! page, and that "Cancel" goes back with `error=access_denied`.

mod grants;
mod pages;

use http::request::Parts;
use serde_json::{Value, json};

pub(crate) use grants::Grants;

use super::errors::Refusal;
use super::form::{encoded, first, pairs};
use super::page::Page;
use crate::options::Options;
use crate::town::Town;

/// Paths that need no token; the end of a token needs it.
pub(super) fn is_open(path: &str) -> bool {
    matches!(path.trim_end_matches('/'), "/oauth" | "/oauth/authorize" | "/auth/eagle/token")
}

pub(super) fn is_at(path: &str) -> bool {
    is_open(path) || path.trim_end_matches('/') == "/auth/uninstall"
}

/// `bearer` is the token that came, already let in.
pub(super) fn answer(town: &Town, parts: &Parts, bearer: &str, body: &[u8]) -> Result<Page, Refusal> {
    let text = String::from_utf8_lossy(body);
    match (parts.method.as_str(), parts.uri.path().trim_end_matches('/')) {
        ("GET" | "HEAD", "/oauth") => Ok(ask(town.options(), &pairs(parts.uri.query().unwrap_or_default()))),
        ("POST", "/oauth/authorize") => Ok(authorize(town, &pairs(&text))),
        ("POST", "/auth/eagle/token") => exchange(town, &text),
        ("POST", "/auth/uninstall") => {
            town.grants().revoke(bearer);
            Ok(Page::json(200, "{}"))
        }
        _ => Err(Refusal::not_found("Resource Not Found")),
    }
}

type Pairs = [(String, String)];

fn ask(options: &Options, query: &Pairs) -> Page {
    match destination(options, query) {
        Ok(to) => {
            let client = first(query, "client_id").unwrap_or_default();
            let state = first(query, "state").unwrap_or_default();
            Page::html(200, pages::consent(&options.workspace_name, client, state, &to))
        }
        Err(why) => Page::html(400, pages::refusal(why)),
    }
}

/// Where the person goes afterwards. A wrong client or address never redirects: the code would go
/// to whoever made it up.
fn destination(options: &Options, query: &Pairs) -> Result<String, &'static str> {
    let client = first(query, "client_id").filter(|id| !id.is_empty()).ok_or("The client_id is missing.")?;
    let wanted = first(query, "redirect_uri").filter(|uri| !uri.is_empty());
    let Some(app) = &options.oauth else {
        let wanted = wanted.ok_or("No redirect_uri is registered for this app.")?;
        return if is_loopback(wanted) { Ok(wanted.to_owned()) } else { Err("The redirect_uri is not registered for this app.") };
    };
    if app.client_id != client {
        return Err("There is no app with this client_id.");
    }
    let registered = match wanted {
        Some(wanted) => app.redirect_uris.iter().find(|uri| *uri == wanted),
        None => app.redirect_uris.first(),
    };
    registered.cloned().ok_or("The redirect_uri is not registered for this app.")
}

fn is_loopback(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.strip_prefix("[::1]").map_or_else(|| authority.split(':').next().unwrap_or_default(), |_| "[::1]");
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// What the buttons of the page do.
fn authorize(town: &Town, form: &Pairs) -> Page {
    let to = match destination(town.options(), form) {
        Ok(to) => to,
        Err(why) => return Page::html(400, pages::refusal(why)),
    };
    let state = encoded(first(form, "state").unwrap_or_default());
    let joint = if to.contains('?') { '&' } else { '?' };
    if first(form, "decision") != Some("authorize") {
        return Page::redirect(format!("{to}{joint}error=access_denied&state={state}"));
    }
    let client = first(form, "client_id").unwrap_or_default();
    let code = town.grants().grant(client, town.now_ms());
    // The code ends in `=` and stands as it is, as in the docs' example.
    Page::redirect(format!("{to}{joint}code={code}&state={state}"))
}

/// Form or JSON. Source: docs, "Setting up OAuth": 401 "Unauthorized Code" for a wrong code.
fn exchange(town: &Town, text: &str) -> Result<Page, Refusal> {
    let fields = match serde_json::from_str(text) {
        Ok(Value::Object(body)) => {
            let field = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
            body.into_iter().filter_map(field).collect()
        }
        _ => pairs(text),
    };
    let get = |name: &'static str| {
        let missing = || Refusal::new(400, "parameter_not_found", format!("{name} not specified"));
        first(&fields, name).filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let (code, client, secret) = (get("code")?, get("client_id")?, get("client_secret")?);
    let known = town.options().oauth.as_ref().is_none_or(|app| app.client_id == client && app.client_secret == secret);
    if !known {
        return Err(Refusal::new(401, "unauthorized", "Unauthorized Client"));
    }
    let token = town.grants().redeem(code, client, town.now_ms());
    let token = token.ok_or_else(|| Refusal::new(401, "unauthorized", "Unauthorized Code"))?;
    Ok(Page::json(200, json!({"token_type": "Bearer", "token": token, "access_token": token}).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for uri in ["http://127.0.0.1:8123/callback", "http://localhost/x", "http://[::1]:80/", "http://127.0.0.1?a=1"] {
            assert!(is_loopback(uri), "{uri}");
        }
        for uri in [
            "https://127.0.0.1/",
            "http://127.0.0.1.evil.example/",
            "http://evil.example/127.0.0.1",
            "http://127.0.0.1@evil.example/",
        ] {
            assert!(!is_loopback(uri), "{uri}");
        }
    }
}
