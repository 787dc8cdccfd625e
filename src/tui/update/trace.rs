//! Screen 4: where a packet goes. And `w`: why a flow got it or not.

use std::sync::Arc;

use super::super::command::Id;
use super::super::geometry;
use super::super::input::Input;
use super::super::job::Ask;
use super::super::layer::Purpose;
use super::super::list::Cursor;
use super::super::msg::Effect;
use super::super::state::State;
use super::super::told::ask::{self, Ready};
use super::super::told::{Asked, Mark, Rivals, StepKind, Told, test_line};
use super::super::view::trace_panes;
use super::super::views::{Pane, Part, Screen, Spot, TraceView, WhyView};
use super::layers;
use super::nav::{self, Place};
use super::packet::begin_typing;
use crate::base::diag::Diagnostic;
use crate::base::paint::Role;
use crate::model::bridge::FlowId;

/// Packets remembered at most.
const PAST: usize = 100;

/// What connection tracking may answer, in the order in which a key goes through it. The first is what the switch
/// assumes.
const ANSWERS: [(&str, u8); 5] = [("new", 0x21), ("est", 0x22), ("rpl", 0x2a), ("rel", 0x25), ("inv", 0x30)];

/// How many answers are said at once, for packets that come back from connection tracking more than once.
const AT_ONCE: usize = 8;

pub(super) fn view(state: &mut State) -> Option<&mut TraceView> {
    match state.screen_mut() {
        Screen::Trace(view) => Some(view),
        _ => None,
    }
}

/// Opens the screen: with the last trace, or with packets to choose from.
pub fn open(state: &mut State, id: Id, effects: &mut Vec<Effect>) {
    if id == Id::Screen4 && matches!(state.screen(), Screen::Trace(_)) {
        return;
    }
    let spot = state.screen().spot().cloned().or_else(|| super::node::spot(state));
    let Some(spot) = spot else {
        let why = if state.load.is_some() { "the source is still being read" } else { "there is no bridge here" };
        return state.say(Role::Warn, why);
    };
    let last = state.traced.as_ref().filter(|_| id == Id::Screen4).map(|told| told.asked.clone());
    let asked = last.unwrap_or(Asked { spot, ..Asked::default() });
    nav::go(state, Place::Trace(asked, String::new()), effects);
}

/// Makes the view of a packet.
pub fn new(state: &State, asked: Asked, made: String) -> TraceView {
    let mut view = TraceView::new(asked);
    view.made = made;
    if view.asked.text.is_empty() {
        view.examples = ask::examples(&state.scene, &view.asked.spot);
    }
    view
}

/// Traces the packet of the screen, unless that is done.
pub fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    let (now, scene) = (state.now, state.scene.clone());
    let Some(view) = view(state) else { return };
    if view.told.is_some() || view.asked.text.is_empty() && view.wanted.is_none() {
        return;
    }
    (view.is_working, view.took) = (true, (now, 0));
    let asked = view.asked.clone();
    if let (true, Some(flow)) = (asked.text.is_empty(), view.wanted) {
        return super::ask(state, Ask::Reach(flow), effects);
    }
    // A recording is read first; what else is wrong with a text, the trace says.
    match ask::read(&scene, &asked) {
        Ok(Ready::Recording(path)) => effects.push(Effect::Read(path)),
        _ => super::ask(state, Ask::Trace(asked), effects),
    }
}

/// A recording was read.
pub fn recorded(state: &mut State, path: &str, bytes: Result<Arc<[u8]>, String>, effects: &mut Vec<Effect>) {
    let scene = state.scene.clone();
    let Some(view) = view(state) else { return };
    // Somebody who has typed something else since then waits for that.
    if !matches!(ask::read(&scene, &view.asked), Ok(Ready::Recording(wanted)) if wanted == path) {
        return;
    }
    view.is_working = false;
    match bytes {
        Ok(bytes) => {
            view.asked.recording = Some(bytes);
            refresh(state, effects);
        }
        Err(why) => {
            view.line.before = Some(view.asked.text.clone());
            state.say(Role::Bad, why);
        }
    }
}

