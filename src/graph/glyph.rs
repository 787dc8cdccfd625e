//! Two character sets: box drawing, and plain ASCII for terminals without it.

/// The characters that pictures are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Charset {
    /// Unicode box drawing, arrows and blocks.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

/// How thick a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) enum Weight {
    /// There is none.
    #[default]
    None,
    /// Something is learned along it.
    Dotted,
    /// An ordinary one.
    Light,
    /// Much goes along it.
    Heavy,
}

/// The lines that meet in a cell: up, right, down, left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Arms(pub [Weight; 4]);

impl Arms {
    /// Up.
    pub const UP: usize = 0;
    /// To the right.
    pub const RIGHT: usize = 1;
    /// Down.
    pub const DOWN: usize = 2;
    /// To the left.
    pub const LEFT: usize = 3;

    /// A border's line from left to right.
    pub const ACROSS: Arms = Arms([Weight::None, Weight::Light, Weight::None, Weight::Light]);
    /// A border's line from top to bottom.
    pub const DOWNWARDS: Arms = Arms([Weight::Light, Weight::None, Weight::Light, Weight::None]);

    /// Makes an arm at least so thick.
    pub fn draw(&mut self, arm: usize, weight: Weight) {
        self.0[arm] = self.0[arm].max(weight);
    }

    /// Both.
    pub fn with(mut self, other: Arms) -> Arms {
        for (arm, weight) in other.0.into_iter().enumerate() {
            self.draw(arm, weight);
        }
        self
    }

    /// Whether nothing goes up or down.
    pub fn is_across(self) -> bool {
        self.0[Arms::UP] == Weight::None && self.0[Arms::DOWN] == Weight::None
    }

    /// Whether nothing goes left or right.
    pub fn is_downwards(self) -> bool {
        self.0[Arms::LEFT] == Weight::None && self.0[Arms::RIGHT] == Weight::None
    }
}

/// The characters of light and heavy lines: a row for up and right, a column for down and left; in each none, light,
/// heavy for the one, and among them none, light, heavy for the other.
const LINES: [[char; 9]; 9] = [
    [' ', '╴', '╸', '╷', '┐', '┑', '╻', '┒', '┓'],
    ['╶', '─', '╾', '┌', '┬', '┭', '┎', '┰', '┱'],
    ['╺', '╼', '━', '┍', '┮', '┯', '┏', '┲', '┳'],
    ['╵', '┘', '┙', '│', '┤', '┥', '╽', '┧', '┪'],
    ['└', '┴', '┵', '├', '┼', '┽', '┟', '╁', '╅'],
    ['┕', '┶', '┷', '┝', '┾', '┿', '┢', '╆', '╈'],
    ['╹', '┚', '┛', '╿', '┦', '┩', '┃', '┨', '┫'],
    ['┖', '┸', '┹', '┞', '╀', '╃', '┠', '╂', '╉'],
    ['┗', '┺', '┻', '┡', '╄', '╇', '┣', '╊', '╋'],
];

impl Charset {
    /// The character of a cell in which these lines meet.
    pub(super) fn line(self, arms: Arms) -> char {
        let [up, right, down, left] = arms.0;
        let most = up.max(right).max(down).max(left);
        let is_straight = arms.is_across() || arms.is_downwards();
        match self {
            Charset::Unicode if most == Weight::Dotted && is_straight => {
                if arms.is_across() {
                    '╌'
                } else {
                    '╎'
                }
            }
            Charset::Unicode => {
                let digit = |weight: Weight| match weight {
                    Weight::None => 0,
                    Weight::Dotted | Weight::Light => 1,
                    Weight::Heavy => 2,
                };
                LINES[digit(up) * 3 + digit(right)][digit(down) * 3 + digit(left)]
            }
            Charset::Ascii => match most {
                Weight::None => ' ',
                _ if !is_straight => '+',
                Weight::Dotted => {
                    if arms.is_across() {
                        '.'
                    } else {
                        ':'
                    }
                }
                _ if arms.is_downwards() => '|',
                Weight::Light => '-',
                Weight::Heavy => '=',
            },
        }
    }

