//! What is true, for tests to compare with: the primary, untruncated.

use super::World;
use super::ids::Kind;

impl World {
    pub(crate) fn ids(&self, table: &str) -> Vec<String> {
        let some = |kind: Kind, count: usize| (0..u32::try_from(count).unwrap_or(0)).map(|serial| kind.id(serial)).collect();
        match table {
            "contacts" => self.contacts.live().map(|row| Kind::Contact.id(row.serial)).collect(),
            "companies" => self.companies.live().map(|row| Kind::Company.id(row.serial)).collect(),
            "conversations" => self.conversations.live().map(|row| Kind::Conversation.id(row.serial)).collect(),
            "articles" => self.articles.live().map(|row| Kind::Article.id(row.serial)).collect(),
            "tickets" => self.tickets.live().map(|row| Kind::Ticket.id(row.serial)).collect(),
            "tags" => self.live_tags().map(|(serial, _)| Kind::Tag.id(serial)).collect(),
            "segments" => some(Kind::Segment, self.options.segments),
            "admins" => some(Kind::Admin, self.options.admins),
            "teams" => some(Kind::Team, self.options.teams),
            "collections" => {
                let all = (0u32..).zip(&self.collections).filter(|(_, at)| at.alive);
                all.map(|(serial, _)| Kind::Collection.id(serial)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// (serial, name) of every living tag.
    pub(crate) fn live_tags(&self) -> impl Iterator<Item = (u32, &str)> {
        (0u32..).zip(&self.tags).filter(|(_, tag)| tag.alive).map(|(serial, tag)| (serial, tag.name.as_str()))
    }

    pub(crate) fn links(&self, table: &str) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        match table {
            "contact_tags" => {
                for row in self.contacts.live() {
                    let tags = row.tags.iter().filter(|(tag, _)| self.tag_is_alive(*tag));
                    pairs.extend(tags.map(|(tag, _)| (Kind::Contact.id(row.serial), Kind::Tag.id(*tag))));
                }
            }
            "contact_companies" => {
                for row in self.contacts.live() {
                    let companies = row.companies.iter().filter(|company| self.companies.primary(**company).is_some());
                    pairs.extend(companies.map(|company| (Kind::Contact.id(row.serial), Kind::Company.id(*company))));
                }
            }
            "conversation_contacts" => {
                for row in self.conversations.live() {
                    let contacts = row.contacts.iter();
                    pairs.extend(contacts.map(|contact| (Kind::Conversation.id(row.serial), Kind::Contact.id(*contact))));
                }
            }
            "conversation_tags" => {
                for row in self.conversations.live() {
                    let tags = row.tags.iter().filter(|(tag, _)| self.tag_is_alive(*tag));
                    pairs.extend(tags.map(|(tag, _)| (Kind::Conversation.id(row.serial), Kind::Tag.id(*tag))));
                }
            }
            "ticket_tags" => {
                for row in self.tickets.live() {
                    let tags = row.tags.iter().filter(|(tag, _)| self.tag_is_alive(*tag));
                    pairs.extend(tags.map(|(tag, _)| (Kind::Ticket.id(row.serial), Kind::Tag.id(*tag))));
                }
            }
            _ => {}
        }
        pairs
    }
}
