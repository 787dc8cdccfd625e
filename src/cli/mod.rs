//! The command line.
//!
//! `Cli` is the one table of subcommands and options: help, man pages, completions and `docs/cli.md` are made from
//! it. A subcommand is a file with its arguments and a `run`, which gets a [`Context`], prints its answer to standard
//! output and nothing else, and says how it ended. Diagnostics go to standard error.

pub mod check;
pub mod check_input;
pub mod columns;
pub mod completions;
pub mod config;
pub mod context;
pub mod demos;
pub mod diff;
pub mod docs;
pub mod drops;
pub mod explain;
pub mod failure;
pub mod flows;
pub mod fmt;
pub mod fold;
pub mod graph;
pub mod json;
pub mod learn;
pub mod man;
pub mod meter;
pub mod node;
pub mod out;
pub mod pager;
pub mod parse;
pub mod plan;
pub mod ports;
pub mod screen;
pub mod show;
pub mod sources;
pub mod tables;
pub mod trace;
pub mod tunnels;
pub mod wrap;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use self::context::Context;
use self::failure::{CommandResult, Outcome, Stop};
use self::out::{Color, Out};
use crate::base::safe::visible;

/// Look at the flow tables of Open vSwitch.
///
/// Opens the screens on SOURCE: a file with a dump, a directory of captures of one or several nodes, a sos report,
/// packed or not, or `-` for standard input. Without SOURCE it opens a captured OpenStack node that comes with the
/// program. Where standard output is no terminal, the overview of the nodes is printed instead.
#[derive(Debug, Parser)]
#[command(name = "ofscope", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub(crate) struct Cli {
    /// What to open: a file, a directory, `-` for standard input, `demo:NAME`, or `sandbox:NAME` to practise.
    pub source: Option<String>,
    /// Where to begin: a table by number or name, or a flow by its id.
    pub place: Option<String>,
    /// How to draw the screens.
    #[command(flatten)]
    pub screen: screen::ScreenArgs,
    /// Options of every subcommand.
    #[command(flatten)]
    pub global: Global,
    /// What to do instead of opening the screens.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  ofscope                                            a captured node that comes with the program
  ofscope dump.txt                                   a dump of `ovs-ofctl dump-flows`, packed or not
  ovs-ofctl dump-flows br-int | ofscope -            what a switch has now
  ofscope sosreport-cmp-07.tar.xz                    every bridge in a sos report
  ofscope flows dump.txt -f 'drop and n_packets > 0' the flows that drop packets
  ofscope flows . --bridge br-int -f 'tcp_dst=5432' --json | jq '.flows[].match'
  ofscope show dump.txt 9c41                         one flow in plain words
  ofscope explain 'table=0,tcp,actions=drop'         a flow that stands nowhere

Exit codes: 0 done, 1 the answer is no, 2 what was typed is wrong, 3 the source cannot be read,
4 only part of it could be read, 130 interrupted.";

/// Options of every subcommand.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// When to use colour.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true, help_heading = "Options everywhere")]
    pub color: Color,
    /// The node, where the source holds several.
    #[arg(long, value_name = "NODE", global = true, help_heading = "Options everywhere")]
    pub node: Option<String>,
    /// The bridge, where the node has several and `br-int` is not meant.
    #[arg(long, value_name = "BRIDGE", global = true, help_heading = "Options everywhere")]
    pub bridge: Option<String>,
    /// Tell nothing on standard error but what stops the work.
    #[arg(short, long, global = true, help_heading = "Options everywhere")]
    pub quiet: bool,
    /// Which configuration to read.
    #[command(flatten)]
    pub config: config::ConfigArgs,
    /// Do not send long text through $PAGER.
    #[arg(long, global = true, help_heading = "Options everywhere")]
    pub no_pager: bool,
}

