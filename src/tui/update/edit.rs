//! The editor: a flow is typed, checked, completed, mended, and staged.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::super::command::{Id, Meaning};
use super::super::input::Edit;
use super::super::key::Key;
use super::super::msg::Effect;
use super::super::staged::{Editor, Help, Purpose, around};
use super::super::state::State;
use super::super::views::{Screen, Spot};
use super::staged::{self, view};
use crate::base::paint::Role;
use crate::dump::change_file;
use crate::edit::form;
use crate::model::bridge::Bridge;
use crate::model::change::Request;
use crate::model::flow::{Flow, Style};
use crate::model::flow_mod::{Command, FlowMod};
use crate::session::Scene;
use crate::session::staged::{changes, version};

/// Whether a flow is being typed.
pub fn is_typing(state: &State) -> bool {
    matches!(state.screen(), Screen::Staged(view) if view.editor.is_some())
}

/// A flow as the editor has it.
pub fn text_of(flow: &Flow, spot: &Spot, scene: &Scene) -> String {
    let Some(bridge) = spot.bridge(scene) else { return String::new() };
    let printed = flow.text(Style::NoStats, &bridge.names);
    // Dumps set some words apart by a comma and a blank; one line of a file needs the comma alone.
    printed.trim().replace(", ", ",")
}

/// Opens the editor on the screen; a draft for the same purpose is taken up again.
pub fn begin(state: &mut State, purpose: Purpose, text: &str) {
    let scene = state.scene.clone();
    let Some(spot) = staged::spot(state) else { return };
    let ground = ground(state, &spot, &purpose);
    let Some(around) = around(&scene, &spot, ground.as_deref()) else {
        return state.say(Role::Warn, "this bridge is not in what was read");
    };
    let draft = state.drafts.iter().position(|(at, draft)| *at == spot && draft.purpose == purpose);
    let mut editor = match draft.map(|at| state.drafts.remove(at).1) {
        Some(mut draft) => {
            draft.is_draft = true;
            draft.check(&around);
            draft
        }
        None => Editor::new(purpose, text, &around),
    };
    editor.ground = ground;
    if editor.is_draft {
        state.say(Role::Accent, "the draft from before; Ctrl-u empties it");
    }
    if let Some(view) = view(state) {
        (view.editor, view.full) = (Some(Box::new(editor)), None);
    }
}

/// The bridge with what is staged before the text that is typed: later requests may use groups of earlier ones.
fn ground(state: &State, spot: &Spot, purpose: &Purpose) -> Option<Arc<Bridge>> {
    let set = state.staged.of(&spot.node, &spot.bridge)?;
    match purpose {
        Purpose::Entry(at) => set.before(spot.bridge(state.base())?, *at).map(Arc::new),
        _ => set.result().cloned(),
    }
}

/// Opens the editor for a request that is staged.
pub fn entry(state: &mut State, at: usize) {
    let Some(spot) = staged::spot(state) else { return };
    let (Some(set), Some(bridge)) = (state.staged.of(&spot.node, &spot.bridge), spot.bridge(state.base())) else {
        return;
    };
    let Some(entry) = set.entries().get(at) else { return };
    let line = change_file::line(&entry.request, &bridge.names);
    begin(state, Purpose::Entry(at), &line);
}

fn with(state: &mut State, act: impl FnOnce(&mut Editor)) {
    if let Some(editor) = view(state).and_then(|view| view.editor.as_mut()) {
        act(editor);
    }
}

/// Does something to the text, and looks at it again.
fn edit(state: &mut State, act: impl FnOnce(&mut Editor)) {
    let (scene, spot) = (state.scene.clone(), staged::spot(state));
    with(state, |editor| {
        act(editor);
        let ground = editor.ground.clone();
        if let Some(around) = spot.as_ref().and_then(|spot| around(&scene, spot, ground.as_deref())) {
            editor.check(&around);
        }
    });
}

/// Puts pasted text in at the cursor.
pub fn paste(state: &mut State, text: &str) {
    edit(state, |editor| {
        editor.offered = None;
        editor.input.edit(Edit::Insert(text.trim_end_matches(['\r', '\n']).to_owned()));
    });
}

