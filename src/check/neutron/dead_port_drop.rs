//! The drop of a dead port, left when the port came back.

use rustc_hash::FxHashMap;

use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "dead-port-drop-left",
    catalogue: "A2",
    severity: Severity::Error,
    sentence: "A port is wired again, and the flow that dropped its packets while it was down is still there.",
    needs: &[Need::Flows, Need::Database],
    run,
};

/// The flows of table 0 that drop what a port sends, by the port.
pub(super) fn drops(int: &BridgeCx<'_>) -> FxHashMap<u32, FlowId> {
    let is_it = |id: &&FlowId| {
        let flow = int.bridge.flow(**id);
        flow.priority() == 2 && flow.actions().is_drop() && flow.shape().masks.len() == 1
    };
    int.table(0).iter().filter(is_it).filter_map(|id| Some((int.exact(*id, word::IN_PORT)?, *id))).collect()
}

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    let drops = drops(int);
    for vif in agent.ports.iter().filter(|v| v.vlan().is_some()) {
        let Some(number) = vif.number() else { continue };
        let Some(flow) = drops.get(&number).copied() else { continue };
        let name = cx.port(int, number);
        let sentence = format!("{name} is wired, and a flow of table 0 still drops everything that it sends.");
        let hint = "The flow was left when the port came up: set the port down and up again, or restart the agent.";
        found.add(Draft::new(sentence).on(int).about(name).flows([flow]).hint(hint));
    }
}
