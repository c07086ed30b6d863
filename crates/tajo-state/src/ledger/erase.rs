//! Erasure of a person: what the ledger knows goes, and what stays is a hash that keeps them from coming back.

use std::collections::BTreeSet;
use std::ops::Range;

use rusqlite::Row;
use tajo_core::error::Result;

use super::{Ledger, Write};
use crate::digest::keyed;

/// Who is to be erased.
#[derive(Debug, Clone, Default)]
pub struct Erase {
    /// Their contacts in Intercom.
    pub intercom_ids: Vec<String>,
    /// Their contacts in Brevo.
    pub brevo_ids: Vec<i64>,
    /// E-mail addresses, phone numbers and ids of theirs.
    pub identities: Vec<String>,
}

impl Ledger {
    /// Whether anybody was ever erased, so that it is worth asking who.
    pub fn has_erased(&self) -> Result<bool> {
        let sql = "SELECT 1 FROM erased WHERE scope = ?1 LIMIT 1";
        Ok(self.read(|view| view.one(sql, [view.scope], |row| row.get::<_, i64>(0)))?.is_some())
    }
    /// Whether a person of this e-mail address, phone number or id was erased, in whatever case it is written.
    pub fn is_erased(&self, identity: &str) -> Result<bool> {
        let hash = keyed(&self.0.salt, canonical(identity).as_bytes());
        let sql = "SELECT 1 FROM erased WHERE scope = ?1 AND hash = ?2";
        Ok(self.read(|view| view.one(sql, (view.scope, hash), |_| Ok(())))?.is_some())
    }
    /// What is remembered of an erased person in the place of an identity: a keyed hash, in hex. The key stays in this
    /// file, so that only its owner can tell whose it is.
    pub fn fingerprint(&self, identity: &str) -> String {
        keyed(&self.0.salt, canonical(identity).as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Write<'_> {
    /// Deletes what the ledger knows of a person, and remembers keyed hashes of the identities and Intercom ids. Gives
    /// the number of rows that went; follow it by [`Ledger::scrub`].
    ///
    /// Links and mirror rows go by their ids and identifiers, and by each other. Effects, conflicts, events and notes on
    /// imports go also where their text mentions an identity. A link or mirror row of somebody else that mentions it is
    /// theirs and stays.
    pub fn erase(&mut self, who: &Erase) -> Result<u64> {
        let (named, brevo_ids) = self.widen(who)?;
        let mut gone = 0;
        for id in &brevo_ids {
            gone += self.forget("links", "brevo_id", id)?;
            gone += self.forget("brevo_contacts", "id", id)?;
            gone += self.forget("company_contacts", "brevo_id", id)?;
        }
        for name in &named {
            gone += self.forget("links", "intercom_id", name)?;
            gone += self.forget("conflicts", "intercom_id", name)?;
        }
        gone += self.forget_mentions(&named.iter().map(String::as_str).collect::<Vec<_>>(), &brevo_ids)?;
        let sql = "INSERT OR IGNORE INTO erased (scope, hash) VALUES (?1, ?2)";
        for name in &named {
            self.view.run(sql, (self.view.scope, keyed(self.salt, canonical(name).as_bytes())))?;
        }
        Ok(gone)
    }

    /// Names and Brevo ids, with those that the ledger knows to belong to them.
    fn widen(&self, who: &Erase) -> Result<(Vec<String>, BTreeSet<i64>)> {
        let mut named = who.intercom_ids.clone();
        named.extend(who.identities.iter().map(|identity| canonical(identity)));
        let mut brevo_ids: BTreeSet<i64> = who.brevo_ids.iter().copied().collect();
        for name in &named {
            for column in ["email", "sms", "ext_id"] {
                let sql = format!("SELECT id FROM brevo_contacts WHERE scope = ?1 AND {column} = ?2");
                brevo_ids.extend(self.view.all(&sql, (self.view.scope, name), |row| row.get::<_, i64>(0))?);
            }
            let sql = "SELECT brevo_id FROM links WHERE scope = ?1 AND intercom_id = ?2 AND brevo_id IS NOT NULL";
            brevo_ids.extend(self.view.one(sql, (self.view.scope, name), |row| row.get::<_, i64>(0))?);
        }
        for id in &brevo_ids {
            let sql = "SELECT intercom_id FROM links WHERE scope = ?1 AND brevo_id = ?2";
            named.extend(self.view.one(sql, (self.view.scope, id), |row| row.get(0))?);
        }
        named.sort();
        named.dedup();
        Ok((named, brevo_ids))
    }

    fn forget(&self, table: &'static str, column: &'static str, key: impl rusqlite::ToSql) -> Result<u64> {
        let done = self.view.run(&format!("DELETE FROM {table} WHERE scope = ?1 AND {column} = ?2"), (self.view.scope, key))?;
        Ok(done as u64)
    }

    /// Deletes the rows that no index leads to. Every table is read once, so an erase takes as long as the journal is.
    fn forget_mentions(&self, named: &[&str], brevo_ids: &BTreeSet<i64>) -> Result<u64> {
        let targets: Vec<String> = brevo_ids.iter().map(i64::to_string).collect();
        let told = |row: &Row<'_>, columns: Range<usize>| -> rusqlite::Result<bool> {
            for n in columns {
                if row.get::<_, Option<String>>(n)?.is_some_and(|text| mentions(&text, named)) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let effect = |row: &Row<'_>| {
            let written = row.get::<_, String>(1)? == "brevo" && targets.contains(&row.get(2)?);
            Ok(written || told(row, 2..7)?)
        };
        let mut gone = 0;
        gone += self.sweep("effects", "row, side, target, link, intent, pre_image, detail", effect)?;
        gone += self.sweep("conflicts", "rowid, left_value, right_value", |row| told(row, 1..3))?;
        // Events are named after the contact of Brevo.
        let of_brevo: Vec<String> = brevo_ids.iter().map(|id| format!("brevo-{id}")).collect();
        let theirs: Vec<&str> = named.iter().copied().chain(of_brevo.iter().map(String::as_str)).collect();
        gone += self.sweep("sent", "key, key", |row| Ok(mentions(&row.get::<_, String>(1)?, &theirs)))?;
        gone += self.sweep("links", "row, iif(state = 'merged', detail, NULL)", |row| told(row, 1..2))?;
        gone += self.sweep("imports", "rowid, detail", |row| told(row, 1..2))?;
        Ok(gone)
    }

    /// Goes through a table; `columns` begins with its key. An import is kept and loses its note alone.
    fn sweep(
        &self,
        table: &'static str,
        columns: &'static str,
        theirs: impl Fn(&Row<'_>) -> rusqlite::Result<bool>,
    ) -> Result<u64> {
        let mut keys: Vec<rusqlite::types::Value> = Vec::new();
        self.view.each(&format!("SELECT {columns} FROM {table} WHERE scope = ?1"), [self.view.scope], |row| {
            if theirs(row)? {
                keys.push(row.get(0)?);
            }
            Ok(())
        })?;
        let key = columns.split(',').next().unwrap_or("rowid");
        let sql = match table {
            "imports" => format!("UPDATE imports SET detail = NULL WHERE scope = ?1 AND {key} = ?2"),
            _ => format!("DELETE FROM {table} WHERE scope = ?1 AND {key} = ?2"),
        };
        keys.iter().try_fold(0, |gone, key| Ok(gone + self.view.run(&sql, (self.view.scope, key))? as u64))
    }
}

/// One spelling for each identity: without the blanks around it, in lower case, a phone number without its plus sign.
fn canonical(identity: &str) -> String {
    let trimmed = identity.trim();
    trimmed.strip_prefix('+').unwrap_or(trimmed).to_lowercase()
}

/// Whether a text names one of these, and not merely something longer that contains it.
fn mentions(text: &str, named: &[&str]) -> bool {
    let text = text.to_lowercase();
    named.iter().filter(|name| !name.is_empty()).any(|name| {
        let name = name.to_lowercase();
        text.match_indices(&name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let mut after = text[at + name.len()..].chars();
            let longer_left = before.is_some_and(|c| c.is_alphanumeric() || (name.contains('@') && "._+-".contains(c)));
            let longer_right = match after.next() {
                // `ann@mail.example` is not `ann@mail.example.org`, but may end a sentence.
                Some('.') => name.contains('@') && after.next().is_some_and(char::is_alphanumeric),
                Some(c) => c.is_alphanumeric(),
                None => false,
            };
            !longer_left && !longer_right
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_the_whole_identity() {
        for (text, expect) in [
            ("ann@mail.example", true),
            (r#"{"email":"Ann@Mail.Example"}"#, true),
            ("Refused: ann@mail.example.", true),
            ("joann@mail.example", false),
            ("mary-ann@mail.example", false),
            ("ann@mail.example.org", false),
            ("+15550100", true),
            (r#"{"SMS":"15550100"}"#, true),
            ("155501009", false),
            ("nobody", false),
        ] {
            assert_eq!(mentions(text, &["ann@mail.example", "15550100", ""]), expect, "{text}");
        }
        assert_eq!(canonical(" +1555 "), "1555");
    }
}
