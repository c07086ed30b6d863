//! How far a resource is: counters that a display may read at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Live counters of one resource.
#[derive(Debug)]
pub struct Gauge {
    /// The resource.
    pub name: &'static str,
    read: AtomicU64,
    expected: AtomicU64,
    finished: AtomicBool,
}

impl Gauge {
    pub(super) fn new(name: &'static str) -> Arc<Gauge> {
        Arc::new(Gauge { name, read: AtomicU64::new(0), expected: AtomicU64::new(0), finished: AtomicBool::new(false) })
    }
    /// Rows read so far.
    pub fn read(&self) -> u64 {
        self.read.load(Relaxed)
    }
    /// Rows expected in all, as far as known; 0 where not.
    pub fn expected(&self) -> u64 {
        self.expected.load(Relaxed)
    }
    /// Whether reading ended.
    pub fn finished(&self) -> bool {
        self.finished.load(Relaxed)
    }
    pub(super) fn add(&self, rows: usize) {
        self.read.fetch_add(rows as u64, Relaxed);
    }
    pub(super) fn expect(&self, rows: u64) {
        self.expected.fetch_max(rows, Relaxed);
    }
    pub(super) fn expect_more(&self, rows: usize) {
        self.expected.fetch_add(rows as u64, Relaxed);
    }
    pub(super) fn finish(&self) {
        self.finished.store(true, Relaxed);
    }
}
