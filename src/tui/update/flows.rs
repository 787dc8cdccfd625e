//! Screen 3: flows.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::super::columns::{COLUMNS, Column};
use super::super::command::Id;
use super::super::geometry;
use super::super::input::Edit;
use super::super::job::{Ask, Rows};
use super::super::key::Key;
use super::super::layer::{Choice, Entry, Layer, Menu, Purpose};
use super::super::msg::Effect;
use super::super::short;
use super::super::state::{Settings, State};
use super::super::views::{FlowsView, Screen, Spot};
use super::layers;
use super::nav::{self, Place};
use crate::base::diag::Diagnostic;
use crate::base::paint::Role;
use crate::field::table::CT_STATE;
use crate::model::bridge::FlowId;
use crate::model::id::{FlowHash, Prefix};
use crate::query::{self, By, Filter, Scope};
use crate::session::Scene;

/// Filters remembered at most.
const PAST: usize = 100;

/// Whether a filter is being typed.
pub fn is_typing(state: &State) -> bool {
    matches!(state.screen(), Screen::Flows(view) if view.line.before.is_some())
}

fn parse(view: &FlowsView, scene: &Scene, settings: &Settings, text: &str) -> Result<Filter, Diagnostic> {
    match view.spot.find(scene) {
        Some((node, at)) => {
            let scope = Scope { aliases: &settings.aliases, ..node.scope(at) };
            Filter::parse(text, &scope)
        }
        None => Ok(Filter::any()),
    }
}

/// Gives a list a filter. A text that is wrong stays in the line, and the list as it is.
pub fn set_text(view: &mut FlowsView, scene: &Scene, settings: &Settings, text: &str) {
    if view.line.input.text() != text {
        view.line.input = super::super::input::Input::of(text);
    }
    match parse(view, scene, settings, text) {
        Ok(filter) => {
            view.filter = Arc::new(filter);
            view.line.wrong = None;
        }
        Err(wrong) => view.line.wrong = Some(wrong),
    }
}

/// Asks for the rows of the list on the screen.
pub fn ask_rows(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(view) = state.flows_mut() else { return };
    view.is_working = true;
    view.asked = now;
    let (filter, only) = (view.filter.clone(), view.only.clone());
    let ask = Ask::Rows { table: view.table, filter, only, sort: view.sort, by: view.by };
    super::ask(state, ask, effects);
}

/// The rows arrived. The cursor stays on its flow where that is still shown.
pub fn rows(view: &mut FlowsView, rows: Rows, now: u64, scene: &Scene) {
    let wanted = view.wanted.take().and_then(|hash| {
        let bridge = view.spot.bridge(scene)?;
        bridge.ids().find(Prefix { first: hash.0, last: hash.0 }).next()
    });
    let flow = wanted.or_else(|| view.flow());
    view.took = now.saturating_sub(view.asked);
    view.is_working = false;
    view.rows = rows;
    let len = view.len();
    let again = match (flow, &view.rows.fold) {
        (Some(flow), Some(fold)) => fold.groups.iter().position(|group| fold.flows(group).contains(&flow)),
        (Some(flow), None) => view.rows.flows.iter().position(|f| *f == flow),
        (None, _) => None,
    };
    view.cursor.go(again.unwrap_or(view.cursor.at), len);
    view.range = None;
    view.words = view.words.take().filter(|w| Some(w.flow) == view.flow());
}

/// Remembers by identity what numbers will not mean any more.
pub fn before_new_scene(view: &mut FlowsView, old: &Scene) {
    let Some(bridge) = view.spot.bridge(old) else { return };
    view.wanted = view.flow().filter(|f| (*f as usize) < bridge.flows.len()).map(|f| FlowHash::of(bridge.flow(f)));
    view.marks.clear();
    view.only = None;
    view.words = None;
    view.rows = Rows::default();
}

