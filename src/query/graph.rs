//! `next`, `prev`, `reaches`, `reached-by`: where flows lead, and from where they can be reached.
//!
//! Steps between tables are those of [`Bridge::pipeline`]: a table leads to another one if any of its flows does, whatever
//! the packet holds. Only the step next to a named flow is looked at more closely: there the match must fit what the
//! packet holds after the actions. `reach` follows packets exactly; this is the quick answer for a list.

use smallvec::SmallVec;

use super::actions::{Written, written_by};
use super::leaf::{Goal, Reference};
use super::words::{Place as Word, Way};
use crate::action::{Action, Actions};
use crate::field::names::port;
use crate::field::slot::{WordId, word};
use crate::field::{Match, table};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::group::Group;
use crate::model::pipeline::{self, Jumps, Place};
use crate::model::store::FlowRef;

/// Some tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tables([bool; 256]);

impl Tables {
    fn none() -> Tables {
        Tables([false; 256])
    }

    fn of(list: impl IntoIterator<Item = TableId>) -> Tables {
        let mut tables = Tables::none();
        list.into_iter().for_each(|t| tables.0[usize::from(t)] = true);
        tables
    }

    /// Whether a table is one of them.
    pub(super) fn hold(&self, table: TableId) -> bool {
        self.0[usize::from(table)]
    }

    fn list(&self) -> impl Iterator<Item = TableId> + '_ {
        (0..=u8::MAX).filter(|t| self.hold(*t))
    }
}

/// Which tables lead to which.
struct Graph {
    edges: Vec<(TableId, TableId)>,
}

impl Graph {
    fn of(bridge: &Bridge) -> Graph {
        let edges = bridge.pipeline().edges.iter();
        let edges = edges.filter_map(|e| Some((e.from, table_of(e.jump)?)));
        Graph { edges: edges.collect() }
    }

    fn next(&self, table: TableId) -> impl Iterator<Item = TableId> + '_ {
        self.edges.iter().filter(move |(from, _)| *from == table).map(|(_, to)| *to)
    }

    fn prev(&self, table: TableId) -> impl Iterator<Item = TableId> + '_ {
        self.edges.iter().filter(move |(_, to)| *to == table).map(|(from, _)| *from)
    }

    /// These tables and all that they lead to.
    fn forward(&self, start: Tables) -> Tables {
        closure(start, |t| self.next(t).collect())
    }

    /// These tables and all that lead to them.
    fn backward(&self, start: Tables) -> Tables {
        closure(start, |t| self.prev(t).collect())
    }
}

fn closure(mut seen: Tables, step: impl Fn(TableId) -> Vec<TableId>) -> Tables {
    let mut todo: Vec<TableId> = seen.list().collect();
    while let Some(table) = todo.pop() {
        for next in step(table) {
            if !std::mem::replace(&mut seen.0[usize::from(next)], true) {
                todo.push(next);
            }
        }
    }
    seen
}

/// The table that packets go to. A flow that is learned there is no way to go.
fn table_of(jump: pipeline::Jump) -> Option<TableId> {
    match jump.to {
        Place::Table(table) if jump.way != pipeline::Way::Learn => Some(table),
        _ => None,
    }
}

/// The tables from which no way leads back from table 0: those that packets never see.
pub(super) fn unreachable(bridge: &Bridge) -> Tables {
    let reached = Tables::of(bridge.pipeline().reachable(0));
    Tables(reached.0.map(|is_reached| !is_reached))
}

/// For each table, the tables that lead to it, itself included.
pub(super) fn leading_to(bridge: &Bridge) -> Vec<Tables> {
    let graph = Graph::of(bridge);
    (0..=u8::MAX).map(|t| graph.backward(Tables::of([t]))).collect()
}

/// Whether one of a list's ways leads to one of these tables.
pub(super) fn leads_to(jumps: &Jumps, tables: &Tables) -> bool {
    jumps.iter().filter_map(|j| table_of(*j)).any(|t| tables.hold(t))
}

/// A reference, worked out for one bridge. A flow satisfies it in any of these ways.
#[derive(Debug, Clone)]
pub(super) struct GraphTest {
    /// It leads to one of these tables.
    to_tables: Tables,
    /// It leads to this place outside of the tables.
    to_place: Option<Place>,
    /// It uses this group.
    to_group: Option<u32>,
    /// It leads to this table, and the packets it sends there can match this.
    to_flow: Option<(TableId, Match)>,
    /// It stands in one of these tables.
    in_tables: Tables,
    /// It stands in this table and meets these packets.
    meets: SmallVec<[(TableId, Match); 1]>,
}

