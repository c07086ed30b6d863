//! Connections: taken, counted, bounded in size and time, and ended in good order.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

/// After a refusal to take a connection (no file handles left), so long is waited.
const REFUSED_WAIT: Duration = Duration::from_millis(100);
/// Requests under way may take so long when the server ends.
const FAREWELL_WAIT: Duration = Duration::from_secs(10);

/// Bounds on connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections of one address at once; no bound where 0.
    pub per_address: usize,
    /// A request's head must be here by then, and the next one on a connection that is kept.
    pub head_wait: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// Fields of a request's head.
    pub head_fields: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections: 1_024, per_address: 32, head_wait: Duration::from_secs(5), head_bytes: 16 << 10, head_fields: 64 }
    }
}

/// The address at the other end.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Connections by address.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection, as long as it lives.
struct Seat(Open, IpAddr);

impl Open {
    /// A place, if there is one left. A connection without one is closed without a word.
    fn seat(&self, from: IpAddr, limits: &Limits) -> Option<Seat> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        let own = open.get(&from).copied().unwrap_or_default();
        if all >= limits.connections || (limits.per_address > 0 && own >= limits.per_address) {
            return None;
        }
        open.insert(from, own + 1);
        Some(Seat(self.clone(), from))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.1) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.1);
            }
        }
    }
}

/// Serves until `stop` resolves; then takes no more, and lets what is under way come to its end.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let (open, farewell) = (Open::default(), GracefulShutdown::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            () = &mut stop => break,
        };
        match taken {
            Ok((stream, from)) => {
                if let Some(seat) = open.seat(from.ip(), &limits) {
                    serve_one(stream, seat, router.clone(), &limits, &farewell);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(REFUSED_WAIT).await;
            }
        }
    }
    drop(listener);
    tokio::select! {
        () = farewell.shutdown() => {}
        () = tokio::time::sleep(FAREWELL_WAIT) => tracing::warn!("some requests did not come to their end"),
    }
}

fn serve_one(stream: TcpStream, seat: Seat, router: Router, limits: &Limits, farewell: &GracefulShutdown) {
    let peer = Peer(seat.1);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let router = router.clone();
        async move { router.oneshot(request).await.map_err(|never: Infallible| never) }
    });
    // Without a timer hyper has no time limits at all, and says nothing.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_wait)
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.head_fields)
        .serve_connection(TokioIo::new(stream), service);
    let connection = farewell.watch(connection);
    tokio::spawn(async move {
        let _seat = seat;
        // A peer that breaks off is not worth a line.
        let _ = connection.await;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_given_back() {
        let (open, here, there) = (Open::default(), IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let limits = Limits { connections: 3, per_address: 2, ..Limits::default() };
        let first = open.seat(here, &limits);
        let second = open.seat(here, &limits);
        assert!(first.is_some() && second.is_some() && open.seat(here, &limits).is_none());
        let third = open.seat(there, &limits);
        assert!(third.is_some() && open.seat(there, &limits).is_none(), "all seats are taken");
        drop(first);
        assert!(open.seat(here, &limits).is_some());
        drop((second, third));
        assert!(open.0.lock().unwrap().values().all(|n| *n == 0));
        assert!((0..3).map(|_| open.seat(here, &Limits { per_address: 0, ..limits })).all(|seat| seat.is_some()));
    }
}
