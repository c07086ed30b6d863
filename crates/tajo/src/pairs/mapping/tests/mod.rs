//! The mapping, from the text of a configuration to what is written.

mod back;
mod checks;
mod conversions;
mod forward;
mod rules;

use serde_json::{Value, json};

use super::{Direction, LeftAttribute, Mapping};
use crate::config::{Config, Known, Source, load};
use crate::pairs::left::Left;

/// The attributes of a workspace of the tests.
fn schema() -> Vec<LeftAttribute> {
    let of = |name: &str, data_type: &str| LeftAttribute {
        name: name.into(),
        data_type: data_type.into(),
        ..LeftAttribute::default()
    };
    vec![
        of("plan_tier", "string"),
        of("feature_usage", "integer"),
        of("score", "float"),
        of("beta", "boolean"),
        of("renews_at", "date"),
        LeftAttribute { archived: true, ..of("old_plan", "string") },
    ]
}

fn config(text: &str) -> Config {
    let env = |name: &str| (name == "INTERCOM_ACCESS_TOKEN").then(|| "tok-test".to_string());
    load(&Source::text("tajo.yml", text), &Known::declared(), &env).unwrap_or_else(|found| panic!("{found}"))
}

fn mapping(text: &str) -> Mapping {
    let config = config(text).intercom;
    let direction = config.direction.unwrap_or(Direction::IntercomToBrevo);
    Mapping::of(&config, direction, &schema())
}

/// The basic setup and the field mapping of the documentation, indentation restored.
fn seeds() -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the fixture is there");
    read("seed000_basic.yml") + &read("seed000_mapping.yml")
}

/// A contact as the API shows it.
fn contact(mapping: &Mapping, record: Value) -> Left {
    Left::default().seen(mapping, &record)
}

fn ada() -> Value {
    json!({
        "id": "6a01", "role": "user", "email": "Ada@Mail.example", "name": "Ada Lovelace", "phone": "+49 176 1234567",
        "signed_up_at": 1_795_170_600, "last_seen_at": 1_795_170_600, "unsubscribed_from_emails": false, "updated_at": 7,
        "custom_attributes": {"plan_tier": "pro", "feature_usage": 7, "beta": true, "renews_at": 1_795_170_600},
    })
}

/// The value of a key.
fn value(mapping: &Mapping, values: &[Value], key: &str) -> Value {
    values[*mapping.keys().get(key).unwrap_or_else(|| panic!("no {key}"))].clone()
}

fn left(mapping: &Mapping, contact: &Left, key: &str) -> Value {
    value(mapping, &mapping.left(contact).values, key)
}
