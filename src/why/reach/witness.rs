//! Packets that a flow gets in its own table.

use crate::action::Action;
use crate::field::Match;
use crate::field::slot::{WordId, word};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;

/// How much may be tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits<'a> {
    steps: usize,
    /// The ports of the bridge; empty if they are not known.
    ports: &'a [u32],
}

impl<'a> Limits<'a> {
    pub(super) fn new(ports: &'a [u32]) -> Limits<'a> {
        Limits { steps: 400_000, ports }
    }

    fn is_port_free(&self, region: &Match) -> bool {
        !self.ports.is_empty() && region.word(word::IN_PORT).1 != u32::MAX
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Packets that the flow gets: all of each of these.
    Packets(Vec<Match>),
    /// None: these flows take them all.
    Covered(Vec<FlowId>),
    /// The limit was reached.
    Unknown,
}

/// Some of the packets in `wanted` that no flow above the flow takes.
pub(super) fn witness(bridge: &Bridge, table: TableId, flow: FlowId, wanted: &Match, limits: &mut Limits<'_>) -> Found {
    let Some(table) = bridge.table(table) else { return Found::Unknown };
    let row = bridge.flow(flow);
    let is_clause = |id: FlowId| bridge.flow(id).actions().0.iter().any(|a| matches!(a, Action::Conjunction(_)));
    let is_heir = |m: &Match| m.word(word::CONJ_ID).1 != 0;
    let mut above = Vec::new();
    for &id in &table.flows {
        let other = bridge.flow(id);
        // Of equals the one that was there first takes the packet, as far as anybody can tell.
        if id == flow || other.priority() < row.priority() {
            break;
        }
        let matches = other.matches();
        // Clauses take nothing by themselves, and the flow that they lead to needs them all; the trace decides.
        if is_clause(id) || is_heir(&matches) || !matches.overlaps(wanted) {
            continue;
        }
        above.push((id, matches));
    }
    let mut covers = Vec::new();
    let regions = cut(wanted, &above, &mut covers, limits, REGIONS);
    if !regions.is_empty() {
        return Found::Packets(regions);
    }
    if limits.steps == 0 {
        return Found::Unknown;
    }
    // One flow that takes all of them says more than several that share them.
    if let Some((id, _)) = above.iter().find(|(_, taken)| taken.covers(wanted)) {
        return Found::Covered(vec![*id]);
    }
    covers.sort_unstable();
    covers.dedup();
    Found::Covered(covers)
}

/// How many regions are told, and how many of them differ in bits of one word: what leads on backwards from one may not
/// from another.
const REGIONS: usize = 16;
const OF_ONE_WORD: usize = 2;

/// Cuts a region along the flows above until something is left that none of them takes; up to `n` such pieces.
fn cut(
    region: &Match,
    above: &[(FlowId, Match)],
    covers: &mut Vec<FlowId>,
    limits: &mut Limits<'_>,
    n: usize,
) -> Vec<Match> {
    let mut at = 0;
    while at < above.len() {
        if limits.steps == 0 {
            return Vec::new();
        }
        limits.steps -= 1;
        if above[at].1.overlaps(region) {
            break;
        }
        at += 1;
    }
    let Some((id, taken)) = above.get(at) else { return vec![region.clone()] };
    let rest = &above[at + 1..];
    let mut found = Vec::new();
    if limits.is_port_free(region) && taken.word(word::IN_PORT).1 != 0 {
        // Ports are few, and any other number is no port.
        for &port in limits.ports {
            let mut part = region.clone();
            part.set_word(word::IN_PORT, u32::MAX, port, u32::MAX);
            if part.overlaps(region) && !part.overlaps(taken) {
                found.extend(cut(&part, rest, covers, limits, 1));
            }
            if found.len() >= n || limits.steps == 0 {
                return found;
            }
        }
    }
    // One bit that the flow above wants, the other way round, leads out of it. Bits of a connection's state come first
    // and those of the protocol last, because most of what is matched needs its protocol.
    let words = taken.words().iter().map(|w| (w.word, w.value, w.mask));
    let mut words: Vec<(WordId, u32, u32)> =
        words.filter(|(id, ..)| *id != word::IN_PORT || limits.ports.is_empty()).collect();
    words.sort_by_key(|(id, ..)| match *id {
        word::CT => (0, 0),
        word::TYPE => (3, 0),
        id if id >= word::ETH_SRC => (1, id),
        id => (2, id),
    });
    for (word, value, mask) in words {
        let mut free = mask & !region.word(word).1;
        let before = found.len();
        while free != 0 && found.len() < before + OF_ONE_WORD {
            // Of ct_state the highest bit says that the packet was tracked at all, which the others need.
            let bit = 1 << if word == word::CT { free.trailing_zeros() } else { 31 - free.leading_zeros() };
            free &= !bit;
            let mut part = region.clone();
            part.set_word(word, bit, !value & bit, bit);
            found.extend(cut(&part, rest, covers, limits, 1));
            if found.len() >= n || limits.steps == 0 {
                return found;
            }
        }
    }
    if found.is_empty() {
        covers.push(*id);
    }
    found
}
