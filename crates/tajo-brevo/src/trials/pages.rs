//! Reading all contacts while others add, change and remove some.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::script::{Script, reply};

/// Any numbers, the same for the same seed (Numerical Recipes' generator).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// An account's contacts in the order of creation: id, and how often each was changed.
struct Town {
    dice: Dice,
    contacts: BTreeMap<i64, u32>,
    next_id: i64,
    /// With `modifiedSince`, contacts come into view when they change, at any place of the list.
    hidden: BTreeSet<i64>,
    kept: BTreeSet<i64>,
    calm_after: usize,
}

impl Town {
    fn new(seed: u64, filtered: bool) -> Town {
        let mut dice = Dice(seed);
        let count = dice.roll(60) as i64;
        let contacts: BTreeMap<i64, u32> = (1..=count).map(|id| (id * 3, 0)).collect();
        let hidden: BTreeSet<i64> = contacts.keys().copied().filter(|_| filtered && dice.roll(2) == 0).collect();
        let kept = contacts.keys().copied().filter(|id| !hidden.contains(id) && dice.roll(3) > 0).collect();
        let calm_after = dice.roll(60) as usize;
        Town { dice, contacts, next_id: count * 3 + 3, hidden, kept, calm_after }
    }

    /// What happens between two requests.
    fn happen(&mut self) {
        for _ in 0..self.dice.roll(12) {
            let ids: Vec<i64> = self.contacts.keys().copied().collect();
            let any = (!ids.is_empty()).then(|| ids[self.dice.roll(ids.len() as u64) as usize]);
            match (self.dice.roll(5), any) {
                (0 | 1, Some(id)) if !self.kept.contains(&id) => drop(self.contacts.remove(&id)),
                (2, _) => {
                    self.contacts.insert(self.next_id, 0);
                    self.next_id += 3;
                }
                // As a merge may do: a contact of an older creation shows up.
                (3, Some(id)) => drop(self.contacts.entry(id - 1).or_insert(0)),
                (_, Some(id)) => {
                    self.hidden.remove(&id);
                    *self.contacts.entry(id).or_insert(0) += 1;
                }
                _ => {}
            }
        }
    }

    fn page(&self, limit: usize, offset: usize) -> Bytes {
        let seen = self.contacts.iter().filter(|(id, _)| !self.hidden.contains(id));
        let rows: Vec<String> = seen
            .skip(offset)
            .take(limit)
            .map(|(id, version)| {
                format!(
                    r#"{{"id":{id},"attributes":{{}},"emailBlacklisted":false,"smsBlacklisted":false,"listIds":[],
                        "createdAt":"2026-01-01T00:00:{id}Z","modifiedAt":"2026-11-20T00:00:{version}Z"}}"#
                )
            })
            .collect();
        format!(r#"{{"contacts":[{}],"count":{}}}"#, rows.join(","), self.contacts.len()).into()
    }
}

fn number(query: &str, name: &str) -> usize {
    query.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('=')).unwrap().parse().unwrap()
}

fn serve(town: &Arc<Mutex<Town>>) -> Arc<Script> {
    let town = Arc::clone(town);
    Script::new(move |n, request| {
        let query = request.uri().query().unwrap();
        assert!(query.contains("&sort=asc"), "{query}");
        let mut town = town.lock().unwrap();
        if n > 0 && n < town.calm_after {
            town.happen();
        }
        // Now and then the answer is lost or cut.
        match town.dice.roll(12) {
            0 => reply(503, ""),
            1 => reply(200, &b"{\"contacts\":["[..]),
            _ => reply(200, town.page(number(query, "limit"), number(query, "offset"))),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_is_there_throughout_is_never_missed() {
    let (mut steps_back, mut most) = (0, 0);
    for seed in 0..600 {
        let filtered = seed % 2 == 1;
        let town = Arc::new(Mutex::new(Town::new(seed, filtered)));
        let script = serve(&town);
        let page = 2 + (seed % 7) as u32;
        let mut walk = script.client().walk_by(filtered.then(|| "2026-11-20T10:30:00.000Z".to_owned()), page);
        let mut seen = BTreeSet::new();
        let mut calls = 0;
        while let Some(rows) = walk.next().await.unwrap_or_else(|e| panic!("seed {seed}: {e:?}")) {
            assert!(!rows.is_empty() && rows.len() <= page as usize);
            seen.extend(rows.iter().map(|row| row.id));
            calls += 1;
            assert!(calls < 500, "seed {seed} goes on for ever");
        }
        assert_eq!(walk.next().await.unwrap(), None, "an end is an end");
        assert_eq!(walk.began(), Some(1_795_170_600));
        let kept = town.lock().unwrap().kept.clone();
        let missed: Vec<_> = kept.difference(&seen).collect();
        assert!(missed.is_empty(), "seed {seed}: {missed:?} of {kept:?}");
        let offsets: Vec<_> = script.seen().iter().map(|r| number(r.uri().query().unwrap(), "offset")).collect();
        steps_back += offsets.windows(2).filter(|pair| pair[1] < pair[0]).count();
        most = most.max(offsets.len());
        if filtered {
            assert!(script.asked()[0].ends_with("&modifiedSince=2026-11-20T10%3A30%3A00.000Z"), "{:?}", script.asked()[0]);
        }
    }
    // The property would hold for nothing if nothing had moved.
    assert!(steps_back > 300, "{steps_back}");
    println!("600 histories: {steps_back} steps back, at most {most} requests");
}

#[tokio::test(start_paused = true)]
async fn the_last_version_of_a_quiet_list_is_handed_out() {
    for seed in 0..100 {
        let town = Arc::new(Mutex::new(Town { calm_after: 8, ..Town::new(seed, false) }));
        let mut walk = serve(&town).client().walk_by(None, 3);
        let mut seen = BTreeMap::new();
        while let Some(rows) = walk.next().await.unwrap() {
            seen.extend(rows.into_iter().map(|row| (row.id, row.modified_at)));
        }
        let town = town.lock().unwrap();
        // Contacts that did not change at all came in the version they have.
        for id in town.kept.iter().filter(|id| town.contacts[*id] == 0) {
            assert_eq!(seen[id], "2026-11-20T00:00:0Z", "seed {seed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lists_are_read_to_their_last_page() {
    let script = Script::new(|_, request| {
        let query = request.uri().query().unwrap();
        let (limit, offset) = (number(query, "limit"), number(query, "offset"));
        let rows: Vec<String> =
            (0..120).skip(offset).take(limit).map(|id| format!(r#"{{"id":{id},"name":"l","folderId":1}}"#)).collect();
        reply(200, format!(r#"{{"count":120,"lists":[{}]}}"#, rows.join(",")))
    });
    let lists = script.client().lists().await.unwrap();
    assert_eq!(lists.iter().map(|list| list.id).collect::<Vec<_>>(), (0..120).collect::<Vec<_>>());
    assert_eq!(script.asked()[1], "GET /v3/contacts/lists?limit=50&offset=49&sort=asc");
    assert_eq!(Script::always(200, "{}").client().folders().await.unwrap(), []);
}
