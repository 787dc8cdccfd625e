//! Other nodes of the same capture, as far as tunnels to them are concerned.

use crate::check::Cx;
use crate::model::node::Node;
use crate::model::node_facts::value;

/// The other nodes that have a wired port on a network, each with the address of its end of tunnels.
pub(super) fn with_network<'a>(cx: &Cx<'a>, network: &str) -> Vec<(&'a Node, &'a str)> {
    let others = cx.snapshot.nodes.iter().filter(|n| n.name != cx.node.name);
    let mut found = Vec::new();
    for node in others.filter(|_| !network.is_empty()) {
        let interfaces = || node.facts.bridges.iter().flat_map(|b| &b.interfaces);
        let has_port = interfaces().any(|i| {
            value(&i.port.other_config, "net_uuid") == Some(network)
                && i.port.tag.is_some_and(|t| t != super::agent::DEAD_VLAN)
        });
        let end = interfaces().filter(|i| i.is_tunnel()).find_map(|i| i.option("local_ip"));
        if let Some(end) = end.filter(|_| has_port) {
            found.push((&**node, end));
        }
    }
    found
}
