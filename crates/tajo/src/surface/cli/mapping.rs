//! `tajo mapping`: the field mapping against both platforms, and on one person.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tajo_core::rest::{Wire, WireOptions};
use tajo_core::{Error, codes};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use super::{plan, session};
use crate::config::Findings;
use crate::pairs::known::{Known, keep_schema};
use crate::pairs::mapping::{Checked, Mapping};
use crate::pairs::open;
use crate::pairs::plan::{check, left_schema};
use crate::pairs::tryout::{Tried, tried};

/// Shown under `tajo mapping try --help`.
pub const EXAMPLES: &str = "Examples:
  tajo mapping check
  tajo mapping try ada@example.com";

/// What to do with the mapping.
#[derive(Debug, Clone, Subcommand)]
pub enum MappingCommand {
    /// Compare every line with both platforms: what is wrong, missing in Brevo, or mapped by nobody
    Check,
    /// Show what becomes of one person, rule by rule
    #[command(after_help = EXAMPLES)]
    Try(TryArgs),
}

/// Arguments of `tajo mapping try`.
#[derive(Debug, Clone, Args)]
pub struct TryArgs {
    /// Intercom's id, Brevo's id, or the e-mail address
    pub contact: String,
    /// The destination that Intercom was loaded into
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

/// Runs the command.
pub async fn run(command: MappingCommand, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    match command {
        MappingCommand::Check => compare(globals, out).await,
        MappingCommand::Try(args) => attempt(args, globals, out).await,
    }
}

async fn compare(globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    plan::wanted(&settings)?;
    settings.brevo_access()?;
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    let brevo = open::brevo(&settings, Arc::new(wire))?;
    let left = left_schema(&session::intercom(&settings)?).await?;
    let mapping = Mapping::of(&settings.config.intercom, settings.direction(), &left);
    let checked = check(&mapping, &brevo, &left).await?;
    let findings = match globals.source()? {
        Some(source) => checked.findings(&source),
        None => Findings::default(),
    };
    let valid = checked.refuse().is_ok();
    if out.json() {
        let missing: Vec<Value> = checked
            .missing
            .iter()
            .map(|new| json!({"name": new.name, "type": new.kind, "needed_by": new.needed_by, "line": new.place.line, "column": new.place.column}))
            .collect();
        let mut body = json!(findings);
        body["valid"] = valid.into();
        body["missing"] = missing.into();
        body["unmapped"] = json!(checked.unmapped);
        out.document(&body);
    } else {
        out.warnings(&findings);
        tell(out, &checked, &mapping, valid);
    }
    Ok(if valid { Exit::OK } else { Exit(codes::CFG_FIELD.kind.advice().exit) })
}

fn tell(out: &mut Out, checked: &Checked, mapping: &Mapping, valid: bool) {
    for new in &checked.missing {
        let mark = out.paint(Tone::Good, "+");
        let place = if new.place.line > 0 { format!(" (line {}:{})", new.place.line, new.place.column) } else { String::new() };
        out.line(format!(
            "  {mark} {} ({}) is missing in Brevo and would be created; needed by {}{place}",
            new.name, new.kind, new.needed_by
        ));
    }
    for name in &checked.unmapped {
        out.line(format!("  · custom_attributes.{name} is mapped by nobody"));
    }
    let (tone, mark) = if valid { (Tone::Good, "✓") } else { (Tone::Bad, "✗") };
    let verdict = if valid { "the mapping fits both platforms" } else { "the mapping cannot be used" };
    let mark = out.paint(tone, mark);
    out.line(format!("{mark} {} fields: {verdict}", mapping.fields.len()));
}

async fn attempt(args: TryArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    plan::wanted(&settings)?;
    let mut known = Known::open(&settings, args.to.as_deref())?;
    // Where Intercom can be asked, its attributes are those of now.
    if settings.token().is_ok()
        && let Ok(left) = left_schema(&session::intercom(&settings)?).await
    {
        keep_schema(&known.ledger, &left)?;
        known = Known::open(&settings, args.to.as_deref())?;
    }
    let (asked, ledger) = (args.contact.clone(), known.ledger.clone());
    let (id, rows) = ledger
        .apart(move |_| {
            let person = known.person(&asked)?;
            let id = person.only()?.to_string();
            let left = known.left(&id)?.ok_or_else(|| {
                Error::new(&codes::USAGE, "The destination does not hold that contact")
                    .help("Run `tajo connectors sync intercom --only warehouse` first.")
            })?;
            Ok((id, tried(&known.mapping, &left)))
        })
        .await?;
    if out.json() {
        out.document(&json!({"intercom_id": id, "rules": rows}));
        return Ok(Exit::OK);
    }
    let brief = |value: &Value| if value.is_null() { "(empty)".to_string() } else { value.to_string() };
    let row = |rule: &Tried| {
        let place = if rule.line > 0 { format!("{}:{}", rule.line, rule.column) } else { "default".into() };
        [
            rule.from.clone(),
            brief(&rule.intercom),
            rule.conversion.clone(),
            rule.to.clone(),
            brief(&rule.brevo),
            place,
            rule.notes.join("; "),
        ]
    };
    out.table(["INTERCOM", "VALUE", "CONVERSION", "BREVO", "VALUE", "RULE", "NOTES"], rows.iter().map(row));
    Ok(Exit::OK)
}
