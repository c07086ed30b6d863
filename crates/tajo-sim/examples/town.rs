//! Runs a town on a port: `cargo run -p tajo-sim --example town -- 127.0.0.1:8642 2000`.

use std::net::SocketAddr;

use tajo_sim::{Options, Town, serve};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let addr: SocketAddr = args.next().and_then(|arg| arg.parse().ok()).unwrap_or_else(|| ([127, 0, 0, 1], 8642).into());
    let contacts = args.next().and_then(|arg| arg.parse().ok()).unwrap_or(40);
    let town = Town::new(Options { contacts, ..Options::default() });
    let (bound, server) = serve(town, addr).await?;
    println!("Intercom's twin listens on http://{bound}");
    server.await
}
