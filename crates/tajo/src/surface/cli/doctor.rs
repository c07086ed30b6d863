//! `tajo doctor`: one page of checks, each with what to do about it.

mod brevo;
mod here;
mod intercom;

use clap::Args;
use serde_json::json;
use tajo_core::Error;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use crate::config::{self, FILE_NAME};

/// Shown under `tajo doctor --help`.
pub const EXAMPLES: &str = "Exit code 0 where nothing failed, else that of the first failure. Nothing is written or changed.

Examples:
  tajo doctor
  tajo doctor --json";

/// Whether they are registered cannot be asked, and the server that takes them is another process.
const WEBHOOKS: &str = "taken by `tajo serve` at /webhooks/intercom; each sync reads what changed all the same";

/// Arguments of `tajo doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Look at this destination instead of the configured one
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Ok,
    /// Worth a look; nothing stops.
    Warn,
    Fail,
}

/// One line of the page.
#[derive(Debug)]
struct Check {
    name: &'static str,
    status: Status,
    said: String,
    todo: Option<String>,
    /// The exit code, where it failed.
    exit: u8,
}

impl Check {
    fn ok(name: &'static str, said: impl Into<String>) -> Check {
        Check { name, status: Status::Ok, said: said.into(), todo: None, exit: 0 }
    }
    fn warn(name: &'static str, said: impl Into<String>, todo: impl Into<String>) -> Check {
        Check { name, status: Status::Warn, said: said.into(), todo: Some(todo.into()), exit: 0 }
    }
    fn fail(name: &'static str, said: impl Into<String>, todo: impl Into<String>, exit: Exit) -> Check {
        Check { name, status: Status::Fail, said: said.into(), todo: Some(todo.into()), exit: exit.0 }
    }
    /// Failed with that error.
    fn failed(name: &'static str, error: &Error) -> Check {
        let said = format!("{} ({})", error.what(), error.code().id);
        Check::fail(name, said, error.remedy(), Exit(error.kind().advice().exit))
    }
    /// Not looked at, because something before it failed.
    fn untried(name: &'static str, why: &str) -> Check {
        Check::warn(name, format!("not tried: {why}"), "Mend what failed above, then run `tajo doctor` again.")
    }
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Warn => "warn",
            Status::Fail => "fail",
        }
    }
    fn tone(self) -> Tone {
        match self {
            Status::Ok => Tone::Good,
            Status::Warn => Tone::Warn,
            Status::Fail => Tone::Bad,
        }
    }
}

/// Runs the command.
pub async fn run(args: DoctorArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let mut checks = vec![configuration(globals)];
    let settings = match checks[0].status {
        Status::Fail => None,
        _ => match globals.settings(out) {
            Ok(settings) => Some(settings),
            Err(failure) => {
                checks.push(of_failure("settings", &failure));
                None
            }
        },
    };
    let home = match &settings {
        Some(settings) => Ok(settings.home.clone()),
        None => config::home(&|name| globals.env.var(name)),
    };
    match &home {
        Ok(home) => checks.push(here::state(home, settings.as_ref().map(|s| s.connection.name.as_str())).await),
        Err(error) => checks.push(Check::failed("state", error)),
    }
    let mut folders: Vec<_> = home.into_iter().collect();
    if let Some(settings) = &settings {
        match settings.destination(args.to.as_deref()) {
            Ok(crate::config::Destination::Sqlite { path }) => {
                let path = globals.directory.join(path);
                checks.push(here::destination(&path).await);
                folders.push(path);
            }
            Err(error) => checks.push(Check::failed("destination", &error)),
        }
    }
    checks.push(here::disk(&folders).await);
    match &settings {
        Some(settings) => {
            checks.extend(Box::pin(intercom::checks(settings)).await);
            checks.push(Box::pin(brevo::check(settings)).await);
        }
        None => {
            let why = "the configuration cannot be used";
            checks.extend(["token", "brevo"].map(|name| Check::untried(name, why)));
        }
    }
    checks.push(Check::ok("webhooks", WEBHOOKS));
    show(&checks, out);
    Ok(checks.iter().find(|check| check.status == Status::Fail).map_or(Exit::OK, |check| Exit(check.exit)))
}

/// Whether there is a configuration, and whether it can be used.
fn configuration(globals: &Globals) -> Check {
    const NAME: &str = "configuration";
    match globals.config() {
        Ok(None) => Check::ok(NAME, format!("there is no {FILE_NAME}; what holds comes from the environment")),
        Ok(Some(config)) if config.warnings.is_empty() => Check::ok(NAME, format!("{} is valid", config.path)),
        Ok(Some(config)) => {
            let said = format!("{} is valid, with {} to look at", config.path, config.warnings.warnings());
            Check::warn(NAME, said, "See `tajo config check`.")
        }
        Err(failure) => of_failure(NAME, &failure),
    }
}

fn of_failure(name: &'static str, failure: &Failure) -> Check {
    match failure {
        Failure::Error(error) => Check::failed(name, error),
        Failure::Config(findings) => {
            let said = format!("the configuration has {} mistakes", findings.errors());
            Check::fail(name, said, "Run `tajo config check`: it shows each of them with its line.", failure.exit())
        }
    }
}

fn show(checks: &[Check], out: &mut Out) {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let (warnings, failures) = (count(Status::Warn), count(Status::Fail));
    if out.json() {
        let told =
            |check: &Check| json!({"check": check.name, "status": check.status.word(), "said": check.said, "todo": check.todo});
        let list: Vec<_> = checks.iter().map(told).collect();
        return out.document(&json!({
            "healthy": failures == 0, "ok": count(Status::Ok), "warnings": warnings, "failures": failures, "checks": list,
        }));
    }
    for check in checks {
        let status = out.paint(check.status.tone(), &format!("{:<4}", check.status.word()));
        out.line(format!("{status}  {:<14} {}", check.name, check.said));
        if let Some(todo) = &check.todo {
            out.line(format!("{:20} do: {todo}", ""));
        }
    }
    out.note(format!("{} checks, {warnings} to look at, {failures} failed", checks.len()));
}
