//! The flows that flood broadcasts through tunnels.

use super::agent::{Agent, Vif, vlan_matched};
use crate::check::finding::listed;
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::FlowId;
use std::collections::BTreeSet;

/// The row.
pub const ROW: Row = Row {
    id: "flood-misses-host",
    catalogue: "E1",
    severity: Severity::Error,
    sentence: "Broadcasts of a network do not reach a host that has ports on it, or no other host at all.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let Some(tun) = agent.tun(cx).filter(|t| !t.bridge.flows.is_empty()) else { return };
    for (vlan, vif) in agent.networks().into_iter().filter(|(_, vif)| vif.is_tunnelled()) {
        let flood: Vec<FlowId> = tun
            .table(22)
            .iter()
            .copied()
            .filter(|id| vlan_matched(tun, *id) == Some(vlan) && !tun.bridge.flow(*id).actions().is_drop())
            .collect();
        let reached: BTreeSet<u32> = flood.iter().flat_map(|id| outputs(tun, *id)).collect();
        let wanted = wanted(cx, agent, tun, vlan, vif);
        let missing: Vec<String> = wanted.difference(&reached).map(|port| cx.port(tun, *port)).collect();
        if missing.is_empty() {
            continue;
        }
        let network = cx.network(vlan);
        let sentence = match flood.is_empty() {
            true => format!(
                "Nothing floods broadcasts of {network} to other hosts: ARP and DHCP do not reach {}.",
                listed(&missing)
            ),
            false => format!(
                "Broadcasts of {network} are not flooded to {}: ARP and DHCP do not reach that host.",
                listed(&missing)
            ),
        };
        let hint = "The flow of table 22 lacks the tunnel: restart the agent (with l2population: an update was lost).";
        let flows = if flood.is_empty() { tun.table(22).last().copied().into_iter().collect() } else { flood };
        found.add(Draft::new(sentence).on(tun).about(network).flows(flows).hint(hint));
    }
}

fn outputs<'c>(tun: &'c BridgeCx<'_>, id: FlowId) -> impl Iterator<Item = u32> + 'c {
    tun.effects_of(id).into_iter().flat_map(|e| e.outputs.iter().copied())
}

/// The tunnels that broadcasts of a network must reach, as far as the capture tells.
fn wanted(cx: &Cx<'_>, agent: &Agent<'_>, tun: &BridgeCx<'_>, vlan: u16, vif: &Vif<'_>) -> BTreeSet<u32> {
    let unicast =
        |priority: u32| tun.table(20).iter().copied().filter(move |id| tun.bridge.flow(*id).priority() == priority);
    let has_l2pop = unicast(2).next().is_some() || tun.table(21).len() > 1;
    let kind = vif.note("network_type");
    let tunnels =
        || tun.facts.into_iter().flat_map(|f| &f.interfaces).filter(|i| i.is_tunnel() && i.kind.as_deref() == kind);
    // Whoever gets unicast packets of the network has a port on it.
    let mut wanted: BTreeSet<u32> =
        unicast(2).filter(|id| vlan_matched(tun, *id) == Some(vlan)).flat_map(|id| outputs(tun, id)).collect();
    if !has_l2pop {
        // Without l2population every tunnel is flooded.
        wanted.extend(tunnels().filter_map(|i| i.ofport));
    }
    for (_, end) in super::peers::with_network(cx, vif.note("net_uuid").unwrap_or_default()) {
        wanted.extend(tunnels().filter(|i| i.option("remote_ip") == Some(end)).filter_map(|i| i.ofport));
    }
    let _ = agent;
    wanted
}
