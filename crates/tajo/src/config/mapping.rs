//! What is to happen between Intercom and Brevo: direction, lists, fields, tags. Accepted in three places, kept once.

use tajo_core::codes;

use super::block::{Block, did_you_mean, one_of, whole, wrong_kind};
use super::connections::twice;
use super::finding::{Finding, Report};
use super::mask;
use super::normal::{Companies, Conflict, Direction, Intercom, Mapping, NoEmail, TagRule, Transform};
use super::tree::{Key, Node, Shape};

/// The rules that put contacts into a list.
const LIST_RULES: [&str; 3] = ["all_users", "active_conversations", "leads"];
/// Mapped by the example of the documentation, but not a field of a contact in API 2.x.
const NOT_ON_CONTACTS: [&str; 1] = ["session_count"];

/// The values found so far, each from one place.
#[derive(Default)]
pub(super) struct Wishes<'n> {
    found: Vec<(&'static str, String, &'n Node)>,
}

impl<'n> Wishes<'n> {
    /// What stands at the root of the file.
    pub fn read(block: &mut Block<'n>, report: &mut Report) -> Wishes<'n> {
        let mut wishes = Wishes::default();
        wishes.add(block, report);
        wishes
    }
    /// What stands in this block.
    pub fn add(&mut self, block: &mut Block<'n>, report: &mut Report) {
        self.add_canonical(block, report);
        for key in ["tags", "no_email", "default_country", "companies"] {
            self.take(block, key, report);
        }
    }
    /// The three keys that may also stand under `sync`, where `tags` and `companies` are resources.
    pub fn add_canonical(&mut self, block: &mut Block<'n>, report: &mut Report) {
        for key in ["direction", "lists", "field_mapping"] {
            self.take(block, key, report);
        }
    }
    fn take(&mut self, block: &mut Block<'n>, key: &'static str, report: &mut Report) {
        let Some(node) = block.get(key) else { return };
        match self.found.iter().find(|(k, ..)| *k == key) {
            Some((_, _, first)) => report.push(twice(&format!("`{key}` stands in two places"), first.place, node.place)),
            None => self.found.push((key, block.path(key), node)),
        }
    }
    /// Reads the values into the connector.
    pub fn settle(self, report: &mut Report, into: &mut Intercom) {
        for (key, path, node) in self.found {
            match key {
                "direction" => into.direction = choice(node, &path, Direction::CHOICES, report),
                "lists" => into.lists = lists(node, &path, report),
                "field_mapping" => into.field_mapping = fields(node, &path, report),
                "tags" => into.tags = tags(node, &path, report),
                "no_email" => into.no_email = choice(node, &path, NoEmail::CHOICES, report).unwrap_or(NoEmail::Skip),
                "default_country" => into.default_country = country(node, &path, report),
                _ => into.companies = choice(node, &path, Companies::CHOICES, report),
            }
        }
    }
}

fn choice<T: Copy>(node: &Node, path: &str, choices: &[(&'static str, T)], report: &mut Report) -> Option<T> {
    let written = node.scalar().map(str::trim).unwrap_or_default();
    let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(written)).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let finding = Finding::error(&codes::CFG_VALUE, node.place, format!("`{path}` cannot be {}", node.shown()));
        report.push(finding.cause(did_you_mean(written, &names)).help(one_of(&names)));
    }
    found
}

/// The entries of a mapping with free keys, those without their variable left out.
fn free<'n>(node: &'n Node, path: &str, report: &mut Report) -> Vec<(&'n Key, &'n Node)> {
    let block = Block::open(node, path, report);
    let entries = block.map(|block| block.entries()).unwrap_or_default();
    entries.iter().filter(|(_, value)| !matches!(value.shape, Shape::Unset)).map(|(key, value)| (key, value)).collect()
}

fn lists(node: &Node, path: &str, report: &mut Report) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for (key, value) in free(node, path, report) {
        if !LIST_RULES.contains(&key.name.as_str()) {
            report.push(super::block::unknown(&key.name, key.place, path, &LIST_RULES));
        } else if let Some(id) = whole(value, &format!("{path}.{}", key.name), report) {
            found.push((key.name.clone(), id.value));
        }
    }
    found
}

fn fields(node: &Node, path: &str, report: &mut Report) -> Vec<Mapping> {
    let mut found: Vec<Mapping> = Vec::new();
    for (key, value) in free(node, path, report) {
        let here = format!("{path}.{}", mask::value(&key.name).trim_matches('`'));
        if NOT_ON_CONTACTS.contains(&key.name.as_str()) {
            report.push(
                Finding::warning(&codes::CFG_VALUE, key.place, format!("`{}` is not a contact field in Intercom 2.x", key.name))
                    .cause("exists on companies; contacts had it in API 1.x")
                    .help(format!("use `company.{}`, or remove the line", key.name)),
            );
        }
        let Some(mapping) = field(&key.name, value, &here, report) else { continue };
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

fn field(name: &str, node: &Node, path: &str, report: &mut Report) -> Option<Mapping> {
    let plain = |to: &str| Mapping {
        from: name.to_string(),
        to: to.to_string(),
        direction: None,
        conflict: Conflict::Intercom,
        transform: None,
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
            block.finish(report);
            let to = to?;
            let to = attribute(to.scalar().unwrap_or_default(), to, &format!("{path}.to"), report)?;
            Some(Mapping { direction, conflict: conflict.unwrap_or(Conflict::Intercom), transform, ..plain(to) })
        }
        _ => {
            report.push(wrong_kind(node, path, "the name of an attribute, or a mapping with `to`"));
            None
        }
    }
}

/// The name of a Brevo attribute: letters, digits and `_`.
fn attribute<'t>(text: &'t str, node: &Node, path: &str, report: &mut Report) -> Option<&'t str> {
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

fn tags(node: &Node, path: &str, report: &mut Report) -> Vec<TagRule> {
    let mut found = Vec::new();
    for (key, value) in free(node, path, report) {
        let here = format!("{path}.{}", mask::value(&key.name).trim_matches('`'));
        let Some(mut block) = Block::open(value, &here, report) else { continue };
        let list = block.get("list").and_then(|node| whole(node, &format!("{here}.list"), report)).map(|id| id.value);
        let to = block.get("attribute");
        let none = !block.has("list") && !block.has("attribute");
        block.finish(report);
        let attribute =
            to.and_then(|node| attribute(node.scalar().unwrap_or_default(), node, &format!("{here}.attribute"), report));
        if none {
            report.push(
                Finding::error(&codes::CFG_MISSING, key.place, format!("`{here}` does not say what the tag becomes"))
                    .cause("neither `list` nor `attribute`")
                    .help("write {list: 40} or {attribute: IS_VIP}"),
            );
        }
        found.push(TagRule { tag: key.name.clone(), list, attribute: attribute.map(str::to_string) });
    }
    found
}

/// Two letters; `NO` is Norway here, whatever YAML makes of it.
fn country(node: &Node, path: &str, report: &mut Report) -> Option<String> {
    let text = node.scalar().map(str::trim).unwrap_or_default();
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Some(text.to_ascii_uppercase());
    }
    report.push(
        Finding::error(&codes::CFG_VALUE, node.place, format!("`{path}` cannot be {}", node.shown()))
            .cause("not a country code of two letters")
            .help("use a code such as DE, FR or US"),
    );
    None
}
