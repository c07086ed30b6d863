//! The handle on one account, its faults and its log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::routing::any;
use serde_json::Value;

use super::access::Access;
use super::account::Account;
use super::account::contact::Key;
use super::account::people::Row;
use super::contacts::show;
use super::events::Event;
use super::faults::BrevoFaults;
use super::gate;
use super::options::BrevoOptions;
use super::rate::Rate;
use super::webhooks::Webhook;
use crate::calls::Call;
use crate::clock::Clock;
use crate::json::Json;

/// One synthetic Brevo account with its API. A clone is another handle on the same one.
#[derive(Clone)]
pub struct Brevo {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    options: BrevoOptions,
    account: Mutex<Account>,
    access: Mutex<Access>,
    rate: Mutex<Rate>,
    faults: BrevoFaults,
    calls: Mutex<Vec<Call>>,
}

impl std::fmt::Debug for Brevo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brevo").field("contacts", &self.len()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn whole(account: &Account, row: &Row) -> Value {
    let text = Json::object(|j| show::contact(account, row, false, j));
    serde_json::from_slice(&text).unwrap_or_default()
}

impl Brevo {
    pub(crate) fn found(options: BrevoOptions, clock: Clock) -> Brevo {
        let inner = Inner {
            account: Mutex::new(Account::found(options.clone(), clock.now_ms())),
            access: Mutex::new(Access::default()),
            rate: Mutex::new(Rate::new(&options)),
            faults: BrevoFaults::new(options.seed),
            calls: Mutex::new(Vec::new()),
            clock,
            options,
        };
        Brevo { inner: Arc::new(inner) }
    }

    /// Adds the account's routes to the town's: `/v3`, the token endpoint and the import files.
    pub(crate) fn join(&self, router: axum::Router) -> axum::Router {
        let routes = axum::Router::new()
            .route("/v3/{*path}", any(gate::handle))
            .route("/oauth/token", any(gate::token))
            .route("/realms/partner/oauth/token", any(gate::token))
            .route("/imports/{*path}", any(gate::file));
        router.merge(routes.with_state(self.clone()))
    }

    pub(super) fn options(&self) -> &BrevoOptions {
        &self.inner.options
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    /// The account, with every process done that is due by now.
    pub(super) fn account(&self) -> MutexGuard<'_, Account> {
        let mut account = lock(&self.inner.account);
        account.catch_up(self.now_ms());
        account
    }

    pub(super) fn access(&self) -> MutexGuard<'_, Access> {
        lock(&self.inner.access)
    }

    pub(super) fn rate(&self) -> MutexGuard<'_, Rate> {
        lock(&self.inner.rate)
    }

    pub(super) fn log(&self, call: Call) {
        lock(&self.inner.calls).push(call);
    }

    /// The handle that scripts failures.
    pub fn faults(&self) -> BrevoFaults {
        self.inner.faults.clone()
    }

    /// All contacts as `GET /contacts` shows them, oldest first.
    pub fn contacts(&self) -> Vec<Value> {
        let account = self.account();
        account.people.rows().iter().map(|row| whole(&account, row)).collect()
    }

    /// One contact as `GET /contacts` shows it.
    pub fn contact(&self, id: i64) -> Option<Value> {
        let account = self.account();
        account.people.get(id).map(|row| whole(&account, row))
    }

    /// The contact with this address, in any case of letters.
    pub fn contact_by_email(&self, email: &str) -> Option<Value> {
        let id = self.account().people.owner(Key::Email, &Key::Email.canonical(email)?)?;
        self.contact(id)
    }

    /// How many contacts there are.
    pub fn len(&self) -> usize {
        self.account().people.len()
    }

    /// Whether there are no contacts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All events as `GET /events` shows them, in the order in which they came.
    pub fn events(&self) -> Vec<Value> {
        self.account().events.iter().map(Event::show).collect()
    }

    /// All companies as the API shows them, oldest first.
    pub fn companies(&self) -> Vec<Value> {
        self.account().companies.all.iter().map(super::companies::Company::show).collect()
    }

    /// All notes as the API shows them, oldest first.
    pub fn notes(&self) -> Vec<Value> {
        self.account().notes.clone()
    }

    /// All webhooks of every type, oldest first.
    pub fn webhooks(&self) -> Vec<Value> {
        self.account().webhooks.iter().map(Webhook::show).collect()
    }

    /// Webhook payloads as they would be posted, newest last; the newest 100,000 are kept.
    pub fn delivered(&self) -> Vec<Value> {
        self.account().delivered.iter().cloned().collect()
    }

    /// Forms that finished imports sent to their `notifyUrl`: address and body.
    pub fn notified(&self) -> Vec<(String, String)> {
        self.account().notified.clone()
    }

    /// How many contacts were ever created, by whomever.
    pub fn creations(&self) -> usize {
        self.account().creations
    }

    /// Contacts that the API took off the blocklist, by a flag or by changing their address; each
    /// time counts.
    pub fn resubscribed(&self) -> Vec<i64> {
        self.account().resubscribed.clone()
    }

    /// Every request in the order of its answer, paths with `/v3`; token requests and files too.
    /// A request that was never answered (`Unsent`) has status 0.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.inner.calls).clone()
    }

    /// Calls since the last [`Brevo::clear_calls`] that changed something: not `GET`, under `/v3`,
    /// status 2xx. One whose answer was lost (`Dropped`) counts.
    pub fn writes(&self) -> usize {
        let wrote = |call: &&Call| call.method != "GET" && call.path.starts_with("/v3/") && (200..300).contains(&call.status);
        lock(&self.inner.calls).iter().filter(wrote).count()
    }

    /// How many requests with this method (empty for any) had `part` in their path.
    pub fn count_calls(&self, method: &str, part: &str) -> usize {
        let fits = |call: &&Call| (method.is_empty() || call.method == method) && call.path.contains(part);
        lock(&self.inner.calls).iter().filter(fits).count()
    }

    /// Forgets the log, and with it [`Brevo::writes`].
    pub fn clear_calls(&self) {
        lock(&self.inner.calls).clear();
    }
}
