//! The platform-wide facts of Intercom's API: credentials, rate headers, error answers.

use std::str::FromStr;

use http::header::{AUTHORIZATION, LINK};
use http::{HeaderMap, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use tajo_core::rest::{Asked, Dialect, Rate};
use tajo_core::{Error, Result, codes};

use crate::error_envelope::Envelope;
use crate::scopes;

/// How Intercom is spoken to.
pub static INTERCOM: Dialect = Dialect { name: "Intercom", authorize, rate, refuse, empty_ok };

/// Access tokens and OAuth tokens alike. <https://developers.intercom.com/docs/build-an-integration/learn-more/authentication>
fn authorize(token: &SecretString, headers: &mut HeaderMap) -> Result<()> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| Error::new(&codes::AUTH_TOKEN, "The access token holds characters that no Intercom token has"))?;
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(())
}

/// `X-RateLimit-*`: permits per window, left, and the window's end in unix seconds. Some answers have none.
/// <https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting>
fn rate(headers: &HeaderMap) -> Option<Rate> {
    fn number<T: FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
        headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }
    Some(Rate {
        limit: number(headers, "x-ratelimit-limit")?,
        remaining: number(headers, "x-ratelimit-remaining")?,
        reset: number(headers, "x-ratelimit-reset")?,
    })
}

/// `DELETE /tags/{id}` answers 200 and `POST /events` 202, both with nothing.
fn empty_ok(method: &Method, path: &str) -> bool {
    method == Method::DELETE || (method == Method::POST && matches!(path, "/events" | "/events/summaries"))
}

/// <https://developers.intercom.com/docs/references/rest-api/errors/http-responses>, and its codes:
/// <https://developers.intercom.com/docs/references/rest-api/errors/error-codes>. Unknown codes count by their status.
fn refuse(asked: &Asked<'_>, status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let told = Envelope::read(body);
    let code = told.code.as_deref().unwrap_or_default();
    let is_page = body.trim_ascii_start().starts_with(b"<");
    let mut error = match (status, code) {
        (401, _) => Error::new(&codes::AUTH_TOKEN, "Intercom refused the access token"),
        (402, _) | (403, "api_plan_restricted") => {
            Error::new(&codes::AUTH_PLAN, "The workspace's plan does not include this part of Intercom's API")
        }
        // Something before Intercom answered: a bot check, a company's proxy.
        (_, "") if is_page && !matches!(status, 404 | 410 | 429 | 500..) => {
            Error::new(&codes::NET_SERVER, format!("A web page came in place of Intercom's answer (HTTP {status})"))
        }
        (403, _) => lacks_permission(asked, told.message.as_deref()),
        (404, _) => Error::new(&codes::INT_MISSING, "Intercom does not have that object (any more)"),
        (410, _) => merged(headers),
        (409, _) => taken(told.message.as_deref().unwrap_or_default()),
        (_, "intercom_version_invalid") => {
            Error::new(&codes::INT_VERSION, "Intercom does not offer this in the API version in use")
        }
        (400, "scroll_exists") => Error::new(&codes::INT_SCROLL, "Another program holds Intercom's only company scroll"),
        (429, _) => Error::new(&codes::INT_THROTTLED, "Intercom's rate limit was reached"),
        (408 | 425 | 500.., _) => Error::new(&codes::NET_SERVER, format!("Intercom failed on its side (HTTP {status})")),
        (300..=399, _) => {
            Error::new(&codes::INT_DRIFT, format!("Intercom sent us elsewhere (HTTP {status}); redirects are never followed"))
        }
        _ => Error::new(&codes::INT_INVALID, format!("Intercom refused the request (HTTP {status})")),
    };
    for (label, text) in
        [("vendor code", told.code), ("Intercom says", told.message), ("field", told.field), ("request id", told.request_id)]
    {
        if let Some(text) = text {
            error = error.note(label, text);
        }
    }
    error
}

