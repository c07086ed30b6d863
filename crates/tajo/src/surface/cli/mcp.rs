//! `tajo mcp`: the actions as tools of an agent, on stdio or over HTTP.

use std::sync::Arc;

use clap::Args;
use rmcp::ServiceExt;
use rmcp::transport::stdio;
use tajo_core::{Error, codes};

use super::consent::asker;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use super::session;
use crate::surface::mcp::{Agent, Choice, Grant, Seal, Writes};

/// Shown under `tajo mcp --help`.
pub const EXAMPLES: &str = "Examples:
  tajo mcp                                   Read-only, on stdio
  tajo mcp --allow-writes                    Writes, each after the person's yes
  tajo mcp --tools tickets,requests.raw      More tools than the common ones
  tajo mcp --http --port 8788                Streamable HTTP; needs a key of `tajo keys create`

In the settings of an MCP client:
  {\"mcpServers\": {\"tajo\": {\"command\": \"tajo\", \"args\": [\"mcp\"], \"env\": {\"INTERCOM_ACCESS_TOKEN\": \"…\"}}}}";

/// Arguments of `tajo mcp`.
#[derive(Debug, Clone, Args)]
pub struct McpArgs {
    /// Allow writes; the person is asked before each one
    #[arg(long)]
    pub allow_writes: bool,
    /// Allow writes without asking; what destroys is asked about all the same
    #[arg(long, conflicts_with = "allow_writes")]
    pub write_without_asking: bool,
    /// Offer these beside the common tools: nouns, actions, or `all`
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub tools: Vec<String>,
    /// Print the tools on offer, and end
    #[arg(long)]
    pub list: bool,
    /// Serve streamable HTTP instead of stdio
    #[arg(long)]
    pub http: bool,
    /// Address to listen on, with --http
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", requires = "http")]
    pub bind: std::net::IpAddr,
    /// Port to listen on, with --http; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8788, requires = "http")]
    pub port: u16,
}

/// Runs the command.
pub async fn run(args: McpArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let app = globals.app();
    let choice = Choice::read(&args.tools, &app)?;
    let writes = match (args.allow_writes, args.write_without_asking) {
        (_, true) => Writes::Freely,
        (true, _) => Writes::Asking,
        _ => Writes::Never,
    };
    let grant =
        Grant { writes, connection: globals.flags.connection.clone(), scopes: None, by: format!("mcp:{}", asker(globals)) };
    let agent = Agent::new(Arc::clone(&app), choice.clone(), grant.clone(), Arc::<Seal>::default());
    if args.list {
        let tools = agent.tools();
        if out.json() {
            out.document(&serde_json::json!({"tools": tools}));
        } else {
            let about = |tool: &rmcp::model::Tool| {
                tool.description.as_deref().unwrap_or_default().lines().next().unwrap_or_default().to_owned()
            };
            out.table(["TOOL", "ABOUT"], tools.iter().map(|tool| [tool.name.to_string(), about(tool)]));
        }
        return Ok(Exit::OK);
    }
    if args.http {
        return crate::surface::mcp::http::serve(app, choice, grant, (args.bind, args.port).into(), globals, out).await;
    }
    // stdout belongs to the protocol from here on.
    let broken =
        |cause: String| Error::new(&codes::NET_CONNECT, "The client's side of the protocol cannot be understood").because(cause);
    let server = agent.serve(stdio()).await.map_err(|e| broken(e.to_string()))?;
    tokio::select! {
        ended = server.waiting() => ended.map(drop).map_err(|e| broken(e.to_string()))?,
        () = session::interrupted() => {}
    }
    Ok(Exit::OK)
}
