//! The mouse. Everything it does can be done with keys.

use super::super::command::{COMMANDS, Id};
use super::super::geometry;
use super::super::layer::Layer;
use super::super::msg::{Effect, Mouse, MouseAct};
use super::super::state::State;
use super::super::views::{Part, Screen};

/// Takes what the mouse did.
pub fn mouse(state: &mut State, mouse: Mouse, effects: &mut Vec<Effect>) {
    if let MouseAct::Wheel(by) = mouse.act {
        let id = if by > 0 { Id::Down } else { Id::Up };
        for _ in 0..by.unsigned_abs() {
            match state.layers.last_mut() {
                Some(Layer::Menu(menu)) => {
                    let len = menu.entries.len();
                    menu.cursor.step(if by > 0 { 1 } else { -1 }, len);
                }
                Some(Layer::Help { top, .. }) => *top = top.saturating_add_signed(by.signum().into()),
                Some(_) => {}
                None => super::command(state, id, effects),
            }
        }
        return;
    }
    if !state.layers.is_empty() {
        return;
    }
    let frame = geometry::frame(state);
    if frame.tabs.is_some_and(|tabs| tabs.y == mouse.y) {
        let at = super::super::view::tabs(state)
            .iter()
            .find(|(_, from, to, _)| (*from..*to).contains(&mouse.x))
            .map(|t| t.0);
        if let Some(id) = at {
            super::command(state, id, effects);
        }
        return;
    }
    if frame.hints.is_some_and(|hints| hints.y == mouse.y) {
        let hit = super::super::view::hints(state).into_iter().find(|(_, from, to)| (*from..*to).contains(&mouse.x));
        if let Some(command) = hit.and_then(|(id, ..)| COMMANDS.iter().find(|c| c.id == id)) {
            super::command(state, command.id, effects);
        }
        return;
    }
    if frame.filter.is_some_and(|filter| filter.y == mouse.y) {
        let id = if matches!(state.screen(), Screen::Trace(_)) { Id::EditPacket } else { Id::Filter };
        return super::command(state, id, effects);
    }
    point(state, mouse, frame);
    if mouse.act == MouseAct::DoubleClick {
        super::command(state, Id::Open, effects);
    }
}

/// Puts the cursor where the mouse is.
fn point(state: &mut State, mouse: Mouse, frame: geometry::Frame) {
    let inside = |r: ratatui::layout::Rect| (r.x..r.right()).contains(&mouse.x) && (r.y..r.bottom()).contains(&mouse.y);
    let row = |r: ratatui::layout::Rect| usize::from(mouse.y - r.y);
    match state.screen() {
        Screen::Node(view) => {
            let panes = geometry::node_panes(state, view, frame.body);
            let hit = panes.into_iter().find(|p| inside(p.outer));
            if let (Some(hit), Screen::Node(view)) = (hit, state.screen_mut()) {
                view.pane = hit.pane;
                if inside(hit.rows) {
                    let cursor = view.cursor(hit.pane);
                    cursor.at = cursor.top + row(hit.rows);
                }
            }
        }
        Screen::Flows(view) => {
            let (list, _) = geometry::flows(frame.body, view.has_inspector);
            if let (true, Screen::Flows(view)) = (inside(list), state.screen_mut()) {
                view.cursor.at = view.cursor.top + row(list);
            }
        }
        Screen::Pipeline(view) => {
            let (main, _) = geometry::pipeline(frame.body, view.has_inspector);
            if !inside(main) {
                return;
            }
            let (x, y) = (usize::from(mouse.x - main.x) + view.scroll.1, row(main) + view.scroll.0);
            let found = match (&view.layout, &view.graph) {
                (Some((_, layout)), _) if super::pipeline::is_drawn(view, frame.body.width) => {
                    layout.boxes.iter().find(|b| b.contains(x, y)).map(|b| b.id)
                }
                (_, Some(graph)) => graph.visible().nth(y.saturating_sub(1)).map(|n| n.id),
                _ => None,
            };
            if let (Some(id), Screen::Pipeline(view)) = (found, state.screen_mut()) {
                (view.table, view.edge) = (Some(id), None);
            }
        }
        Screen::Sources(_) => {
            if let (true, Screen::Sources(view)) = (inside(frame.body), state.screen_mut()) {
                view.cursor.at = view.cursor.top + row(frame.body);
            }
        }
        Screen::Trace(view) => {
            let panes = super::super::view::trace_panes(view, frame.body);
            let rows = Part::ALL.into_iter().filter_map(|part| Some((part, panes.rows(part)?)));
            let hit = rows.into_iter().find(|(_, at)| inside(*at));
            if let (Some((part, at)), Screen::Trace(view)) = (hit, state.screen_mut()) {
                view.part = Some(part);
                let row = row(at);
                let cursor = view.cursor(part);
                cursor.at = cursor.top + row;
            }
        }
        Screen::Why(view) => {
            let list = super::super::view::why_list(view, frame.body);
            if let (true, Screen::Why(view)) = (inside(list), state.screen_mut()) {
                view.cursor.at = view.cursor.top + row(list);
            }
        }
        Screen::Diff(view) => {
            let list = super::super::view::diff::list(view, frame.body);
            if let (true, Screen::Diff(view)) = (inside(list), state.screen_mut()) {
                view.cursor.at = view.cursor.top + row(list);
            }
        }
        Screen::Staged(_) => {
            let list = super::super::view::staged_list(state, frame.body);
            if let (true, Screen::Staged(view)) = (inside(list), state.screen_mut()) {
                view.cursor.at = view.cursor.top + row(list);
            }
        }
        Screen::Learn(_) => {
            let hit = super::super::view::learn_at(state, frame.body, mouse.x, mouse.y);
            if let (Some((part, at)), Screen::Learn(view)) = (hit, state.screen_mut()) {
                (view.part, view.follows) = (part, true);
                view.cursor(part).at = at;
            }
        }
        Screen::Flow(_) => {}
    }
}
