//! Plans that were made, and what became of them. The entries lie in files of their own.

use rusqlite::Row;
use tajo_core::error::Result;

use super::{Ledger, Write};

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Unique id.
    pub plan_id: String,
    /// The file with its entries.
    pub path: String,
    /// Hash of the configuration it was made under.
    pub config_hash: String,
    /// When it was made.
    pub created_at: String,
    /// `open`, `applying`, `applied` or `refused`.
    pub state: String,
    /// Counts, JSON. Plans are not searched by an erase: no identity belongs here.
    pub summary: String,
}

const SELECT: &str = "SELECT plan_id, path, config_hash, created_at, state, summary FROM plans WHERE scope = ?1";

fn read(row: &Row<'_>) -> rusqlite::Result<Plan> {
    Ok(Plan {
        plan_id: row.get(0)?,
        path: row.get(1)?,
        config_hash: row.get(2)?,
        created_at: row.get(3)?,
        state: row.get(4)?,
        summary: row.get(5)?,
    })
}

impl Ledger {
    /// A plan by its id.
    pub fn plan(&self, plan_id: &str) -> Result<Option<Plan>> {
        let sql = format!("{SELECT} AND plan_id = ?2");
        self.read(|view| view.one(&sql, (view.scope, plan_id), read))
    }
    /// All plans, newest first.
    pub fn plans(&self) -> Result<Vec<Plan>> {
        let sql = format!("{SELECT} ORDER BY created_at DESC, rowid DESC");
        self.read(|view| view.all(&sql, [view.scope], read))
    }
    /// The plan made last.
    pub fn last_plan(&self) -> Result<Option<Plan>> {
        let sql = format!("{SELECT} ORDER BY created_at DESC, rowid DESC LIMIT 1");
        self.read(|view| view.one(&sql, [view.scope], read))
    }
}

impl Write<'_> {
    /// Stores a plan as given; one of the same id is replaced.
    pub fn put_plan(&mut self, plan: &Plan) -> Result<()> {
        let sql = "INSERT INTO plans (scope, plan_id, path, config_hash, created_at, state, summary) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (scope, plan_id) DO UPDATE SET path = excluded.path, \
            config_hash = excluded.config_hash, created_at = excluded.created_at, state = excluded.state, \
            summary = excluded.summary";
        let p = plan;
        let row = (self.view.scope, &p.plan_id, &p.path, &p.config_hash, &p.created_at, &p.state, &p.summary);
        self.view.run(sql, row).map(drop)
    }
    /// Forgets a plan; its file is the caller's affair.
    pub fn forget_plan(&mut self, plan_id: &str) -> Result<()> {
        self.view.run("DELETE FROM plans WHERE scope = ?1 AND plan_id = ?2", (self.view.scope, plan_id)).map(drop)
    }
}
