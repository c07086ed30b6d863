//! The reference page: the API's own description, shown by a script that lies in the program. See assets/README.md.

use axum::response::{IntoResponse, Response};
use http::header;

/// Gzip, as it lies on disk: every browser takes it.
const SCRIPT: &[u8] = include_bytes!("../../../assets/rapidoc-min.js.gz");
const PAGE: &str = include_str!("../../../assets/reference.html");
/// Nothing from elsewhere. The script sets styles by hand and draws its icons from data; it needs no more.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /docs`.
pub async fn page() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)], PAGE).into_response()
}

/// `GET /docs/rapidoc.js`.
pub async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CONTENT_ENCODING, "gzip"),
        (header::CACHE_CONTROL, "max-age=86400"),
    ];
    (headers, SCRIPT).into_response()
}
