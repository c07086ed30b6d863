//! People edit on both sides, connections die after the write, platforms trim and cut. Every history has to end in step,
//! with no echo, nobody doubled, nobody subscribed again, and nobody's own edit undone on his own side.
//!
//! `TAJO_PAIR_SEEDS` sets how many histories (1,000), `TAJO_PAIR_SEED` runs one and tells its story.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod pair;
mod stories;
mod support;

use stories::{Story, Verdict};
use tajo_engine::pair::{Base, Decision, Law, Laws, Recovery, Rule, Seen, advance, reconcile};

fn histories(usual: u64) -> u64 {
    std::env::var("TAJO_PAIR_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

fn run(seeds: std::ops::Range<u64>, laws: Laws) -> Vec<(u64, Verdict)> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let next = std::sync::atomic::AtomicU64::new(seeds.start);
    let mut found: Vec<(u64, Verdict)> = std::thread::scope(|scope| {
        let work = || {
            let mut mine = Vec::new();
            loop {
                let seed = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                if seed >= seeds.end {
                    return mine;
                }
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
                let verdict = runtime.block_on(Story::new(seed, laws).tell());
                if !verdict.is_good() || verdict.residual > 0 {
                    mine.push((seed, verdict));
                }
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    found.sort_by_key(|(seed, _)| *seed);
    found
}

// Shows: T-008.
#[test]
fn every_history_ends_in_step_with_no_echo() {
    if let Some(seed) = std::env::var("TAJO_PAIR_SEED").ok().and_then(|n| n.parse().ok()) {
        let bad = run(seed..seed + 1, Laws::default());
        assert!(bad.is_empty(), "{bad:#?}");
        return;
    }
    let count = histories(1_000);
    let (bad, raced): (Vec<_>, Vec<_>) = run(0..count, Laws::default()).into_iter().partition(|(_, verdict)| !verdict.is_good());
    // The one loss that no writer without compare-and-set can exclude; correctness.md §4.6 states it.
    assert!(raced.len() as u64 <= count / 100 + 1, "{} histories lost an edit inside the round trip of a write", raced.len());
    let told: Vec<String> = bad.iter().take(5).map(|(seed, verdict)| format!("seed {seed}: {verdict:#?}")).collect();
    assert!(bad.is_empty(), "{} histories went wrong\n{}", bad.len(), told.join("\n"));
}

/// An edit made during a pass was forgotten (1545); an opt-out was lifted by a change of address under way (3563, 3806).
#[test]
fn histories_that_once_went_wrong_end_well() {
    for seed in [1545, 3563, 3806] {
        let bad = run(seed..seed + 1, Laws::default());
        assert!(bad.iter().all(|(_, verdict)| verdict.is_good()), "{bad:#?}");
    }
}

/// How many histories a wrong law may need before it is caught.
const CAUGHT_WITHIN: u64 = 400;

fn caught(laws: Laws) -> bool {
    let step = 40;
    (0..CAUGHT_WITHIN / step).any(|n| run(n * step..(n + 1) * step, laws).iter().any(|(_, verdict)| !verdict.is_good()))
}

#[test]
fn one_shadow_for_both_sides_is_caught() {
    // The base of the left is taken for the right as well, as tools with one stored copy do.
    let laws = Laws {
        advance: |rules, base, left, right, decision, answers| {
            let mut next = advance(rules, base, left, right, decision, answers);
            next.right = next.left.clone();
            next
        },
        ..Laws::default()
    };
    assert!(caught(laws));
}

#[test]
fn no_journal_is_caught() {
    let laws = Laws { recover: |_, _, _| Recovery::Again, ..Laws::default() };
    assert!(caught(laws));
}

#[test]
fn comparing_the_sides_with_each_other_is_caught() {
    fn compare(rules: &[Rule], base: &Base, left: Seen<'_>, right: Seen<'_>) -> Decision {
        let mut decision = reconcile(rules, base, left, right);
        let field = |n: &usize| rules[*n].law == Law::Field;
        decision.to_left.retain(|(n, _)| !field(n));
        decision.to_right.retain(|(n, _)| !field(n));
        for (n, rule) in rules.iter().enumerate().filter(|(n, _)| field(n)) {
            let (l, r) = (&left.values[n], &right.values[n]);
            if l != r && (left.changed_at >= right.changed_at || !rule.flow.left()) && rule.flow.right() {
                decision.to_right.push((n, l.clone()));
            } else if l != r && rule.flow.left() {
                decision.to_left.push((n, r.clone()));
            }
        }
        decision
    }
    assert!(caught(Laws { reconcile: compare, ..Laws::default() }));
}

#[test]
fn taking_the_whole_answer_for_a_shadow_is_caught() {
    let laws = Laws {
        advance: |rules, base, left, right, decision, answers| {
            let mut next = advance(rules, base, left, right, decision, answers);
            if let Some(answer) = answers.right {
                next.right = answer.iter().cloned().map(Some).collect();
            }
            if let Some(answer) = answers.left {
                next.left = answer.iter().cloned().map(Some).collect();
            }
            next
        },
        ..Laws::default()
    };
    assert!(caught(laws));
}

#[test]
fn the_newest_value_for_consent_is_caught() {
    fn newest(rules: &[Rule], base: &Base, left: Seen<'_>, right: Seen<'_>) -> Decision {
        let mut decision = reconcile(rules, base, left, right);
        for (n, _) in rules.iter().enumerate().filter(|(_, rule)| rule.law == Law::Restrictive) {
            decision.to_left.retain(|(at, _)| *at != n);
            decision.to_right.retain(|(at, _)| *at != n);
            let (l, r) = (&left.values[n], &right.values[n]);
            if l != r && left.changed_at >= right.changed_at {
                decision.to_right.push((n, l.clone()));
            } else if l != r {
                decision.to_left.push((n, r.clone()));
            }
        }
        decision
    }
    assert!(caught(Laws { reconcile: newest, ..Laws::default() }));
}
