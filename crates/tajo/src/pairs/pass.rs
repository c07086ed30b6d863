//! One pass: look up what was left open, look at both sides, plan, brake, apply, note how far we are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;
use serde_json::{Value, json};
use tajo_core::{Error, Result, codes};
use tajo_engine::pair::Stop;
use tajo_state::{Ledger, Link, LinkState};

use super::Pair;
use super::apply::{Applied, Run};
use super::counts::Counts;
use super::entry::PlanFile;
use super::plan::{LEFT, MAPPING, Planned, Scope, seen};
use super::recover::Recovered;

/// What a pass is to do.
#[derive(Clone)]
pub struct Wanted {
    /// What to look at.
    pub scope: Scope,
    /// Names the run in the journal.
    pub run_id: String,
    /// The connection.
    pub connection: String,
    /// Whether the question of the first run was answered with yes.
    pub yes: bool,
    /// Set when the program is asked to end.
    pub stop: Arc<AtomicBool>,
    /// Whether the events lane is on.
    pub events: bool,
}

/// What a pass did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Names the plan.
    pub plan_id: String,
    /// Where the plan lies.
    pub plan: String,
    /// What was planned, counted.
    pub counts: Counts,
    /// Writes planned.
    pub planned: u64,
    /// Writes done.
    pub applied: u64,
    /// Records left alone.
    pub skipped: u64,
    /// Why, by reason.
    pub skipped_by: BTreeMap<String, u64>,
    /// Fields that wait for a person.
    pub conflicts: u64,
    /// What was done, counted.
    pub done: Applied,
    /// What became of writes that an earlier run left open.
    pub recovered: Recovered,
    /// Brakes that held: nothing was written.
    pub brakes: Vec<String>,
    /// Calls to Brevo.
    pub calls: u64,
    /// What should be looked at.
    pub warnings: Vec<String>,
    /// Why not everything was done.
    pub errors: Vec<Value>,
    /// Exit code that goes with it.
    #[serde(skip)]
    pub exit: u8,
}

impl Pair {
    /// Runs one pass. `Err` means that nothing was written; once writing began, failures stand in the report.
    pub async fn pass(&self, wanted: &Wanted) -> Result<Report> {
        let calls = self.brevo.calls().calls;
        let clock = self.intercom.me().await?.date;
        let run = Run { clock, stop: Arc::clone(&wanted.stop), ..Run::new(wanted.run_id.clone()) };
        let recovered = self.recover(&run).await?;
        run.unless_stopped(self.refresh(wanted.scope == Scope::All)).await?;
        let planned = self.plan(wanted.scope, &wanted.connection).await?;
        let mut report = Report { recovered, warnings: planned.warnings.clone(), ..Report::of(&planned) };
        if !planned.stops.is_empty() {
            return Err(braked(&planned));
        }
        if planned.first && !wanted.yes && planned.file.counts.writes() > 0 {
            return Err(unasked(&planned));
        }
        self.carry_out(&planned, &run, wanted.events, &mut report).await?;
        report.calls = self.brevo.calls().calls - calls;
        Ok(report)
    }

    /// Applies a plan and, where all of it was done, notes how far we are.
    pub async fn carry_out(&self, planned: &Planned, run: &Run, events: bool, report: &mut Report) -> Result<()> {
        self.set_plan_state(&planned.file.heading.plan_id, "applying").await?;
        let mut applied = Applied::default();
        let ended = self.apply(&planned.file, run, &mut applied).await;
        // These keep marks of their own: what fails here is not a reason to plan the contacts again.
        let beside = match &ended {
            Ok(()) if planned.file.heading.purpose.is_none() => {
                self.beside(planned, run, events, &mut applied, &mut report.warnings).await
            }
            _ => Ok(()),
        };
        report.errors.extend(beside.as_ref().err().map(Error::to_json));
        report.applied = applied.writes();
        report.conflicts = applied.conflicts;
        match &ended {
            Ok(()) => {
                if planned.file.heading.purpose.is_none() {
                    self.note_progress(planned, &applied).await?;
                }
                self.set_plan_state(&planned.file.heading.plan_id, "applied").await?;
            }
            Err(error) => report.errors.push(error.to_json()),
        }
        report.errors.extend(applied.failures.iter().filter(|f| f.what != "gone").map(|failure| json!(failure)));
        report.exit = match ended.as_ref().and(beside.as_ref()) {
            Err(error) => error.kind().advice().exit,
            Ok(()) if applied.is_whole() => 0,
            Ok(()) => 6,
        };
        report.done = applied;
        Ok(())
    }

