//! What nothing may be concluded from, and how a name is divided: what both sides have to be looked at for.

use serde_json::Value;
use tajo_engine::pair::{Base, Decision};

use super::Mapping;
use super::field::Source;
use super::person::{Parts, split_as};
use crate::pairs::left::Left;

impl Mapping {
    /// Takes out of a decision what it may not do: a value of Intercom that cannot be read (`unreadable`) is neither empty
    /// nor to be overwritten, and what Intercom has no words for does not go there. Returns what there is to say.
    pub fn hold(&self, unreadable: &[usize], decision: &mut Decision) -> Vec<String> {
        decision.to_right.retain(|(n, _)| !unreadable.contains(n));
        decision.to_left.retain(|(n, _)| !unreadable.contains(n));
        decision.conflicts.retain(|n| !unreadable.contains(n));
        let mut said = Vec::new();
        decision.to_left.retain(|(n, value)| {
            let field = &self.fields[*n];
            let fits = field.takes_back(value);
            if !fits {
                said.push(format!("{}: Intercom has no words for Brevo's value; not written there", field.key));
            }
            fits
        });
        said
    }

    /// Divides the contact's name as its partner in Brevo does (`right`, empty where that is not known), or as it was
    /// divided when it was last seen, as far as it still is that name: `Mary Ann` may be a first name.
    pub fn divide_name(&self, contact: &Left, values: &mut [Value], base: &Base, right: &[Value]) {
        let known = [self.parts(|n| right.get(n)), self.parts(|n| base.left.get(n)?.as_ref())];
        if known.iter().all(|parts| *parts == (None, None)) {
            return;
        }
        let Some(name) = self.name_of(contact) else { return };
        let (first, last) = split_as(name, &known);
        for (field, value) in self.fields.iter().zip(values) {
            match field.source {
                Source::FirstName(_) => *value = field.convert.apply(&first.clone().into()).0,
                Source::LastName(_) => *value = field.convert.apply(&last.clone().into()).0,
                _ => {}
            }
        }
    }

    /// First and last name among the values of a side.
    pub(super) fn parts<'v>(&self, value: impl Fn(usize) -> Option<&'v Value>) -> Parts<'v> {
        let part = |is: fn(&Source) -> bool| {
            let at = self.fields.iter().position(|field| is(&field.source))?;
            value(at)?.as_str().filter(|text| !text.trim().is_empty())
        };
        (part(|of| matches!(of, Source::FirstName(_))), part(|of| matches!(of, Source::LastName(_))))
    }
}
