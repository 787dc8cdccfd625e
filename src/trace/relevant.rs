//! Which bits decided a packet's way: the packets around it that go the same way.
//!
//! The question is asked of a trace that is made again, twice: once for the bits that must be as they are
//! ([`super::tracker`]), and once, when these are known, for the packets that must stay outside and are not kept out by
//! them anyway. Of the bits that would keep these out as few as possible are picked, those first that keep out most;
//! afterwards each one that turned out not to be needed is given up.
//!
//! *The same way* is: the same flows in the same order on all bridges and in all passes, out of the same ports and into
//! the same tunnels. It is told of packets that come in by the same port, with the same kind of header in front, and
//! for the same answers of connection tracking, which are assumptions.

use smallvec::SmallVec;

use super::machine::Shared;
use super::origin::{BitId, bits};
use super::packet::Packet;
use super::step::Trace;
use super::tracker::{Choice, Cut, Tracker};
use super::world::World;
use crate::field::matches::DEFAULT_PRIORITY;
use crate::field::slot::{WordId, word};
use crate::field::{FieldId, Key, Match, Names};

/// More than so many bits of a choice are not left open.
const OPEN: usize = 8;

/// What decided a packet's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relevance {
    /// All packets that it describes go the same way. It names the port that the packet came in by.
    pub matches: Match,
    /// The same as text.
    pub text: String,
    /// Whether it is known that no bit of it can be left out; some are there only because nothing finer is known, such
    /// as those from which a time to live was counted down.
    pub is_minimal: bool,
    /// The fields that decided.
    pub decided: Vec<FieldId>,
    /// The fields of the packet that did not: they may hold anything.
    pub open: Vec<FieldId>,
}

impl Trace<'_> {
    /// What decided the packet's way. This traces it again, so it is for when somebody asks.
    pub fn relevant(&self, world: &World<'_>) -> Relevance {
        let mut tracker = Tracker::default();
        for notes_cuts in [false, true] {
            tracker.notes_cuts = notes_cuts;
            let mut shared = Shared { tracker: Some(Box::new(tracker)), ..Shared::default() };
            super::passes(world, self.bridge, &self.input.clone().tracked(), &self.options, &mut shared);
            tracker = shared.tracker.take().map_or_else(Tracker::default, |known| *known);
        }
        let mask = Solver::of(tracker).solve();
        let mut matches = Match::any();
        for (id, mask) in mask.0.words().filter(|(_, mask)| *mask != 0) {
            matches.set_word(id, mask, self.input.key.word(id), mask);
        }
        let decided = matches.fields();
        let touches = |field: &FieldId| field.slot.words().any(|(id, mask)| mask & matches.word(id).1 != 0);
        let open = self.input.fields().into_iter().filter(|field| !touches(field)).collect();
        let text = text(&matches, &self.input);
        Relevance { matches, text, is_minimal: mask.1, decided, open }
    }
}

/// A match as text. A part of a field that flows match as a whole is written with a mask all the same.
fn text(matches: &Match, packet: &Packet) -> String {
    let mut whole = matches.clone();
    let mut parts = Vec::new();
    let is_whole = |field: &FieldId| !field.maskable && !field.dump_name.is_empty() && packet.meets(field.needs);
    for field in FieldId::all().filter(is_whole) {
        let (value, mask) = whole.get(&field);
        if !mask.is_zero() && !mask.is_ones(field.slot.width.into()) {
            parts.push(format!("{}={:#x}/{:#x}", field.dump_name, value.to_u64(), mask.to_u64()));
            whole.clear(&field);
        }
    }
    let mut text = String::new();
    whole.paint(DEFAULT_PRIORITY, Names::none(), &mut text);
    std::iter::once(text).filter(|text| !text.is_empty()).chain(parts).collect::<Vec<_>>().join(",")
}

impl Relevance {
    /// The names of the fields that decided, and of those that did not.
    pub fn names(&self) -> [Vec<&'static str>; 2] {
        [&self.decided, &self.open].map(|fields| {
            let mut names: Vec<&str> = Vec::new();
            for name in fields.iter().map(|field| field.dump_name).filter(|name| !name.is_empty()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            names
        })
    }
}

/// Picks the bits.
struct Solver<'a> {
    tracker: Tracker<'a>,
    /// Of each of these, one bit.
    cuts: Vec<Cut>,
}

