//! What decides a packet's way, noted while it is on it: bits that must be as they are, sets of packets that must stay
//! outside, and choices that must come out the same.
//!
//! A flow that wins must match, so its bits are needed, each of them. A flow that would win over it must not match, and
//! for that one bit in which it differs is enough: such a flow gives a [`Cut`], of which any bit will do.
//! [`super::relevant`] picks the bits.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::machine::Machine;
use super::origin::{BitId, Source, bits, slot_bits};
use super::packet::Packet;
use crate::action::output::HashFields;
use crate::field::Key;
use crate::field::Subfield;
use crate::field::names::port;
use crate::field::proto::Needs;
use crate::field::slot::{Slot, WordId};

/// Bits of the packet as it entered, one of which must be as it is.
pub(super) type Cut = SmallVec<[(WordId, u32); 4]>;

/// How many cuts are kept; a table of a million flows has fewer that nothing else keeps out.
const CUTS: usize = 1 << 18;

/// What decides, as far as it is known.
#[derive(Default)]
pub(super) struct Tracker<'a> {
    /// The bits that must be as they are.
    pub needed: Key,
    /// Whether sets of packets that must stay outside are noted, too: once all that is needed anyway is known.
    pub notes_cuts: bool,
    /// Of each of these, one bit.
    pub cuts: FxHashSet<Cut>,
    /// Of each of these, all cuts of one of the lists.
    pub either: Vec<Vec<Vec<Cut>>>,
    /// What is picked by a hash.
    pub choices: Vec<Choice<'a>>,
    /// Whether some bits are needed only because nothing finer is known of them.
    pub is_coarse: bool,
}

/// Something that is picked by a function of the packet.
pub(super) struct Choice<'a> {
    /// The packet when it is picked.
    pub packet: Packet,
    /// The bits that it may follow from, each with the bit of the packet as it entered.
    pub bits: Vec<(BitId, BitId)>,
    /// What is picked.
    pub pick: Box<dyn Fn(&Packet) -> u64 + 'a>,
}

impl Tracker<'_> {
    /// Takes note that bits must be as they are.
    pub fn need(&mut self, packet: &Packet, list: impl IntoIterator<Item = BitId>) {
        for bit in list {
            self.need_sources(&[packet.source(bit)]);
        }
    }

    /// Takes note that the bits of the packet as it entered from which others come must be as they are.
    pub fn need_sources(&mut self, sources: &[Source]) {
        for source in sources {
            match source {
                Source::Known => {}
                Source::Entered((id, at)) => self.needed.set_word(*id, 1 << at, 1 << at),
                Source::Mixed(all) => {
                    self.is_coarse = true;
                    all.iter().for_each(|(id, at)| self.needed.set_word(*id, 1 << at, 1 << at));
                }
            }
        }
    }

    /// The bits of which one must be as it is for the packet to stay out of a set of packets; nothing if it stays out
    /// anyway. They are none if the packet is in the set.
    pub fn cut(&mut self, packet: &Packet, set: impl Iterator<Item = (WordId, u32, u32)> + Clone) -> Option<Cut> {
        let mut cut = Cut::new();
        let mut mixed = None;
        let mut copies: SmallVec<[(BitId, bool); 8]> = SmallVec::new();
        for (id, mask, value) in set.clone() {
            let changed = packet.changed(id);
            let differs = (packet.key.word(id) ^ value) & mask;
            let plain = differs & !changed;
            if plain & self.needed.word(id) != 0 {
                return None;
            }
            if plain != 0 {
                add(&mut cut, id, plain);
            }
            for bit in bits(id, mask & changed) {
                let is_other = differs >> bit.1 & 1 == 1;
                match packet.source(bit) {
                    Source::Known if is_other => return None,
                    Source::Entered(from) => {
                        if is_other && self.needed.word(from.0) >> from.1 & 1 == 1 {
                            return None;
                        }
                        if is_other {
                            add(&mut cut, from.0, 1 << from.1);
                        }
                        copies.push((from, value >> bit.1 & 1 == 1));
                    }
                    Source::Mixed(all) if is_other => mixed = Some(all),
                    Source::Known | Source::Mixed(_) => {}
                }
            }
        }
        // A set that wants a bit to be both is none.
        let wants = |bit: BitId| {
            let (.., value) =
                set.clone().find(|(id, mask, _)| *id == bit.0 && (mask & !packet.changed(*id)) >> bit.1 & 1 == 1)?;
            Some(value >> bit.1 & 1 == 1)
        };
        for (n, (bit, value)) in copies.iter().enumerate() {
            let is_both = copies[..n].iter().any(|(other, wanted)| other == bit && wanted != value);
            if is_both || wants(*bit).is_some_and(|wanted| wanted != *value) {
                return None;
            }
        }
        match mixed {
            Some(all) if cut.is_empty() => {
                self.is_coarse = true;
                all.iter().for_each(|(id, at)| self.needed.set_word(*id, 1 << at, 1 << at));
                None
            }
            _ => {
                cut.sort_unstable();
                Some(cut)
            }
        }
    }

    /// Takes note that packets of a set must stay outside.
    pub fn keep_out(&mut self, packet: &Packet, set: &[(WordId, u32, u32)]) {
        if self.notes_cuts
            && let Some(cut) = self.cut(packet, set.iter().copied())
        {
            self.keep(cut);
        }
    }

    /// Takes note that one bit of a cut is needed.
    pub fn keep(&mut self, cut: Cut) {
        let Some((id, mask)) = cut.first().copied() else { return };
        if self.cuts.len() < CUTS {
            self.cuts.insert(cut);
        } else if !cut.iter().any(|(id, mask)| self.needed.word(*id) & mask != 0) {
            self.is_coarse = true;
            let lowest = mask & mask.wrapping_neg();
            self.needed.set_word(id, lowest, lowest);
        }
    }
}

