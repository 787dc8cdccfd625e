//! The steps of a packet as rows.

use ratatui::layout::Rect;

use super::super::super::line::Row;
use super::super::super::told::{Mark, Step, StepKind, TableStep, Told};
use super::super::super::views::{Part, TraceView};
use super::super::sheet::Sheet;
use super::lists::needs_row;
use super::{Panes, changed_rows, indented, rule};
use crate::base::paint::{Painter, Role};
use crate::base::words::counted;

/// How the columns of lookups are shared out.
struct Columns {
    name: usize,
    matches: usize,
    has_names: bool,
}

fn columns(told: &Told, shown: &[usize], width: usize) -> Columns {
    let tables = || {
        shown.iter().filter_map(|at| match &told.steps[*at].kind {
            StepKind::Table(table) => Some((table, told.steps[*at].depth.min(DEPTH))),
            _ => None,
        })
    };
    let has_names = width >= 100;
    let name = tables().map(|(t, depth)| head(t, has_names).chars().count() + 2 * depth).max().unwrap_or(4);
    let name = name.min(width / 3);
    let room = width.saturating_sub(name + 4 + PRIORITY + 3);
    let needed = |f: &dyn Fn(&TableStep) -> usize| tables().map(|(t, _)| f(t)).max().unwrap_or(0);
    let (matches, effect) = (needed(&|t| t.matches.width()), needed(&|t| t.effect.width()));
    let matches = if matches + effect + 2 <= room {
        matches
    } else {
        matches.min((room / 2).max(room.saturating_sub(effect + 2)))
    };
    Columns { name, matches, has_names }
}

/// Steps of indentation at most.
pub(super) const DEPTH: usize = 12;
/// How wide `prio 65535 ` is.
const PRIORITY: usize = 11;

pub(super) fn head(table: &TableStep, has_names: bool) -> String {
    match has_names && !table.name.is_empty() {
        true => format!("T{} {}", table.table, table.name),
        false => format!("T{}", table.table),
    }
}

pub(super) fn steps(view: &TraceView, told: &Told, outer: Rect, panes: &Panes, sheet: &mut Sheet<'_>) {
    let has_keys = view.part() == Part::Steps;
    let shown = view.shown();
    let lookups = told.steps.iter().filter(|s| s.look.is_some()).count();
    let passes = match told.recirculations {
        0 => String::new(),
        1 => ", 1 conntrack pass".to_owned(),
        n => format!(", {n} conntrack passes"),
    };
    let note = format!("{}{passes}", counted(lookups, "lookup"));
    if panes.has_boxes {
        sheet.boxed(outer, "Steps", &note, has_keys);
    } else {
        rule(outer, "STEPS", Some(Row::of(Role::Dim, &note)), has_keys, sheet);
    }
    let Some(list) = panes.rows(Part::Steps) else { return };
    let columns = columns(told, &shown, usize::from(list.width));
    for (y, at) in (list.y..).zip(view.cursors[0].window(shown.len(), usize::from(list.height))) {
        let is_here = at == view.cursors[0].at && has_keys;
        let step = shown[at];
        let place = Rect { y, height: 1, ..list };
        let mut row = Row::of(Role::Accent, if is_here { ">" } else { " " });
        step_row(view, &told.steps[step], step, &columns, sheet, &mut row);
        row.fit(usize::from(list.width), sheet.look.glyphs.cut);
        if is_here { sheet.under_cursor(place, &row, true) } else { sheet.row(place, &row) }
    }
    if panes.changed > 0 {
        let at = Rect { y: list.bottom(), height: panes.changed, ..list };
        sheet.lines(indented(at), &changed_rows(told, usize::from(outer.width) - 4));
    }
}

fn step_row(view: &TraceView, step: &Step, at: usize, columns: &Columns, sheet: &Sheet<'_>, row: &mut Row) {
    let glyphs = &sheet.look.glyphs;
    match step.mark {
        Mark::None => row.text(" "),
        Mark::Passed => row.put(Role::Ok, glyphs.marks[0]),
        Mark::Decided => row.put(Role::Warn, "!"),
        Mark::Lost => row.put(Role::Bad, glyphs.marks[1]),
    }
    row.put(Role::Dim, if view.shut.contains(&at) { "+" } else { " " });
    row.text(&"  ".repeat(step.depth.min(DEPTH)));
    match &step.kind {
        StepKind::Table(table) => {
            row.put(Role::Goto, &head(table, columns.has_names));
            row.fit(columns.name + 3, glyphs.cut);
            row.pad(columns.name + 4);
            let priority = table.priority.map_or("miss".to_owned(), |p| format!("prio {p}"));
            row.put(Role::Dim, &format!("{priority:<PRIORITY$}"));
            let mut matches = table.matches.clone();
            matches.fit(columns.matches, glyphs.cut);
            matches.pad(columns.matches);
            row.append(matches);
            row.text("  ");
            row.append(table.effect.clone());
        }
        StepKind::Leg(text) | StepKind::Out(text) => row.append(text.clone()),
        StepKind::Bridge(text) => {
            row.dim("into ");
            row.append(text.clone());
        }
        StepKind::Conntrack(_, text) => {
            row.dim(": ");
            row.append(text.clone());
        }
        StepKind::Text(text) => {
            row.dim(&format!("{}{} ", glyphs.frame[2], glyphs.frame[4]));
            row.append(text.clone());
        }
    }
}

/// The row under the cursor, if it does not fit where it stands.
pub(super) fn whole(view: &TraceView, told: &Told, width: usize) -> Option<Row> {
    match view.part() {
        Part::Near => {
            let near = told.near.get(view.cursors[Part::Near as usize].at)?;
            let mut row = Row::of(Role::Dim, "would need ");
            row.append(needs_row(near));
            row.text("  ");
            row.put(Role::Accent, &near.rule);
            Some(row)
        }
        Part::Steps => {
            let StepKind::Table(table) = &told.steps.get(*view.shown().get(view.cursors[0].at)?)?.kind else {
                return None;
            };
            let columns = columns(told, &view.shown(), width);
            let begin = columns.name + 4 + PRIORITY + columns.matches + 2;
            if table.matches.width() <= columns.matches && begin + table.effect.width() <= width {
                return None;
            }
            let mut row = table.matches.clone();
            row.text("  ");
            row.append(table.effect.clone());
            Some(row)
        }
        Part::Fixes => None,
    }
}
