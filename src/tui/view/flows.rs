//! Screen 3: flows. Only the rows on the screen are painted.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::super::columns::{Column, paint_owner};
use super::super::geometry::{self, Frame};
use super::super::line::{Row, Wrapped};
use super::super::list::Cursor;
use super::super::state::State;
use super::super::update::shown_columns;
use super::super::views::FlowsView;
use super::sheet::Sheet;
use crate::base::diag::Diagnostic;
use crate::base::number::short_count;
use crate::base::paint::{Painter, Role};
use crate::explain;
use crate::model::bridge::FlowId;
use crate::query::Completion;
use crate::session::NodeScene;

/// Draws it.
pub fn draw(state: &State, view: &FlowsView, frame: &Frame, sheet: &mut Sheet<'_>) {
    if let Some(line) = frame.filter {
        filter_line(view, line, sheet);
    }
    let (list, inspector) = geometry::flows(frame.body, view.has_inspector);
    let Some((node, at)) = view.spot.find(&state.scene) else {
        return sheet.row(frame.body, &Row::of(Role::Warn, " this bridge is not in what was read"));
    };
    if view.rows.fold.is_some() {
        folded(view, node, at, list, sheet);
        if let Some(inspector) = inspector {
            about(view, node, at, inspector, sheet);
        }
        return;
    }
    let widths = widths(view, node, at, list);
    heading(view, &widths, Rect { y: list.y.saturating_sub(1), height: 1, ..list }, sheet);
    if view.rows.flows.is_empty() {
        let text = match (view.is_working, view.rows.of) {
            (true, _) => "   looking ..",
            (_, 0) => "   there are no flows here",
            _ => "   no flow matches the filter; Backspace takes the last term off, X clears it",
        };
        sheet.row(list, &Row::of(Role::Dim, text));
    }
    for (y, n) in (list.y..).zip(view.cursor.window(view.rows.flows.len(), usize::from(list.height))) {
        let place = Rect { y, height: 1, ..list };
        line(view, node, at, n, &widths, place, sheet);
    }
    if let Some(inspector) = inspector {
        about(view, node, at, inspector, sheet);
    }
    if view.line.before.is_some() && frame.filter.is_some() {
        match &view.line.offered {
            Some((completion, at)) => offered(view, completion, *at, frame, sheet),
            None => complaint(view, frame, sheet),
        }
    }
}

/// Rows of several flows each.
fn folded(view: &FlowsView, node: &NodeScene, at: usize, list: Rect, sheet: &mut Sheet<'_>) {
    let Some(fold) = &view.rows.fold else { return };
    let scope = node.scope(at);
    let heading = Row::of(Role::Dim, "   FLOWS PACKETS TBL  PRIO  WHAT THEY HAVE IN COMMON");
    sheet.row(Rect { y: list.y.saturating_sub(1), height: 1, ..list }, &heading);
    for (y, n) in (list.y..).zip(view.cursor.window(fold.groups.len(), usize::from(list.height))) {
        let group = &fold.groups[n];
        let is_here = n == view.cursor.at;
        let is_marked = !view.marks.is_empty() && fold.flows(group).iter().all(|f| view.marks.contains(f));
        let mut row = Row::of(Role::Accent, if is_here { ">" } else { " " });
        row.put(Role::Accent, if is_marked { "*" } else { " " });
        row.text(&format!("{:>6} ", short_count(group.count() as u64)));
        let quiet = if group.packets.unwrap_or(0) == 0 { Role::Dim } else { Role::Text };
        row.put(quiet, &format!("{:>7} ", group.packets.map_or("-".to_owned(), short_count)));
        row.put(Role::Goto, &format!("{:>3} ", group.table.map_or("-".to_owned(), |t| t.to_string())));
        row.text(&format!("{:>5}  ", group.priority.map_or("-".to_owned(), |p| p.to_string())));
        let mut text = Row::new();
        fold.paint(group, &scope, &mut text);
        // The priority has a column of its own.
        let plain = text.plain();
        let skip = plain.strip_prefix("priority=").and_then(|rest| rest.find([',', ' ']));
        text.scroll(skip.map_or(0, |at| at + "priority=".len() + 1) + view.skip);
        row.append(text);
        row.fit(usize::from(list.width), sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..list };
        if is_here { sheet.under_cursor(place, &row, true) } else { sheet.row(place, &row) }
    }
}

