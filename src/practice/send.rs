//! Sending packets through a practice switch, so that its counters move and its flows are learned.
//!
//! A switch counts a packet for each flow that it comes by, and makes the flows that `learn()` asks for (ovs-actions(7)
//! "The learn action"). Both are done here to a copy. A learned flow is made of the packet as the table saw it that holds
//! the flow with `learn()`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::edits::{Place, put};
use crate::action::learn::{Learn, Spec};
use crate::action::{Action, Actions};
use crate::dump::flow_line;
use crate::field::{Bits, Match, Names, Subfield, Version};
use crate::model::bridge::{Bridge, FlowId};
use crate::model::change::{ChangeSet, Request};
use crate::model::flow::{Flow, Stats};
use crate::model::flow_mod::FlowMod;
use crate::model::node::Node;
use crate::model::snapshot::Snapshot;
use crate::model::store::{FlowStore, Interner, Line, SegmentBuilder};
use crate::packet::write;
use crate::trace::{Found, Options, Packet, Trace, Verdict, What, World, trace};

/// Sends a packet into a bridge that stands alone.
pub fn send(bridge: &Bridge, packet: &Packet) -> Bridge {
    let node = Node { bridges: vec![Arc::new(bridge.clone())], ..Node::default() };
    let snapshot = Snapshot { nodes: vec![Arc::new(node)], ..Snapshot::default() };
    let (after, _) = send_into(&snapshot, (0, 0), packet);
    (*after.nodes[0].bridges[0]).clone()
}

/// Sends a packet into a bridge of a node: its flows count it, and flows are learned. What becomes of it there.
pub fn send_into(snapshot: &Snapshot, (node, bridge): Place, packet: &Packet) -> (Snapshot, Verdict) {
    let options = Options { keep: true, ..Options::default() };
    let world = World::of(&snapshot.nodes[node]);
    let found = trace(&world, bridge, packet, &options);
    let mut after = snapshot.clone();
    count(&mut after, node, &found);
    (after, found.verdict)
}

/// Counts a packet that was traced, and learns what it teaches.
pub fn count(snapshot: &mut Snapshot, node: usize, found: &Trace<'_>) {
    let mut hits: BTreeMap<usize, BTreeMap<FlowId, (u64, u64)>> = BTreeMap::new();
    let mut learned: Vec<(usize, Flow)> = Vec::new();
    for pass in &found.passes {
        let mut lookups = pass.lookups.iter();
        for step in &pass.steps {
            let What::Table { found, .. } = &step.what else { continue };
            let Some(packet) = lookups.next() else { break };
            let Found::Flow { flow, .. } = found else { continue };
            let at = usize::from(step.bridge);
            let counter = hits.entry(at).or_default().entry(*flow).or_default();
            counter.0 += 1;
            counter.1 += write(packet).bytes.len() as u64;
            for action in &snapshot.nodes[node].bridges[at].flow(*flow).actions().0 {
                if let Action::Learn(learn) = action {
                    learned.push((at, taught(learn, packet)));
                }
            }
        }
    }
    for (at, hits) in hits {
        let bridge = counted(&snapshot.nodes[node].bridges[at], &hits);
        put(snapshot, (node, at), bridge);
    }
    for (at, flow) in learned {
        let bridge = &snapshot.nodes[node].bridges[at];
        let request = Request::from(FlowMod::add(flow, Version::V15));
        // What the switch would refuse is not learned.
        if let Ok(set) = ChangeSet::plan(bridge, [request])
            && let Ok(after) = set.apply(bridge)
        {
            put(snapshot, (node, at), after);
        }
    }
}

/// The bridge with its counters moved.
fn counted(bridge: &Bridge, hits: &BTreeMap<FlowId, (u64, u64)>) -> Bridge {
    let interner = Interner::default();
    let mut segments = Vec::new();
    let mut rows = SegmentBuilder::new(&interner);
    for (id, row) in bridge.flows.iter() {
        let mut flow = row.to_flow();
        if let Some((packets, bytes)) = hits.get(&id) {
            let stats = flow.stats.get_or_insert(Stats { n_packets: Some(0), n_bytes: Some(0), ..Stats::default() });
            stats.n_packets = stats.n_packets.map(|n| n.saturating_add(*packets));
            stats.n_bytes = stats.n_bytes.map(|n| n.saturating_add(*bytes));
            stats.idle_age = stats.idle_age.map(|_| 0);
        }
        if rows.is_full() {
            segments.push(Arc::new(std::mem::replace(&mut rows, SegmentBuilder::new(&interner)).finish()));
        }
        let shape = rows.shape(&flow.matches);
        let head = row.head();
        let style = if flow.stats.is_some() { crate::model::flow::Style::Stats } else { head.style };
        rows.push(
            &flow,
            shape,
            row.action_list(),
            Line { number: row.line(), verbatim: None, style, names: head.names },
        );
    }
    segments.push(Arc::new(rows.finish()));
    Bridge { flows: FlowStore::new(segments), ..bridge.clone() }
}

