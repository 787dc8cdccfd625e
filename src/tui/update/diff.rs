//! 5 Diff: another source beside the one on the screen.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::command::Id;
use super::super::geometry;
use super::super::job::Ask;
use super::super::layer::{Choice, Entry, Layer, Menu, Purpose};
use super::super::msg::Effect;
use super::super::state::State;
use super::super::told::Asked;
use super::super::told::differences::{Change, Compared, Differences, Line, OTHERS, Other, Shown, report};
use super::super::view::diff::{is_wide, list};
use super::super::views::{DiffView, Screen, Spot};
use super::nav::{self, Place};
use super::{ask, layers, staged, step};
use crate::base::paint::Role;
use crate::diff::Aspect;
use crate::model::bridge::FlowId;
use crate::model::change::Request;
use crate::model::flow::Style;
use crate::model::flow_mod::FlowMod;
use crate::model::node::Node;
use crate::session::Scene;
use crate::session::staged::version;

/// Goes to the screen; asks for a source if there is none to compare with.
pub fn open(state: &mut State, effects: &mut Vec<Effect>) {
    if matches!(state.screen(), Screen::Diff(_)) {
        return;
    }
    let spot = state.screen().spot().cloned().or_else(|| super::node::spot(state));
    let Some(spot) = spot else { return state.say(Role::Warn, "there is no bridge here") };
    nav::push(state, Screen::Diff(Box::new(DiffView::new(spot))));
    match (&state.other, state.staged.is_empty()) {
        (None, true) if has_moments(state) => menu(state),
        (None, true) => ask_source(state),
        (None, false) => with_staged(state, effects),
        (Some(_), _) => refresh(state, effects),
    }
}

/// Compares the switch as it would be with what is staged with what it is.
pub fn with_staged(state: &mut State, effects: &mut Vec<Effect>) {
    if state.staged.is_empty() {
        return state.say(Role::Warn, "nothing is staged: a adds a flow");
    }
    state.other = Some(Other { name: "as it is".into(), scene: state.base().clone() });
    // Every screen shows it as it would be; that asks again, too.
    staged::show_staged(state, effects);
}

/// The other nodes of the source that have this bridge, by their places: other hosts, or other moments of this one.
fn other_nodes(state: &State) -> Vec<usize> {
    let Some(spot) = state.screen().spot() else { return Vec::new() };
    let nodes = state.scene.nodes().iter().map(crate::session::NodeScene::node).enumerate();
    nodes.filter(|(_, node)| node.name != spot.node && node.bridge(&spot.bridge).is_some()).map(|(at, _)| at).collect()
}

/// Whether one of them is the node on the screen at another moment: they are called alike but for the moment, or for the
/// directory in which they lie.
fn has_moments(state: &State) -> bool {
    let host = |name: &str| {
        let name = name.split('@').next().unwrap_or(name);
        name.rsplit('/').next().unwrap_or(name).to_owned()
    };
    let here = state.screen().spot().map(|spot| host(&spot.node));
    other_nodes(state).into_iter().any(|at| Some(host(&state.scene.nodes()[at].node().name)) == here)
}

/// Compares the node with another one of the same source.
pub fn with_node(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    let Some(spot) = state.screen().spot().cloned() else { return };
    let mut snapshot = (**state.scene.snapshot()).clone();
    let (Some(other), Some(here)) = (snapshot.nodes.get(at).cloned(), spot.places(&state.scene)) else { return };
    let name = other.name.clone();
    // It takes the place of the node that it is compared with, and its name, by which nodes are paired.
    snapshot.nodes[here.0] = Arc::new(Node { name: spot.node, ..(*other).clone() });
    arrived(state, name, Ok(Arc::new(Scene::new(snapshot))), effects);
}

fn ask_source(state: &mut State) {
    let known = state.other.as_ref().map_or(String::new(), |other| other.name.to_string());
    layers::ask(state, "Compare with what was: a file, a directory, demo:NAME", &known, Purpose::CompareWith);
}

