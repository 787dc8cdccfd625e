//! What explaining one flow needs to know of the whole bridge, worked out once.
//!
//! Few lists of actions stand in many flows, so each list is followed once, however many flows have it.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::effects::{Leap, Masks, add_mask, leaps, writes_of};
use crate::action::conntrack::Zone;
use crate::action::learn::Spec;
use crate::action::{Action, Actions};
use crate::field::Subfield;
use crate::field::slot::word;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::pipeline::{Place, Way};
use crate::model::store::Segment;

/// What is known of a bridge's flows as a whole.
#[derive(Debug, Default)]
pub struct Index {
    tables: Vec<TableFacts>,
    /// For each segment of the store, by the number of the action list: where it leads.
    leaps: Vec<Vec<Vec<Leap>>>,
    conjunctions: FxHashMap<(TableId, u32), Conjunction>,
}

/// What is known of a table as a whole.
#[derive(Debug, Clone, Default)]
pub(super) struct TableFacts {
    /// How many flows it has.
    pub flows: u32,
    /// Whether some of them does anything but drop.
    acts: bool,
    /// Whether some flow goes on by itself in this table.
    pub is_entered: bool,
    /// Whether some flow only calls it, and goes on behind it.
    pub is_called: bool,
    /// Whether every flow that leads here has sent the packet out before.
    pub after_output: bool,
    /// The bits that its flows match or copy.
    pub reads: Masks,
    /// The bits that its flows write.
    pub writes: Masks,
    /// The same with those of the tables that it leads to.
    pub all_writes: Masks,
}

/// The flows of a conjunction in one table.
#[derive(Debug, Clone, Default)]
pub(super) struct Conjunction {
    /// How many clauses it has.
    pub n_clauses: u8,
    /// For each clause that has flows: its number, how many flows, and the first of them.
    pub clauses: SmallVec<[(u8, u32, FlowId); 2]>,
    /// The flows that match its id.
    pub accepting: SmallVec<[FlowId; 2]>,
}

impl Index {
    /// Looks at every flow of a bridge.
    pub fn of(bridge: &Bridge) -> Index {
        let mut index = Index { tables: vec![TableFacts::default(); 256], ..Index::default() };
        index.read_flows(bridge);
        index.close_writes(bridge);
        for (_, segment) in bridge.flows.segments() {
            let lists = segment.action_lists().iter();
            let followed =
                lists.map(|list| leaps(&list.actions, &bridge.groups, None, &|t| index.all_writes(t))).collect();
            index.leaps.push(followed);
        }
        index.read_entries(bridge);
        index
    }

    pub(super) fn table(&self, id: TableId) -> Option<&TableFacts> {
        self.tables.get(usize::from(id))
    }

    /// The bits that a table and those that it leads to write.
    pub(super) fn all_writes(&self, id: TableId) -> Masks {
        self.table(id).map(|t| t.all_writes.clone()).unwrap_or_default()
    }

    /// The flows of a conjunction in a table.
    pub(super) fn conjunction(&self, table: TableId, id: u32) -> Option<&Conjunction> {
        self.conjunctions.get(&(table, id))
    }

    /// Where the lists of actions of a segment lead, by their number.
    pub(super) fn segment_leaps(&self, at: usize) -> &[Vec<Leap>] {
        self.leaps.get(at).map_or(&[], Vec::as_slice)
    }

    fn read_flows(&mut self, bridge: &Bridge) {
        for (start, segment) in bridge.flows.segments() {
            // Which tables have flows with which shape and which list: far fewer pairs than flows.
            let mut shapes = vec![Tables::default(); segment.shapes().len()];
            let mut lists = vec![Tables::default(); segment.action_lists().len()];
            let ids = segment.shape_ids().iter().zip(segment.action_ids());
            for (&table, (&shape, &list)) in segment.tables().iter().zip(ids) {
                self.tables[usize::from(table)].flows += 1;
                shapes[usize::from(shape)].insert(table);
                lists[usize::from(list)].insert(table);
            }
            for (shape, tables) in segment.shapes().iter().zip(&shapes) {
                for facts in tables.of(&mut self.tables) {
                    shape.masks.iter().for_each(|(id, bits)| add_mask(&mut facts.reads, *id, *bits));
                }
            }
            for (list, tables) in segment.action_lists().iter().zip(&lists) {
                let (writes, reads) = (writes_of(&list.actions, &bridge.groups), sources(&list.actions));
                for facts in tables.of(&mut self.tables) {
                    facts.acts |= !list.actions.is_drop();
                    writes.iter().for_each(|(id, bits)| add_mask(&mut facts.writes, *id, *bits));
                    reads.iter().for_each(|(id, bits)| add_mask(&mut facts.reads, *id, *bits));
                }
            }
            self.read_conjunctions(start, segment);
        }
    }

