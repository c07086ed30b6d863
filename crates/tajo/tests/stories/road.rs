//! The road between the program and the platforms.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tajo::twin::InProcess;
use tajo_core::BoxFuture;
use tajo_core::rest::{Broken, Transport};
use tokio::sync::Notify;

use super::life::Life;

/// The network: edits happen while requests travel, and now and then the process dies.
pub struct Road {
    pub via: InProcess,
    pub life: Arc<Mutex<Life>>,
    pub edits: AtomicU64,
    pub dies_in: AtomicI64,
    pub died: Arc<Notify>,
}

impl Road {
    async fn step(&self) {
        if self.dies_in.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Transport for Road {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
        Box::pin(async move {
            self.step().await;
            let answer = self.via.send(request).await;
            let per_mille = self.edits.load(Ordering::SeqCst);
            if per_mille > 0 {
                let mut life = self.life.lock().unwrap();
                if life.dice.below(1000) < per_mille {
                    life.edit();
                }
            }
            self.step().await;
            answer
        })
    }
}
