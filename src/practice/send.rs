//! Sending packets through a practice switch, so that its counters move and its flows are learned.
//!
//! A switch counts a packet for each flow that it comes by, and makes the flows that `learn()` asks for. Both are done here
//! to a copy of a switch that stands alone; [`super::moves`] knows what a packet moves.

use std::sync::Arc;

use super::moves::{apply, deliver};
use crate::model::bridge::Bridge;
use crate::model::node::Node;
use crate::model::snapshot::Snapshot;
use crate::packet::Start;
use crate::session::{Scene, Ways};
use crate::trace::{Options, Packet};
use crate::why::conversation::Connections;

/// Sends a packet into a bridge that stands alone.
pub fn send(bridge: &Bridge, packet: &Packet) -> Bridge {
    let node = Node { bridges: vec![Arc::new(bridge.clone())], ..Node::default() };
    let mut snapshot = Snapshot { nodes: vec![Arc::new(node)], ..Snapshot::default() };
    let scene = Scene::new(snapshot.clone());
    let ways = Ways::of(&scene);
    let nodes = ways.around();
    let start = Start { node: 0, bridge: 0, packet: packet.clone() };
    let delivery = deliver(&nodes, start, &Options::default(), &Connections::captured(&nodes));
    apply(&mut snapshot, &delivery);
    (*snapshot.nodes[0].bridges[0]).clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::change_file;
    use crate::field::{Names, Version};
    use crate::model::change::ChangeSet;
    use crate::packet::write;
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
