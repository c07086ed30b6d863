//! Whether an outcome is final, worth another try, or an error. Pure.

use std::time::Duration;

use http::HeaderMap;

use super::request::{Rate, is_page, looks_like_json, moment};
use super::transport::How;
use super::window::RESET_MAX_SECS;

/// Refusals for lack of budget do no harm and cost only waiting, so they have a limit of their own.
pub(super) const THROTTLED_MAX: u32 = 30;
/// The first wait after a fault, doubled each time.
const FAULT_WAIT: Duration = Duration::from_millis(500);
const FAULT_WAIT_MAX: Duration = Duration::from_secs(30);
/// The first wait after a 429 that does not say how long: waits must add up to more than a window of ten seconds, or all
/// attempts are spent inside one.
const THROTTLED_WAIT: Duration = Duration::from_secs(4);
/// A 429 at the very end of a window names a wait of zero.
const THROTTLED_WAIT_MIN: Duration = Duration::from_millis(100);

/// What came of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A success whose body can be read.
    Good,
    /// A success of which the body is empty, cut or not JSON.
    Hollow,
    /// 429: not carried out. With the wait the platform asked for, if it did.
    Throttled(Option<Duration>),
    /// 425: not carried out, because the object is still being processed. With `Retry-After`.
    Early(Option<Duration>),
    /// An answer that another attempt may better: 5xx, 408, a web page. With `Retry-After`.
    Fault(Option<Duration>),
    /// An answer that stands.
    Refused,
    /// No answer.
    Broken(How),
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Hand the answer out.
    Done,
    /// Try again after this.
    Again(Duration),
    /// Give up.
    Stop(Why),
}

/// Why no further attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Another attempt would meet the same answer.
    Final,
    /// The request may have been carried out, and a second one would do it twice.
    Unknown,
    /// Attempts or time are used up.
    Spent,
    /// The platform asks for a longer wait than we are willing to sit out.
    TooLong(Duration),
}

/// How far one request has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tried {
    /// Attempts that were carried out or broke, this one included.
    pub attempts: u32,
    /// Attempts refused with 429, this one included.
    pub throttled: u32,
    /// Since the first attempt was sent.
    pub elapsed: Duration,
    /// Anything: spreads the waits of many.
    pub seed: u64,
}

/// The bounds on trying again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Attempts in all.
    pub attempts: u32,
    /// The longest single wait.
    pub wait_max: Duration,
    /// The longest time over all attempts.
    pub elapsed_max: Duration,
}

/// Reads an answer's status, headers and body.
pub(super) fn outcome(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    reset: Option<Duration>,
    date: Option<i64>,
    empty_ok: bool,
) -> Outcome {
    match status {
        200..=299 if looks_like_json(body) || (empty_ok && body.trim_ascii().is_empty()) => Outcome::Good,
        200..=299 => Outcome::Hollow,
        429 => Outcome::Throttled(asked_wait(headers, reset, date)),
        // A missing object behind a proxy is a web page too; it stays missing.
        401 | 404 | 410 => Outcome::Refused,
        501 | 505 => Outcome::Refused,
        425 => Outcome::Early(retry_after(headers, date)),
        408 | 500..=599 => Outcome::Fault(retry_after(headers, date)),
        400..=499 if is_page(headers, body) => Outcome::Fault(None),
        _ => Outcome::Refused,
    }
}

