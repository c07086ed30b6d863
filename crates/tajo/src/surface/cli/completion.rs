//! `tajo completion`.

use clap::Args;
use clap_complete::Shell;

use super::actions;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;

/// Shown under `tajo completion --help`.
pub const EXAMPLES: &str = r#"Put this into your shell's start file:
  bash        eval "$(tajo completion bash)"
  zsh         eval "$(tajo completion zsh)"
  fish        tajo completion fish | source
  elvish      eval (tajo completion elvish | slurp)
  powershell  tajo completion powershell | Out-String | Invoke-Expression"#;

/// Arguments of `tajo completion`.
#[derive(Debug, Clone, Args)]
pub struct CompletionArgs {
    /// Shell to write for
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs the command.
pub async fn run(args: CompletionArgs, _globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut actions::command(&crate::actions::entries()), "tajo", &mut script);
    out.line(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::OK)
}
