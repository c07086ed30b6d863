//! `tajo conflicts`: fields that both sides changed, and who decides.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};
use tajo_core::{Error, codes};
use tajo_state::Conflict;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::plan;
use crate::pairs::known::Known;
use crate::pairs::mapping::EMAIL;

/// Shown under `tajo conflicts settle --help`.
pub const EXAMPLES: &str = "Examples:
  tajo conflicts list
  tajo conflicts show ada@example.com
  tajo conflicts settle ada@example.com FULLNAME --take brevo
  tajo conflicts settle 6740c0de12 --all --take intercom

Settling writes to no platform: the next `tajo plan` or sync carries it out, if both values are still the same.";

/// What to do with conflicts.
#[derive(Debug, Clone, Subcommand)]
pub enum ConflictsCommand {
    /// List every field that waits for you
    List,
    /// Show the fields of one contact with both values and both times
    Show(ShowArgs),
    /// Choose whose value is taken
    #[command(after_help = EXAMPLES)]
    Settle(SettleArgs),
}

/// Arguments of `tajo conflicts show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Intercom's id, Brevo's id, or the e-mail address
    pub contact: String,
}

/// Arguments of `tajo conflicts settle`.
#[derive(Debug, Clone, Args)]
pub struct SettleArgs {
    /// Intercom's id, Brevo's id, or the e-mail address
    pub contact: String,
    /// The Brevo attribute, as the list names it
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub field: Option<String>,
    /// Every field of the contact
    #[arg(long)]
    pub all: bool,
    /// Whose value is taken
    #[arg(long, value_enum, value_name = "SIDE")]
    pub take: Take,
}

/// A side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Take {
    /// Intercom's value
    Intercom,
    /// Brevo's value
    Brevo,
}

impl Take {
    fn word(self) -> &'static str {
        match self {
            Take::Intercom => "intercom",
            Take::Brevo => "brevo",
        }
    }
}

/// A conflict as it is told.
#[derive(Debug, Clone, Serialize)]
struct Told {
    intercom_id: String,
    field: String,
    intercom: Value,
    intercom_changed_at: String,
    brevo: Value,
    brevo_changed_at: String,
    first_seen: String,
    choice: Option<String>,
}

impl Told {
    fn of(conflict: Conflict) -> Told {
        let value = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        Told {
            intercom: value(&conflict.left),
            brevo: value(&conflict.right),
            intercom_changed_at: crate::warehouse::moment(conflict.left_at),
            brevo_changed_at: crate::warehouse::moment(conflict.right_at),
            intercom_id: conflict.intercom_id,
            field: conflict.field,
            first_seen: conflict.first_seen,
            choice: conflict.choice,
        }
    }
}

/// Runs the command.
pub async fn run(command: ConflictsCommand, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    plan::wanted(&settings)?;
    let known = Known::open(&settings, None)?;
    match command {
        ConflictsCommand::List => list(&known, None, out).await,
        ConflictsCommand::Show(args) => list(&known, Some(args.contact), out).await,
        ConflictsCommand::Settle(args) => settle(&known, args, out).await,
    }
}

async fn of(known: &Known, contact: Option<String>) -> Result<Vec<Conflict>, Error> {
    let known = known.clone();
    let ledger = known.ledger.clone();
    ledger
        .apart(move |ledger| {
            let mut all = ledger.conflicts()?;
            if let Some(contact) = contact {
                let person = known.person(&contact)?;
                if person.lefts.is_empty() {
                    person.only()?;
                }
                all.retain(|conflict| person.lefts.contains(&conflict.intercom_id));
            }
            Ok(all)
        })
        .await
}

async fn list(known: &Known, contact: Option<String>, out: &mut Out) -> Result<Exit, Failure> {
    let told: Vec<Told> = of(known, contact).await?.into_iter().map(Told::of).collect();
    if out.json() {
        out.document(&json!({"conflicts": told}));
        return Ok(Exit::OK);
    }
    if told.is_empty() {
        out.line("No field waits for you.");
        return Ok(Exit::OK);
    }
    let rows = told.iter().map(|c| {
        let choice = c.choice.as_deref().map_or_else(|| "-".to_string(), |side| format!("take {side}"));
        [
            c.intercom_id.clone(),
            c.field.clone(),
            format!("{} ({})", c.intercom, c.intercom_changed_at),
            format!("{} ({})", c.brevo, c.brevo_changed_at),
            c.first_seen.clone(),
            choice,
        ]
    });
    out.table(["CONTACT", "FIELD", "INTERCOM", "BREVO", "SINCE", "CHOICE"], rows);
    Ok(Exit::OK)
}

async fn settle(known: &Known, args: SettleArgs, out: &mut Out) -> Result<Exit, Failure> {
    let mut open = of(known, Some(args.contact)).await?;
    if let Some(field) = &args.field {
        let named = |conflict: &Conflict| conflict.field.eq_ignore_ascii_case(field);
        if !open.iter().any(named) {
            let fields: Vec<&str> = open.iter().map(|conflict| conflict.field.as_str()).collect();
            let error = Error::new(&codes::USAGE, format!("{field} is not in conflict for that contact"));
            let error = if fields.is_empty() { error } else { error.note("in conflict", fields.join(", ")) };
            return Err(error.help("`tajo conflicts list` shows what waits.").into());
        }
        open.retain(named);
    }
    let take = args.take.word();
    let (ledger, fields) = (known.ledger.clone(), open.clone());
    ledger
        .apart(move |ledger| {
            for conflict in &fields {
                refuse_taken(ledger, conflict, take)?;
            }
            ledger.write(|write| {
                fields.iter().try_for_each(|conflict| {
                    write.settle_conflict(&conflict.intercom_id, &conflict.field, take)?;
                    write.set_dirty(&conflict.intercom_id, true)
                })
            })
        })
        .await?;
    let told: Vec<Told> = open.into_iter().map(|c| Told::of(Conflict { choice: Some(take.into()), ..c })).collect();
    if out.json() {
        out.document(&json!({"settled": told}));
        return Ok(Exit::OK);
    }
    for c in &told {
        let value = if take == "intercom" { &c.intercom } else { &c.brevo };
        out.line(format!("{} {}: {take} is taken ({value})", c.intercom_id, c.field));
    }
    if told.is_empty() {
        out.line("No field of that contact waits for you.");
    } else {
        out.note("Nothing was written. The next `tajo plan` or sync carries it out.");
    }
    Ok(Exit::OK)
}

/// An address that another contact has cannot be taken, whoever decides.
fn refuse_taken(ledger: &tajo_state::Ledger, conflict: &Conflict, take: &str) -> Result<(), Error> {
    if conflict.field != EMAIL || take != "intercom" {
        return Ok(());
    }
    let address: Option<String> = serde_json::from_str(&conflict.left).ok();
    let holder = address.map(|address| ledger.brevo_by_email(&address.to_lowercase())).transpose()?.flatten();
    let own = ledger.link(&conflict.intercom_id)?.and_then(|link| link.brevo_id);
    match holder {
        Some(row) if Some(row.id) != own => Err(Error::new(&codes::BRV_TAKEN, "Another Brevo contact has that address")
            .note("Brevo contact", row.id.to_string())
            .help("Merge or correct the two contacts in Brevo; then the next sync carries the address over by itself.")),
        _ => Ok(()),
    }
}