/// A key while a filter is typed.
pub fn typed(state: &mut State, key: Key, effects: &mut Vec<Effect>) {
    if key.code == KeyCode::F(1) {
        return super::command(state, Id::Help, effects);
    }
    let settings = state.settings.clone();
    let scene = state.scene.clone();
    let Some(view) = state.flows_mut() else { return };
    if let Some((completion, at)) = &mut view.line.offered {
        let len = completion.items.len();
        match key.code {
            KeyCode::Tab | KeyCode::Down => *at = (*at + 1) % len.max(1),
            KeyCode::BackTab | KeyCode::Up => *at = (*at + len.saturating_sub(1)) % len.max(1),
            KeyCode::Enter => return accept(state, effects),
            KeyCode::Esc => view.line.offered = None,
            _ => {
                view.line.offered = None;
                return typed(state, key, effects);
            }
        }
        return;
    }
    match key.code {
        KeyCode::Tab => return offer(state, effects),
        KeyCode::Enter => {
            if let Some(wrong) = &view.line.wrong {
                let text = wrong.message.clone();
                return state.say(Role::Bad, format!("{text}; Esc takes the old filter back"));
            }
            view.line.before = None;
            let text = view.line.input.text().to_owned();
            view.line.past.0.retain(|t| *t != text);
            if !text.is_empty() {
                view.line.past.0.push(text);
            }
            if view.line.past.0.len() > PAST {
                view.line.past.0.remove(0);
            }
            view.line.past.1 = None;
            return;
        }
        KeyCode::Esc => {
            if let Some((text, filter)) = view.line.before.take() {
                view.line.input = super::super::input::Input::of(&text);
                view.filter = filter;
                view.line.wrong = None;
            }
            return ask_rows(state, effects);
        }
        KeyCode::Up | KeyCode::Down => {
            let (past, at) = &mut view.line.past;
            let here = at.unwrap_or(past.len());
            let next =
                if key.code == KeyCode::Up { here.checked_sub(1) } else { Some(here + 1).filter(|n| *n <= past.len()) };
            let Some(next) = next else { return };
            *at = Some(next);
            let text = past.get(next).cloned().unwrap_or_default();
            set_text(view, &scene, &settings, &text);
        }
        _ => {
            let Some(edit) = Edit::of(key) else { return };
            if !view.line.input.edit(edit) {
                return;
            }
            let text = view.line.input.text().to_owned();
            set_text(view, &scene, &settings, &text);
        }
    }
    if state.flows_mut().is_some_and(|v| v.line.wrong.is_none()) {
        ask_rows(state, effects);
    }
}

/// Shows what may stand at the cursor; if that is one thing only, it is put there.
fn offer(state: &mut State, effects: &mut Vec<Effect>) {
    let (scene, settings) = (state.scene.clone(), state.settings.clone());
    let Some(view) = state.flows_mut() else { return };
    let Some((node, at)) = view.spot.find(&scene) else { return };
    let scope = Scope { aliases: &settings.aliases, ..node.scope(at) };
    let completion = query::complete(view.line.input.text(), view.line.input.cursor(), &scope);
    match completion.items.len() {
        0 => {
            let hint = completion.hint;
            state.say(Role::Warn, hint);
        }
        1 => {
            view.line.offered = Some((completion, 0));
            accept(state, effects);
        }
        _ => view.line.offered = Some((completion, 0)),
    }
}

/// Puts the chosen word at the cursor.
fn accept(state: &mut State, effects: &mut Vec<Effect>) {
    let (scene, settings) = (state.scene.clone(), state.settings.clone());
    let Some(view) = state.flows_mut() else { return };
    let Some((completion, at)) = view.line.offered.take() else { return };
    let Some(item) = completion.items.get(at) else { return };
    let (from, to) = (completion.replace.start as usize, completion.replace.end as usize);
    view.line.input.replace(from, to, &item.insert);
    let text = view.line.input.text().to_owned();
    set_text(view, &scene, &settings, &text);
    if view.line.wrong.is_none() {
        ask_rows(state, effects);
    }
}

/// A letter after `m` or `'`.
pub fn takes_letter(state: &mut State, key: Key) -> bool {
    let (is_set, is_go) = match state.pending.0.as_slice() {
        [first] => {
            let meaning = state.keymap.meaning(state.context(), &[*first]);
            let is = |id| meaning == super::super::command::Meaning::Command(id);
            (is(Id::SetPlace), is(Id::GoPlace))
        }
        _ => return false,
    };
    if !is_set && !is_go {
        return false;
    }
    state.pending.0.clear();
    let KeyCode::Char(letter) = key.code else { return true };
    let scene = state.scene.clone();
    let Some(view) = state.flows_mut() else { return true };
    let Some(bridge) = view.spot.bridge(&scene).cloned() else { return true };
    if is_set {
        let Some(flow) = view.flow() else { return true };
        view.places.retain(|(l, _)| *l != letter);
        view.places.push((letter, FlowHash::of(bridge.flow(flow))));
        state.say(Role::Ok, format!("this row is {letter}: ' {letter} comes back"));
        return true;
    }
    let found = view.places.iter().find(|(l, _)| *l == letter).map(|(_, hash)| *hash);
    let flow = found.and_then(|h| bridge.ids().find(Prefix { first: h.0, last: h.0 }).next());
    match flow.and_then(|flow| view.rows.flows.iter().position(|f| *f == flow)) {
        Some(at) => view.cursor.at = at,
        None => state.say(Role::Warn, format!("no row {letter} is shown here")),
    }
    true
}

