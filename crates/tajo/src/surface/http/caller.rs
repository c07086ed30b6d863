//! Who asks: a key, looked up; and a brake on guessing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use tajo_core::{Error, codes};
use tajo_state::Keys;
use tokio::time::Instant;

use super::refusal::Refusal;
use crate::warehouse::moment;

/// Wrong keys of one address within [`WINDOW`] that are told so; more are told to wait.
pub const WRONG_MAX: u32 = 10;
/// Over this time wrong keys are counted.
pub const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered; beyond, counting begins anew.
const ADDRESSES_MAX: usize = 10_000;

/// A caller with a good key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key's id.
    pub key: String,
    /// What the key may do.
    pub scopes: Vec<String>,
    /// The only connection it may ask of.
    pub connection: Option<String>,
}

/// Wrong keys by address: since when, and how many.
#[derive(Default)]
pub struct Wrong(Mutex<HashMap<IpAddr, (Instant, u32)>>);

impl Wrong {
    /// Counts one; how long to wait where there were too many.
    fn count(&self, from: IpAddr) -> Option<Duration> {
        let now = Instant::now();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ADDRESSES_MAX {
            seen.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        }
        if seen.len() >= ADDRESSES_MAX {
            seen.clear();
        }
        let (since, times) = seen.entry(from).or_insert((now, 0));
        if now.duration_since(*since) >= WINDOW {
            (*since, *times) = (now, 0);
        }
        *times = times.saturating_add(1);
        (*times > WRONG_MAX).then(|| WINDOW - now.duration_since(*since))
    }
}

/// The caller of a request, by the one key that it carries.
pub async fn known(keys: &Arc<Keys>, wrong: &Wrong, headers: &HeaderMap, from: IpAddr) -> Result<Caller, Refusal> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (given.next(), given.next());
    let Some(first) = first else {
        return Err(Error::new(&codes::SEC_KEY, "The request carries no key").into());
    };
    let text = match (first.to_str().ok().and_then(|value| value.split_once(' ')), second) {
        (Some((scheme, key)), None) if scheme.eq_ignore_ascii_case("bearer") => key.trim().to_owned(),
        _ => String::new(),
    };
    let keys = Arc::clone(keys);
    let looked = tokio::task::spawn_blocking(move || keys.check(&text, &moment(jiff::Timestamp::now().as_second())));
    let found = looked.await.map_err(|e| Error::new(&codes::BUG, "Looking up a key broke off").because(e))??;
    if let Some(key) = found {
        return Ok(Caller { key: key.id, scopes: key.scopes, connection: key.connection });
    }
    let error = Error::new(&codes::SEC_KEY, "The key is unknown, revoked or expired");
    match wrong.count(from) {
        None => Err(error.into()),
        Some(wait) => Err(Refusal::with(StatusCode::TOO_MANY_REQUESTS, error).wait(wait.as_secs().max(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_eleventh_wrong_key_of_a_minute_is_told_to_wait() {
        let (wrong, here, there) = (Wrong::default(), IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        assert!((0..WRONG_MAX).all(|_| wrong.count(here).is_none()));
        assert_eq!(wrong.count(here), Some(WINDOW));
        assert_eq!(wrong.count(there), None, "another address is counted by itself");
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(wrong.count(here), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(wrong.count(here), None, "a new minute");
    }
}
