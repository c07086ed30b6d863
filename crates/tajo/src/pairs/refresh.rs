//! Brings the mirror of Brevo up to date: what changed since the last look, or everything.

use tajo_brevo::{Contact, Who};
use tajo_core::{Result, codes};

use super::Pair;
use super::right::row;

/// Mark: Brevo's clock when the last complete walk began.
pub const SEEN: &str = "brevo_seen";
/// Mark: number of the last full scan.
pub(in crate::pairs) const SCAN: &str = "brevo_scan";
/// Changes may show up in lists this much later than they were made, seconds; the next walk begins so much earlier.
const LAG_SECS: i64 = 300;
/// Rows stored in one transaction.
const BATCH: usize = 1000;

/// What a walk found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Walked {
    /// Contacts read.
    pub read: u64,
    /// Contacts that a full scan did not meet any more.
    pub gone: u64,
    /// Whether everything was read.
    pub full: bool,
}

impl Pair {
    /// Reads what changed in Brevo since the last walk; everything where there was none, or where `full` says so.
    ///
    /// The mark moves only after the last page, to the server's time *before* the first: a walk that breaks off is
    /// repeated whole. A contact that a full scan does not meet is asked for by itself before it counts as gone.
    pub async fn refresh(&self, full: bool) -> Result<Walked> {
        let (seen, scan) = self.ledger.apart(|ledger| Ok((ledger.mark(SEEN)?, ledger.mark(SCAN)?))).await?;
        let since = seen.as_deref().filter(|_| !full).and_then(|at| at.parse::<i64>().ok());
        let scan = scan.and_then(|n| n.parse::<i64>().ok()).unwrap_or(0) + i64::from(since.is_none());
        let mut walked = self.walk(since.map(|at| at - LAG_SECS), scan).await?;
        walked.full = since.is_none();
        if walked.full {
            let unseen = self.ledger.apart(move |ledger| ledger.brevo_unseen(scan)).await?;
            for id in unseen {
                match self.brevo.contact(&Who::Id(id)).await? {
                    Some(contact) => self.store(vec![contact], scan, false).await?,
                    None => {
                        walked.gone += 1;
                        self.ledger.apart(move |ledger| ledger.write(|write| write.drop_brevo(id))).await?;
                    }
                }
            }
        }
        Ok(walked)
    }

    /// Walks over the contacts changed since a moment (unix seconds), or over all; then moves the mark.
    async fn walk(&self, since: Option<i64>, scan: i64) -> Result<Walked> {
        let mut walk = self.brevo.walk(since.map(crate::warehouse::moment));
        let mut walked = Walked::default();
        while let Some(page) = walk.next().await? {
            walked.read += page.len() as u64;
            self.store(page, scan, true).await?;
        }
        let began = walk.began();
        self.ledger
            .apart(move |ledger| {
                ledger.write(|write| {
                    if let Some(began) = began {
                        write.set_mark(SEEN, &began.to_string())?;
                    }
                    write.set_mark(SCAN, &scan.to_string())
                })
            })
            .await?;
        Ok(walked)
    }

    /// Stores contacts in the mirror; a row older than the one held is left out, because lists may lag behind.
    async fn store(&self, contacts: Vec<Contact>, scan: i64, by_list: bool) -> Result<()> {
        self.ledger
            .apart(move |ledger| {
                for batch in contacts.chunks(BATCH) {
                    let mut rows = Vec::with_capacity(batch.len());
                    for contact in batch {
                        let fresh = row(contact, false);
                        let held = ledger.brevo(fresh.id)?;
                        match held {
                            Some(mut held) if by_list && held.modified_at > fresh.modified_at => {
                                held.dirty = false;
                                rows.push(held);
                            }
                            _ => rows.push(fresh),
                        }
                    }
                    ledger.write(|write| rows.iter().try_for_each(|row| write.put_brevo(row, scan)))?;
                }
                Ok(())
            })
            .await
    }

    /// Reads one contact by id, stores it, and gives it back; `None` where Brevo does not have it, and then the mirror
    /// forgets it.
    pub async fn reread(&self, id: i64) -> Result<Option<tajo_state::BrevoRow>> {
        Ok(self.reread_whole(id).await?.map(|(row, _)| row))
    }

    /// The same, with the moments at which the contact opted out.
    pub async fn reread_whole(&self, id: i64) -> Result<Option<(tajo_state::BrevoRow, Vec<String>)>> {
        let contact = match self.brevo.contact(&Who::Id(id)).await {
            Err(error) if error.code() == &codes::BRV_MISSING => None,
            other => other?,
        };
        let fresh = contact.as_ref().map(|contact| row(contact, false));
        let stored = fresh.clone();
        let scan = self.scan().await?;
        self.ledger
            .apart(move |ledger| {
                ledger.write(|write| match &stored {
                    Some(row) => write.put_brevo(row, scan),
                    None => write.drop_brevo(id),
                })
            })
            .await?;
        Ok(fresh.zip(contact.map(|contact| contact.opt_outs)))
    }

    /// Number of the last full scan.
    pub async fn scan(&self) -> Result<i64> {
        self.ledger.apart(|ledger| Ok(ledger.mark(SCAN)?.and_then(|n| n.parse().ok()).unwrap_or(0))).await
    }
}
