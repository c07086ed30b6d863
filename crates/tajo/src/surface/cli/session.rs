//! From settings to things that work: the client, and the destination.

use std::sync::Arc;

use tajo_core::Error;
use tajo_core::rest::{Wire, WireOptions};
use tajo_intercom::{Intercom, Region, Version};

use crate::config::Settings;

/// The Intercom connection that the settings describe. Nothing is sent yet.
pub fn intercom(settings: &Settings) -> Result<Intercom, Error> {
    let token = settings.token()?.clone();
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    let region: Region = settings.region.name().parse()?;
    let version: Version = settings.api_version.parse()?;
    let base_url = settings.connection.base_url.as_ref().map(|url| url.as_str());
    Intercom::new(Arc::new(wire), token, region, version, base_url, settings.intercom_limits())
}

/// Resolves when the user or the system asks the program to end.
pub async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return,
                _ = terminate.recv() => return,
            }
        }
    }
    // Where signals cannot be heard, the run goes on to its end.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
