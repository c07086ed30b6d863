//! `tajo demo --brevo`: a plan, its application, a change made in Brevo coming back, and a quiet pass; on one screen.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use tajo_brevo::{Auth, Brevo};
use tajo_core::rest::Limits;
use tajo_core::trip::Trip;
use tajo_core::{Error, codes};
use tajo_dest::SqliteDestination;
use tajo_engine::extract::Wanted;
use tajo_engine::pair::Laws;
use tajo_intercom::{Intercom, Region, Version};
use tajo_sim::{BrevoOptions, Options, Tier, Town};
use tajo_state::Ledger;

use super::exit::Exit;
use super::lane;
use super::out::{Out, Tone};
use super::plan::show_entries;
use crate::config::{self, Direction, Known, Source};
use crate::pairs::apply::Run;
use crate::pairs::left::ensure_indexes;
use crate::pairs::mapping::Mapping;
use crate::pairs::pass::Report;
use crate::pairs::plan::{Scope, left_schema};
use crate::pairs::{Bounds, Pair, pass};
use crate::twin::InProcess;
use crate::warehouse;

/// The demo's configuration; what it does not say is as the documentation has it.
const CONFIG: &str = "\
connectors:
  intercom:
    access_token: demo
    direction: bidirectional
    lists: {all_users: 35, active_conversations: 36, leads: 37}
    facts: [ai_agent]
  brevo:
    api_key: demo
field_mapping:
  email: email
  name: {to: FULLNAME, direction: both}
  phone: SMS
  signed_up_at: SIGNUP_DATE
  company.name: COMPANY_NAME
  custom_attributes.plan_tier: PLAN_TIER
";
/// Entries of the plan that are shown.
const SHOWN: usize = 6;

struct Scene {
    town: Town,
    pair: Pair,
    run: u32,
}

/// Runs the demo with its files in this folder.
pub async fn run(home: &Path, seed: u64, out: &mut Out) -> Result<Exit, Error> {
    let mut scene = scene(home, seed).await?;
    title(out, "1. A plan: what would be written to Brevo. Nothing is.");
    scene.extract().await?;
    scene.pair.refresh(false).await?;
    let planned = scene.pair.plan(Scope::Changed, "demo").await?;
    if !out.json() {
        show_entries(out, &planned.file, SHOWN)?;
    }
    let writes = scene.town.brevo().writes();
    out.note(format!("   {} writes planned; Brevo has seen {writes}.", planned.file.counts.writes()));

    title(out, "2. The plan, applied");
    let run = Run::new("demo-1");
    let mut first = Report::of(&planned);
    scene.pair.carry_out(&planned, &run, true, &mut first).await?;
    first.calls = scene.pair.brevo.calls().calls;
    lane::told(out, &first);

    title(out, "3. Somebody works in Brevo, somebody unsubscribes there, somebody in Intercom");
    let told = edits(&scene)?;
    for line in &told {
        out.note(format!("   {line}"));
    }
    let second = scene.pass().await?;
    lane::told(out, &second);
    let back = came_back(&scene)?;
    out.note(format!("   Intercom now says: name {}, unsubscribed {}", back["name"], back["unsubscribed"]));

    title(out, "4. Nothing happens, so nothing is written");
    let third = scene.pass().await?;
    lane::told(out, &third);
    if out.json() {
        out.document(&json!({"plan": planned.summary(&scene.pair), "first": first, "edits": told, "second": second,
            "came_back": back, "third": third}));
    } else {
        out.note(
            "\nYour own: add `connectors.brevo` to tajo.yml, export INTERCOM_ACCESS_TOKEN and BREVO_API_KEY, then `tajo plan`.",
        );
    }
    let worst = [&first, &second, &third].map(|report| report.exit).into_iter().max().unwrap_or(0);
    Ok(if third.applied > 0 { Exit::FAILED } else { Exit(worst) })
}