/// Does a command here; false if it means nothing here.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let body = geometry::frame(state).body;
    let Screen::Flows(view) = state.screen_mut() else { return false };
    let (list, _) = geometry::flows(body, view.has_inspector);
    let (len, height) = (view.len(), usize::from(list.height));
    if super::step(id, &mut view.cursor, len, height) {
        view.part = 0;
        return true;
    }
    let flow = view.flow();
    match id {
        Id::Open if view.rows.fold.is_some() => return open_fold(state, effects),
        Id::Fold => fold_menu(state),
        Id::Open => {
            if let Some(flow) = flow {
                let spot = view.spot.clone();
                nav::go(state, Place::Flow(spot, flow), effects);
            }
        }
        Id::Filter => begin_typing(view),
        Id::AndCell | Id::NotCell | Id::OnlyCell | Id::TakeOff | Id::Clear => return refine(state, id, effects),
        Id::Left | Id::Right => sideways(state, id == Id::Right),
        Id::ScrollLeft => view.skip = view.skip.saturating_sub(8),
        Id::ScrollRight => view.skip = (view.skip + 8).min(4096),
        Id::Sort => sort_menu(state),
        Id::Reverse => {
            view.sort = Some(view.sort.map_or((Column::Priority, true), |(column, backwards)| (column, !backwards)));
            ask_rows(state, effects);
        }
        Id::Columns => columns_menu(state),
        Id::Raw => view.is_raw = !view.is_raw,
        Id::Inspector | Id::Full => view.has_inspector = !view.has_inspector,
        Id::Highlight => {
            let text = view.hits.as_ref().map_or(String::new(), |(text, _)| text.clone());
            layers::ask(state, "Highlight flows that match", &text, Purpose::Highlight);
        }
        Id::NextHit | Id::PreviousHit => return to_hit(state, id == Id::NextHit),
        Id::Mark => {
            if let Some(flow) = flow {
                let flows = view.flows_of(view.cursor.at).to_vec();
                if view.marks.contains(&flow) {
                    flows.iter().for_each(|flow| {
                        view.marks.remove(flow);
                    });
                } else {
                    view.marks.extend(flows);
                }
                view.cursor.step(1, len);
            }
        }
        Id::Range => match view.range.take() {
            None => {
                view.range = Some(view.cursor.at);
                state.say(Role::Ok, "range begins here; v marks up to the row where you press it again");
            }
            Some(from) => {
                let (a, b) = (from.min(view.cursor.at), from.max(view.cursor.at));
                let flows: Vec<FlowId> = (a..=b).flat_map(|row| view.flows_of(row).to_vec()).collect();
                view.marks.extend(flows);
            }
        },
        Id::MarkAll => {
            let flows = view.rows.flows.clone();
            view.marks.extend(flows.iter().copied());
        }
        Id::ClearMarks => view.marks.clear(),
        Id::SetPlace | Id::GoPlace => {
            // The letter comes next.
            let keys = state.keymap.keys_of(id, state.context());
            state.pending.0 = keys.first().and_then(|k| Key::parse_sequence(k)).unwrap_or_default();
            state.pending.1 = state.now;
        }
        Id::Copy => layers::copy_menu(state),
        Id::References | Id::OpenInContext => super::flow::links_menu(state),
        Id::Trace => super::trace::from_here(state, effects),
        Id::Why => super::trace::why(state, effects),
        Id::SaveView => layers::ask_save(state),
        Id::LeaveWithMarked => leave_with_marked(state, effects),
        Id::Back if view.range.is_some() => view.range = None,
        Id::Back if view.hits.is_some() => view.hits = None,
        Id::Back if view.by.is_some() => fold(state, None, effects),
        _ => return false,
    }
    true
}

/// Folds the list, or not.
pub fn fold(state: &mut State, by: Option<By>, effects: &mut Vec<Effect>) {
    if let Some(view) = state.flows_mut() {
        view.by = by;
        view.cursor = Default::default();
        view.rows.flows = Arc::default();
        view.rows.fold = None;
        ask_rows(state, effects);
    }
}

