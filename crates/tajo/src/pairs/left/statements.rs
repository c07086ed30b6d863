//! The statements, made once for what the mapping wants and what the file has. A table or column that is not there reads
//! as null.

use tajo_core::error::Result;
use tajo_dest::sqlite::Reader;

use crate::config::CompanyRule;
use crate::pairs::mapping::{Wanted, Wish};

/// Columns that every contact is read with, before those that are wanted.
const ALWAYS: [&str; 6] = ["id", "role", "email", "external_id", "unsubscribed_from_emails", "updated_at"];
/// Number of [`ALWAYS`], and position of the attributes that the workspace defined.
pub const CUSTOM_AT: usize = ALWAYS.len();
/// Position of the first wanted column of a contact.
pub const FIELDS_AT: usize = CUSTOM_AT + 1;
/// Position of the first wanted column of a company; its own attributes stand before.
pub const COMPANY_FIELDS_AT: usize = 1;
/// What is read of a conversation.
const CONVERSATION: [&str; 14] = [
    "id",
    "created_at",
    "state",
    "open",
    "source_delivered_as",
    "conversation_rating_rating",
    "conversation_rating_updated_at",
    "conversation_rating_created_at",
    "statistics_time_to_admin_reply",
    "statistics_count_conversation_parts",
    "ai_agent_resolution_state",
    "ai_agent_rating",
    "ai_agent_updated_at",
    "ai_agent_participated",
];

/// The statements of one reader; those that cannot be asked are absent.
pub struct Statements {
    /// Contacts: `{select} WHERE …`.
    pub contacts: Option<String>,
    /// The company of a contact.
    pub company: Option<String>,
    /// Names of the tags of a contact.
    pub tags: Option<String>,
    /// Conversations of a contact, the last first.
    pub conversations: Option<String>,
    /// Names of the tags of a conversation.
    pub conversation_tags: Option<String>,
    /// The tables of the file that matter, with their columns.
    pub there: There,
}

/// Tables with their columns; empty where a table is not there.
pub struct There(Vec<(&'static str, Vec<String>)>);

/// The tables that are read.
const TABLES: [&str; 8] = [
    "contacts",
    "companies",
    "conversations",
    "tags",
    "contact_tags",
    "contact_companies",
    "conversation_contacts",
    "conversation_tags",
];

impl There {
    fn read(reader: &Reader) -> Result<There> {
        Ok(There(TABLES.iter().map(|table| Ok((*table, reader.columns(table)?))).collect::<Result<_>>()?))
    }
    /// Whether all these tables are there.
    pub fn all(&self, tables: &[&str]) -> bool {
        tables.iter().all(|table| self.0.iter().any(|(name, columns)| name == table && !columns.is_empty()))
    }
    /// The column, or null.
    pub fn pick(&self, table: &str, column: &str) -> String {
        let columns = self.0.iter().find(|(name, _)| *name == table);
        let found = columns.is_some_and(|(_, columns)| columns.iter().any(|name| name.eq_ignore_ascii_case(column)));
        if found { format!("{table}.{column}") } else { "NULL".into() }
    }
    fn wishes(&self, table: &str, wishes: &[Wish]) -> String {
        wishes.iter().map(|wish| format!(", {}", self.pick(table, &wish.column))).collect()
    }
}

impl Statements {
    /// For what is wanted of what is there.
    pub fn of(wanted: &Wanted, reader: &Reader) -> Result<Statements> {
        let there = There::read(reader)?;
        let custom = |table: &str, wanted: bool| if wanted { there.pick(table, "custom_attributes") } else { "NULL".into() };
        let always: Vec<String> = ALWAYS.iter().map(|column| there.pick("contacts", column)).collect();
        let (always, fields) = (always.join(", "), there.wishes("contacts", &wanted.columns));
        let contacts = format!("SELECT {always}, {}{fields} FROM contacts", custom("contacts", wanted.custom));
        let company = format!(
            "SELECT {}{} FROM contact_companies AS link CROSS JOIN companies ON companies.id = link.company_id \
             WHERE link.contact_id = ?1 ORDER BY {} LIMIT 1",
            custom("companies", wanted.company_custom),
            there.wishes("companies", &wanted.company),
            chosen(&there, wanted.rule.unwrap_or(CompanyRule::Newest)),
        );
        let tags = |of: &str| {
            format!(
                "SELECT tags.name FROM {of}_tags AS link CROSS JOIN tags ON tags.id = link.tag_id \
                 WHERE link.{of}_id = ?1 AND tags.name IS NOT NULL ORDER BY tags.name"
            )
        };
        let columns: Vec<String> = CONVERSATION.iter().map(|column| there.pick("conversations", column)).collect();
        let conversations = format!(
            "SELECT {} FROM conversation_contacts AS link CROSS JOIN conversations ON conversations.id = link.conversation_id \
             WHERE link.contact_id = ?1 ORDER BY {} DESC, conversations.id DESC",
            columns.join(", "),
            there.pick("conversations", "created_at"),
        );
        let when = |wanted: bool, tables: &[&str], sql: String| (wanted && there.all(tables)).then_some(sql);
        Ok(Statements {
            contacts: when(true, &["contacts"], contacts),
            company: when(wanted.companies(), &["contact_companies", "companies"], company),
            tags: when(wanted.tags, &["contact_tags", "tags"], tags("contact")),
            conversations: when(wanted.facts, &["conversation_contacts", "conversations"], conversations),
            conversation_tags: when(wanted.facts, &["conversation_tags", "tags"], tags("conversation")),
            there,
        })
    }
}

/// Which company comes first. Ties go to the smallest id, so that the choice is the same in every run.
fn chosen(there: &There, rule: CompanyRule) -> String {
    let by = |column: &str| there.pick("companies", column);
    match rule {
        CompanyRule::Newest => format!("{} DESC NULLS LAST, companies.id", by("last_request_at")),
        CompanyRule::Largest => format!("{} DESC NULLS LAST, companies.id", by("size")),
        CompanyRule::First => format!("lower({}) NULLS LAST, companies.id", by("name")),
    }
}
