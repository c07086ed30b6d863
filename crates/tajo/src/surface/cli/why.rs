//! `tajo why`: where a value came from, and why a person was skipped.

use clap::Args;
use serde_json::{Value, json};
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use super::plan;
use crate::config::nearest;
use crate::pairs::known::Known;
use crate::pairs::why::{Account, Provenance, accounts};

/// Shown under `tajo why --help`.
pub const EXAMPLES: &str = "Examples:
  tajo why ada@example.com
  tajo why ada@example.com PLAN_TIER
  tajo why 6740c0de12 --json

Answers from what the last syncs left on this machine; neither platform is asked.";

/// Arguments of `tajo why`.
#[derive(Debug, Clone, Args)]
pub struct WhyArgs {
    /// Intercom's id, Brevo's id, or the e-mail address
    pub contact: String,
    /// One field: a Brevo attribute, or the Intercom field it comes from
    pub field: Option<String>,
    /// The destination that Intercom was loaded into
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

/// Runs the command.
pub async fn run(args: WhyArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    plan::wanted(&settings)?;
    let known = Known::open(&settings, args.to.as_deref())?;
    let ledger = known.ledger.clone();
    let asked = args.contact.clone();
    let mut people = ledger
        .apart(move |_| {
            let person = known.person(&asked)?;
            accounts(&known, &person)
        })
        .await?;
    if people.is_empty() {
        return Err(Error::new(&codes::USAGE, "No contact is known by that id or address")
            .help("Run `tajo plan` if it is new (that loads Intercom and writes nothing), or check the spelling.")
            .into());
    }
    if let Some(field) = &args.field {
        only(&mut people, field)?;
    }
    let file = globals.source()?.map(|source| source.path).unwrap_or_default();
    if out.json() {
        out.document(&json!({"config": file, "people": people}));
        return Ok(Exit::OK);
    }
    for account in &people {
        tell(out, account, &file, args.field.is_some());
    }
    Ok(Exit::OK)
}

/// Leaves the one field that is asked for.
fn only(people: &mut [Account], asked: &str) -> Result<(), Error> {
    let named = |field: &Provenance| field.field.eq_ignore_ascii_case(asked) || field.from.eq_ignore_ascii_case(asked);
    let known: Vec<String> = people.iter().flat_map(|account| &account.fields).map(|field| field.field.clone()).collect();
    if !people.iter().any(|account| account.fields.iter().any(named)) && !known.is_empty() {
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = match nearest(&asked.to_uppercase(), &names).as_slice() {
            [] => "`tajo mapping try` lists the fields.".to_string(),
            near => format!("Did you mean {}?", near.join(" or ")),
        };
        return Err(Error::new(&codes::USAGE, format!("The mapping has no field `{asked}`")).help(help));
    }
    people.iter_mut().for_each(|account| account.fields.retain(named));
    Ok(())
}

fn tell(out: &mut Out, account: &Account, file: &str, whole: bool) {
    let id = |id: Option<String>| id.unwrap_or_else(|| "-".into());
    let ids = format!("Intercom {}, Brevo {}", id(account.intercom_id.clone()), id(account.brevo_id.map(|id| id.to_string())));
    let state = match &account.reason {
        Some(reason) => out.paint(Tone::Warn, &format!("{}: {reason}", account.state)),
        None => account.state.to_string(),
    };
    out.line(format!("{ids}: {state}"));
    out.line(format!("  {}", account.said));
    for field in &account.fields {
        if !whole && field.intercom.is_null() && field.brevo.is_null() && field.written.is_none() {
            continue;
        }
        field_lines(out, field, file, whole);
    }
}

fn field_lines(out: &mut Out, field: &Provenance, file: &str, whole: bool) {
    let name = out.paint(Tone::Strong, &field.field);
    let source = field.source.map(|side| format!(", from {side}")).unwrap_or_default();
    let conflict = if field.in_conflict { out.paint(Tone::Bad, "  in conflict") } else { String::new() };
    out.line(format!("  {name}  Intercom {} / Brevo {}{source}{conflict}", shown(&field.intercom), shown(&field.brevo)));
    let place = match field.line {
        0 => "default".to_string(),
        line => format!("{file}:{line}:{}", field.column),
    };
    if whole || field.written.is_some() {
        out.line(format!("    rule     {} -> {} ({}), {place}", field.from, field.field, field.flow));
    }
    if let Some(written) = &field.written {
        let by = written.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        out.line(format!(
            "    written  {} -> {} to {} at {}{by}, {} ({}, {})",
            shown(&written.before),
            shown(&written.value),
            written.to,
            written.at,
            written.run,
            written.effect,
            written.state
        ));
    } else if whole {
        out.line("    written  never by us: both sides had it, or it waits for the next sync");
    }
    for note in &field.notes {
        out.line(format!("    note     {note}"));
    }
}

fn shown(value: &Value) -> String {
    if value.is_null() { "(empty)".into() } else { value.to_string() }
}
