//! The command line as types: every command, and the flags that all of them share.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{
    actions, apply, completion, config, conflicts, consent, demo, doctor, erase, explain, export, heal, help, init, keys,
    mapping, mcp, plan, serve, sim, tables, undo, verify, why,
};
use crate::config::{LogLevel, Region};

/// Keep Intercom in step with your warehouse and with Brevo.
#[derive(Debug, Parser)]
#[command(
    name = "tajo",
    bin_name = "tajo",
    version,
    about = help::ABOUT,
    help_template = help::TEMPLATE,
    before_help = help::COMMANDS,
    before_long_help = help::COMMANDS,
    after_help = help::AFTER_SHORT,
    after_long_help = help::AFTER_LONG,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    propagate_version = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags that every command takes.
    #[command(flatten)]
    pub flags: Flags,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show a whole sync, without an account or a network
    Demo(demo::DemoArgs),
    /// Write a commented tajo.yml that works as it is
    Init(init::InitArgs),
    /// List, describe and run everything that can be asked of a platform
    #[command(subcommand)]
    Actions(actions::ActionsCommand),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Test, sync and inspect the connected platforms
    #[command(subcommand)]
    Connectors(export::Verb),
    /// Show what a sync with Brevo would write, and write nothing
    #[command(after_help = plan::EXAMPLES)]
    Plan(plan::PlanArgs),
    /// Carry out a plan, refusing entries whose record changed since
    #[command(after_help = apply::EXAMPLES)]
    Apply(apply::ApplyArgs),
    /// Check the field mapping against both platforms, or try it on one person
    #[command(subcommand)]
    Mapping(mapping::MappingCommand),
    /// List and settle fields that both sides changed
    #[command(subcommand)]
    Conflicts(conflicts::ConflictsCommand),
    /// Show where a value came from, or why a person was skipped
    #[command(after_help = why::EXAMPLES)]
    Why(why::WhyArgs),
    /// Measure how far the two sides are apart; write nothing
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::VerifyArgs),
    /// Plan what repairs the drift that verify finds
    #[command(after_help = heal::EXAMPLES)]
    Heal(heal::HealArgs),
    /// Plan what takes back the writes of a run
    #[command(after_help = undo::EXAMPLES)]
    Undo(undo::UndoArgs),
    /// Show consent, or allow e-mail again for one person
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    /// Erase a person from both platforms, with proof
    #[command(after_help = erase::EXAMPLES)]
    Erase(erase::EraseArgs),
    /// List the tables that a sync writes
    Tables(tables::TablesArgs),
    /// Check everything a sync needs, on one page
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::DoctorArgs),
    /// Describe an error code, or list all of them
    Explain(explain::ExplainArgs),
    /// Run twins of Intercom and Brevo on this machine, for trials and tests
    Sim(sim::SimArgs),
    /// Serve the actions as tools of an agent (Model Context Protocol)
    #[command(after_help = mcp::EXAMPLES)]
    Mcp(mcp::McpArgs),
    /// Serve the actions over HTTP, with a reference page
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::ServeArgs),
    /// Make, list and revoke keys of the HTTP API
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Print a completion script for your shell
    #[command(visible_alias = "completions", after_help = completion::EXAMPLES)]
    Completion(completion::CompletionArgs),
}

/// Flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Flags {
    /// Read this configuration file instead of ./tajo.yml
    #[arg(long, value_name = "PATH", global = true)]
    pub config: Option<PathBuf>,
    /// Use this connection where the configuration has several
    #[arg(long, value_name = "NAME", global = true)]
    pub connection: Option<String>,
    /// Region the workspace lives in
    #[arg(long, value_enum, value_name = "REGION", global = true)]
    pub region: Option<Region>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Colour the output (NO_COLOR is obeyed)
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true)]
    pub color: Color,
    /// Log more: -v for requests, -vv for everything (never secrets)
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Log from this level upwards
    #[arg(long, value_enum, value_name = "LEVEL", global = true)]
    pub log_level: Option<LogLevel>,
    /// Never ask anything; a missing answer is an error (also when CI is set)
    #[arg(long, global = true)]
    pub no_interactive: bool,
}

/// When to colour the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
