//! `tajo connectors connect intercom --oauth`: listens on loopback until a person has allowed it.

use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use tajo_core::{Error, codes};
use tajo_intercom::oauth::{OauthApp, authorize_url};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::super::exit::{Exit, Failure};
use super::super::globals::Globals;
use super::super::out::{FORMAT_VERSION, Out};
use super::super::session;
use super::{ConnectArgs, OauthArgs, hidden, show};
use crate::actions::connectors_connect::{Made, key_made, registered};
use crate::config::Settings;
use crate::connections::hub::{DEVELOPER_HUB, OAUTH_GUIDE};
use crate::connections::oauth::{Base, Door, GOOD_FOR, Plan, pasted, router};
use crate::connections::{Connected, Ground, INTERCOM, Wish, establish};

/// A person may open the address in the wrong browser this often.
const TRIES_MAX: usize = 5;
/// How long the last page may take to reach the browser.
const GOODBYE_MAX: Duration = Duration::from_secs(5);

/// Runs the command.
pub async fn run(args: ConnectArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let settings = globals.app().settings(Some(Settings::ANY_CONNECTION))?;
    let ground = Ground::of(settings)?;
    let region = globals.flags.region.map(|region| region.name().parse()).transpose()?;
    let wish = Wish { name: args.called.unwrap_or_else(|| INTERCOM.into()), region, api_version: args.api_version };
    ground.admit(&wish)?;
    let listener = if args.oauth.paste { None } else { Some(listen(args.oauth.port).await?) };
    let at = match &listener {
        Some(listener) => listener.local_addr().map_err(|e| Error::new(&codes::BUG, "The listener has no address").because(e))?,
        None => SocketAddr::from((Ipv4Addr::LOCALHOST, args.oauth.port)),
    };
    let base = args.oauth.public_url.as_deref().map_or_else(|| Ok(Base::loopback(at)), Base::public)?;
    let door = Door::new(base);
    introduce(&door, at, listener.is_some(), out);
    let app = app(&args.oauth, ground.settings(), &wish.name, globals, out)?;
    let plan = Plan { wish, app, ground, redirect_uri: door.redirect_uri() };
    let connected = match listener {
        Some(listener) => listened(listener, &door, plan, at, out).await?,
        None => by_paste(&door, plan, out).await?,
    };
    if let Some(path) = &connected.key_made {
        out.note(key_made(path));
    }
    let made = serde_json::to_value(Made::from(connected));
    show(&made.map_err(|e| Error::new(&codes::BUG, "An answer cannot be written as JSON").because(e))?, out);
    Ok(Exit::OK)
}

async fn listen(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|cause| {
        Error::new(&codes::USAGE, format!("Port {port} cannot be listened on"))
            .because(cause)
            .help("Choose another one with `--port`.")
    })
}

/// What has to be set up before, said before the app's secret is asked for.
fn introduce(door: &Door, at: SocketAddr, listens: bool, out: &mut Out) {
    out.note(
        "In the Developer Hub, make a Public app (for your own workspace alone, an Internal integration will do). Under your",
    );
    out.note("app > Configure > Authentication, tick `Use OAuth` and add this redirect URL:");
    out.note(format!("  {}", door.redirect_uri()));
    out.note(format!("  {DEVELOPER_HUB} (how: {OAUTH_GUIDE})"));
    if listens && !door.base.to_string().starts_with("https://") {
        out.note("Intercom may take https addresses only: then use `--public-url https://…`, or `--paste`.");
    } else if listens {
        out.note(format!("Your proxy at {} must lead to http://{at}.", door.base));
    }
}

/// The app: by flag, configuration, environment, or a question.
fn app(args: &OauthArgs, settings: &Settings, name: &str, globals: &Globals, out: &mut Out) -> Result<OauthApp, Error> {
    let there = registered(settings, name);
    let id = args.client_id.clone().or_else(|| there.and_then(|there| there.client_id.clone()));
    let id = id.or_else(|| globals.env.var("INTERCOM_CLIENT_ID"));
    let secret = there.and_then(|there| there.client_secret.clone());
    let secret = match (secret, globals.env.var("INTERCOM_CLIENT_SECRET")) {
        (Some(secret), _) => Some(secret),
        (None, Some(text)) => Some(establish::credential(&text)?),
        (None, None) => None,
    };
    if (id.is_none() || secret.is_none()) && globals.interactive(out) {
        let unreadable = |e: std::io::Error| Error::new(&codes::USAGE, "The answer cannot be read").because(e);
        out.note("Developer Hub > Your Apps > your app > Basic information has both:");
        let id = match id {
            Some(id) => id,
            None => asked("Client ID: ", out).map_err(unreadable)?,
        };
        let secret = match secret {
            Some(secret) => secret,
            None => establish::credential(&hidden("Client secret", out).map_err(unreadable)?)?,
        };
        return crate::actions::connectors_connect::app(settings, name, Some(id), Some(secret));
    }
    crate::actions::connectors_connect::app(settings, name, id, secret)
}

