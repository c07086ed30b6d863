//! Companies of Intercom as companies of Brevo, where the configuration asks for them (`companies: objects`).
//!
//! Brevo's CRM takes 100 calls an hour and knows no upsert, so all that changed goes by one import a pass. Its answer says
//! no ids: they are read back by an attribute that holds the Intercom id, and that attribute is looked up before anything
//! whose creation may have been lost is created again.

mod known;
mod mirror;
mod sheet;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tajo_brevo::{Company as Shown, ProcessStatus};
use tajo_core::{Result, codes};
use tajo_state::{Company, Ledger, LinkState};
use tokio::time::sleep;

use self::known::Names;
use self::mirror::Companies;
use self::sheet::{Due, STATE, csv, hash};
use super::Pair;
use super::apply::{Applied, Run};
use super::entry::Act;
use super::plan::Planned;

/// Mark: newest row of the mirror that a finished pass has seen; empty for none.
const SEEN: &str = "companies_seen";
/// Mark: the import that is under way, `{"at": unix seconds, "process": id or null}`; empty for none.
const IMPORT: &str = "companies_import";
/// First wait for an import; it doubles up to [`WAIT_MAX`].
const WAIT_FIRST: Duration = Duration::from_secs(2);
const WAIT_MAX: Duration = Duration::from_secs(36);
/// Looks at an import in one pass, five minutes in all; each is one of the hour's calls.
const LOOKS_MAX: u32 = 12;
/// Processes asked for at once.
const PROCESSES: u32 = 50;
/// Companies from which contacts are taken in one pass: one call each.
const UNLINKS_MAX: usize = 20;
/// Companies named in a warning.
const OWED_SHOWN: usize = 5;
/// An import of which nothing was ever heard is given up after this.
const LOST_SECS: i64 = 86_400;

impl Pair {
    /// Writes the companies that changed. A spent bucket ends it with a warning; the next pass goes on.
    pub(super) async fn sync_companies(
        &self,
        planned: &Planned,
        run: &Run,
        applied: &mut Applied,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        if !self.mapping.company_objects || is_stopped(run) {
            return Ok(());
        }
        match self.companies_pass(planned, run, applied, warnings).await {
            Err(error) if error.code() == &codes::BRV_THROTTLED => {
                warnings.push("companies: Brevo's hourly calls are used up; the next pass goes on".into());
                Ok(())
            }
            other => other,
        }
    }

    async fn companies_pass(
        &self,
        planned: &Planned,
        run: &Run,
        applied: &mut Applied,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        if !self.earlier_import_ended(run).await? {
            self.set_companies_mark(SEEN, "").await?;
            warnings.push("companies: an earlier import has not ended in Brevo; they wait for it".into());
            return Ok(());
        }
        let (mut due, newest) = self.due_companies(planned).await?;
        if due.is_empty() {
            return self.set_companies_mark(SEEN, &newest.map(|at| at.to_string()).unwrap_or_default()).await;
        }
        // Until all of it is done, the next pass looks at every company.
        self.set_companies_mark(SEEN, "").await?;
        let names = self.company_names(applied).await?;
        self.adopt_companies(&mut due, &names).await?;
        let (file, rows) = csv(&due, &names.all, self.bounds.chunk_bytes);
        let waiting = due.len() - rows;
        due.truncate(rows);
        if !due.is_empty() && !self.import_due(&due, file, &names, run, applied, warnings).await? {
            return Ok(());
        }
        if waiting > 0 {
            warnings.push(format!("companies: {waiting} more than one import takes; they go with the next pass"));
            return Ok(());
        }
        self.set_companies_mark(SEEN, &newest.map(|at| at.to_string()).unwrap_or_default()).await
    }

    /// The companies whose values or contacts are not those that were written last.
    async fn due_companies(&self, planned: &Planned) -> Result<(Vec<Due>, Option<i64>)> {
        let (mirror, file) = (self.mirror.clone(), planned.file.clone());
        self.ledger
            .apart(move |ledger| {
                let Some(companies) = Companies::open(&mirror)? else { return Ok((Vec::new(), None)) };
                let newest = companies.newest()?;
                let seen = ledger.mark(SEEN)?.and_then(|at| at.parse::<i64>().ok());
                let mut ids = match seen {
                    None => companies.all()?,
                    Some(seen) => companies.changed_since(seen)?,
                };
                if let Some(seen) = seen {
                    let mut contacts = companies.contacts_since(seen)?;
                    for entry in file.entries()? {
                        let entry = entry?;
                        if matches!(entry.act, Act::Contact(_)) && !entry.id.is_empty() {
                            contacts.insert(entry.id);
                        }
                    }
                    for contact in contacts {
                        ids.extend(companies.of_contact(&contact)?);
                        // Those that it has left.
                        if let Some(id) = ledger.link(&contact)?.and_then(|link| link.brevo_id) {
                            ids.extend(ledger.companies_with(id)?);
                        }
                    }
                }
                Ok((due(ledger, &companies, ids)?, newest))
            })
            .await
    }

