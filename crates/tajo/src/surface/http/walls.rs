//! What every request meets first: is it meant for this server, and does it come from a page that may ask?

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use tajo_core::{Error, codes};

use super::Server;
use super::refusal::{Refusal, Told, body};

/// The header that names a request, in answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of a request's name.
const ID_BYTES: usize = 8;
/// Nothing may be loaded by what the API answers.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The name of a request, for logs and errors.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The names under which this server may be asked, and the pages that may ask it.
#[derive(Debug, Clone)]
pub struct Walls {
    hosts: Vec<String>,
    origins: Vec<String>,
}

/// The address under which a server is known outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: String,
    authority: String,
}

impl PublicUrl {
    /// Reads `https://tajo.example`; a path, a user or plain http outside this machine is refused.
    pub fn parse(text: &str) -> Result<PublicUrl, Error> {
        let refuse = |why: &str| {
            let what = format!("The public URL cannot be used: {why}");
            Error::new(&codes::USAGE, what).help("Use the outer address alone, such as https://tajo.example.")
        };
        let uri: Uri = text.trim().parse().map_err(|_| refuse("it is not a URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refuse("it lacks https:// or a host"));
        };
        let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&authority.host());
        if scheme != "https" && !(scheme == "http" && is_local) {
            return Err(refuse("keys would travel in the open: it must begin with https://"));
        }
        if authority.as_str().contains('@') || uri.path() != "/" || uri.query().is_some() {
            return Err(refuse("it has a user, a path or a query"));
        }
        Ok(PublicUrl { scheme: scheme.into(), authority: authority.as_str().to_ascii_lowercase() })
    }
    /// As written, without a slash at the end.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

impl Walls {
    /// This machine's names at that port, the address itself where it is a particular one, and the public name.
    pub fn new(bound: SocketAddr, public: Option<&PublicUrl>) -> Walls {
        let port = bound.port();
        let mut names: Vec<String> = ["127.0.0.1", "localhost", "[::1]"].map(str::to_owned).to_vec();
        if !bound.ip().is_unspecified() && !bound.ip().is_loopback() {
            names.push(SocketAddr::new(bound.ip(), port).to_string().trim_end_matches(&format!(":{port}")).to_owned());
        }
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            hosts.extend(names);
        }
        let mut origins: Vec<String> = hosts.iter().map(|host| format!("http://{host}")).collect();
        if let Some(public) = public {
            hosts.push(public.authority.clone());
            origins.push(public.origin());
        }
        Walls { hosts, origins }
    }
    /// The names with their ports.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }
    /// Whether the request is meant for this server and may come from where it comes from.
    pub fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let named = hosts.next().and_then(|host| host.to_str().ok()).map(str::to_ascii_lowercase);
        let is_ours = |host: &str| self.hosts.iter().any(|ours| ours == host);
        let target = uri.authority().is_none_or(|authority| is_ours(&authority.as_str().to_ascii_lowercase()));
        if !(target && hosts.next().is_none() && named.as_deref().is_some_and(is_ours)) {
            let error = Error::new(&codes::SEC_ORIGIN, "This server does not serve the host that the request names");
            return Err(Refusal::with(StatusCode::MISDIRECTED_REQUEST, error));
        }
        let is_known = |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| self.origins.iter().any(|ours| ours == origin));
        if !headers.get_all(header::ORIGIN).iter().all(is_known) {
            return Err(Error::new(&codes::SEC_ORIGIN, "The request comes from a page that may not ask").into());
        }
        Ok(())
    }
}

/// The outermost layer: a name for the request, the walls, and what every answer carries.
pub async fn guard(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let id = request_id();
    let begun = tokio::time::Instant::now();
    let method = request.method().clone();
    let passed = server.walls.check(request.headers(), request.uri());
    request.extensions_mut().insert(RequestId(id.clone()));
    let response = match passed {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request_id = id, %method, status = response.status().as_u16(), ms, "request");
    dressed(response, &id)
}

/// With the body of a refusal, and the headers of every answer.
fn dressed(mut response: Response, id: &str) -> Response {
    if let Some(Told(told)) = response.extensions_mut().remove::<Told>() {
        *response.body_mut() = body(&told, id).into();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("none")));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
    response
}

fn request_id() -> String {
    let mut bytes = [0_u8; ID_BYTES];
    // A name, not a secret: without randomness it is all zeros and the log's time has to do.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(walls: &Walls, headers: &[(HeaderName, &'static str)], uri: &str) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        walls.check(&map, &uri.parse().unwrap()).map_or_else(|refusal| refusal.status().as_u16(), |()| 200)
    }

    #[test]
    fn only_our_own_names_and_pages_pass() {
        let public = PublicUrl::parse("https://Tajo.example/").unwrap();
        let walls = Walls::new("127.0.0.1:8787".parse().unwrap(), Some(&public));
        for (host, expect) in [
            ("127.0.0.1:8787", 200),
            ("localhost:8787", 200),
            ("LOCALHOST:8787", 200),
            ("[::1]:8787", 200),
            ("tajo.example", 200),
            ("tajo.example:8787", 421),
            ("127.0.0.1", 421),
            ("127.0.0.1:80", 421),
            ("0.0.0.0:8787", 421),
            ("[::]:8787", 421),
            ("localhost.evil.example:8787", 421),
            ("evil.example", 421),
            ("127.0.0.1:8787.evil.example", 421),
            ("127.0.0.1:8787, evil.example", 421),
            ("", 421),
        ] {
            assert_eq!(asked(&walls, &[(header::HOST, host)], "/api/v1/actions"), expect, "{host}");
        }
        assert_eq!(asked(&walls, &[], "/"), 421);
        assert_eq!(asked(&walls, &[(header::HOST, "localhost:8787"), (header::HOST, "localhost:8787")], "/"), 421);
        assert_eq!(asked(&walls, &[(header::HOST, "localhost:8787")], "http://evil.example/"), 421);
        for (origin, expect) in [
            ("http://127.0.0.1:8787", 200),
            ("http://localhost:8787", 200),
            ("https://tajo.example", 200),
            ("http://tajo.example", 403),
            ("https://127.0.0.1:8787", 403),
            ("http://127.0.0.1:8788", 403),
            ("http://127.0.0.1", 403),
            ("http://[::]:8787", 403),
            ("http://0.0.0.0:8787", 403),
            ("https://evil.example", 403),
            ("null", 403),
            ("", 403),
        ] {
            assert_eq!(asked(&walls, &[(header::HOST, "localhost:8787"), (header::ORIGIN, origin)], "/"), expect, "{origin}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin_and_nothing_else() {
        for good in ["https://tajo.example", "https://tajo.example:8443/", "http://localhost:9000"] {
            assert!(PublicUrl::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["tajo.example", "http://tajo.example", "https://tajo.example/x", "https://a@tajo.example", "ftp://x.example", ""]
        {
            assert_eq!(PublicUrl::parse(bad).unwrap_err().code(), &codes::USAGE, "{bad}");
        }
    }
}
