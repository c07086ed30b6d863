//! Companies: a small stored row; names and figures follow from the serial number.

use super::people::Plan;
use super::table::Row;
use super::words::{COMPANY_FIRST, COMPANY_LAST};
use super::written::{Maybe, text};
use crate::dice::Dice;

/// What is stored of a company.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) serial: u32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// The list is ordered by it. Source: spec, `POST /companies/list`.
    pub(crate) last_request_at: i64,
    pub(crate) revision: u32,
    pub(crate) tags: Vec<u32>,
    pub(crate) written: Maybe,
}

impl Row for Company {
    fn sort_key(&self) -> i64 {
        self.last_request_at
    }

    fn serial(&self) -> u32 {
        self.serial
    }
}

impl Company {
    /// Its present name.
    pub(crate) fn name(&self) -> Option<String> {
        text(&self.written, "name", || Some(name(self.serial)))
    }

    /// The id that its owner gave it.
    pub(crate) fn own_id(&self) -> Option<String> {
        text(&self.written, "company_id", || Some(format!("org-{}", 100 + self.serial)))
    }
}

/// Companies at these serials have no user, so lists hide them (about 3 %).
pub(crate) fn is_deserted(serial: u32) -> bool {
    serial % 33 == 9
}

pub(crate) fn name(serial: u32) -> String {
    let (first, last, again) = parts(serial);
    if again == 0 { format!("{first} {last}") } else { format!("{first} {last} {}", again + 1) }
}

/// The company's domain, in the reserved `.example`.
pub(crate) fn domain(serial: u32) -> String {
    let (first, last, again) = parts(serial);
    let number = if again == 0 { String::new() } else { (again + 1).to_string() };
    format!("{}-{}{number}.example", first.to_ascii_lowercase(), last.to_ascii_lowercase())
}

fn parts(serial: u32) -> (&'static str, &'static str, u32) {
    let first = COMPANY_FIRST[(serial % 40) as usize];
    let last = COMPANY_LAST[((serial / 40 + serial * 3) % 20) as usize];
    (first, last, serial / 800)
}

pub(crate) fn settle(plan: &Plan<'_>, count: usize) -> Vec<Company> {
    (0..u32::try_from(count).expect("fewer than 2^32 companies"))
        .map(|serial| {
            let mut dice = Dice::of(plan.seed, 21, serial);
            let updated_at = plan.spread(serial, count);
            let tags =
                if plan.tags > 0 && dice.per_mille(200) && !plan.blank { vec![dice.serial(plan.tags)] } else { Vec::new() };
            Company {
                serial,
                created_at: plan.first_day + plan.years * i64::from(serial) / i64::try_from(count).unwrap_or(1),
                updated_at,
                last_request_at: updated_at - dice.between(0, 3 * 86_400),
                revision: 0,
                tags,
                written: None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_eight_hundred_names_differ() {
        let names: std::collections::BTreeSet<String> = (0..800).map(name).collect();
        assert_eq!(names.len(), 800);
    }
}
