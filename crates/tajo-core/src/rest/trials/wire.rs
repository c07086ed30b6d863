//! The network transport against a bare socket on this machine.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::codes;
use crate::rest::{How, Transport, Wire, WireOptions};

const ZIPPED: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x49\x2c\x49\x54\xb2\x8a\x8e\xad\x05\x00\x94\x64\xb2\x5e\x0b\x00\x00\x00";

/// Answers each connection with these bytes and closes it; `None` keeps it open and says nothing.
fn listen(reply: Option<Vec<u8>>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = listener.local_addr().expect("an address");
    let met = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&met);
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            seen.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]);
            match &reply {
                Some(reply) => drop(stream.write_all(reply)),
                None => kept.push(stream),
            }
        }
    });
    (at, met)
}

async fn ask(uri: String, options: WireOptions) -> Result<http::Response<Bytes>, How> {
    let request = http::Request::get(uri).body(Bytes::new()).expect("a valid request");
    Wire::new(&options).expect("no file to read").send(request).await.map_err(|broken| broken.how)
}

fn quick() -> WireOptions {
    WireOptions { idle_timeout: Duration::from_millis(200), answer_max: 1000, ..WireOptions::default() }
}

async fn answer(head: &str, body: &[u8]) -> Result<http::Response<Bytes>, How> {
    let mut reply = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    reply.extend_from_slice(body);
    ask(format!("http://{}/me", listen(Some(reply)).0), quick()).await
}

#[tokio::test]
async fn answers_come_back_whole_and_unzipped() {
    let plain = answer("404 Not Found\r\nX-Request-Id: r1", b"{}").await.expect("an answer");
    assert_eq!(
        (plain.status().as_u16(), &plain.headers()["x-request-id"], &plain.body()[..]),
        (404, &"r1".parse().unwrap(), &b"{}"[..])
    );
    let zipped = answer("200 OK\r\nContent-Encoding: gzip", ZIPPED).await.expect("an answer");
    assert_eq!(&zipped.body()[..], b"{\"data\":[]}");
}

#[tokio::test]
async fn what_breaks_is_told_apart() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"data\":".to_vec();
    for (reply, how) in [
        (Some(cut), How::Body),
        (Some(Vec::new()), How::Body),
        (Some(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), How::Body),
        (Some(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xab\x56\x4a\x49\x2c\x49\x54\xb2\x8a\x8e".to_vec()), How::Body),
        (None, How::Timeout),
    ] {
        let (at, _) = listen(reply.clone());
        assert_eq!(ask(format!("http://{at}/me"), quick()).await.err(), Some(how), "{reply:?}");
    }
    assert_eq!(answer("200 OK", &[b' '; 1001]).await.err(), Some(How::TooLarge));
    assert!(answer("200 OK", &[b' '; 1000]).await.is_ok());
    let closed = { TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address") };
    assert_eq!(ask(format!("http://{closed}/me"), quick()).await.err(), Some(How::Connect));
    assert!(ask(format!("https://{}/me", listen(Some(b"not TLS".to_vec())).0), quick()).await.is_err());
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (elsewhere, met) = listen(Some(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()));
    for status in [301, 302, 303, 307, 308] {
        let reply = answer(&format!("{status} Elsewhere\r\nLocation: http://{elsewhere}/"), b"").await.expect("an answer");
        assert_eq!(reply.status().as_u16(), status);
    }
    assert_eq!(met.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    assert_eq!(ask("http://api.testland.invalid/me".to_owned(), quick()).await.err(), Some(How::Connect));
}

#[test]
fn a_bad_file_of_authorities_is_refused_at_once() {
    let missing = Wire::new(&WireOptions { ca_file: Some("/nowhere/ca.pem".into()), ..quick() });
    assert_eq!(missing.err().map(|e| e.code()), Some(&codes::NET_CA));
    let empty = Wire::new(&WireOptions { ca_file: Some("/dev/null".into()), ..quick() });
    assert_eq!(empty.err().map(|e| e.code()), Some(&codes::NET_CA));
}

/// A TLS server of the `openssl` program with a fresh certificate; it ends with the value.
struct Foreign {
    server: std::process::Child,
    certificate: std::path::PathBuf,
    port: u16,
}

impl Foreign {
    /// `None` where there is no `openssl`.
    fn start(name: &str, san: &str, days: &str) -> Option<Foreign> {
        let dir = std::env::temp_dir().join(format!("tajo-tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary directory");
        std::fs::write(dir.join("ext"), format!("subjectAltName={san}\nbasicConstraints=critical,CA:FALSE\n")).expect("written");
        let openssl = |args: &str| {
            let mut command = std::process::Command::new("openssl");
            command.current_dir(&dir).args(args.split(' ')).stdin(std::process::Stdio::null());
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            command
        };
        let key = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out csr.pem -subj /CN=twin";
        openssl(key).status().ok().filter(|status| status.success())?;
        let sign = format!("x509 -req -in csr.pem -signkey key.pem -days {days} -extfile ext -out cert.pem");
        openssl(&sign).status().ok().filter(|status| status.success())?;
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port();
        let serve = format!("s_server -accept 127.0.0.1:{port} -cert cert.pem -key key.pem -www -quiet");
        let server = openssl(&serve).spawn().ok()?;
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Foreign { server, certificate: dir.join("cert.pem"), port })
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = self.certificate.parent().map(std::fs::remove_dir_all);
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_refused_for_good() {
    for (name, san, days, trusted, refused) in [
        ("trusted by file", "IP:127.0.0.1", "30", true, false),
        ("self-signed", "IP:127.0.0.1", "30", false, true),
        ("expired", "IP:127.0.0.1", "-1", true, true),
        ("wrong-host", "DNS:other.example", "30", true, true),
    ] {
        let Some(foreign) = Foreign::start(&name.replace(' ', "-"), san, days) else {
            println!("SKIPPED: no openssl program to make a certificate with");
            return;
        };
        let ca_file = trusted.then(|| foreign.certificate.clone());
        let options = WireOptions { ca_file, answer_max: 1 << 20, ..WireOptions::default() };
        let answer = ask(format!("https://127.0.0.1:{}/", foreign.port), options).await;
        assert_eq!(answer.err(), refused.then_some(How::Tls), "{name}");
    }
}
