//! The paper that screens are drawn on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::super::line::Row;
use super::super::state::{Look, State};
use crate::base::paint::{Painter, Role};

/// The paper, and how things look on it.
pub struct Sheet<'a> {
    buffer: &'a mut Buffer,
    /// How things look.
    pub look: &'a Look,
    /// Where the terminal's own cursor goes: screen readers follow it.
    pub cursor: Option<(u16, u16)>,
}

impl<'a> Sheet<'a> {
    /// An empty sheet.
    pub fn new(buffer: &'a mut Buffer, state: &'a State) -> Sheet<'a> {
        Sheet { buffer, look: &state.look, cursor: None }
    }

    /// Draws a line into the first row of a place.
    pub fn row(&mut self, at: Rect, row: &Row) {
        self.styled(at, row, Style::new());
    }

    /// The same with a look below the roles' own.
    pub fn styled(&mut self, at: Rect, row: &Row, base: Style) {
        let at = at.intersection(self.buffer.area);
        if at.height == 0 || at.width == 0 {
            return;
        }
        let line = row.to_line(&self.look.theme, base);
        self.buffer.set_line(at.x, at.y, &line, at.width);
    }

    /// Draws a line as the one under the cursor: bold, the cursor of the terminal in front.
    pub fn under_cursor(&mut self, at: Rect, row: &Row, has_keys: bool) {
        let base = if has_keys { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        self.styled(at, row, base);
        if has_keys {
            self.cursor = Some((at.x, at.y));
        }
    }

    /// Makes some cells look like the cursor.
    pub fn reverse(&mut self, at: Rect) {
        let style = self.look.theme.style(Role::Cursor);
        self.buffer.set_style(at.intersection(self.buffer.area), style);
    }

    /// Empties a place.
    pub fn clear(&mut self, at: Rect) {
        let at = at.intersection(self.buffer.area);
        for y in at.y..at.bottom() {
            for x in at.x..at.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// Draws a box with a title and something at its right end; returns what is inside.
    pub fn boxed(&mut self, at: Rect, title: &str, note: &str, has_keys: bool) -> Rect {
        if at.width < 4 || at.height < 2 {
            return at;
        }
        let [tl, tr, bl, br, across, down] = self.look.glyphs.frame;
        let inside = usize::from(at.width) - 2;
        let role = if has_keys { Role::Accent } else { Role::Dim };
        let mut top = Row::of(role, tl);
        top.put(role, across);
        if !title.is_empty() {
            let mut name = Row::of(role, &format!(" {title} "));
            name.fit(inside.saturating_sub(2), self.look.glyphs.cut);
            top.append(name);
        }
        let note = if note.is_empty() { String::new() } else { format!(" {note} ") };
        let note = if top.width() + note.chars().count() < inside { note } else { String::new() };
        let fill = (inside + 1).saturating_sub(top.width() + note.chars().count() + 1);
        top.put(Role::Dim, &across.repeat(fill));
        top.put(Role::Dim, &note);
        top.put(role, &format!("{across}{tr}"));
        self.row(Rect { height: 1, ..at }, &top);
        for y in at.y + 1..at.bottom() - 1 {
            self.row(Rect::new(at.x, y, 1, 1), &Row::of(role, down));
            self.row(Rect::new(at.right() - 1, y, 1, 1), &Row::of(role, down));
        }
        let bottom = Row::of(role, &format!("{bl}{}{br}", across.repeat(inside)));
        self.row(Rect::new(at.x, at.bottom() - 1, at.width, 1), &bottom);
        Rect::new(at.x + 1, at.y + 1, at.width - 2, at.height - 2)
    }

    /// Draws lines below each other, cut at the right.
    pub fn lines(&mut self, at: Rect, rows: &[Row]) {
        for (y, row) in (at.y..at.bottom()).zip(rows) {
            let mut row = row.clone();
            row.fit(usize::from(at.width), self.look.glyphs.cut);
            self.row(Rect { y, height: 1, ..at }, &row);
        }
    }
}