/// A source to compare with was named.
pub fn named(state: &mut State, name: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    let name = name.trim();
    if name.is_empty() {
        return Err("a source needs a name".to_owned());
    }
    if !matches!(state.screen(), Screen::Diff(_)) {
        let spot = state.screen().spot().cloned().or_else(|| super::node::spot(state));
        let spot = spot.ok_or_else(|| "there is no bridge here".to_owned())?;
        nav::push(state, Screen::Diff(Box::new(DiffView::new(spot))));
    }
    if let Screen::Diff(view) = state.screen_mut() {
        view.is_working = true;
    }
    state.other = None;
    effects.push(Effect::ReadOther(name.to_owned()));
    Ok(())
}

/// The source to compare with was read, or not.
pub fn arrived(state: &mut State, name: Arc<str>, scene: Result<Arc<Scene>, String>, effects: &mut Vec<Effect>) {
    for view in state.history.all_mut() {
        if let Screen::Diff(view) = &mut view.screen {
            (view.told, view.shown, view.is_working) = (None, None, false);
        }
    }
    match scene {
        Ok(scene) => state.other = Some(Other { name, scene }),
        Err(why) => return state.say(Role::Bad, why),
    }
    begin(state, effects);
    refresh(state, effects);
}

/// Opens the screen, if it is wanted from the start, once both sources are there.
pub fn begin(state: &mut State, effects: &mut Vec<Effect>) {
    if state.wants_diff && state.other.is_some() && state.load.is_none() && !state.scene.nodes().is_empty() {
        state.wants_diff = false;
        open(state, effects);
    }
}

/// Asks for what the screen shows.
pub fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(other) = state.other.clone() else { return };
    let Screen::Diff(view) = state.screen_mut() else { return };
    let wanted = match (&view.told, &view.shown) {
        (None, _) => Ask::Differences(other.scene, view.compared),
        (Some(told), None) if view.shows_meaning => Ask::Meaning(other.scene, told.clone()),
        _ => return,
    };
    view.is_working = true;
    ask(state, wanted, effects);
}

/// The differences were found.
pub fn told(view: &mut DiffView, told: Arc<Differences>) {
    (view.told, view.shown, view.is_working) = (Some(told), None, false);
    view.open = BTreeSet::new();
    view.drawn = None;
}

/// Packets were looked for.
pub fn shown(view: &mut DiffView, shown: Arc<Shown>) {
    (view.shown, view.is_working) = (Some(shown), false);
    view.drawn = None;
}

/// Does a command; false if it means nothing here.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let body = geometry::frame(state).body;
    let has_other = state.other.is_some();
    let Screen::Diff(view) = state.screen_mut() else { return false };
    let height = usize::from(list(view, body).height);
    let len = view.lines.len();
    match id {
        Id::Open => enter(state, effects),
        Id::NextChange => change(state, true),
        Id::PreviousChange => change(state, false),
        Id::StructureOrMeaning => {
            view.shows_meaning = !view.shows_meaning;
            (view.drawn, view.cursor) = (None, Default::default());
            refresh(state, effects);
        }
        Id::CompareWhat => menu(state),
        Id::BringBack => bring_back(state, effects),
        Id::Report => match (&view.told, has_other) {
            (Some(_), true) => {
                let name = nav::crumbs(state).join("-").replace(['/', ' ', '\\', '>'], "_");
                layers::ask(state, "Save a report to", &format!("{name}.md"), Purpose::Report);
            }
            _ => state.say(Role::Warn, "nothing was compared yet"),
        },
        _ => return step(id, &mut view.cursor, len, height),
    }
    true
}

/// The report, for a file.
pub fn report_text(state: &State) -> Option<String> {
    let Screen::Diff(view) = state.screen() else { return None };
    let sides = (&*state.other.as_ref()?.name, &*state.scene.snapshot().sources.name);
    Some(report(view.told.as_ref()?, view.shown.as_deref(), sides))
}

