//! A million URLs that try to lead the token elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, ready};
use http::{HeaderValue, Method};
use secrecy::SecretString;
use tajo_core::codes;
use tajo_core::rest::{Broken, Limits, Raw, RawRetry, Transport};
use tajo_intercom::{Intercom, Region, Version};

/// Keeps count of what it is sent, and of what goes astray.
#[derive(Default)]
struct Recorder {
    sent: AtomicU64,
    astray: Mutex<Vec<String>>,
}

impl Transport for Recorder {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let uri = request.uri().to_string();
        let headers = request.headers();
        let token = headers.get_all("authorization").iter().map(HeaderValue::as_bytes).collect::<Vec<_>>();
        let leaks = |text: &[u8]| text.windows(6).any(|part| part == b"canary");
        let elsewhere = headers.iter().any(|(name, value)| name != "authorization" && leaks(value.as_bytes()));
        let is_home = authority(&uri) == Some("api.eu.intercom.io") && uri.starts_with("https://");
        let is_plain = ["host", "cookie", "proxy-authorization", "transfer-encoding", "content-length", "connection"]
            .iter()
            .all(|name| !headers.contains_key(*name));
        if !is_home || !is_plain || token != [b"Bearer canary"] || elsewhere || leaks(uri.as_bytes()) {
            self.astray.lock().expect("no test thread dies").push(uri);
        }
        let answer = http::Response::builder().status(307).header("location", "https://evil.example/");
        ready(Ok(answer.body(Bytes::from_static(b"{}")).expect("a plain answer"))).boxed()
    }
}

/// The authority of a URL by RFC 3986 appendix B, on its own: what stands between `//` and the next `/`, `?` or `#`.
fn authority(url: &str) -> Option<&str> {
    let at = url.find("//")?;
    let scheme = url[..at].strip_suffix(':')?;
    let rest = &url[at + 2..];
    scheme.bytes().all(|b| b.is_ascii_alphanumeric()).then(|| &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())])
}

/// Whether a target that was accepted can only mean the bound host, read the strictest way.
fn means_home(target: &str) -> bool {
    if target.bytes().any(|b| b <= 0x20 || b == 0x7f || b == b'\\' || b == b'#') {
        return false;
    }
    match target.strip_prefix('/') {
        Some(rest) => !rest.starts_with('/'),
        None => {
            let named = authority(target).map(str::to_ascii_lowercase);
            target[..8].eq_ignore_ascii_case("https://")
                && matches!(named.as_deref(), Some("api.eu.intercom.io" | "api.eu.intercom.io:443"))
        }
    }
}

const PIECES: &[&str] = &[
    "https://api.eu.intercom.io",
    "https://API.EU.intercom.io",
    "HTTPS://",
    "https://",
    "http://",
    "https:",
    "https:/",
    "https:///",
    "ftp://",
    "file://",
    "javascript:",
    "data:text/html,",
    "ws://",
    "//",
    "///",
    "/",
    "/",
    "/",
    "\\",
    "\\\\",
    "/\\",
    "\\/",
    "api.eu.intercom.io",
    "api.eu.intercom.io.",
    "api.eu.intercom.io.evil.example",
    "evil.example",
    "evil.example:443",
    "localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[fe80::1%25eth0]",
    "169.254.169.254",
    "xn--pi-eu-intercom-io",
    "xn--80ak6aa92e.com",
    "api。eu。intercom。io",
    "api．eu．intercom．io",
    "ａpi.eu.intercom.io",
    "api%2eeu%2eintercom%2eio",
    "аpi.eu.intercom.io",
    "api.eu.intercom.io\u{200b}",
    "\u{feff}",
    "\u{202e}",
    "\u{a0}",
    "\u{2028}",
    "@",
    "@",
    "user@",
    "user:pass@",
    "evil.example@",
    "%40",
    ":",
    ":443",
    ":80",
    ":0443",
    ":8443",
    ":99999",
    ":-1",
    "?",
    "?a=b",
    "?url=https://evil.example",
    "&",
    "#",
    "#@evil.example",
    "%23",
    "%2f",
    "%2F%2F",
    "/%2f",
    "/%2fevil.example",
    "%5c",
    "/%5C",
    "%09",
    "%00",
    "%0d%0a",
    "%0d%0aHost:%20evil.example",
    "\r\n",
    "\r\nHost: evil.example\r\n",
    "\n",
    "\t",
    "/\t/evil.example",
    "\0",
    " ",
    "  ",
    ".",
    "..",
    "/.",
    "/..",
    "/./",
    "/../",
    "/.//",
    "/..//evil.example",
    "/%2e%2e/",
    ";",
    ";@evil.example",
    "me",
    "contacts",
    "/contacts/6762f0dd1bb69f9f2193bb83",
    "/admins?x=y",
    "é",
    "日本",
    "<",
    ">",
    "\"",
    "{",
    "}",
    "|",
    "^",
    "`",
    "[",
    "]",
    "=",
    "$",
    "*",
];

