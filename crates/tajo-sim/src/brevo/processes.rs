//! Background processes: one after the other, at a settable speed. Source: facts §5.2.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::account::{Account, By};
use super::ask::{Answer, Ask, Reply};
use super::companies::import::CompanyImport;
use super::contacts::export::{self, Export};
use super::imports::Import;
use super::refusal::Refusal;
use super::stamp::iso;

const LIMIT_MAX: usize = 50;

/// The failure files of an import, by their names in `info.import`.
pub(crate) const FILES: [&str; 7] = [
    "invalid_emails",
    "duplicate_contact_id",
    "duplicate_ext_id",
    "duplicate_email_id",
    "duplicate_phone_id",
    "duplicate_whatsapp_id",
    "duplicate_landline_number_id",
];

/// The first lines of the failure files, where they have one.
const HEADERS: [&str; 7] = ["EMAIL", "CONTACT ID", "EXT_ID", "EMAIL", "SMS", "WHATSAPP", "LANDLINE_NUMBER"];

/// What a process has to do.
#[derive(Debug)]
pub(crate) enum Job {
    Contacts(Box<Import>),
    Companies(Box<CompanyImport>),
    /// Everybody leaves this list.
    Empty(u32),
    Export(Export),
}

impl Job {
    fn name(&self) -> &'static str {
        match self {
            Job::Contacts(_) => "IMPORTUSER",
            // The vendor's list of names has none for companies.
            Job::Companies(_) => "IMPORTCOMPANY",
            Job::Empty(_) => "LIST_UNLINK",
            Job::Export(_) => "CONTACT_EXPORT",
        }
    }
}

/// What an injected fault makes of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Fine,
    Stuck,
    Failed,
    /// Every third row is passed over without a word.
    Half,
}

/// What a process left behind.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) error: Option<&'static str>,
    /// Rejected identifiers, one list per failure file; `None` where the process has no such files.
    pub(crate) files: Option<[Vec<String>; 7]>,
    pub(crate) export: Option<String>,
}

#[derive(Debug)]
struct Process {
    id: u64,
    name: &'static str,
    job: Option<Job>,
    fate: Fate,
    posted: i64,
    starts: i64,
    due: i64,
    outcome: Option<Outcome>,
}

#[derive(Debug)]
pub(crate) struct Processes {
    all: Vec<Process>,
    pending: VecDeque<usize>,
    busy_until: i64,
    each_ms: i64,
}

impl Processes {
    pub(crate) fn new(each_ms: u64) -> Processes {
        let each_ms = i64::try_from(each_ms).unwrap_or(i64::MAX / 4);
        Processes { all: Vec::new(), pending: VecDeque::new(), busy_until: 0, each_ms }
    }

    pub(crate) fn submit(&mut self, job: Job, fate: Fate, now: i64) -> u64 {
        let id = 78 + u64::try_from(self.all.len()).unwrap_or(0);
        let begins = self.busy_until.max(now);
        let due = begins + self.each_ms;
        // The first quarter of its time is told as waiting.
        let (name, starts) = (job.name(), begins + self.each_ms / 4);
        if fate != Fate::Stuck {
            self.busy_until = due;
            self.pending.push_back(self.all.len());
        }
        self.all.push(Process { id, name, job: Some(job), fate, posted: now, starts, due, outcome: None });
        id
    }

    fn take_due(&mut self, now: i64) -> Option<(usize, Job, Fate, i64)> {
        let at = *self.pending.front()?;
        let process = &mut self.all[at];
        if process.due > now {
            return None;
        }
        self.pending.pop_front();
        Some((at, process.job.take()?, process.fate, process.due))
    }

    /// The rows of a failure file, or an export.
    pub(crate) fn file(&self, id: &str, name: &str, header: bool) -> Option<String> {
        let outcome = self.all.iter().find(|process| process.id.to_string() == id)?.outcome.as_ref()?;
        let name = name.strip_suffix(".csv")?;
        if name == "export" {
            return outcome.export.clone();
        }
        let at = FILES.iter().position(|file| *file == name)?;
        let rows = outcome.files.as_ref().map(|files| &files[at])?;
        let title = HEADERS[at].to_owned();
        let lines = header.then_some(&title).into_iter().chain(rows);
        Some(lines.map(|line| format!("{}\n", super::imports::csv::cell(line))).collect())
    }
}

impl Account {
    /// Lets every process that is due by `now` happen at its own time.
    pub(crate) fn catch_up(&mut self, now: i64) {
        while let Some((at, job, fate, due)) = self.processes.take_due(now) {
            (self.now, self.by) = (due, By::Import);
            let outcome = if fate == Fate::Failed {
                Outcome { error: Some("Processing timeout exceeded"), ..Outcome::default() }
            } else {
                self.run(job, fate)
            };
            self.processes.all[at].outcome = Some(outcome);
        }
        (self.now, self.by) = (now, By::Person);
    }

    fn run(&mut self, job: Job, fate: Fate) -> Outcome {
        match job {
            Job::Contacts(import) => self.run_import(*import, fate == Fate::Half),
            Job::Companies(import) => self.run_company_import(&import, fate == Fate::Half),
            Job::Empty(list) => {
                let members = self.people.rows().iter().filter(|row| row.contact.lists.contains(&list)).map(|row| row.id);
                for id in members.collect::<Vec<_>>() {
                    self.move_in_list(id, list, false);
                }
                Outcome::default()
            }
            Job::Export(export) => Outcome { export: Some(export::write(self, &export)), ..Outcome::default() },
        }
    }
}

/// Both words for "under way" occur in the vendor's definitions; the list says one, the single the other.
fn show(process: &Process, now: i64, origin: &str, working: &str) -> Value {
    let status = match &process.outcome {
        Some(outcome) if outcome.error.is_some() => "failed",
        Some(_) => "completed",
        None if now < process.starts => "queued",
        None => working,
    };
    let mut shown = json!({"id": process.id, "name": process.name, "status": status, "created_at": iso(process.posted)});
    let Some(outcome) = &process.outcome else { return shown };
    shown["completed_at"] = iso(process.due).into();
    if let Some(error) = outcome.error {
        shown["error"] = error.into();
    }
    let address = |name: &str| format!("{origin}/imports/{}/{name}.csv", process.id);
    if let Some(files) = &outcome.files {
        let link = |(name, rows): (&&str, &Vec<String>)| {
            ((*name).to_owned(), if rows.is_empty() { Value::Null } else { address(name).into() })
        };
        let links: Map<String, Value> = FILES.iter().zip(files).map(link).collect();
        shown["info"] = json!({"import": links});
    }
    if outcome.export.is_some() {
        shown["export_url"] = address("export").into();
    }
    shown
}

pub(super) fn list(account: &Account, ask: &Ask<'_>) -> Answer {
    let page = ask.paging(10, LIMIT_MAX)?;
    let all = page.cut(account.processes.all.iter().collect());
    let shown: Vec<Value> = all.into_iter().map(|process| show(process, account.now, &ask.origin, "processing")).collect();
    Reply::json(200, &json!({"count": account.processes.all.len(), "processes": shown}))
}

pub(super) fn one(account: &Account, ask: &Ask<'_>, id: &str) -> Answer {
    let found = account.processes.all.iter().find(|process| process.id.to_string() == id);
    let process = found.ok_or_else(|| Refusal::not_found("Process ID does not exist"))?;
    Reply::json(200, &show(process, account.now, &ask.origin, "in_process"))
}
