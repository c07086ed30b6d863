//! Erases a person from both platforms and from this machine, makes sure that they are gone, and keeps a receipt without
//! their name.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tajo_brevo::Who;
use tajo_core::{Error, Result, codes};
use tajo_dest::sqlite::{Forget, Param, Reader, forget};
use tajo_intercom::{Found, resources};
use tajo_state::{Erase, Ledger};

use super::known::{Known, Reach};
use super::now;
use super::receipt::{FORMAT, Gone, Receipt};

/// How often a deleted contact is looked for before it counts as still there.
const REREADS_MAX: u32 = 5;
/// Wait before the second look; it doubles.
const REREAD_WAIT: Duration = Duration::from_millis(500);
/// Where messages name their writer: table, id, name, address.
const AUTHORS: [(&str, [&str; 3]); 2] = [
    ("conversations", ["source_author_id", "source_author_name", "source_author_email"]),
    ("conversation_parts", ["author_id", "author_name", "author_email"]),
];

/// What is there of a person.
#[derive(Debug, Clone, Default, Serialize, PartialEq, Eq)]
pub struct Traces {
    /// Contacts in Intercom, by id; those that are gone already but known here are among them.
    pub intercom: Vec<String>,
    /// Contacts in Brevo, by id.
    pub brevo: Vec<i64>,
    /// Links in the ledger.
    pub links: u64,
    /// Rows in the mirror, by table.
    pub mirror: BTreeMap<String, u64>,
    /// Saved plans that name the person.
    pub plans: u64,
    /// Whether the person was erased before.
    pub erased_before: bool,
    /// Addresses of the person: the one asked for, and those of linked contacts.
    #[serde(skip)]
    emails: Vec<String>,
}

impl Traces {
    /// Whether there is nothing to erase.
    pub fn is_empty(&self) -> bool {
        self.intercom.is_empty() && self.brevo.is_empty() && self.mirror.values().all(|n| *n == 0) && self.plans == 0
    }
}

impl Reach {
    /// Looks for everything there is of a person. Changes nothing.
    pub async fn traces(&self, email: &str, plans: &Path) -> Result<Traces> {
        let mut traces = Traces { intercom: self.lefts(email).await?, emails: vec![email.to_lowercase()], ..Traces::default() };
        let ids = traces.intercom.clone();
        let linked = self.known.ledger.apart(move |ledger| linked(ledger, &ids)).await?;
        traces.links = linked.len() as u64;
        let mut asked: Vec<Who> = linked.into_iter().map(Who::Id).collect();
        asked.extend(traces.intercom.iter().map(|id| Who::ExtId(id.clone())));
        asked.push(Who::Email(email.to_lowercase()));
        for who in asked {
            let Some(contact) = self.brevo.contact(&who).await? else { continue };
            traces.emails.extend(contact.email.map(|email| email.to_lowercase()));
            traces.brevo.push(contact.id);
        }
        traces.brevo.sort_unstable();
        traces.brevo.dedup();
        traces.emails.sort();
        traces.emails.dedup();
        let (known, folder, email) = (self.known.clone(), plans.to_path_buf(), email.to_string());
        self.known
            .ledger
            .apart(move |ledger| {
                traces.erased_before = ledger.is_erased(&email)?;
                traces.mirror = in_mirror(&known, &traces)?;
                traces.plans = naming(&folder, &traces)?.len() as u64;
                Ok(traces)
            })
            .await
    }

    /// Erases what was found. One part that fails keeps no other from being done; the receipt says so, and running it
    /// again does the rest.
    pub async fn erase(&self, email: &str, traces: &Traces, plans: &Path, by: &str) -> Result<Receipt> {
        let mut receipt =
            Receipt { format_version: FORMAT, person: self.known.ledger.fingerprint(email), by: by.into(), ..Receipt::default() };
        receipt.brevo.contacts = traces.brevo.len() as u64;
        receipt.intercom.contacts = traces.intercom.len() as u64;
        for id in &traces.brevo {
            self.trip.step("before an erasure in Brevo")?;
            let done = self.erase_in_brevo(*id, &mut receipt.brevo).await;
            note(done, &mut receipt);
        }
        for id in &traces.intercom {
            self.trip.step("before an erasure in Intercom")?;
            let mut remaining = Vec::new();
            let done = self.erase_in_intercom(id, traces, &mut receipt.intercom, &mut remaining).await;
            receipt.remaining.extend(remaining);
            note(done, &mut receipt);
        }
        let proven = receipt.brevo.proven == receipt.brevo.contacts && receipt.intercom.proven == receipt.intercom.contacts;
        if proven {
            self.erase_locally(traces, plans, &mut receipt).await?;
        } else {
            // What links the person's contacts is needed to find them again.
            receipt.remaining.push("what this machine knows of them stays until both platforms are done".into());
        }
        // Whoever wrote meanwhile is seen here.
        let again = self.brevo.contact(&Who::Email(email.to_lowercase())).await;
        match again {
            Ok(None) => {}
            Ok(Some(_)) => {
                receipt.remaining.push("Brevo has a contact with that address again: somebody added it meanwhile".into())
            }
            Err(error) => receipt.errors.push(error.to_json()),
        }
        receipt.complete = proven && receipt.errors.is_empty();
        receipt.erased_at = now();
        Ok(receipt)
    }