/// A contact that was merged answers 410 from 2.16 on, and names its survivor: `Link: </contacts/ID>; rel="canonical"`.
fn merged(headers: &HeaderMap) -> Error {
    let error = Error::new(&codes::INT_MISSING, "That contact was merged into another one");
    let link = headers.get(LINK).and_then(|link| link.to_str().ok()).unwrap_or_default();
    let id = link.split_once("/contacts/").and_then(|(_, rest)| rest.split(['>', '?', '/']).next()).unwrap_or_default();
    let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_id { error.note("merged into", id) } else { error }
}

/// "A contact matching those details already exists with id=ID", or "An archived contact …": Intercom tells who is in the
/// way in its sentence only. <https://github.com/intercom/Intercom-OpenAPI/issues/543>
fn taken(message: &str) -> Error {
    let error = Error::new(&codes::INT_CONFLICT, "Intercom has an object with these details already");
    let id = message.split_once("id=").map_or("", |(_, rest)| rest);
    let id = &id[..id.bytes().take_while(u8::is_ascii_alphanumeric).count()];
    if !(1..=64).contains(&id.len()) {
        return error;
    }
    let archived = message.to_ascii_lowercase().contains("archived contact");
    error.note("existing", id).note("archived", archived.to_string())
}

/// Names the permission to tick: by the scope that the message gives in parentheses, else by the path.
fn lacks_permission(asked: &Asked<'_>, message: Option<&str>) -> Error {
    let scope = message.and_then(|text| text.split_once("scope (")?.1.split_once(')')).map(|(scope, _)| scope);
    match scope.and_then(scopes::find).map(|scope| scope.label).or_else(|| permission(asked.method, asked.path)) {
        Some(label) => Error::new(&codes::AUTH_SCOPE, format!("The access token lacks the permission \"{label}\""))
            .note("permission", label)
            .help(format!("Tick \"{label}\" in Developer Hub > Your Apps > Authentication, then run again.")),
        None => Error::new(&codes::AUTH_SCOPE, "The access token lacks a permission"),
    }
}

/// The label in the Developer Hub of the permission that a request needs; `None` where the vendor does not say.
/// <https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/oauth-scopes>
pub fn permission(method: &Method, path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    let reads = method == Method::GET || path.ends_with("/search") || path == "/companies/list";
    let (_, read, write) = PATHS
        .iter()
        .find(|(family, ..)| path.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))?;
    Some(if reads { read } else { write })
}

const USERS: &str = "Read and list users and companies";
const WRITE_USERS: &str = "Write users and companies";
const ARTICLES: &str = "Read articles";
const WRITE_ARTICLES: &str = "Read and write articles";

