//! One flow: what it means, what it does, what leads here, where it goes.

use ratatui::layout::Rect;

use super::super::geometry::WIDE;
use super::super::line::{Row, Wrapped};
use super::super::state::State;
use super::super::views::{FlowView, Screen, Section};
use super::sheet::Sheet;
use crate::base::number::{grouped, short_count, short_duration};
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::explain;
use crate::explain::Reference;
use crate::model::bridge::Bridge;

/// A part of the screen: its title, what stands at the right of it, and its lines with the row of a section each is.
struct Part {
    title: &'static str,
    note: String,
    lines: Vec<(Row, Option<(Section, usize)>)>,
}

impl Part {
    fn new(title: &'static str) -> Part {
        Part { title, note: String::new(), lines: Vec::new() }
    }

    fn say(&mut self, row: Row) {
        self.lines.push((row, None));
    }
}

/// How many lines the screen has where everything stands below each other, and on which the cursor is.
pub fn rows(state: &State, body: Rect) -> (usize, Option<usize>) {
    let Screen::Flow(view) = state.screen() else { return (0, None) };
    if body.width >= WIDE {
        return (0, None);
    }
    let parts = parts(state, view, usize::from(body.width));
    let mut at = 1;
    let mut cursor = None;
    for part in &parts {
        at += 1;
        for (_, row) in &part.lines {
            if *row == Some((view.section, view.cursors[view.section as usize].at)) {
                cursor = Some(at);
            }
            at += 1;
        }
    }
    (at, cursor)
}

/// Draws it.
pub fn draw(state: &State, view: &FlowView, body: Rect, sheet: &mut Sheet<'_>) {
    let Some(bridge) = view.spot.bridge(&state.scene) else { return };
    if view.flow as usize >= bridge.flows.len() {
        return sheet.row(body, &Row::of(Role::Warn, " this flow is not there any more"));
    }
    if body.width < WIDE {
        return narrow(state, view, body, sheet);
    }
    sheet.row(Rect { height: 1, ..body }, &head(bridge, view));
    let body = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    let left = body.width * 3 / 5;
    let mut columns = [
        (Rect { width: left, ..body }, Vec::new()),
        (Rect { x: body.x + left, width: body.width - left, ..body }, Vec::new()),
    ];
    let is_left = |title: &str| matches!(title, "In plain words" | "Match" | "Actions");
    let inner = |width: u16| usize::from(width).saturating_sub(2);
    for part in parts(state, view, inner(left)) {
        if is_left(part.title) {
            columns[0].1.push(part);
        }
    }
    for part in parts(state, view, inner(body.width - left)) {
        if !is_left(part.title) {
            columns[1].1.push(part);
        }
    }
    for (area, parts) in columns {
        column(view, area, &parts, sheet);
    }
}

/// Boxes below each other. Lists shrink where there is no room for all of them.
fn column(view: &FlowView, area: Rect, parts: &[Part], sheet: &mut Sheet<'_>) {
    let room = usize::from(area.height);
    let mut heights: Vec<usize> = parts.iter().map(|p| p.lines.len() + 2).collect();
    while heights.iter().sum::<usize>() > room {
        let Some(tallest) = (0..heights.len()).max_by_key(|at| heights[*at]).filter(|at| heights[*at] > 4) else {
            break;
        };
        heights[tallest] -= 1;
    }
    let spare = room.saturating_sub(heights.iter().sum());
    if let Some(last) = heights.last_mut() {
        *last += spare;
    }
    let mut y = area.y;
    for (part, height) in parts.iter().zip(heights) {
        let at = Rect { y, height: (height as u16).min(area.bottom().saturating_sub(y)), ..area };
        if at.height < 3 {
            break;
        }
        let has_keys = part.lines.iter().any(|(_, row)| row.is_some_and(|(s, _)| s == view.section));
        let inner = sheet.boxed(at, part.title, &part.note, has_keys);
        let here = part.lines.iter().position(|(_, row)| is_here(view, *row)).unwrap_or(0);
        let skip = (here + 1).saturating_sub(usize::from(inner.height));
        for (y, (row, link)) in (inner.y..inner.bottom()).zip(&part.lines[skip..]) {
            draw_line(view, Rect { y, height: 1, ..inner }, row, *link, sheet);
        }
        y += at.height;
    }
}

