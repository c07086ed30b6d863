//! Help center articles.

use super::people::Plan;
use super::table::Row;
use super::words::ARTICLES;
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
        let title = ARTICLES[self.serial as usize % ARTICLES.len()];
        match self.serial as usize / ARTICLES.len() {
            0 => title.to_owned(),
            again => format!("{title} ({})", again + 1),
        }
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
                collection: dice.per_mille(900).then(|| dice.serial(super::words::COLLECTIONS.len())),
                revision: 0,
            }
        })
        .collect()
}
