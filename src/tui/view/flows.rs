//! Screen 3: flows. Only the rows on the screen are painted.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::super::columns::{Column, paint_owner};
use super::super::geometry::{self, Frame};
use super::super::line::{Row, Wrapped};
use super::super::state::State;
use super::super::update::shown_columns;
use super::super::views::FlowsView;
use super::sheet::Sheet;
use super::typed::Typed;
use crate::base::number::short_count;
use crate::base::paint::{Painter, Role};
use crate::explain;
use crate::model::bridge::FlowId;
use crate::model::id::FlowHash;
use crate::session::NodeScene;

/// Draws it.
pub fn draw(state: &State, view: &FlowsView, frame: &Frame, sheet: &mut Sheet<'_>) {
    if let Some(line) = frame.filter {
        typed(view).draw(line, sheet);
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
    let staged = state.staged.of(&view.spot.node, &view.spot.bridge);
    for (y, n) in (list.y..).zip(view.cursor.window(view.rows.flows.len(), usize::from(list.height))) {
        let place = Rect { y, height: 1, ..list };
        line(view, node, at, n, &widths, place, sheet);
        let flow = view.rows.flows[n];
        let is_staged = staged.is_some_and(|set| set.touches(FlowHash::of(node.bridges()[at].bridge().flow(flow))));
        if is_staged && !view.marks.contains(&flow) {
            sheet.row(Rect { x: place.x + 1, width: 1, ..place }, &Row::of(Role::Staged, "s"));
        }
    }
    if let Some(inspector) = inspector {
        about(view, node, at, inspector, sheet);
    }
    if frame.filter.is_some() {
        typed(view).below(frame.body, sheet);
    }
}

/// The filter line. Valid, unfinished and wrong look different, and say so.
fn typed(view: &FlowsView) -> Typed<'_> {
    Typed {
        lead: " / ",
        empty: "filter: a match, a field = value, a word; Tab and ? help",
        rest: view.filter.text(),
        input: &view.line.input,
        is_typing: view.line.before.is_some(),
        wrong: view.line.wrong.as_ref(),
        is_unfinished: view.line.wrong.as_ref().is_some_and(|d| d.code == crate::query::UNFINISHED),
        offered: view.line.offered.as_ref(),
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