/// Path families with the permissions to read and to write them; the first that fits counts.
const PATHS: &[(&str, &str, &str)] = &[
    ("/contacts", USERS, WRITE_USERS),
    ("/companies", USERS, WRITE_USERS),
    ("/segments", USERS, USERS),
    ("/data_attributes", USERS, "Write data attributes"),
    ("/subscription_types", USERS, WRITE_USERS),
    ("/notes", USERS, WRITE_USERS),
    ("/visitors", USERS, WRITE_USERS),
    ("/tags", "Read tags", "Write tags"),
    ("/conversations", "Read conversations", "Write conversations"),
    ("/messages", "Write conversations", "Write conversations"),
    ("/tickets", "Read tickets", "Write tickets"),
    ("/ticket_types", "Read tickets", "Write tickets"),
    ("/ticket_states", "Read tickets", "Write tickets"),
    ("/admins/activity_logs", "Read admin activity logs", "Read admin activity logs"),
    ("/admins", "Read admins", "Update admins"),
    ("/teams", "Read admins", "Update admins"),
    ("/me", "Read one admin", "Update admins"),
    ("/articles", ARTICLES, WRITE_ARTICLES),
    ("/internal_articles", ARTICLES, WRITE_ARTICLES),
    ("/help_center", ARTICLES, WRITE_ARTICLES),
    ("/events", "Read events", "Write events"),
    ("/counts", "Read counts", "Read counts"),
    ("/news", "Read and list news", "Read and write news"),
    ("/jobs", "Read status of jobs", "Read status of jobs"),
    ("/export/content", "Export content data", "Export content data"),
    ("/custom_object_instances", "Read and write custom object instances", "Read and write custom object instances"),
    ("/ai", "Read and write AI content", "Read and write AI content"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::RESOURCES;
    use tajo_core::Read;

    fn refused(status: u16, body: &str) -> Error {
        let (method, path) = (Method::POST, "/conversations/search?email=ada@example.com");
        refuse(&Asked { method: &method, path }, status, &HeaderMap::new(), body.as_bytes())
    }

    fn list(code: &str) -> String {
        format!(r#"{{"type":"error.list","request_id":"r1","errors":[{{"code":"{code}","message":"Because ada@example.com"}}]}}"#)
    }

    #[test]
    fn every_refusal_has_its_code() {
        for (status, body, code) in [
            (400, list("parameter_invalid"), &codes::INT_INVALID),
            (400, list("intercom_version_invalid"), &codes::INT_VERSION),
            (400, list("scroll_exists"), &codes::INT_SCROLL),
            (400, list("something_new"), &codes::INT_INVALID),
            (400, "<html>no</html>".into(), &codes::NET_SERVER),
            (401, list("unauthorized"), &codes::AUTH_TOKEN),
            (401, list("token_unauthorized"), &codes::AUTH_TOKEN),
            (401, String::new(), &codes::AUTH_TOKEN),
            (402, String::new(), &codes::AUTH_PLAN),
            (403, list("forbidden"), &codes::AUTH_SCOPE),
            (403, "<html>blocked</html>".into(), &codes::NET_SERVER),
            (403, String::new(), &codes::AUTH_SCOPE),
            (403, list("api_plan_restricted"), &codes::AUTH_PLAN),
            (404, list("not_found"), &codes::INT_MISSING),
            (404, "<html>nginx</html>".into(), &codes::INT_MISSING),
            (405, "<html>captcha</html>".into(), &codes::NET_SERVER),
            (409, list("conflict"), &codes::INT_CONFLICT),
            (410, list("contact_merged"), &codes::INT_MISSING),
            (422, list("data_invalid"), &codes::INT_INVALID),
            (429, list("rate_limit_exceeded"), &codes::INT_THROTTLED),
            (302, String::new(), &codes::INT_DRIFT),
            (408, String::new(), &codes::NET_SERVER),
            (500, list("server_error"), &codes::NET_SERVER),
            (502, "<html>bad gateway</html>".into(), &codes::NET_SERVER),
            (529, String::new(), &codes::NET_SERVER),
        ] {
            let error = refused(status, &body);
            assert_eq!(error.code(), code, "{status} {body}");
            assert!(!format!("{error:?}").contains('@'), "{error:?}");
            if body.starts_with('{') {
                assert_eq!(error.noted("request id"), Some("r1"), "{status} {body}");
            }
        }
        assert_eq!(refused(401, &list("token_unauthorized")).noted("vendor code"), Some("token_unauthorized"));
    }

    #[test]
    fn a_missing_permission_is_named_as_the_developer_hub_names_it() {
        let by_path = refused(403, &list("forbidden"));
        assert_eq!(by_path.noted("permission"), Some("Read conversations"));
        assert!(by_path.remedy().contains("Tick \"Read conversations\" in Developer Hub"), "{}", by_path.remedy());
        let by_scope = r#"{"errors":[{"code":"forbidden","message":"You do not have the required scope (read_articles_scope) to access this resource"}]}"#;
        assert_eq!(refused(403, by_scope).noted("permission"), Some(ARTICLES));
        for (method, path, label) in [
            (Method::GET, "/contacts/1/tags", Some(USERS)),
            (Method::POST, "/contacts/search", Some(USERS)),
            (Method::POST, "/companies/list?page=1", Some(USERS)),
            (Method::POST, "/contacts", Some(WRITE_USERS)),
            (Method::GET, "/admins/activity_logs?created_at_after=1", Some("Read admin activity logs")),
            (Method::GET, "/admins", Some("Read admins")),
            (Method::GET, "/tagsoup", None),
            (Method::GET, "/unheard_of", None),
        ] {
            assert_eq!(permission(&method, path), label, "{method} {path}");
        }
    }

    #[test]
    fn resources_and_refusals_name_the_same_permission() {
        for spec in RESOURCES {
            let (method, path) = match spec.read {
                Read::Whole { paths, .. } => (Method::GET, paths((2, 14))[0]),
                Read::Search { path, .. } => (Method::POST, path),
                Read::Pages { path, .. } | Read::Scroll { path, .. } | Read::Each { path, .. } => (Method::GET, path),
            };
            assert_eq!(permission(&method, path), Some(spec.permission), "{}", spec.name);
        }
    }

    #[test]
    fn who_is_in_the_way_is_read_from_the_sentence() {
        for (message, existing, archived) in [
            (
                "A contact matching those details already exists with id=6762f0dd1bb69f9f2193bb83",
                "6762f0dd1bb69f9f2193bb83",
                "false",
            ),
            ("An archived contact matching those details already exists with id=abc.", "abc", "true"),
        ] {
            let error = taken(message);
            assert_eq!((error.noted("existing"), error.noted("archived")), (Some(existing), Some(archived)));
        }
        for message in
            ["", "id=", "Multiple existing users match this email address - must be more specific using user_id", "id=é"]
        {
            assert_eq!(taken(message).noted("existing"), None, "{message}");
        }
    }

    #[test]
    fn a_merged_contact_names_its_survivor() {
        for (link, id) in [
            ("</contacts/6762f0dd1bb69f9f2193bb83>; rel=\"canonical\"", Some("6762f0dd1bb69f9f2193bb83")),
            ("<https://api.intercom.io/contacts/abc>; rel=\"canonical\"", Some("abc")),
            ("</contacts/ada@example.com>", None),
            ("nonsense", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LINK, link.parse().unwrap());
            assert_eq!(merged(&headers).noted("merged into"), id, "{link}");
        }
    }

    #[test]
    fn rate_headers_are_read_or_left() {
        let headers = |limit: &str, remaining: &str, reset: &str| {
            let mut headers = HeaderMap::new();
            for (name, value) in
                [("X-RateLimit-Limit", limit), ("X-RateLimit-Remaining", remaining), ("X-RateLimit-Reset", reset)]
            {
                headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
            }
            headers
        };
        let expect = Rate { limit: 1666, remaining: 12, reset: 1_790_000_000 };
        assert_eq!(rate(&headers("1666", "12", "1790000000")), Some(expect));
        for (limit, remaining, reset) in [("", "1", "1"), ("1666", "-1", "1"), ("1666", "1", "soon"), ("99999999999", "1", "1")] {
            assert_eq!(rate(&headers(limit, remaining, reset)), None);
        }
        assert_eq!(rate(&HeaderMap::new()), None);
    }

    #[test]
    fn the_token_is_marked_sensitive_and_cannot_smuggle_a_header() {
        let mut headers = HeaderMap::new();
        authorize(&SecretString::from("canary"), &mut headers).unwrap();
        assert!(headers[AUTHORIZATION].is_sensitive() && !format!("{headers:?}").contains("canary"));
        let error = authorize(&SecretString::from("canary\r\nHost: evil"), &mut headers).unwrap_err();
        assert!(error.code() == &codes::AUTH_TOKEN && !format!("{error:?}").contains("canary"));
    }
}