    async fn erase_locally(&self, traces: &Traces, plans: &Path, receipt: &mut Receipt) -> Result<()> {
        let (known, folder, theirs) = (self.known.clone(), plans.to_path_buf(), traces.clone());
        let here = self.known.ledger.apart(move |ledger| Ok(erase_here(&known, ledger, &folder, &theirs))).await?;
        receipt.ledger_rows = here.ledger_rows;
        receipt.mirror_rows = here.mirror_rows;
        receipt.plans_removed = here.plans_removed;
        receipt.remaining.extend(here.remaining);
        receipt.errors.extend(here.errors);
        Ok(())
    }

    async fn erase_in_brevo(&self, id: i64, gone: &mut Gone) -> Result<()> {
        match self.brevo.delete_contact(&Who::Id(id)).await? {
            true => gone.deleted += 1,
            false => gone.gone_before += 1,
        }
        for n in 0..REREADS_MAX {
            wait(n).await;
            if self.brevo.contact(&Who::Id(id)).await?.is_none() {
                gone.proven += 1;
                return Ok(());
            }
        }
        Err(still_there("Brevo"))
    }

    async fn erase_in_intercom(&self, id: &str, traces: &Traces, gone: &mut Gone, remaining: &mut Vec<String>) -> Result<()> {
        if let Found::Merged { into } = self.intercom.contact(id).await?
            && into.is_none_or(|into| !traces.intercom.contains(&into))
        {
            remaining.push(
                "a contact of theirs was merged into another in Intercom, which has another address and was not erased".into(),
            );
        }
        match self.intercom.delete_contact(id).await? {
            true => gone.deleted += 1,
            false => gone.gone_before += 1,
        }
        for n in 0..REREADS_MAX {
            wait(n).await;
            if !matches!(self.intercom.contact(id).await?, Found::Here(_)) {
                gone.proven += 1;
                return Ok(());
            }
        }
        Err(still_there("Intercom"))
    }
}

async fn wait(n: u32) {
    if n > 0 {
        tokio::time::sleep(REREAD_WAIT * 2u32.pow(n - 1)).await;
    }
}

fn still_there(platform: &str) -> Error {
    Error::new(&codes::PARTIAL, format!("{platform} still shows a contact that it said it deleted"))
        .help("Run the same command again in a few minutes.")
}

fn note(done: Result<()>, receipt: &mut Receipt) {
    if let Err(error) = done {
        receipt.errors.push(error.to_json());
    }
}

fn linked(ledger: &Ledger, ids: &[String]) -> Result<Vec<i64>> {
    let mut out = Vec::new();
    for id in ids {
        out.extend(ledger.link(id)?.and_then(|link| link.brevo_id));
    }
    Ok(out)
}

/// Tables of links with the column that names the contact.
fn link_tables() -> impl Iterator<Item = &'static str> {
    let links = resources::RESOURCES.iter().flat_map(|spec| spec.links);
    links.filter(|link| link.columns.contains(&"contact_id")).map(|link| link.table)
}

/// Rows of the mirror that are theirs, by table; writers' names and addresses on messages by theirs.
fn in_mirror(known: &Known, traces: &Traces) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    if !known.mirror.is_file() {
        return Ok(found);
    }
    let reader = Reader::open(&known.mirror)?;
    let mut count = |table: &str, column: &str, keys: &[String]| -> Result<()> {
        if !reader.columns(table)?.iter().any(|name| name == column) {
            return Ok(());
        }
        let sql = format!("SELECT count(*) FROM {table} WHERE lower({column}) = lower(?1)");
        for key in keys {
            reader.each(&sql, &[Param::Text(key)], &mut |row| {
                *found.entry(table.to_string()).or_default() += row.integer(0).unwrap_or(0).unsigned_abs();
                Ok(())
            })?;
        }
        Ok(())
    };
    count("contacts", "id", &traces.intercom)?;
    for table in link_tables() {
        count(table, "contact_id", &traces.intercom)?;
    }
    for (table, [id, ..]) in AUTHORS {
        count(table, id, &traces.intercom)?;
    }
    match tickets(known, traces)?.len() as u64 {
        0 => {}
        n => drop(found.insert("tickets".to_string(), n)),
    }
    Ok(found)
}

/// Saved plans that name the person.
fn naming(folder: &Path, traces: &Traces) -> Result<Vec<PathBuf>> {
    let unreadable = |e: std::io::Error| Error::new(&codes::DST_OPEN, "A saved plan cannot be read").because(e);
    let Ok(files) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let names: Vec<String> = traces.emails.iter().chain(&traces.intercom).map(|name| name.to_lowercase()).collect();
    let mut found = Vec::new();
    for file in files {
        let path = file.map_err(unreadable)?.path();
        if path.extension().is_none_or(|ending| ending != "tajo") {
            continue;
        }
        for line in BufReader::new(std::fs::File::open(&path).map_err(unreadable)?).lines() {
            let line = line.map_err(unreadable)?.to_lowercase();
            if names.iter().any(|name| line.contains(name)) {
                found.push(path);
                break;
            }
        }
    }
    Ok(found)
}

