//! `tajo connectors connect`: a token or key of the user's here, OAuth in a file of its own.

mod oauth;

use std::io::Read;

use clap::Args;
use serde_json::{Map, Value, json};
use tajo_core::{Error, codes};

use super::connectors::{Name, Platform};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use crate::actions::Ask;
use crate::connections::hub::DEVELOPER_HUB;

/// Shown under `--help`.
pub const EXAMPLES: &str = "Examples:
  tajo connectors connect intercom                      asks for the token, hidden
  tajo connectors connect intercom --name acme --token-file acme.token
  pass intercom | tajo connectors connect intercom --token-stdin
  tajo connectors connect brevo --token-env BREVO_API_KEY
  tajo connectors connect intercom --oauth --client-id ID --public-url https://tajo.example

Tokens are sealed in $TAJO_HOME/state.db. The key comes from TAJO_MASTER_KEY_FILE, TAJO_MASTER_KEY,
TAJO_MASTER_KEY_COMMAND (`secret-tool lookup …`, a vault) or the systemd credential tajo_master_key;
without one, $TAJO_HOME/master.key is made.";

/// More is no token.
const READ_MAX: u64 = 64 << 10;

/// Arguments of `tajo connectors connect`.
#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    /// Platform to connect
    #[command(flatten)]
    pub platform: Name,
    /// Call the connection so; the platform's name where absent
    #[arg(long = "name", value_name = "CONNECTION")]
    pub called: Option<String>,
    /// Where the token comes from.
    #[command(flatten)]
    pub credential: Credential,
    /// Pin this version of Intercom's API
    #[arg(long, value_name = "VERSION")]
    pub api_version: Option<String>,
    /// For public apps.
    #[command(flatten)]
    pub oauth: OauthArgs,
}

/// Where the token or key comes from; never the command line itself.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct Credential {
    /// Read the token (for Brevo: the API key) from stdin
    #[arg(long)]
    pub token_stdin: bool,
    /// Read it from this file
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<std::path::PathBuf>,
    /// Read it from this environment variable
    #[arg(long, value_name = "VAR")]
    pub token_env: Option<String>,
    /// Refused: process lists show it.
    #[arg(long, hide = true, aliases = ["access-token", "api-key"], num_args = 0..=1, default_missing_value = "")]
    pub token: Option<String>,
}

/// For public apps, which a person allows.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "OAuth (public apps)")]
pub struct OauthArgs {
    /// Let a person allow it in Intercom, instead of a token
    #[arg(long, conflicts_with = "Credential")]
    pub oauth: bool,
    /// The app's client id; else the configuration's, INTERCOM_CLIENT_ID, or a question
    #[arg(long, value_name = "ID", requires = "oauth")]
    pub client_id: Option<String>,
    /// Address under which browsers reach this listener, through your own HTTPS proxy
    #[arg(long, value_name = "URL", requires = "oauth")]
    pub public_url: Option<String>,
    /// Port to listen on, on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8788, requires = "oauth")]
    pub port: u16,
    /// Do not listen: paste the address at which the browser ends
    #[arg(long, requires = "oauth")]
    pub paste: bool,
}

/// Runs the command.
pub async fn run(args: ConnectArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    if args.credential.token.is_some() {
        return Err(globals
            .unasked(
                "A token on the command line is refused: process lists show it",
                "Use `--token-stdin`, `--token-file FILE` or `--token-env VAR`; on a terminal it is asked for, hidden. That token \
                 may have been seen: make a new one.",
            )
            .into());
    }
    if args.oauth.oauth {
        return match args.platform.name {
            Platform::Intercom => Box::pin(oauth::run(args, globals, out)).await,
            Platform::Brevo => Err(globals.unasked("Brevo is connected with an API key", "Leave out `--oauth`.").into()),
        };
    }
    let platform = match args.platform.name {
        Platform::Intercom => "intercom",
        Platform::Brevo => "brevo",
    };
    let what = if args.platform.name == Platform::Brevo { "API key of Brevo" } else { "Access token of Intercom" };
    let credential = read(&args.credential, what, globals, out)?;
    let mut input = Map::new();
    input.insert("connector".into(), platform.into());
    let given = [
        (if args.platform.name == Platform::Brevo { "api_key" } else { "access_token" }, Some(credential)),
        ("name", args.called),
        ("region", globals.flags.region.map(|region| region.name().to_owned())),
        ("api_version", args.api_version),
    ];
    // A region of Brevo there is none.
    let fits = |name: &str| args.platform.name == Platform::Intercom || !["region", "api_version"].contains(&name);
    input.extend(given.into_iter().filter(|(name, _)| fits(name)).filter_map(|(name, value)| Some((name.into(), value?.into()))));
    let ask = Ask { action: "tajo.connectors.connect".into(), input: input.into(), by: "command line".into(), ..Ask::default() };
    let outcome = Box::pin(globals.app().run(ask)).await?;
    outcome.warnings.iter().for_each(|warning| out.note(warning));
    show(&outcome.result, out);
    Ok(Exit::OK)
}

/// What was connected, in either form.
fn show(made: &Value, out: &mut Out) {
    if out.json() {
        return out.document(&json!({"result": made}));
    }
    let text = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
    let region = made["region"].as_str().map(|region| format!(" ({region})")).unwrap_or_default();
    let mark = out.paint(Tone::Good, "✓");
    out.line(format!("{mark} connected to {}{region}", text("workspace")));
    let facts = [("id", "workspace_id"), ("timezone", "timezone"), ("API", "api_version")];
    let facts = facts.iter().filter_map(|(label, key)| Some(format!("{label} {}", made[*key].as_str()?)));
    let facts: Vec<String> = facts.collect();
    if !facts.is_empty() {
        out.note(format!("Found: {}", facts.join(", ")));
    }
    let name = text("connection");
    out.note(format!("Stored as `{name}` ({}), sealed. `tajo connectors show {name}` tells more.", text("token")));
    if made["region"].is_string() {
        out.note(format!("The app is changed in the Developer Hub: {DEVELOPER_HUB}"));
        let flag = if name == "intercom" { String::new() } else { format!(" --connection {name}") };
        out.note(format!("next: tajo connectors sync intercom{flag}"));
    }
}

fn read(from: &Credential, what: &str, globals: &Globals, out: &mut Out) -> Result<String, Error> {
    let unreadable = |e: std::io::Error| Error::new(&codes::USAGE, format!("The {what} cannot be read")).because(e);
    if from.token_stdin {
        return bounded(std::io::stdin().lock()).map_err(unreadable);
    }
    if let Some(path) = &from.token_file {
        let file = std::fs::File::open(globals.directory.join(path)).map_err(unreadable)?;
        return bounded(file).map_err(unreadable);
    }
    if let Some(name) = &from.token_env {
        let unset = || globals.unasked("The variable named with --token-env is not set", "Set it, or give its name as it is.");
        return globals.env.var(name).ok_or_else(unset);
    }
    if globals.interactive(out) {
        return hidden(what, out).map_err(unreadable);
    }
    Err(globals.unasked(
        format!("No {what} was given, and nobody can be asked"),
        format!(
            "Use `--token-stdin`, `--token-file FILE` or `--token-env VAR`. Tokens are made in Developer Hub > Your Apps > \
                 Create new app > Authentication ({DEVELOPER_HUB})."
        ),
    ))
}

fn bounded(from: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(READ_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// Asks without showing what is typed.
fn hidden(what: &str, out: &mut Out) -> std::io::Result<String> {
    out.ask(&format!("{what} (not shown): "));
    out.flush();
    console::Term::stderr().read_secure_line()
}
