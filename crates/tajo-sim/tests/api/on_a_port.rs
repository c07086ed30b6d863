use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use tajo_sim::{Fault, serve};

use crate::asking::town;

fn ask(addr: SocketAddr) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    let request = "GET /tags HTTP/1.1\r\nHost: api.intercom.io\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset still leaves what arrived before.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_breaks_on_the_wire() {
    let town = town(|_| {});
    let (addr, server) = serve(town.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let server = tokio::spawn(server);
    let whole = tokio::task::spawn_blocking(move || ask(addr)).await.unwrap();
    assert!(whole.starts_with("HTTP/1.1 200") && whole.ends_with('}'), "{whole}");
    town.faults().once("/tags", Fault::CutBody);
    let cut = tokio::task::spawn_blocking(move || ask(addr)).await.unwrap();
    assert!(cut.starts_with("HTTP/1.1 200") && cut.contains("content-length") && cut.len() + 100 < whole.len(), "{cut}");
    town.faults().once("/tags", Fault::Dropped);
    let dropped = tokio::task::spawn_blocking(move || ask(addr)).await.unwrap();
    assert!(!dropped.ends_with("\r\n0\r\n\r\n") && !dropped.ends_with('}'), "{dropped}");
    server.abort();
}
