//! Ranges of ports as values with masks.
//!
//! A flow matches a port under a mask, so a range becomes the fewest blocks that begin alike
//! (`neutron.common.utils.port_rule_masking` finds the same ones).

/// The blocks that a range consists of: value and mask, in order.
pub fn blocks(first: u16, last: u16) -> Vec<(u16, u16)> {
    let mut found = Vec::new();
    let (mut at, last) = (u32::from(first), u32::from(last));
    while at <= last {
        // The largest block that begins here and does not reach beyond the end.
        let aligned = if at == 0 { 16 } else { at.trailing_zeros() };
        let mut bits = aligned.min(16);
        while at + (1 << bits) - 1 > last {
            bits -= 1;
        }
        found.push((at as u16, mask(bits)));
        at += 1 << bits;
    }
    found
}

fn mask(bits: u32) -> u16 {
    if bits >= 16 { 0 } else { u16::MAX << bits }
}

/// The ports of a block, from the first to the last; `None` if its mask does not begin with ones.
pub fn range(value: u16, mask: u16) -> Option<(u16, u16)> {
    let is_block = mask.leading_ones() + mask.trailing_zeros() >= 16;
    is_block.then_some((value & mask, value & mask | !mask))
}

/// Cuts ranges where what they stand for changes. Each piece comes with what the ranges that have it stand for, sorted
/// (`rules.merge_port_ranges`).
pub fn cut<T: Ord + Clone>(ranges: &[((u16, u16), T)]) -> Vec<((u16, u16), Vec<T>)> {
    let ends = ranges.iter().flat_map(|((first, last), _)| [u32::from(*first), u32::from(*last) + 1]);
    let mut edges: Vec<u32> = ends.collect();
    edges.sort_unstable();
    edges.dedup();
    let mut pieces: Vec<((u16, u16), Vec<T>)> = Vec::new();
    for piece in edges.windows(2).map(|edge| (edge[0] as u16, (edge[1] - 1) as u16)) {
        let has_it = ranges.iter().filter(|(r, _)| r.0 <= piece.0 && piece.1 <= r.1);
        let mut of: Vec<T> = has_it.map(|(_, of)| of.clone()).collect();
        of.sort_unstable();
        of.dedup();
        match pieces.last_mut() {
            _ if of.is_empty() => {}
            Some((before, known)) if u32::from(before.1) + 1 == u32::from(piece.0) && *known == of => {
                before.1 = piece.1;
            }
            _ => pieces.push((piece, of)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_the_fewest_blocks() {
        assert_eq!(
            blocks(8000, 8999),
            [
                (0x1f40, 0xffc0),
                (0x1f80, 0xff80),
                (0x2000, 0xfe00),
                (0x2200, 0xff00),
                (0x2300, 0xffe0),
                (0x2320, 0xfff8)
            ]
        );
        assert_eq!(blocks(53, 54), [(53, 0xffff), (54, 0xffff)]);
        let counts = [(1, 65534), (1, 65535), (1024, 65535), (0, 65535), (0, 0), (65535, 65535)];
        assert_eq!(counts.map(|(a, b)| blocks(a, b).len()), [30, 16, 6, 1, 1, 1]);
        assert_eq!(blocks(2, 1), []);
    }

    #[test]
    fn blocks_cover_their_range_and_nothing_else() {
        for (first, last) in [(1u16, 1999u16), (1000, 1234), (33434, 33523), (0, 7), (65000, 65535)] {
            let mut at = u32::from(first);
            for (value, mask) in blocks(first, last) {
                let (low, high) = range(value, mask).unwrap();
                assert_eq!(u32::from(low), at, "{first}..{last}");
                at = u32::from(high) + 1;
            }
            assert_eq!(at, u32::from(last) + 1);
        }
        assert_eq!(range(5, 0x00ff), None);
    }

    #[test]
    fn overlapping_ranges_are_cut_where_they_meet() {
        let shown = |ranges: &[((u16, u16), char)]| -> Vec<String> {
            cut(ranges).into_iter().map(|((a, b), of)| format!("{a}-{b} {}", String::from_iter(of))).collect()
        };
        assert_eq!(
            shown(&[((1, 65535), 'a'), ((80, 80), 'b'), ((5432, 5432), 'c')]),
            ["1-79 a", "80-80 ab", "81-5431 a", "5432-5432 ac", "5433-65535 a"]
        );
        assert_eq!(shown(&[((1, 2), 'a'), ((8, 9), 'a')]), ["1-2 a", "8-9 a"]);
        assert_eq!(shown(&[((34114, 34447), 'a'), ((33820, 34153), 'a')]), ["33820-34447 a"]);
    }
}
