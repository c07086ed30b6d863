//! What Intercom says: whose token it is, what time it is there, which version the app has, and what may be read.

use std::sync::Arc;

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue};
use jiff::Timestamp;
use tajo_core::rest::{Client, Limits, Request, Wire, WireOptions};
use tajo_core::{Error, Kind, Result, codes};
use tajo_intercom::dialect::{INTERCOM, permission};
use tajo_intercom::{Intercom, Me, Version, version};

use super::super::session;
use super::Check;
use crate::config::Settings;

/// A clock that is further off is worth a line: log lines and `--since` would not mean what they say.
const SKEW_SECS_MAX: u64 = 60;
/// A longer version is none.
const VERSION_CHARS_MAX: usize = 16;
/// Attempts at what is nice to know.
const ATTEMPTS: u32 = 2;

/// What is asked for each permission: the cheapest call that needs it.
fn probes() -> [(&'static str, Request); 3] {
    [
        ("contacts", Request::get("/contacts?per_page=1")),
        ("conversations", Request::get("/conversations?per_page=1")),
        ("companies", Request::post("/companies/list?page=1&per_page=1", "").repeatable()),
    ]
}

/// All that is asked of Intercom: five calls.
pub async fn checks(settings: &Settings) -> Vec<Check> {
    let asked = match session::intercom(settings) {
        Ok(intercom) => intercom.me().await.map(|me| (intercom, me)),
        Err(error) => Err(error),
    };
    let (intercom, me) = match asked {
        Ok(both) => both,
        Err(error) => {
            let names = ["api version", "clock"].into_iter().chain(probes().map(|(name, _)| name));
            let untried = names.map(|name| Check::untried(name, "there is no connection"));
            return std::iter::once(Check::failed("token", &error)).chain(untried).collect();
        }
    };
    let now = Timestamp::now().as_second();
    let default = default_of_app(settings, &intercom).await;
    let is_pinned = settings.connection.api_version.is_some();
    let mut out = vec![whose(&me, &intercom), versions(intercom.version(), is_pinned, default.as_deref()), clock(now, me.date)];
    for (name, request) in probes() {
        out.push(readable(name, &intercom, request).await);
    }
    out
}

/// Whose token it is. A twin or proxy may stand for any region; elsewhere `me` has refused already.
fn whose(me: &Me, intercom: &Intercom) -> Check {
    let lives = me.region.map_or("unknown".to_string(), |region| region.to_string());
    let zone = me.timezone.as_deref().unwrap_or("unknown");
    let said = format!("good; workspace {} ({}), region {lives}, timezone {zone}", me.name, me.id_code);
    match me.region {
        Some(region) if region != intercom.region() => {
            let said = format!("{said}, but the connection is to region {}", intercom.region());
            Check::warn("token", said, format!("Set `region: {region}` in the configuration."))
        }
        _ => Check::ok("token", said),
    }
}

/// The version of the app, which Intercom takes where no header asks for one; nothing where its answer does not say.
/// <https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/update-your-api-version>
async fn default_of_app(settings: &Settings, intercom: &Intercom) -> Option<String> {
    let wire = Wire::new(&WireOptions { ca_file: settings.ca_file.clone(), ..WireOptions::default() }).ok()?;
    let token = settings.token().ok()?.clone();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let limits = Limits { attempts: ATTEMPTS, ..settings.intercom_limits() };
    let origin = intercom.client().origin().clone();
    let plain = Client::new(Arc::new(wire), &INTERCOM, origin, token, headers, limits);
    let answer = plain.send(Request::get("/me")).await.ok()?;
    let said = answer.headers.get(version::HEADER)?.to_str().ok()?.trim().to_string();
    let is_plain = said.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    (is_plain && (1..=VERSION_CHARS_MAX).contains(&said.len())).then_some(said)
}

/// The version in use against the app's own and the newest that Tajo knows.
fn versions(used: Version, is_pinned: bool, default: Option<&str>) -> Check {
    const NAME: &str = "api version";
    let newest = Version::all().next_back().map(|newest| newest.to_string()).unwrap_or_default();
    let how = if is_pinned { "pinned" } else { "Tajo's default" };
    let app = default.unwrap_or("unknown: its answer does not say");
    let said = format!("{used} is used ({how}); the app's own is {app}; the newest that Tajo knows is {newest}");
    let known = default.map(str::parse::<Version>);
    match known {
        Some(Err(_)) => Check::warn(
            NAME,
            said,
            "The app's version is one that Tajo does not know. Its requests are not affected, as each names its version; \
             look for a newer Tajo.",
        ),
        Some(Ok(app)) if app != used && !is_pinned => Check::warn(
            NAME,
            said,
            format!(
                "Requests are not affected, as each names its version. Pin it with `api_version: \"{used}\"`, or choose it \
                 for the app in Developer Hub: webhooks come in the app's version."
            ),
        ),
        _ => match used.capabilities().warning {
            Some(warning) => Check::warn(NAME, said, warning),
            None => Check::ok(NAME, said),
        },
    }
}

/// This machine's clock against Intercom's.
fn clock(here: i64, there: i64) -> Check {
    const NAME: &str = "clock";
    let off = here.abs_diff(there);
    let way = if here >= there { "ahead of" } else { "behind" };
    if off <= SKEW_SECS_MAX {
        return Check::ok(NAME, format!("{off} s {way} Intercom's"));
    }
    let todo = "Set the clock by NTP. A sync goes by Intercom's clock, so nothing is lost; times in logs are wrong.";
    Check::warn(NAME, format!("{off} s {way} Intercom's"), todo)
}

async fn readable(name: &'static str, intercom: &Intercom, request: Request) -> Check {
    let needed = permission(&request.method, &request.path).unwrap_or_default();
    match answered(intercom, request).await {
        Ok(()) => Check::ok(name, "readable"),
        // With a token that works, a 401 is the other way to say that a permission is missing.
        Err(error) if matches!(error.kind(), Kind::Auth | Kind::Denied) => {
            let label = error.noted("permission").unwrap_or(needed).to_string();
            let said = format!("the token lacks the permission \"{label}\" ({})", codes::AUTH_SCOPE.id);
            let todo = format!("Tick \"{label}\" in Developer Hub > Your Apps > Authentication.");
            Check::fail(name, said, todo, super::Exit(codes::AUTH_SCOPE.kind.advice().exit))
        }
        Err(error) => Check::failed(name, &error),
    }
}

async fn answered(intercom: &Intercom, request: Request) -> Result<(), Error> {
    intercom.client().send(request).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn versions_that_differ_are_worth_a_line() {
        let used = Version::DEFAULT;
        for (is_pinned, default, status) in [
            (true, Some("2.14"), Status::Ok),
            (true, Some("2.11"), Status::Ok),
            (true, None, Status::Ok),
            (false, Some("2.14"), Status::Ok),
            (false, Some("2.11"), Status::Warn),
            (false, None, Status::Ok),
            (true, Some("2.99"), Status::Warn),
        ] {
            let check = versions(used, is_pinned, default);
            assert_eq!((check.status, check.todo.is_some()), (status, status != Status::Ok), "{is_pinned} {default:?}");
            assert!(check.said.contains(default.unwrap_or("unknown")) && check.said.contains("2.17"), "{}", check.said);
        }
    }

    #[test]
    fn a_clock_may_be_a_little_off() {
        for (here, there, status) in
            [(100, 100, Status::Ok), (160, 100, Status::Ok), (161, 100, Status::Warn), (0, 61, Status::Warn)]
        {
            assert_eq!(clock(here, there).status, status, "{here} {there}");
        }
        assert_eq!(clock(90, 100).said, "10 s behind Intercom's");
    }
}
