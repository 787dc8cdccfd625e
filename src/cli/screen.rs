//! `ofscope [SOURCE]`: the screens, or the overview of the nodes where nobody looks at a terminal.

use std::io::{self, IsTerminal};

use clap::{Args, CommandFactory};

use super::context::{Context, is_fed};
use super::failure::{CommandResult, Failure};
use super::node;
use crate::session::Source;

/// How to draw the screens.
#[derive(Debug, Clone, Default, Args)]
pub struct ScreenArgs {
    /// The colours: `terminal`, `dark`, `light`, `mono`, `colour-blind`, or one of your own.
    #[arg(long, value_name = "NAME", help_heading = "Screens")]
    pub theme: Option<String>,
    /// Draw with ASCII characters only.
    #[arg(long, help_heading = "Screens")]
    pub ascii: bool,
    /// Nothing moves by itself.
    #[arg(long, env = "NO_MOTION", value_parser = clap::builder::FalseyValueParser::new(), hide_env = true, help_heading = "Screens")]
    pub no_motion: bool,
    /// Take the mouse.
    #[arg(long, help_heading = "Screens")]
    pub mouse: bool,
    /// Print text instead of drawing screens.
    #[arg(long, env = "OFSCOPE_PLAIN", value_parser = clap::builder::FalseyValueParser::new(), hide_env = true, help_heading = "Screens")]
    pub plain: bool,
}

/// What the screens open with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// What to read.
    pub source: Source,
    /// Where to begin, as it was typed.
    pub place: Option<String>,
    /// The node and the bridge that were asked for.
    pub choice: (Option<String>, Option<String>),
}

/// Opens the screens, or prints the overview.
pub fn run(source: Option<&str>, place: Option<&str>, args: &ScreenArgs, cx: &Context) -> CommandResult {
    if let Some(near) = source.and_then(meant_subcommand) {
        let name = source.unwrap_or_default();
        let failure = Failure::usage(format!("there is no file and no subcommand `{name}`"));
        return Err(failure.hint(format!("did you mean the subcommand `{near}`?")).into());
    }
    let source = match source {
        None if !is_fed() => Source::default(),
        name => cx.source(name)?,
    };
    if args.plain || !io::stdout().is_terminal() {
        return node::overview(&source, cx);
    }
    let choice = (cx.global.node.clone(), cx.global.bridge.clone());
    open(&Start { source, place: place.map(str::to_owned), choice }, args, cx)
}

/// The subcommand that was meant by a name that no file has.
fn meant_subcommand(name: &str) -> Option<String> {
    if name == "-" || name.contains([':', '/', '.']) || std::path::Path::new(name).exists() {
        return None;
    }
    let command = super::Cli::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    crate::base::diag::nearest(name, names).map(str::to_owned)
}

/// Starts the screens.
fn open(start: &Start, _args: &ScreenArgs, cx: &Context) -> CommandResult {
    match start.source {
        Source::Stdin if !io::stderr().is_terminal() => Err(Failure::usage("there is no terminal for keys").into()),
        _ => node::overview(&start.source, cx),
    }
}