fn is_here(view: &FlowView, row: Option<(Section, usize)>) -> bool {
    row == Some((view.section, view.cursors[view.section as usize].at))
}

fn draw_line(view: &FlowView, at: Rect, row: &Row, link: Option<(Section, usize)>, sheet: &mut Sheet<'_>) {
    let is_here = is_here(view, link);
    let mut line = Row::of(Role::Accent, if is_here { ">" } else { " " });
    line.append(row.clone());
    line.fit(usize::from(at.width), sheet.look.glyphs.cut);
    if is_here { sheet.under_cursor(at, &line, true) } else { sheet.row(at, &line) }
}

fn narrow(state: &State, view: &FlowView, body: Rect, sheet: &mut Sheet<'_>) {
    let Some(bridge) = view.spot.bridge(&state.scene) else { return };
    let mut lines = vec![(head(bridge, view), None)];
    for part in parts(state, view, usize::from(body.width)) {
        let mut title = Row::of(Role::Accent, &format!(" {}", part.title.to_uppercase()));
        if !part.note.is_empty() {
            title.put(Role::Dim, &format!("  {}", part.note));
        }
        lines.push((title, None));
        lines.extend(part.lines.into_iter().map(|(row, link)| {
            let mut padded = Row::of(Role::Text, " ");
            padded.append(row);
            (padded, link)
        }));
    }
    for (y, (row, link)) in (body.y..body.bottom()).zip(lines.iter().skip(view.scroll)) {
        draw_line(view, Rect { y, height: 1, ..body }, row, *link, sheet);
    }
}

/// The line above everything: what tells this flow from others, and its counters.
fn head(bridge: &Bridge, view: &FlowView) -> Row {
    let flow = bridge.flow(view.flow);
    let mut row = Row::of(Role::Accent, &format!("priority {}, table {}", flow.priority(), flow.table()));
    row.text(&format!(", cookie {:#x}", flow.cookie()));
    if let Some(packets) = flow.n_packets() {
        row.put(if packets > 0 { Role::Text } else { Role::Dim }, &format!("   {} packets", grouped(packets)));
    }
    if let Some(bytes) = flow.n_bytes() {
        row.dim(&format!(", {}B", short_count(bytes)));
    }
    row
}

fn parts(state: &State, view: &FlowView, width: usize) -> Vec<Part> {
    let Some(bridge) = view.spot.bridge(&state.scene) else { return Vec::new() };
    if view.flow as usize >= bridge.flows.len() {
        return Vec::new();
    }
    let room = width.saturating_sub(3);
    let mut parts = vec![plain_words(view, room), matches(bridge, view, room), actions(view, room)];
    parts.extend(provenance(view, room));
    parts.push(references(bridge, view, Section::From));
    parts.push(references(bridge, view, Section::To));
    parts.push(counters(bridge, view));
    parts.push(raw(bridge, view, room));
    parts
}

fn plain_words(view: &FlowView, room: usize) -> Part {
    let mut part = Part::new("In plain words");
    let Some(words) = &view.words else {
        part.say(Row::of(Role::Dim, ".."));
        return part;
    };
    let mut wrapped = Wrapped::new(room, 0);
    explain::paint(&words.words.summary, &mut wrapped);
    wrapped.finish().into_iter().for_each(|row| part.say(row));
    for note in &words.words.notes {
        let mut wrapped = Wrapped::new(room, 2);
        explain::paint(note, &mut wrapped);
        wrapped.finish().into_iter().for_each(|row| part.say(row));
    }
    part
}

