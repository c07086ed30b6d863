//! Named marks: how far something was read, which rules were in force.

use tajo_core::error::Result;

use super::{Ledger, Write};

impl Ledger {
    /// The text under a name.
    pub fn mark(&self, name: &str) -> Result<Option<String>> {
        let sql = "SELECT value FROM marks WHERE scope = ?1 AND name = ?2";
        self.read(|view| view.one(sql, (view.scope, name), |row| row.get(0)))
    }
}

impl Write<'_> {
    /// Sets the text under a name. Marks are not searched by an erase: no identity belongs here.
    pub fn set_mark(&mut self, name: &str, value: &str) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO marks (scope, name, value) VALUES (?1, ?2, ?3)";
        self.view.run(sql, (self.view.scope, name, value)).map(drop)
    }
}
