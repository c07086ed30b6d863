//! What is to happen between Intercom and Brevo: direction, lists, fields, tags. Accepted in three places, kept once.

use tajo_core::codes;

use super::block::{Block, did_you_mean, one_of, whole, wrong_kind};
use super::connections::twice;
use super::dialling;
use super::field_mapping::{attribute, fields};
use super::finding::{Finding, Place, Report};
use super::mask;
use super::normal::{
    BrakeLimits, Companies, CompanyRule, Direction, Engagement, FactGroup, Intercom, ListRule, NewInIntercom, NoEmail, TagRule,
};
use super::tree::{Key, Node, Shape};

/// The rules that put contacts into a list.
const LIST_RULES: [&str; 3] = ["all_users", "active_conversations", "leads"];
/// The keys beside `direction`, `lists` and `field_mapping`.
const BESIDE: [&str; 9] =
    ["tags", "no_email", "default_country", "companies", "company", "facts", "new_in_intercom", "engagement", "brakes"];
/// Instead of facts.
const OFF: &str = "off";

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
        for key in BESIDE {
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
    /// Reads the values into the connector, whose resources are known by now.
    pub fn settle(self, report: &mut Report, into: &mut Intercom) {
        let mut facts_place = None;
        for (key, path, node) in self.found {
            match key {
                "direction" => into.direction = choice(node, &path, Direction::CHOICES, report),
                "lists" => into.lists = lists(node, &path, report),
                "field_mapping" => into.field_mapping = fields(node, &path, report),
                "tags" => into.tags = tags(node, &path, report),
                "no_email" => into.no_email = choice(node, &path, NoEmail::CHOICES, report).unwrap_or(NoEmail::Skip),
                "default_country" => into.default_country = country(node, &path, report),
                "company" => {
                    into.company = choice(node, &path, CompanyRule::CHOICES, report).unwrap_or(CompanyRule::Newest);
                }
                "facts" => {
                    facts_place = Some(node.place);
                    into.facts = facts(node, &path, report);
                }
                "new_in_intercom" => {
                    into.new_in_intercom = choice(node, &path, NewInIntercom::CHOICES, report).unwrap_or(NewInIntercom::Lead);
                }
                "engagement" => into.engagement = choice(node, &path, Engagement::CHOICES, report),
                "brakes" => into.brakes = brakes(node, &path, report),
                _ => into.companies = choice(node, &path, Companies::CHOICES, report),
            }
        }
        collisions(into, report);
        stay_empty(into, facts_place, report);
    }
}

/// A tag and a field, or two tags, that would write the same attribute.
fn collisions(of: &Intercom, report: &mut Report) {
    let mut taken: Vec<(&str, Place)> = of.field_mapping.iter().map(|m| (m.to.as_str(), m.place)).collect();
    for rule in &of.tags {
        let Some(attribute) = rule.attribute.as_deref() else { continue };
        match taken.iter().find(|(to, _)| to.eq_ignore_ascii_case(attribute)) {
            Some((_, first)) => {
                let what = format!("Two values would go to {}", mask::value(attribute));
                report.push(twice(&what, *first, rule.place).help("give each an attribute of its own"));
            }
            None => taken.push((attribute, rule.place)),
        }
    }
}

