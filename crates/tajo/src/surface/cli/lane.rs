//! The half of a sync that has to do with Brevo.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
use crate::warehouse::Receipt;

/// Both sides, ready to be planned; the mirror has been loaded.
pub async fn pair(settings: &Settings, intercom: &Intercom, url: &str, direction: Option<Direction>) -> Result<Pair> {
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    let brevo = open::brevo(settings, Arc::new(wire))?;
    Pair::open(settings, intercom.clone(), brevo, open::mirror(url)?, direction).await
}

/// Whether the extraction is complete enough to plan from: a table that stopped short would look like people who left.
pub fn ground(receipt: &Receipt) -> Result<()> {
    let short: Vec<&str> = receipt
        .reports
        .iter()
        .filter(|report| report.error.is_some() && ["contacts", "companies", "conversations", "tags"].contains(&report.name))
        .map(|report| report.name)
        .collect();
    if short.is_empty() && receipt.fatal.is_none() {
        return Ok(());
    }
    Err(Error::new(&codes::PARTIAL, "Brevo was not touched: Intercom could not be read completely")
        .note("incomplete", short.join(", "))
        .help("Mend what the errors above name and run again; nothing was lost."))
}

/// Whether the events lane is on: with no `sync:` block everything is.
pub fn events(settings: &Settings) -> bool {
    settings.config.intercom.resources.as_ref().is_none_or(|names| names.iter().any(|name| name == EVENTS))
}

/// Names a run that writes to platforms.
pub fn run_id() -> String {
    format!("run-{:x}-{:x}", jiff::Timestamp::now().as_millisecond(), std::process::id())
}

/// A flag that is set when the user asks the program to end.
pub fn stop() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    tokio::spawn(async move {
        session::interrupted().await;
        seen.store(true, Ordering::Relaxed);
    });
    stop
}

/// One pass after a load.
pub async fn run(pair: &Pair, settings: &Settings, run_id: &str, full: bool, yes: bool) -> Result<Report> {
    let wanted = Wanted {
        scope: if full { Scope::All } else { Scope::Changed },
        run_id: run_id.into(),
        connection: settings.connection.name.clone(),
        yes,
        stop: stop(),
        events: events(settings),
    };
    Box::pin(pair.pass(&wanted)).await
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
