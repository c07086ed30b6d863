//! Reads contacts out of the mirror.

use std::path::Path;

use serde_json::{Map, Value};
use tajo_core::error::Result;
use tajo_core::table::Kind;
use tajo_dest::sqlite::{Param, Reader, Row};

use super::conversations::facts;
use super::statements::{COMPANY_FIELDS_AT, CUSTOM_AT, FIELDS_AT, Statements};
use super::{Company, Left};
use crate::pairs::mapping::{Mapping, Wanted, Wish};

/// What looks at one contact; an error ends the reading.
type Each<'f> = &'f mut dyn FnMut(Left) -> Result<()>;

/// Reads contacts, also while a sync writes. Opened for one mapping; tables that come later are seen by a later reader.
pub struct LeftReader {
    pub(super) reader: Reader,
    pub(super) statements: Statements,
    pub(super) wanted: Wanted,
}

impl LeftReader {
    /// Opens the mirror; refuses if the file does not exist. [`super::ensure_indexes`] first, or large mirrors are slow.
    pub fn open(path: &Path, mapping: &Mapping) -> Result<LeftReader> {
        let reader = Reader::open(path)?;
        let wanted = mapping.wanted.clone();
        let statements = Statements::of(&wanted, &reader)?;
        Ok(LeftReader { reader, statements, wanted })
    }
    /// The contact of that id.
    pub fn one(&self, id: &str) -> Result<Option<Left>> {
        let mut found = None;
        self.reader.snapshot(|| {
            self.by_id(id, &mut |left| {
                found = Some(left);
                Ok(())
            })
        })?;
        Ok(found)
    }
    /// The contacts of these ids, in their order, from one state of the mirror; those that are not there are left out.
    pub fn some(&self, ids: &[String], each: Each<'_>) -> Result<()> {
        self.reader.snapshot(|| ids.iter().try_for_each(|id| self.by_id(id, each)))
    }
    /// All contacts by id, from one state of the mirror; returns how many.
    pub fn all(&self, each: Each<'_>) -> Result<u64> {
        let Some(select) = &self.statements.contacts else { return Ok(0) };
        let sql = format!("{select} ORDER BY contacts.id");
        self.reader.snapshot(|| self.reader.each(&sql, &[], &mut |row| each(self.contact(row)?)))
    }
    /// Number of contacts.
    pub fn count(&self) -> Result<u64> {
        let mut count = 0;
        if self.statements.there.all(&["contacts"]) {
            self.reader.each("SELECT count(*) FROM contacts", &[], &mut |row| {
                count = row.integer(0).unwrap_or(0).unsigned_abs();
                Ok(())
            })?;
        }
        Ok(count)
    }
    /// Id and role of the contacts with this address, by id. Letters beyond ASCII are compared as they are written.
    pub fn by_email(&self, email_lowercase: &str) -> Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        if self.statements.there.all(&["contacts"]) {
            let sql = "SELECT id, role FROM contacts WHERE lower(email) = ?1 ORDER BY id";
            self.reader.each(sql, &[Param::Text(email_lowercase)], &mut |row| {
                let text = |at: usize| row.text(at).unwrap_or_default().to_string();
                found.push((text(0), text(1)));
                Ok(())
            })?;
        }
        Ok(found)
    }

    fn by_id(&self, id: &str, each: Each<'_>) -> Result<()> {
        let Some(select) = &self.statements.contacts else { return Ok(()) };
        let sql = format!("{select} WHERE contacts.id = ?1");
        self.reader.each(&sql, &[Param::Text(id)], &mut |row| each(self.contact(row)?)).map(drop)
    }

    fn contact(&self, row: &Row<'_, '_>) -> Result<Left> {
        let text = |at: usize| row.text(at).filter(|text| !text.is_empty()).map(str::to_string);
        let id = row.text(0).unwrap_or_default().to_string();
        Ok(Left {
            role: text(1).unwrap_or_default(),
            email: text(2),
            external_id: text(3),
            unsubscribed: row.integer(4) == Some(1),
            updated_at: row.integer(5).unwrap_or(0),
            custom: object(row, CUSTOM_AT),
            fields: values(row, FIELDS_AT, &self.wanted.columns),
            company: self.company(&id)?,
            tags: self.tags(&id)?,
            facts: match &self.statements.conversations {
                Some(sql) => Some(facts(&self.reader, sql, self.statements.conversation_tags.as_deref(), &id)?),
                None => None,
            },
            id,
        })
    }

    fn company(&self, id: &str) -> Result<Option<Company>> {
        let Some(sql) = &self.statements.company else { return Ok(None) };
        let mut company = None;
        self.reader.each(sql, &[Param::Text(id)], &mut |row| {
            let fields = values(row, COMPANY_FIELDS_AT, &self.wanted.company);
            company = Some(Company { fields, custom: object(row, COMPANY_FIELDS_AT - 1) });
            Ok(())
        })?;
        Ok(company)
    }

    fn tags(&self, id: &str) -> Result<Option<Vec<String>>> {
        let Some(sql) = &self.statements.tags else { return Ok(None) };
        let mut names = Vec::new();
        self.reader.each(sql, &[Param::Text(id)], &mut |row| {
            names.extend(row.text(0).map(str::to_string));
            Ok(())
        })?;
        Ok(Some(names))
    }
}

fn object(row: &Row<'_, '_>, at: usize) -> Map<String, Value> {
    row.text(at).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Moments stay the text that is stored; the conversions read it.
fn values(row: &Row<'_, '_>, from: usize, wishes: &[Wish]) -> Vec<Value> {
    let value = |(at, wish): (usize, &Wish)| match wish.kind {
        Kind::Boolean => row.integer(at).map(|flag| flag != 0).into(),
        Kind::Integer => row.integer(at).into(),
        Kind::Number => row.number(at).into(),
        Kind::Json => row.text(at).map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| text.into())),
        Kind::Text | Kind::Timestamp => row.text(at).into(),
    };
    (from..).zip(wishes).map(value).collect()
}
