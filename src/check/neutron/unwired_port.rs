//! Ports that the agent has not wired, or not yet.

use super::agent::DEAD_VLAN;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "port-not-wired",
    catalogue: "A1",
    severity: Severity::Warning,
    sentence: "A port of Neutron waits for the agent: it is on the dead VLAN, or has none.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    let drops = super::dead_port_drop::drops(int);
    for vif in &agent.ports {
        let interface = vif.interface;
        let name = vif.number().map_or_else(|| interface.name.to_string(), |n| cx.port(int, n));
        if interface.port.tag == Some(DEAD_VLAN) {
            let drop = vif.number().and_then(|n| drops.get(&n).copied());
            // A port that somebody set down waits on the same VLAN, with a flow that drops what it sends.
            let is_wired = vif.number().is_some_and(|n| agent.entry(n).is_some());
            let (severity, sentence) = match drop.is_some() && is_wired {
                true => (
                    Severity::Note,
                    format!("{name} is on the dead VLAN, 4095, and what it sends is dropped: it was set down."),
                ),
                false => (
                    Severity::Warning,
                    format!(
                        "{name} is on the dead VLAN, 4095: the agent has not wired it, and nothing it sends or gets passes."
                    ),
                ),
            };
            let hint =
                "See whether the port is up in Neutron and bound to this host, and what the agent's log says of it.";
            found.add(Draft::new(sentence).on(int).about(name).flows(drop).hint(hint).as_bad_as(severity));
        } else if interface.port.tag.is_none()
            && vif.note("net_uuid").is_none()
            && vif.number().is_some()
            && interface.kind.as_deref() != Some("patch")
        {
            let sentence =
                format!("{name} carries the Neutron port {} and has no VLAN: the agent has not bound it.", vif.id);
            let hint = "See whether the port exists, is bound to this host, and its binding did not fail (`openstack port show`).";
            found.add(Draft::new(sentence).on(int).about(name).hint(hint));
        }
    }
}