fn asked(question: &str, out: &mut Out) -> std::io::Result<String> {
    out.ask(question);
    out.flush();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Listens until somebody has allowed it, or the time is up.
async fn listened(listener: TcpListener, door: &Door, plan: Plan, at: SocketAddr, out: &mut Out) -> Result<Connected, Failure> {
    let mut outcomes =
        door.under_way.outcomes().ok_or_else(|| Error::new(&codes::BUG, "Somebody else listens to this door already"))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = axum::serve(listener, guarded(router(door.clone()), door, at)).with_graceful_shutdown(async {
        // Dropped is as good as told.
        let _ = stopped.await;
    });
    let serving = tokio::spawn(async move { serving.await });
    let mut last = Error::new(&codes::SEC_OAUTH, "Nobody allowed it in time; nothing was stored");
    let mut result = None;
    for _ in 0..TRIES_MAX {
        invite(&door.begin(plan.clone())?, door, out);
        let outcome = tokio::select! {
            outcome = outcomes.recv() => outcome,
            () = tokio::time::sleep(GOOD_FOR) => None,
            () = session::interrupted() => Some(Err(Error::new(&codes::INTERRUPTED, "Nobody allowed it; nothing was stored"))),
        };
        match outcome {
            Some(Err(error)) if error.noted("attempt").is_some() => {
                out.note(format!("{}.", error.what()));
                last = error;
            }
            Some(ended) => {
                result = Some(ended);
                break;
            }
            None => break,
        }
    }
    // The page on its way to the browser is the last one.
    let _ = stop.send(());
    if tokio::time::timeout(GOODBYE_MAX, serving).await.is_err() {
        tracing::debug!("a browser kept its connection open");
    }
    Ok(result.unwrap_or(Err(last))?)
}

fn invite(start: &str, door: &Door, out: &mut Out) {
    if out.json() {
        let body = json!({
            "format_version": FORMAT_VERSION, "start_url": start, "redirect_url": door.redirect_uri(), "developer_hub": DEVELOPER_HUB,
        });
        out.line(body.to_string());
    } else {
        out.line("Open this address in a browser; it works once, for ten minutes:");
        out.line(format!("  {start}"));
    }
    out.flush();
}

/// Requests for other names come from a page that had its own name lead here.
fn guarded(router: Router, door: &Door, at: SocketAddr) -> Router {
    let known = [door.base.authority().to_owned(), at.to_string(), format!("localhost:{}", at.port())];
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(host));
        async move { if is_known { next.run(request).await } else { elsewhere() } }
    }))
}

fn elsewhere() -> Response {
    (StatusCode::MISDIRECTED_REQUEST, "This address is not served here.\n").into_response()
}

/// Where no redirect reaches this machine: the browser ends at an address that cannot be opened, and that is pasted.
async fn by_paste(door: &Door, plan: Plan, out: &mut Out) -> Result<Connected, Failure> {
    const PASTED_MAX: usize = 3;
    let region = plan.wish.region.unwrap_or_default();
    let (base_url, client_id) = (plan.ground.base_url.clone(), plan.app.client_id.clone());
    let state = door.under_way.begin_at_terminal(plan)?;
    let url = authorize_url(region, base_url.as_deref(), &client_id, &state, Some(&door.redirect_uri()))?;
    out.line("Open this address in a browser and allow it:");
    out.line(format!("  {url}"));
    let mut last = Error::new(&codes::SEC_OAUTH, "No address was pasted; nothing was stored");
    for _ in 0..PASTED_MAX {
        let line = asked("Paste the address at which the browser ended: ", out);
        let line = line.map_err(|e| Error::new(&codes::USAGE, "What was pasted cannot be read").because(e))?;
        if line.is_empty() {
            break;
        }
        match pasted(&door.under_way, &line).await {
            Ok(connected) => return Ok(connected),
            Err(error) => last = error,
        }
    }
    Err(last.into())
}
