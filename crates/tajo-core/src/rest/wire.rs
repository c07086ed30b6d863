//! The transport over the network.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::Certificate;

use super::origin::is_loopback;
use super::transport::{Broken, How, Transport};
use crate::codes;
use crate::error::{Error, Result};

/// Limits of the network transport.
#[derive(Debug, Clone)]
pub struct WireOptions {
    /// PEM file of certificate authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Longest time for a connection, TLS included.
    pub connect_timeout: Duration,
    /// Longest silence: before the first byte, and between two reads.
    pub idle_timeout: Duration,
    /// Longest time for a whole exchange.
    pub total_timeout: Duration,
    /// Largest answer, decompressed, in bytes.
    pub answer_max: usize,
    /// Connections kept open per host.
    pub idle_connections: usize,
}

impl Default for WireOptions {
    fn default() -> WireOptions {
        WireOptions {
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(120),
            answer_max: 32 << 20,
            idle_connections: 64,
        }
    }
}

/// HTTPS through reqwest and rustls: gzip, connections kept open, the system's proxy settings; never a redirect, never a
/// retry of its own, never plain http beyond this machine.
pub struct Wire {
    options: WireOptions,
    authorities: Vec<Certificate>,
    abroad: OnceLock<reqwest::Client>,
    at_home: OnceLock<reqwest::Client>,
}

impl Wire {
    /// Reads the extra authorities, [`codes::NET_CA`] where that fails; connects to nothing.
    pub fn new(options: &WireOptions) -> Result<Wire> {
        let authorities = match &options.ca_file {
            None => Vec::new(),
            Some(path) => {
                let refuse = |what: &'static str| Error::new(&codes::NET_CA, what).note("file", path.display().to_string());
                let pem =
                    std::fs::read(path).map_err(|e| refuse("The file of certificate authorities cannot be read").because(e))?;
                let found = Certificate::from_pem_bundle(&pem)
                    .map_err(|e| refuse("The file of certificate authorities is not PEM").because(e))?;
                if found.is_empty() {
                    return Err(refuse("The file of certificate authorities holds no certificate"));
                }
                found
            }
        };
        Ok(Wire { options: options.clone(), authorities, abroad: OnceLock::new(), at_home: OnceLock::new() })
    }

    /// Built on first use: reading the system's trust store is wasted on a run that only talks to a twin.
    fn client(&self, home: bool) -> Result<&reqwest::Client, Broken> {
        let cell = if home { &self.at_home } else { &self.abroad };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let built = self.build(home).map_err(|e| Broken::new(How::Tls, e))?;
        Ok(cell.get_or_init(|| built))
    }

    fn build(&self, home: bool) -> Result<reqwest::Client, reqwest::Error> {
        let options = &self.options;
        let builder = reqwest::Client::builder()
            // Custom headers would follow a redirect to another host, credentials among them.
            .redirect(reqwest::redirect::Policy::none())
            // An attempt that our budget does not see would break it.
            .retry(reqwest::retry::never())
            .referer(false)
            .gzip(true)
            .tcp_nodelay(true)
            .tcp_keepalive(Duration::from_secs(60))
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.idle_timeout)
            .timeout(options.total_timeout)
            .pool_max_idle_per_host(options.idle_connections)
            .tls_certs_merge(self.authorities.iter().cloned());
        // A proxy for the outside world must not see what goes to a twin on this machine.
        if home { builder.no_proxy() } else { builder.https_only(true) }.build()
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Broken> {
        let client = self.client(request.uri().host().is_some_and(is_loopback))?;
        let request = reqwest::Request::try_from(request).map_err(|e| Broken::new(How::Connect, e))?;
        let mut answer = client.execute(request).await.map_err(broken)?;
        // A decompressed answer is longer than its header says: a start, not a promise.
        let announced = answer.content_length().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let mut body = BytesMut::with_capacity(announced.min(self.options.answer_max));
        while let Some(chunk) = answer.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.options.answer_max {
                let cap = self.options.answer_max;
                return Err(Broken::new(How::TooLarge, format!("the answer is larger than {cap} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        let mut out = http::Response::new(body.freeze());
        *out.status_mut() = answer.status();
        *out.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(out)
    }
}

impl Transport for Wire {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        self.exchange(request).boxed()
    }
}

/// At which point reqwest broke off. The URL is taken out: its query may name a person.
fn broken(error: reqwest::Error) -> Broken {
    let how = if error.is_connect() {
        if is_tls(&error) { How::Tls } else { How::Connect }
    } else if error.is_timeout() {
        How::Timeout
    } else if error.is_builder() {
        How::Connect
    } else {
        How::Body
    };
    Broken::new(how, error.without_url())
}

/// Whether a refused certificate is among the causes. rustls is not ours to name, so its words are.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        let told = cause.to_string();
        if told.contains("invalid peer certificate") || told.contains("received fatal alert") {
            return true;
        }
        next = cause.source();
    }
    false
}
