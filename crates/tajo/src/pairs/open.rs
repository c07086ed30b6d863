//! From settings to a pair.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tajo_brevo::{Auth, Brevo};
use tajo_core::rest::{Limits, Transport};
use tajo_core::trip::Trip;
use tajo_core::{Error, Result, codes};
use tajo_engine::pair::Laws;
use tajo_intercom::Intercom;
use tajo_state::Ledger;

use super::left::ensure_indexes;
use super::mapping::Mapping;
use super::{Bounds, Pair};
use crate::config::{BrevoAccess, Direction, Settings};

/// Where a twin gives out tokens, as the vendor's server does.
const TOKEN_PATH: &str = "/realms/partner/oauth/token";

/// The Brevo connection that the settings describe. Nothing is sent yet.
pub fn brevo(settings: &Settings, via: Arc<dyn Transport>) -> Result<Brevo> {
    let url = settings.brevo.as_ref().and_then(|brevo| brevo.base_url.as_ref()).map(|url| url.as_str());
    let auth = match settings.brevo_access()? {
        BrevoAccess::Key(key) => Auth::Key(key.clone()),
        BrevoAccess::App(app) => Auth::OAuth {
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.clone(),
            // All that the app may do.
            scopes: Vec::new(),
            // A twin gives out tokens itself: nothing meant for it goes to the vendor.
            token_url: url.map(|url| format!("{}{TOKEN_PATH}", url.trim_end_matches("/v3"))),
        },
    };
    Brevo::new(via, auth, url, Limits::default())
}

/// The mirror: the destination itself where it is a SQLite file.
pub fn mirror(url: &str) -> Result<PathBuf> {
    let path = url.strip_prefix("sqlite:").ok_or_else(|| {
        Error::new(&codes::CFG_DESTINATION, "Brevo is planned from a SQLite destination, and this one is of another kind")
            .help("Use `--to sqlite:…` for the sync with Brevo.")
    })?;
    let path = path.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    Ok(Path::new(if path.starts_with("//") { &path[1..] } else { path }).to_path_buf())
}

impl Pair {
    /// Both sides of the settings' connection, over a mirror that was loaded already.
    pub async fn open(
        settings: &Settings,
        intercom: Intercom,
        brevo: Brevo,
        mirror: PathBuf,
        direction: Option<Direction>,
    ) -> Result<Pair> {
        let trip = Trip::from_env();
        let ledger = Ledger::open(&settings.home, &settings.connection.name, trip.clone())?;
        let asked = &settings.config.intercom;
        let direction = direction.or(asked.direction).unwrap_or(Direction::IntercomToBrevo);
        let schema = super::plan::left_schema(&intercom).await?;
        super::known::keep_schema(&ledger, &schema)?;
        let mapping = Mapping::of(asked, direction, &schema);
        ensure_indexes(&mirror)?;
        Ok(Pair {
            intercom,
            brevo,
            ledger,
            brakes: mapping.brakes,
            mapping: Arc::new(mapping),
            mirror,
            plans: settings.home.join("plans"),
            bounds: Bounds::default(),
            laws: Laws::default(),
            trip,
        })
    }
}
