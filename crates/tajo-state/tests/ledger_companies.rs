//! Companies of both sides, and what an erasure takes from them.

#![allow(clippy::unwrap_used, reason = "tests panic where something is wrong")]

mod book;

use book::ledger;
use tajo_core::trip::Trip;
use tajo_state::{Company, Erase, Ledger};

fn company(id: &str, brevo_id: Option<&str>, hash: &str) -> Company {
    Company { intercom_id: id.into(), brevo_id: brevo_id.map(str::to_string), hash: hash.into() }
}

#[test]
fn a_company_is_claimed_first_and_confirmed_later() {
    let ledger = ledger();
    assert_eq!(ledger.company("a").unwrap(), None);
    ledger.write(|w| w.put_company(&company("a", None, ""))).unwrap();
    ledger.write(|w| w.put_company(&company("b", Some("62a4c1"), "h"))).unwrap();
    assert_eq!(ledger.company("a").unwrap(), Some(company("a", None, "")));
    let done = company("a", Some("62a4c2"), "h");
    ledger.write(|w| w.put_company(&done)).unwrap();
    assert_eq!(ledger.company("a").unwrap(), Some(done));
}

#[test]
fn the_contacts_of_a_company_are_replaced() {
    let ledger = ledger();
    for contacts in [&[7, 3][..], &[9], &[]] {
        ledger.write(|w| w.set_company_contacts("a", contacts)).unwrap();
        let mut sorted = contacts.to_vec();
        sorted.sort_unstable();
        assert_eq!(ledger.company_contacts("a").unwrap(), sorted);
    }
}

#[test]
fn an_erased_contact_is_no_longer_among_those_of_a_company() {
    let ledger = ledger();
    ledger.write(|w| w.set_company_contacts("a", &[3, 7])).unwrap();
    assert_eq!(ledger.write(|w| w.erase(&Erase { brevo_ids: vec![7], ..Erase::default() })).unwrap(), 1);
    assert_eq!(ledger.company_contacts("a").unwrap(), [3]);
    assert_eq!((ledger.companies_with(3).unwrap(), ledger.companies_with(7).unwrap()), (vec!["a".to_string()], vec![]));
}

#[test]
fn every_connection_has_companies_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let open = |name| Ledger::open(home.path(), name, Trip::default()).unwrap();
    open("main").write(|w| w.put_company(&company("a", Some("62a4c1"), "h"))).unwrap();
    assert_eq!((open("other").company("a").unwrap(), open("main").company("a").unwrap().is_some()), (None, true));
}

#[test]
fn contacts_come_in_the_order_of_their_last_change() {
    let ledger = ledger();
    let row = |id: i64, at: &str| tajo_state::BrevoRow {
        modified_at: at.into(),
        ..book::contact(id, &format!("p{id}@mail.example"), "{}")
    };
    let rows = [row(1, "2026-11-20T10:00:02.000Z"), row(2, "2026-11-20T10:00:01.000Z"), row(3, "2026-11-20T10:00:02.000Z")];
    ledger.write(|w| rows.iter().try_for_each(|row| w.put_brevo(row, 1))).unwrap();
    let ids =
        |at: &str, id, most| -> Vec<i64> { ledger.brevo_modified(at, id, most).unwrap().into_iter().map(|(id, _)| id).collect() };
    assert_eq!((ids("", 0, 9), ids("", 0, 2)), (vec![2, 1, 3], vec![2, 1]));
    assert_eq!((ids("2026-11-20T10:00:02.000Z", 1, 9), ids("2026-11-20T10:00:03", 0, 9)), (vec![3], vec![]));
}
