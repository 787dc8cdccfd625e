//! Flows that use the local VLAN of an earlier time.

use super::agent::REG_NET;
use crate::base::words::counted;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "stale-local-vlan",
    catalogue: "A7",
    severity: Severity::Error,
    sentence: "A port's flows carry another local VLAN than the port, so that two networks mix.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    for vif in &agent.ports {
        let (Some(number), Some(vlan)) = (vif.number(), vif.vlan()) else { continue };
        let mut other = None;
        let mut flows: Vec<FlowId> = Vec::new();
        for entry in agent.entry(number).into_iter().filter(|e| e.vlan != vlan) {
            other = Some(entry.vlan);
            flows.push(entry.flow);
        }
        for id in agent.flows_of(number) {
            // The zone of a port's connections is the VLAN of its network.
            let (zone, mask) = int.bridge.flow(*id).word(word::CT);
            let zone = (mask >> 16 == 0xffff).then_some((zone >> 16) as u16);
            let net = int.exact(*id, REG_NET).map(|v| v as u16);
            if let Some(wrong) = zone.into_iter().chain(net).find(|v| *v != vlan) {
                other = Some(wrong);
                flows.push(*id);
            }
        }
        let Some(other) = other else { continue };
        let name = cx.port(int, number);
        let sentence = format!(
            "{} of {name} are for VLAN {other}, and the port is on VLAN {vlan}: its packets go into another network.",
            counted(flows.len(), "flow")
        );
        let hint = "The network was given another VLAN while the flows were kept: restart the agent, or set the port down and up.";
        found.add(Draft::new(sentence).on(int).about(name).flows(flows).hint(hint));
    }
}