const HEADERS: &[(&str, &str)] = &[
    ("X-Plain", "yes"),
    ("Accept", "text/plain"),
    ("Authorization", "Bearer other"),
    ("authorization ", "x"),
    ("Host", "evil.example"),
    ("host", "evil.example"),
    ("Cookie", "a=b"),
    ("Proxy-Authorization", "x"),
    ("Content-Length", "0"),
    ("Transfer-Encoding", "chunked"),
    ("X-A", "b\r\nHost: evil.example"),
    ("X-A\r\nHost", "evil.example"),
    ("Connection", "authorization"),
    ("X-Forwarded-Host", "evil.example"),
    ("Content_Length", "0"),
    ("Intercom-Version", "2.11"),
];

/// SplitMix64 once more, written here: nothing of the code under test draws its own examination.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).expect("below n")
    }
    fn target(&mut self) -> String {
        let mut out = match self.below(6) {
            0 => "https://api.eu.intercom.io".to_owned(),
            1 => "/".to_owned(),
            _ => String::new(),
        };
        for _ in 0..=self.below(6) {
            out.push_str(PIECES[self.below(PIECES.len())]);
        }
        out
    }
}

const HOSTILE: u64 = 1_000_000;

// Shows: P-013.
#[tokio::test]
async fn of_a_million_hostile_urls_none_leads_the_token_elsewhere() {
    let recorder = Arc::new(Recorder::default());
    let token = SecretString::from("canary");
    let made = Intercom::new(Arc::clone(&recorder) as _, token, Region::Eu, Version::default(), None, Limits::default());
    let client = made.expect("a connection").client().clone();
    let (mut dice, mut accepted, mut by_url) = (Dice(20_261_120), 0_u64, 0_u64);
    for _ in 0..HOSTILE {
        let target = dice.target();
        let headers = match dice.below(8) {
            0 => vec![HEADERS[dice.below(HEADERS.len())]],
            _ => Vec::new(),
        };
        let raw = Raw {
            method: Method::GET,
            target: target.clone(),
            query: Vec::new(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: None,
            timeout: Duration::from_secs(60),
            retry: RawRetry::default(),
        };
        match client.raw(raw).await {
            Ok(answer) => {
                assert_eq!(answer.status, 307, "a redirect is handed out");
                assert!(means_home(&target), "accepted: {target:?}");
                accepted += 1;
                by_url += u64::from(!target.starts_with('/'));
            }
            Err(error) => assert_eq!(error.code(), &codes::SEC_TARGET, "{target:?}: {error:?}"),
        }
    }
    let astray = recorder.astray.lock().expect("no test thread dies");
    assert_eq!(astray.len(), 0, "{:?}", astray.first());
    assert_eq!(recorder.sent.load(Ordering::Relaxed), accepted, "one request each, none followed");
    assert!(accepted > HOSTILE / 50 && by_url > HOSTILE / 200 && accepted < HOSTILE / 2, "{accepted}, of these {by_url} by URL");
}