impl GraphTest {
    /// A reference for one bridge.
    pub(super) fn new(reference: Reference, bridge: &Bridge) -> GraphTest {
        let mut test = GraphTest {
            to_tables: Tables::none(),
            to_place: None,
            to_group: None,
            to_flow: None,
            in_tables: Tables::none(),
            meets: SmallVec::new(),
        };
        let graph = Graph::of(bridge);
        match reference.way {
            Way::Next | Way::Reaches => test.lead_to(reference, bridge, &graph),
            Way::Prev | Way::ReachedBy => test.come_from(reference, bridge, &graph),
        }
        test
    }

    fn lead_to(&mut self, reference: Reference, bridge: &Bridge, graph: &Graph) {
        // The tables with a flow that goes there in one step.
        let mut direct = Tables::none();
        let with_place = |place| Tables::of(bridge.pipeline().to(place).map(|e| e.from));
        match reference.goal {
            Goal::Table(t) => {
                self.to_tables = Tables::of([t]);
                direct = Tables::of(graph.prev(t));
            }
            Goal::Port(number) => {
                self.to_place = Some(place_of_port(number));
                direct = with_place(place_of_port(number));
            }
            Goal::Group(id) => {
                self.to_group = Some(id);
                direct = tables_with_group(bridge, id);
            }
            Goal::Plain(Word::Miss) => {
                self.to_tables = without_catch_all(bridge);
                direct = Tables::of(self.to_tables.list().flat_map(|t| graph.prev(t)));
            }
            Goal::Plain(word) => {
                self.to_place = place_of_word(word);
                direct = self.to_place.map_or(direct, with_place);
            }
            Goal::Flow(hash) => {
                for flow in flows(bridge, hash) {
                    self.to_flow = Some((flow.table(), flow.matches()));
                    direct = Tables::of(graph.prev(flow.table()));
                }
            }
        }
        if reference.way == Way::Reaches {
            let more = graph.backward(direct);
            more.list().for_each(|t| self.to_tables.0[usize::from(t)] = true);
        }
    }

    fn come_from(&mut self, reference: Reference, bridge: &Bridge, graph: &Graph) {
        let mut first = Tables::none();
        match reference.goal {
            Goal::Table(t) => first = Tables::of(graph.next(t)),
            Goal::Port(number) => {
                // Packets of a port come in at table 0.
                let mut packet = Match::any();
                packet.set_exact(table::IN_PORT.slot, number.into());
                if reference.way == Way::ReachedBy {
                    first = tables_after(bridge, &packet);
                }
                self.meets.push((0, packet));
            }
            Goal::Group(id) => {
                let group = [crate::action::output::Group(id).into()];
                let jumps = pipeline::jumps(&Actions(group.to_vec()), 0, &bridge.groups);
                first = Tables::of(jumps.iter().filter_map(|j| table_of(*j)));
            }
            Goal::Flow(hash) => {
                for flow in flows(bridge, hash) {
                    let jumps = pipeline::jumps(flow.actions(), flow.table(), &bridge.groups);
                    for t in jumps.iter().filter_map(|j| table_of(*j)) {
                        let packets = packets_sent(flow, t, &bridge.groups);
                        self.meets.extend(packets.into_iter().map(|m| (t, m)));
                        if reference.way == Way::ReachedBy {
                            graph.next(t).for_each(|next| first.0[usize::from(next)] = true);
                        }
                    }
                }
            }
            Goal::Plain(_) => {}
        }
        let is_near = matches!(reference.goal, Goal::Table(_) | Goal::Group(_));
        if is_near || reference.way == Way::ReachedBy {
            self.in_tables = if reference.way == Way::ReachedBy { graph.forward(first) } else { first };
        }
    }

    /// Whether the ways of a list of actions satisfy it, whatever the flow matches.
    pub(super) fn is_met_by_list(&self, actions: &Actions, jumps: &Jumps) -> bool {
        let uses_group = |id| {
            let mut found = false;
            actions.each(&mut |a| found |= matches!(a, Action::Group(g) if g.0 == id));
            found
        };
        leads_to(jumps, &self.to_tables)
            || self.to_place.is_some_and(|place| jumps.iter().any(|j| j.to == place))
            || self.to_group.is_some_and(uses_group)
    }

