//! What came of a plan.

use serde::Serialize;
use serde_json::{Value, json};
use tajo_core::{Error, Kind, codes};

use super::super::entry::{Act, Entry, Side, Step};

/// Failures told one by one; more are counted.
const TOLD_MAX: usize = 1000;
/// Contacts in a row that a platform can neither show nor write before it is the platform's fault and not theirs.
pub const STRIKES_MAX: u32 = 5;

/// What came of one entry.
#[derive(Debug)]
pub enum Outcome {
    /// Written, read back, noted.
    Done,
    /// The record changed after it was planned; it is planned again.
    Moved,
    /// The contact is gone on the other side; the link is a tombstone now.
    Gone,
    /// Whether it was carried out is not known; it is looked up before anything else is done with the record.
    Unknown(Error),
    /// Refused.
    Failed(Error),
}

impl Outcome {
    /// What came of two writes for the same record: the first that went wrong.
    pub fn and(self, next: Outcome) -> Outcome {
        match (self, next) {
            (Outcome::Done, next) => next,
            // What has to be looked up says more than a refusal.
            (Outcome::Failed(_), next @ Outcome::Unknown(_)) => next,
            (first, _) => first,
        }
    }
}

/// A record that could not be brought in step.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Entry of the plan.
    pub entry: u64,
    /// Intercom's id.
    pub intercom_id: String,
    /// Brevo's id.
    pub brevo_id: Option<i64>,
    /// `moved`, `gone`, `unknown`, `failed`, `dropped`.
    pub what: &'static str,
    /// Why, and what to do.
    pub error: Value,
}

/// What came of a plan.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Applied {
    /// Attributes created in Brevo.
    pub attributes: u64,
    /// Contacts created in Brevo.
    pub created: u64,
    /// Contacts changed in Brevo.
    pub changed: u64,
    /// Contacts created in Intercom.
    pub created_in_intercom: u64,
    /// Contacts changed in Intercom.
    pub changed_in_intercom: u64,
    /// Contacts linked without a write.
    pub linked: u64,
    /// Opt-outs carried over.
    pub opt_outs: u64,
    /// Fields that wait for a person.
    pub conflicts: u64,
    /// Entries not applied because their ground moved.
    pub moved: u64,
    /// Contacts deleted, as an allowed undo does.
    pub deleted: u64,
    /// Contacts found deleted on the other side.
    pub gone: u64,
    /// Writes of unknown outcome.
    pub unknown: u64,
    /// Writes refused.
    pub failed: u64,
    /// Values that Brevo took and does not show.
    pub dropped: u64,
    /// Imports sent.
    pub imports: u64,
    /// Events sent to Brevo.
    pub events: u64,
    /// Companies written to Brevo.
    pub companies: u64,
    /// Events about Brevo's e-mails sent to Intercom.
    pub engagement: u64,
    /// The first records that could not be brought in step.
    pub failures: Vec<Failure>,
    /// Contacts that Brevo alone has and that are to be planned again.
    #[serde(skip)]
    pub only_in_brevo: Vec<i64>,
    /// Contacts in a row that failed for a reason that may be the platform's.
    #[serde(skip)]
    pub strikes: u32,
}

impl Applied {
    /// Writes to either platform.
    pub fn writes(&self) -> u64 {
        self.attributes
            + self.created
            + self.changed
            + self.created_in_intercom
            + self.changed_in_intercom
            + self.events
            + self.companies
            + self.engagement
            + self.deleted
    }
    /// Whether everything planned was done.
    pub fn is_whole(&self) -> bool {
        self.moved + self.unknown + self.failed + self.dropped == 0
    }
    /// Counts what came of an entry.
    pub fn count(&mut self, entry: &Entry, outcome: Outcome) {
        if let (Act::Delete { .. }, Outcome::Done) = (&entry.act, &outcome) {
            return self.deleted += 1;
        }
        let nothing = Step::default();
        let step = if let Act::Contact(step) = &entry.act { step } else { &nothing };
        self.conflicts += step.conflicts.len() as u64;
        if entry.id.is_empty() && !matches!(outcome, Outcome::Done) {
            self.only_in_brevo.extend(entry.brevo);
        }
        match outcome {
            Outcome::Done => {
                self.opt_outs += u64::from(step.opts_out());
                match step.new {
                    Some(Side::Brevo) => self.created += 1,
                    Some(Side::Intercom) => self.created_in_intercom += 1,
                    None if !step.writes() => self.linked += 1,
                    None => {}
                }
                self.changed += u64::from(step.new != Some(Side::Brevo) && !step.right.is_empty());
                self.changed_in_intercom += u64::from(step.new != Some(Side::Intercom) && !step.left.is_empty());
            }
            Outcome::Moved => self.moved(entry),
            Outcome::Gone => {
                self.gone += 1;
                self.tell(entry, "gone", json!({"message": "deleted on the other side; it is not created again"}));
            }
            Outcome::Unknown(error) => {
                self.unknown += 1;
                self.tell(entry, "unknown", error.to_json());
            }
            Outcome::Failed(error) => {
                self.failed += 1;
                self.tell(entry, "failed", error.to_json());
            }
        }
    }
    /// Counts an entry that was not applied because its ground moved.
    pub fn moved(&mut self, entry: &Entry) {
        self.moved += 1;
        self.tell(entry, "moved", Error::new(&codes::STA_MOVED, "The record changed after the plan").to_json());
    }
    /// Counts a contact about which a platform could not be asked.
    pub fn unread(&mut self, intercom_id: &str, error: &Error) {
        self.failed += 1;
        let (id, act) = (intercom_id.to_string(), Act::Skip("unread".into()));
        self.tell(&Entry { n: 0, id, brevo: None, who: String::new(), act }, "failed", error.to_json());
    }
    /// Notes a record for the report.
    pub fn tell(&mut self, entry: &Entry, what: &'static str, error: Value) {
        if self.failures.len() < TOLD_MAX {
            let intercom_id = entry.id.clone();
            self.failures.push(Failure { entry: entry.n, intercom_id, brevo_id: entry.brevo, what, error });
        }
    }
}

/// Whether a write may have been carried out although it failed. One that never left says so in the same place.
pub fn is_unknown(error: &Error) -> bool {
    error.noted("outcome").is_some_and(|said| !said.starts_with("not sent"))
}

/// Whether an error is about one record, so that the others can go on.
pub fn is_about_the_record(error: &Error) -> bool {
    matches!(error.kind(), Kind::Missing | Kind::Conflict | Kind::Invalid)
}

/// Whether an error may be about one contact alone, so that the others can go on, as long as it is not one in a row of many.
pub fn is_of_one(error: &Error) -> bool {
    let passing = matches!(error.kind(), Kind::Transient | Kind::Drift | Kind::Incomplete | Kind::Invalid | Kind::Conflict);
    passing && error.code() != &codes::NET_CONNECT
}
