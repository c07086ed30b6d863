//! The normal form, printed: YAML that reads back, except for its masked secrets.

use std::fmt::Write;

use serde_json::{Value, json};

use super::mask::masked;
use super::normal::{CompanyRule, Config, Connection, Intercom, Mapping, NewInIntercom, NoEmail};

/// The normal form of a configuration, secrets masked.
pub struct Shown(Vec<(&'static str, Value)>);

impl Config {
    /// The normal form, secrets masked.
    pub fn show(&self) -> Shown {
        let mut top: Vec<(&'static str, Value)> = Vec::new();
        let connections: Vec<Value> = self.connections.iter().map(connection).collect();
        top.push(("connections", json!({ "intercom": connections })));
        let mut connectors = entries([("intercom", intercom(&self.intercom))]);
        if let Some(brevo) = &self.brevo {
            let fields = [
                ("enabled", json!(brevo.enabled)),
                ("api_key", json!(brevo.api_key.as_ref().map(masked))),
                ("client_id", json!(brevo.app.as_ref().map(|app| &app.client_id))),
                ("client_secret", json!(brevo.app.as_ref().map(|app| masked(&app.client_secret)))),
                ("base_url", json!(brevo.base_url)),
            ];
            connectors["brevo"] = entries(fields);
        }
        top.push(("connectors", connectors));
        if let Some(destination) = &self.destination {
            top.push(("destination", json!(destination.url())));
        }
        Shown(top)
    }
}

fn connection(of: &Connection) -> Value {
    entries([
        ("name", json!(of.name)),
        ("access_token", json!(of.token.as_ref().map(masked))),
        ("region", json!(of.region.map_or("us", |region| region.name()))),
        ("api_version", json!(of.api_version)),
        ("base_url", json!(of.base_url)),
        ("client_id", json!(of.client_id)),
        ("client_secret", json!(of.client_secret.as_ref().map(masked))),
    ])
}

fn intercom(of: &Intercom) -> Value {
    let sync =
        of.resources.as_ref().map(|names| names.iter().map(|n| (n.clone(), json!(true))).collect::<serde_json::Map<_, _>>());
    let lists: serde_json::Map<_, _> = of.lists.iter().map(|list| (list.rule.clone(), json!(list.id))).collect();
    let fields: serde_json::Map<_, _> = of.field_mapping.iter().map(|m| (m.from.clone(), field(m))).collect();
    let tags: serde_json::Map<_, _> =
        of.tags.iter().map(|t| (t.tag.clone(), entries([("list", json!(t.list)), ("attribute", json!(t.attribute))]))).collect();
    let brakes = [("changed_percent", of.brakes.changed_percent), ("blanked_percent", of.brakes.blanked_percent)];
    let brakes = brakes.into_iter().filter_map(|(key, limit)| Some((key.to_string(), json!(limit?)))).collect();
    entries([
        ("enabled", json!(of.enabled)),
        ("connection", json!(of.connection)),
        ("sync", json!(sync)),
        ("direction", json!(of.direction)),
        ("lists", some(lists)),
        ("field_mapping", some(fields)),
        ("tags", some(tags)),
        ("no_email", if of.no_email == NoEmail::Skip { Value::Null } else { json!(of.no_email) }),
        ("default_country", json!(of.default_country)),
        ("companies", json!(of.companies)),
        ("company", unless(of.company == CompanyRule::Newest, json!(of.company))),
        ("facts", of.facts.as_ref().map_or(Value::Null, |facts| if facts.is_empty() { json!("off") } else { json!(facts) })),
        ("new_in_intercom", unless(of.new_in_intercom == NewInIntercom::Lead, json!(of.new_in_intercom))),
        ("engagement", json!(of.engagement)),
        ("rate_limit", json!(of.rate_limit)),
        ("search_rate_limit", json!(of.search_rate_limit)),
        ("sync_every", json!(of.sync_every)),
        ("brakes", some(brakes)),
        ("debug", if of.debug { json!(true) } else { Value::Null }),
        ("log_level", json!(of.log_level)),
        ("log_webhooks", if of.log_webhooks { json!(true) } else { Value::Null }),
    ])
}

fn field(of: &Mapping) -> Value {
    entries([
        ("to", json!(of.to)),
        ("direction", json!(of.direction)),
        ("conflict", json!(of.conflict)),
        ("as", json!(of.transform)),
        ("separator", json!(of.separator)),
        ("values", some(of.values.iter().map(|(from, to)| (from.clone(), json!(to))).collect())),
    ])
}

/// The value, or nothing where it is what holds anyway.
fn unless(default: bool, value: Value) -> Value {
    if default { Value::Null } else { value }
}

/// An object without its empty members.
fn entries<const N: usize>(of: [(&str, Value); N]) -> Value {
    of.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.to_string(), value))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn some(map: serde_json::Map<String, Value>) -> Value {
    if map.is_empty() { Value::Null } else { map.into() }
}

impl Shown {
    /// The normal form as a JSON object.
    pub fn to_json(&self) -> Value {
        self.0.iter().map(|(key, value)| (key.to_string(), value.clone())).collect::<serde_json::Map<_, _>>().into()
    }
    /// The normal form as YAML.
    pub fn to_yaml(&self) -> String {
        let mut out = String::new();
        for (key, value) in &self.0 {
            entry(&mut out, 0, "", key, value);
        }
        out
    }
}

fn entry(out: &mut String, depth: usize, lead: &str, key: &str, value: &Value) {
    // Writing into a String cannot fail.
    let _ = write!(out, "{}{lead}{}:", "  ".repeat(depth), scalar(&json!(key)));
    let inner = depth + 1 + usize::from(!lead.is_empty());
    match value {
        Value::Object(map) if map.is_empty() => out.push_str(" {}\n"),
        Value::Array(list) if list.is_empty() => out.push_str(" []\n"),
        Value::Object(map) => {
            out.push('\n');
            map.iter().for_each(|(key, value)| entry(out, inner, "", key, value));
        }
        Value::Array(list) => {
            out.push('\n');
            list.iter().for_each(|value| item(out, inner, value));
        }
        value => {
            let _ = writeln!(out, " {}", scalar(value));
        }
    }
}

fn item(out: &mut String, depth: usize, value: &Value) {
    let Value::Object(map) = value else {
        let _ = writeln!(out, "{}- {}", "  ".repeat(depth), scalar(value));
        return;
    };
    for (at, (key, value)) in map.iter().enumerate() {
        if at == 0 {
            entry(out, depth, "- ", key, value);
        } else {
            entry(out, depth + 1, "", key, value);
        }
    }
}

/// A scalar as YAML: bare where it can only be read as text, quoted as JSON elsewhere, which YAML reads too.
fn scalar(value: &Value) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let plain = text.chars().all(|c| c.is_alphanumeric() || "_./…-".contains(c));
    let word = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"].contains(&text.to_ascii_lowercase().as_str());
    if starts && plain && !word { text.clone() } else { value.to_string() }
}
