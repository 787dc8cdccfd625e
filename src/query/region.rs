//! Sets of values of a field, and how a flow's set relates to an asked one.
//!
//! A flow accepts a set of values: those that have its bits under its mask, a *cube*. What is asked is a *region*: cubes
//! and ranges. [`Region::holds`], [`Region::lies_in`] and [`Region::meets`] are the relations `in`, `covers` and `hits`
//! of the language. Bits are addressed by [`Part`]s of words, so registers that overlap, bit ranges and addresses of four
//! words are all the same thing.

use smallvec::SmallVec;

use super::ranges::Ranges;
use crate::field::bits::Bits;
use crate::field::slot::{Slot, WordId, ones};

/// Some bits of one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The word.
    pub word: WordId,
    /// The bits of it.
    pub mask: u32,
    /// The lowest of them.
    pub shift: u16,
    /// Which bit of the value that one is.
    pub at: u16,
}

/// The bits that a name is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The parts, highest bits first.
    pub parts: SmallVec<[Part; 4]>,
    /// How many bits.
    pub width: u16,
}

/// For each part of a place the value and the bits that count, as they stand in the words; no value bit outside of them.
pub(super) type Cube = SmallVec<[(u32, u32); 4]>;

/// Values of up to this many bits can be told apart one by one; longer ones, as tunnel options, only as cubes.
const NUMBERS: u16 = 128;

impl Place {
    /// `width` bits from bit `offset` of a slot on; they must be the slot's.
    pub(super) fn new(slot: Slot, offset: u16, width: u16) -> Place {
        let n = slot.n_words();
        let parts = slot.words().enumerate().filter_map(|(i, (word, bits))| {
            // The lowest bit of this word's share of the slot.
            let low = 32 * (n - 1 - i as u16);
            let base = if n == 1 { u16::from(slot.shift) } else { 0 };
            let (first, end) = (offset.max(low), (offset + width).min(low + bits.count_ones() as u16));
            (first < end).then(|| {
                let shift = first - low + base;
                Part { word, mask: ones(end - first) << shift, shift, at: first - offset }
            })
        });
        Place { parts: parts.collect(), width }
    }

    /// Whether values are small enough to be numbers.
    pub(super) fn is_numeric(&self) -> bool {
        self.width <= NUMBERS
    }

    /// All ones.
    fn full(&self) -> u128 {
        u128::MAX >> (128 - u32::from(self.width.clamp(1, NUMBERS)))
    }

    /// The highest value.
    pub(super) fn highest(&self) -> u128 {
        self.full()
    }

    /// The cube of a value under a mask, both moved down to bit 0.
    pub(super) fn cube(&self, value: &Bits, mask: &Bits) -> Cube {
        let window = |bits: &Bits, part: &Part| {
            let bits = bits.slice(part.at.into(), part.mask.count_ones() as usize);
            (bits.to_u64() as u32) << part.shift
        };
        self.parts
            .iter()
            .map(|part| {
                let mask = window(mask, part);
                (window(value, part) & mask, mask)
            })
            .collect()
    }

    /// Whether a cube holds one value only.
    fn is_exact(&self, cube: &Cube) -> bool {
        cube.iter().zip(&self.parts).all(|((_, mask), part)| *mask == part.mask)
    }

    /// The number that the parts' bits make together. Only for places that are numeric.
    pub(super) fn number(&self, words: impl Iterator<Item = u32>) -> u128 {
        let moved = |(part, word): (&Part, u32)| u128::from((word & part.mask) >> part.shift) << part.at;
        self.parts.iter().zip(words).map(moved).fold(0, |n, bits| n | bits)
    }

    /// A cube as one number and the mask of it.
    fn numbers(&self, cube: &Cube) -> (u128, u128) {
        (self.number(cube.iter().map(|c| c.0)), self.number(cube.iter().map(|c| c.1)))
    }
}

/// Some values that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Those with some bits as given.
    Cube(Cube),
    /// Those between two, both included.
    Range(u128, u128),
}

/// Some values of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    place: Place,
    cubes: Vec<Cube>,
    ranges: Ranges,
}

/// In how many pieces a flow's set is cut at most to see whether several pieces of a region hold it together.
const PIECES: usize = 4096;

