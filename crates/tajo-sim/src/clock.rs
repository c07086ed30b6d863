//! The twin's time: a start plus the time that tokio says has passed, so a paused test moves it.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::time::Instant;

#[derive(Clone, Copy)]
pub(crate) struct Clock {
    start_ms: i64,
    since: Instant,
}

impl Clock {
    pub(crate) fn new(now: Option<i64>) -> Clock {
        let real = || {
            let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(passed.as_millis()).unwrap_or(0)
        };
        Clock { start_ms: now.map_or_else(real, |s| s * 1000), since: Instant::now() }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.start_ms + i64::try_from(self.since.elapsed().as_millis()).unwrap_or(0)
    }

    pub(crate) fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}

/// The `Date` header for an instant: whole seconds, GMT.
pub(crate) fn http_date(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_whole_seconds_in_gmt() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_moves_with_tokio() {
        let clock = Clock::new(Some(1000));
        tokio::time::sleep(std::time::Duration::from_secs(7)).await;
        assert_eq!(clock.now(), 1007);
    }
}
