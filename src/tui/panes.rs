//! What stands in the panes of the Node screen, as values: how many rows, and what each leads to.

use super::state::State;
use super::views::{NodeView, Pane};
use crate::base::paint::Role;
use crate::base::words::counted;
use crate::check::{Finding, Severity};
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

/// A line about the health of what was read.
pub struct HealthRow {
    /// Good, bad, or not known.
    pub role: Role,
    /// What there is to say.
    pub text: String,
    /// The finding it tells of, by its number; lines about what was read lead to the files.
    pub finding: Option<usize>,
}

/// What there is to say about the health of a node: what was found, the worst first, and what was read.
pub fn health(node: &NodeScene, snapshot: &Snapshot, is_warm: bool) -> Vec<HealthRow> {
    let mut lines = Vec::new();
    let found = findings(node);
    lines.extend(counts(node));
    let row = |(at, f): (usize, &Finding)| HealthRow { role: role(f), text: f.sentence.clone(), finding: Some(at) };
    lines.extend(found.iter().enumerate().filter(|(_, f)| f.severity != Severity::Note).map(row));
    let mut say = |role, text: String| lines.push(HealthRow { role, text, finding: None });
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
    lines.extend(found.iter().enumerate().filter(|(_, f)| f.severity == Severity::Note).map(row));
    lines
}

/// What the checks found on a node, as far as they were run.
pub fn findings(node: &NodeScene) -> &[Finding] {
    node.findings_if_known().map_or(&[], |(found, _)| found)
}

/// How many findings there are, by severity, and how many checks could not be run.
fn counts(node: &NodeScene) -> Option<HealthRow> {
    let (found, not_run) = node.findings_if_known()?;
    let of = |severity: Severity| found.iter().filter(|f| f.severity == severity).count();
    let parts = Severity::ALL.into_iter().filter(|s| of(*s) > 0).map(|s| counted(of(s), s.word()));
    let parts: Vec<String> = parts.collect();
    let mut text = if parts.is_empty() { "nothing was found".to_owned() } else { parts.join(", ") };
    if !not_run.is_empty() {
        text.push_str(&format!("; {} not run", counted(not_run.len(), "check")));
    }
    let role = if of(Severity::Error) + of(Severity::Warning) > 0 { Role::Bad } else { Role::Ok };
    Some(HealthRow { role, text, finding: None })
}

fn role(finding: &Finding) -> Role {
    match finding.severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Warn,
        Severity::Note => Role::Dim,
    }
}
