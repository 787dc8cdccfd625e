//! Screen 6: what is staged. And the keys that stage from other screens.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::command::Id;
use super::super::geometry;
use super::super::job::Ask;
use super::super::layer::{Choice, CopyAs, Entry, Layer, Menu, Purpose as Asking, STAGED_COPIES};
use super::super::list::Cursor;
use super::super::msg::{Effect, Reads};
use super::super::staged::{Purpose, StagedView};
use super::super::state::State;
use super::super::told;
use super::super::views::{Screen, Spot};
use super::nav::{self, Place};
use super::{edit, layers};
use crate::base::paint::Role;
use crate::base::words::counted;
use crate::dump::change_file;
use crate::model::bridge::Bridge;
use crate::model::change::{Edit, Replaced, Request};
use crate::model::flow::Flow;
use crate::model::flow_mod::{Command, FlowMod};
use crate::model::group_mod::GroupMod;
use crate::model::meter_mod::MeterMod;
use crate::session::Scene;
use crate::session::staged::{Fate, Set, version};

/// The view of screen 6.
pub fn view(state: &mut State) -> Option<&mut StagedView> {
    match state.screen_mut() {
        Screen::Staged(view) => Some(view),
        _ => None,
    }
}

/// The bridge that the person looks at.
pub fn spot(state: &State) -> Option<Spot> {
    state.screen().spot().cloned().or_else(|| super::node::spot(state))
}

/// Opens screen 6.
pub fn open(state: &mut State, effects: &mut Vec<Effect>) {
    if matches!(state.screen(), Screen::Staged(_)) {
        return;
    }
    match spot(state) {
        Some(spot) => nav::go(state, Place::Staged(spot), effects),
        None if state.load.is_some() => state.say(Role::Warn, "the source is still being read"),
        None => state.say(Role::Warn, "there is no bridge here"),
    }
}

/// Asks what becomes of packets, unless that is known.
pub fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Staged(view) = state.screen() else { return };
    if view.effect.is_none() && !view.is_working {
        ask_effect(state, None, effects);
    }
}

/// Asks what becomes of packets: with what is staged, and with a draft.
pub fn ask_effect(state: &mut State, draft: Option<Vec<Request>>, effects: &mut Vec<Effect>) {
    let Some(spot) = spot(state) else { return };
    let mut staged = state.staged.clone();
    let base = state.base().clone();
    if let (Some(draft), Some(bridge)) = (draft, spot.bridge(&base)) {
        staged.of_mut(&spot.node, &spot.bridge).stage(bridge, draft);
    }
    if staged.of(&spot.node, &spot.bridge).is_none_or(Set::is_empty) {
        return;
    }
    let mut pins = state.pins.clone();
    // The last traced packet is what the person thinks about.
    pins.extend(state.traced.iter().map(|told| told.asked.clone()).filter(|asked| !state.pins.contains(asked)));
    let now = state.now;
    if let Some(view) = view(state) {
        (view.is_working, view.took.0) = (true, now);
    }
    super::ask_of(state, base, Ask::Effect { staged: Arc::new(staged), pins }, effects);
}

/// What is staged has changed: whatever was worked out of it is out of date.
pub fn changed(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some((_, is_all)) = &mut state.kept {
        *is_all = false;
    }
    for view in state.history.all_mut() {
        if let Screen::Staged(view) = &mut view.screen {
            (view.effect, view.is_working) = (None, false);
        }
    }
    super::learn::changed(state);
    if state.base.is_some() {
        show_staged(state, effects);
    }
    super::refresh(state, effects);
}

/// Stages requests for a bridge.
pub fn stage(state: &mut State, spot: &Spot, requests: Vec<Request>, effects: &mut Vec<Effect>) {
    let base = state.base().clone();
    let Some(bridge) = spot.bridge(&base) else {
        return state.say(Role::Warn, "this bridge is not in what was read");
    };
    state.staged.of_mut(&spot.node, &spot.bridge).stage(bridge, requests);
    changed(state, effects);
}

