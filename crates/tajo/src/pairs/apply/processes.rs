//! Waiting for Brevo's imports: all of them with one call each time, and no more often than the hourly bucket allows.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tajo_brevo::{Process, ProcessStatus};
use tajo_core::{Result, codes};
use tokio::time::sleep;

use super::super::Pair;
use super::Run;

/// First wait for each import under way: Brevo works through them in turn. It doubles up to [`WAIT_MAX`]. A look costs one of
/// a hundred calls an hour, so none is spent on impatience.
const WAIT_FIRST: Duration = Duration::from_secs(5);
/// 100 calls an hour are one in 36 seconds.
const WAIT_MAX: Duration = Duration::from_secs(36);
/// Processes asked for at once.
const PAGE: u32 = 50;
/// Pages looked through for our processes.
const PAGES_MAX: u32 = 20;

fn first_wait(imports: usize) -> Duration {
    WAIT_FIRST.saturating_mul(u32::try_from(imports).unwrap_or(u32::MAX)).min(WAIT_MAX)
}

impl Pair {
    /// Waits until the imports of these chunks have ended, or show no progress for too long. Gives back the identifiers
    /// that Brevo refused, and why.
    ///
    /// An import that fails or hangs is no reason to send it again: what it did is read back, and what it did not do is
    /// planned anew by the next run.
    pub(in crate::pairs) async fn await_imports(&self, chunks: &[String], run: &Run) -> Result<HashMap<String, String>> {
        let wanted: HashSet<u64> = self
            .ledger
            .apart(|ledger| ledger.open_imports())
            .await?
            .into_iter()
            .filter(|import| chunks.contains(&import.chunk))
            .filter_map(|import| import.process_id.and_then(|id| u64::try_from(id).ok()))
            .collect();
        let mut ended: HashMap<u64, Process> = HashMap::new();
        let (mut wait, mut idle) = (first_wait(wanted.len()), Duration::ZERO);
        while ended.len() < wanted.len() {
            run.go_on()?;
            sleep(wait).await;
            idle += wait;
            wait = (wait * 2).min(WAIT_MAX);
            let before = ended.len();
            match self.look_at_processes(&wanted, &mut ended).await {
                Err(error) if error.code() == &codes::BRV_THROTTLED => {
                    wait = error.asked_wait().unwrap_or(WAIT_MAX).max(WAIT_MAX);
                }
                other => other?,
            }
            if ended.len() > before {
                (idle, wait) = (Duration::ZERO, first_wait(wanted.len() - ended.len()));
            }
            if idle.as_secs() > self.bounds.import_secs {
                break;
            }
        }
        Ok(self.refusals(ended.into_values()).await)
    }

    async fn look_at_processes(&self, wanted: &HashSet<u64>, ended: &mut HashMap<u64, Process>) -> Result<()> {
        let mut seen = HashSet::new();
        for page in 0..PAGES_MAX {
            let list = self.brevo.processes(PAGE, page * PAGE).await?;
            let last = list.len() < PAGE as usize;
            for process in list.into_iter().filter(|process| wanted.contains(&process.id)) {
                seen.insert(process.id);
                if !matches!(process.status, ProcessStatus::Queued | ProcessStatus::Running | ProcessStatus::Other(_)) {
                    ended.insert(process.id, process);
                }
            }
            // What an account did in its life comes after them, and each page of it would cost a call.
            if last || wanted.iter().all(|id| seen.contains(id) || ended.contains_key(id)) {
                break;
            }
        }
        Ok(())
    }

    /// What the imports refused, by identifier. A file that cannot be read is no reason to stop, now or in every later run:
    /// rows of which nothing shows are told and planned again in any case.
    async fn refusals(&self, processes: impl Iterator<Item = Process>) -> HashMap<String, String> {
        let mut refused = HashMap::new();
        for process in processes {
            for (kind, file) in self.brevo.failures(&process).await {
                let identifiers = file.unwrap_or_else(|error| {
                    tracing::warn!(process = process.id, ?kind, code = error.code().id, "a file of refused rows cannot be read");
                    Vec::new()
                });
                for identifier in identifiers {
                    let plain = identifier.trim().trim_start_matches('+').to_lowercase();
                    refused.insert(plain, format!("{kind:?}").to_lowercase());
                }
            }
        }
        refused
    }
}
