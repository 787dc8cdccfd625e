//! What happens when something happens: `(state, message) -> effects`, and nothing else.
//!
//! [`update`] is the only way in. Keys go to the layer on top, if there is one (`layers`); else the keymap says which
//! command they are, and the screen does it (`node`, `pipeline`, `flows`, `flow`). `nav` goes from place to
//! place. At the end every cursor is brought back into sight.

mod diff;
mod edit;
mod flow;
mod flows;
mod layers;
mod learn;
mod mouse;
mod nav;
mod node;
mod others;
mod packet;
mod pipeline;
mod sandbox;
mod staged;
mod trace;

use std::sync::Arc;

use super::command::{Context, Id, Meaning};
use super::geometry;
use super::job::{Answer, Ask, Job};
use super::key::Key;
use super::layer::{Layer, Menu};
use super::msg::{Effect, Msg, Ticket};
use super::panes;
use super::state::{Running, State};
use super::views::{Pane, Screen, View};
use crate::base::paint::Role;
use crate::base::progress::Progress;
use crate::base::words::counted;
use crate::session::Scene;

pub use flows::shown_columns;
pub use layers::has_column;
pub use nav::{Place, crumbs, table_title};
pub use pipeline::{is_drawn, way};
pub use staged::sign as staged_sign;

/// How many keys of a sequence may go by before it counts as begun anew, in milliseconds.
const PATIENCE: u64 = 10_000;

/// Takes a message.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    match msg {
        Msg::Gone => effects.push(Effect::Quit(String::new())),
        Msg::Key(key) => {
            pressed(state, key, &mut effects);
        }
        Msg::Paste(text) => layers::paste(state, &text, &mut effects),
        Msg::Mouse(mouse) => mouse::mouse(state, mouse, &mut effects),
        Msg::Resize(width, height) => state.size = (width, height),
        Msg::Tick(now) => state.now = now,
        Msg::Scene { scene, is_last } => arrived(state, scene, is_last, &mut effects),
        Msg::Warm => {
            state.is_warm = true;
            refresh(state, &mut effects);
        }
        // The scene holds what they found; it is drawn now.
        Msg::Checked => {}
        Msg::LoadFailed(why) => {
            state.load = None;
            state.say(Role::Bad, why);
        }
        Msg::Answer(ticket, answer) => answered(state, ticket, answer, &mut effects),
        Msg::Other(name, scene) => diff::arrived(state, name, scene, &mut effects),
        Msg::Recording(path, bytes) => trace::recorded(state, &path, bytes, &mut effects),
        Msg::Changes(path, what, text) => staged::read(state, path, what, text, &mut effects),
        Msg::Kept(path, done) => staged::kept(state, path, done),
        Msg::Done(Ok(text)) => state.say(Role::Ok, text),
        Msg::Done(Err(text)) => state.say(Role::Bad, text),
    }
    settle(state, &mut effects);
    effects
}

fn pressed(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    state.message = None;
    if !state.layers.is_empty() {
        return layers::key(state, key, effects);
    }
    if flows::is_typing(state) {
        return flows::typed(state, key, effects);
    }
    if packet::is_typing(state) {
        return packet::typed(state, key, effects);
    }
    if edit::is_typing(state) {
        return edit::typed(state, key, effects);
    }
    if flows::takes_letter(state, key) {
        return;
    }
    if state.now.saturating_sub(state.pending.1) > PATIENCE {
        state.pending.0.clear();
    }
    state.pending.0.push(key);
    state.pending.1 = state.now;
    match state.keymap.meaning(state.context(), &state.pending.0) {
        Meaning::Command(id) => {
            state.pending.0.clear();
            command(state, id, effects);
        }
        Meaning::Prefix => {}
        Meaning::Nothing => {
            let is_sequence = state.pending.0.len() > 1;
            state.pending.0.clear();
            // The key after a sequence that leads nowhere means what it always means.
            if is_sequence {
                return pressed(state, key, effects);
            }
            state.say(Role::Dim, format!("{key} does nothing here; ? lists the keys that do"));
        }
    }
}

/// Makes the lessons the first screen.
pub fn begin_with_lessons(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    *state.screen_mut() = Screen::Learn(Box::new(learn::new(state)));
    (state.origin, state.start) = (super::state::Origin::Sandbox, None);
    refresh(state, &mut effects);
    effects
}

