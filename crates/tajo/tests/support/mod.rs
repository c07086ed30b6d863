//! A town and a destination side by side, and the comparison that every history ends with.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod between;
pub mod mortal;

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tajo::twin::InProcess;
use tajo::warehouse::{self, Receipt};
use tajo_core::rest::{Limits, Transport};
use tajo_core::table::Kind;
use tajo_core::{Destination, Result, Table};
use tajo_dest::sqlite::{SqliteDestination, SqliteReader};
use tajo_engine::extract::Wanted;
use tajo_intercom::{Intercom, Region, Version, resources};
use tajo_sim::{Options, Town};
use tower::ServiceExt;

pub const NOW: i64 = 1_790_000_000;
pub const TOKEN: &str = "tok_for_the_twin_only";

pub fn options() -> Options {
    Options { now: Some(NOW), token: Some(TOKEN.into()), ..Options::default() }
}

pub fn intercom_by(via: Arc<dyn Transport>, version: &str, limits: Limits) -> Intercom {
    let version: Version = version.parse().unwrap();
    Intercom::new(via, TOKEN.into(), Region::Us, version, Some("http://127.0.0.1:1"), limits).unwrap()
}

pub fn intercom(town: &Town, version: &str) -> Intercom {
    intercom_by(Arc::new(InProcess::new(town.router())), version, Limits { seed: 7, ..Limits::default() })
}

pub fn everything() -> Wanted {
    Wanted { resources: resources::RESOURCES.iter().collect(), ..Wanted::default() }
}

pub fn only(names: &[&str]) -> Wanted {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    Wanted { resources: warehouse::resources(Some(&names)).unwrap(), ..Wanted::default() }
}

pub async fn sync(intercom: &Intercom, wanted: &Wanted, to: &dyn Destination) -> Result<Receipt> {
    warehouse::load(intercom, "test", wanted, to, |_| (), pending()).await
}

/// One run into the file, opened for it alone.
pub async fn sync_into(intercom: &Intercom, wanted: &Wanted, path: &Path) -> Result<Receipt> {
    let to = SqliteDestination::open(path)?;
    sync(intercom, wanted, &to).await
}

/// Every difference between the town's truth and the file, as lines; empty when all live records are there, once, as they are.
pub async fn differences(town: &Town, path: &Path, version: &str) -> Vec<String> {
    let to = SqliteDestination::peek(path).unwrap();
    let mut out = Vec::new();
    for spec in resources::RESOURCES.iter().filter(|s| !["conversation_parts", "data_attributes"].contains(&s.name)) {
        let table = Table::of(spec);
        let live: BTreeSet<String> = town.ids(spec.name).into_iter().collect();
        let rows = rows(&to, &table).await;
        for id in &live {
            let Some(row) = rows.get(id) else {
                out.push(format!("{} {id}: missing", spec.name));
                continue;
            };
            let truth = truth(town, version, spec.name, id).await;
            // Derived from other records without moving `updated_at`: no reader by change time can know of them.
            let derived = [
                "source_author_type",
                "source_author_name",
                "source_author_email",
                "conversation_rating_contact",
                "company",
                "count",
            ];
            for column in table.columns.iter().filter(|c| !c.path.is_empty() && !derived.contains(&c.name.as_str())) {
                compare(spec.name, id, column, &truth, &row[&column.name], &mut out);
            }
        }
        if spec.newest.is_none() {
            out.extend(rows.keys().filter(|id| !live.contains(*id)).map(|id| format!("{} {id}: should be gone", spec.name)));
        }
        for link in spec.links {
            let live_links: BTreeSet<(String, String)> = match spec.name {
                "contacts" | "conversations" => town.links(link.table).into_iter().collect(),
                _ => continue,
            };
            let sql = format!("SELECT {}, {} FROM {}", link.columns[0], link.columns[1], link.table);
            let held: BTreeSet<(String, String)> = to
                .query(&sql, usize::MAX)
                .await
                .unwrap()
                .1
                .into_iter()
                .map(|r| (r[0].clone(), r[1].clone()))
                .filter(|(ours, _)| live.contains(ours))
                .collect();
            out.extend(live_links.difference(&held).map(|pair| format!("{} {pair:?}: missing", link.table)));
            out.extend(held.difference(&live_links).map(|pair| format!("{} {pair:?}: should be gone", link.table)));
        }
    }
    let parts = to.query("SELECT conversation_id, id, body FROM conversation_parts", usize::MAX).await.unwrap().1;
    let mut held: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in parts {
        held.entry(row[0].clone()).or_default().insert(row[1].clone(), row[2].clone());
    }
    for id in town.ids("conversations") {
        let truth = town.parts(&id);
        let newest = &truth[truth.len().saturating_sub(500)..];
        let mine = held.remove(&id).unwrap_or_default();
        for part in newest {
            let part_id = part["id"].as_str().unwrap();
            match mine.get(part_id) {
                None => out.push(format!("part {part_id} of {id}: missing")),
                Some(body) if body != part["body"].as_str().unwrap_or_default() => {
                    out.push(format!("part {part_id} of {id}: stale"))
                }
                Some(_) => {}
            }
        }
    }
    out
}

