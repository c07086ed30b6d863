//! Where a typed target leads. Pure.

use http::Uri;
use url::Url;

use super::refuse;
use crate::error::Result;
use crate::rest::origin::Origin;

/// The longest target, query included, in bytes.
const TARGET_MAX: usize = 16 << 10;

/// The URI of a target on this origin, or why it is none.
pub(super) fn within(origin: &Origin, target: &str, query: &[(String, String)]) -> Result<Uri> {
    if target.len() > TARGET_MAX {
        return Err(refuse("The target is longer than any URL of the platform's"));
    }
    // Parsers drop tabs and line breaks, read '\' as '/', and disagree about the rest of these.
    if target.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(refuse("The target holds a control character, white space or a backslash"));
    }
    if target.contains('#') {
        return Err(refuse("The target has a fragment, which is never sent"));
    }
    let own = origin.to_string();
    let url = match target.strip_prefix('/') {
        Some(rest) if rest.starts_with('/') => return Err(refuse("The target names another host: it begins with //")),
        Some(_) => Url::parse(&format!("{own}{target}")),
        None if spells(target, &own) => Url::parse(target),
        None => return Err(refuse("The target is neither a path nor a URL of the connection's own host")),
    };
    let (Ok(url), Ok(home)) = (url, Url::parse(&own)) else { return Err(refuse("The target is not a URL")) };
    let is_home = url.scheme() == home.scheme()
        && url.host() == home.host()
        && url.port_or_known_default() == home.port_or_known_default()
        && (url.username(), url.password()) == ("", None);
    if !is_home {
        return Err(refuse("The target is not on the connection's own host"));
    }
    if misleads(url.path()) {
        return Err(refuse("The target's path could be read as another host, or holds encoded control characters"));
    }
    let mut path = url.path().to_owned();
    let given = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
    let added = query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    for (at, pair) in given.into_iter().chain(added).enumerate() {
        path.push(if at == 0 { '?' } else { '&' });
        path.push_str(&pair);
    }
    if path.len() > TARGET_MAX {
        return Err(refuse("The target is longer than any URL of the platform's"));
    }
    origin.at(&path).map_err(|_| refuse("The target is not a URL"))
}

/// Whether a URL spells this origin out, letter case and the scheme's own port aside. Other spellings of the same host
/// (encoded, in other alphabets or number bases, with a user's name) are of no use to anybody honest.
fn spells(url: &str, origin: &str) -> bool {
    fn parts(text: &str) -> Option<(&str, &str)> {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?']).next()?;
        let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
        Some((scheme, authority.strip_suffix(port).unwrap_or(authority)))
    }
    let (Some((scheme, authority)), Some((own_scheme, own))) = (parts(url), parts(origin)) else { return false };
    scheme.eq_ignore_ascii_case(own_scheme) && authority.eq_ignore_ascii_case(own)
}

/// Whether whoever decodes the path once more could take its beginning for a host, or find a control character in it.
fn misleads(path: &str) -> bool {
    let starts = |prefix: &str| path.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    let control = |pair: &[u8]| matches!(pair, [b'%', b'0' | b'1', _] | [b'%', b'7', b'f' | b'F']);
    starts("//") || starts("/%2f") || starts("/%5c") || path.as_bytes().windows(3).any(control)
}

/// A text as a name or value of a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    fn at(origin: &Origin, target: &str) -> Result<String> {
        within(origin, target, &[]).map(|uri| uri.to_string())
    }

    #[test]
    fn a_target_is_a_path_or_a_url_of_the_bound_origin() {
        let origin = Origin::vendor("api.intercom.io");
        for (target, uri) in [
            ("/me", "/me"),
            ("/contacts?email=a%40b.example&x=%0A", "/contacts?email=a%40b.example&x=%0A"),
            ("https://api.intercom.io/me", "/me"),
            ("HTTPS://API.Intercom.IO:443/me?a=b", "/me?a=b"),
            ("https://api.intercom.io", "/"),
            ("https://api.intercom.io?a=b", "/?a=b"),
            ("/a/../b/./c", "/b/c"),
            ("/contacts/a%2Fb", "/contacts/a%2Fb"),
            ("/größe?q=ä|{}", "/gr%C3%B6%C3%9Fe?q=%C3%A4|{}"),
            ("/@evil.example", "/@evil.example"),
            ("/?u=https://evil.example", "/?u=https://evil.example"),
        ] {
            assert_eq!(at(&origin, target).expect(target), format!("https://api.intercom.io{uri}"), "{target}");
        }
        for target in [
            "",
            "me",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a\r\nHost: evil.example",
            "/a%0d%0aHost:%20evil.example",
            "/a#b",
            "http://api.intercom.io/me",
            "https://api.intercom.io:8443/me",
            "https://api.intercom.io:/me",
            "https://api.intercom.io.evil.example/me",
            "https://api.intercom.io./me",
            "https://api.eu.intercom.io/me",
            "https://api.intercom.io@evil.example/me",
            "https://me@api.intercom.io/me",
            "https://@api.intercom.io/me",
            "https:/api.intercom.io/me",
            "https:api.intercom.io/me",
            "https:///api.intercom.io/me",
            "https://api%2eintercom.io/me",
            "https://api。intercom.io/me",
            "https://ａpi.intercom.io/me",
            "https://evil.example/https://api.intercom.io/me",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "?a=b",
            "@evil.example",
        ] {
            let error = at(&origin, target).expect_err(target);
            assert_eq!(error.code(), &codes::SEC_TARGET, "{target}");
        }
        assert!(at(&origin, &format!("/{}", "a".repeat(TARGET_MAX))).is_err());
    }

    #[test]
    fn a_loopback_origin_is_as_exact() {
        let origin = Origin::loopback("http://127.0.0.1:8080").unwrap();
        assert_eq!(at(&origin, "http://127.0.0.1:8080/me").unwrap(), "http://127.0.0.1:8080/me");
        for target in [
            "http://127.0.0.1/me",
            "http://2130706433:8080/me",
            "http://127.1:8080/me",
            "https://127.0.0.1:8080/me",
            "http://localhost:8080/",
        ] {
            assert!(at(&origin, target).is_err(), "{target}");
        }
    }

    #[test]
    fn a_query_is_added_percent_encoded() {
        let query = [("a b".to_owned(), "ä&=?#/".to_owned()), ("a b".to_owned(), String::new())];
        for (target, expect) in [("/x", "/x?"), ("/x?", "/x?"), ("/x?y=1", "/x?y=1&")] {
            let uri = within(&Origin::vendor("api.intercom.io"), target, &query).unwrap();
            let expect = format!("{expect}a%20b=%C3%A4%26%3D%3F%23%2F&a%20b=");
            assert_eq!(uri.path_and_query().unwrap().as_str(), expect);
        }
    }
}
