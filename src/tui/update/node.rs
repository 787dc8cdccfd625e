//! Screen 1: the node.

use super::super::command::Id;
use super::super::geometry;
use super::super::msg::Effect;
use super::super::panes;
use super::super::state::State;
use super::super::views::{NodeView, Pane, Screen, Spot};
use super::nav::{self, Place};
use crate::base::paint::{Role, Target};
use crate::check::drops::At;
use crate::model::bridge::FlowId;
use crate::session::NodeScene;

/// The node on the screen.
pub fn scene<'s>(state: &'s State, view: &NodeView) -> Option<&'s NodeScene> {
    state.scene.nodes().iter().find(|n| n.node().name == view.node)
}

/// The bridge under the cursor.
pub fn spot(state: &State) -> Option<Spot> {
    let node = match state.screen() {
        Screen::Node(view) => {
            let node = scene(state, view)?;
            return spot_at(node, view.cursors[Pane::Bridges as usize].at);
        }
        _ => state.scene.nodes().first()?,
    };
    spot_at(node, 0)
}

fn spot_at(node: &NodeScene, at: usize) -> Option<Spot> {
    let bridge = node.bridges().get(at)?.bridge().name.clone();
    Some(Spot { node: node.node().name.clone(), bridge })
}

/// Puts the cursor on br-int, where most people want to go, else on the bridge with the most flows.
pub fn begin_at_the_interesting_bridge(state: &mut State) {
    let Screen::Node(view) = state.screen() else { return };
    let Some(node) = scene(state, view) else { return };
    let bridges = || node.bridges().iter().enumerate();
    let named = bridges().find(|(_, b)| &*b.bridge().name == "br-int");
    let Some((at, _)) = named.or_else(|| bridges().max_by_key(|(_, b)| b.bridge().flows.len())) else { return };
    if let Screen::Node(view) = state.screen_mut() {
        view.cursor(Pane::Bridges).at = at;
    }
}

/// Does a command here; false if it means nothing here.
pub fn command(state: &mut State, id: Id, effects: &mut Vec<Effect>) -> bool {
    let body = geometry::frame(state).body;
    let Screen::Node(view) = state.screen() else { return false };
    let at = geometry::node_panes(state, view, body);
    let (pane, is_full) = (view.pane, view.is_full);
    let height = at.iter().find(|p| p.pane == pane).map_or(1, |p| usize::from(p.rows.height));
    let node = scene(state, view);
    let lens = Pane::ALL.map(|p| node.map_or(0, |node| panes::len(state, node, view, p)));
    let len = lens[pane as usize];
    // In a row of nodes, sideways is forward.
    let id = match (pane, id) {
        (Pane::Nodes, Id::Right) => Id::Down,
        (Pane::Nodes, Id::Left) => Id::Up,
        _ => id,
    };
    match id {
        Id::Open | Id::OpenInContext => {
            open(state, effects);
            return true;
        }
        Id::Trace => {
            super::trace::from_here(state, effects);
            return true;
        }
        Id::Back if !is_full => return false,
        _ => {}
    }
    let Screen::Node(view) = state.screen_mut() else { return false };
    match id {
        Id::NextPane | Id::PreviousPane => {
            let shown: Vec<Pane> =
                Pane::ALL.into_iter().filter(|p| lens[*p as usize] > 0 || *p == Pane::Drops).collect();
            if let Some(here) = shown.iter().position(|p| *p == pane) {
                let step = if id == Id::NextPane { 1 } else { shown.len() - 1 };
                view.pane = shown[(here + step) % shown.len()];
            }
        }
        Id::Full => view.is_full = !is_full,
        Id::Back => view.is_full = false,
        _ => {
            if !super::step(id, view.cursor(pane), len, height) {
                return false;
            }
            match pane {
                Pane::Nodes => choose_node(state),
                Pane::Bridges => *view.cursor(Pane::Ports) = Default::default(),
                _ => {}
            }
        }
    }
    true
}

/// The port under the cursor.
pub fn port(state: &State) -> Option<u32> {
    let Screen::Node(view) = state.screen() else { return None };
    let bridge = panes::bridge(scene(state, view)?, view)?;
    Some(panes::ports(bridge).get(view.cursors[Pane::Ports as usize].at)?.number)
}

