//! Which permissions an app needs for what is asked of it. They are ticked in the Developer Hub; no address carries them.

use schemars::JsonSchema;
use serde::Serialize;
use tajo_core::{Error, Result, codes};
use tajo_intercom::actions::needs;
use tajo_intercom::resources::RESOURCES;

use crate::actions::Entry;
use crate::config::{Config, Direction, EVENTS, nearest};

/// Every resource, or every action.
pub const ALL: &str = "all";
/// For `GET /me`, without which there is no connection.
const READ_ME: &str = "Read one admin";

/// One permission and what needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Permission {
    /// As the Developer Hub calls it.
    pub permission: String,
    /// As Intercom's error messages call it, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Other names in use for it, such as `read_contacts`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What needs it: resources, actions, and the check of the connection.
    pub needed_by: Vec<String>,
}

/// (label in the Developer Hub, scope code of the API's own texts, names that other programs use)
const NAMES: [(&str, &str, &[&str]); 8] = [
    (needs::READ_PEOPLE, "read_users_companies", &["read_contacts"]),
    (needs::WRITE_PEOPLE, "read_write_users", &["write_contacts"]),
    (needs::READ_CONVERSATIONS, "read_conversations", &[]),
    (needs::WRITE_CONVERSATIONS, "write_conversations", &[]),
    (needs::READ_ARTICLES, "read_articles_scope", &["read_articles"]),
    (needs::WRITE_ARTICLES, "read_write_articles_scope", &["write_articles"]),
    (needs::READ_ADMINS, "", &["read_admins"]),
    (needs::WRITE_TICKETS, "write_tickets", &[]),
];

/// The least that is needed for these resources (those that the configuration syncs, where none are given) and actions.
pub fn needed(config: &Config, entries: &[Entry], resources: Option<&[String]>, actions: &[&Entry]) -> Result<Vec<Permission>> {
    let mut found = vec![of(READ_ME)];
    need(&mut found, READ_ME, "connection");
    for (label, name) in of_resources(config, resources)? {
        need(&mut found, label, name);
    }
    if resources.is_none() {
        of_flows(config).into_iter().for_each(|(label, what)| need(&mut found, label, what));
    }
    // In the order of the list of actions, whatever the caller's.
    let asked = |entry: &&Entry| actions.iter().any(|asked| asked.facts.name == entry.facts.name);
    for entry in entries.iter().filter(asked) {
        entry.facts.needs.iter().for_each(|label| need(&mut found, label, entry.facts.name));
    }
    Ok(found)
}

/// The actions that a permission is needed for.
pub fn actions_behind<'a>(entries: &'a [Entry], label: &str) -> Vec<&'a str> {
    entries.iter().filter(|entry| entry.facts.needs.contains(&label)).map(|entry| entry.facts.name).collect()
}

fn of_resources(config: &Config, asked: Option<&[String]>) -> Result<Vec<(&'static str, &'static str)>> {
    let mut known: Vec<(&str, &str)> = RESOURCES.iter().map(|spec| (spec.permission, spec.name)).collect();
    known.push((needs::READ_EVENTS, EVENTS));
    let Some(asked) = asked else {
        let events = config.brevo_wanted();
        return Ok(known.into_iter().filter(|(_, name)| config.intercom.syncs(name) && (*name != EVENTS || events)).collect());
    };
    let names: Vec<&str> = known.iter().map(|(_, name)| *name).collect();
    if let Some(odd) = asked.iter().find(|name| *name != ALL && !names.contains(&name.as_str())) {
        let near = nearest(odd, &names).first().map(|near| format!("Did you mean `{near}`?"));
        return Err(Error::new(&codes::CFG_RESOURCE, "There is no resource of that name")
            .note("resources", names.join(", "))
            .help(near.unwrap_or_else(|| "Use one of the names above, or `all`.".into())));
    }
    let all = asked.iter().any(|name| name == ALL);
    Ok(known.into_iter().filter(|(_, name)| all || asked.iter().any(|asked| asked == name)).collect())
}

/// What the two-way sync writes into Intercom.
fn of_flows(config: &Config) -> Vec<(&'static str, &'static str)> {
    if !config.brevo_wanted() {
        return Vec::new();
    }
    let direction = config.intercom.direction.unwrap_or(Direction::IntercomToBrevo);
    let writes = direction != Direction::IntercomToBrevo;
    let people = writes.then_some((needs::WRITE_PEOPLE, "contacts from Brevo"));
    let attributes = writes.then_some((needs::WRITE_ATTRIBUTES, "attributes from Brevo"));
    let events = config.intercom.sends_engagement(direction).then_some((needs::WRITE_EVENTS, "engagement from Brevo"));
    [people, attributes, events].into_iter().flatten().collect()
}

fn of(label: &str) -> Permission {
    let (code, also) = NAMES.iter().find(|(held, ..)| *held == label).map_or(("", &[][..]), |(_, code, also)| (code, also));
    Permission {
        permission: label.to_owned(),
        code: (!code.is_empty()).then(|| code.to_owned()),
        also: also.iter().map(ToString::to_string).collect(),
        needed_by: Vec::new(),
    }
}

fn need(found: &mut Vec<Permission>, label: &str, what: &str) {
    let at = found.iter().position(|held| held.permission == label).unwrap_or_else(|| {
        found.push(of(label));
        found.len() - 1
    });
    if !found[at].needed_by.iter().any(|held| held == what) {
        found[at].needed_by.push(what.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::entries;

    fn labels(found: &[Permission]) -> Vec<&str> {
        found.iter().map(|held| held.permission.as_str()).collect()
    }

    #[test]
    fn only_what_is_synced_is_asked_for() {
        let mut config = Config::default();
        config.intercom.resources = Some(vec!["tags".into()]);
        assert_eq!(labels(&needed(&config, &[], None, &[]).unwrap()), ["Read one admin", "Read tags"]);
        config.intercom.direction = Some(Direction::Bidirectional);
        let both = needed(&config, &[], None, &[]).unwrap();
        assert_eq!(
            labels(&both),
            ["Read one admin", "Read tags", "Read and write users", "Write data attributes", "Write events"]
        );
        let everything = needed(&Config::default(), &[], None, &[]).unwrap();
        assert!(!labels(&everything).iter().any(|label| label.contains("rite")), "a load writes nothing: {everything:?}");
    }

    #[test]
    fn an_action_needs_what_it_declares_and_other_names_are_told() {
        let entries = entries();
        let asked: Vec<&Entry> = entries.iter().filter(|entry| entry.facts.name == "contacts.archive").collect();
        let found = needed(&Config::default(), &entries, Some(&[]), &asked).unwrap();
        assert_eq!(labels(&found), ["Read one admin", "Read and write users"]);
        assert_eq!(
            (found[1].needed_by.as_slice(), found[1].also.as_slice()),
            (&["contacts.archive".into()][..], &["write_contacts".into()][..])
        );
        assert!(actions_behind(&entries, needs::WRITE_PEOPLE).contains(&"contacts.archive"));
        let odd = needed(&Config::default(), &entries, Some(&["contcats".into()]), &[]).unwrap_err();
        assert!(odd.code() == &codes::CFG_RESOURCE && odd.remedy().contains("contacts"), "{odd:?}");
    }
}
