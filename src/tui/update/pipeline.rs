//! Screen 2: the pipeline.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::super::command::Id;
use super::super::geometry;
use super::super::job::Ask;
use super::super::layer::{Choice, Entry, Layer, Menu};
use super::super::msg::Effect;
use super::super::state::State;
use super::super::views::{PipelineView, Screen};
use super::nav::{self, Place};
use crate::base::paint::Role;
use crate::graph::{Density, Direction, End, Fit, Goal, Graph, Layout, READABLE, Sink, TableSet};
use crate::model::flow::TableId;

/// A graph arrived.
pub fn graph(view: &mut PipelineView, graph: Arc<Graph>) {
    let is_there = |id: TableId| graph.visible().any(|n| n.id == id);
    if view.table.is_none_or(|id| !is_there(id)) {
        view.table = graph.visible().next().map(|n| n.id);
    }
    view.edge = None;
    view.layout = None;
    view.graph = Some(graph);
}

/// Whether the drawing is shown, and not the outline.
pub fn is_drawn(view: &PipelineView, width: u16) -> bool {
    let fits = view.graph.as_ref().is_some_and(|g| g.visible().count() <= READABLE);
    view.wants_graph.unwrap_or(width >= geometry::WIDE && fits)
}

/// Lays the drawing out anew where the room has changed, and brings the table into sight.
pub fn settle(state: &mut State, body: Rect) {
    let Screen::Pipeline(view) = state.screen_mut() else { return };
    let (main, _) = geometry::pipeline(body, view.has_inspector);
    let Some(graph) = view.graph.clone() else { return };
    if !is_drawn(view, body.width) {
        let rows: Vec<TableId> = graph.visible().map(|n| n.id).collect();
        let at = rows.iter().position(|id| Some(*id) == view.table).unwrap_or(0);
        let height = usize::from(main.height.saturating_sub(1)).max(1);
        let mut cursor = super::super::list::Cursor { at, top: view.scroll.0 };
        cursor.show(rows.len(), height);
        view.scroll = (cursor.top, 0);
        return;
    }
    let width = usize::from(main.width.saturating_sub(1));
    let needs_new = match &view.layout {
        Some((at, layout)) => *at != width || !layout.is_of(&graph),
        None => true,
    };
    if needs_new {
        let full = Layout::of(&graph, Fit { width, density: Density::Full });
        let is_high = full.height > usize::from(main.height);
        let compact = is_high.then(|| Layout::of(&graph, Fit { width, density: Density::Compact }));
        let layout = compact.filter(|c| c.height < full.height).unwrap_or(full);
        view.layout = Some((width, layout));
        view.scroll = (0, 0);
    }
    let Some((_, layout)) = &view.layout else { return };
    let Some(at) = view.table.and_then(|id| layout.box_of(id)) else { return };
    let into_sight = |scroll: usize, from: usize, to: usize, room: usize| {
        if from < scroll {
            from
        } else if to > scroll + room {
            to.saturating_sub(room)
        } else {
            scroll
        }
    };
    let (rows, columns) = (usize::from(main.height), width);
    view.scroll.0 = into_sight(view.scroll.0, at.y.saturating_sub(1), at.y + at.height + 1, rows);
    view.scroll.0 = view.scroll.0.min(layout.height.saturating_sub(rows));
    view.scroll.1 = into_sight(view.scroll.1, at.x, at.x + at.width, columns);
}

/// Does a command here; false if it means nothing here.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let width = geometry::frame(state).body.width;
    let Screen::Pipeline(view) = state.screen_mut() else { return false };
    let Some(graph) = view.graph.clone() else { return false };
    let drawn = is_drawn(view, width);
    match id {
        Id::Open => {
            let spot = view.spot.clone();
            let edge = view.edge.and_then(|at| graph.edges.get(at));
            let place = match (edge.map(|e| e.to), view.table) {
                // An edge that is pointed at leads on.
                (Some(End::Table(to)), here) if Some(to) != here => {
                    (view.table, view.edge) = (Some(to), None);
                    return true;
                }
                (Some(_), _) => edge.map(|e| Place::Flow(spot, e.example)),
                (None, Some(id)) if state.scene.nodes().is_empty() => Some(Place::Flows(spot, Some(id), String::new())),
                (None, Some(id)) => return open_table(state, id, effects),
                (None, None) => None,
            };
            if let Some(place) = place {
                nav::go(state, place, effects);
            }
        }
        Id::Down | Id::Up => {
            let here = view.table;
            view.edge = None;
            view.table = match (&view.layout, here) {
                (Some((_, layout)), Some(here)) if drawn => {
                    let next = if id == Id::Down { layout.after(Some(here)) } else { layout.before(Some(here)) };
                    next.or(Some(here))
                }
                _ => beside(&graph, here, if id == Id::Down { 1 } else { -1 }),
            };
        }
        Id::HalfDown | Id::PageDown => view.table = beside(&graph, view.table, 8),
        Id::HalfUp | Id::PageUp => view.table = beside(&graph, view.table, -8),
        Id::First => view.table = graph.visible().next().map(|n| n.id),
        Id::Last => view.table = graph.visible().last().map(|n| n.id),
        Id::Left | Id::Right => along_an_edge(view, &graph, id == Id::Right),
        Id::NextPane | Id::PreviousPane => {
            let direction = if id == Id::NextPane { Direction::Right } else { Direction::Left };
            if let (Some((_, layout)), Some(here)) = (&view.layout, view.table) {
                view.table = layout.beside(here, direction).or(Some(here));
            }
        }
        Id::ScrollLeft => view.scroll.1 = view.scroll.1.saturating_sub(8),
        Id::ScrollRight => view.scroll.1 += 8,
        Id::GraphOrOutline => {
            view.wants_graph = Some(!drawn);
            view.scroll = (0, 0);
        }
        Id::Inspector | Id::Full => view.has_inspector = !view.has_inspector,
        Id::IdleTables => {
            view.options.hide_idle = !view.options.hide_idle;
            let says =
                if view.options.hide_idle { "tables without packets are hidden" } else { "every table is shown" };
            again(state, effects);
            state.say(Role::Ok, says);
        }
        Id::HeatBy => {
            view.options.heat = view.options.heat.next();
            let says = format!("heat by {}", view.options.heat.name());
            again(state, effects);
            state.say(Role::Ok, says);
        }
        Id::Paths => {
            let menu = paths_menu(&graph, state);
            state.layers.push(Layer::Menu(menu));
        }
        Id::SaveView => super::layers::ask_save(state),
        Id::Back if view.edge.is_some() => view.edge = None,
        Id::Back if view.options.paths_to.is_some() => {
            view.options.paths_to = None;
            again(state, effects);
        }
        _ => return false,
    }
    true
}

