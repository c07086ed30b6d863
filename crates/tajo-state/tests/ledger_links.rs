//! Links and the mirror of Brevo: what goes in comes out, by every key.

#![allow(clippy::unwrap_used, reason = "tests panic where something is wrong")]

mod book;

use book::{conflict, contact, ledger, link};
use tajo_core::codes;
use tajo_state::{Link, LinkCounts, LinkState};

#[test]
fn a_link_is_found_from_both_sides() {
    let ledger = ledger();
    let (a, b) = (link("a", Some(1)), Link { detail: Some("why".into()), dirty: true, ..link("b", None) });
    ledger.write(|w| w.put_link(&a).and_then(|()| w.put_link(&b))).unwrap();
    assert_eq!(ledger.link("a").unwrap(), Some(a.clone()));
    assert_eq!(ledger.link("b").unwrap(), Some(b));
    assert_eq!(ledger.link("c").unwrap(), None);
    assert_eq!(ledger.link_of_brevo(1).unwrap(), Some(a));
    assert_eq!(ledger.link_of_brevo(2).unwrap(), None);
    let gone = Link { state: LinkState::Gone, brevo_id: Some(7), ..link("a", None) };
    ledger.write(|w| w.put_link(&gone)).unwrap();
    assert_eq!(ledger.link_of_brevo(1).unwrap(), None);
    assert_eq!(ledger.link_of_brevo(7).unwrap(), Some(gone));
    assert_eq!(ledger.count_links().unwrap(), LinkCounts { live: 0, pending: 1, gone: 1, merged: 0 });
}

#[test]
fn a_contact_of_brevo_belongs_to_one_link() {
    let ledger = ledger();
    ledger.write(|w| w.put_link(&link("a", Some(1)))).unwrap();
    let refused = ledger.write(|w| w.put_link(&link("b", None)).and_then(|()| w.put_link(&link("c", Some(1))))).unwrap_err();
    assert_eq!(refused.code(), &codes::STA_MOVED);
    assert_eq!(ledger.link("b").unwrap(), None, "the whole transaction is undone");
    ledger.write(|w| w.put_link(&link("a", Some(1)))).unwrap();
}

#[test]
fn links_are_walked_in_pages_and_dirty_ones_listed() {
    let ledger = ledger();
    ledger.write(|w| (0..25).try_for_each(|n| w.put_link(&link(&format!("{n:02}"), Some(n))))).unwrap();
    let (mut after, mut walked) = (String::new(), Vec::new());
    for _ in 0..4 {
        let page = ledger.links(&after, 10).unwrap();
        after = page.last().map_or(after, |link| link.intercom_id.clone());
        walked.extend(page.into_iter().map(|link| link.intercom_id));
    }
    assert_eq!(walked, (0..25).map(|n| format!("{n:02}")).collect::<Vec<_>>());
    assert!(ledger.dirty_links(9).unwrap().is_empty());
    ledger.write(|w| w.set_dirty("07", true).and_then(|()| w.set_dirty("unknown", true))).unwrap();
    assert_eq!(ledger.dirty_links(usize::MAX).unwrap(), ["07"]);
    ledger.write(|w| w.set_dirty("07", false).and_then(|()| w.set_all_dirty())).unwrap();
    assert_eq!(ledger.dirty_links(3).unwrap(), ["00", "01", "02"]);
    assert_eq!(ledger.dirty_links(99).unwrap().len(), 25);
}

#[test]
fn a_merged_contact_leaves_its_partner_to_the_heir() {
    let cases = [
        ("the heir is new", None, Some(1), None),
        ("the heir had no partner", Some(link("heir", None)), Some(1), None),
        ("the heir has a partner of its own", Some(link("heir", Some(2))), Some(2), Some(1)),
    ];
    for (name, heir, expect_heir, expect_lead) in cases {
        let ledger = ledger();
        let stored = heir.clone();
        ledger
            .write(|w| {
                w.put_link(&link("lead", Some(1)))?;
                w.put_conflict(&conflict("lead", "a", "2026-11-20T10:00:00Z"))?;
                stored.iter().try_for_each(|heir| w.put_link(heir))
            })
            .unwrap();
        for _ in 0..2 {
            ledger.write(|w| w.repoint("lead", "heir").and_then(|()| w.repoint("none", "heir"))).unwrap();
            let (lead, heir) = (ledger.link("lead").unwrap().unwrap(), ledger.link("heir").unwrap().unwrap());
            assert_eq!((heir.brevo_id, heir.state, heir.dirty), (expect_heir, LinkState::Live, true), "{name}");
            assert_eq!(
                (lead.brevo_id, lead.state, lead.detail.as_deref()),
                (expect_lead, LinkState::Merged, Some("heir")),
                "{name}"
            );
            assert_eq!(heir.base.contains("lead"), expect_lead.is_none(), "{name}: the bases pass over with the partner");
        }
        assert!(ledger.conflicts().unwrap().is_empty());
    }
}

