//! `hits{..}` and `wins{..}`: a packet, or a set of packets, against whole matches.
//!
//! What is said of the packet is a set of cubes over all words. Usually it is one; a port without a protocol, as in
//! `hits{tcp_dst=80}`, may be over IPv4 or over IPv6, which makes two.

use smallvec::SmallVec;

use super::fields::Compare;
use crate::field::Match;
use crate::field::slot::WordId;

/// A set of packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PacketTest {
    /// The cubes it is made of; none if what was said contradicts itself.
    pub packets: Vec<Match>,
}

/// The same, worked out for flows that match the same bits: for each cube the comparisons that must hold.
pub(super) type ShapePackets = SmallVec<[SmallVec<[Compare; 4]>; 1]>;

/// How many cubes a set is made of at most.
pub(super) const CUBES: usize = 64;

impl PacketTest {
    /// The packets of both sets; `None` if that takes too many cubes.
    pub(super) fn narrow(packets: &[Match], others: &[Match]) -> Option<Vec<Match>> {
        let mut both: Vec<Match> = Vec::new();
        for one in packets.iter().flat_map(|p| others.iter().filter_map(|o| p.intersect(o))) {
            // A cube in another one adds nothing.
            if both.iter().any(|b| b.covers(&one)) {
                continue;
            }
            both.retain(|b| !one.covers(b));
            both.push(one);
            if both.len() > CUBES {
                return None;
            }
        }
        Some(both)
    }

    /// Whether some packet is one of a match, word by word: what the test for a shape must agree with.
    #[cfg(test)]
    fn meets(&self, flow: &Match) -> bool {
        self.packets.iter().any(|p| p.overlaps(flow))
    }

    /// The test for flows that match these bits.
    pub(super) fn for_shape(&self, masks: &[(WordId, u32)]) -> ShapePackets {
        let compare = |packet: &Match| {
            let masks = (0..).zip(masks);
            masks
                .filter_map(|(at, &(id, mask))| {
                    let (value, said) = packet.word(id);
                    let mask = mask & said;
                    (mask != 0).then_some(Compare { at, mask, want: value & mask })
                })
                .collect()
        };
        self.packets.iter().map(compare).collect()
    }

    /// The answer for a flow of that shape.
    #[inline]
    pub(super) fn answer(test: &ShapePackets, values: &[u32]) -> bool {
        test.iter().any(|compares| compares.iter().all(|c| c.holds(values)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::table;

    fn cube(words: &[(WordId, u32, u32)]) -> Match {
        let mut m = Match::any();
        for &(id, value, mask) in words {
            m.set_word(id, mask, value, mask);
        }
        m
    }

    #[test]
    fn a_test_for_a_shape_says_what_the_match_says() {
        let (a, b) = (table::REG.slot.word, table::IN_PORT.slot.word);
        let test = PacketTest { packets: vec![cube(&[(a, 5, 0xff), (b, 1, u32::MAX)]), cube(&[(a, 0x100, 0x100)])] };
        for flow in [
            cube(&[]),
            cube(&[(a, 5, 0xf)]),
            cube(&[(a, 6, 0xf)]),
            cube(&[(a, 0x106, 0xfff)]),
            cube(&[(b, 1, u32::MAX)]),
            cube(&[(a, 5, 0x1ff), (b, 2, 0xff)]),
        ] {
            let shape = test.for_shape(&flow.masks().collect::<Vec<_>>());
            let values: Vec<u32> = flow.words().iter().map(|w| w.value).collect();
            assert_eq!(PacketTest::answer(&shape, &values), test.meets(&flow), "{flow:?}");
        }
    }

    #[test]
    fn sets_of_cubes_stay_small() {
        let reg = table::REG.slot.word;
        let wide = [cube(&[(reg, 0, 1)]), cube(&[(reg, 1, 1)])];
        let narrow = [cube(&[(reg, 4, 0xf)]), cube(&[(reg, 4, 0xff)]), cube(&[(reg, 5, 0xff)])];
        assert_eq!(PacketTest::narrow(&wide, &narrow).unwrap(), [cube(&[(reg, 4, 0xf)]), cube(&[(reg, 5, 0xff)])]);
        let many = |word| (0..9).map(|n| cube(&[(word, n, 0xf)])).collect::<Vec<_>>();
        assert_eq!(PacketTest::narrow(&many(reg), &many(reg + 1)), None);
        assert_eq!(PacketTest::narrow(&wide[..1], &wide[1..]), Some(vec![]));
    }
}
