//! Screen 4: the packet, its steps, the verdict and what almost let it through.

mod lists;
mod steps;

use ratatui::layout::Rect;

use self::lists::{fix_rows, fixes, near, near_lines, near_row};
use self::steps::{DEPTH, head, steps, whole};
use super::super::geometry::Frame;
use super::super::line::{Row, Wrapped};
use super::super::told::{Mark, StepKind, Told};
use super::super::views::{Part, TraceView};
use super::sheet::Sheet;
use super::typed::Typed;
use crate::base::paint::{Painter, Role};
use crate::base::words::counted;

/// From this width on the parts stand beside each other.
const BESIDE: u16 = 120;

/// Where the parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panes {
    has_boxes: bool,
    packet: Option<Rect>,
    verdict: Option<Rect>,
    steps: Option<Rect>,
    near: Option<Rect>,
    fixes: Option<Rect>,
    /// The last lines of the steps, for what was written on the way.
    changed: u16,
}

impl Panes {
    fn outer(&self, part: Part) -> Option<Rect> {
        match part {
            Part::Steps => self.steps,
            Part::Near => self.near,
            Part::Fixes => self.fixes,
        }
    }

    /// Where the rows of a part are.
    pub fn rows(&self, part: Part) -> Option<Rect> {
        let outer = self.outer(part)?;
        let border = u16::from(self.has_boxes);
        let heading = match part {
            Part::Near if self.has_boxes => 2,
            _ => 1,
        };
        let below = if part == Part::Steps { self.changed } else { 0 };
        Some(Rect::new(
            outer.x + border,
            outer.y + heading.min(outer.height),
            outer.width.saturating_sub(2 * border),
            outer.height.saturating_sub(heading + border + below),
        ))
    }

    /// How many rows of a part are on the screen.
    pub fn height(&self, part: Part) -> usize {
        self.rows(part).map_or(0, |rows| usize::from(rows.height))
    }
}

/// Where the parts are, for what there is to show.
pub fn panes(view: &TraceView, body: Rect) -> Panes {
    let is_beside = body.width >= BESIDE && body.height >= 18;
    let none =
        Panes { has_boxes: is_beside, packet: None, verdict: None, steps: None, near: None, fixes: None, changed: 0 };
    let Some(told) = &view.told else { return Panes { has_boxes: false, steps: Some(body), ..none } };
    if view.is_full {
        return match view.part() {
            Part::Steps => Panes { steps: Some(body), ..none },
            Part::Near => Panes { near: Some(body), ..none },
            Part::Fixes => Panes { fixes: Some(body), ..none },
        };
    }
    if is_beside { beside(told, body, none) } else { stacked(view, told, body, none) }
}

fn beside(told: &Told, body: Rect, none: Panes) -> Panes {
    let left = (body.width * 2 / 5).min(70);
    let verdict = verdict_rows(told, usize::from(body.width - left).saturating_sub(4)).len();
    let packet = told.facts.len() + told.notes.len() + 2;
    let top = (packet.max(verdict) as u16 + 2).clamp(5, body.height / 3);
    let needed = near_lines(told, true).len().max(fix_rows(told, usize::from(body.width / 2)).len()) as u16;
    let bottom = if needed == 0 { 0 } else { (needed + 3).clamp(5, body.height / 3) };
    let end = body.bottom() - bottom;
    let below = Rect::new(body.x, end, body.width, bottom);
    let half = body.width * 11 / 20;
    let (near, fixes) = match (told.near.is_empty(), told.fixes.is_empty()) {
        (false, false) => {
            let right = Rect { x: body.x + half, width: body.width - half, ..below };
            (Some(Rect { width: half, ..below }), Some(right))
        }
        (false, true) => (Some(below), None),
        (true, false) => (None, Some(below)),
        (true, true) => (None, None),
    };
    let steps = Rect::new(body.x, body.y + top, body.width, end - body.y - top);
    let changed = changed_rows(told, usize::from(body.width) - 4).len() as u16;
    Panes {
        packet: Some(Rect::new(body.x, body.y, left, top)),
        verdict: Some(Rect::new(body.x + left, body.y, body.width - left, top)),
        steps: Some(steps),
        near,
        fixes,
        changed: if steps.height > changed + 8 { changed } else { 0 },
        ..none
    }
}

