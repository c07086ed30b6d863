//! What has to be true of a person in the end.

use serde_json::{Value, json};
use tajo_engine::pair::looks_like;

use super::super::pair::Rig;
use super::life::{At, FIELDS, Life, Person};

pub fn judge(rig: &Rig, life: &Life, who: usize, person: &Person, wrongs: &mut Vec<String>, residual: &mut usize) {
    if person.stays_in_brevo() {
        return;
    }
    let (Some(intercom), Some(brevo)) = (&person.intercom, person.brevo) else {
        wrongs.push(format!("person {who} is not linked: {person:?}"));
        return;
    };
    let (Some(left), Some(right)) = (rig.town.record("contacts", intercom), rig.town.brevo().contact(brevo)) else {
        wrongs.push(format!("person {who} is gone on one side"));
        return;
    };
    if person.opted_out && (left["unsubscribed_from_emails"] != true || right["emailBlacklisted"] != true) {
        wrongs.push(format!("person {who} opted out, and is not out on both sides"));
    }
    if left["email"] != right["email"] {
        wrongs.push(format!("person {who} has two addresses: {} and {}", left["email"], right["email"]));
    }
    for (field, (_, attribute)) in FIELDS.iter().enumerate() {
        let (l, r) = (life.shown(At::Intercom, who, field), life.shown(At::Brevo, who, field));
        let phone = |value: &Value| value.as_str().map_or(Value::Null, |text| json!(text.trim_start_matches('+')));
        let (plain_l, plain_r) = if field == 1 { (phone(&l), phone(&r)) } else { (l.clone(), r.clone()) };
        let blank = |value: &Value| value.as_str().is_none_or(|text| text.trim().is_empty());
        let same = looks_like(&plain_l, &plain_r) || looks_like(&plain_r, &plain_l) || (blank(&plain_l) && blank(&plain_r));
        let wrote = || {
            let effects = rig.ledger.effects_of(intercom, 100).unwrap();
            effects.iter().any(|effect| effect.intent.as_ref().is_some_and(|intent| intent.contains(attribute)))
        };
        if !same && person.raced.get(&field) == Some(&true) && wrote() {
            *residual += 1;
        } else if !same {
            wrongs.push(format!("person {who}: {} is {l} in Intercom and {r} in Brevo", attribute));
        }
        let Some(edits) = person.edits.get(&field).filter(|_| person.contested.get(&field) == Some(&false)) else { continue };
        let (at, (_, stored)) = edits.iter().max_by_key(|(_, (time, _))| *time).unwrap();
        let now = if *at == At::Intercom { &l } else { &r };
        if now != stored {
            wrongs.push(format!("person {who}: the last edit of {} in {at:?} was {stored}, and it is {now}", attribute));
        }
    }
}
