//! Loops, edges that lead back, and paths.
//!
//! A loop is a strongly connected component: tables that reach each other. Where one is drawn from top to bottom, some
//! of its edges must lead up. Those are the edges that a walk in depth from table 0 finds leading to a table it came
//! through; without them there is no loop left. Edges that only learn flows carry no packets: they are no part of a
//! loop, and lead up only where down is not possible.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Edge, End, Goal, Graph, Light, Options};
use crate::model::flow::TableId;

/// A set of tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TableSet([u64; 4]);

impl TableSet {
    /// Puts a table in; tells whether it was not there.
    pub fn insert(&mut self, id: TableId) -> bool {
        let (word, bit) = (&mut self.0[usize::from(id >> 6)], 1 << (id & 63));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Whether a table is in it.
    pub fn contains(&self, id: TableId) -> bool {
        self.0[usize::from(id >> 6)] & 1 << (id & 63) != 0
    }

    /// Whether it holds no table.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// The tables, by number.
    pub fn iter(&self) -> impl Iterator<Item = TableId> + '_ {
        (0..=255).filter(|id| self.contains(*id))
    }

    /// Puts all of `other` in.
    pub fn join(&mut self, other: &TableSet) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }
}

impl FromIterator<TableId> for TableSet {
    fn from_iter<I: IntoIterator<Item = TableId>>(ids: I) -> TableSet {
        let mut set = TableSet::default();
        for id in ids {
            set.insert(id);
        }
        set
    }
}

/// For each table the tables that some edges lead to.
type Next = [TableSet; 256];

fn next<'a>(edges: impl Iterator<Item = &'a Edge>) -> Box<Next> {
    let mut next = Box::new([TableSet::default(); 256]);
    for edge in edges {
        if let End::Table(to) = edge.to {
            next[usize::from(edge.from)].insert(to);
        }
    }
    next
}

/// The tables that can be reached from some, themselves included.
fn reach(starts: impl IntoIterator<Item = TableId>, next: &Next) -> TableSet {
    let mut seen = TableSet::default();
    let mut todo: Vec<TableId> = starts.into_iter().collect();
    while let Some(id) = todo.pop() {
        if seen.insert(id) {
            todo.extend(next[usize::from(id)].iter());
        }
    }
    seen
}

/// Finds out which edges are part of loops, which lead back, and which tables can be reached from table 0.
pub(super) fn mark(graph: &mut Graph) {
    let packets = next(graph.edges.iter().filter(|e| !e.is_learn));
    let (component, loops) = components(graph, &packets);
    graph.loops = loops;
    let back = Box::new([TableSet::default(); 256]);
    let mut walk = Walk { next: &packets, state: [State::New; 256], back, done: Vec::new() };
    for node in &graph.nodes {
        walk.visit(node.id);
    }
    let Walk { back, done, .. } = walk;

    // Which tables lie below which; a table is done after all tables below it.
    let mut below = Box::new([TableSet::default(); 256]);
    for id in done {
        let mut set = TableSet::default();
        for to in packets[usize::from(id)].iter().filter(|to| !back[usize::from(id)].contains(*to)) {
            set.insert(to);
            set.join(&below[usize::from(to)]);
        }
        below[usize::from(id)] = set;
    }

    let reachable = reach(graph.at(0).map(|_| 0), &packets);
    for node in &mut graph.nodes {
        node.is_reachable = reachable.contains(node.id);
    }
    for edge in &mut graph.edges {
        let End::Table(to) = edge.to else { continue };
        let from = edge.from;
        if !edge.is_learn {
            edge.is_back = back[usize::from(from)].contains(to);
            edge.is_loop = from == to || component[usize::from(from)] == component[usize::from(to)];
            continue;
        }
        edge.is_back = from == to || below[usize::from(to)].contains(from);
        if !edge.is_back && !below[usize::from(from)].contains(to) {
            let mut more = below[usize::from(to)];
            more.insert(to);
            for (id, set) in (0..=255).zip(below.iter_mut()) {
                if id == from || set.contains(from) {
                    set.join(&more);
                }
            }
        }
    }
}

