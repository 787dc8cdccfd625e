//! `ofscope completions`: completion scripts for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::context::Context;
use super::failure::{CommandResult, Outcome};

/// Print the completion script of a shell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope completions bash > /etc/bash_completion.d/ofscope
  ofscope completions zsh > ~/.zfunc/_ofscope
  ofscope completions fish > ~/.config/fish/completions/ofscope.fish")]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the script.
pub fn run(args: &CompletionsArgs, cx: &Context) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "ofscope", &mut script);
    let mut out = cx.stream();
    out.bytes(&script);
    out.finish()?;
    Ok(Outcome::Done)
}
