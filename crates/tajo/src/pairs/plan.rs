//! Makes a plan: what to look at, what it needs, what the brakes say.

use std::collections::BTreeSet;

use serde::Serialize;
use tajo_brevo::{Attribute, AttributeKind, Brevo};
use tajo_core::Result;
use tajo_engine::pair::{Base, Stop};
use tajo_intercom::{DataAttribute, Found, Intercom};
use tajo_state::{BrevoRow, Ledger, LinkState, Plan};

use super::counts::Counts;
use super::draw::{Drawn, draw};
use super::entry::{Act, Entry, FORMAT, Heading, PlanFile};
use super::left::{Left, LeftReader};
use super::links::Notes;
use super::mapping::{Checked, LeftAttribute, Mapping, NewAttribute, RightAttribute};
use super::planner::Planner;
use super::{Pair, now};

/// Mark: newest write to the mirror that a finished pass has seen.
pub const LEFT: &str = "left_seen";
/// Mark: what the mapping meant in the last finished pass.
pub const MAPPING: &str = "mapping";
/// Rows of Brevo looked at in one go.
pub(in crate::pairs) const ROWS: usize = 1000;

/// What to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What changed on either side since the last pass.
    Changed,
    /// Every contact.
    All,
}

/// A plan, and what the brakes say of it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan.
    pub file: PlanFile,
    /// Brakes that hold.
    pub stops: Vec<Stop>,
    /// Whether nothing was ever written by this connection.
    pub first: bool,
    /// Processor time of deciding, all records together, milliseconds.
    pub planning_ms: u64,
    /// Rows of Brevo that were looked at because they had changed, with their fingerprints.
    pub looked_at: Vec<(i64, u64)>,
    /// What should be looked at in the mapping.
    pub warnings: Vec<String>,
}

/// What a plan is about, told to people and machines.
#[derive(Debug, Clone, Serialize)]
pub struct Summary<'a> {
    /// Names the plan.
    pub plan_id: &'a str,
    /// Where it lies.
    pub path: String,
    /// Its entries, counted.
    #[serde(flatten)]
    pub counts: &'a Counts,
    /// Processor time of deciding, milliseconds.
    pub planning_ms: u64,
    /// Calls to Brevo that applying takes, at least.
    pub brevo_calls: u64,
    /// Brakes that hold: `changed`, `blanked`, `deleted`, `empty`.
    pub brakes: Vec<String>,
    /// Whether nothing was ever written by this connection.
    pub first_run: bool,
}

impl Planned {
    /// In numbers.
    pub fn summary(&self, pair: &Pair) -> Summary<'_> {
        let counts = &self.file.counts;
        Summary {
            plan_id: &self.file.heading.plan_id,
            path: self.file.path.display().to_string(),
            counts,
            planning_ms: self.planning_ms,
            brevo_calls: calls(counts, pair),
            brakes: self.stops.iter().map(|stop| stop.brake.to_string()).collect(),
            first_run: self.first,
        }
    }
}

/// The least number of calls to Brevo: by import, imports and one reading back; else a look, a write and a look each.
fn calls(counts: &Counts, pair: &Pair) -> u64 {
    /// A contact in an import, bytes, as the example mapping makes it.
    const ROW_BYTES: u64 = 400;
    let writes = counts.create + counts.change;
    if writes >= pair.bounds.bulk_from {
        let imports = (writes * ROW_BYTES).div_ceil(pair.bounds.chunk_bytes as u64);
        return counts.attributes + 2 * imports + writes.div_ceil(ROWS as u64);
    }
    counts.attributes + 2 * counts.create + 3 * counts.change
}

impl Pair {
    /// Compares the mapping with both live schemas.
    pub async fn check(&self) -> Result<Checked> {
        let mut checked = check(&self.mapping, &self.brevo, &left_schema(&self.intercom).await?).await?;
        checked.findings.extend(self.unknown_tags().await?);
        Ok(checked)
    }

    /// Makes a plan. Both mirrors are taken as they are; nothing is written to either platform.
    pub async fn plan(&self, scope: Scope, connection: &str) -> Result<Planned> {
        let checked = self.check().await?;
        checked.refuse()?;
        let hash = self.mapping.hash();
        // Before the mirror is read: whatever is extracted later is stamped with this second or a later one.
        let clock = self.intercom.me().await?.date;
        let (known, links) = self.ledger.apart(|ledger| Ok((ledger.mark(MAPPING)?, ledger.count_links()?))).await?;
        let linked = links.live;
        let mapping_changed = known.as_ref().is_some_and(|known| *known != hash);
        let scope = if known.is_none() || mapping_changed { Scope::All } else { scope };
        let id = xxhash_rust::xxh3::xxh3_64(format!("{} {hash} {}", now(), std::process::id()).as_bytes());
        let heading = Heading {
            format_version: FORMAT.into(),
            plan_id: format!("plan-{:06x}", id & 0xff_ffff),
            connection: connection.into(),
            created_at: now(),
            config_hash: hash,
            left_mark: Some(clock),
            purpose: None,
        };
        let pair = self.clone();
        let attributes: Vec<Entry> = checked
            .missing
            .iter()
            .map(|new| {
                let act = Act::Attribute { name: new.name.clone(), kind: new.kind.clone(), needed_by: needed_by(new) };
                Entry { n: 0, id: String::new(), brevo: None, who: String::new(), act }
            })
            .collect();
        let drawn = self
            .ledger
            .apart(move |ledger| ledger.snapshot(|| draw(&pair, ledger, scope, heading, &attributes, mapping_changed)))
            .await?;
        let drawn = self.ask_about(drawn).await?;
        let mut tally = drawn.tally;
        (tally.linked, tally.listed) = (linked, drawn.listed);
        let planned = Planned {
            stops: self.brakes.check(&tally),
            first: known.is_none(),
            planning_ms: drawn.took.as_millis() as u64,
            looked_at: drawn.looked_at,
            warnings: checked.warnings(),
            file: drawn.draft.finish(drawn.counts)?,
        };
        let row = Plan {
            plan_id: planned.file.heading.plan_id.clone(),
            path: planned.file.path.display().to_string(),
            config_hash: planned.file.heading.config_hash.clone(),
            created_at: planned.file.heading.created_at.clone(),
            state: "open".into(),
            summary: serde_json::to_string(&planned.summary(self)).unwrap_or_default(),
        };
        self.ledger.apart(move |ledger| ledger.write(|write| write.put_plan(&row))).await?;
        Ok(planned)
    }

