//! `tajo connectors status brevo`: what the ledger knows, and whether the key still works.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tajo_brevo::ContactPage;
use tajo_core::rest::{Wire, WireOptions};
use tajo_core::trip::Trip;
use tajo_core::{Error, Result};
use tajo_state::{EffectState, Ledger, Plan};

use super::super::out::Out;
use super::super::progress::grouped;
use crate::config::Settings;
use crate::pairs::open;
use crate::pairs::refresh::SEEN;
use crate::warehouse::moment;

/// Unknown effects are counted up to here.
const UNKNOWN_MAX: usize = 1_000;

/// What is known of the sync with Brevo.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    connector: &'static str,
    connection: String,
    /// Whether the configuration connects Brevo.
    enabled: bool,
    direction: &'static str,
    connected: bool,
    error: Option<Value>,
    links: Links,
    /// Contacts of Brevo in its mirror.
    contacts: u64,
    /// Brevo's clock when all its changes had been read.
    read_up_to: Option<String>,
    conflicts: u64,
    /// Writes whose outcome a run has yet to look up, and those of which nobody can say.
    effects: Effects,
    last_plan: Option<LastPlan>,
    last_run: Option<LastRun>,
}

#[derive(Debug, Serialize)]
struct Links {
    live: u64,
    pending: u64,
    gone: u64,
    merged: u64,
}

#[derive(Debug, Serialize)]
struct Effects {
    open: u64,
    unknown: u64,
}

#[derive(Debug, Serialize)]
struct LastPlan {
    plan_id: String,
    state: String,
    created_at: String,
}

/// The last run that wrote anything, and what became of its writes.
#[derive(Debug, Serialize)]
struct LastRun {
    run_id: String,
    began_at: Option<String>,
    effects: BTreeMap<String, u64>,
}

/// Reads the ledger and asks Brevo for one contact: the cheapest call that proves the key.
pub async fn state(settings: &Settings) -> Result<State> {
    let connected = connected(settings).await;
    let name = settings.connection.name.clone();
    let ledger = Ledger::open(&settings.home, &name, Trip::default())?;
    let (direction, enabled) = (settings.direction().name(), settings.config.brevo_wanted());
    let error = connected.as_ref().err().map(Error::to_json);
    ledger
        .apart(move |ledger| {
            let links = ledger.count_links()?;
            let seen = ledger.mark(SEEN)?.and_then(|at| at.parse().ok());
            Ok(State {
                connector: "brevo",
                connection: name,
                enabled,
                direction,
                connected: connected.is_ok(),
                error,
                links: Links { live: links.live, pending: links.pending, gone: links.gone, merged: links.merged },
                contacts: ledger.count_brevo()?,
                read_up_to: seen.map(moment),
                conflicts: ledger.conflicts()?.iter().filter(|conflict| conflict.choice.is_none()).count() as u64,
                effects: Effects {
                    open: ledger.open_effects()?.len() as u64,
                    unknown: ledger.effects_in_state(EffectState::Unknown, UNKNOWN_MAX)?.len() as u64,
                },
                last_plan: ledger.last_plan()?.map(last_plan),
                last_run: last_run(ledger)?,
            })
        })
        .await
}

async fn connected(settings: &Settings) -> Result<()> {
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    let brevo = open::brevo(settings, Arc::new(wire))?;
    brevo.contacts(&ContactPage { limit: 1, ..ContactPage::default() }).await.map(|_| ())
}

fn last_plan(plan: Plan) -> LastPlan {
    LastPlan { plan_id: plan.plan_id, state: plan.state, created_at: plan.created_at }
}

fn last_run(ledger: &Ledger) -> Result<Option<LastRun>> {
    let Some(run_id) = ledger.last_run_with_effects()? else { return Ok(None) };
    let first = ledger.effects_of_run(&run_id, -1, 1)?.into_iter().next();
    let effects = ledger.effect_counts(&run_id)?;
    Ok(Some(LastRun { run_id, began_at: first.map(|effect| effect.at), effects }))
}

/// The state in a few lines.
pub fn show(state: &State, out: &mut Out) {
    out.line(format!("connected    {}", if state.connected { "yes" } else { "no" }));
    if !state.enabled {
        out.line("enabled      no: the configuration does not connect Brevo");
    }
    out.line(format!("direction    {}", state.direction));
    let Links { live, pending, gone, merged } = &state.links;
    let counted = [(live, "live"), (pending, "pending"), (gone, "gone"), (merged, "merged")];
    let links: Vec<String> = counted.map(|(n, what)| format!("{} {what}", grouped(*n))).to_vec();
    out.line(format!("links        {}", links.join(", ")));
    let read = state.read_up_to.as_ref().map(|at| format!(", read up to {at}")).unwrap_or_default();
    out.line(format!("contacts     {}{read}", grouped(state.contacts)));
    out.line(format!("conflicts    {}", grouped(state.conflicts)));
    let Effects { open, unknown } = state.effects;
    if open + unknown > 0 {
        out.line(format!(
            "writes       {} to be looked up by the next run, {} of unknown outcome",
            grouped(open),
            grouped(unknown)
        ));
    }
    if let Some(plan) = &state.last_plan {
        out.line(format!("last plan    {} ({}, {})", plan.plan_id, plan.state, plan.created_at));
    }
    match &state.last_run {
        Some(run) => {
            let effects: Vec<String> = run.effects.iter().map(|(what, n)| format!("{} {what}", grouped(*n))).collect();
            let at = run.began_at.as_ref().map(|at| format!(", {at}")).unwrap_or_default();
            out.line(format!("last writes  {} ({}{at})", run.run_id, effects.join(", ")));
        }
        None => out.line("last writes  never"),
    }
    if let Some(error) = &state.error {
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_string();
        out.note(format!("error[{}]: {}\n  = help: {}", text("code"), text("message"), text("help")));
    }
}
