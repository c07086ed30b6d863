//! `field_mapping:`: fields of a contact, the attributes they go to, and how they are rewritten on the way.

use serde_json::Value;
use tajo_core::codes;

use super::block::{Block, did_you_mean, wrong_kind};
use super::fields;
use super::finding::{Finding, Place, Report};
use super::mapping::free;
use super::mask;
use super::normal::{Conflict, Direction, Mapping, Transform};
use super::tree::{Key, Node, Shape};

/// Mapped by the example of the documentation, but not a field of a contact in API 2.x.
pub const NOT_ON_CONTACTS: [&str; 1] = ["session_count"];
/// The identity, on both sides.
const EMAIL: &str = "email";

/// Reads the mapping.
pub(super) fn fields(node: &Node, path: &str, report: &mut Report) -> Vec<Mapping> {
    let mut found: Vec<Mapping> = Vec::new();
    if matches!(&node.shape, Shape::Empty) || matches!(&node.shape, Shape::Map(entries) if entries.is_empty()) {
        report.push(
            Finding::warning(&codes::CFG_VALUE, node.place, format!("`{path}` is empty, so the usual fields are taken"))
                .cause("no field is named")
                .help("name the fields that shall go, at least `email: email`, or remove the line"),
        );
    }
    for (key, value) in free(node, path, report) {
        let here = format!("{path}.{}", mask::value(&key.name).trim_matches('`'));
        if NOT_ON_CONTACTS.contains(&key.name.as_str()) {
            report.push(
                Finding::warning(&codes::CFG_VALUE, key.place, format!("`{}` is not a contact field in Intercom 2.x", key.name))
                    .cause("exists on companies; contacts had it in API 1.x")
                    .help(format!("use `company.{}`, or remove the line", key.name)),
            );
        }
        if !NOT_ON_CONTACTS.contains(&key.name.as_str()) && !fields::is_field(&key.name) {
            report.push(no_field(key));
        }
        let Some(mapping) = field(key, value, &here, report) else { continue };
        if mapping.to.eq_ignore_ascii_case(EMAIL) && mapping.from != EMAIL {
            report.push(
                Finding::error(
                    &codes::CFG_VALUE,
                    value.place,
                    format!("{} cannot become the e-mail address", mask::value(&mapping.from)),
                )
                .cause("contacts are identified by `email`")
                .help("map it to an attribute of its own"),
            );
        }
        if let Some(other) = found.iter().find(|m| m.to.eq_ignore_ascii_case(&mapping.to)) {
            report.push(
                Finding::error(&codes::CFG_TWICE, value.place, format!("Two fields are mapped to {}", mask::value(&mapping.to)))
                    .cause(format!("`{}` is mapped to it as well", other.from))
                    .help("map each field to an attribute of its own"),
            );
        }
        found.push(mapping);
    }
    found
}

fn no_field(key: &Key) -> Finding {
    let what = format!("There is no contact field {} in Intercom", mask::value(&key.name));
    let finding = Finding::error(&codes::CFG_FIELD, key.place, what).cause(did_you_mean(&key.name, &fields::names()));
    finding.help("use a field such as email, name, phone, role, signed_up_at, company.name or custom_attributes.NAME")
}