    /// Whether where a flow stands, or what it matches, satisfies it.
    pub(super) fn is_met_by_flow(&self, flow: FlowRef<'_>, groups: &[Group]) -> bool {
        if self.in_tables.hold(flow.table()) {
            return true;
        }
        let meets = |(t, packet): &(TableId, Match)| *t == flow.table() && packet.overlaps(&flow.matches());
        if self.meets.iter().any(meets) {
            return true;
        }
        match &self.to_flow {
            Some((t, wanted)) => packets_sent(flow, *t, groups).iter().any(|packets| packets.overlaps(wanted)),
            None => false,
        }
    }
}

fn flows(bridge: &Bridge, hash: crate::model::id::FlowHash) -> impl Iterator<Item = FlowRef<'_>> {
    let prefix = crate::model::id::Prefix { first: hash.0, last: hash.0 };
    bridge.ids().find(prefix).take(1).map(|id: FlowId| bridge.flow(id))
}

/// The place of packets that are sent to a port, as [`pipeline::jumps`] tells it.
fn place_of_port(number: u32) -> Place {
    match number {
        port::NORMAL => Place::Normal,
        port::FLOOD | port::ALL => Place::Flood,
        port::CONTROLLER => Place::Controller,
        port::NONE => Place::Drop,
        number => Place::Port(number),
    }
}

fn place_of_word(word: Word) -> Option<Place> {
    match word {
        Word::Drop => Some(Place::Drop),
        Word::Normal => Some(Place::Normal),
        Word::Controller => Some(Place::Controller),
        Word::Table | Word::Port | Word::Flow | Word::Group | Word::Miss => None,
    }
}

fn tables_with_group(bridge: &Bridge, id: u32) -> Tables {
    let mut tables = Tables::none();
    for (_, segment) in bridge.flows.segments() {
        let has: Vec<bool> = segment
            .action_lists()
            .iter()
            .map(|list| {
                let mut found = false;
                list.actions.each(&mut |a| found |= matches!(a, Action::Group(g) if g.0 == id));
                found
            })
            .collect();
        for (t, list) in segment.tables().iter().zip(segment.action_ids()) {
            tables.0[usize::from(*t)] |= has[usize::from(*list)];
        }
    }
    tables
}

/// The tables in which some packet may find no flow: those without a flow that matches every packet.
fn without_catch_all(bridge: &Bridge) -> Tables {
    let mut tables = Tables([true; 256]);
    for (_, segment) in bridge.flows.segments() {
        let catches: Vec<bool> = segment.shapes().iter().map(|s| s.masks.is_empty()).collect();
        for (t, shape) in segment.tables().iter().zip(segment.shape_ids()) {
            tables.0[usize::from(*t)] &= !catches[usize::from(*shape)];
        }
    }
    tables
}

/// The tables that packets go to from those flows of table 0 that they meet.
fn tables_after(bridge: &Bridge, packet: &Match) -> Tables {
    let mut tables = Tables::none();
    for id in bridge.table(0).map_or(&[][..], |t| &t.flows) {
        let flow = bridge.flow(*id);
        if packet.overlaps(&flow.matches()) {
            let jumps = pipeline::jumps(flow.actions(), 0, &bridge.groups);
            jumps.iter().filter_map(|j| table_of(*j)).for_each(|t| tables.0[usize::from(t)] = true);
        }
    }
    tables
}

/// The packets that a flow sends to a table: what it matches, changed by the actions in front of each jump.
fn packets_sent(flow: FlowRef<'_>, to: TableId, groups: &[Group]) -> Vec<Match> {
    let mut walk = Walk { packets: flow.matches(), from: flow.table(), to, groups, seen: Vec::new(), sent: Vec::new() };
    walk.actions(flow.actions());
    walk.sent
}

struct Walk<'a> {
    packets: Match,
    from: TableId,
    to: TableId,
    groups: &'a [Group],
    /// Groups that were looked into, so that groups which lead to each other come to an end.
    seen: Vec<u32>,
    sent: Vec<Match>,
}

