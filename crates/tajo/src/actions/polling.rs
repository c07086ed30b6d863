//! Syncs by the clock, beside those that webhooks ring for: where webhooks do not come, changes come all the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use tajo_core::Result;
use tajo_state::Stored;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::App;
use super::connectors_handle_webhook::due;
use super::connectors_status::blocking;
use crate::config::{Every, Settings};
use crate::connections::INTERCOM;

/// Has the connections to Intercom synced this often, first after one period; goes on until it is dropped. Periods that
/// passed unseen, as on a machine that slept, are not made up for.
pub async fn poll(app: Arc<App>, home: &Path, every: Every) {
    let mut ticks = interval_at(Instant::now() + every.period(), every.period());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let asked = Arc::clone(&app);
        match blocking(move || connections(&asked)).await {
            Ok(names) => names.into_iter().for_each(|name| due(&app, home.to_path_buf(), name)),
            Err(error) => tracing::warn!(code = error.code().id, "the connections to sync could not be listed"),
        }
    }
}

/// The connection that a sync without a name would take, and the stored ones that have a file of their own. Asked each time,
/// because people connect workspaces while the program serves.
fn connections(app: &App) -> Result<Vec<String>> {
    let all = app.settings(Some(Settings::ANY_CONNECTION))?;
    // Where several are there and none is chosen, those of the configuration would share one destination.
    let chosen = app.settings(None).ok().filter(|settings| settings.token().is_ok()).map(|settings| settings.connection.name);
    let is_apart =
        |stored: &Stored| stored.platform == INTERCOM && all.config.connections.iter().all(|there| there.name != stored.name);
    let stored = all.vault.list()?.into_iter().filter(is_apart).map(|stored| stored.name);
    let names: BTreeSet<String> = chosen.into_iter().chain(stored).collect();
    Ok(names.into_iter().collect())
}
