//! A counter at which the HTTP API is asked: the server in process, and a client that knows no more than HTTP/1.1.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tajo::actions::App;
use tajo::config::Known;
use tajo::surface::cli::args::Flags;
use tajo::surface::cli::globals::{Env, Globals};
use tajo::surface::http::listen::{self, Limits};
use tajo::surface::http::{PublicUrl, Server, Walls, router};
use tokio::net::TcpListener;

use crate::desk::{CANARY, CANARY_FORMS, Desk};

/// The client secret of the app whose notifications are taken.
pub const SECRET: &str = "client-secret-for-the-twin-only";
/// Nothing here takes longer; a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Counter {
    pub address: SocketAddr,
    pub app: Arc<App>,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text()))
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
    /// Fails, with what was said, unless the status is this one.
    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
    /// The code of a refusal, which must have its parts and name the request.
    #[track_caller]
    pub fn code(&self) -> String {
        let body = self.json();
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"), "{body}");
        assert!(!body["error"]["message"].as_str().unwrap().is_empty() && !body["error"]["help"].as_str().unwrap().is_empty());
        body["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// The program that a command of the desk would have, with these further variables.
pub fn app(desk: &Desk, more: &[(&str, &str)]) -> App {
    let home = desk.path("home").display().to_string();
    let usual = [("INTERCOM_ACCESS_TOKEN", CANARY), ("TAJO_INTERCOM_BASE_URL", &desk.url), ("TAJO_HOME", &home)];
    let vars: Vec<(String, String)> =
        more.iter().chain(&usual).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let env = Env::new(move |name| vars.iter().find(|(held, _)| held == name).map(|(_, value)| value.clone()));
    let globals = Globals::new(Flags::default(), env, desk.directory.path().into(), Known::declared());
    App::new(move |connection| {
        let mut globals = globals.clone();
        globals.flags.connection = connection.map(str::to_owned);
        globals.resolved().map_err(|failure| failure.into_error())
    })
}

impl Counter {
    pub fn open(desk: &Desk) -> Counter {
        Counter::with(desk, app(desk, &[]), Limits { per_address: 0, ..Limits::default() })
    }
    pub fn with(desk: &Desk, app: App, limits: Limits) -> Counter {
        let app = Arc::new(app);
        let served = Arc::clone(&app);
        let home = desk.path("home");
        let address = desk.wait_for(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let public = PublicUrl::parse("https://tajo.example").unwrap();
            let server = Server::new(served, home, Walls::new(address, Some(&public)), |_| Some(SECRET.into())).unwrap();
            server.resume().unwrap();
            tokio::spawn(listen::serve(
                listener,
                router(Arc::new(server), &tokio_util::sync::CancellationToken::new()),
                limits,
                std::future::pending(),
            ));
            address
        });
        Counter { address, app }
    }
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
    /// Sends these bytes and reads the answer to its end.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses early may close before all is sent; what it said still counts.
        let _ = stream.write_all(request);
        read(&mut stream)
    }
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if method != "GET" && method != "HEAD" {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut bytes = (request + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        self.raw(&bytes)
    }
    /// Asks an action, `contacts/list?connection=acme`.
    pub fn ask(&self, key: &str, path: &str, input: Value) -> Answer {
        self.ask_with(key, path, input, &[])
    }
    pub fn ask_with(&self, key: &str, path: &str, input: Value, headers: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {key}");
        let mut all = vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        all.extend_from_slice(headers);
        self.send("POST", &format!("/api/v1/{path}"), &all, input.to_string().as_bytes())
    }
    pub fn get(&self, key: &str, path: &str) -> Answer {
        self.send("GET", path, &[("Authorization", &format!("Bearer {key}"))], b"")
    }
    /// The result of an action that is carried out.
    #[track_caller]
    pub fn result(&self, key: &str, path: &str, input: Value) -> Value {
        self.ask(key, path, input).is(200).json()["result"].take()
    }
}

/// A key made by the command line.
#[track_caller]
pub fn key(desk: &Desk, args: &[&str]) -> String {
    let made = desk.tajo(&[&["keys", "create", "--name", "trial", "--json"], args].concat()).ended(0).json();
    made["key"].as_str().unwrap().to_owned()
}

fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A reset after an early refusal cuts the end, not the beginning.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for form in CANARY_FORMS {
        assert!(!text.contains(form), "the token stands in an answer: {text}");
    }
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Answer { status: 0, headers: Vec::new(), body: bytes };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut body = bytes[end + 4..].to_vec();
    if headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("transfer-encoding") && value == "chunked") {
        body = unchunked(&body);
    }
    Answer { status, headers, body }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap().trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        out.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 2 + size + 2..];
    }
    out
}