/// The flow that `learn()` makes of a packet.
fn taught(learn: &Learn, packet: &Packet) -> Flow {
    let mut matches = Match::any();
    let mut actions: Vec<String> = Vec::new();
    let put = |to: &Subfield, part: &Bits, matches: &mut Match| {
        let (mut value, mut mask) = matches.get(&to.field);
        value.insert(to.offset.into(), to.width.into(), part);
        mask.fill(to.offset.into(), to.width.into());
        matches.set(&to.field, &value, &mask);
    };
    for spec in &learn.specs {
        match spec {
            Spec::MatchValue { field, value } => put(field, value, &mut matches),
            Spec::MatchField { field, from } => put(field, &bits(from, packet), &mut matches),
            Spec::LoadValue { to, value } => actions.push(load(to, value)),
            Spec::LoadField { to, from } => actions.push(load(to, &bits(from, packet))),
            Spec::Output(from) => actions.push(format!("output:{}", bits(from, packet).to_u64())),
        }
    }
    let actions = match actions.is_empty() {
        true => Actions::default(),
        false => flow_line::parse_actions(&actions.join(","), Names::none()).0,
    };
    Flow {
        table: learn.table,
        priority: learn.priority.into(),
        matches,
        actions,
        cookie: learn.cookie,
        idle_timeout: learn.idle_timeout,
        hard_timeout: learn.hard_timeout,
        stats: Some(Stats { n_packets: Some(0), n_bytes: Some(0), ..Stats::default() }),
        ..Flow::default()
    }
}

/// What a packet has in some bits.
fn bits(from: &Subfield, packet: &Packet) -> Bits {
    packet.key.read(from.field.slot).slice(from.offset.into(), from.width.into())
}

fn load(to: &Subfield, value: &Bits) -> String {
    let mut text = String::from("load:");
    text.push_str(&value.hex());
    text.push_str("->");
    to.paint(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::change_file;
    use crate::trace::spec;

    fn bridge(lines: &str) -> Bridge {
        let empty = Bridge { name: "br0".into(), ..Bridge::default() };
        let requests = change_file::read(lines, Names::none(), Version::V15).unwrap();
        let set = ChangeSet::plan(&empty, requests.into_iter().map(|(_, request)| request)).unwrap();
        set.apply(&empty).unwrap()
    }

    fn counters(bridge: &Bridge) -> Vec<(u64, u64)> {
        bridge.flows.iter().map(|(_, flow)| (flow.n_packets().unwrap_or(0), flow.n_bytes().unwrap_or(0))).collect()
    }

    #[test]
    fn the_counters_of_the_flows_on_the_way_move_and_no_others() {
        let lines = "table=0,in_port=1,actions=resubmit(,1)\ntable=1,ip,actions=output:2\ntable=1,arp,actions=drop\n";
        let before = bridge(lines);
        let packet = spec::parse("in_port=1,ip,nw_dst=10.0.0.1", Names::none()).unwrap();
        let once = send(&before, &packet);
        let twice = send(&once, &packet);
        let bytes = write(&packet).bytes.len() as u64;
        assert_eq!(counters(&before), [(0, 0); 3]);
        assert_eq!(counters(&once), [(1, bytes), (1, bytes), (0, 0)]);
        assert_eq!(counters(&twice), [(2, 2 * bytes), (2, 2 * bytes), (0, 0)]);
        // Counters are no difference.
        assert_eq!(before.revision(), twice.revision());
    }

    #[test]
    fn what_a_packet_teaches_is_a_flow_afterwards() {
        let lines = "actions=learn(table=5,priority=7,hard_timeout=9,NXM_OF_VLAN_TCI[0..11],\
                     NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],output:NXM_OF_IN_PORT[]),output:2\n";
        let packet = spec::parse("in_port=3,dl_vlan=9,dl_src=02:00:00:00:00:01", Names::none()).unwrap();
        let after = send(&bridge(lines), &packet);
        assert_eq!(after.flows.len(), 2);
        let learned = after.flow(1).line_text(Names::none());
        assert!(learned.contains("table=5") && learned.contains("hard_timeout=9"), "{learned}");
        assert!(learned.contains("vlan_tci=0x0009/0x0fff,dl_dst=02:00:00:00:00:01"), "{learned}");
        assert!(learned.contains("load:0->NXM_OF_VLAN_TCI[],output:3"), "{learned}");
        // The same packet teaches nothing new.
        assert_eq!(send(&after, &packet).flows.len(), 2);
    }
}
