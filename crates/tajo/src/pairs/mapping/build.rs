//! From the configuration to fields and rules.

use std::collections::{BTreeMap, HashMap};

use tajo_core::table;
use tajo_engine::pair::{Brakes, Flow, Law, Rule, Winner};

use super::convert::Convert;
use super::defaults;
use super::facts::{FACTS, Fact, Of};
use super::field::{Back, Field, Member, Source};
use super::schema::{Kind, LeftAttribute};
use super::{CONSENT, Direction, EMAIL, Idle, LIST, Mapping, Wanted, Wish};
use crate::config::{
    self, BrakeLimits, Companies, Conflict, ContactField, Intercom, NOT_ON_CONTACTS, Place, Transform, company_field,
    contact_field, dialling,
};

/// Attributes that hold phone numbers.
pub(super) const PHONES: [&str; 3] = ["SMS", "WHATSAPP", "LANDLINE_NUMBER"];
/// Columns that change with every activity.
const LIVELY: [&str; 5] =
    ["last_seen_at", "last_replied_at", "last_contacted_at", "last_email_opened_at", "last_email_clicked_at"];

impl Mapping {
    /// The mapping of a configuration: exactly the fields of its `field_mapping`, or the defaults where it has none, and
    /// facts, tags and lists in both cases. `left_schema` are the attributes that the workspace defined; without them the
    /// defaults leave them out, and mapped ones count as text.
    pub fn of(config: &Intercom, direction: Direction, left_schema: &[LeftAttribute]) -> Mapping {
        let mut build = Build::new(config, direction, left_schema);
        build.identity();
        build.mapped();
        build.facts();
        build.tags();
        let lists = build.lists();
        let Build { fields, rules, mut wanted, idle, .. } = build;
        wanted.rule = wanted.companies().then_some(config.company);
        let keys: HashMap<String, usize> = rules.iter().enumerate().map(|(n, rule)| (rule.key.clone(), n)).collect();
        Mapping {
            fields,
            rules,
            lists,
            tags: config.tags.clone(),
            no_email: config.no_email,
            new_in_intercom: config.new_in_intercom,
            direction,
            company_objects: config.companies == Some(Companies::Objects)
                && config.syncs("companies")
                && direction != Direction::BrevoToIntercom,
            engagement: config.sends_engagement(direction),
            company: config.company,
            brakes: brakes(config.brakes),
            wanted,
            idle,
            keys,
        }
    }
}

fn brakes(limits: BrakeLimits) -> Brakes {
    let mut brakes = Brakes::default();
    brakes.changed_share = limits.changed_percent.map_or(brakes.changed_share, |percent| percent / 100.0);
    brakes.blanked_share = limits.blanked_percent.map_or(brakes.blanked_share, |percent| percent / 100.0);
    brakes
}

struct Build<'c> {
    config: &'c Intercom,
    direction: Direction,
    schema: &'c [LeftAttribute],
    fields: Vec<Field>,
    rules: Vec<Rule>,
    wanted: Wanted,
    idle: Vec<Idle>,
}

/// What a rule needs beside its field.
struct Say {
    own: Option<Direction>,
    winner: Winner,
    law: Law,
    lively: bool,
}

impl Say {
    fn law(law: Law) -> Say {
        Say { own: None, winner: Winner::Left, law, lively: false }
    }
}

fn sides(direction: Direction) -> (bool, bool) {
    (direction != Direction::BrevoToIntercom, direction != Direction::IntercomToBrevo)
}

