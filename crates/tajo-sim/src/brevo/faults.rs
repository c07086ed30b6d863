//! Failures on demand, scripted or random, beside those of the Intercom twin.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::processes::Fate;
use crate::dice::Dice;

/// How long a random [`BrevoFault::Slow`] takes, in milliseconds.
const STORM_SLOW_MS: u64 = 50;

/// One way to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrevoFault {
    /// 429 with the three rate headers; nothing takes effect.
    RateLimited,
    /// 500; nothing takes effect.
    ServerError,
    /// 502 with an HTML page; nothing takes effect.
    BadGateway,
    /// 425, as while the contact is being processed; nothing takes effect.
    TooEarly,
    /// 401, as after a revoked key; nothing takes effect.
    Unauthorized,
    /// The request takes effect, its answer is lost.
    Dropped,
    /// The connection breaks before anything takes effect.
    Unsent,
    /// The request takes effect, its answer comes this many milliseconds later.
    Slow(u64),
    /// The process that this request starts never ends.
    ImportStuck,
    /// The process that this request starts fails, with nothing done.
    ImportFailed,
    /// The import that this request starts silently passes over the first of every three rows.
    ImportHalf,
    /// The request takes effect, its answer has no body.
    EmptyBody,
    /// The request takes effect, its answer stops in the middle, its length correct.
    Truncated,
    /// A list by `modifiedSince` misses the newest change.
    StaleReads,
}

impl BrevoFault {
    /// The name under which calls show it.
    pub fn name(&self) -> &'static str {
        match self {
            BrevoFault::RateLimited => "rate_limited",
            BrevoFault::ServerError => "server_error",
            BrevoFault::BadGateway => "bad_gateway",
            BrevoFault::TooEarly => "too_early",
            BrevoFault::Unauthorized => "unauthorized",
            BrevoFault::Dropped => "dropped",
            BrevoFault::Unsent => "unsent",
            BrevoFault::Slow(_) => "slow",
            BrevoFault::ImportStuck => "import_stuck",
            BrevoFault::ImportFailed => "import_failed",
            BrevoFault::ImportHalf => "import_half",
            BrevoFault::EmptyBody => "empty_body",
            BrevoFault::Truncated => "truncated",
            BrevoFault::StaleReads => "stale_reads",
        }
    }

    /// Faults that make no sense for a request let it pass uncounted.
    fn fits(&self, method: &str, path: &str, query: &str) -> bool {
        match self {
            BrevoFault::TooEarly => method != "GET" && path.contains("/contacts"),
            BrevoFault::ImportHalf => method == "POST" && path.ends_with("/import"),
            BrevoFault::ImportStuck | BrevoFault::ImportFailed => {
                method == "POST" && ["/import", "/export", "/remove"].iter().any(|end| path.ends_with(end))
            }
            BrevoFault::StaleReads => method == "GET" && query.contains("modifiedSince"),
            _ => true,
        }
    }

    pub(super) fn fate(&self) -> Fate {
        match self {
            BrevoFault::ImportStuck => Fate::Stuck,
            BrevoFault::ImportFailed => Fate::Failed,
            BrevoFault::ImportHalf => Fate::Half,
            _ => Fate::Fine,
        }
    }
}

/// What a storm is made of: everything that a client is expected to get over by itself.
const STORM: [BrevoFault; 9] = [
    BrevoFault::RateLimited,
    BrevoFault::ServerError,
    BrevoFault::BadGateway,
    BrevoFault::TooEarly,
    BrevoFault::Dropped,
    BrevoFault::Unsent,
    BrevoFault::Slow(STORM_SLOW_MS),
    BrevoFault::EmptyBody,
    BrevoFault::Truncated,
];

/// The handle on an account's failures. A clone is another handle on the same ones.
#[derive(Clone, Debug)]
pub struct BrevoFaults {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    dice: Dice,
    script: Vec<Scene>,
    per_mille: u32,
    fired: usize,
}

