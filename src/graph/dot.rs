//! The graph for Graphviz.

use std::fmt::Write;

use super::{Edge, End, Graph, Node, ShareBy, Sink, percent};
use crate::base::number::{grouped, short_count};
use crate::base::safe::visible;
use crate::base::words::{counted, plural};
use crate::model::pipeline::Way;

/// The visible part of the graph in Graphviz' language. Sinks stand beside each table that leads there: one `drop` for
/// all tables would be a knot.
pub fn dot(graph: &Graph) -> String {
    let mut out = String::new();
    let hottest = graph.edges.iter().filter(|e| !e.is_hidden).map(|e| e.heat).max().unwrap_or(0);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "digraph {} {{\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\"];\n  edge [fontname=\"monospace\"];\n",
        quoted(if graph.bridge.is_empty() { "pipeline" } else { &graph.bridge })
    );
    for node in graph.visible() {
        let _ = writeln!(out, "  t{} [{}];", node.id, table(graph, node));
    }
    for (at, edge) in graph.edges.iter().enumerate().filter(|(_, e)| !e.is_hidden) {
        let end = match edge.to {
            End::Table(id) => format!("t{id}"),
            End::Sink(sink) => {
                let colour = if sink == Sink::Drop { ", fontcolor=\"#b00020\"" } else { "" };
                let name = quoted(&graph.end_text(edge));
                let _ = writeln!(out, "  s{at} [shape=plaintext, label={name}{colour}];");
                format!("s{at}")
            }
        };
        let _ = writeln!(out, "  t{} -> {end} [{}];", edge.from, attributes(graph, edge, hottest));
    }
    out.push_str("}\n");
    out
}

fn table(graph: &Graph, node: &Node) -> String {
    let flows = node.sum.flows;
    let mut label = format!("{}\n{} {}", node.title(), short_count(flows), plural(flows, "flow"));
    let mut tooltip = format!("table {}: {}", node.id, counted(flows, "flow"));
    if graph.has_counters {
        let packets = node.sum.packets;
        let _ = write!(label, ", {} {}", short_count(packets), plural(packets, "packet"));
        let _ = write!(tooltip, ", {}, {} missed", counted(packets, "packet"), grouped(node.missed));
    }
    let style = if node.is_idle { ", color=gray60, fontcolor=gray50" } else { "" };
    format!("label={}, tooltip={}{style}", quoted(&label), quoted(&tooltip))
}

fn attributes(graph: &Graph, edge: &Edge, hottest: u64) -> String {
    let by_flows = graph.node(edge.from).is_some_and(|n| n.share_by == ShareBy::Flows);
    let label = format!("{}{}", percent(edge.share), if by_flows { " of flows" } else { "" });
    let tooltip = format!(
        "{} to {}: {}, {}, {}",
        edge.from,
        graph.end_text(edge),
        edge.way_names(),
        counted(edge.sum.flows, "flow"),
        counted(edge.sum.packets, "packet")
    );
    let width = 1.0 + 4.0 * super::svg::thickness(edge.heat, hottest);
    let mut out = format!("label={}, tooltip={}, penwidth={width:.1}", quoted(&label), quoted(&tooltip));
    if edge.is_learn {
        out.push_str(", style=dotted");
    }
    if edge.is_back {
        // Graphviz may not rank tables by edges that lead up.
        out.push_str(", constraint=false");
    }
    if graph.has_counters && edge.sum.packets == 0 {
        out.push_str(", color=gray60, fontcolor=gray50");
    } else if edge.ways.iter().any(|(way, _)| *way == Way::Ct) {
        out.push_str(", color=\"#0b7285\"");
    }
    out
}

/// A string of Graphviz. A backslash would begin an escape there, such as `\N` for the name of the node.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\\n"));
        for c in visible(line).chars() {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push_str(end);
    }
    out.push('"');
    out
}
