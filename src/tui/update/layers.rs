//! What lies above the screen: help, palette, menus, questions.

use std::path::PathBuf;

use crossterm::event::KeyCode;

use super::super::columns::Column;
use super::super::command::Id;
use super::super::input::{Edit, Input};
use super::super::key::Key;
use super::super::layer::{COPIES, Choice, CopyAs, Entry, Layer, Menu, Purpose, STAGED_COPIES, TRACE_COPIES};
use super::super::list::Cursor;
use super::super::msg::{Effect, Reads};
use super::super::palette::{self, Act};
use super::super::state::State;
use super::super::theme::Theme;
use super::super::told::shell_quoted;
use super::super::views::Screen;
use super::{diff, flow, flows, learn, nav, others, packet, pipeline, staged, trace};
use crate::base::paint::Role;
use crate::model::flow::Style;
use crate::model::id::FlowHash;

/// Opens the palette.
pub fn open_palette(state: &mut State) {
    state.layers.push(Layer::Palette { input: Input::default(), cursor: Cursor::default() });
}

/// Asks for a line.
pub fn ask(state: &mut State, title: &'static str, text: &str, purpose: Purpose) {
    state.layers.push(Layer::Question { title, input: Input::of(text), purpose, wrong: None });
}

/// Asks where to save what is shown.
pub fn ask_save(state: &mut State) {
    let name = nav::crumbs(state).join("-").replace(['/', ' ', '\\'], "_");
    ask(state, "Save what is shown to", &format!("{name}.txt"), Purpose::Save);
}

/// The next theme.
pub fn next_theme(state: &mut State) {
    let names: Vec<&'static str> = Theme::names().map(|(name, _)| name).collect();
    let at = names.iter().position(|n| *n == state.look.theme.name).unwrap_or(0);
    set_theme(state, names[(at + 1) % names.len()]);
}

/// Takes a theme.
pub fn set_theme(state: &mut State, name: &str) {
    if let Some(theme) = Theme::by_name(name) {
        state.look.theme = if state.look.true_colour { theme } else { theme.in_256_colours() };
        state.say(Role::Ok, format!("theme {name}"));
    }
}

/// Pasted text goes to the line that is typed, else into a filter.
pub fn paste(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    let insert = Edit::Insert(text.trim_end_matches(['\r', '\n']).to_owned());
    match state.layers.last_mut() {
        Some(Layer::Help { search: input, .. } | Layer::Palette { input, .. } | Layer::Question { input, .. }) => {
            input.edit(insert);
        }
        Some(Layer::Menu(_)) => {}
        None => {
            if super::edit::is_typing(state) {
                return super::edit::paste(state, text);
            }
            if matches!(state.screen(), Screen::Trace(_)) {
                return packet::paste(state, text.trim_end_matches(['\r', '\n']));
            }
            if !flows::is_typing(state) && matches!(state.screen(), Screen::Flows(_)) {
                super::command(state, Id::Filter, effects);
            }
            if flows::is_typing(state) {
                let (scene, settings) = (state.scene.clone(), state.settings.clone());
                if let Some(view) = state.flows_mut() {
                    view.line.input.edit(insert);
                    let text = view.line.input.text().to_owned();
                    flows::set_text(view, &scene, &settings, &text);
                }
                flows::ask_rows(state, effects);
            }
        }
    }
}

/// A key goes to the layer on top.
pub fn key(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let is_stop = key.ctrl && key.code == KeyCode::Char('c');
    if key.code == KeyCode::Esc || is_stop {
        state.layers.pop();
        return;
    }
    let page = usize::from(super::super::geometry::size(state).1 / 2);
    match state.layers.last_mut() {
        Some(Layer::Help { search, top }) => match key.code {
            KeyCode::Down => *top += 1,
            KeyCode::Up => *top = top.saturating_sub(1),
            KeyCode::PageDown => *top += page,
            KeyCode::PageUp => *top = top.saturating_sub(page),
            KeyCode::Enter | KeyCode::F(1) => {
                state.layers.pop();
            }
            KeyCode::Char('?' | 'q') if search.text().is_empty() => {
                state.layers.pop();
            }
            _ => {
                if let Some(edit) = Edit::of(key)
                    && search.edit(edit)
                {
                    *top = 0;
                }
            }
        },
        Some(Layer::Palette { .. }) => palette_key(state, key, effects),
        Some(Layer::Menu(_)) => menu_key(state, key, effects),
        Some(Layer::Question { .. }) => question_key(state, key, effects),
        None => {}
    }
}