/// `d`: stages that flows are deleted.
pub fn delete(state: &mut State, effects: &mut Vec<Effect>) {
    let found = flows_here(state);
    let Some((spot, flows)) = found.filter(|(_, flows)| !flows.is_empty()) else {
        return state.say(Role::Warn, "there is no flow here");
    };
    let Some(bridge) = spot.bridge(&state.scene).cloned() else { return };
    let version = version(&bridge);
    let delete = |id: u32| {
        let flow = Flow { stats: None, ..bridge.flow(id).to_flow() };
        Request::Flow(FlowMod { version, ..FlowMod::delete_strict(flow, version) })
    };
    let requests: Vec<Request> = flows.iter().map(|id| delete(*id)).collect();
    let count = requests.len();
    stage(state, &spot, requests, effects);
    if let Some(view) = state.flows_mut() {
        view.marks.clear();
    }
    let says = match count {
        1 => "staged: the flow is deleted; 6 shows what is staged, u takes it back".to_owned(),
        n => format!("staged: {n} flows are deleted; 6 shows what is staged, u takes it back"),
    };
    state.say(Role::Staged, says);
}

/// The flows that a key is about: those that are marked, else the one under the cursor.
pub fn flows_here(state: &State) -> Option<(Spot, Vec<u32>)> {
    match state.screen() {
        Screen::Trace(_) => super::trace::flow_here(state).map(|(spot, flow)| (spot, vec![flow])),
        screen => Some((screen.spot()?.clone(), layers::chosen(state))),
    }
}

/// `a`: opens the editor for a new flow.
pub fn add(state: &mut State, effects: &mut Vec<Effect>) {
    let table = state.screen().table();
    open(state, effects);
    edit::begin(state, Purpose::Add, &table.map_or(String::new(), |id| format!("table={id},")));
}

/// `e`: opens the editor for the flow under the cursor.
pub fn change(state: &mut State, effects: &mut Vec<Effect>) {
    let found = flows_here(state).and_then(|(spot, flows)| {
        let bridge = spot.bridge(&state.scene)?;
        let id = *flows.first()?;
        ((id as usize) < bridge.flows.len()).then(|| (spot.clone(), bridge.flow(id).to_flow(), flows.len()))
    });
    let Some((spot, flow, count)) = found else { return state.say(Role::Warn, "there is no flow here") };
    if count > 1 {
        return state.say(Role::Warn, "one flow at a time is changed: V takes the marks off");
    }
    let flow = Flow { stats: None, ..flow };
    let text = edit::text_of(&flow, &spot, &state.scene);
    nav::go(state, Place::Staged(spot), effects);
    edit::begin(state, Purpose::Change(Box::new(flow)), &text);
}

/// Takes the last step of staging back, or makes it again.
pub fn step_back(state: &mut State, id: Id, effects: &mut Vec<Effect>) {
    let Some(spot) = spot(state) else { return };
    let base = state.base().clone();
    let Some(bridge) = spot.bridge(&base) else { return };
    let set = state.staged.of_mut(&spot.node, &spot.bridge);
    let moved = if id == Id::Undo { set.undo(bridge) } else { set.redo(bridge) };
    let left = set.len();
    match (moved, id) {
        (false, Id::Undo) => {
            state.say(Role::Dim, format!("nothing is staged for {} that could be taken back", spot.bridge));
        }
        (false, _) => state.say(Role::Dim, "nothing was taken back"),
        (true, _) => {
            changed(state, effects);
            let word = if id == Id::Undo { "taken back" } else { "made again" };
            let key = if id == Id::Undo { "Ctrl-r makes it again" } else { "u takes it back" };
            state.say(Role::Staged, format!("{word}: {} staged for {}; {key}", counted(left, "change"), spot.bridge));
        }
    }
}

/// Every screen as it would be.
pub fn show_staged(state: &mut State, effects: &mut Vec<Effect>) {
    let base = state.base().clone();
    let scene = Arc::new(state.staged.as_it_would_be(&base));
    state.base = Some(base);
    show(state, scene, effects);
}

/// Every screen as it is.
pub fn show_base(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(base) = state.base.take() {
        show(state, base, effects);
    }
}

/// Every screen shows this.
pub(super) fn show(state: &mut State, scene: Arc<Scene>, effects: &mut Vec<Effect>) {
    super::shown(state, scene.clone(), effects);
    effects.push(Effect::Warm(scene));
}

/// `view staged` and `view base`.
pub fn choose_view(state: &mut State, id: Id, effects: &mut Vec<Effect>) {
    let wants = match id {
        Id::ToggleView => state.base.is_none(),
        id => id == Id::ViewStaged,
    };
    match (wants, state.base.is_some()) {
        (true, _) if state.staged.is_empty() => state.say(Role::Warn, "nothing is staged: a adds a flow"),
        (true, _) => {
            show_staged(state, effects);
            state.say(Role::Staged, "every screen shows the switch as it would be; :view base shows it as it is");
        }
        (false, true) => {
            show_base(state, effects);
            state.say(Role::Ok, "every screen shows the switch as it is");
        }
        (false, false) => state.say(Role::Dim, "every screen shows the switch as it is already"),
    }
}

