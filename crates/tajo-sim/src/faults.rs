//! Failures on demand: scripted ("the third answer to this path is a 429") or random per mille.
//! All follow from the town's seed, and each counts how often it fired.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dice::Dice;

/// One way to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429 with the three rate headers.
    RateLimited,
    /// 500 `server_error`.
    ServerError,
    /// 502 with an HTML page.
    BadGateway,
    /// 503 `service_unavailable`.
    Unavailable,
    /// 504 without a body.
    GatewayTimeout,
    /// 200 with an empty body (seen in production by singer-io/tap-intercom#66).
    EmptyBody,
    /// 200 with JSON that stops in the middle, its length correct.
    TruncatedJson,
    /// 200 whose body breaks off with a transport error.
    Dropped,
    /// 200 with fewer bytes than `Content-Length` says.
    CutBody,
    /// A write that takes effect, and of whose answer nothing arrives. Reads and searches are spared.
    DroppedAfter,
    /// A write before which the connection breaks: nothing happens. Reads and searches are spared.
    Unsent,
    /// The answer comes this many milliseconds later.
    Slow(u64),
    /// 401 `unauthorized`, as after a revoked token.
    Unauthorized,
    /// 403 `forbidden` for a missing scope.
    MissingScope(String),
    /// 401 `token_unauthorized`, the other way to say that a scope is missing.
    TokenUnauthorized,
    /// 404 as an HTML page, as a proxy in front would write it.
    NotFoundPage,
    /// The host of another region: 401 for a token that is fine at home.
    WrongRegion,
    /// 500 on a scroll page: it must be restarted from the beginning.
    ScrollFailed,
    /// 404 on a scroll page, as after a minute of idling.
    ScrollExpired,
    /// A good answer without rate headers.
    NoRateHeaders,
    /// A good answer whose rate headers make no sense.
    AbsurdRateHeaders,
}

impl Fault {
    /// The name under which it is counted.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::RateLimited => "rate_limited",
            Fault::ServerError => "server_error",
            Fault::BadGateway => "bad_gateway",
            Fault::Unavailable => "unavailable",
            Fault::GatewayTimeout => "gateway_timeout",
            Fault::EmptyBody => "empty_body",
            Fault::TruncatedJson => "truncated_json",
            Fault::Dropped => "dropped",
            Fault::CutBody => "cut_body",
            Fault::DroppedAfter => "dropped_after",
            Fault::Unsent => "unsent",
            Fault::Slow(_) => "slow",
            Fault::Unauthorized => "unauthorized",
            Fault::MissingScope(_) => "missing_scope",
            Fault::TokenUnauthorized => "token_unauthorized",
            Fault::NotFoundPage => "not_found_page",
            Fault::WrongRegion => "wrong_region",
            Fault::ScrollFailed => "scroll_failed",
            Fault::ScrollExpired => "scroll_expired",
            Fault::NoRateHeaders => "no_rate_headers",
            Fault::AbsurdRateHeaders => "absurd_rate_headers",
        }
    }

    fn fits(&self, asked: &Asked<'_>) -> bool {
        match self {
            Fault::ScrollFailed | Fault::ScrollExpired => {
                asked.path.ends_with("/companies/scroll") && asked.query.contains("scroll_param")
            }
            Fault::DroppedAfter | Fault::Unsent => asked.is_write,
            _ => true,
        }
    }
}