/// The filter line. Valid, unfinished and wrong look different, and say so.
fn filter_line(view: &FlowsView, at: Rect, sheet: &mut Sheet<'_>) {
    let is_typing = view.line.before.is_some();
    let text = if is_typing { view.line.input.text() } else { view.filter.text() };
    let is_unfinished = view.line.wrong.as_ref().is_some_and(|d| d.code == crate::query::UNFINISHED);
    let (role, sign) = match &view.line.wrong {
        Some(_) if is_typing && is_unfinished => (Role::Warn, "[..]"),
        Some(_) if is_typing => (Role::Bad, "[!!]"),
        _ if text.is_empty() => (Role::Dim, ""),
        _ => (Role::Ok, "[ok]"),
    };
    let mut row = Row::of(if is_typing { Role::Accent } else { Role::Dim }, " / ");
    let width = usize::from(at.width);
    let right = if is_typing { format!("{sign} Tab: complete ") } else { format!("{sign} ") };
    let right = if right.len() + 24 > width { format!("{sign} ") } else { right };
    let room = width.saturating_sub(right.len() + 4);
    // A long text is shown around its cursor.
    let column = view.line.input.column();
    let skip = if is_typing { column.saturating_sub(room) } else { 0 };
    if text.is_empty() && !is_typing {
        row.dim("filter: a match, a field = value, a word; Tab and ? help");
    } else {
        let mut typed = Row::of(Role::Text, text);
        typed.scroll(skip);
        row.append(typed);
    }
    row.fit(width.saturating_sub(right.len() + 1), sheet.look.glyphs.cut);
    row.pad(width.saturating_sub(right.len()));
    row.put(role, &right);
    sheet.row(at, &row);
    if let (true, Some(wrong)) = (is_typing, &view.line.wrong) {
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

/// What may stand at the cursor, below it.
fn offered(view: &FlowsView, completion: &Completion, at: usize, frame: &Frame, sheet: &mut Sheet<'_>) {
    let body = frame.body;
    let widest = completion.items.iter().map(|i| i.insert.chars().count()).max().unwrap_or(0).clamp(8, 40);
    let docs = completion.items.iter().map(|i| i.doc.chars().count()).max().unwrap_or(0);
    let width = ((widest + docs + 6).max(completion.hint.chars().count() + 8) as u16).min(body.width);
    let text = view.line.input.text();
    let column =
        Row::of(Role::Text, &text[..text.floor_char_boundary(completion.replace.start as usize)]).width() as u16;
    let x = (body.x + column + 1).min(body.right().saturating_sub(width));
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

/// What is wrong with the filter, and what could be done, below the line.
fn complaint(view: &FlowsView, frame: &Frame, sheet: &mut Sheet<'_>) {
    let Some(wrong) = &view.line.wrong else { return };
    let text = view.line.input.text();
    let before = Row::of(Role::Text, &text[..start_of(wrong, text)]).width();
    let width = usize::from(frame.body.width);
    let mut caret = Row::of(Role::Bad, &" ".repeat((before + 3).min(width.saturating_sub(2))));
    caret.put(Role::Bad, "^ ");
    let mut message = Row::of(Role::Text, "   ");
    message.put(if wrong.code == crate::query::UNFINISHED { Role::Warn } else { Role::Bad }, &wrong.message);
    if let Some(hint) = &wrong.hint {
        message.put(Role::Accent, &format!("; {hint}"));
    }
    for (y, row) in (frame.body.y..frame.body.bottom()).zip([caret, message]) {
        let at = Rect { y, height: 1, ..frame.body };
        sheet.clear(at);
        sheet.lines(at, &[row]);
    }
    let at = Rect { y: frame.body.y + 2, height: 1, ..frame.body };
    sheet.clear(at);
}

/// The columns with their places: match and actions share what is left by what they need.
fn widths(view: &FlowsView, node: &NodeScene, at: usize, list: Rect) -> Vec<(Column, usize, usize)> {
    let shown = shown_columns(view, usize::from(list.width));
    let bridge = node.bridges()[at].bridge();
    let fixed: usize = shown.iter().map(|c| c.row().width).filter(|w| *w > 0).map(|w| w + 1).sum();
    let left = usize::from(list.width).saturating_sub(fixed + 3);
    let wide: Vec<Column> = shown.iter().copied().filter(|c| c.row().width == 0).collect();
    let mut needs = Vec::new();
    for column in &wide {
        let window = view.cursor.window(view.rows.flows.len(), usize::from(list.height));
        let cells = view.rows.flows[window].iter().map(|id| cell(view, node, at, *column, *id).width());
        let _ = bridge;
        needs.push(cells.max().unwrap_or(10).max(column.row().title.len()) + 1);
    }
    let mut x = 2;
    shown
        .iter()
        .map(|column| {
            let width = match column.row().width {
                0 => {
                    let n = wide.iter().position(|c| c == column).unwrap_or(0);
                    share(left, &needs, n)
                }
                width => width,
            };
            let place = (*column, x, width);
            x += width + 1;
            place
        })
        .collect()
}

/// How much of the room one of the wide columns gets: what it needs, or half, or what the other leaves.
fn share(room: usize, needs: &[usize], n: usize) -> usize {
    match needs {
        [_] => room,
        [first, second] => {
            let first = (*first).min((room / 2).max(room.saturating_sub(*second)));
            if n == 0 { first } else { room.saturating_sub(first + 1) }
        }
        _ => room / needs.len().max(1),
    }
}

fn cell(view: &FlowsView, node: &NodeScene, at: usize, column: Column, flow: FlowId) -> Row {
    let bridge = node.bridges()[at].bridge();
    let (id, flow) = (flow, bridge.flow(flow));
    let mut row = Row::new();
    match column {
        Column::Match if view.is_raw => match flow.to_flow().match_text(&bridge.names) {
            text if text.is_empty() => row.dim("(any)"),
            text => row.text(&text),
        },
        Column::Actions if view.is_raw => flow.actions().paint(&bridge.names, &mut row),
        Column::Owner => match node.owners_if_known(at) {
            Some(owners) => paint_owner(&owners.of(id), &mut row),
            None => row.dim(".."),
        },
        _ => column.paint(bridge, node.naming(at), flow, &mut row),
    }
    row
}

fn heading(view: &FlowsView, widths: &[(Column, usize, usize)], at: Rect, sheet: &mut Sheet<'_>) {
    for (column, x, width) in widths {
        let row = column.row();
        let is_here = *column == view.column;
        let sign = match view.sort {
            Some((sorted, true)) if sorted == *column => "^",
            Some((sorted, false)) if sorted == *column => "v",
            _ => "",
        };
        let text = format!("{}{sign}", row.title);
        let text = if row.is_number { format!("{text:>width$}") } else { text };
        let mut cell = Row::of(if is_here { Role::Accent } else { Role::Dim }, &text);
        cell.fit(*width, "");
        sheet.row(Rect::new(at.x + *x as u16, at.y, *width as u16, 1), &cell);
    }
}

fn line(
    view: &FlowsView,
    node: &NodeScene,
    at: usize,
    n: usize,
    widths: &[(Column, usize, usize)],
    place: Rect,
    sheet: &mut Sheet<'_>,
) {
    let flow = view.rows.flows[n];
    let is_here = n == view.cursor.at;
    let is_marked = view.marks.contains(&flow);
    let is_hit = view.hits.as_ref().is_some_and(|(_, hits)| hits.binary_search(&flow).is_ok());
    let in_range = view.range.is_some_and(|from| (from.min(view.cursor.at)..=from.max(view.cursor.at)).contains(&n));
    let mut signs = Row::of(Role::Accent, if is_here { ">" } else { " " });
    signs.put(
        Role::Accent,
        if is_marked {
            "*"
        } else if in_range {
            "|"
        } else {
            " "
        },
    );
    let mut base = Style::new();
    if is_here {
        base = base.add_modifier(Modifier::BOLD);
        sheet.cursor = Some((place.x, place.y));
    }
    if is_hit {
        base = base.patch(sheet.look.theme.style(Role::Match));
    }
    sheet.styled(place, &signs, base);
    for (column, x, width) in widths {
        let mut cell = cell(view, node, at, *column, flow);
        let mut part = (0, cell.width());
        if *column == Column::Match && is_here && view.column == Column::Match {
            part = part_of(&cell.plain(), view.part);
        }
        if column.row().width == 0 {
            cell.scroll(view.skip);
            part = (part.0.saturating_sub(view.skip), part.1.saturating_sub(view.skip));
        }
        let blank = if column.row().is_number { width.saturating_sub(cell.width()) } else { 0 };
        cell.fit(*width, sheet.look.glyphs.cut);
        let left = place.x + (*x + blank) as u16;
        sheet.styled(Rect::new(left, place.y, (*width - blank) as u16, 1), &cell, base);
        if is_here && *column == view.column {
            let (from, to) = (part.0.min(*width), part.1.clamp(part.0 + 1, *width - blank.min(*width - 1)).min(*width));
            sheet.reverse(Rect::new(left + from as u16, place.y, to.saturating_sub(from).max(1) as u16, 1));
        }
    }
}

/// From which column to which the part of a match stands.
fn part_of(text: &str, part: usize) -> (usize, usize) {
    let mut from = 0;
    let mut n = 0;
    let mut is_quoted = false;
    for (column, c) in text.chars().enumerate() {
        is_quoted ^= c == '"';
        if c == ',' && !is_quoted {
            if n == part {
                return (from, column);
            }
            n += 1;
            from = column + 1;
        }
    }
    (from, text.chars().count())
}

/// The pane about the flow under the cursor.
fn about(view: &FlowsView, node: &NodeScene, at: usize, place: Rect, sheet: &mut Sheet<'_>) {
    let title = format!("row {}", view.cursor.at + 1);
    let inner = sheet.boxed(place, &title, "Enter opens it, i hides this", false);
    let Some(flow) = view.flow() else { return };
    let bridge = node.bridges()[at].bridge();
    if flow as usize >= bridge.flows.len() {
        return;
    }
    let width = usize::from(inner.width);
    let mut rows = Vec::new();
    let alike = view.flows_of(view.cursor.at).len();
    if alike > 1 {
        rows.push(Row::of(Role::Accent, &format!("{alike} flows; the first of them:")));
    }
    if let Some(words) = view.words.as_ref().filter(|w| w.flow == flow) {
        let mut wrapped = Wrapped::new(width, 0);
        explain::paint(&words.words.summary, &mut wrapped);
        rows.extend(wrapped.finish());
        let mut refs = Row::new();
        for (word, list, more) in [
            ("from", &words.references.from, words.references.more_from),
            ("to", &words.references.to, words.references.more_to),
        ] {
            if list.is_empty() {
                continue;
            }
            refs.dim(&format!("{word} "));
            for (n, reference) in list.iter().take(4).enumerate() {
                let other = bridge.flow(reference.flow);
                refs.dim(if n > 0 { ", " } else { "" });
                refs.put(Role::Goto, &format!("T{}", other.table()));
                refs.text(&format!(" prio {}", other.priority()));
            }
            if list.len() + more > 4 {
                refs.dim(&format!(" and {} more", list.len() + more - 4));
            }
            refs.text("   ");
        }
        rows.push(refs);
    }
    let mut raw = Wrapped::new(width, 2);
    raw.put(Role::Dim, bridge.flow(flow).line_text(&bridge.names).trim());
    rows.extend(raw.finish());
    sheet.lines(inner, &rows);
}

/// Where in a text a complaint begins, in bytes, whatever the text has become since.
fn start_of(wrong: &Diagnostic, text: &str) -> usize {
    text.floor_char_boundary(wrong.span.start as usize)
}

fn end_of(wrong: &Diagnostic, text: &str) -> usize {
    text.floor_char_boundary(wrong.span.end as usize)
}