/// A key while a flow is typed.
pub fn typed(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let Some(editor) = view(state).and_then(|view| view.editor.as_mut()) else { return };
    if let Some((completion, at)) = &mut editor.offered {
        let len = completion.items.len().max(1);
        match key.code {
            KeyCode::Tab | KeyCode::Down => *at = (*at + 1) % len,
            KeyCode::BackTab | KeyCode::Up => *at = (*at + len - 1) % len,
            KeyCode::Enter => accept(state),
            KeyCode::Esc => editor.offered = None,
            _ => {
                editor.offered = None;
                typed(state, key, effects);
            }
        }
        return;
    }
    match state.keymap.meaning(state.context(), &[key]) {
        Meaning::Command(id) => command(state, id, effects),
        _ if key.ctrl && key.code == KeyCode::Char('c') => command(state, Id::LeaveEditor, effects),
        _ => match key.code {
            KeyCode::Up | KeyCode::Down => up_or_down(state, key.code == KeyCode::Down),
            KeyCode::BackTab => {}
            _ => {
                if let Some(change) = Edit::of(key) {
                    edit(state, |editor| _ = editor.input.edit(change));
                }
            }
        },
    }
}

/// Does a command of the editor.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) {
    match id {
        Id::EditorHelp => super::command(state, Id::Help, effects),
        Id::StageFlow => stage(state, effects),
        Id::Complete => help(state),
        Id::AddMissing => add_missing(state),
        Id::Form => with(state, |editor| editor.is_form = !editor.is_form),
        Id::Effect => match requests(state) {
            Ok((_, requests, _)) => {
                if let Some(view) = view(state) {
                    view.effect = None;
                }
                staged::ask_effect(state, Some(requests), effects);
            }
            Err(why) => state.say(Role::Bad, why),
        },
        Id::LeaveEditor => leave(state, effects),
        _ => {}
    }
}

/// Leaves the editor. What was typed is kept.
fn leave(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(spot) = staged::spot(state) else { return };
    let Some(editor) = view(state).and_then(|view| view.editor.take()) else { return };
    let is_empty = editor.input.text().trim().is_empty();
    state.drafts.retain(|(at, draft)| *at != spot || draft.purpose != editor.purpose);
    if !is_empty {
        let key = match editor.purpose {
            Purpose::Add => "a",
            Purpose::Group(_) | Purpose::Meter(_) => "E",
            Purpose::Entry(_) => "Enter",
            Purpose::Change(_) => "e",
        };
        state.drafts.push((spot, *editor));
        state.say(Role::Dim, format!("the draft is kept; {key} takes it up again"));
    }
    if state.drafts.len() > 100 {
        state.drafts.remove(0);
    }
    if let Some(view) = view(state) {
        (view.effect, view.is_working) = (None, false);
    }
    staged::refresh(state, effects);
}

/// What Tab does.
fn help(state: &mut State) {
    let (scene, Some(spot)) = (state.scene.clone(), staged::spot(state)) else { return };
    let Some(editor) = view(state).and_then(|view| view.editor.as_ref()) else { return };
    let Some(around) = around(&scene, &spot, editor.ground.as_deref()) else { return };
    let help = editor.help(&around);
    match help {
        Help::Fix(complaint) => {
            let message = complaint.diagnostic.message.clone();
            mend(state, complaint.fix);
            state.say(Role::Ok, format!("mended: {message}"));
        }
        Help::Offer(completion) => {
            let is_one = completion.items.len() == 1;
            with(state, |editor| editor.offered = Some((completion, 0)));
            if is_one {
                accept(state);
            }
        }
        Help::Nothing(why) => state.say(Role::Dim, why),
    }
}

fn mend(state: &mut State, fix: Option<crate::edit::Fix>) {
    let Some(fix) = fix else { return };
    edit(state, |editor| {
        let (_, cursor) = fix.apply(editor.input.text(), editor.input.cursor());
        editor.input.replace(fix.span.start as usize, fix.span.end as usize, &fix.text);
        editor.input.go(cursor);
    });
}

fn add_missing(state: &mut State) {
    let mut fix = None;
    with(state, |editor| {
        fix = editor.checked.fix(editor.input.cursor(), true).and_then(|complaint| complaint.fix.clone());
    });
    match fix {
        Some(fix) => {
            let added = fix.text.trim_matches(',').to_owned();
            mend(state, Some(fix));
            state.say(Role::Ok, format!("added {added}"));
        }
        None => state.say(Role::Dim, "nothing is missing that could be added"),
    }
}

/// Puts the chosen word at the cursor.
fn accept(state: &mut State) {
    edit(state, |editor| {
        let Some((completion, at)) = editor.offered.take() else { return };
        let Some(item) = completion.items.get(at) else { return };
        let (from, to) = (completion.replace.start as usize, completion.replace.end as usize);
        editor.input.replace(from, to, &item.insert);
    });
}