/// A packet that comes by a flow was found, or not.
pub fn reached(state: &mut State, found: Result<(Asked, String), String>, effects: &mut Vec<Effect>) {
    match found {
        Ok((asked, made)) => again(state, asked, made, effects),
        Err(why) => {
            let (scene, keys) = (state.scene.clone(), "i types a packet of your own");
            let Some(view) = view(state) else { return };
            (view.is_working, view.wanted) = (false, None);
            view.examples = ask::examples(&scene, &view.asked.spot);
            view.made = why.clone();
            state.say(Role::Warn, format!("{why}; {keys}"));
        }
    }
}

/// The trace arrived.
pub fn told(view: &mut TraceView, told: Result<Arc<Told>, Diagnostic>, now: u64) -> Option<Arc<Told>> {
    (view.is_working, view.took.1) = (false, now.saturating_sub(view.took.0));
    match told {
        Ok(told) => {
            (view.open, view.shut) = Default::default();
            view.told = Some(told.clone());
            view.line.wrong = None;
            // Where it was decided is where people look first.
            let shown = view.shown();
            let marked = |mark| shown.iter().position(|at| told.steps[*at].mark == mark);
            let at = view.keeps.take().or_else(|| marked(Mark::Decided)).or_else(|| marked(Mark::Lost)).unwrap_or(0);
            view.cursors = Default::default();
            // What comes after it is shown rather than what came before.
            *view.cursor(Part::Steps) = Cursor { at, top: usize::MAX };
            view.part = None;
            Some(told)
        }
        Err(wrong) => {
            view.line.before = Some(view.asked.text.clone());
            view.line.wrong = Some(wrong);
            None
        }
    }
}

/// Remembers the last trace, and lights it up wherever the pipeline is shown.
pub fn remember(state: &mut State, told: Arc<Told>) {
    state.packets.retain(|text| *text != told.asked.text);
    state.packets.push(told.asked.text.clone());
    if state.packets.len() > PAST {
        state.packets.remove(0);
    }
    state.traced = Some(told);
    for view in state.history.all_mut() {
        if let Screen::Pipeline(view) = &mut view.screen {
            (view.graph, view.shows_way) = (None, true);
        }
    }
}

/// Traces another packet on this screen.
pub(super) fn again(state: &mut State, asked: Asked, made: String, effects: &mut Vec<Effect>) {
    let Some(view) = view(state) else { return };
    let line = std::mem::take(&mut view.line);
    *view = TraceView { line, ..TraceView::new(asked) };
    view.line.input = Input::of(&view.asked.text);
    (view.line.before, view.line.wrong, view.line.offered, view.line.past) = (None, None, None, None);
    view.made = made;
    refresh(state, effects);
}

/// `t`: traces a packet from the port, or one that comes by the flow under the cursor.
pub fn from_here(state: &mut State, effects: &mut Vec<Effect>) {
    let flow = match state.screen() {
        Screen::Node(node) if node.pane == Pane::Ports => {
            let port = super::node::spot(state).zip(super::node::port(state));
            let made = port.and_then(|(spot, port)| Some((ask::from_port(&state.scene, &spot, port)?, spot)));
            let Some((example, spot)) = made else {
                return state.say(Role::Warn, "no packet can be made of this");
            };
            let asked = Asked { spot, text: example.text, ..Asked::default() };
            return nav::go(state, Place::Trace(asked, example.about), effects);
        }
        Screen::Node(node) if node.pane == Pane::Drops => super::node::drop_flow(state),
        screen => screen.spot().cloned().zip(super::flow::here(state)),
    };
    let Some((spot, flow)) = flow else { return open(state, Id::EmptyTrace, effects) };
    let view = TraceView { wanted: Some(flow), ..TraceView::new(Asked { spot, ..Asked::default() }) };
    nav::push(state, Screen::Trace(Box::new(view)));
    refresh(state, effects);
}

