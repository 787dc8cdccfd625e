//! From flows to a graph, in one pass.
//!
//! [`Pipeline`](crate::model::pipeline::Pipeline) has an edge for each port and each way. Here a flow that floods to
//! ten ports is one flow of one edge, so that shares add up; that is why its sums are not used, only [`jumps`], which
//! says where one list of actions leads.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::cycle::{self, TableSet};
use super::{Edge, End, Graph, Heat, Light, Node, Options, ShareBy, Sink};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::naming::Naming;
use crate::model::pipeline::{Place, Sum, Way, jumps};
use crate::model::store::{ActionList, Segment};

/// A counter that the dump did not have.
const UNKNOWN: u64 = u64::MAX;

impl Graph {
    /// The graph of a bridge. Tables are called as `naming` has it, else as the switch does.
    pub fn of(bridge: &Bridge, naming: &Naming, options: &Options) -> Graph {
        let gathered = Gathered::from(bridge);
        let mut graph = Graph {
            bridge: bridge.name.clone(),
            names: bridge.names.clone(),
            edges: edges(&gathered.slots, bridge),
            has_counters: gathered.has_counters,
            ..Graph::default()
        };
        graph.nodes = nodes(&gathered, &graph.edges, bridge, naming);
        for edge in &mut graph.edges {
            let sum = &gathered.tables[usize::from(edge.from)];
            let (part, whole) = match sum.packets {
                0 => (edge.sum.flows, sum.flows.saturating_sub(gathered.clauses[usize::from(edge.from)])),
                packets => (edge.sum.packets, packets),
            };
            edge.share = if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) };
        }
        cycle::mark(&mut graph);
        graph.apply(options);
        graph
    }

    /// Hides, heats and lights up what the options say. The flows are not needed for it.
    pub fn apply(&mut self, options: &Options) {
        self.heat = options.heat;
        let is_quiet = self.nodes.iter().all(|n| n.is_idle);
        let mut hidden = TableSet::default();
        for node in &mut self.nodes {
            node.is_hidden = options.hide_idle && node.is_idle && !is_quiet && !options.visited.contains(node.id);
            if node.is_hidden {
                hidden.insert(node.id);
            }
            node.heat = match options.heat {
                Heat::Packets => node.sum.packets,
                Heat::Bytes => node.sum.bytes,
                Heat::Flows => node.sum.flows,
                Heat::Drops => node.dropped,
            };
        }
        // An edge to a table that drops all it gets is a drop, too.
        let droppers: TableSet =
            self.nodes.iter().filter(|n| n.dropped > 0 && n.dropped >= n.sum.packets).map(|n| n.id).collect();
        for edge in &mut self.edges {
            edge.is_hidden = hidden.contains(edge.from) || edge.table().is_some_and(|to| hidden.contains(to));
            let drops = edge.to == End::Sink(Sink::Drop) || edge.table().is_some_and(|to| droppers.contains(to));
            edge.heat = match options.heat {
                Heat::Packets => edge.sum.packets,
                Heat::Bytes => edge.sum.bytes,
                Heat::Flows => edge.sum.flows,
                Heat::Drops => {
                    if drops {
                        edge.sum.packets
                    } else {
                        0
                    }
                }
            };
        }
        self.light_up(options);
    }
}

/// The flows of one table that have one list of actions.
struct Slot<'a> {
    table: TableId,
    list: &'a ActionList,
    sum: Sum,
    example: FlowId,
    /// The packets of the example.
    most: u64,
    leads: SmallVec<[Lead; 2]>,
}

/// One place where a list of actions leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lead {
    to: End,
    way: Way,
    number: Option<u32>,
}

/// What one pass over the flows finds.
struct Gathered<'a> {
    slots: Vec<Slot<'a>>,
    tables: Box<[Sum; 256]>,
    clauses: Box<[u64; 256]>,
    /// Packets of the flows of priority 0 that match everything and drop.
    missed: Box<[u64; 256]>,
    has_counters: bool,
}

