//! The near misses of a packet and what would fix it, as rows.

use ratatui::layout::Rect;

use super::super::super::line::{Row, Wrapped};
use super::super::super::told::{Near, Told};
use super::super::super::views::{Part, TraceView};
use super::super::sheet::Sheet;
use super::super::why::needs;
use super::{Panes, rule};
use crate::base::paint::{Painter, Role};

/// The near misses as lines, each with which one it is; those of other places stand below a line of their own.
pub(super) fn near_lines(told: &Told, is_wide: bool) -> Vec<(Row, Option<usize>)> {
    let mut lines = Vec::new();
    let mut told_elsewhere = false;
    let widest = told.near.iter().map(|near| needs_row(near).width()).max().unwrap_or(0).min(NEEDS);
    for (at, near) in told.near.iter().enumerate() {
        if near.is_elsewhere && !told_elsewhere {
            told_elsewhere = true;
            lines.push((Row::of(Role::Dim, "Also close, but of another port or network:"), None));
        }
        lines.push((near_row(near, is_wide, widest), Some(at)));
    }
    lines
}

/// What flows would need takes so many columns at most, unless there is nothing else to say.
const NEEDS: usize = 32;

fn near_title(told: &Told) -> String {
    told.near.first().map_or("Near misses".to_owned(), |near| format!("Near misses of T{}", near.table))
}

pub(super) fn needs_row(near: &Near) -> Row {
    let mut row = Row::new();
    needs(&near.needs, &mut row);
    row
}

pub(super) fn near_row(near: &Near, is_wide: bool, widest: usize) -> Row {
    let mut flow = format!("prio {}", near.priority);
    if let Some(conjunction) = near.conjunction {
        flow.push_str(&format!(" conj {conjunction}"));
    }
    let mut row = Row::new();
    if is_wide {
        row.text(&format!("{:>8}  ", near.bits));
        row.text(&format!("{flow:<17} "));
    } else {
        row.text(&format!("{flow:<17} "));
    }
    let mut needs = needs_row(near);
    if is_wide && !near.rule.is_empty() {
        needs.fit(widest, "~");
    }
    needs.pad(widest + 2);
    row.append(needs);
    row.put(Role::Accent, &near.rule);
    row
}

pub(super) fn near(view: &TraceView, told: &Told, outer: Rect, panes: &Panes, sheet: &mut Sheet<'_>) {
    let has_keys = view.part() == Part::Near;
    if panes.has_boxes {
        let inner = sheet.boxed(outer, &near_title(told), "closest first", has_keys);
        let widest = told.near.iter().map(|near| needs_row(near).width()).max().unwrap_or(0).min(NEEDS);
        let heading = format!(" BITS OFF  {:<18}{:<width$}RULE", "FLOW", "WOULD NEED", width = widest + 2);
        let heading = Row::of(Role::Dim, &heading);
        sheet.lines(Rect { height: 1, ..inner }, &[heading]);
    } else {
        let after =
            told.near.first().map(|n| Row::of(Role::Dim, &format!("T{} would have let it through if..", n.table)));
        rule(outer, "NEAR MISSES", after, has_keys, sheet);
    }
    let lines = near_lines(told, panes.has_boxes);
    let Some(list) = panes.rows(Part::Near) else { return };
    draw_lines(&lines, view.cursors[Part::Near as usize].at, has_keys, list, sheet);
}

/// The fixes as lines, each with which one it is.
pub(super) fn fix_rows(told: &Told, width: usize) -> Vec<(Row, Option<usize>)> {
    let mut lines = Vec::new();
    for (at, fix) in told.fixes.iter().enumerate() {
        let mut text = Wrapped::new(width.saturating_sub(4), 3);
        text.put(Role::Accent, &format!("{}  ", at + 1));
        text.put(Role::Text, &fix.sentence);
        lines.extend(text.finish().into_iter().map(|row| (row, Some(at))));
        if !fix.command.is_empty() {
            let mut command = Wrapped::new(width.saturating_sub(7), 2);
            command.put(Role::Output, &fix.command);
            for row in command.finish() {
                let mut line = Row::of(Role::Text, "   ");
                line.append(row);
                lines.push((line, Some(at)));
            }
        }
        if !fix.note.is_empty() {
            lines.push((Row::of(Role::Dim, &format!("   {}", fix.note)), Some(at)));
        }
    }
    lines
}

pub(super) fn fixes(view: &TraceView, told: &Told, outer: Rect, panes: &Panes, sheet: &mut Sheet<'_>) {
    let has_keys = view.part() == Part::Fixes;
    if panes.has_boxes {
        sheet.boxed(outer, "What would fix it", "Enter copies", has_keys);
    } else {
        rule(outer, "WHAT WOULD FIX IT", None, has_keys, sheet);
    }
    let Some(list) = panes.rows(Part::Fixes) else { return };
    let lines = fix_rows(told, usize::from(list.width));
    draw_lines(&lines, view.cursors[Part::Fixes as usize].at, has_keys, list, sheet);
}

/// Draws lines of which some belong to the row under the cursor, which is always in sight.
fn draw_lines(lines: &[(Row, Option<usize>)], here: usize, has_keys: bool, list: Rect, sheet: &mut Sheet<'_>) {
    let first = lines.iter().position(|(_, at)| *at == Some(here)).unwrap_or(0);
    let last = lines.iter().rposition(|(_, at)| *at == Some(here)).unwrap_or(0);
    let height = usize::from(list.height);
    let skip = (last + 1).saturating_sub(height).min(first);
    for (n, (y, (row, at))) in (list.y..list.bottom()).zip(lines.iter().skip(skip)).enumerate() {
        let is_here = has_keys && *at == Some(here);
        let is_first = skip + n == first;
        let mut line = Row::of(Role::Accent, if is_here && is_first { ">" } else { " " });
        line.append(row.clone());
        line.fit(usize::from(list.width), sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..list };
        if is_here && is_first { sheet.under_cursor(place, &line, true) } else { sheet.row(place, &line) }
    }
}
