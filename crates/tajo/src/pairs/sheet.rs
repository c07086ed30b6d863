//! A plan that is no plan of a sync: repairs, and writes taken back. The same file; `tajo apply` carries it out.

use serde_json::json;
use tajo_core::{Error, Result, codes};
use tajo_state::Plan;

use super::counts::Counts;
use super::entry::{Act, Draft, Entry, FORMAT, Heading};
use super::plan::{MAPPING, Planned};
use super::{Pair, now};

/// A plan under way.
pub struct Sheet {
    draft: Draft,
    counts: Counts,
}

impl Sheet {
    /// Begins a plan with this purpose. `STA_FIRST` where the connection never finished a sync under this mapping: then
    /// a sync has to come first, and decides more.
    pub async fn begin(pair: &Pair, connection: &str, purpose: &str) -> Result<Sheet> {
        let hash = pair.mapping.hash();
        let known = pair.ledger.apart(|ledger| ledger.mark(MAPPING)).await?;
        if known.as_ref() != Some(&hash) {
            let what = match known {
                None => "Nothing was ever synced with Brevo over this connection",
                Some(_) => "The mapping or the direction changed since the last sync with Brevo",
            };
            return Err(Error::new(&codes::STA_FIRST, what).help("Run `tajo plan` and `tajo apply` first."));
        }
        let id =
            xxhash_rust::xxh3::xxh3_64(format!("{purpose} {} {hash} {}", jiff::Timestamp::now(), std::process::id()).as_bytes());
        let heading = Heading {
            format_version: FORMAT.into(),
            plan_id: format!("plan-{:06x}", id & 0xff_ffff),
            connection: connection.into(),
            created_at: now(),
            config_hash: hash,
            left_mark: None,
            purpose: Some(purpose.into()),
        };
        Ok(Sheet { draft: Draft::begin(&pair.plans, heading)?, counts: Counts::default() })
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: Entry) -> Result<()> {
        self.counts.add(&entry);
        self.draft.push(entry)
    }

    /// Adds a contact's entry where it does something; says whether it did.
    pub fn push_writing(&mut self, entry: Entry) -> Result<bool> {
        let does = match &entry.act {
            Act::Contact(step) => step.writes(),
            Act::Attribute { .. } | Act::Delete { .. } => true,
            Act::Skip(_) => false,
        };
        if does {
            self.push(entry)?;
        }
        Ok(does)
    }

    /// Ends the plan and notes it.
    pub async fn finish(self, pair: &Pair) -> Result<Planned> {
        let file = self.draft.finish(self.counts)?;
        let planned =
            Planned { file, stops: Vec::new(), first: false, planning_ms: 0, looked_at: Vec::new(), warnings: Vec::new() };
        let heading = &planned.file.heading;
        let row = Plan {
            plan_id: heading.plan_id.clone(),
            path: planned.file.path.display().to_string(),
            config_hash: heading.config_hash.clone(),
            created_at: heading.created_at.clone(),
            state: "open".into(),
            summary: json!(planned.summary(pair)).to_string(),
        };
        pair.ledger.apart(move |ledger| ledger.write(|write| write.put_plan(&row))).await?;
        Ok(planned)
    }
}
