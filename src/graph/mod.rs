//! The pipeline of a bridge as a picture, an outline and a file.
//!
//! A [`Graph`] is what there is to show: the tables of a bridge as [`Node`]s, the ways between them and out of the
//! bridge as [`Edge`]s, with what the flows counted. It is made in one pass over the flows ([`Graph::of`]); which
//! tables are hidden and what is lit up can be changed afterwards ([`Graph::apply`]) without a look at the flows.
//!
//! From a graph come
//!
//! - the outline ([`outline()`]): a row for each table, and the edges of one table ([`edge_rows`]);
//! - the drawing: [`Layout::of`] says where the boxes stand and how the edges run, without knowing a single counter, so
//!   that boxes never move while packets are counted; [`draw()`] puts characters into a [`Canvas`];
//! - the exports: [`dot()`], [`svg()`], [`json()`].
//!
//! How the drawing is made, in the order of the steps: `cycle` finds the edges that lead back, `layer` gives each table
//! a layer by its longest path, `order` says who stands left of whom, `place` finds the columns, `route` runs the edges
//! through the channels between the layers, `draft` puts it together. All edges to one table share one line, which runs
//! beside the boxes of the layers between (a *lane*) and enters from above: so there are never more lines than tables,
//! and a line that meets another at a `+` leads to the same table, while a line that crosses another does not.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::base::safe::visible;
use crate::base::words::plural;
use crate::field::Names;
use crate::field::names::port;
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::model::pipeline::{Sum, Way};

mod canvas;
mod cycle;
mod dot;
mod draft;
mod draw;
mod gather;
mod glyph;
mod json;
mod layer;
mod layout;
mod order;
mod outline;
mod place;
mod route;
mod svg;
#[cfg(test)]
mod tests;

pub use canvas::{Canvas, Cell, Item};
pub use cycle::TableSet;
pub use dot::dot;
pub use draw::{draw, legend, paint, text};
pub use glyph::Charset;
pub use json::json;
pub use layout::{BoxAt, Density, Direction, Fit, Layout, LeftOut, Mark, Route, Stub};
pub use outline::{EdgeRow, Row, edge_rows, heat_scale, outline, paint_outline_heading};
pub use svg::svg;

/// Above so many visible tables the outline tells more than the drawing.
pub const READABLE: usize = 24;

/// Where packets leave the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sink {
    /// Out of a port, as a learning switch chooses.
    Normal,
    /// Out of ports that the flow names, or that a field or a hash chooses.
    Out,
    /// Out of every port.
    Flood,
    /// To the controller.
    Controller,
    /// To a group that the bridge does not have.
    Group,
    /// Nowhere from here: the flow writes fields, and the flow that resubmitted the packet goes on with them.
    Return,
    /// Nowhere.
    Drop,
}

impl Sink {
    /// Every sink, in the order in which they are shown.
    pub const ALL: [Sink; 7] =
        [Sink::Normal, Sink::Out, Sink::Flood, Sink::Controller, Sink::Group, Sink::Return, Sink::Drop];

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Sink::Normal => "NORMAL",
            Sink::Out => "out",
            Sink::Flood => "FLOOD",
            Sink::Controller => "CONTROLLER",
            Sink::Group => "no group",
            Sink::Return => "return",
            Sink::Drop => "drop",
        }
    }
}

/// Where an edge ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// In a table.
    Table(TableId),
    /// Outside the tables.
    Sink(Sink),
}

/// What paths are asked to lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// A table.
    Table(TableId),
    /// A sink of any table.
    Sink(Sink),
    /// A port by OpenFlow port number.
    Port(u32),
    /// A group that the bridge does not have, by number.
    Group(u32),
}

/// What heat is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Heat {
    /// Packets.
    #[default]
    Packets,
    /// Bytes.
    Bytes,
    /// Flows.
    Flows,
    /// Packets that are dropped.
    Drops,
}

impl Heat {
    /// Every measure, in the order in which a key goes through them.
    pub const ALL: [Heat; 4] = [Heat::Packets, Heat::Bytes, Heat::Flows, Heat::Drops];

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Heat::Packets => "packets",
            Heat::Bytes => "bytes",
            Heat::Flows => "flows",
            Heat::Drops => "drops",
        }
    }

    /// The measure after this one, the first after the last.
    pub fn next(self) -> Heat {
        let at = Heat::ALL.iter().position(|h| *h == self).unwrap_or(0);
        Heat::ALL[(at + 1) % Heat::ALL.len()]
    }
}

