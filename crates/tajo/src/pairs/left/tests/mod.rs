//! Contacts out of a mirror that was filled the way an extraction fills it.

mod changes;
mod reading;
mod speed;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tajo_core::conformance::batch;
use tajo_core::destination::{Claim, Destination, Load, Mode, Segment};
use tajo_core::table::Table;
use tajo_dest::SqliteDestination;
use tajo_engine::decode::{Decoder, Stamp};

use super::{Left, LeftReader, ensure_indexes};
use crate::config::{Known, Source, load};
use crate::pairs::mapping::{Direction, LeftAttribute, Mapping};

fn mapping(text: &str) -> Mapping {
    let config = load(&Source::text("t", text), &Known::declared(), &|_| None).unwrap_or_else(|found| panic!("{found}"));
    let schema = [LeftAttribute { name: "plan_tier".into(), data_type: "string".into(), ..LeftAttribute::default() }];
    Mapping::of(&config.intercom, Direction::IntercomToBrevo, &schema)
}

/// A mirror in the making.
struct Mirror {
    _folder: tempfile::TempDir,
    path: PathBuf,
    to: SqliteDestination,
    claim: Claim,
}

impl Mirror {
    async fn new() -> Mirror {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mirror.db");
        let to = SqliteDestination::open(&path).expect("opens");
        let claim = to.claim("intercom", "workspace").await.expect("is claimed");
        Mirror { _folder: folder, path, to, claim }
    }

    /// Stores records as an answer of the API at that moment would be stored; returns rows written.
    async fn put(&self, resource: &str, records: &[Value], at: i64) -> u64 {
        let spec = tajo_intercom::resources::find(resource).expect("a resource");
        let table = Arc::new(Table::of(spec));
        let raw: Vec<Box<RawValue>> =
            records.iter().map(|record| RawValue::from_string(record.to_string()).expect("JSON")).collect();
        let items: Vec<&RawValue> = raw.iter().map(AsRef::as_ref).collect();
        let stamp = Stamp { synced_at: at, inject: None };
        let rows = Decoder::new(spec, table.clone()).decode(&items, stamp, |_| true).expect("decodes");
        let mode = if matches!(resource, "tags") { Mode::Replace } else { Mode::Merge };
        let mut loads = vec![Load { table, batch: rows.batch, mode }];
        for (n, link) in spec.links.iter().enumerate() {
            let listed = rows.heads.iter().filter_map(|head| Some((&head.id, head.links[n].as_ref()?)));
            let pairs: Vec<Vec<Value>> =
                listed.clone().flat_map(|(id, list)| list.ids.iter().map(move |other| vec![json!(id), json!(other)])).collect();
            let table = Table::of_link(link, resource);
            let columns: Vec<&str> = link.columns.to_vec();
            let of = listed.map(|(id, _)| id.clone()).collect();
            let mode = Mode::Pairs { parent: resource.into(), of };
            loads.push(Load { batch: batch(&table, &columns, &pairs), table: Arc::new(table), mode });
        }
        for load in &loads {
            self.to.prepare(&load.table).await.expect("prepares");
        }
        let loaded = self.to.load(&self.claim, Segment { loads }, None).await.expect("loads");
        loaded.tables[0].1
    }

    fn reader(&self, mapping: &Mapping) -> LeftReader {
        ensure_indexes(&self.path).expect("indexes");
        LeftReader::open(&self.path, mapping).expect("opens")
    }
}

fn refs(ids: &[&str]) -> Value {
    json!(ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>())
}

fn contact(id: &str, updated_at: i64, tags: &[&str], companies: &[&str]) -> Value {
    json!({
        "id": id, "type": "contact", "role": "user", "email": format!("{id}@Mail.example"), "name": format!("Ada {id}"),
        "updated_at": updated_at, "signed_up_at": 1_795_170_600, "unsubscribed_from_emails": false,
        "custom_attributes": {"plan_tier": "pro"}, "tags": {"data": refs(tags)}, "companies": {"data": refs(companies)},
    })
}

fn conversation(id: &str, updated_at: i64, contacts: &[&str], tags: &[&str], more: Value) -> Value {
    let mut record = json!({
        "id": id, "created_at": updated_at, "updated_at": updated_at, "state": "closed", "open": false,
        "contacts": {"contacts": refs(contacts)}, "tags": {"tags": refs(tags)},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        record[key] = value.clone();
    }
    record
}

fn all(reader: &LeftReader) -> Vec<Left> {
    let mut found = Vec::new();
    let read = reader.all(&mut |left| {
        found.push(left);
        Ok(())
    });
    assert_eq!(read.expect("reads"), found.len() as u64);
    found
}

const EVERYTHING: &str = "direction: intercom_to_brevo\nlists: {active_conversations: 36}\ntags: {vip: {list: 40}}\n\
    field_mapping:\n  name: FULLNAME\n  signed_up_at: SIGNUP\n  company.name: COMPANY\n  company.size: SIZE\n  \
    custom_attributes.plan_tier: PLAN\n";
