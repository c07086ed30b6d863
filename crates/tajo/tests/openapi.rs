//! The description of the API: as kept, whole, and the same for an action that nobody has heard of.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod counter;
mod desk;

use std::collections::BTreeSet;
use std::path::Path;

use counter::{Counter, app, key};
use desk::{Desk, small};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tajo::actions::{Entry, Session, entries};
use tajo::surface::http::listen::Limits;
use tajo::surface::openapi;
use tajo_core::{Action, Call, Command, Effect, Result};

/// Plant a tree in a garden; nobody else knows this action.
#[derive(Debug, Deserialize, JsonSchema)]
struct Plant {
    /// What kind of tree it is.
    kind: String,
    /// How high it is, in centimetres.
    height: Option<u32>,
}

/// A tree that stands.
#[derive(Debug, Serialize, JsonSchema)]
struct Tree {
    /// What kind it is.
    kind: String,
    /// Who planted it.
    by: String,
}

impl Action for Plant {
    const NAME: &'static str = "trees.plant";
    const ALIAS: &'static str = "plant_tree";
    const EFFECT: Effect = Effect::Assign;
    const NEEDS: &'static [&'static str] = &["Write gardens"];
    const EXAMPLE: &'static str = r#"{"kind": "oak"}"#;
    const ALSO: &'static [(&'static str, &'static str)] = &[("species", "kind")];
    type On = Session;
    type Out = Tree;

    async fn run(self, call: &Call<'_, Session>) -> Result<Tree> {
        if self.height.is_some_and(|height| height > 10_000) {
            call.warn("That is a high tree.");
        }
        Ok(Tree { kind: self.kind, by: call.on.by.clone() })
    }
}

static PLANT: Command<Session> = Command::of::<Plant>();

#[test]
fn an_action_added_in_one_place_is_described_listed_and_served() {
    let desk = Desk::new(small());
    let counter = Counter::with(&desk, app(&desk, &[]).with(Entry::own(&PLANT)), Limits { per_address: 0, ..Limits::default() });
    let (writes, reads) = (key(&desk, &["--scope", "write"]), key(&desk, &[]));

    let described = counter.send("GET", "/api/v1/openapi.json", &[], b"").is(200).json();
    let operation = &described["paths"]["/api/v1/trees/plant"]["post"];
    assert_eq!(operation["operationId"], "plantTree");
    assert_eq!((&operation["x-effect"], &operation["x-scope"]), (&json!("write"), &json!("write")));
    assert_eq!(operation["x-permissions"], json!(["Write gardens"]));
    assert_eq!(operation["summary"], "Plant a tree in a garden; nobody else knows this action.");
    assert_eq!(operation["requestBody"]["content"]["application/json"]["example"], json!({"kind": "oak"}));
    let input = &described["components"]["schemas"]["PlantTreeInput"];
    assert_eq!((&input["required"], &input["additionalProperties"]), (&json!(["kind"]), &json!(false)));
    assert_eq!(input["properties"]["kind"]["description"], "What kind of tree it is.");
    assert_eq!(described["components"]["schemas"]["PlantTreeResult"]["required"], json!(["kind", "by"]));

    let listed = counter.get(&reads, "/api/v1/actions").is(200).json();
    let actions = listed["actions"].as_array().unwrap();
    assert_eq!(actions.len(), entries().len() + 1);
    assert!(actions.iter().any(|action| action["id"] == "tajo.trees.plant" && action["path"] == "/api/v1/trees/plant"));

    let answer = counter.ask(&writes, "trees/plant", json!({"species": "oak", "height": 20_000})).is(200).json();
    assert_eq!((&answer["result"]["kind"], &answer["warnings"]), (&json!("oak"), &json!(["That is a high tree."])));
    assert!(answer["result"]["by"].as_str().unwrap().starts_with("key:"));
    assert_eq!(counter.ask(&reads, "trees/plant", json!({"kind": "oak"})).is(403).code(), "TJ-SEC-SCOPE");
    assert_eq!(counter.ask(&writes, "trees/plant", json!({"kind": 7})).is(400).code(), "TJ-CFG-INPUT");
}

#[test]
fn the_kept_description_is_the_one_that_is_served() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let kept = std::fs::read_to_string(kept).unwrap();
    let now = openapi::text(&entries());
    assert!(kept == now, "docs/reference/openapi.json is stale: cargo run -p xtask -- openapi");
    assert_eq!(now, openapi::text(&entries()), "the same entries give the same bytes");
}

#[test]
fn the_description_is_whole_and_names_every_action_once() {
    let described = openapi::document(&entries());
    let mut names = BTreeSet::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{path}");
        }
    }
    for entry in entries() {
        let operation = &described["paths"][format!("/api/v1/{}/{}", entry.facts.noun(), entry.facts.verb())]["post"];
        assert_eq!(operation["x-action"], entry.id());
        let example: Value = serde_json::from_str(entry.facts.example).unwrap();
        assert_eq!(operation["requestBody"]["content"]["application/json"]["example"], example);
    }
    let mut references = Vec::new();
    gather(&described, &mut references);
    assert!(references.len() > 100);
    for reference in references {
        let place = reference.strip_prefix('#').unwrap();
        assert!(described.pointer(place).is_some(), "{reference} leads nowhere");
    }
}

fn gather(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| gather(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| gather(value, into)),
        _ => {}
    }
}