/// One below the other: the packet, the steps with what room there is, the verdict, the near misses, the fixes.
fn stacked(view: &TraceView, told: &Told, body: Rect, none: Panes) -> Panes {
    let width = usize::from(body.width);
    let mut left = body.height;
    let mut take = |wanted: usize, reserve: u16| {
        let given = (wanted.min(100) as u16).min(left.saturating_sub(reserve));
        left -= given;
        given
    };
    let steps = view.shown().len() + 1;
    // The steps keep a heading and some rows whatever else there is.
    let keep = (steps.min(6) as u16).min(body.height);
    let verdict = take(sentence_rows(told, width).len().min(4) + 1, keep.min(3));
    let packet = take(2, keep);
    let near = take(if told.near.is_empty() { 0 } else { near_lines(told, false).len().min(4) + 1 }, keep);
    // A heading alone says nothing.
    let near = if near < 2 { 0 } else { near };
    let fixes = take(if told.fixes.is_empty() { 0 } else { fix_rows(told, width).len().min(5) + 1 }, keep);
    let left = body.height.saturating_sub(verdict + packet + near + fixes);
    // What the steps do not need goes to the verdict.
    let spare = usize::from(left).saturating_sub(steps);
    let verdict = verdict + spare.min(more_rows(told, width).len()) as u16;
    let steps = body.height.saturating_sub(verdict + packet + near + fixes);
    let mut y = body.y;
    let mut place = |height: u16| {
        let at = Rect::new(body.x, y, body.width, height);
        y += height;
        (height > 0).then_some(at)
    };
    Panes {
        packet: place(packet),
        steps: place(steps),
        verdict: place(verdict),
        near: place(near),
        fixes: place(fixes),
        ..none
    }
}

/// Draws it.
pub fn draw(view: &TraceView, frame: &Frame, sheet: &mut Sheet<'_>) {
    let line = typed(view);
    if let Some(at) = frame.filter {
        line.draw(at, sheet);
    }
    let panes = panes(view, frame.body);
    match &view.told {
        None => examples(view, frame.body, sheet),
        Some(told) => parts(view, told, &panes, sheet),
    }
    if frame.filter.is_some() {
        line.below(frame.body, sheet);
    }
}

fn typed(view: &TraceView) -> Typed<'_> {
    let wrong = view.line.wrong.as_ref();
    let end = view.line.input.text().trim_end_matches([',', '=', ' ']).len();
    Typed {
        lead: " > ",
        empty: "i types a packet, as in_port=1,tcp,nw_dst=10.0.0.5,tcp_dst=22; p pastes one",
        rest: &view.asked.text,
        input: &view.line.input,
        is_typing: view.line.before.is_some(),
        wrong,
        // What is wrong with the last word may be that it is not complete.
        is_unfinished: wrong.is_some_and(|d| d.span.end as usize >= end && view.line.input.cursor() >= end),
        offered: view.line.offered.as_ref(),
    }
}

/// Packets to begin with.
fn examples(view: &TraceView, body: Rect, sheet: &mut Sheet<'_>) {
    if view.is_working {
        return sheet.row(body, &Row::of(Role::Dim, "   tracing .."));
    }
    let list = Rect { y: body.y + 1.min(body.height), height: body.height.saturating_sub(1), ..body };
    let bridge = &view.asked.spot.bridge;
    let heading = match view.examples.is_empty() {
        true => " No packet yet: i types one.".to_owned(),
        false => format!(" No packet yet. Enter sends one of these into {bridge}; i types another."),
    };
    sheet.lines(Rect { height: 1, ..body }, &[Row::of(Role::Accent, &heading)]);
    // Each is told in words, and below it stands what would be typed.
    let each = if list.height >= view.examples.len() as u16 * 3 { 3 } else { 1 };
    let mut y = list.y + u16::from(each == 3);
    let window = if each == 3 {
        0..view.examples.len()
    } else {
        view.cursors[0].window(view.examples.len(), usize::from(list.height))
    };
    for (at, example) in view.examples.iter().enumerate().filter(|(at, _)| window.contains(at)) {
        let is_here = at == view.cursors[0].at && view.line.before.is_none();
        let mut row = Row::of(Role::Accent, if is_here { "> " } else { "  " });
        row.text(&example.about);
        row.fit(usize::from(list.width), sheet.look.glyphs.cut);
        let place = Rect { y, height: 1, ..list };
        if is_here {
            sheet.under_cursor(place, &row, true);
        } else {
            sheet.row(place, &row);
        }
        if each == 3 {
            let text = Row::of(Role::Dim, &format!("    {}", example.text));
            sheet.lines(Rect { y: y + 1, height: 1, ..list }, &[text]);
        }
        y += each;
    }
}

