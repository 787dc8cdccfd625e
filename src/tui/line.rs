//! Painted text as a line of the screen, with its links.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::theme::Theme;
use crate::base::paint::{Painter, Role, Target};
use crate::base::safe::visible;

/// One piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it means.
    pub role: Role,
    /// The text, free of control characters.
    pub text: String,
    /// Where it leads.
    pub target: Option<Target>,
}

/// A line in the making. It is a [`Painter`], so whatever can be printed can stand on the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pieces: Vec<Piece>,
    width: usize,
}

impl Row {
    /// An empty line.
    pub fn new() -> Row {
        Row::default()
    }

    /// A line of one text.
    pub fn of(role: Role, text: &str) -> Row {
        let mut row = Row::new();
        row.put(role, text);
        row
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Its pieces.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Its text without roles.
    pub fn plain(&self) -> String {
        self.pieces.iter().map(|p| p.text.as_str()).collect()
    }

    /// Fills up to `width` columns with blanks.
    pub fn pad(&mut self, width: usize) {
        if self.width < width {
            self.put(Role::Text, &" ".repeat(width - self.width));
        }
    }

    /// Adds another line's pieces.
    pub fn append(&mut self, other: Row) {
        self.width += other.width;
        self.pieces.extend(other.pieces);
    }

    /// Cuts to `width` columns; `cut` stands at the end where something is missing.
    pub fn fit(&mut self, width: usize, cut: &str) {
        if self.width <= width {
            return;
        }
        let room = width.saturating_sub(cut.width());
        self.keep(room);
        self.pad(room);
        if width >= cut.width() {
            self.put(Role::Dim, cut);
        }
    }

    /// Leaves out the first `skip` columns.
    pub fn scroll(&mut self, skip: usize) {
        let mut left = skip;
        self.pieces.retain_mut(|piece| {
            let width = piece.text.width();
            if left == 0 {
                return true;
            }
            if width <= left {
                left -= width;
                return false;
            }
            let at = column_at(&piece.text, left);
            piece.text.drain(..at);
            left = 0;
            true
        });
        self.width = self.pieces.iter().map(|p| p.text.width()).sum();
    }

    fn keep(&mut self, room: usize) {
        let mut left = room;
        self.pieces.retain_mut(|piece| {
            let width = piece.text.width();
            if width > left {
                let mut at = column_at(&piece.text, left);
                // A wide character that would stick out goes, too.
                if piece.text[..at].width() > left {
                    at = piece.text[..at].char_indices().next_back().map_or(0, |(i, _)| i);
                }
                piece.text.truncate(at);
            }
            left -= piece.text.width();
            !piece.text.is_empty()
        });
        self.width = room - left;
    }

    /// As a line of the screen; `base` lies below the roles' own looks.
    pub fn to_line(&self, theme: &Theme, base: Style) -> Line<'static> {
        Line::from_iter(self.pieces.iter().map(|p| Span::styled(p.text.clone(), base.patch(theme.style(p.role)))))
    }

    /// The link under a column.
    pub fn target_at(&self, column: usize) -> Option<Target> {
        let mut from = 0;
        for piece in &self.pieces {
            from += piece.text.width();
            if column < from {
                return piece.target;
            }
        }
        None
    }

    /// Every link, in order.
    pub fn targets(&self) -> impl Iterator<Item = Target> + '_ {
        self.pieces.iter().filter_map(|p| p.target)
    }
}

impl Painter for Row {
    fn put(&mut self, role: Role, text: &str) {
        let text = visible(text);
        self.width += text.width();
        match self.pieces.last_mut() {
            Some(last) if last.role == role && last.target.is_none() => last.text.push_str(&text),
            _ => self.pieces.push(Piece { role, text: text.into_owned(), target: None }),
        }
    }

    fn link(&mut self, target: Target, role: Role, text: &str) {
        let text = visible(text);
        self.width += text.width();
        self.pieces.push(Piece { role, text: text.into_owned(), target: Some(target) });
    }
}

/// The byte at which column `column` of a text begins, or the end.
fn column_at(text: &str, column: usize) -> usize {
    let mut width = 0;
    for (at, c) in text.char_indices() {
        if width >= column {
            return at;
        }
        width += c.width().unwrap_or(0);
    }
    text.len()
}