/// What can be compared, each on or off, and another source.
fn menu(state: &mut State) {
    let Screen::Diff(view) = state.screen() else { return };
    let sign = |is_on: bool| if is_on { "counts" } else { "does not count" };
    let mut entries = vec![Entry::new('s', "another source", Choice::CompareWith)];
    for at in other_nodes(state) {
        let name = &state.scene.nodes()[at].node().name;
        entries.push(Entry::new(None, format!("node {name} of this source"), Choice::CompareNode(at)));
    }
    if !state.staged.is_empty() {
        entries.push(Entry::new('t', "what is staged", Choice::CompareStaged));
    }
    for (aspect, name, _) in Aspect::ALL {
        let is_on = !view.compared.ignore.contains(aspect);
        entries.push(Entry::new(None, name, Choice::Count(aspect)).note(sign(is_on)));
    }
    for (at, (name, is_on)) in OTHERS.iter().zip(view.compared.others).enumerate() {
        entries.push(Entry::new(None, *name, Choice::CountOthers(at)).note(sign(is_on)));
    }
    state.layers.push(Layer::Menu(Menu::new("What to compare", entries)));
}

/// Something counts from now on, or no longer.
pub fn count(state: &mut State, choice: Choice, effects: &mut Vec<Effect>) {
    let Screen::Diff(view) = state.screen_mut() else { return };
    let compared: &mut Compared = &mut view.compared;
    match choice {
        Choice::Count(aspect) => {
            let one = [aspect].into_iter().collect();
            let is_ignored = compared.ignore.contains(aspect);
            compared.ignore = if is_ignored { compared.ignore.without(one) } else { compared.ignore.with(one) };
        }
        Choice::CountOthers(at) => compared.others[at] = !compared.others[at],
        _ => return ask_source(state),
    }
    (view.told, view.shown, view.drawn) = (None, None, None);
    refresh(state, effects);
}

/// Goes to the next change, or the one before.
fn change(state: &mut State, is_next: bool) {
    let Screen::Diff(view) = state.screen_mut() else { return };
    let starts = |line: &Line| {
        matches!(line, Line::Match(_) | Line::More(..) | Line::Other(_) | Line::Elsewhere(_) | Line::Witness(_, 0))
    };
    let at = view.cursor.at;
    let mut places = view.lines.iter().enumerate().filter(|(_, line)| starts(line)).map(|(place, _)| place);
    let found = if is_next { places.find(|place| *place > at) } else { places.take_while(|place| *place < at).last() };
    match found {
        Some(place) => view.cursor.at = place,
        None => state.say(Role::Dim, if is_next { "this is the last change" } else { "this is the first change" }),
    }
}

/// Opens what the cursor is on: a flow, a folded run, a packet.
fn enter(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Diff(view) = state.screen_mut() else { return };
    let (Some(told), Some(line)) = (view.told.clone(), view.lines.get(view.cursor.at).copied()) else { return };
    let spot = view.spot.clone();
    match line {
        Line::More(at, _) => {
            view.open.insert(told.changes[at].run);
            view.drawn = None;
        }
        Line::Table(at) => {
            let place = Place::Flows(spot, Some(told.tables[at].0), String::new());
            nav::go(state, place, effects);
        }
        Line::Match(at) | Line::Before(at) | Line::After(at) | Line::Both(at) | Line::Fields(at) => {
            match told.changes[at].new {
                Some(flow) => nav::go(state, Place::Flow(spot, flow), effects),
                None => gone(state, &told, at),
            }
        }
        Line::Elsewhere(at) => {
            let (spot, _) = told.elsewhere[at].clone();
            nav::push(state, Screen::Diff(Box::new(DiffView::new(spot))));
            refresh(state, effects);
        }
        Line::Other(at) => {
            let other = &told.others[at];
            let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "not there".to_owned());
            state.say(Role::Text, format!("was {} | is {}", side(&other.old), side(&other.new)));
        }
        Line::Sentence => {}
        Line::Witness(at, _) => {
            let Some(shown) = view.shown.clone() else { return };
            let witness = &shown.meaning.witnesses[at];
            let answers = witness.ct_next.clone();
            let asked = Asked { spot, text: witness.packet.typed(), answers, ..Asked::default() };
            nav::go(state, Place::Trace(asked, "a packet that fares otherwise; this is its way now".into()), effects);
        }
    }
}

