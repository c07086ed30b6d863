//! What Brevo says, where the configuration connects it: one call, of the slowest bucket.

use std::sync::Arc;

use tajo_brevo::Brevo;
use tajo_core::Result;
use tajo_core::rest::{Wire, WireOptions};

use super::super::progress::grouped;
use super::Check;
use crate::config::Settings;
use crate::pairs::open;

/// A bucket with less than a tenth left is worth a line.
const LOW_SHARE: u32 = 10;

/// The key, the account behind it, and what is left of the buckets that have spoken.
pub async fn check(settings: &Settings) -> Check {
    const NAME: &str = "brevo";
    if settings.brevo.is_none() {
        return Check::ok(NAME, "not connected by the configuration");
    }
    let connected = connect(settings);
    let brevo = match &connected {
        Ok(brevo) => brevo,
        Err(error) => return Check::failed(NAME, error),
    };
    let account = match brevo.account().await {
        Ok(account) => account,
        Err(error) => return Check::failed(NAME, &error),
    };
    let mut said = format!("the credentials are good; account {}", account.company);
    let mut is_low = false;
    for (bucket, gauge) in brevo.gauges() {
        // Only a bucket that was asked of has said anything.
        let (Some(limit), Some(left), Some(resets)) = (gauge.limit, gauge.remaining, gauge.resets_in) else { continue };
        is_low |= left < limit / LOW_SHARE;
        let left = grouped(left.into());
        said += &format!("; {bucket}: {left} of {} calls left for {} s", grouped(limit.into()), resets.as_secs());
    }
    if is_low {
        let todo = "Wait until it fills again, or find out which other program uses the key.";
        return Check::warn(NAME, said, todo);
    }
    Check::ok(NAME, said)
}

fn connect(settings: &Settings) -> Result<Brevo> {
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    open::brevo(settings, Arc::new(wire))
}
