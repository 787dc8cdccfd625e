//! Ports that the firewall has not set up.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "port-not-filtered",
    catalogue: "A1 A8",
    severity: Severity::Error,
    sentence: "A port is wired, and the firewall knows nothing of it.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    for vif in agent.ports.iter().filter(|v| v.vlan().is_some()) {
        let Some(number) = vif.number().filter(|n| agent.entry(*n).is_none()) else { continue };
        let name = cx.port(int, number);
        let sentence =
            format!("{name} is wired, and table 60 does not take its packets: they go past the firewall, unfiltered.");
        let hint =
            "The firewall has not set the port up: see the agent's log, then restart it or set the port down and up.";
        found.add(Draft::new(sentence).on(int).about(name).flows(int.table(60).last().copied()).hint(hint));
    }
}
