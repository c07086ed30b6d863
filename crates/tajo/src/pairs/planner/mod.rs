//! From one contact to one entry of the plan. Reads the ledger and the mirror, writes nothing.

mod partner;
mod rebuild;
mod spoken;
mod taken;

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use tajo_core::Result;
use tajo_engine::pair::{Base, Change, Decision, Law, Laws, Rule, Seen, Tally};
use tajo_state::{BrevoRow, Ledger, Link, LinkState};

use super::entry::{Act, Entry, Side, Step};
use super::left::{Left, LeftReader};
use super::links::{Notes, base};
use super::mapping::{CONSENT, EMAIL, Mapping, NewInIntercom, NoEmail, Projected};
use super::right::{body, changed_at};
use partner::Partner;
pub use rebuild::{Rebuilt, rebuild};

/// Plans contact by contact; remembers what the plan has given away already.
pub struct Planner<'a> {
    /// What becomes of what.
    pub mapping: &'a Mapping,
    /// Links and the mirror of Brevo.
    pub ledger: &'a Ledger,
    /// The mirror of Intercom.
    pub reader: &'a LeftReader,
    /// The decisions.
    pub laws: Laws,
    /// Whether the mapping changed since the last pass, so that every field counts for the brakes.
    pub mapping_changed: bool,
    /// What the plan would do, for the brakes.
    pub tally: Tally,
    /// Brevo's clock when its mirror was read, unix seconds.
    pub brevo_now: i64,
    /// Addresses with which a contact was perhaps created in Intercom: nothing is created with them until that is known.
    pub unsettled: HashSet<String>,
    /// Contact that wants a link, and the contact that has it: to be asked about.
    pub suspects: Vec<(String, String)>,
    phones: HashSet<String>,
    emails: HashSet<String>,
    /// Phone numbers that somebody in this plan waits for.
    awaited: HashSet<String>,
    /// Contacts of Brevo that were nobody's, and whose they are to be.
    rows: HashMap<i64, String>,
    /// Whether the contact in hand may share its address with another one.
    shares: bool,
    /// Whether Brevo has nobody at all, so that nobody needs to be looked up there.
    brevo_is_empty: bool,
    /// Whether there are no links and no erased people at all: most of a first plan's look-ups.
    nobody_linked: bool,
    nobody_erased: bool,
}

/// A linked contact as both sides show it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The link.
    pub link: Link,
    /// Brevo's contact.
    pub row: BrevoRow,
    /// Intercom's values, one for each rule.
    pub left: Vec<Value>,
    /// Positions of those that are there and could not be read.
    pub unreadable: Vec<usize>,
    /// Brevo's values.
    pub right: Vec<Value>,
    /// When the record last changed on each side, unix seconds.
    pub changed_at: [i64; 2],
    /// Fingerprint of all that.
    pub ground: String,
}

impl Standing {
    /// A step without a write, that leaves the marks of the link as they are: it is decided apart from a sync.
    pub fn step(&self) -> Step {
        let (waits_for, left_out) = (self.link.waits_for.clone(), self.link.dirty);
        Step { changed_at: self.changed_at, ground: self.ground.clone(), waits_for, left_out, ..Step::default() }
    }
}

const UNSEEN: Value = Value::Null;
/// Why a record is left for a later pass.
pub const WAITS: &str = "waits_for_intercom";
/// Intercom shows a new contact in lists and searches this much later at most, seconds.
const INDEX_LAG_SECS: i64 = 900;
/// After so many seconds a row of the mirror knows of every write.
const BEHIND_SECS: i64 = 3600;

impl<'a> Planner<'a> {
    /// A planner for one plan.
    pub fn new(mapping: &'a Mapping, ledger: &'a Ledger, reader: &'a LeftReader, laws: Laws, mapping_changed: bool) -> Self {
        let brevo_is_empty = ledger.brevo_rows(i64::MIN, 1).is_ok_and(|rows| rows.is_empty());
        let nobody_linked = ledger.links("", 1).is_ok_and(|links| links.is_empty());
        let nobody_erased = ledger.has_erased().is_ok_and(|erased| !erased);
        let (tally, suspects) = (Tally::default(), Vec::new());
        let (phones, emails, awaited, rows) = (HashSet::new(), HashSet::new(), HashSet::new(), HashMap::new());
        Planner {
            mapping,
            ledger,
            reader,
            laws,
            mapping_changed,
            tally,
            brevo_now: i64::MAX,
            unsettled: HashSet::new(),
            suspects,
            phones,
            emails,
            awaited,
            rows,
            shares: true,
            brevo_is_empty,
            nobody_linked,
            nobody_erased,
        }
    }

