//! All contacts, while others come and go.

use std::mem;

use tajo_core::rest::Request;
use tajo_core::{Error, Result, codes};

use crate::anchored::{Anchored, Key, Step};
use crate::client::Brevo;
use crate::contacts::{Contact, ContactPage, PAGE_MAX, read_page};

/// A reading of all contacts, or of all that were modified since a moment, oldest creation first.
///
/// Promises: a contact that is there from the first request to the last is handed out; one that changes meanwhile may be
/// handed out twice. It does not see deletions.
#[derive(Debug)]
pub struct Walk {
    brevo: Brevo,
    modified_since: Option<String>,
    at: Anchored,
    began: Option<i64>,
    done: bool,
}

impl Brevo {
    /// A reading of all contacts that were modified after this moment (`2026-11-20T10:30:00.000Z`), or of all.
    pub fn walk(&self, modified_since: Option<String>) -> Walk {
        self.walk_by(modified_since, PAGE_MAX)
    }

    pub(crate) fn walk_by(&self, modified_since: Option<String>, page: u32) -> Walk {
        Walk { brevo: self.clone(), modified_since, at: Anchored::new(page), began: None, done: false }
    }
}

impl Walk {
    /// The next contacts, at most a page of them; `None` after the last. After an error it may be called again, and goes
    /// on where it was.
    pub async fn next(&mut self) -> Result<Option<Vec<Contact>>> {
        while !self.done {
            let (limit, offset) = self.at.next();
            let since = self.modified_since.clone();
            let page = ContactPage { limit, offset, modified_since: since, ..ContactPage::default() };
            let answer = match self.brevo.ask(Request::get(page.path()), read_page).await {
                // So many contacts of this account are more than one answer may be.
                Err(error) if error.code() == &codes::INT_LARGE && self.at.shrink() => continue,
                answer => answer?,
            };
            self.began = self.began.or(answer.date);
            let mut rows = answer.contacts;
            let keys = rows.iter().map(|row| Key { id: row.id, sort: &row.created_at, version: &row.modified_at });
            let fresh = match self.at.took(keys, answer.count) {
                Step::More(fresh) => fresh,
                Step::End(fresh) => {
                    self.done = true;
                    fresh
                }
                Step::Back => continue,
                Step::Lost => {
                    return Err(Error::new(&codes::BRV_DRIFT, "Brevo's list of contacts changes faster than it can be read"));
                }
            };
            if !fresh.is_empty() {
                keep(&mut rows, &fresh);
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    /// Brevo's clock at its first answer, unix seconds: what was modified later may not have been seen.
    pub fn began(&self) -> Option<i64> {
        self.began
    }
}

/// Keeps the rows at these positions, which ascend.
fn keep(rows: &mut Vec<Contact>, positions: &[usize]) {
    let mut wanted = positions.iter().copied().peekable();
    let all = mem::take(rows).into_iter().enumerate();
    *rows = all.filter_map(|(at, row)| wanted.next_if_eq(&at).map(|_| row)).collect();
}
