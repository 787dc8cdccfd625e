//! The flows that keep provider bridges from becoming a loop.

use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;

/// The row.
pub const ROW: Row = Row {
    id: "provider-loop-guard-missing",
    catalogue: "A11",
    severity: Severity::Error,
    sentence: "The flow that drops frames of foreign VLANs between the bridges is missing, so they may loop.",
    needs: &[Need::Flows],
    run,
};

/// Whether some flow of the bridge drops what comes from a port and nothing above takes.
fn has_guard(bridge: &BridgeCx<'_>, port: u32) -> bool {
    let tables = [0, 1, 2];
    tables.iter().flat_map(|t| bridge.table(*t)).any(|id| {
        let flow = bridge.bridge.flow(*id);
        flow.priority() == 2
            && flow.actions().is_drop()
            && bridge.exact(*id, word::IN_PORT) == Some(port)
            && flow.shape().masks.len() == 1
    })
}

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    for provider in &agent.providers {
        // A bridge whose flows were not captured, or that has none yet, says nothing.
        let back = provider.at.map(|at| &cx.bridges[at]).zip(provider.phy_port);
        let ends = [Some((int, provider.int_port)), back];
        for (bridge, port) in ends.into_iter().flatten().filter(|(b, _)| !b.bridge.flows.is_empty()) {
            if has_guard(bridge, port) {
                continue;
            }
            let name = cx.port(bridge, port);
            let sentence = format!(
                "Nothing of {} drops frames of foreign VLANs from {name}: they are flooded, and may go round for ever.",
                bridge.bridge.name
            );
            let hint = "The flow `priority=2,in_port=.. actions=drop` is missing: restart the agent, which sets the bridge up anew.";
            found.add(
                Draft::new(sentence).on(bridge).about(name).flows(bridge.table(0).iter().copied().take(4)).hint(hint),
            );
        }
    }
}
