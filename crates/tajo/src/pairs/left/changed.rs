//! Which contacts may have changed since a moment, by what was written to the mirror.

use std::collections::BTreeSet;
use std::path::Path;

use tajo_core::error::Result;
use tajo_dest::sqlite::{self, Index, Param};

use super::LeftReader;

/// Indexes that looking up by address, by conversation, by tag, by company and by moment needs.
const INDEXES: [Index; 9] = [
    Index { name: "contacts_email_lower", table: "contacts", on: "lower(email)" },
    Index { name: "contacts_synced_at", table: "contacts", on: "_synced_at" },
    Index { name: "conversations_synced_at", table: "conversations", on: "_synced_at" },
    Index { name: "companies_synced_at", table: "companies", on: "_synced_at" },
    Index { name: "tags_synced_at", table: "tags", on: "_synced_at" },
    Index { name: "conversation_contacts_contact_id", table: "conversation_contacts", on: "contact_id" },
    Index { name: "contact_companies_company_id", table: "contact_companies", on: "company_id" },
    Index { name: "contact_tags_tag_id", table: "contact_tags", on: "tag_id" },
    Index { name: "conversation_tags_tag_id", table: "conversation_tags", on: "tag_id" },
];

/// Makes the indexes that the mirror lacks; returns their names. The file must exist.
pub fn ensure_indexes(path: &Path) -> Result<Vec<&'static str>> {
    sqlite::ensure_indexes(path, &INDEXES)
}

const CONTACTS: &str = "SELECT id FROM contacts WHERE _synced_at >= ?1";
const COMPANIES: &str = "SELECT link.contact_id FROM companies CROSS JOIN contact_companies AS link ON link.company_id = companies.id \
    WHERE companies._synced_at >= ?1";
const TAGS: &str =
    "SELECT link.contact_id FROM tags CROSS JOIN contact_tags AS link ON link.tag_id = tags.id WHERE tags._synced_at >= ?1";
const TAGS_GONE: &str = "SELECT DISTINCT contact_id FROM contact_tags WHERE tag_id NOT IN (SELECT id FROM tags)";
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
