//! From place to place: screens, history, links.

use super::super::columns::Column;
use super::super::command::Id;
use super::super::layer::{Choice as Choose, Entry, Layer, Menu};
use super::super::msg::Effect;
use super::super::state::{Running, Start, State};
use super::super::told::Asked;
use super::super::views::{FlowView, FlowsView, NodeView, PipelineView, Screen, Section, SourcesView, Spot, View};
use super::flows;
use crate::base::paint::{Role, Target};
use crate::base::progress::Progress;
use crate::base::words::counted;
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::model::id::FlowHash;
use crate::session::Choice;

/// A place to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A node.
    Node(std::sync::Arc<str>),
    /// The pipeline of a bridge, at a table.
    Pipeline(Spot, Option<TableId>),
    /// The flows of a bridge or table, with a filter.
    Flows(Spot, Option<TableId>, String),
    /// A flow.
    Flow(Spot, FlowId),
    /// A packet, and how it was made.
    Trace(Asked, String),
    /// What is staged for a bridge.
    Staged(Spot),
    /// The lessons.
    Learn,
    /// The files.
    Sources,
}

/// Goes to a place.
pub fn go(state: &mut State, place: Place, effects: &mut Vec<Effect>) {
    let screen = match place {
        Place::Node(node) => Screen::Node(NodeView::new(node)),
        Place::Pipeline(spot, table) => Screen::Pipeline(Box::new(PipelineView::new(spot, table))),
        Place::Flows(spot, table, filter) => {
            let chosen: Vec<Column> = state.settings.columns.iter().filter_map(|name| Column::by_name(name)).collect();
            let columns = if chosen.is_empty() { FlowsView::usual_columns() } else { chosen };
            let mut view = FlowsView::new(spot, table, columns);
            flows::set_text(&mut view, &state.scene, &state.settings, &filter);
            Screen::Flows(Box::new(view))
        }
        Place::Flow(spot, flow) => {
            let Some(bridge) = spot.bridge(&state.scene).filter(|b| (flow as usize) < b.flows.len()) else { return };
            let found = bridge.flow(flow);
            Screen::Flow(FlowView {
                table: Some(found.table()),
                hash: FlowHash::of(found),
                spot,
                flow,
                section: Section::Actions,
                cursors: Default::default(),
                scroll: 0,
                is_scrolled: false,
                words: None,
            })
        }
        Place::Trace(asked, made) => Screen::Trace(Box::new(super::trace::new(state, asked, made))),
        Place::Staged(spot) => Screen::Staged(Box::new(super::super::staged::StagedView::new(spot))),
        Place::Learn => Screen::Learn(Box::new(super::learn::new(state))),
        Place::Sources => Screen::Sources(SourcesView::default()),
    };
    push(state, screen);
    super::refresh(state, effects);
}

/// Shows a new view.
pub fn push(state: &mut State, screen: Screen) {
    state.last_view += 1;
    let view = View { id: state.last_view, questions: Default::default(), screen };
    state.history.push(view);
}

/// Goes where the person wanted to begin.
pub fn begin(state: &mut State, start: Start, effects: &mut Vec<Effect>) {
    let choice = Choice { node: start.node.as_deref(), bridge: start.bridge.as_deref() };
    let scene = state.scene.clone();
    if start.bridge.is_none() && start.filter.is_none() && start.table.is_none() {
        if let (Some(_), Ok(node)) = (choice.node, scene.node(choice)) {
            let node = node.node().name.clone();
            if let Screen::Node(view) = state.screen_mut() {
                *view = NodeView::new(node);
            }
            super::node::begin_at_the_interesting_bridge(state);
        }
        return;
    }
    let (node, at) = match scene.bridge(choice) {
        Ok(found) => found,
        Err(e) => return state.say(Role::Bad, e.to_string()),
    };
    let bridge = node.bridges()[at].bridge();
    let spot = Spot { node: node.node().name.clone(), bridge: bridge.name.clone() };
    let table = start.table.as_deref().map(|text| {
        let by_name = || node.naming(at).table_number(text).or_else(|| bridge.names.table_number(text));
        text.parse::<TableId>().ok().or_else(by_name).ok_or_else(|| format!("{} has no table `{text}`", bridge.name))
    });
    let table = match table.transpose() {
        Ok(table) => table,
        Err(e) => return state.say(Role::Bad, e),
    };
    match (table, start.filter) {
        (None, None) => go(state, Place::Pipeline(spot, None), effects),
        (table, filter) => go(state, Place::Flows(spot, table, filter.unwrap_or_default()), effects),
    }
}

