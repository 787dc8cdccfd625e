//! One flow.

use ratatui::layout::Rect;

use super::super::command::Id;
use super::super::geometry;
use super::super::layer::{Choice, Entry, Layer, Menu};
use super::super::msg::Effect;
use super::super::state::State;
use super::super::views::{FlowView, Screen, Section};
use super::nav::{self, Place};
use crate::base::paint::{Role, Target};
use crate::model::id::Prefix;
use crate::session::Scene;

/// How many rows a section has.
pub fn len(view: &FlowView, section: Section) -> usize {
    let Some(words) = &view.words else { return 0 };
    match section {
        Section::Actions => words.words.actions.len(),
        Section::From => words.references.from.len(),
        Section::To => words.references.to.len(),
    }
}

/// Finds the same flow in what was read anew.
pub fn find_again(view: &mut FlowView, scene: &Scene) {
    let Some(bridge) = view.spot.bridge(scene) else { return };
    let same = bridge.ids().find(Prefix { first: view.hash.0, last: view.hash.0 }).next();
    match same {
        Some(flow) => view.flow = flow,
        None if view.flow as usize >= bridge.flows.len() => view.flow = 0,
        None => {}
    }
}

/// Does a command here; false if it means nothing here.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let height = usize::from(geometry::frame(state).body.height);
    let Screen::Flow(view) = state.screen_mut() else { return false };
    let section = view.section;
    let count = len(view, section);
    match id {
        Id::Open => return open(state, effects),
        Id::NextPane | Id::PreviousPane => {
            let shown: Vec<Section> = Section::ALL.into_iter().filter(|s| len(view, *s) > 0).collect();
            let here = shown.iter().position(|s| *s == section).unwrap_or(0);
            let step = if id == Id::NextPane { 1 } else { shown.len().saturating_sub(1) };
            if let Some(next) = shown.get((here + step) % shown.len().max(1)) {
                view.section = *next;
            }
            view.is_scrolled = false;
        }
        Id::Left => (view.section, view.is_scrolled) = (Section::From, false),
        Id::Right => (view.section, view.is_scrolled) = (Section::To, false),
        Id::Down | Id::Up => {
            let cursor = &mut view.cursors[section as usize];
            let before = cursor.at;
            super::step(id, cursor, count, height);
            view.is_scrolled = false;
            // At the end of a section, the next one has the keys.
            if view.cursors[section as usize].at == before {
                let shown: Vec<Section> = Section::ALL.into_iter().filter(|s| len(view, *s) > 0).collect();
                let here = shown.iter().position(|s| *s == section).unwrap_or(0);
                let next =
                    if id == Id::Down { shown.get(here + 1) } else { here.checked_sub(1).and_then(|h| shown.get(h)) };
                if let Some(next) = next {
                    view.section = *next;
                    let to = if id == Id::Down { 0 } else { len(view, *next).saturating_sub(1) };
                    view.cursors[*next as usize].at = to;
                }
            }
        }
        Id::PageDown | Id::HalfDown => (view.scroll, view.is_scrolled) = (view.scroll + height / 2, true),
        Id::PageUp | Id::HalfUp => (view.scroll, view.is_scrolled) = (view.scroll.saturating_sub(height / 2), true),
        Id::First => (view.scroll, view.is_scrolled) = (0, true),
        Id::Last => (view.scroll, view.is_scrolled) = (usize::MAX, true),
        Id::Copy => super::layers::copy_menu(state),
        Id::References | Id::OpenInContext => links_menu(state),
        Id::Trace => super::trace::from_here(state, effects),
        Id::Why => super::trace::why(state, effects),
        Id::SaveView => super::layers::ask_save(state),
        _ => return false,
    }
    true
}

fn open(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let Screen::Flow(view) = state.screen() else { return false };
    let (spot, row) = (view.spot.clone(), view.cursors[view.section as usize].at);
    let Some(words) = view.words.clone() else { return true };
    match view.section {
        Section::Actions => {
            // An action that leads nowhere itself may hold one that does.
            let target = words.words.actions.get(row).and_then(|a| a.target);
            match target {
                Some(target) => nav::follow(state, &spot, target, effects),
                None => state.say(Role::Dim, "this action leads nowhere"),
            }
        }
        Section::From | Section::To => {
            let list = if view.section == Section::From { &words.references.from } else { &words.references.to };
            if let Some(reference) = list.get(row) {
                nav::go(state, Place::Flow(spot, reference.flow), effects);
            }
        }
    }
    true
}

/// Everything that the flow names.
pub fn links_menu(state: &mut State) {
    let (Some(spot), Some(flow)) = (state.screen().spot().cloned(), here(state)) else { return };
    let Some(bridge) = spot.bridge(&state.scene) else { return };
    let found = bridge.flow(flow).to_flow();
    let mut targets: Vec<Target> = Vec::new();
    let mut row = super::super::line::Row::new();
    found.actions.paint(&bridge.names, &mut row);
    found.matches.paint(found.priority, &bridge.names, &mut row);
    for target in row.targets() {
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    let (number, mask) = found.matches.word(crate::field::slot::word::IN_PORT);
    if mask != 0 && !targets.contains(&Target::Port(number)) {
        targets.push(Target::Port(number));
    }
    let text = |target: &Target| match target {
        Target::Table(id) => nav::table_title(state, &spot, *id),
        Target::Port(n) => format!("port {}", bridge.names.port_name(*n).map_or(n.to_string(), |n| n.to_string())),
        Target::Group(id) => format!("group {id}"),
        Target::Meter(id) => format!("meter {id}"),
        Target::Conjunction(id) => format!("conjunction {id}"),
    };
    let entries: Vec<Entry> = targets.iter().map(|t| Entry::new(None, text(t), Choice::Open(*t))).collect();
    if entries.is_empty() {
        return state.say(Role::Dim, "this flow names no table, port, group or conjunction");
    }
    state.layers.push(Layer::Menu(Menu::new("This flow names", entries)));
}

/// The flow that the screen is about, or that is under the cursor.
pub fn here(state: &State) -> Option<u32> {
    match state.screen() {
        Screen::Flow(view) => Some(view.flow),
        Screen::Flows(view) => view.flow(),
        _ => None,
    }
}

/// Brings the row under the cursor into sight, where everything stands below each other.
pub fn settle(state: &mut State, body: Rect) {
    let (rows, at) = super::super::view::flow_rows(state, body);
    let height = usize::from(body.height);
    let Screen::Flow(view) = state.screen_mut() else { return };
    for section in Section::ALL {
        let count = len(view, section);
        let cursor = &mut view.cursors[section as usize];
        cursor.at = cursor.at.min(count.saturating_sub(1));
    }
    if len(view, view.section) == 0 {
        view.section = Section::ALL.into_iter().find(|s| len(view, *s) > 0).unwrap_or(Section::Actions);
    }
    let end = rows.saturating_sub(height);
    if let (false, Some(at)) = (view.is_scrolled, at) {
        let lowest = (at + 2).saturating_sub(height);
        view.scroll = view.scroll.clamp(lowest, at.saturating_sub(1).max(lowest));
    }
    view.scroll = view.scroll.min(end);
}
