//! Reading back: what is held of some keys, counts, and the tables for people.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement};
use serde_json::Value as Json;
use tajo_core::destination::Held;
use tajo_core::error::Result;
use tajo_core::table::{HASH, Kind, Table};

use super::fault::fault;
use super::names::{self, quoted};
use super::{bind, ddl, open};

/// A table as it lies in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Name.
    pub name: String,
    /// Number of rows.
    pub rows: u64,
    /// Name and declared type of each column.
    pub columns: Vec<(String, String)>,
}

/// What is held of these keys; a missing table or column holds nothing.
pub fn held(connection: &Connection, table: &Table, flag: Option<&str>, ids: &[String]) -> Result<Vec<Option<Held>>> {
    let run = || -> rusqlite::Result<Vec<Option<Held>>> {
        let name = names::table(&table.name);
        let there = ddl::shape(connection, &name)?;
        let Some(key) = table.key.first().filter(|_| !there.is_empty()) else { return Ok(vec![None; ids.len()]) };
        let pick = |wanted: Option<&str>| {
            let column = names::column(wanted.unwrap_or_default());
            let found = wanted.is_some() && there.iter().any(|(name, _)| name.eq_ignore_ascii_case(&column));
            if found { quoted(&column) } else { "NULL".into() }
        };
        let (newest, hash, flag) = (pick(table.newest.as_deref()), pick(Some(HASH)), pick(flag));
        let (name, key) = (quoted(&name), quoted(&names::column(key)));
        // One view of the table for all keys.
        let tx = connection.unchecked_transaction()?;
        let mut find = tx.prepare_cached(&format!("SELECT {newest}, {hash}, {flag} FROM {name} WHERE {key} = ?1"))?;
        ids.iter().map(|id| find_one(&mut find, id)).collect()
    };
    run().map_err(|e| fault(format!("Cannot read the table {}", table.name), e))
}

fn find_one(find: &mut Statement<'_>, id: &str) -> rusqlite::Result<Option<Held>> {
    let row = find.query_row([id], |row| {
        let (newest, hash) = (bind::integer(row.get_ref(0)?), bind::integer(row.get_ref(1)?));
        let flag = bind::integer(row.get_ref(2)?).map(|flag| flag != 0);
        Ok(Held { newest, hash, flag })
    });
    row.optional()
}

/// Number of rows; 0 where the table does not exist.
pub fn count(connection: &Connection, table: &str) -> Result<u64> {
    let run = || -> rusqlite::Result<u64> {
        let name = names::table(table);
        if ddl::shape(connection, &name)?.is_empty() {
            return Ok(0);
        }
        let sql = format!("SELECT count(*) FROM {}", quoted(&name));
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map(|n| n as u64)
    };
    run().map_err(|e| fault(format!("Cannot count the table {table}"), e))
}

/// All tables but Tajo's own.
pub fn tables(path: &Path) -> Result<Vec<Stored>> {
    let connection = open::reader(path)?;
    let run = || -> rusqlite::Result<Vec<Stored>> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
            AND name NOT LIKE '\\_tajo\\_%' ESCAPE '\\' ORDER BY name";
        let mut statement = connection.prepare(sql)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let stored = names.into_iter().map(|name| {
            let count = format!("SELECT count(*) FROM {}", quoted(&name));
            let rows = connection.query_row(&count, [], |row| row.get::<_, i64>(0))? as u64;
            Ok(Stored { columns: ddl::shape(&connection, &name)?, rows, name })
        });
        stored.collect()
    };
    run().map_err(|e| fault(format!("Cannot read {}", path.display()), e))
}

/// Runs a query that reads; at most `limit` rows, as text. Null is empty, bytes are hexadecimal.
pub fn query(path: &Path, sql: &str, limit: usize) -> Result<(Vec<String>, Vec<Vec<String>>)> {
    let connection = open::reader(path)?;
    let run = || -> rusqlite::Result<(Vec<String>, Vec<Vec<String>>)> {
        let mut statement = connection.prepare(sql)?;
        let names: Vec<String> = statement.column_names().map(Into::into).collect();
        let mut rows = statement.query([])?;
        let mut out = Vec::new();
        while out.len() < limit
            && let Some(row) = rows.next()?
        {
            out.push((0..names.len()).map(|at| row.get_ref(at).map(shown)).collect::<rusqlite::Result<_>>()?);
        }
        Ok((names, out))
    };
    run().map_err(|e| fault(format!("The query on {} failed", path.display()), e))
}

/// All rows by key, a value per column: moments in unix seconds, JSON as text.
pub fn rows(path: &Path, table: &Table) -> Result<Vec<Vec<Json>>> {
    let connection = open::reader(path)?;
    let named = |name: &String| quoted(&names::column(name));
    let columns: Vec<String> = table.columns.iter().map(|c| named(&c.name)).collect();
    let key: Vec<String> = table.key.iter().map(named).collect();
    let name = quoted(&names::table(&table.name));
    let run = || -> rusqlite::Result<Vec<Vec<Json>>> {
        let mut statement =
            connection.prepare(&format!("SELECT {} FROM {name} ORDER BY {}", columns.join(", "), key.join(", ")))?;
        let row = |row: &rusqlite::Row<'_>| {
            table.columns.iter().enumerate().map(|(at, column)| Ok(json(column.kind, row.get_ref(at)?))).collect()
        };
        statement.query_map([], row)?.collect()
    };
    run().map_err(|e| fault(format!("Cannot read the table {}", table.name), e))
}

fn json(kind: Kind, value: ValueRef<'_>) -> Json {
    match (kind, value) {
        (_, ValueRef::Null) => Json::Null,
        (Kind::Timestamp, value) => bind::integer(value).into(),
        (Kind::Boolean, ValueRef::Integer(i)) => (i != 0).into(),
        (_, ValueRef::Integer(i)) => i.into(),
        (_, ValueRef::Real(f)) => f.into(),
        (_, value) => shown(value).into(),
    }
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(i) => i.to_string(),
        ValueRef::Real(f) => f.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
    }
}