impl Walk<'_> {
    /// Follows a list; false if it says to stop there.
    fn actions(&mut self, actions: &Actions) -> bool {
        actions.0.iter().all(|action| self.action(action))
    }

    /// Follows actions on a copy of the packet.
    fn aside(&mut self, actions: &Actions) {
        let packets = self.packets.clone();
        self.actions(actions);
        self.packets = packets;
    }

    fn action(&mut self, action: &Action) -> bool {
        match action {
            Action::GotoTable(a) => self.arrive(a.0),
            Action::Resubmit(a) => {
                let packets = self.packets.clone();
                if a.in_port != port::IN_PORT {
                    self.packets.set_exact(table::IN_PORT.slot, a.in_port.into());
                }
                self.arrive(a.table.unwrap_or(self.from));
                self.packets = packets;
                // What the other table's flows do to the packet stays done.
                self.forget_all();
            }
            Action::Ct(ct) => {
                if let Some(t) = ct.table {
                    let packets = self.packets.clone();
                    self.forget(CONNECTION);
                    let translates = ct.actions.0.iter().any(|a| matches!(a, Action::Nat(_)));
                    self.forget(if translates { ADDRESSES } else { &[] });
                    self.arrive(t);
                    self.packets = packets;
                } else {
                    self.forget(CONNECTION);
                }
            }
            Action::CtClear(_) => self.forget(CONNECTION),
            Action::Clone(a) => self.aside(&a.actions),
            Action::WriteActions(a) => self.aside(&a.actions),
            Action::Group(a) => {
                let groups = self.groups;
                if let Some(group) = groups.iter().find(|g| g.id == a.0).filter(|_| !self.seen.contains(&a.0)) {
                    self.seen.push(a.0);
                    group.buckets.iter().for_each(|bucket| self.aside(&bucket.actions));
                }
            }
            Action::PopVlan(_) | Action::PushVlan(_) => self.forget(&[word::VLAN]),
            Action::DecTtl(_) => self.forget(&[word::TTL]),
            Action::DecMplsTtl(_) => self.forget(&[word::MPLS]),
            Action::DecNshTtl(_) => self.forget(&[word::NSH]),
            Action::PushMpls(_) | Action::PopMpls(_) | Action::Encap(_) | Action::Decap(_) | Action::Raw(_) => {
                self.forget_all();
            }
            Action::DeleteField(a) => a.0.slot.words().for_each(|(id, part)| self.packets.set_word(id, part, 0, 0)),
            Action::Exit(_) => return false,
            action => self.write(action),
        }
        true
    }

    fn arrive(&mut self, table: TableId) {
        if table == self.to {
            self.sent.push(self.packets.clone());
        }
    }

    fn write(&mut self, action: &Action) {
        match written_by(action) {
            Some(Written::Value(field, value, mask)) => {
                let slot = field.field.slot;
                for ((id, value), (_, mask)) in slot.spread(&value).zip(slot.spread(&mask)) {
                    self.packets.set_word(id, mask, value, mask);
                }
            }
            Some(Written::Unknown(field)) => {
                let place = super::region::Place::new(field.field.slot, field.offset, field.width);
                place.parts.iter().for_each(|p| self.packets.set_word(p.word, p.mask, 0, 0));
            }
            None => {}
        }
    }

    fn forget(&mut self, words: &[WordId]) {
        words.iter().for_each(|id| self.packets.set_word(*id, u32::MAX, 0, 0));
    }

    fn forget_all(&mut self) {
        self.packets = Match::any();
    }
}

/// What connection tracking writes.
const CONNECTION: &[WordId] = &[
    word::CT,
    word::CT_MARK,
    word::CT_LABEL,
    word::CT_LABEL + 1,
    word::CT_LABEL + 2,
    word::CT_LABEL + 3,
    word::CT_NW_SRC,
    word::CT_NW_DST,
    word::CT_IPV6_SRC,
    word::CT_IPV6_SRC + 1,
    word::CT_IPV6_SRC + 2,
    word::CT_IPV6_SRC + 3,
    word::CT_IPV6_DST,
    word::CT_IPV6_DST + 1,
    word::CT_IPV6_DST + 2,
    word::CT_IPV6_DST + 3,
    word::CT_TP,
];

/// What network address translation writes.
const ADDRESSES: &[WordId] = &[
    word::IP_SRC,
    word::IP_DST,
    word::IPV6_SRC,
    word::IPV6_SRC + 1,
    word::IPV6_SRC + 2,
    word::IPV6_SRC + 3,
    word::IPV6_DST,
    word::IPV6_DST + 1,
    word::IPV6_DST + 2,
    word::IPV6_DST + 3,
    word::TP,
];
