//! The twin on a port.

use std::future::Future;
use std::net::SocketAddr;

use crate::town::Town;

/// Binds `addr` (port 0 picks a free one) and returns the bound address with the server to await.
/// HTTP/1.1 with keep-alive, no TLS: for tests and demos on this machine.
pub async fn serve(
    town: Town,
    addr: SocketAddr,
) -> std::io::Result<(SocketAddr, impl Future<Output = std::io::Result<()>> + Send)> {
    let listener = tokio::net::TcpListener::bind(addr).await?;
    let bound = listener.local_addr()?;
    let router = town.router();
    Ok((bound, async move { axum::serve(listener, router).await }))
}
