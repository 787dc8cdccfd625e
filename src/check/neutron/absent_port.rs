//! Flows that were left behind by a port.

use super::agent::REG_PORT;
use crate::base::words::counted;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;
use crate::model::bridge::FlowId;
use std::collections::BTreeMap;

/// The row.
pub const ROW: Row = Row {
    id: "flows-of-absent-port",
    catalogue: "A6",
    severity: Severity::Warning,
    sentence: "Flows stand for a port that is gone, as after a migration.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    let mut absent: BTreeMap<u32, Vec<FlowId>> = BTreeMap::new();
    for (id, flow) in int.bridge.flows.iter() {
        for field in [REG_PORT, word::IN_PORT] {
            if let (number, u32::MAX) = flow.word(field)
                && int.lacks_port(number)
            {
                let flows = absent.entry(number).or_default();
                if flows.last() != Some(&id) {
                    flows.push(id);
                }
            }
        }
    }
    for (number, flows) in absent {
        let sentence =
            format!("{} of {} are for port {number}, which is gone.", counted(flows.len(), "flow"), int.bridge.name);
        let hint =
            "The agent did not take them away; they hurt when the number is given to another port. Restart the agent.";
        found.add(Draft::new(sentence).on(int).about(format!("port {number}")).flows(flows).hint(hint));
    }
}
