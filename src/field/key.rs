//! A packet as the tables see it: every word of every field, and nothing masked.

use smallvec::SmallVec;

use super::bits::Bits;
use super::matches::Match;
use super::slot::{Slot, WordId, word};

/// A packet with its metadata: the value of every field (`struct flow` of Open vSwitch).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    words: [u32; word::BASE_END as usize],
    /// The words of tunnel options that are not zero, sorted.
    options: SmallVec<[(WordId, u32); 4]>,
}

impl Default for Key {
    /// The packet of zeros.
    fn default() -> Key {
        Key { words: [0; word::BASE_END as usize], options: SmallVec::new() }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.words().filter(|(_, value)| *value != 0)).finish()
    }
}

impl Key {
    /// The value of a word.
    #[inline]
    pub fn word(&self, id: WordId) -> u32 {
        match self.words.get(usize::from(id)) {
            Some(value) => *value,
            None => self.option(id),
        }
    }

    fn option(&self, id: WordId) -> u32 {
        self.options.binary_search_by_key(&id, |(id, _)| *id).map_or(0, |at| self.options[at].1)
    }

    /// Sets the bits of a word that `mask` names.
    pub fn set_word(&mut self, id: WordId, value: u32, mask: u32) {
        if let Some(word) = self.words.get_mut(usize::from(id)) {
            *word = *word & !mask | value & mask;
            return;
        }
        match self.options.binary_search_by_key(&id, |(id, _)| *id) {
            Ok(at) => self.options[at].1 = self.options[at].1 & !mask | value & mask,
            Err(at) if value & mask != 0 => self.options.insert(at, (id, value & mask)),
            Err(_) => {}
        }
        self.options.retain(|(_, value)| *value != 0);
    }

    /// The words with their values.
    pub fn words(&self) -> impl Iterator<Item = (WordId, u32)> + '_ {
        (0..).zip(self.words.iter().copied()).chain(self.options.iter().copied())
    }

    /// The value of a slot.
    pub fn read(&self, slot: Slot) -> Bits {
        slot.read(|id| self.word(id))
    }

    /// The value of a slot of up to 64 bits.
    #[inline]
    pub fn value(&self, slot: Slot) -> u64 {
        match slot.n_words() {
            1 => u64::from(self.word(slot.word) >> slot.shift & super::slot::ones(slot.width)),
            _ => self.read(slot).to_u64(),
        }
    }

    /// Sets a slot.
    pub fn write(&mut self, slot: Slot, value: &Bits) {
        for ((id, part), (_, value)) in slot.words().zip(slot.spread(value)) {
            self.set_word(id, value, part);
        }
    }

    /// Sets a slot of up to 64 bits.
    pub fn set(&mut self, slot: Slot, value: u64) {
        self.write(slot, &Bits::from_u64(value, slot.width.into()));
    }

    /// Sets everything that a match says; where it leaves a bit open, the bit stays as it is.
    pub fn set_match(&mut self, matches: &Match) {
        for w in matches.words() {
            self.set_word(w.word, w.value, w.mask);
        }
    }

    /// Whether the packet is one of a match.
    pub fn is_in(&self, matches: &Match) -> bool {
        matches.words().iter().all(|w| (self.word(w.word) ^ w.value) & w.mask == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::table;

    #[test]
    fn what_is_set_is_read() {
        let mut key = Key::default();
        key.set(table::IN_PORT.slot, 7);
        key.set(table::ETH_SRC.slot, 0x0000_fa16_3e00_0001);
        key.set(table::TUN_METADATA.slot, 0xabcd);
        assert_eq!(key.value(table::IN_PORT.slot), 7);
        assert_eq!(key.value(table::ETH_SRC.slot), 0xfa16_3e00_0001);
        assert_eq!(key.value(table::TUN_METADATA.slot), 0xabcd);
        key.set(table::TUN_METADATA.slot, 0);
        assert_eq!(key.words().filter(|(_, v)| *v != 0).count(), 3);
        let mut wanted = Match::any();
        wanted.set_exact(table::IN_PORT.slot, 7);
        assert!(key.is_in(&wanted));
        wanted.set_exact(table::IN_PORT.slot, 8);
        assert!(!key.is_in(&wanted));
    }
}
