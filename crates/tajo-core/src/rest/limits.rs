//! The bounds that a client is given.

use std::time::Duration;

/// The bounds on one client.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Attempts per request; refusals for lack of budget (429) do not count.
    pub attempts: u32,
    /// The longest single wait; a platform that asks for more gets an error.
    pub wait_max: Duration,
    /// The longest time over all attempts of a request, counted from the first one sent.
    pub elapsed_max: Duration,
    /// Requests under way at once.
    pub in_flight: usize,
    /// The longest time for one answer, whatever the transport allows.
    pub answer_timeout: Duration,
    /// A ceiling of our own per ten seconds, below the platform's.
    pub per_window: Option<u32>,
    /// A ceiling of our own on searches, requests whose path ends in `/search`, per second; none unless given. The seeds
    /// name one a second per app; Intercom's own pages know no such limit.
    pub search_per_second: Option<u32>,
    /// Spreads the waits of many processes; any number.
    pub seed: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            attempts: 6,
            wait_max: Duration::from_secs(120),
            elapsed_max: Duration::from_secs(300),
            in_flight: 64,
            answer_timeout: Duration::from_secs(120),
            per_window: None,
            search_per_second: None,
            seed: u64::from(std::process::id()),
        }
    }
}

/// One of several budgets of a platform whose answers say how many seconds are left of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Its name in errors: "contacts".
    pub name: &'static str,
    /// Requests per second at most, until the platform's own words allow more.
    pub per_second: Option<u32>,
}
