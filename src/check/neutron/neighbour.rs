//! Neighbour discovery that is not bound to a port's own addresses.

use super::agent::{icmp6_type, source};
use crate::base::words::counted;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;

/// The row.
pub const ROW: Row = Row {
    id: "neighbour-spoofing",
    catalogue: "B6",
    severity: Severity::Warning,
    sentence: "Neighbour discovery is let through from addresses that are not the port's.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let mut flows = Vec::new();
    for id in int.table(71).iter().filter(|id| int.bridge.flow(**id).priority() == 95) {
        let flow = int.bridge.flow(*id);
        let matches = |first| (0..4).any(|n| flow.word(first + n).1 != 0);
        let is_wide = match icmp6_type(int, *id) {
            Some(130 | 133 | 135) => !matches(word::IPV6_SRC) || source(int, *id).is_none(),
            Some(136) => !matches(word::ND_TARGET),
            _ => false,
        };
        if is_wide {
            flows.push(*id);
        }
    }
    if !flows.is_empty() {
        let sentence = format!(
            "{} of {} let neighbour discovery through from any address: a neighbour can be impersonated.",
            counted(flows.len(), "flow"),
            int.table_name(71)
        );
        let hint = "Agents since 2021 match the address; update the agent, or see who wrote these flows.";
        found.add(Draft::new(sentence).on(int).about(int.table_name(71)).flows(flows).hint(hint));
    }
}