fn palette_key(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let Some(Layer::Palette { input, cursor }) = state.layers.last() else { return };
    let (typed, at) = (input.text().to_owned(), cursor.at);
    let items = palette::items(state, &typed);
    let Some(Layer::Palette { input, cursor }) = state.layers.last_mut() else { return };
    match key.code {
        KeyCode::Down => cursor.step(1, items.len()),
        KeyCode::Up => cursor.step(-1, items.len()),
        KeyCode::PageDown => cursor.step(10, items.len()),
        KeyCode::PageUp => cursor.step(-10, items.len()),
        KeyCode::Tab => {
            if let Some(item) = items.get(at) {
                *input = Input::of(&item.text);
                cursor.at = 0;
            }
        }
        KeyCode::Enter => {
            let Some(item) = items.get(at).cloned() else { return };
            if item.act == Act::Nothing {
                return state.say(Role::Warn, item.note);
            }
            state.layers.pop();
            act(state, item.act, effects);
        }
        _ => {
            if let Some(edit) = Edit::of(key)
                && input.edit(edit)
            {
                *cursor = Cursor::default();
            }
        }
    }
}

fn act(state: &mut State, act: Act, effects: &mut Vec<Effect>) {
    match act {
        Act::Command(id) => super::command(state, id, effects),
        Act::Go(place) => nav::go(state, place, effects),
        Act::Row(row) => {
            if let Some(view) = state.flows_mut() {
                view.cursor.at = row;
            }
        }
        Act::Filter(text) => {
            if !matches!(state.screen(), Screen::Flows(_)) {
                nav::screen(state, Id::Screen3, effects);
            }
            let (scene, settings) = (state.scene.clone(), state.settings.clone());
            let wrong = state.flows_mut().and_then(|view| {
                flows::set_text(view, &scene, &settings, &text);
                view.line.wrong.as_ref().map(|d| d.message.clone())
            });
            match wrong {
                Some(wrong) => state.say(Role::Bad, wrong),
                None => flows::ask_rows(state, effects),
            }
        }
        Act::Compare(name) => {
            if let Err(why) = diff::named(state, &name, effects) {
                state.say(Role::Warn, why);
            }
        }
        Act::Theme(name) => set_theme(state, name),
        Act::Nothing => {}
    }
}

fn menu_key(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let Some(Layer::Menu(menu)) = state.layers.last_mut() else { return };
    let len = menu.entries.len();
    let chosen = match key.code {
        KeyCode::Down | KeyCode::Char('j')
            if menu.entries.iter().all(|e| e.key != Some('j')) || key.code == KeyCode::Down =>
        {
            menu.cursor.step(1, len);
            return;
        }
        KeyCode::Up => {
            menu.cursor.step(-1, len);
            return;
        }
        KeyCode::Char('k') if menu.entries.iter().all(|e| e.key != Some('k')) => {
            menu.cursor.step(-1, len);
            return;
        }
        KeyCode::PageDown => {
            menu.cursor.step(10, len);
            return;
        }
        KeyCode::PageUp => {
            menu.cursor.step(-10, len);
            return;
        }
        KeyCode::Enter | KeyCode::Char(' ') => menu.entries.get(menu.cursor.at),
        KeyCode::Char('q') if menu.entries.iter().all(|e| e.key != Some('q')) => {
            state.layers.pop();
            return;
        }
        KeyCode::Char(c) => menu.entries.iter().find(|e| e.key == Some(c)),
        _ => None,
    };
    let Some(choice) = chosen.map(|e| e.choice) else { return };
    if !menu.stays {
        state.layers.pop();
    }
    choose(state, choice, effects);
}

