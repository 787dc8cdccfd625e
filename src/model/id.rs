//! A short name for a flow: `9c41`.
//!
//! OpenFlow knows a flow by its table, its priority and its match (OpenFlow 1.5.1, section 5.2); a [`FlowHash`] is a
//! number made of just these, so it stays the same when counters, actions or the place in the dump change, and in every
//! run and every release. People say the first digits of it, as many as no other flow of the bridge has.
//!
//! **Invariant:** the number is made of the words of the match as [`crate::field::slot`] lays them out. Whoever moves a
//! field to another word gives its flows new names; a test below holds the values. A port that is known by name only has
//! no number that stays, so flows that match one are named anew when the dump is read in another order.

use std::fmt;

use super::bridge::FlowId;
use super::store::{FlowRef, FlowStore};
use crate::field::Match;

/// What stands for a flow's table, priority and match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowHash(pub u64);

/// FNV-1a, 64 bits (draft-eastlake-fnv, section 5): short, and the same everywhere.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The last bytes hardly reach the upper digits, which are the ones people type, so the bits are mixed at the end.
    fn finish(self) -> u64 {
        let mut n = self.0;
        n = (n ^ n >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        n = (n ^ n >> 29).wrapping_mul(0xd6e8_feb8_6659_fd93);
        n ^ n >> 32
    }
}

impl FlowHash {
    /// How many digits it has.
    pub const DIGITS: usize = 16;
    /// How many digits are shown at least.
    pub const SHORT: usize = 4;

    /// That of a table, a priority and a match.
    pub fn new(table: u8, priority: u32, matches: &Match) -> FlowHash {
        let words = matches.words().iter().map(|w| (w.word, w.mask, w.value));
        FlowHash::of_words(table, priority, words)
    }

    /// That of a flow of a store.
    pub fn of(flow: FlowRef<'_>) -> FlowHash {
        let words = flow.shape().masks.iter().zip(flow.values()).map(|(&(word, mask), &value)| (word, mask, value));
        FlowHash::of_words(flow.table(), flow.priority(), words)
    }

    fn of_words(table: u8, priority: u32, words: impl Iterator<Item = (u16, u32, u32)>) -> FlowHash {
        let mut fnv = Fnv::new();
        fnv.write(&[table]);
        fnv.write(&priority.to_be_bytes());
        for (word, mask, value) in words {
            fnv.write(&word.to_be_bytes());
            fnv.write(&mask.to_be_bytes());
            fnv.write(&value.to_be_bytes());
        }
        FlowHash(fnv.finish())
    }

    /// Its first `n` digits.
    pub fn digits(self, n: usize) -> String {
        let mut text = self.to_string();
        text.truncate(n.clamp(1, Self::DIGITS));
        text
    }

    /// How many digits two of them share from the front.
    fn shared(self, other: FlowHash) -> usize {
        (self.0 ^ other.0).leading_zeros() as usize / 4
    }
}

impl fmt::Display for FlowHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The first digits of a [`FlowHash`], as a person types them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// The lowest number that begins so.
    pub first: u64,
    /// The highest one.
    pub last: u64,
}

impl Prefix {
    /// Reads 1 to 16 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Prefix> {
        let is_digits = text.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_digits || text.is_empty() || text.len() > FlowHash::DIGITS {
            return None;
        }
        let rest = 64 - 4 * text.len() as u32;
        // The digits were just counted, so they fit.
        let first = u64::from_str_radix(text, 16).ok()? << rest;
        Some(Prefix { first, last: first | u64::MAX.checked_shr(64 - rest).unwrap_or(0) })
    }

    /// A whole number.
    pub fn of(hash: FlowHash) -> Prefix {
        Prefix { first: hash.0, last: hash.0 }
    }

    /// Whether a number begins so.
    pub fn holds(self, hash: FlowHash) -> bool {
        (self.first..=self.last).contains(&hash.0)
    }
}

/// The names of all flows of a bridge.
#[derive(Debug, Default)]
pub struct Ids {
    /// By number.
    sorted: Vec<(FlowHash, FlowId)>,
}

