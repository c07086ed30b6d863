//! The address of a server as browsers see it.

use std::fmt;
use std::net::SocketAddr;

use tajo_core::{Error, Result, codes};

use crate::config::Loopback;

/// Scheme, host and port: `https://tajo.example`, or `http://127.0.0.1:8788`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base(String);

impl Base {
    /// A listener on loopback.
    pub fn loopback(at: SocketAddr) -> Base {
        Base(format!("http://{at}"))
    }
    /// An address that was put in front: https, or http on this machine; nothing behind the port.
    pub fn public(url: &str) -> Result<Base> {
        let refuse = |why: &str| {
            Error::new(&codes::USAGE, format!("The public URL cannot be used: {why}"))
                .help("Use a URL such as https://tajo.example.")
        };
        let url = url.trim().trim_end_matches('/');
        let Some(rest) = url.strip_prefix("https://") else {
            let at_home = Loopback::parse(url).map_err(|_| refuse("it must begin with https://, or point at this machine"))?;
            return Ok(Base(at_home.as_str().to_owned()));
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if rest.is_empty() || !rest.chars().all(is_host) {
            return Err(refuse("it has more than a host and a port"));
        }
        let uri: http::Uri = url.parse().map_err(|_| refuse("it is no URL"))?;
        match uri.host() {
            Some(host) if !host.is_empty() => Ok(Base(url.to_ascii_lowercase())),
            _ => Err(refuse("it names no host")),
        }
    }
    /// Host and port, as browsers send them in `Host`.
    pub fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, rest)| rest)
    }
    fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
    /// Browsers take a `__Host-` cookie from https alone, for this host alone, and let nobody else set it.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_https() { "__Host-tajo_oauth" } else { "tajo_oauth" }
    }
    /// The cookie as a header; with no seconds to live it is taken away.
    pub fn cookie(&self, value: &str, secs: u64) -> String {
        let secure = if self.is_https() { "; Secure" } else { "" };
        // Lax: it comes along when Intercom sends the browser back, and with nothing that a page does by itself.
        format!("{}={value}; Path=/; Max-Age={secs}; HttpOnly; SameSite=Lax{secure}", self.cookie_name())
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_https_or_this_machine() {
        for (url, base) in [
            ("https://tajo.example/", "https://tajo.example"),
            ("https://Tajo.example:8443", "https://tajo.example:8443"),
            ("http://127.0.0.1:8788", "http://127.0.0.1:8788"),
        ] {
            assert_eq!(Base::public(url).unwrap().to_string(), base);
        }
        for url in [
            "http://tajo.example",
            "https://",
            "https://a@b.example",
            "https://tajo.example/x",
            "https://t.example?x",
            "tajo.example",
            "",
        ] {
            assert_eq!(Base::public(url).unwrap_err().code(), &codes::USAGE, "{url}");
        }
    }

    #[test]
    fn the_cookie_is_a_host_cookie_where_that_is_possible() {
        let https = Base::public("https://tajo.example").unwrap();
        assert_eq!(https.cookie("v", 600), "__Host-tajo_oauth=v; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
        let http = Base::public("http://127.0.0.1:1").unwrap();
        assert_eq!(http.cookie("v", 600), "tajo_oauth=v; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
    }
}