fn field(key: &Key, node: &Node, path: &str, report: &mut Report) -> Option<Mapping> {
    let plain = |to: &str| Mapping {
        from: key.name.clone(),
        to: to.to_string(),
        direction: None,
        conflict: Conflict::Intercom,
        transform: None,
        separator: None,
        values: Vec::new(),
        place: key.place,
    };
    match &node.shape {
        Shape::Text(to) => attribute(to, node, path, report).map(plain),
        Shape::Map(_) => {
            let mut block = Block::open(node, path, report)?;
            let to = block.get("to");
            if !block.has("to") {
                report.push(
                    Finding::error(&codes::CFG_MISSING, node.place, format!("`{path}` does not say where it goes"))
                        .cause("`to` is missing")
                        .help("add `to: ATTRIBUTE`"),
                );
            }
            let directions: Vec<(&'static str, Direction)> =
                Direction::CHOICES.iter().copied().chain([("both", Direction::Bidirectional)]).collect();
            let direction = block.choice("direction", &directions, report).map(|d| d.value);
            let conflict = block.choice("conflict", Conflict::CHOICES, report).map(|c| c.value);
            let transform = block.choice("as", Transform::CHOICES, report).map(|t| t.value);
            let separator = separator(&mut block, report);
            let values = block.get("values").map(|values| table(values, &format!("{path}.values"), report));
            let transform = rewriting(transform, &values, node.place, path, report);
            block.finish(report);
            let to = to?;
            let to = attribute(to.scalar().unwrap_or_default(), to, &format!("{path}.to"), report)?;
            let (conflict, values) = (conflict.unwrap_or(Conflict::Intercom), values.unwrap_or_default());
            Some(Mapping { direction, conflict, transform, separator, values, ..plain(to) })
        }
        _ => {
            report.push(wrong_kind(node, path, "the name of an attribute, or a mapping with `to`"));
            None
        }
    }
}

/// A table of values is `as: map`, said or not; nothing else has one.
fn rewriting(
    said: Option<Transform>,
    values: &Option<Vec<(String, Value)>>,
    place: Place,
    path: &str,
    report: &mut Report,
) -> Option<Transform> {
    let finding = match (said, values) {
        (None, Some(_)) => return Some(Transform::Map),
        (Some(Transform::Map), None) => Finding::error(&codes::CFG_MISSING, place, format!("`{path}` has no table of values"))
            .cause("`values` is missing")
            .help("add `values: {free: Free plan, pro: Paid plan}`"),
        (Some(other), Some(_)) if other != Transform::Map => {
            Finding::error(&codes::CFG_TWICE, place, format!("`{path}` is rewritten in two ways"))
                .cause(format!("`as: {}` and `values`", other.name()))
                .help("keep one of the two")
        }
        _ => return said,
    };
    report.push(finding);
    said
}

/// Kept as it was written: a blank may be meant.
fn separator(block: &mut Block<'_>, report: &mut Report) -> Option<String> {
    let path = block.path("separator");
    let node = block.get("separator")?;
    let text = node.scalar().filter(|text| !text.is_empty()).map(str::to_string);
    if text.is_none() {
        report.push(wrong_kind(node, &path, "text such as \", \""));
    }
    text
}

/// All true or false, all numbers, or all text as it was written. What is quoted is text.
fn table(node: &Node, path: &str, report: &mut Report) -> Vec<(String, Value)> {
    let entries = free(node, path, report);
    let typed = |of: fn(&Value) -> bool| entries.iter().all(|(_, node)| of(&literal(node)));
    let as_written = !typed(Value::is_boolean) && !typed(Value::is_number);
    let mut found = Vec::new();
    for (key, value) in entries {
        match value.scalar() {
            Some(text) => found.push((key.name.clone(), if as_written { text.into() } else { literal(value) })),
            None => report.push(wrong_kind(value, &format!("{path}.…"), "text, a number, true or false")),
        }
    }
    found
}

/// A scalar that was written bare as the value it means: `yes` and `on` are words.
fn literal(node: &Node) -> Value {
    match &node.shape {
        Shape::Flag(flag, text) if text.eq_ignore_ascii_case(&flag.to_string()) => (*flag).into(),
        Shape::Number(text) => match text.parse::<i64>() {
            Ok(whole) => whole.into(),
            Err(_) => text.parse::<f64>().ok().map(Value::from).filter(Value::is_number).unwrap_or_else(|| text.as_str().into()),
        },
        _ => node.scalar().unwrap_or_default().into(),
    }
}

/// The name of a Brevo attribute: letters, digits and `_`.
pub(super) fn attribute<'t>(text: &'t str, node: &Node, path: &str, report: &mut Report) -> Option<&'t str> {
    let text = text.trim();
    let good = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !good {
        report.push(
            Finding::error(&codes::CFG_VALUE, node.place, format!("`{path}` does not name a Brevo attribute"))
                .cause("names have letters, digits and `_`")
                .help("write the attribute as Brevo shows it, such as FULLNAME"),
        );
    }
    good.then_some(text)
}
