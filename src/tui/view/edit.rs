//! The editor: the text with its colours, what is wrong below it, and what may stand at the cursor.

use ratatui::layout::Rect;

use super::super::line::Row;
use super::super::staged::{Editor, Help, StagedView, around};
use super::super::state::State;
use super::super::views::Screen;
use super::sheet::Sheet;
use super::typed;
use crate::base::diag::Severity;
use crate::base::paint::{Painter, Role};
use crate::base::words::counted;
use crate::dump::change_file::Survey;
use crate::edit::{self, Complaint};

/// Complaints that are shown at most.
const COMPLAINTS: usize = 4;

/// The rows of a text on a width, as bytes from and to: broken behind commas and blanks where there are some.
pub fn wrapped(text: &str, width: usize) -> Vec<(usize, usize)> {
    let width = width.max(4);
    let (mut rows, mut start, mut good) = (Vec::new(), 0, 0);
    let mut column = 0;
    for (at, c) in text.char_indices() {
        let wide = Row::of(Role::Text, &text[at..at + c.len_utf8()]).width();
        if column + wide > width {
            let end = if good > start { good } else { at };
            rows.push((start, end));
            column = Row::of(Role::Text, &text[end..at]).width();
            start = end;
        }
        column += wide;
        if matches!(c, ',' | ' ') {
            good = at + 1;
        }
    }
    rows.push((start, text.len()));
    rows
}

/// The columns for the text in a box of this width.
fn inside(width: u16) -> usize {
    usize::from(width.saturating_sub(3)).max(4)
}

/// One row of the editor: a part of the text, and words beside it.
struct Line {
    from: usize,
    to: usize,
    doc: String,
}

fn lines(state: &State, view: &StagedView, editor: &Editor, width: u16) -> Vec<Line> {
    let text = editor.input.text();
    if let (true, Some(around)) = (editor.is_form, around(&state.scene, &view.spot, editor.ground.as_deref())) {
        let form = edit::form(text, &around);
        let doc = |line: &edit::Line| if line.is_action { format!("action  {}", line.doc) } else { line.doc.clone() };
        return form
            .iter()
            .map(|l| Line { from: l.span.start as usize, to: l.span.end as usize, doc: doc(l) })
            .collect();
    }
    let rows = wrapped(text, inside(width));
    rows.into_iter().map(|(from, to)| Line { from, to, doc: String::new() }).collect()
}

/// The complaints that are shown, and where each stands in the text.
fn complaints(editor: &Editor) -> impl Iterator<Item = &Complaint> {
    editor.checked.complaints.iter().take(COMPLAINTS)
}

/// Whether a complaint is worth a caret in a row: those about the whole line are not.
fn has_caret(complaint: &Complaint, line: &Line, text: &str) -> bool {
    let span = complaint.diagnostic.span;
    let (start, end) = (span.start as usize, span.end as usize);
    let is_whole = end.saturating_sub(start) >= text.len() && text.len() > 20;
    !is_whole
        && complaint.diagnostic.severity >= Severity::Warning
        && start <= line.to
        && end >= line.from
        && (start < line.to || start == line.from || start == end)
}

/// How high the editor is.
pub fn height(state: &State, editor: &Editor, width: u16) -> u16 {
    let Screen::Staged(view) = state.screen() else { return 0 };
    let text = editor.input.text();
    let lines = lines(state, view, editor, width);
    let carets = lines.iter().filter(|l| complaints(editor).any(|c| has_caret(c, l, text))).count();
    let below = complaints(editor).count().max(1) + 1;
    (lines.len() + carets + below).min(200) as u16 + 2
}

/// The columns that the text has on the screen.
pub fn text_width(state: &State) -> usize {
    let Screen::Staged(view) = state.screen() else { return 80 };
    let body = super::super::geometry::frame(state).body;
    inside(super::staged::places(state, view, body).editor.map_or(80, |r| r.width))
}

