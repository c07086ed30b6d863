//! The pages about Brevo say what the program does: their configurations are valid, their commands exist, their tables are
//! those of the program, and their links lead somewhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tajo::actions::entries;
use tajo::config::{self, Config, Direction, Known, Source};
use tajo::pairs::mapping::Mapping;
use tajo::surface::cli::actions::command;

const PAGES: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "docs/guide/README.md",
    "docs/guide/two-way.md",
    "docs/guide/brevo.md",
    "docs/guide/connect.md",
    "docs/guide/http.md",
    "docs/guide/mcp.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What stands between fences of that kind.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut under_way: Option<String> = None;
    for line in text.lines() {
        match &mut under_way {
            Some(block) if line == "```" => {
                found.push(std::mem::take(block));
                under_way = None;
            }
            Some(block) => *block += &format!("{line}\n"),
            None if line.strip_prefix("```") == Some(kind) => under_way = Some(String::new()),
            None => {}
        }
    }
    found
}

fn load(text: &str) -> Config {
    let env = |name: &str| ["INTERCOM_ACCESS_TOKEN", "BREVO_API_KEY"].contains(&name).then(|| "some-token".to_string());
    match config::load(&Source::text("tajo.yml", text), &Known::declared(), &env) {
        Ok(config) => config,
        Err(findings) => panic!("{findings}\n{text}"),
    }
}

#[test]
fn every_configuration_on_the_pages_is_valid_and_connects_what_it_says() {
    let mut with_brevo = 0;
    for name in PAGES {
        for text in blocks(&page(name), "yaml") {
            let config = load(&text);
            assert_eq!(config.brevo_wanted(), text.contains("brevo:"), "{name}\n{text}");
            assert_eq!(config.warnings.to_string().trim(), "", "{name}\n{text}");
            with_brevo += usize::from(config.brevo_wanted());
        }
    }
    assert!(with_brevo >= 3, "only {with_brevo} with Brevo");
}

/// Commands of one line of shell.
fn commands(line: &str) -> Vec<String> {
    let line = line.split('#').next().unwrap_or_default();
    let whole = |part: &str| match part.strip_prefix("cargo run --release -p tajo -- ") {
        Some(rest) => format!("tajo {rest}"),
        None => part.to_string(),
    };
    line.split("&&").map(|part| whole(part.trim())).filter(|part| part.starts_with("tajo ")).collect()
}

#[test]
fn every_command_on_the_pages_is_one_that_the_program_understands() {
    use clap::error::ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, MissingRequiredArgument, MissingSubcommand};
    let whole = command(&entries());
    let mut seen = BTreeSet::new();
    for name in PAGES {
        let text = page(name);
        for command in blocks(&text, "sh").iter().flat_map(|block| block.lines()).flat_map(commands) {
            if let Err(error) = whole.clone().try_get_matches_from(command.split_whitespace()) {
                panic!("{name}: {command}\n{error}");
            }
            seen.extend(command.split_whitespace().nth(1).map(str::to_string));
        }
        // Between backquotes a command may stand by its name alone.
        for command in text.split('`').skip(1).step_by(2).filter(|code| !code.contains('\n')).flat_map(commands) {
            let short = [DisplayHelpOnMissingArgumentOrSubcommand, MissingRequiredArgument, MissingSubcommand];
            match whole.clone().try_get_matches_from(command.split_whitespace()) {
                Err(error) if error.use_stderr() && !short.contains(&error.kind()) => panic!("{name}: {command}\n{error}"),
                _ => seen.extend(command.split_whitespace().nth(1).map(str::to_string)),
            }
        }
    }
    for verb in
        ["plan", "apply", "mapping", "conflicts", "why", "verify", "heal", "undo", "consent", "erase", "demo", "sim", "init"]
    {
        assert!(seen.contains(verb), "no page shows `tajo {verb}`: {seen:?}");
    }
}

/// The rows of the tables under a heading; cells without their backquotes.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let part = text.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no heading {heading}"));
    let part = part.split("\n## ").next().unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>();
    let rows = part.lines().filter(|line| line.starts_with('|') && !line.starts_with("| ---")).map(cells);
    rows.skip(1).collect()
}