fn add(cut: &mut Cut, id: WordId, mask: u32) {
    match cut.iter_mut().find(|(word, _)| *word == id) {
        Some((_, known)) => *known |= mask,
        None => cut.push((id, mask)),
    }
}

impl<'a> Machine<'_, 'a> {
    /// Does something with what is known of what decides, if somebody asks.
    pub(super) fn note(&mut self, note: impl FnOnce(&mut Tracker<'a>, &Packet)) {
        if let Some(tracker) = &mut self.shared.tracker {
            note(tracker, &self.packet);
        }
    }

    /// Notes that a slot was read, and that the way hangs on it.
    pub(super) fn decides(&mut self, slot: Slot) {
        self.reads_slot(slot);
        self.hangs_on(slot);
    }

    /// Notes that the way hangs on a slot, though the switch does not say that it read it.
    pub(super) fn hangs_on(&mut self, slot: Slot) {
        self.note(|tracker, packet| tracker.need(packet, slot_bits(slot)));
    }

    /// Notes that the way hangs on some bits of a field.
    pub(super) fn hangs_on_part(&mut self, part: &Subfield) {
        self.note(|tracker, packet| tracker.need(packet, super::origin::places(part).flatten()));
    }

    /// Notes that the way hangs on whether the packet has what a field needs.
    pub(super) fn hangs_on_needs(&mut self, needs: Needs) {
        self.note(|tracker, packet| {
            for test in needs.alternatives().iter().copied().flatten() {
                tracker.need(packet, bits(test.word, test.mask));
            }
        });
    }

    /// Notes that packets of a set would go another way.
    pub(super) fn keeps_out(&mut self, set: &[(Slot, u64, u64)]) {
        let parts: SmallVec<[(WordId, u32, u32); 6]> = set
            .iter()
            .flat_map(|(slot, mask, value)| {
                let part = |n: u64| crate::field::Bits::from_u64(n, slot.width.into());
                let values: Vec<_> = slot.spread(&part(*value)).collect();
                let masks: Vec<_> = slot.spread(&part(*mask)).collect();
                masks.into_iter().zip(values).map(|((id, mask), (_, value))| (id, mask, value & mask))
            })
            .collect();
        self.note(|tracker, packet| tracker.keep_out(packet, &parts));
    }

    /// Notes that a packet would leave by another port if a part of a field, which names it, had another value.
    pub(super) fn outputs_by(&mut self, part: &Subfield) {
        if self.shared.tracker.is_none() {
            return;
        }
        let here = self.here();
        let leaves = |number: u32| here.port(number).is_some_and(|p| !p.no_forward);
        let value = self.packet.read(part);
        let is_sent = u16::try_from(value.to_u64()).is_ok_and(|n| {
            let number = u32::from(n);
            let is_for_others = (port::IN_PORT..port::NONE).contains(&number) && number != port::LOCAL;
            is_for_others || number != self.packet.in_port() && leaves(number)
        });
        if is_sent {
            return self.hangs_on_part(part);
        }
        // It goes nowhere, and so do packets with most other values.
        let in_port = self.packet.in_port();
        let ports = here.ports.iter().map(|p| p.number).filter(|n| leaves(*n) && *n != in_port);
        for number in ports.chain((port::IN_PORT..port::NONE).filter(|n| *n != port::LOCAL)) {
            let parts: Vec<_> = super::origin::places(part)
                .enumerate()
                .filter_map(|(n, bit)| Some((n, bit?)))
                .map(|(n, (id, at))| (id, 1 << at, if n < 32 { number >> n & 1 } else { 0 } << at))
                .collect();
            self.note(|tracker, packet| tracker.keep_out(packet, &parts));
        }
    }

    /// Notes that something is picked by a hash of some fields.
    pub(super) fn hashes(&mut self, fields: HashFields, pick: impl Fn(&Packet) -> u64 + 'a) {
        self.hangs_on(super::packet::DL_TYPE);
        let slots = super::hash::slots(&self.packet, fields);
        slots.iter().for_each(|slot| self.reads_slot(*slot));
        self.picks(&slots, pick);
    }

    /// Notes that something is picked by a function of some slots.
    pub(super) fn picks(&mut self, slots: &[Slot], pick: impl Fn(&Packet) -> u64 + 'a) {
        self.note(|tracker, packet| {
            if !tracker.notes_cuts {
                return;
            }
            let mut from = Vec::new();
            for bit in slots.iter().copied().flat_map(slot_bits) {
                match packet.source(bit) {
                    Source::Entered(entered) => from.push((bit, entered)),
                    Source::Known => {}
                    Source::Mixed(_) => tracker.need(packet, [bit]),
                }
            }
            tracker.choices.push(Choice { packet: packet.clone(), bits: from, pick: Box::new(pick) });
        });
    }
}