/// Draws it.
pub fn draw(state: &State, view: &StagedView, editor: &Editor, at: Rect, body: Rect, sheet: &mut Sheet<'_>) {
    let note = match (editor.is_form, editor.is_draft) {
        (true, _) => "F6 text",
        (false, true) => "draft, F6 form",
        (false, false) => "F6 form",
    };
    sheet.clear(at);
    let inner = sheet.boxed(at, &format!("{} {}", editor.title(), view.spot.bridge), note, true);
    let text = editor.input.text();
    let around = around(&state.scene, &view.spot, editor.ground.as_deref());
    let pieces = around.map_or(Vec::new(), |around| edit::pieces(text, &editor.checked.survey, &around));
    let lines = lines(state, view, editor, at.width);
    let cursor = editor.input.cursor();
    let here = lines.iter().rposition(|line| line.from <= cursor).unwrap_or(0);
    let below = complaints(editor).count().max(1) + 1;
    let room = usize::from(inner.height).saturating_sub(below).max(1);
    // Rows with their carets, from the first to the one of the cursor at least.
    let mut rows: Vec<(Row, Option<u16>)> = Vec::new();
    let mut cursor_row = 0;
    for (number, line) in lines.iter().enumerate() {
        let mut row = Row::of(Role::Accent, if editor.is_form && number == here { ">" } else { " " });
        let mut from = line.from;
        for piece in &pieces {
            let (start, end) = (piece.span.start as usize, piece.span.end as usize);
            if start >= from && start < line.to {
                row.text(&text[from..start]);
                row.put(piece.role, &text[start..end.min(line.to)]);
                from = end.min(line.to);
            }
        }
        row.text(&text[from..line.to.max(from)]);
        let mut x = None;
        if number == here {
            cursor_row = rows.len();
            x = Some(1 + Row::of(Role::Text, &text[line.from..cursor.clamp(line.from, text.len())]).width() as u16);
        }
        if !line.doc.is_empty() {
            row.pad(row.width().max(34) + 2);
            row.dim(&line.doc);
        }
        rows.push((row, x));
        if let Some(carets) = carets(editor, line, text) {
            rows.push((carets, None));
        }
    }
    let skip = (cursor_row + 2).saturating_sub(room).min(rows.len().saturating_sub(room));
    let mut y = inner.y;
    let mut place = (inner.x, inner.y);
    for (row, x) in rows.iter().skip(skip).take(room) {
        sheet.lines(Rect { y, height: 1, ..inner }, std::slice::from_ref(row));
        if let Some(x) = x {
            place = (inner.x + (*x).min(inner.width.saturating_sub(1)), y);
        }
        y += 1;
    }
    told(state, editor, Rect { y, height: inner.bottom().saturating_sub(y), ..inner }, sheet);
    match &editor.offered {
        Some((completion, chosen)) => {
            let space = Rect { y: place.1 + 1, height: body.bottom().saturating_sub(place.1 + 1), ..body };
            let typed = Row::of(Role::Text, &text[text.floor_char_boundary(completion.replace.start as usize)..cursor]);
            let x = place.0.saturating_sub(typed.width() as u16 + 2).max(body.x);
            typed::popup(completion, *chosen, x, space, sheet);
        }
        None => sheet.cursor = Some(place),
    }
}

/// The row below a line that points at what is wrong there.
fn carets(editor: &Editor, line: &Line, text: &str) -> Option<Row> {
    let mut marks: Vec<(usize, usize, Role)> = complaints(editor)
        .filter(|c| has_caret(c, line, text))
        .map(|c| {
            let clamp = |at: u32| text.floor_char_boundary(at as usize).clamp(line.from, line.to);
            let span = c.diagnostic.span;
            let (from, to) = (clamp(span.start), clamp(span.end));
            let column = |at: usize| Row::of(Role::Text, &text[line.from..at]).width();
            let is_wrong = c.diagnostic.is_error() && !editor.is_unfinished(c);
            let role = if is_wrong { Role::Bad } else { Role::Warn };
            (column(from), column(to).max(column(from) + 1), role)
        })
        .collect();
    marks.sort_unstable_by_key(|(from, to, _)| (*from, *to));
    let mut row = Row::of(Role::Text, " ");
    for (from, to, role) in marks {
        row.pad(from + 1);
        let start = row.width().saturating_sub(1);
        row.put(role, &"^".repeat(to.saturating_sub(start.max(from))));
    }
    (row.width() > 1).then_some(row)
}