fn fold_menu(state: &mut State) {
    let is_folded = matches!(state.screen(), Screen::Flows(view) if view.by.is_some());
    let mut entries: Vec<Entry> = By::ALL
        .iter()
        .zip("tcpjs".chars())
        .map(|(row, key)| Entry::new(key, row.name, Choice::Fold(Some(row.by))).note(row.doc))
        .collect();
    if is_folded {
        entries.insert(0, Entry::new('x', "not at all", Choice::Fold(None)));
    }
    state.layers.push(Layer::Menu(Menu::new("Fold flows that have in common", entries)));
}

/// Opens the flows of a folded row as a list of their own.
fn open_fold(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let Screen::Flows(view) = state.screen() else { return false };
    let flows = view.flows_of(view.cursor.at).to_vec();
    let (spot, table, columns) = (view.spot.clone(), view.table, view.columns.clone());
    if let [flow] = flows[..] {
        nav::go(state, Place::Flow(spot, flow), effects);
        return true;
    }
    if !flows.is_empty() {
        nav::go(state, Place::Flows(spot, table, String::new()), effects);
        if let Some(view) = state.flows_mut() {
            (view.only, view.columns) = (Some(Arc::new(flows)), columns);
        }
        ask_rows(state, effects);
    }
    true
}

/// Goes to a flow, or to a list of a few flows.
pub fn open_only(state: &mut State, spot: Spot, flows: Vec<FlowId>, effects: &mut Vec<Effect>) {
    match flows[..] {
        [] => {}
        [flow] => nav::go(state, Place::Flow(spot, flow), effects),
        _ => {
            nav::go(state, Place::Flows(spot, None, String::new()), effects);
            if let Some(view) = state.flows_mut() {
                view.only = Some(Arc::new(flows));
            }
            ask_rows(state, effects);
        }
    }
}

fn begin_typing(view: &mut FlowsView) {
    let text = view.filter.text().to_owned();
    view.line.before = Some((text, view.filter.clone()));
    view.line.past.1 = None;
}

/// Makes the filter narrower or wider by the cell under the cursor.
fn refine(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let term = cell_term(state);
    let (scene, settings) = (state.scene.clone(), state.settings.clone());
    let Screen::Flows(view) = state.screen_mut() else { return false };
    let now = view.filter.text().to_owned();
    let text = match (id, term) {
        (Id::TakeOff, _) => query::take_off_last(&now),
        (Id::Clear, _) => {
            view.hits = None;
            String::new()
        }
        (_, None) => {
            state.say(Role::Warn, "nothing stands there that a filter could ask for");
            return true;
        }
        (Id::AndCell, Some(term)) => query::add(&now, &term),
        (Id::NotCell, Some(term)) => query::add_not(&now, &term),
        (_, Some(term)) => query::only(&term),
    };
    set_text(view, &scene, &settings, &text);
    ask_rows(state, effects);
    true
}

/// The term for the cell under the cursor.
pub fn cell_term(state: &State) -> Option<String> {
    let Screen::Flows(view) = state.screen() else { return None };
    let (node, at) = view.spot.find(&state.scene)?;
    let flow = view.flow()?;
    if view.column == Column::Match {
        let parts = match_parts(&node.scope(at), flow);
        return match parts.get(view.part.min(parts.len().saturating_sub(1))) {
            Some(part) => Some(part.clone()),
            None => query::term(&node.scope(at), flow, query::Cell::Match),
        };
    }
    query::term(&node.scope(at), flow, view.column.cell()?)
}

/// What stands between the commas of a match, as it is shown in its column.
pub fn match_parts(scope: &Scope<'_>, flow: FlowId) -> Vec<String> {
    let matches = scope.bridge.flow(flow).matches();
    let mut text = String::new();
    short::paint_match(&matches, &[CT_STATE], &scope.bridge.names, &mut text);
    if text.starts_with('(') || text.is_empty() {
        return Vec::new();
    }
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    for c in text.chars() {
        is_quoted ^= c == '"';
        match (c, parts.last_mut()) {
            (',', _) if !is_quoted => parts.push(String::new()),
            (c, Some(last)) => last.push(c),
            _ => {}
        }
    }
    parts
}