    fn is_erased(&self, identity: &str) -> Result<bool> {
        if self.nobody_erased { Ok(false) } else { self.ledger.is_erased(identity) }
    }

    fn at(&self, key: &str) -> Option<usize> {
        self.mapping.keys().get(key).copied()
    }

    /// What a contact of Intercom needs; `None` where it needs nothing and nothing is new about it.
    pub fn contact(&mut self, left: &Left) -> Result<Option<Entry>> {
        let link = if self.nobody_linked { None } else { self.ledger.link(&left.id)? };
        self.under(left, link)
    }

    /// What it would need if it had never been linked: for somebody who is gone in Brevo and shall be there again.
    /// An opt-out that went with the deleted contact holds for the new one.
    pub fn anew(&mut self, left: &Left) -> Result<Option<Entry>> {
        let had_opted_out = self.ledger.link(&left.id)?.is_some_and(|link| Notes::of(&link).opted_out);
        self.under(&Left { unsubscribed: left.unsubscribed || had_opted_out, ..left.clone() }, None)
    }

    /// What both sides show of a linked contact; `None` where it is not linked, or Brevo does not have it.
    pub fn standing(&self, left: &Left) -> Result<Option<Standing>> {
        let Some(link) = self.ledger.link(&left.id)?.filter(|link| link.state == LinkState::Live) else { return Ok(None) };
        let Some(row) = link.brevo_id.map(|id| self.ledger.brevo(id)).transpose()?.flatten() else { return Ok(None) };
        let Projected { values: mut shown, unreadable, .. } = self.mapping.left(left);
        let right = self.mapping.right(&body(&row), row.email.as_deref());
        self.mapping.divide_name(left, &mut shown, &base(Some(&link), self.mapping), &right);
        let ground = ground(Some(&link), &shown, &right);
        let changed_at = [left.updated_at, changed_at(&row)];
        Ok(Some(Standing { changed_at, link, row, left: shown, unreadable, right, ground }))
    }

    fn under(&mut self, left: &Left, link: Option<Link>) -> Result<Option<Entry>> {
        let skip = |reason: &str, who: String| Ok(Some(entry(left, None, who, Act::Skip(reason.into()))));
        let projected = self.mapping.left(left);
        let email = self.at(EMAIL).and_then(|n| projected.values[n].as_str()).map(str::to_lowercase);
        let who = match &email {
            Some(email) => email.clone(),
            None => format!("ext_id:{}", left.id),
        };
        let link = match link {
            Some(link) if link.state == LinkState::Gone => return skip("deleted_in_brevo", who),
            Some(link) if link.state == LinkState::Merged => return skip("merged_or_deleted_in_intercom", who),
            link => link,
        };
        if self.is_erased(&left.id)? || email.as_deref().map_or(Ok(false), |email| self.is_erased(email))? {
            return skip("erased", who);
        }
        let linked = link.as_ref().and_then(|link| link.brevo_id).is_some();
        if !linked && email.is_none() && self.mapping.no_email == NoEmail::Skip {
            return skip("no_email", who);
        }
        let notes = link.as_ref().map(Notes::of).unwrap_or_default();
        if notes.left_at.is_some_and(|at| self.is_behind(at, &notes, left, link.as_ref(), &projected.values)) {
            return skip(WAITS, who);
        }
        let partner = self.partner(left, link.as_ref(), email.as_deref())?;
        let row = match partner {
            Partner::Skip(reason) => return skip(reason, who),
            Partner::Row(row) => Some(row),
            Partner::Nobody => None,
        };
        // Only now: whoever holds the link may be gone, and then it is asked about.
        if !linked && email.as_ref().is_some_and(|email| self.emails.contains(email)) {
            return skip("shares_email", who);
        }
        if let Some(email) = email {
            self.emails.insert(email);
        }
        self.step(left, link.as_ref(), row, projected, who)
    }

