//! Where the bits of a packet come from while it is on its way: from the packet as it entered, or from the flows.
//!
//! A trace keeps no such account; only the question what decided ([`super::relevant`]) does, in a trace of its own.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::packet::Packet;
use crate::field::slot::{Slot, WordId, word};
use crate::field::table::Quirk;
use crate::field::{FieldId, Key, Subfield};

/// One bit: its word, and its place there.
pub(super) type BitId = (WordId, u8);

/// Where a bit comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// It is this bit of the packet as it entered.
    Entered(BitId),
    /// The flows decide it: it is the same for all packets that go this way.
    Known,
    /// It follows from these bits of the packet as it entered.
    Mixed(Arc<[BitId]>),
    /// It was picked by a hash: which of the choices that were noted.
    Picked(usize),
}

/// Where each bit comes from, if somebody asks. Packets are the same whatever is known of this.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins(Option<Arc<Changed>>);

#[derive(Debug, Clone, Default)]
struct Changed {
    /// The bits that are not those of the packet as it entered.
    mask: Key,
    /// Those among them that the flows do not decide.
    from: FxHashMap<BitId, Source>,
}

impl PartialEq for Origins {
    fn eq(&self, _: &Origins) -> bool {
        true
    }
}

impl Eq for Origins {}

/// The bits of a mask of a word.
pub(super) fn bits(id: WordId, mask: u32) -> impl Iterator<Item = BitId> {
    (0..32).filter(move |at| mask >> at & 1 == 1).map(move |at| (id, at))
}

/// The bits of a slot.
pub(super) fn slot_bits(slot: Slot) -> impl Iterator<Item = BitId> {
    slot.words().flat_map(|(id, mask)| bits(id, mask))
}

/// Where bit `at` of a field lies; nothing for a bit that is always zero.
fn place(field: FieldId, at: u16) -> Option<BitId> {
    let at = match field.quirk {
        Quirk::Tos => at.checked_sub(2)?,
        _ => at,
    };
    let slot = field.slot;
    let n = slot.n_words();
    if at >= slot.width {
        return None;
    }
    match n {
        1 => Some((slot.word, slot.shift + at as u8)),
        _ => Some((slot.word + n - 1 - at / 32, (at % 32) as u8)),
    }
}

/// The places of the bits of a part of a field, lowest first.
pub(super) fn places(sub: &Subfield) -> impl Iterator<Item = Option<BitId>> + '_ {
    (0..sub.width).map(|at| place(sub.field, sub.offset + at))
}

impl Packet {
    /// The packet, with an account of where its bits come from.
    pub(super) fn tracked(mut self) -> Packet {
        self.origins = Origins(Some(Arc::default()));
        self
    }

    /// Whether there is such an account.
    #[inline]
    pub(super) fn is_tracked(&self) -> bool {
        self.origins.0.is_some()
    }

    /// The bits of a word that are not those of the packet as it entered.
    pub(super) fn changed(&self, id: WordId) -> u32 {
        self.origins.0.as_ref().map_or(0, |changed| changed.mask.word(id))
    }

    /// Where a bit comes from.
    pub(super) fn source(&self, bit: BitId) -> Source {
        match &self.origins.0 {
            Some(changed) if changed.mask.word(bit.0) >> bit.1 & 1 == 1 => {
                changed.from.get(&bit).cloned().unwrap_or(Source::Known)
            }
            _ => Source::Entered(bit),
        }
    }

    /// Takes note that the flows decide some bits of a word.
    #[inline]
    pub(super) fn decided(&mut self, id: WordId, mask: u32) {
        if let Some(changed) = &mut self.origins.0 {
            let changed = Arc::make_mut(changed);
            changed.mask.set_word(id, mask, mask);
            if !changed.from.is_empty() {
                changed.from.retain(|(word, at), _| *word != id || mask >> *at & 1 == 0);
            }
        }
    }

    /// Takes note that the flows decide a slot.
    pub(super) fn decided_slot(&mut self, slot: Slot) {
        if self.is_tracked() {
            slot.words().for_each(|(id, mask)| self.decided(id, mask));
        }
    }

    /// Takes note that the flows decide whole words.
    pub(super) fn decided_words(&mut self, ids: impl IntoIterator<Item = WordId>) {
        if self.is_tracked() {
            ids.into_iter().for_each(|id| self.decided(id, u32::MAX));
        }
    }

    /// Takes note where a bit comes from.
    fn comes_from(&mut self, bit: BitId, source: Source) {
        self.decided(bit.0, 1 << bit.1);
        if source != Source::Known
            && let Some(changed) = &mut self.origins.0
        {
            Arc::make_mut(changed).from.insert(bit, source);
        }
    }

    /// The sources of some bits, for those that are copied.
    pub(super) fn sources(&self, sub: &Subfield) -> Vec<Source> {
        match self.is_tracked() {
            true => places(sub).map(|at| at.map_or(Source::Known, |at| self.source(at))).collect(),
            false => Vec::new(),
        }
    }

    /// Takes note that bits were written, with where each comes from.
    pub(super) fn copied(&mut self, to: &Subfield, sources: &[Source]) {
        if !self.is_tracked() {
            return;
        }
        for (at, source) in places(to).zip(sources.iter().cloned().chain(std::iter::repeat(Source::Known))) {
            if let Some(at) = at {
                self.comes_from(at, source);
            }
        }
        if to.field.quirk == Quirk::TunMetadata {
            self.decided(to.field.slot.word - 1, 1);
        }
        if matches!(to.field.quirk, Quirk::VlanId | Quirk::VlanPriority) {
            self.decided(word::VLAN, 0x1000);
        }
    }

    /// Takes note that the bits of `to` follow from those of `from` together.
    pub(super) fn mixed(&mut self, to: Slot, from: impl IntoIterator<Item = BitId>) {
        if !self.is_tracked() {
            return;
        }
        let mut all = Vec::new();
        let mut picked = None;
        for bit in from {
            match self.source(bit) {
                Source::Entered(bit) => all.push(bit),
                Source::Known => {}
                Source::Mixed(bits) => all.extend(bits.iter().copied()),
                Source::Picked(_) => picked = Some(self.source(bit)),
            }
        }
        all.sort_unstable();
        all.dedup();
        let source = match picked {
            Some(picked) => picked,
            None if all.is_empty() => Source::Known,
            None => Source::Mixed(all.into()),
        };
        slot_bits(to).for_each(|bit| self.comes_from(bit, source.clone()));
    }

    /// Swaps what is known of two slots of the same width.
    pub(super) fn swapped(&mut self, a: Slot, b: Slot) {
        if !self.is_tracked() {
            return;
        }
        for (a, b) in slot_bits(a).zip(slot_bits(b)) {
            let (x, y) = (self.source(a), self.source(b));
            self.comes_from(a, y);
            self.comes_from(b, x);
        }
    }
}
