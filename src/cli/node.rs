//! `ofscope node`: the nodes of a source with their bridges.

use clap::Args;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::columns::{Columns, Side, count, field};
use super::context::{Chosen, Context};
use super::failure::{CommandResult, Outcome};
use super::{drops, json, ports, tunnels};
use crate::base::paint::{Painter, Role};
use crate::base::safe::visible;
use crate::base::words::counted;
use crate::session::{NodeScene, Scene, Source};

/// Print the nodes of a source with their bridges.
#[derive(Debug, Args)]
pub struct NodeArgs {
    /// A dump, a directory of captures, `-` for standard input, or `demo:NAME`.
    pub source: Option<String>,
    /// Print JSON, with ports and tunnels.
    #[arg(long)]
    pub json: bool,
}

/// Prints the nodes.
pub fn run(args: &NodeArgs, cx: &Context) -> CommandResult {
    let scene = cx.open(args.source.as_deref())?;
    print(&scene, args.json, cx)
}

/// Prints the overview of a source, as `ofscope SOURCE` does where there is no screen.
pub fn overview(source: &Source, cx: &Context) -> CommandResult {
    print(&cx.load(source)?, false, cx)
}

fn print(scene: &Scene, is_json: bool, cx: &Context) -> CommandResult {
    let nodes: Vec<&NodeScene> = match &cx.global.node {
        Some(_) => vec![cx.node(scene)?],
        None => scene.nodes().iter().collect(),
    };
    let mut out = cx.out();
    if is_json {
        let nodes: Vec<Value> = nodes.iter().map(|node| node_json(node)).collect();
        let source = &*scene.snapshot().sources.name;
        out.bytes(json::text(&json::document("node", json!({"source": source, "nodes": nodes}))).as_bytes());
    } else {
        for (n, node) in nodes.iter().enumerate() {
            out.text(if n > 0 { "\n" } else { "" });
            paint(node, cx.width(), &mut out);
            paint_drops(node, cx.width(), &mut out);
        }
    }
    cx.finish(out, scene.snapshot(), Outcome::Done)
}

fn paint(scene: &NodeScene, width: usize, p: &mut impl Painter) {
    let node = scene.node();
    let version = node.facts.ovs_version.as_ref().map(|v| format!("Open vSwitch {v}"));
    let system = Some(system(scene)).filter(|system| !system.is_empty()).map(str::to_owned);
    let flows = counted(node.flow_count(), "flow");
    let tunnels = Some(tunnels::count(scene)).filter(|n| *n > 0).map(|n| counted(n, "tunnel"));
    let connections = node.connections.as_ref().map(|c| counted(c.len(), "tracked connection"));
    p.put(Role::Accent, &visible(&node.name));
    let mut column = node.name.width();
    for part in [version, system, Some(flows), tunnels, connections].into_iter().flatten() {
        let part = visible(&part);
        if column + 3 + part.width() > width {
            p.text("\n ");
            column = 1;
        }
        p.dim(" | ");
        p.text(&part);
        column += 3 + part.width();
    }
    p.text("\n");
    let mut columns = Columns::new(&[
        ("BRIDGE", Side::Left),
        ("FAIL", Side::Left),
        ("CTL", Side::Right),
        ("PORTS", Side::Right),
        ("TABLES", Side::Right),
        ("FLOWS", Side::Right),
        ("PACKETS", Side::Right),
        ("DROPPED", Side::Right),
    ]);
    for at in 0..scene.bridges().len() {
        let facts = Facts::of(Chosen { node: scene, at });
        let controllers = facts.controllers.map(|(up, all)| format!("{up}/{all}")).unwrap_or_default();
        columns.push([
            field(Role::Accent, &facts.name),
            field(Role::Text, facts.fail_mode.unwrap_or_default()),
            field(
                if facts.controllers.is_some_and(|(up, all)| up < all) { Role::Warn } else { Role::Text },
                controllers,
            ),
            count(Some(facts.ports)),
            count(facts.is_dumped.then_some(facts.tables)),
            count(facts.is_dumped.then_some(facts.flows)),
            count(facts.packets),
            field(if facts.dropped > Some(0) { Role::Drop } else { Role::Text }, number(facts.dropped)),
        ]);
    }
    columns.paint(width, p);
}

