//! How far one linked contact is out of step. Pure: both sides and what was last seen of them come in.

use serde::Serialize;
use serde_json::Value;
use tajo_engine::pair::{Law, Laws, Seen, alike};

use super::entry::Side;
use super::links::base;
use super::mapping::{LIST, Mapping};
use super::planner::Standing;
use super::right::body;

/// Ways to be out of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The partner in Brevo was deleted.
    MissingInBrevo,
    /// The partner in Intercom was deleted or merged away.
    MissingInIntercom,
    /// A field was changed on the side that does not own it.
    ValueDiffers,
    /// A list that is kept exact has one too many, or one too few.
    ListMembership,
    /// One side opted out and the other does not know.
    ConsentWeaker,
    /// More than one contact could be the partner.
    Duplicate,
    /// A contact of Intercom that belongs into Brevo and is not linked.
    UnlinkedInIntercom,
    /// A contact of Brevo that belongs into Intercom and is not linked.
    UnlinkedInBrevo,
}

impl Kind {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Kind::MissingInBrevo => "missing_in_brevo",
            Kind::MissingInIntercom => "missing_in_intercom",
            Kind::ValueDiffers => "value_differs",
            Kind::ListMembership => "list_membership",
            Kind::ConsentWeaker => "consent_weaker",
            Kind::Duplicate => "duplicate",
            Kind::UnlinkedInIntercom => "unlinked_in_intercom",
            Kind::UnlinkedInBrevo => "unlinked_in_brevo",
        }
    }
}

/// One thing that is out of step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// How.
    pub kind: Kind,
    /// Intercom's id, where there is a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intercom_id: Option<String>,
    /// Brevo's id, where there is a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brevo_id: Option<i64>,
    /// Key of the field, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Intercom's value, in Brevo's terms.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub intercom: Value,
    /// Brevo's value.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub brevo: Value,
    /// The side that a repair writes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<Side>,
}

impl Drift {
    /// About a whole contact.
    pub fn of(kind: Kind, intercom_id: Option<&str>, brevo_id: Option<i64>) -> Drift {
        let intercom_id = intercom_id.map(str::to_string);
        Drift { kind, intercom_id, brevo_id, field: None, intercom: Value::Null, brevo: Value::Null, mend: None }
    }
}

/// What was found about one linked contact.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// Out of step, and no sync mends it by itself.
    pub drifts: Vec<Drift>,
    /// Fields that the next sync carries over.
    pub pending: u64,
    /// Fields that wait for a person.
    pub conflicts: u64,
    /// Differences that are meant to be, by reason.
    pub meant: Vec<&'static str>,
}

/// Judges a linked contact. `fresh`: its row in the mirror is younger than the last sync with Brevo.
///
/// A value that a platform spelt in its own way is no drift: each side is compared with what it showed last. A field that
/// changed on a side from which it flows is no drift either, but the next sync's work.
pub fn judge(mapping: &Mapping, laws: Laws, standing: &Standing, fresh: bool) -> Judged {
    let mut judged = Judged::default();
    let base = base(Some(&standing.link), mapping);
    let seen = |values, at: usize| Seen { values, changed_at: standing.changed_at[at] };
    let mut decision = (laws.reconcile)(&mapping.rules, &base, seen(&standing.left, 0), seen(&standing.right, 1));
    mapping.hold(&standing.unreadable, &mut decision);
    judged.conflicts = decision.conflicts.len() as u64;
    let decided = |n: usize| decision.to_left.iter().chain(&decision.to_right).any(|(at, _)| *at == n);
    let shown = body(&standing.row);
    let left_lists = shown["listUnsubscribed"].as_array();
    for (n, rule) in mapping.rules.iter().enumerate() {
        let (l, r) = (&standing.left[n], &standing.right[n]);
        let is_true = |value: &Value| value == &Value::Bool(true);
        let mut drift = |kind: Kind, mend: Side| {
            let (intercom, brevo, field) = (l.clone(), r.clone(), Some(rule.key.clone()));
            let about = Drift::of(kind, Some(&standing.link.intercom_id), Some(standing.row.id));
            judged.drifts.push(Drift { field, intercom, brevo, mend: Some(mend), ..about });
        };
        match rule.law {
            Law::Restrictive => match (is_true(l), is_true(r)) {
                (true, false) if rule.flow.right() => drift(Kind::ConsentWeaker, Side::Brevo),
                (false, true) if rule.flow.left() => drift(Kind::ConsentWeaker, Side::Intercom),
                (true, false) => judged.meant.push("opted_out_in_intercom_alone"),
                (false, true) => judged.meant.push("opted_out_in_brevo_alone"),
                _ => {}
            },
            Law::Owned if !rule.flow.right() || l.is_null() || is_true(l) == is_true(r) => {}
            Law::Owned => {
                let list = rule.key.strip_prefix(LIST).and_then(|id| id.parse::<u64>().ok());
                let left = list.is_some() && left_lists.into_iter().flatten().any(|id| id.as_u64() == list);
                let changed = fresh || base.left[n].as_ref().is_some_and(|seen| seen != l);
                match (is_true(l) && left, changed) {
                    (true, _) => judged.meant.push("unsubscribed_from_list"),
                    (_, true) => judged.pending += 1,
                    _ => drift(if list.is_some() { Kind::ListMembership } else { Kind::ValueDiffers }, Side::Brevo),
                }
            }
            Law::Field if standing.unreadable.contains(&n) => judged.meant.push("unreadable_in_intercom"),
            Law::Field if decision.conflicts.contains(&n) => {}
            Law::Field if decided(n) => judged.pending += 1,
            Law::Field if alike(l, r) => {}
            Law::Field => {
                let moved = |seen: &Option<Value>, now: &Value| seen.as_ref().is_some_and(|seen| seen != now);
                match (rule.flow.right(), rule.flow.left()) {
                    (true, false) if moved(&base.right[n], r) => drift(Kind::ValueDiffers, Side::Brevo),
                    (false, true) if moved(&base.left[n], l) => drift(Kind::ValueDiffers, Side::Intercom),
                    _ => {}
                }
            }
        }
    }
    judged
}
