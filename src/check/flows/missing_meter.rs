//! Flows that use a meter that the bridge does not have.

use std::collections::BTreeMap;

use crate::base::words::counted;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "missing-meter",
    catalogue: "",
    severity: Severity::Error,
    sentence: "Flows use a meter that the bridge does not have.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        // Where the meters were not captured, nobody knows which there are.
        if bridge.bridge.meters.is_empty() && !cx.has_read("meters", &bridge.bridge.name) {
            continue;
        }
        let is_missing = |id: &u32| bridge.bridge.meter(*id).is_none();
        let mut missing: BTreeMap<u32, Vec<FlowId>> = BTreeMap::new();
        for flow in bridge.flows_that(|e| e.meters.iter().any(is_missing)) {
            let used = bridge.effects_of(flow).map_or(&[][..], |e| &e.meters);
            for id in used.iter().filter(|id| is_missing(id)) {
                missing.entry(*id).or_default().push(flow);
            }
        }
        for (id, flows) in missing {
            let sentence = format!(
                "{} of {} use meter {id}, which does not exist.",
                counted(flows.len(), "flow"),
                bridge.bridge.name
            );
            let hint = format!(
                "A switch takes no such flow, so the meter went away behind it: add meter {id}, or capture again."
            );
            found.add(Draft::new(sentence).on(bridge).about(format!("meter {id}")).flows(flows).hint(hint));
        }
    }
}
