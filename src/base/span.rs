//! Where something stands in a text.

/// A range of bytes in one line or one typed text: `start` is the first byte, `end` the one after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset of the byte after the last one.
    pub end: u32,
}

impl Span {
    /// The range `start..end`; an offset beyond 4 GiB is held at the largest one.
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// Where `part` stands in `whole`. `part` must be a sub-slice of `whole`; any other slice gives an empty range at
    /// the start, never a wrong one.
    pub fn of(whole: &str, part: &str) -> Span {
        let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        if start <= whole.len() && start + part.len() <= whole.len() {
            Span::new(start, start + part.len())
        } else {
            Span::default()
        }
    }

    /// The same range `by` bytes further on.
    pub fn shifted(self, by: usize) -> Span {
        Span::new(self.start as usize + by, self.end as usize + by)
    }

    /// The smallest range that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text in this range, cut to what `text` has.
    pub fn slice(self, text: &str) -> &str {
        let end = (self.end as usize).min(text.len());
        let start = (self.start as usize).min(end);
        text.get(start..end).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_knows_where_it_stands() {
        let line = "priority=10,tcp";
        assert_eq!(Span::of(line, &line[9..11]), Span::new(9, 11));
        assert_eq!(Span::of(line, "elsewhere"), Span::default());
        assert_eq!(Span::new(9, 11).slice(line), "10");
        assert_eq!(Span::new(90, 110).slice(line), "");
    }
}
