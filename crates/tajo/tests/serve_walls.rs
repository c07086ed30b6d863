//! What never reaches an action: other hosts and pages, other methods and types, too much, too slow, too many.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod counter;
mod desk;

use std::io::{Read, Write};
use std::time::Duration;

use counter::{Counter, app, key};
use desk::{Desk, small};
use serde_json::json;
use tajo::surface::http::listen::Limits;
use tajo::surface::http::{BODY_MAX, WRONG_MAX};

#[test]
fn every_address_refuses_other_hosts_and_other_pages() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &["--scope", "admin"]);
    let bearer = format!("Bearer {key}");
    let port = counter.address.port();
    let own = format!("http://127.0.0.1:{port}");
    for (method, path) in [
        ("GET", "/api/v1/actions"),
        ("GET", "/api/v1/health"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/docs/rapidoc.js"),
        ("POST", "/api/v1/contacts/list"),
        ("POST", "/webhooks/intercom"),
        ("GET", "/nothing"),
    ] {
        let ask = |host: &str, origin: Option<&str>| {
            let mut headers = vec![("Host", host), ("Authorization", &bearer), ("Content-Type", "application/json")];
            headers.extend(origin.map(|origin| ("Origin", origin)));
            counter.send(method, path, &headers, b"{}")
        };
        let good = format!("localhost:{port}");
        let usual = ask(&good, None).status;
        assert!(![421, 403].contains(&usual), "{path}: {usual}");
        for origin in [own.as_str(), "https://tajo.example"] {
            assert_eq!(ask(&good, Some(origin)).status, usual, "{path} from {origin}");
        }
        for host in
            ["rebound.example", "0.0.0.0", &format!("0.0.0.0:{port}"), &format!("[::]:{port}"), "localhost", "127.0.0.1:1"]
        {
            assert_eq!(ask(host, None).is(421).code(), "TJ-SEC-ORIGIN", "{path} for {host}");
        }
        for origin in ["null", "https://evil.example", "http://tajo.example", "http://127.0.0.1:1", &own.replace("http", "https")]
        {
            let refused = ask(&good, Some(origin)).is(403);
            assert_eq!(refused.code(), "TJ-SEC-ORIGIN", "{path} from {origin}");
            assert!(refused.headers.iter().all(|(name, _)| !name.to_lowercase().starts_with("access-control-")));
        }
    }
    assert_eq!(desk.town.calls().len(), desk.town.count_calls("/contacts"), "only good requests reached Intercom");
}

#[test]
fn only_json_by_post_within_its_bounds_is_read() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &["--scope", "admin"]);
    let bearer = format!("Bearer {key}");
    let post = |headers: &[(&str, &str)], body: &[u8]| {
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        counter.send("POST", "/api/v1/contacts/list", &all, body)
    };
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""] {
        assert_eq!(post(&[("Content-Type", kind)], b"{}").is(415).code(), "TJ-CFG-INPUT", "{kind}");
    }
    assert_eq!(post(&[], b"{}").status, 415);
    let json = [("Content-Type", "application/json; charset=utf-8")];
    for body in [&b"{"[..], b"", b"[]", b"7", b"{\"per_page\":\"x\"}", b"\xff\xfe"] {
        assert_eq!(post(&json, body).is(400).code(), "TJ-CFG-INPUT", "{body:?}");
    }
    let large = format!("{{\"starting_after\":\"{}\"}}", "a".repeat(BODY_MAX));
    assert_eq!(post(&json, large.as_bytes()).is(413).code(), "TJ-CFG-INPUT");
    // Without a declared length the limit holds all the same.
    let mut chunked = format!(
        "POST /api/v1/contacts/list HTTP/1.1\r\nHost: {}\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        counter.address
    );
    chunked += &format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    assert_eq!(counter.raw(chunked.as_bytes()).status, 413);
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let refused = counter.send(method, "/api/v1/contacts/archive", &headers, br#"{"contact_id":"1"}"#);
        assert_eq!(refused.status, 405, "{method}");
        assert!(refused.header("access-control-allow-origin").is_none());
    }
    assert_eq!(counter.get(&key, "/api/v1/contacts").is(404).code(), "TJ-CFG-ACTION");
    assert_eq!(desk.town.calls().len(), 0, "nothing of this reached Intercom");
}

