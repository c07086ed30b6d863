//! `tajo connectors test`: Intercom here, Brevo in a file of its own.

mod brevo;

use clap::Args;
use serde_json::{Value, json};
use tajo_core::rest::Request;
use tajo_core::{Error, Kind, codes};
use tajo_intercom::dialect::permission;
use tajo_intercom::{Intercom, Me};

use super::connectors::{Name, Platform};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use super::session;
use crate::actions::entries;
use crate::config::Settings;
use crate::connections::permissions::actions_behind;

/// Arguments of `tajo connectors test`.
#[derive(Debug, Clone, Args)]
pub struct TestArgs {
    /// Platform to test
    #[command(flatten)]
    pub platform: Name,
}

/// One line of the answer.
struct Check {
    label: &'static str,
    /// `None`: cannot be known from here.
    passed: Option<bool>,
    why: Option<String>,
    /// The permission that is missing.
    lacks: Option<String>,
}

/// Runs the command.
pub async fn run(args: TestArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.settings(out)?;
    with(args.platform.name, settings, &|name| globals.env.var(name), out).await
}

/// The same with settings at hand; `env` is asked for what a configuration that does not connect Brevo leaves open.
pub async fn with(
    platform: Platform,
    settings: Settings,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
    out: &mut Out,
) -> Result<Exit, Failure> {
    if platform == Platform::Brevo {
        return brevo::run(settings, env, out).await;
    }
    let intercom = session::intercom(&settings)?;
    let me = intercom.me().await;
    let mut checks = vec![check("API connection successful", me.as_ref().err())];
    for (label, request) in [
        ("Contacts readable", Request::get("/contacts?per_page=1")),
        ("Conversations readable", Request::get("/conversations?per_page=1")),
        ("Companies readable", Request { repeat: true, ..Request::post("/companies/list?page=1&per_page=1", "") }),
    ] {
        checks.push(match &me {
            Err(_) => untried(label),
            Ok(_) => check(label, readable(&intercom, request).await.err().as_ref()),
        });
    }
    let webhooks =
        "cannot be read from the API; register them in Developer Hub > Webhooks, for /webhooks/intercom of your `tajo serve`";
    checks.push(Check { label: "Webhooks registered", passed: None, why: Some(webhooks.into()), lacks: None });
    show(out, &checks, me.as_ref(), &intercom);
    Ok(match me {
        Err(error) => Exit(error.kind().advice().exit),
        Ok(_) if checks.iter().any(|c| c.passed == Some(false)) => Exit::FAILED,
        Ok(_) => Exit::OK,
    })
}

/// With a token that works, a 401 is the other way to say that a permission is missing.
async fn readable(intercom: &Intercom, request: Request) -> Result<(), Error> {
    let needed = permission(&request.method, &request.path).unwrap_or_default();
    intercom.client().send(request).await.map(|_| ()).map_err(|error| match error.kind() {
        Kind::Auth => {
            Error::new(&codes::AUTH_SCOPE, "the token lacks a permission").note("status", "401").note("permission", needed)
        }
        _ => error,
    })
}

fn check(label: &'static str, error: Option<&Error>) -> Check {
    let why = error.map(|error| {
        let status = match error.kind() {
            Kind::Auth => "401, ",
            Kind::Denied if error.noted("status") == Some("401") => "401, ",
            Kind::Denied => "403, ",
            _ => "",
        };
        let grant = error.noted("permission").map(|p| format!("grant \"{p}\" in Developer Hub > Authentication"));
        format!("{status}{}", grant.unwrap_or_else(|| error.what().to_string()))
    });
    let lacks = error.and_then(|error| error.noted("permission")).filter(|label| !label.is_empty()).map(str::to_owned);
    Check { label, passed: Some(why.is_none()), why, lacks }
}

fn show(out: &mut Out, checks: &[Check], me: Result<&Me, &Error>, intercom: &Intercom) {
    if out.json() {
        let list = told(checks);
        let workspace = me.ok().map(
            |me| json!({"id": me.id_code, "name": me.name, "region": me.region.map(|r| r.to_string()), "timezone": me.timezone}),
        );
        let version = intercom.version().to_string();
        let error = me.err().map(Error::to_json);
        let body =
            json!({"connector": "intercom", "api_version": version, "workspace": workspace, "checks": list, "error": error});
        return out.document(&body);
    }
    lines(out, checks);
    refused(out, checks);
    match me {
        Ok(me) => {
            let region = me.region.map_or("unknown".to_string(), |r| r.to_string());
            let zone = me.timezone.as_deref().unwrap_or("unknown");
            out.note(format!(
                "Workspace {} ({}), region {region}, timezone {zone}, API {}",
                me.name,
                me.id_code,
                intercom.version()
            ));
        }
        Err(error) => out.error(error),
    }
}

/// One line for each check.
fn lines(out: &mut Out, checks: &[Check]) {
    for check in checks {
        let (mark, tone) = match check.passed {
            Some(true) => ("✓", Tone::Good),
            Some(false) => ("✗", Tone::Bad),
            None => ("?", Tone::Warn),
        };
        let why = check.why.as_ref().map(|why| format!(" — {why}")).unwrap_or_default();
        let line = format!("{} {}{why}", out.paint(tone, mark), check.label);
        out.line(line);
    }
}

/// What else a missing permission stands in the way of.
fn refused(out: &mut Out, checks: &[Check]) {
    let entries = entries();
    let mut labels: Vec<&str> = checks.iter().filter_map(|check| check.lacks.as_deref()).collect();
    labels.dedup();
    for label in labels {
        let actions = actions_behind(&entries, label);
        if !actions.is_empty() {
            out.note(format!("Without \"{label}\" Intercom refuses these actions: {}", actions.join(", ")));
        }
    }
}

/// The checks for machines.
fn told(checks: &[Check]) -> Vec<Value> {
    let told = |c: &Check| match &c.lacks {
        None => json!({"check": c.label, "status": status(c), "reason": c.why}),
        Some(label) => {
            let actions = actions_behind(&entries(), label).iter().map(ToString::to_string).collect::<Vec<_>>();
            json!({"check": c.label, "status": status(c), "reason": c.why, "permission": label, "actions": actions})
        }
    };
    checks.iter().map(told).collect()
}

/// A check that was not tried because nothing would answer.
fn untried(label: &'static str) -> Check {
    Check { label, passed: Some(false), why: Some("not tried: there is no connection".into()), lacks: None }
}

fn status(check: &Check) -> &'static str {
    match check.passed {
        Some(true) => "ok",
        Some(false) => "failed",
        None => "unknown",
    }
}