    fn read_conjunctions(&mut self, start: FlowId, segment: &Segment) {
        let is_clause: Vec<bool> = segment
            .action_lists()
            .iter()
            .map(|list| list.actions.0.iter().any(|a| matches!(a, Action::Conjunction(_))))
            .collect();
        let has_id: Vec<bool> =
            segment.shapes().iter().map(|s| s.masks.iter().any(|(id, _)| *id == word::CONJ_ID)).collect();
        let ids = segment.shape_ids().iter().zip(segment.action_ids());
        for (row, (&shape, &list)) in ids.enumerate() {
            if !is_clause[usize::from(list)] && !has_id[usize::from(shape)] {
                continue;
            }
            let (flow, id) = (segment.row(row), start + row as u32);
            let (conj_id, mask) = flow.word(word::CONJ_ID);
            if mask == u32::MAX {
                self.conjunctions.entry((flow.table(), conj_id)).or_default().accepting.push(id);
            }
            for action in &flow.actions().0 {
                if let Action::Conjunction(c) = action {
                    let known = self.conjunctions.entry((flow.table(), c.id)).or_default();
                    known.n_clauses = known.n_clauses.max(c.n_clauses);
                    match known.clauses.iter_mut().find(|(k, ..)| *k == c.clause) {
                        Some((_, n, _)) => *n += 1,
                        None => known.clauses.push((c.clause, 1, id)),
                    }
                }
            }
        }
    }

    /// Adds to what each table writes what the tables write that it leads to. Behind connection tracking the packet
    /// begins anew, so nothing comes back from there.
    fn close_writes(&mut self, bridge: &Bridge) {
        self.tables.iter_mut().for_each(|t| t.all_writes = t.writes.clone());
        let edges = bridge.pipeline().edges.iter().filter_map(|e| match (e.jump.way, e.jump.to) {
            (Way::Resubmit | Way::Goto, Place::Table(to)) => Some((usize::from(e.from), usize::from(to))),
            _ => None,
        });
        let edges: Vec<(usize, usize)> = edges.collect();
        // Each round carries what is written one table further, and only ever adds bits, so it ends.
        let mut changed = true;
        while changed {
            changed = false;
            for &(from, to) in &edges {
                let there = self.tables[to].all_writes.clone();
                let here = &mut self.tables[from].all_writes;
                for (id, bits) in there {
                    let known = here.iter().find(|(known, _)| *known == id).map_or(0, |(_, bits)| *bits);
                    if bits & !known != 0 {
                        add_mask(here, id, bits);
                        changed = true;
                    }
                }
            }
        }
    }

    /// How tables are entered.
    fn read_entries(&mut self, bridge: &Bridge) {
        let mut after_output = [None; 256];
        for ((_, segment), lists) in bridge.flows.segments().zip(&self.leaps) {
            let mut seen = vec![Tables::default(); lists.len()];
            for (&table, &list) in segment.tables().iter().zip(segment.action_ids()) {
                if !seen[usize::from(list)].insert(table) {
                    continue;
                }
                for leap in &lists[usize::from(list)] {
                    let to = usize::from(leap.to.unwrap_or(table));
                    self.tables[to].is_called |= leap.called;
                    self.tables[to].is_entered |= !leap.called;
                    let all = after_output[to].get_or_insert(true);
                    *all &= leap.sent;
                }
            }
        }
        for (facts, after) in self.tables.iter_mut().zip(after_output) {
            facts.after_output = after == Some(true);
        }
    }
}

impl TableFacts {
    /// Whether all flows of the table drop, and there are some.
    pub(super) fn only_drops(&self) -> bool {
        self.flows > 0 && !self.acts
    }
}

/// A set of tables.
#[derive(Debug, Clone, Copy, Default)]
struct Tables([u64; 4]);

impl Tables {
    /// Adds one; tells whether it is new.
    fn insert(&mut self, table: TableId) -> bool {
        let (word, bit) = (&mut self.0[usize::from(table / 64)], 1 << (table % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn of(self, facts: &mut [TableFacts]) -> impl Iterator<Item = &mut TableFacts> {
        let has = move |at: usize| self.0[at / 64] >> (at % 64) & 1 == 1;
        facts.iter_mut().enumerate().filter(move |(at, _)| has(*at)).map(|(_, facts)| facts)
    }
}

/// The bits that a list of actions copies from.
fn sources(actions: &Actions) -> Masks {
    let mut masks = Masks::new();
    let mut add = |from: &Subfield| {
        let mut bits = crate::field::bits::Bits::zero(from.field.slot.width.into());
        bits.fill(from.offset.into(), from.width.into());
        from.field.slot.spread(&bits).for_each(|(id, part)| add_mask(&mut masks, id, part));
    };
    actions.each(&mut |action| match action {
        Action::Move(a) => add(&a.from),
        Action::OutputReg(a) => add(&a.source),
        Action::Push(a) => add(&a.0),
        Action::Ct(ct) => {
            if let Zone::Field(from) = &ct.zone {
                add(from);
            }
        }
        Action::Learn(a) => a.specs.iter().for_each(|spec| match spec {
            Spec::MatchField { from, .. } | Spec::LoadField { from, .. } | Spec::Output(from) => add(from),
            Spec::MatchValue { .. } | Spec::LoadValue { .. } => {}
        }),
        _ => {}
    });
    masks.retain(|(_, bits)| *bits != 0);
    masks
}
