//! Asks for an action and shows what came of it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tajo_core::action::checked;
use tajo_core::{Effect, Error, Facts, codes};

use super::super::exit::{Exit, Failure};
use super::super::globals::Globals;
use super::super::out::Out;
use super::super::progress::grouped;
use super::input::Shelf;
use super::output::{Rows, Shown};
use super::{How, RunArgs, confirm, input, output};
use crate::actions::{App, Ask, Entry, every_page};

/// Shown under `tajo actions run --help`.
pub const EXAMPLES: &str = r#"Examples:
  tajo actions run archive_contact --set contact_id=6762f0dd1bb69f9f2193bb83
  tajo actions run intercom.contacts.create --input '{"email": "ada@acme.example"}' --set custom_attributes.plan_tier=pro
  tajo actions run list_contacts --fetch-all --json > contacts.jsonl
  echo '{"name": "vip"}' | tajo actions run create_tag --input -
Every action also has a command of its own: `tajo contacts archive --help`."#;

/// Who asks, for the journal.
const BY: &str = "command line";
/// How often a long list says how far it is.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// One value as it was typed.
#[derive(Debug, Clone)]
pub struct Value {
    /// The input field, perhaps dotted.
    pub field: String,
    /// What stood after it.
    pub text: String,
}

/// An action as the command line asks for it.
#[derive(Debug, Clone)]
pub struct Given {
    /// Its id, alias, name or words.
    pub action: String,
    /// Its inputs in the order they were typed.
    pub values: Vec<Value>,
    /// How it is asked.
    pub how: How,
    /// Whether what the action itself wants confirmed is confirmed.
    pub yes: bool,
}

impl Given {
    /// From `tajo actions run`.
    pub(super) fn typed(args: RunArgs) -> Result<Given, Error> {
        let value = |text: &String| match text.split_once('=') {
            Some((field, text)) if !field.is_empty() => Ok(Value { field: field.to_owned(), text: text.to_owned() }),
            _ => Err(Error::new(&codes::USAGE, "`--set` takes FIELD=VALUE").note("for example", "--set contact_id=123")),
        };
        let values = args.set.iter().map(value).collect::<Result<Vec<Value>, Error>>()?;
        Ok(Given { action: args.action, values, how: args.how, yes: args.yes })
    }
    /// The input as a JSON object, not yet held against its schema. Reads files, relative ones from `directory`, and stdin
    /// where they are named.
    pub fn input(&self, facts: &Facts, directory: &Path) -> Result<serde_json::Value, Error> {
        input::of(self, facts, &Shelf { directory })
    }
}

/// The action of that id, alias, name, or of those words: "Archive Contact", "Retrieve a ticket".
pub(super) fn found<'a>(app: &'a App, name: &str) -> Result<&'a Entry, Error> {
    let plain = name.split_whitespace().filter(|word| !["a", "an", "the"].contains(word)).collect::<Vec<_>>().join("_");
    app.find(&plain.to_lowercase())
}

/// Runs an action.
pub async fn run(given: Given, app: &Arc<App>, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    if let Some(config) = globals.config()? {
        out.warnings(&config.warnings);
    }
    let entry = *found(app, &given.action)?;
    let mut input = given.input(&entry.facts, &globals.directory)?;
    // The seeds name it among the inputs; it is ours, not Intercom's.
    let all = input.as_object_mut().filter(|_| entry.facts.paged.is_some()).and_then(|input| input.remove("fetch_all"));
    let fetch_all = given.how.fetch_all || all.is_some_and(|all| all == true);
    let input = checked(&entry.facts, input)?;
    let mut ask = Ask {
        action: entry.id(),
        input,
        connection: globals.flags.connection.clone(),
        allow_destructive: given.how.allow_destructive,
        resend: given.how.resend,
        key: given.how.idempotency_key.clone(),
        by: BY.into(),
    };
    if app.effect(&entry, &ask.input) == Effect::Destroy && !ask.allow_destructive && globals.interactive(out) {
        if !Box::pin(confirm::agreed(app, &entry, &ask, out)).await {
            return Err(Error::new(&codes::USAGE, "Nothing was sent").help("Everything is as it was.").into());
        }
        ask.allow_destructive = true;
    }
    let shown = Shown { fields: given.how.fields, width: output::width(&globals.env) };
    if fetch_all {
        return Box::pin(all_pages(app, &entry, ask, &shown, out)).await;
    }
    let outcome = Box::pin(app.run(ask)).await?;
    output::tell(&entry, &outcome, &shown, out);
    Ok(Exit::OK)
}

/// Every page: rows go out as they come.
async fn all_pages(app: &Arc<App>, entry: &Entry, ask: Ask, shown: &Shown, out: &mut Out) -> Result<Exit, Failure> {
    let json = out.json();
    let mut rows = Rows::new(shown);
    let (begun, mut said, mut count) = (Instant::now(), Instant::now(), 0_u64);
    let each = |row: serde_json::Value| {
        match json {
            true => out.line(shown.picked(&row).to_string()),
            false => rows.take(row, out),
        }
        count += 1;
        if said.elapsed() >= LINE_EVERY {
            said = Instant::now();
            let rate = count / begun.elapsed().as_secs().max(1);
            out.note(format!("{}: {} rows so far, {} a second", entry.facts.name, grouped(count), grouped(rate)));
        }
        Ok(())
    };
    let end = Box::pin(every_page(app, ask, each)).await;
    rows.end(out);
    match end {
        Ok(outcome) => {
            output::warn(&outcome.warnings, out);
            if !json {
                out.note(format!("{} rows", grouped(count)));
            }
            Ok(Exit::OK)
        }
        // A line like the others: a document over several lines would break the stream.
        Err(error) if json && count > 0 => {
            let exit = Exit(error.kind().advice().exit);
            out.line(json!({"error": error.to_json()}).to_string());
            Ok(exit)
        }
        Err(error) => Err(error.into()),
    }
}
