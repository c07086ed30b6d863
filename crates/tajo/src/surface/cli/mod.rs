//! The command line.

pub mod actions;
pub mod apply;
pub mod args;
pub mod completion;
pub mod config;
pub mod conflicts;
pub mod connect;
pub mod connectors;
pub mod consent;
pub mod demo;
mod demo_brevo;
pub mod describe;
pub mod disconnect;
pub mod doctor;
pub mod erase;
pub mod exit;
pub mod explain;
pub mod export;
pub mod globals;
pub mod heal;
mod help;
pub mod init;
pub mod keys;
pub mod lane;
pub mod list;
pub mod log;
pub mod mapping;
pub mod mcp;
pub mod out;
pub mod plan;
pub mod progress;
pub mod results;
pub mod scopes;
pub mod scrub;
pub mod serve;
pub mod session;
pub mod sim;
pub mod status;
pub mod sync;
pub mod tables;
pub mod test;
pub mod undo;
pub mod verify;
pub mod why;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use tajo_core::{Error, codes};

use self::args::{Cli, Command, Flags};
use self::exit::{Exit, Failure};
use self::globals::{Env, Globals};
use self::out::Out;
use crate::config::Known;

/// The program: arguments, environment and streams of this process.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(report_panic));
    let mut out = Out::process();
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let exit = match runtime {
        Ok(runtime) => runtime.block_on(main_with(std::env::args_os(), Env::process(), directory, &mut out)),
        Err(error) => {
            let error = Error::new(&codes::BUG, "The program could not start its threads").because(error);
            out.error(&error);
            Exit(error.kind().advice().exit)
        }
    };
    exit.into()
}

/// A broken invariant, said without whatever secret the message may hold.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let text = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let error =
        Error::new(&codes::BUG, "An assumption of Tajo's own does not hold").note("said", text.to_string()).note("at", place);
    // A closed stderr must not turn a panic into an abort.
    let _ = writeln!(std::io::stderr(), "{}", scrub::scrub(&format!("{error:?}")));
}

/// The program with everything it takes from outside as an argument.
pub async fn main_with(
    args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    env: Env,
    directory: PathBuf,
    out: &mut Out,
) -> Exit {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let (flags, asked) = match asked(&args) {
        Ok(asked) => asked,
        Err(error) => return finish(not_understood(&error, &args, out), out),
    };
    out.configure(&flags, &env);
    let globals = Globals::new(flags, env, directory, Known::declared());
    log::start(&globals.flags, configured_level(&globals), out.colour(), &globals.env);
    let done = match asked {
        Asked::Command(command) => Box::pin(dispatch(*command, &globals, out)).await,
        Asked::Action(given) => Box::pin(actions::perform(given, &globals.app(), &globals, out)).await,
    };
    let exit = match done {
        Ok(exit) => exit,
        Err(failure) => {
            out.failure(&failure);
            failure.exit()
        }
    };
    finish(exit, out)
}

/// What the command line asks for: a command, or an action by a command of its own.
enum Asked {
    Command(Box<Command>),
    Action(actions::Given),
}

fn asked(args: &[OsString]) -> Result<(Flags, Asked), clap::Error> {
    let entries = crate::actions::entries();
    let matches = actions::command_for(&entries, args).try_get_matches_from(args)?;
    if let Some(given) = actions::direct(&entries, &matches)? {
        return Ok((Flags::from_arg_matches(&matches)?, Asked::Action(given)));
    }
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut Cli::command()))?;
    Ok((cli.flags, Asked::Command(Box::new(cli.command))))
}

async fn dispatch(command: Command, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    match command {
        Command::Demo(args) => Box::pin(demo::run(args, globals, out)).await,
        Command::Init(args) => init::run(args, globals, out).await,
        Command::Actions(command) => Box::pin(actions::run(command, globals, out)).await,
        Command::Config(command) => config::run(command, globals, out).await,
        Command::Connectors(verb) => Box::pin(export::verb(verb, globals, out)).await,
        Command::Plan(args) => Box::pin(plan::run(args, globals, out)).await,
        Command::Apply(args) => Box::pin(apply::run(args, globals, out)).await,
        Command::Mapping(command) => Box::pin(mapping::run(command, globals, out)).await,
        Command::Conflicts(command) => conflicts::run(command, globals, out).await,
        Command::Why(args) => why::run(args, globals, out).await,
        Command::Verify(args) => Box::pin(verify::run(args, globals, out)).await,
        Command::Heal(args) => Box::pin(heal::run(args, globals, out)).await,
        Command::Undo(args) => Box::pin(undo::run(args, globals, out)).await,
        Command::Consent(command) => Box::pin(consent::run(command, globals, out)).await,
        Command::Erase(args) => Box::pin(erase::run(args, globals, out)).await,
        Command::Tables(args) => Box::pin(tables::run(args, globals, out)).await,
        Command::Doctor(args) => Box::pin(doctor::run(args, globals, out)).await,
        Command::Explain(args) => explain::run(args, globals, out).await,
        Command::Sim(args) => Box::pin(sim::run(args, globals, out)).await,
        Command::Mcp(args) => Box::pin(mcp::run(args, globals, out)).await,
        Command::Serve(args) => Box::pin(serve::run(args, globals, out)).await,
        Command::Keys(command) => keys::run(command, globals, out).await,
        Command::Completion(args) => completion::run(args, globals, out).await,
    }
}

/// The log level that the configuration asks for. A configuration that cannot be read is the command's affair.
fn configured_level(globals: &Globals) -> Option<crate::config::LogLevel> {
    globals.config().ok().flatten().and_then(|config| config.intercom.effective_log_level())
}

/// Help and version are answers; everything else that clap refuses is a usage error.
fn not_understood(error: &clap::Error, args: &[OsString], out: &mut Out) -> Exit {
    use clap::error::ErrorKind;
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out.line(text.trim_end());
            return Exit::OK;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => out.note(text.trim_end()),
        _ if args.iter().any(|arg| arg == "--json") => {
            let mut lines = text.trim_start_matches("error: ").lines();
            let what = lines.next().unwrap_or_default().to_string();
            let help = lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
            out.usage_document(&Error::new(&codes::USAGE, what).help(help));
        }
        _ => out.note(text.replacen("error:", &format!("error[{}]:", codes::USAGE.id), 1).trim_end()),
    }
    Exit(codes::USAGE.kind.advice().exit)
}

fn finish(exit: Exit, out: &mut Out) -> Exit {
    match out.finish() {
        Ok(()) => exit,
        Err(cause) => {
            let error = Error::new(&codes::DST_OPEN, "The output could not be written to stdout").because(cause);
            out.error(&error);
            Exit(error.kind().advice().exit)
        }
    }
}
