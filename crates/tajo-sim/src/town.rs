//! The handle on one workspace, its faults and its log.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::Value;

use crate::brevo::Brevo;
use crate::calls::{Bodies, Call};
use crate::clock::Clock;
use crate::faults::Faults;
use crate::intercom::echo::Attempts;
use crate::intercom::oauth::Grants;
use crate::intercom::{self, rate::Rate};
use crate::options::Options;
use crate::world::World;

/// One synthetic workspace with its API. A clone is another handle on the same one.
#[derive(Clone)]
pub struct Town {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    world: Mutex<World>,
    rate: Mutex<Rate>,
    faults: Faults,
    calls: Mutex<Vec<Call>>,
    bodies: Mutex<Bodies>,
    attempts: Mutex<Attempts>,
    grants: Mutex<Grants>,
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    brevo: Brevo,
    options: Options,
}

impl std::fmt::Debug for Town {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Town").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Town {
    /// Founds a town. Equal options give equal towns (with `now` set).
    pub fn new(options: Options) -> Town {
        let clock = Clock::new(options.now);
        let world = World::settle(options.clone(), clock.now());
        let faults = Faults::new(options.seed);
        options.denied.iter().for_each(|scope| faults.deny(scope));
        let inner = Inner {
            grants: Mutex::new(Grants::new(options.seed, &world.workspace_id())),
            world: Mutex::new(world),
            rate: Mutex::new(Rate::new(options.rate_limit)),
            faults,
            calls: Mutex::new(Vec::new()),
            bodies: Mutex::default(),
            attempts: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            brevo: Brevo::found(options.brevo.clone(), clock),
            clock,
            options,
        };
        Town { inner: Arc::new(inner) }
    }

    /// The Intercom API over this town, and Brevo's under `/v3`.
    pub fn router(&self) -> axum::Router {
        self.inner.brevo.join(intercom::router(self.clone()))
    }

    /// The town's Brevo account, empty of contacts at first.
    pub fn brevo(&self) -> Brevo {
        self.inner.brevo.clone()
    }

    /// The handle that scripts failures.
    pub fn faults(&self) -> Faults {
        self.inner.faults.clone()
    }

    /// What the town was made of.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// The twin's clock in unix seconds.
    pub fn now(&self) -> i64 {
        self.inner.clock.now()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.inner.world)
    }

    pub(crate) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        lock(&self.inner.attempts)
    }

    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        lock(&self.inner.grants)
    }

    /// The tokens that OAuth issued and nobody revoked.
    pub fn issued_tokens(&self) -> Vec<String> {
        self.grants().living()
    }

    /// Ends a token, as its workspace's people or the platform would: 401 `token_revoked` from now on.
    pub fn revoke_token(&self, token: &str) {
        self.grants().revoke(token);
    }

    pub(crate) fn rate(&self) -> MutexGuard<'_, Rate> {
        lock(&self.inner.rate)
    }

    /// Every answered request, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.inner.calls).clone()
    }

    /// How many answered requests had `part` in their path.
    pub fn count_calls(&self, part: &str) -> usize {
        lock(&self.inner.calls).iter().filter(|call| call.path.contains(part)).count()
    }

    /// How many requests were answered with this status.
    pub fn count_status(&self, status: u16) -> usize {
        lock(&self.inner.calls).iter().filter(|call| call.status == status).count()
    }

    /// The JSON bodies of the last calls with this method whose paths start with `prefix`, oldest
    /// first, refused ones included. The latest 1000 bodies are kept.
    pub fn bodies(&self, method: &str, prefix: &str) -> Vec<Value> {
        lock(&self.inner.bodies).of(method, prefix)
    }

    /// Forgets the log, the bodies and the peak of requests in flight.
    pub fn clear_calls(&self) {
        lock(&self.inner.calls).clear();
        lock(&self.inner.bodies).forget();
        self.inner.peak.store(self.inner.in_flight.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// The most requests that were ever in flight at once.
    pub fn peak_in_flight(&self) -> usize {
        self.inner.peak.load(Ordering::SeqCst)
    }

    pub(crate) fn log(&self, call: Call, body: &Bytes) {
        lock(&self.inner.bodies).keep(&call.method, &call.path, body);
        lock(&self.inner.calls).push(call);
    }

    pub(crate) fn enter(&self) -> InFlight {
        let now = self.inner.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.inner.peak.fetch_max(now, Ordering::SeqCst);
        InFlight(self.clone())
    }

    /// Ids of everything alive in a table: `contacts`, `companies`, `conversations`, `articles`,
    /// `tags`, `segments`, `admins`, `teams`, `collections`. Reads the primary, not the index.
    pub fn ids(&self, table: &str) -> Vec<String> {
        self.world().ids(table)
    }

    /// A record as `GET` by id gives it in version 2.14; conversations come without their parts.
    pub fn record(&self, table: &str, id: &str) -> Option<Value> {
        intercom::record(&self.world(), table, id)
    }

    /// All pairs of `contact_tags`, `contact_companies`, `conversation_contacts` or
    /// `conversation_tags`, nothing cut off.
    pub fn links(&self, table: &str) -> Vec<(String, String)> {
        self.world().links(table)
    }

    /// All parts of a conversation, oldest first, those beyond 500 included.
    pub fn parts(&self, conversation: &str) -> Vec<Value> {
        intercom::parts(&self.world(), conversation)
    }
}

/// Counts a request as in flight until dropped.
pub(crate) struct InFlight(Town);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.inner.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}