    /// The head of an arrow that points along an arm.
    pub(super) fn arrow(self, arm: usize) -> char {
        let heads = match self {
            Charset::Unicode => ['▲', '▶', '▼', '◀'],
            Charset::Ascii => ['^', '>', 'v', '<'],
        };
        heads[arm]
    }

    /// What stands where a text was cut.
    pub fn cut_mark(self) -> &'static str {
        match self {
            Charset::Unicode => "…",
            Charset::Ascii => "~",
        }
    }

    /// A bar of `eighths` eighths of a cell, in at most `width` cells. In ASCII, only whole cells are drawn, and one
    /// for anything above nothing.
    pub fn bar(self, eighths: usize, width: usize) -> String {
        let eighths = eighths.min(width * 8);
        match self {
            Charset::Ascii => "#".repeat(if eighths == 0 { 0 } else { ((eighths + 4) / 8).max(1) }),
            Charset::Unicode => {
                let mut bar = "█".repeat(eighths / 8);
                bar.extend(['▏', '▎', '▍', '▌', '▋', '▊', '▉'].get((eighths % 8).wrapping_sub(1)));
                bar
            }
        }
    }

    /// `text` in at most `width` columns, cut where it must be. Characters that must not reach a terminal are written
    /// out before.
    pub fn fit(self, text: &str, width: usize) -> String {
        use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
        let text = crate::base::safe::visible(text);
        if text.width() <= width {
            return text.into_owned();
        }
        let mut out = String::new();
        let mut used = 0;
        for c in text.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide + 1 > width {
                break;
            }
            out.push(c);
            used += wide;
        }
        if width > 0 {
            out.push_str(self.cut_mark());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_weight_meet() {
        use Weight::{Dotted as D, Heavy as H, Light as L, None as N};
        let both = |arms| (Charset::Unicode.line(Arms(arms)), Charset::Ascii.line(Arms(arms)));
        assert_eq!(both([N, N, N, N]), (' ', ' '));
        assert_eq!(both([N, L, N, L]), ('─', '-'));
        assert_eq!(both([N, H, N, H]), ('━', '='));
        assert_eq!(both([H, N, H, N]), ('┃', '|'));
        assert_eq!(both([L, L, N, N]), ('└', '+'));
        assert_eq!(both([N, L, H, L]), ('┰', '+'));
        assert_eq!(both([L, H, L, H]), ('┿', '+'));
        assert_eq!(both([D, N, D, N]), ('╎', ':'));
        assert_eq!(both([N, D, N, D]), ('╌', '.'));
        assert_eq!(both([D, D, N, N]), ('└', '+'));
    }

    #[test]
    fn texts_and_bars_fit() {
        assert_eq!(Charset::Unicode.fit("ACCEPT_OR_INGRESS", 8), "ACCEPT_…");
        assert_eq!(Charset::Ascii.fit("ACCEPT_OR_INGRESS", 8), "ACCEPT_~");
        assert_eq!(Charset::Ascii.fit("NORMAL", 6), "NORMAL");
        assert_eq!(Charset::Unicode.fit("表表表", 4), "表…");
        assert_eq!(Charset::Unicode.fit("abc", 0), "");
        assert_eq!(Charset::Unicode.fit("a\x1b[m", 20), "a\\x1b[m");
        assert_eq!(Charset::Unicode.bar(12, 9), "█▌");
        assert_eq!(Charset::Ascii.bar(12, 9), "##");
        assert_eq!((Charset::Ascii.bar(1, 9).as_str(), Charset::Ascii.bar(0, 9).as_str()), ("#", ""));
        assert_eq!(Charset::Ascii.bar(1000, 9).len(), 9);
    }
}
