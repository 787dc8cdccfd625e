//! A line that is typed at the top of a screen: a filter, a packet. It is checked while it is typed.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::super::input::Input;
use super::super::line::Row;
use super::super::list::Cursor;
use super::sheet::Sheet;
use crate::base::diag::Diagnostic;
use crate::base::paint::{Painter, Role};
use crate::query::Completion;

/// The line, as it is now.
pub struct Typed<'a> {
    /// What stands in front of it.
    pub lead: &'static str,
    /// What stands in its place while it is empty and nobody types.
    pub empty: &'a str,
    /// The text that holds while nobody types.
    pub rest: &'a str,
    /// What is typed.
    pub input: &'a Input,
    /// Whether somebody types.
    pub is_typing: bool,
    /// What is wrong with it.
    pub wrong: Option<&'a Diagnostic>,
    /// Whether more typing can make it right.
    pub is_unfinished: bool,
    /// What may stand at the cursor, and which of it is chosen.
    pub offered: Option<&'a (Completion, usize)>,
}

impl Typed<'_> {
    /// Draws it. Valid, unfinished and wrong look different, and say so.
    pub fn draw(&self, at: Rect, sheet: &mut Sheet<'_>) {
        let (is_typing, is_unfinished) = (self.is_typing, self.is_unfinished);
        let text = if is_typing { self.input.text() } else { self.rest };
        let (role, sign) = match &self.wrong {
            Some(_) if is_typing && is_unfinished => (Role::Warn, "[..]"),
            Some(_) if is_typing => (Role::Bad, "[!!]"),
            _ if text.is_empty() => (Role::Dim, ""),
            _ => (Role::Ok, "[ok]"),
        };
        let mut row = Row::of(if is_typing { Role::Accent } else { Role::Dim }, self.lead);
        let width = usize::from(at.width);
        let right = if is_typing { format!("{sign} Tab: complete ") } else { format!("{sign} ") };
        let right = if right.len() + 24 > width { format!("{sign} ") } else { right };
        let room = width.saturating_sub(right.len() + 4);
        // A long text is shown around its cursor.
        let column = self.input.column();
        let skip = if is_typing { column.saturating_sub(room) } else { 0 };
        if text.is_empty() && !is_typing {
            row.dim(self.empty);
        } else {
            let mut typed = Row::of(Role::Text, text);
            typed.scroll(skip);
            row.append(typed);
        }
        row.fit(width.saturating_sub(right.len() + 1), sheet.look.glyphs.cut);
        row.pad(width.saturating_sub(right.len()));
        row.put(role, &right);
        sheet.row(at, &row);
        if let (true, Some(wrong)) = (is_typing, self.wrong) {
            let from = Row::of(Role::Text, &text[..start_of(wrong, text)]).width();
            let to = Row::of(Role::Text, &text[..end_of(wrong, text)]).width().max(from + 1);
            let (from, to) = (from.saturating_sub(skip), to.saturating_sub(skip).min(room));
            if !is_unfinished && from < to {
                sheet.reverse(Rect::new(at.x + 3 + from as u16, at.y, (to - from) as u16, 1));
            }
        }
        if is_typing {
            sheet.cursor = Some((at.x + 3 + (column - skip) as u16, at.y));
        }
    }

    /// Draws below the line what may stand at the cursor, or what is wrong.
    pub fn below(&self, body: Rect, sheet: &mut Sheet<'_>) {
        if !self.is_typing {
            return;
        }
        match self.offered {
            Some((completion, at)) => self.offered(completion, *at, body, sheet),
            None => self.complaint(body, sheet),
        }
    }

    /// What may stand at the cursor, below it.
    fn offered(&self, completion: &Completion, at: usize, body: Rect, sheet: &mut Sheet<'_>) {
        let text = self.input.text();
        let column =
            Row::of(Role::Text, &text[..text.floor_char_boundary(completion.replace.start as usize)]).width() as u16;
        popup(completion, at, body.x + column + 1, body, sheet);
    }

    /// What is wrong with it, and what could be done, below the line.
    fn complaint(&self, body: Rect, sheet: &mut Sheet<'_>) {
        let Some(wrong) = self.wrong else { return };
        let text = self.input.text();
        let before = Row::of(Role::Text, &text[..start_of(wrong, text)]).width();
        let width = usize::from(body.width);
        let mut caret = Row::of(Role::Bad, &" ".repeat((before + 3).min(width.saturating_sub(2))));
        caret.put(Role::Bad, "^ ");
        let mut message = Row::of(Role::Text, "   ");
        message.put(if self.is_unfinished { Role::Warn } else { Role::Bad }, &wrong.message);
        if let Some(hint) = &wrong.hint {
            message.put(Role::Accent, &format!("; {hint}"));
        }
        for (y, row) in (body.y..body.bottom()).zip([caret, message]) {
            let at = Rect { y, height: 1, ..body };
            sheet.clear(at);
            sheet.lines(at, &[row]);
        }
        let at = Rect { y: body.y + 2, height: 1, ..body };
        sheet.clear(at);
    }
}

/// What may stand at the cursor, in a box at the top of a place, as far to the right as `x` if there is room.
pub fn popup(completion: &Completion, at: usize, x: u16, body: Rect, sheet: &mut Sheet<'_>) {
    let widest = completion.items.iter().map(|i| i.insert.chars().count()).max().unwrap_or(0).clamp(8, 40);
    let docs = completion.items.iter().map(|i| i.doc.chars().count()).max().unwrap_or(0);
    let width = ((widest + docs + 6).max(completion.hint.chars().count() + 8)).min(usize::from(body.width)) as u16;
    let x = x.min(body.right().saturating_sub(width));
    let height = (completion.items.len().min(10) as u16 + 2).min(body.height);
    let place = Rect::new(x, body.y, width, height);
    sheet.clear(place);
    let more = if completion.more > 0 { format!("{} more", completion.more) } else { String::new() };
    let inner = sheet.boxed(place, &completion.hint, &more, true);
    let mut cursor = Cursor { at, top: 0 };
    cursor.show(completion.items.len(), usize::from(inner.height));
    for (y, n) in (inner.y..).zip(cursor.window(completion.items.len(), usize::from(inner.height))) {
        let item = &completion.items[n];
        let mut row = Row::of(Role::Accent, if n == at { "> " } else { "  " });
        row.put(Role::Text, &format!("{:<widest$}  ", item.insert));
        row.dim(&item.doc);
        row.fit(usize::from(inner.width), sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..inner };
        let base = if n == at { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        sheet.styled(place, &row, base);
    }
}

/// Where in a text a complaint begins, in bytes, whatever the text has become since.
fn start_of(wrong: &Diagnostic, text: &str) -> usize {
    text.floor_char_boundary(wrong.span.start as usize)
}

/// Where it ends.
fn end_of(wrong: &Diagnostic, text: &str) -> usize {
    text.floor_char_boundary(wrong.span.end as usize)
}
