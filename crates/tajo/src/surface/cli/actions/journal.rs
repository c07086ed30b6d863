//! `tajo actions pending` and `tajo actions settle`: requests whose outcome nobody knows.

use serde_json::json;
use tajo_core::{Error, codes};

use super::super::exit::{Exit, Failure};
use super::super::globals::Globals;
use super::super::out::Out;
use super::SettleArgs;
use crate::actions;

pub(super) fn pending(globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    let pending = actions::pending(&settings)?;
    if out.json() {
        out.document(&json!({"connection": settings.connection.name, "pending": pending}));
        return Ok(Exit::OK);
    }
    if pending.is_empty() {
        out.note("No request waits for its outcome");
        return Ok(Exit::OK);
    }
    let rows = pending.into_iter().map(|one| [one.id, one.action, one.at, one.by, one.why]);
    out.table(["ID", "ACTION", "LEFT AT", "BY", "WHY"], rows);
    out.note(
        "Run the same command again: it looks first. After looking yourself: `tajo actions settle ID --done` or `--not-done`.",
    );
    Ok(Exit::OK)
}

pub(super) fn settle(args: &SettleArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    let pending = actions::pending(&settings)?;
    if !pending.iter().any(|one| one.id == args.id) {
        let mut error = Error::new(&codes::USAGE, "No request of that id waits for its outcome");
        if !pending.is_empty() {
            error = error.note("waiting", pending.into_iter().map(|one| one.id).collect::<Vec<_>>().join(", "));
        }
        return Err(error.help("`tajo actions pending` lists them; `--connection` chooses whose.").into());
    }
    actions::settle(&settings, &args.id, args.done)?;
    let outcome = if args.done { "carried out" } else { "not carried out" };
    if out.json() {
        out.document(&json!({"id": args.id, "outcome": outcome}));
    } else {
        out.line(format!("{} is settled: {outcome}", args.id));
    }
    Ok(Exit::OK)
}
