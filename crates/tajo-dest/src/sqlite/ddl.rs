//! Tables: created, widened, and checked for what a hand may have done to them.

use rusqlite::{Connection, TransactionBehavior};
use tajo_core::codes;
use tajo_core::error::{Error, Result};
use tajo_core::table::{Column, Kind, Table};

use super::fault::fault;
use super::names::{self, quoted};

/// A column as SQLite reports it.
struct Found {
    name: String,
    declared: String,
    required: bool,
    defaulted: bool,
    /// Position in the primary key, from 1; 0 outside.
    key: usize,
    generated: bool,
}

/// Creates the table or adds the columns it lacks; refuses a table whose rows ours would not fit.
pub fn prepare(connection: &mut Connection, table: &Table) -> Result<()> {
    let name = names::table(&table.name);
    let what = || format!("Cannot prepare the table {name}");
    let found = columns(connection, &name).map_err(|e| fault(what(), e))?;
    let missing: Vec<&Column> = table.columns.iter().filter(|c| find(&found, &c.name).is_none()).collect();
    if !found.is_empty() {
        check(connection, table, &name, &found)?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let run = || -> rusqlite::Result<()> {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if found.is_empty() {
            tx.execute_batch(&creation(table, &name))?;
        } else {
            for column in missing {
                tx.execute_batch(&format!("ALTER TABLE {} ADD COLUMN {}", quoted(&name), definition(column)))?;
            }
        }
        tx.commit()
    };
    run().map_err(|e| fault(what(), e))
}

/// Names and declared types of a table's columns; empty where it does not exist.
pub fn shape(connection: &Connection, name: &str) -> rusqlite::Result<Vec<(String, String)>> {
    Ok(columns(connection, name)?.into_iter().map(|c| (c.name, c.declared)).collect())
}

fn columns(connection: &Connection, name: &str) -> rusqlite::Result<Vec<Found>> {
    let sql = "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1)";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([name], |row| {
        Ok(Found {
            name: row.get(0)?,
            declared: row.get(1)?,
            required: row.get(2)?,
            defaulted: row.get(3)?,
            key: row.get::<_, i64>(4)? as usize,
            generated: row.get::<_, i64>(5)? != 0,
        })
    })?;
    rows.collect()
}

fn find<'a>(found: &'a [Found], column: &str) -> Option<&'a Found> {
    let name = names::column(column);
    found.iter().find(|f| f.name.eq_ignore_ascii_case(&name))
}

fn creation(table: &Table, name: &str) -> String {
    let mut parts: Vec<String> = table.columns.iter().map(|c| definition(c) + required(table, c)).collect();
    let key: Vec<String> = table.key.iter().map(|k| quoted(&names::column(k))).collect();
    parts.push(format!("PRIMARY KEY ({})", key.join(", ")));
    // Pairs are their own key: one tree instead of two. Wide rows are faster with a rowid (they spill out of key trees).
    let tail = if table.columns.len() == table.key.len() { " WITHOUT ROWID" } else { "" };
    format!("CREATE TABLE {} (\n  {}\n){tail}", quoted(name), parts.join(",\n  "))
}

fn definition(column: &Column) -> String {
    format!("{} {}", quoted(&names::column(&column.name)), declared(column.kind))
}

fn required(table: &Table, column: &Column) -> &'static str {
    if table.key.contains(&column.name) { " NOT NULL" } else { "" }
}

/// The declared type. Not STRICT, which knows neither TIMESTAMP nor BOOLEAN. JSON says TEXT as well, because a column
/// declared JSON alone is numeric to SQLite: it would turn the JSON text `1.0` into the integer 1.
fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TEXT",
        Kind::Integer => "INTEGER",
        Kind::Number => "REAL",
        Kind::Boolean => "BOOLEAN",
        Kind::Timestamp => "TIMESTAMP",
        Kind::Json => "JSON TEXT",
    }
}

/// https://sqlite.org/datatype3.html#determination_of_column_affinity
fn affinity(declared: &str) -> &'static str {
    let upper = declared.to_ascii_uppercase();
    let has = |part: &str| upper.contains(part);
    match () {
        () if has("INT") => "integer",
        () if has("CHAR") || has("CLOB") || has("TEXT") => "text",
        () if has("BLOB") || upper.is_empty() => "none",
        () if has("REAL") || has("FLOA") || has("DOUB") => "real",
        () => "numeric",
    }
}

/// Whether values of this kind come back from a column of that declaration as they went in.
fn holds(kind: Kind, declared: &str) -> bool {
    let affinity = affinity(declared);
    match kind {
        Kind::Text | Kind::Json => matches!(affinity, "text" | "none"),
        Kind::Integer | Kind::Boolean => matches!(affinity, "integer" | "numeric" | "none"),
        Kind::Number => matches!(affinity, "real" | "numeric" | "none"),
        Kind::Timestamp => true,
    }
}

fn check(connection: &Connection, table: &Table, name: &str, found: &[Found]) -> Result<()> {
    let refuse =
        |why: String| Err(Error::new(&codes::DST_SHAPE, format!("The table {name} was altered: {why}")).note("table", name));
    let sql = "SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')";
    let kind: String = connection.query_row(sql, [name], |row| row.get(0)).map_err(|e| fault("Cannot read the schema", e))?;
    if kind != "table" {
        return refuse(format!("it is a {kind}"));
    }
    let mut key: Vec<&Found> = found.iter().filter(|f| f.key > 0).collect();
    key.sort_by_key(|f| f.key);
    let same = |(at, k): (usize, &String)| key[at].name.eq_ignore_ascii_case(&names::column(k));
    if key.len() != table.key.len() || !table.key.iter().enumerate().all(same) {
        return refuse(format!("its primary key is no longer ({})", table.key.join(", ")));
    }
    for column in &table.columns {
        let Some(f) = find(found, &column.name) else { continue };
        if f.generated || (f.required && f.key == 0) {
            return refuse(format!("the column {} is generated or may not be null", f.name));
        }
        if !holds(column.kind, &f.declared) {
            return refuse(format!("the column {} is {} instead of {}", f.name, f.declared, declared(column.kind)));
        }
    }
    let ours = |f: &Found| table.columns.iter().any(|c| f.name.eq_ignore_ascii_case(&names::column(&c.name)));
    match found.iter().find(|f| f.required && !f.defaulted && !f.generated && !ours(f)) {
        Some(f) => refuse(format!("the column {} was added without a default", f.name)),
        None => Ok(()),
    }
}
