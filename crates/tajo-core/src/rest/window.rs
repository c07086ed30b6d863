//! The arithmetic of one rate budget. Pure: the time comes in with every call, nothing waits in here.
//!
//! The server counts requests in windows of fixed length and says after each how many are left. Between its words we
//! reckon: *left = the lowest remaining seen in this window − requests in flight*. A request in flight may be counted
//! in that remaining already, so this errs downwards only, and corrects itself as soon as the answer is here. Answers
//! without headers are caught by our own count: *left = limit − answers of ours − what others took − in flight*.
//!
//! Where other programs use the same budget, what they took in one window is left to them in the next, and what is in
//! flight is weighed as if theirs were too.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::request::Rate;

/// Intercom counts in windows of ten seconds: <https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting>.
/// Used where the platform did not say, and for the ceiling of our own.
pub(super) const WINDOW: Duration = Duration::from_secs(10);
/// A reset further ahead than this is taken for a mistake, not for an order.
pub(super) const RESET_MAX_SECS: i64 = 120;
/// Added to every reset: a server's windows and its `Date` header need not tick at the same instant.
pub(super) const GUARD: Duration = Duration::from_millis(20);
/// Requests in flight while nothing is known about the limit.
const UNKNOWN_IN_FLIGHT: u32 = 4;
/// How much of the other programs' last known use is still left to them, one window later.
const OTHERS_KEPT: f64 = 0.97;

/// What the next in line may do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Turn {
    /// Send now; it is counted as in flight.
    Go,
    /// Ask again at this instant, or at the next answer if that is earlier.
    Wait(Option<Instant>),
}

/// What an answer said about the budget.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Heard {
    /// The platform refused with 429.
    pub refused: bool,
    /// Its rate headers.
    pub rate: Option<Rate>,
    /// Its clock, unix seconds.
    pub date: Option<i64>,
    /// On a refusal: how long nobody should send.
    pub hold: Option<Duration>,
}

/// One window of the server, as far as we know it.
#[derive(Debug, Clone)]
struct Span {
    limit: u32,
    /// The server's name for the window: its end in unix seconds. While `assumed`, the end of the window before.
    label: i64,
    /// True after a reset passed and before the server spoke of the next window.
    assumed: bool,
    /// Requests sent from here on are counted in this window.
    began: Instant,
    /// When it ends on our clock, never early; `None` until an assumed window's first request.
    ends: Option<Instant>,
    /// The lowest remaining seen.
    floor: u32,
    /// Requests of ours that the server counted, whether it said so or not.
    ours: u32,
    /// Requests that others took in this window, at least.
    theirs: u32,
    /// Requests sent.
    sent: u32,
}

impl Span {
    /// The window after the one that ended at `label`, before the server spoke of it.
    fn assumed(limit: u32, label: i64, began: Instant) -> Span {
        Span { limit, label, assumed: true, began, ends: None, floor: limit, ours: 0, theirs: 0, sent: 0 }
    }

    /// What remains before requests in flight are taken off.
    fn left(&self) -> u32 {
        self.floor.min(self.limit.saturating_sub(self.ours).saturating_sub(self.theirs))
    }
}

/// The budget of one workspace.
#[derive(Debug, Default)]
pub(super) struct Budget {
    span: Option<Span>,
    in_flight: u32,
    /// Answers that came before any word about the limit.
    unlimited: u32,
    /// Requests per window that other programs are believed to take.
    others: f64,
    closed: Option<Instant>,
    ceiling: Option<u32>,
    recent: VecDeque<Instant>,
    clock: Option<(Instant, i64)>,
    /// Whether an absurd header was met: it is worth one warning, not thousands.
    pub absurd: bool,
}

impl Budget {
    /// A budget of which nothing is known; `ceiling` requests per ten seconds are not exceeded in any case.
    pub(super) fn new(ceiling: Option<u32>) -> Budget {
        Budget { ceiling: ceiling.map(|c| c.max(1)), ..Budget::default() }
    }