fn matches(bridge: &Bridge, view: &FlowView, room: usize) -> Part {
    let mut part = Part::new("Match");
    let Some(words) = &view.words else {
        part.say(Row::of(Role::Text, &bridge.flow(view.flow).to_flow().match_text(&bridge.names)));
        return part;
    };
    let fields = &words.words.fields;
    let longest = |text: &dyn Fn(usize) -> usize| (0..fields.len()).map(text).max().unwrap_or(0);
    let name = longest(&|n| fields[n].name.len()).clamp(5, 14);
    let value = longest(&|n| fields[n].value.len()).clamp(5, (room / 3).max(17));
    if !fields.is_empty() {
        part.say(Row::of(Role::Dim, &format!("{:<name$} {:<value$} MEANS", "FIELD", "VALUE")));
    }
    for field in fields {
        let mut row = Row::of(Role::Reg, &format!("{:<name$} ", field.name));
        row.put(Role::Text, &format!("{:<value$} ", visible(&field.value)));
        let indent = row.width();
        let mut wrapped = Wrapped::new(room.saturating_sub(indent).max(12), 0);
        explain::paint(&field.means, &mut wrapped);
        let mut lines = wrapped.finish().into_iter();
        if let Some(first) = lines.next() {
            row.append(first);
        }
        part.say(row);
        for more in lines.filter(|l| l.width() > 0) {
            let mut row = Row::of(Role::Text, &" ".repeat(indent));
            row.append(more);
            part.say(row);
        }
    }
    if !words.words.rest.0.is_empty() {
        let mut wrapped = Wrapped::new(room, 2);
        explain::paint(&words.words.rest, &mut wrapped);
        wrapped.finish().into_iter().for_each(|row| part.say(row));
    }
    for need in &words.words.needs {
        let mut wrapped = Wrapped::new(room, 2);
        explain::paint(need, &mut wrapped);
        wrapped.finish().into_iter().for_each(|row| part.say(row));
    }
    part
}

fn actions(view: &FlowView, room: usize) -> Part {
    let mut part = Part::new("Actions");
    let Some(words) = &view.words else { return part };
    for (n, action) in words.words.actions.iter().enumerate() {
        let mut row = Row::of(Role::Dim, &format!("{:>2} {}", n + 1, "  ".repeat(action.depth.min(8))));
        let mut text = Row::of(if action.target.is_some() { Role::Goto } else { Role::Text }, &visible(&action.text));
        text.fit((room / 2).max(24), "~");
        let indent = row.width();
        row.append(text);
        row.text("  ");
        let used = row.width();
        let is_short = used + 20 <= room;
        let mut wrapped = Wrapped::new(room.saturating_sub(if is_short { used } else { indent + 2 }).max(16), 0);
        explain::paint(&action.means, &mut wrapped);
        let mut lines = wrapped.finish().into_iter();
        if is_short && let Some(first) = lines.next() {
            row.append(first);
        }
        part.lines.push((row, Some((Section::Actions, n))));
        for more in lines.filter(|l| l.width() > 0) {
            let mut row = Row::of(Role::Text, &" ".repeat(if is_short { used } else { indent + 2 }));
            row.append(more);
            part.say(row);
        }
    }
    if words.words.actions.is_empty() {
        part.say(Row::of(Role::Drop, "drop: there are no actions"));
    }
    part
}

/// Who asked for the flow, each with how that is known; nothing where nobody knows.
fn provenance(view: &FlowView, room: usize) -> Option<Part> {
    let owners = &view.words.as_ref()?.owners;
    let mut part = Part::new("Provenance");
    part.note = "who asked for this".into();
    for owner in owners {
        let mut wrapped = Wrapped::new(room, 2);
        wrapped.put(Role::Accent, &format!("{}:", owner.kind.words()));
        let name = if owner.name.is_empty() { &owner.id } else { &owner.name };
        wrapped.text(&format!(" {}", visible(name)));
        if let Some(id) = owner.id_beside_name() {
            wrapped.dim(&format!(" {}", visible(id)));
        }
        wrapped.dim(&format!(" ({})", owner.why.name()));
        wrapped.finish().into_iter().for_each(|row| part.say(row));
    }
    (!owners.is_empty()).then_some(part)
}

