//! Help center articles.

use super::people::Plan;
use super::table::Row;
use super::words::{ARTICLES, COLLECTIONS};
use super::written::{Maybe, text};
use crate::dice::Dice;

/// What is stored of an article.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    pub(crate) serial: u32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) author: u32,
    pub(crate) draft: bool,
    pub(crate) collection: Option<u32>,
    pub(crate) revision: u32,
    /// `title`, `description`, `body` and `translated_content`, where somebody wrote them.
    pub(crate) written: Maybe,
}

/// A collection; a removed one leaves its place empty.
#[derive(Debug, Clone)]
pub(crate) struct Collection {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) parent: Option<u32>,
    pub(crate) alive: bool,
}

/// The collections at the start; the last lies within the first.
pub(crate) fn settle_collections(first_day: i64) -> Vec<Collection> {
    let one = |(serial, name): (i64, &&str)| Collection {
        name: (*name).to_owned(),
        description: (serial > 0).then(|| "Articles on one subject".to_owned()),
        created_at: first_day,
        updated_at: first_day + serial,
        parent: (serial == 3).then_some(0),
        alive: true,
    };
    (0i64..).zip(&COLLECTIONS).map(one).collect()
}

impl Row for Article {
    fn sort_key(&self) -> i64 {
        self.updated_at
    }

    fn serial(&self) -> u32 {
        self.serial
    }
}

impl Article {
    pub(crate) fn title(&self) -> String {
        text(&self.written, "title", || Some(self.first_title())).unwrap_or_default()
    }

    fn first_title(&self) -> String {
        let title = ARTICLES[self.serial as usize % ARTICLES.len()];
        match self.serial as usize / ARTICLES.len() {
            0 => title.to_owned(),
            again => format!("{title} ({})", again + 1),
        }
    }

    pub(crate) fn description(&self) -> Option<String> {
        let derived = || (!self.serial.is_multiple_of(3)).then(|| "What this page is about".to_owned());
        text(&self.written, "description", derived)
    }

    /// HTML.
    pub(crate) fn body(&self) -> String {
        let derived = || {
            let steps = "All you need to know, step by step. ".repeat(6);
            Some(format!("<p>{}</p><p>{steps}</p><p>Revision {}.</p>", self.first_title(), self.revision))
        };
        text(&self.written, "body", derived).unwrap_or_default()
    }
}

pub(crate) fn settle(plan: &Plan<'_>, count: usize, admins: usize) -> Vec<Article> {
    (0..u32::try_from(count).expect("fewer than 2^32 articles"))
        .map(|serial| {
            let mut dice = Dice::of(plan.seed, 41, serial);
            let updated_at = plan.spread(serial, count);
            Article {
                serial,
                created_at: plan.first_day + dice.between(0, plan.years - 1),
                updated_at,
                author: dice.serial(admins.max(1)),
                draft: dice.per_mille(150),
                collection: dice.per_mille(900).then(|| dice.serial(COLLECTIONS.len())),
                revision: 0,
                written: None,
            }
        })
        .collect()
}
