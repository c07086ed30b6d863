//! The synthetic workspace: who lives here, what they said, and what the index shows of it.

pub(crate) mod articles;
pub(crate) mod attributes;
mod change;
pub(crate) mod companies;
pub(crate) mod conversations;
mod directory;
pub(crate) mod events;
pub(crate) mod ids;
pub(crate) mod ledger;
pub(crate) mod people;
pub(crate) mod table;
pub(crate) mod ticket_types;
pub(crate) mod tickets;
mod truth;
pub(crate) mod words;
pub(crate) mod written;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use articles::{Article, Collection};
use attributes::Attribute;
use companies::Company;
use conversations::Conversation;
use directory::Directory;
use events::Event;
use ledger::Ledger;
use people::{Contact, Origin, Person, Plan};
use table::Table;
use tickets::Ticket;

use crate::dice::Dice;
use crate::intercom::scroll::Scroll;
use crate::options::Options;

/// How a contact left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    Deleted,
    Archived,
    /// Blocked: as archived, but it does not come back.
    Blocked,
    /// Merged into the contact with this serial.
    Merged(u32),
}

/// A tag; a removed one leaves its place empty.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) alive: bool,
}

/// A note written after the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) id: u32,
    pub(crate) at: i64,
    pub(crate) admin: Option<u32>,
    pub(crate) body: String,
}

/// What the API was made to do.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Mutating calls that took effect.
    pub(crate) writes: usize,
    /// Contacts created.
    pub(crate) created: usize,
    /// Contacts whose `unsubscribed_from_emails` went from true to false.
    pub(crate) resubscribed: Vec<u32>,
}

/// One workspace.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) seed: u64,
    /// When the town was founded: the small tables' timestamps.
    pub(crate) first_day: i64,
    pub(crate) contacts: Table<Contact>,
    pub(crate) companies: Table<Company>,
    pub(crate) conversations: Table<Conversation>,
    pub(crate) articles: Table<Article>,
    pub(crate) collections: Vec<Collection>,
    pub(crate) tickets: Table<Ticket>,
    /// Tickets by the conversation that is linked to them.
    pub(crate) ticket_links: BTreeMap<u32, Vec<u32>>,
    pub(crate) tags: Vec<Tag>,
    /// Users of each company, the reverse of `Contact::companies`, in the primary.
    pub(crate) members: Vec<Vec<u32>>,
    /// One for every contact that ever was.
    pub(crate) origins: Vec<Origin>,
    /// What contacts of which nothing is derived were called at first.
    founded: BTreeMap<u32, Person>,
    pub(crate) gone_contacts: BTreeMap<u32, Gone>,
    /// Archived contacts as they were: they can come back.
    pub(crate) archived: BTreeMap<u32, Contact>,
    directory: OnceCell<Directory>,
    /// Notes written after the start, by contact.
    pub(crate) notes: BTreeMap<u32, Vec<Note>>,
    pub(crate) events: BTreeMap<u32, Vec<Event>>,
    /// Companies by the id that their owner gave them after the start.
    pub(crate) own_ids: BTreeMap<String, u32>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) tally: Tally,
    pub(crate) ledger: Ledger,
    /// (conversation, deleted_at), oldest first.
    pub(crate) deleted_conversations: Vec<(u32, i64)>,
    pub(crate) scroll: Option<Scroll>,
    /// Chooses edits.
    pub(crate) whim: Dice,
    /// Chooses index lags.
    lag: Dice,
    /// Chooses request ids and scroll parameters.
    pub(crate) stamp: Dice,
    pub(crate) edits_per_mille: u32,
}

const YEAR: i64 = 365 * 86_400;

