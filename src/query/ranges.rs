//! Sets of numbers as ranges: what `n_packets > 5`, `table in {60, 71..73}` and `tp_dst in 8000..8099` come down to.

use smallvec::SmallVec;

/// Numbers, as ranges that are sorted, lie apart from each other, and hold both their ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ranges {
    list: SmallVec<[(u128, u128); 2]>,
}

impl Ranges {
    /// All numbers.
    pub(super) fn all() -> Ranges {
        Ranges::between(0, u128::MAX)
    }

    /// One number.
    pub(super) fn one(n: impl Into<u128>) -> Ranges {
        let n = n.into();
        Ranges::between(n, n)
    }

    /// The numbers from `first` to `last`; none if they are the wrong way round.
    pub(super) fn between(first: u128, last: u128) -> Ranges {
        let mut list = SmallVec::new();
        if first <= last {
            list.push((first, last));
        }
        Ranges { list }
    }

    /// The numbers of both.
    pub(super) fn or(mut self, other: Ranges) -> Ranges {
        self.list.extend(other.list);
        self.list.sort_unstable();
        self.list.dedup_by(|next, kept| {
            let touches = kept.1.checked_add(1).is_none_or(|after| next.0 <= after);
            if touches {
                kept.1 = kept.1.max(next.1);
            }
            touches
        });
        self
    }

    /// The numbers of many; one sort for them all.
    pub(super) fn union(many: impl IntoIterator<Item = Ranges>) -> Ranges {
        let list = many.into_iter().flat_map(|r| r.list).collect();
        Ranges { list }.or(Ranges::default())
    }

    /// All other numbers.
    pub(super) fn others(&self) -> Ranges {
        let mut list = SmallVec::new();
        let mut from = Some(0);
        for &(first, last) in &self.list {
            if let Some(from) = from.filter(|from| *from < first) {
                list.push((from, first - 1));
            }
            from = last.checked_add(1);
        }
        list.extend(from.map(|from| (from, u128::MAX)));
        Ranges { list }
    }

    /// Whether all numbers from `first` to `last` are among them.
    pub(super) fn hold(&self, first: u128, last: u128) -> bool {
        let at = self.list.partition_point(|(from, _)| *from <= first);
        at > 0 && last <= self.list[at - 1].1
    }

    /// The ranges, sorted.
    pub(super) fn list(&self) -> &[(u128, u128)] {
        &self.list
    }

    /// Whether a number is one of them.
    #[inline]
    pub(super) fn holds(&self, n: impl Into<u128>) -> bool {
        let n = n.into();
        match self.list.as_slice() {
            [(first, last)] => (*first..=*last).contains(&n),
            _ => self.hold(n, n),
        }
    }

    /// The range, if there is only one.
    pub(super) fn single(&self) -> Option<(u128, u128)> {
        match self.list.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(list: &[(u128, u128)]) -> Ranges {
        Ranges::union(list.iter().map(|&(first, last)| Ranges::between(first, last)))
    }

    #[test]
    fn ranges_that_touch_become_one() {
        assert_eq!(of(&[(5, 7), (1, 2), (3, 4), (9, 9)]).list.as_slice(), [(1, 7), (9, 9)]);
        assert_eq!(of(&[(0, u128::MAX), (5, 5)]), Ranges::all());
        assert_eq!(of(&[(7, 5)]), Ranges::default());
        assert_eq!(of(&[(1, 10), (2, 3), (4, 12)]).single(), Some((1, 12)));
        let set = of(&[(5, 7), (9, 9)]);
        assert!(set.hold(5, 7) && set.hold(6, 6) && !set.hold(7, 9) && !set.hold(4, 5) && !set.hold(9, 10));
    }

    #[test]
    fn a_number_is_in_a_set_or_in_the_others() {
        for set in [of(&[]), Ranges::all(), of(&[(0, 3), (7, 9)]), of(&[(4, u128::MAX)]), of(&[(2, 2), (4, 4), (6, 6)])]
        {
            for n in (0..12u128).chain([u128::MAX - 1, u128::MAX]) {
                assert_eq!(set.holds(n), set.list.iter().any(|(a, b)| (*a..=*b).contains(&n)), "{n} in {set:?}");
                assert_eq!(set.holds(n), set.hold(n, n));
                assert_ne!(set.holds(n), set.others().holds(n), "{n} in {set:?}");
            }
        }
    }
}
