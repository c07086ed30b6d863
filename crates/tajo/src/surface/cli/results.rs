//! A receipt, as people read it.

use serde_json::Value;

use super::out::{Out, Tone};
use super::progress::grouped;
use crate::warehouse::{Receipt, moment};

/// One row a resource, link tables below it.
pub fn table(out: &mut Out, receipt: &Receipt) {
    let mut rows = Vec::new();
    for report in &receipt.reports {
        let mark = if report.error.is_some() { "incomplete" } else { report.mode };
        rows.push([
            report.name.to_string(),
            mark.to_string(),
            grouped(report.rows_read),
            grouped(report.rows_written),
            grouped(report.rows_deleted),
            grouped(report.calls),
            report.watermark.map(moment).unwrap_or_default(),
        ]);
        for (name, written, removed) in &report.links {
            let blank = String::new;
            rows.push([format!("  {name}"), blank(), blank(), grouped(*written), grouped(*removed), blank(), blank()]);
        }
    }
    out.table(["resource", "mode", "read", "written", "removed", "calls", "complete up to"], rows);
    for report in &receipt.reports {
        for warning in &report.warnings {
            let label = out.paint(Tone::Warn, "note");
            out.note(format!("{label}: {}: {warning}", report.name));
        }
    }
}

/// The table, the sum and the errors, unless the answer is one JSON document at the end.
pub fn told(out: &mut Out, receipt: &Receipt) {
    if !out.json() {
        table(out, receipt);
        out.note(sum(receipt));
        errors(out, receipt);
    }
}

/// One sentence.
pub fn sum(receipt: &Receipt) -> String {
    let read: u64 = receipt.reports.iter().map(|r| r.rows_read).sum();
    let written: u64 = receipt.reports.iter().map(|r| r.rows_written + r.links.iter().map(|l| l.1).sum::<u64>()).sum();
    let calls: u64 = receipt.reports.iter().map(|r| r.calls).sum();
    format!("{}: {} rows read, {} written, {} calls", receipt.outcome, grouped(read), grouped(written), grouped(calls))
}

/// Why not everything is there, in the long form of errors, on stderr.
pub fn errors(out: &mut Out, receipt: &Receipt) {
    for error in receipt.errors.iter().filter(|_| !out.json()).cloned().collect::<Vec<_>>() {
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_string();
        let mut lines = format!("{}: {}", out.paint(Tone::Bad, &format!("error[{}]", text("code"))), text("message"));
        for (label, note) in error["notes"].as_object().into_iter().flatten() {
            lines += &format!("\n  = {label}: {}", note.as_str().unwrap_or_default());
        }
        for cause in error["causes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            lines += &format!("\n  = cause: {cause}");
        }
        lines += &format!("\n  = help: {}", text("help"));
        out.note(lines);
    }
}
