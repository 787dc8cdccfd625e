//! The line in which a packet is typed on screen 4.

use crossterm::event::KeyCode;

use super::super::command::Id;
use super::super::input::{Edit, Input};
use super::super::key::Key;
use super::super::msg::Effect;
use super::super::state::State;
use super::super::told::Asked;
use super::super::told::ask;
use super::super::views::Screen;
use super::trace;
use crate::base::paint::Role;

/// Whether a packet is being typed.
pub fn is_typing(state: &State) -> bool {
    matches!(state.screen(), Screen::Trace(view) if view.line.before.is_some())
}

/// Begins to type; `text` takes the place of what is there.
pub fn begin_typing(state: &mut State, text: Option<&str>) {
    let Some(view) = trace::view(state) else { return };
    if view.line.before.is_none() {
        view.line.before = Some(view.asked.text.clone());
    }
    if let Some(text) = text {
        view.line.input = Input::of(text);
    }
    view.line.past = None;
    check(state);
}

/// Sees what is wrong with what is typed.
fn check(state: &mut State) {
    let scene = state.scene.clone();
    let Some(view) = trace::view(state) else { return };
    let asked = Asked { text: view.line.input.text().to_owned(), recording: None, ..view.asked.clone() };
    view.line.wrong = ask::read(&scene, &asked).err();
}

/// Puts pasted text into the line.
pub fn paste(state: &mut State, text: &str) {
    if !is_typing(state) {
        begin_typing(state, Some(""));
    }
    if let Some(view) = trace::view(state) {
        view.line.offered = None;
        view.line.input.edit(Edit::Insert(text.to_owned()));
    }
    check(state);
}

/// A key while a packet is typed.
pub fn typed(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    if key.code == KeyCode::F(1) {
        return super::command(state, Id::Help, effects);
    }
    let past = state.packets.clone();
    let Some(view) = trace::view(state) else { return };
    if let Some((completion, at)) = &mut view.line.offered {
        let len = completion.items.len();
        match key.code {
            KeyCode::Tab | KeyCode::Down => *at = (*at + 1) % len.max(1),
            KeyCode::BackTab | KeyCode::Up => *at = (*at + len.saturating_sub(1)) % len.max(1),
            KeyCode::Enter => accept(state),
            KeyCode::Esc => view.line.offered = None,
            _ => {
                view.line.offered = None;
                typed(state, key, effects);
            }
        }
        return;
    }
    match key.code {
        KeyCode::Tab => offer(state),
        KeyCode::Enter => enter(state, effects),
        KeyCode::Esc => {
            if let Some(text) = view.line.before.take() {
                view.line.input = Input::of(&text);
                view.line.wrong = None;
            }
        }
        KeyCode::Char('c') if key.ctrl => {
            let text = view.line.before.take().unwrap_or_default();
            (view.line.input, view.line.wrong) = (Input::of(&text), None);
        }
        KeyCode::Up | KeyCode::Down => {
            let here = view.line.past.unwrap_or(past.len());
            let next =
                if key.code == KeyCode::Up { here.checked_sub(1) } else { Some(here + 1).filter(|n| *n <= past.len()) };
            let Some(next) = next else { return };
            view.line.past = Some(next);
            view.line.input = Input::of(past.get(next).map_or("", String::as_str));
            check(state);
        }
        _ => {
            if let Some(edit) = Edit::of(key)
                && view.line.input.edit(edit)
            {
                check(state);
            }
        }
    }
}

fn enter(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(view) = trace::view(state) else { return };
    if let Some(wrong) = &view.line.wrong {
        let text = wrong.message.clone();
        return state.say(Role::Bad, format!("{text}; Esc takes the old packet back"));
    }
    let text = view.line.input.text().to_owned();
    // The answers of connection tracking stay as the person chose them.
    let asked = Asked { text, recording: None, ..view.asked.clone() };
    trace::again(state, asked, String::new(), effects);
}

/// Shows what may stand at the cursor; if that is one thing only, it is put there.
fn offer(state: &mut State) {
    let scene = state.scene.clone();
    let Some(view) = trace::view(state) else { return };
    let input = &view.line.input;
    let completion = ask::complete(&scene, &view.asked.spot, input.text(), input.cursor());
    match completion.items.len() {
        0 => state.say(Role::Warn, completion.hint),
        1 => {
            view.line.offered = Some((completion, 0));
            accept(state);
        }
        _ => view.line.offered = Some((completion, 0)),
    }
}

/// Puts the chosen word at the cursor.
fn accept(state: &mut State) {
    let Some(view) = trace::view(state) else { return };
    let Some((completion, at)) = view.line.offered.take() else { return };
    let Some(item) = completion.items.get(at) else { return };
    let (from, to) = (completion.replace.start as usize, completion.replace.end as usize);
    view.line.input.replace(from, to, &item.insert);
    check(state);
}
