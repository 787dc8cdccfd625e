//! Drawing: `(state, screen) -> nothing`. Only what is visible is built.
//!
//! [`draw`] draws the frame around every screen: places, tabs, status, hints; then the screen, then what lies above it.

pub mod diff;
mod edit;
mod flow;
mod flows;
mod layers;
mod learn;
mod node;
mod pipeline;
mod sheet;
mod sources;
mod staged;
mod trace;
mod typed;
mod why;

use ratatui::Frame as Terminal;
use ratatui::layout::Rect;

use self::sheet::Sheet;
use super::command::{COMMANDS, Id};
use super::geometry::{self, Frame};
use super::line::Row;
use super::state::{Origin, State};
use super::update::crumbs;
use super::views::Screen;
use crate::base::number::{grouped, short_count};
use crate::base::paint::{Painter, Role};
use crate::base::words::counted;

pub use edit::{text_width as editor_width, wrapped};
pub use flow::rows as flow_rows;
pub use learn::{at as learn_at, height as learn_height, page_len as learn_page_len, top as learn_top};
pub use sources::len as sources_len;
pub use staged::{effect_rows, inner_list as staged_list};
pub use trace::{Panes as TracePanes, panes as trace_panes, text as trace_text};
pub use why::list as why_list;

/// Draws everything.
pub fn draw(state: &State, terminal: &mut Terminal<'_>) {
    let area = terminal.area();
    let mut sheet = Sheet::new(terminal.buffer_mut(), state);
    let frame = geometry::frame(state);
    if area.width == 0 || area.height == 0 {
        return;
    }
    top(state, &frame, &mut sheet);
    match state.screen() {
        Screen::Node(view) => node::draw(state, view, frame.body, &mut sheet),
        Screen::Pipeline(view) => pipeline::draw(state, view, frame.body, &mut sheet),
        Screen::Flows(view) => flows::draw(state, view, &frame, &mut sheet),
        Screen::Flow(view) => flow::draw(state, view, frame.body, &mut sheet),
        Screen::Trace(view) => trace::draw(view, &frame, &mut sheet),
        Screen::Why(view) => why::draw(view, frame.body, &mut sheet),
        Screen::Diff(view) => diff::draw(state, view, &frame, &mut sheet),
        Screen::Staged(view) => staged::draw(state, view, frame.body, &mut sheet),
        Screen::Learn(view) => learn::draw(state, view, frame.body, &mut sheet),
        Screen::Sources(view) => sources::draw(state, view, frame.body, &mut sheet),
    }
    bottom(state, &frame, &mut sheet);
    layers::draw(state, &frame, &mut sheet);
    if let Some((x, y)) = sheet.cursor {
        terminal.set_cursor_position((x.min(area.width - 1), y.min(area.height - 1)));
    }
}

/// What the screen shows, as plain text without colours.
pub fn text(state: &State) -> String {
    let (width, height) = geometry::size(state);
    let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, width, height));
    let mut sheet = Sheet::new(&mut buffer, state);
    let frame = geometry::frame(state);
    match state.screen() {
        Screen::Node(view) => node::draw(state, view, frame.body, &mut sheet),
        Screen::Flow(view) => flow::draw(state, view, frame.body, &mut sheet),
        Screen::Trace(view) => trace::draw(view, &frame, &mut sheet),
        Screen::Why(view) => why::draw(view, frame.body, &mut sheet),
        Screen::Diff(view) => diff::draw(state, view, &frame, &mut sheet),
        Screen::Staged(view) => staged::draw(state, view, frame.body, &mut sheet),
        Screen::Learn(view) => learn::draw(state, view, frame.body, &mut sheet),
        Screen::Sources(view) => sources::draw(state, view, frame.body, &mut sheet),
        Screen::Pipeline(view) => pipeline::draw(state, view, frame.body, &mut sheet),
        Screen::Flows(view) => flows::draw(state, view, &frame, &mut sheet),
    }
    let line = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned() + "\n";
    (frame.body.y..frame.body.bottom()).map(line).collect()
}

fn top(state: &State, frame: &Frame, sheet: &mut Sheet<'_>) {
    let mut row = Row::new();
    row.put(Role::Accent, " ofscope");
    for place in crumbs(state) {
        row.put(Role::Dim, if row.width() < 10 { "  " } else { " > " });
        row.put(Role::Accent, &place);
    }
    let mut right = Row::new();
    match &state.load {
        Some(load) => {
            let share = load.progress.share().map_or(String::new(), |s| format!(" {:.0}%", s * 100.0));
            right.put(Role::Warn, &format!("READING{share} {}", grouped(state.scene.snapshot().flow_count() as u64)));
        }
        None if state.scene.snapshot().is_partial => right.put(Role::Warn, "PARTIAL"),
        None => right.put(Role::Dim, &state.origin.text()),
    }
    match (state.staged.len(), &state.base) {
        (0, _) if state.origin == Origin::Sandbox => right.text(" "),
        (0, _) => right.put(Role::Dim, "  READ-ONLY "),
        (n, None) => right.put(Role::Staged, &format!("  STAGED {n} ")),
        (n, Some(_)) => right.put(Role::Staged, &format!("  AS STAGED {n} ")),
    }
    let width = usize::from(frame.crumbs.width);
    let room = width.saturating_sub(right.width() + 1);
    if room < 20 {
        right = Row::new();
    }
    row.fit(width.saturating_sub(right.width() + usize::from(right.width() > 0)), state.look.glyphs.cut);
    row.pad(width.saturating_sub(right.width()));
    row.append(right);
    sheet.row(frame.crumbs, &row);
    if let Some(line) = frame.tabs {
        let mut row = Row::of(Role::Text, " ");
        for (_, from, _, text) in tabs(state) {
            let is_here = text.starts_with('[');
            row.pad(usize::from(from));
            row.put(if is_here { Role::Accent } else { Role::Dim }, &text);
        }
        row.fit(usize::from(line.width), state.look.glyphs.cut);
        sheet.row(line, &row);
    }
}