impl Ids {
    /// The names of the flows of a store.
    pub fn of(flows: &FlowStore) -> Ids {
        let mut sorted: Vec<_> = flows.iter().map(|(id, flow)| (FlowHash::of(flow), id)).collect();
        sorted.sort_unstable();
        Ids { sorted }
    }

    /// The flows whose numbers begin so.
    pub fn find(&self, prefix: Prefix) -> impl ExactSizeIterator<Item = FlowId> + '_ {
        let from = self.sorted.partition_point(|(hash, _)| hash.0 < prefix.first);
        let to = self.sorted.partition_point(|(hash, _)| hash.0 <= prefix.last);
        self.sorted[from..to].iter().map(|(_, id)| *id)
    }

    /// The shortest name of a flow that no other flow has, of [`FlowHash::SHORT`] digits at least.
    pub fn short(&self, hash: FlowHash) -> String {
        let from = self.sorted.partition_point(|(other, _)| *other < hash);
        let to = self.sorted.partition_point(|(other, _)| *other <= hash);
        let before = from.checked_sub(1).map(|at| self.sorted[at].0);
        let after = self.sorted.get(to).map(|(hash, _)| *hash);
        let shared = before.into_iter().chain(after).map(|other| hash.shared(other)).max().unwrap_or(0);
        hash.digits(FlowHash::SHORT.max(shared + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::table;

    #[test]
    fn numbers_stay_what_they_were_in_every_release() {
        let mut matches = Match::any();
        assert_eq!(FlowHash::new(0, 0, &matches).to_string(), "6cfa1c041ff9961f");
        assert_eq!(FlowHash::new(72, 0, &matches).to_string(), "8dcc1afa6f3a0a5e");
        matches.set_exact(table::REG.nth(5).slot, 0x15);
        assert_eq!(FlowHash::new(82, 40, &matches).to_string(), "c2e533b50cdf78c0");
        matches.set_exact(table::ETH_DST.slot, 0xfa16_3e00_0001);
        matches.set_exact(table::TCP_DST.slot, 22);
        assert_eq!(FlowHash::new(82, 40, &matches).to_string(), "6a8513dfa0fbb844");
    }

    #[test]
    fn the_hash_below_is_fnv() {
        let raw = |text: &str| {
            let mut fnv = Fnv::new();
            fnv.write(text.as_bytes());
            fnv.0
        };
        // From the test vectors of the draft.
        assert_eq!(raw(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(raw("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(raw("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn prefixes_hold_what_begins_with_them() {
        let prefix = Prefix::parse("9c41").unwrap();
        assert!(prefix.holds(FlowHash(0x9c41_0000_0000_0000)) && prefix.holds(FlowHash(0x9c41_ffff_ffff_ffff)));
        assert!(!prefix.holds(FlowHash(0x9c42_0000_0000_0000)) && !prefix.holds(FlowHash(0x9c40_ffff_ffff_ffff)));
        let whole = Prefix::parse("0123456789abcdef").unwrap();
        assert_eq!((whole.first, whole.last), (0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef));
        assert_eq!(Prefix::parse("F"), Prefix::parse("f"));
        for wrong in ["", "0x9c", "9g", "0123456789abcdef0", "+1", "é"] {
            assert_eq!(Prefix::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn short_names_are_as_long_as_it_takes() {
        let at = |n: u64| FlowHash(n);
        let ids = Ids {
            sorted: vec![
                (at(0x1111_0000_0000_0000), 0),
                (at(0x1111_1000_0000_0000), 1),
                (at(0x2222_0000_0000_0000), 2),
                (at(0x2222_0000_0000_0000), 3),
            ],
        };
        assert_eq!(ids.short(at(0x1111_0000_0000_0000)), "11110");
        assert_eq!(ids.short(at(0x1111_1000_0000_0000)), "11111");
        assert_eq!(ids.short(at(0x2222_0000_0000_0000)), "2222");
        assert_eq!(ids.find(Prefix::parse("1111").unwrap()).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(ids.find(Prefix::parse("2222").unwrap()).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(ids.find(Prefix::parse("3").unwrap()).len(), 0);
    }
}