fn open_table(state: &mut State, id: TableId, effects: &mut Vec<Effect>) -> bool {
    if let Some(spot) = state.screen().spot().cloned() {
        nav::follow(state, &spot, crate::base::paint::Target::Table(id), effects);
    }
    true
}

/// Lights up the way of the last trace.
pub fn light_up_trace(state: &mut State, effects: &mut Vec<Effect>) {
    if let Screen::Pipeline(view) = state.screen_mut() {
        (view.options.paths_to, view.shows_way) = (None, true);
        again(state, effects);
        if way(state).is_none() {
            state.say(Role::Warn, "the last trace did not come through this bridge");
        }
    }
}

/// Lights up every path to a goal, or none.
pub fn light_up(state: &mut State, goal: Option<Goal>, effects: &mut Vec<Effect>) {
    if let Screen::Pipeline(view) = state.screen_mut() {
        view.options.paths_to = goal;
        view.shows_way = false;
        again(state, effects);
    }
}

fn again(state: &mut State, effects: &mut Vec<Effect>) {
    ask_graph(state, effects);
}

/// Asks for the graph, with the way of the last trace lit up unless something else is.
pub fn ask_graph(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Pipeline(view) = state.screen() else { return };
    let mut options = view.options.clone();
    options.visited = way(state).unwrap_or_default();
    super::ask(state, Ask::Graph(options), effects);
}

/// The tables that the last trace came through on this bridge, where they are lit up.
pub fn way(state: &State) -> Option<TableSet> {
    let Screen::Pipeline(view) = state.screen() else { return None };
    let told = state.traced.as_ref().filter(|_| view.shows_way && view.options.paths_to.is_none())?;
    Some(told.visited(&view.spot)).filter(|set| !set.is_empty())
}

fn beside(graph: &Graph, here: Option<TableId>, by: isize) -> Option<TableId> {
    let ids: Vec<TableId> = graph.visible().map(|n| n.id).collect();
    let at = here.and_then(|h| ids.iter().position(|id| *id == h)).unwrap_or(0);
    ids.get(at.saturating_add_signed(by).min(ids.len().saturating_sub(1))).copied()
}

/// To the right through the edges that leave the table, to the left through those that arrive.
fn along_an_edge(view: &mut PipelineView, graph: &Graph, is_right: bool) {
    let Some(here) = view.table else { return };
    let visible = |at: &usize| !graph.edges[*at].is_hidden;
    let out: Vec<usize> = graph.out_of(here).into_iter().map(|(at, _)| at).filter(visible).collect();
    let into: Vec<usize> = graph.into(here).into_iter().map(|(at, _)| at).filter(visible).collect();
    // One row of edges: those that arrive, then nothing, then those that leave.
    let all: Vec<Option<usize>> =
        into.iter().rev().map(|at| Some(*at)).chain([None]).chain(out.iter().map(|at| Some(*at))).collect();
    let at = all.iter().position(|edge| *edge == view.edge).unwrap_or(into.len());
    let next = if is_right { (at + 1).min(all.len() - 1) } else { at.saturating_sub(1) };
    view.edge = all[next];
}

/// What paths can be asked to lead to.
fn paths_menu(graph: &Graph, state: &State) -> Menu {
    let is_lit = matches!(state.screen(), Screen::Pipeline(v) if v.options.paths_to.is_some()) || way(state).is_some();
    let mut entries = Vec::new();
    if is_lit {
        entries.push(Entry::new('x', "no paths", Choice::Paths(None)));
    }
    if state.traced.is_some() {
        let entry = Entry::new('t', "nothing but the way of the last trace", Choice::LastTrace);
        entries.push(entry.note("the tables that the packet came through"));
    }
    let sinks = Sink::ALL.into_iter().filter(|s| graph.edges.iter().any(|e| e.to == End::Sink(*s)));
    entries.extend(sinks.map(|s| Entry::new(None, s.name(), Choice::Paths(Some(Goal::Sink(s))))));
    let tables =
        graph.visible().map(|n| Entry::new(None, format!("T{}", n.title()), Choice::Paths(Some(Goal::Table(n.id)))));
    entries.extend(tables);
    let mut ports: Vec<u32> = graph
        .edges
        .iter()
        .flat_map(|e| match e.to {
            End::Sink(Sink::Out) => e.numbers.clone(),
            _ => Vec::new(),
        })
        .collect();
    ports.sort_unstable();
    ports.dedup();
    let port = |n: u32| Entry::new(None, format!("port {}", graph.port_text(n)), Choice::Paths(Some(Goal::Port(n))));
    entries.extend(ports.into_iter().take(500).map(port));
    Menu::new("Light up every path to", entries)
}
