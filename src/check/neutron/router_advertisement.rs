//! Router advertisements that a port does not get.

use super::agent::icmp6_type;
use crate::check::finding::listed;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "router-advertisement-dropped",
    catalogue: "B5",
    severity: Severity::Note,
    sentence: "A port that speaks IPv6 gets no router advertisements, so its address does not come by itself.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let mut ports = Vec::new();
    for entry in agent.entries.iter().filter(|e| e.is_filtered) {
        let of = |table: u8| {
            agent.flows_of(entry.number).iter().copied().filter(move |id| int.bridge.flow(*id).table() == table)
        };
        // Only ports that speak IPv6 ask for a router.
        let speaks = of(71).any(|id| icmp6_type(int, id) == Some(133));
        let hears = of(81).any(|id| icmp6_type(int, id) == Some(134));
        if speaks && !hears && of(81).next().is_some() {
            ports.push(cx.port(int, entry.number));
        }
    }
    if !ports.is_empty() {
        let sentence = format!("Router advertisements are not let in to {} unless a rule says so.", listed(&ports));
        let hint = "If its IPv6 address does not come by itself (SLAAC), add a rule for ICMPv6 type 134 from the router, or update the agent.";
        found.add(Draft::new(sentence).on(int).about(listed(&ports)).hint(hint));
    }
}