/// Does a command on screen 6; false if it means nothing there.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let body = geometry::frame(state).body;
    let height = usize::from(super::super::view::staged_list(state, body).height);
    let Some(spot) = spot(state) else { return false };
    let base = state.base().clone();
    let bridge = spot.bridge(&base).cloned();
    let len = state.staged.of(&spot.node, &spot.bridge).map_or(0, Set::len);
    let Some(view) = view(state) else { return false };
    let at = view.cursor.at;
    if let Some(top) = &mut view.full {
        let mut cursor = Cursor { at: *top, top: *top };
        if super::step(id, &mut cursor, usize::MAX, usize::from(body.height)) {
            *top = cursor.at;
            return true;
        }
    }
    match id {
        Id::Full | Id::NextPane | Id::PreviousPane => view.full = if view.full.is_some() { None } else { Some(0) },
        Id::Back if view.full.is_some() => view.full = None,
        Id::Open if len == 0 => add(state, effects),
        Id::Open => edit::entry(state, at),
        Id::Unstage => {
            let Some(bridge) = bridge.filter(|_| at < len) else { return true };
            state.staged.of_mut(&spot.node, &spot.bridge).take_off(&bridge, at);
            changed(state, effects);
            state.say(Role::Staged, "taken off; u takes that back");
        }
        Id::SendEarlier | Id::SendLater => {
            let first = if id == Id::SendLater { Some(at) } else { at.checked_sub(1) };
            let (Some(first), Some(bridge)) = (first, bridge) else { return true };
            if state.staged.of_mut(&spot.node, &spot.bridge).swap(&bridge, first) {
                if let Some(view) = self::view(state) {
                    view.cursor.at = if id == Id::SendLater { at + 1 } else { at - 1 };
                }
                changed(state, effects);
            }
        }
        Id::Effect => {
            if let Some(view) = self::view(state) {
                (view.effect, view.is_working) = (None, false);
            }
            ask_effect(state, None, effects);
            if len == 0 {
                state.say(Role::Dim, "nothing is staged: a adds a flow");
            }
        }
        Id::SaveStaged if len == 0 => state.say(Role::Dim, "nothing is staged: a adds a flow"),
        Id::SaveStaged => ask_save(state),
        Id::ReadStaged => layers::ask(state, "Stage what is asked for in", "", Asking::ReadStaged),
        Id::ReplaceFlows => layers::ask(state, "Make the flows of the bridge those of", "", Asking::ReplaceFlows),
        Id::Copy if len > 0 => {
            let entries =
                STAGED_COPIES.iter().map(|(key, what, text)| Entry::new(*key, *text, Choice::Copy(*what))).collect();
            state.layers.push(Layer::Menu(Menu::new("Copy what is staged", entries)));
        }
        Id::Copy => state.say(Role::Dim, "nothing is staged: a adds a flow"),
        Id::WayBack => match state.way_back.take() {
            Some((spot, requests)) => {
                stage(state, &spot, requests, effects);
                state.say(Role::Staged, "staged: the way back of the last commit");
            }
            None => state.say(Role::Dim, "nothing was made so yet"),
        },
        Id::Unpin => {
            state.pins.clear();
            changed(state, effects);
            state.say(Role::Ok, "no packet is pinned");
        }
        _ => return super::step(id, &mut view.cursor, len, height),
    }
    true
}

/// Asks where to save what is staged.
pub fn ask_save(state: &mut State) {
    let kept = state.kept.as_ref().map(|(path, _)| path.display().to_string());
    let bridge = spot(state).map_or(String::new(), |s| s.bridge.replace(['/', ' '], "_"));
    layers::ask(
        state,
        "Save what is staged to",
        &kept.unwrap_or_else(|| format!("{bridge}.flows")),
        Asking::SaveStaged,
    );
}

/// Saves what is staged for the bridge on the screen.
pub fn save(state: &mut State, path: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    let text = text(state, CopyAs::StagedLines).ok_or_else(|| "nothing is staged".to_owned())?;
    let path = PathBuf::from(path);
    // Only a file that was written from here before may be replaced.
    let is_ours = state.kept.as_ref().is_some_and(|(kept, _)| *kept == path);
    effects.push(Effect::Keep(path, text, is_ours));
    Ok(())
}

