//! Where flows lead: the tables of a bridge as a graph.
//!
//! An action list leads to tables (`goto_table`, `resubmit`, `ct(table=..)`), out of the bridge, or nowhere. [`jumps`]
//! says so for one list; [`Pipeline`] sums it up for all flows of a bridge, with the counters of the flows that lead
//! there. A group is looked into, so that its buckets' jumps are those of the flow.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::bridge::{Bridge, FlowId};
use super::flow::TableId;
use super::group::Group;
use crate::action::{Action, Actions};
use crate::field::names::port;

/// How a flow sends packets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// `goto_table`.
    Goto,
    /// `resubmit`.
    Resubmit,
    /// `ct(table=..)`: after connection tracking.
    Ct,
    /// The packet leaves: `output`, `NORMAL`, `controller`.
    Output,
    /// A flow that is learned stands there.
    Learn,
    /// Nothing of the list sends the packet anywhere.
    None,
}

impl Way {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Way::Goto => "goto_table",
            Way::Resubmit => "resubmit",
            Way::Ct => "ct",
            Way::Output => "output",
            Way::Learn => "learn",
            Way::None => "drop",
        }
    }
}

/// Where packets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// To a table.
    Table(TableId),
    /// Out of a port, as a learning switch chooses.
    Normal,
    /// Out of every port.
    Flood,
    /// Out of a port: its number, reserved ones included.
    Port(u32),
    /// Out of a port that a field or a hash chooses.
    AnyPort,
    /// To the controller.
    Controller,
    /// To a group that the bridge does not have.
    Group(u32),
    /// Nowhere yet: the flow is a clause of this conjunction.
    Conjunction(u32),
    /// Nowhere.
    Drop,
}

/// One way on from a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Jump {
    /// How.
    pub way: Way,
    /// Where to.
    pub to: Place,
}

/// The ways on that a list of actions has, in its order and each once.
pub type Jumps = SmallVec<[Jump; 3]>;

/// Where actions of a flow in `table` lead. `groups` are those of the bridge.
pub fn jumps(actions: &Actions, table: TableId, groups: &[Group]) -> Jumps {
    let mut jumps = Jumps::new();
    collect(actions, table, groups, &mut Vec::new(), &mut jumps);
    if jumps.is_empty() {
        jumps.push(Jump { way: Way::None, to: Place::Drop });
    }
    jumps
}

/// `seen` are the groups that were looked into already, so that groups which lead to each other come to an end.
fn collect(actions: &Actions, table: TableId, groups: &[Group], seen: &mut Vec<u32>, out: &mut Jumps) {
    for action in &actions.0 {
        let jump = match action {
            Action::GotoTable(a) => Some((Way::Goto, Place::Table(a.0))),
            Action::Resubmit(a) => Some((Way::Resubmit, Place::Table(a.table.unwrap_or(table)))),
            Action::Output(a) => Some((Way::Output, place_of_port(a.port))),
            Action::OutputTrunc(a) => Some((Way::Output, place_of_port(a.port))),
            Action::Enqueue(a) => Some((Way::Output, place_of_port(a.port))),
            Action::OutputReg(_) | Action::Bundle(_) => Some((Way::Output, Place::AnyPort)),
            Action::Controller(_) => Some((Way::Output, Place::Controller)),
            Action::Conjunction(a) => Some((Way::None, Place::Conjunction(a.id))),
            Action::Learn(a) => Some((Way::Learn, Place::Table(a.table))),
            Action::Ct(ct) => ct.table.map(|table| (Way::Ct, Place::Table(table))),
            Action::Clone(a) => {
                collect(&a.actions, table, groups, seen, out);
                None
            }
            Action::WriteActions(a) => {
                collect(&a.actions, table, groups, seen, out);
                None
            }
            Action::Group(a) if seen.contains(&a.0) => None,
            Action::Group(a) => match groups.iter().find(|g| g.id == a.0) {
                Some(group) => {
                    seen.push(a.0);
                    for bucket in &group.buckets {
                        collect(&bucket.actions, table, groups, seen, out);
                    }
                    None
                }
                None => Some((Way::Output, Place::Group(a.0))),
            },
            _ => None,
        };
        if let Some((way, to)) = jump
            && !out.contains(&Jump { way, to })
        {
            out.push(Jump { way, to });
        }
    }
}

fn place_of_port(number: u32) -> Place {
    match number {
        port::NORMAL => Place::Normal,
        port::FLOOD | port::ALL => Place::Flood,
        port::CONTROLLER => Place::Controller,
        port::NONE => Place::Drop,
        number => Place::Port(number),
    }
}

/// What flows, packets and bytes come to in sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// Flows.
    pub flows: u64,
    /// Packets, of those flows whose counter is known.
    pub packets: u64,
    /// Bytes, of those flows whose counter is known.
    pub bytes: u64,
}

impl Sum {
    fn add(&mut self, packets: u64, bytes: u64) {
        self.flows += 1;
        // `u64::MAX` stands for "not known", and saturating keeps hostile counters from wrapping.
        self.packets = self.packets.saturating_add(if packets == u64::MAX { 0 } else { packets });
        self.bytes = self.bytes.saturating_add(if bytes == u64::MAX { 0 } else { bytes });
    }
}