    /// A contact wants the link of another: whether that other one still exists is asked of Intercom, once each. Where it
    /// is gone (merged or deleted), its link passes on and the claimants are planned again.
    async fn ask_about(&self, mut drawn: Drawn) -> Result<Drawn> {
        let suspects = std::mem::take(&mut drawn.suspects);
        let (mut asked, mut gone_ones, mut again) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (claimant, holder) in suspects {
            if asked.len() >= self.bounds.suspects {
                break;
            }
            if asked.insert(holder.clone()) {
                let gone = match self.intercom.contact(&holder).await? {
                    Found::Here(_) => continue,
                    Found::Merged { into } => Notes { reason: into.or(Some("merged".into())), ..Notes::default() },
                    Found::Gone => Notes { reason: Some("gone".into()), ..Notes::default() },
                };
                gone_ones.insert(holder.clone());
                drawn.draft.void(&holder);
                let (to, holder) = (claimant.clone(), holder.clone());
                self.ledger.apart(move |ledger| pass_on(ledger, &holder, &to, &gone)).await?;
            }
            if gone_ones.contains(&holder) {
                again.insert(claimant);
            }
        }
        if again.is_empty() {
            return Ok(drawn);
        }
        let pair = self.clone();
        let ids: Vec<String> = again.into_iter().collect();
        self.ledger
            .apart(move |ledger| {
                let reader = LeftReader::open(&pair.mirror, &pair.mapping)?;
                let mut planner = Planner::new(&pair.mapping, ledger, &reader, pair.laws, false);
                reader.some(&ids, &mut |left: Left| {
                    let entry = planner.contact(&left)?;
                    drawn.take(entry)
                })?;
                Ok(drawn)
            })
            .await
    }
}

/// Compares a mapping with Brevo's schema as it is now, and with one of Intercom.
pub async fn check(mapping: &Mapping, brevo: &Brevo, left: &[LeftAttribute]) -> Result<Checked> {
    let right: Vec<RightAttribute> = brevo.attributes().await?.into_iter().map(right_attribute).collect();
    let lists: Vec<u64> = brevo.lists().await?.iter().map(|list| list.id).collect();
    Ok(mapping.check(&right, left, &lists))
}

/// Attributes of contacts and of companies that the workspace defined.
pub async fn left_schema(intercom: &Intercom) -> Result<Vec<LeftAttribute>> {
    let mut schema = Vec::new();
    for (model, of_company) in [("contact", false), ("company", true)] {
        let found = intercom.data_attributes(model).await?.into_iter().filter(|attribute| attribute.custom);
        schema.extend(found.map(|DataAttribute { name, data_type, archived, options, .. }| LeftAttribute {
            name,
            data_type,
            archived,
            options,
            of_company,
        }));
    }
    Ok(schema)
}

fn needed_by(new: &NewAttribute) -> String {
    if new.place.line == 0 {
        new.needed_by.clone()
    } else {
        format!("{} (line {}:{})", new.needed_by, new.place.line, new.place.column)
    }
}

fn right_attribute(attribute: Attribute) -> RightAttribute {
    let kind = attribute.kind.and_then(AttributeKind::word).map(str::to_string);
    RightAttribute { name: attribute.name, category: attribute.category, kind, options: attribute.options }
}

/// The link of a contact that is gone passes to the one that takes its place; the gone one keeps a note.
pub(in crate::pairs) fn pass_on(ledger: &Ledger, gone: &str, to: &str, notes: &Notes) -> Result<()> {
    let Some(link) = ledger.link(gone)? else {
        let link = tajo_state::Link {
            intercom_id: gone.into(),
            brevo_id: None,
            state: LinkState::Merged,
            detail: notes.text(),
            base: "{}".into(),
            dirty: false,
            waits_for: None,
        };
        return ledger.write(|write| write.put_link(&link));
    };
    let passes = link.brevo_id.is_some() && ledger.link(to)?.is_none_or(|heir| heir.brevo_id.is_none());
    ledger.write(|write| {
        if passes {
            // Another record: what it leaves empty was never anything else, and empties nothing in Brevo.
            write.put_link(&tajo_state::Link { base: Base::forget_left(&link.base), ..link.clone() })?;
            write.repoint(gone, to)?;
        }
        // Brevo's contact stays with the note where nobody takes it over, so that it is not taken for somebody unknown.
        let brevo_id = link.brevo_id.filter(|_| !passes);
        let state = LinkState::Merged;
        write.put_link(&tajo_state::Link { brevo_id, state, detail: notes.text(), dirty: false, waits_for: None, ..link.clone() })
    })
}

/// Fingerprint of a row: one that changes again after it was looked at is looked at again.
pub fn seen(row: &BrevoRow) -> u64 {
    xxhash_rust::xxh3::xxh3_64(row.body.as_bytes())
}