/// Everything on this machine. The ledger comes last: until then, running it again finds what there is to find.
fn erase_here(known: &Known, ledger: &Ledger, folder: &Path, traces: &Traces) -> Receipt {
    let mut receipt = Receipt::default();
    let plans = remove_plans(ledger, folder, traces);
    match plans {
        Ok(removed) => receipt.plans_removed = removed,
        Err(error) => receipt.errors.push(error.to_json()),
    }
    if let Err(error) = erase_in_mirror(known, traces, &mut receipt) {
        receipt.errors.push(error.to_json());
    }
    let who = Erase { intercom_ids: traces.intercom.clone(), brevo_ids: traces.brevo.clone(), identities: traces.emails.clone() };
    match ledger.write(|write| write.erase(&who)) {
        Ok(rows) => receipt.ledger_rows = rows,
        Err(error) => receipt.errors.push(error.to_json()),
    }
    if let Err(error) = ledger.scrub() {
        receipt.errors.push(error.to_json());
    }
    receipt
}

fn remove_plans(ledger: &Ledger, folder: &Path, traces: &Traces) -> Result<u64> {
    let mut removed = 0;
    for path in naming(folder, traces)? {
        std::fs::remove_file(&path).map_err(|e| Error::new(&codes::DST_OPEN, "A saved plan cannot be removed").because(e))?;
        removed += 1;
        let id = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(plan) = ledger.plan(&id)?.filter(|plan| plan.state == "open") {
            ledger.write(|write| write.put_plan(&tajo_state::Plan { state: "refused".into(), ..plan.clone() }))?;
        }
    }
    Ok(removed)
}

fn erase_in_mirror(known: &Known, traces: &Traces, receipt: &mut Receipt) -> Result<()> {
    if !known.mirror.is_file() {
        return Ok(());
    }
    let (talked, tickets) = (talked(known, traces)?, tickets(known, traces)?);
    let ids = &traces.intercom;
    let mut what = vec![Forget { table: "contacts", column: "id", keys: ids, blank: &[] }];
    what.extend(link_tables().map(|table| Forget { table, column: "contact_id", keys: ids, blank: &[] }));
    for (table, columns) in &AUTHORS {
        // A writer may be known by either; whoever has the address goes first, before it is emptied.
        what.push(Forget { table, column: columns[2], keys: &traces.emails, blank: columns });
        what.push(Forget { table, column: columns[0], keys: ids, blank: columns });
    }
    // The parts of a ticket name their writers in the midst of JSON.
    what.push(Forget { table: "tickets", column: "id", keys: &tickets, blank: &["ticket_parts"] });
    let done = forget(&known.mirror, &what)?;
    for (step, rows) in what.iter().zip(&done.rows).filter(|(_, rows)| **rows > 0) {
        *receipt.mirror_rows.entry(step.table.to_string()).or_default() += rows;
    }
    if !done.rewritten {
        receipt
            .remaining
            .push("the destination could not be written anew: gaps of the file may hold old copies until it is".into());
    }
    if talked > 0 {
        receipt
            .remaining
            .push(format!("the text of {talked} conversations that they took part in stays in the destination and in Intercom"));
    }
    if !tickets.is_empty() {
        let n = tickets.len();
        receipt.remaining.push(format!("the form of {n} tickets about them stays in the destination; Intercom keeps all of it"));
    }
    Ok(())
}

/// Tickets about them, and those in whose parts they wrote.
fn tickets(known: &Known, traces: &Traces) -> Result<Vec<String>> {
    let reader = Reader::open(&known.mirror)?;
    if reader.columns("tickets")?.is_empty() || reader.columns("ticket_contacts")?.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT ticket_id FROM ticket_contacts WHERE contact_id = ?1 \
        UNION SELECT id FROM tickets WHERE instr(ticket_parts, '\"' || ?1 || '\"') > 0";
    let mut found = Vec::new();
    for id in &traces.intercom {
        reader.each(sql, &[Param::Text(id)], &mut |row| {
            found.extend(row.text(0).map(str::to_owned));
            Ok(())
        })?;
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn talked(known: &Known, traces: &Traces) -> Result<u64> {
    let reader = Reader::open(&known.mirror)?;
    let mut conversations = 0;
    if reader.columns("conversation_contacts")?.is_empty() {
        return Ok(0);
    }
    for id in &traces.intercom {
        let sql = "SELECT DISTINCT conversation_id FROM conversation_contacts WHERE contact_id = ?1";
        conversations += reader.each(sql, &[Param::Text(id)], &mut |_| Ok(()))?;
    }
    Ok(conversations)
}
