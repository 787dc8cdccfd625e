//! Screen 4: the packet, its steps, the verdict and what almost let it through.

use ratatui::layout::Rect;

use super::super::geometry::Frame;
use super::super::line::{Row, Wrapped};
use super::super::told::{Mark, Near, Step, StepKind, TableStep, Told};
use super::super::views::{Part, TraceView};
use super::sheet::Sheet;
use super::typed::Typed;
use super::why::needs;
use crate::base::paint::{Painter, Role};

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
    let packet = told.facts.len() + 1;
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
    let near = if near < 2 {
        take(0, 0);
        0
    } else {
        near
    };
    let fixes = take(if told.fixes.is_empty() { 0 } else { fix_rows(told, width).len().min(5) + 1 }, keep);
    let used = verdict + packet + near + fixes;
    let steps = body.height.saturating_sub(used);
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
            sheet.under_cursor(place, &row, true)
        } else {
            sheet.row(place, &row)
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
            sheet.lines(below, &sentence_rows(told, width));
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
        rows.insert(1, cell("made as", Row::of(Role::Dim, &view.made)));
    }
    rows
}

fn wrapped(role: Role, text: &str, width: usize) -> Vec<Row> {
    let mut lines = Wrapped::new(width, 0);
    lines.put(role, text);
    lines.finish()
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
    rows.extend(told.assumed.iter().flat_map(|s| wrapped(Role::Warn, &format!("assumed: {s}"), width)));
    if !told.outcome.same_way.is_empty() {
        rows.push(Row::new());
        let text = format!("The same way go all packets with {}", told.outcome.same_way);
        rows.extend(wrapped(Role::Dim, &text, width));
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
    sentences.chain(assumed).map(indent).collect()
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
const DEPTH: usize = 12;
/// How wide `prio 65535 ` is.
const PRIORITY: usize = 11;

fn head(table: &TableStep, has_names: bool) -> String {
    match has_names && !table.name.is_empty() {
        true => format!("T{} {}", table.table, table.name),
        false => format!("T{}", table.table),
    }
}

fn steps(view: &TraceView, told: &Told, outer: Rect, panes: &Panes, sheet: &mut Sheet<'_>) {
    let has_keys = view.part() == Part::Steps;
    let shown = view.shown();
    let lookups = told.steps.iter().filter(|s| s.look.is_some()).count();
    let passes = match told.recirculations {
        0 => String::new(),
        n => format!(", {}", super::super::panes::counted(n, "conntrack pass").replace("passs", "passes")),
    };
    let note = format!("{}{passes}", super::super::panes::counted(lookups, "lookup"));
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

/// The near misses as lines, each with which one it is; those of other places stand below a line of their own.
fn near_lines(told: &Told, is_wide: bool) -> Vec<(Row, Option<usize>)> {
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

fn needs_row(near: &Near) -> Row {
    let mut row = Row::new();
    needs(&near.needs, &mut row);
    row
}

fn near_row(near: &Near, is_wide: bool, widest: usize) -> Row {
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

fn near(view: &TraceView, told: &Told, outer: Rect, panes: &Panes, sheet: &mut Sheet<'_>) {
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
fn fix_rows(told: &Told, width: usize) -> Vec<(Row, Option<usize>)> {
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

fn fixes(view: &TraceView, told: &Told, outer: Rect, panes: &Panes, sheet: &mut Sheet<'_>) {
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
    row.text(&format!(" in {}, {} ms", super::super::panes::counted(lookups, "lookup"), view.took.1));
    row.dim(" | simulated here, nothing was sent");
}

/// The row under the cursor, if it does not fit where it stands.
fn whole(view: &TraceView, told: &Told, width: usize) -> Option<Row> {
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
