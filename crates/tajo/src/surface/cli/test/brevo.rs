//! `tajo connectors test brevo`.

use std::sync::Arc;

use serde_json::json;
use tajo_brevo::{Account, Brevo, ContactPage};
use tajo_core::rest::{Wire, WireOptions};
use tajo_core::{Error, codes};

use super::super::exit::{Exit, Failure};
use super::super::out::Out;
use super::super::scrub;
use super::{Check, check, lines, told, untried};
use crate::config::{BrevoSettings, Loopback, Settings};
use crate::pairs::open;

/// What the webhooks line says: Brevo could list them, but this program receives none.
const WEBHOOKS: &str = "not asked: Brevo's are not received in this version; each sync reads what changed";

/// Tests the connection to Brevo: five calls at most, one of them from the slow bucket.
pub async fn run(settings: Settings, env: &(dyn Fn(&str) -> Option<String> + Sync), out: &mut Out) -> Result<Exit, Failure> {
    let settings = reachable(settings, env)?;
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() })?;
    let brevo = open::brevo(&settings, Arc::new(wire))?;
    let account = brevo.account().await;
    let mut checks = vec![check("API connection successful", account.as_ref().err())];
    checks.extend(match &account {
        Ok(_) => readable(&brevo, &settings).await,
        Err(_) => ["Contacts readable", "Attributes readable", "Lists readable"].map(untried),
    });
    checks.push(Check { label: "Webhooks registered", passed: None, why: Some(WEBHOOKS.into()), lacks: None });
    show(out, &checks, account.as_ref());
    Ok(match account {
        Err(error) => Exit(error.kind().advice().exit),
        Ok(_) if checks.iter().any(|check| check.passed == Some(false)) => Exit::FAILED,
        Ok(_) => Exit::OK,
    })
}

/// The settings with a way to Brevo, also where the configuration does not connect it (yet): a key can be tested before.
fn reachable(settings: Settings, env: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Error> {
    if settings.brevo.is_some() {
        return Ok(settings);
    }
    let there = settings.config.brevo.as_ref();
    let from_env = || env("BREVO_API_KEY").map(|key| key.trim().to_string().into());
    let stored = settings.stored_brevo_key()?;
    let api_key = stored.or_else(|| there.and_then(|brevo| brevo.api_key.clone())).or_else(from_env);
    let app = there.and_then(|brevo| brevo.app.clone());
    api_key.iter().chain(app.iter().map(|app| &app.client_secret)).for_each(scrub::register);
    let refused = |why| Error::new(&codes::CFG_ORIGIN, format!("TAJO_BREVO_BASE_URL does not point at this machine: {why}"));
    let base_url = match there.and_then(|brevo| brevo.base_url.clone()) {
        Some(url) => Some(url),
        None => env("TAJO_BREVO_BASE_URL").map(|url| Loopback::parse_brevo(&url)).transpose().map_err(refused)?,
    };
    Ok(Settings { brevo: Some(BrevoSettings { api_key, app, base_url }), ..settings })
}

async fn readable(brevo: &Brevo, settings: &Settings) -> [Check; 3] {
    let one = ContactPage { limit: 1, ..ContactPage::default() };
    let contacts = brevo.contacts(&one).await;
    let attributes = brevo.attributes().await;
    let lists = match brevo.lists().await {
        Ok(lists) => missing(settings, &lists.iter().map(|list| list.id).collect::<Vec<_>>()),
        Err(error) => check("Lists readable", Some(&error)),
    };
    [check("Contacts readable", contacts.as_ref().err()), check("Attributes readable", attributes.as_ref().err()), lists]
}

/// Whether every list that the configuration names is there.
fn missing(settings: &Settings, there: &[u64]) -> Check {
    let config = &settings.config.intercom;
    let ruled = config.lists.iter().map(|list| (list.id, format!("`lists.{}`", list.rule), list.place));
    let tagged = config.tags.iter().filter_map(|tag| Some((tag.list?, "`tags`".to_string(), tag.place)));
    let gone = ruled.chain(tagged).filter(|(id, ..)| !there.contains(id));
    let said: Vec<String> = gone.map(|(id, rule, place)| format!("no list {id} ({rule}, line {})", place.line)).collect();
    let why = (!said.is_empty()).then(|| format!("the configuration names lists that Brevo does not have: {}", said.join(", ")));
    Check { label: "Lists readable", passed: Some(why.is_none()), why, lacks: None }
}

fn show(out: &mut Out, checks: &[Check], account: Result<&Account, &Error>) {
    if out.json() {
        let of = account.ok().map(|account| {
            json!({"organization": account.organization, "name": account.company, "plans": account.plans,
                "enterprise": account.enterprise, "timezone": account.timezone})
        });
        let error = account.err().map(Error::to_json);
        return out.document(&json!({"connector": "brevo", "account": of, "checks": told(checks), "error": error}));
    }
    lines(out, checks);
    match account {
        Ok(account) => {
            let unknown = || "unknown".to_string();
            let organization = account.organization.clone().unwrap_or_else(unknown);
            let zone = account.timezone.clone().unwrap_or_else(unknown);
            let plans = if account.plans.is_empty() { unknown() } else { account.plans.join(", ") };
            out.note(format!("Account {} ({organization}), plan {plans}, timezone {zone}, API v3", account.company));
        }
        Err(error) => out.error(error),
    }
}
