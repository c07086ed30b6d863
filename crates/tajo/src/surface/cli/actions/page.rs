//! The reference page of the actions: a fold over their list.

use std::fmt::Write as _;

use super::{command_line, inputs};
use crate::actions::Entry;

/// The page of every action, by noun. `note` says where it comes from.
pub fn page(entries: &[Entry], note: &str) -> String {
    let mut out = format!("# Actions\n\n{note}\nHow they are asked for: [the guide](../guide/actions.md).\n");
    let mut nouns: Vec<&str> = Vec::new();
    for entry in entries {
        if !nouns.contains(&entry.facts.noun()) {
            nouns.push(entry.facts.noun());
        }
    }
    for noun in nouns {
        let _ = write!(out, "\n## {noun}\n");
        entries.iter().filter(|entry| entry.facts.noun() == noun).for_each(|entry| action(&mut out, entry));
    }
    out
}

fn action(out: &mut String, entry: &Entry) {
    let facts = &entry.facts;
    let _ = write!(out, "\n### {}\n\n{}\n\n", entry.id(), facts.doc());
    let _ = writeln!(out, "- also: `{}`; effect: {}", facts.alias, facts.effect.word());
    if !facts.needs.is_empty() {
        let _ = writeln!(out, "- permissions: {}", facts.needs.join(", "));
    }
    if let Some(paged) = facts.paged {
        let _ = writeln!(out, "- pages: `{}` of the answer goes into `{}`; `--fetch-all` follows them", paged.next, paged.after);
    }
    let fields = inputs(facts);
    if !fields.is_empty() {
        out.push_str("\n| input | takes | meaning |\n| --- | --- | --- |\n");
    }
    for field in fields {
        let also: Vec<String> =
            facts.also.iter().filter(|(_, of)| *of == field.name).map(|(spelling, _)| format!("`{spelling}`")).collect();
        let also = if also.is_empty() { String::new() } else { format!(" Also {}.", also.join(", ")) };
        let must = if field.required { ", required" } else { "" };
        let takes = field.shape.word().replace('|', "\\|");
        let doc = field.doc.replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(out, "| `{}` | {takes}{must} | {doc}{also} |", field.name);
    }
    let example = serde_json::from_str(facts.example).unwrap_or_default();
    let _ = write!(out, "\n```sh\n{}\n```\n", command_line(entry, &example));
}
