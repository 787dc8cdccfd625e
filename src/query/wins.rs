//! `wins{..}`: which flows of a table some packet of a set really gets.
//!
//! A flow wins if a packet of the set matches it and no flow of higher priority. The packets that are left for it are
//! found by cutting: as long as flows of higher priority overlap what is left, it is cut along the bits of one of them,
//! and what lies in that one is taken away. Sets of packets can fall into very many pieces that way, so there is a limit
//! ([`PIECES`], [`STEPS`]); a flow for which it is reached *may* win, and is shown with a note.
//!
//! Conjunctions follow Open vSwitch's classifier, as [`crate::model::classifier`] tells it: a flow with a `conjunction`
//! action gets no packet itself. Where flows of one priority meet all clauses together, the packet goes to the flow that
//! matches the conjunction's id, unless a flow of that priority or a higher one matches by itself.

use smallvec::SmallVec;

use super::packet::PacketTest;
use crate::action::Action;
use crate::base::progress::Progress;
use crate::field::Match;
use crate::field::slot::word;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;

/// In how many pieces what is left for one flow may fall.
pub(super) const PIECES: usize = 4096;

/// How many cuts may lie inside each other.
const CUTS: usize = 256;

/// How many comparisons of sets one table may take.
pub(super) const STEPS: usize = 40_000_000;

/// The flows of a table that get packets of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Winners {
    /// Their numbers, sorted.
    pub flows: Vec<FlowId>,
    /// Whether for some of them it is not certain.
    pub is_unsure: bool,
}

/// A flow that takes packets by itself.
struct Hard {
    id: FlowId,
    priority: u32,
    packets: Match,
}

/// Flows that together take packets for one conjunction.
struct Joint {
    conjunction: u32,
    n_clauses: u8,
    priority: u32,
    /// For each clause the matches that meet it.
    clauses: Vec<Vec<Match>>,
    /// The flows that match the conjunction's id, with their priority and what else they match.
    heirs: Vec<(FlowId, u32, Match)>,
}

/// The flows of a table that get some of the packets.
pub(super) fn winners(bridge: &Bridge, table: TableId, test: &PacketTest, progress: &Progress) -> Winners {
    let mut winners = Winners::default();
    for packets in &test.packets {
        let mut field = Field { hard: Vec::new(), joint: Vec::new(), steps: STEPS, is_unsure: false, progress };
        field.gather(bridge, table, packets);
        winners.flows.extend(field.winners());
        winners.is_unsure |= field.is_unsure;
    }
    winners.flows.sort_unstable();
    winners.flows.dedup();
    winners
}

/// The flows of a table that meet some packets.
struct Field<'a> {
    /// Highest priority first.
    hard: Vec<Hard>,
    joint: Vec<Joint>,
    steps: usize,
    is_unsure: bool,
    progress: &'a Progress,
}

