//! A network that may be killed.

use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use tajo::twin::InProcess;
use tajo_core::BoxFuture;
use tajo_core::rest::{Broken, Transport};
use tajo_core::trip::Trip;
use tajo_sim::Town;
use tokio::sync::Notify;

/// The network up to the kill: the step that trips never returns, and says so.
pub struct Mortal {
    via: InProcess,
    trip: Trip,
    killed: Arc<Notify>,
}

impl Mortal {
    /// The way to a town, and what is told of its end.
    pub fn new(town: &Town, trip: &Trip) -> (Arc<Mortal>, Arc<Notify>) {
        let killed = Arc::new(Notify::new());
        (Arc::new(Mortal { via: InProcess::new(town.router()), trip: trip.clone(), killed: Arc::clone(&killed) }), killed)
    }

    async fn step(&self, name: &'static str) {
        if self.trip.step(name).is_err() {
            self.killed.notify_one();
            pending::<()>().await;
        }
    }
}

impl Transport for Mortal {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        Box::pin(async move {
            self.step("request").await;
            let answer = self.via.send(request).await;
            self.step("answer").await;
            answer
        })
    }
}
