//! `tajo verify`: how far the two sides are apart.

use clap::Args;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use super::plan::ready;
use super::progress::grouped;
use super::session;
use crate::pairs::heal::Repairs;
use crate::pairs::verify::Survey;

/// Shown under `tajo verify --help`.
pub const EXAMPLES: &str = "Examples:
  tajo verify
  tajo verify --sample 200               200 links, read anew from both platforms

Exit codes: 0 where nothing is out of step, 10 where something is. Nothing is written to either platform.";

/// Arguments of `tajo verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// Look at so many links alone, instead of at everybody
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub sample: Option<u64>,
    /// The destination that Intercom is loaded into
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

/// Runs the command.
pub async fn run(args: VerifyArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    let pair = ready(&settings, args.to.as_deref(), None, out).await?;
    let survey = session::unless_interrupted(async {
        match args.sample {
            Some(size) => pair.sample(size, jiff::Timestamp::now().as_second().unsigned_abs()).await,
            None => pair.survey(Repairs::default()).await,
        }
    });
    let survey = Box::pin(survey).await?;
    if out.json() {
        out.document(&json!({"sample": args.sample, "survey": survey}));
    } else {
        tell(out, &survey);
        if survey.drifting {
            out.note("`tajo heal` plans what repairs this.");
        }
    }
    Ok(if survey.drifting { Exit::CHANGES } else { Exit::OK })
}

/// The survey in lines.
pub fn tell(out: &mut Out, survey: &Survey) {
    let checked = survey.checked;
    out.line(format!(
        "Looked at {} contacts in Intercom, {} in Brevo, {} links",
        grouped(checked.intercom),
        grouped(checked.brevo),
        grouped(checked.links)
    ));
    for (kind, count) in &survey.drift {
        let mark = out.paint(Tone::Bad, "✗");
        out.line(format!("  {mark} {:<22} {}", kind, grouped(*count)));
        for drift in survey.examples.iter().filter(|drift| drift.kind.word() == *kind).take(5) {
            let id = drift.intercom_id.clone().unwrap_or_else(|| "-".into());
            let brevo = drift.brevo_id.map_or_else(|| "-".to_string(), |id| id.to_string());
            let field = match &drift.field {
                Some(field) => format!("  {field}: {} / {}", drift.intercom, drift.brevo),
                None => String::new(),
            };
            out.line(format!("      Intercom {id}, Brevo {brevo}{field}"));
        }
    }
    if !survey.drifting {
        let mark = out.paint(Tone::Good, "✓");
        out.line(format!("  {mark} nothing is out of step"));
    }
    for (what, count) in [
        ("fields and contacts wait for the next sync", survey.pending),
        ("fields wait for you (`tajo conflicts list`)", survey.conflicts),
    ] {
        if count > 0 {
            out.line(format!("  {} {what}", grouped(count)));
        }
    }
    for (reason, count) in &survey.left_alone {
        out.line(format!("  {} left alone: {reason}", grouped(*count)));
    }
}
