//! Companies of Intercom as the mirror holds them.

use std::collections::BTreeSet;
use std::path::Path;

use tajo_core::error::Result;
use tajo_dest::sqlite::{Param, Reader};

/// A company of Intercom.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Company {
    /// Intercom's id.
    pub id: String,
    /// The values of [`super::sheet::COLUMNS`] that come from here, as text; empty where there is none.
    pub values: Vec<String>,
    /// Its name; never empty.
    pub name: String,
    /// Intercom's ids of its contacts.
    pub contacts: Vec<String>,
}

/// Reads companies out of one mirror.
pub struct Companies {
    reader: Reader,
    select: String,
}

/// Read beside the id and the name, in the order of the sheet.
const WANTED: [&str; 6] = ["company_id", "plan_name", "size", "website", "industry", "monthly_spend"];

impl Companies {
    /// Over a mirror; `None` where it has no companies.
    pub fn open(path: &Path) -> Result<Option<Companies>> {
        let reader = Reader::open(path)?;
        let columns = reader.columns("companies")?;
        if columns.is_empty() || reader.columns("contact_companies")?.is_empty() || reader.columns("contacts")?.is_empty() {
            return Ok(None);
        }
        let pick = |name: &&str| if columns.iter().any(|column| column == name) { (*name).to_string() } else { "NULL".into() };
        let wanted: Vec<String> = WANTED.iter().map(pick).collect();
        let select = format!("SELECT id, name, {} FROM companies WHERE id = ?1", wanted.join(", "));
        Ok(Some(Companies { reader, select }))
    }

    /// When the newest row of a company or contact was written, unix seconds.
    pub fn newest(&self) -> Result<Option<i64>> {
        let mut newest = None;
        for table in ["companies", "contacts"] {
            self.reader.each(&format!("SELECT max(_synced_at) FROM {table}"), &[], &mut |row| {
                newest = newest.max(row.integer(0));
                Ok(())
            })?;
        }
        Ok(newest)
    }

    /// Ids of all companies.
    pub fn all(&self) -> Result<BTreeSet<String>> {
        self.ids("SELECT id FROM companies", &[])
    }

    /// Ids of the companies written at or after a moment, unix seconds.
    pub fn changed_since(&self, mark: i64) -> Result<BTreeSet<String>> {
        self.ids("SELECT id FROM companies WHERE _synced_at >= ?1", &[Param::Moment(mark)])
    }

    /// Ids of the contacts written at or after a moment, unix seconds.
    pub fn contacts_since(&self, mark: i64) -> Result<BTreeSet<String>> {
        self.ids("SELECT id FROM contacts WHERE _synced_at >= ?1", &[Param::Moment(mark)])
    }

    /// Ids of the companies of a contact.
    pub fn of_contact(&self, contact: &str) -> Result<BTreeSet<String>> {
        self.ids("SELECT company_id FROM contact_companies WHERE contact_id = ?1", &[Param::Text(contact)])
    }

    /// The company of that id.
    pub fn one(&self, id: &str) -> Result<Option<Company>> {
        let mut found = None;
        self.reader.each(&self.select, &[Param::Text(id)], &mut |row| {
            let cell = |at: usize| match (row.text(at), row.number(at)) {
                (Some(text), _) => text.trim().to_string(),
                (None, Some(number)) => number.to_string(),
                (None, None) => String::new(),
            };
            let values: Vec<String> = (2..2 + WANTED.len()).map(cell).collect();
            // A company without a name is not taken by Brevo.
            let names = [cell(1), values[0].clone(), id.to_string()];
            let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            found = Some(Company { id: id.to_string(), values, name, contacts: Vec::new() });
            Ok(())
        })?;
        let Some(mut company) = found else { return Ok(None) };
        let sql = "SELECT contact_id FROM contact_companies WHERE company_id = ?1";
        company.contacts = self.ids(sql, &[Param::Text(id)])?.into_iter().collect();
        Ok(Some(company))
    }

    fn ids(&self, sql: &str, params: &[Param<'_>]) -> Result<BTreeSet<String>> {
        let mut ids = BTreeSet::new();
        self.reader.each(sql, params, &mut |row| {
            ids.extend(row.text(0).map(str::to_string));
            Ok(())
        })?;
        Ok(ids)
    }
}
