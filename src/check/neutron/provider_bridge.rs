//! Provider bridges that were made again.

use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "provider-bridge-not-set-up",
    catalogue: "F2",
    severity: Severity::Error,
    sentence: "A provider bridge was made again and the agent has not set it up.",
    needs: &[Need::Flows],
    run,
};

/// Whether a bridge only switches by itself.
pub(super) fn is_bare(bridge: &BridgeCx<'_>) -> bool {
    !bridge.bridge.flows.is_empty()
        && bridge.bridge.flows.iter().all(|(_, flow)| flow.shape().masks.is_empty() && flow.table() == 0)
}

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    for provider in &agent.providers {
        let Some(bridge) = provider.at.map(|at| &cx.bridges[at]).filter(|b| is_bare(b)) else { continue };
        let name = &bridge.bridge.name;
        let sentence = format!(
            "{name} only has the flow of a new bridge: it was made again, and the agent has not set it up. No VLAN network works through it."
        );
        let hint = "Restart the agent; do not make the bridge again (ifdown and ifup do) while it runs.";
        let flows = bridge.table(0).iter().copied();
        found.add(Draft::new(sentence).on(bridge).about(&**name).flows(flows).hint(hint));
    }
}