/// The tabs: what a click does, from which column to which, and the text.
pub fn tabs(state: &State) -> Vec<(Id, u16, u16, String)> {
    let here = match state.screen() {
        Screen::Node(_) => Some(Id::Screen1),
        Screen::Pipeline(_) => Some(Id::Screen2),
        Screen::Flows(_) | Screen::Flow(_) => Some(Id::Screen3),
        Screen::Trace(_) | Screen::Why(_) => Some(Id::Screen4),
        Screen::Diff(_) => Some(Id::Screen5),
        Screen::Staged(_) => Some(Id::Screen6),
        Screen::Learn(_) => Some(Id::Screen8),
        Screen::Sources(_) => Some(Id::Sources),
    };
    let all = [
        (Id::Screen1, "1 Node"),
        (Id::Screen2, "2 Pipeline"),
        (Id::Screen3, "3 Flows"),
        (Id::Screen4, "4 Trace"),
        (Id::Screen5, "5 Diff"),
        (Id::Screen6, "6 Staged"),
        (Id::Screen8, "8 Learn"),
        (Id::Sources, "P Sources"),
    ];
    // A narrow terminal has no room between them.
    let between = u16::from(geometry::size(state).0 >= 90);
    let mut x = 1;
    all.into_iter()
        .map(|(id, text)| {
            let text = if here == Some(id) { format!("[{text}]") } else { format!(" {text} ") };
            let from = x;
            x += text.len() as u16 + between;
            (id, from, x, text)
        })
        .collect()
}

fn bottom(state: &State, frame: &Frame, sheet: &mut Sheet<'_>) {
    let width = usize::from(frame.status.width);
    let mut row = Row::of(Role::Text, " ");
    match (&state.message, working(state)) {
        (Some((role, text)), _) => row.put(*role, text),
        (None, Some(text)) => row.put(Role::Warn, &text),
        (None, None) if !state.pending.0.is_empty() && state.now.saturating_sub(state.pending.1) > 300 => {
            row.put(Role::Accent, &choices(state));
        }
        (None, None) => row.append(status(state)),
    }
    row.fit(width, state.look.glyphs.cut);
    sheet.row(frame.status, &row);
    let Some(line) = frame.hints else { return };
    let mut row = Row::new();
    for (id, ..) in hints(state) {
        let command = id.row();
        row.put(Role::Text, " ");
        row.put(Role::Accent, &state.keymap.key_of(id, state.context()));
        row.put(Role::Dim, &format!(" {} ", command.hint));
    }
    row.fit(usize::from(line.width), "");
    sheet.row(line, &row);
}

/// The keys of this context that fit the last line, most useful first: the command, and from which column to which.
pub fn hints(state: &State) -> Vec<(Id, u16, u16)> {
    let width = geometry::size(state).0;
    let context = state.context();
    // A packet is sent at practice switches only.
    let is_of_use = |id: Id| id != Id::Send || state.origin == Origin::Sandbox;
    let here = COMMANDS.iter().filter(|c| !c.hint.is_empty() && c.contexts.has(context) && is_of_use(c.id));
    let with_keys: Vec<_> = here.filter(|c| !state.keymap.key_of(c.id, state.context()).is_empty()).collect();
    // Help stays, whatever else fits.
    let entry = |c: &super::command::Command| {
        state.keymap.key_of(c.id, state.context()).chars().count() as u16 + c.hint.len() as u16 + 3
    };
    let help = with_keys.iter().find(|c| c.id == Id::Help).map_or(0, |c| entry(c));
    let mut x = 0;
    let mut out: Vec<(Id, u16, u16)> = Vec::new();
    for command in with_keys {
        let is_help = command.id == Id::Help;
        let reserve = if is_help || out.iter().any(|(id, ..)| *id == Id::Help) { 0 } else { help };
        if x + entry(command) + reserve <= width {
            out.push((command.id, x, x + entry(command)));
            x += entry(command);
        }
    }
    out
}