    /// What goes beside the contacts.
    async fn beside(
        &self,
        planned: &Planned,
        run: &Run,
        events: bool,
        applied: &mut Applied,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let told = if events { self.send_events(planned, run, applied, warnings).await } else { Ok(()) };
        let companies = self.sync_companies(planned, run, applied, warnings).await;
        told.and(companies).and(self.send_engagement(run, applied, warnings).await)
    }

    /// The marks move when every entry was carried out or has a mark of its own; whoever waits for another contact gets one.
    async fn note_progress(&self, planned: &Planned, applied: &Applied) -> Result<()> {
        let (mark, hash) = (planned.file.heading.left_mark, planned.file.heading.config_hash.clone());
        let mut rows = planned.looked_at.clone();
        rows.retain(|(id, _)| !applied.only_in_brevo.contains(id));
        let file = planned.file.clone();
        self.ledger
            .apart(move |ledger| {
                let parked = parked(ledger, &file)?;
                let mut done = Vec::with_capacity(rows.len());
                for (id, was) in rows {
                    if ledger.brevo(id)?.is_none_or(|row| seen(&row) == was) {
                        done.push(id);
                    }
                }
                ledger.write(|write| {
                    if let Some(mark) = mark {
                        write.set_mark(LEFT, &mark.to_string())?;
                    }
                    write.set_mark(MAPPING, &hash)?;
                    parked.iter().try_for_each(|link| write.put_link(link))?;
                    done.iter().try_for_each(|id| write.clear_brevo_dirty(*id))
                })
            })
            .await
    }

    /// Notes what became of a plan.
    pub async fn set_plan_state(&self, plan_id: &str, state: &'static str) -> Result<()> {
        let id = plan_id.to_string();
        self.ledger
            .apart(move |ledger| match ledger.plan(&id)? {
                Some(plan) => ledger.write(|write| write.put_plan(&tajo_state::Plan { state: state.into(), ..plan.clone() })),
                None => Ok(()),
            })
            .await
    }
}

/// Marks for those that a plan parked and that have none yet.
fn parked(ledger: &Ledger, file: &PlanFile) -> Result<Vec<Link>> {
    let mut links = Vec::new();
    if file.counts.skipped.is_empty() {
        return Ok(links);
    }
    for entry in file.entries()? {
        let entry = entry?;
        if entry.is_parked() && !entry.id.is_empty() {
            links.extend(match ledger.link(&entry.id)? {
                Some(link) if link.state != LinkState::Pending || link.dirty => None,
                _ => Some(Link::pending(entry.id)),
            });
        }
    }
    Ok(links)
}

impl Report {
    /// What is known before anything is written.
    pub fn of(planned: &Planned) -> Report {
        let counts = planned.file.counts.clone();
        Report {
            plan_id: planned.file.heading.plan_id.clone(),
            plan: planned.file.path.display().to_string(),
            planned: counts.writes(),
            skipped: counts.skipped(),
            skipped_by: counts.skipped.clone(),
            conflicts: counts.conflicts,
            brakes: planned.stops.iter().map(|stop| stop.brake.to_string()).collect(),
            counts,
            ..Report::default()
        }
    }
}

fn braked(planned: &Planned) -> Error {
    let said = |stop: &Stop| format!("{}: {}", stop.brake, stop.said);
    let list: Vec<String> = planned.stops.iter().map(said).collect();
    Error::new(&codes::STA_BRAKE, "The brakes stopped this plan; nothing was written")
        .note("brakes", list.join("; "))
        .note("plan", planned.file.path.display().to_string())
        .help(format!(
            "Look at it with `tajo plan show {0}`; if it is what you want: `tajo apply {0}`.",
            planned.file.heading.plan_id
        ))
}

/// On both sides: who says yes should know of the people that appear in Intercom.
fn would_do(counts: &Counts) -> String {
    let mut text = format!("{} create, {} change in Brevo", counts.create, counts.change);
    if counts.create_in_intercom + counts.change_in_intercom > 0 {
        text += &format!("; {} create, {} change in Intercom", counts.create_in_intercom, counts.change_in_intercom);
    }
    text
}

fn unasked(planned: &Planned) -> Error {
    let counts = &planned.file.counts;
    Error::new(&codes::STA_FIRST, "This is the first run, and it was not confirmed; nothing was written")
        .note("would do", would_do(counts))
        .note("plan", planned.file.path.display().to_string())
        .help(format!(
            "Look at it with `tajo plan show {0}`, then `tajo apply {0}`, or run again with `--yes`.",
            planned.file.heading.plan_id
        ))
}
