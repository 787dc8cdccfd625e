//! What stands in the panes of the Node screen, as values: how many rows, and what each leads to.

use super::state::State;
use super::views::{NodeView, Pane};
use crate::base::paint::Role;
use crate::model::bridge::Bridge;
use crate::model::node_facts::InterfaceFacts;
use crate::model::port::Port;
use crate::model::snapshot::{Fate, Snapshot};
use crate::session::NodeScene;

/// How many rows a pane has.
pub fn len(state: &State, node: &NodeScene, view: &NodeView, pane: Pane) -> usize {
    match pane {
        Pane::Nodes => state.scene.nodes().len(),
        Pane::Bridges => node.bridges().len(),
        Pane::Drops => drops(node).len(),
        Pane::Ports => bridge(node, view).map_or(0, |b| b.ports.len()),
        Pane::Tunnels => tunnels(node).len(),
        Pane::Health => health(node, state.scene.snapshot(), state.is_warm).len(),
    }
}

/// The bridge under the cursor.
pub fn bridge<'n>(node: &'n NodeScene, view: &NodeView) -> Option<&'n Bridge> {
    node.bridges().get(view.cursors[Pane::Bridges as usize].at).map(|b| &**b.bridge())
}

/// A place where packets were dropped: the bridge by its place in the node, and the place by its number there.
pub type DropAt = (usize, usize);

/// How many places are listed for each bridge.
const DROPS: usize = 100;

/// Where packets were dropped on a node, most packets first.
pub fn drops(node: &NodeScene) -> Vec<DropAt> {
    let mut all = Vec::new();
    for (bridge, scene) in node.bridges().iter().enumerate() {
        let known = scene.drops_if_known().unwrap_or_default();
        all.extend(known.iter().take(DROPS).enumerate().map(|(at, drop)| (drop.packets, bridge, at)));
    }
    all.sort_by_key(|(packets, bridge, at)| (std::cmp::Reverse(*packets), *bridge, *at));
    all.into_iter().map(|(_, bridge, at)| (bridge, at)).collect()
}

/// A tunnel: the bridge by its place in the node, and the port's interface.
#[derive(Debug, Clone, Copy)]
pub struct TunnelAt<'n> {
    /// The bridge.
    pub bridge: usize,
    /// The interface.
    pub interface: &'n InterfaceFacts,
}

/// The tunnels of a node.
pub fn tunnels(node: &NodeScene) -> Vec<TunnelAt<'_>> {
    let facts = &node.node().facts;
    let mut all = Vec::new();
    for (bridge, scene) in node.bridges().iter().enumerate() {
        let interfaces = facts.bridge(&scene.bridge().name).map_or(&[][..], |b| &b.interfaces);
        all.extend(interfaces.iter().filter(|i| i.is_tunnel()).map(|interface| TunnelAt { bridge, interface }));
    }
    all
}

/// The ports of a bridge, those with a number from 1 up first.
pub fn ports(bridge: &Bridge) -> Vec<&Port> {
    bridge.ports.iter().collect()
}

/// A line about the health of what was read: good, bad, or not known.
pub fn health(node: &NodeScene, snapshot: &Snapshot, is_warm: bool) -> Vec<(Role, String)> {
    let mut lines = Vec::new();
    let mut say = |role, text: String| lines.push((role, text));
    let sources = &snapshot.sources;
    let read = sources.files.iter().filter(|f| !matches!(f.fate, Fate::Unused(_))).count();
    let unused = sources.files.len() - read;
    match sources.report.len() {
        0 => say(Role::Ok, format!("every line of {} understood", counted(read, "file"))),
        n => say(Role::Bad, format!("{} not understood: P lists them", counted(n, "line"))),
    }
    if unused > 0 {
        say(Role::Dim, format!("{} not used: P tells why", counted(unused, "file")));
    }
    if snapshot.is_partial {
        say(Role::Warn, "not everything was read: R reads it again".into());
    }
    let facts = &node.node().facts;
    if facts.bridges.is_empty() {
        say(Role::Dim, "no database was captured: no tunnels, controllers or port details".into());
    }
    for bridge in &facts.bridges {
        let gone = bridge.controllers.iter().filter(|c| c.is_connected == Some(false)).count();
        if gone > 0 {
            say(Role::Bad, format!("{}: {} not connected", bridge.name, counted(gone, "controller")));
        }
        let broken: Vec<_> = bridge.interfaces.iter().filter(|i| i.error.is_some()).collect();
        if let Some(first) = broken.first() {
            let why = first.error.as_deref().unwrap_or_default();
            say(
                Role::Bad,
                format!("{}: {} broken, {}: {why}", bridge.name, counted(broken.len(), "interface"), first.name),
            );
        }
    }
    let connected = facts.bridges.iter().flat_map(|b| &b.controllers).filter(|c| c.is_connected == Some(true)).count();
    if connected > 0 {
        say(Role::Ok, format!("{} connected", counted(connected, "controller")));
    }
    for (at, scene) in node.bridges().iter().enumerate().filter(|_| is_warm) {
        let system = &node.naming(at).system;
        if !system.is_empty() {
            say(Role::Ok, format!("{}: flows of {system}", scene.bridge().name));
        }
    }
    lines
}

/// So many of something.
pub fn counted(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}