impl Field<'_> {
    fn gather(&mut self, bridge: &Bridge, table: TableId, packets: &Match) {
        let mut heirs: Vec<(u32, FlowId, u32, Match)> = Vec::new();
        // Packets come in without the id of a conjunction.
        let mut plain = packets.clone();
        plain.set_word(word::CONJ_ID, u32::MAX, 0, u32::MAX);
        for &id in bridge.table(table).map_or(&[][..], |t| &t.flows) {
            let flow = bridge.flow(id);
            let (matches, priority) = (flow.matches(), flow.priority());
            let clauses = flow.actions().0.iter().filter_map(|a| match a {
                Action::Conjunction(c) if (1..=c.n_clauses).contains(&c.clause) => Some(c),
                _ => None,
            });
            let mut is_clause = false;
            for c in clauses {
                is_clause = true;
                if let Some(both) = matches.intersect(packets) {
                    let joint = self.joint_of(c.id, c.n_clauses, priority);
                    joint.clauses[usize::from(c.clause) - 1].push(both);
                }
            }
            if is_clause {
                continue;
            }
            let (conjunction, mask) = matches.word(word::CONJ_ID);
            if mask != 0 && conjunction != 0 {
                let mut rest = matches;
                rest.set_word(word::CONJ_ID, u32::MAX, 0, 0);
                heirs.extend(rest.intersect(packets).map(|rest| (conjunction, id, priority, rest)));
            } else if let Some(both) = matches.intersect(&plain) {
                self.hard.push(Hard { id, priority, packets: both });
            }
        }
        for (conjunction, id, priority, rest) in heirs {
            for joint in self.joint.iter_mut().filter(|j| j.conjunction == conjunction) {
                joint.heirs.push((id, priority, rest.clone()));
            }
        }
        // Clauses that nothing meets are never met together with the others.
        self.joint.retain(|j| j.clauses.iter().all(|c| !c.is_empty()) && !j.heirs.is_empty());
    }

    fn joint_of(&mut self, conjunction: u32, n_clauses: u8, priority: u32) -> &mut Joint {
        let is_it = |j: &Joint| (j.conjunction, j.n_clauses, j.priority) == (conjunction, n_clauses, priority);
        let at = self.joint.iter().position(is_it).unwrap_or_else(|| {
            let clauses = vec![Vec::new(); n_clauses.into()];
            self.joint.push(Joint { conjunction, n_clauses, priority, clauses, heirs: Vec::new() });
            self.joint.len() - 1
        });
        &mut self.joint[at]
    }

    fn winners(&mut self) -> Vec<FlowId> {
        let mut found = Vec::new();
        for at in 0..self.hard.len() {
            let (id, priority, packets) = (self.hard[at].id, self.hard[at].priority, self.hard[at].packets.clone());
            // A conjunction comes before a flow only if its clauses and the flow for its id both have a higher priority.
            if self.is_left(&packets, |p| p > priority, |p, heir| p > priority && heir > priority) {
                found.push(id);
            }
        }
        for at in 0..self.joint.len() {
            let priority = self.joint[at].priority;
            for heir in 0..self.joint[at].heirs.len() {
                let (id, own, rest) = self.joint[at].heirs[heir].clone();
                let mut joined = Vec::new();
                self.joined(&self.joint[at].clauses.clone(), rest, &mut joined);
                let wins = joined
                    .iter()
                    .any(|packets| self.is_left(packets, |p| p >= priority || p > own, |p, _| p > priority));
                if wins {
                    found.push(id);
                }
            }
        }
        found
    }

    /// All packets that meet one match of each clause, as cubes.
    fn joined(&mut self, clauses: &[Vec<Match>], packets: Match, out: &mut Vec<Match>) {
        let Some((first, rest)) = clauses.split_first() else { return out.push(packets) };
        for one in first {
            if out.len() >= PIECES || !self.has_time() {
                self.is_unsure = true;
                return;
            }
            if let Some(both) = one.intersect(&packets) {
                self.joined(rest, both, out);
            }
        }
    }

    fn has_time(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0 && !self.progress.is_cancelled()
    }

    /// Whether some of these packets are left when flows and conjunctions of certain priorities took theirs.
    fn is_left(&mut self, packets: &Match, hard: impl Fn(u32) -> bool, joint: impl Fn(u32, u32) -> bool) -> bool {
        let mut takers: Vec<Match> = Vec::new();
        for at in 0..self.hard.len() {
            if !hard(self.hard[at].priority) {
                break;
            }
            if !self.has_time() {
                self.is_unsure = true;
                return true;
            }
            if self.hard[at].packets.overlaps(packets) {
                takers.push(self.hard[at].packets.clone());
            }
        }
        for at in 0..self.joint.len() {
            for heir in 0..self.joint[at].heirs.len() {
                let (_, priority, rest) = &self.joint[at].heirs[heir];
                if joint(self.joint[at].priority, *priority)
                    && let Some(both) = rest.intersect(packets)
                {
                    let clauses = self.joint[at].clauses.clone();
                    self.joined(&clauses, both, &mut takers);
                }
            }
        }
        let takers: SmallVec<[&Match; 16]> = takers.iter().collect();
        self.has_rest(packets, &takers, 0, &mut PIECES.clone())
    }

    /// Whether some of these packets are none of the takers'. `depth` is how many bits were cut off already.
    fn has_rest(&mut self, packets: &Match, takers: &[&Match], depth: usize, pieces: &mut usize) -> bool {
        let near: SmallVec<[&Match; 16]> = takers.iter().copied().filter(|t| t.overlaps(packets)).collect();
        if near.is_empty() {
            return true;
        }
        self.steps = self.steps.saturating_sub(takers.len());
        if near.iter().any(|t| t.covers(packets)) {
            return false;
        }
        if *pieces == 0 || depth == CUTS || !self.has_time() {
            self.is_unsure = true;
            return true;
        }
        // Cutting along the taker with the fewest bits of its own makes the fewest pieces.
        let open =
            |t: &Match| -> u32 { t.words().iter().map(|w| (w.mask & !packets.word(w.word).1).count_ones()).sum() };
        let Some(taker) = near.iter().copied().min_by_key(|t| open(t)) else { return true };
        let mut inside = packets.clone();
        for w in taker.words() {
            let mut bits = w.mask & !packets.word(w.word).1;
            while bits != 0 {
                let bit = bits & bits.wrapping_neg();
                bits &= bits - 1;
                *pieces = pieces.saturating_sub(1);
                let mut outside = inside.clone();
                outside.set_word(w.word, bit, !w.value & bit, bit);
                if self.has_rest(&outside, &near, depth + 1, pieces) {
                    return true;
                }
                inside.set_word(w.word, bit, w.value & bit, bit);
            }
        }
        false
    }
}
