//! Rows for programs: a connection that only reads, statements with parameters, values as they lie there.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use tajo_core::error::Result;

use super::fault::fault;
use super::names::{self, quoted};
use super::{bind, ddl, moment, open};

/// Prepared statements kept.
const STATEMENTS_MAX: usize = 32;
/// Upper levels of the trees of millions of rows, and the pages of neighbouring rows. A larger one costs more, in memory
/// that has to be cleared first, than it saves: the system has the file in memory too.
const CACHE: &str = "PRAGMA cache_size = -16000";

/// A connection that only reads, also while a sync writes. Not for two threads at once.
pub struct Reader {
    connection: Connection,
}

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub enum Param<'a> {
    /// Text.
    Text(&'a str),
    /// A moment in unix seconds, in the form in which moments are stored.
    Moment(i64),
}

/// A row at hand; columns count from 0.
pub struct Row<'a, 'r>(&'r rusqlite::Row<'a>);

/// What looks at one row; an error ends the reading.
pub type Each<'f> = dyn FnMut(&Row<'_, '_>) -> Result<()> + 'f;

/// An index that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The table.
    pub table: &'static str,
    /// What is indexed: a column, or an expression over columns of plain names.
    pub on: &'static str,
    /// Which rows are in it: those in which this column is true; all where it is empty.
    pub only: &'static str,
}

impl Reader {
    /// Opens the file; refuses if it does not exist.
    pub fn open(path: &Path) -> Result<Reader> {
        let connection = open::reader(path)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        let setup = || -> rusqlite::Result<()> {
            // Without it the planner looks at the parameters, and SQLite prepares a statement anew for every other value:
            // three quarters of the time of reading a contact.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.execute_batch(CACHE)
        };
        setup().map_err(|e| fault("Cannot read the database", e))?;
        Ok(Reader { connection })
    }
    /// Columns of a table; empty where it does not exist.
    pub fn columns(&self, table: &str) -> Result<Vec<String>> {
        let shape = ddl::shape(&self.connection, &names::table(table));
        let shape = shape.map_err(|e| fault(format!("Cannot read the table {table}"), e))?;
        Ok(shape.into_iter().map(|(name, _)| name).collect())
    }
    /// Runs a statement and hands over its rows one by one; returns how many.
    pub fn each(&self, sql: &str, params: &[Param<'_>], each: &mut Each<'_>) -> Result<u64> {
        let refused = |e| fault("Cannot read the database", e);
        let mut statement = self.connection.prepare_cached(sql).map_err(refused)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(refused)?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(refused)? {
            each(&Row(row))?;
            count += 1;
        }
        Ok(count)
    }
    /// Does several readings on one and the same state of the file.
    pub fn snapshot<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        // Within a snapshot there is one already; a dropped transaction that only read has nothing to undo.
        let began = self.connection.is_autocommit().then(|| self.connection.unchecked_transaction()).transpose();
        let _began = began.map_err(|e| fault("Cannot read the database", e))?;
        work()
    }
}

impl Row<'_, '_> {
    fn get(&self, at: usize) -> ValueRef<'_> {
        self.0.get_ref(at).unwrap_or(ValueRef::Null)
    }
    /// Text; `None` for null and everything else.
    pub fn text(&self, at: usize) -> Option<&str> {
        match self.get(at) {
            ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
    /// A whole number, or a moment in unix seconds.
    pub fn integer(&self, at: usize) -> Option<i64> {
        bind::integer(self.get(at))
    }
    /// A number of either kind.
    pub fn number(&self, at: usize) -> Option<f64> {
        match self.get(at) {
            ValueRef::Integer(i) => Some(i as f64),
            ValueRef::Real(f) => Some(f),
            _ => None,
        }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Param::Text(text) => ToSqlOutput::from(*text),
            Param::Moment(seconds) => ToSqlOutput::from(moment::Text::of(*seconds).as_str().to_string()),
        })
    }
}