/// The flow of the drop radar's row under the cursor.
pub fn drop_flow(state: &State) -> Option<(Spot, FlowId)> {
    let Screen::Node(view) = state.screen() else { return None };
    let node = scene(state, view)?;
    let drops = panes::drops(node);
    let (bridge, at) = drops.get(view.cursors[Pane::Drops as usize].at)?;
    match node.bridges()[*bridge].drops_if_known()?.get(*at)?.at {
        At::Flow(flow) | At::Feeder { flow, .. } => Some((spot_at(node, *bridge)?, flow)),
        _ => None,
    }
}

fn choose_node(state: &mut State) {
    let Screen::Node(view) = state.screen() else { return };
    let at = view.cursors[Pane::Nodes as usize];
    let Some(node) = state.scene.nodes().get(at.at).map(|n| n.node().name.clone()) else { return };
    if let Screen::Node(view) = state.screen_mut() {
        *view = NodeView { pane: Pane::Nodes, ..NodeView::new(node) };
        *view.cursor(Pane::Nodes) = at;
    }
    begin_at_the_interesting_bridge(state);
}

fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let Screen::Node(view) = state.screen() else { return };
    let Some(node) = scene(state, view) else { return };
    let row = view.cursors[view.pane as usize].at;
    let place = match view.pane {
        Pane::Nodes => {
            if let Screen::Node(view) = state.screen_mut() {
                view.pane = Pane::Bridges;
            }
            return;
        }
        Pane::Bridges => spot_at(node, row).map(|spot| Place::Pipeline(spot, None)),
        Pane::Drops => panes::drops(node).get(row).and_then(|(bridge, at)| {
            let spot = spot_at(node, *bridge)?;
            let drop = node.bridges()[*bridge].drops_if_known()?.get(*at)?;
            Some(match drop.at {
                At::Flow(flow) | At::Feeder { flow, .. } => Place::Flow(spot, flow),
                At::Miss(table) => Place::Flows(spot, Some(table), String::new()),
                At::PortRx(port) | At::PortTx(port) => return port_flows(state, spot, port),
                At::Meter(id) => Place::Flows(spot, None, format!("meter = {id}")),
            })
        }),
        Pane::Ports => {
            let bridge = panes::bridge(node, view);
            let port = bridge.and_then(|b| panes::ports(b).get(row).map(|p| p.number));
            let spot = spot(state);
            if let (Some(spot), Some(port)) = (spot, port) {
                nav::follow(state, &spot, Target::Port(port), effects);
            }
            return;
        }
        Pane::Tunnels => panes::tunnels(node).get(row).and_then(|tunnel| {
            let spot = spot_at(node, tunnel.bridge)?;
            let name = crate::field::names::quoted(&tunnel.interface.name).into_owned();
            Some(Place::Flows(spot, None, format!("port = {name}")))
        }),
        Pane::Health => {
            let line = panes::health(node, state.scene.snapshot(), state.is_warm).into_iter().nth(row);
            match line.and_then(|line| line.finding) {
                Some(at) => return open_finding(state, at, effects),
                None => Some(Place::Sources),
            }
        }
    };
    if let Some(place) = place {
        nav::go(state, place, effects);
    }
}

/// The flows of a finding; the status line says what to do next.
fn open_finding(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    let Screen::Node(view) = state.screen() else { return };
    let Some(node) = scene(state, view) else { return };
    let Some(finding) = panes::findings(node).get(at).cloned() else { return };
    if let Some(spot) = finding.bridge.and_then(|bridge| spot_at(node, bridge)) {
        super::flows::open_only(state, spot, finding.flows, effects);
    }
    state.say(Role::Accent, format!("{}: {}", finding.id, finding.hint));
}

/// The flows that name a port.
fn port_flows(state: &State, spot: Spot, port: u32) -> Option<Place> {
    let bridge = spot.bridge(&state.scene)?;
    let name = bridge.names.port_name(port).map_or_else(|| port.to_string(), |n| n.to_string());
    let text = format!("port = {}", crate::field::names::quoted(&name));
    Some(Place::Flows(spot, None, text))
}
