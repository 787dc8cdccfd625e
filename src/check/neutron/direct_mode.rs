//! Sending accepted packets straight.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::names::port;

/// The row.
pub const ROW: Row = Row {
    id: "direct-mode-lost",
    catalogue: "G4",
    severity: Severity::Warning,
    sentence: "Accepted packets are flooded, though flows that send them straight are there.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let direct = int.table(94).iter().filter(|id| matches!(int.bridge.flow(**id).priority(), 10 | 12)).count();
    let normal = int.table(91).iter().copied().find(|id| {
        int.bridge.flow(*id).priority() == 1 && int.effects_of(*id).is_some_and(|e| e.outputs.contains(&port::NORMAL))
    });
    if let Some(flow) = normal.filter(|_| direct > 0) {
        let sentence = format!(
            "Accepted packets are switched with NORMAL in {}, though {} would send them straight: unknown addresses are flooded.",
            int.table_name(91),
            int.table_name(94)
        );
        let hint = "FWaaS writes this flow over that of the security groups when it starts: restart the agent without it, or accept the flooding.";
        found.add(Draft::new(sentence).on(int).about(int.table_name(91)).flows([flow]).hint(hint));
    }
}