/// What of a graph is shown, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Hide tables without packets. Where no table has any, all are shown.
    pub hide_idle: bool,
    /// What heat is measured by.
    pub heat: Heat,
    /// Light up every path from table 0 to here.
    pub paths_to: Option<Goal>,
    /// Light up these tables and the edges between them, as a trace visited them; nothing if it is empty. They are
    /// shown even if they are idle.
    pub visited: TableSet,
}

/// Whether a part of the graph is lit up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Light {
    /// Something else is lit up.
    Faded,
    /// Nothing is.
    #[default]
    Plain,
    /// This is.
    Lit,
}

/// What the shares of a table's edges are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ShareBy {
    /// The packets that the table's flows counted.
    #[default]
    Packets,
    /// The table's flows, because they counted no packets.
    Flows,
}

impl ShareBy {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            ShareBy::Packets => "packets",
            ShareBy::Flows => "flows",
        }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its number.
    pub id: TableId,
    /// Its name, by those who know who installs the flows, else by the switch; empty if nobody names it.
    pub name: Arc<str>,
    /// Its flows, and what they counted.
    pub sum: Sum,
    /// Flows of it that are clauses of conjunctions: they lead nowhere and count nothing.
    pub clauses: u64,
    /// Packets that no flow wanted: those of the flow of priority 0 that matches everything and drops, and those that
    /// matched no flow at all, as far as the switch tells.
    pub missed: u64,
    /// Packets that are dropped here, the missed ones among them.
    pub dropped: u64,
    /// What it counts by the measure of heat that was chosen.
    pub heat: u64,
    /// What the shares of its edges are shares of.
    pub share_by: ShareBy,
    /// It is known to have had no packets.
    pub is_idle: bool,
    /// It is not shown.
    pub is_hidden: bool,
    /// Packets can get here from table 0.
    pub is_reachable: bool,
    /// Whether it is lit up.
    pub light: Light,
}

impl Node {
    /// Number and name, as in `60 TRANSIENT`.
    pub fn title(&self) -> String {
        match self.name.is_empty() {
            true => self.id.to_string(),
            false => format!("{} {}", self.id, self.name),
        }
    }
}

/// The flows of one table that lead to one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// From this table.
    pub from: TableId,
    /// To here.
    pub to: End,
    /// How, with what the flows that do it so counted.
    pub ways: SmallVec<[(Way, Sum); 1]>,
    /// The flows, each once, and what they counted.
    pub sum: Sum,
    /// The part of the table's packets, from 0 to 1; of its flows where it counted none ([`Node::share_by`]).
    pub share: f64,
    /// What it counts by the measure of heat that was chosen.
    pub heat: u64,
    /// The ports or the missing groups by number, each once; empty for other ends, and where a field chooses.
    pub numbers: Vec<u32>,
    /// The flow that counted most, for an example.
    pub example: FlowId,
    /// The flows learn flows into the table; no packet goes there this way.
    pub is_learn: bool,
    /// It is part of a loop.
    pub is_loop: bool,
    /// It leads back to a table that packets came through, and is drawn upwards.
    pub is_back: bool,
    /// It starts or ends in a hidden table.
    pub is_hidden: bool,
    /// Whether it is lit up.
    pub light: Light,
}

impl Edge {
    /// The table it leads to.
    pub fn table(&self) -> Option<TableId> {
        match self.to {
            End::Table(id) => Some(id),
            End::Sink(_) => None,
        }
    }

    /// The words of its ways, joined: `resubmit` or `ct, resubmit`.
    pub fn way_names(&self) -> String {
        let names: Vec<&str> = self.ways.iter().map(|(way, _)| way.name()).collect();
        names.join(", ")
    }
}

