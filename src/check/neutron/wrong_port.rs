//! Addresses that lead to another port than their own.

use super::agent::{REG_NET, REG_PORT, destination, vlan_matched, written};
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::format::mac_text;
use rustc_hash::FxHashMap;

/// The row.
pub const ROW: Row = Row {
    id: "mac-leads-to-wrong-port",
    catalogue: "A5",
    severity: Severity::Error,
    sentence: "Packets for an address go to another port than the one that has it.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    // Whose address it is: by MAC and local VLAN, where one port has it.
    let mut owners: FxHashMap<(u64, u16), Option<u32>> = FxHashMap::default();
    for vif in &agent.ports {
        if let (Some(mac), Some(vlan), Some(number)) = (vif.mac(), vif.vlan(), vif.number()) {
            owners.entry((mac, vlan)).and_modify(|o| *o = None).or_insert(Some(number));
        }
    }
    for (table, priority) in [(60, 90), (73, 100)] {
        for id in int.table(table).iter().filter(|id| int.bridge.flow(**id).priority() == priority) {
            let actions = int.bridge.flow(*id).actions();
            let vlan = if table == 60 {
                written(actions, REG_NET).map(|v| v as u16).or(vlan_matched(int, *id))
            } else {
                int.exact(*id, REG_NET).map(|v| v as u16)
            };
            let (Some(mac), Some(to), Some(vlan)) = (destination(int, *id), written(actions, REG_PORT), vlan) else {
                continue;
            };
            let Some(Some(owner)) = owners.get(&(mac, vlan)) else { continue };
            // A port may be allowed another's address; then both send from it, and table 71 says so.
            let is_allowed = agent
                .flows_of(to)
                .iter()
                .any(|f| int.bridge.flow(*f).table() == 71 && super::agent::source(int, *f) == Some(mac));
            if *owner != to && !is_allowed {
                let sentence = format!(
                    "Packets for {} go to {}, but the address belongs to {}.",
                    mac_text(mac),
                    cx.port(int, to),
                    cx.port(int, *owner)
                );
                let hint = "Ports were numbered anew behind the agent's back: restart the agent, which writes the flows again.";
                found.add(Draft::new(sentence).on(int).about(cx.port(int, *owner)).flows([*id]).hint(hint));
            }
        }
    }
}
