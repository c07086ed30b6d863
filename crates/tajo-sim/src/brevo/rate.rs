//! The limiter: families of endpoints 360 times apart. Source: facts §3.1.

use super::options::{BrevoOptions, Tier};

/// Endpoints that share a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Contacts,
    Events,
    Other,
}

/// What the three headers say; `reset` is seconds from now, not an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) reset: i64,
}

/// A window that begins with the first request after the last one's end.
#[derive(Debug)]
struct Window {
    limit: u32,
    length_ms: i64,
    began: i64,
    used: u32,
}

#[derive(Debug)]
pub(super) struct Rate {
    /// Per family, the shortest window first. Both hold at once.
    families: Option<[Vec<Window>; 3]>,
    bare_contacts_slow: bool,
}

const SECOND_MS: i64 = 1000;
const HOUR_MS: i64 = 3_600_000;

impl Window {
    fn new(limit: u32, length_ms: i64) -> Window {
        Window { limit, length_ms, began: i64::MIN / 2, used: 0 }
    }

    fn roll(&mut self, now: i64) {
        if now - self.began >= self.length_ms {
            (self.began, self.used) = (now, 0);
        }
    }

    fn budget(&self, now: i64) -> Budget {
        let left = self.began + self.length_ms - now;
        Budget {
            limit: self.limit,
            remaining: self.limit - self.used,
            reset: (left + SECOND_MS - 1).div_euclid(SECOND_MS).max(1),
        }
    }
}

impl Rate {
    pub(super) fn new(options: &BrevoOptions) -> Rate {
        let (second, hour, other) = match options.tier {
            Tier::General => (10, 36_000, 100),
            Tier::Advanced => (20, 72_000, 200),
            // The table names no hourly number for contacts here.
            Tier::Extended => (60, 216_000, 600),
            Tier::Unlimited => return Rate { families: None, bare_contacts_slow: false },
        };
        let fast = || vec![Window::new(second, SECOND_MS), Window::new(hour, HOUR_MS)];
        let families = [fast(), fast(), vec![Window::new(other, HOUR_MS)]];
        Rate { families: Some(families), bare_contacts_slow: options.bare_contacts_slow }
    }

    pub(super) fn family(&self, path: &[String]) -> Family {
        match path.first().map(String::as_str) {
            Some("contacts") if path.len() == 1 && self.bare_contacts_slow => Family::Other,
            Some("contacts") => Family::Contacts,
            Some("events") => Family::Events,
            _ => Family::Other,
        }
    }

    fn windows(&mut self, family: Family) -> Option<&mut Vec<Window>> {
        let at = match family {
            Family::Contacts => 0,
            Family::Events => 1,
            Family::Other => 2,
        };
        self.families.as_mut().map(|families| &mut families[at])
    }

    /// Takes one request: what the headers say of the shortest window, or the window that is spent.
    pub(super) fn take(&mut self, family: Family, now: i64) -> Result<Option<Budget>, Budget> {
        let Some(windows) = self.windows(family) else { return Ok(None) };
        windows.iter_mut().for_each(|window| window.roll(now));
        if let Some(spent) = windows.iter().rev().find(|window| window.used >= window.limit) {
            return Err(spent.budget(now));
        }
        windows.iter_mut().for_each(|window| window.used += 1);
        Ok(windows.first().map(|window| window.budget(now)))
    }

    /// The headers of an injected 429.
    pub(super) fn exhausted(&mut self, family: Family) -> Budget {
        let limit = self.windows(family).and_then(|windows| windows.first()).map_or(10, |window| window.limit);
        Budget { limit, remaining: 0, reset: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_windows_hold_and_reset_is_relative() {
        let mut rate = Rate::new(&BrevoOptions { tier: Tier::General, ..BrevoOptions::default() });
        for used in 1..=10 {
            assert_eq!(rate.take(Family::Contacts, 500), Ok(Some(Budget { limit: 10, remaining: 10 - used, reset: 1 })));
        }
        assert_eq!(rate.take(Family::Contacts, 1499), Err(Budget { limit: 10, remaining: 0, reset: 1 }));
        assert!(rate.take(Family::Contacts, 1500).is_ok() && rate.take(Family::Events, 1499).is_ok());
        for _ in 0..100 {
            assert!(rate.take(Family::Other, 0).is_ok());
        }
        assert_eq!(rate.take(Family::Other, 600_000), Err(Budget { limit: 100, remaining: 0, reset: 3000 }));
        assert!(rate.take(Family::Other, 3_600_000).is_ok());
    }
}