impl<'c> Build<'c> {
    fn new(config: &'c Intercom, direction: Direction, schema: &'c [LeftAttribute]) -> Build<'c> {
        let (fields, rules, idle) = (Vec::new(), Vec::new(), Vec::new());
        Build { config, direction, schema, fields, rules, wanted: Wanted::default(), idle }
    }

    /// Adds a field where it flows at all.
    fn push(&mut self, field: Field, say: Say) {
        if self.rules.iter().any(|rule| rule.key == field.key) {
            return;
        }
        let (right, left) = sides(self.direction);
        let (own_right, own_left) = say.own.map_or((true, true), sides);
        let written_back = field.back != Back::Never;
        let flow = match (right && own_right, left && own_left && written_back) {
            (true, true) => Flow::Both,
            (true, false) => Flow::Right,
            (false, true) => Flow::Left,
            (false, false) => {
                let why = match left && own_left {
                    true => "Intercom does not let it be written, and nothing flows to Brevo",
                    false => "it flows in a direction that is not open",
                };
                if field.place.line > 0 {
                    self.idle.push(Idle { from: field.from, place: field.place, why });
                }
                return;
            }
        };
        let winner = say.winner;
        self.rules.push(Rule { key: field.key.clone(), flow, winner, law: say.law, lively: say.lively });
        self.fields.push(field);
    }

    /// Consent and e-mail address.
    fn identity(&mut self) {
        let text = Convert::plain(Kind::Text);
        let consent = Field {
            key: CONSENT.into(),
            from: "unsubscribed_from_emails".into(),
            source: Source::Consent,
            convert: Convert::plain(Kind::Boolean),
            back: Back::Consent,
            place: Place::default(),
        };
        self.push(consent, Say::law(Law::Restrictive));
        let said = self.config.field_mapping.iter().find(|m| m.from == EMAIL && m.to.eq_ignore_ascii_case(EMAIL));
        let email = Field {
            key: EMAIL.into(),
            from: EMAIL.into(),
            source: Source::Email,
            convert: text,
            back: Back::Email,
            place: said.map_or(Place::default(), |m| m.place),
        };
        let winner = said.map_or(Winner::Left, |m| winner(m.conflict));
        self.push(email, Say { own: said.and_then(|m| m.direction), winner, ..Say::law(Law::Field) });
    }

    fn mapped(&mut self) {
        let config = self.config;
        for mapping in &config.field_mapping {
            let identity = mapping.from == EMAIL && mapping.to.eq_ignore_ascii_case(EMAIL);
            if !identity && !NOT_ON_CONTACTS.contains(&mapping.from.as_str()) {
                self.one(mapping);
            }
        }
        if config.field_mapping.is_empty() {
            let facts = self.active_facts().map(|fact| fact.key.to_string());
            let tags = config.tags.iter().filter_map(|rule| rule.attribute.as_deref()).map(str::to_uppercase);
            let taken: Vec<String> = facts.chain(tags).collect();
            for (from, to) in defaults::fields(config, self.schema, &taken) {
                let (conflict, place) = (Conflict::Intercom, Place::default());
                let (direction, transform, separator, values) = (None, None, None, Vec::new());
                self.one(&config::Mapping { from, to, direction, conflict, transform, separator, values, place });
            }
        }
    }

    fn one(&mut self, mapping: &config::Mapping) {
        // What is not synced stays as it is: nobody knows whether it is empty.
        let resource = if mapping.from == "tags" { "tags" } else { "companies" };
        if (resource == "tags" || mapping.from.starts_with("company.")) && !self.config.syncs(resource) {
            return;
        }
        let Some((source, of, moments)) = self.source(&mapping.from) else { return };
        let key = mapping.to.to_uppercase();
        let mut convert = convert(mapping, of, moments);
        // Brevo refuses the whole contact over a number of another form.
        let as_text =
            matches!(convert.by, None | Some(Transform::Text | Transform::Trim | Transform::Lowercase | Transform::Uppercase));
        if as_text && PHONES.contains(&key.as_str()) {
            (convert.by, convert.kind) = (Some(Transform::E164), Kind::Text);
        }
        if convert.by == Some(Transform::E164) {
            convert.country = self.config.default_country.as_deref().and_then(dialling::of);
        }
        let back = if convert.turns_back() { self.back(&mapping.from) } else { Back::Never };
        let lively = LIVELY.contains(&mapping.from.as_str());
        let field = Field { key, from: mapping.from.clone(), source, convert, back, place: mapping.place };
        let say = Say { own: mapping.direction, winner: winner(mapping.conflict), law: Law::Field, lively };
        self.push(field, say);
    }

    /// Where the values of a field come from, what they are, and whether they are moments.
    fn source(&mut self, from: &str) -> Option<(Source, Kind, bool)> {
        if let Some(name) = from.strip_prefix("custom_attributes.") {
            self.wanted.custom = true;
            let kind = self.custom(name, false).map_or(Kind::Text, LeftAttribute::kind);
            return Some((Source::Custom(name.into()), kind, kind == Kind::Date));
        }
        if let Some(name) = from.strip_prefix("company.custom_attributes.") {
            self.wanted.company_custom = true;
            let kind = self.custom(name, true).map_or(Kind::Text, LeftAttribute::kind);
            return Some((Source::CompanyCustom(name.into()), kind, kind == Kind::Date));
        }
        if let Some(field) = company_field(from) {
            let (kind, moments) = kind_of(field);
            return Some((Source::Company(wish(&mut self.wanted.company, field)), kind, moments));
        }
        let text = |source| Some((source, Kind::Text, false));
        match from {
            "first_name" => return text(Source::FirstName(self.name())),
            "last_name" => return text(Source::LastName(self.name())),
            "tags" => {
                self.wanted.tags = true;
                return text(Source::TagNames);
            }
            _ => {}
        }
        let field = contact_field(from)?;
        let (kind, moments) = kind_of(field);
        Some((Source::Column(wish(&mut self.wanted.columns, field)), kind, moments))
    }

    fn custom(&self, name: &str, of_company: bool) -> Option<&'c LeftAttribute> {
        self.schema.iter().find(|attribute| attribute.name == name && attribute.of_company == of_company)
    }

    fn name(&mut self) -> usize {
        contact_field("name").map_or(0, |field| wish(&mut self.wanted.columns, field))
    }

    fn back(&self, from: &str) -> Back {
        if let Some(name) = from.strip_prefix("custom_attributes.") {
            let found = self.custom(name, false).cloned().unwrap_or_default();
            let data_type = if found.data_type.is_empty() { "string".into() } else { found.data_type };
            return Back::Custom(name.into(), data_type, found.options);
        }
        match from {
            "first_name" => Back::FirstName,
            "last_name" => Back::LastName,
            "name" => Back::Plain("name"),
            "phone" => Back::Plain("phone"),
            _ => Back::Never,
        }
    }

    /// Facts that are asked for and that something is known of.
    fn active_facts(&self) -> impl Iterator<Item = &'static Fact> + use<> {
        let (groups, conversations) = (self.config.facts(), self.config.syncs("conversations"));
        FACTS.iter().filter(move |fact| groups.contains(&fact.group) && (conversations || matches!(fact.of, Of::Column(_))))
    }

    fn facts(&mut self) {
        let taken =
            |key: &str| self.config.tags.iter().any(|rule| rule.attribute.as_ref().is_some_and(|to| to.to_uppercase() == key));
        for fact in self.active_facts().filter(|fact| !taken(fact.key)).collect::<Vec<_>>() {
            let mut convert = Convert::plain(fact.kind);
            let source = match fact.of {
                Of::Column(name) => {
                    let Some(field) = contact_field(name) else { continue };
                    convert.moments = true;
                    Source::Column(wish(&mut self.wanted.columns, field))
                }
                Of::Conversations(_) => {
                    self.wanted.facts = true;
                    Source::Fact(fact.of)
                }
            };
            let (key, from) = (fact.key.to_string(), fact.group.name().to_string());
            let field = Field { key, from, source, convert, back: Back::Never, place: Place::default() };
            self.push(field, Say { lively: true, ..Say::law(Law::Field) });
        }
    }

    fn tags(&mut self) {
        let config = self.config;
        for rule in &config.tags {
            let Some(attribute) = &rule.attribute else { continue };
            self.wanted.tags = config.syncs("tags");
            let field = Field {
                key: attribute.to_uppercase(),
                from: format!("tag {}", rule.tag),
                source: Source::HasTag(rule.tag.trim().to_lowercase()),
                convert: Convert::plain(Kind::Boolean),
                back: Back::Never,
                place: rule.place,
            };
            self.push(field, Say::law(Law::Owned));
        }
    }

    fn lists(&mut self) -> Vec<u64> {
        let config = self.config;
        let mut lists: BTreeMap<u64, (Vec<Member>, Place, Vec<String>)> = BTreeMap::new();
        let mut add = |id: u64, member: Member, place: Place, from: String| {
            let list = lists.entry(id).or_insert_with(|| (Vec::new(), place, Vec::new()));
            list.0.push(member);
            list.2.push(from);
        };
        for list in &config.lists {
            let member = match list.rule.as_str() {
                "all_users" => Member::Users,
                "leads" => Member::Leads,
                _ if config.syncs("conversations") => {
                    self.wanted.facts = true;
                    Member::Talking
                }
                _ => Member::Unknown,
            };
            add(list.id, member, list.place, format!("lists.{}", list.rule));
        }
        for rule in &config.tags {
            let Some(id) = rule.list else { continue };
            let member = match config.syncs("tags") {
                true => Member::Tagged(rule.tag.trim().to_lowercase()),
                false => Member::Unknown,
            };
            self.wanted.tags = config.syncs("tags");
            add(id, member, rule.place, format!("tag {}", rule.tag));
        }
        let ids = lists.keys().copied().collect();
        for (id, (members, place, from)) in lists {
            // People come and go there with every conversation.
            let lively = members.iter().all(|member| *member == Member::Talking);
            let (source, convert) = (Source::List(id, members), Convert::plain(Kind::Boolean));
            let field = Field { key: format!("{LIST}{id}"), from: from.join(", "), source, convert, back: Back::Never, place };
            self.push(field, Say { lively, ..Say::law(Law::Owned) });
        }
        ids
    }
}

