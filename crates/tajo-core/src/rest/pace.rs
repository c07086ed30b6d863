//! One rate budget per workspace, shared by everyone who sends to it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::countdown::Countdown;
use super::window::{Budget, Heard, Turn, apart, is_search};

/// The rate budget of one workspace, learned from its answers. Clones share it.
///
/// Promises: first come, first served; never more in flight than asked for; nothing is sent into a window that the
/// platform called empty, nor before its end; and searches keep a ceiling of their own, see [`Pace::searching`].
#[derive(Clone)]
pub struct Pace(Arc<Shared>, Option<Arc<Searches>>);

/// Searches go one after the other, so far apart; whoever holds the lock is the next. The instant is that of the last one.
struct Searches {
    apart: Duration,
    last: tokio::sync::Mutex<Option<Instant>>,
}

struct Shared {
    budget: Mutex<Reckoning>,
    /// The longest wait for a window; `None` waits for any.
    wait_max: Option<Duration>,
    slots: Arc<Semaphore>,
    /// Whoever holds this is first in line; tokio's mutex is fair.
    line: tokio::sync::Mutex<()>,
    heard: Notify,
    waiting: AtomicUsize,
}

/// The state of the budget, for a progress line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// Requests per window, once known.
    pub limit: Option<u32>,
    /// Requests left in this window, as far as we can tell.
    pub remaining: Option<u32>,
    /// Requests in line.
    pub waiting: usize,
    /// Time until the window ends.
    pub resets_in: Option<Duration>,
}

impl Pace {
    /// A budget of which nothing is known yet. `in_flight` requests at most are under way at once; `per_window` is a
    /// ceiling of our own per ten seconds, below the platform's.
    pub fn new(in_flight: usize, per_window: Option<u32>) -> Pace {
        Pace::of(in_flight, Reckoning::Window(Budget::new(per_window)), None)
    }

    /// A bucket whose answers say how many seconds are left. `starting` requests per second at most are sent until the
    /// platform's words allow more; nobody waits longer than `wait_max` for a window to end.
    pub(super) fn counting_down(in_flight: usize, per_window: Option<u32>, starting: Option<u32>, wait_max: Duration) -> Pace {
        Pace::of(in_flight, Reckoning::Countdown(Countdown::new(starting, per_window)), Some(wait_max))
    }

    fn of(in_flight: usize, budget: Reckoning, wait_max: Option<Duration>) -> Pace {
        let shared = Shared {
            budget: Mutex::new(budget),
            wait_max,
            slots: Arc::new(Semaphore::new(in_flight.max(1))),
            line: tokio::sync::Mutex::new(()),
            heard: Notify::new(),
            waiting: AtomicUsize::new(0),
        };
        Pace(Arc::new(shared), None)
    }

    /// The same budget with so many searches per second at most, spread evenly; none where nothing is given. Clones made
    /// from here on share the ceiling.
    pub fn searching(self, per_second: Option<u32>) -> Pace {
        let searches = per_second.map(|most| Arc::new(Searches { apart: apart(most), last: tokio::sync::Mutex::new(None) }));
        Pace(self.0, searches)
    }

    /// The state right now.
    pub fn gauge(&self) -> Gauge {
        let (limit, remaining, resets_in) = self.budget().known(Instant::now());
        Gauge { limit, remaining, waiting: self.0.waiting.load(Ordering::Relaxed), resets_in }
    }

    /// Waits in line for the right to send one request to that path; `Err` is the wait that would be longer than allowed.
    /// Safe to cancel.
    ///
    /// A search waits for its turn among searches first, holding neither a slot nor a place in the line of all.
    pub(super) async fn permit_for(&self, path: &str) -> Result<Permit, Duration> {
        let _waiting = Waiting::enter(&self.0.waiting);
        let Some(searches) = self.1.as_ref().filter(|_| is_search(path)) else { return self.in_line().await };
        let mut last = searches.last.lock().await;
        if let Some(last) = *last {
            tokio::time::sleep_until(last + searches.apart).await;
        }
        let permit = self.in_line().await?;
        *last = Some(permit.sent);
        Ok(permit)
    }

    async fn in_line(&self) -> Result<Permit, Duration> {
        let slot = Arc::clone(&self.0.slots).acquire_owned().await.expect("the semaphore is never closed");
        let _first = self.0.line.lock().await;
        loop {
            let now = Instant::now();
            let turn = self.budget().ask(now);
            match turn {
                Turn::Go => return Ok(Permit { pace: self.clone(), sent: now, settled: false, _slot: slot }),
                Turn::Wait(None) => self.0.heard.notified().await,
                Turn::Wait(Some(until)) => {
                    let wait = until - now;
                    if self.0.wait_max.is_some_and(|most| wait > most) {
                        return Err(wait);
                    }
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = self.0.heard.notified() => {}
                    }
                }
            }
        }
    }

    fn budget(&self) -> MutexGuard<'_, Reckoning> {
        self.0.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, act: impl FnOnce(&mut Reckoning)) {
        act(&mut self.budget());
        self.0.heard.notify_one();
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pace").field(&self.gauge()).finish()
    }
}

/// The right to send one request; it tells the budget what became of it. Dropped untold, it counts as sent and lost.
pub(super) struct Permit {
    pace: Pace,
    sent: Instant,
    settled: bool,
    _slot: OwnedSemaphorePermit,
}

impl Permit {
    /// An answer came.
    pub(super) fn answered(mut self, heard: Heard) {
        self.settled = true;
        let sent = self.sent;
        self.pace.settle(|budget| budget.answered(sent, Instant::now(), heard));
    }

    /// The request never left this machine.
    pub(super) fn unsent(mut self) {
        self.settled = true;
        self.pace.settle(Reckoning::unsent);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.settled {
            let sent = self.sent;
            self.pace.settle(|budget| budget.lost(sent));
        }
    }
}

/// The two ways platforms speak of a budget.
enum Reckoning {
    Window(Budget),
    Countdown(Countdown),
}

impl Reckoning {
    fn ask(&mut self, now: Instant) -> Turn {
        match self {
            Reckoning::Window(budget) => budget.ask(now),
            Reckoning::Countdown(bucket) => bucket.ask(now),
        }
    }

    fn answered(&mut self, sent: Instant, now: Instant, heard: Heard) {
        match self {
            Reckoning::Window(budget) => budget.answered(sent, now, heard),
            Reckoning::Countdown(bucket) => bucket.answered(sent, now, heard),
        }
    }

    fn unsent(&mut self) {
        match self {
            Reckoning::Window(budget) => budget.unsent(),
            Reckoning::Countdown(bucket) => bucket.unsent(),
        }
    }

    fn lost(&mut self, sent: Instant) {
        match self {
            Reckoning::Window(budget) => budget.lost(sent),
            Reckoning::Countdown(bucket) => bucket.lost(sent),
        }
    }

    fn known(&self, now: Instant) -> (Option<u32>, Option<u32>, Option<Duration>) {
        match self {
            Reckoning::Window(budget) => budget.known(now),
            Reckoning::Countdown(bucket) => bucket.known(now),
        }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Waiting<'a> {
        count.fetch_add(1, Ordering::Relaxed);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