#[test]
fn heads_that_are_too_large_or_have_too_many_fields_are_refused() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let long = "a".repeat(Limits::default().head_bytes);
    assert_eq!(counter.send("GET", "/api/v1/health", &[("X-Long", &long)], b"").status, 431);
    let names: Vec<String> = (0..Limits::default().head_fields).map(|n| format!("X-{n}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(counter.send("GET", "/api/v1/health", &many, b"").status, 431);
    assert_eq!(counter.send("GET", "/api/v1/health", &many[..32], b"").status, 200);
}

#[test]
fn connections_that_never_finish_their_head_are_ended_and_hold_nobody_up() {
    assert_eq!(Limits::default().head_wait, Duration::from_secs(5));
    let desk = Desk::new(small());
    let limits = Limits { per_address: 0, head_wait: Duration::from_millis(300), ..Limits::default() };
    let counter = Counter::with(&desk, app(&desk, &[]), limits);
    let mut slow: Vec<_> = (0..200).map(|_| counter.connect()).collect();
    for (at, stream) in slow.iter_mut().enumerate() {
        let part: &[u8] = if at % 2 == 0 { b"GET /api/v1/health HTTP/1.1\r\nHost: loc" } else { b"" };
        stream.write_all(part).unwrap();
    }
    assert_eq!(counter.send("GET", "/api/v1/health", &[], b"").status, 200, "a good request passes meanwhile");
    for stream in &mut slow {
        let mut rest = Vec::new();
        // Ended by the server; without a limit this would wait for its own timeout and fail.
        let ended = stream.read_to_end(&mut rest);
        assert!(ended.is_ok_and(|_| rest.is_empty() || rest.starts_with(b"HTTP/1.1 4")), "{}", String::from_utf8_lossy(&rest));
    }
}

#[test]
fn one_address_has_so_many_connections_and_all_together_so_many() {
    let desk = Desk::new(small());
    let counter = Counter::with(&desk, app(&desk, &[]), Limits { per_address: 3, ..Limits::default() });
    let healthy = |counter: &Counter| counter.send("GET", "/api/v1/health", &[], b"").status;
    assert_eq!(healthy(&counter), 200);
    let mut held: Vec<_> = (0..3).map(|_| counter.connect()).collect();
    for stream in &mut held {
        let request = format!("GET /api/v1/health HTTP/1.1\r\nHost: {}\r\n\r\n", counter.address);
        stream.write_all(request.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    assert_eq!(healthy(&counter), 0, "the fourth is closed without a word");
    drop(held);
    // The server notices on its own time that they have gone.
    let again = (0..10_000).find(|_| healthy(&counter) == 200);
    assert!(again.is_some());
}

#[test]
fn wrong_keys_are_told_to_wait_and_good_ones_are_not() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let good = key(&desk, &[]);
    let wrong = |at: usize| format!("tajo_sk_{at:012x}_{}", "0".repeat(64));
    let tried: Vec<u16> =
        (0..usize::try_from(WRONG_MAX).unwrap() + 2).map(|at| counter.get(&wrong(at), "/api/v1/actions").status).collect();
    assert_eq!(tried[..10], [401; 10]);
    assert_eq!(tried[10..], [429, 429]);
    let throttled = counter.get("guess", "/api/v1/actions").is(429);
    assert_eq!(throttled.code(), "TJ-SEC-KEY");
    assert!((1..=60).contains(&throttled.header("retry-after").unwrap().parse::<u64>().unwrap()));
    counter.get(&good, "/api/v1/actions").is(200);
}

#[test]
fn the_reference_page_needs_nothing_from_elsewhere() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let page = counter.send("GET", "/docs", &[], b"").is(200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe-eval") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    let text = page.text();
    assert!(!text.contains("//") && !text.contains("<style") && !text.contains(" style="), "{text}");
    assert_eq!(text.matches("<script").count(), text.matches("<script type=\"module\" src=\"/docs/rapidoc.js\">").count());
    let script = counter.send("GET", "/docs/rapidoc.js", &[], b"").is(200);
    assert_eq!(script.header("content-encoding"), Some("gzip"));
    assert!(script.body.starts_with(&[0x1f, 0x8b]) && script.body.len() > 100_000);
    let other = counter.send("GET", "/api/v1/health", &[], b"").is(200);
    assert_eq!(other.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
    for answer in [&page, &script, &other] {
        assert_eq!((answer.header("x-content-type-options"), answer.header("x-frame-options")), (Some("nosniff"), Some("DENY")));
    }
}

#[test]
fn refusals_repeat_neither_tokens_nor_values() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let key = key(&desk, &["--scope", "admin"]);
    for input in [
        json!({"contact_id": "ada@byron.example secret-value"}),
        json!({"contact_id": {"secret-value": 1}}),
        json!({"contact_id": "x", "other": "secret-value"}),
    ] {
        let refused = counter.ask(&key, "contacts/archive", input);
        assert!(refused.status >= 400, "{}", refused.text());
        assert!(!refused.text().contains("secret-value") && !refused.text().contains("ada@"), "{}", refused.text());
        assert!(!refused.text().contains(&key));
    }
}