/// Follows a link of a text about a bridge.
pub fn follow(state: &mut State, spot: &Spot, target: Target, effects: &mut Vec<Effect>) {
    let Some(bridge) = spot.bridge(&state.scene) else { return };
    let port = |number: u32| {
        let name = bridge.names.port_name(number).map(|n| n.to_string());
        name.unwrap_or_else(|| number.to_string())
    };
    match target {
        Target::Table(id) if bridge.table(id).is_none() => {
            state.say(Role::Warn, format!("table {id} has no flows: a packet that comes there is dropped"));
        }
        Target::Table(id) => go(state, Place::Flows(spot.clone(), Some(id), String::new()), effects),
        Target::Port(number) => {
            // A patch port leads to the bridge at its other end.
            if let Some(other) = patched(state, spot, number) {
                return go(state, Place::Pipeline(other, Some(0)), effects);
            }
            let text = format!("port = {}", crate::field::names::quoted(&port(number)));
            go(state, Place::Flows(spot.clone(), None, text), effects);
        }
        Target::Group(id) => go(state, Place::Flows(spot.clone(), None, format!("group = {id}")), effects),
        Target::Meter(id) => go(state, Place::Flows(spot.clone(), None, format!("meter = {id}")), effects),
        Target::Conjunction(id) => go(state, Place::Flows(spot.clone(), None, format!("conj = {id}")), effects),
    }
}

/// The bridge at the other end of a patch port.
pub fn patched(state: &State, spot: &Spot, number: u32) -> Option<Spot> {
    use crate::neutron::names::PortKind;
    let (node, _) = spot.find(&state.scene)?;
    match &node.names().port(&spot.bridge, number)?.kind {
        PortKind::Patch { bridge, .. } if !bridge.is_empty() => {
            let other = Spot { node: spot.node.clone(), bridge: bridge.clone() };
            other.bridge(&state.scene).is_some().then_some(other)
        }
        _ => None,
    }
}

/// The screens by number.
pub fn screen(state: &mut State, id: Id, effects: &mut Vec<Effect>) {
    let spot = state.screen().spot().cloned().or_else(|| super::node::spot(state));
    let table = state.screen().table();
    let node = match state.screen() {
        Screen::Node(view) => Some(view.node.clone()),
        other => other.spot().map(|s| s.node.clone()),
    };
    let first = || state.scene.nodes().first().map(|n| n.node().name.clone()).unwrap_or_default();
    match (id, spot) {
        (Id::Screen1, _) if matches!(state.screen(), Screen::Node(_)) => {}
        (Id::Screen1, _) => go(state, Place::Node(node.unwrap_or_else(first)), effects),
        (Id::Sources, _) if matches!(state.screen(), Screen::Sources(_)) => {}
        (Id::Sources, _) => go(state, Place::Sources, effects),
        (_, None) if state.load.is_some() => state.say(Role::Warn, "the source is still being read"),
        (_, None) => state.say(Role::Warn, "there is no bridge here"),
        (Id::Screen2, _) if matches!(state.screen(), Screen::Pipeline(_)) => {}
        (Id::Screen2, Some(spot)) => go(state, Place::Pipeline(spot, table), effects),
        (_, _) if matches!(state.screen(), Screen::Flows(_)) => {}
        (_, Some(spot)) => go(state, Place::Flows(spot, table, String::new()), effects),
    }
}

/// Back, forward, to and fro.
pub fn history(state: &mut State, id: Id, effects: &mut Vec<Effect>) {
    let moved = match id {
        Id::HistoryBack => state.history.back(),
        Id::HistoryForward => state.history.forward(),
        _ => state.history.toggle(),
    };
    if moved {
        super::refresh(state, effects);
    } else if id == Id::HistoryBack {
        state.say(Role::Dim, "this is the first screen; q leaves");
    }
}

