//! What decides a lookup: the flow that is found must match, and those that would win over it must not.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::machine::Machine;
use super::origin::{Source, bits};
use super::packet::{FRAGMENT, Packet};
use super::tracker::{Cut, Tracker};
use crate::field::proto;
use crate::field::slot::{WordId, word};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::classifier::{Classifier, Hit, conjunctions};
use crate::model::flow::TableId;

/// The bit of its word that says that the packet is a fragment.
const FRAGMENT_BIT: u32 = (FRAGMENT as u32) << proto::IP_FRAG.shift;

/// Of each clause of a conjunction, what keeps a packet from the flows that would meet it.
type Clauses = BTreeMap<u8, Vec<Cut>>;

/// A lookup that is looked at again.
struct Look<'l, 'a> {
    bridge: &'l Bridge,
    classifier: &'l Classifier,
    tracker: &'l mut Tracker<'a>,
    /// Whether fragments are looked up as if they had no ports, and this packet is none.
    hides_ports: bool,
}

impl Machine<'_, '_> {
    /// Takes note of what decided a lookup. `hides_ports` tells whether fragments are looked up without their ports.
    pub(super) fn note_lookup(&mut self, table: TableId, in_port: u32, hides_ports: bool, hit: Option<&Hit>) {
        let bridge = self.here().bridge;
        let Some(tracker) = &mut self.shared.tracker else { return };
        let Some(table) = bridge.table(table) else { return };
        let classifier = bridge.classifier(table);
        let mut packet = self.packet.clone();
        if packet.in_port() != in_port {
            packet.key.set_word(word::IN_PORT, in_port, u32::MAX);
            packet.decided(word::IN_PORT, u32::MAX);
        }
        packet.key.set_word(word::CONJ_ID, 0, u32::MAX);
        packet.decided(word::CONJ_ID, u32::MAX);
        let least = least(bridge, hit);
        let considered = || classifier.subtables().iter().take_while(|s| s.priority >= least);
        let reads_ports = || considered().any(|s| s.shape.masks.iter().any(|(id, _)| *id == word::TP));
        let is_fragment = packet.get(proto::IP_FRAG) & FRAGMENT != 0;
        if hides_ports && is_fragment && reads_ports() {
            tracker.need(&packet, bits(word::TTL, FRAGMENT_BIT));
            packet.key.set_word(word::TP, 0, u32::MAX);
            packet.decided(word::TP, u32::MAX);
        }
        if !packet.is_frame() {
            // Which flows such a packet may get is a rule of its own, so everything that was looked at counts.
            tracker.is_coarse = true;
            for (id, mask) in considered().flat_map(|s| &s.shape.masks) {
                tracker.need(&packet, bits(*id, *mask));
            }
            return;
        }
        let is_plain = matches!(packet.source((word::TTL, proto::IP_FRAG.shift)), Source::Entered(_));
        let hides_ports = hides_ports && !is_fragment && is_plain;
        Look { bridge, classifier, tracker, hides_ports }.note(&packet, hit);
    }
}

/// The lowest priority of flows that count for a lookup.
fn least(bridge: &Bridge, hit: Option<&Hit>) -> u32 {
    match hit {
        None => 0,
        Some(Hit { flow, conjunction: None, .. }) => bridge.flow(*flow).priority(),
        Some(hit) => {
            let clauses = hit.via.iter().map(|flow| bridge.flow(*flow).priority());
            clauses.chain([bridge.flow(hit.flow).priority()]).min().unwrap_or(0)
        }
    }
}

impl Look<'_, '_> {
    fn note(&mut self, packet: &Packet, hit: Option<&Hit>) {
        let Some(hit) = hit else {
            self.hard(packet, 0, None);
            return self.soft(packet, 0, None);
        };
        let priority = self.bridge.flow(hit.flow).priority();
        let Some(id) = hit.conjunction else {
            self.matched(packet, hit.flow);
            self.hard(packet, priority, Some(hit.flow));
            return self.soft(packet, priority + 1, None);
        };
        let mut with_id = packet.clone();
        with_id.key.set_word(word::CONJ_ID, id, u32::MAX);
        self.matched(&with_id, hit.flow);
        self.hard(&with_id, priority, Some(hit.flow));
        let Some(level) = hit.via.first().map(|flow| self.bridge.flow(*flow).priority()) else { return };
        self.clauses(packet, id, &hit.via);
        self.hard(packet, level, None);
        self.soft(packet, level, Some((level, id)));
    }

    /// A flow that must match.
    fn matched(&mut self, packet: &Packet, flow: FlowId) {
        let flow = self.bridge.flow(flow);
        for ((id, mask), value) in flow.shape().masks.iter().zip(flow.values()) {
            self.tracker.need(packet, bits(*id, *mask));
            // A fragment would be looked up without ports.
            if self.hides_ports && *id == word::TP && *value != 0 && packet.changed(word::TP) & mask != *mask {
                self.tracker.need(packet, bits(word::TTL, FRAGMENT_BIT));
            }
        }
    }

