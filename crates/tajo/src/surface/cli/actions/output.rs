//! An answer as a person or a program wants it.

use std::io::IsTerminal;

use serde_json::{Map, Value, json};

use super::super::globals::Env;
use super::super::out::{Out, Tone};
use super::fold::{RAW, kebab};
use super::{table, words};
use crate::actions::{Entry, Outcome};

/// Rows by which a long table chooses its columns and their widths.
const SAMPLE_ROWS: usize = 200;
/// Where a terminal does not say how wide it is.
const TERMINAL_COLUMNS: usize = 80;

/// What of an answer is shown, and how wide.
pub(super) struct Shown {
    /// Dotted paths; everything where there are none.
    pub fields: Vec<String>,
    /// Characters of a line, where somebody reads.
    pub width: Option<usize>,
}

/// The width of the terminal that tables go to; `None` for a file or a pipe.
pub(super) fn width(env: &Env) -> Option<usize> {
    let said = env.var("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(|| std::io::stdout().is_terminal().then_some(TERMINAL_COLUMNS))
}

impl Shown {
    /// The value itself, or of an object the fields asked for.
    pub(super) fn picked(&self, value: &Value) -> Value {
        if self.fields.is_empty() || !value.is_object() {
            return value.clone();
        }
        let pick = |path: &String| (path.clone(), table::at(value, path).unwrap_or_default());
        Value::Object(self.fields.iter().map(pick).collect::<Map<String, Value>>())
    }
    /// Whether lines are cut to fit.
    fn line_max(&self) -> Option<usize> {
        self.width.filter(|_| self.fields.is_empty())
    }
}

/// A table that grows row by row: columns and widths follow from the first rows.
pub(super) struct Rows<'a> {
    shown: &'a Shown,
    held: Vec<Value>,
    layout: Option<(Vec<String>, Vec<usize>)>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(shown: &'a Shown) -> Rows<'a> {
        Rows { shown, held: Vec::new(), layout: None }
    }
    pub(super) fn take(&mut self, row: Value, out: &mut Out) {
        match &self.layout {
            Some(layout) => self.print(&row, layout, out),
            None => {
                self.held.push(row);
                if self.held.len() >= SAMPLE_ROWS {
                    self.lay_out(out);
                }
            }
        }
    }
    pub(super) fn end(mut self, out: &mut Out) {
        if !self.held.is_empty() {
            self.lay_out(out);
        }
    }
    fn lay_out(&mut self, out: &mut Out) {
        let held = std::mem::take(&mut self.held);
        let names = if self.shown.fields.is_empty() { table::columns(&held) } else { self.shown.fields.clone() };
        let headings: Vec<String> = names.iter().map(|name| name.to_uppercase()).collect();
        let cells: Vec<Vec<String>> = held.iter().map(|row| cells(&names, row)).collect();
        let widths = table::widths(&headings, &cells, self.shown.line_max());
        out.line(table::line(&headings, &widths, self.shown.line_max().is_some()));
        for name in self.shown.fields.iter().filter(|name| held.iter().all(|row| table::at(row, name).is_none())) {
            out.note(format!("No row has `{name}`"));
        }
        let layout = (names, widths);
        held.iter().for_each(|row| self.print(row, &layout, out));
        self.layout = Some(layout);
    }
    fn print(&self, row: &Value, (names, widths): &(Vec<String>, Vec<usize>), out: &mut Out) {
        out.line(table::line(&cells(names, row), widths, self.shown.line_max().is_some()));
    }
}

fn cells(names: &[String], row: &Value) -> Vec<String> {
    names.iter().map(|name| table::at(row, name).map(|value| table::cell(name, &value)).unwrap_or_default()).collect()
}

/// The whole answer.
pub(super) fn tell(entry: &Entry, outcome: &Outcome, shown: &Shown, out: &mut Out) {
    let is_list = words::is_list(&entry.facts) && outcome.result.get("data").is_some_and(Value::is_array);
    if out.json() {
        let mut result = if is_list { outcome.result.clone() } else { shown.picked(&outcome.result) };
        if let Some(Value::Array(rows)) = result.get_mut("data").filter(|_| is_list) {
            rows.iter_mut().for_each(|row| *row = shown.picked(row));
        }
        out.document(&json!({"result": result, "warnings": outcome.warnings, "found": outcome.found}));
        return;
    }
    match is_list {
        true => list(entry, &outcome.result, shown, out),
        false if entry.facts.name == RAW.1 && shown.fields.is_empty() => raw(&outcome.result, out),
        false => object(&outcome.result, shown, out),
    }
    warn(&outcome.warnings, out);
    if outcome.found {
        out.note("An earlier attempt had carried this out already; nothing was sent now");
    }
}

/// Warnings, on stderr.
pub(super) fn warn(warnings: &[String], out: &mut Out) {
    for warning in warnings {
        let head = out.paint(Tone::Warn, "warning");
        out.note(format!("{head}: {warning}"));
    }
}

fn list(entry: &Entry, result: &Value, shown: &Shown, out: &mut Out) {
    let mut rows = Rows::new(shown);
    let data = result.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    data.iter().for_each(|row| rows.take(row.clone(), out));
    rows.end(out);
    let total = result.get("total_count").and_then(Value::as_u64).filter(|total| *total > data.len() as u64);
    let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
    let rows = if data.len() == 1 && total.is_none() { "row" } else { "rows" };
    let next = entry.facts.paged.and_then(|paged| Some((paged.after, result.get(paged.next).filter(|next| !next.is_null())?)));
    out.note(match next {
        Some((after, next)) => {
            format!(
                "{}{of} {rows}; the next page: --{} {}, all pages: --fetch-all",
                data.len(),
                kebab(after),
                table::cell("", next)
            )
        }
        None => format!("{}{of} {rows}", data.len()),
    });
}

fn object(result: &Value, shown: &Shown, out: &mut Out) {
    let lines = match shown.fields.is_empty() {
        true => table::lines(result),
        false => shown.fields.iter().map(|path| (path.clone(), cells(std::slice::from_ref(path), result).concat())).collect(),
    };
    let wide = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, value) in lines {
        out.line(format!("{name:wide$}  {value}").trim_end());
    }
}

/// A raw answer: its status aside, its body as it is.
fn raw(result: &Value, out: &mut Out) {
    out.note(format!("HTTP {}", result.get("status").unwrap_or(&Value::Null)));
    match result.get("data") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => out.line(text),
        Some(other) => out.line(format!("{other:#}")),
    }
}