impl<'a> Solver<'a> {
    fn of(mut tracker: Tracker<'a>) -> Solver<'a> {
        let mut cuts: Vec<Cut> = tracker.cuts.drain().collect();
        // What is picked must not hang on the order of a hash table.
        cuts.sort_unstable();
        Solver { tracker, cuts }
    }

    /// The bits, and whether none of them can be left out.
    fn solve(self) -> (Key, bool) {
        let mut mask = self.tracker.needed.clone();
        let mut picked: Vec<BitId> = Vec::new();
        for choice in &self.tracker.choices {
            for (_, bit) in &choice.bits {
                if !has(&mask, *bit) {
                    set(&mut mask, *bit, true);
                    picked.push(*bit);
                }
            }
        }
        let mut open = self.cuts.clone();
        // Of each conjunction that could be met one clause is kept out, that of which fewest flows are still in.
        for lists in &self.tracker.either {
            let n_open = |list: &&Vec<Cut>| list.iter().filter(|cut| !is_hit(&mask, cut)).count();
            if let Some(list) = lists.iter().min_by_key(n_open) {
                open.extend(list.iter().cloned());
            }
        }
        open.retain(|cut| !is_hit(&mask, cut));
        while !open.is_empty() {
            let Some(bit) = best(&open) else { break };
            set(&mut mask, bit, true);
            picked.push(bit);
            open.retain(|cut| !is_hit(&mask, cut));
        }
        let mut is_minimal = !self.tracker.is_coarse;
        // The last to be picked keep out least.
        for bit in picked.into_iter().rev() {
            set(&mut mask, bit, false);
            match self.holds(&mask, bit) {
                Some(true) => {}
                known => {
                    set(&mut mask, bit, true);
                    is_minimal &= known.is_some();
                }
            }
        }
        (mask, is_minimal)
    }

    /// Whether everything stays as it is though `bit` was left out; nothing if that is not known.
    fn holds(&self, mask: &Key, bit: BitId) -> Option<bool> {
        let is_out =
            |cut: &Cut| !cut.iter().any(|(id, part)| *id == bit.0 && part >> bit.1 & 1 == 1) || is_hit(mask, cut);
        if !self.cuts.iter().all(is_out) {
            return Some(false);
        }
        for lists in &self.tracker.either {
            if !lists.iter().any(|list| list.iter().all(|cut| is_hit(mask, cut))) {
                return Some(false);
            }
        }
        let choices = self.tracker.choices.iter().filter(|c| c.bits.iter().any(|(_, from)| *from == bit));
        for choice in choices {
            match choice.is_same(mask) {
                Some(true) => {}
                other => return other,
            }
        }
        Some(true)
    }
}

impl Choice<'_> {
    /// Whether the same is picked whatever bits are that `mask` leaves open; nothing if they are too many to try.
    fn is_same(&self, mask: &Key) -> Option<bool> {
        let mut open: SmallVec<[BitId; OPEN]> = SmallVec::new();
        for (_, from) in self.bits.iter().filter(|(_, from)| !has(mask, *from)) {
            if !open.contains(from) {
                open.push(*from);
            }
        }
        if open.len() > OPEN {
            return None;
        }
        let was = (self.pick)(&self.packet);
        let is_same = |flips: u32| {
            let mut packet = self.packet.clone();
            for (at, from) in &self.bits {
                let n = open.iter().position(|bit| bit == from);
                if n.is_some_and(|n| flips >> n & 1 == 1) {
                    packet.key.set_word(at.0, !packet.key.word(at.0), 1 << at.1);
                }
            }
            (self.pick)(&packet) == was
        };
        Some((1..1 << open.len()).all(is_same))
    }
}

fn has(mask: &Key, bit: BitId) -> bool {
    mask.word(bit.0) >> bit.1 & 1 == 1
}

fn set(mask: &mut Key, bit: BitId, on: bool) {
    mask.set_word(bit.0, if on { u32::MAX } else { 0 }, 1 << bit.1);
}

fn is_hit(mask: &Key, cut: &Cut) -> bool {
    cut.iter().any(|(id, part)| mask.word(*id) & part != 0)
}

/// The bit that keeps out most; among equals one of the kind of packet, then the first.
fn best(cuts: &[Cut]) -> Option<BitId> {
    let mut counts: rustc_hash::FxHashMap<BitId, usize> = rustc_hash::FxHashMap::default();
    for bit in cuts.iter().flatten().flat_map(|(id, part)| bits(*id, *part)) {
        *counts.entry(bit).or_default() += 1;
    }
    let rank = |id: WordId| (id != word::TYPE, id);
    counts.into_iter().min_by_key(|(bit, n)| (std::cmp::Reverse(*n), rank(bit.0), bit.1)).map(|(bit, _)| bit)
}

impl Packet {
    /// The fields that a packet of its kind has, and metadata that is not zero.
    pub fn fields(&self) -> Vec<FieldId> {
        self.shown().fields()
    }
}
