//! Actions on the command line: what `tajo actions` shows, and the commands folded from the list.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::collections::BTreeSet;
use std::path::Path;

use desk::{Desk, small};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tajo::actions::{Entry, entries};
use tajo::surface::cli::actions::{command, command_for, command_line, direct, inputs};
use tajo_core::action::Shape;
use tajo_core::{Action, Call, Effect, Result};
use tajo_intercom::Intercom;
use tajo_sim::Options;

/// Seed 003's actions, by its own words.
const SEED: [&str; 25] = [
    "Archive Contact",
    "Attach Company to Contact",
    "Attach Tag to Contact",
    "Create Company",
    "Create Contact",
    "Create Tag",
    "Create Ticket",
    "Delete Company",
    "Delete Contact",
    "Delete Tag",
    "Detach Company from Contact",
    "Detach Tag from Contact",
    "Get Company",
    "Get Contact",
    "List Companies",
    "List Contacts",
    "List Tags",
    "List Ticket Types",
    "Raw Request",
    "Retrieve a ticket",
    "Search Contacts",
    "Unarchive Contact",
    "Update Company",
    "Update Contact",
    "Update Tag",
];

fn refused(desk: &Desk, args: &[&str], exit: i32, code: &str, says: &[&str]) {
    let ran = desk.tajo(args).ended(exit);
    assert!(ran.err.contains(&format!("error[{code}]")), "{code} expected: {}", ran.err);
    says.iter().for_each(|text| assert!(ran.err.contains(text), "{text}: {}", ran.err));
}

// Shows: P-001.
#[test]
fn every_seed_003_action_is_listed_by_its_words() {
    let desk = Desk::new(Options { blank: true, ..small() });
    let listed = desk.tajo(&["actions", "list", "--connector", "intercom", "--json"]).ended(0).json();
    let listed: Vec<Value> = listed["actions"].as_array().unwrap().clone();
    let text = desk.tajo(&["actions", "list", "--connector", "intercom"]).ended(0).out;
    let mut group = "";
    let mut groups = BTreeSet::new();
    for line in text.lines() {
        match line.strip_prefix("  ") {
            None => assert!(groups.insert(line), "{line} stands as a group twice"),
            Some(action) => assert!(action.starts_with(&format!("{}.", group_of(&mut group, &text, line))), "{line}"),
        }
    }
    for words in SEED {
        let alias = words.to_lowercase().replace(" a ", " ").replace(' ', "_");
        assert!(listed.iter().any(|one| one["alias"] == alias.as_str()), "{words}");
        assert!(text.lines().any(|line| line.contains(&format!(" {alias} "))), "{words}");
        // By its words, by its alias under the platform as the seeds' ids have it, and by its id.
        let by_words = desk.tajo(&["actions", "describe", words, "--json"]).ended(0).json();
        let by_alias = desk.tajo(&["actions", "describe", &format!("intercom.{alias}"), "--json"]).ended(0).json();
        assert_eq!(by_words, by_alias);
        let id = by_words["id"].as_str().unwrap();
        assert_eq!(desk.tajo(&["actions", "describe", id, "--json"]).ended(0).json(), by_words);
        assert!(!by_words["inputs"].as_array().unwrap().is_empty() || words.starts_with("List T"), "{words}");
    }
    assert!(desk.town.calls().is_empty(), "looking at actions needs no network");
}

/// The heading above a line.
fn group_of<'t>(group: &mut &'t str, text: &'t str, line: &str) -> &'t str {
    let before = text.split(line).next().unwrap_or_default();
    *group = before.lines().rfind(|line| !line.starts_with(' ')).unwrap_or_default();
    group
}

