//! Two-way sync of one record, decided without clock, network or state: what each side last showed us is the base, and
//! each side is compared with its own base, never with the other side. Then a platform that trims, cuts or reformats
//! what it is given does not look like somebody who edits.

mod advance;
mod base;
mod brakes;
mod likeness;
mod reconcile;
mod recover;
#[cfg(test)]
mod trials;

use serde_json::Value;

pub use advance::{Answers, advance};
pub use base::Base;
pub use brakes::{Brakes, Change, Stop, Tally};
pub use likeness::{alike, looks_like};
pub use reconcile::reconcile;
pub use recover::{Recovery, recover};

/// Which way a field may flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// From left to right alone.
    Right,
    /// From right to left alone.
    Left,
    /// Both ways.
    Both,
}

impl Flow {
    /// Whether the left value may be written to the right.
    pub fn right(self) -> bool {
        self != Flow::Left
    }
    /// Whether the right value may be written to the left.
    pub fn left(self) -> bool {
        self != Flow::Right
    }
}

/// Who wins where both sides changed the same field of a record to different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Winner {
    /// The left side.
    Left,
    /// The right side.
    Right,
    /// The side whose record changed last; the left one on a tie.
    Newest,
    /// Nobody, until a person chooses.
    Ask,
}

/// The law that a field obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// An ordinary field: compared with its bases, conflicts by [`Winner`].
    Field,
    /// The left side owns it and the right side always follows: membership of a list kept exact.
    Owned,
    /// Consent: `true` wins, whoever said it and whenever, and is never taken back.
    Restrictive,
}

/// One field of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, unique in the pair.
    pub key: String,
    /// Which way it may flow.
    pub flow: Flow,
    /// Who wins a conflict.
    pub winner: Winner,
    /// What it obeys.
    pub law: Law,
    /// Changes by nature with every activity, so a brake on the number of changes does not count it.
    pub lively: bool,
}

/// What a side shows now. The values stand in the order of the rules; `Null` is empty.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// One value for each rule.
    pub values: &'a [Value],
    /// When the record last changed, unix seconds.
    pub changed_at: i64,
}

/// What is to be done for one record. Numbers are positions in the rules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// Values to write to the left.
    pub to_left: Vec<(usize, Value)>,
    /// Values to write to the right.
    pub to_right: Vec<(usize, Value)>,
    /// Both sides agree: nothing to write, the bases follow.
    pub settled: Vec<usize>,
    /// Both changed and somebody has to choose; neither value is touched, and the bases stay.
    pub conflicts: Vec<usize>,
}

impl Decision {
    /// Whether nothing is written and nobody is asked.
    pub fn is_quiet(&self) -> bool {
        self.to_left.is_empty() && self.to_right.is_empty() && self.conflicts.is_empty()
    }
}

/// The three decisions of the two-way core, as values, so that tests can run the whole program with one of them wrong.
#[derive(Clone, Copy)]
pub struct Laws {
    /// See [`reconcile`].
    pub reconcile: fn(&[Rule], &Base, Seen<'_>, Seen<'_>) -> Decision,
    /// See [`advance`].
    pub advance: fn(&[Rule], &Base, Seen<'_>, Seen<'_>, &Decision, Answers<'_>) -> Base,
    /// See [`recover`].
    pub recover: fn(&Value, &Value, &Value) -> Recovery,
}

impl Default for Laws {
    fn default() -> Laws {
        Laws { reconcile, advance, recover }
    }
}