    /// Sends one import and reads back what it did; `false` where something is left for the next pass.
    async fn import_due(
        &self,
        due: &[Due],
        file: String,
        names: &Names,
        run: &Run,
        applied: &mut Applied,
        warnings: &mut Vec<String>,
    ) -> Result<bool> {
        let claims: Vec<Company> = due.iter().map(claim).collect();
        let begun = json!({"at": run.clock, "process": null}).to_string();
        self.ledger
            .apart(move |ledger| {
                ledger.write(|write| {
                    claims.iter().try_for_each(|company| write.put_company(company))?;
                    write.set_mark(IMPORT, &begun)
                })
            })
            .await?;
        self.trip.step("before companies are imported")?;
        let flags = json!({
            "link_entities": true,
            "unlink_entities": false,
            "update_existing_records": true,
            // Every column is Tajo's own: emptied in Intercom is emptied here.
            "unset_empty_attributes": true,
        });
        let process = match self.brevo.import_companies(Bytes::from(file), flags).await {
            Err(error) if error.noted("outcome").is_some() => {
                warnings.push("companies: the answer to the import was lost; the next pass looks for what it did".into());
                return Ok(false);
            }
            Err(error) => {
                self.set_companies_mark(IMPORT, "").await?;
                return Err(error);
            }
            Ok(process) => process,
        };
        self.trip.step("after companies were imported")?;
        self.set_companies_mark(IMPORT, &json!({"at": run.clock, "process": process}).to_string()).await?;
        applied.imports += 1;
        let Some(status) = self.import_ends(process, run).await? else {
            warnings.push("companies: the import has not ended yet; the next pass goes on".into());
            return Ok(false);
        };
        let shown = self.companies_since(run.clock, names).await?;
        let owed = self.confirm_companies(due, shown, names, applied).await?;
        self.set_companies_mark(IMPORT, "").await?;
        if !owed.is_empty() {
            let how = if status == ProcessStatus::Completed { "did not do everything" } else { "failed" };
            let some = owed[..owed.len().min(OWED_SHOWN)].join(", ");
            let number = owed.len();
            warnings.push(format!("companies: the import {how}; {number} go again with the next pass (in Intercom: {some})"));
        }
        Ok(owed.is_empty())
    }

    /// Notes what Brevo shows as it was written; takes contacts off that are not of the company any more. Returns the
    /// companies with which something is left to do.
    async fn confirm_companies(
        &self,
        due: &[Due],
        mut shown: HashMap<String, Shown>,
        names: &Names,
        applied: &mut Applied,
    ) -> Result<Vec<String>> {
        let (mut plain, mut leaving, mut owed) = (Vec::new(), Vec::new(), Vec::new());
        for one in due {
            let Some(company) = shown.remove(&one.company.id) else {
                owed.push(one.company.id.clone());
                continue;
            };
            let arrived = company.attributes.get(&names.all[STATE]).and_then(Value::as_str) == Some(one.hash.as_str());
            let row = Company { brevo_id: Some(company.id.clone()), hash: String::new(), ..claim(one) };
            let id = one.company.id.clone();
            let before = self.ledger.apart(move |ledger| ledger.company_contacts(&id)).await?;
            let left: Vec<i64> =
                before.into_iter().filter(|id| company.linked_contacts.contains(id) && !one.contacts.contains(id)).collect();
            applied.companies += u64::from(arrived);
            owed.extend((!arrived).then(|| one.company.id.clone()));
            match (arrived, left.is_empty()) {
                (true, true) => plain.push((Company { hash: one.hash.clone(), ..row }, Some(one.contacts.clone()))),
                (true, false) => {
                    plain.push((row.clone(), None));
                    leaving.push((Company { hash: one.hash.clone(), ..row }, left, one.contacts.clone()));
                }
                (false, _) => plain.push((row, None)),
            }
        }
        self.put_companies(plain).await?;
        owed.extend(leaving.iter().skip(UNLINKS_MAX).map(|(company, ..)| company.intercom_id.clone()));
        for (company, left, contacts) in leaving.into_iter().take(UNLINKS_MAX) {
            self.trip.step("before contacts leave a company")?;
            self.brevo.link_company(company.brevo_id.as_deref().unwrap_or_default(), &[], &left).await?;
            self.put_companies(vec![(company, Some(contacts))]).await?;
        }
        Ok(owed)
    }