fn choose(state: &mut State, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Sort(column) => {
            let Some(view) = state.flows_mut() else { return };
            view.sort = column.map(|c| (c, false));
            flows::ask_rows(state, effects);
        }
        Choice::Fold(by) => flows::fold(state, by, effects),
        Choice::Column(column) => {
            if let Some(view) = state.flows_mut() {
                flows::toggle_column(view, column);
            }
        }
        Choice::Copy(what) => copy(state, what, effects),
        Choice::LastTrace => pipeline::light_up_trace(state, effects),
        Choice::Paths(goal) => pipeline::light_up(state, goal, effects),
        Choice::Count(_) | Choice::CountOthers(_) | Choice::CompareWith => diff::count(state, choice, effects),
        Choice::CompareNode(at) => diff::with_node(state, at, effects),
        Choice::CompareStaged => diff::with_staged(state, effects),
        Choice::Commit => staged::commit(state, effects),
        Choice::SaveStaged => {
            staged::open(state, effects);
            staged::ask_save(state);
        }
        Choice::Change(target) => others::change(state, target, effects),
        Choice::Delete(target) => others::delete(state, target, effects),
        Choice::Leave => effects.push(Effect::Quit(String::new())),
        Choice::Stay => {}
        Choice::Open(target) => {
            if let Some(spot) = state.screen().spot().cloned() {
                nav::follow(state, &spot, target, effects);
            }
        }
    }
}

fn question_key(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    let Some(Layer::Question { input, purpose, wrong, .. }) = state.layers.last_mut() else { return };
    if key.code != KeyCode::Enter {
        if let Some(edit) = Edit::of(key)
            && input.edit(edit)
        {
            *wrong = None;
        }
        return;
    }
    let (text, purpose) = (input.text().to_owned(), *purpose);
    let outcome = match purpose {
        Purpose::Highlight => flows::highlight(state, &text, effects),
        Purpose::Save if text.trim().is_empty() => Err("a file needs a name".to_owned()),
        Purpose::Save => {
            effects.push(Effect::Save(PathBuf::from(text.trim()), shown_text(state)));
            Ok(())
        }
        Purpose::Report if text.trim().is_empty() => Err("a file needs a name".to_owned()),
        Purpose::Report => {
            let report = diff::report_text(state).ok_or_else(|| "nothing was compared yet".to_owned());
            report.map(|report| effects.push(Effect::Save(PathBuf::from(text.trim()), report)))
        }
        Purpose::CompareWith => diff::named(state, &text, effects),
        Purpose::SaveStaged | Purpose::ReadStaged | Purpose::ReplaceFlows if text.trim().is_empty() => {
            Err("a file needs a name".to_owned())
        }
        Purpose::SaveStaged => staged::save(state, text.trim(), effects),
        Purpose::ReadStaged => {
            effects.push(Effect::ReadChanges(PathBuf::from(text.trim()), Reads::Changes));
            Ok(())
        }
        Purpose::ReplaceFlows => {
            effects.push(Effect::ReadChanges(PathBuf::from(text.trim()), Reads::Flows));
            Ok(())
        }
        Purpose::Answer(at) => {
            learn::answer(state, at, &text, effects);
            Ok(())
        }
        Purpose::SaveTest if text.trim().is_empty() => Err("a file needs a name".to_owned()),
        Purpose::SaveTest => {
            let line = trace::test_text(state).ok_or_else(|| "there is no trace yet".to_owned());
            line.map(|line| effects.push(Effect::Append(PathBuf::from(text.trim()), line)))
        }
    };
    match outcome {
        Ok(()) => {
            state.layers.pop();
        }
        Err(why) => {
            if let Some(Layer::Question { wrong, .. }) = state.layers.last_mut() {
                *wrong = Some(why);
            }
        }
    }
}

/// What can be copied here.
pub fn copy_menu(state: &mut State) {
    let entries = COPIES.iter().map(|(key, what, text)| Entry::new(*key, *text, Choice::Copy(*what))).collect();
    state.layers.push(Layer::Menu(Menu::new("Copy", entries)));
}

/// What can be copied of a trace.
pub fn copy_trace_menu(state: &mut State) {
    let entries = TRACE_COPIES.iter().map(|(key, what, text)| Entry::new(*key, *text, Choice::Copy(*what))).collect();
    state.layers.push(Layer::Menu(Menu::new("Copy", entries)));
}

fn copy_trace(state: &State, what: CopyAs) -> Option<String> {
    let Screen::Trace(view) = state.screen() else { return None };
    let told = view.told.as_ref()?;
    Some(match what {
        CopyAs::Trace => super::super::view::trace_text(view),
        CopyAs::TraceAsOvs => told.as_ovs.clone(),
        CopyAs::TraceJson => told.json.clone(),
        CopyAs::OvsCommand => {
            let packet = shell_quoted(&told.packet.typed());
            format!("ovs-appctl ofproto/trace {} {packet}", shell_quoted(&told.begins.bridge))
        }
        CopyAs::TestLine => trace::test_text(state)?,
        _ => return None,
    })
}

