//! The twin in process: its router as a transport, so that demos and tests need no socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use tajo_core::BoxFuture;
use tajo_core::rest::{Broken, How, Transport};
use tower::ServiceExt;

/// The largest answer the twin gives.
const ANSWER_MAX: usize = 64 << 20;

/// Calls a router instead of the network.
#[derive(Clone)]
pub struct InProcess(Router);

impl InProcess {
    /// A transport that ends at this router.
    pub fn new(router: Router) -> InProcess {
        InProcess(router)
    }
}

impl Transport for InProcess {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        let router = self.0.clone();
        Box::pin(async move {
            let answer = router.oneshot(request.map(Body::from)).await.map_err(|never| Broken::new(How::Connect, never))?;
            let (head, body) = answer.into_parts();
            let declared =
                head.headers.get(http::header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
            let body = to_bytes(body, ANSWER_MAX).await.map_err(|e| Broken::new(How::Body, e))?;
            // On a socket a body shorter than declared is a cut connection; here it must be noticed by hand.
            if declared.is_some_and(|length: usize| length > body.len()) {
                return Err(Broken::new(How::Body, "the body is shorter than declared"));
            }
            Ok(http::Response::from_parts(head, body))
        })
    }
}