    fn step(
        &mut self,
        left: &Left,
        link: Option<&Link>,
        row: Option<BrevoRow>,
        projected: Projected,
        who: String,
    ) -> Result<Option<Entry>> {
        let rules = &self.mapping.rules;
        let base = base(link, self.mapping);
        let stored = row.as_ref().map(body);
        let right = match (&row, &stored) {
            (Some(row), Some(body)) => self.mapping.right(body, row.email.as_deref()),
            _ => vec![UNSEEN; rules.len()],
        };
        let Projected { mut values, notes, unreadable } = projected;
        let mut notes: Vec<String> = notes.into_iter().map(|note| note.said).collect();
        self.mapping.divide_name(left, &mut values, &base, &right);
        let times = [left.updated_at, row.as_ref().map_or(0, changed_at)];
        let (seen_l, seen_r) = (Seen { values: &values, changed_at: times[0] }, Seen { values: &right, changed_at: times[1] });
        let mut decision = (self.laws.reconcile)(rules, &base, seen_l, seen_r);
        notes.extend(self.mapping.hold(&unreadable, &mut decision));
        let known = row.as_ref().map(|row| row.id);
        // Brevo may know somebody by another address than Intercom: a write by that one would make a second contact.
        let who = match &row {
            Some(row) => row.email.clone().unwrap_or_else(|| format!("ext_id:{}", left.id)),
            None => who,
        };
        let mut step = Step { changed_at: times, ..Step::default() };
        self.settle_conflicts(&left.id, &mut decision, &values, &right)?;
        let held = self.refuse_taken(&mut decision, &mut step, known, &values, &right, &mut notes)?;
        notes.extend(self.opt_out_of_namesakes(left, &values, &right, &mut decision)?);
        if let Some(body) = &stored {
            keep_out_of_left_lists(rules, &mut decision, body, &mut notes);
        }
        if row.is_none() {
            let open = self.at(EMAIL).is_some_and(|n| rules[n].flow.right());
            if !open || decision.to_right.iter().all(|(n, _)| rules[*n].law == Law::Restrictive) {
                return Ok(Some(entry(left, None, who, Act::Skip("only_in_intercom".into()))));
            }
            step.new = Some(Side::Brevo);
        }
        let changes = decision
            .to_right
            .iter()
            .map(|(n, value)| (n, value, &right[*n]))
            .chain(decision.to_left.iter().map(|(n, value)| (n, value, &values[*n])));
        // Who joins a list or gets a tag loses nothing; who is taken off one does.
        let counts = |law: Law, value: &Value, before: &Value| match law {
            Law::Field => true,
            Law::Owned => before == &Value::Bool(true) && value == &Value::Bool(false),
            Law::Restrictive => false,
        };
        let changes = changes.filter(|(n, value, before)| counts(rules[**n].law, value, before)).map(|(n, value, before)| {
            Change { rule: &rules[*n], blanks: value.is_null() && !before.is_null(), replaces: !before.is_null() }
        });
        let adopted = link.and_then(|link| link.brevo_id).is_none();
        // Shares are of links that stand; who is met for the first time is the first run's question.
        self.tally.record(!adopted, changes, self.mapping_changed);
        fill(&mut step, rules, &decision, &values, &right);
        // A mark to look again is taken off by an entry of its own, unless nobody would tell when the number is free.
        let marked = link.is_some_and(|link| link.dirty) != (step.waits_for.is_some() && !held);
        let news = adopted
            || marked
            || link.is_some_and(|link| link.waits_for != step.waits_for)
            || !decision.is_quiet()
            || !decision.settled.is_empty()
            || !step.conflicts.is_empty();
        if !news {
            return Ok(None);
        }
        step.notes = notes;
        step.ground = ground(link, &values, &right);
        Ok(Some(entry(left, known, who, Act::Contact(Box::new(step)))))
    }