/// `w`: why the traced packet got the flow under the cursor, or did not.
pub fn why(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(told) = state.traced.clone() else {
        return state.say(Role::Warn, "no packet was traced yet: t traces one that this flow matches");
    };
    let asked = match state.screen() {
        Screen::Trace(view) => match here(view) {
            // That the flow which took the packet is the one that took it needs not be said.
            Some((spot, table, flow, look)) => {
                let won = look.and_then(|at| told.looks.get(at)).and_then(|l| l.flow);
                Some((spot, table, flow.filter(|flow| won != Some(*flow)), look))
            }
            None => return state.say(Role::Dim, "this row is no lookup in a table"),
        },
        screen => screen.spot().cloned().zip(super::flow::here(state)).and_then(|(spot, flow)| {
            let bridge = spot.bridge(&state.scene).filter(|b| (flow as usize) < b.flows.len())?;
            let table = bridge.flow(flow).table();
            let look = told.look_at(&spot, table, flow);
            Some((spot, table, Some(flow), look))
        }),
    };
    let Some((spot, table, flow, look)) = asked else { return state.say(Role::Warn, "there is no flow here") };
    let ask = Ask::Why { told: told.clone(), look, asked: flow.map(|flow| (table, flow)) };
    let view = WhyView { spot, table, flow, told, look, rivals: None, cursor: Default::default() };
    nav::push(state, Screen::Why(Box::new(view)));
    super::ask(state, ask, effects);
}

/// The lookup under the cursor.
type Here = (Spot, u8, Option<FlowId>, Option<usize>);

fn here(view: &TraceView) -> Option<Here> {
    let told = view.told.as_ref()?;
    match view.part() {
        Part::Steps => {
            let step = told.steps.get(*view.shown().get(view.cursors[0].at)?)?;
            let (spot, table, flow) = step.place.clone()?;
            let look = step.look.or_else(|| step.parent.and_then(|at| told.steps[at].look));
            Some((spot, table, flow, look))
        }
        Part::Near => {
            let near = told.near.get(view.cursors[Part::Near as usize].at)?;
            let look = told.looks.iter().rposition(|l| l.spot == near.spot && l.table == near.table);
            Some((near.spot.clone(), near.table, Some(near.flow), look))
        }
        Part::Fixes => None,
    }
}

/// The flow under the cursor.
pub fn flow_here(state: &State) -> Option<(Spot, FlowId)> {
    let Screen::Trace(view) = state.screen() else { return None };
    here(view).and_then(|(spot, _, flow, _)| Some((spot, flow?)))
}

/// Pins the packet, or takes the pin off.
fn pin(state: &mut State) {
    let Screen::Trace(view) = state.screen() else { return };
    let Some(told) = view.told.clone() else { return state.say(Role::Warn, "there is no trace yet") };
    let before = state.pins.len();
    state.pins.retain(|pin| *pin != told.asked);
    if state.pins.len() < before {
        return state.say(Role::Ok, "the packet is pinned no more");
    }
    state.pins.push(told.asked.clone());
    state.say(Role::Ok, "pinned: screen 6 tells what becomes of this packet with what is staged");
}

/// The rivals arrived.
pub fn rivals(view: &mut WhyView, rivals: Arc<Rivals>) {
    view.rivals = Some(rivals);
}

/// Does a command here; false if it means nothing here.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let body = geometry::frame(state).body;
    let Screen::Trace(view) = state.screen_mut() else { return false };
    match id {
        Id::EditPacket => begin_typing(state, None),
        Id::PastePacket => {
            begin_typing(state, Some(""));
            state.say(Role::Accent, "paste or type a packet; Enter traces it, Esc takes the old one back");
        }
        Id::Pin => pin(state),
        Id::Send => super::sandbox::send_traced(state, effects),
        Id::Why => why(state, effects),
        Id::Open => enter_row(state, effects),
        Id::CtAnswer => next_answer(state, effects),
        Id::Reply => reply(state, effects),
        Id::NearMisses => near_misses(state),
        Id::Copy if view.told.is_some() => layers::copy_trace_menu(state),
        Id::SaveTest if view.told.is_some() => {
            layers::ask(state, "Add packet and verdict to the tests in", "traces.sh", Purpose::SaveTest);
        }
        Id::Copy | Id::SaveTest => state.say(Role::Warn, "there is no trace yet"),
        Id::Back if view.is_full => view.is_full = false,
        Id::Back if view.part() != Part::Steps => view.part = None,
        Id::Full => view.is_full = !view.is_full,
        Id::NextPane | Id::PreviousPane => {
            let parts = parts(view);
            let here = parts.iter().position(|p| *p == view.part()).unwrap_or(0);
            let step = if id == Id::NextPane { 1 } else { parts.len().saturating_sub(1) };
            view.part = parts.get((here + step) % parts.len().max(1)).copied();
        }
        Id::FoldStep | Id::Left | Id::Right if view.told.is_some() && view.part() == Part::Steps => fold(view, id),
        _ => {
            let (len, height) = (len(view, view.part()), trace_panes(view, body).height(view.part()));
            let part = view.part();
            return super::step(id, view.cursor(part), len, height);
        }
    }
    true
}