/// The handle on a town's failures. A clone is another handle on the same ones.
#[derive(Clone, Debug)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    dice: Dice,
    script: Vec<Scene>,
    swarm: Vec<(String, Fault, u32)>,
    scopes: Vec<(String, Fault)>,
    denied: Vec<String>,
    slow_pages_over: Option<u32>,
    check_host: bool,
    fired: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Scene {
    path: String,
    /// Matching requests to let pass first.
    skip: u32,
    times: u32,
    fault: Fault,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Faults {
        let state = State {
            dice: Dice::of(seed, 61, 0),
            script: Vec::new(),
            swarm: Vec::new(),
            scopes: Vec::new(),
            denied: Vec::new(),
            slow_pages_over: None,
            check_host: false,
            fired: BTreeMap::new(),
        };
        Faults { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From the `nth` request (counted from 1, from now) whose path contains `path`, answer `times`
    /// of them with `fault`. Scripts run in the order given and before the swarm.
    pub fn script(&self, path: &str, nth: u32, times: u32, fault: Fault) {
        self.state().script.push(Scene { path: path.to_owned(), skip: nth.saturating_sub(1), times, fault });
    }

    /// The next request whose path contains `path` meets `fault`.
    pub fn once(&self, path: &str, fault: Fault) {
        self.script(path, 1, 1, fault);
    }

    /// From the `nth` request on, every one is refused as if the token had been revoked.
    pub fn revoke_token_at(&self, nth: u32) {
        self.script("/", nth, u32::MAX, Fault::Unauthorized);
    }

    /// Each request meets `fault` with this probability in thousandths; 0 takes it back.
    pub fn chance(&self, fault: Fault, per_mille: u32) {
        self.chance_on("", fault, per_mille);
    }

    /// As [`Faults::chance`], for paths that contain `path`.
    pub fn chance_on(&self, path: &str, fault: Fault, per_mille: u32) {
        let mut state = self.state();
        state.swarm.retain(|(at, old, _)| at != path || old.name() != fault.name());
        if per_mille > 0 {
            state.swarm.push((path.to_owned(), fault, per_mille));
        }
    }

    /// Everything that a client must survive without losing a row, each with this probability in
    /// thousandths; 0 takes all of it back.
    pub fn swarm(&self, per_mille: u32) {
        let transient = [
            Fault::RateLimited,
            Fault::ServerError,
            Fault::BadGateway,
            Fault::Unavailable,
            Fault::GatewayTimeout,
            Fault::EmptyBody,
            Fault::TruncatedJson,
            Fault::Dropped,
            Fault::CutBody,
            Fault::Slow(3000),
            Fault::NoRateHeaders,
            Fault::AbsurdRateHeaders,
            Fault::ScrollFailed,
            Fault::ScrollExpired,
        ];
        for fault in transient {
            self.chance(fault, per_mille);
        }
    }

    /// Every path that starts with `prefix` lacks `scope`: 403 `forbidden`.
    /// Source: spec 2.16, "You do not have the required scope (read_conversations) to access this resource".
    pub fn missing_scope(&self, prefix: &str, scope: &str) {
        self.state().scopes.push((prefix.to_owned(), Fault::MissingScope(scope.to_owned())));
    }

    /// No token has this scope: what needs it is refused with 403 `forbidden`, the rest is not.
    pub fn deny(&self, scope: &str) {
        self.state().denied.push(scope.to_owned());
    }

    /// Every path that starts with `prefix` is refused with 401 `token_unauthorized`.
    pub fn token_unauthorized(&self, prefix: &str) {
        self.state().scopes.push((prefix.to_owned(), Fault::TokenUnauthorized));
    }

    /// Requests with a larger `per_page` than this answer 504.
    pub fn slow_pages_over(&self, per_page: Option<u32>) {
        self.state().slow_pages_over = per_page;
    }

    /// Refuse requests whose `Host` names another region than the town's.
    pub fn check_host(&self, on: bool) {
        self.state().check_host = on;
    }

    /// How often each fault fired, by name.
    pub fn fired(&self) -> BTreeMap<String, u64> {
        self.state().fired.clone()
    }

    /// Takes every script, chance and refusal back, [`crate::Options::denied`] too; the counts stay.
    pub fn clear(&self) {
        let mut state = self.state();
        state.script.clear();
        state.swarm.clear();
        state.scopes.clear();
        state.denied.clear();
        state.slow_pages_over = None;
        state.check_host = false;
    }

    /// The fault that this request meets, if any.
    pub(crate) fn meet(&self, asked: &Asked<'_>) -> Option<Fault> {
        let mut state = self.state();
        let fault = state.choose(asked)?;
        *state.fired.entry(fault.name().to_owned()).or_default() += 1;
        Some(fault)
    }
}

/// What a fault may depend on.
pub(crate) struct Asked<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// Whether it would change something.
    pub(crate) is_write: bool,
    /// The scope that it needs, empty for none.
    pub(crate) scope: &'static str,
    pub(crate) host: &'a str,
    pub(crate) region: &'a str,
    pub(crate) per_page: u32,
}

impl State {
    fn choose(&mut self, asked: &Asked<'_>) -> Option<Fault> {
        if self.check_host && is_foreign(asked.host, asked.region) {
            return Some(Fault::WrongRegion);
        }
        if let Some((_, fault)) = self.scopes.iter().find(|(prefix, _)| asked.path.starts_with(prefix.as_str())) {
            return Some(fault.clone());
        }
        if self.denied.iter().any(|scope| scope == asked.scope) {
            return Some(Fault::MissingScope(asked.scope.to_owned()));
        }
        if self.slow_pages_over.is_some_and(|most| asked.per_page > most) {
            return Some(Fault::GatewayTimeout);
        }
        self.scripted(asked).or_else(|| self.random(asked))
    }

    /// Every scene counts the requests that match it, so that "the third" means the third.
    fn scripted(&mut self, asked: &Asked<'_>) -> Option<Fault> {
        let mut hit = None;
        for scene in &mut self.script {
            if !asked.path.contains(scene.path.as_str()) || !scene.fault.fits(asked) {
                continue;
            }
            if scene.skip > 0 {
                scene.skip -= 1;
            } else if hit.is_none() && scene.times > 0 {
                scene.times -= 1;
                hit = Some(scene.fault.clone());
            }
        }
        self.script.retain(|scene| scene.times > 0);
        hit
    }

    fn random(&mut self, asked: &Asked<'_>) -> Option<Fault> {
        let dice = &mut self.dice;
        let mut fitting = self.swarm.iter().filter(|(path, fault, _)| asked.path.contains(path.as_str()) && fault.fits(asked));
        fitting.find(|(_, _, per_mille)| dice.per_mille(*per_mille)).map(|(_, fault, _)| fault.clone())
    }
}

/// `api.intercom.io` routes to any region; a regional host serves its own only.
/// Source: docs, "REST API reference": regional hosts are explicit.
fn is_foreign(host: &str, region: &str) -> bool {
    match (host.starts_with("api.eu."), host.starts_with("api.au.")) {
        (true, _) => region != "EU",
        (_, true) => region != "AU",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>(path: &'a str, host: &'a str) -> Asked<'a> {
        Asked { path, query: "", is_write: false, scope: "", host, region: "US", per_page: 50 }
    }

    #[test]
    fn the_third_matching_request_fails_twice() {
        let faults = Faults::new(1);
        faults.script("/contacts", 3, 2, Fault::Unavailable);
        let met: Vec<bool> = (0..6).map(|_| faults.meet(&asked("/contacts/search", "")).is_some()).collect();
        assert_eq!(met, [false, false, true, true, false, false]);
        assert!(faults.meet(&asked("/tags", "")).is_none());
        assert_eq!(faults.fired().get("unavailable"), Some(&2));
    }

    #[test]
    fn the_swarm_hits_about_as_often_as_asked() {
        let faults = Faults::new(3);
        faults.chance(Fault::RateLimited, 100);
        let hits = (0..2000).filter(|_| faults.meet(&asked("/tags", "")).is_some()).count();
        assert!((120..280).contains(&hits), "{hits}");
        faults.chance(Fault::RateLimited, 0);
        assert!(faults.meet(&asked("/tags", "")).is_none());
        faults.swarm(50);
        (0..2000).for_each(|_| drop(faults.meet(&asked("/tags", ""))));
        assert_eq!(faults.fired().len(), 12, "all but the scroll's two");
    }

    #[test]
    fn lost_writes_spare_what_only_reads() {
        let faults = Faults::new(1);
        faults.once("/contacts", Fault::Unsent);
        assert!(faults.meet(&asked("/contacts/search", "")).is_none());
        let write = Asked { is_write: true, ..asked("/contacts", "") };
        assert_eq!(faults.meet(&write), Some(Fault::Unsent));
    }

    #[test]
    fn a_regional_host_serves_its_own_region_only() {
        assert!(is_foreign("api.eu.intercom.io", "US"));
        assert!(!is_foreign("api.intercom.io", "EU"));
        let faults = Faults::new(1);
        faults.check_host(true);
        assert_eq!(faults.meet(&asked("/me", "api.au.intercom.io")), Some(Fault::WrongRegion));
    }
}
