//! Which company of Intercom is which company of Brevo, and what was last written of it.

use rusqlite::Row;
use tajo_core::error::Result;

use super::{Ledger, Write};

/// A company of Intercom and, where known, the one of Brevo that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Intercom's id.
    pub intercom_id: String,
    /// Brevo's id, 24 hex digits; `None` while a creation is under way or its outcome is not known.
    pub brevo_id: Option<String>,
    /// What Brevo showed of it when it was last written, as a hash; empty while a write is not confirmed.
    pub hash: String,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Company> {
    Ok(Company { intercom_id: row.get(0)?, brevo_id: row.get(1)?, hash: row.get(2)? })
}

impl Ledger {
    /// The company of that Intercom id.
    pub fn company(&self, intercom_id: &str) -> Result<Option<Company>> {
        let sql = "SELECT intercom_id, brevo_id, hash FROM companies WHERE scope = ?1 AND intercom_id = ?2";
        self.read(|view| view.one(sql, (view.scope, intercom_id), read))
    }
    /// Brevo's ids of the contacts that were linked to a company, ascending.
    pub fn company_contacts(&self, intercom_id: &str) -> Result<Vec<i64>> {
        let sql = "SELECT brevo_id FROM company_contacts WHERE scope = ?1 AND intercom_id = ?2 ORDER BY brevo_id";
        self.read(|view| view.all(sql, (view.scope, intercom_id), |row| row.get(0)))
    }
    /// Intercom ids of the companies that a contact of Brevo was linked to, in order.
    pub fn companies_with(&self, brevo_id: i64) -> Result<Vec<String>> {
        let sql = "SELECT intercom_id FROM company_contacts WHERE scope = ?1 AND brevo_id = ?2 ORDER BY intercom_id";
        self.read(|view| view.all(sql, (view.scope, brevo_id), |row| row.get(0)))
    }
}

impl Write<'_> {
    /// Stores a company as given.
    pub fn put_company(&mut self, company: &Company) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO companies (scope, intercom_id, brevo_id, hash) VALUES (?1, ?2, ?3, ?4)";
        self.view.run(sql, (self.view.scope, &company.intercom_id, &company.brevo_id, &company.hash)).map(drop)
    }
    /// Notes exactly which contacts of Brevo were linked to a company.
    pub fn set_company_contacts(&mut self, intercom_id: &str, contacts: &[i64]) -> Result<()> {
        let scope = self.view.scope;
        self.view.run("DELETE FROM company_contacts WHERE scope = ?1 AND intercom_id = ?2", (scope, intercom_id))?;
        let sql = "INSERT OR IGNORE INTO company_contacts (scope, intercom_id, brevo_id) VALUES (?1, ?2, ?3)";
        contacts.iter().try_for_each(|id| self.view.run(sql, (scope, intercom_id, id)).map(drop))
    }
}