/// The parts that have rows.
fn parts(view: &TraceView) -> Vec<Part> {
    Part::ALL.into_iter().filter(|p| *p == Part::Steps || len(view, *p) > 0).collect()
}

/// How many rows a part has.
pub fn len(view: &TraceView, part: Part) -> usize {
    match (&view.told, part) {
        (None, Part::Steps) => view.examples.len(),
        (None, _) => 0,
        (Some(_), Part::Steps) => view.shown().len(),
        (Some(told), Part::Near) => told.near.len(),
        (Some(told), Part::Fixes) => told.fixes.len(),
    }
}

/// Opens and closes what belongs to a row.
fn fold(view: &mut TraceView, id: Id) {
    let shown = view.shown();
    let (Some(at), Some(told)) = (shown.get(view.cursors[0].at).copied(), view.told.clone()) else { return };
    let below = |is_detail: bool| told.steps.iter().any(|s| s.parent == Some(at) && s.is_detail == is_detail);
    let (has_details, has_tree) = (below(true), below(false));
    let (is_open, is_shut) = (view.open.contains(&at), view.shut.contains(&at));
    match id {
        Id::Right if is_shut => {
            view.shut.remove(&at);
        }
        Id::Right if has_details => {
            view.open.insert(at);
        }
        Id::Right => view.cursor(Part::Steps).step(1, shown.len()),
        Id::Left if is_open => {
            view.open.remove(&at);
        }
        Id::Left if has_tree && !is_shut && matches!(told.steps[at].kind, StepKind::Leg(_) | StepKind::Bridge(_)) => {
            view.shut.insert(at);
        }
        Id::Left => {
            let parent = told.steps[at].parent.and_then(|p| shown.iter().position(|row| *row == p));
            if let Some(parent) = parent {
                view.cursor(Part::Steps).at = parent;
            }
        }
        _ if is_shut => {
            view.shut.remove(&at);
        }
        _ if is_open => {
            view.open.remove(&at);
        }
        _ if has_details => {
            view.open.insert(at);
        }
        _ if has_tree => {
            view.shut.insert(at);
        }
        _ => {}
    }
}

fn enter_row(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Trace(view) = state.screen() else { return };
    let Some(told) = view.told.clone() else {
        let Some(example) = view.examples.get(view.cursors[0].at).cloned() else {
            return begin_typing(state, None);
        };
        let asked = Asked { text: example.text, ..view.asked.clone() };
        return again(state, asked, example.about, effects);
    };
    if view.part() == Part::Fixes {
        let fix = told.fixes.get(view.cursors[Part::Fixes as usize].at);
        if let Some(fix) = fix.filter(|f| !f.command.is_empty()) {
            effects.push(Effect::Copy(fix.command.clone(), "the command of the fix"));
        }
        return;
    }
    match here(view) {
        Some((spot, _, Some(flow), _)) => nav::go(state, Place::Flow(spot, flow), effects),
        Some((spot, table, None, _)) => nav::go(state, Place::Flows(spot, Some(table), String::new()), effects),
        None => state.say(Role::Dim, "Enter opens the flow of a lookup; Space shows what belongs to a row"),
    }
}