/// Does a command.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) {
    match id {
        Id::Help => {
            let layer = Layer::Help { search: super::input::Input::default(), top: 0 };
            return state.layers.push(layer);
        }
        Id::Palette => return layers::open_palette(state),
        Id::Quit | Id::Stop => return nav::quit(state, id, effects),
        Id::HistoryBack | Id::HistoryForward | Id::Toggle => return nav::history(state, id, effects),
        Id::Screen1 | Id::Screen2 | Id::Screen3 | Id::Sources => return nav::screen(state, id, effects),
        Id::Screen4 | Id::EmptyTrace => return trace::open(state, id, effects),
        Id::Screen5 => return diff::open(state, effects),
        Id::Screen6 => return staged::open(state, effects),
        Id::Screen8 => return learn::open(state, effects),
        Id::AddFlow => return staged::add(state, effects),
        Id::EditFlow => return staged::change(state, effects),
        Id::DeleteFlow => return staged::delete(state, effects),
        Id::EditOther | Id::DeleteOther => return others::choose(state, id == Id::DeleteOther),
        Id::Undo | Id::Redo => return staged::step_back(state, id, effects),
        Id::ViewStaged | Id::ViewBase | Id::ToggleView => return staged::choose_view(state, id, effects),
        Id::Commit => return staged::review(state, effects),
        Id::Unsend => return sandbox::unsend(state, effects),
        Id::ReadAgain => return nav::read_again(state, effects),
        Id::Mouse => {
            state.look.mouse = !state.look.mouse;
            let says =
                if state.look.mouse { "mouse on: the terminal's own selection needs Shift" } else { "mouse off" };
            state.say(Role::Ok, says);
            return effects.push(Effect::Mouse(state.look.mouse));
        }
        Id::Theme => return layers::next_theme(state),
        Id::Redraw => return effects.push(Effect::Redraw),
        Id::Suspend => return effects.push(Effect::Suspend),
        _ => {}
    }
    let done = match state.context() {
        Context::Node => node::command(state, id, effects),
        Context::Pipeline => pipeline::command(state, id, effects),
        Context::Flows => flows::command(state, id, effects),
        Context::Flow => flow::command(state, id, effects),
        Context::Trace => trace::command(state, id, effects),
        Context::Why => trace::why_command(state, id, effects),
        Context::Diff => diff::command(state, id, effects),
        Context::Staged => staged::command(state, id, effects),
        Context::Learn => learn::command(state, id, effects),
        Context::Edit => {
            edit::command(state, id, effects);
            true
        }
        Context::Sources => sources(state, id),
    };
    if !done && id == Id::Back {
        nav::history(state, Id::HistoryBack, effects);
    }
}

/// The steps of a cursor over `len` rows of which `height` are on the screen; nothing for other commands.
fn step(id: Id, cursor: &mut super::list::Cursor, len: usize, height: usize) -> bool {
    let page = height.max(2) as isize - 1;
    match id {
        Id::Down => cursor.step(1, len),
        Id::Up => cursor.step(-1, len),
        Id::HalfDown => cursor.step(page / 2 + 1, len),
        Id::HalfUp => cursor.step(-page / 2 - 1, len),
        Id::PageDown => cursor.step(page, len),
        Id::PageUp => cursor.step(-page, len),
        Id::First => cursor.go(0, len),
        Id::Last => cursor.go(usize::MAX, len),
        Id::Middle => cursor.centre(len, height),
        _ => return false,
    }
    true
}

fn sources(state: &mut State, id: Id) -> bool {
    let len = super::view::sources_len(state);
    let height = usize::from(geometry::frame(state).body.height);
    match state.screen_mut() {
        Screen::Sources(view) => step(id, &mut view.cursor, len, height),
        _ => false,
    }
}

/// Asks a question for the view on the screen. The one of the same kind before it is not waited for any more.
fn ask(state: &mut State, ask: Ask, effects: &mut Vec<Effect>) {
    let scene = state.scene.clone();
    ask_of(state, scene, ask, effects);
}

/// The same about another scene than the one that is shown.
fn ask_of(state: &mut State, scene: Arc<Scene>, ask: Ask, effects: &mut Vec<Effect>) {
    let kind = ask.kind();
    let view = state.history.here_mut();
    // A lesson that is not open yet is about no bridge.
    let spot = view.screen.spot().cloned().unwrap_or_default();
    view.questions[kind as usize] += 1;
    let ticket = Ticket { view: view.id, kind, question: view.questions[kind as usize] };
    let progress = Progress::default();
    for job in &state.jobs {
        if job.ticket.is_some_and(|t| t.view == ticket.view && t.kind == kind) {
            job.progress.cancel();
        }
    }
    state.jobs.retain(|job| job.ticket.is_none_or(|t| t.view != ticket.view || t.kind != kind));
    state.jobs.push(Running { ticket: Some(ticket), what: ask.what(), progress: progress.clone(), since: state.now });
    effects.push(Effect::Start(ticket, Job { scene, spot, ask }, progress));
}

