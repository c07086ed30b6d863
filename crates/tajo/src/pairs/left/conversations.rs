//! What a contact's conversations tell, from their rows.

use tajo_core::error::Result;
use tajo_dest::sqlite::{Param, Reader, Row};

use super::Facts;

/// What is gathered while the rows come, the last conversation first.
#[derive(Default)]
struct Gathered {
    facts: Facts,
    last_id: String,
    /// When the ratings so far were given.
    rated_at: Option<i64>,
    fin_rated_at: Option<i64>,
    fin_seen: bool,
}

/// The facts about a contact's conversations. `conversations` and `tags` are statements of [`super::statements`].
pub fn facts(reader: &Reader, conversations: &str, tags: Option<&str>, contact: &str) -> Result<Facts> {
    let mut gathered = Gathered::default();
    reader.each(conversations, &[Param::Text(contact)], &mut |row| {
        gathered.take(row);
        Ok(())
    })?;
    let Gathered { mut facts, last_id, .. } = gathered;
    if let Some(tags) = tags.filter(|_| facts.conversations > 0) {
        reader.each(tags, &[Param::Text(&last_id)], &mut |row| {
            facts.last_tags.extend(row.text(0).map(str::to_string));
            Ok(())
        })?;
    }
    Ok(facts)
}

impl Gathered {
    fn take(&mut self, row: &Row<'_, '_>) {
        let facts = &mut self.facts;
        let text = |at: usize| row.text(at).filter(|text| !text.is_empty()).map(str::to_string);
        let began = row.integer(1);
        if facts.conversations == 0 {
            self.last_id = row.text(0).unwrap_or_default().to_string();
            facts.last_at = began;
            facts.last_channel = text(4);
        }
        facts.conversations += 1;
        let open = match row.text(2) {
            Some(state) => matches!(state, "open" | "snoozed"),
            None => row.integer(3) == Some(1),
        };
        facts.open += u64::from(open);
        if let Some(rating) = row.integer(5) {
            let at = row.integer(6).or_else(|| row.integer(7)).or(began);
            if facts.last_rating.is_none() || at > self.rated_at {
                (facts.last_rating, self.rated_at) = (Some(rating), at);
            }
        }
        facts.first_response = facts.first_response.or_else(|| row.integer(8));
        if let Some(parts) = row.integer(9) {
            facts.messages = Some(facts.messages.unwrap_or(0) + parts);
        }
        let resolution = text(10);
        if !self.fin_seen && (resolution.is_some() || row.integer(13) == Some(1)) {
            (self.fin_seen, facts.fin_resolution) = (true, resolution);
        }
        if let Some(rating) = row.integer(11) {
            let at = row.integer(12).or(began);
            if facts.fin_rating.is_none() || at > self.fin_rated_at {
                (facts.fin_rating, self.fin_rated_at) = (Some(rating), at);
            }
        }
    }
}
