//! Why a flow got the traced packet or not: who did, and how far the others were.

use ratatui::layout::Rect;

use super::super::line::{Row, Wrapped};
use super::super::told::RivalRow;
use super::super::views::WhyView;
use super::sheet::Sheet;
use crate::base::paint::{Painter, Role};

/// What was asked and answered, above the list.
fn intro(view: &WhyView, width: usize) -> Vec<Row> {
    let Some(rivals) = &view.rivals else { return vec![Row::of(Role::Dim, " ..")] };
    let mut rows = Vec::new();
    for sentence in &rivals.intro {
        let mut wrapped = Wrapped::new(width.saturating_sub(2), 2);
        for piece in sentence.pieces() {
            wrapped.put(piece.role, &piece.text);
        }
        rows.extend(wrapped.finish().into_iter().map(|line| {
            let mut row = Row::of(Role::Text, " ");
            row.append(line);
            row
        }));
    }
    rows
}

/// Where the rows of the list are.
pub fn list(view: &WhyView, body: Rect) -> Rect {
    let above = intro(view, usize::from(body.width)).len().min(usize::from(body.height / 2)) as u16 + 2;
    Rect { y: body.y + above.min(body.height), height: body.height.saturating_sub(above), ..body }
}

/// Draws it.
pub fn draw(view: &WhyView, body: Rect, sheet: &mut Sheet<'_>) {
    let rows = intro(view, usize::from(body.width));
    let list = list(view, body);
    let above = Rect { height: list.y.saturating_sub(body.y).saturating_sub(2), ..body };
    sheet.lines(above, &rows);
    let Some(rivals) = &view.rivals else { return };
    if rivals.rows.is_empty() {
        return sheet.row(list, &Row::of(Role::Dim, "   no other flow of this table stands as high"));
    }
    let window = view.cursor.window(rivals.rows.len(), usize::from(list.height));
    let widest = rivals.rows[window.clone()].iter().map(|rival| needed(rival).width()).max().unwrap_or(0);
    let widest = widest.clamp(10, usize::from(list.width / 2));
    if list.y > body.y {
        let heading = format!("  BITS OFF  {:<FLOW$}  {:<widest$}  DOES", "FLOW", "WOULD NEED");
        sheet.lines(Rect { y: list.y - 1, height: 1, ..body }, &[Row::of(Role::Dim, &heading)]);
    }
    for (y, at) in (list.y..).zip(window) {
        let is_here = at == view.cursor.at;
        let mut row = Row::of(Role::Accent, if is_here { "> " } else { "  " });
        row.append(line(&rivals.rows[at], widest, sheet.look.glyphs.cut));
        row.fit(usize::from(list.width), sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..list };
        if is_here { sheet.under_cursor(place, &row, true) } else { sheet.row(place, &row) }
    }
}

/// How wide `prio 65535 conj 4096` is.
const FLOW: usize = 20;

fn needed(rival: &RivalRow) -> Row {
    let mut row = Row::new();
    needs(&rival.needs, &mut row);
    if rival.needs.is_empty() {
        row.dim("nothing: it matches as well");
    }
    if let Some((_, number, of)) = rival.clause {
        row.dim(&format!("  clause {number}/{of}"));
    }
    row
}

fn line(rival: &RivalRow, widest: usize, cut: &str) -> Row {
    let mut row = Row::of(if rival.is_elsewhere { Role::Dim } else { Role::Text }, &format!("{:>8}  ", rival.bits));
    let flow = match rival.clause {
        Some((conjunction, ..)) => format!("prio {} conj {conjunction}", rival.priority),
        None => format!("prio {}", rival.priority),
    };
    row.put(if rival.is_elsewhere { Role::Dim } else { Role::Goto }, &format!("{flow:<FLOW$}  "));
    let mut needed = needed(rival);
    needed.fit(widest, cut);
    needed.pad(widest + 2);
    row.append(needed);
    row.append(rival.effect.clone());
    if !rival.rule.is_empty() {
        row.put(Role::Accent, &format!("  {}", rival.rule));
    }
    if rival.is_elsewhere {
        row.dim("  (of another port or network)");
    }
    row
}

/// What a flow would need: `tp_dst 3306 (not 5432), nw_proto 17 (not 6)`.
pub fn needs(needs: &[(&'static str, String, String)], row: &mut Row) {
    for (at, (field, want, have)) in needs.iter().enumerate() {
        row.text(if at > 0 { ", " } else { "" });
        row.put(Role::Reg, field);
        row.text(&format!(" {want}"));
        row.dim(&format!(" (not {have})"));
    }
}
