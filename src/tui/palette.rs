//! The command palette: everything that can be done or gone to, by what is typed.

use super::command::{COMMANDS, Command, Id};
use super::state::State;
use super::theme::Theme;
use super::update::Place;
use super::views::{Screen, Spot};
use crate::base::words::counted;

/// One thing to do or go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is, as it may be typed.
    pub text: String,
    /// Its key, if it has one.
    pub key: String,
    /// What it does, or why it cannot be done now.
    pub note: String,
    /// What happens.
    pub act: Act,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A command.
    Command(Id),
    /// A place.
    Go(Place),
    /// A row of the list.
    Row(usize),
    /// A filter for the list on the screen, or for the bridge.
    Filter(String),
    /// Compares with a source.
    Compare(String),
    /// A theme.
    Theme(&'static str),
    /// Nothing: it cannot be done here.
    Nothing,
}

/// How many things are listed.
const LIMIT: usize = 200;

/// What fits what is typed, best first.
pub fn items(state: &State, typed: &str) -> Vec<Item> {
    let typed = typed.trim();
    let mut found = direct(state, typed);
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let fits = |item: &Item| {
        let text = format!("{} {}", item.text, item.note).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    let mut rest: Vec<Item> = all(state).into_iter().filter(fits).collect();
    // What begins with the text comes before what only holds it, and what can be done before what cannot.
    let begins = |item: &Item| words.first().is_some_and(|w| item.text.to_lowercase().starts_with(w.as_str()));
    rest.sort_by_key(|item| (item.act == Act::Nothing, !begins(item)));
    found.extend(rest);
    found.truncate(LIMIT);
    found
}

/// What the text itself asks for.
fn direct(state: &State, typed: &str) -> Vec<Item> {
    let mut found = Vec::new();
    let item = |text: String, note: &str, act| Item { text, key: String::new(), note: note.to_owned(), act };
    if let (Ok(row), Screen::Flows(view)) = (typed.parse::<usize>(), state.screen()) {
        let last = view.rows.flows.len();
        if (1..=last).contains(&row) {
            found.push(item(format!("row {row}"), &format!("of {last}"), Act::Row(row - 1)));
        }
    }
    if let Some(filter) = typed.strip_prefix("flows where ").or_else(|| typed.strip_prefix("flows ")) {
        found.push(item(format!("flows where {filter}"), "filter the flows", Act::Filter(filter.to_owned())));
    }
    if let Some(source) = typed.strip_prefix("diff ").map(str::trim).filter(|source| !source.is_empty()) {
        found.push(item(format!("diff {source}"), "what changed from that source", Act::Compare(source.to_owned())));
    }
    found
}

/// Everything.
fn all(state: &State) -> Vec<Item> {
    let mut items: Vec<Item> = COMMANDS.iter().filter(|c| c.id != Id::Palette).map(|c| of_command(state, c)).collect();
    let item = |text: String, note: String, act| Item { text, key: String::new(), note, act };
    let here = state.screen().spot().cloned().or_else(|| spot_of_node(state));
    if let Some((spot, (node, at))) = here.and_then(|spot| Some((spot.clone(), spot.find(&state.scene)?))) {
        let bridge = node.bridges()[at].bridge();
        for table in bridge.tables() {
            let name = super::update::table_title(state, &spot, table.id);
            let place = Place::Flows(spot.clone(), Some(table.id), String::new());
            let note = counted(table.flows.len(), "flow");
            items.push(item(format!("table {}", name.trim_start_matches('T')), note, Act::Go(place)));
        }
        let place = Place::Flows(spot.clone(), None, String::new());
        items.push(item("all flows".into(), format!("of {}", spot.bridge), Act::Go(place)));
        for port in bridge.ports.iter().take(5000) {
            let name = crate::field::names::quoted(&port.name);
            let title = node.names().port(&spot.bridge, port.number).map(|w| w.title.to_string()).unwrap_or_default();
            let note = format!("flows of port {} {title}", port.number);
            let place = Place::Flows(spot.clone(), None, format!("port = {name}"));
            items.push(item(format!("port {}", port.name), note, Act::Go(place)));
        }
    }
    if let Some(spot) = state.screen().spot().cloned().or_else(|| spot_of_node(state))
        && let Some(bridge) = spot.bridge(&state.scene)
    {
        let groups = bridge.groups.iter().map(|group| ("group", group.id));
        let meters = bridge.meters.iter().map(|meter| ("meter", meter.id));
        for (word, id) in groups.chain(meters).take(5000) {
            let place = Place::Flows(spot.clone(), None, format!("{word} = {id}"));
            items.push(item(
                format!("{word} {id}"),
                format!("flows that use it; E changes the {word}"),
                Act::Go(place),
            ));
        }
    }
    for node in state.scene.nodes() {
        let name = &node.node().name;
        items.push(item(format!("node {name}"), String::new(), Act::Go(Place::Node(name.clone()))));
        for bridge in node.bridges() {
            let spot = Spot { node: name.clone(), bridge: bridge.bridge().name.clone() };
            let note = counted(bridge.bridge().flows.len(), "flow");
            let text = format!("bridge {} of {name}", spot.bridge);
            items.push(item(text, note, Act::Go(Place::Pipeline(spot, None))));
        }
    }
    for (name, doc) in Theme::names() {
        items.push(item(format!("theme {name}"), doc.to_owned(), Act::Theme(name)));
    }
    items
}

fn of_command(state: &State, command: &Command) -> Item {
    let works = command.contexts.has(state.context());
    let note = match works {
        true => command.doc.to_owned(),
        false => format!("{} (not on this screen)", command.doc),
    };
    let act = if works { Act::Command(command.id) } else { Act::Nothing };
    Item { text: command.name.replace('-', " "), key: state.keymap.key_of(command.id, state.context()), note, act }
}

fn spot_of_node(state: &State) -> Option<Spot> {
    match state.screen() {
        Screen::Node(view) => {
            let node = state.scene.nodes().iter().find(|n| n.node().name == view.node)?;
            let bridge = super::panes::bridge(node, view)?;
            Some(Spot { node: view.node.clone(), bridge: bridge.name.clone() })
        }
        _ => None,
    }
}
