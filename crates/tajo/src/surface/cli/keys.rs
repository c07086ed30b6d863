//! `tajo keys`: who may ask the HTTP API, and what.

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tajo_core::{Error, codes};
use tajo_state::{Key, KeyWish, Keys};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use crate::config::{home, unix_seconds};
use crate::surface::http::Scope;
use crate::warehouse::moment;

/// Shown under `tajo keys create --help`.
pub const EXAMPLES: &str = "Examples:
  tajo keys create --name dashboard
  tajo keys create --name app --scope write --scope sync --expires 90d
  tajo keys create --name acme --only-connection acme --scope write

The key is shown once and kept as a hash. A key of one connection sees nothing of the others.";

/// Longest name of a key.
const NAME_CHARS_MAX: usize = 100;
/// Longest life of a key by days.
const DAYS_MAX: i64 = 36_500;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and show it once
    #[command(after_help = EXAMPLES)]
    Create(CreateArgs),
    /// List the keys, without their secret parts
    List,
    /// Refuse a key from now on
    Revoke(RevokeArgs),
}

/// Arguments of `tajo keys create`.
#[derive(Debug, Clone, Args)]
pub struct CreateArgs {
    /// What the key is for
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// What it may do; repeat for several
    #[arg(long = "scope", value_enum, value_name = "SCOPE", default_value = "read", value_delimiter = ',')]
    pub scopes: Vec<Scope>,
    /// Refuse it after so many days (90d) or from this date on
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
    /// Let it ask of this connection alone
    #[arg(long, value_name = "NAME")]
    pub only_connection: Option<String>,
}

/// Arguments of `tajo keys revoke`.
#[derive(Debug, Clone, Args)]
pub struct RevokeArgs {
    /// Id of the key, as `tajo keys list` shows it
    pub id: String,
}

/// Runs the command.
pub async fn run(command: KeysCommand, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let keys = Keys::open(&home(&|name| globals.env.var(name))?)?;
    let now = Timestamp::now();
    match command {
        KeysCommand::Create(args) => create(args, &keys, now, globals, out),
        KeysCommand::List => list(&keys, now, out),
        KeysCommand::Revoke(args) => revoke(&args, &keys, now, out),
    }
}

fn create(args: CreateArgs, keys: &Keys, now: Timestamp, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let name = args.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let what = format!("The name of a key is 1 to {NAME_CHARS_MAX} characters that can be printed");
        return Err(Error::new(&codes::USAGE, what).into());
    }
    if let Some(connection) = &args.only_connection {
        if args.scopes.contains(&Scope::Admin) {
            let what = "A key of one connection cannot have the scope `admin`, which is about all of them";
            return Err(Error::new(&codes::USAGE, what).help("Leave out one of --only-connection and --scope admin.").into());
        }
        globals.app().settings(Some(connection))?;
    }
    let expires_at = args.expires.as_deref().map(|text| expiry(text, now)).transpose()?;
    let mut scopes: Vec<String> = args.scopes.iter().map(|scope| scope.word().to_owned()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let wish = KeyWish { name: name.into(), scopes, connection: args.only_connection, expires_at };
    let (key, text) = keys.create(&wish, &moment(now.as_second()))?;
    if out.json() {
        out.document(&json!({
            "id": key.id, "key": text, "name": key.name, "scopes": key.scopes, "connection": key.connection,
            "created_at": key.created_at, "expires_at": key.expires_at,
        }));
    } else {
        out.line(&text);
        out.note("The key is shown this once. Send it as `Authorization: Bearer KEY`.");
        out.note(format!("It may {}{}. `tajo keys revoke {}` ends it.", key.scopes.join(", "), within(&key), key.id));
    }
    Ok(Exit::OK)
}

fn within(key: &Key) -> String {
    let connection = key.connection.as_ref().map(|name| format!(" on the connection {name}")).unwrap_or_default();
    let end = key.expires_at.as_ref().map(|at| format!(", until {at}")).unwrap_or_default();
    connection + &end
}

fn list(keys: &Keys, now: Timestamp, out: &mut Out) -> Result<Exit, Failure> {
    let keys = keys.list()?;
    if out.json() {
        out.document(&json!({"keys": keys}));
        return Ok(Exit::OK);
    }
    if keys.is_empty() {
        out.note("There is no key yet: `tajo keys create --name NAME` makes one.");
        return Ok(Exit::OK);
    }
    let now = moment(now.as_second());
    let rows = keys.into_iter().map(|key| {
        let state = match (&key.revoked_at, &key.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) if *at <= now => format!("expired {at}"),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => "good".into(),
        };
        let [connection, used] = [key.connection, key.last_used_at].map(Option::unwrap_or_default);
        [key.id, key.name, key.scopes.join(" "), connection, used, state]
    });
    out.table(["id", "name", "may", "connection", "last used", "state"], rows.collect::<Vec<_>>());
    Ok(Exit::OK)
}

fn revoke(args: &RevokeArgs, keys: &Keys, now: Timestamp, out: &mut Out) -> Result<Exit, Failure> {
    // Who pastes the whole key means its id.
    let id = args.id.trim().strip_prefix(tajo_state::KEY_PREFIX).unwrap_or(args.id.trim());
    let id = id.split('_').next().unwrap_or_default();
    if !keys.revoke(id, &moment(now.as_second()))? {
        let error = Error::new(&codes::USAGE, "There is no key of that id");
        return Err(error.help("`tajo keys list` shows the ids.").into());
    }
    if out.json() {
        out.document(&json!({"id": id, "revoked": true}));
    } else {
        out.line(format!("The key {id} is refused from now on."));
    }
    Ok(Exit::OK)
}

/// `90d` from now, or a date.
fn expiry(text: &str, now: Timestamp) -> Result<String, Error> {
    let refuse = |why: &str| {
        Error::new(&codes::USAGE, format!("--expires cannot be used: {why}")).help("Use 90d, or a date such as 2027-01-31.")
    };
    let at = match text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()) {
        Some(days) if (1..=DAYS_MAX).contains(&days) => (now + SignedDuration::from_hours(24 * days)).as_second(),
        Some(_) => return Err(refuse("it is not 1 to 36500 days")),
        None => unix_seconds(text).map_err(|_| refuse("it is neither days nor a date"))?,
    };
    if at <= now.as_second() {
        return Err(refuse("it is in the past"));
    }
    Ok(moment(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_days_from_now_or_a_date() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        for (text, expect) in [
            ("90d", Some("2027-02-18T12:00:00Z")),
            ("1d", Some("2026-11-21T12:00:00Z")),
            ("2027-01-31", Some("2027-01-31T00:00:00Z")),
            ("0d", None),
            ("-1d", None),
            ("99999999d", None),
            ("2026-11-20", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(expiry(text, now).ok().as_deref(), expect, "{text}");
        }
    }
}