/// What is staged for the bridge on the screen, as text.
pub fn text(state: &State, what: CopyAs) -> Option<String> {
    let spot = spot(state)?;
    let set = state.staged.of(&spot.node, &spot.bridge).filter(|set| !set.is_empty())?;
    let bridge = spot.bridge(state.base())?;
    let version = version(bridge);
    Some(match what {
        CopyAs::StagedBack => {
            let back = set.change().invert();
            change_file::write(back.requests().collect::<Vec<_>>(), &bridge.names)
        }
        CopyAs::StagedCommand => {
            let requests: Vec<&Request> = set.entries().iter().map(|entry| &*entry.request).collect();
            command_text(&requests, &spot, bridge, &version.to_string())
        }
        _ => set.text(&bridge.names),
    })
}

/// Commands that send requests: no bundle takes meters, so those that come stand in front of it, and those that go behind.
fn command_text(requests: &[&Request], spot: &Spot, bridge: &Bridge, version: &str) -> String {
    let name = told::shell_quoted(&spot.bridge);
    let meter = |asked: &MeterMod| {
        let (command, rest) = change_file::meter_words(asked);
        format!("ovs-ofctl -O {version} {command} {name} {rest}").trim_end().to_owned()
    };
    let meters = |is_deletion: bool| {
        requests.iter().filter_map(move |request| match request {
            Request::Meter(asked) if matches!(asked, MeterMod::Delete(_)) == is_deletion => Some(meter(asked)),
            _ => None,
        })
    };
    let mut lines: Vec<String> = meters(false).collect();
    let rest: Vec<&Request> = requests.iter().copied().filter(|r| !matches!(r, Request::Meter(_))).collect();
    if !rest.is_empty() {
        // Groups can stand in files for `bundle` only.
        let has_groups = rest.iter().any(|r| matches!(r, Request::Group(_)));
        let how = if has_groups { "bundle" } else { "--bundle add-flows" };
        let text = change_file::write(rest, &bridge.names);
        lines.push(format!("ovs-ofctl -O {version} {how} {name} - <<'EOF'\n{}\nEOF", text.trim_end()));
    }
    lines.extend(meters(true));
    lines.join("\n")
}

/// A file of changes was read.
pub fn read(state: &mut State, path: PathBuf, what: Reads, text: Result<String, String>, effects: &mut Vec<Effect>) {
    let text = match text {
        Ok(text) => text,
        Err(why) => return state.say(Role::Bad, why),
    };
    let Some(spot) = spot(state) else { return };
    let base = state.base().clone();
    let Some(bridge) = spot.bridge(&base) else { return };
    let set = state.staged.of_mut(&spot.node, &spot.bridge);
    let read = match what {
        Reads::Changes => set.read(bridge, &text),
        Reads::Flows => set.replace_flows(bridge, &text),
    };
    match read {
        Ok(0) if what == Reads::Flows => {
            state.say(Role::Ok, format!("{} has the flows of {} already", path.display(), spot.bridge));
        }
        Ok(count) => {
            state.kept = (what == Reads::Changes).then_some((path, true));
            changed(state, effects);
            state.say(Role::Staged, format!("{} staged; u takes them back", counted(count, "change")));
        }
        Err(wrong) => {
            let rows = wrong.iter().map(|d| {
                let before = text.get(..d.span.start as usize).unwrap_or("");
                let line = before.matches('\n').count() + 1;
                Entry::new(None, format!("line {line}: {}", d.message), Choice::Stay)
                    .note(d.hint.clone().unwrap_or_default())
            });
            let title = format!("{} is refused: {}", path.display(), counted(wrong.len(), "wrong line"));
            state.layers.push(Layer::Menu(Menu::new(title, rows.collect())));
        }
    }
}

/// What is staged was saved, or not.
pub fn kept(state: &mut State, path: PathBuf, done: Result<(), String>) {
    match done {
        Ok(()) => {
            let text = text(state, CopyAs::StagedLines).unwrap_or_default();
            let has = |word: &str| text.lines().any(|l| l.starts_with(word));
            let how = match (has("group "), has("# ovs-ofctl")) {
                (true, false) => "ovs-ofctl bundle takes it",
                (true, true) => "ovs-ofctl bundle takes it, but for the meters, whose commands stand in it",
                (false, true) => {
                    "ovs-ofctl --bundle add-flows takes it, but for the meters, whose commands stand in it"
                }
                (false, false) => "ovs-ofctl --bundle add-flows takes it",
            };
            state.say(Role::Ok, format!("saved to {}: {how}", path.display()));
            state.kept = Some((path, true));
        }
        Err(why) => state.say(Role::Bad, why),
    }
}

