//! The journal, imports, events, conflicts, marks and plans.

#![allow(clippy::unwrap_used, reason = "tests panic where something is wrong")]

mod book;

use book::{conflict, effect, ledger, plan};
use tajo_core::codes;
use tajo_state::{Effect, EffectState, Import, ImportState, Plan, SentState};

#[test]
fn an_effect_goes_from_planned_to_settled() {
    let ledger = ledger();
    let ids = |effects: Vec<Effect>| effects.into_iter().map(|e| e.effect_id).collect::<Vec<_>>();
    for (n, link) in [(1, "a"), (2, "b"), (3, "a"), (4, "")] {
        ledger.write(|w| w.begin(&effect(&format!("e{n}"), "r1", n, link))).unwrap();
    }
    assert_eq!(ids(ledger.open_effects().unwrap()), ["e1", "e2", "e3", "e4"]);
    assert_eq!(ledger.effects_of("a", 9).unwrap()[1], effect("e1", "r1", 1, "a"));
    assert_eq!(ids(ledger.effects_of("a", 1).unwrap()), ["e3"]);
    ledger
        .write(|w| {
            w.at("2026-11-20T10:00:01Z");
            w.sent("e1")?;
            w.sent("e1")?;
            w.sent("e2")?;
            w.settle("e1", EffectState::Confirmed, None)?;
            w.settle("e3", EffectState::Dropped, Some("The target had changed"))
        })
        .unwrap();
    assert_eq!(ids(ledger.open_effects().unwrap()), ["e2", "e4"]);
    assert_eq!(ids(ledger.effects_of_run("r1", 1, 2).unwrap()), ["e2", "e3"]);
    assert_eq!(ids(ledger.effects_in_state(EffectState::Sent, 9).unwrap()), ["e2"]);
    let dropped = &ledger.effects_of_run("r1", 2, 1).unwrap()[0];
    assert_eq!(dropped.detail.as_deref(), Some("The target had changed"));
    assert_eq!(dropped.settled_at.as_deref(), Some("2026-11-20T10:00:01Z"));
    let counts = ledger.effect_counts("r1").unwrap();
    let expect = [("confirmed", 1), ("dropped", 1), ("planned", 1), ("sent", 1)];
    assert_eq!(counts.iter().map(|(word, n)| (word.as_str(), *n)).collect::<Vec<_>>(), expect);
    assert!(ledger.effect_counts("r2").unwrap().is_empty());
    assert_eq!(ledger.last_run_with_effects().unwrap().as_deref(), Some("r1"));
}

#[test]
fn the_journal_takes_no_step_backwards() {
    let every = [
        EffectState::Planned,
        EffectState::Sent,
        EffectState::Confirmed,
        EffectState::Failed,
        EffectState::Unknown,
        EffectState::Dropped,
    ];
    let at = |state| {
        let ledger = ledger();
        ledger.write(|w| w.begin(&effect("e", "r1", 1, "a"))).unwrap();
        match state {
            EffectState::Planned => {}
            EffectState::Sent => ledger.write(|w| w.sent("e")).unwrap(),
            _ => ledger.write(|w| w.settle("e", state, None)).unwrap(),
        }
        ledger
    };
    for state in every {
        let ledger = at(state);
        let again = ledger.write(|w| w.begin(&effect("e", "r2", 1, "a")));
        match state {
            EffectState::Planned => assert_eq!(ledger.effects_of("a", 9).unwrap()[0].run_id, "r2", "a planned one is replaced"),
            EffectState::Sent | EffectState::Unknown => assert_eq!(again.unwrap_err().code(), &codes::STA_UNKNOWN),
            _ => assert_eq!(again.unwrap_err().code(), &codes::STA_PLAN),
        }
        assert_eq!(at(state).write(|w| w.sent("e")).is_ok(), state.is_open(), "{state:?} to sent");
        for next in every {
            let done = at(state).write(|w| w.settle("e", next, None)).is_ok();
            let may = state.is_open() || state == EffectState::Unknown || next == state;
            assert_eq!(done, !next.is_open() && may, "{state:?} to {next:?}");
        }
    }
    let refused = ledger().write(|w| w.sent("nothing")).unwrap_err();
    assert_eq!(refused.code(), &codes::BUG);
    assert_eq!(ledger().write(|w| w.settle("nothing", EffectState::Failed, None)).unwrap_err().code(), &codes::BUG);
}

