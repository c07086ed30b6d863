//! The mapping against both live schemas, before anything is written.

use tajo_core::{Error, Result, codes};

use super::defaults::{IDENTIFIERS, NAME_CHARS_MAX};
use super::field::{Field, Source};
use super::schema::{Kind, LeftAttribute, RightAttribute};
use super::{Mapping, NoEmail};
use crate::config::{Finding, Findings, Level, Place, nearest};

/// First and last name as accounts in other languages call them.
const NAMES: [[&str; 2]; 8] = [
    ["PRENOM", "NOM"],
    ["VORNAME", "NACHNAME"],
    ["NOMBRE", "APELLIDOS"],
    ["NOMBRE", "APELLIDO"],
    ["NOME", "COGNOME"],
    ["NOME", "SOBRENOME"],
    ["VOORNAAM", "ACHTERNAAM"],
    ["IMIE", "NAZWISKO"],
];
/// More lists than this are not listed in a message.
const LISTS_SHOWN: usize = 10;

/// What a comparison with both schemas found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// What is wrong, and what should be looked at; places are of the configuration, line 0 for defaults.
    pub findings: Vec<Finding>,
    /// Attributes that Brevo lacks.
    pub missing: Vec<NewAttribute>,
    /// Attributes of the Intercom workspace that nobody maps.
    pub unmapped: Vec<String>,
}

/// An attribute to create in Brevo, in the category `normal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttribute {
    /// Its name.
    pub name: String,
    /// Its type in Brevo's words.
    pub kind: String,
    /// Where the mapping asks for it; line 0 for defaults and facts.
    pub place: Place,
    /// The field that needs it.
    pub needed_by: String,
}

impl Checked {
    /// The first error, with the number of the others.
    pub fn refuse(&self) -> Result<()> {
        let errors: Vec<&Finding> = self.findings.iter().filter(|finding| finding.level == Level::Error).collect();
        let Some(first) = errors.first() else { return Ok(()) };
        let mut error = Error::new(first.code, first.what.clone()).help(first.remedy());
        if first.place.line > 0 {
            error = error.note("at", format!("line {}, column {}", first.place.line, first.place.column));
        }
        if !first.cause.is_empty() {
            error = error.note("cause", first.cause.clone());
        }
        if errors.len() > 1 {
            error = error.note("more", format!("{} further errors; `tajo mapping check` lists them", errors.len() - 1));
        }
        Err(error.note("not done", "nothing was written"))
    }
    /// What should be looked at, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.findings.iter().filter(|finding| finding.level == Level::Warning);
        warnings.map(|finding| format!("{}: {}", finding.what, finding.remedy())).collect()
    }
    /// The findings with the lines of the configuration that they speak of.
    pub fn findings(&self, source: &crate::config::Source) -> Findings {
        Findings::of(source, self.findings.clone())
    }
}

impl Mapping {
    /// Compares with what both platforms have. Nothing may be written while there is an error: Brevo drops values of
    /// another type, and of attributes it does not have, without a word.
    pub fn check(&self, right_schema: &[RightAttribute], left_schema: &[LeftAttribute], list_ids: &[u64]) -> Checked {
        let mut checked = Checked::default();
        for (field, rule) in self.fields.iter().zip(&self.rules) {
            left_side(field, left_schema, &mut checked);
            match field.source {
                Source::List(id, _) if !list_ids.contains(&id) => checked.findings.push(no_list(field, id, list_ids)),
                _ => right_side(field, rule.flow.right(), right_schema, &mut checked),
            }
            if field.key == "EXT_ID" && self.no_email == NoEmail::ExtId {
                let what = format!("`{}` cannot go to EXT_ID", field.from);
                let finding = Finding::error(&codes::BRV_ATTRIBUTE, field.place, what);
                let cause = "with `no_email: ext_id` it holds Intercom's id";
                checked.findings.push(finding.cause(cause).help("map it to an attribute of its own, or use `no_email: skip`"));
            }
        }
        checked.findings.extend(self.localised(right_schema));
        for idle in &self.idle {
            let what = format!("`{}` has no effect", idle.from);
            checked.findings.push(Finding::warning(&codes::CFG_VALUE, idle.place, what).cause(idle.why).help("remove the line"));
        }
        let mapped = |name: &str| self.fields.iter().any(|field| matches!(&field.source, Source::Custom(of) if of == name));
        let unmapped = left_schema.iter().filter(|a| !a.archived && !a.of_company && !mapped(&a.name));
        checked.unmapped = unmapped.map(|attribute| attribute.name.clone()).collect();
        checked.unmapped.sort_unstable();
        checked.findings.sort_by_key(|finding| finding.place);
        checked
    }

    /// FIRSTNAME and LASTNAME are missing where the account was made in another language.
    fn localised(&self, right_schema: &[RightAttribute]) -> Option<Finding> {
        let here = |name: &str| right_schema.iter().any(|attribute| attribute.name.eq_ignore_ascii_case(name));
        let first = self.fields.iter().find(|field| matches!(field.source, Source::FirstName(_)) && field.key == "FIRSTNAME")?;
        let [one, two] = NAMES.into_iter().find(|names| names.iter().all(|name| here(name)))?;
        if here("FIRSTNAME") {
            return None;
        }
        let what = format!("This account calls the names {one} and {two}, not FIRSTNAME and LASTNAME");
        let finding = Finding::warning(&codes::BRV_ATTRIBUTE, first.place, what).cause("FIRSTNAME and LASTNAME would be created");
        Some(finding.help(format!("map `first_name: {one}` and `last_name: {two}`")))
    }
}

