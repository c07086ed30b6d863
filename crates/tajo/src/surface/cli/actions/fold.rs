//! The list of actions as commands: one for each noun, and under it one for each verb.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::{Mutex, OnceLock, PoisonError};

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, CommandFactory, FromArgMatches};
use tajo_core::action::{Field, Shape, fields};
use tajo_core::{Effect, Facts};

use super::super::args::{Cli, Flags};
use super::super::help;
use super::run::{Given, Value};
use super::{How, words};
use crate::actions::Entry;

/// All nouns of Intercom also stand under this command.
const PLATFORM: &str = "intercom";
/// The raw request's short form, with its method and address by position.
pub(super) const RAW: (&str, &str, [&str; 2]) = ("raw", "requests.raw", ["method", "url"]);
const INPUTS: &str = "Inputs";
const RUNNING: &str = "Running";
/// Width of the text under `tajo --help`.
const COLUMNS_MAX: usize = 96;

/// An action asked by a command of its own.
pub type Direct = Given;

/// The whole command line: what stands in [`Cli`], and every noun.
pub fn command(entries: &[Entry]) -> Command {
    Fold::new(entries, None).whole()
}

/// The same for one call: only the nouns that its words name are built with their verbs.
pub fn command_for(entries: &[Entry], args: &[OsString]) -> Command {
    let named = args.iter().filter_map(|word| word.to_str()).map(|word| word.replace('_', "-")).collect();
    Fold::new(entries, Some(named)).whole()
}

/// The action that these matches ask for, if they ask for one by its own command.
pub fn direct(entries: &[Entry], matches: &ArgMatches) -> Result<Option<Direct>, clap::Error> {
    let Some((first, below)) = matches.subcommand() else { return Ok(None) };
    if is_own(first) {
        return Ok(None);
    }
    if first == RAW.0 {
        let entry = entries.iter().find(|entry| entry.facts.name == RAW.1);
        return entry.map(|entry| given(entry, below)).transpose();
    }
    let (noun, below) = match (first, below.subcommand()) {
        (PLATFORM, Some(inner)) => inner,
        _ => (first, below),
    };
    let Some((verb, below)) = below.subcommand() else { return Ok(None) };
    let asked = |entry: &&Entry| kebab(entry.facts.noun()) == noun && kebab(entry.facts.verb()) == verb;
    entries.iter().find(asked).map(|entry| given(entry, below)).transpose()
}

fn given(entry: &Entry, matches: &ArgMatches) -> Result<Given, clap::Error> {
    let mut values = Vec::new();
    for field in fields(&entry.facts.input()) {
        for text in matches.get_many::<String>(id_of(&field)).into_iter().flatten() {
            values.push(Value { field: field.name.clone(), text: text.clone() });
        }
    }
    Ok(Given { action: entry.id(), values, how: How::from_arg_matches(matches)?, yes: false })
}

struct Fold<'a> {
    entries: &'a [Entry],
    /// The words of one call; everything is built where there are none.
    named: Option<BTreeSet<String>>,
    /// Flags that every command has.
    taken: BTreeSet<String>,
}