/// A number for each table that is the same for tables that reach each other, and how many loops there are.
fn components(graph: &Graph, packets: &Next) -> ([u16; 256], usize) {
    let mut tables: DiGraph<(), (), u16> = DiGraph::default();
    for _ in 0..256 {
        tables.add_node(());
    }
    for node in &graph.nodes {
        for to in packets[usize::from(node.id)].iter() {
            tables.add_edge(NodeIndex::new(usize::from(node.id)), NodeIndex::new(usize::from(to)), ());
        }
    }
    let mut component = [0; 256];
    let mut loops = 0;
    for (number, members) in (0..).zip(tarjan_scc(&tables)) {
        let turns = |n: &NodeIndex<u16>| packets[n.index()].contains(n.index() as TableId);
        loops += usize::from(members.len() > 1 || members.iter().any(turns));
        for member in members {
            component[member.index()] = number;
        }
    }
    (component, loops)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// A walk in depth, the lowest table first. It is at most 256 tables deep.
struct Walk<'a> {
    next: &'a Next,
    state: [State; 256],
    back: Box<Next>,
    done: Vec<TableId>,
}

impl Walk<'_> {
    fn visit(&mut self, id: TableId) {
        if self.state[usize::from(id)] != State::New {
            return;
        }
        self.state[usize::from(id)] = State::Open;
        let next = self.next;
        for to in next[usize::from(id)].iter() {
            match self.state[usize::from(to)] {
                State::New => self.visit(to),
                State::Open => {
                    self.back[usize::from(id)].insert(to);
                }
                State::Done => {}
            }
        }
        self.state[usize::from(id)] = State::Done;
        self.done.push(id);
    }
}

impl Graph {
    /// The edges that lie on some path from table 0 to `goal`, by place in [`Graph::edges`]. Edges that only learn are
    /// no part of a path.
    pub fn paths_to(&self, goal: Goal) -> Vec<usize> {
        let carries = |e: &&Edge| !e.is_learn;
        let from_start = reach(self.at(0).map(|_| 0), &next(self.edges.iter().filter(carries)));
        let is_last = |e: &Edge| match goal {
            Goal::Table(id) => e.to == End::Table(id),
            Goal::Sink(sink) => e.to == End::Sink(sink),
            Goal::Port(n) => e.to == End::Sink(super::Sink::Out) && e.numbers.binary_search(&n).is_ok(),
            Goal::Group(n) => e.to == End::Sink(super::Sink::Group) && e.numbers.binary_search(&n).is_ok(),
        };
        let mut before = Box::new([TableSet::default(); 256]);
        for edge in self.edges.iter().filter(carries) {
            if let End::Table(to) = edge.to {
                before[usize::from(to)].insert(edge.from);
            }
        }
        let last = self.edges.iter().filter(carries).filter(|e| is_last(e)).map(|e| e.from);
        let to_goal = reach(last, &before);
        let on_path =
            |e: &Edge| from_start.contains(e.from) && (is_last(e) || e.table().is_some_and(|to| to_goal.contains(to)));
        let edges = self.edges.iter().enumerate();
        edges.filter(|(_, e)| carries(e) && on_path(e)).map(|(at, _)| at).collect()
    }

    /// Lights up what the options ask for.
    pub(super) fn light_up(&mut self, options: &Options) {
        let (mut tables, edges) = match options.paths_to {
            Some(goal) => {
                let edges = self.paths_to(goal);
                let mut tables = TableSet::default();
                for edge in edges.iter().map(|at| &self.edges[*at]) {
                    tables.insert(edge.from);
                    if let End::Table(to) = edge.to {
                        tables.insert(to);
                    }
                }
                (tables, edges)
            }
            None => {
                let ends = |e: &Edge| {
                    options.visited.contains(e.from) && e.table().is_some_and(|to| options.visited.contains(to))
                };
                let edges = self.edges.iter().enumerate().filter(|(_, e)| !e.is_learn && ends(e));
                (options.visited, edges.map(|(at, _)| at).collect())
            }
        };
        if let Some(Goal::Table(id)) = options.paths_to {
            tables.insert(id);
        }
        let rest = if options.paths_to.is_none() && options.visited.is_empty() { Light::Plain } else { Light::Faded };
        for node in &mut self.nodes {
            node.light = if tables.contains(node.id) { Light::Lit } else { rest };
        }
        for edge in &mut self.edges {
            edge.light = rest;
        }
        for at in edges {
            self.edges[at].light = Light::Lit;
        }
    }
}
