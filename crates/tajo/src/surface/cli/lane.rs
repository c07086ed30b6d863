//! The half of a sync that has to do with Brevo.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use tajo_core::rest::{Wire, WireOptions};
use tajo_core::{Error, Result, codes};
use tajo_intercom::Intercom;

use super::out::{Out, Tone};
use super::progress::grouped;
use super::session;
use crate::config::{Direction, EVENTS, Settings};
use crate::pairs::Pair;
use crate::pairs::open;
use crate::pairs::pass::{Report, Wanted};
use crate::pairs::plan::Scope;
use crate::pairs::{account, shelf};
use crate::warehouse::Receipt;

/// Both sides, ready to be planned; the mirror has been loaded.
pub async fn pair(settings: &Settings, intercom: &Intercom, url: &str, direction: Option<Direction>) -> Result<Pair> {
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    let brevo = open::brevo(settings, Arc::new(wire))?;
    let pair = Pair::open(settings, intercom.clone(), brevo, open::mirror(url)?, direction).await?;
    pair.ledger.hold()?;
    account::hold(settings, &pair.ledger, &pair.brevo).await?;
    Ok(pair)
}

/// Whether the extraction is complete enough to plan from: a table that stopped short would look like people who left.
/// The error says by itself what stopped it.
pub fn ground(receipt: &Receipt) -> Result<()> {
    let short: Vec<(&str, &Value)> = receipt
        .reports
        .iter()
        .filter(|report| ["contacts", "companies", "conversations", "tags"].contains(&report.name))
        .filter_map(|report| report.error.as_ref().map(|error| (report.name, error)))
        .collect();
    let text = |error: &Value, key: &str| error[key].as_str().unwrap_or_default().to_string();
    let said = |(name, error): &(&str, &Value)| format!("{name}: {} ({})", text(error, "message"), text(error, "code"));
    if let Some(fatal) = &receipt.fatal {
        let code = codes::find(&text(fatal, "code")).unwrap_or(&codes::PARTIAL);
        let causes: Vec<&str> = fatal["causes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let error = Error::new(code, format!("Brevo was not touched: {}", text(fatal, "message")));
        let error = if causes.is_empty() { error } else { error.note("cause", causes.join("; ")) };
        return Err(error.help(text(fatal, "help")));
    }
    let Some((_, first)) = short.first() else { return Ok(()) };
    Err(Error::new(&codes::PARTIAL, "Brevo was not touched: Intercom could not be read completely")
        .note("incomplete", short.iter().map(said).collect::<Vec<_>>().join("; "))
        .help(format!("{} Nothing was lost.", text(first, "help"))))
}

/// Whether the events lane is on: with no `sync:` block everything is.
pub fn events(settings: &Settings) -> bool {
    settings.config.intercom.resources.as_ref().is_none_or(|names| names.iter().any(|name| name == EVENTS))
}

/// Names a run that writes to platforms.
pub fn run_id() -> String {
    format!("run-{:x}-{:x}", jiff::Timestamp::now().as_millisecond(), std::process::id())
}

/// One pass after a load.
pub async fn run(pair: &Pair, settings: &Settings, run_id: &str, full: bool, yes: bool) -> Result<Report> {
    let stop = Arc::<AtomicBool>::default();
    let wanted = Wanted {
        scope: if full { Scope::All } else { Scope::Changed },
        run_id: run_id.into(),
        connection: settings.connection.name.clone(),
        yes,
        stop: Arc::clone(&stop),
        events: events(settings),
    };
    let done = session::to_its_end(&stop, Box::pin(pair.pass(&wanted))).await;
    shelf::tidy(pair).await?;
    done
}

/// What a pass did, in a few lines.
pub fn told(out: &mut Out, report: &Report) {
    let done = &report.done;
    let part = |n: u64, what: &str| (n > 0).then(|| format!("{} {what}", grouped(n)));
    let parts: Vec<String> = [
        part(done.attributes, "attributes made"),
        part(done.created, "contacts created"),
        part(done.changed, "contacts changed"),
        part(done.created_in_intercom, "created in Intercom"),
        part(done.changed_in_intercom, "changed in Intercom"),
        part(done.deleted, "contacts deleted"),
        part(done.opt_outs, "opt-outs carried over"),
        part(done.events, "events sent"),
        part(done.linked, "linked"),
        part(report.conflicts, "conflicts wait for you (`tajo conflicts list`)"),
        part(report.skipped, "skipped"),
        part(done.moved, "changed meanwhile, planned again next time"),
        part(done.gone, "deleted on the other side"),
        part(done.unknown, "of unknown outcome"),
        part(done.failed, "failed"),
        part(done.dropped, "values dropped by Brevo"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let sum = if parts.is_empty() { "nothing to do".to_string() } else { parts.join(", ") };
    out.note(format!("Brevo: {sum}; {} calls", grouped(report.calls)));
    for warning in &report.warnings {
        let label = out.paint(Tone::Warn, "note");
        out.note(format!("{label}: {warning}"));
    }
    for error in report.errors.iter().take(10).cloned().collect::<Vec<Value>>() {
        let inner = if error["error"].is_object() { &error["error"] } else { &error };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let label = out.paint(Tone::Bad, &format!("error[{}]", text(&inner["code"])));
        let whose = error["intercom_id"].as_str().map(|id| format!(" (contact {id})")).unwrap_or_default();
        out.note(format!("{label}: {}{whose}\n  = help: {}", text(&inner["message"]), text(&inner["help"])));
    }
}