impl<'a> Fold<'a> {
    fn new(entries: &'a [Entry], named: Option<BTreeSet<String>>) -> Fold<'a> {
        let shared = How::augment_args(Flags::augment_args(Command::new("shared")));
        let mut taken: BTreeSet<String> = shared.get_arguments().filter_map(Arg::get_long).map(str::to_owned).collect();
        taken.extend(["help".to_owned(), "version".to_owned()]);
        Fold { entries, named, taken }
    }

    fn whole(&self) -> Command {
        let nouns = |on: &dyn Fn(&Entry) -> bool| {
            let mut nouns: Vec<&'static str> = Vec::new();
            for entry in self.entries.iter().filter(|entry| on(entry)) {
                if !nouns.contains(&entry.facts.noun()) {
                    nouns.push(entry.facts.noun());
                }
            }
            nouns
        };
        let of_intercom = nouns(&|entry| entry.is_intercom());
        let direct = nouns(&|entry| is_direct(&entry.facts));
        let words = head(&direct);
        let mut whole = Cli::command().before_help(words.clone()).before_long_help(words);
        whole = whole.subcommands(direct.iter().map(|noun| self.noun(noun, &|_| true)));
        if let Some(raw) = self.entries.iter().find(|entry| entry.facts.name == RAW.1) {
            whole = whole.subcommand(match self.is_named(RAW.0) {
                true => self.verb(raw, RAW.0, &RAW.2),
                false => Command::new(RAW.0),
            });
        }
        let platform = group(PLATFORM).about("Everything that can be asked of Intercom").hide(true);
        whole.subcommand(match self.is_named(PLATFORM) {
            true => platform.subcommands(of_intercom.iter().map(|noun| self.noun(noun, &Entry::is_intercom))),
            false => platform,
        })
    }

    fn is_named(&self, word: &str) -> bool {
        self.named.as_ref().is_none_or(|named| named.contains(word))
    }

    fn noun(&self, noun: &'static str, fits: &dyn Fn(&Entry) -> bool) -> Command {
        let name = kebab(noun);
        let built = group(name).about(format!("Read and write {} by command", noun.replace('_', " ")));
        let built = if name == noun { built } else { built.alias(noun) };
        if !self.is_named(name) {
            return built;
        }
        let verbs = self.entries.iter().filter(|entry| entry.facts.noun() == noun && fits(entry));
        built.subcommands(verbs.map(|entry| self.verb(entry, kebab(entry.facts.verb()), &[])))
    }

    /// `positions` are inputs given by their place instead of by a flag.
    fn verb(&self, entry: &Entry, name: &'static str, positions: &[&str]) -> Command {
        let facts = &entry.facts;
        let mut built = Command::new(name);
        if facts.verb() != name && positions.is_empty() {
            built = built.alias(facts.verb());
        }
        let known = fields(&facts.input());
        for field in &known {
            let arg = self.arg(facts, field).help_heading(INPUTS);
            built = built.arg(match positions.iter().position(|position| *position == field.name) {
                Some(at) => arg.index(at + 1).value_name(kept(field.name.to_uppercase())),
                None => self.named_by(arg, facts, field),
            });
        }
        built = How::augment_args(built.next_help_heading(RUNNING));
        built = built.about(bare(&facts.about())).long_about(words::unwrapped(&facts.doc())).after_help(words::after_help(entry));
        // What cannot apply is taken all the same, and not shown.
        let shown = [
            ("fetch_all", facts.paged.is_some()),
            ("allow_destructive", facts.effect == Effect::Destroy || facts.name == RAW.1),
            ("resend", facts.effect == Effect::Once || facts.name == RAW.1),
            ("idempotency_key", facts.effect == Effect::Once || facts.name == RAW.1),
        ];
        shown.into_iter().fold(built, |built, (id, shown)| built.mut_arg(id, |arg| arg.hide(!shown)))
    }

    fn arg(&self, facts: &Facts, field: &Field) -> Arg {
        let required = if field.required { " [required]" } else { "" };
        let arg = Arg::new(id_of(field)).help(format!("{}{required}", bare(&field.doc)));
        match &field.shape {
            Shape::Choice(words) => {
                let words = words.iter().map(|word| PossibleValue::new(kept(word.clone())));
                arg.value_name("WORD").value_parser(PossibleValuesParser::new(words)).ignore_case(true)
            }
            Shape::Flag => arg.value_name("true|false").num_args(0..=1).require_equals(true).default_missing_value("true"),
            Shape::Integer | Shape::Number => arg.value_name("NUMBER").allow_negative_numbers(true),
            Shape::List(false) => arg.value_name("A,B").action(ArgAction::Append),
            Shape::List(true) => arg.value_name("1,2").action(ArgAction::Append),
            Shape::Object if facts.name == RAW.1 && field.name == "file_data" => {
                arg.value_name("KEY=@FILE").action(ArgAction::Append)
            }
            Shape::Object => arg.value_name("KEY=TEXT|KEY:=JSON|JSON").action(ArgAction::Append),
            Shape::Any if facts.name == RAW.1 => arg.value_name("JSON|TEXT|@FILE|-"),
            Shape::Any => arg.value_name("JSON"),
            Shape::TextOrInteger if words::is_moment(field) => arg.value_name("TIME"),
            Shape::Text | Shape::TextOrInteger => arg.value_name("TEXT"),
        }
    }

    fn named_by(&self, arg: Arg, facts: &Facts, field: &Field) -> Arg {
        let long = kebab(&field.name);
        let long = if self.taken.contains(long) { kept(format!("input-{long}")) } else { long };
        let spellings = facts.also.iter().filter(|(_, named)| *named == field.name).map(|(spelling, _)| kebab(spelling));
        arg.long(long).visible_aliases(spellings.filter(|spelling| *spelling != long && !self.taken.contains(*spelling)))
    }
}

/// Whether the action has a command of its own: where the program has a command of that name already, that one stays.
pub(super) fn is_direct(facts: &Facts) -> bool {
    !is_own(kebab(facts.noun()))
}

fn is_own(name: &str) -> bool {
    static OWN: OnceLock<Command> = OnceLock::new();
    OWN.get_or_init(Cli::command).find_subcommand(name).is_some()
}

fn group(name: &'static str) -> Command {
    Command::new(name).subcommand_required(true).arg_required_else_help(true).disable_help_subcommand(true)
}

/// The words of `tajo --help`, with the nouns there are.
fn head(nouns: &[&str]) -> String {
    let mut text = format!("{}\n\nNouns that are commands, each with its verbs (`tajo contacts --help`):", help::COMMANDS);
    let mut width = COLUMNS_MAX;
    for (at, noun) in nouns.iter().enumerate() {
        let noun = kebab(noun);
        let end = if at + 1 < nouns.len() { "," } else { "" };
        if width + noun.len() + 2 > COLUMNS_MAX {
            text.push_str("\n ");
            width = 1;
        }
        text.push_str(&format!(" {noun}{end}"));
        width += noun.len() + 2;
    }
    text
}

fn id_of(field: &Field) -> &'static str {
    kept(format!("input.{}", field.name))
}

/// A name as the command line writes it.
pub(super) fn kebab(name: &str) -> &'static str {
    kept(name.replace('_', "-"))
}

/// One paragraph without the point at its end, as flags are described.
fn bare(doc: &str) -> String {
    words::unwrapped(doc.trim()).trim_end_matches('.').to_owned()
}

/// Clap wants names that live as long as the program: each is kept once.
fn kept(name: String) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = kept.get(name.as_str()) {
        return same;
    }
    let name: &'static str = name.leak();
    kept.insert(name);
    name
}
