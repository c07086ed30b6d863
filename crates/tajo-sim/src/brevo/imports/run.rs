//! An import when its time has come: row by row, nothing told but in files.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Import, Rows};
use crate::brevo::account::contact::Key;
use crate::brevo::account::registry::Field;
use crate::brevo::account::{Account, Draft};
use crate::brevo::processes::{FILES, Outcome};

/// Where the twin drops rows of an import that goes half wrong: the first of every three.
const LOST_EVERY: usize = 3;

/// Counters of the form that `notifyUrl` gets (facts §5.2).
#[derive(Debug, Default)]
struct Tally {
    new: usize,
    known: usize,
}

/// One import under way.
struct Run {
    lists: Vec<u32>,
    update: bool,
    erase: bool,
    email_block: bool,
    sms_block: bool,
    files: [Vec<String>; 7],
    /// Identifiers of earlier rows: a second row with one of them is a duplicate.
    seen: HashSet<(Key, Arc<str>)>,
    tally: Tally,
}

fn file_of(key: Key) -> usize {
    match key {
        Key::ExtId => 2,
        Key::Email => 3,
        Key::Sms => 4,
        Key::Whatsapp => 5,
        Key::Landline => 6,
    }
}

impl Account {
    pub(crate) fn run_import(&mut self, import: Import, half: bool) -> Outcome {
        let Import { rows, lists, update, erase, email_block, sms_block, notify } = import;
        let (files, seen, tally) = Default::default();
        let mut run = Run { lists, update, erase, email_block, sms_block, files, seen, tally };
        let lost = |at: usize| half && at.is_multiple_of(LOST_EVERY);
        match rows {
            Rows::Json(raw) => {
                let Ok(rows) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
                    return Outcome { error: Some("The file could not be read"), ..Outcome::default() };
                };
                for (_, row) in rows.into_iter().enumerate().filter(|(at, _)| !lost(*at)) {
                    // One row at a time: a tree of the whole body would leave the heap full of holes.
                    let row: Value = serde_json::from_str(row.get()).unwrap_or_default();
                    let email = row.get("email").and_then(Value::as_str).unwrap_or_default();
                    let none = Map::new();
                    let attributes = row.get("attributes").and_then(Value::as_object).unwrap_or(&none);
                    self.import_row(&mut run, email, attributes.iter().map(|(name, value)| (name.as_str(), value)));
                }
            }
            Rows::Cells(mut rows) => {
                let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
                for (_, row) in rows.into_iter().enumerate().filter(|(at, _)| !lost(*at)) {
                    let cells = header.iter().zip(&row).map(|(name, text)| (name.as_str(), self.registry.cell(name, text)));
                    let cells: Vec<(&str, Value)> = cells.collect();
                    self.import_row(&mut run, "", cells.iter().map(|(name, value)| (*name, value)));
                }
            }
        }
        if let Some(address) = notify {
            let form = format!(
                "new_emails={}&emails_exists={}&invalid_email={}&duplicates_email={}",
                run.tally.new,
                run.tally.known,
                run.files[0].len(),
                run.files[3].len()
            );
            self.notified.push((address, form));
        }
        debug_assert_eq!(run.files.len(), FILES.len());
        Outcome { files: Some(run.files), ..Outcome::default() }
    }

    fn import_row<'a>(&mut self, run: &mut Run, email: &str, attributes: impl Iterator<Item = (&'a str, &'a Value)>) {
        let mut draft = Draft { lists: run.lists.clone(), ..Draft::default() };
        if !email.is_empty() {
            let Some(email) = Key::Email.canonical(email) else {
                return run.files[0].push(email.to_owned());
            };
            draft.set_key(Key::Email, Some(email));
        }
        for (name, value) in attributes {
            match self.registry.read(name, value) {
                Field::Key(key, None) if !run.erase || key == Key::Email => {}
                Field::Key(key, value) => draft.set_key(key, value),
                Field::Value(_, None) if !run.erase => {}
                Field::Value(number, value) => draft.values.push((number, value)),
                Field::Invalid(Key::Email) if value.as_str().is_some_and(|text| !text.is_empty()) => {
                    return run.files[0].push(value.as_str().unwrap_or_default().to_owned());
                }
                // There is no file for bad numbers: they vanish like unknown attributes.
                Field::Invalid(_) | Field::Dropped | Field::Unknown | Field::Transactional => {}
            }
        }
        let keys: Vec<(Key, Arc<str>)> = draft.wanted().map(|(key, value)| (key, Arc::clone(value))).collect();
        if keys.is_empty() {
            return;
        }
        if let Some((key, value)) = keys.iter().find(|pair| run.seen.contains(*pair)) {
            return run.files[file_of(*key)].push(value.to_string());
        }
        let meant = self.meant(&draft);
        if let Some(key) = self.obstacles(meant, &draft).first() {
            let taken = keys.iter().filter(|(other, _)| other == key).map(|(_, value)| value.to_string());
            return run.files[file_of(*key)].extend(taken);
        }
        run.seen.extend(keys);
        // `false` is never applied: who is blocklisted stays so (facts §5.1).
        draft.email_blocked = run.email_block.then_some(true);
        draft.sms_blocked = run.sms_block.then_some(true);
        match meant {
            None => {
                run.tally.new += 1;
                self.create(draft);
            }
            Some(id) => {
                run.tally.known += 1;
                if !run.update {
                    // Known people only join the lists; the vendor does not say even that.
                    draft = Draft { lists: draft.lists, ..Draft::default() };
                }
                self.update(id, draft, false).expect("obstacles were looked for");
            }
        }
    }
}