/// What runs longer than a blink.
fn working(state: &State) -> Option<String> {
    const BLINK: u64 = 150;
    if let Some(load) = &state.load {
        let flows = state.scene.snapshot().flow_count() as u64;
        let mb = load.progress.done() as f64 / 1e6;
        return Some(format!(
            "{} {} flows, {mb:.0} MB; Ctrl-c stops and shows what is there",
            load.what,
            grouped(flows)
        ));
    }
    let slow = state.jobs.iter().filter(|j| state.now.saturating_sub(j.since) > BLINK).max_by_key(|j| j.since)?;
    let spinner = state.look.glyphs.spinner;
    let sign = if state.look.motion { spinner[(state.now / 100) as usize % spinner.len()] } else { "" };
    let share = slow.progress.share().map_or(String::new(), |s| format!(" {:.0}%", s * 100.0));
    Some(format!("{sign} {}{share}; Ctrl-c stops", slow.what))
}

/// What may follow the keys that were pressed.
fn choices(state: &State) -> String {
    let pressed: Vec<String> = state.pending.0.iter().map(ToString::to_string).collect();
    let begins =
        |keys: &str| keys.split(' ').zip(&pressed).all(|(a, b)| a == b) && keys.split(' ').count() > pressed.len();
    let mut found = Vec::new();
    for command in COMMANDS.iter().filter(|c| c.contexts.has(state.context())) {
        found.extend(
            state
                .keymap
                .keys_of(command.id, state.context())
                .iter()
                .filter(|k| begins(k))
                .map(|k| format!("{k}: {}", command.doc)),
        );
    }
    match found.is_empty() {
        true => format!("{} and a letter", pressed.join(" ")),
        false => found.join("   "),
    }
}

/// Counts, position, timing.
fn status(state: &State) -> Row {
    let mut row = Row::new();
    match state.screen() {
        Screen::Node(view) => {
            if !state.offers.is_empty() {
                for (role, text) in &state.offers {
                    row.put(*role, text);
                }
                return row;
            }
            let snapshot = state.scene.snapshot();
            let node = snapshot.node(&view.node);
            let (bridges, flows) = node.map_or((0, 0), |n| (n.bridges.len(), n.flow_count()));
            row.text(&format!(
                "{}, {}, {}",
                counted(snapshot.nodes.len(), "node"),
                counted(bridges, "bridge"),
                counted(flows, "flow"),
            ));
        }
        Screen::Pipeline(view) => {
            if let Some(graph) = &view.graph {
                if let Some(way) = super::update::way(state) {
                    let tables: Vec<String> = way.iter().map(|id| format!("T{id}")).collect();
                    row.put(Role::Accent, &format!("way of the last trace: {}", tables.join(" ")));
                    row.dim(" | p x puts it out | ");
                }
                row.text(&graph.summary());
                row.dim(" | ");
                row.dim(&crate::graph::legend(graph, state.look.charset));
            }
        }
        Screen::Flows(view) => {
            let (shown, of) = (view.rows.flows.len(), view.rows.of);
            if let (Some(by), Some(fold)) = (view.by, &view.rows.fold) {
                row.put(Role::Accent, &format!("{} rows by {} | ", grouped(fold.groups.len() as u64), by.word().name));
            }
            row.text(&format!("{} of {}", grouped(shown as u64), grouped(of as u64)));
            if !view.filter.is_any() {
                row.dim(&format!(" in {} ms", view.took));
            }
            if view.rows.is_partial {
                row.put(Role::Warn, " PARTIAL");
            }
            if shown > 0 {
                row.text(&format!(" | row {}", grouped(view.cursor.at as u64 + 1)));
            }
            if let Some((column, backwards)) = view.sort {
                let sign = if backwards { "^" } else { "v" };
                row.text(&format!(" | sort {} {sign}", column.row().name));
            }
            if !view.marks.is_empty() {
                row.put(Role::Accent, &format!(" | {} marked", short_count(view.marks.len() as u64)));
            }
            if let Some((text, hits)) = &view.hits {
                row.put(Role::Match, &format!(" | {} hits of {text}", short_count(hits.len() as u64)));
            }
            for note in view.rows.notes.iter().take(1) {
                row.put(Role::Warn, &format!(" | {}", note.message));
            }
        }
        Screen::Flow(view) => {
            let Some(bridge) = view.spot.bridge(&state.scene) else { return row };
            if view.flow as usize >= bridge.flows.len() {
                return row;
            }
            let line = bridge.flow(view.flow).line();
            row.text(&format!("flow {}", view.hash.digits(8)));
            if line > 0 {
                row.dim(&format!(" | line {line} of the dump"));
            }
        }
        Screen::Trace(view) => trace::status(view, usize::from(geometry::size(state).0), &mut row),
        Screen::Why(view) => {
            if let Some(rivals) = &view.rivals {
                row.text(&counted(rivals.rows.len(), "flow"));
                row.dim(" beside the one that took the packet, nearest first | Enter opens one");
            }
        }
        Screen::Diff(view) => diff::status(view, &mut row),
        Screen::Staged(view) => staged::status(state, view, &mut row),
        Screen::Learn(_) => learn::status(state, &mut row),
        Screen::Sources(_) => {
            let sources = &state.scene.snapshot().sources;
            let (files, lines) = (sources.files.len(), sources.report.len());
            row.text(&format!("{}, {} not understood", counted(files, "file"), counted(lines, "line")));
        }
    }
    row
}
