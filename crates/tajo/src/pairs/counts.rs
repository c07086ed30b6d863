//! A plan in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::{Act, Entry, Side};

/// A plan in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Attributes to create in Brevo.
    pub attributes: u64,
    /// Contacts to create in Brevo.
    pub create: u64,
    /// Contacts to change in Brevo.
    pub change: u64,
    /// Contacts to create in Intercom.
    pub create_in_intercom: u64,
    /// Contacts to change in Intercom.
    pub change_in_intercom: u64,
    /// Opt-outs that travel, either way.
    pub opt_outs: u64,
    /// Records to delete; always 0 unless a policy says otherwise.
    pub delete: u64,
    /// Fields that wait for a person.
    pub conflicts: u64,
    /// Records left alone, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Records looked at that need nothing.
    pub unchanged: u64,
    /// Fields whose value had to be left out or changed on the way.
    pub notes: u64,
}

impl Counts {
    /// Adds an entry.
    pub fn add(&mut self, entry: &Entry) {
        let step = match &entry.act {
            Act::Attribute { .. } => return self.attributes += 1,
            Act::Delete { .. } => return self.delete += 1,
            Act::Skip(reason) => return *self.skipped.entry(reason.clone()).or_default() += 1,
            Act::Contact(step) => step,
        };
        match step.new {
            Some(Side::Brevo) => self.create += 1,
            Some(Side::Intercom) => self.create_in_intercom += 1,
            None => {}
        }
        self.change += u64::from(step.new != Some(Side::Brevo) && !step.right.is_empty());
        self.change_in_intercom += u64::from(step.new != Some(Side::Intercom) && !step.left.is_empty());
        self.opt_outs += u64::from(step.opts_out());
        self.conflicts += step.conflicts.len() as u64;
        self.notes += step.notes.len() as u64;
        self.unchanged += u64::from(!step.writes() && step.conflicts.is_empty());
    }
    /// Writes to either platform.
    pub fn writes(&self) -> u64 {
        self.attributes + self.create + self.change + self.create_in_intercom + self.change_in_intercom + self.delete
    }
    /// Records left alone.
    pub fn skipped(&self) -> u64 {
        self.skipped.values().sum()
    }
}
