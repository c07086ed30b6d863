//! The pages that a person sees at the end, and the headers of every answer.

use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};
use tajo_core::Error;

use super::super::Connected;

/// Text as it stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn page(status: StatusCode, title: &str, text: &str) -> Response<Body> {
    let (title, text) = (escaped(title), escaped(text));
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - Tajo</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}}</style></head>\n\
         <body><main><h1>{title}</h1><p>{text}</p></main></body></html>\n"
    );
    guarded(status, Body::from(html))
}

/// An answer that nothing is loaded from, framed by or kept of: its address holds a code.
pub(super) fn guarded(status: StatusCode, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let fixed = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        answer.headers_mut().insert(name, http::HeaderValue::from_static(value));
    }
    answer
}

pub(super) fn connected(to: &Connected) -> Response<Body> {
    let region = to.region.map(|region| format!(" ({region})")).unwrap_or_default();
    let title = format!("Connected to {}{region}", to.workspace);
    page(StatusCode::OK, &title, &format!("The connection is stored as {}. You may close this page.", to.connection))
}

pub(super) fn failed(status: StatusCode, error: &Error) -> Response<Body> {
    page(status, "Not connected", &format!("{}. {} ({})", error.what(), error.remedy(), error.code().id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_workspace_is_called_is_no_markup() {
        assert_eq!(escaped("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
    }
}