fn references(bridge: &Bridge, view: &FlowView, section: Section) -> Part {
    let is_from = section == Section::From;
    let mut part = Part::new(if is_from { "Flows that lead here" } else { "Where it goes next" });
    let Some(words) = &view.words else { return part };
    let references = &words.references;
    let (list, more): (&[Reference], usize) = match is_from {
        true => (&references.from, references.more_from),
        false => (&references.to, references.more_to),
    };
    part.note = (list.len() + more).to_string();
    for (n, reference) in list.iter().enumerate() {
        let flow = bridge.flow(reference.flow);
        let mut row = Row::of(Role::Dim, &format!("{:>6} ", reference.packets.map_or("-".to_owned(), short_count)));
        row.put(Role::Goto, &format!("T{:<3}", flow.table()));
        row.text(&format!(" prio {:<5} ", flow.priority()));
        row.dim(&format!("{:<8} ", reference.way.name()));
        let mut text = Row::new();
        flow.paint_match(&bridge.names, &mut text);
        row.append(if text.width() == 0 { Row::of(Role::Dim, "(any)") } else { text });
        part.lines.push((row, Some((section, n))));
    }
    if more > 0 {
        part.say(Row::of(Role::Dim, &format!("and {} more", grouped(more as u64))));
    }
    if list.is_empty() {
        let text = match (is_from, bridge.flow(view.flow).table()) {
            (true, 0) => "packets begin in table 0",
            (true, _) => "no flow leads here",
            (false, _) => "nowhere: this is the end",
        };
        part.say(Row::of(Role::Dim, text));
    }
    part
}

fn counters(bridge: &Bridge, view: &FlowView) -> Part {
    let mut part = Part::new("Counters and timeouts");
    let flow = bridge.flow(view.flow);
    let head = flow.head();
    if let Some(stats) = flow.stats() {
        let mut row = Row::of(Role::Text, &format!("age {}", short_duration(stats.duration_ns / 1_000_000_000)));
        if let Some(idle) = stats.idle_age {
            row.text(&format!(", idle {}", short_duration(idle.into())));
        }
        part.say(row);
    }
    if let Some(packets) = flow.n_packets() {
        let of_table: u64 = bridge.pipeline().table(flow.table()).packets;
        let share = if of_table > 0 { packets as f64 / of_table as f64 } else { 0.0 };
        let bytes = flow.n_bytes().map_or(String::new(), |b| format!(", {} bytes", grouped(b)));
        part.say(Row::of(Role::Text, &format!("{} packets{bytes}", grouped(packets))));
        part.say(Row::of(Role::Dim, &format!("{} of the table's packets", crate::graph::percent(share))));
    }
    let limit =
        |name: &str, s: u16| if s == 0 { format!("no {name} timeout") } else { format!("{name} timeout {s} s") };
    part.say(Row::of(
        Role::Dim,
        &format!("{}, {}", limit("idle", head.idle_timeout), limit("hard", head.hard_timeout)),
    ));
    if !head.flags.is_empty() {
        part.say(Row::of(Role::Dim, &head.flags.names().collect::<Vec<_>>().join(" ")));
    }
    part
}

fn raw(bridge: &Bridge, view: &FlowView, room: usize) -> Part {
    let mut part = Part::new("Raw");
    part.note = "y copies".into();
    let mut wrapped = Wrapped::new(room, 2);
    wrapped.text(bridge.flow(view.flow).line_text(&bridge.names).trim());
    wrapped.finish().into_iter().for_each(|row| part.say(row));
    part
}
