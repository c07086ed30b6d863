//! Random segments: a destination and the model in memory must tell and hold the same.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{MemoryDestination, Place, load, pairs_of, part, table, thing_tags, things};
use crate::destination::{Destination, Load, Mode, Segment, StateNote};
use crate::table::{HASH, Kind, Table};

/// Plays `segments` random segments of this seed on both, opening the place again now and then, and compares every answer,
/// every table and every state. One segment in six fails half-way.
pub async fn agrees_with_the_model(place: &dyn Place, seed: u64, segments: usize) {
    let mut dice = Dice(seed.wrapping_mul(2).wrapping_add(1));
    let model = MemoryDestination::default();
    let tables = [
        things(),
        thing_tags(),
        Arc::new(table("plain", &[("a", Kind::Text), ("b", Kind::Text), (HASH, Kind::Integer)], &["a", "b"], None)),
    ];
    let never = Arc::new(table("never", &[("id", Kind::Text)], &["id"], None));
    let mut real = place.open();
    let mut claims = None;
    for at in 0..segments {
        if dice.one_in(8) {
            drop(real);
            (real, claims) = (place.open(), None);
        }
        let (claim, shadow) = match claims.take() {
            Some(pair) => pair,
            None => {
                let claim = real.claim("main", "w1").await.expect("the place is free");
                let shadow = model.claim("main", "w1").await.expect("the model is free");
                assert_eq!((claim.epoch, &claim.states), (shadow.epoch, &shadow.states), "seed {seed}, segment {at}: claim");
                for table in &tables {
                    real.prepare(table).await.expect("it can be prepared");
                    model.prepare(table).await.expect("it can be prepared");
                }
                (claim, shadow)
            }
        };
        let mut loads = Vec::new();
        for _ in 0..dice.below(4) {
            loads.extend(dice.loads(&tables));
        }
        if dice.one_in(6) {
            loads.push(load(&never, Mode::Merge, &[json!(["x"])]));
        }
        let note = dice.one_in(2).then(|| StateNote { stream: "things".into(), state: json!({"at": at}).to_string() });
        let got = real.load(&claim, Segment { loads: loads.clone() }, note.clone()).await;
        let want = model.load(&shadow, Segment { loads }, note).await;
        assert_eq!(got.as_ref().ok(), want.as_ref().ok(), "seed {seed}, segment {at}");
        for table in &tables {
            let mut rows = place.read(table).await.expect("it can be read");
            rows.sort_by_key(|row| row.iter().map(Value::to_string).collect::<Vec<_>>());
            let mut model = model.rows(table);
            model.sort_by_key(|row| row.iter().map(Value::to_string).collect::<Vec<_>>());
            assert_eq!(rows, model, "seed {seed}, segment {at}: {}", table.name);
        }
        claims = Some((claim, shadow));
    }
}

/// A small generator (splitmix64): the same history for the same seed everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    fn id(&mut self) -> Value {
        json!(["a", "b", "c", "d", "É", "'"][self.below(6) as usize])
    }
    fn stamp(&mut self) -> Value {
        if self.one_in(8) { Value::Null } else { json!(self.below(6) as i64 - 2) }
    }

    /// A load, or parents with their pairs.
    fn loads(&mut self, tables: &[Arc<Table>; 3]) -> Vec<Load> {
        let [things, tags, plain] = tables;
        let plain_rows = |dice: &mut Dice| -> Vec<Value> {
            (0..dice.below(6)).map(|_| json!([dice.id(), dice.id(), dice.below(3)])).collect()
        };
        match self.below(6) {
            0 => vec![load(plain, Mode::Replace, &plain_rows(self))],
            1 => vec![load(plain, Mode::Add, &plain_rows(self))],
            2 => vec![load(plain, Mode::Merge, &plain_rows(self))],
            3 => {
                let rows: Vec<Value> = (0..self.below(4)).map(|_| json!([self.id(), self.stamp(), self.below(3)])).collect();
                vec![part(things, &["id", "updated_at", HASH], Mode::Merge, &rows)]
            }
            _ => {
                let rows: Vec<Value> =
                    (0..self.below(5)).map(|_| json!([self.id(), self.stamp(), "n", self.below(9), self.below(3)])).collect();
                let pairs: Vec<Value> = (0..self.below(8)).map(|_| json!([self.id(), self.id()])).collect();
                let of: Vec<Value> = (0..self.below(4)).map(|_| self.id()).collect();
                let of: Vec<&str> = of.iter().filter_map(Value::as_str).collect();
                vec![load(things, Mode::Merge, &rows), load(tags, pairs_of(&of), &pairs)]
            }
        }
    }
}
