//! `tajo actions list`.

use serde::Serialize;
use tajo_core::{Error, codes};

use super::super::exit::{Exit, Failure};
use super::super::out::{Out, Tone};
use super::ListArgs;
use crate::actions::{App, Entry};
use crate::config::nearest;

#[derive(Serialize)]
struct All {
    actions: Vec<One>,
}

/// What both `list` and `describe` say of an action under `--json`.
#[derive(Serialize)]
pub(super) struct One {
    id: String,
    name: &'static str,
    alias: &'static str,
    noun: &'static str,
    verb: &'static str,
    connector: &'static str,
    effect: &'static str,
    paged: bool,
    permissions: &'static [&'static str],
    about: String,
}

impl One {
    pub(super) fn of(entry: &Entry) -> One {
        let facts = &entry.facts;
        One {
            id: entry.id(),
            name: facts.name,
            alias: facts.alias,
            noun: facts.noun(),
            verb: facts.verb(),
            connector: entry.platform(),
            effect: facts.effect.word(),
            paged: facts.paged.is_some(),
            permissions: facts.needs,
            about: facts.about(),
        }
    }
}

pub(super) fn run(args: &ListArgs, app: &App, out: &mut Out) -> Result<Exit, Failure> {
    let of_platform = |entry: &&Entry| args.connector.as_deref().is_none_or(|name| name == entry.platform());
    let entries: Vec<&Entry> = app.entries().iter().filter(of_platform).collect();
    let noun = args.noun.as_ref().map(|noun| noun.trim().to_lowercase().replace(['-', ' '], "_"));
    let mut nouns: Vec<&'static str> = Vec::new();
    for entry in &entries {
        if !nouns.contains(&entry.facts.noun()) {
            nouns.push(entry.facts.noun());
        }
    }
    if let Some(noun) = noun.as_deref() {
        if !nouns.contains(&noun) {
            let near = nearest(noun, &nouns);
            let help = if near.is_empty() {
                format!("There are {}.", nouns.join(", "))
            } else {
                format!("Did you mean {}?", near.join(" or "))
            };
            return Err(Error::new(&codes::USAGE, "No action is about that").help(help).into());
        }
        nouns.retain(|one| *one == noun);
    }
    let shown = |noun: &'static str| entries.iter().filter(move |entry| entry.facts.noun() == noun);
    if out.json() {
        out.document(&All { actions: nouns.iter().flat_map(|noun| shown(noun)).map(|entry| One::of(entry)).collect() });
        return Ok(Exit::OK);
    }
    let wide = |of: &dyn Fn(&Entry) -> usize| entries.iter().map(|entry| of(entry)).max().unwrap_or_default();
    let (names, aliases) = (wide(&|entry| entry.facts.name.len()), wide(&|entry| entry.facts.alias.len()));
    for noun in nouns {
        out.line(out.paint(Tone::Strong, noun));
        for entry in shown(noun) {
            let facts = &entry.facts;
            let (name, alias, effect) = (facts.name, facts.alias, facts.effect.word());
            out.line(format!("  {name:names$}  {alias:aliases$}  {effect:10}  {}", facts.about().trim_end_matches('.')));
        }
    }
    out.note("`tajo actions describe ACTION` shows inputs, permissions and an example.");
    Ok(Exit::OK)
}