fn answered(state: &mut State, ticket: Ticket, answer: Answer, effects: &mut Vec<Effect>) {
    state.jobs.retain(|job| job.ticket != Some(ticket));
    let now = state.now;
    let here = state.view().id;
    let is_current = |v: &View| v.id == ticket.view && v.questions[ticket.kind as usize] == ticket.question;
    let (mut traced, mut found, mut lesson, mut grade, mut sent) = (None, None, None, None, None);
    let Some(view) = state.history.all_mut().find(|v| is_current(v)) else { return };
    match (&mut view.screen, answer) {
        (Screen::Flows(view), Answer::Rows(rows)) => flows::rows(view, rows, now, &state.scene),
        (Screen::Flows(view), Answer::Hits(hits)) => {
            if let Some((_, found)) = &mut view.hits {
                *found = hits;
            }
        }
        (Screen::Flows(view), Answer::Flow(words)) => view.words = Some(words),
        (Screen::Flow(view), Answer::Flow(words)) => view.words = Some(words),
        (Screen::Pipeline(view), Answer::Graph(graph)) => pipeline::graph(view, graph),
        (Screen::Pipeline(view), Answer::Table(id, words)) => view.words = Some((id, words)),
        (Screen::Trace(view), Answer::Trace(told)) => traced = trace::told(view, told, now),
        (Screen::Trace(_), Answer::Reach(reached)) => found = Some(reached),
        (Screen::Why(view), Answer::Why(rivals)) => trace::rivals(view, rivals),
        (Screen::Trace(_) | Screen::Learn(_), Answer::Sent(result)) => sent = Some(result),
        (Screen::Learn(_), Answer::Lesson(ready)) => lesson = Some(ready),
        (Screen::Learn(_), Answer::Grade(graded)) => grade = Some(graded),
        (Screen::Diff(view), Answer::Differences(Some(found))) => diff::told(view, found),
        (Screen::Diff(view), Answer::Meaning(Some(found))) => diff::shown(view, found),
        (Screen::Diff(view), Answer::Differences(None) | Answer::Meaning(None)) => view.is_working = false,
        (Screen::Staged(view), Answer::Effect(effect)) => {
            (view.effect, view.is_working) = (Some(effect), false);
            view.took.1 = now.saturating_sub(view.took.0);
        }
        _ => {}
    }
    if let (Some(ready), true) = (lesson, here == ticket.view) {
        learn::ready(state, ready, effects);
    }
    if let Some(result) = sent {
        sandbox::sent(state, result, effects);
    }
    if let Some(grade) = grade {
        learn::graded(state, grade, effects);
    }
    if let Some(told) = traced {
        trace::remember(state, told);
    }
    if let (Some(found), true) = (found, here == ticket.view) {
        trace::reached(state, found, effects);
    }
    if here == ticket.view {
        describe(state, effects);
    }
}

/// Asks for words about what is under the cursor, where they are shown and not there yet.
fn describe(state: &mut State, effects: &mut Vec<Effect>) {
    let is_wide = geometry::frame(state).body.width >= geometry::WIDE;
    if !state.is_warm {
        return;
    }
    let wanted = match state.screen() {
        Screen::Flows(view) if view.has_inspector && is_wide && !view.is_working => {
            let known = view.words.as_ref().map(|w| w.flow);
            view.flow().filter(|flow| known != Some(*flow)).map(Ask::Flow)
        }
        Screen::Flow(view) if view.words.as_ref().is_none_or(|w| w.flow != view.flow) => Some(Ask::Flow(view.flow)),
        Screen::Pipeline(view) if view.has_inspector => {
            let known = view.words.as_ref().map(|w| w.0);
            view.table.filter(|id| known != Some(*id)).map(Ask::Table)
        }
        _ => None,
    };
    let Some(wanted) = wanted else { return };
    // One question at a time: the answer to it comes back here.
    let view = state.view();
    let kind = wanted.kind();
    let waits = |t: Ticket| t.view == view.id && t.kind == kind && t.question == view.questions[kind as usize];
    if !state.jobs.iter().any(|job| job.ticket.is_some_and(waits)) {
        ask(state, wanted, effects);
    }
}

/// A source was read, so far or to its end.
fn arrived(state: &mut State, scene: Arc<Scene>, is_last: bool, effects: &mut Vec<Effect>) {
    let was_staged = state.base.take().is_some();
    state.sending = Default::default();
    if is_last {
        state.load = None;
        state.staged.forget_counted();
        let before: usize = conflicts(state);
        state.staged.rebase(&scene);
        let more = conflicts(state).saturating_sub(before);
        if more > 0 {
            let count = counted(more, "staged change");
            state.say(Role::Bad, format!("{count} fit no more: the flows are gone or others now; 6 shows them"));
        }
    }
    shown(state, scene, effects);
    if is_last {
        if let Some(start) = state.start.take() {
            nav::begin(state, start, effects);
        }
        diff::begin(state, effects);
        if !state.staged.is_empty() {
            staged::changed(state, effects);
        }
        if was_staged && !state.staged.is_empty() {
            staged::show_staged(state, effects);
        }
    }
}

