//! Failpoints: a counter of steps that makes the n-th fail or kill the process, so that kill tests can try every n.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::codes::Code;
use crate::error::{Error, Result};

/// Counts steps over all its clones. The default never trips and costs one branch a step.
///
/// A kill test first runs with [`Trip::counting`] to learn how many steps there are, then once per step with
/// [`Trip::fail_at`] in process, or with `TAJO_CRASH_AT=n` and [`Trip::from_env`] in a process of its own.
#[derive(Debug, Clone, Default)]
pub struct Trip(Option<Arc<Wire>>);

#[derive(Debug)]
struct Wire {
    passed: AtomicU64,
    at: u64,
    how: How,
}

#[derive(Debug)]
enum How {
    Fail(&'static Code),
    Abort,
}

/// Number of the step at which the process dies.
pub const CRASH_AT: &str = "TAJO_CRASH_AT";

impl Trip {
    fn wire(at: u64, how: How) -> Trip {
        Trip(Some(Arc::new(Wire { passed: AtomicU64::new(0), at, how })))
    }
    /// Never trips; [`Trip::passed`] tells how many steps there were.
    pub fn counting() -> Trip {
        Trip::wire(0, How::Abort)
    }
    /// The `n`-th step (from 1) fails with this code, once.
    pub fn fail_at(n: u64, code: &'static Code) -> Trip {
        Trip::wire(n, How::Fail(code))
    }
    /// The `n`-th step (from 1) ends the process without any cleaning up, as `kill -9` would.
    pub fn abort_at(n: u64) -> Trip {
        Trip::wire(n, How::Abort)
    }
    /// [`Trip::abort_at`] the number in `TAJO_CRASH_AT`; without it, the default.
    pub fn from_env() -> Trip {
        let at = std::env::var(CRASH_AT).ok().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
        at.map(Trip::abort_at).unwrap_or_default()
    }
    /// Passes a step; `name` says which, for the error.
    pub fn step(&self, name: &'static str) -> Result<()> {
        let Some(wire) = &self.0 else { return Ok(()) };
        let n = wire.passed.fetch_add(1, Ordering::SeqCst) + 1;
        match wire.how {
            _ if n != wire.at => Ok(()),
            How::Fail(code) => Err(Error::new(code, format!("Injected fault at step {n} ({name})"))),
            How::Abort => std::process::abort(),
        }
    }
    /// Steps passed so far; 0 for the default.
    pub fn passed(&self) -> u64 {
        self.0.as_ref().map_or(0, |wire| wire.passed.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn the_nth_step_fails_once_over_all_clones() {
        let trip = Trip::fail_at(3, &codes::DST_FAILED);
        let other = trip.clone();
        let got: Vec<bool> = (0..5).map(|n| if n % 2 == 0 { trip.step("a") } else { other.step("b") }.is_ok()).collect();
        assert_eq!(got, [true, true, false, true, true]);
        assert_eq!(trip.passed(), 5);
        assert!(Trip::default().step("free").is_ok());
    }
}