    async fn put_companies(&self, rows: Vec<(Company, Option<Vec<i64>>)>) -> Result<()> {
        self.ledger
            .apart(move |ledger| {
                ledger.write(|write| {
                    rows.iter().try_for_each(|(company, contacts)| {
                        write.put_company(company)?;
                        match contacts {
                            Some(contacts) => write.set_company_contacts(&company.intercom_id, contacts),
                            None => Ok(()),
                        }
                    })
                })
            })
            .await
    }

    /// Waits for an import; `None` where it takes longer than a pass should.
    async fn import_ends(&self, process: u64, run: &Run) -> Result<Option<ProcessStatus>> {
        let mut wait = WAIT_FIRST;
        for _ in 0..LOOKS_MAX {
            if is_stopped(run) {
                break;
            }
            sleep(wait).await;
            wait = (wait * 2).min(WAIT_MAX);
            let processes = self.brevo.processes(PROCESSES, 0).await?;
            if let Some(one) = processes.into_iter().find(|one| one.id == process).filter(|one| has_ended(&one.status)) {
                return Ok(Some(one.status));
            }
        }
        Ok(None)
    }

    /// Whether nothing that an earlier pass sent is still under way: what is, would be created a second time.
    async fn earlier_import_ended(&self, run: &Run) -> Result<bool> {
        let open = self.ledger.apart(|ledger| ledger.mark(IMPORT)).await?.filter(|text| !text.is_empty());
        let Some(open) = open.and_then(|text| serde_json::from_str::<Value>(&text).ok()) else { return Ok(true) };
        let processes = self.brevo.processes(PROCESSES, 0).await?;
        let under_way = match open["process"].as_u64() {
            Some(id) => processes.iter().any(|one| one.id == id && !has_ended(&one.status)),
            // Its number was lost with the answer, so any may be it.
            None => processes.iter().any(|one| !has_ended(&one.status)),
        };
        let given_up = run.clock - open["at"].as_i64().unwrap_or(0) > LOST_SECS;
        if under_way && !given_up {
            return Ok(false);
        }
        self.set_companies_mark(IMPORT, "").await?;
        Ok(true)
    }

    /// Sets a mark where it says something else.
    async fn set_companies_mark(&self, name: &'static str, text: &str) -> Result<()> {
        let text = text.to_string();
        self.ledger
            .apart(move |ledger| match ledger.mark(name)?.unwrap_or_default() == text {
                true => Ok(()),
                false => ledger.write(|write| write.set_mark(name, &text)),
            })
            .await
    }
}

/// Whether the user or the system asked the program to end.
fn is_stopped(run: &Run) -> bool {
    run.stop.load(Ordering::Relaxed)
}

fn has_ended(status: &ProcessStatus) -> bool {
    matches!(status, ProcessStatus::Completed | ProcessStatus::Failed | ProcessStatus::Cancelled)
}

/// The row of a company whose write is under way.
fn claim(due: &Due) -> Company {
    Company { intercom_id: due.company.id.clone(), brevo_id: due.brevo_id.clone(), hash: String::new() }
}

fn due(ledger: &Ledger, companies: &Companies, ids: BTreeSet<String>) -> Result<Vec<Due>> {
    let mut due = Vec::new();
    for id in ids {
        let Some(company) = companies.one(&id)? else { continue };
        let mut contacts = Vec::with_capacity(company.contacts.len());
        for contact in &company.contacts {
            let link = ledger.link(contact)?.filter(|link| link.state == LinkState::Live);
            contacts.extend(link.and_then(|link| link.brevo_id));
        }
        contacts.sort_unstable();
        let (hash, known) = (hash(&company, &contacts), ledger.company(&id)?);
        if known.as_ref().is_some_and(|known| known.hash == hash) {
            continue;
        }
        let tried = known.is_some();
        due.push(Due { company, contacts, hash, brevo_id: known.and_then(|known| known.brevo_id), tried });
    }
    Ok(due)
}