fn parts(view: &TraceView, told: &Told, panes: &Panes, sheet: &mut Sheet<'_>) {
    if let Some(at) = panes.packet {
        if panes.has_boxes {
            let inner = sheet.boxed(at, "Packet", "i edits", false);
            sheet.lines(indented(inner), &fact_rows(view, told));
        } else {
            let mut first = Row::of(Role::Dim, " packet  ");
            first.text(&told.title);
            if !view.made.is_empty() {
                first.dim(&format!("  ({})", view.made));
            }
            let mut second = Row::of(Role::Text, " ");
            second.append(told.brief.clone());
            let rows = if at.height > 1 { vec![first, second] } else { vec![second] };
            sheet.lines(at, &rows);
        }
    }
    if let Some(at) = panes.verdict {
        let width = usize::from(at.width);
        if panes.has_boxes {
            let inner = sheet.boxed(at, "Verdict", &format!("{} ms", view.took.1), false);
            sheet.lines(indented(inner), &verdict_rows(told, width.saturating_sub(4)));
        } else {
            let mut title = Row::of(told.outcome.word.role(), told.outcome.word.text());
            if !told.outcome.place.is_empty() {
                title.text(&format!(" {}", told.outcome.place));
            }
            rule(at, "VERDICT", Some(title), false, sheet);
            let below = Rect { y: at.y + 1, height: at.height - 1, ..at };
            let mut rows = sentence_rows(told, width);
            rows.extend(more_rows(told, width));
            sheet.lines(below, &rows);
        }
    }
    if let Some(at) = panes.steps {
        steps(view, told, at, panes, sheet);
    }
    if let Some(at) = panes.near {
        near(view, told, at, panes, sheet);
    }
    if let Some(at) = panes.fixes {
        fixes(view, told, at, panes, sheet);
    }
}

fn indented(at: Rect) -> Rect {
    Rect { x: at.x + 1.min(at.width), width: at.width.saturating_sub(1), ..at }
}

/// The heading of a part where there are no boxes: `-- STEPS -----`.
fn rule(at: Rect, title: &str, after: Option<Row>, has_keys: bool, sheet: &mut Sheet<'_>) {
    let across = sheet.look.glyphs.frame[4];
    let mut row = Row::of(Role::Dim, &across.repeat(2));
    row.put(if has_keys { Role::Accent } else { Role::Dim }, &format!(" {title} "));
    if let Some(after) = after {
        row.text(" ");
        row.append(after);
        row.text(" ");
    }
    let width = usize::from(at.width);
    row.fit(width, sheet.look.glyphs.cut);
    row.put(Role::Dim, &across.repeat(width.saturating_sub(row.width())));
    sheet.row(Rect { height: 1, ..at }, &row);
}

fn fact_rows(view: &TraceView, told: &Told) -> Vec<Row> {
    let cell = |label: &str, value: Row| {
        let mut row = Row::of(Role::Dim, &format!("{label:<8} "));
        row.append(value);
        row
    };
    let mut rows = vec![cell("packet", Row::of(Role::Accent, &told.title))];
    for fact in &told.facts {
        let mut line = Row::new();
        for (at, (label, value)) in fact.0.iter().enumerate() {
            if at > 0 {
                line.pad(28);
                line.text("  ");
            }
            line.append(cell(label, value.clone()));
        }
        rows.push(line);
    }
    if !view.made.is_empty() {
        rows.insert(1, cell("made", Row::of(Role::Dim, &view.made)));
    }
    rows.extend(told.notes.iter().map(|note| cell("chosen", Row::of(Role::Dim, note))));
    rows
}

fn wrapped(role: Role, text: &str, width: usize) -> Vec<Row> {
    let mut lines = Wrapped::new(width, 0);
    lines.put(role, text);
    lines.finish()
}

/// Which packets go the same way.
fn same_way(told: &Told) -> String {
    let open = match told.outcome.open.as_str() {
        "" => String::new(),
        open => format!("; {open} did not matter"),
    };
    format!("The same way go all packets with {}{open}", told.outcome.same_way)
}

/// The verdict as the box has it.
fn verdict_rows(told: &Told, width: usize) -> Vec<Row> {
    let mut title = Row::of(told.outcome.word.role(), told.outcome.word.text());
    title.text(&format!("  {}", told.outcome.place));
    let mut first = Wrapped::new(width, 2);
    title.pieces().iter().for_each(|piece| first.put(piece.role, &piece.text));
    let mut rows = first.finish();
    if !told.sentences.is_empty() {
        rows.push(Row::new());
    }
    rows.extend(told.sentences.iter().flat_map(|s| wrapped(Role::Text, s, width)));
    rows.extend(told.findings.iter().flat_map(|s| wrapped(Role::Warn, s, width)));
    rows.extend(told.assumed.iter().flat_map(|s| wrapped(Role::Warn, &format!("assumed: {s}"), width)));
    if !told.outcome.same_way.is_empty() {
        rows.push(Row::new());
        rows.extend(wrapped(Role::Dim, &same_way(told), width));
    }
    rows
}

