//! `tajo explain`: the table of error codes, one or all.

use clap::Args;
use serde::Serialize;
use tajo_core::Error;
use tajo_core::codes::{self, CODES, Code};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use crate::config::nearest;

/// Arguments of `tajo explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// Error code, such as TJ-AUTH-401; all of them where absent
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

#[derive(Serialize)]
struct Row {
    code: &'static str,
    meaning: &'static str,
    action: &'static str,
    exit: u8,
    retry: bool,
}

impl From<&'static Code> for Row {
    fn from(code: &'static Code) -> Row {
        let advice = code.kind.advice();
        Row { code: code.id, meaning: code.meaning, action: code.action, exit: advice.exit, retry: advice.retry }
    }
}

#[derive(Serialize)]
struct All {
    codes: Vec<Row>,
}

/// Runs the command.
pub async fn run(args: ExplainArgs, _globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let Some(asked) = args.code else {
        all(out);
        return Ok(Exit::OK);
    };
    let code = find(&asked)?;
    let row = Row::from(code);
    if out.json() {
        out.document(&row);
        return Ok(Exit::OK);
    }
    let head = out.paint(Tone::Strong, row.code);
    out.line(format!("{head}: {}", row.meaning));
    out.line(format!("  do:    {}", row.action));
    out.line(format!("  exit:  {}", row.exit));
    out.line(format!(
        "  retry: {}",
        if row.retry { "the same command may succeed later" } else { "not before something changes" }
    ));
    Ok(Exit::OK)
}

fn all(out: &mut Out) {
    let codes: Vec<Row> = CODES.iter().map(|code| Row::from(*code)).collect();
    if out.json() {
        out.document(&All { codes });
    } else {
        out.table(["CODE", "EXIT", "MEANING"], codes.iter().map(|r| [r.code.into(), r.exit.to_string(), r.meaning.into()]));
    }
}

/// The code of that name, also without its `TJ-` and in any case.
fn find(asked: &str) -> Result<&'static Code, Error> {
    let asked = asked.trim().trim_start_matches("error[").trim_end_matches([':', ']']);
    let found = codes::find(asked).or_else(|| codes::find(&format!("TJ-{asked}")));
    found.ok_or_else(|| {
        let known: Vec<&str> = CODES.iter().map(|code| code.id).collect();
        let help = match nearest(&asked.to_uppercase(), &known).as_slice() {
            [] => "`tajo explain` lists all codes.".to_string(),
            near => format!("Did you mean {}? `tajo explain` lists all codes.", near.join(" or ")),
        };
        Error::new(&codes::USAGE, "There is no error code of that name").help(help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_as_it_is_printed_and_as_it_is_typed() {
        for asked in ["TJ-AUTH-401", "tj-auth-401", "auth-401", "error[TJ-AUTH-401]:"] {
            assert_eq!(find(asked).unwrap().id, "TJ-AUTH-401", "{asked}");
        }
        assert!(find("TJ-AUTH-40").unwrap_err().remedy().contains("TJ-AUTH-401"));
    }
}