    /// A contact that Brevo alone has: created in Intercom where the direction and the policy say so.
    pub fn only_in_brevo(&mut self, row: &BrevoRow) -> Result<Option<Entry>> {
        let rules = &self.mapping.rules;
        let Some((email, n)) = row.email.clone().zip(self.at(EMAIL)) else { return Ok(None) };
        let role = match self.mapping.new_in_intercom {
            _ if !rules[n].flow.left() => return Ok(None),
            NewInIntercom::Off => return Ok(None),
            NewInIntercom::Lead => "lead",
            NewInIntercom::User => "user",
        };
        if self.ledger.link_of_brevo(row.id)?.is_some() || self.is_erased(&email)? {
            return Ok(None);
        }
        if !self.reader.by_email(&email)?.is_empty() || !self.emails.insert(email.clone()) {
            return Ok(None);
        }
        let stored = body(row);
        let right = self.mapping.right(&stored, Some(&email));
        let skip = |reason: &str| Entry {
            n: 0,
            id: String::new(),
            brevo: Some(row.id),
            who: email.clone(),
            act: Act::Skip(reason.into()),
        };
        if right.iter().zip(rules).any(|(value, rule)| rule.key == CONSENT && value == &json!(true)) {
            return Ok(Some(skip("unsubscribed_in_brevo")));
        }
        // Whoever signed up a moment ago may be in Intercom already, and not yet in its index.
        if self.unsettled.contains(&email) || self.brevo_now - created_at(&stored) < INDEX_LAG_SECS {
            return Ok(Some(skip(WAITS)));
        }
        let left = vec![UNSEEN; rules.len()];
        let (seen_l, seen_r) = (Seen { values: &left, changed_at: 0 }, Seen { values: &right, changed_at: changed_at(row) });
        let base = Base::unseen(rules.len());
        let mut decision = (self.laws.reconcile)(rules, &base, seen_l, seen_r);
        // What only Intercom owns has no left value yet: it is settled when the new contact is read.
        decision.to_right.clear();
        let notes = self.mapping.hold(&[], &mut decision);
        let mut step = Step { new: Some(Side::Intercom), changed_at: [0, changed_at(row)], notes, ..Step::default() };
        fill(&mut step, rules, &decision, &left, &right);
        step.notes.push(format!("role: {role}"));
        step.ground = ground(None, &left, &right);
        Ok(Some(Entry { n: 0, id: String::new(), brevo: Some(row.id), who: email, act: Act::Contact(Box::new(step)) }))
    }
}

/// When a Brevo contact was created, unix seconds; 0 where Brevo does not say.
fn created_at(body: &Value) -> i64 {
    body["createdAt"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok()).map_or(0, |at| at.as_second())
}

fn entry(left: &Left, brevo: Option<i64>, who: String, act: Act) -> Entry {
    Entry { n: 0, id: left.id.clone(), brevo, who, act }
}

/// Whoever left a list by its unsubscribe link is not put back.
fn keep_out_of_left_lists(rules: &[Rule], decision: &mut Decision, body: &Value, notes: &mut Vec<String>) {
    let left: Vec<String> = body["listUnsubscribed"].as_array().into_iter().flatten().map(|id| format!("list:{id}")).collect();
    decision.to_right.retain(|(n, value)| {
        let out = value == &json!(true) && left.contains(&rules[*n].key);
        if out {
            notes.push(format!("not put back on {}: the person unsubscribed from it", rules[*n].key));
        }
        !out
    });
}

fn fill(step: &mut Step, rules: &[Rule], decision: &Decision, left: &[Value], right: &[Value]) {
    let key = |n: usize| rules[n].key.clone();
    step.right = decision.to_right.iter().map(|(n, value)| (key(*n), [value.clone(), right[*n].clone()])).collect();
    step.left = decision.to_left.iter().map(|(n, value)| (key(*n), [value.clone(), left[*n].clone()])).collect();
    step.conflicts.extend(decision.conflicts.iter().map(|&n| (key(n), [left[n].clone(), right[n].clone()])));
    for &n in &decision.settled {
        if left[n].is_null() && right[n].is_null() {
            step.empty.push(key(n));
        } else {
            step.settled.insert(key(n), [left[n].clone(), right[n].clone()]);
        }
    }
}

fn ground(link: Option<&Link>, left: &[Value], right: &[Value]) -> String {
    let mut all = link.map_or(String::new(), |link| link.base.clone());
    for value in left.iter().chain(right) {
        all.push('\n');
        all.push_str(&value.to_string());
    }
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(all.as_bytes()))
}
