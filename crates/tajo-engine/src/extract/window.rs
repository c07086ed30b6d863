//! Pure arithmetic of time: what is left to read, and how to cut it. Windows are closed sets of whole seconds.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tajo_core::Grain;

/// A closed window of unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "[i64; 2]", from = "[i64; 2]")]
pub struct Window {
    /// First second.
    pub lo: i64,
    /// Last second.
    pub hi: i64,
}

impl From<[i64; 2]> for Window {
    fn from([lo, hi]: [i64; 2]) -> Window {
        Window { lo, hi }
    }
}
impl From<Window> for [i64; 2] {
    fn from(w: Window) -> [i64; 2] {
        [w.lo, w.hi]
    }
}

/// Adds a window to a sorted set of disjoint windows, joining neighbours.
pub fn add(done: &mut Vec<Window>, new: Window) {
    if new.hi < new.lo {
        return;
    }
    done.push(new);
    done.sort_unstable();
    let mut joined: Vec<Window> = Vec::with_capacity(done.len());
    for window in done.drain(..) {
        match joined.last_mut() {
            Some(last) if window.lo <= last.hi.saturating_add(1) => last.hi = last.hi.max(window.hi),
            _ => joined.push(window),
        }
    }
    *done = joined;
}

/// What of `[from, to]` is not in `done` (sorted, disjoint).
pub fn remaining(from: i64, to: i64, done: &[Window]) -> Vec<Window> {
    let mut out = Vec::new();
    let mut lo = from;
    for window in done {
        if window.lo > lo && window.lo - 1 <= to {
            out.push(Window { lo, hi: window.lo - 1 });
        }
        lo = lo.max(window.hi.saturating_add(1));
    }
    if lo <= to {
        out.push(Window { lo, hi: to });
    }
    out.retain(|w| w.lo <= w.hi);
    out
}

/// The part of a done set that stays done for ever: windows settled at the time of reading.
pub fn settled(done: &[Window], until: i64) -> Vec<Window> {
    done.iter().filter(|w| w.lo <= until).map(|w| Window { lo: w.lo, hi: w.hi.min(until) }).collect()
}

/// The calendar by which a search compares times.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// How finely.
    pub grain: Grain,
    /// In which timezone days are counted.
    pub zone: TimeZone,
}

impl Calendar {
    /// First second of the unit that `second` lies in.
    pub fn start(&self, second: i64) -> i64 {
        match self.grain {
            Grain::Second => second,
            Grain::Day => self.day(second).map_or(second - second.rem_euclid(86_400), |day| day.0),
        }
    }

    /// Last second of the unit that `second` lies in.
    pub fn end(&self, second: i64) -> i64 {
        match self.grain {
            Grain::Second => second,
            Grain::Day => self.day(second).map_or(second - second.rem_euclid(86_400) + 86_399, |day| day.1),
        }
    }

    fn day(&self, second: i64) -> Option<(i64, i64)> {
        let at = Timestamp::from_second(second).ok()?.to_zoned(self.zone.clone());
        let start = at.start_of_day().ok()?;
        let next = start.tomorrow().ok()?.start_of_day().ok()?;
        Some((start.timestamp().as_second(), next.timestamp().as_second() - 1))
    }

    /// Cuts a window into at most `pieces` of equal length over `[lo, top]`, the last reaching to `hi`; bounds fall on
    /// whole units. One piece where it cannot be cut.
    pub fn cut(&self, window: Window, top: i64, pieces: u64) -> Vec<Window> {
        let top = top.clamp(window.lo, window.hi);
        let pieces = i64::try_from(pieces.clamp(1, 64)).expect("at most 64");
        let step = ((top - window.lo) / pieces).max(1);
        let mut out = Vec::new();
        let mut lo = window.lo;
        for piece in 1..pieces {
            let hi = self.end(window.lo + step * piece - 1);
            if hi >= window.hi {
                break;
            }
            if hi >= lo {
                out.push(Window { lo, hi });
                lo = hi + 1;
            }
        }
        // What lies above the newest record known is a piece of its own: it is empty but for what moves there now.
        let above = self.end(top);
        if out.is_empty() && pieces > 1 && above >= lo && above < window.hi {
            out.push(Window { lo, hi: above });
            lo = above + 1;
        }
        out.push(Window { lo, hi: window.hi });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn w(lo: i64, hi: i64) -> Window {
        Window { lo, hi }
    }
    fn calendar(grain: Grain, zone: &str) -> Calendar {
        Calendar { grain, zone: TimeZone::get(zone).unwrap() }
    }

    #[test]
    fn done_windows_join_and_the_rest_remains() {
        let mut done = Vec::new();
        for window in [w(10, 19), w(30, 39), w(20, 24), w(5, 4)] {
            add(&mut done, window);
        }
        assert_eq!(done, [w(10, 24), w(30, 39)]);
        assert_eq!(remaining(0, 50, &done), [w(0, 9), w(25, 29), w(40, 50)]);
        assert_eq!(remaining(12, 35, &done), [w(25, 29)]);
        assert_eq!(remaining(10, 24, &done), []);
        assert_eq!(settled(&done, 32), [w(10, 24), w(30, 32)]);
    }

    #[test]
    fn days_are_the_workspaces_days() {
        let la = calendar(Grain::Day, "America/Los_Angeles");
        // 2026-11-01 has 25 hours there.
        let noon = "2026-11-01T12:00:00-08:00".parse::<Timestamp>().unwrap().as_second();
        assert_eq!(la.end(noon) - la.start(noon) + 1, 25 * 3600);
        assert_eq!(calendar(Grain::Second, "UTC").end(noon), noon);
    }

    /// Any cut tiles the window without gap or overlap, on whole units inside.
    #[test]
    fn cuts_tile() {
        let mut x = 7_u64;
        let mut next = |n: u64| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 33) % n
        };
        for round in 0..5000 {
            let zone = ["UTC", "Asia/Tokyo", "America/Los_Angeles", "Australia/Lord_Howe"][round % 4];
            let calendar = calendar(if round % 3 == 0 { Grain::Second } else { Grain::Day }, zone);
            let lo = 1_700_000_000 + next(90 * 86_400) as i64;
            let window = w(lo, lo + next(90 * 86_400) as i64);
            let top = lo + next(100 * 86_400) as i64;
            let pieces = calendar.cut(window, top, next(80));
            assert_eq!((pieces[0].lo, pieces[pieces.len() - 1].hi), (window.lo, window.hi));
            for pair in pieces.windows(2) {
                assert_eq!(pair[0].hi + 1, pair[1].lo);
                assert_eq!(calendar.end(pair[0].hi), pair[0].hi, "inner bounds fall on whole units");
            }
            assert!(pieces.iter().all(|p| p.lo <= p.hi), "{window:?} {top} {pieces:?}");
        }
    }
}
