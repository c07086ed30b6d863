//! From settings to a client that works.

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
