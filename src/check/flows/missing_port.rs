//! Flows that send packets to a port that the bridge does not have.

use std::collections::BTreeMap;

use crate::base::words::counted;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "output-to-missing-port",
    catalogue: "A4",
    severity: Severity::Error,
    sentence: "Flows send packets to a port that the bridge does not have, where they are lost.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in cx.bridges.iter().filter(|b| b.ports.is_some()) {
        let mut by_port: BTreeMap<u32, Vec<FlowId>> = BTreeMap::new();
        for id in bridge.flows_that(|e| e.outputs.iter().any(|port| bridge.lacks_port(*port))) {
            let outputs = bridge.effects_of(id).map_or(&[][..], |e| &e.outputs);
            for port in outputs.iter().filter(|port| bridge.lacks_port(**port)) {
                let flows = by_port.entry(*port).or_default();
                if flows.last() != Some(&id) {
                    flows.push(id);
                }
            }
        }
        for (port, flows) in by_port {
            let counted_by = flows.iter().filter_map(|id| bridge.bridge.flow(*id).n_packets());
            let packets = counted_by.fold(0, u64::saturating_add);
            let lost = if packets > 0 {
                format!(" They took {} so far.", counted(packets as usize, "packet"))
            } else {
                String::new()
            };
            let sentence = format!(
                "{} of {} send packets to port {port}, which does not exist: the packets are lost.{lost}",
                counted(flows.len(), "flow"),
                bridge.bridge.name
            );
            let hint = "The port went away or has another number now; whoever wrote the flows must write them anew \
                 (for Neutron: restart the agent, or bring the port down and up).";
            found.add(Draft::new(sentence).on(bridge).about(format!("port {port}")).flows(flows).hint(hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::flows;

    #[test]
    fn a_port_that_is_not_there_is_told_with_its_flows() {
        let text = "priority=1,ip actions=output:1\npriority=2,ip actions=clone(output:77),output:1\nactions=NORMAL\n";
        let found = flows("output-to-missing-port", text);
        assert_eq!(found.iter().map(|f| (&*f.object, &f.flows[..])).collect::<Vec<_>>(), [("port 77", &[1][..])]);
        assert_eq!(flows("output-to-missing-port", "actions=output:1,IN_PORT,LOCAL\n"), []);
    }
}
