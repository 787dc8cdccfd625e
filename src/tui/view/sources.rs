//! The files that were read, what became of each, and what was not understood.

use ratatui::layout::Rect;

use super::super::line::Row;
use super::super::state::State;
use super::super::views::SourcesView;
use super::sheet::Sheet;
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::model::snapshot::Fate;

/// How many rows there are.
pub fn len(state: &State) -> usize {
    let sources = &state.scene.snapshot().sources;
    let report = sources.report.kept.len() * 3 + usize::from(sources.report.more > 0);
    3 + report.max(1) + sources.files.len()
}

/// One row. What was not understood stands first.
fn row(state: &State, at: usize) -> Row {
    let sources = &state.scene.snapshot().sources;
    let report = &sources.report;
    let mut row = Row::new();
    let Some(at) = at.checked_sub(1) else {
        row.put(Role::Accent, " NOT UNDERSTOOD");
        return row;
    };
    let told = (report.kept.len() * 3 + usize::from(report.more > 0)).max(1);
    if at < told {
        match report.kept.get(at / 3) {
            Some(located) => {
                let mut text = String::new();
                located.paint(&mut text);
                row.text(&format!(" {}", text.lines().nth(at % 3).unwrap_or_default()));
                if at % 3 == 0 {
                    row = Row::of(Role::Warn, &row.plain());
                }
            }
            None if report.more > 0 => row.put(Role::Dim, &format!(" and {} more", report.more)),
            None => row.put(Role::Ok, " nothing: every line of every file was understood"),
        }
        return row;
    }
    match at - told {
        0 => {}
        1 => row.put(Role::Accent, " FILES"),
        n => {
            let Some(file) = sources.files.get(n - 2) else { return row };
            let (role, sign, why) = match &file.fate {
                Fate::Read { node, bridge } if bridge.is_empty() && node.is_empty() => {
                    (Role::Text, "read", String::new())
                }
                Fate::Read { node, bridge } if bridge.is_empty() => (Role::Text, "read", format!("node {node}")),
                Fate::Read { node, bridge } => (Role::Text, "read", format!("{bridge} of {node}")),
                Fate::Filled(what) => (Role::Text, "filled", what.to_string()),
                Fate::Unused(why) => (Role::Dim, "unused", why.to_string()),
            };
            row.put(role, &format!(" {sign:<7} {:<12} {}  ", file.kind, visible(&file.path)));
            row.put(Role::Dim, &why);
        }
    }
    row
}

/// Draws it.
pub fn draw(state: &State, view: &SourcesView, body: Rect, sheet: &mut Sheet<'_>) {
    let window = view.cursor.window(len(state), usize::from(body.height));
    for (y, at) in (body.y..).zip(window) {
        let mut row = row(state, at);
        row.fit(usize::from(body.width), sheet.look.glyphs.cut);
        let place = Rect::new(body.x, y, body.width, 1);
        if at == view.cursor.at { sheet.under_cursor(place, &row, true) } else { sheet.row(place, &row) }
    }
}
