//! What permissions actions need, and what is said where one is missing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod town;

use serde_json::Value;
use tajo_core::codes;
use tajo_intercom::actions::ACTIONS;
use tajo_intercom::scopes::{find, of_alias};
use town::{connect, run_on, town};

/// The scope of the twin behind a label: Intercom's code, or the label in its form where no code is known.
fn codes_of(label: &str) -> Vec<String> {
    let code =
        find(label).unwrap().code.map_or_else(|| label.to_lowercase().replace("and ", "").replace(' ', "_"), str::to_owned);
    // Deleting conversations is a permission of its own, of which the Developer Hub's page knows nothing.
    let more = (label == "Write conversations").then(|| "delete_conversations_and_metrics".to_owned());
    [code].into_iter().chain(more).collect()
}

// Shows.
#[tokio::test(start_paused = true)]
async fn an_action_without_its_permission_names_the_label_to_tick() {
    let town = town();
    let newest = connect(&town, "2.16");
    let (mut met, mut wrong) = (Vec::new(), Vec::new());
    for command in ACTIONS.iter().filter(|command| command.facts.noun() != "requests") {
        let facts = &command.facts;
        if let Some(label) = facts.needs.iter().find(|label| find(label).is_none_or(|scope| scope.label != **label)) {
            wrong.push(format!("{}: the table has no {label:?}", facts.name));
            continue;
        }
        town.faults().clear();
        facts.needs.iter().flat_map(|label| codes_of(label)).for_each(|code| town.faults().deny(&code));
        let input: Value = serde_json::from_str(facts.example).unwrap();
        let Err(error) = run_on(&newest, facts.name, input).await else {
            wrong.push(format!("{}: it works without {:?}", facts.name, facts.needs));
            continue;
        };
        let label = error.noted("permission").unwrap_or_default();
        let is_told = error.remedy().contains("Developer Hub") && error.remedy().contains(label);
        match facts.needs.iter().find(|need| **need == label) {
            Some(need) if error.code() == &codes::AUTH_SCOPE && is_told => met.push(*need),
            _ => wrong.push(format!("{} needs {:?}, but: {error:?}", facts.name, facts.needs)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What the seeds call scopes stands for permissions that actions need.
    for alias in [
        "read_contacts",
        "write_contacts",
        "read_conversations",
        "write_conversations",
        "read_articles",
        "write_articles",
        "read_admins",
    ] {
        assert!(of_alias(alias).any(|scope| met.contains(&scope.label)), "{alias}");
    }
}
