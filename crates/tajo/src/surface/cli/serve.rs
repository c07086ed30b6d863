//! `tajo serve`: the actions over HTTP.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use secrecy::SecretString;
use serde_json::json;
use tajo_core::{Error, codes};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use super::globals::{Env, Globals};
use super::out::{FORMAT_VERSION, Out};
use super::{scrub, session};
use crate::actions::polling;
use crate::config::{Every, Settings, home};
use crate::connections::oauth::{Base, Door};
use crate::surface::http::listen::{self, Limits};
use crate::surface::http::{PublicUrl, Server, Walls, router};

/// Shown under `tajo serve --help`.
pub const EXAMPLES: &str = "Examples:
  tajo keys create --name trial --scope write
  tajo serve
  tajo serve --port 9000 --public-url https://tajo.example.com
  tajo serve --sync-every 15m

The page /docs shows every address; agents find their tools under /mcp. Intercom's webhooks go to /webhooks/intercom; the app's client secret is taken
from the connection, or from INTERCOM_CLIENT_SECRET. Put a proxy with TLS in front, and name its address with --public-url.";

/// Arguments of `tajo serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8787)]
    pub port: u16,
    /// Address under which this server is known outside, such as https://tajo.example.com
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Connections of one address at once; 0 for no limit, as behind a proxy
    #[arg(long, value_name = "N", default_value_t = Limits::default().per_address)]
    pub connections_per_address: usize,
    /// Sync this often, 1m to 24h, whatever webhooks say; `sync_every` of the configuration where absent
    #[arg(long, value_name = "PERIOD")]
    pub sync_every: Option<Every>,
}

/// Runs the command.
pub async fn run(args: ServeArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let public = args.public_url.as_deref().map(PublicUrl::parse).transpose()?;
    let config = globals.config()?;
    if let Some(config) = &config {
        out.warnings(&config.warnings);
    }
    let every = args.sync_every.or(config.and_then(|config| config.intercom.sync_every));
    let at = SocketAddr::from((args.bind, args.port));
    let refused = |cause: std::io::Error| {
        let what = format!("The server cannot listen on {at}");
        Error::new(&codes::USAGE, what).because(cause).help("Choose another port; 0 takes a free one.")
    };
    let listener = TcpListener::bind(at).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    let home = home(&|name| globals.env.var(name))?;
    let env = globals.env.clone();
    let app = globals.app();
    app.open_door(Door::new(match &public {
        Some(public) => Base::public(&public.origin())?,
        None => Base::loopback(bound),
    }));
    let polling = every.map(|every| {
        let (app, home) = (Arc::clone(&app), home.clone());
        tokio::spawn(async move { polling::poll(app, &home, every).await })
    });
    let server = Server::new(app, home, Walls::new(bound, public.as_ref()), move |settings| secret(settings, &env))?;
    server.resume()?;
    let url = public.as_ref().map_or_else(|| format!("http://{bound}"), PublicUrl::origin);
    if out.json() {
        let line = json!({
            "format_version": FORMAT_VERSION, "url": url, "bound": bound.to_string(), "docs": format!("{url}/docs"),
            "sync_every": every,
        });
        out.line(line.to_string());
    } else {
        out.line(format!("Tajo listens on {url}; {url}/docs shows what it takes. Stop it with Ctrl-C."));
        out.line("Make a key with `tajo keys create`, and send it as `Authorization: Bearer KEY`.");
        if let Some(every) = every {
            out.line(format!("Each connection is synced every {every}."));
        }
    }
    if bound.ip().is_unspecified() && public.is_none() {
        out.note("Other machines can connect, but only this machine's names are served: name yours with --public-url.");
    }
    out.flush();
    let limits = Limits { per_address: args.connections_per_address, ..Limits::default() };
    let end = CancellationToken::new();
    let router = router(Arc::new(server), &end);
    // The streams of agents stay open for as long as they like; at the end they are ended, or nothing would.
    let until = async {
        session::interrupted().await;
        end.cancel();
    };
    listen::serve(listener, router, limits, until).await;
    if let Some(polling) = polling {
        polling.abort();
    }
    Ok(Exit::OK)
}

/// The client secret of the app whose notifications a connection takes: its own, else the environment's.
fn secret(settings: &Settings, env: &Env) -> Option<SecretString> {
    let from_env = || env.var("INTERCOM_CLIENT_SECRET").map(SecretString::from);
    let secret = settings.connection.client_secret.clone().or_else(from_env)?;
    scrub::register(&secret);
    Some(secret)
}