/// The verdict below its heading, where there are no boxes.
fn sentence_rows(told: &Told, width: usize) -> Vec<Row> {
    let width = width.saturating_sub(2);
    let sentences = told.sentences.iter().flat_map(|s| wrapped(Role::Text, s, width));
    let assumed = told.assumed.iter().flat_map(|s| wrapped(Role::Warn, &format!("assumed: {s}"), width));
    let indent = |row: Row| {
        let mut line = Row::of(Role::Text, " ");
        line.append(row);
        line
    };
    let findings = told.findings.iter().flat_map(|s| wrapped(Role::Warn, s, width));
    sentences.chain(findings).chain(assumed).map(indent).collect()
}

/// What more there is to say below the verdict, where there is room.
fn more_rows(told: &Told, width: usize) -> Vec<Row> {
    let mut rows = changed_rows(told, width.saturating_sub(2));
    if !told.outcome.same_way.is_empty() {
        rows.extend(wrapped(Role::Dim, &same_way(told), width.saturating_sub(2)));
    }
    let indent = |row: Row| {
        let mut line = Row::of(Role::Text, " ");
        line.append(row);
        line
    };
    rows.into_iter().map(indent).collect()
}

/// What was written on the way.
fn changed_rows(told: &Told, width: usize) -> Vec<Row> {
    if told.changed.is_empty() {
        return Vec::new();
    }
    let mut lines = Wrapped::new(width, 2);
    lines.put(Role::Dim, "changed on the way: ");
    for (at, row) in told.changed.iter().enumerate() {
        lines.put(Role::Text, if at > 0 { ", " } else { "" });
        row.pieces().iter().for_each(|piece| lines.put(piece.role, &piece.text));
    }
    let mut rows = lines.finish();
    rows.truncate(3);
    rows
}

/// The trace as text: whole, not only what fits.
pub fn text(view: &TraceView) -> String {
    let Some(told) = &view.told else { return String::new() };
    let mut out = format!("packet   {}\n         {}\n", told.title, told.brief.plain());
    for step in &told.steps {
        let indent = "  ".repeat(step.depth.min(DEPTH));
        let text = match &step.kind {
            StepKind::Table(table) => {
                let priority = table.priority.map_or(String::new(), |p| format!("  prio {p}"));
                format!("{}{priority}  {}  {}", head(table, true), table.matches.plain(), table.effect.plain())
            }
            StepKind::Leg(row) | StepKind::Out(row) | StepKind::Bridge(row) | StepKind::Conntrack(_, row) => {
                row.plain()
            }
            StepKind::Text(row) => format!("- {}", row.plain()),
        };
        let mark = match step.mark {
            Mark::Lost => "X",
            Mark::Decided => "!",
            _ => " ",
        };
        if !step.is_detail {
            out.push_str(&format!("{mark} {indent}{text}\n"));
        }
    }
    out.push_str(&format!("verdict  {} {}\n", told.outcome.word.text(), told.outcome.place));
    told.sentences.iter().for_each(|s| out.push_str(&format!("         {s}\n")));
    for near in &told.near {
        out.push_str(&format!("near     {}\n", near_row(near, false, 0).plain().trim()));
    }
    for fix in &told.fixes {
        out.push_str(&format!("fix      {}\n         {}\n", fix.sentence, fix.command));
    }
    told.findings.iter().for_each(|s| out.push_str(&format!("finding  {s}\n")));
    told.assumed.iter().for_each(|s| out.push_str(&format!("assumed  {s}\n")));
    out
}

/// The status line.
pub fn status(view: &TraceView, width: usize, row: &mut Row) {
    let Some(told) = &view.told else {
        row.dim("Enter traces the packet under the cursor | Tab completes while you type");
        return;
    };
    // What is cut where it stands is shown whole here.
    if let Some(whole) = whole(view, told, width) {
        return row.append(whole);
    }
    row.text("verdict ");
    row.put(told.outcome.word.role(), told.outcome.word.text());
    let lookups = told.steps.iter().filter(|s| s.look.is_some()).count();
    row.text(&format!(" in {}, {} ms", counted(lookups, "lookup"), view.took.1));
    row.dim(" | simulated here, nothing was sent");
}