#[derive(Debug)]
struct Scene {
    method: String,
    path: String,
    /// Matching requests to let pass first.
    skip: usize,
    fault: BrevoFault,
}

impl BrevoFaults {
    pub(super) fn new(seed: u64) -> BrevoFaults {
        let state = State { dice: Dice::of(seed, 72, 0), script: Vec::new(), per_mille: 0, fired: 0 };
        BrevoFaults { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The `nth` request (counted from 1, from now) with this method and with `part_of_path` in its
    /// path meets `fault`. An empty method means any. Scripts count on beside each other.
    pub fn script(&self, method: &str, part_of_path: &str, nth: usize, fault: BrevoFault) {
        let (method, path, skip) = (method.to_owned(), part_of_path.to_owned(), nth.saturating_sub(1));
        self.state().script.push(Scene { method, path, skip, fault });
    }

    /// Each request meets, with this probability in thousandths, one of the passing faults: all but
    /// `Unauthorized`, the three of imports and `StaleReads`. 0 ends it.
    pub fn storm(&self, per_mille: u32) {
        self.state().per_mille = per_mille;
    }

    /// Takes every script and the storm back; the count stays.
    pub fn clear(&self) {
        let mut state = self.state();
        state.script.clear();
        state.per_mille = 0;
    }

    /// How many faults were met.
    pub fn fired(&self) -> usize {
        self.state().fired
    }

    pub(super) fn meet(&self, method: &str, path: &str, query: &str) -> Option<BrevoFault> {
        let mut state = self.state();
        let fault = state.scripted(method, path, query).or_else(|| state.random(method, path, query))?;
        state.fired += 1;
        Some(fault)
    }
}

impl State {
    fn scripted(&mut self, method: &str, path: &str, query: &str) -> Option<BrevoFault> {
        let mut hit = None;
        for (at, scene) in self.script.iter_mut().enumerate() {
            let named = (scene.method.is_empty() || scene.method == method) && path.contains(&scene.path);
            if !named || !scene.fault.fits(method, path, query) {
                continue;
            }
            if scene.skip > 0 {
                scene.skip -= 1;
            } else if hit.is_none() {
                hit = Some(at);
            }
        }
        hit.map(|at| self.script.remove(at).fault)
    }

    fn random(&mut self, method: &str, path: &str, query: &str) -> Option<BrevoFault> {
        if self.per_mille == 0 || !self.dice.per_mille(self.per_mille) {
            return None;
        }
        let fitting: Vec<&BrevoFault> = STORM.iter().filter(|fault| fault.fits(method, path, query)).collect();
        Some((*self.dice.pick(&fitting)).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_fitting_request_is_hit_once() {
        let faults = BrevoFaults::new(1);
        faults.script("PUT", "/contacts", 2, BrevoFault::Dropped);
        faults.script("", "/import", 1, BrevoFault::ImportHalf);
        let met: Vec<bool> = (0..4).map(|_| faults.meet("PUT", "/v3/contacts/1", "").is_some()).collect();
        assert_eq!(met, [false, true, false, false]);
        assert_eq!(faults.meet("GET", "/v3/contacts/import", ""), None);
        assert_eq!(faults.meet("POST", "/v3/contacts/import", ""), Some(BrevoFault::ImportHalf));
        assert_eq!(faults.fired(), 2);
    }

    #[test]
    fn a_storm_hits_as_often_as_asked_and_reads_never_come_too_early() {
        let faults = BrevoFaults::new(3);
        faults.storm(100);
        let met: Vec<BrevoFault> = (0..2000).filter_map(|_| faults.meet("GET", "/v3/contacts", "")).collect();
        assert!((120..280).contains(&met.len()), "{}", met.len());
        assert!(!met.contains(&BrevoFault::TooEarly));
        faults.clear();
        assert_eq!(faults.meet("GET", "/v3/contacts", ""), None);
    }
}
