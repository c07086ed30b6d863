//! When a plan is too large to be meant. Judged over the whole plan, before the first write.

use std::collections::BTreeMap;

use super::Rule;

/// The limits. A count has to pass its floor *and* its share, so that small workspaces are never stuck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brakes {
    /// Share of existing records that may change in one run.
    pub changed_share: f64,
    /// So many may change in any case.
    pub changed_floor: u64,
    /// Share of existing records in which one field may be blanked.
    pub blanked_share: f64,
    /// So many may be blanked in any case.
    pub blanked_floor: u64,
}

impl Default for Brakes {
    fn default() -> Brakes {
        Brakes { changed_share: 0.10, changed_floor: 100, blanked_share: 0.01, blanked_floor: 10 }
    }
}

/// What a plan would do, counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Records that both sides have.
    pub existing: u64,
    /// Of these, records that would change in a field that counts.
    pub changed: u64,
    /// Of these, records in which a field would be emptied, by field.
    pub blanked: BTreeMap<String, u64>,
    /// Records that would be deleted.
    pub deleted: u64,
    /// Records that the left side listed.
    pub listed: u64,
    /// Links that stood before.
    pub linked: u64,
}

/// One write to one field of an existing record.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The field's rule.
    pub rule: &'a Rule,
    /// Whether it would be emptied.
    pub blanks: bool,
    /// Whether it takes a value's place, and not an empty field's.
    pub replaces: bool,
}

impl Tally {
    /// Counts the writes to one record; `all` counts lively fields too, as when the mapping itself changed.
    pub fn record<'a>(&mut self, existing: bool, changes: impl Iterator<Item = Change<'a>>, all: bool) {
        if !existing {
            return;
        }
        self.existing += 1;
        let mut counts = false;
        for change in changes {
            counts |= change.replaces && (all || !change.rule.lively);
            if change.blanks && (all || !change.rule.lively) {
                *self.blanked.entry(change.rule.key.clone()).or_default() += 1;
            }
        }
        self.changed += u64::from(counts);
    }
}

/// A brake that took hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Which: `changed`, `blanked`, `deleted`, `empty`.
    pub brake: &'static str,
    /// What would happen, in words.
    pub said: String,
}

impl Brakes {
    /// Every brake that takes hold of this plan.
    pub fn check(&self, tally: &Tally) -> Vec<Stop> {
        let mut stops = Vec::new();
        let base = tally.existing.max(tally.linked);
        let over = |count: u64, floor: u64, share: f64| count > floor && count as f64 > share * base as f64;
        let percent = |count: u64| format!("{:.0} %", 100.0 * count as f64 / base.max(1) as f64);
        if over(tally.changed, self.changed_floor, self.changed_share) {
            let said = format!("{} of {base} existing records would change ({})", tally.changed, percent(tally.changed));
            stops.push(Stop { brake: "changed", said });
        }
        for (field, count) in &tally.blanked {
            if over(*count, self.blanked_floor, self.blanked_share) {
                let said = format!("{field} would be emptied in {count} of {base} records ({})", percent(*count));
                stops.push(Stop { brake: "blanked", said });
            }
        }
        if tally.deleted > 0 {
            stops.push(Stop { brake: "deleted", said: format!("{} records would be deleted", tally.deleted) });
        }
        if tally.listed == 0 && tally.linked > 0 {
            let said = format!("the source lists no records at all, but {} are linked", tally.linked);
            stops.push(Stop { brake: "empty", said });
        }
        stops
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Flow, Law, Winner};
    use super::*;

    #[test]
    fn brakes_hold_large_plans_and_let_small_workspaces_pass() {
        let brakes = Brakes::default();
        let named = |tally: Tally| brakes.check(&tally).iter().map(|stop| stop.brake).collect::<Vec<_>>();
        let plan = |existing, changed| Tally { existing, changed, linked: existing, listed: existing, ..Tally::default() };
        assert_eq!(named(plan(10_000, 10_000)), ["changed"]);
        assert_eq!(named(plan(10_000, 1_000)), [""; 0]);
        assert_eq!(named(plan(60, 60)), [""; 0], "a floor of 100");
        let blanked = |n| Tally { blanked: [("NAME".to_string(), n)].into(), ..plan(10_000, 0) };
        assert_eq!(named(blanked(101)), ["blanked"]);
        assert_eq!(named(blanked(100)), [""; 0]);
        assert_eq!(named(Tally { deleted: 1, ..plan(10, 0) }), ["deleted"]);
        assert_eq!(named(Tally { listed: 0, ..plan(10, 0) }), ["empty"]);
    }

    #[test]
    fn what_changes_by_nature_is_not_counted_unless_the_mapping_changed() {
        let rule = Rule { key: "SEEN".into(), flow: Flow::Right, winner: Winner::Left, law: Law::Field, lively: true };
        let change = || [Change { rule: &rule, blanks: false, replaces: true }].into_iter();
        let mut tally = Tally::default();
        tally.record(true, change(), false);
        assert_eq!((tally.existing, tally.changed), (1, 0));
        tally.record(true, change(), true);
        assert_eq!((tally.existing, tally.changed), (2, 1));
    }
}
