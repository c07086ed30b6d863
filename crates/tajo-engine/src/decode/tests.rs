use super::*;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampSecondType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tajo_core::{Epoch, Id, Read, Resource, Row};

/// A thing.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Thing {
    id: Id,
    updated_at: Option<Epoch>,
    count: Option<i64>,
    plan: Option<Plan>,
    custom: Option<Row>,
}
#[derive(Serialize, Deserialize, JsonSchema)]
struct Plan {
    name: Option<String>,
}
impl Resource for Thing {
    type On = ();
    const SPEC: Spec = Spec::of::<Self>("things", Read::Whole { paths: |_| &["/things"], items: "data" })
        .newest("updated_at")
        .links(&[Link { table: "thing_tags", at: "tags", items: "data", columns: ["thing_id", "tag_id"], rest: None }]);
}

fn decode(records: &[&str]) -> Result<Rows> {
    let decoder = Decoder::new(&Thing::SPEC, Arc::new(Table::of(&Thing::SPEC)));
    let items: Vec<Box<RawValue>> = records.iter().map(|r| RawValue::from_string(r.to_string()).unwrap()).collect();
    let items: Vec<&RawValue> = items.iter().map(|b| &**b).collect();
    decoder.decode(&items, Stamp { synced_at: 7, inject: None }, |_| true)
}

fn text(rows: &Rows, column: &str, row: usize) -> Option<String> {
    let array = rows.batch.column_by_name(column).unwrap().as_string::<i32>();
    (!array.is_null(row)).then(|| array.value(row).to_string())
}

#[test]
fn declared_keys_fill_columns_and_the_rest_overflows() {
    let rows = decode(&[
        r#"{"id":"a","updated_at":1700000000,"count":3,"plan":{"name":"Pro \u00e9","seats":5},"custom":{"x y":[1]},"new":{"deep":true},"tags":{"data":[{"id":"1"},{"id":2}],"has_more":false,"total_count":2}}"#,
        r#"{"count":"many","id":12,"updated_at":"2023-11-14T22:13:20Z","plan":null,"tags":{"data":[{"id":"1"}],"total_count":11,"has_more":true}}"#,
    ])
    .unwrap();
    assert_eq!(text(&rows, "id", 1).as_deref(), Some("12"), "ids are text");
    assert_eq!(text(&rows, "plan_name", 0).as_deref(), Some("Pro é"));
    assert_eq!(text(&rows, "plan_name", 1), None);
    assert_eq!(text(&rows, "custom", 0).as_deref(), Some(r#"{"x y":[1]}"#));
    assert_eq!(text(&rows, "_extra", 0).as_deref(), Some(r#"{"plan.seats":5,"new":{"deep":true}}"#));
    assert_eq!(text(&rows, "_extra", 1).as_deref(), Some(r#"{"count":"many"}"#), "a value of another type is kept");
    let stamps = rows.batch.column_by_name("updated_at").unwrap().as_primitive::<TimestampSecondType>();
    assert_eq!((stamps.value(0), stamps.value(1)), (1_700_000_000, 1_700_000_000));
    let counts = rows.batch.column_by_name("count").unwrap().as_primitive::<Int64Type>();
    assert!(counts.value(0) == 3 && counts.is_null(1));
    assert_eq!(rows.heads[0].links[0], Some(Listed { ids: vec!["1".into(), "2".into()], cut: false }));
    assert_eq!(rows.heads[1].links[0], Some(Listed { ids: vec!["1".into()], cut: true }));
    assert_eq!((rows.heads[1].id.as_str(), rows.heads[1].newest), ("12", Some(1_700_000_000)));
    assert_ne!(rows.heads[0].hash, rows.heads[1].hash);
}

#[test]
fn odd_records_never_panic_and_lose_nothing() {
    let rows = decode(&[r#"{"id":"a","id":"b","plan":"gold","custom":[1],"updated_at":1e3,"tags":null}"#]).unwrap();
    assert_eq!(rows.heads[0].id, "b", "the last duplicate wins");
    assert_eq!(text(&rows, "_extra", 0).as_deref(), Some(r#"{"plan":"gold"}"#));
    assert_eq!(text(&rows, "custom", 0).as_deref(), Some("[1]"));
    assert_eq!((rows.heads[0].newest, rows.heads[0].links[0].clone()), (Some(1000), None));
    for bad in ["{}", "[]", "1", r#"{"id":null}"#, r#"{"id":{"x":1}}"#] {
        assert_eq!(decode(&[bad]).unwrap_err().code().id, "TJ-INT-DRIFT", "{bad}");
    }
    let lone = decode(&[r#"{"id":"a","plan":{"name":"\ud800"}}"#]).unwrap();
    assert_eq!(
        text(&lone, "_extra", 0).as_deref(),
        Some(r#"{"plan.name":"\ud800"}"#),
        "a lone surrogate has no text but is kept"
    );
}
