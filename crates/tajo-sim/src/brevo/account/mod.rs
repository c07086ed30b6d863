//! One account's state, behind one lock.

mod announce;
pub(super) mod contact;
mod draft;
pub(super) mod people;
pub(super) mod registry;
mod write;

use std::collections::VecDeque;

pub(super) use draft::Draft;
use people::People;
use registry::Registry;
use serde_json::Value;

use super::companies::Companies;
use super::contacts::engagement::Reaction;
use super::events::Event;
use super::options::BrevoOptions;
use super::posts::Posts;
use super::processes::Processes;
use super::refusal::Refusal;
use super::webhooks::Webhook;
use crate::dice::Dice;

/// Who makes the present change; decides `api_key_name` and what counts as done by the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Key,
    Token,
    Import,
    Person,
}

#[derive(Debug)]
pub(crate) struct List {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) folder: u32,
    pub(crate) created: i64,
    pub(crate) members: u64,
}

#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) id: u32,
    pub(crate) name: String,
}

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) options: BrevoOptions,
    /// The instant of the present request, in milliseconds.
    pub(crate) now: i64,
    pub(crate) by: By,
    pub(crate) people: People,
    pub(crate) registry: Registry,
    pub(crate) lists: Vec<List>,
    pub(crate) folders: Vec<Folder>,
    pub(crate) last_list: u32,
    pub(crate) last_folder: u32,
    pub(crate) processes: Processes,
    pub(crate) events: Vec<Event>,
    pub(in crate::brevo) reactions: Vec<Reaction>,
    pub(crate) companies: Companies,
    pub(crate) notes: Vec<Value>,
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) last_webhook: u64,
    pub(crate) delivered: VecDeque<Value>,
    pub(crate) posts: Posts,
    /// Address and form of each finished import's notice.
    pub(crate) notified: Vec<(String, String)>,
    pub(crate) creations: usize,
    pub(crate) resubscribed: Vec<i64>,
    dice: Dice,
}

impl Account {
    pub(crate) fn found(options: BrevoOptions, now: i64) -> Account {
        let list = |(id, name): &(u64, String)| List {
            id: u32::try_from(*id).unwrap_or(u32::MAX),
            name: name.clone(),
            folder: 1,
            created: now,
            members: 0,
        };
        let lists: Vec<List> = options.lists.iter().map(list).collect();
        Account {
            now,
            by: By::Person,
            people: People::default(),
            registry: Registry::found(&options),
            last_list: lists.iter().map(|list| list.id).max().unwrap_or(0),
            lists,
            folders: vec![Folder { id: 1, name: "Your first folder".to_owned() }],
            last_folder: 1,
            processes: Processes::new(options.import_ms),
            events: Vec::new(),
            reactions: Vec::new(),
            companies: Companies::default(),
            notes: Vec::new(),
            webhooks: Vec::new(),
            last_webhook: 0,
            delivered: VecDeque::new(),
            posts: Posts::default(),
            notified: Vec::new(),
            creations: 0,
            resubscribed: Vec::new(),
            dice: Dice::of(options.seed, 71, 0),
            options,
        }
    }

    /// 24 hex digits, as companies and notes are numbered.
    pub(crate) fn hex_id(&mut self) -> String {
        let (seconds, rest) = (self.now.div_euclid(1000) & 0xffff_ffff, self.dice.next());
        format!("{seconds:08x}{rest:016x}")
    }

    pub(crate) fn list(&self, id: u32) -> Option<&List> {
        self.lists.iter().find(|list| list.id == id)
    }

    pub(crate) fn list_mut(&mut self, id: u32) -> Option<&mut List> {
        self.lists.iter_mut().find(|list| list.id == id)
    }

    /// Lists named in a write, all of which must exist.
    pub(crate) fn known_lists(&self, ids: &[i64]) -> Result<Vec<u32>, Refusal> {
        let known = |id: &i64| u32::try_from(*id).ok().filter(|id| self.list(*id).is_some());
        ids.iter().map(|id| known(id).ok_or_else(|| Refusal::invalid("List ID does not exist"))).collect()
    }

    pub(crate) fn add_list(&mut self, name: &str, folder: u32) -> u32 {
        self.last_list += 1;
        let list = List { id: self.last_list, name: name.to_owned(), folder, created: self.now, members: 0 };
        self.lists.push(list);
        self.last_list
    }
}
