//! Instances behind distributed routers.

use super::agent::destination;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::format::mac_text;
use crate::field::slot::word;

/// The row.
pub const ROW: Row = Row {
    id: "dvr-port-not-reached",
    catalogue: "F3",
    severity: Severity::Error,
    sentence: "An instance does not get packets that a distributed router routed on another host.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_dvr) else { return };
    let int = agent.int(cx);
    for router in super::dvr_arp::routers(agent) {
        let Some(vlan) = router.vlan() else { continue };
        let instances = agent.ports.iter().filter(|v| {
            v.vlan() == Some(vlan) && v.interface.external_id("vm-uuid").or(v.interface.external_id("vm-id")).is_some()
        });
        for vif in instances {
            let (Some(mac), Some(number)) = (vif.mac(), vif.number()) else { continue };
            let takes = |table: u8| int.table(table).iter().copied().find(|id| destination(int, *id) == Some(mac));
            let flow = if vif.is_tunnelled() { takes(1) } else { takes(2) };
            let name = cx.port(int, number);
            let Some(flow) = flow else {
                let sentence = format!(
                    "{name} does not get packets that were routed on other hosts: tables 1 and 2 have no flow for {}.",
                    mac_text(mac)
                );
                let hint = "Restart the agent, or set the port down and up; then look whether the flow comes.";
                found.add(Draft::new(sentence).on(int).about(name).flows(int.table(1).last().copied()).hint(hint));
                continue;
            };
            let actions = int.bridge.flow(flow).actions();
            let high = super::agent::written(actions, word::ETH_SRC).map(u64::from);
            let low = super::agent::written(actions, word::ETH_SRC + 1).map(u64::from);
            let gateway = high.zip(low).map(|(high, low)| high << 32 | low);
            let macs: Vec<u64> = super::dvr_arp::routers(agent)
                .filter(|r| r.vlan() == Some(vlan))
                .filter_map(super::agent::Vif::mac)
                .collect();
            if let Some(gateway) = gateway.filter(|g| !macs.is_empty() && !macs.contains(g)) {
                let sentence = format!(
                    "{name} gets packets that were routed on other hosts from {}, which is no router of its network.",
                    mac_text(gateway)
                );
                let hint = "The router's port has another address now: restart the agent.";
                found.add(Draft::new(sentence).on(int).about(name).flows([flow]).hint(hint));
            }
        }
    }
}