impl<'a> Gathered<'a> {
    fn from(bridge: &'a Bridge) -> Gathered<'a> {
        let mut gathered = Gathered {
            slots: Vec::new(),
            tables: Box::new([Sum::default(); 256]),
            clauses: Box::new([0; 256]),
            missed: Box::new([0; 256]),
            has_counters: false,
        };
        let mut last_resorts = Vec::new();
        for (start, segment) in bridge.flows.segments() {
            gathered.has_counters |= segment.heads().iter().any(|h| h.has_stats);
            gathered.take(start, segment, &mut last_resorts);
        }
        for slot in &mut gathered.slots {
            let sum = slot.sum;
            add(&mut gathered.tables[usize::from(slot.table)], sum);
            let mut is_clause = false;
            for jump in jumps(&slot.list.actions, slot.table, &bridge.groups) {
                match lead(jump.way, jump.to) {
                    Some(lead) => slot.leads.push(lead),
                    None => is_clause = true,
                }
            }
            if is_clause {
                gathered.clauses[usize::from(slot.table)] += sum.flows;
            } else if slot.leads.iter().all(|l| l.way == Way::Learn) {
                slot.leads.push(Lead { to: End::Sink(Sink::Drop), way: Way::None, number: None });
            }
        }
        for (at, packets) in last_resorts {
            let slot: &Slot = &gathered.slots[at];
            if slot.leads.iter().all(|l| l.to == End::Sink(Sink::Drop)) {
                let missed = &mut gathered.missed[usize::from(slot.table)];
                *missed = missed.saturating_add(packets);
            }
        }
        mark_returns(&mut gathered.slots);
        gathered
    }

    /// Sorts the flows of a segment into slots. Flows of priority 0 that match everything are noted with their slot.
    fn take(&mut self, start: FlowId, segment: &'a Segment, last_resorts: &mut Vec<(usize, u64)>) {
        // A list nearly always stands in one table only, so the slot it was in last is looked at first.
        let mut last = vec![usize::MAX; segment.action_lists().len()];
        let mut known: FxHashMap<(TableId, u16), usize> = FxHashMap::default();
        let columns = segment.tables().iter().zip(segment.action_ids());
        let counters = segment.n_packets().iter().zip(segment.n_bytes());
        let keys = segment.priorities().iter().zip(segment.shape_ids());
        let rows = columns.zip(counters).zip(keys);
        for (id, (((&table, &list), (&packets, &bytes)), (&priority, &shape))) in (start..).zip(rows) {
            let list_at = usize::from(list);
            let mut at = last[list_at];
            if self.slots.get(at).is_none_or(|s| s.table != table) {
                at = *known.entry((table, list)).or_insert_with(|| {
                    let list = &*segment.action_lists()[list_at];
                    let (sum, leads) = (Sum::default(), SmallVec::new());
                    self.slots.push(Slot { table, list, sum, example: id, most: 0, leads });
                    self.slots.len() - 1
                });
                last[list_at] = at;
            }
            let slot = &mut self.slots[at];
            let packets = if packets == UNKNOWN { 0 } else { packets };
            let bytes = if bytes == UNKNOWN { 0 } else { bytes };
            add(&mut slot.sum, Sum { flows: 1, packets, bytes });
            if packets > slot.most {
                (slot.example, slot.most) = (id, packets);
            }
            if priority == 0 && segment.shapes()[usize::from(shape)].masks.is_empty() {
                last_resorts.push((at, packets));
            }
        }
    }
}

/// Saturates, so that hostile counters cannot wrap.
fn add(sum: &mut Sum, more: Sum) {
    sum.flows += more.flows;
    sum.packets = sum.packets.saturating_add(more.packets);
    sum.bytes = sum.bytes.saturating_add(more.bytes);
}

/// A jump as an edge sees it; `None` for a clause of a conjunction, which leads nowhere by itself.
fn lead(way: Way, to: Place) -> Option<Lead> {
    let sink = |sink, number| Some(Lead { to: End::Sink(sink), way, number });
    match to {
        Place::Table(id) => Some(Lead { to: End::Table(id), way, number: None }),
        Place::Normal => sink(Sink::Normal, None),
        Place::Flood => sink(Sink::Flood, None),
        Place::Port(number) => sink(Sink::Out, Some(number)),
        Place::AnyPort => sink(Sink::Out, None),
        Place::Controller => sink(Sink::Controller, None),
        Place::Group(number) => sink(Sink::Group, Some(number)),
        Place::Conjunction(_) => None,
        Place::Drop => sink(Sink::Drop, None),
    }
}

/// A flow that only writes fields does not drop a packet that was resubmitted to its table by a flow which then goes
/// on: OVN looks addresses up that way. So such flows return in tables that are called, and drop in all others. A table
/// is called if a list resubmits to it and has another way, too, and if a called table leads to it.
fn mark_returns(slots: &mut [Slot<'_>]) {
    let mut called = TableSet::default();
    for slot in slots.iter() {
        let carries = slot.leads.iter().filter(|l| l.way != Way::Learn);
        if carries.clone().count() > 1 {
            for lead in carries.filter(|l| l.way == Way::Resubmit) {
                if let End::Table(id) = lead.to {
                    called.insert(id);
                }
            }
        }
    }
    let mut more = !called.is_empty();
    while std::mem::take(&mut more) {
        for slot in slots.iter().filter(|s| s.leads.len() == 1 && s.leads[0].way == Way::Resubmit) {
            if let End::Table(id) = slot.leads[0].to
                && called.contains(slot.table)
            {
                more |= called.insert(id);
            }
        }
    }
    for slot in slots.iter_mut().filter(|s| called.contains(s.table) && !s.list.actions.0.is_empty()) {
        for lead in slot.leads.iter_mut().filter(|l| l.way == Way::None) {
            lead.to = End::Sink(Sink::Return);
        }
    }
}

/// The edges, by table, end, and whether they learn.
fn edges(slots: &[Slot<'_>], bridge: &Bridge) -> Vec<Edge> {
    let mut found: FxHashMap<(TableId, End, bool), (Edge, u64)> = FxHashMap::default();
    for slot in slots {
        for (at, lead) in slot.leads.iter().enumerate() {
            let is_learn = lead.way == Way::Learn;
            let key = (slot.table, lead.to, is_learn);
            let (edge, most) = found.entry(key).or_insert_with(|| (new_edge(slot, lead), slot.most));
            let earlier = slot.leads[..at].iter().filter(|l| l.to == lead.to && (l.way == Way::Learn) == is_learn);
            if earlier.clone().next().is_none() {
                add(&mut edge.sum, slot.sum);
                if slot.most > *most {
                    (edge.example, *most) = (slot.example, slot.most);
                }
            }
            if !earlier.clone().any(|l| l.way == lead.way) {
                match edge.ways.iter_mut().find(|(way, _)| *way == lead.way) {
                    Some((_, sum)) => add(sum, slot.sum),
                    None => edge.ways.push((lead.way, slot.sum)),
                }
            }
            edge.numbers.extend(lead.number);
        }
    }
    debug_assert!(found.values().all(|(e, _)| (e.example as usize) < bridge.flows.len()));
    let mut edges: Vec<Edge> = found.into_values().map(|(edge, _)| edge).collect();
    for edge in &mut edges {
        edge.ways.sort_by_key(|(way, _)| *way);
        edge.numbers.sort_unstable();
        edge.numbers.dedup();
    }
    edges.sort_unstable_by_key(|e| (e.from, e.to, e.is_learn));
    edges
}

fn new_edge(slot: &Slot<'_>, lead: &Lead) -> Edge {
    Edge {
        from: slot.table,
        to: lead.to,
        ways: SmallVec::new(),
        sum: Sum::default(),
        share: 0.0,
        heat: 0,
        numbers: Vec::new(),
        example: slot.example,
        is_learn: lead.way == Way::Learn,
        is_loop: false,
        is_back: false,
        is_hidden: false,
        light: Light::Plain,
    }
}

/// The tables that have flows, and those that flows lead to.
fn nodes(gathered: &Gathered<'_>, edges: &[Edge], bridge: &Bridge, naming: &Naming) -> Vec<Node> {
    let mut ids: TableSet = edges.iter().filter_map(Edge::table).collect();
    ids.join(&(0..=255).filter(|id| gathered.tables[usize::from(*id)].flows > 0).collect());
    let mut arriving = [0u64; 256];
    let mut dropped = [0u64; 256];
    for edge in edges.iter().filter(|e| !e.is_learn) {
        match edge.to {
            End::Table(to) => {
                let sum = &mut arriving[usize::from(to)];
                *sum = sum.saturating_add(edge.sum.packets);
            }
            End::Sink(Sink::Drop) => dropped[usize::from(edge.from)] = edge.sum.packets,
            End::Sink(_) => {}
        }
    }
    let node = |id: TableId| {
        let at = usize::from(id);
        let sum = gathered.tables[at];
        // What matches no flow is dropped since OpenFlow 1.3; in a table without flows, that is all that comes.
        let stats = bridge.table_stats.iter().find(|t| t.id == id);
        let unmatched = match stats {
            Some(stats) => stats.lookups.saturating_sub(stats.matched),
            None if sum.flows == 0 => arriving[at],
            None => 0,
        };
        let is_idle = gathered.has_counters && sum.packets == 0 && unmatched == 0;
        Node {
            id,
            name: name(id, bridge, naming),
            sum,
            clauses: gathered.clauses[at],
            missed: gathered.missed[at].saturating_add(unmatched),
            dropped: dropped[at].saturating_add(unmatched),
            heat: 0,
            share_by: if sum.packets == 0 { ShareBy::Flows } else { ShareBy::Packets },
            is_idle,
            is_hidden: false,
            is_reachable: false,
            light: Light::Plain,
        }
    };
    ids.iter().map(node).collect()
}

fn name(id: TableId, bridge: &Bridge, naming: &Naming) -> Arc<str> {
    match naming.table(id) {
        Some(word) => word.name.clone(),
        None => bridge.names.table_name(id).cloned().unwrap_or_default(),
    }
}
