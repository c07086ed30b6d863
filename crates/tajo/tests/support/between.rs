//! The twins behind somebody who changes requests, or answers them himself.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tajo::twin::InProcess;
use tajo_core::BoxFuture;
use tajo_core::rest::{Broken, Transport};
use tajo_sim::Town;

type Hand = dyn Fn(&mut http::Request<Bytes>) -> Option<(u16, Value)> + Send + Sync;

/// The way to a town, with that somebody on it.
pub struct Between {
    to: InProcess,
    hand: Box<Hand>,
}

/// What `hand` gives is the answer; where it gives nothing, the town is asked.
pub fn between(
    town: &Town,
    hand: impl Fn(&mut http::Request<Bytes>) -> Option<(u16, Value)> + Send + Sync + 'static,
) -> Arc<Between> {
    Arc::new(Between { to: InProcess::new(town.router()), hand: Box::new(hand) })
}

impl Transport for Between {
    fn send(&self, mut request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        Box::pin(async move {
            let Some((status, body)) = (self.hand)(&mut request) else { return self.to.send(request).await };
            let answer = http::Response::builder().status(status).header("content-type", "application/json");
            Ok(answer.body(body.to_string().into()).unwrap())
        })
    }
}