/// In the form, to the line above or below; in the text, to where the row above or below is.
fn up_or_down(state: &mut State, is_down: bool) {
    let (scene, Some(spot)) = (state.scene.clone(), staged::spot(state)) else { return };
    let Some(around) = around(&scene, &spot, None) else { return };
    let width = super::super::view::editor_width(state);
    with(state, |editor| {
        let (text, cursor) = (editor.input.text(), editor.input.cursor());
        let spans: Vec<(usize, usize)> = match editor.is_form {
            true => form(text, &around).iter().map(|l| (l.span.start as usize, l.span.end as usize)).collect(),
            false => super::super::view::wrapped(text, width),
        };
        let Some(here) = spans.iter().rposition(|(start, _)| *start <= cursor) else { return };
        let there = if is_down { spans.get(here + 1) } else { here.checked_sub(1).and_then(|at| spans.get(at)) };
        let Some((start, end)) = there else { return };
        let to = match editor.is_form {
            true => *end,
            false => (start + (cursor - spans[here].0)).min(*end),
        };
        editor.input.go(to);
    });
}

/// The requests that the text asks for, and what they are in words.
fn requests(state: &State) -> Result<(Spot, Vec<Request>, &'static str), String> {
    let Screen::Staged(view) = state.screen() else { return Err(String::new()) };
    let Some(editor) = &view.editor else { return Err(String::new()) };
    if !editor.checked.is_right {
        let first = editor.checked.complaints.iter().find(|c| c.diagnostic.is_error());
        let text = first.map_or("it is not complete".to_owned(), |c| c.diagnostic.message.clone());
        return Err(format!("not staged: {text}"));
    }
    let spot = view.spot.clone();
    let bridge = spot.bridge(state.base()).ok_or("this bridge is not in what was read")?;
    let first = |wrong: Vec<crate::base::diag::Diagnostic>| {
        wrong.first().map_or(String::new(), |d| format!("not staged: {}", d.message))
    };
    let file = changes(bridge, editor.input.text()).map_err(first)?;
    let mut requests: Vec<Request> = file.requests.into_iter().map(|(_, request)| request).collect();
    let mut what = "staged, nothing is sent";
    if let (Purpose::Change(old), [Request::Flow(new)]) = (&editor.purpose, &requests[..])
        && new.command == Command::Add
    {
        (requests, what) = change_of(old, new, version(bridge));
    }
    Ok((spot, requests, what))
}

/// What makes one flow of another: its actions are changed if that is all that differs; a flow with another match,
/// priority or table is another flow.
fn change_of(old: &Flow, new: &FlowMod, version: crate::field::Version) -> (Vec<Request>, &'static str) {
    let is_same_key = old.key() == new.flow.key();
    let rest = |flow: &Flow| (flow.cookie, flow.idle_timeout, flow.hard_timeout, flow.importance, flow.flags);
    if is_same_key && rest(old) == rest(&new.flow) {
        let modify = FlowMod { command: Command::ModifyStrict, table: Some(new.flow.table), ..new.clone() };
        return (vec![modify.into()], "staged: other actions, the counters stay");
    }
    if is_same_key {
        return (vec![new.clone().into()], "staged: it takes the place of the old flow");
    }
    let delete = FlowMod::delete_strict(old.clone(), version);
    (vec![delete.into(), new.clone().into()], "staged: the old flow goes, the new one comes")
}

/// Stages what is typed.
fn stage(state: &mut State, effects: &mut Vec<Effect>) {
    let (spot, requests, what) = match requests(state) {
        Ok(found) => found,
        Err(why) => return state.say(Role::Bad, why),
    };
    let Some(editor) = view(state).and_then(|view| view.editor.take()) else { return };
    state.drafts.retain(|(at, draft)| *at != spot || draft.purpose != editor.purpose);
    let base = state.base().clone();
    match (editor.purpose, spot.bridge(&base)) {
        (Purpose::Entry(at), Some(bridge)) => {
            state.staged.of_mut(&spot.node, &spot.bridge).replace(bridge, at, requests);
            staged::changed(state, effects);
        }
        _ => {
            staged::stage(state, &spot, requests, effects);
            let last = state.staged.of(&spot.node, &spot.bridge).map_or(0, |set| set.len().saturating_sub(1));
            if let Some(view) = view(state) {
                view.cursor.at = last;
            }
        }
    }
    // Somebody who works at a lesson wants to see its goals.
    if matches!(state.history.before().map(|view| &view.screen), Some(Screen::Learn(_))) {
        super::nav::history(state, Id::HistoryBack, effects);
    }
    state.say(Role::Staged, format!("{what}; u takes it back"));
}
