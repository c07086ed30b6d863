//! `tajo connectors sync`, asked for by a program.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Error, Result, Row, codes};
use tajo_intercom::actions::{Moment, Record};
use tajo_intercom::resources;

use super::Session;
use crate::surface::cli::args::Flags;
use crate::surface::cli::connectors::{Name, Platform};
use crate::surface::cli::exit::{Exit, Failure};
use crate::surface::cli::globals::Env;
use crate::surface::cli::out::Out;
use crate::surface::cli::sync::{self, Half, Mode, SyncArgs};

/// Sync a connector: load what changed in Intercom into the destination, then bring Brevo in step where it is configured.
///
/// Answers when the sync has ended, with its whole report. One sync at a time for each destination.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Sync {
    /// The platform to sync.
    pub connector: Connector,
    /// Everything again, or what changed since the last run, which is the default.
    #[serde(rename = "type")]
    pub mode: Option<SyncType>,
    /// Only these resources, such as `contacts`; those of the configuration where nothing is said.
    #[serde(default)]
    pub resources: Vec<String>,
    /// Only records that changed on or after this moment: a UTC day, an RFC 3339 time, or unix seconds.
    pub since: Option<Moment>,
    /// Only this half of the sync.
    pub only: Option<SyncHalf>,
    /// Yes to the question of the first run, which writes to Brevo.
    pub yes: Option<bool>,
}

/// A platform that Tajo connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connector {
    /// Intercom.
    Intercom,
    /// Brevo.
    Brevo,
}

/// How much to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncType {
    /// Everything, from the beginning.
    Full,
    /// What changed since the last run.
    Incremental,
}

/// One half of a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncHalf {
    /// Intercom into the destination.
    Warehouse,
    /// Intercom and Brevo.
    Brevo,
}

/// The report of a sync, as `tajo connectors sync --json` prints it.
#[derive(Debug, JsonSchema)]
#[allow(dead_code, reason = "a shape for the reference pages: the report itself is passed on as it is")]
pub struct SyncReport {
    /// Identifies the run; absent where the connector is switched off.
    pub run_id: Option<String>,
    /// The connection.
    pub connection: String,
    /// Id of the workspace.
    pub workspace: Option<String>,
    /// The platform's clock at the start.
    pub started_at: Option<String>,
    /// This machine's clock at the end.
    pub finished_at: Option<String>,
    /// `complete`, `partial`, `failed`, `interrupted` or `disabled`.
    pub outcome: String,
    /// Resource by resource: rows read, written and deleted, calls, watermark.
    pub resources: Vec<Value>,
    /// What was done with Brevo, where it was part of the run.
    pub brevo: Option<Value>,
    /// Why not everything is there.
    pub errors: Vec<Value>,
}

impl Connector {
    /// As the command line has it.
    pub fn platform(self) -> Platform {
        match self {
            Connector::Intercom => Platform::Intercom,
            Connector::Brevo => Platform::Brevo,
        }
    }
}

impl Action for Sync {
    const NAME: &'static str = "connectors.sync";
    const ALIAS: &'static str = "sync_connector";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = r#"{"connector": "intercom", "type": "incremental", "resources": ["contacts"]}"#;
    type On = Session;
    type Out = Record<SyncReport>;

    async fn run(self, call: &Call<'_, Session>) -> Result<Record<SyncReport>> {
        if let Some(unknown) = self.resources.iter().find(|name| resources::find(name).is_none()) {
            let known: Vec<&str> = resources::RESOURCES.iter().map(|spec| spec.name).collect();
            return Err(refused("resources", format!("names `{unknown}`, which is none of {}", known.join(", "))));
        }
        let settings = call.on.app.settings(call.on.connection.as_deref())?;
        let args = SyncArgs {
            platform: Name { name: self.connector.platform() },
            to: None,
            mode: if self.mode == Some(SyncType::Full) { Mode::Full } else { Mode::Incremental },
            resources: self.resources,
            since: self.since.map(|moment| moment.0),
            interval_start: None,
            interval_end: None,
            only: self.only.map(|half| if half == SyncHalf::Brevo { Half::Brevo } else { Half::Warehouse }),
            direction: None,
            yes: self.yes.unwrap_or_default(),
            json_lines: false,
        };
        // A thread of its own: a sync writes to disk at length, and whoever asked may go away meanwhile.
        let report = apart(async move |out: &mut Out| sync::with(args, settings, false, out).await).await?;
        let outcome = report.get("outcome").and_then(Value::as_str).unwrap_or_default();
        if !["complete", "disabled"].contains(&outcome) {
            call.warn(format!("The sync is {outcome}: see `errors` and the resources."));
        }
        Ok(report.into())
    }
}

/// Runs a command with `--json`, and reads the document that it prints.
pub(super) async fn apart<F>(command: F) -> Result<Row>
where
    F: AsyncFnOnce(&mut Out) -> std::result::Result<Exit, Failure> + Send + 'static,
{
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        let page = Page::default();
        let mut out = Out::new(Box::new(page.clone()), Box::new(std::io::sink()));
        out.configure(&Flags { json: true, ..Flags::default() }, &Env::new(|_| None));
        runtime.block_on(Box::pin(command(&mut out))).map_err(Failure::into_error)?;
        out.flush();
        page.document()
    });
    done.await.unwrap_or_else(|broken| Err(Error::new(&codes::BUG, "A command broke off").because(broken)))
}

/// What a command prints.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn document(&self) -> Result<Row> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_slice(&text).map_err(|e| Error::new(&codes::BUG, "A command printed no JSON document").because(e))
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
