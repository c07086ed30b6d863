//! The arithmetic of a budget whose answers say how many seconds are left, not when the window ends. Pure, like
//! [`super::window`]: the time comes in with every call, nothing waits in here.
//!
//! Such a reset is rounded and jitters, and a window may last an hour. So no window has a name: an answer belongs to the
//! window on our clock, and *left = the lowest remaining seen in it − requests in flight*. An answer that was asked for
//! before the window began says nothing about it. An empty window never ends earlier than it was once said to.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::request::Rate;
use super::window::{GUARD, Heard, Turn, WINDOW};

/// A window longer than this is taken for a mistake (or for an instant in place of seconds).
const LEFT_MAX_SECS: i64 = 2 * 3600;
/// "Nothing remains, zero seconds left": less than a second, then.
const ROUNDED: Duration = Duration::from_secs(1);
/// Requests in flight while nothing is known about the limit.
const UNKNOWN_IN_FLIGHT: u32 = 2;
/// After so many answers without a word about a limit, there is none: the starting ceiling is lifted.
const UNLIMITED_AFTER: u32 = 20;
/// An end that moves by more than this is the end of another window.
const JITTER: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);
const HOUR_SECS: u32 = 3600;

/// The seconds left of a window, if they make sense.
pub(super) fn left_of(rate: Rate) -> Option<Duration> {
    let sane = rate.limit > 0 && rate.remaining <= rate.limit && (0..=LEFT_MAX_SECS).contains(&rate.reset);
    sane.then(|| Duration::from_secs(rate.reset.unsigned_abs()))
}

#[derive(Debug)]
struct Span {
    limit: u32,
    /// The lowest remaining seen; before the first word of this window, the limit.
    floor: u32,
    /// Whether an answer spoke of this window.
    heard: bool,
    /// Requests sent from here on are counted in this window.
    began: Instant,
    ends: Option<Instant>,
}

/// At most so many in any stretch of `span`.
#[derive(Debug)]
struct Ceiling {
    span: Duration,
    recent: VecDeque<Instant>,
}

impl Ceiling {
    fn new(span: Duration) -> Ceiling {
        Ceiling { span, recent: VecDeque::new() }
    }

    /// When the next may go, if not now.
    fn free_at(&mut self, most: u32, now: Instant) -> Option<Instant> {
        while self.recent.front().is_some_and(|at| *at + self.span <= now) {
            self.recent.pop_front();
        }
        // The last `most` of them count: the ceiling may have come down meanwhile.
        let over = self.recent.len().checked_sub(most.max(1) as usize)?;
        self.recent.get(over).map(|at| *at + self.span)
    }
}

/// One bucket of a platform's budget.
#[derive(Debug)]
pub(super) struct Countdown {
    span: Option<Span>,
    in_flight: u32,
    /// Answers that came before any word about the limit.
    unlimited: u32,
    closed: Option<Instant>,
    /// Requests per second until the platform's words allow more.
    starting: Option<u32>,
    seconds: Ceiling,
    /// A ceiling of our own per ten seconds.
    own: Option<u32>,
    tens: Ceiling,
    /// The most seconds left that were ever told: how long windows are, at least.
    longest: Duration,
    absurd: bool,
}

impl Countdown {
    /// A bucket of which nothing is known.
    pub(super) fn new(starting: Option<u32>, own: Option<u32>) -> Countdown {
        Countdown {
            span: None,
            in_flight: 0,
            unlimited: 0,
            closed: None,
            starting,
            seconds: Ceiling::new(SECOND),
            own,
            tens: Ceiling::new(WINDOW),
            longest: Duration::ZERO,
            absurd: false,
        }
    }

    /// May one more request be sent now?
    pub(super) fn ask(&mut self, now: Instant) -> Turn {
        if let Some(span) = self.span.as_mut().filter(|span| span.ends.is_some_and(|ends| ends <= now)) {
            *span = Span { limit: span.limit, floor: span.limit, heard: false, began: now, ends: None };
        }
        if let Some(closed) = self.closed.filter(|closed| *closed > now) {
            return Turn::Wait(Some(closed));
        }
        let per_second = self.per_second();
        let second = per_second.and_then(|most| self.seconds.free_at(most, now));
        let ten = self.own.and_then(|most| self.tens.free_at(most, now));
        if let Some(free) = second.max(ten) {
            return Turn::Wait(Some(free));
        }
        match &self.span {
            None if self.in_flight >= UNKNOWN_IN_FLIGHT.saturating_add(self.unlimited) => return Turn::Wait(None),
            // With nothing in flight and no end known, no answer could ever say more: one request goes and asks.
            Some(span) if span.ends.is_none() && self.in_flight == 0 => {}
            Some(span) if span.floor == 0 => return Turn::Wait(span.ends),
            // What is in flight may be counted already: its answer will tell.
            Some(span) if span.floor <= self.in_flight => return Turn::Wait(span.ends.filter(|ends| *ends <= now + JITTER)),
            _ => {}
        }
        self.in_flight += 1;
        if per_second.is_some() {
            self.seconds.recent.push_back(now);
        }
        if self.own.is_some() {
            self.tens.recent.push_back(now);
        }
        Turn::Go
    }

