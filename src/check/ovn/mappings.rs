//! The mapping from physical networks to bridges.

use std::collections::HashSet;

use super::claims;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::naming::Kind;

/// The row.
pub const ROW: Row = Row {
    id: "ovn-bridge-mapping-missing",
    catalogue: "F1",
    severity: Severity::Error,
    sentence: "A physical network that ports of this node use is not mapped to a bridge, or to one that does not exist.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(int) = cx.kind(Kind::OvnIntegration).next() else { return };
    let mappings = cx.node.facts.bridge_mappings();
    for (network, bridge) in &mappings {
        if cx.node.facts.bridge(bridge).is_none() {
            let sentence =
                format!("The physical network {network} is mapped to the bridge {bridge}, which does not exist.");
            let hint = "Make the bridge, or mend external_ids:ovn-bridge-mappings.";
            found.add(Draft::new(sentence).about(*network).hint(hint));
        }
    }
    let Some(database) = claims::southbound(cx) else { return };
    let here: Vec<&str> =
        database.rows("Chassis").iter().filter(|c| claims::is_this_node(cx, c)).map(|c| &*c.uuid).collect();
    let ports = database.rows("Port_Binding");
    let is_here = |row: &crate::model::ovsdb::Row| row.text("chassis").is_some_and(|id| here.contains(&id.as_str()));
    // The switches that this node has ports on.
    let switches: HashSet<String> = ports.iter().filter(|p| is_here(p)).filter_map(|p| p.text("datapath")).collect();
    for localnet in ports.iter().filter(|r| r.text("type").as_deref() == Some("localnet")) {
        let Some(network) = localnet.key("options", "network_name") else { continue };
        let in_use = localnet.text("datapath").is_some_and(|switch| switches.contains(&switch));
        if !in_use || mappings.iter().any(|(name, _)| *name == network) {
            continue;
        }
        let known: Vec<&str> = mappings.iter().map(|(name, _)| *name).collect();
        let maps = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        let sentence = format!(
            "Ports of this node use the physical network {network}, and ovn-bridge-mappings maps {maps}: their packets have no way to the wire."
        );
        let hint = format!("ovs-vsctl set open_vswitch . external_ids:ovn-bridge-mappings={network}:BRIDGE");
        found.add(Draft::new(sentence).on(int).about(network).hint(hint));
    }
}
