//! What conversations have to tell as events, and which tags there are.

use tajo_core::error::Result;
use tajo_dest::sqlite::Param;

use super::LeftReader;

/// A conversation of a contact, as far as it makes events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Intercom's id.
    pub id: String,
    /// When it began, unix seconds.
    pub created_at: i64,
    /// How it began, such as `customer_initiated`.
    pub channel: Option<String>,
    /// When it was last closed.
    pub closed_at: Option<i64>,
    /// When it was rated.
    pub rated_at: Option<i64>,
    /// The rating, 1 to 5.
    pub rating: Option<i64>,
}

const WANTED: [&str; 8] = [
    "id",
    "created_at",
    "source_delivered_as",
    "statistics_last_close_at",
    "conversation_rating_updated_at",
    "conversation_rating_created_at",
    "conversation_rating_rating",
    "state",
];

impl LeftReader {
    /// Names of all tags, sorted; `None` where they are not known.
    pub fn tag_names(&self) -> Result<Option<Vec<String>>> {
        if !self.statements.there.all(&["tags"]) {
            return Ok(None);
        }
        let mut names = Vec::new();
        self.reader.each("SELECT name FROM tags WHERE name IS NOT NULL ORDER BY name", &[], &mut |row| {
            names.extend(row.text(0).map(str::to_string));
            Ok(())
        })?;
        Ok(Some(names))
    }
    /// Conversations of a contact that changed at or after a moment (unix seconds), oldest first.
    pub fn conversations_of(&self, contact: &str, since: i64) -> Result<Vec<Told>> {
        let mut told = Vec::new();
        if !self.statements.there.all(&["conversation_contacts", "conversations"]) {
            return Ok(told);
        }
        let columns = WANTED.map(|column| self.statements.there.pick("conversations", column)).join(", ");
        let updated = self.statements.there.pick("conversations", "updated_at");
        let sql = format!(
            "SELECT {columns} FROM conversation_contacts AS link CROSS JOIN conversations \
             ON conversations.id = link.conversation_id WHERE link.contact_id = ?1 AND {updated} >= ?2 ORDER BY conversations.id"
        );
        self.reader.each(&sql, &[Param::Text(contact), Param::Moment(since)], &mut |row| {
            let text = |at: usize| row.text(at).filter(|text| !text.is_empty()).map(str::to_string);
            let rating = row.integer(6);
            told.push(Told {
                id: text(0).unwrap_or_default(),
                created_at: row.integer(1).unwrap_or(0),
                channel: text(2),
                closed_at: row.integer(3).filter(|_| row.text(7) == Some("closed")),
                rated_at: row.integer(4).or_else(|| row.integer(5)).filter(|_| rating.is_some()),
                rating,
            });
            Ok(())
        })?;
        Ok(told)
    }
}
