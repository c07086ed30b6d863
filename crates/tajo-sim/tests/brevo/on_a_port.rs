use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use tajo_sim::{BrevoFault, serve};

use crate::asking::twin;

fn ask(addr: SocketAddr, line: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {addr}\r\napi-key: k\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset still leaves what arrived before.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_platforms_answer_on_one_port_and_a_lost_answer_is_no_answer() {
    let twin = twin(|o| o.import_ms = 0);
    let (addr, server) = serve(twin.town.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let server = tokio::spawn(server);
    let asked = |line: &'static str, body: &'static str| tokio::task::spawn_blocking(move || ask(addr, line, body));
    let account = asked("GET /v3/account", "").await.unwrap();
    assert!(account.starts_with("HTTP/1.1 200") && account.contains("organization_id"), "{account}");
    assert!(asked("GET /tags", "").await.unwrap().starts_with("HTTP/1.1 401"), "Intercom wants a bearer");
    let import = asked("POST /v3/contacts/import", r#"{"jsonBody":[{"email":"x"}],"listIds":[35]}"#).await.unwrap();
    assert!(import.starts_with("HTTP/1.1 202"), "{import}");
    let process = asked("GET /v3/processes/78", "").await.unwrap();
    assert!(process.contains(&format!("http://{addr}/imports/78/invalid_emails.csv")), "{process}");
    for (fault, held) in [(BrevoFault::Unsent, 0), (BrevoFault::Dropped, 1)] {
        twin.brevo.faults().script("POST", "/contacts", 1, fault);
        let lost = asked("POST /v3/contacts", r#"{"email":"ada@a.example"}"#).await.unwrap();
        assert!(!lost.contains("\"id\"") && !lost.ends_with("0\r\n\r\n"), "{lost}");
        assert_eq!(twin.brevo.len(), held);
    }
    server.abort();
}
