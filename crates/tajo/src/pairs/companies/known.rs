//! Which company of Brevo is which: read from the attribute that holds the Intercom id.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use tajo_brevo::{Company as Shown, CompanyFilter};
use tajo_core::{Error, Result, codes};
use tajo_state::Company;

use super::super::Pair;
use super::super::apply::Applied;
use super::sheet::{COLUMNS, Due, ID, STATE};

/// Mark: that the companies which Brevo had before were looked through.
const LOOKED: &str = "companies_looked";
/// Lost answers looked up one by one; more are looked for in the whole list.
const LOOKUPS_MAX: usize = 5;

/// The attributes of Brevo's companies that are Tajo's own.
pub struct Names {
    /// Internal names, in the order of [`COLUMNS`].
    pub all: Vec<String>,
    /// Whether the one with the Intercom id was there before: then companies may have it.
    had_id: bool,
}

impl Names {
    /// A company's Intercom id and hash, where it is one of ours.
    pub fn ours<'c>(&self, shown: &'c Shown) -> Option<(&'c str, &'c str)> {
        let text = |at: usize| shown.attributes.get(&self.all[at]).and_then(Value::as_str);
        Some((text(ID).filter(|id| !id.is_empty())?, text(STATE).unwrap_or_default()))
    }
}

impl Pair {
    /// The names of the attributes; those that Brevo lacks are created.
    pub(super) async fn company_names(&self, applied: &mut Applied) -> Result<Names> {
        let held = self.brevo.company_attributes().await?;
        let find = |held: &[tajo_brevo::CrmAttribute], label: &str| {
            held.iter().find(|one| one.label.eq_ignore_ascii_case(label)).map(|one| (one.internal_name.clone(), one.kind.clone()))
        };
        let had_id = find(&held, COLUMNS[ID].0).is_some();
        let mut created = false;
        for (label, kind) in COLUMNS {
            match find(&held, label) {
                Some((_, other)) if !other.eq_ignore_ascii_case(kind) => {
                    let what = format!("The attribute `{label}` of Brevo's companies is of type `{other}`, not `{kind}`");
                    return Err(Error::new(&codes::BRV_ATTRIBUTE, what)
                        .help("Rename or delete it in Brevo (Companies > attributes); Tajo then makes its own."));
                }
                Some(_) => {}
                None => {
                    self.trip.step("before an attribute of companies is created")?;
                    self.brevo.create_company_attribute(label, kind).await?;
                    applied.attributes += 1;
                    created = true;
                }
            }
        }
        // The internal name is told by the list alone.
        let held = if created { self.brevo.company_attributes().await? } else { held };
        let name = |label: &str| {
            let drift = || Error::new(&codes::BRV_DRIFT, format!("Brevo does not show the attribute `{label}` that it created"));
            find(&held, label).map(|(name, _)| name).ok_or_else(drift)
        };
        Ok(Names { all: COLUMNS.iter().map(|(label, _)| name(label)).collect::<Result<_>>()?, had_id })
    }

    /// Looks up what would otherwise be created a second time: creations whose answer was lost, and, once, everything
    /// that an earlier installation may have written.
    pub(super) async fn adopt_companies(&self, due: &mut Vec<Due>, names: &Names) -> Result<()> {
        let looked = self.ledger.apart(|ledger| ledger.mark(LOOKED)).await?.is_some();
        let lost: Vec<String> =
            due.iter().filter(|one| one.tried && one.brevo_id.is_none()).map(|one| one.company.id.clone()).collect();
        let mut shown = Vec::new();
        if (!looked && names.had_id) || lost.len() > LOOKUPS_MAX {
            shown = self.brevo.companies_that(&CompanyFilter::default()).await?;
        } else {
            for id in lost {
                let attribute = Some((names.all[ID].clone(), id));
                shown.extend(self.brevo.companies_that(&CompanyFilter { attribute, ..CompanyFilter::default() }).await?);
            }
        }
        // The oldest of several, which nobody can tell apart.
        let mut found: HashMap<&str, (&str, &str)> = HashMap::new();
        for one in &shown {
            if let Some((id, state)) = names.ours(one) {
                found.entry(id).or_insert((&one.id, state));
            }
        }
        let mut adopted = Vec::new();
        for one in due.iter_mut().filter(|one| one.brevo_id.is_none()) {
            let Some((brevo_id, state)) = found.get(one.company.id.as_str()) else { continue };
            one.brevo_id = Some((*brevo_id).to_string());
            let hash = if *state == one.hash { one.hash.clone() } else { String::new() };
            let company = Company { intercom_id: one.company.id.clone(), brevo_id: one.brevo_id.clone(), hash };
            adopted.push((company, one.contacts.clone()));
        }
        let whole: HashSet<&str> =
            adopted.iter().filter(|(row, _)| !row.hash.is_empty()).map(|(row, _)| row.intercom_id.as_str()).collect();
        due.retain(|one| !whole.contains(one.company.id.as_str()));
        self.ledger
            .apart(move |ledger| {
                ledger.write(|write| {
                    write.set_mark(LOOKED, "yes")?;
                    adopted.iter().try_for_each(|(company, contacts)| {
                        write.put_company(company)?;
                        if company.hash.is_empty() { Ok(()) } else { write.set_company_contacts(&company.intercom_id, contacts) }
                    })
                })
            })
            .await
    }

    /// Reads back what an import wrote since a moment (unix seconds): companies of Brevo by Intercom id.
    pub(super) async fn companies_since(&self, at: i64, names: &Names) -> Result<HashMap<String, Shown>> {
        /// Changes may show up in lists with other clocks than ours.
        const LAG_SECS: i64 = 300;
        let modified_since = Some(crate::warehouse::moment(at - LAG_SECS));
        let shown = self.brevo.companies_that(&CompanyFilter { modified_since, ..CompanyFilter::default() }).await?;
        let mut found = HashMap::new();
        for one in shown {
            if let Some((id, _)) = names.ours(&one) {
                let id = id.to_string();
                found.entry(id).or_insert(one);
            }
        }
        Ok(found)
    }
}
