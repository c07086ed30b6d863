//! Both platforms in one process, a pair over them, and what a day of people's edits may look like.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::Value;
use tajo::config::{self, Direction, Known, Source};
use tajo::pairs::left::ensure_indexes;
use tajo::pairs::mapping::Mapping;
use tajo::pairs::pass::{Report, Wanted};
use tajo::pairs::plan::{Scope, left_schema};
use tajo::pairs::{Bounds, Pair};
use tajo::twin::InProcess;
use tajo::warehouse;
use tajo_brevo::{Auth, Brevo};
use tajo_core::Result;
use tajo_core::rest::{Limits, Transport};
use tajo_core::trip::Trip;
use tajo_dest::sqlite::SqliteDestination;
use tajo_engine::pair::Laws;
use tajo_sim::{BrevoOptions, Options, Tier, Town};
use tajo_state::Ledger;

use super::support::{NOW, TOKEN, intercom_by};

/// The mapping example of the documentation, as the connector's own.
pub const SEED: &str = include_str!("../fixtures/config/seed000_basic.yml");
pub const SEED_MAPPING: &str = include_str!("../fixtures/config/seed000_mapping.yml");

/// A town of nobody: tests say who lives there.
pub fn empty() -> Options {
    Options {
        contacts: 0,
        companies: 0,
        conversations: 0,
        tags: 0,
        segments: 0,
        articles: 0,
        rate_limit: 0,
        now: Some(NOW),
        token: Some(TOKEN.into()),
        brevo: BrevoOptions { tier: Tier::Unlimited, import_ms: 10, ..BrevoOptions::default() },
        ..Options::default()
    }
}

/// A configuration, and its connector.
pub fn config_of(text: &str) -> config::Intercom {
    let env = |name: &str| (name == "INTERCOM_ACCESS_TOKEN" || name == "BREVO_API_KEY").then(|| TOKEN.to_string());
    let source = Source::text("tajo.yml", text);
    match config::load(&source, &Known::declared(), &env) {
        Ok(config) => config.intercom,
        Err(findings) => panic!("{findings}"),
    }
}

pub struct Rig {
    pub town: Town,
    pub folder: tempfile::TempDir,
    pub config: config::Intercom,
    pub direction: Direction,
    pub laws: Laws,
    pub bounds: Bounds,
    pub resources: Vec<&'static str>,
    pub events: bool,
    pub ledger: Ledger,
    /// The door to both platforms.
    pub via: Arc<dyn Transport>,
    runs: std::sync::atomic::AtomicU64,
}

impl Rig {
    pub fn new(options: Options, config: &str) -> Rig {
        let town = Town::new(options);
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let config = config_of(config);
        Rig {
            direction: config.direction.unwrap_or(Direction::IntercomToBrevo),
            via: Arc::new(InProcess::new(town.router())),
            resources: vec!["contacts", "companies", "conversations", "tags"],
            events: config.resources.as_ref().is_none_or(|names| names.iter().any(|name| name == "events")),
            ledger: Ledger::in_memory(Trip::default()).unwrap(),
            town,
            folder,
            config,
            laws: Laws::default(),
            bounds: Bounds::default(),
            runs: Default::default(),
        }
    }

    pub fn mirror(&self) -> std::path::PathBuf {
        self.folder.path().join("mirror.db")
    }

    /// What Intercom shows, extracted into the mirror.
    pub async fn extract(&self) -> Result<()> {
        let intercom = intercom_by(Arc::clone(&self.via), "2.14", Limits { seed: 7, ..Limits::default() });
        let to = SqliteDestination::open(&self.mirror())?;
        let names: Vec<String> = self.resources.iter().map(ToString::to_string).collect();
        let wanted = tajo_engine::extract::Wanted { resources: warehouse::resources(Some(&names))?, ..Default::default() };
        let receipt = warehouse::load(&intercom, "test", &wanted, &to, |_| (), std::future::pending()).await?;
        assert_eq!(receipt.exit, 0, "{:?}", receipt.errors);
        Ok(())
    }

    /// A pair as the program makes one.
    pub async fn pair(&self, trip: &Trip) -> Result<Pair> {
        let limits = || Limits { seed: 7, ..Limits::default() };
        let intercom = intercom_by(Arc::clone(&self.via), "2.14", limits());
        let brevo = Brevo::new(Arc::clone(&self.via), Auth::Key(TOKEN.into()), Some("http://127.0.0.1:1/v3"), limits())?;
        let mapping = Mapping::of(&self.config, self.direction, &left_schema(&intercom).await?);
        ensure_indexes(&self.mirror())?;
        Ok(Pair {
            intercom,
            brevo,
            ledger: self.ledger.clone(),
            brakes: mapping.brakes,
            mapping: Arc::new(mapping),
            mirror: self.mirror(),
            plans: self.folder.path().join("plans"),
            bounds: self.bounds,
            laws: self.laws,
            trip: trip.clone(),
        })
    }

    pub fn wanted(&self, scope: Scope) -> Wanted {
        let n = self.runs.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Wanted {
            scope,
            run_id: format!("run-{n}"),
            connection: "test".into(),
            yes: true,
            stop: Arc::new(AtomicBool::new(false)),
            events: self.events,
        }
    }

    /// Extraction and one pass.
    pub async fn pass(&self) -> Result<Report> {
        self.pass_with(&Trip::default()).await
    }

    pub async fn pass_with(&self, trip: &Trip) -> Result<Report> {
        self.extract().await?;
        self.pair(trip).await?.pass(&self.wanted(Scope::Changed)).await
    }

    /// Time goes by.
    pub async fn wait(&self, secs: u64) {
        tokio::time::advance(Duration::from_secs(secs)).await;
    }

    /// A pass that has to end well.
    pub async fn good(&self) -> Report {
        let report = self.pass().await.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(report.exit, 0, "{}", serde_json::to_string_pretty(&report).unwrap());
        report
    }

    /// Nobody stands in the way any more.
    pub fn straight(&mut self) {
        self.via = Arc::new(InProcess::new(self.town.router()));
    }

    pub fn brevo(&self, email: &str) -> Value {
        self.town.brevo().contact_by_email(email).unwrap_or_else(|| panic!("{email} is not in Brevo"))
    }

    pub fn intercom(&self, id: &str) -> Value {
        self.town.record("contacts", id).unwrap()
    }
}