fn left_side(field: &Field, schema: &[LeftAttribute], checked: &mut Checked) {
    let (name, of_company) = match &field.source {
        Source::Custom(name) => (name, false),
        Source::CompanyCustom(name) => (name, true),
        _ => return,
    };
    let schema: Vec<&LeftAttribute> = schema.iter().filter(|attribute| attribute.of_company == of_company).collect();
    let found = schema.iter().find(|attribute| attribute.name == *name);
    if found.is_some_and(|attribute| !attribute.archived) {
        return;
    }
    let live: Vec<&str> = schema.iter().filter(|attribute| !attribute.archived).map(|a| a.name.as_str()).collect();
    let prefix = if of_company { "company.custom_attributes." } else { "custom_attributes." };
    let near: Vec<String> = nearest(name, &live).iter().map(|near| format!("`{prefix}{near}`")).collect();
    let whose = if of_company { " of companies" } else { "" };
    let what = match found {
        Some(_) => format!("The attribute `{name}`{whose} of the Intercom workspace is archived"),
        None => format!("The Intercom workspace has no attribute `{name}`{whose}"),
    };
    let cause = if near.is_empty() { String::new() } else { format!("did you mean {}?", near.join(" or ")) };
    let help = match of_company {
        true => "use an attribute of Intercom (Settings > Data > Companies), or remove the line",
        false => "use an attribute of Intercom (Settings > Data > People), or remove the line",
    };
    checked.findings.push(Finding::error(&codes::CFG_FIELD, field.place, what).cause(cause).help(help));
}

fn no_list(field: &Field, id: u64, there: &[u64]) -> Finding {
    let finding = Finding::error(&codes::BRV_LIST, field.place, format!("Brevo has no list {id}"));
    let ids: Vec<String> = there.iter().take(LISTS_SHOWN).map(u64::to_string).collect();
    let more = if there.len() > LISTS_SHOWN { " and others" } else { "" };
    let cause = if ids.is_empty() { "it has no lists".into() } else { format!("its lists are {}{more}", ids.join(", ")) };
    finding.cause(cause).help("use an id of Brevo (Contacts > Lists)")
}

fn right_side(field: &Field, written: bool, schema: &[RightAttribute], checked: &mut Checked) {
    let Some(kind) = field.attribute() else { return };
    let found = schema.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(&field.key));
    let identifier = IDENTIFIERS.contains(&field.key.as_str());
    let error = |what: String| Finding::error(&codes::BRV_ATTRIBUTE, field.place, what);
    match found {
        // Brevo brings these; new accounts show them, old ones do not.
        None if identifier => {}
        None if !written => {
            let what = format!("Brevo has no attribute {}, so nothing comes from it", field.key);
            let finding = Finding::warning(&codes::BRV_ATTRIBUTE, field.place, what);
            checked.findings.push(finding.help("create it in Brevo (Contacts > Settings), or remove the line"));
        }
        None if !is_name(&field.key) => {
            let finding = error(format!("Brevo cannot have an attribute named {}", field.key));
            let help = "use A to Z, 0 to 9 and `_`, at most 50 characters, a letter first";
            checked.findings.push(finding.cause("not a name that Brevo takes").help(help));
        }
        None => checked.missing.push(NewAttribute {
            name: field.key.clone(),
            kind: kind.name().into(),
            place: field.place,
            needed_by: field.from.clone(),
        }),
        Some(attribute) if written => {
            if let Some(why) = misfit(kind, attribute) {
                let what = format!("`{}` is {}, but {} in Brevo is {}", field.from, kind.name(), field.key, called(attribute));
                checked.findings.push(error(what).cause("Brevo would drop the values without a word").help(why));
            } else if attribute.category == "category" {
                let what = format!("{} in Brevo is a category: it takes its own options alone", field.key);
                let finding = Finding::warning(&codes::BRV_ATTRIBUTE, field.place, what);
                checked.findings.push(finding.cause(format!("its options are {}", attribute.options.join(", "))));
            }
        }
        Some(_) => {}
    }
}

/// What the attribute is, in Brevo's words.
fn called(attribute: &RightAttribute) -> &str {
    match attribute.category.as_str() {
        "normal" | "" => attribute.kind.as_deref().unwrap_or("text"),
        category => category,
    }
}

/// What to do where the attribute would not keep such values; nothing where it does.
fn misfit(kind: Kind, attribute: &RightAttribute) -> Option<String> {
    let elsewhere = || "map it to another attribute".to_string();
    match (attribute.category.as_str(), attribute.kind.as_deref()) {
        ("category", _) => (kind != Kind::Text).then(|| "convert it with `as: text`, or map it to another attribute".into()),
        ("normal" | "", None) => None,
        ("normal" | "", Some(there)) => match (kind, there) {
            (Kind::Text | Kind::Date, "text") => None,
            (kind, there) if kind.name() == there => None,
            (_, "text") => Some("convert it with `as: text`, or map it to another attribute".into()),
            (_, "float") => Some("convert it with `as: number`, or map it to another attribute".into()),
            (_, "date" | "boolean") => Some(format!("convert it with `as: {there}`, or map it to another attribute")),
            _ => Some(elsewhere()),
        },
        _ => Some(elsewhere()),
    }
}

fn is_name(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    plain && name.starts_with(|c: char| c.is_ascii_uppercase()) && name.len() <= NAME_CHARS_MAX
}