    /// May one more request be sent now?
    pub(super) fn ask(&mut self, now: Instant) -> Turn {
        if self.span.as_ref().is_some_and(|span| span.ends.is_some_and(|ends| ends <= now)) {
            self.close(now);
        }
        if let Some(closed) = self.closed.filter(|closed| *closed > now) {
            return Turn::Wait(Some(closed));
        }
        if let Some(free) = self.ceiling_free_at(now) {
            return Turn::Wait(Some(free));
        }
        match &mut self.span {
            None if self.in_flight >= UNKNOWN_IN_FLIGHT.saturating_add(self.unlimited) => return Turn::Wait(None),
            None => {}
            Some(span) => {
                let left = span.left();
                let cap = (f64::from(span.limit) - self.others).max(1.0);
                let weight = f64::from(span.limit) / cap;
                let fits = f64::from(self.in_flight) * weight < f64::from(left);
                let ours_used_up = self.others > 0.0 && f64::from(span.sent) + 1.0 > cap.floor();
                // With nothing in flight and no end known, no answer could ever say more: one request goes and asks.
                let only_this_can_tell = span.ends.is_none() && self.in_flight == 0;
                if (!fits || ours_used_up) && !only_this_can_tell {
                    return Turn::Wait(span.ends);
                }
                span.sent += 1;
                span.ends.get_or_insert(now + WINDOW + GUARD);
            }
        }
        self.in_flight += 1;
        if self.ceiling.is_some() {
            self.recent.push_back(now);
        }
        Turn::Go
    }

    /// An answer arrived for a request sent at `sent`.
    pub(super) fn answered(&mut self, sent: Instant, now: Instant, heard: Heard) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(date) = heard.date {
            self.clock = Some((now, date));
        }
        if let Some(hold) = heard.hold.filter(|_| heard.refused) {
            self.closed = self.closed.max(Some(now + hold + GUARD));
        }
        match heard.rate.and_then(|rate| Some((rate, self.ends(rate, now)?))) {
            Some((rate, ends)) => self.told(sent, now, heard.refused, rate, ends),
            // Nobody knows the limit, but we went beyond it.
            None if heard.refused => self.unlimited = 0,
            None => self.untold(sent),
        }
    }

    /// A request that surely never reached the server.
    pub(super) fn unsent(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A request of which the server may or may not know.
    pub(super) fn lost(&mut self, sent: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.untold(sent);
    }

    /// Limit, remaining and end of the current window.
    pub(super) fn known(&self, now: Instant) -> (Option<u32>, Option<u32>, Option<Duration>) {
        let Some(span) = &self.span else { return (self.ceiling, None, None) };
        let left = span.left().saturating_sub(self.in_flight);
        let ends = self.closed.filter(|closed| *closed > now).max(span.ends);
        (Some(span.limit), Some(left), ends.map(|ends| ends.saturating_duration_since(now)))
    }

    /// When the window of these headers ends on our clock: never early, because the answer left the server at `Date` or
    /// up to a second later, and reached us later still. `None` for headers that make no sense.
    fn ends(&mut self, rate: Rate, now: Instant) -> Option<Instant> {
        let (seen, date) = self.clock?;
        let ahead = rate.reset.checked_sub(date)?;
        if rate.limit == 0 || rate.remaining > rate.limit || !(-5..=RESET_MAX_SECS).contains(&ahead) {
            if !std::mem::replace(&mut self.absurd, true) {
                tracing::warn!(?rate, date, "rate limit headers make no sense and are ignored");
            }
            return None;
        }
        Some((seen + Duration::from_secs(ahead.max(0).unsigned_abs())).max(now) + GUARD)
    }

    fn told(&mut self, sent: Instant, now: Instant, refused: bool, rate: Rate, ends: Instant) {
        let floor = if refused { 0 } else { rate.remaining };
        let newer = self.span.as_ref().is_none_or(|span| rate.reset > span.label);
        if newer && !self.span.as_ref().is_some_and(|span| span.assumed) {
            self.close(now);
            self.span = Some(Span { sent: self.in_flight, ..Span::assumed(rate.limit, rate.reset, sent) });
        }
        let Some(span) = &mut self.span else { return };
        if newer {
            (span.assumed, span.label, span.ends) = (false, rate.reset, Some(ends));
        } else if span.assumed || rate.reset < span.label {
            // The window before. A request of this window cannot belong there, whatever its answer says.
            if !refused {
                self.untold(sent);
            }
            return;
        }
        span.limit = rate.limit;
        // Every answer bounds the same end from above; the tightest bound is as true as the loosest.
        span.ends = span.ends.min(Some(ends));
        span.floor = span.floor.min(floor);
        span.ours += u32::from(!refused);
        let taken = span.limit.saturating_sub(floor);
        span.theirs = span.theirs.max(taken.saturating_sub(span.ours).saturating_sub(self.in_flight));
    }

    /// A request was answered without a word about the budget, or not at all.
    fn untold(&mut self, sent: Instant) {
        match &mut self.span {
            None => self.unlimited = self.unlimited.saturating_add(1),
            Some(span) if sent >= span.began => span.ours = span.ours.saturating_add(1),
            Some(_) => {}
        }
    }

    /// Ends the current window: notes what the others took, and assumes a fresh one.
    fn close(&mut self, now: Instant) {
        let Some(span) = &mut self.span else { return };
        if !span.assumed {
            let taken = span.limit.saturating_sub(span.floor);
            let others = taken.saturating_sub(span.ours).saturating_sub(self.in_flight);
            self.others = f64::from(others).max(self.others * OTHERS_KEPT);
            if self.others < 1.0 {
                self.others = 0.0;
            }
        }
        *span = Span { sent: self.in_flight, ..Span::assumed(span.limit, span.label, now) };
    }

    fn ceiling_free_at(&mut self, now: Instant) -> Option<Instant> {
        let ceiling = self.ceiling? as usize;
        while self.recent.front().is_some_and(|at| *at + WINDOW <= now) {
            self.recent.pop_front();
        }
        (self.recent.len() >= ceiling).then(|| self.recent.front().map(|at| *at + WINDOW)).flatten()
    }
}

