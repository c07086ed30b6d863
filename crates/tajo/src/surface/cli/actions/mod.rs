//! `tajo actions`, and the commands that each action has of its own: folds over the one list of actions.

mod confirm;
mod describe;
mod fold;
mod input;
mod journal;
mod list;
mod output;
mod page;
mod run;
mod table;
mod words;

use clap::{Args, Subcommand};

pub use self::fold::{Direct, command, command_for, direct};
pub use self::page::page;
pub use self::run::{EXAMPLES, Given, run as perform};
pub use self::words::{command_line, inputs, outputs};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;

/// What to do with actions.
#[derive(Debug, Clone, Subcommand)]
pub enum ActionsCommand {
    /// List everything that can be asked of a platform, grouped by what it is about
    List(ListArgs),
    /// Show what an action does, its inputs, permissions, an example and its answer
    Describe(DescribeArgs),
    /// Ask for an action
    #[command(after_help = EXAMPLES)]
    Run(RunArgs),
    /// List requests that left and whose outcome nobody knows
    Pending,
    /// Say what became of such a request, after looking in Intercom
    Settle(SettleArgs),
}

/// Arguments of `tajo actions list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Only this platform's
    #[arg(long, value_name = "NAME", value_parser = ["intercom", "tajo"])]
    pub connector: Option<String>,
    /// Only what is about this, such as contacts
    #[arg(long, value_name = "NOUN")]
    pub noun: Option<String>,
}

/// Arguments of `tajo actions describe`.
#[derive(Debug, Clone, Args)]
pub struct DescribeArgs {
    /// The action: intercom.contacts.archive, archive_contact or "Archive Contact"
    #[arg(value_name = "ACTION")]
    pub action: String,
}

/// Arguments of `tajo actions run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The action: intercom.contacts.archive, archive_contact or "Archive Contact"
    #[arg(value_name = "ACTION")]
    pub action: String,
    /// One input, also dotted: custom_attributes.plan_tier=pro; repeatable
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// How it is asked.
    #[command(flatten)]
    pub how: How,
    /// Confirm what the action itself wants confirmed, as a raw request that retries a write
    #[arg(long)]
    pub yes: bool,
}

/// How an action is asked: what `tajo actions run` and every action's own command take.
#[derive(Debug, Clone, Default, Args)]
pub struct How {
    /// The whole input as JSON, from a file (@FILE) or from stdin (-); flags add to it
    #[arg(long, value_name = "JSON|@FILE|-")]
    pub input: Option<String>,
    /// Print only these fields, dotted where nested: id,location.country
    #[arg(long, value_name = "A,B.C", value_delimiter = ',')]
    pub fields: Vec<String>,
    /// Follow all pages; with --json one row a line, as they come
    #[arg(long)]
    pub fetch_all: bool,
    /// Take away without asking what cannot be brought back
    #[arg(long)]
    pub allow_destructive: bool,
    /// Send again what may have been carried out before
    #[arg(long)]
    pub resend: bool,
    /// Your own name for this very request: asked twice under it, it is carried out once
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// Arguments of `tajo actions settle`.
#[derive(Debug, Clone, Args)]
pub struct SettleArgs {
    /// Id in the journal, as `tajo actions pending` shows it
    #[arg(value_name = "ID")]
    pub id: String,
    /// It was carried out
    #[arg(long, required_unless_present = "not_done")]
    pub done: bool,
    /// It was not carried out
    #[arg(long, conflicts_with = "done")]
    pub not_done: bool,
}

/// Runs the command.
pub async fn run(command: ActionsCommand, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let app = globals.app();
    match command {
        ActionsCommand::List(args) => list::run(&args, &app, out),
        ActionsCommand::Describe(args) => describe::run(&args, &app, out),
        ActionsCommand::Run(args) => Box::pin(perform(Given::typed(args)?, &app, globals, out)).await,
        ActionsCommand::Pending => journal::pending(globals, out),
        ActionsCommand::Settle(args) => journal::settle(&args, globals, out),
    }
}
