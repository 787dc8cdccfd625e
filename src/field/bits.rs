//! Values of up to 992 bits: what a field holds, and the mask beside it.

use smallvec::SmallVec;

/// An unsigned number in 32-bit words, most significant first. The number of words is part of the value; bits are
/// counted from the least significant one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bits(SmallVec<[u32; 4]>);

impl Bits {
    /// Zero, in as many words as `width` bits need.
    pub fn zero(width: usize) -> Bits {
        Bits(SmallVec::from_elem(0, width.div_ceil(32).max(1)))
    }

    /// All of `width` bits set.
    pub fn ones(width: usize) -> Bits {
        let mut bits = Bits(SmallVec::from_elem(u32::MAX, width.div_ceil(32).max(1)));
        bits.truncate(width);
        bits
    }

    /// `n` in as many words as `width` bits need; higher bits of `n` are dropped.
    pub fn from_u128(n: u128, width: usize) -> Bits {
        let mut bits = Bits::zero(width);
        for (i, word) in bits.0.iter_mut().rev().enumerate().take(4) {
            *word = (n >> (32 * i)) as u32;
        }
        bits.truncate(width);
        bits
    }

    /// `n` in as many words as `width` bits need.
    pub fn from_u64(n: u64, width: usize) -> Bits {
        Bits::from_u128(u128::from(n), width)
    }

    /// The words, most significant first.
    pub fn from_words(words: impl IntoIterator<Item = u32>) -> Bits {
        Bits(words.into_iter().collect())
    }

    /// The words, most significant first.
    pub fn words(&self) -> &[u32] {
        &self.0
    }

    /// The lowest 64 bits.
    pub fn to_u64(&self) -> u64 {
        self.to_u128() as u64
    }

    /// The lowest 128 bits.
    pub fn to_u128(&self) -> u128 {
        self.0.iter().rev().take(4).enumerate().fold(0, |n, (i, &w)| n | u128::from(w) << (32 * i))
    }

    /// Whether no bit is set.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|&w| w == 0)
    }

    /// Whether the lowest `width` bits are set and no other.
    pub fn is_ones(&self, width: usize) -> bool {
        self.count_ones() == width && self.bit_length() == width
    }

    /// The number of bits up to the highest one set.
    pub fn bit_length(&self) -> usize {
        let first = self.0.iter().position(|&w| w != 0);
        first.map_or(0, |i| (self.0.len() - i) * 32 - self.0[i].leading_zeros() as usize)
    }

    /// How many bits are set.
    pub fn count_ones(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Bit `at`; false beyond the end.
    pub fn bit(&self, at: usize) -> bool {
        let word = at / 32;
        word < self.0.len() && self.0[self.0.len() - 1 - word] >> (at % 32) & 1 == 1
    }

    /// Sets bit `at`, if it exists, to `on`.
    pub fn set_bit(&mut self, at: usize, on: bool) {
        let (word, len) = (at / 32, self.0.len());
        if word < len {
            let bit = 1 << (at % 32);
            let word = &mut self.0[len - 1 - word];
            *word = if on { *word | bit } else { *word & !bit };
        }
    }

    /// Sets `width` bits from `offset` on.
    pub fn fill(&mut self, offset: usize, width: usize) {
        for at in offset..offset + width {
            self.set_bit(at, true);
        }
    }

    /// Clears every bit from `width` on.
    pub fn truncate(&mut self, width: usize) {
        for (from, word) in (0..).step_by(32).zip(self.0.iter_mut().rev()) {
            let kept = width.saturating_sub(from);
            if kept < 32 {
                *word &= (1 << kept) - 1;
            }
        }
    }

    /// The `width` bits from `offset` on, moved down to bit 0.
    pub fn slice(&self, offset: usize, width: usize) -> Bits {
        let mut out = Bits::zero(width);
        for (from, word) in (offset..).step_by(32).zip(out.0.iter_mut().rev()) {
            *word = self.window(from);
        }
        out.truncate(width);
        out
    }

    /// The 32 bits from `at` on.
    fn window(&self, at: usize) -> u32 {
        let word = |i: usize| self.0.len().checked_sub(1 + i).map_or(0, |i| u64::from(self.0[i]));
        ((word(at / 32) | word(at / 32 + 1) << 32) >> (at % 32)) as u32
    }

    /// Puts the lowest `width` bits of `part` at `offset`.
    pub fn insert(&mut self, offset: usize, width: usize, part: &Bits) {
        for at in 0..width {
            self.set_bit(offset + at, part.bit(at));
        }
    }

    /// Both, bit by bit.
    pub fn and(&self, other: &Bits) -> Bits {
        Bits(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    /// The number of leading ones if the lowest `width` bits are a prefix mask.
    pub fn prefix_length(&self, width: usize) -> Option<usize> {
        let ones = self.count_ones();
        let is_prefix = (0..ones).all(|i| self.bit(width - 1 - i));
        (ones <= width && is_prefix).then_some(ones)
    }

    /// A prefix mask of `ones` in `width` bits.
    pub fn prefix(ones: usize, width: usize) -> Bits {
        let mut bits = Bits::zero(width);
        bits.fill(width.saturating_sub(ones), ones.min(width));
        bits
    }

    /// Hexadecimal without leading zeros: `0x1f`, and `0` for zero, as `ds_put_hex` of Open vSwitch prints it.
    pub fn hex(&self) -> String {
        if let Some(first) = self.0.iter().position(|&w| w != 0) {
            let mut out = format!("{:#x}", self.0[first]);
            for word in &self.0[first + 1..] {
                out.push_str(&format!("{word:08x}"));
            }
            return out;
        }
        "0".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_all_widths() {
        let n = Bits::from_u128(0x0123_4567_89ab_cdef_0011_2233_4455_6677, 128);
        assert_eq!(n.to_u128(), 0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(n.slice(64, 32).to_u64(), 0x89ab_cdef);
        assert_eq!(n.hex(), "0x123456789abcdef0011223344556677");
        assert_eq!(Bits::from_u64(0x1ffff, 12).to_u64(), 0xfff);
        assert_eq!(Bits::zero(992).hex(), "0");
        assert!(Bits::ones(48).is_ones(48) && !Bits::ones(48).is_ones(47) && !Bits::ones(32).is_ones(16));
        assert!(Bits::ones(992).is_ones(992));
        let mut m = Bits::zero(64);
        m.insert(4, 8, &Bits::from_u64(0xab, 8));
        assert_eq!(m.hex(), "0xab0");
        assert_eq!(m.bit_length(), 12);
    }

    #[test]
    fn prefixes() {
        assert_eq!(Bits::prefix(24, 32).to_u64(), 0xffff_ff00);
        assert_eq!(Bits::prefix(24, 32).prefix_length(32), Some(24));
        assert_eq!(Bits::from_u64(0x00ff_00ff, 32).prefix_length(32), None);
        assert_eq!(Bits::prefix(128, 128).prefix_length(128), Some(128));
        assert_eq!(Bits::zero(32).prefix_length(32), Some(0));
    }
}
