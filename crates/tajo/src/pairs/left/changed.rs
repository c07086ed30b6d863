//! Which contacts may have changed since a moment, by what was written to the mirror.

use std::collections::BTreeSet;
use std::path::Path;

use tajo_core::error::Result;
use tajo_dest::sqlite::{self, Index, Param};

use super::LeftReader;

/// Says who opted out of e-mail.
const OUT: &str = "unsubscribed_from_emails";

/// Indexes that looking up by address, by conversation, by tag, by company and by moment needs.
const INDEXES: [Index; 10] = [
    all("contacts_email_lower", "contacts", "lower(email)"),
    Index { name: "contacts_email_out", table: "contacts", on: "lower(email)", only: OUT },
    // The id stands in it, so that listing who changed reads no row.
    all("contacts_synced_at_id", "contacts", "_synced_at, id"),
    all("conversations_synced_at", "conversations", "_synced_at"),
    all("companies_synced_at", "companies", "_synced_at"),
    all("tags_synced_at", "tags", "_synced_at"),
    all("conversation_contacts_contact_id", "conversation_contacts", "contact_id"),
    all("contact_companies_company_id", "contact_companies", "company_id"),
    all("contact_tags_tag_id", "contact_tags", "tag_id"),
    all("conversation_tags_tag_id", "conversation_tags", "tag_id"),
];

const fn all(name: &'static str, table: &'static str, on: &'static str) -> Index {
    Index { name, table, on, only: "" }
}

/// Makes the indexes that the mirror lacks; returns their names. The file must exist.
pub fn ensure_indexes(path: &Path) -> Result<Vec<&'static str>> {
    sqlite::ensure_indexes(path, &INDEXES)
}

const CONTACTS: &str = "SELECT id FROM contacts WHERE _synced_at >= ?1";
const COMPANIES: &str = "SELECT link.contact_id FROM companies CROSS JOIN contact_companies AS link ON link.company_id = companies.id \
    WHERE companies._synced_at >= ?1";
const TAGS: &str =
    "SELECT link.contact_id FROM tags CROSS JOIN contact_tags AS link ON link.tag_id = tags.id WHERE tags._synced_at >= ?1";
/// From tag to tag over the index: contacts carry millions of few tags.
const TAGS_GONE: &str = "WITH RECURSIVE carried (id) AS (SELECT min(tag_id) FROM contact_tags UNION ALL \
    SELECT (SELECT min(tag_id) FROM contact_tags WHERE tag_id > carried.id) FROM carried WHERE carried.id IS NOT NULL) \
    SELECT link.contact_id FROM carried CROSS JOIN contact_tags AS link ON link.tag_id = carried.id \
    WHERE carried.id NOT IN (SELECT id FROM tags)";
const CONVERSATIONS: &str = "SELECT link.contact_id FROM conversations CROSS JOIN conversation_contacts AS link \
    ON link.conversation_id = conversations.id WHERE conversations._synced_at >= ?1";
const CONVERSATION_TAGS: &str = "SELECT link.contact_id FROM tags CROSS JOIN conversation_tags AS tagged ON tagged.tag_id = tags.id \
    CROSS JOIN conversation_contacts AS link ON link.conversation_id = tagged.conversation_id WHERE tags._synced_at >= ?1";

impl LeftReader {
    /// Ids, sorted, of the contacts whose row, links, company, conversations or names of tags were written at or after
    /// this moment (unix seconds, as `_synced_at` counts).
    ///
    /// A row is written when its content changed and at no other time, and links are replaced in the transaction in which
    /// their parent is written; so the moments of the rows tell of the links as well. What no moment tells:
    /// - a tag that is gone: contacts that still carry it come each time, until Intercom shows them without it;
    /// - a contact that left a conversation: the conversation is written, but no longer leads to the contact;
    /// - a company that is gone, and a contact that is: both stay in the mirror as they were.
    pub fn changed_since(&self, mark: i64) -> Result<Vec<String>> {
        let there = |tables: &[&str]| self.statements.there.all(tables);
        let (wanted, mut ids) = (&self.wanted, BTreeSet::new());
        let mut add = |asked: bool, tables: &[&str], sql: &str, params: &[Param<'_>]| -> Result<()> {
            if !asked || !there(tables) {
                return Ok(());
            }
            self.reader
                .each(sql, params, &mut |row| {
                    if let Some(id) = row.text(0).filter(|id| !ids.contains(*id)) {
                        ids.insert(id.to_string());
                    }
                    Ok(())
                })
                .map(drop)
        };
        let since = [Param::Moment(mark)];
        self.reader.snapshot(|| {
            add(true, &["contacts"], CONTACTS, &since)?;
            add(wanted.companies(), &["contacts", "companies", "contact_companies"], COMPANIES, &since)?;
            add(wanted.tags, &["contacts", "tags", "contact_tags"], TAGS, &since)?;
            add(wanted.tags, &["contacts", "tags", "contact_tags"], TAGS_GONE, &[])?;
            let conversations = ["contacts", "conversations", "conversation_contacts"];
            add(wanted.facts, &conversations, CONVERSATIONS, &since)?;
            add(wanted.facts && there(&conversations), &["tags", "conversation_tags"], CONVERSATION_TAGS, &since)
        })?;
        Ok(ids.into_iter().collect())
    }

    /// Id of the contacts with this address that opted out of e-mail, and when each last changed, unix seconds.
    pub fn opted_out(&self, email_lowercase: &str) -> Result<Vec<(String, i64)>> {
        let mut found = Vec::new();
        if self.statements.there.all(&["contacts"]) && self.statements.there.pick("contacts", OUT) != "NULL" {
            let sql = "SELECT id, updated_at FROM contacts WHERE lower(email) = ?1 AND unsubscribed_from_emails ORDER BY id";
            self.reader.each(sql, &[Param::Text(email_lowercase)], &mut |row| {
                found.push((row.text(0).unwrap_or_default().to_string(), row.integer(1).unwrap_or(0)));
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// When the newest row of all that matters was written, unix seconds; nothing where nothing was. To be read after an
    /// extraction and before the contacts.
    pub fn newest_mark(&self) -> Result<Option<i64>> {
        let mut newest = None;
        self.reader.snapshot(|| {
            for table in ["contacts", "companies", "conversations", "tags"] {
                if self.statements.there.all(&[table]) {
                    self.reader.each(&format!("SELECT max(_synced_at) FROM {table}"), &[], &mut |row| {
                        newest = newest.max(row.integer(0));
                        Ok(())
                    })?;
                }
            }
            Ok(newest)
        })
    }
}