async fn scene(home: &Path, seed: u64) -> Result<Scene, Error> {
    let brevo = BrevoOptions { tier: Tier::Extended, import_ms: 50, ..BrevoOptions::default() };
    let options = Options { seed, contacts: 24, companies: 8, conversations: 10, tags: 4, brevo, ..Options::default() };
    let town = Town::new(options);
    let email = |id: &String| town.record("contacts", id).and_then(|r| r["email"].as_str().map(str::to_string));
    town.brevo().add_attribute("FULLNAME", "text");
    // Two of them are in Brevo already.
    for email in town.ids("contacts").iter().filter_map(email).take(2) {
        town.brevo().add_contact(Some(&email), json!({"FULLNAME": "Known In Brevo"}));
    }
    let via = Arc::new(InProcess::new(town.router()));
    let url = "http://127.0.0.1:1";
    let intercom = Intercom::new(via.clone(), "demo".into(), Region::Us, Version::DEFAULT, Some(url), Limits::default())?;
    let brevo = Brevo::new(via, Auth::Key("demo".into()), Some(&format!("{url}/v3")), Limits::default())?;
    let config = config::load(&Source::text("demo", CONFIG), &Known::declared(), &|_| None)
        .map_err(|findings| Error::new(&codes::BUG, "The demo's configuration is not valid").because(findings))?;
    let mirror = home.join("tajo-demo-brevo.db");
    for file in ["tajo-demo-brevo.db", "tajo-demo-brevo.db-wal", "tajo-demo-brevo.db-shm"] {
        let _ = std::fs::remove_file(home.join(file));
    }
    drop(SqliteDestination::open(&mirror)?);
    let mapping = Mapping::of(&config.intercom, Direction::Bidirectional, &left_schema(&intercom).await?);
    let pair = Pair {
        intercom,
        brevo,
        ledger: Ledger::in_memory(Trip::default())?,
        brakes: mapping.brakes,
        mapping: Arc::new(mapping),
        mirror,
        plans: home.join("plans"),
        bounds: Bounds::default(),
        laws: Laws::default(),
        trip: Trip::default(),
    };
    Ok(Scene { town, pair, run: 1 })
}

impl Scene {
    async fn extract(&self) -> Result<(), Error> {
        let to = SqliteDestination::open(&self.pair.mirror)?;
        let wanted = Wanted { resources: warehouse::resources(None)?, ..Wanted::default() };
        let receipt =
            Box::pin(warehouse::load(&self.pair.intercom, "demo", &wanted, &to, |_| (), std::future::pending())).await?;
        ensure_indexes(&self.pair.mirror)?;
        lane::ground(&receipt)
    }

    async fn pass(&mut self) -> Result<Report, Error> {
        self.run += 1;
        self.extract().await?;
        let wanted = pass::Wanted {
            scope: Scope::Changed,
            run_id: format!("demo-{}", self.run),
            connection: "demo".into(),
            yes: true,
            stop: Arc::new(AtomicBool::new(false)),
            events: true,
        };
        Box::pin(self.pair.pass(&wanted)).await
    }

    /// The first contact of Brevo that Intercom has as well.
    fn somebody(&self) -> Result<(i64, String), Error> {
        let mut found = self.town.brevo().contacts().into_iter().filter_map(|contact| contact["id"].as_i64());
        let linked = found.find_map(|id| self.pair.ledger.link_of_brevo(id).ok().flatten().map(|link| (id, link.intercom_id)));
        linked.ok_or_else(|| Error::new(&codes::BUG, "The demo linked nobody"))
    }
}

fn edits(scene: &Scene) -> Result<Vec<String>, Error> {
    let (brevo, intercom) = scene.somebody()?;
    scene.town.brevo().set_attribute(brevo, "FULLNAME", json!("Renamed In Brevo"));
    scene.town.brevo().blocklist(brevo);
    let subscribed = |id: &String| scene.town.record("contacts", id).is_some_and(|r| r["unsubscribed_from_emails"] == false);
    let linked = |id: &String| scene.pair.ledger.link(id).is_ok_and(|link| link.is_some_and(|link| link.brevo_id.is_some()));
    let others = scene.town.ids("contacts");
    if let Some(other) = others.iter().find(|id| **id != intercom && subscribed(id) && linked(id)) {
        scene.town.unsubscribe_contact(other);
    }
    Ok(vec![
        "in Brevo a contact is renamed to Renamed In Brevo, and unsubscribes".to_string(),
        "in Intercom another one unsubscribes".to_string(),
    ])
}

fn came_back(scene: &Scene) -> Result<Value, Error> {
    let (_, intercom) = scene.somebody()?;
    let record = scene.town.record("contacts", &intercom).unwrap_or_default();
    Ok(json!({"name": record["name"], "unsubscribed": record["unsubscribed_from_emails"]}))
}

fn title(out: &mut Out, text: &str) {
    let painted = out.paint(Tone::Strong, text);
    out.note(format!("\n{painted}"));
}