/// A painter that breaks text into lines at blanks.
#[derive(Debug, Default)]
pub struct Wrapped {
    width: usize,
    indent: usize,
    rows: Vec<Row>,
}

impl Wrapped {
    /// Lines of at most `width` columns; all but the first begin with `indent` blanks.
    pub fn new(width: usize, indent: usize) -> Wrapped {
        Wrapped { width: width.max(8), indent: indent.min(width / 2), rows: vec![Row::new()] }
    }

    /// The lines.
    pub fn finish(self) -> Vec<Row> {
        self.rows
    }

    fn word(&mut self, role: Role, target: Option<Target>, mut word: &str) {
        let width = self.width;
        loop {
            let is_first = self.rows.len() == 1;
            let last = self.rows.last_mut().expect("a wrapped text always has a line");
            let room = width.saturating_sub(last.width());
            if word.width() <= room {
                return put(last, role, target, word);
            }
            if last.width() > self.indent || last.width() > 0 && is_first {
                self.rows.push(Row::of(Role::Text, &" ".repeat(self.indent)));
                word = word.trim_start_matches(' ');
                continue;
            }
            // A word longer than a line is cut.
            let at = column_at(word, room.max(1));
            put(last, role, target, &word[..at]);
            word = &word[at..];
            self.rows.push(Row::of(Role::Text, &" ".repeat(self.indent)));
        }
    }

    fn take(&mut self, role: Role, target: Option<Target>, text: &str) {
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                self.rows.push(Row::new());
            }
            // Blanks stay with the word behind them, so that they vanish at the start of a line.
            let mut from = 0;
            for (at, _) in line.match_indices([' ', ',']) {
                let end = if line[at..].starts_with(',') { at + 1 } else { at };
                if end > from {
                    self.word(role, target, &line[from..end]);
                    from = end;
                }
            }
            if from < line.len() {
                self.word(role, target, &line[from..]);
            }
        }
    }
}

fn put(row: &mut Row, role: Role, target: Option<Target>, text: &str) {
    match target {
        Some(target) => row.link(target, role, text),
        None => row.put(role, text),
    }
}

impl Painter for Wrapped {
    fn put(&mut self, role: Role, text: &str) {
        self.take(role, None, text);
    }

    fn link(&mut self, target: Target, role: Role, text: &str) {
        self.take(role, Some(target), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_scrolled_and_followed() {
        let mut row = Row::new();
        row.text("resubmit(,");
        row.link(Target::Table(72), Role::Goto, "72");
        row.text("),日本");
        assert_eq!((row.width(), row.target_at(10), row.target_at(9)), (18, Some(Target::Table(72)), None));
        let cut = |n| {
            let mut row = row.clone();
            row.fit(n, "…");
            (row.plain(), row.width())
        };
        assert_eq!(cut(18).0, "resubmit(,72),日本");
        assert_eq!(cut(17), ("resubmit(,72),日…".into(), 17));
        assert_eq!(cut(16), ("resubmit(,72), …".into(), 16));
        assert_eq!(cut(1), ("…".into(), 1));
        assert_eq!(cut(0).1, 0);
        row.scroll(11);
        assert_eq!((row.plain(), row.target_at(0)), ("2),日本".into(), Some(Target::Table(72))));
    }

    #[test]
    fn text_is_wrapped_at_blanks_and_commas() {
        let wrap = |text: &str, width| {
            let mut wrapped = Wrapped::new(width, 2);
            wrapped.text(text);
            wrapped.finish().iter().map(Row::plain).collect::<Vec<_>>()
        };
        assert_eq!(wrap("one two three", 9), ["one two", "  three"]);
        assert_eq!(wrap("ct(commit),output:17,resubmit", 12), ["ct(commit),", "  output:17,", "  resubmit"]);
        assert_eq!(wrap("abcdefghijklmnop", 8), ["abcdefgh", "  ijklmn", "  op"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("", 9), [""]);
    }

    #[test]
    fn escape_sequences_never_reach_a_line() {
        assert_eq!(Row::of(Role::Text, "a\x1b[31m\tb").plain(), "a\\x1b[31m b");
    }
}
