//! Where credentials may travel to.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::codes;
use crate::error::{Error, Result};

/// Scheme, host and port of a platform: a vendor's https host that was compiled in, or a loopback address.
///
/// There is no third way to make one, so a credential cannot be sent anywhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    authority: Authority,
}

impl Origin {
    /// A vendor's host over https. `host` is a literal of a dialect, never something read at run time.
    pub fn vendor(host: &'static str) -> Origin {
        Origin { scheme: Scheme::HTTPS, authority: Authority::from_static(host) }
    }

    /// A twin or proxy on this machine: `http://127.0.0.1:8080`, `http://localhost:8080`, `https://[::1]:8443`.
    ///
    /// Anything else is refused with [`codes::CFG_ORIGIN`]: another host, user information, a path, a query.
    pub fn loopback(url: &str) -> Result<Origin> {
        let refuse = |why: &'static str| Error::new(&codes::CFG_ORIGIN, why);
        let uri: Uri = url.trim().parse().map_err(|e| refuse("The base URL cannot be understood").because(e))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(refuse("The base URL needs a scheme and a host, as in http://127.0.0.1:8080"));
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(refuse("The base URL must begin with http:// or https://"));
        }
        if authority.as_str().contains('@') {
            return Err(refuse("The base URL must not hold a user name or password"));
        }
        if parts.path_and_query.is_some_and(|rest| rest != "/") {
            return Err(refuse("The base URL must end after the port: a path or query is not supported"));
        }
        // `http` reads any digits as a port.
        if authority.port_u16().is_none() && authority.as_str() != authority.host() {
            return Err(refuse("The base URL's port is not a number up to 65535"));
        }
        if !is_loopback(authority.host()) {
            return Err(refuse("The base URL does not point at a loopback address").note("host", authority.host()));
        }
        Ok(Origin { scheme, authority })
    }

    /// Whether this is an address of this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.authority.host())
    }

    /// The absolute URI of a path on this origin; [`codes::BUG`] where the path could lead elsewhere.
    pub(super) fn at(&self, path: &str) -> Result<Uri> {
        let refuse = || Error::new(&codes::BUG, "A request's path is not a plain path on the platform's own host");
        // "//host" is a network path, and browsers' parsers read '\' as '/'; neither is ever needed.
        if !path.starts_with('/') || path.starts_with("//") || path.bytes().any(|b| b == b'\\' || b.is_ascii_control()) {
            return Err(refuse());
        }
        let rest: PathAndQuery = path.parse().map_err(|_| refuse())?;
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(rest);
        Uri::from_parts(parts).map_err(|_| refuse())
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_taken_from_outside() {
        for url in
            ["http://127.0.0.1:8080", "http://127.8.9.1:8080/", "http://localhost:3000", "https://[::1]:8443", "http://LOCALHOST"]
        {
            assert!(Origin::loopback(url).is_ok_and(|o| o.is_loopback()), "{url}");
        }
        for url in [
            "https://api.intercom.io",
            "http://api.intercom.io.",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example:80",
            "http://127.0.0.1@evil.example",
            "http://evil.example#@127.0.0.1",
            "http://token@127.0.0.1:8080",
            "http://10.0.0.1",
            "http://169.254.169.254",
            "http://0.0.0.0:80",
            "http://[::]:80",
            "http://2130706433",
            "http://0x7f.1",
            "ftp://127.0.0.1",
            "//127.0.0.1",
            "127.0.0.1:8080",
            "http://127.0.0.1:8080/v2",
            "http://127.0.0.1:8080/?a=b",
            "http://127.0.0.1\r\nHost: evil.example",
            "http://127.0.0.1:99999",
            "",
        ] {
            let error = Origin::loopback(url).expect_err(url);
            assert_eq!(error.code(), &codes::CFG_ORIGIN, "{url}");
        }
    }

    #[test]
    fn no_path_leads_off_the_origin() {
        let origin = Origin::vendor("api.intercom.io");
        for path in ["/me", "/contacts?per_page=2", "/contacts/a%2Fb", "/a//b", "/a/../b", "/@evil.example"] {
            let uri = origin.at(path).expect(path);
            assert_eq!((uri.host(), uri.scheme_str()), (Some("api.intercom.io"), Some("https")), "{path}");
        }
        for path in [
            "",
            "me",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/a\r\nHost: b",
            "/a\tb",
            "@evil",
            ":80/",
            "https://evil.example/",
            "/a b",
        ] {
            assert!(origin.at(path).is_err(), "{path}");
        }
    }
}
