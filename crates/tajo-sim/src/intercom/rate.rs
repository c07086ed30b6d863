//! The rate limiter: fixed 10-second windows aligned to the clock.
//!
//! Source: docs, "Rate limiting": limits are spread over 10-second windows and told in
//! `X-RateLimit-Limit`, `-Remaining` and `-Reset` (unix seconds of the window's end).

const WINDOW_SECS: i64 = 10;

pub(crate) struct Rate {
    limit: u32,
    window: i64,
    used: u32,
}

/// What the three headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset: i64,
}

impl Rate {
    pub(crate) fn new(limit: u32) -> Rate {
        Rate { limit, window: i64::MIN, used: 0 }
    }

    /// Takes one permit; `Err` when the window has none left. `None` without a limiter.
    pub(crate) fn take(&mut self, now: i64) -> Result<Option<Budget>, Budget> {
        if self.limit == 0 {
            return Ok(None);
        }
        let window = now.div_euclid(WINDOW_SECS);
        if window != self.window {
            (self.window, self.used) = (window, 0);
        }
        let reset = (window + 1) * WINDOW_SECS;
        if self.used >= self.limit {
            return Err(Budget { limit: self.limit, remaining: 0, reset });
        }
        self.used += 1;
        Ok(Some(Budget { limit: self.limit, remaining: self.limit - self.used, reset }))
    }

    /// The headers of an injected 429.
    pub(crate) fn exhausted(&self, now: i64) -> Budget {
        let reset = (now.div_euclid(WINDOW_SECS) + 1) * WINDOW_SECS;
        Budget { limit: if self.limit == 0 { 1666 } else { self.limit }, remaining: 0, reset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_aligned_to_the_clock() {
        let mut rate = Rate::new(2);
        assert_eq!(rate.take(108), Ok(Some(Budget { limit: 2, remaining: 1, reset: 110 })));
        assert!(rate.take(109).is_ok());
        assert_eq!(rate.take(109), Err(Budget { limit: 2, remaining: 0, reset: 110 }));
        assert!(rate.take(110).is_ok());
    }
}