/// Makes those of the indexes that are missing and whose table is there; returns the names of those made. The file must
/// exist. Takes no claim: SQLite's own lock is enough for an index.
pub fn ensure(path: &Path, indexes: &[Index]) -> Result<Vec<&'static str>> {
    let mut missing = Vec::new();
    let look = open::reader(path)?;
    for index in indexes {
        let find = "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = ?1";
        let there = look.query_row(find, [index.name], |row| row.get::<_, i64>(0));
        let there = there.map_err(|e| fault("Cannot read the schema", e))? > 0;
        let table = ddl::shape(&look, &names::table(index.table)).map_err(|e| fault("Cannot read the schema", e))?;
        let whole = index.only.is_empty() || table.iter().any(|(name, _)| name == index.only);
        if !there && !table.is_empty() && whole {
            missing.push(*index);
        }
    }
    drop(look);
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let connection = open::writer(path)?;
    for index in &missing {
        let (name, table) = (quoted(index.name), quoted(&names::table(index.table)));
        let rows = if index.only.is_empty() { String::new() } else { format!(" WHERE {}", quoted(index.only)) };
        let sql = format!("CREATE INDEX IF NOT EXISTS {name} ON {table} ({}){rows}", index.on);
        connection.execute_batch(&sql).map_err(|e| fault(format!("Cannot index the table {}", index.table), e))?;
    }
    Ok(missing.iter().map(|index| index.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(sql: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        open::writer(&path).unwrap().execute_batch(sql).unwrap();
        (folder, path)
    }

    #[test]
    fn rows_come_one_by_one_with_their_values() {
        let (_folder, path) = file(
            "CREATE TABLE t (id TEXT, n INTEGER, f REAL, at TIMESTAMP); \
             INSERT INTO t VALUES ('a', 1, 1.5, '2026-11-20T10:30:00Z'), ('b', NULL, NULL, NULL)",
        );
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.columns("t").unwrap(), ["id", "n", "f", "at"]);
        assert!(reader.columns("none").unwrap().is_empty());
        let mut seen = Vec::new();
        let mut keep = |row: &Row<'_, '_>| {
            seen.push((row.text(0).map(str::to_string), row.integer(1), row.number(2), row.integer(3)));
            Ok(())
        };
        let read = reader.each("SELECT * FROM t WHERE id >= ?1 ORDER BY id", &[Param::Text("a")], &mut keep).unwrap();
        assert_eq!(read, 2);
        assert_eq!(seen[0], (Some("a".into()), Some(1), Some(1.5), Some(1_795_170_600)));
        assert_eq!(seen[1], (Some("b".into()), None, None, None));
        let since = |at| reader.each("SELECT id FROM t WHERE at >= ?1", &[Param::Moment(at)], &mut |_| Ok(())).unwrap();
        assert_eq!((since(1_795_170_600), since(1_795_170_601)), (1, 0));
        assert!(reader.each("DELETE FROM t", &[], &mut |_| Ok(())).is_err(), "it only reads");
    }

    #[test]
    fn a_snapshot_shows_one_state_while_others_write() {
        let (_folder, path) = file("CREATE TABLE t (id TEXT)");
        let (reader, writer) = (Reader::open(&path).unwrap(), open::writer(&path).unwrap());
        let count = || reader.each("SELECT id FROM t", &[], &mut |_| Ok(()));
        let seen = reader.snapshot(|| {
            let before = count()?;
            writer.execute_batch("INSERT INTO t VALUES ('a')").unwrap();
            Ok((before, reader.snapshot(count)?, count()?))
        });
        assert_eq!(seen.unwrap(), (0, 0, 0));
        assert_eq!(count().unwrap(), 1);
    }

    #[test]
    fn indexes_are_made_once_and_only_where_their_table_is() {
        let (folder, path) = file("CREATE TABLE t (id TEXT, email TEXT)");
        let indexes = [
            Index { name: "t_email_lower", table: "t", on: "lower(email)", only: "id" },
            Index { name: "u_id", table: "u", on: "id", only: "" },
        ];
        assert_eq!(ensure(&path, &indexes).unwrap(), ["t_email_lower"]);
        assert!(ensure(&path, &indexes).unwrap().is_empty());
        let missing = folder.path().join("none.db");
        assert!(ensure(&missing, &indexes).is_err() && !missing.exists());
    }
}
