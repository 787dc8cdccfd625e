//! The mapping from numbers on the wire to local VLANs.

use super::agent::vlan_written;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;

/// The row.
pub const ROW: Row = Row {
    id: "segment-not-mapped",
    catalogue: "E2 A7",
    severity: Severity::Error,
    sentence: "What comes through tunnels for a network in use here is dropped, or put on another network.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let Some(tun) = agent.tun(cx).filter(|t| !t.bridge.flows.is_empty()) else { return };
    for (vlan, vif) in agent.networks().into_iter().filter(|(_, vif)| vif.is_tunnelled()) {
        let table = match vif.note("network_type") {
            Some("gre") => 3,
            Some("vxlan") => 4,
            _ => 6,
        };
        let Some(segment) = vif.segment() else { continue };
        let mapping = tun.table(table).iter().copied().find(|id| tun.exact(*id, word::TUN_ID + 1) == Some(segment));
        let network = cx.network(vlan);
        let (sentence, flow) = match mapping {
            None => (
                format!(
                    "Packets of {network} that come through tunnels (number {segment}) are dropped: no flow of {} knows the network.",
                    tun.table_name(table)
                ),
                tun.table(table).last().copied(),
            ),
            Some(id) => match vlan_written(tun.bridge.flow(id).actions()) {
                Some(other) if other != vlan => (
                    format!(
                        "Packets of {network} that come through tunnels (number {segment}) are put on VLAN {other} instead."
                    ),
                    Some(id),
                ),
                _ => continue,
            },
        };
        let hint = "Restart the agent, which writes the mapping anew; see its log for why it failed.";
        found.add(Draft::new(sentence).on(tun).about(network).flows(flow).hint(hint));
    }
}