/// Decides about one outcome. `repeat`: sending it twice is harmless.
pub(super) fn judge(repeat: bool, outcome: Outcome, tried: Tried, bounds: Bounds) -> Verdict {
    let (harmless, wait) = match outcome {
        Outcome::Good => return Verdict::Done,
        Outcome::Refused | Outcome::Broken(How::TooLarge | How::Tls) => return Verdict::Stop(Why::Final),
        Outcome::Throttled(Some(asked)) => (true, asked.max(THROTTLED_WAIT_MIN)),
        Outcome::Throttled(None) => {
            let wait = doubled(THROTTLED_WAIT, tried.throttled, bounds.wait_max);
            (true, wait / 2 + jitter(wait / 2, tried))
        }
        Outcome::Early(asked) => (true, asked.unwrap_or_else(|| backoff(tried))),
        Outcome::Fault(asked) => (repeat, asked.unwrap_or_else(|| backoff(tried))),
        // Nothing was sent.
        Outcome::Broken(How::Connect) => (true, backoff(tried)),
        Outcome::Broken(How::Timeout | How::Body) | Outcome::Hollow => (repeat, backoff(tried)),
    };
    let is_throttled = matches!(outcome, Outcome::Throttled(_));
    if !harmless {
        Verdict::Stop(Why::Unknown)
    } else if wait > bounds.wait_max {
        Verdict::Stop(Why::TooLong(wait))
    } else if tried.elapsed + wait > bounds.elapsed_max
        || (is_throttled && tried.throttled >= THROTTLED_MAX)
        || (!is_throttled && tried.attempts >= bounds.attempts)
    {
        Verdict::Stop(Why::Spent)
    } else {
        Verdict::Again(wait)
    }
}

/// The wait a 429 names: until the window's end, or `Retry-After`, whichever is later.
///
/// Intercom documents `X-RateLimit-Reset` only; its SDKs read `Retry-After` first anyway.
/// <https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting>
fn asked_wait(headers: &HeaderMap, reset: Option<Duration>, date: Option<i64>) -> Option<Duration> {
    reset.max(retry_after(headers, date))
}

/// The time to a window's end that is given as an instant of the server's clock, if it makes sense.
pub(super) fn reset_in(rate: Option<Rate>, date: Option<i64>) -> Option<Duration> {
    let ahead = rate?.reset.checked_sub(date?)?;
    (0..=RESET_MAX_SECS).contains(&ahead).then(|| Duration::from_secs(ahead.unsigned_abs()))
}

/// `Retry-After`, in seconds or as a date by the server's own clock.
pub(super) fn retry_after(headers: &HeaderMap, date: Option<i64>) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse::<i64>().ok().or_else(|| moment(text)?.checked_sub(date?))?;
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
}

fn backoff(tried: Tried) -> Duration {
    jitter(doubled(FAULT_WAIT, tried.attempts, FAULT_WAIT_MAX), tried)
}

fn doubled(first: Duration, times: u32, cap: Duration) -> Duration {
    first.saturating_mul(1 << times.saturating_sub(1).min(16)).min(cap)
}