#[test]
fn the_table_of_facts_is_the_programs_own() {
    let config = load("connectors:\n  intercom: {}\n  brevo: {}\nfield_mapping:\n  email: email\n");
    let mapping = Mapping::of(&config.intercom, Direction::IntercomToBrevo, &[]);
    let groups = ["conversations", "messenger", "ai_agent"];
    let facts = mapping.fields.iter().filter(|field| groups.contains(&field.from.as_str()));
    let facts: Vec<Vec<String>> = facts.map(|f| vec![f.key.clone(), f.from.clone(), f.convert.kind.name().to_string()]).collect();
    let shown: Vec<Vec<String>> = table(&page("docs/guide/brevo.md"), "Facts").into_iter().map(|row| row[..3].to_vec()).collect();
    assert_eq!(shown, facts);
}

#[test]
fn the_keys_of_the_reference_page_are_keys_and_their_values_are_values() {
    let named: Vec<String> = table(&page("docs/guide/brevo.md"), "Configuration").into_iter().map(|row| row[0].clone()).collect();
    for (key, value) in [
        ("direction", "bidirectional"),
        ("field_mapping", "{name: FULLNAME}"),
        ("lists", "{leads: 37}"),
        ("tags", "{vip: {list: 40, attribute: IS_VIP}}"),
        ("facts", "off"),
        ("no_email", "ext_id"),
        ("default_country", "DE"),
        ("companies", "objects"),
        ("company", "first"),
        ("new_in_intercom", "off"),
        ("engagement", "off"),
        ("rate_limit", "premium"),
        ("brakes", "{changed_percent: 5, blanked_percent: 2}"),
        ("sync", "{contacts: true, companies: true, tags: true, conversations: true, events: true}"),
    ] {
        load(&format!("connectors:\n  intercom:\n    {key}: {value}\n  brevo: {{}}\n"));
        assert!(named.iter().any(|name| name == key || name.starts_with(&format!("{key}."))), "{key} is not on the page");
    }
    assert_eq!(named.len(), 14, "{named:?}");
}

#[test]
fn every_reason_for_leaving_somebody_out_is_on_the_page() {
    let shown: BTreeSet<String> =
        table(&page("docs/guide/brevo.md"), "Who is who").into_iter().map(|row| row[0].clone()).collect();
    let source = page("crates/tajo/src/pairs/planner/mod.rs") + &page("crates/tajo/src/pairs/planner/partner.rs");
    let mut given = BTreeSet::from([tajo::pairs::planner::WAITS.to_string()]);
    for opening in ["skip(\"", "Skip(\"", "Some(\"", "            \""] {
        for part in source.split(opening).skip(1) {
            let word = part.split('"').next().unwrap_or_default();
            if word.contains('_') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                given.insert(word.to_string());
            }
        }
    }
    // Said by the commands that look at links without a plan.
    given.insert("erased".to_string());
    assert_eq!(shown, given);
}

#[test]
fn links_lead_to_files_and_every_decision_is_listed() {
    let decisions: Vec<String> = std::fs::read_dir(root().join("docs/decisions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('0'))
        .collect();
    let list = page("docs/decisions/README.md");
    for name in &decisions {
        assert!(list.contains(&format!("({name})")), "{name} is not listed");
    }
    let pages = decisions.iter().map(|name| format!("docs/decisions/{name}"));
    for name in
        PAGES.iter().map(ToString::to_string).chain(pages).chain(["witness/README.md".into(), "docs/decisions/README.md".into()])
    {
        let folder = root().join(&name).parent().unwrap().to_path_buf();
        for part in page(&name).split("](").skip(1) {
            let target = part.split(')').next().unwrap().split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(target).exists(), "{name} links to {target}");
            }
        }
    }
}

#[test]
fn every_code_that_a_page_names_is_a_code() {
    for name in PAGES {
        for part in page(name).split("TJ-").skip(1) {
            let end = part.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')).unwrap_or(part.len());
            let code = format!("TJ-{}", part[..end].trim_end_matches('-'));
            assert!(tajo_core::codes::CODES.iter().any(|known| known.id == code), "{name} names {code}");
        }
    }
}