/// The marked flows, else the one under the cursor.
pub fn chosen(state: &State) -> Vec<u32> {
    match state.screen() {
        Screen::Flows(view) if !view.marks.is_empty() => view.marks.iter().copied().collect(),
        Screen::Flows(view) if view.rows.fold.is_some() => view.flows_of(view.cursor.at).to_vec(),
        _ => flow::here(state).into_iter().collect(),
    }
}

fn copy(state: &mut State, what: CopyAs, effects: &mut Vec<Effect>) {
    if let Some((_, _, word)) = TRACE_COPIES.iter().find(|(_, w, _)| *w == what) {
        if let Some(text) = copy_trace(state, what) {
            effects.push(Effect::Copy(text, word));
        }
        return;
    }
    if let Some((_, _, word)) = STAGED_COPIES.iter().find(|(_, w, _)| *w == what) {
        if let Some(text) = staged::text(state, what) {
            effects.push(Effect::Copy(text, word));
        }
        return;
    }
    let Some(spot) = state.screen().spot().cloned() else { return };
    let Some(bridge) = spot.bridge(&state.scene).cloned() else { return };
    let flows = chosen(state);
    if flows.is_empty() {
        return state.say(Role::Warn, "there is no flow here");
    }
    let each = |text: &dyn Fn(u32) -> String| flows.iter().map(|id| text(*id)).collect::<Vec<_>>().join("\n");
    let names = &bridge.names;
    let text = match what {
        CopyAs::Flow => each(&|id| bridge.flow(id).line_text(names).trim().to_owned()),
        CopyAs::Command => each(&|id| {
            let flow = bridge.flow(id).to_flow();
            format!("ovs-ofctl add-flow {} {}", spot.bridge, shell_quoted(flow.text(Style::NoStats, names).trim()))
        }),
        CopyAs::Match => each(&|id| bridge.flow(id).to_flow().match_text(names)),
        CopyAs::Actions => each(&|id| bridge.flow(id).to_flow().actions_text(names)),
        CopyAs::Json => each(&|id| json(&spot, &bridge, id)),
        CopyAs::Link => each(&|id| {
            let short = bridge.ids().short(FlowHash::of(bridge.flow(id)));
            let source = shell_quoted(&state.scene.snapshot().sources.name);
            format!("ofscope show {source} --node {} --bridge {} {short}", shell_quoted(&spot.node), spot.bridge)
        }),
        CopyAs::Rows => shown_text(state),
        // These were copied above.
        CopyAs::Trace | CopyAs::TraceAsOvs | CopyAs::TraceJson | CopyAs::OvsCommand | CopyAs::TestLine => return,
        CopyAs::StagedLines | CopyAs::StagedCommand | CopyAs::StagedBack => return,
    };
    let word = COPIES.iter().find(|(_, w, _)| *w == what).map_or("", |(.., text)| text);
    effects.push(Effect::Copy(text, word));
}

fn json(spot: &super::super::views::Spot, bridge: &crate::model::bridge::Bridge, id: u32) -> String {
    let flow = bridge.flow(id);
    let whole = flow.to_flow();
    serde_json::json!({
        "node": &*spot.node, "bridge": &*spot.bridge, "table": flow.table(), "priority": flow.priority(),
        "match": whole.match_text(&bridge.names), "actions": whole.actions_text(&bridge.names),
        "cookie": flow.cookie(), "n_packets": flow.n_packets(), "n_bytes": flow.n_bytes(),
        "text": flow.line_text(&bridge.names).trim(),
    })
    .to_string()
}

/// What the screen shows, as text: whole lists, not only what fits.
pub fn shown_text(state: &State) -> String {
    match state.screen() {
        Screen::Flows(view) => {
            let Some(bridge) = view.spot.bridge(&state.scene) else { return String::new() };
            let lines = view.rows.flows.iter().map(|id| bridge.flow(*id).line_text(&bridge.names));
            lines.fold(String::new(), |text, line| text + &line + "\n")
        }
        Screen::Pipeline(view) => view.graph.as_ref().map_or(String::new(), |graph| {
            let fit = crate::graph::Fit { width: 120, density: crate::graph::Density::Full };
            crate::graph::text(graph, fit, state.look.charset)
        }),
        _ => super::super::view::text(state),
    }
}

/// Whether a column is shown, for the menu of columns.
pub fn has_column(state: &State, column: Column) -> bool {
    matches!(state.screen(), Screen::Flows(view) if view.columns.contains(&column))
}