/// The record as the platform shows it by id in that version; lists without such a page give it as the town has it.
async fn truth(town: &Town, version: &str, table: &str, id: &str) -> Value {
    if ["tags", "segments"].contains(&table) {
        return town.record(table, id).unwrap();
    }
    for _ in 0..3 {
        let request = http::Request::get(format!("/{table}/{id}"))
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("intercom-version", version)
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = town.router().oneshot(request).await.unwrap();
        if answer.status() == 200 {
            return serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap()).unwrap();
        }
        assert_eq!(answer.status(), 429, "{table} {id} by id");
        tokio::time::advance(std::time::Duration::from_secs(10)).await;
    }
    panic!("{table} {id} cannot be read")
}

async fn rows(to: &SqliteReader, table: &Table) -> BTreeMap<String, BTreeMap<String, String>> {
    let (names, rows) = to.query(&format!("SELECT * FROM {}", table.name), usize::MAX).await.unwrap();
    let at = names.iter().position(|n| n == "id").unwrap();
    let mut out = BTreeMap::new();
    for row in rows {
        let id = row[at].clone();
        let again = out.insert(id.clone(), names.iter().cloned().zip(row).collect());
        assert!(again.is_none(), "{} {id} stands twice", table.name);
    }
    out
}

/// What the column should show of the truth, written without the decoder.
fn compare(table: &str, id: &str, column: &tajo_core::Column, truth: &Value, held: &str, out: &mut Vec<String>) {
    let value = column.path.iter().fold(truth, |v, key| &v[key]);
    let same = match (column.kind, value) {
        (_, Value::Null) => held.is_empty(),
        (Kind::Timestamp, Value::Number(n)) => held == jiff::Timestamp::from_second(n.as_i64().unwrap()).unwrap().to_string(),
        (Kind::Boolean, Value::Bool(b)) => held == if *b { "1" } else { "0" },
        (Kind::Json, value) => serde_json::from_str::<Value>(held).ok().as_ref() == Some(value),
        (Kind::Number, Value::Number(n)) => held.parse::<f64>().ok() == n.as_f64(),
        (_, Value::String(s)) => held == s,
        (_, Value::Number(n)) => held == n.to_string(),
        // A value of another type than the column's stands in the overflow.
        _ => held.is_empty(),
    };
    if !same {
        out.push(format!("{table} {id}: `{}` is `{held:.60}`, should be `{:.60}`", column.name, value.to_string()));
    }
}

/// A small seeded generator: tests decide by seed, never by chance.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1))
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// A town and the place of a file for it.
pub struct Bench {
    pub town: Town,
    pub path: std::path::PathBuf,
    pub version: &'static str,
    _directory: tempfile::TempDir,
}