#[test]
fn a_dropped_link_takes_its_conflicts_along() {
    let ledger = ledger();
    ledger
        .write(|w| {
            w.put_link(&link("a", Some(1)))?;
            w.put_conflict(&conflict("a", "x", "2026-11-20T10:00:00Z"))?;
            w.drop_link("a")?;
            w.drop_link("unknown")
        })
        .unwrap();
    assert_eq!((ledger.link("a").unwrap(), ledger.conflicts().unwrap().len()), (None, 0));
}

#[test]
fn a_contact_of_brevo_is_found_by_every_identifier() {
    let ledger = ledger();
    let (ada, eve) = (contact(5, "ada@mail.example", "{}"), contact(6, "eve@mail.example", "{}"));
    ledger.write(|w| w.put_brevo(&ada, 1).and_then(|()| w.put_brevo(&eve, 1))).unwrap();
    ledger.write(|w| w.clear_brevo_dirty(5)).unwrap();
    for found in [
        ledger.brevo(5),
        ledger.brevo_by_email("ada@mail.example"),
        ledger.brevo_by_ext_id("x5"),
        ledger.brevo_by_sms("15550005"),
    ] {
        assert_eq!(found.unwrap().as_ref(), Some(&ada));
    }
    for none in [ledger.brevo(7), ledger.brevo_by_email("x"), ledger.brevo_by_ext_id(""), ledger.brevo_by_sms("0")] {
        assert_eq!(none.unwrap(), None);
    }
    assert_eq!(ledger.count_brevo().unwrap(), 2);
    let ids = |after, n| ledger.brevo_rows(after, n).unwrap().iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!((ids(i64::MIN, 9), ids(5, 9), ids(0, 1), ids(6, 1)), (vec![5, 6], vec![6], vec![5], vec![]));
    ledger.write(|w| w.drop_brevo(5)).unwrap();
    assert_eq!(ledger.brevo_by_email("ada@mail.example").unwrap(), None);
}

#[test]
fn a_change_in_brevo_stays_a_change_until_it_was_planned() {
    let ledger = ledger();
    let dirty = || ledger.brevo_dirty(9).unwrap().iter().map(|row| row.id).collect::<Vec<_>>();
    let put = |body: &str, dirty| {
        let row = tajo_state::BrevoRow { dirty, ..contact(5, "ada@mail.example", body) };
        ledger.write(|w| w.put_brevo(&row, 1)).unwrap();
    };
    put("1", false);
    assert_eq!(dirty(), [5], "a contact never seen is a change");
    ledger.write(|w| w.clear_brevo_dirty(5)).unwrap();
    put("1", false);
    assert!(dirty().is_empty(), "the same body is none");
    put("2", false);
    put("2", false);
    assert_eq!(dirty(), [5], "and seeing a change twice does not take it back");
    ledger.write(|w| w.clear_brevo_dirty(5)).unwrap();
    put("2", true);
    assert_eq!(dirty(), [5]);
    assert!(ledger.brevo_dirty_after(5, 9).unwrap().is_empty());
    assert_eq!(ledger.brevo_dirty_after(4, 9).unwrap().len(), 1);
}