/// What is wrong, and the grammar of the action at the cursor.
fn told(state: &State, editor: &Editor, at: Rect, sheet: &mut Sheet<'_>) {
    let width = usize::from(at.width);
    let cursor = editor.input.cursor();
    let mut rows = Vec::new();
    let around = match state.screen() {
        Screen::Staged(view) => around(&state.scene, &view.spot, editor.ground.as_deref()),
        _ => None,
    };
    // What Tab would do is asked only where it could mend something.
    let can_mend = editor.checked.fix(cursor, false).is_some();
    let tab = around.filter(|_| can_mend).map(|around| editor.help(&around));
    let key = |complaint: &Complaint| {
        let adds = complaint.fix.as_ref()?.adds;
        match (&tab, adds) {
            (_, true) => editor.checked.fix(cursor, true).filter(|next| *next == complaint).map(|_| "Ctrl-f adds"),
            (Some(Help::Fix(next)), false) if next == complaint => Some("Tab fixes"),
            _ => None,
        }
    };
    for complaint in complaints(editor) {
        let d = &complaint.diagnostic;
        let (word, role) = match d.severity {
            _ if editor.is_unfinished(complaint) => ("typing", Role::Warn),
            Severity::Error => ("error ", Role::Bad),
            Severity::Warning => ("warn  ", Role::Warn),
            Severity::Note => ("note  ", Role::Dim),
        };
        let mut row = Row::of(role, &format!(" {word} "));
        row.text(&d.message);
        // What the key at the right says needs not be said twice.
        if let Some(hint) = d.hint.as_ref().filter(|hint| !hint.starts_with("Ctrl-f")) {
            row.put(Role::Accent, &format!("; {hint}"));
        } else if let (Some(_), Some(fix)) = (key(complaint), &complaint.fix) {
            row.put(Role::Accent, &format!("; add {}", fix.text.trim_matches(',')));
        }
        let label = key(complaint).unwrap_or("");
        row.fit(width.saturating_sub(label.len() + 2), sheet.look.glyphs.cut);
        row.pad(width.saturating_sub(label.len() + 1));
        row.put(Role::Accent, label);
        rows.push(row);
    }
    if rows.is_empty() {
        let mut row = Row::of(Role::Ok, " [ok]  ");
        row.dim("Ctrl-s stages it, F5 shows what becomes of packets; nothing is sent");
        rows.push(row);
    }
    let more = editor.checked.complaints.len().saturating_sub(COMPLAINTS);
    match edit::grammar(editor.input.text(), cursor) {
        Some(word) => {
            let mut row = Row::of(Role::Dim, " ");
            row.put(Role::Accent, word.form);
            row.dim(&format!("  {}", word.doc));
            rows.push(row);
        }
        None if more > 0 => rows.push(Row::of(Role::Dim, &format!(" and {more} more"))),
        None => rows.push(Row::of(Role::Dim, &where_it_stands(state, editor))),
    }
    sheet.lines(at, &rows);
}

/// What the table of the flow is called, and how many flows it has.
fn where_it_stands(state: &State, editor: &Editor) -> String {
    let Screen::Staged(view) = state.screen() else { return String::new() };
    let around = around(&state.scene, &view.spot, editor.ground.as_deref());
    let id = match (&editor.checked.survey, around) {
        (Survey::Flow(flow), _) => flow.flow_mod.flow.table,
        (Survey::Group(_), Some(around)) => {
            return format!(" {}: {}", view.spot.bridge, counted(around.bridge.groups.len(), "group"));
        }
        (Survey::Meter(..), Some(around)) => {
            return format!(" {}: {}", view.spot.bridge, counted(around.bridge.meters.len(), "meter"));
        }
        _ => return String::new(),
    };
    let flows = view.spot.bridge(&state.scene).and_then(|b| b.table(id)).map_or(0, |t| t.flows.len());
    let title = super::super::update::table_title(state, &view.spot, id);
    format!(" {title}: {}", counted(flows, "flow"))
}