/// The next answer of connection tracking: of the row under the cursor, or of all.
fn next_answer(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Trace(view) = state.screen() else { return };
    let Some(told) = &view.told else { return state.say(Role::Warn, "there is no trace yet") };
    if told.recirculations == 0 {
        return state.say(Role::Dim, "connection tracking is not asked on the way of this packet");
    }
    let row = view.shown().get(view.cursors[0].at).map(|at| &told.steps[*at].kind);
    let one = match row {
        Some(StepKind::Conntrack(number, _)) if view.part() == Part::Steps => Some(*number),
        _ => None,
    };
    let mut asked = view.asked.clone();
    let at = one.unwrap_or(0);
    let now = asked.answers.get(at).copied().unwrap_or(ANSWERS[0].1);
    let here = ANSWERS.iter().position(|(_, flags)| *flags == now).unwrap_or(0);
    let (word, flags) = ANSWERS[(here + 1) % ANSWERS.len()];
    match one {
        Some(at) => {
            asked.answers.resize(asked.answers.len().max(at + 1), ANSWERS[0].1);
            asked.answers[at] = flags;
        }
        // What the switch assumes needs not be said.
        None if flags == ANSWERS[0].1 => asked.answers.clear(),
        None => asked.answers = vec![flags; AT_ONCE],
    }
    let row = view.cursors[0].at;
    let made = view.made.clone();
    again(state, asked, made, effects);
    let says = match one {
        Some(at) => format!("connection tracking answers {word} at recirculation {}", at + 1),
        None => format!("connection tracking answers {word}"),
    };
    if let Screen::Trace(view) = state.screen_mut() {
        view.keeps = one.map(|_| row);
    }
    state.say(Role::Ok, says);
}

fn reply(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Trace(view) = state.screen() else { return };
    let Some(told) = &view.told else { return state.say(Role::Warn, "there is no trace yet") };
    match ask::reply(told) {
        Some(asked) => {
            let made = format!("the answer to {}", told.title);
            nav::go(state, Place::Trace(asked, made), effects);
        }
        None => state.say(Role::Warn, "the packet arrived nowhere, so nobody answers it"),
    }
}

/// Goes to the near misses, and on to the next one.
fn near_misses(state: &mut State) {
    let Screen::Trace(view) = state.screen_mut() else { return };
    let count = len(view, Part::Near);
    if count == 0 {
        return state.say(Role::Dim, "nothing was missed: no flow would have let the packet through");
    }
    let is_there = view.part() == Part::Near;
    view.part = Some(Part::Near);
    let cursor = view.cursor(Part::Near);
    cursor.at = if is_there { (cursor.at + 1) % count } else { cursor.at };
}

/// The line that `ofscope trace --expect` repeats.
pub fn test_text(state: &State) -> Option<String> {
    let Screen::Trace(view) = state.screen() else { return None };
    Some(test_line(view.told.as_ref()?, &state.scene.snapshot().sources.name))
}

/// Brings the cursors into sight.
pub fn settle(state: &mut State, body: ratatui::layout::Rect) {
    let Screen::Trace(view) = state.screen_mut() else { return };
    let panes = trace_panes(view, body);
    for part in Part::ALL {
        let (len, height) = (len(view, part), panes.height(part));
        view.cursor(part).show(len, height);
    }
}

/// Does a command on the screen of `w`; false if it means nothing there.
pub fn why_command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let body = geometry::frame(state).body;
    let Screen::Why(view) = state.screen_mut() else { return false };
    let count = view.rivals.as_ref().map_or(0, |r| r.rows.len());
    if id == Id::Open {
        let row = view.rivals.as_ref().and_then(|r| r.rows.get(view.cursor.at));
        let place = row.map(|row| Place::Flow(view.spot.clone(), row.flow));
        if let Some(place) = place {
            nav::go(state, place, effects);
        }
        return true;
    }
    let height = super::super::view::why_list(view, body).height;
    super::step(id, &mut view.cursor, count, usize::from(height))
}

/// Brings the cursor of the screen of `w` into sight.
pub fn why_settle(state: &mut State, body: ratatui::layout::Rect) {
    let Screen::Why(view) = state.screen_mut() else { return };
    let height = super::super::view::why_list(view, body).height;
    let count = view.rivals.as_ref().map_or(0, |r| r.rows.len());
    view.cursor.show(count, usize::from(height));
}
