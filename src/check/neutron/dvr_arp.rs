//! ARP of distributed routers.

use super::agent::{Agent, Vif, destination, vlan_matched};
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "dvr-arp-not-restored",
    catalogue: "F6",
    severity: Severity::Error,
    sentence: "Answers to ARP requests of a distributed router do not come back to it.",
    needs: &[Need::Flows, Need::Database],
    run,
};

/// The ports of distributed routers on this node.
pub(super) fn routers<'c, 'a>(agent: &'c Agent<'a>) -> impl Iterator<Item = &'c Vif<'a>> {
    agent.ports.iter().filter(|v| v.interface.name.starts_with("qr-") && v.vlan().is_some())
}

/// The flows of table 0 that take what is sent to this node's own DVR address (priority 5).
pub(super) fn own_address<'c>(int: &'c BridgeCx<'_>) -> impl Iterator<Item = FlowId> + 'c {
    let leads = |id: &FlowId| matches!(super::agent::next_table(int.bridge.flow(*id).actions()), Some(3 | 4));
    int.table(0)
        .iter()
        .copied()
        .filter(move |id| int.bridge.flow(*id).priority() == 5 && destination(int, *id).is_some() && leads(id))
}

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_dvr) else { return };
    let int = agent.int(cx);
    // Agents before 2019 do not restore the address at all; that is another agent, and no fault of this node.
    let Some(first) = own_address(int).next() else { return };
    for router in routers(agent) {
        let (Some(vlan), Some(number)) = (router.vlan(), router.number()) else { continue };
        let back = [3, 4].into_iter().flat_map(|t| int.table(t)).any(|id| vlan_matched(int, *id) == Some(vlan));
        if back {
            continue;
        }
        let name = cx.port(int, number);
        let sentence = format!(
            "Answers to ARP requests of the router port {name} do not come back to it: tables 3 and 4 have no flow for VLAN {vlan}."
        );
        let hint =
            "The router cannot find hosts of that network: restart the agent, or set the router's port down and up.";
        found.add(Draft::new(sentence).on(int).about(name).flows([first]).hint(hint));
    }
    let restores = |mac: u64| {
        int.table(0).iter().any(|id| {
            let flow = int.bridge.flow(*id);
            let tha = (u64::from(flow.word(word::ARP_THA).0) << 32) | u64::from(flow.word(word::ARP_THA + 1).0);
            flow.priority() == 99 && tha == mac
        })
    };
    let has_any = int.table(0).iter().any(|id| int.bridge.flow(*id).priority() == 99);
    for router in routers(agent).filter(|_| has_any) {
        let (Some(mac), Some(number)) = (router.mac(), router.number()) else { continue };
        if !restores(mac) {
            let name = cx.port(int, number);
            let sentence = format!(
                "Answers to ARP requests of the router port {name} from this very host are not given back its own address: table 0 has no flow of priority 99 for it."
            );
            let hint = "Restart the agent, or set the router's port down and up.";
            found.add(Draft::new(sentence).on(int).about(name).flows([first]).hint(hint).as_bad_as(Severity::Warning));
        }
    }
}
