//! Whether a connector is connected, when it was last synced, and how much is held.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Action, Call, Effect, Error, Result, codes};
use tajo_dest::sqlite::{Param, Reader, quoted, table_name};

use super::Session;
use super::connectors_sync::Connector;
use crate::config::{Destination, Settings};

/// Show whether a connector is connected, when it was last synced, and how many records are held.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Status {
    /// The platform.
    pub connector: Connector,
}

/// The state of a connector.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ConnectorStatus")]
pub struct State {
    /// Whether the platform takes the credentials, asked just now.
    pub connected: bool,
    /// When the last successful sync ended, RFC 3339 in UTC; null where there was none.
    pub last_sync: Option<String>,
    /// Contacts held.
    pub contacts_synced: u64,
    /// Conversations held; those of Intercom alone.
    pub conversations_synced: u64,
    /// Companies held.
    pub companies_synced: u64,
}

impl Action for Status {
    const NAME: &'static str = "connectors.status";
    const ALIAS: &'static str = "get_connector_status";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = r#"{"connector": "intercom"}"#;
    type On = Session;
    type Out = State;

    async fn run(self, call: &Call<'_, Session>) -> Result<State> {
        let settings = call.on.app.settings(call.on.connection.as_deref())?;
        let runs = tajo_state::Runs::open(&settings.home)?;
        let last = runs.last_success(&settings.connection.name).await?;
        let last_sync = last.and_then(|run| run.finished_at);
        let connected = match self.connector {
            Connector::Intercom => intercom_answers(call, &settings).await,
            Connector::Brevo => brevo_answers(&settings).await,
        };
        if let Err(error) = &connected {
            call.warn(format!("{}: {}", error.code().id, error.what()));
        }
        let counted = match self.connector {
            Connector::Intercom => blocking(move || held(&settings)).await?,
            Connector::Brevo => blocking(move || linked(&settings)).await?,
        };
        Ok(State { connected: connected.is_ok(), last_sync, ..counted })
    }
}

async fn intercom_answers(call: &Call<'_, Session>, settings: &Settings) -> Result<()> {
    call.on.app.intercom(settings)?.me().await.map(drop)
}

async fn brevo_answers(settings: &Settings) -> Result<()> {
    use tajo_core::rest::{Wire, WireOptions};
    settings.brevo_access()?;
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    let brevo = crate::pairs::open::brevo(settings, std::sync::Arc::new(wire))?;
    // One contact: the cheapest call that proves the key.
    let one = tajo_brevo::ContactPage { limit: 1, ..tajo_brevo::ContactPage::default() };
    brevo.contacts(&one).await.map(drop)
}

/// Rows of the connection's own tables.
fn held(settings: &Settings) -> Result<State> {
    let Some(reader) = reader(settings)? else { return Ok(State::default()) };
    let count = |table: &str| -> Result<u64> {
        if reader.columns(table)?.is_empty() {
            return Ok(0);
        }
        let mut rows = 0;
        let sql = format!("SELECT count(*) FROM {}", quoted(&table_name(table)));
        reader.each(&sql, &[], &mut |row| {
            rows = row.integer(0).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            Ok(())
        })?;
        Ok(rows)
    };
    let [contacts_synced, conversations_synced, companies_synced] =
        [count("contacts")?, count("conversations")?, count("companies")?];
    Ok(State { contacts_synced, conversations_synced, companies_synced, ..State::default() })
}

/// People linked with Brevo.
fn linked(settings: &Settings) -> Result<State> {
    let ledger = tajo_state::Ledger::open(&settings.home, &settings.connection.name, tajo_core::trip::Trip::default())?;
    Ok(State { contacts_synced: ledger.count_links()?.live, ..State::default() })
}

/// The destination of a connection; none where it does not exist yet, or another connection filled it.
pub(super) fn reader(settings: &Settings) -> Result<Option<Reader>> {
    let Destination::Sqlite { path } = settings.destination(None)?;
    if !path.exists() {
        return Ok(None);
    }
    let reader = Reader::open(&path)?;
    Ok(is_filled_by(&reader, &settings.connection.name)?.then_some(reader))
}

/// Whether the connection ever claimed the file: without that, what lies there is somebody else's.
fn is_filled_by(reader: &Reader, connection: &str) -> Result<bool> {
    let rows = |sql, params: &[Param<'_>]| reader.each(sql, params, &mut |_| Ok(()));
    if rows("SELECT 1 FROM sqlite_schema WHERE name = '_tajo_meta'", &[])? == 0 {
        return Ok(false);
    }
    let epoch = format!("epoch:{connection}");
    Ok(rows("SELECT 1 FROM _tajo_meta WHERE name = ?1", &[Param::Text(&epoch)])? > 0)
}

/// Reads a file on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|broken| Err(Error::new(&codes::BUG, "Reading the destination broke off").because(broken)))
}
