//! Takes a person's rows out of the file: in one transaction, overwritten and not merely unlinked.

use std::path::Path;

use rusqlite::Connection;
use tajo_core::error::Result;

use super::fault::fault;
use super::names::{self, quoted};
use super::{ddl, open};

/// Keys in one statement.
const KEYS_MAX: usize = 100;

/// Rows of one table.
#[derive(Debug, Clone)]
pub struct Forget<'a> {
    /// The table.
    pub table: &'a str,
    /// The column that says whose a row is; compared without regard to ASCII case.
    pub column: &'a str,
    /// Its values.
    pub keys: &'a [String],
    /// Columns to empty; none to delete the row.
    pub blank: &'a [&'a str],
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Rows deleted or changed, in the order asked.
    pub rows: Vec<u64>,
    /// Whether the file was written anew, so that no gap holds an old copy. It takes as much room again for the time being.
    pub rewritten: bool,
}

/// Deletes or empties rows; tables and columns that are not there are passed over. The file must exist.
pub fn forget(path: &Path, what: &[Forget<'_>]) -> Result<Forgotten> {
    open::reader(path)?;
    let mut connection = open::writer(path)?;
    let broken = |e| fault("Cannot take rows out of the database", e);
    connection.execute_batch("PRAGMA secure_delete = ON").map_err(broken)?;
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(broken)?;
    let mut done = Forgotten::default();
    for one in what {
        done.rows.push(rows(&tx, one).map_err(broken)?);
    }
    tx.commit().map_err(broken)?;
    // Where it fails (a full disk, a reader), the rows are gone all the same.
    done.rewritten = connection.execute_batch("VACUUM").is_ok() && emptied(&connection);
    Ok(done)
}

fn emptied(connection: &Connection) -> bool {
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    busy.is_ok_and(|busy| !busy)
}

fn rows(connection: &Connection, one: &Forget<'_>) -> rusqlite::Result<u64> {
    let table = names::table(one.table);
    let columns: Vec<String> = ddl::shape(connection, &table)?.into_iter().map(|(name, _)| name).collect();
    let there = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(&names::column(name)));
    if !there(one.column) {
        return Ok(0);
    }
    let blanks: Vec<String> =
        one.blank.iter().filter(|name| there(name)).map(|name| format!("{} = NULL", quoted(&names::column(name)))).collect();
    if !one.blank.is_empty() && blanks.is_empty() {
        return Ok(0);
    }
    let verb = match blanks.is_empty() {
        true => format!("DELETE FROM {}", quoted(&table)),
        false => format!("UPDATE {} SET {}", quoted(&table), blanks.join(", ")),
    };
    let mut count = 0;
    for keys in one.keys.chunks(KEYS_MAX) {
        let marks = vec!["lower(?)"; keys.len()].join(", ");
        let sql = format!("{verb} WHERE lower({}) IN ({marks})", quoted(&names::column(one.column)));
        count += connection.execute(&sql, rusqlite::params_from_iter(keys))? as u64;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_person_go_and_leave_no_byte_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let fill = "CREATE TABLE t (id TEXT, email TEXT, name TEXT); \
            INSERT INTO t VALUES ('1', 'Canary@Mail.example', 'Canary'), ('2', 'bob@mail.example', 'Bob'); \
            CREATE TABLE said (id TEXT, author_email TEXT, body TEXT); \
            INSERT INTO said VALUES ('9', 'canary@mail.example', 'hello')";
        open::writer(&path).unwrap().execute_batch(fill).unwrap();
        let keys = ["canary@mail.example".to_string()];
        let gone = Forget { table: "t", column: "email", keys: &keys, blank: &[] };
        let blank = Forget { table: "said", column: "author_email", keys: &keys, blank: &["author_email", "missing"] };
        let none = Forget { table: "none", column: "email", keys: &keys, blank: &[] };
        let done = forget(&path, &[gone, blank, none]).unwrap();
        assert_eq!(done, Forgotten { rows: vec![1, 1, 0], rewritten: true });
        for name in ["x.db", "x.db-wal"] {
            let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            assert!(!text.contains("canary"), "{name}");
        }
        assert!(forget(&folder.path().join("none.db"), &[]).is_err());
    }
}