/// How many staged changes fit no more.
fn conflicts(state: &State) -> usize {
    state.staged.sets().iter().map(|set| set.counts().conflicts).sum()
}

/// Shows another scene.
fn shown(state: &mut State, scene: Arc<Scene>, effects: &mut Vec<Effect>) {
    let is_first = state.scene.nodes().is_empty();
    for view in state.history.all_mut() {
        match &mut view.screen {
            Screen::Flows(view) => flows::before_new_scene(view, &state.scene),
            Screen::Pipeline(view) => (view.graph, view.words) = (None, None),
            Screen::Flow(view) => view.words = None,
            Screen::Trace(view) => view.told = None,
            Screen::Diff(view) => (view.told, view.shown, view.drawn) = (None, None, None),
            _ => {}
        }
    }
    state.scene = scene;
    state.is_warm = false;
    // Its flows are those of the old snapshot.
    state.traced = None;
    let first = state.scene.nodes().first().map(|n| n.node().name.clone());
    for view in state.history.all_mut() {
        match &mut view.screen {
            Screen::Node(view) if state.scene.nodes().iter().all(|n| n.node().name != view.node) => {
                view.node = first.clone().unwrap_or_default();
            }
            Screen::Flow(view) => flow::find_again(view, &state.scene),
            _ => {}
        }
    }
    if is_first {
        node::begin_at_the_interesting_bridge(state);
    }
    refresh(state, effects);
}

/// Asks again for whatever the view on the screen shows.
fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    match state.screen() {
        Screen::Flows(_) => flows::ask_rows(state, effects),
        Screen::Pipeline(view) if view.graph.is_none() => pipeline::ask_graph(state, effects),
        Screen::Trace(_) => trace::refresh(state, effects),
        Screen::Diff(_) => diff::refresh(state, effects),
        Screen::Staged(_) => staged::refresh(state, effects),
        Screen::Learn(_) => learn::refresh(state, effects),
        _ => {}
    }
}

/// Brings every cursor of the view back into sight, and asks for what it needs.
fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    let frame = geometry::frame(state);
    if let Screen::Node(view) = state.screen() {
        let at = geometry::node_panes(state, view, frame.body);
        let node = state.scene.nodes().iter().find(|n| n.node().name == view.node);
        let lens: Vec<usize> =
            Pane::ALL.iter().map(|p| node.map_or(0, |node| panes::len(state, node, view, *p))).collect();
        if let Screen::Node(view) = state.screen_mut() {
            for (pane, len) in Pane::ALL.iter().zip(lens) {
                let rows = at.iter().find(|p| p.pane == *pane).map_or(0, |p| usize::from(p.rows.height));
                view.cursor(*pane).show(len, rows);
            }
        }
    }
    let sources = super::view::sources_len(state);
    match state.screen_mut() {
        Screen::Flows(view) => {
            let (list, _) = geometry::flows(frame.body, view.has_inspector);
            let len = view.len();
            view.cursor.show(len, usize::from(list.height));
        }
        Screen::Sources(view) => view.cursor.show(sources, usize::from(frame.body.height)),
        Screen::Pipeline(_) => pipeline::settle(state, frame.body),
        Screen::Flow(_) => flow::settle(state, frame.body),
        Screen::Trace(_) => trace::settle(state, frame.body),
        Screen::Learn(_) => learn::settle(state),
        Screen::Why(_) => trace::why_settle(state, frame.body),
        Screen::Diff(_) => diff::settle(state, frame.body),
        Screen::Staged(_) => {
            let height = usize::from(super::view::staged_list(state, frame.body).height);
            let spot = state.screen().spot().cloned();
            let set = spot.and_then(|spot| state.staged.of(&spot.node, &spot.bridge));
            let len = set.map_or(0, crate::session::staged::Set::len);
            let rows = super::view::effect_rows(state, frame.body);
            if let Some(view) = staged::view(state) {
                view.full = view.full.map(|top| top.min(rows));
                view.cursor.show(len, height);
            }
        }
        Screen::Node(_) => {}
    }
    if let Some(Layer::Menu(Menu { cursor, entries, .. })) = state.layers.last_mut() {
        cursor.show(entries.len(), usize::from(frame.body.height.saturating_sub(4)).max(1));
    }
    describe(state, effects);
}