/// `commit`: shows what would be done, and asks.
pub fn review(state: &mut State, effects: &mut Vec<Effect>) {
    if state.staged.is_empty() {
        return state.say(Role::Warn, "nothing is staged: a adds a flow");
    }
    open(state, effects);
    let Some(spot) = spot(state) else { return };
    let Some(set) = state.staged.of(&spot.node, &spot.bridge).filter(|set| !set.is_empty()) else {
        return state.say(Role::Warn, format!("nothing is staged for {}", spot.bridge));
    };
    let counts = set.counts();
    if counts.refused + counts.conflicts > 0 {
        let count = counted(counts.refused + counts.conflicts, "change");
        return state
            .say(Role::Bad, format!("{count} of the set cannot be made: take them off (d) or edit them (Enter)"));
    }
    let title = format!("Make {} of {} so?", counted(set.len(), "change"), spot.bridge);
    let entries = vec![
        Entry::new('y', "make them so in memory", Choice::Commit)
            .note("this is a capture: no switch is touched, and the file stays as it is"),
        Entry::new('s', "save them to a file instead", Choice::SaveStaged).note("for ovs-ofctl on the machine itself"),
        Entry::new('n', "not yet", Choice::Stay),
    ];
    state.layers.push(Layer::Menu(Menu::new(title, entries)));
}

/// Makes what is staged for the bridge on the screen so, in memory.
pub fn commit(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(spot) = spot(state) else { return };
    let base = state.base().clone();
    let Some((node, at)) = spot.find(&base).and_then(|(node, at)| {
        let node = base.nodes().iter().position(|n| n.node().name == node.node().name)?;
        Some((node, at))
    }) else {
        return;
    };
    let set = state.staged.of_mut(&spot.node, &spot.bridge);
    let Some(result) = set.result().cloned() else { return state.say(Role::Warn, "the set changes nothing") };
    let count = set.len();
    let back = set.change().invert().requests().cloned().collect();
    *set = Set::of(&spot.node, &spot.bridge);
    state.way_back = Some((spot, back));
    state.sending.settle();
    state.base = None;
    let scene = Arc::new(base.with(&[(node, at, result)]));
    state.staged.rebase(&scene);
    show(state, scene, effects);
    changed(state, effects);
    let text = format!(
        "{} made so in memory; :way back stages the way back, R reads the file again",
        counted(count, "change")
    );
    state.say(Role::Ok, text);
}

/// Whether what an edit is about is there before, and whether it is there then.
fn comes_and_goes(edit: &Edit) -> Option<(bool, bool)> {
    fn sides<T>(all: &[Replaced<T>]) -> Option<(bool, bool)> {
        all.first().map(|r| (r.before.is_some(), r.after.is_some()))
    }
    // With a group or a meter flows may go along.
    sides(&edit.groups).or_else(|| sides(&edit.meters)).or_else(|| sides(&edit.flows))
}

/// What a request asks for in the words of a list: its sign, its role, and whether it does anything.
pub fn sign(set: &Set, at: usize) -> (&'static str, Role) {
    let Some(entry) = set.entries().get(at) else { return (" ", Role::Dim) };
    let by_request = || match &*entry.request {
        Request::Flow(flow) => match flow.command {
            Command::Add => "+",
            Command::Modify | Command::ModifyStrict => "~",
            Command::Delete | Command::DeleteStrict => "-",
        },
        Request::Group(GroupMod::Add(_)) | Request::Meter(MeterMod::Add(_)) => "+",
        Request::Group(GroupMod::Delete(_)) | Request::Meter(MeterMod::Delete(_)) => "-",
        Request::Group(_) | Request::Meter(_) => "~",
    };
    match &entry.fate {
        Fate::Refused(_) | Fate::Conflict(..) => ("!", Role::Bad),
        Fate::Does(edit) if edit.is_empty() => ("!", Role::Warn),
        Fate::Does(edit) => match comes_and_goes(edit) {
            Some((false, _)) => ("+", Role::Ok),
            Some((true, false)) => ("-", Role::Bad),
            Some((true, true)) => ("~", Role::Staged),
            None => (by_request(), Role::Staged),
        },
        Fate::Open => (by_request(), Role::Dim),
    }
}