impl Region {
    /// The values of some cubes and ranges. Ranges are only for places that are numeric.
    pub(super) fn new(place: Place, pieces: impl IntoIterator<Item = Piece>) -> Region {
        let (mut cubes, mut ranges) = (Vec::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Range(first, last) => ranges.push(Ranges::between(first, last)),
                Piece::Cube(cube) if place.is_exact(&cube) && place.is_numeric() => {
                    ranges.push(Ranges::one(place.numbers(&cube).0));
                }
                Piece::Cube(cube) => cubes.push(cube),
            }
        }
        Region { place, cubes, ranges: Ranges::union(ranges) }
    }

    /// The cube, if that is all.
    pub(super) fn single_cube(&self) -> Option<Cube> {
        match (self.cubes.as_slice(), self.ranges.list()) {
            ([cube], []) => Some(cube.clone()),
            ([], [(first, last)]) if first == last => {
                let width = usize::from(self.place.width);
                Some(self.place.cube(&Bits::from_u128(*first, width), &Bits::ones(width)))
            }
            _ => None,
        }
    }

    /// The ranges, if that is all.
    pub(super) fn only_ranges(&self) -> Option<&Ranges> {
        self.cubes.is_empty().then_some(&self.ranges)
    }

    /// Whether every value of `flow` is one of these.
    pub(super) fn holds(&self, flow: &Cube) -> bool {
        let inside = |cube: &Cube| cube.iter().zip(flow).all(|(q, f)| q.1 & !f.1 == 0 && (q.0 ^ f.0) & q.1 == 0);
        if self.cubes.iter().any(inside) {
            return true;
        }
        if self.ranges.list().is_empty() && self.cubes.len() <= 1 || !self.place.is_numeric() {
            return false;
        }
        let (value, mask) = self.place.numbers(flow);
        let cubes: SmallVec<[(u128, u128); 4]> = self.cubes.iter().map(|c| self.place.numbers(c)).collect();
        self.hold_together(&cubes, value, mask, &mut PIECES.clone())
    }

    /// Whether the pieces together hold all values of a cube: cut it in two until each half lies in one piece, or none.
    fn hold_together(&self, cubes: &[(u128, u128)], value: u128, mask: u128, budget: &mut usize) -> bool {
        let full = self.place.full();
        let last = value | full & !mask;
        if self.ranges.hold(value, last) || cubes.iter().any(|(v, m)| m & !mask == 0 && (v ^ value) & m == 0) {
            return true;
        }
        let meets_cube = cubes.iter().any(|(v, m)| (v ^ value) & m & mask == 0);
        let meets = meets_cube || self.ranges.list().iter().any(|r| range_meets(*r, value, mask, full));
        if !meets || mask == full || *budget == 0 {
            return false;
        }
        *budget -= 1;
        let bit = 1 << (127 - (full & !mask).leading_zeros());
        self.hold_together(cubes, value, mask | bit, budget)
            && self.hold_together(cubes, value | bit, mask | bit, budget)
    }

    /// Whether every one of these values is one of `flow`.
    pub(super) fn lies_in(&self, flow: &Cube) -> bool {
        let covered = |cube: &Cube| cube.iter().zip(flow).all(|(q, f)| f.1 & !q.1 == 0 && (q.0 ^ f.0) & f.1 == 0);
        if !self.cubes.iter().all(covered) {
            return false;
        }
        if self.ranges.list().is_empty() {
            return true;
        }
        let (value, mask) = self.place.numbers(flow);
        self.ranges.list().iter().all(|&(first, last)| {
            // A range that crosses from 0 to 1 in one bit takes both values in every lower bit.
            let varying = (first ^ last).checked_ilog2().map_or(0, |bit| u128::MAX >> (127 - bit));
            mask & varying == 0 && (first ^ value) & mask == 0
        })
    }

    /// Whether one of these values is one of `flow`.
    pub(super) fn meets(&self, flow: &Cube) -> bool {
        let overlaps = |cube: &Cube| cube.iter().zip(flow).all(|(q, f)| (q.0 ^ f.0) & q.1 & f.1 == 0);
        if self.cubes.iter().any(overlaps) {
            return true;
        }
        if self.ranges.list().is_empty() {
            return false;
        }
        let (value, mask) = self.place.numbers(flow);
        let full = self.place.full();
        self.ranges.list().iter().any(|r| range_meets(*r, value, mask, full))
    }
}

/// Whether a cube has a value in a range.
fn range_meets((first, last): (u128, u128), value: u128, mask: u128, full: u128) -> bool {
    least_from(first, value, mask, full).is_some_and(|least| least <= last)
}

