//! Destinations. Each is one file and one line in [`DRIVERS`].

#[cfg(feature = "sqlite")]
pub mod sqlite;

use std::sync::Arc;

use tajo_core::codes;
use tajo_core::destination::Destination;
use tajo_core::error::{Error, Result};
use tajo_core::trip::Trip;

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteDestination;

/// A kind of destination.
pub struct Driver {
    /// Name in docs.
    pub name: &'static str,
    /// Scheme of its URLs.
    pub scheme: &'static str,
    /// What it is and how its URL looks, for `--help`.
    pub doc: &'static str,
    /// Opens what stands after `scheme:`.
    pub open: fn(rest: &str, trip: Trip) -> Result<Arc<dyn Destination>>,
}

/// Every destination of this build.
pub static DRIVERS: &[Driver] = &[
    #[cfg(feature = "sqlite")]
    sqlite::DRIVER,
];

/// Opens the destination of a URL.
pub fn open(url: &str) -> Result<Arc<dyn Destination>> {
    open_with(url, Trip::default())
}

/// As [`open`], with failpoints.
pub fn open_with(url: &str, trip: Trip) -> Result<Arc<dyn Destination>> {
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    match DRIVERS.iter().find(|driver| driver.scheme.eq_ignore_ascii_case(scheme)) {
        Some(driver) => (driver.open)(rest, trip),
        None => {
            // Only the scheme is repeated: a URL may hold a password.
            let known: Vec<String> = DRIVERS.iter().map(|d| format!("{} ({}:)", d.name, d.scheme)).collect();
            let what = match scheme {
                "" => "The destination is not a URL".to_string(),
                _ => format!("There is no destination of the scheme `{scheme}:`"),
            };
            Err(Error::new(&codes::CFG_DESTINATION, what).note("known", known.join(", ")))
        }
    }
}
