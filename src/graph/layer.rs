//! What is drawn, and in which layer each table stands.
//!
//! The layer of a table is the length of the longest path to it, so that every edge leads down, but for those that were
//! found to lead back. Tables that cannot be reached stand right above what they lead to. Tables without any edge to a
//! table, and those that nothing leads to while they lead into the pipeline, stand in rows of their own below.

use super::layout::LeftOut;
use super::{Edge, End, Graph, TableSet};
use crate::model::flow::TableId;

/// More tables than these are not drawn.
const MOST_TABLES: usize = 64;
/// More edges between tables than these are not drawn.
const MOST_EDGES: usize = 300;

/// What is drawn.
pub(super) struct Plan {
    /// The tables as places in [`Graph::nodes`], by layer and number. Their places here are the numbers of the boxes.
    pub tables: Vec<usize>,
    /// The layer of each box.
    pub layer: Vec<usize>,
    /// Whether packets can get to each box from table 0.
    pub is_reachable: Vec<bool>,
    /// The first box of those that stand alone, without lines to or from another.
    pub lone: usize,
    /// The edges that lead down.
    pub down: Vec<Wire>,
    /// The edges that lead up, or stay in their layer.
    pub up: Vec<Wire>,
    /// For each box the edges that are written beside it, in the order of the graph: those that leave the tables or
    /// come back at once, and all of a table that stands alone.
    pub stubs: Vec<Vec<usize>>,
    /// What is not drawn.
    pub left_out: LeftOut,
}

/// An edge between two boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wire {
    /// The place in [`Graph::edges`].
    pub edge: usize,
    /// The box it comes from.
    pub from: usize,
    /// The box it leads to.
    pub to: usize,
}

impl Plan {
    /// What is drawn of a graph.
    pub fn of(graph: &Graph) -> Plan {
        let visible: TableSet = graph.visible().map(|n| n.id).collect();
        let edges = || graph.edges.iter().enumerate().filter(|(_, e)| !e.is_hidden);
        let alone = alone(graph, &visible);
        let layers = layers(&visible, edges().map(|(_, e)| e).filter(|e| !alone.contains(e.from)));
        let is_lone = |id: TableId| alone.contains(id);
        let mut ids: Vec<TableId> = visible.iter().collect();
        ids.sort_by_key(|id| (is_lone(*id), layers[usize::from(*id)], *id));
        let mut left_out = LeftOut { tables: ids.len().saturating_sub(MOST_TABLES), edges: 0 };
        ids.truncate(MOST_TABLES);

        let mut number = [usize::MAX; 256];
        for (at, id) in ids.iter().enumerate() {
            number[usize::from(*id)] = at;
        }
        let lone = ids.iter().position(|id| is_lone(*id)).unwrap_or(ids.len());
        // Layers that nothing is left in are closed up.
        let mut used: Vec<usize> = ids[..lone].iter().map(|id| layers[usize::from(*id)]).collect();
        used.sort_unstable();
        used.dedup();
        let rank =
            |id: &TableId| if is_lone(*id) { 0 } else { used.partition_point(|l| *l < layers[usize::from(*id)]) };
        let layer: Vec<usize> = ids.iter().map(rank).collect();
        let mut stubs = vec![Vec::new(); ids.len()];
        let mut wires = Vec::new();
        for (at, edge) in edges() {
            let from = number[usize::from(edge.from)];
            match edge.to {
                _ if from == usize::MAX => left_out.edges += 1,
                End::Table(to) if to != edge.from && !is_lone(edge.from) => match number[usize::from(to)] {
                    usize::MAX => left_out.edges += 1,
                    to => wires.push(Wire { edge: at, from, to }),
                },
                _ => stubs[from].push(at),
            }
        }
        if wires.len() > MOST_EDGES {
            // Short edges show the shape, long ones only fill the lanes.
            wires.sort_by_key(|w| (layer[w.from].abs_diff(layer[w.to]), w.edge));
            left_out.edges += wires.len() - MOST_EDGES;
            wires.truncate(MOST_EDGES);
            wires.sort_by_key(|w| w.edge);
        }
        let (down, up) = wires.into_iter().partition(|w| layer[w.to] > layer[w.from]);
        let tables: Vec<usize> = ids.iter().filter_map(|id| graph.at(*id)).collect();
        let is_reachable = tables.iter().map(|at| graph.nodes[*at].is_reachable).collect();
        Plan { tables, layer, is_reachable, lone, down, up, stubs, left_out }
    }
}

/// The tables that stand alone.
fn alone(graph: &Graph, visible: &TableSet) -> TableSet {
    let mut led_to = TableSet::default();
    let mut leading = TableSet::default();
    // Tables that lead to one that cannot be reached: that is no side entry, but a part of the picture.
    let mut apart = TableSet::default();
    for edge in graph.edges.iter().filter(|e| !e.is_hidden) {
        if let Some(to) = edge.table().filter(|to| *to != edge.from) {
            led_to.insert(to);
            leading.insert(edge.from);
            if !graph.node(to).is_some_and(|n| n.is_reachable) {
                apart.insert(edge.from);
            }
        }
    }
    let is_reachable = |id: TableId| graph.node(id).is_some_and(|n| n.is_reachable);
    let is_alone = |id: &TableId| {
        let is_side_entry = !is_reachable(*id) && !apart.contains(*id);
        // Table 0 comes first even if it leads nowhere.
        *id != 0 && !led_to.contains(*id) && (!leading.contains(*id) || is_side_entry)
    };
    visible.iter().filter(is_alone).collect()
}

/// The layer of each table by number.
fn layers<'a>(visible: &TableSet, edges: impl Iterator<Item = &'a Edge>) -> [usize; 256] {
    let mut next = Box::new([TableSet::default(); 256]);
    let mut missing = [0usize; 256];
    for edge in edges.filter(|e| !e.is_back) {
        if let Some(to) = edge.table()
            && next[usize::from(edge.from)].insert(to)
        {
            missing[usize::from(to)] += 1;
        }
    }
    // A table is ready when all tables above it have their layers.
    let mut ready: Vec<TableId> = visible.iter().filter(|id| missing[usize::from(*id)] == 0).collect();
    let mut layer = [0usize; 256];
    let mut below_start = TableSet::default();
    below_start.insert(0);
    let mut sorted = Vec::new();
    while let Some(id) = ready.pop() {
        sorted.push(id);
        for to in next[usize::from(id)].iter() {
            let at = usize::from(to);
            layer[at] = layer[at].max(layer[usize::from(id)] + 1);
            missing[at] -= 1;
            if missing[at] == 0 {
                ready.push(to);
            }
            if below_start.contains(id) {
                below_start.insert(to);
            }
        }
    }
    for id in sorted.iter().rev().filter(|id| !below_start.contains(**id)) {
        let below = next[usize::from(*id)].iter().map(|to| layer[usize::from(to)]).min();
        if let Some(below) = below {
            layer[usize::from(*id)] = below - 1;
        }
    }
    layer
}