impl Bench {
    pub fn new(options: Options) -> Bench {
        Bench::at("2.14", options)
    }
    pub fn at(version: &'static str, options: Options) -> Bench {
        let directory = tempfile::tempdir().unwrap();
        Bench { town: Town::new(options), path: directory.path().join("intercom.db"), version, _directory: directory }
    }
    /// A run of everything.
    pub async fn sync(&self) -> Receipt {
        self.run(&everything()).await
    }
    pub async fn run(&self, wanted: &Wanted) -> Receipt {
        sync_into(&intercom(&self.town, self.version), wanted, &self.path).await.unwrap()
    }
    /// A run through a transport that changes answers.
    pub async fn run_through(&self, via: impl Transport + 'static, wanted: &Wanted) -> Receipt {
        let limits = Limits { seed: 7, ..Limits::default() };
        sync_into(&intercom_by(Arc::new(via), self.version, limits), wanted, &self.path).await.unwrap()
    }
    pub async fn differences(&self) -> Vec<String> {
        differences(&self.town, &self.path, self.version).await
    }
    pub async fn query(&self, sql: &str) -> Vec<Vec<String>> {
        SqliteDestination::peek(&self.path).unwrap().query(sql, usize::MAX).await.unwrap().1
    }
    /// The first value of the first row.
    pub async fn value(&self, sql: &str) -> String {
        self.query(sql).await.into_iter().next().and_then(|row| row.into_iter().next()).unwrap_or_default()
    }
    pub async fn count(&self, table: &str) -> usize {
        self.value(&format!("SELECT count(*) FROM {table}")).await.parse().unwrap()
    }
}

/// The report of one resource.
pub fn report<'a>(receipt: &'a Receipt, name: &str) -> &'a tajo_engine::extract::Report {
    receipt.reports.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("no report of {name}"))
}

/// Rows and pairs written and removed in a whole run.
pub fn changes(receipt: &Receipt) -> u64 {
    let links = |r: &tajo_engine::extract::Report| r.links.iter().map(|l| l.1 + l.2).sum::<u64>();
    receipt.reports.iter().map(|r| r.rows_written + r.rows_deleted + links(r)).sum()
}

/// One exchange as the wire saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub uri: String,
    pub headers: http::HeaderMap,
    pub body: String,
    pub status: u16,
    pub reset: Option<i64>,
    pub sent: tokio::time::Instant,
    pub answered: tokio::time::Instant,
}

type Change = dyn Fn(&http::Request<bytes::Bytes>, &mut http::Response<bytes::Bytes>) + Send + Sync;

/// The twin with an ear on the line, and a hand on what it answers.
#[derive(Clone)]
pub struct Tap {
    to: InProcess,
    change: Arc<Change>,
    pub seen: Arc<std::sync::Mutex<Vec<Seen>>>,
}

impl Tap {
    pub fn new(
        town: &Town,
        change: impl Fn(&http::Request<bytes::Bytes>, &mut http::Response<bytes::Bytes>) + Send + Sync + 'static,
    ) -> Tap {
        Tap { to: InProcess::new(town.router()), change: Arc::new(change), seen: Arc::default() }
    }
    pub fn listening(town: &Town) -> Tap {
        Tap::new(town, |_, _| ())
    }
    /// Changes the JSON of good answers whose path begins so.
    pub fn json(town: &Town, path: &'static str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Tap {
        Tap::new(town, move |request, answer| {
            if request.uri().path().starts_with(path) && answer.status() == 200 {
                let mut value: Value = serde_json::from_slice(answer.body()).unwrap();
                change(&mut value);
                *answer.body_mut() = serde_json::to_vec(&value).unwrap().into();
            }
        })
    }
    pub fn log(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Transport for Tap {
    fn send(
        &self,
        request: http::Request<bytes::Bytes>,
    ) -> tajo_core::BoxFuture<'_, Result<http::Response<bytes::Bytes>, tajo_core::rest::Broken>> {
        let kept = request.clone();
        Box::pin(async move {
            let sent = tokio::time::Instant::now();
            let mut answer = self.to.send(request).await?;
            (self.change)(&kept, &mut answer);
            let reset = answer.headers().get("x-ratelimit-reset").and_then(|v| v.to_str().ok()?.parse().ok());
            self.seen.lock().unwrap().push(Seen {
                method: kept.method().to_string(),
                uri: kept.uri().to_string(),
                headers: kept.headers().clone(),
                body: String::from_utf8_lossy(kept.body()).into_owned(),
                status: answer.status().as_u16(),
                reset,
                sent,
                answered: tokio::time::Instant::now(),
            });
            Ok(answer)
        })
    }
}
