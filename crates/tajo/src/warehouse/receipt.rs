//! What a run leaves behind: the document of `sync --json`, and the exit code.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tajo_core::{Error, Kind, Result};
use tajo_engine::extract::{Outcome, Report};
use tajo_intercom::Me;

/// A finished run.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    /// Identifies the run.
    pub run_id: String,
    /// Name of the connection.
    pub connection: String,
    /// Id of the workspace.
    pub workspace: String,
    /// The platform's clock at the start.
    pub started_at: String,
    /// This machine's clock at the end.
    pub finished_at: String,
    /// `complete`, `partial`, `failed` or `interrupted`.
    pub outcome: &'static str,
    /// Resource by resource.
    pub resources: Vec<Value>,
    /// What was done with Brevo, where it was part of the run.
    pub brevo: Option<Value>,
    /// Why not everything is there.
    pub errors: Vec<Value>,
    /// Exit code of the program.
    #[serde(skip)]
    pub exit: u8,
    /// The reports as they are.
    #[serde(skip)]
    pub reports: Vec<Report>,
    /// The error that ended the run.
    #[serde(skip)]
    pub fatal: Option<Value>,
}

/// An RFC 3339 moment to the second.
pub fn moment(second: i64) -> String {
    Timestamp::from_second(second).map(|at| at.to_string()).unwrap_or_default()
}

impl Receipt {
    /// Sums up a run.
    pub fn new(connection: &str, me: &Me, reports: Vec<Report>, ended: Result<()>) -> Receipt {
        let fatal = ended.as_ref().err();
        let incomplete = reports.iter().filter(|r| r.outcome == Outcome::Incomplete).count();
        let (outcome, exit) = match fatal {
            Some(error) if error.kind() == Kind::Interrupted => ("interrupted", 130),
            Some(error) => ("failed", error.kind().advice().exit),
            None if incomplete == 0 => ("complete", 0),
            // Nothing at all could be read: the first error says it better than "partial".
            None if incomplete == reports.len() && reports.len() == 1 => ("failed", 6),
            None => ("partial", 6),
        };
        let finished = Timestamp::now();
        let mut errors: Vec<Value> = fatal.map(Error::to_json).into_iter().collect();
        let own = reports.iter().filter_map(|r| r.error.clone().map(|e| (r.name, e)));
        errors.extend(own.filter(|_| fatal.is_none()).map(|(name, mut error)| {
            error["resource"] = name.into();
            error
        }));
        Receipt {
            run_id: run_id(finished),
            connection: connection.into(),
            workspace: me.id_code.clone(),
            started_at: moment(me.date),
            finished_at: moment(finished.as_second()),
            outcome,
            resources: reports.iter().map(shown).collect(),
            brevo: None,
            errors,
            exit,
            fatal: fatal.map(Error::to_json),
            reports,
        }
    }
}

impl Receipt {
    /// Adds what was done with Brevo.
    pub fn add(&mut self, report: &crate::pairs::pass::Report) {
        self.brevo = serde_json::to_value(report).ok();
        self.errors.extend(report.errors.iter().cloned());
        if report.exit != 0 {
            self.exit = if self.exit == 0 { report.exit } else { self.exit };
            self.outcome = if report.exit == 130 { "interrupted" } else { "partial" };
        }
        self.finished_at = moment(Timestamp::now().as_second());
    }
    /// The half with Brevo did not come to write anything.
    pub fn fail(&mut self, error: &Error) {
        self.brevo = Some(json!({"planned": 0, "applied": 0, "skipped": 0, "conflicts": 0, "error": error.to_json()}));
        self.errors.push(error.to_json());
        self.exit = if self.exit == 0 { error.kind().advice().exit } else { self.exit };
        self.outcome = if error.kind() == Kind::Interrupted { "interrupted" } else { "partial" };
    }
    /// A run that failed before anything was read.
    pub fn unbegun(connection: &str, error: &Error) -> Receipt {
        let now = Timestamp::now();
        Receipt {
            run_id: run_id(now),
            connection: connection.into(),
            workspace: String::new(),
            started_at: moment(now.as_second()),
            finished_at: moment(now.as_second()),
            outcome: "failed",
            resources: Vec::new(),
            brevo: None,
            errors: vec![error.to_json()],
            exit: error.kind().advice().exit,
            fatal: Some(error.to_json()),
            reports: Vec::new(),
        }
    }
}

/// Unlike any other's: a server has several runs that may end in the same millisecond.
fn run_id(at: Timestamp) -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let nth = RUNS.fetch_add(1, Ordering::Relaxed);
    format!("run-{:x}-{:x}-{nth:x}", at.as_millisecond(), std::process::id())
}

fn shown(report: &Report) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    value["watermark"] = report.watermark.map(moment).into();
    value["links"] = report
        .links
        .iter()
        .map(|(table, written, removed)| json!({"table": table, "rows_written": written, "rows_deleted": removed}))
        .collect();
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_end_in_the_same_moment_have_different_names() {
        let now = Timestamp::UNIX_EPOCH;
        assert_ne!(run_id(now), run_id(now));
    }
}
