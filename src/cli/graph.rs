//! `ofscope graph`: the pipeline of a bridge.

use clap::{Args, ValueEnum};

use super::context::Context;
use super::failure::{CommandResult, Failure, Outcome};
use super::json;
use crate::base::paint::Painter;
use crate::graph::{self, Charset, Density, Fit, Goal, Graph, Layout, Options, Sink};

/// Print the pipeline of a bridge: its tables and the ways between them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ofscope graph dump.txt
  ofscope graph demo: --node compute1 --format svg > pipeline.svg
  ofscope graph dump.txt --format dot | dot -Tpdf > pipeline.pdf")]
pub struct GraphArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub source: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: Format,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Show the paths to a table, by number or name, or to `drop`, `normal`, `out`, `flood`, `controller`.
    #[arg(long, value_name = "TARGET")]
    pub to: Option<String>,
    /// Leave out tables without packets.
    #[arg(long)]
    pub hide_idle: bool,
    /// Print the outline, a line for each table.
    #[arg(long)]
    pub outline: bool,
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
}

/// How the pipeline is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// A drawing of characters, or the outline where a drawing would be too large.
    #[default]
    Text,
    /// For Graphviz.
    Dot,
    /// A picture.
    Svg,
    /// JSON.
    Json,
}

/// Prints the pipeline.
pub fn run(args: &GraphArgs, cx: &Context) -> CommandResult {
    let scene = cx.open(args.source.as_deref())?;
    let chosen = cx.bridge(&scene)?;
    let naming = chosen.node.naming(chosen.at);
    let paths_to = args.to.as_deref().map(|to| goal(to, chosen)).transpose()?;
    let options = Options { hide_idle: args.hide_idle, paths_to, ..Options::default() };
    let graph = Graph::of(chosen.bridge(), naming, &options);
    let mut out = cx.out();
    let charset = if args.ascii || !is_utf8() { Charset::Ascii } else { Charset::Unicode };
    let fit = Fit { width: cx.width().min(160), density: Density::Full };
    match if args.json { Format::Json } else { args.format } {
        Format::Text if args.outline => outline(&graph, fit.width, charset, &mut out),
        Format::Text => graph::paint(&graph, fit, charset, &mut out),
        Format::Dot => out.bytes(graph::dot(&graph).as_bytes()),
        Format::Svg => out.bytes(graph::svg(&graph, &Layout::of(&graph, fit)).as_bytes()),
        Format::Json => out.bytes(json::text(&graph::json(&graph)).as_bytes()),
    }
    cx.finish(out, scene.snapshot(), Outcome::Done)
}

fn outline(graph: &Graph, width: usize, charset: Charset, p: &mut impl Painter) {
    graph::paint_outline_heading(graph, p);
    p.text("\n");
    for row in graph::outline(graph) {
        row.paint(width, charset, p);
        p.text("\n");
    }
    p.dim(&graph.summary());
    p.text("\n");
}

/// Where paths are asked to lead.
fn goal(text: &str, chosen: super::context::Chosen<'_>) -> Result<Goal, Failure> {
    let sink = Sink::ALL.into_iter().find(|sink| sink.name().eq_ignore_ascii_case(text));
    match sink {
        Some(sink) => Ok(Goal::Sink(sink)),
        None => match chosen.bridge().ports.iter().find(|port| &*port.name == text) {
            Some(port) => Ok(Goal::Port(port.number)),
            None => super::flows::table_number(text, chosen).map(Goal::Table),
        },
    }
}

/// Whether the locale has more than ASCII (locale(7)): the first of these variables that is set decides.
pub(super) fn is_utf8() -> bool {
    let set =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    set.is_none_or(|value| value.to_lowercase().replace('-', "").contains("utf8"))
}
