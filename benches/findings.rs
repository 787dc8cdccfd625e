//! Everything that the checks find: `cargo bench --bench findings`.
//!
//! 57,012 firewall flows of a node with 1,000 ports, with the database of such a node, and a million of them.

mod neutron_like;

use std::sync::Arc;
use std::time::Instant;

use ofscope::base::progress::Progress;
use ofscope::check::FINDINGS;
use ofscope::dump::flows;
use ofscope::field::Names;
use ofscope::model::bridge::Bridge;
use ofscope::model::node::Node;
use ofscope::model::node_facts::{BridgeFacts, InterfaceFacts, NodeFacts, PortFacts};
use ofscope::model::snapshot::Snapshot;
use ofscope::session::Scene;

/// How often the checks are run; the middle time is told.
const RUNS: usize = 5;

fn main() {
    measure(1_000);
    measure(neutron_like::ports_for(1_000_000));
}

fn measure(ports: usize) {
    let text = neutron_like::dump(ports);
    let loaded = flows::load(text.as_bytes(), &"bench".into(), Names::none(), &Progress::default(), |_| {});
    drop(text);
    let bridge = Bridge { name: "br-int".into(), flows: loaded.flows, is_dumped: true, ..Bridge::default() };
    let n = bridge.flows.len();
    let facts = NodeFacts { bridges: vec![database(ports)], ..NodeFacts::default() };
    let node = Node { name: "bench".into(), bridges: vec![Arc::new(bridge)], facts, ..Node::default() };
    let scene = Scene::new(Snapshot { nodes: vec![Arc::new(node)], ..Snapshot::default() });
    let node = &scene.nodes()[0];
    // What others need as well is not the checks' work.
    node.names();
    node.naming(0);
    node.bridges()[0].bridge().pipeline();
    let timed = |only: &[&str]| {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..RUNS {
            let start = Instant::now();
            found = node.check(only).0.len();
            times.push(start.elapsed());
        }
        times.sort_unstable();
        (times[RUNS / 2].as_secs_f64() * 1e3, found)
    };
    let (all, found) = timed(&[]);
    println!("{n} flows: all {} checks {all:.1} ms, {found} findings", FINDINGS.len());
    let mut each: Vec<(f64, &str)> = FINDINGS.iter().map(|row| (timed(&[row.id]).0, row.id)).collect();
    each.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (time, id) in each.iter().take(8) {
        println!("  {id:28} {time:8.1} ms");
    }
}

/// The database of such a node: a port for each that the flows name.
fn database(ports: usize) -> BridgeFacts {
    let pair = |key: &str, value: String| (key.into(), value.into());
    let interface = |n: usize| {
        let (net, mac) = (n / 250 + 1, [n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff]);
        let port = PortFacts {
            name: format!("tap{n:08x}-00").into(),
            tag: Some(net as u16),
            other_config: vec![
                pair("net_uuid", format!("net-{net}")),
                pair("network_type", "vxlan".into()),
                pair("segmentation_id", (1000 + net).to_string()),
                pair("tag", net.to_string()),
            ],
            ..PortFacts::default()
        };
        InterfaceFacts {
            name: port.name.clone(),
            ofport: Some(n as u32 + 10),
            port: Arc::new(port),
            external_ids: vec![
                pair("attached-mac", format!("fa:16:3e:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2])),
                pair("iface-id", format!("port-{n}")),
            ],
            ..InterfaceFacts::default()
        }
    };
    BridgeFacts { name: "br-int".into(), interfaces: (0..ports).map(interface).collect(), ..BridgeFacts::default() }
}