fn winner(conflict: Conflict) -> Winner {
    match conflict {
        Conflict::Intercom => Winner::Left,
        Conflict::Brevo => Winner::Right,
        Conflict::Newest => Winner::Newest,
        Conflict::Manual => Winner::Ask,
    }
}

fn kind_of(field: &ContactField) -> (Kind, bool) {
    match field.kind {
        table::Kind::Timestamp => (Kind::Date, true),
        table::Kind::Integer | table::Kind::Number => (Kind::Float, false),
        table::Kind::Boolean => (Kind::Boolean, false),
        table::Kind::Text | table::Kind::Json => (Kind::Text, false),
    }
}

/// Position of a column among those wanted; added where it is new.
fn wish(wishes: &mut Vec<Wish>, field: &ContactField) -> usize {
    wishes.iter().position(|wish| wish.column == field.column).unwrap_or_else(|| {
        let path = field.name.strip_prefix("company.").unwrap_or(&field.name).to_string();
        wishes.push(Wish { column: field.column.clone(), path, kind: field.kind });
        wishes.len() - 1
    })
}

fn convert(mapping: &config::Mapping, of: Kind, moments: bool) -> Convert {
    let mut convert = Convert { by: mapping.transform, moments, ..Convert::plain(of) };
    if let Some(separator) = &mapping.separator {
        convert.separator.clone_from(separator);
    }
    let mut values = mapping.values.clone();
    convert.kind = match mapping.transform {
        None => of,
        Some(Transform::Number) => Kind::Float,
        Some(Transform::Date) => Kind::Date,
        Some(Transform::Boolean) => Kind::Boolean,
        Some(Transform::Map) if values.iter().all(|(_, to)| to.is_boolean()) => Kind::Boolean,
        Some(Transform::Map) if values.iter().all(|(_, to)| to.is_number()) => Kind::Float,
        Some(_) => Kind::Text,
    };
    values.sort_by(|a, b| a.0.cmp(&b.0));
    convert.values = values;
    convert
}
