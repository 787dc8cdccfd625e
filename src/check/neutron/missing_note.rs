//! What the agent notes beside a port, and does not find again.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "port-note-missing",
    catalogue: "A8",
    severity: Severity::Warning,
    sentence: "The agent's note of a port's VLAN is missing or differs, so its firewall fails on the port.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    for vif in &agent.ports {
        let (Some(vlan), Some(number)) = (vif.vlan(), vif.number()) else { continue };
        let noted = vif.note("tag").and_then(|t| t.parse::<u16>().ok());
        if noted == Some(vlan) || vif.interface.port.other_config.is_empty() && noted.is_some() {
            continue;
        }
        let name = cx.port(int, number);
        let sentence = match noted {
            None => format!(
                "{name} is on VLAN {vlan}, and the agent's note of it (other_config:tag) is missing: its firewall cannot filter the port."
            ),
            Some(noted) => format!(
                "{name} is on VLAN {vlan}, and the agent noted VLAN {noted} (other_config:tag): one of them is wrong."
            ),
        };
        let hint = "Restart the agent, which wires the port anew.";
        found.add(Draft::new(sentence).on(int).about(name).hint(hint));
    }
}