/// The tables of a bridge, and the ways between them and out of it.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The bridge.
    pub bridge: Arc<str>,
    /// The names of its ports.
    pub names: Arc<Names>,
    /// Every table that has flows or that flows lead to, by number.
    pub nodes: Vec<Node>,
    /// The edges, by table and end; an edge that learns stands beside one that sends packets.
    pub edges: Vec<Edge>,
    /// How many separate loops there are: groups of tables that reach themselves.
    pub loops: usize,
    /// Whether the dump told counters.
    pub has_counters: bool,
    /// What heat is measured by.
    pub heat: Heat,
}

impl Graph {
    /// A table by number.
    pub fn node(&self, id: TableId) -> Option<&Node> {
        self.at(id).map(|at| &self.nodes[at])
    }

    /// The place of a table in [`Graph::nodes`].
    pub fn at(&self, id: TableId) -> Option<usize> {
        self.nodes.binary_search_by_key(&id, |n| n.id).ok()
    }

    /// The tables that are shown.
    pub fn visible(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|n| !n.is_hidden)
    }

    /// The edges out of a table with their places in [`Graph::edges`], largest first.
    pub fn out_of(&self, table: TableId) -> Vec<(usize, &Edge)> {
        let from = self.edges.partition_point(|e| e.from < table);
        let to = self.edges.partition_point(|e| e.from <= table);
        largest_first((from..to).map(|at| (at, &self.edges[at])).collect())
    }

    /// The edges into a table with their places in [`Graph::edges`], largest first.
    pub fn into(&self, table: TableId) -> Vec<(usize, &Edge)> {
        let edges = self.edges.iter().enumerate();
        largest_first(edges.filter(|(_, e)| e.to == End::Table(table)).collect())
    }

    /// The end of an edge in words: a table's number, `NORMAL`, `out tap1` or `out, 12 ports`.
    pub fn end_text(&self, edge: &Edge) -> String {
        let sink = match edge.to {
            End::Table(id) => return id.to_string(),
            End::Sink(sink) => sink,
        };
        match (sink, edge.numbers.as_slice()) {
            (Sink::Out, [number]) => format!("out {}", self.port_text(*number)),
            (Sink::Out, [_, ..]) => format!("out, {} ports", edge.numbers.len()),
            (Sink::Group, [number]) => format!("no group {number}"),
            (Sink::Group, [_, ..]) => format!("no group, {} times", edge.numbers.len()),
            _ => sink.name().to_owned(),
        }
    }

    /// A port's name, or its number, fit to be shown.
    pub fn port_text(&self, number: u32) -> String {
        let reserved = port::reserved_name(number).map(str::to_owned);
        let name = reserved.or_else(|| self.names.port_name(number).map(|name| visible(&name).into_owned()));
        name.unwrap_or_else(|| number.to_string())
    }

    /// What is in the graph, in one line: `14 of 27 tables carry packets | 13 idle hidden | 38 edges | 0 loops`.
    pub fn summary(&self) -> String {
        let hidden = self.nodes.iter().filter(|n| n.is_hidden).count();
        let busy = self.nodes.iter().filter(|n| !n.is_idle).count();
        let mut out = match self.has_counters {
            true => format!("{busy} of {} tables carry packets", self.nodes.len()),
            false => format!("{} tables, no counters", self.nodes.len()),
        };
        if hidden > 0 {
            out.push_str(&format!(" | {hidden} idle hidden"));
        }
        let (edges, loops) = (self.edges.len(), self.loops);
        let (edge, turn) = (plural(edges as u64, "edge"), plural(loops as u64, "loop"));
        out.push_str(&format!(" | {edges} {edge} | {loops} {turn}"));
        out
    }
}

/// Packets first, flows among equals, then in the order of the graph.
fn largest_first(mut edges: Vec<(usize, &Edge)>) -> Vec<(usize, &Edge)> {
    edges.sort_by_key(|(at, e)| (std::cmp::Reverse((e.sum.packets, e.sum.flows)), *at));
    edges
}

/// A share as people read it, in at most four characters: `48%`, and `<1%` or `>99%` where rounding would lie.
pub fn percent(share: f64) -> String {
    match share {
        s if s <= 0.0 => "0%".to_owned(),
        s if s < 0.01 => "<1%".to_owned(),
        s if s >= 1.0 => "100%".to_owned(),
        s if s > 0.99 => ">99%".to_owned(),
        s => format!("{:.0}%", s * 100.0),
    }
}
