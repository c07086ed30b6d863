//! `tajo actions describe`.

use serde::Serialize;
use serde_json::Value;
use tajo_core::action::{Field, Shape};

use super::super::exit::{Exit, Failure};
use super::super::out::{Out, Tone};
use super::list::One;
use super::run::found;
use super::{DescribeArgs, words};
use crate::actions::{App, Entry};

#[derive(Serialize)]
struct Described {
    #[serde(flatten)]
    one: One,
    doc: String,
    inputs: Vec<Input>,
    example: Value,
    command: String,
    input_schema: Value,
    output_schema: Value,
}

#[derive(Serialize)]
struct Input {
    name: String,
    takes: String,
    required: bool,
    also: Vec<&'static str>,
    doc: String,
}

pub(super) fn run(args: &DescribeArgs, app: &App, out: &mut Out) -> Result<Exit, Failure> {
    let entry = found(app, &args.action)?;
    if out.json() {
        out.document(&described(entry));
    } else {
        shown(entry, out);
    }
    Ok(Exit::OK)
}

fn described(entry: &Entry) -> Described {
    let facts = &entry.facts;
    let also = |field: &Field| facts.also.iter().filter(|(_, of)| *of == field.name).map(|(spelling, _)| *spelling).collect();
    let input = |field: Field| Input {
        takes: field.shape.word(),
        required: field.required,
        also: also(&field),
        name: field.name,
        doc: field.doc,
    };
    let example: Value = serde_json::from_str(facts.example).unwrap_or_default();
    Described {
        one: One::of(entry),
        doc: facts.doc(),
        inputs: words::inputs(facts).into_iter().map(input).collect(),
        command: words::command_line(entry, &example),
        example,
        input_schema: facts.input().to_value(),
        output_schema: facts.output().to_value(),
    }
}

fn shown(entry: &Entry, out: &mut Out) {
    let facts = &entry.facts;
    let head = out.paint(Tone::Strong, &entry.id());
    out.line(format!("{head}  (also {})", facts.alias));
    out.line("");
    out.line(words::unwrapped(&facts.doc()));
    out.line("");
    out.line(format!("effect       {}", words::effect(facts.effect)));
    if !facts.needs.is_empty() {
        out.line(format!("permissions  {}", facts.needs.join(", ")));
    }
    section(out, "Inputs", &words::inputs(facts), true);
    let example: Value = serde_json::from_str(facts.example).unwrap_or_default();
    out.line("");
    out.line("Example:");
    out.line(format!("  {}", words::command_line(entry, &example)));
    out.line(format!("  {}", words::as_json(facts, &example)));
    let title = if words::is_list(facts) { "Answer, each row" } else { "Answer" };
    section(out, title, &words::outputs(facts), false);
}

fn section(out: &mut Out, title: &str, fields: &[Field], inputs: bool) {
    if fields.is_empty() {
        return;
    }
    let wide = fields.iter().map(|field| field.name.len()).max().unwrap_or_default();
    out.line("");
    out.line(format!("{title}:"));
    for field in fields {
        let takes = match (&field.shape, inputs) {
            // An answer's nested parts have fields of their own; `--json` shows them.
            (Shape::Any, false) => "object".into(),
            (shape, _) => shape.word(),
        };
        let must = if inputs && field.required { ", required" } else { "" };
        out.line(format!("  {:wide$}  {} ({takes}{must})", field.name, field.doc.replace('\n', " ").trim_end_matches('.')));
    }
}