/// The least value of a cube that is not below `from`.
fn least_from(from: u128, value: u128, mask: u128, full: u128) -> Option<u128> {
    let free = full & !mask;
    // As near to `from` as the free bits allow; where it first differs, a fixed bit decides.
    let near = value | from & free;
    let Some(bit) = (near ^ from).checked_ilog2() else { return Some(near) };
    let below = (1u128 << bit) - 1;
    if near > from {
        return Some(near & !(free & below));
    }
    // Too small: the next larger one has a free bit set that `from` has not, above the one that decided.
    let candidates = free & !from & !(below | 1 << bit);
    let up = (candidates != 0).then(|| candidates.trailing_zeros())?;
    Some((near | 1 << up) & !(free & ((1 << up) - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::table;

    /// A place of five bits in the middle of a word.
    fn place() -> Place {
        Place::new(Slot::new(3, 4, 8), 2, 5)
    }

    fn cube(value: u64, mask: u64) -> Cube {
        place().cube(&Bits::from_u64(value, 5), &Bits::from_u64(mask, 5))
    }

    fn values(value: u64, mask: u64) -> Vec<u64> {
        (0..32).filter(|n| n & mask == value & mask).collect()
    }

    #[test]
    fn places_of_bits() {
        assert_eq!(place().parts.as_slice(), [Part { word: 3, mask: 0b11111 << 6, shift: 6, at: 0 }]);
        let wide = Place::new(table::METADATA.slot, 28, 8);
        assert_eq!(
            wide.parts.as_slice(),
            [Part { word: 32, mask: 0xf, shift: 0, at: 4 }, Part { word: 33, mask: 0xf000_0000, shift: 28, at: 0 }]
        );
        let mac = Place::new(table::ETH_SRC.slot, 0, 48);
        let bits = mac.cube(&Bits::from_u64(0xfa16_3e00_0001, 48), &Bits::ones(48));
        assert_eq!(bits.as_slice(), [(0xfa16, 0xffff), (0x3e00_0001, 0xffff_ffff)]);
        assert_eq!(mac.number(bits.iter().map(|b| b.0)), 0xfa16_3e00_0001);
        let option = Place::new(table::TUN_METADATA.slot, 0, 992);
        assert_eq!((option.parts.len(), option.is_numeric()), (31, false));
    }

    /// Every cube of five bits against regions of every kind, compared with the sets themselves.
    #[test]
    fn relations_are_those_of_sets() {
        type Shown = (u64, u64, bool);
        let regions: &[&[Shown]] = &[
            &[(5, 31, true)],
            &[(4, 28, true)],
            &[(0, 0, true)],
            &[(3, 9, false)],
            &[(8, 15, false)],
            &[(0, 31, false)],
            &[(31, 31, false)],
            &[(8, 11, false), (12, 15, false)],
            &[(4, 6, true), (6, 6, true)],
            &[(1, 1, true), (0, 6, false), (17, 20, false)],
            &[(16, 16, true), (0, 15, false)],
            &[(2, 18, true), (9, 11, true), (20, 22, false)],
        ];
        for pieces in regions {
            let mut asked: Vec<u64> = Vec::new();
            let region = Region::new(
                place(),
                pieces.iter().map(|&(a, b, is_cube)| {
                    asked.extend(if is_cube { values(a, b) } else { (a..=b).collect() });
                    if is_cube { Piece::Cube(cube(a, b)) } else { Piece::Range(a.into(), b.into()) }
                }),
            );
            for mask in 0..32 {
                for value in values(0, !mask & 31) {
                    let flow = values(value, mask);
                    let about = format!("{pieces:?} and {value}/{mask}");
                    let f = cube(value, mask);
                    assert_eq!(region.holds(&f), flow.iter().all(|n| asked.contains(n)), "in: {about}");
                    assert_eq!(region.lies_in(&f), asked.iter().all(|n| flow.contains(n)), "covers: {about}");
                    assert_eq!(region.meets(&f), asked.iter().any(|n| flow.contains(n)), "hits: {about}");
                }
            }
        }
    }

    #[test]
    fn the_largest_numbers_are_no_edge() {
        let place = Place::new(table::IPV6_SRC.slot, 0, 128);
        let pieces = [Piece::Range(u128::MAX - 1, u128::MAX), Piece::Range(5, u128::MAX - 2)];
        let region = Region::new(place.clone(), pieces);
        assert_eq!(region.only_ranges(), Some(&Ranges::between(5, u128::MAX)));
        let all = place.cube(&Bits::zero(128), &Bits::zero(128));
        assert!(!region.holds(&all) && region.meets(&all) && region.lies_in(&all));
        let four = place.cube(&Bits::from_u128(4, 128), &Bits::ones(128));
        assert!(!region.holds(&four) && !region.meets(&four));
    }

    #[test]
    fn a_lone_value_is_a_cube() {
        let five = Piece::Cube(cube(5, 31));
        assert_eq!(Region::new(place(), [five.clone()]).single_cube(), Some(cube(5, 31)));
        assert_eq!(Region::new(place(), [five, Piece::Range(6, 6)]).single_cube(), None);
    }
}