#[test]
fn imports_are_open_until_they_end() {
    let ledger = ledger();
    let import = |chunk: &str, state, process_id| Import {
        chunk: chunk.into(),
        run_id: "r1".into(),
        process_id,
        state,
        rows: 20_000,
        detail: None,
    };
    let put = |chunk, state, process_id| ledger.write(|w| w.put_import(&import(chunk, state, process_id))).unwrap();
    ["b", "a", "c"].into_iter().for_each(|chunk| put(chunk, ImportState::Planned, None));
    put("b", ImportState::Sent, Some(78));
    put("c", ImportState::Failed, None);
    let expect = [import("b", ImportState::Sent, Some(78)), import("a", ImportState::Planned, None)];
    assert_eq!(ledger.open_imports().unwrap(), expect);
    put("a", ImportState::Done, Some(79));
    assert_eq!(ledger.open_imports().unwrap().len(), 1);
}

#[test]
fn an_event_is_claimed_once() {
    let ledger = ledger();
    let claim = || ledger.write(|w| w.claim_event("closed:1")).unwrap();
    assert_eq!(ledger.was_sent("closed:1").unwrap(), None);
    assert_eq!((claim(), claim()), (true, false));
    assert_eq!(ledger.was_sent("closed:1").unwrap(), Some(SentState::Planned));
    assert!(ledger.write(|w| w.release_event("closed:1")).unwrap());
    assert!(claim(), "what certainly did not leave may be claimed again");
    for state in [SentState::Sent, SentState::Unknown] {
        ledger.write(|w| w.settle_event("closed:1", state)).unwrap();
        assert!(!ledger.write(|w| w.release_event("closed:1")).unwrap());
        assert_eq!((claim(), ledger.was_sent("closed:1").unwrap()), (false, Some(state)));
    }
    assert_eq!(ledger.write(|w| w.settle_event("closed:2", SentState::Sent)).unwrap_err().code(), &codes::BUG);
}

#[test]
fn a_conflict_waits_for_a_choice_about_its_values() {
    let ledger = ledger();
    let put = |left, seen: &str| ledger.write(|w| w.put_conflict(&conflict("a", left, seen))).unwrap();
    let held = || ledger.conflict("a", "FULLNAME").unwrap().unwrap();
    put("1", "2026-11-20T10:00:00Z");
    ledger.write(|w| w.settle_conflict("a", "FULLNAME", "intercom")).unwrap();
    put("1", "2026-11-21T10:00:00Z");
    assert_eq!((held().first_seen.as_str(), held().choice.as_deref()), ("2026-11-20T10:00:00Z", Some("intercom")));
    put("2", "2026-11-22T10:00:00Z");
    assert_eq!((held().first_seen.as_str(), held().choice), ("2026-11-20T10:00:00Z", None));
    assert_eq!(ledger.conflicts().unwrap(), [held()]);
    ledger.write(|w| w.drop_conflict("a", "FULLNAME")).unwrap();
    assert_eq!(ledger.conflict("a", "FULLNAME").unwrap(), None);
    let refused = ledger.write(|w| w.settle_conflict("a", "FULLNAME", "brevo")).unwrap_err();
    assert_eq!(refused.code(), &codes::STA_MOVED);
}

#[test]
fn marks_and_plans_are_kept() {
    let ledger = ledger();
    assert_eq!((ledger.mark("left").unwrap(), ledger.last_plan().unwrap()), (None, None));
    let made = [("p1", "2026-11-20T10:00:00Z"), ("p3", "2026-11-20T12:00:00Z"), ("p2", "2026-11-20T12:00:00Z")];
    for (id, at) in made {
        ledger.write(|w| w.put_plan(&plan(id, at)).and_then(|()| w.set_mark("left", id))).unwrap();
    }
    assert_eq!(ledger.mark("left").unwrap().as_deref(), Some("p2"));
    assert_eq!(ledger.last_plan().unwrap(), Some(plan("p2", made[2].1)));
    let applied = Plan { state: "applied".into(), ..plan("p1", made[0].1) };
    ledger.write(|w| w.put_plan(&applied)).unwrap();
    assert_eq!(ledger.plan("p1").unwrap(), Some(applied));
    assert_eq!(ledger.plan("p9").unwrap(), None);
    assert_eq!(ledger.last_run_with_effects().unwrap(), None);
}
