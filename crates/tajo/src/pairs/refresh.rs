//! Brings the mirror of Brevo up to date: what changed since the last look, or everything.

use std::time::Duration;

use tajo_brevo::{Contact, ContactPage, Walk, Who};
use tajo_core::{Result, codes};
use tajo_state::{Ledger, Link};
use tokio::time::sleep;

use super::Pair;
use super::links::Notes;
use super::right::{body, row};

/// Mark: Brevo's clock when the last complete walk began.
pub const SEEN: &str = "brevo_seen";
/// Mark: number of the last full scan.
pub(in crate::pairs) const SCAN: &str = "brevo_scan";
/// Changes may show up in lists this much later than they were made, seconds; the next walk begins so much earlier.
const LAG_SECS: i64 = 300;
/// Hours waited for one page where the calls of the hour are used up: one is enough, unless somebody else uses them too.
const WAITS_MAX: u32 = 3;
const WAIT: Duration = Duration::from_secs(60);
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
        if since.is_none() {
            // A scan that breaks off has its number used up: who vanishes before the next one was met by this one alone.
            self.ledger.apart(move |ledger| ledger.write(|write| write.set_mark(SCAN, &scan.to_string()))).await?;
        }
        let mut walked = self.walk(since.map(|at| at - LAG_SECS), scan).await?;
        walked.full = since.is_none();
        if walked.full {
            let unseen = self.ledger.apart(move |ledger| ledger.brevo_unseen(scan)).await?;
            for id in unseen {
                match self.brevo.contact(&Who::Id(id)).await? {
                    Some(contact) => self.store(vec![contact], scan, false).await?,
                    None => {
                        walked.gone += 1;
                        self.ledger.apart(move |ledger| forget(ledger, id)).await?;
                    }
                }
            }
        }
        Ok(walked)
    }

    /// Whether Brevo has fewer contacts than its mirror, or does not say: lists show who changed, and never who was deleted.
    /// One call.
    pub async fn lacks_some(&self) -> Result<bool> {
        let there = self.brevo.contacts(&ContactPage { limit: 1, ..ContactPage::default() }).await?.count;
        let held = self.ledger.apart(|ledger| ledger.count_brevo()).await?;
        Ok(there.is_none_or(|there| there < held))
    }

    /// Walks over the contacts changed since a moment (unix seconds), or over all; then moves the mark.
    async fn walk(&self, since: Option<i64>, scan: i64) -> Result<Walked> {
        let mut walk = self.brevo.walk(since.map(crate::warehouse::moment));
        let mut walked = Walked::default();
        while let Some(page) = next(&mut walk, walked.read > 0).await? {
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
            .apart(move |ledger| match &stored {
                Some(row) => ledger.write(|write| write.put_brevo(row, scan)),
                None => forget(ledger, id),
            })
            .await?;
        Ok(fresh.zip(contact.map(|contact| contact.opt_outs)))
    }

    /// Number of the last full scan.
    pub async fn scan(&self) -> Result<i64> {
        self.ledger.apart(|ledger| Ok(ledger.mark(SCAN)?.and_then(|n| n.parse().ok()).unwrap_or(0))).await
    }
}

/// The next page. Where the hour's calls are used up in the middle it is waited for: a walk that began anew each time would
/// spend them on the same pages, and never end. Whether lists of contacts are in the hourly bucket Brevo does not say.
async fn next(walk: &mut Walk, begun: bool) -> Result<Option<Vec<Contact>>> {
    let mut waits = 0;
    loop {
        match walk.next().await {
            Err(error) if begun && waits < WAITS_MAX && error.code() == &codes::BRV_THROTTLED => {
                let wait = error.asked_wait().unwrap_or(WAIT);
                tracing::warn!(
                    secs = wait.as_secs(),
                    "Brevo's calls of this hour are used up; reading its contacts goes on after that"
                );
                waits += 1;
                sleep(wait).await;
            }
            page => return page,
        }
    }
}

/// Brevo does not have the contact any more. That it had opted out is kept at its link, in case it is ever created again.
fn forget(ledger: &Ledger, id: i64) -> Result<()> {
    let out = ledger.brevo(id)?.is_some_and(|row| body(&row)["emailBlacklisted"] == true);
    let link = if out { ledger.link_of_brevo(id)? } else { None };
    let link = link.map(|link| Link { detail: Notes { opted_out: true, ..Notes::of(&link) }.text(), ..link });
    ledger.write(|write| {
        link.iter().try_for_each(|link| write.put_link(link))?;
        write.drop_brevo(id)
    })
}