    /// The clauses of a conjunction: of each, one flow must match; that which asks for least beyond what is needed.
    fn clauses(&mut self, packet: &Packet, id: u32, via: &[FlowId]) {
        let mut by_clause: BTreeMap<u8, Vec<FlowId>> = BTreeMap::new();
        for flow in via {
            let of_this = conjunctions(&self.bridge.flows, *flow).filter(|c| c.id == id);
            of_this.for_each(|c| by_clause.entry(c.clause).or_default().push(*flow));
        }
        let mut flows: Vec<Vec<FlowId>> = by_clause.into_values().collect();
        // What has no alternative is needed anyway.
        flows.sort_by_key(Vec::len);
        for alternatives in flows {
            let more = |flow: &FlowId| -> u32 {
                let flow = self.bridge.flow(*flow);
                flow.shape().masks.iter().map(|(id, mask)| (mask & !self.tracker.needed.word(*id)).count_ones()).sum()
            };
            if let Some(flow) = alternatives.iter().copied().min_by_key(more) {
                self.matched(packet, flow);
            }
        }
    }

    /// What keeps a packet from a flow; nothing if something does anyway.
    fn cuts(&mut self, packet: &Packet, flow: FlowId) -> SmallVec<[Cut; 2]> {
        let flow = self.bridge.flow(flow);
        let parts = flow.shape().masks.iter().zip(flow.values()).map(|((id, mask), value)| (*id, *mask, *value));
        let mut cuts = SmallVec::new();
        cuts.extend(self.tracker.cut(packet, parts.clone()));
        if self.hides_ports && parts.clone().any(|(id, _, value)| id == word::TP && value == 0) {
            let fragment: (WordId, u32, u32) = (word::TTL, FRAGMENT_BIT, FRAGMENT_BIT);
            let wants_other =
                parts.clone().any(|(id, mask, value)| id == word::TTL && mask & FRAGMENT_BIT & !value != 0);
            let parts = parts.filter(|(id, ..)| *id != word::TP).chain([fragment]);
            cuts.extend((!wants_other).then(|| self.tracker.cut(packet, parts)).flatten());
        }
        cuts
    }

    /// Flows that would win: of `least` or higher, or of the priority of `winner` and asked before it.
    fn hard(&mut self, packet: &Packet, least: u32, winner: Option<FlowId>) {
        if !self.tracker.notes_cuts {
            return;
        }
        let classifier = self.classifier;
        let store = &self.bridge.flows;
        let mut is_before = true;
        for subtable in classifier.subtables() {
            if subtable.priority < least {
                break;
            }
            let is_winners = winner.is_some_and(|w| subtable.shape.masks == store.get(w).shape().masks);
            is_before &= !is_winners;
            for head in subtable.heads() {
                let hard = classifier.list(head).find(|flow| conjunctions(store, *flow).next().is_none());
                let wins = |flow: &FlowId| {
                    let priority = store.get(*flow).priority();
                    priority > least || priority == least && (winner.is_none() || is_before)
                };
                if let Some(flow) = hard.filter(wins) {
                    for cut in self.cuts(packet, flow) {
                        self.tracker.keep(cut);
                    }
                }
            }
        }
    }

    /// Conjunctions that would win: those whose clauses have a priority of `least` or higher, but for one.
    fn soft(&mut self, packet: &Packet, least: u32, own: Option<(u32, u32)>) {
        if !self.tracker.notes_cuts || !self.classifier.has_conjunctions() {
            return;
        }
        let classifier = self.classifier;
        let store = &self.bridge.flows;
        // By priority and number: how many clauses there are, and for each the flows that may be met.
        let mut all: BTreeMap<(Reverse<u32>, u32), (u8, Clauses)> = BTreeMap::new();
        for subtable in classifier.subtables().iter().take_while(|s| s.priority >= least) {
            for flow in subtable.heads().flat_map(|head| classifier.list(head)) {
                let priority = store.get(flow).priority();
                if priority < least || conjunctions(store, flow).next().is_none() {
                    continue;
                }
                let cuts = self.cuts(packet, flow);
                for clause in conjunctions(store, flow).filter(|c| own != Some((priority, c.id))) {
                    let known = all.entry((Reverse(priority), clause.id)).or_default();
                    known.0 = known.0.max(clause.n_clauses);
                    known.1.entry(clause.clause).or_default().extend(cuts.iter().cloned());
                }
            }
        }
        for (n_clauses, clauses) in all.into_values() {
            let may_be_met = (1..=n_clauses).all(|n| clauses.get(&n).is_some_and(|cuts| !cuts.is_empty()));
            if !may_be_met {
                continue;
            }
            // A clause that the packet itself meets cannot be kept out.
            let lists: Vec<Vec<Cut>> =
                clauses.into_values().filter(|cuts| !cuts.iter().any(SmallVec::is_empty)).collect();
            match lists.len() {
                0 => {}
                1 => lists.into_iter().flatten().for_each(|cut| self.tracker.keep(cut)),
                _ => self.tracker.either.push(lists),
            }
        }
    }
}
