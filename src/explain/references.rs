//! Which flows lead to a flow, and which come after it.
//!
//! A flow leads to another if its actions lead to the other's table and a packet of it can, with what the actions
//! wrote, be one of the other's. Both directions are bit algebra on masked words, so a table of tens of thousands of
//! flows takes a few milliseconds. What is unknown never rules a flow out: the lists may hold a flow that no packet
//! ever takes this way, but they never lack one.

use super::effects::{Leap, leaps};
use super::index::Index;
use crate::action::Action;
use crate::field::Match;
use crate::field::slot::word;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::pipeline::Way;
use crate::model::store::FlowRef;

/// A flow before or after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The flow.
    pub flow: FlowId,
    /// How the one leads to the other.
    pub way: Way,
    /// The packets of the flow, if the dump says.
    pub packets: Option<u64>,
}

/// The flows before and after a flow, those with the most packets first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Flows that lead here.
    pub from: Vec<Reference>,
    /// How many more lead here than are listed.
    pub more_from: usize,
    /// Flows that may come next.
    pub to: Vec<Reference>,
    /// How many more may come next than are listed.
    pub more_to: usize,
    /// How many clauses of conjunctions the packets may meet next, beside those flows.
    pub clauses: usize,
}

/// The flows before and after a flow of a bridge, at most `limit` each way. The index is that of the bridge.
pub fn references(bridge: &Bridge, index: &Index, flow: FlowId, limit: usize) -> References {
    let mut out = References::default();
    if flow as usize >= bridge.flows.len() {
        return out;
    }
    let (from, more) = listed(leading(bridge, index, flow), limit);
    (out.from, out.more_from) = (from, more);
    let (to, clauses) = following(bridge, index, flow);
    out.clauses = clauses;
    (out.to, out.more_to) = listed(to, limit);
    out
}

/// The first ones by packets, and how many more there are.
fn listed(mut all: Vec<Reference>, limit: usize) -> (Vec<Reference>, usize) {
    let by_packets = |r: &Reference| (std::cmp::Reverse(r.packets), r.flow);
    let more = all.len().saturating_sub(limit);
    if more > 0 && limit > 0 {
        all.select_nth_unstable_by_key(limit - 1, by_packets);
    }
    all.truncate(limit);
    all.sort_unstable_by_key(by_packets);
    (all, more)
}

/// Whether a packet can be one of a flow's and one of a match.
pub(super) fn overlaps(flow: FlowRef<'_>, m: &Match) -> bool {
    flow.shape().masks.iter().zip(flow.values()).all(|(&(id, mask), &value)| {
        let (wanted, wanted_mask) = m.word(id);
        (value ^ wanted) & mask & wanted_mask == 0
    })
}

/// Whether every packet of a match is one of a flow's.
pub(super) fn covers(flow: FlowRef<'_>, m: &Match) -> bool {
    flow.shape().masks.iter().zip(flow.values()).all(|(&(id, mask), &value)| {
        let (wanted, wanted_mask) = m.word(id);
        mask & !wanted_mask == 0 && (value ^ wanted) & mask == 0
    })
}

/// The flows that lead to a flow.
fn leading(bridge: &Bridge, index: &Index, flow: FlowId) -> Vec<Reference> {
    let (target, table) = {
        let flow = bridge.flow(flow);
        (wanted(flow), flow.table())
    };
    let mut out = Vec::new();
    for (at, (start, segment)) in bridge.flows.segments().enumerate() {
        let lists = index.segment_leaps(at);
        // Most lists lead elsewhere, and most flows have one of those.
        let may: Vec<bool> = lists.iter().map(|l| l.iter().any(|l| l.to.is_none_or(|to| to == table))).collect();
        let ids = segment.tables().iter().zip(segment.action_ids());
        for (row, (&from, &list)) in ids.enumerate() {
            let list = usize::from(list);
            if !may.get(list).copied().unwrap_or(false) {
                continue;
            }
            let candidate = segment.row(row);
            let leads = |leap: &&Leap| leap.to.unwrap_or(from) == table && leap.effects.can_become(candidate, &target);
            let Some(leap) = lists[list].iter().find(leads) else { continue };
            let way = leap.way;
            if leap.effects.depends && !exactly(bridge, index, candidate, table, &target) {
                continue;
            }
            out.push(Reference { flow: start + row as u32, way, packets: candidate.n_packets() });
        }
    }
    out
}

/// What a packet must be to come to a flow. The number of a conjunction is no part of the packet: the switch sets it
/// when the clauses are met.
fn wanted(flow: FlowRef<'_>) -> Match {
    let mut wanted = flow.matches();
    wanted.set_word(word::CONJ_ID, u32::MAX, 0, 0);
    wanted
}

/// Looks again with everything that a flow knows of its packets: what was copied from matched bits is then known, too.
fn exactly(bridge: &Bridge, index: &Index, flow: FlowRef<'_>, table: TableId, target: &Match) -> bool {
    let base = flow.matches();
    let leaps = leaps(flow.actions(), &bridge.groups, Some(&base), &|t| index.all_writes(t));
    leaps.iter().any(|l| l.to.unwrap_or(flow.table()) == table && l.effects.can_become(flow, target))
}

/// The flows that may come after a flow, and how many clauses its packets may meet.
fn following(bridge: &Bridge, index: &Index, id: FlowId) -> (Vec<Reference>, usize) {
    let flow = bridge.flow(id);
    let base = flow.matches();
    let leaps = leaps(flow.actions(), &bridge.groups, Some(&base), &|t| index.all_writes(t));
    let mut out: Vec<Reference> = Vec::new();
    let mut clauses = 0;
    let mut seen: Vec<(TableId, Match)> = Vec::new();
    for leap in &leaps {
        let to = leap.to.unwrap_or(flow.table());
        let mut known = leap.effects.applied(&base);
        known.set_word(word::CONJ_ID, u32::MAX, 0, 0);
        if seen.iter().any(|(table, m)| *table == to && *m == known) {
            continue;
        }
        clauses += next(bridge, to, &known, leap.way, &mut out);
        seen.push((to, known));
    }
    if leaps.len() > 1 {
        out.sort_unstable_by_key(|r| r.flow);
        out.dedup_by_key(|r| r.flow);
    }
    (out, clauses)
}

/// The flows of a table that packets of `known` may get; tells how many clauses they may meet.
fn next(bridge: &Bridge, table: TableId, known: &Match, way: Way, out: &mut Vec<Reference>) -> usize {
    let mut clauses = 0;
    for &id in bridge.table(table).map_or(&[][..], |t| &t.flows) {
        let flow = bridge.flow(id);
        if !overlaps(flow, known) {
            continue;
        }
        if flow.actions().0.iter().any(|a| matches!(a, Action::Conjunction(_))) {
            clauses += 1;
            continue;
        }
        out.push(Reference { flow: id, way, packets: flow.n_packets() });
        // Whatever comes here gets this flow, so those of lower priority are out of reach.
        if covers(flow, known) {
            break;
        }
    }
    clauses
}