/// Prints where most packets were discarded.
fn paint_drops(scene: &NodeScene, width: usize, p: &mut impl Painter) {
    const SHOWN: usize = 3;
    let places = drops::places(scene);
    if !places.is_empty() {
        p.text("\n");
        drops::paint(&places[..places.len().min(SHOWN)], width, p);
    }
    if places.len() > SHOWN {
        let more = counted(places.len() - SHOWN, "other place");
        p.dim(&format!("and {more}: ofscope drops SOURCE --node {}\n", visible(&scene.node().name)));
    }
}

/// Who installs the flows of a node: of its first bridge of which that is known.
fn system(scene: &NodeScene) -> &str {
    (0..scene.bridges().len()).map(|at| &*scene.naming(at).system).find(|system| !system.is_empty()).unwrap_or("")
}

fn number(n: Option<u64>) -> String {
    n.map(|n| n.to_string()).unwrap_or_default()
}

/// What is told of a bridge.
struct Facts {
    name: String,
    fail_mode: Option<String>,
    /// Controllers that are connected, and all.
    controllers: Option<(usize, usize)>,
    ports: u64,
    tables: u64,
    flows: u64,
    is_dumped: bool,
    /// Packets that flows of the first table counted.
    packets: Option<u64>,
    /// Packets that were dropped, as the drop radar counts them.
    dropped: Option<u64>,
}

impl Facts {
    fn of(chosen: Chosen<'_>) -> Facts {
        let bridge = chosen.bridge();
        let known = chosen.node.node().facts.bridge(&bridge.name);
        let controllers = known.filter(|f| !f.controllers.is_empty()).map(|f| {
            let up = f.controllers.iter().filter(|c| c.is_connected == Some(true)).count();
            (up, f.controllers.len())
        });
        let first = bridge.tables().first().map(|t| bridge.pipeline().table(t.id));
        let has_counters = bridge.flows.iter().next().is_some_and(|(_, flow)| flow.head().has_stats);
        let drops = chosen.node.bridges()[chosen.at].drops().iter();
        let dropped = drops.map(|drop| drop.packets).fold(0, u64::saturating_add);
        Facts {
            name: bridge.name.to_string(),
            fail_mode: known.and_then(|f| f.fail_mode.as_ref()).map(ToString::to_string),
            controllers,
            ports: bridge.ports.len() as u64,
            tables: bridge.tables().len() as u64,
            flows: bridge.flows.len() as u64,
            is_dumped: bridge.is_dumped || !bridge.flows.is_empty(),
            packets: first.filter(|_| has_counters).map(|sum| sum.packets),
            dropped: has_counters.then_some(dropped),
        }
    }
}

fn node_json(scene: &NodeScene) -> Value {
    let node = scene.node();
    let bridges: Vec<Value> = (0..scene.bridges().len()).map(|at| bridge_json(Chosen { node: scene, at })).collect();
    json!({
        "name": &*node.name,
        "ovs_version": node.facts.ovs_version.as_deref(),
        "hostname": node.facts.hostname(),
        "system_id": node.facts.system_id(),
        "counts": {
            "bridges": bridges.len(),
            "ports": node.bridges.iter().map(|b| b.ports.len()).sum::<usize>(),
            "flows": node.flow_count(),
            "tunnels": tunnels::count(scene),
            "connections": node.connections.as_ref().map(|c| c.len()),
        },
        "bridges": bridges,
        "tunnels": tunnels::json(scene),
    })
}

fn bridge_json(chosen: Chosen<'_>) -> Value {
    let (bridge, facts) = (chosen.bridge(), Facts::of(chosen));
    let naming = chosen.node.naming(chosen.at);
    json!({
        "name": facts.name,
        "datapath_id": bridge.datapath_id.map(|id| format!("{id:016x}")),
        "version": bridge.version.map(crate::field::Version::name),
        "fail_mode": facts.fail_mode,
        "controllers": facts.controllers.map(|(up, all)| json!({"connected": up, "all": all})),
        "system": &*naming.system,
        "role": &*naming.role,
        "is_dumped": facts.is_dumped,
        "counts": {
            "ports": facts.ports,
            "tables": facts.tables,
            "flows": facts.flows,
            "groups": bridge.groups.len(),
            "meters": bridge.meters.len(),
            "dropped": facts.dropped,
        },
        "ports": ports::json(chosen),
    })
}