/// The subcommands. What each is for stands above its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Flows(flows::FlowsArgs),
    Show(show::ShowArgs),
    Explain(explain::ExplainArgs),
    Node(node::NodeArgs),
    Ports(ports::PortsArgs),
    Tunnels(tunnels::TunnelsArgs),
    Tables(tables::TablesArgs),
    Drops(drops::DropsArgs),
    Check(check::CheckArgs),
    Graph(graph::GraphArgs),
    Trace(trace::TraceArgs),
    Diff(diff::DiffArgs),
    Plan(plan::PlanArgs),
    Learn(learn::LearnArgs),
    Fmt(fmt::FmtArgs),
    Parse(parse::ParseArgs),
    CheckInput(check_input::CheckInputArgs),
    Sources(sources::SourcesArgs),
    Demos(demos::DemosArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

impl Command {
    fn run(self, cx: &Context) -> CommandResult {
        match self {
            Command::Flows(args) => flows::run(&args, cx),
            Command::Show(args) => show::run(&args, cx),
            Command::Explain(args) => explain::run(&args, cx),
            Command::Node(args) => node::run(&args, cx),
            Command::Ports(args) => ports::run(&args, cx),
            Command::Tunnels(args) => tunnels::run(&args, cx),
            Command::Tables(args) => tables::run(&args, cx),
            Command::Drops(args) => drops::run(&args, cx),
            Command::Check(args) => check::run(&args, cx),
            Command::Graph(args) => graph::run(&args, cx),
            Command::Trace(args) => trace::run(&args, cx),
            Command::Diff(args) => diff::run(&args, cx),
            Command::Plan(args) => plan::run(&args, cx),
            Command::Learn(args) => learn::run(&args, cx),
            Command::Fmt(args) => fmt::run(&args, cx),
            Command::Parse(args) => parse::run(&args, cx),
            Command::CheckInput(args) => check_input::run(&args, cx),
            Command::Sources(args) => sources::run(&args, cx),
            Command::Demos(args) => demos::run(&args, cx),
            Command::Completions(args) => completions::run(&args, cx),
            Command::Man(args) => man::run(&args, cx),
        }
    }
}

/// Does what the arguments ask for.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = Cli::command().try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    let outcome = match parsed {
        Ok(cli) => {
            let color = cli.global.color;
            ended(start(cli), color)
        }
        Err(error) => refused(&error),
    };
    ExitCode::from(outcome.code())
}

fn start(cli: Cli) -> CommandResult {
    let cx = Context::new(cli.global);
    match cli.command {
        Some(_) if cli.source.is_some() => {
            let source = cli.source.unwrap_or_default();
            let failure = failure::Failure::usage(format!("the source `{source}` stands in front of the subcommand"));
            Err(failure.hint("write the subcommand first: `ofscope flows SOURCE`").into())
        }
        Some(command) => command.run(&cx),
        None => screen::run(cli.source.as_deref(), cli.place.as_deref(), &cli.screen, &cx),
    }
}

/// Tells on standard error why a command stopped.
fn ended(result: CommandResult, color: Color) -> Outcome {
    match result {
        Ok(outcome) => outcome,
        Err(Stop::Failure(failure)) => {
            let mut err = Out::stderr(color);
            failure.paint(&mut err);
            // There is nobody left to tell that standard error is closed.
            let _ = err.finish();
            failure.outcome
        }
        // Whoever read the answer has enough of it.
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done,
        Err(Stop::Output(error)) => {
            let _ = writeln!(io::stderr(), "error: the answer cannot be written: {error}");
            Outcome::Source
        }
    }
}

/// Prints help where it was asked for, and otherwise what is wrong with the arguments.
fn refused(error: &clap::Error) -> Outcome {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = error.render();
    if is_help {
        let is_plain = !io::stdout().is_terminal() || !out::Dress::of(Color::Auto, true, &out::Env::read()).color;
        let text = if is_plain { text.to_string() } else { text.ansi().to_string() };
        // A reader that went away has seen enough.
        let _ = io::stdout().write_all(text.as_bytes());
        return Outcome::Done;
    }
    let text = text.to_string();
    let lines: Vec<_> = text.trim_end().lines().map(visible).collect();
    let _ = writeln!(io::stderr(), "{}", lines.join("\n"));
    Outcome::Usage
}
