//! `tajo connectors`: the verbs, each in a file of its own.

use clap::{Args, Subcommand, ValueEnum};

use super::{connect, describe, disconnect, exit, globals::Globals, list, out::Out, scopes, status, sync, test};

/// What to do with the connected platforms.
#[derive(Debug, Subcommand)]
pub enum ConnectorsCommand {
    /// Connect a workspace or account: check the token, seal it, store it
    #[command(after_help = connect::EXAMPLES)]
    Connect(connect::ConnectArgs),
    /// Forget a stored connection; its tables stay
    Disconnect(disconnect::DisconnectArgs),
    /// List the platforms that Tajo connects, and their connections
    List(list::ListArgs),
    /// Show one connection; of its token, the last four characters
    Show(list::ShowArgs),
    /// Show which permissions Intercom's app needs
    Scopes(scopes::ScopesArgs),
    /// Show the resources, guarantees and API versions of a platform
    Describe(describe::DescribeArgs),
    /// Check token, region and permissions against the live API
    Test(test::TestArgs),
    /// Load what changed into the destination
    #[command(after_help = sync::EXAMPLES)]
    Sync(sync::SyncArgs),
    /// Show when each resource was last loaded and how far it is
    Status(status::StatusArgs),
}

/// A platform, named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    /// Intercom.
    Intercom,
    /// Brevo.
    Brevo,
}

/// The platform that a command is about.
#[derive(Debug, Clone, Args)]
pub struct Name {
    /// Platform
    #[arg(value_enum, value_name = "NAME")]
    pub name: Platform,
}

/// Runs the verb.
pub async fn run(command: ConnectorsCommand, globals: &Globals, out: &mut Out) -> Result<exit::Exit, exit::Failure> {
    match command {
        ConnectorsCommand::Connect(args) => Box::pin(connect::run(args, globals, out)).await,
        ConnectorsCommand::Disconnect(args) => Box::pin(disconnect::run(args, globals, out)).await,
        ConnectorsCommand::Show(args) => Box::pin(list::show(args, globals, out)).await,
        ConnectorsCommand::Scopes(args) => Box::pin(scopes::run(args, globals, out)).await,
        ConnectorsCommand::List(args) => Box::pin(list::run(args, globals, out)).await,
        ConnectorsCommand::Describe(args) => Box::pin(describe::run(args, globals, out)).await,
        ConnectorsCommand::Test(args) => Box::pin(test::run(args, globals, out)).await,
        ConnectorsCommand::Sync(args) => Box::pin(sync::run(args, globals, out)).await,
        ConnectorsCommand::Status(args) => Box::pin(status::run(args, globals, out)).await,
    }
}