/// Closes the screen, or stops the work that runs, or leaves.
pub fn quit(state: &mut State, id: Id, effects: &mut Vec<Effect>) {
    if id == Id::Stop && (state.load.is_some() || !state.jobs.is_empty()) {
        return stop(state);
    }
    let is_first = matches!(state.screen(), Screen::Node(_));
    if is_first || !state.history.back() {
        let is_kept = state.kept.as_ref().is_some_and(|(_, is_all)| *is_all);
        if !state.staged.is_empty() && !is_kept && state.learning.desk.is_none() {
            return ask_leave(state);
        }
        return effects.push(Effect::Quit(String::new()));
    }
    super::refresh(state, effects);
}

/// Asks whether to leave although something is staged.
fn ask_leave(state: &mut State) {
    let count = counted(state.staged.len(), "change");
    let entries = vec![
        Entry::new('s', "save them to a file", Choose::SaveStaged),
        Entry::new('y', "leave, and forget them", Choose::Leave),
        Entry::new('n', "stay", Choose::Stay),
    ];
    let mut menu = Menu::new(format!("{count} staged and not saved"), entries);
    // The key that opened this must not be the one that loses them.
    menu.cursor.at = 2;
    state.layers.push(Layer::Menu(menu));
}

/// Stops whatever runs. What was found so far is shown.
pub fn stop(state: &mut State) {
    state.jobs.iter().chain(&state.load).for_each(|job| job.progress.cancel());
    state.say(Role::Warn, "stopped; what was found so far is shown");
}

/// Reads the source again.
pub fn read_again(state: &mut State, effects: &mut Vec<Effect>) {
    use super::super::state::Origin;
    match state.origin {
        Origin::Stdin => state.say(Role::Warn, "standard input cannot be read again"),
        _ if state.learning.desk.is_some() => state.say(Role::Warn, "a lesson is open: R on screen 8 begins it again"),
        _ if state.load.is_some() => state.say(Role::Dim, "it is being read"),
        _ => {
            state.load =
                Some(Running { ticket: None, what: "reading", progress: Progress::default(), since: state.now });
            effects.push(Effect::Load);
        }
    }
}

/// The places from the node down to what is on the screen, as the top line has them.
pub fn crumbs(state: &State) -> Vec<String> {
    let mut list = Vec::new();
    match state.screen() {
        Screen::Node(view) => list.push(view.node.to_string()),
        Screen::Sources(_) => list.push("sources".to_owned()),
        Screen::Learn(_) => {
            list.push("practice".to_owned());
            let desk = state.learning.desk.as_ref();
            list.extend(desk.map(|desk| format!("{} {}", desk.exercise.lesson.number, desk.exercise.lesson.title)));
        }
        Screen::Diff(view) => list.extend(super::diff::crumbs(state, &view.spot)),
        screen => {
            let Some(spot) = screen.spot() else { return list };
            list.extend([spot.node.to_string(), spot.bridge.to_string()]);
            match screen {
                Screen::Pipeline(_) => list.push("pipeline".to_owned()),
                Screen::Flows(view) => {
                    list.push(view.table.map_or("all flows".to_owned(), |id| table_title(state, spot, id)));
                    list.extend(view.only.as_ref().map(|only| format!("{} alike", only.len())));
                }
                Screen::Flow(view) => {
                    list.extend(view.table.map(|id| format!("T{id}")));
                    let digits = view.hash.digits(FlowHash::SHORT);
                    let short = spot.bridge(&state.scene).filter(|_| state.is_warm).map(|b| b.ids().short(view.hash));
                    list.push(format!("flow {}", short.unwrap_or(digits)));
                }
                Screen::Trace(_) => list.push("trace".to_owned()),
                Screen::Staged(view) if view.editor.is_some() => list.push("edit".to_owned()),
                Screen::Staged(_) => list.push("staged".to_owned()),
                Screen::Why(view) => list.extend(["trace".to_owned(), format!("T{} why", view.table)]),
                _ => {}
            }
        }
    }
    list
}

/// A table's number and name: `T82 RULES_INGRESS`.
pub fn table_title(state: &State, spot: &Spot, id: TableId) -> String {
    let named = spot.find(&state.scene).and_then(|(node, at)| {
        let naming = node.naming(at).table(id).map(|w| w.name.to_string());
        naming.or_else(|| node.bridges()[at].bridge().names.table_name(id).map(std::string::ToString::to_string))
    });
    named.map_or_else(|| format!("T{id}"), |name| format!("T{id} {name}"))
}