/// Stages what brings the change under the cursor back: flows that are gone are added as they were, new ones deleted.
fn bring_back(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Diff(view) = state.screen() else { return };
    let (Some(told), Some(line)) = (view.told.clone(), view.lines.get(view.cursor.at).copied()) else { return };
    let spot = view.spot.clone();
    let of = |change: &Change| (change.old, change.new);
    let changed: Vec<(Option<FlowId>, Option<FlowId>)> = match line {
        Line::Match(at) | Line::Before(at) | Line::After(at) | Line::Both(at) | Line::Fields(at) => {
            vec![of(&told.changes[at])]
        }
        Line::More(at, n) => told.changes[at..at + n].iter().map(of).collect(),
        Line::Table(at) => told.changes.iter().filter(|c| c.table == told.tables[at].0).map(of).collect(),
        Line::Witness(at, _) => {
            let Some(shown) = &view.shown else { return };
            shown.meaning.witnesses[at].changed.iter().map(|changed| (changed.old, changed.new)).collect()
        }
        Line::Other(_) | Line::Elsewhere(_) | Line::Sentence => Vec::new(),
    };
    if changed.is_empty() {
        return state.say(Role::Warn, "here stands no flow that could be brought back");
    }
    let version = version(&told.after);
    let request = |(old, new): (Option<FlowId>, Option<FlowId>)| {
        let request = match (old, new) {
            (Some(old), _) => FlowMod::add(told.before.flow(old).to_flow(), version),
            (None, new) => FlowMod::delete_strict(told.after.flow(new?).to_flow(), version),
        };
        Some(Request::Flow(request))
    };
    let requests: Vec<Request> = changed.into_iter().filter_map(request).collect();
    let count = crate::base::words::counted(requests.len(), "flow");
    staged::stage(state, &spot, requests, effects);
    state.say(Role::Staged, format!("the way back of {count} is staged; 6 shows it"));
}

/// A flow that is gone has no screen here, so it is told as it was.
fn gone(state: &mut State, told: &Differences, at: usize) {
    if let Some((bridge, id)) = told.flow(at) {
        let text = bridge.flow(id).to_flow().text(Style::NoStats, &bridge.names).trim().to_owned();
        state.say(Role::Text, format!("it was: {text}"));
    }
}

/// Brings lines and cursor up to date.
pub fn settle(state: &mut State, body: ratatui::layout::Rect) {
    let Screen::Diff(view) = state.screen_mut() else { return };
    let wide = is_wide(view, body);
    if view.drawn != Some(wide) {
        view.lines = match (&view.told, &view.shown) {
            (_, Some(shown)) if view.shows_meaning => shown.lines(),
            (Some(told), _) if !view.shows_meaning => told.lines(wide, &view.open),
            _ => Vec::new(),
        };
        view.drawn = Some(wide);
    }
    let height = usize::from(list(view, body).height);
    view.cursor.show(view.lines.len(), height);
}

/// The bridge and both sides, for the top line.
pub fn crumbs(state: &State, spot: &Spot) -> Vec<String> {
    let before = state.other.as_ref().map_or("?", |other| &*other.name);
    let (before, after) = sides(before, &state.scene.snapshot().sources.name);
    vec![spot.node.to_string(), spot.bridge.to_string(), before, after]
}

/// What both sides are called: the last part of their paths, if that tells them apart.
fn sides(before: &str, after: &str) -> (String, String) {
    let last = |name: &str| name.trim_end_matches('/').rsplit('/').next().unwrap_or(name).to_owned();
    match last(before) == last(after) {
        true => (before.to_owned(), after.to_owned()),
        false => (last(before), last(after)),
    }
}
