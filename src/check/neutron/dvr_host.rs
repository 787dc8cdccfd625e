//! The DVR addresses of other hosts.

use super::agent::{destination, source};
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::format::mac_text;
use crate::model::bridge::Bridge;

/// The row.
pub const ROW: Row = Row {
    id: "dvr-host-unknown",
    catalogue: "F5",
    severity: Severity::Warning,
    sentence: "What another host routed keeps that host's address here, since its DVR address is not known.",
    needs: &[Need::Flows, Need::Peers],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_dvr) else { return };
    let int = agent.int(cx);
    let own: Vec<u64> = super::dvr_arp::own_address(int).filter_map(|id| destination(int, id)).collect();
    for node in cx.snapshot.nodes.iter().filter(|n| n.name != cx.node.name) {
        let Some(other) = node.bridge(&int.bridge.name) else { continue };
        for mac in addresses(other).into_iter().filter(|mac| !own.contains(mac)) {
            let knows = int.table(0).iter().any(|id| source(int, *id) == Some(mac));
            if !knows && !own.is_empty() {
                let sentence = format!(
                    "Packets that {} routed do not get their router's address back here: table 0 does not know its DVR address {}.",
                    node.name,
                    mac_text(mac)
                );
                let hint = "The agent learns of other hosts from the server: restart it.";
                found.add(Draft::new(sentence).on(int).about(&*node.name).hint(hint));
            }
        }
    }
}

/// The DVR addresses of a node: what its table 0 takes for itself.
fn addresses(bridge: &Bridge) -> Vec<u64> {
    let Some(table) = bridge.table(0) else { return Vec::new() };
    let mut found = Vec::new();
    for id in &table.flows {
        let flow = bridge.flow(*id);
        let (high, low) =
            (flow.word(crate::field::slot::word::ETH_DST), flow.word(crate::field::slot::word::ETH_DST + 1));
        let leads = matches!(super::agent::next_table(flow.actions()), Some(3 | 4));
        if flow.priority() == 5 && leads && low.1 == u32::MAX && high.1 == 0xffff {
            found.push(u64::from(high.0) << 32 | u64::from(low.0));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