    /// An answer arrived for a request sent at `sent`.
    pub(super) fn answered(&mut self, sent: Instant, now: Instant, heard: Heard) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(hold) = heard.hold.filter(|_| heard.refused) {
            self.closed = self.closed.max(Some(now + hold + GUARD));
        }
        match heard.rate.map(|rate| (rate, left_of(rate))) {
            Some((rate, Some(left))) => self.told(sent, now, heard.refused, rate, left),
            Some((rate, None)) => {
                if !std::mem::replace(&mut self.absurd, true) {
                    tracing::warn!(?rate, "rate limit headers make no sense and are ignored");
                }
                self.untold(sent, heard.refused);
            }
            None => self.untold(sent, heard.refused),
        }
    }

    /// A request that surely never reached the server.
    pub(super) fn unsent(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A request of which the server may or may not know.
    pub(super) fn lost(&mut self, sent: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.untold(sent, false);
    }

    /// Limit, remaining and time to the end of the current window.
    pub(super) fn known(&self, now: Instant) -> (Option<u32>, Option<u32>, Option<Duration>) {
        let closed = self.closed.filter(|closed| *closed > now);
        let ahead = |at: Option<Instant>| at.map(|at| at.saturating_duration_since(now));
        match &self.span {
            None => (self.per_second(), None, ahead(closed)),
            Some(span) if span.ends.is_some_and(|ends| ends <= now) => (Some(span.limit), Some(span.limit), ahead(closed)),
            Some(span) => {
                let left = if closed.is_some() { 0 } else { span.floor.saturating_sub(self.in_flight) };
                (Some(span.limit), Some(left), ahead(closed.max(span.ends)))
            }
        }
    }

    /// The ceiling per second in force: the starting one, until the platform's own words allow more.
    fn per_second(&self) -> Option<u32> {
        let starting = self.starting?;
        let learned = match &self.span {
            None if self.unlimited >= UNLIMITED_AFTER => return None,
            None => 0,
            // Brevo's tiers put the hour at 3600 times the second: <https://developers.brevo.com/docs/api-limits>.
            Some(span) if span.limit >= HOUR_SECS => span.limit / HOUR_SECS,
            Some(span) if self.longest <= SECOND => span.limit,
            Some(_) => 0,
        };
        Some(starting.max(learned))
    }

    fn told(&mut self, sent: Instant, now: Instant, refused: bool, rate: Rate, left: Duration) {
        // A bucket may have two windows, a second and an hour, and speak of the one that is spent.
        let same = self.span.as_ref().is_some_and(|span| span.limit == rate.limit);
        self.longest = if same { self.longest.max(left) } else { left };
        let floor = if refused { 0 } else { rate.remaining };
        let left = if left.is_zero() && floor == 0 { ROUNDED } else { left };
        let ends = now + left + GUARD;
        if refused {
            self.closed = self.closed.max(Some(ends));
        }
        let fresh = Span { limit: rate.limit, floor, heard: true, began: sent, ends: Some(ends) };
        let Some(span) = &mut self.span else {
            self.span = Some(fresh);
            return;
        };
        if sent < span.began && !refused {
            return;
        }
        // The window ended before we thought so.
        let rolled = span.heard
            && span.floor > 0
            && floor > span.floor
            && span.ends.is_some_and(|known| ends.saturating_duration_since(known) > JITTER);
        if rolled {
            *span = Span { began: now, ..fresh };
        } else if span.heard {
            let empty = span.floor == 0;
            span.limit = rate.limit;
            span.floor = span.floor.min(floor);
            span.ends = if empty || floor == 0 { span.ends.max(Some(ends)) } else { Some(ends) };
        } else {
            *span = Span { began: span.began, ..fresh };
        }
    }

    /// A request was answered without a word about the budget, or not at all.
    fn untold(&mut self, sent: Instant, refused: bool) {
        match &mut self.span {
            // Nobody knows the limit, but we went beyond it.
            None if refused => self.unlimited = 0,
            None => self.unlimited = self.unlimited.saturating_add(1),
            Some(span) if sent >= span.began => span.floor = span.floor.saturating_sub(1),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(limit: u32, remaining: u32, left: i64) -> Heard {
        Heard { rate: Some(Rate { limit, remaining, reset: left }), ..Heard::default() }
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn two_ask_before_anything_is_known() {
        let now = Instant::now();
        let mut bucket = Countdown::new(None, None);
        assert_eq!([bucket.ask(now), bucket.ask(now), bucket.ask(now)], [Turn::Go, Turn::Go, Turn::Wait(None)]);
        bucket.answered(now, now, word(100, 40, 1800));
        assert_eq!(bucket.known(now), (Some(100), Some(39), Some(secs(1800) + GUARD)));
    }

    #[test]
    fn an_empty_hour_is_waited_out_whatever_a_jittering_reset_says() {
        let now = Instant::now();
        let mut bucket = Countdown::new(None, None);
        assert_eq!((bucket.ask(now), bucket.ask(now)), (Turn::Go, Turn::Go));
        bucket.answered(now, now, word(100, 1, 1803));
        bucket.answered(now, now, word(100, 0, 1800));
        let ends = now + secs(1803) + GUARD;
        assert_eq!(bucket.ask(now), Turn::Wait(Some(ends)));
        assert_eq!(bucket.ask(ends - secs(1)), Turn::Wait(Some(ends)));
        assert_eq!((bucket.ask(ends), bucket.known(ends)), (Turn::Go, (Some(100), Some(99), None)));
    }

    #[test]
    fn a_refusal_closes_until_the_reset_and_a_late_answer_does_not_open() {
        let now = Instant::now();
        let mut bucket = Countdown::new(None, None);
        assert_eq!((bucket.ask(now), bucket.ask(now)), (Turn::Go, Turn::Go));
        bucket.answered(now, now, Heard { refused: true, ..word(10, 0, 0) });
        bucket.answered(now, now + GUARD, word(10, 7, 30));
        assert!(matches!(bucket.ask(now + GUARD), Turn::Wait(Some(at)) if at >= now + ROUNDED));
    }

    #[test]
    fn an_answer_of_the_window_before_says_nothing_about_this_one() {
        let now = Instant::now();
        let mut bucket = Countdown::new(None, None);
        assert_eq!((bucket.ask(now), bucket.ask(now)), (Turn::Go, Turn::Go));
        bucket.answered(now, now, word(10, 4, 1));
        let later = now + secs(2);
        assert_eq!(bucket.ask(later), Turn::Go);
        bucket.answered(now, later, word(10, 0, 0));
        assert_eq!(bucket.known(later).1, Some(9));
    }

    #[test]
    fn a_window_that_ended_unseen_is_noticed() {
        let now = Instant::now();
        let mut bucket = Countdown::new(None, None);
        assert_eq!(bucket.ask(now), Turn::Go);
        bucket.answered(now, now, word(100, 3, 3000));
        assert_eq!(bucket.ask(now), Turn::Go);
        bucket.answered(now, now, word(100, 99, 3600));
        assert_eq!(bucket.known(now).1, Some(99));
    }

    #[test]
    fn the_starting_ceiling_rises_with_the_tier_and_falls_away_without_limits() {
        for (limit, left, ceiling) in
            [(10, 1, 10), (20, 1, 20), (60, 1, 60), (36_000, 1800, 10), (72_000, 9, 20), (100, 1800, 10), (5, 1, 10)]
        {
            let now = Instant::now();
            let mut bucket = Countdown::new(Some(10), None);
            assert_eq!(bucket.ask(now), Turn::Go);
            bucket.answered(now, now, word(limit, limit - 1, left));
            assert_eq!(bucket.per_second(), Some(ceiling), "{limit}");
        }
        let now = Instant::now();
        let mut bucket = Countdown::new(Some(10), None);
        for n in 0..UNLIMITED_AFTER {
            let at = now + SECOND * n;
            assert_eq!(bucket.ask(at), Turn::Go);
            bucket.answered(at, at, Heard::default());
        }
        assert_eq!(bucket.per_second(), None);
    }

    #[test]
    fn a_ceiling_holds_in_every_second() {
        let now = Instant::now();
        let mut bucket = Countdown::new(Some(3), None);
        bucket.unlimited = 9;
        assert_eq!([0; 3].map(|_| bucket.ask(now)), [Turn::Go; 3]);
        assert_eq!(bucket.ask(now), Turn::Wait(Some(now + SECOND)));
        assert_eq!(bucket.ask(now + SECOND), Turn::Go);
    }

    #[test]
    fn absurd_words_are_ignored() {
        for heard in [word(0, 0, 5), word(10, 50, 5), word(10, 0, 1_790_000_000), word(10, 0, -4)] {
            let now = Instant::now();
            let mut bucket = Countdown::new(None, None);
            assert_eq!(bucket.ask(now), Turn::Go);
            bucket.answered(now, now, heard);
            assert_eq!(bucket.ask(now), Turn::Go, "{heard:?}");
        }
    }
}
