//! `GET /contacts` and the members of a list. Source: facts §4.6.

use serde_json::Value;

use crate::brevo::account::Account;
use crate::brevo::account::contact::Key;
use crate::brevo::account::people::Row;
use crate::brevo::ask::{Answer, Ask, Paging, Reply};
use crate::brevo::contacts::show;
use crate::brevo::refusal::Refusal;

const STANDARD: usize = 50;
const LIMIT_MAX: usize = 1000;
const LIST_LIMIT_MAX: usize = 500;
const IDS_MAX: usize = 20;

/// The twin's only segment: everybody who is blocklisted.
pub(in crate::brevo) const SEGMENT: u64 = 1;

/// Which contacts to show.
#[derive(Debug, Default)]
struct Filter {
    modified_since: Option<i64>,
    created_since: Option<i64>,
    ids: Option<Vec<i64>>,
    lists: Vec<u32>,
    segment: bool,
    /// An attribute and the value that it has to equal, as text.
    equals: Option<(String, String)>,
}

/// The only filter is `equals(ATTRIBUTE,"value")`.
fn equals(text: &str) -> Result<(String, String), Refusal> {
    let wrong = || Refusal::invalid("filter should be equals(attribute,value)");
    let inner = text.trim().strip_prefix("equals(").and_then(|rest| rest.strip_suffix(')')).ok_or_else(wrong)?;
    let (name, value) = inner.split_once(',').ok_or_else(wrong)?;
    Ok((name.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
}

impl Filter {
    /// Parameters of any other name are ignored, not refused (facts §3.2).
    fn read(account: &Account, ask: &Ask<'_>) -> Result<Filter, Refusal> {
        let lists: Vec<i64> = ask.numbers("listIds")?;
        let segment = ask.numbers::<u64>("segmentId")?.first().copied();
        if !lists.is_empty() && segment.is_some() {
            return Err(Refusal::invalid("Either listIds or segmentId can be passed"));
        }
        if segment.is_some_and(|id| id != SEGMENT) {
            return Err(Refusal::invalid("Segment ID does not exist"));
        }
        let ids: Vec<i64> = ask.numbers("ids")?;
        if ids.len() > IDS_MAX {
            return Err(Refusal::out_of_range("A maximum of 20 ids can be passed"));
        }
        Ok(Filter {
            modified_since: ask.instant("modifiedSince")?,
            created_since: ask.instant("createdSince")?,
            ids: (!ids.is_empty()).then_some(ids),
            lists: account.known_lists(&lists)?,
            segment: segment.is_some(),
            equals: ask.query("filter").map(equals).transpose()?,
        })
    }

    /// Both instants count themselves in; the vendor does not say.
    fn takes(&self, account: &Account, row: &Row) -> bool {
        self.modified_since.is_none_or(|since| row.modified >= since)
            && self.created_since.is_none_or(|since| row.contact.created >= since)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&row.id))
            && (self.lists.is_empty() || self.lists.iter().any(|list| row.contact.lists.contains(list)))
            && (!self.segment || row.contact.email_blocked)
            && self.equals.as_ref().is_none_or(|(name, value)| equal(account, row, name, value))
    }

    fn is_open(&self) -> bool {
        self.modified_since.is_none()
            && self.created_since.is_none()
            && self.ids.is_none()
            && self.lists.is_empty()
            && !self.segment
            && self.equals.is_none()
    }
}

fn equal(account: &Account, row: &Row, name: &str, value: &str) -> bool {
    if let Some(key) = account.registry.key(name) {
        let wanted = key.canonical(value);
        return wanted.is_some() && row.contact.key(key) == wanted.as_ref();
    }
    let held = account.registry.number(name).and_then(|number| row.contact.value(number)).map(|held| held.json());
    match held {
        Some(Value::String(text)) => text == value,
        Some(Value::Array(labels)) => value.split(',').all(|label| labels.contains(&Value::from(label.trim()))),
        Some(other) => {
            let shown = other.to_string();
            shown == value
        }
        None => false,
    }
}

pub(in crate::brevo) fn all(account: &Account, ask: &Ask<'_>) -> Answer {
    let page = ask.paging(STANDARD, LIMIT_MAX)?;
    answer(account, ask, &Filter::read(account, ask)?, page)
}

pub(in crate::brevo) fn members(account: &Account, ask: &Ask<'_>, list: u32) -> Answer {
    let page = ask.paging(STANDARD, LIST_LIMIT_MAX)?;
    let filter = Filter { modified_since: ask.instant("modifiedSince")?, lists: vec![list], ..Filter::default() };
    answer(account, ask, &filter, page)
}

fn answer(account: &Account, ask: &Ask<'_>, filter: &Filter, page: Paging) -> Answer {
    let rows = account.people.rows();
    let (count, shown): (usize, Vec<&Row>) = if filter.is_open() {
        (rows.len(), cut(rows.iter(), page))
    } else {
        let mut found: Vec<&Row> = rows.iter().filter(|row| filter.takes(account, row)).collect();
        if ask.stale && filter.modified_since.is_some() {
            let newest = found.iter().map(|row| row.modified).max();
            let at = found.iter().rposition(|row| Some(row.modified) == newest);
            if let Some(at) = at {
                found.remove(at);
            }
        }
        (found.len(), cut(found.into_iter(), page))
    };
    Reply::object(|j| {
        j.list("contacts", shown, |j, row| show::contact(account, row, false, j));
        j.put("count", count);
    })
}

fn cut<'a>(rows: impl DoubleEndedIterator<Item = &'a Row> + ExactSizeIterator, page: Paging) -> Vec<&'a Row> {
    if page.descending {
        rows.rev().skip(page.offset).take(page.limit).collect()
    } else {
        rows.skip(page.offset).take(page.limit).collect()
    }
}

/// Whoever an identifier of a list endpoint names.
pub(in crate::brevo) fn named(account: &Account, kind: &str, value: &Value) -> Option<i64> {
    match kind {
        "ids" => account.people.get(value.as_i64()?).map(|row| row.id),
        "emails" => account.people.owner(Key::Email, &Key::Email.canonical(value.as_str()?)?),
        _ => account.people.owner(Key::ExtId, value.as_str()?),
    }
}