/// Whether a path, with or without its query, asks for a search.
pub(super) fn is_search(path: &str) -> bool {
    path.split(['?', '#']).next().is_some_and(|path| path.ends_with("/search"))
}

/// The distance between two searches where so many may be sent in a second: spread evenly, no second has more.
pub(super) fn apart(per_second: u32) -> Duration {
    // Rounded up: a nanosecond less would let one more into some second.
    Duration::from_nanos(1_000_000_000_u64.div_ceil(u64::from(per_second.max(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slow answer spans the reset, others seem to take everything, and nobody is left in flight: somebody must ask.
    #[test]
    fn a_budget_never_waits_for_an_answer_that_nobody_asked_for() {
        let begin = Instant::now();
        let mut budget = Budget::new(None);
        assert_eq!((budget.ask(begin), budget.ask(begin)), (Turn::Go, Turn::Go));
        let rate = Rate { limit: 10, remaining: 0, reset: 1_005 };
        let refused = Heard { refused: true, rate: Some(rate), date: Some(1_000), hold: None };
        budget.answered(begin, begin, refused);
        let later = begin + Duration::from_secs(6);
        assert_eq!(budget.ask(later), Turn::Wait(None), "the slow one is still in flight");
        budget.answered(begin, later, Heard { date: Some(1_006), ..Heard::default() });
        assert_eq!(budget.ask(later), Turn::Go);
    }

    #[test]
    fn searches_are_told_by_the_end_of_their_path() {
        for (path, expect) in [
            ("/contacts/search", true),
            ("/articles/search?phrase=a/b", true),
            ("/contacts/search?per_page=2", true),
            ("/contacts", false),
            ("/contacts?next=/search", false),
            ("/searches", false),
            ("/contacts/search/more", false),
        ] {
            assert_eq!(is_search(path), expect, "{path}");
        }
        assert_eq!((apart(1), apart(4)), (Duration::from_secs(1), Duration::from_millis(250)));
        assert!(apart(3) * 3 >= Duration::from_secs(1));
    }
}