#[test]
fn a_list_can_be_narrowed_and_says_what_there_is() {
    let desk = Desk::new(Options { blank: true, ..small() });
    let tags = desk.tajo(&["actions", "list", "--noun", "tags", "--json"]).ended(0).json();
    assert!(tags["actions"].as_array().unwrap().iter().all(|one| one["noun"] == "tags"), "{tags}");
    refused(&desk, &["actions", "list", "--noun", "contact"], 2, "TJ-CFG-USAGE", &["contacts"]);
    refused(&desk, &["actions", "describe", "archive_contcat"], 2, "TJ-CFG-ACTION", &["`archive_contact`"]);
    refused(&desk, &["actions", "run", "contact.archive"], 2, "TJ-CFG-ACTION", &["`contacts.archive`"]);
    let told = desk.tajo(&["actions", "describe", "contacts.list"]).ended(0).out;
    for part in [
        "intercom.contacts.list",
        "Inputs:",
        "per_page",
        "permissions",
        "tajo contacts list --per-page 50",
        "Answer, each row:",
        "email",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_folded_commands_are_well_formed_and_have_complete_help() {
    let entries = entries();
    command(&entries).debug_assert();
    for entry in entries.iter().filter(|entry| entry.is_intercom()) {
        let facts = &entry.facts;
        let (noun, verb) = (facts.noun().replace('_', "-"), facts.verb().replace('_', "-"));
        let args = ["tajo", &noun, &verb, "--help"].map(Into::into);
        let error = command_for(&entries, &args).try_get_matches_from(&args).unwrap_err();
        let help = error.render().to_string();
        assert_eq!(error.kind(), clap::error::ErrorKind::DisplayHelp, "{help}");
        for field in inputs(facts) {
            assert!(help.contains(&format!("--{}", field.name.replace('_', "-"))), "{}: --{}\n{help}", facts.name, field.name);
        }
        let first = facts.about();
        assert!(help.contains(first.split_whitespace().next().unwrap()), "{}: {help}", facts.name);
        for need in facts.needs {
            assert!(help.contains(need), "{}: {need}\n{help}", facts.name);
        }
        assert!(help.contains("Example:\n  tajo ") && help.contains("--connection"), "{help}");
    }
}

#[test]
fn every_example_as_a_command_line_gives_the_same_input() {
    let entries = entries();
    for entry in &entries {
        let example: Value = serde_json::from_str(entry.facts.example).unwrap();
        let line = command_line(entry, &example);
        let args: Vec<std::ffi::OsString> = words(&line).into_iter().map(Into::into).collect();
        let matches = command_for(&entries, &args).try_get_matches_from(&args).unwrap_or_else(|e| panic!("{line}\n{e}"));
        if line.starts_with("tajo actions run ") {
            assert!(!entry.is_intercom(), "{line}");
            continue;
        }
        let given = direct(&entries, &matches).unwrap().unwrap_or_else(|| panic!("{line}"));
        assert_eq!(given.action, entry.id());
        let mut input = given.input(&entry.facts, Path::new(".")).unwrap();
        // An id of digits is a number to whoever types it; such fields take both.
        for field in inputs(&entry.facts).iter().filter(|field| field.shape == Shape::TextOrInteger) {
            if example.get(&field.name).is_some_and(Value::is_string) && input[&field.name].is_i64() {
                input[&field.name] = input[&field.name].to_string().into();
            }
        }
        assert_eq!(input, example, "{line}");
    }
}

/// A line of shell as its words.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut chars) = (Vec::new(), String::new(), None, line.trim().chars());
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            '\\' if quote.is_none() => word.extend(chars.next()),
            ' ' if quote.is_none() => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

#[test]
fn every_command_on_the_pages_is_one_that_the_program_understands() {
    let entries = entries();
    let mut seen = 0;
    for page in ["guide/actions.md", "reference/actions.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
        let text = std::fs::read_to_string(path).unwrap();
        for line in text.lines().filter(|line| line.starts_with("tajo ") || line.contains(" | tajo ")) {
            let line = line.split(" | ").last().unwrap().split("  #").next().unwrap().split(" > ").next().unwrap();
            let args: Vec<std::ffi::OsString> = words(line).into_iter().map(Into::into).collect();
            if let Err(error) = command_for(&entries, &args).try_get_matches_from(&args) {
                panic!("{page}: {line}\n{error}");
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} commands");
}

#[test]
fn nouns_verbs_and_flags_that_are_nearly_right_are_suggested() {
    let desk = Desk::new(Options { blank: true, ..small() });
    for (args, says) in [
        (&["contcats", "list"][..], "'contacts'"),
        (&["contacts", "lst"], "'list'"),
        (&["contacts", "list", "--per-pge", "3"], "'--per-page'"),
        (&["conversations", "reply", "--message-type", "whisper"], "comment, note"),
        (&["contacts"], "archive"),
        (&["intercom", "contacts"], "archive"),
    ] {
        let ran = desk.tajo(args).ended(2);
        assert!(ran.err.contains(says), "{args:?}: {}", ran.err);
    }
    let all = desk.tajo(&["contacts", "--help"]).ended(0).out;
    assert!(all.contains("archive  ") && all.contains("list  "), "{all}");
    let top = desk.tajo(&["--help"]).ended(0).out;
    for noun in entries().iter().filter(|entry| entry.is_intercom()).map(|entry| entry.facts.noun().replace('_', "-")) {
        assert!(top.contains(&noun), "{noun}: {top}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = desk.tajo(&["completion", shell]).ended(0).out;
        assert!(script.contains("contacts") && script.contains("archive") && script.contains("starting-after"), "{shell}");
    }
    assert!(desk.town.calls().is_empty());
}

/// Count the moons of a planet.
#[derive(Deserialize, JsonSchema)]
struct Moons {
    /// Name of the planet.
    planet: String,
    /// Whether to count rings too.
    rings: Option<bool>,
}

/// How many.
#[derive(Serialize, JsonSchema)]
struct Counted {
    /// The number.
    moons: usize,
}

impl Action for Moons {
    const NAME: &'static str = "planets.count_moons";
    const ALIAS: &'static str = "count_moons";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &["Read the sky"];
    const EXAMPLE: &'static str = r#"{"planet": "Mars", "rings": true}"#;
    type On = Intercom;
    type Out = Counted;
    async fn run(self, _: &Call<'_, Intercom>) -> Result<Counted> {
        Ok(Counted { moons: self.planet.len() + usize::from(self.rings == Some(true)) })
    }
}

#[test]
fn one_more_action_in_the_list_has_a_command_with_help_and_completion() {
    static MOONS: tajo_core::Command<Intercom> = tajo_core::Command::of::<Moons>();
    let mut entries = entries();
    entries.push(Entry::intercom(&MOONS));
    let asked =
        |args: &[&str]| command_for(&entries, &args.iter().map(Into::into).collect::<Vec<_>>()).try_get_matches_from(args);
    let help = asked(&["tajo", "planets", "count-moons", "--help"]).unwrap_err().to_string();
    for part in [
        "Count the moons of a planet",
        "--planet",
        "Name of the planet",
        "--rings",
        "Read the sky",
        "tajo planets count-moons --planet Mars --rings",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
    assert!(asked(&["tajo", "--help"]).unwrap_err().to_string().contains("planets"));
    assert!(command(&entries).find_subcommand("planets").unwrap().find_subcommand("count-moons").is_some());
    let given =
        direct(&entries, &asked(&["tajo", "planets", "count_moons", "--planet", "Mars", "--rings"]).unwrap()).unwrap().unwrap();
    let desk = Desk::new(Options { blank: true, ..small() });
    let app = std::sync::Arc::new(tajo::actions::App::new(|_| panic!("not asked here")).with(Entry::intercom(&MOONS)));
    assert_eq!(given.input(&MOONS.facts, desk.directory.path()).unwrap(), json!({"planet": "Mars", "rings": true}));
    assert_eq!(app.find("planets.count_moons").unwrap().id(), given.action);
}