/// What is mapped but never filled, because `sync` leaves out where it comes from.
fn stay_empty(of: &Intercom, facts_place: Option<Place>, report: &mut Report) {
    let mut warn = |resource: &str, what: String, place: Place| {
        report.push(
            Finding::warning(&codes::CFG_VALUE, place, format!("{what}: {resource} are not synced"))
                .cause(format!("`sync.{resource}` is not true"))
                .help(format!("set `{resource}: true` under `sync`, or remove the line")),
        );
    };
    if !of.syncs("companies") {
        for field in of.field_mapping.iter().filter(|field| field.from.starts_with("company.")) {
            warn("companies", format!("`{}` stays as it is", field.from), field.place);
        }
    }
    if !of.syncs("conversations") {
        for list in of.lists.iter().filter(|list| list.rule == "active_conversations") {
            warn("conversations", "`lists.active_conversations` stays as it is".into(), list.place);
        }
        let told = |group: &FactGroup| matches!(group, FactGroup::Conversations | FactGroup::AiAgent);
        if let Some(place) = facts_place.filter(|_| of.facts().iter().any(told)) {
            warn("conversations", "`facts` about conversations stay empty".into(), place);
        }
    }
    if !of.syncs("tags") {
        for rule in &of.tags {
            warn("tags", format!("The tag {} has no effect", mask::value(&rule.tag)), rule.place);
        }
        for field in of.field_mapping.iter().filter(|field| field.from == "tags") {
            warn("tags", "`tags` stays as it is".into(), field.place);
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
pub(super) fn free<'n>(node: &'n Node, path: &str, report: &mut Report) -> Vec<(&'n Key, &'n Node)> {
    let block = Block::open(node, path, report);
    let entries = block.map(|block| block.entries()).unwrap_or_default();
    entries.iter().filter(|(_, value)| !matches!(value.shape, Shape::Unset)).map(|(key, value)| (key, value)).collect()
}

fn lists(node: &Node, path: &str, report: &mut Report) -> Vec<ListRule> {
    let mut found: Vec<ListRule> = Vec::new();
    for (key, value) in free(node, path, report) {
        if !LIST_RULES.contains(&key.name.as_str()) {
            report.push(super::block::unknown(&key.name, key.place, path, &LIST_RULES));
        } else if let Some(id) = whole(value, &format!("{path}.{}", key.name), report) {
            found.push(ListRule { rule: key.name.clone(), id: id.value, place: key.place });
        }
    }
    found
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
        found.push(TagRule { tag: key.name.clone(), list, attribute: attribute.map(str::to_string), place: key.place });
    }
    found
}

/// A list of groups, one group, or `off`.
fn facts(node: &Node, path: &str, report: &mut Report) -> Option<Vec<FactGroup>> {
    match &node.shape {
        Shape::List(items) => {
            let mut groups: Vec<FactGroup> =
                items.iter().filter_map(|item| choice(item, path, FactGroup::CHOICES, report)).collect();
            groups.sort_by_key(|group| FactGroup::CHOICES.iter().position(|(_, choice)| choice == group));
            groups.dedup();
            Some(groups)
        }
        _ if node.scalar().is_some_and(|word| word.trim().eq_ignore_ascii_case(OFF)) => Some(Vec::new()),
        _ if node.scalar().is_some() => choice(node, path, FactGroup::CHOICES, report).map(|group| vec![group]),
        _ => {
            report.push(wrong_kind(node, path, "a list of conversations, messenger and ai_agent, or `off`"));
            None
        }
    }
}

fn brakes(node: &Node, path: &str, report: &mut Report) -> BrakeLimits {
    let Some(mut block) = Block::open(node, path, report) else { return BrakeLimits::default() };
    let mut percent = |key: &'static str| {
        let node = block.get(key)?;
        let limit = node.scalar().and_then(|text| text.trim().parse::<f64>().ok()).filter(|n| (0.0..=100.0).contains(n));
        if limit.is_none() {
            report.push(wrong_kind(node, &format!("{path}.{key}"), "a number from 0 to 100"));
        }
        limit
    };
    let limits = BrakeLimits { changed_percent: percent("changed_percent"), blanked_percent: percent("blanked_percent") };
    block.finish(report);
    limits
}

/// Two letters; `NO` is Norway here, whatever YAML makes of it.
fn country(node: &Node, path: &str, report: &mut Report) -> Option<String> {
    let text = node.scalar().map(|text| text.trim().to_ascii_uppercase()).unwrap_or_default();
    let is_code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if is_code && dialling::of(&text).is_some() {
        return Some(text);
    }
    let cause = match text.as_str() {
        "UK" | "EN" => "did you mean `GB`?",
        "EL" => "did you mean `GR`?",
        _ if is_code => "there is no such country",
        _ => "not a country code of two letters",
    };
    report.push(
        Finding::error(&codes::CFG_VALUE, node.place, format!("`{path}` cannot be {}", node.shown()))
            .cause(cause)
            .help("use a code such as DE, FR or US"),
    );
    None
}