/// The flows of one table that lead to one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// From this table.
    pub from: TableId,
    /// How and where to.
    pub jump: Jump,
    /// The flows, and what they counted.
    pub sum: Sum,
    /// The flow that counted most, for an example.
    pub example: FlowId,
    /// The packets of that flow.
    example_packets: u64,
}

/// The tables of a bridge as a graph.
#[derive(Debug, Clone, Default)]
pub struct Pipeline {
    /// The edges, by table and place.
    pub edges: Vec<Edge>,
    /// What the flows of each table that has flows count, by table.
    pub tables: Vec<(TableId, Sum)>,
    /// Flows whose actions lead to more than one place, and so are part of several edges.
    pub forks: u64,
}

impl Pipeline {
    /// The graph of a bridge.
    pub fn of(bridge: &Bridge) -> Pipeline {
        let mut edges: FxHashMap<(TableId, Jump), Edge> = FxHashMap::default();
        let mut tables: [Sum; 256] = [Sum::default(); 256];
        let mut forks = 0;
        for (start, segment) in bridge.flows.segments() {
            // Few lists of actions stand in many flows, so each list is looked at once for each table.
            let mut known: FxHashMap<(TableId, u16), Jumps> = FxHashMap::default();
            let columns = segment.tables().iter().zip(segment.action_ids());
            let counters = segment.n_packets().iter().zip(segment.n_bytes());
            for ((id, (&table, &list)), (&packets, &bytes)) in (start..).zip(columns).zip(counters) {
                tables[usize::from(table)].add(packets, bytes);
                let jumps = known.entry((table, list)).or_insert_with(|| {
                    jumps(&segment.action_lists()[usize::from(list)].actions, table, &bridge.groups)
                });
                forks += u64::from(jumps.len() > 1);
                for &jump in jumps.iter() {
                    let edge = edges.entry((table, jump)).or_insert(Edge {
                        from: table,
                        jump,
                        sum: Sum::default(),
                        example: id,
                        example_packets: 0,
                    });
                    edge.sum.add(packets, bytes);
                    if packets != u64::MAX && packets > edge.example_packets {
                        (edge.example, edge.example_packets) = (id, packets);
                    }
                }
            }
        }
        let mut edges: Vec<Edge> = edges.into_values().collect();
        edges.sort_unstable_by_key(|e| (e.from, e.jump.to, e.jump.way));
        let tables = (0..=255).zip(tables).filter(|(_, sum)| sum.flows > 0).collect();
        Pipeline { edges, tables, forks }
    }

    /// The edges that start in a table.
    pub fn from(&self, table: TableId) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |e| e.from == table)
    }

    /// The edges that lead to a place.
    pub fn to(&self, place: Place) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |e| e.jump.to == place)
    }

    /// What the flows of a table count.
    pub fn table(&self, table: TableId) -> Sum {
        self.tables.iter().find(|(id, _)| *id == table).map_or(Sum::default(), |(_, sum)| *sum)
    }

    /// The tables that can be reached from `from`, itself included.
    pub fn reachable(&self, from: TableId) -> Vec<TableId> {
        let mut seen = [false; 256];
        let mut todo = vec![from];
        while let Some(table) = todo.pop() {
            if std::mem::replace(&mut seen[usize::from(table)], true) {
                continue;
            }
            todo.extend(self.from(table).filter_map(|e| match e.jump.to {
                Place::Table(next) if e.jump.way != Way::Learn => Some(next),
                _ => None,
            }));
        }
        (0..=255).filter(|t| seen[usize::from(*t)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::output::{Group as GroupAction, Output};
    use crate::action::pipeline::{GotoTable, Resubmit};
    use crate::model::group::{Bucket, GroupType};

    fn output(port: u32) -> Action {
        Output { port, max_len: 0 }.into()
    }

    #[test]
    fn a_list_leads_where_its_groups_lead() {
        let bucket = |actions| Bucket { actions: Actions(actions), ..Bucket::default() };
        let group = Group {
            id: 7,
            kind: GroupType::All,
            selection_method: "".into(),
            selection_method_param: 0,
            fields: Vec::new(),
            buckets: vec![bucket(vec![output(3)]), bucket(vec![Resubmit::to(9).into(), GroupAction(7).into()])],
        };
        let lead = |actions: Vec<Action>| jumps(&Actions(actions), 4, std::slice::from_ref(&group)).to_vec();
        assert_eq!(lead(vec![]), [Jump { way: Way::None, to: Place::Drop }]);
        assert_eq!(
            lead(vec![GotoTable(5).into(), GroupAction(7).into(), GroupAction(8).into()]),
            [
                Jump { way: Way::Goto, to: Place::Table(5) },
                Jump { way: Way::Output, to: Place::Port(3) },
                Jump { way: Way::Resubmit, to: Place::Table(9) },
                Jump { way: Way::Output, to: Place::Group(8) },
            ]
        );
    }
}
