//! What lies above the screen: help, palette, menus, questions.

use ratatui::layout::Rect;

use super::super::command::{COMMANDS, Command, Group};
use super::super::geometry::Frame;
use super::super::layer::{Choice, Layer, Menu};
use super::super::line::Row;
use super::super::palette;
use super::super::state::State;
use super::super::update::has_column;
use super::sheet::Sheet;
use crate::base::paint::{Painter, Role};

/// Draws the layer on top.
pub fn draw(state: &State, frame: &Frame, sheet: &mut Sheet<'_>) {
    match state.layers.last() {
        None => {}
        Some(Layer::Help { search, top }) => help(state, search.text(), *top, frame, sheet),
        Some(Layer::Palette { input, cursor }) => {
            let items = palette::items(state, input.text());
            let at = window(frame, 86, items.len().clamp(8, 18) as u16 + 4);
            let inner = sheet.boxed_clear(at, "Command", &format!("{}", items.len()));
            let mut line = Row::of(Role::Accent, ": ");
            line.text(input.text());
            sheet.row(Rect { height: 1, ..inner }, &line);
            let height = usize::from(inner.height.saturating_sub(2));
            let mut cursor = *cursor;
            cursor.show(items.len(), height);
            for (y, n) in (inner.y + 1..).zip(cursor.window(items.len(), height)) {
                let item = &items[n];
                let is_here = n == cursor.at;
                let can = item.act != palette::Act::Nothing;
                let mut row = Row::of(Role::Accent, if is_here { "> " } else { "  " });
                row.put(if can { Role::Text } else { Role::Dim }, &item.text);
                row.fit(30, sheet.look.glyphs.cut);
                row.pad(31);
                row.put(Role::Accent, &format!("{:<9} ", item.key));
                row.dim(&item.note);
                row.fit(usize::from(inner.width), sheet.look.glyphs.cut);
                let place = Rect { y, height: 1, ..inner };
                if is_here { sheet.under_cursor(place, &row, true) } else { sheet.row(place, &row) }
            }
            let foot = Row::of(Role::Dim, "Enter does it   Tab takes the text   Esc closes");
            sheet.lines(Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner }, &[foot]);
            sheet.cursor = Some((inner.x + 2 + input.column() as u16, inner.y));
        }
        Some(Layer::Menu(menu)) => self::menu(state, menu, frame, sheet),
        Some(Layer::Question { title, input, wrong, .. }) => {
            let at = window(frame, 76, 4);
            let inner = sheet.boxed_clear(at, title, "Enter, Esc");
            let mut line = Row::of(Role::Text, input.text());
            let room = usize::from(inner.width).saturating_sub(1);
            let skip = input.column().saturating_sub(room);
            line.scroll(skip);
            sheet.row(Rect { height: 1, ..inner }, &line);
            if let Some(wrong) = wrong {
                sheet.lines(Rect { y: inner.y + 1, height: 1, ..inner }, &[Row::of(Role::Bad, wrong)]);
            }
            sheet.cursor = Some((inner.x + (input.column() - skip) as u16, inner.y));
        }
    }
}

/// A window in the middle of the body.
fn window(frame: &Frame, width: u16, height: u16) -> Rect {
    let body = frame.body;
    let width = width.min(body.width.saturating_sub(2).max(body.width.min(20)));
    let height = height.min(body.height.max(3));
    Rect::new(body.x + (body.width - width) / 2, body.y + (body.height.saturating_sub(height)) / 3, width, height)
}

impl Sheet<'_> {
    fn boxed_clear(&mut self, at: Rect, title: &str, note: &str) -> Rect {
        self.clear(at);
        self.boxed(at, title, note, true)
    }
}

fn menu(state: &State, menu: &Menu, frame: &Frame, sheet: &mut Sheet<'_>) {
    let longest = menu.entries.iter().map(|e| e.text.chars().count()).max().unwrap_or(0);
    let widest = menu.entries.iter().map(|e| e.note.chars().count()).max().unwrap_or(0);
    let width = (longest + widest + 14).max(menu.title.len() + 8).min(usize::from(u16::MAX)) as u16;
    let at = window(frame, width, menu.entries.len().min(200) as u16 + 2);
    let inner = sheet.boxed_clear(at, &menu.title, "Esc closes");
    let mut cursor = menu.cursor;
    cursor.show(menu.entries.len(), usize::from(inner.height));
    for (y, n) in (inner.y..).zip(cursor.window(menu.entries.len(), usize::from(inner.height))) {
        let entry = &menu.entries[n];
        let is_here = n == cursor.at;
        let mut row = Row::of(Role::Accent, if is_here { "> " } else { "  " });
        match entry.choice {
            Choice::Column(column) => row.put(Role::Ok, if has_column(state, column) { "[x] " } else { "[ ] " }),
            _ => row.put(Role::Accent, &entry.key.map_or("  ".to_owned(), |k| format!("{k} "))),
        }
        row.text(&format!("{:<longest$}  ", entry.text));
        row.dim(&entry.note);
        row.fit(usize::from(inner.width), sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..inner };
        if is_here { sheet.under_cursor(place, &row, true) } else { sheet.row(place, &row) }
    }
}

fn help(state: &State, search: &str, top: usize, frame: &Frame, sheet: &mut Sheet<'_>) {
    let context = state.context();
    let at = window(frame, 116, frame.body.height);
    let title = format!("Help: {}", context.title());
    let inner = sheet.boxed_clear(at, &title, "type to search, Esc closes");
    let words = search.to_lowercase();
    let fits = |c: &&Command| {
        let text =
            format!("{} {} {}", c.name, c.doc, state.keymap.keys_of(c.id, state.context()).join(" ")).to_lowercase();
        c.contexts.has(context) && words.split_whitespace().all(|w| text.contains(w))
    };
    let mut rows = Vec::new();
    if !search.is_empty() {
        rows.push(Row::of(Role::Accent, &format!("/ {search}")));
    }
    for (group, title) in [(Group::Move, "MOVE"), (Group::View, "VIEW"), (Group::Act, "ACT")] {
        let found: Vec<&Command> = COMMANDS.iter().filter(|c| c.group == group).filter(fits).collect();
        if found.is_empty() {
            continue;
        }
        rows.push(Row::of(Role::Accent, title));
        let width = usize::from(inner.width);
        let columns = if width >= 100 { 2 } else { 1 };
        let each = width / columns;
        for pair in found.chunks(columns) {
            let mut row = Row::new();
            for command in pair {
                let keys = state.keymap.keys_of(command.id, state.context()).join("  ");
                let mut cell = Row::of(Role::Accent, &format!("  {:<16} ", if keys.is_empty() { ":" } else { &keys }));
                cell.text(command.doc);
                cell.fit(each.saturating_sub(1), sheet.look.glyphs.cut);
                cell.pad(each);
                row.append(cell);
            }
            rows.push(row);
        }
        rows.push(Row::new());
    }
    let last = rows.len().saturating_sub(usize::from(inner.height));
    let shown = &rows[top.min(last)..];
    sheet.lines(inner, shown);
    if last > 0 {
        let text = format!(" Up Down: {}% ", top.min(last) * 100 / last.max(1));
        let width = text.len() as u16;
        let place = Rect::new(at.right().saturating_sub(width + 2), at.bottom() - 1, width, 1);
        sheet.row(place, &Row::of(Role::Dim, &text));
    }
}
