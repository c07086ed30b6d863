//! Base URLs: a loopback address or nothing. Everything else would send a token to a stranger.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;

/// A base URL on this machine: `http://127.0.0.1:8100`, for a twin or a proxy of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Loopback(String);

impl Loopback {
    /// Reads a URL; the error says why it is refused.
    pub fn parse(text: &str) -> Result<Loopback, &'static str> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or("it does not start with http:// or https://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return Err("it does not start with http:// or https://");
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !path.is_empty() || authority.contains(['?', '#']) {
            return Err("it has more than an address and a port");
        }
        if authority.contains('@') {
            return Err("it has a user name");
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(inside) => inside.split_once(']').ok_or("its address is not closed")?,
            None => authority.find(':').map_or((authority, ""), |at| authority.split_at(at)),
        };
        if !port.is_empty() && port.strip_prefix(':').and_then(|p| p.parse::<u16>().ok()).is_none_or(|p| p == 0) {
            return Err("its port is not a number from 1 to 65535");
        }
        let loopback = host.eq_ignore_ascii_case("localhost")
            || host.parse::<Ipv4Addr>().is_ok_and(|a| a.is_loopback())
            || host.parse::<Ipv6Addr>().is_ok_and(|a| a.is_loopback());
        if !loopback {
            return Err("it is not an address of this machine");
        }
        Ok(Loopback(format!("{}://{}", scheme.to_ascii_lowercase(), authority)))
    }
    /// As [`Loopback::parse`], for Brevo: what stands under `/v3`, which is added where it is missing.
    pub fn parse_brevo(text: &str) -> Result<Loopback, &'static str> {
        let text = text.trim().trim_end_matches('/');
        let Loopback(origin) = Loopback::parse(text.strip_suffix("/v3").unwrap_or(text))?;
        Ok(Loopback(format!("{}/v3", origin.trim_end_matches('/'))))
    }
    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_and_nothing_else() {
        for good in
            ["http://127.0.0.1:8100", "http://127.0.0.1:8100/", "https://localhost", "http://[::1]:9", "HTTP://127.9.9.9:1"]
        {
            assert!(Loopback::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "https://api.intercom.io",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
            "http://localhost.evil.example",
            "http://evil.example/127.0.0.1",
            "http://evil.example#@127.0.0.1",
            "http://127.0.0.1\\@evil.example",
            "http://127.0.0.1:99999",
            "http://127.0.0.1:80/path",
            "http://127.0.0.1:8100?x",
            "http://0.0.0.0:80",
            "http://[::ffff:8.8.8.8]",
            "http://2130706433",
            "ftp://127.0.0.1",
            "127.0.0.1:8100",
            "http://",
            "",
        ] {
            assert!(Loopback::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Loopback::parse("http://127.0.0.1:8100/").unwrap().as_str(), "http://127.0.0.1:8100");
        for good in ["http://127.0.0.1:8100", "http://127.0.0.1:8100/", "http://127.0.0.1:8100/v3", " http://127.0.0.1:8100/v3/ "]
        {
            assert_eq!(Loopback::parse_brevo(good).unwrap().as_str(), "http://127.0.0.1:8100/v3", "{good}");
        }
        for bad in ["https://api.brevo.com/v3", "http://127.0.0.1:8100/v2", "http://127.0.0.1:8100/v3/contacts", "/v3", ""] {
            assert!(Loopback::parse_brevo(bad).is_err(), "{bad}");
        }
    }
}