/// Anything from zero to `most`: full jitter, so that many who failed together do not come back together.
fn jitter(most: Duration, tried: Tried) -> Duration {
    let drawn = splitmix(tried.seed ^ (u64::from(tried.attempts) << 32 | u64::from(tried.throttled)));
    most.mul_f64((drawn >> 11) as f64 / (1_u64 << 53) as f64)
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough for spreading waits, and no dependency.
pub(super) fn splitmix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { attempts: 6, wait_max: Duration::from_secs(120), elapsed_max: Duration::from_secs(300) };

    fn tried(attempts: u32, throttled: u32, secs: u64) -> Tried {
        Tried { attempts, throttled, elapsed: Duration::from_secs(secs), seed: 7 }
    }

    #[test]
    fn judge_cases() {
        let again = |repeat, outcome, tried| matches!(judge(repeat, outcome, tried, BOUNDS), Verdict::Again(_));
        let stop = |repeat, outcome, tried| match judge(repeat, outcome, tried, BOUNDS) {
            Verdict::Stop(why) => Some(why),
            _ => None,
        };
        let asked = |secs| Some(Duration::from_secs(secs));
        assert_eq!(judge(false, Outcome::Good, tried(9, 99, 999), BOUNDS), Verdict::Done);
        for outcome in [Outcome::Fault(None), Outcome::Hollow, Outcome::Broken(How::Timeout), Outcome::Broken(How::Body)] {
            assert!(again(true, outcome, tried(1, 0, 0)), "{outcome:?}");
            assert_eq!(stop(false, outcome, tried(1, 0, 0)), Some(Why::Unknown), "{outcome:?}");
            assert_eq!(stop(true, outcome, tried(6, 0, 0)), Some(Why::Spent), "{outcome:?}");
            assert_eq!(stop(true, outcome, tried(5, 0, 300)), Some(Why::Spent), "{outcome:?}");
        }
        for outcome in
            [Outcome::Throttled(asked(10)), Outcome::Throttled(None), Outcome::Early(None), Outcome::Broken(How::Connect)]
        {
            assert!(again(false, outcome, tried(1, 1, 0)), "{outcome:?}");
        }
        for outcome in [Outcome::Refused, Outcome::Broken(How::Tls), Outcome::Broken(How::TooLarge)] {
            assert_eq!(stop(true, outcome, tried(1, 0, 0)), Some(Why::Final), "{outcome:?}");
        }
        assert_eq!(stop(true, Outcome::Throttled(asked(121)), tried(0, 1, 0)), Some(Why::TooLong(Duration::from_secs(121))));
        assert_eq!(stop(true, Outcome::Fault(asked(3600)), tried(1, 0, 0)), Some(Why::TooLong(Duration::from_secs(3600))));
        assert!(again(true, Outcome::Throttled(asked(5)), tried(6, 7, 100)), "429 is not an attempt");
        assert_eq!(stop(true, Outcome::Throttled(asked(5)), tried(0, 30, 100)), Some(Why::Spent));
    }

    #[test]
    fn waits_are_the_platforms_word_first_and_spread_otherwise() {
        let wait = |outcome, tried| match judge(true, outcome, tried, BOUNDS) {
            Verdict::Again(wait) => wait,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(Outcome::Throttled(Some(Duration::from_secs(7))), tried(0, 1, 0)), Duration::from_secs(7));
        assert_eq!(wait(Outcome::Throttled(Some(Duration::ZERO)), tried(0, 1, 0)), THROTTLED_WAIT_MIN);
        assert_eq!(wait(Outcome::Fault(Some(Duration::from_secs(9))), tried(1, 0, 0)), Duration::from_secs(9));
        for (attempt, most) in [(1, 500), (2, 1000), (3, 2000), (5, 8000)] {
            let waits: Vec<_> = (0..200)
                .map(|seed| wait(Outcome::Fault(None), Tried { seed: splitmix(seed), ..tried(attempt, 0, 0) }).as_millis())
                .collect();
            assert!(waits.iter().all(|w| *w <= most), "{attempt}");
            let mean = waits.iter().sum::<u128>() / 200;
            assert!((most * 4 / 10..most * 6 / 10).contains(&mean), "full jitter: {mean} of {most}");
        }
        let bare: Duration = (1..=4).map(|n| wait(Outcome::Throttled(None), tried(0, n, 0))).sum();
        assert!(bare > Duration::from_secs(10), "bare 429s must outlast a window: {bare:?}");
    }

    #[test]
    fn the_later_of_reset_and_retry_after_counts() {
        let headers = |retry: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(retry) = retry {
                headers.insert("retry-after", retry.parse().unwrap());
            }
            headers
        };
        let rate = |reset| Some(Rate { limit: 10, remaining: 0, reset });
        for (retry, rate, date, expect) in [
            (None, rate(107), Some(100), Some(7)),
            (Some("3"), rate(107), Some(100), Some(7)),
            (Some("9"), rate(107), Some(100), Some(9)),
            (Some("9"), None, Some(100), Some(9)),
            (Some("Thu, 01 Jan 1970 00:01:50 GMT"), None, Some(100), Some(10)),
            (Some("soon"), None, Some(100), None),
            (None, rate(107), None, None),
            (None, rate(100_000), Some(100), None),
            (None, rate(i64::MIN), Some(100), None),
            (None, None, Some(100), None),
        ] {
            let asked = asked_wait(&headers(retry), reset_in(rate, date), date);
            assert_eq!(asked, expect.map(Duration::from_secs), "{retry:?} {rate:?} {date:?}");
        }
    }
}