impl World {
    pub(crate) fn settle(options: Options, now: i64) -> World {
        let seed = options.seed;
        let spread_secs = i64::from(options.spread_days.max(1)) * 86_400;
        let first_day = now - spread_secs - 3 * YEAR;
        let count = u32::try_from(options.companies).expect("fewer than 2^32 companies");
        let inhabited: Vec<u32> = (0..count).filter(|serial| !companies::is_deserted(*serial)).collect();
        let plan = Plan {
            seed,
            contacts: options.contacts,
            tags: options.tags,
            now,
            spread_secs,
            first_day,
            years: 3 * YEAR - 6 * 86_400,
            inhabited: &inhabited,
            blank: options.blank,
        };
        let people = people::settle(&plan);
        let mut members = vec![Vec::new(); options.companies];
        for contact in &people {
            for company in &contact.companies {
                members[*company as usize].push(contact.serial);
            }
        }
        World {
            seed,
            first_day,
            origins: people.iter().map(|contact| contact.origin).collect(),
            contacts: Table::of(people),
            companies: Table::of(companies::settle(&plan, options.companies)),
            conversations: Table::of(conversations::settle(&plan, options.conversations, options.admins, options.teams)),
            articles: Table::of(articles::settle(&plan, options.articles, options.admins)),
            collections: articles::settle_collections(first_day),
            tickets: Table::of(tickets::settle(seed, options.tickets, options.contacts, now)),
            ticket_links: BTreeMap::new(),
            tags: (0..options.tags).map(|n| Tag { name: tag_name(n), alive: true }).collect(),
            members,
            founded: BTreeMap::new(),
            gone_contacts: BTreeMap::new(),
            archived: BTreeMap::new(),
            directory: OnceCell::new(),
            notes: BTreeMap::new(),
            events: BTreeMap::new(),
            own_ids: BTreeMap::new(),
            attributes: attributes::settle(),
            tally: Tally::default(),
            ledger: ledger::settle(seed, options.admins, now),
            deleted_conversations: Vec::new(),
            scroll: None,
            whim: Dice::of(seed, 51, 0),
            lag: Dice::of(seed, 52, 0),
            stamp: Dice::of(seed, 53, 0),
            edits_per_mille: 0,
            options,
        }
    }

    /// The workspace id: `app.id_code`, `workspace_id`, `app_id`.
    pub(crate) fn workspace_id(&self) -> String {
        let derived = || format!("tj{:06x}", self.seed.wrapping_mul(0x9E37_79B9) & 0xff_ffff);
        self.options.workspace.clone().unwrap_or_else(derived)
    }

    /// Lets the indexes show every change whose lag has passed.
    pub(crate) fn catch_up(&mut self, now_ms: i64) {
        self.contacts.catch_up(now_ms);
        self.companies.catch_up(now_ms);
        self.conversations.catch_up(now_ms);
        self.articles.catch_up(now_ms);
        self.tickets.catch_up(now_ms);
    }

    /// When the index will know of a change made now.
    fn due(&mut self, now_ms: i64) -> i64 {
        let most = i64::try_from(self.options.index_lag_max).unwrap_or(0) * 1000;
        now_ms + self.lag.between(0, most)
    }

    /// What a contact was called at first: what others quote of it.
    pub(crate) fn author(&self, contact: u32) -> Option<Person> {
        if let Some(person) = self.founded.get(&contact) {
            return Some(person.clone());
        }
        self.origins.get(contact as usize).map(|origin| people::author(self.seed, *origin))
    }

    pub(crate) fn tag_is_alive(&self, tag: u32) -> bool {
        self.tags.get(tag as usize).is_some_and(|tag| tag.alive)
    }

    /// A living collection.
    pub(crate) fn collection(&self, serial: u32) -> Option<&Collection> {
        self.collections.get(serial as usize).filter(|collection| collection.alive)
    }

    pub(crate) fn users_of(&self, company: u32) -> &[u32] {
        self.members.get(company as usize).map_or(&[], Vec::as_slice)
    }
}

fn tag_name(n: usize) -> String {
    let name = words::TAGS[n % words::TAGS.len()];
    if n < words::TAGS.len() { name.to_owned() } else { format!("{name}-{n}") }
}