#[test]
fn what_a_full_scan_did_not_meet_is_listed() {
    let ledger = ledger();
    let put = |id, pass| ledger.write(|w| w.put_brevo(&contact(id, "a@mail.example", "{}"), pass)).unwrap();
    [(1, 1), (2, 1), (3, 1), (1, 2), (3, 2), (4, 2), (3, 0)].into_iter().for_each(|(id, pass)| put(id, pass));
    assert_eq!(ledger.brevo_unseen(2).unwrap(), [2]);
    assert!(ledger.brevo_unseen(1).unwrap().is_empty());
}

#[test]
fn who_waits_for_a_number_is_looked_at_when_its_holder_loses_it() {
    let ledger = tajo_state::Ledger::in_memory(tajo_core::trip::Trip::default()).unwrap();
    let holds = |id: i64, sms: Option<&str>| tajo_state::BrevoRow {
        sms: sms.map(String::from),
        ..contact(id, &format!("c{id}@mail.example"), &format!("{id} {sms:?}"))
    };
    let waiting = Link { waits_for: Some("15550100".into()), ..link("a", Some(1)) };
    let woken = || {
        let woken = ledger.dirty_links(9).unwrap();
        ledger.write(|w| w.put_link(&waiting)).unwrap();
        woken
    };
    ledger.write(|w| w.put_brevo(&holds(1, Some("15550100")), 1).and_then(|()| w.put_link(&waiting))).unwrap();
    assert_eq!(woken(), ["a"], "nobody but itself has the number, so nobody would tell");
    for loses in [None, Some("15550199")] {
        ledger.write(|w| w.put_brevo(&holds(2, Some("15550100")), 1).and_then(|()| w.put_link(&waiting))).unwrap();
        assert!(woken().is_empty(), "the number is held");
        ledger.write(|w| w.put_brevo(&holds(2, Some("15550100")), 1).and_then(|()| w.put_brevo(&holds(3, loses), 1))).unwrap();
        assert!(woken().is_empty(), "and still is");
        ledger.write(|w| w.put_brevo(&holds(2, loses), 1)).unwrap();
        assert_eq!(woken(), ["a"], "{loses:?}");
    }
    ledger.write(|w| w.put_brevo(&holds(2, Some("15550100")), 1).and_then(|()| w.put_link(&waiting))).unwrap();
    assert!(woken().is_empty());
    ledger.write(|w| w.drop_brevo(2)).unwrap();
    assert_eq!(woken(), ["a"], "its holder is gone");
    assert_eq!(ledger.link("a").unwrap().unwrap().waits_for.as_deref(), Some("15550100"));
}

#[test]
fn a_holder_who_waits_as_well_is_looked_at_when_somebody_begins_to_wait_for_its_number() {
    let ledger = tajo_state::Ledger::in_memory(tajo_core::trip::Trip::default()).unwrap();
    let holds = |id: i64, sms: &str| tajo_state::BrevoRow {
        sms: Some(sms.into()),
        ..contact(id, &format!("c{id}@mail.example"), &format!("{id}"))
    };
    for (id, sms) in [(1, "15550101"), (2, "15550102"), (3, "15550103")] {
        ledger.write(|w| w.put_brevo(&holds(id, sms), 1)).unwrap();
    }
    let waits = |name: &str, id, sms: &str| Link { waits_for: Some(sms.into()), ..link(name, Some(id)) };
    let dirty = || ledger.dirty_links(9).unwrap();
    // One waits for what three has, who is content.
    ledger.write(|w| w.put_link(&link("three", Some(3)))).unwrap();
    ledger.write(|w| w.put_link(&waits("one", 1, "15550103"))).unwrap();
    assert!(dirty().is_empty());
    // Two waits for what one has, who waits as well.
    ledger.write(|w| w.put_link(&waits("two", 2, "15550101"))).unwrap();
    assert_eq!(dirty(), ["one"]);
    assert!(ledger.is_waited_for("15550101", Some(1)).unwrap() && !ledger.is_waited_for("15550101", Some(2)).unwrap());
    // Stored again with its number, one is still to be looked at; without a change of two's wish nobody is marked anew.
    ledger.write(|w| w.put_link(&waits("one", 1, "15550103"))).unwrap();
    assert_eq!(dirty(), ["one"]);
    ledger.write(|w| w.set_dirty("one", false).and_then(|()| w.put_link(&waits("two", 2, "15550101")))).unwrap();
    assert!(dirty().is_empty());
}
