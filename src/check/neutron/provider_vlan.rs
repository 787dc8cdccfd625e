//! The two flows that join a local VLAN with the wire.

use super::agent::{is_untagged, vlan_matched, vlan_written};
use crate::base::words::capital;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;

/// The row.
pub const ROW: Row = Row {
    id: "provider-vlan-missing",
    catalogue: "F1 C4",
    severity: Severity::Error,
    sentence: "A network of VLANs or a flat one has no way in from the wire, or none out.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    for (vlan, vif) in agent.networks() {
        let (kind, segment) = (vif.note("network_type").unwrap_or_default(), vif.segment());
        if !matches!(kind, "vlan" | "flat") {
            continue;
        }
        let network = cx.network(vlan);
        let wire =
            segment.filter(|_| kind == "vlan").map_or("untagged frames".to_owned(), |s| format!("frames of VLAN {s}"));
        let is_inward = |id: &&u32| {
            let flow = int.bridge.flow(**id);
            let is_from_wire =
                int.exact(**id, word::IN_PORT).is_some_and(|n| agent.providers.iter().any(|p| p.int_port == n));
            let is_segment =
                if kind == "vlan" { vlan_matched(int, **id).map(u32::from) == segment } else { is_untagged(int, **id) };
            is_from_wire && is_segment && vlan_written(flow.actions()) == Some(vlan)
        };
        if !int.bridge.flows.is_empty() && !int.table(0).iter().any(|id| is_inward(&id)) {
            let sentence = format!(
                "{wire} that arrive for {network} are dropped: no flow of table 0 puts them on VLAN {vlan}.",
                wire = capital(&wire)
            );
            let drops = int.table(0).iter().copied().filter(|id| {
                let flow = int.bridge.flow(*id);
                flow.priority() == 2
                    && int.exact(*id, word::IN_PORT).is_some_and(|n| agent.providers.iter().any(|p| p.int_port == n))
            });
            let hint = format!(
                "The flow for {wire} of the physical network {} is missing: restart the agent.",
                vif.note("physical_network").unwrap_or("?")
            );
            found.add(Draft::new(sentence).on(int).about(network.clone()).flows(drops).hint(hint));
        }
        let bridges: Vec<_> = agent.providers.iter().filter_map(|p| Some((&cx.bridges[p.at?], p.phy_port?))).collect();
        let known = bridges.iter().filter(|(b, _)| !b.bridge.flows.is_empty() && !super::provider_bridge::is_bare(b));
        let known: Vec<_> = known.collect();
        let is_outward = |(bridge, port): &(&crate::check::BridgeCx<'_>, u32)| {
            let flows = [0, 2].into_iter().flat_map(|t| bridge.table(t));
            flows
                .into_iter()
                .any(|id| bridge.exact(*id, word::IN_PORT) == Some(*port) && vlan_matched(bridge, *id) == Some(vlan))
        };
        if let Some((bridge, port)) = known.first().filter(|_| !known.iter().any(|b| is_outward(b))) {
            let sentence = format!(
                "Packets of {network} do not leave this host: no provider bridge turns VLAN {vlan} into {wire}."
            );
            let hint = format!(
                "The flow of the bridge to {} is missing: restart the agent.",
                vif.note("physical_network").unwrap_or("the physical network")
            );
            let drops = bridge.table(0).iter().copied().filter(|id| bridge.exact(*id, word::IN_PORT) == Some(*port));
            found.add(Draft::new(sentence).on(bridge).about(network).flows(drops).hint(hint));
        }
    }
}
