//! The folder of plans: what nobody will apply any more goes. Plans name people, so they are not kept without a reason.

use tajo_core::Result;
use tajo_state::Ledger;

use super::Pair;

/// Plans that still wait to be applied, and as many that were; older files are removed.
const KEPT: usize = 10;
/// Plans that the ledger remembers: one that was applied is not applied again.
const REMEMBERED: usize = 1000;

/// Removes the files of all but the newest plans. One that cannot be removed stays for the next time.
pub async fn tidy(pair: &Pair) -> Result<()> {
    pair.ledger.apart(sweep).await
}

fn sweep(ledger: &Ledger) -> Result<()> {
    let (mut waiting, mut done) = (0, 0);
    let plans = ledger.plans()?;
    for plan in &plans {
        let seen = if matches!(plan.state.as_str(), "open" | "applying") { &mut waiting } else { &mut done };
        *seen += 1;
        if *seen > KEPT {
            // Gone already, most of them.
            let _ = std::fs::remove_file(&plan.path);
        }
    }
    if plans.len() <= REMEMBERED {
        return Ok(());
    }
    ledger.write(|write| plans[REMEMBERED..].iter().try_for_each(|plan| write.forget_plan(&plan.plan_id)))
}