/// To the next part of a match, or the next column.
fn sideways(state: &mut State, is_right: bool) {
    let scene = state.scene.clone();
    let width = usize::from(geometry::frame(state).body.width);
    let Screen::Flows(view) = state.screen_mut() else { return };
    let parts = match (view.spot.find(&scene), view.flow()) {
        (Some((node, at)), Some(flow)) => match_parts(&node.scope(at), flow).len().max(1),
        _ => 1,
    };
    view.part = view.part.min(parts - 1);
    if view.column == Column::Match {
        if is_right && view.part + 1 < parts {
            view.part += 1;
            return;
        }
        if !is_right && view.part > 0 {
            view.part -= 1;
            return;
        }
    }
    let shown = shown_columns(view, width);
    let at = shown.iter().position(|c| *c == view.column).unwrap_or(0);
    let next = if is_right { at + 1 } else { at.wrapping_sub(1) };
    if let Some(column) = shown.get(next) {
        view.column = *column;
        view.part = if is_right { 0 } else { parts - 1 };
    }
}

/// The columns that are on the screen.
pub fn shown_columns(view: &FlowsView, width: usize) -> Vec<Column> {
    let chosen: Vec<Column> =
        view.columns.iter().copied().filter(|c| *c != Column::Table || view.table.is_none()).collect();
    super::super::columns::fitting(&chosen, width).iter().map(|r| r.column).collect()
}

fn sort_menu(state: &mut State) {
    let mut entries =
        vec![Entry::new('0', "none", Choice::Sort(None)).note("as packets meet them, or as the dump has them")];
    let keys = "tpkbaicmxogfv".chars();
    let rows = COLUMNS.iter().filter(|r| r.column != Column::Id).zip(keys);
    entries
        .extend(rows.map(|(r, key)| Entry::new(key, r.title.to_lowercase(), Choice::Sort(Some(r.column))).note(r.doc)));
    let mut menu = Menu::new("Sort by", entries);
    menu.cursor.at = 1;
    state.layers.push(Layer::Menu(menu));
}

fn columns_menu(state: &mut State) {
    let entries = COLUMNS.iter().map(|r| Entry::new(None, r.title, Choice::Column(r.column)).note(r.doc)).collect();
    let menu = Menu { stays: true, ..Menu::new("Columns: Enter shows or hides", entries) };
    state.layers.push(Layer::Menu(menu));
}

/// Shows a column, or not.
pub fn toggle_column(view: &mut FlowsView, column: Column) {
    if view.columns.contains(&column) {
        // Something must stay to be looked at.
        if view.columns.len() > 1 {
            view.columns.retain(|c| *c != column);
        }
    } else {
        let order = |c: &Column| COLUMNS.iter().position(|r| r.column == *c);
        let at = view.columns.iter().position(|c| order(c) > order(&column)).unwrap_or(view.columns.len());
        view.columns.insert(at, column);
    }
}

/// Looks for flows to highlight.
pub fn highlight(state: &mut State, text: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    let (scene, settings) = (state.scene.clone(), state.settings.clone());
    let Screen::Flows(view) = state.screen_mut() else { return Ok(()) };
    if text.trim().is_empty() {
        view.hits = None;
        return Ok(());
    }
    let filter = parse(view, &scene, &settings, text).map_err(|d| d.message)?;
    view.hits = Some((text.to_owned(), Arc::default()));
    super::ask(state, Ask::Hits(Arc::new(filter)), effects);
    Ok(())
}

fn to_hit(state: &mut State, is_next: bool) -> bool {
    let Screen::Flows(view) = state.screen_mut() else { return false };
    let Some((_, hits)) = view.hits.clone() else {
        state.say(Role::Dim, "nothing is highlighted; \\ does that");
        return true;
    };
    let (flows, here) = (view.rows.flows.clone(), view.cursor.at);
    let is_hit = |at: &usize| hits.binary_search(&flows[*at]).is_ok();
    let found = match is_next {
        true => (here + 1..flows.len()).chain(0..=here.min(flows.len().saturating_sub(1))).find(is_hit),
        false => (0..here).rev().chain((here..flows.len()).rev()).find(is_hit),
    };
    match found {
        Some(at) => view.cursor.at = at,
        None => state.say(Role::Warn, "no flow that is shown matches the highlight"),
    }
    true
}

fn leave_with_marked(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Flows(view) = state.screen() else { return };
    let Some(bridge) = view.spot.bridge(&state.scene) else { return };
    if view.marks.is_empty() {
        return state.say(Role::Warn, "nothing is marked; Space marks a row");
    }
    let mut out = String::new();
    for flow in &view.marks {
        out.push_str(&bridge.flow(*flow).line_text(&bridge.names));
        out.push('\n');
    }
    effects.push(Effect::Quit(out));
}
