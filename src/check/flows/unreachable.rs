//! Tables that no packet comes to.

use crate::check::finding::counted;
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::model::flow::TableId;

/// The row.
pub const ROW: Row = Row {
    id: "unreachable-table",
    catalogue: "",
    severity: Severity::Warning,
    sentence: "A table has flows, and no way leads there from table 0.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in cx.bridges.iter().filter(|b| !b.bridge.flows.is_empty() && !b.bridge.is_partial) {
        let reachable = bridge.bridge.pipeline().reachable(0);
        for table in bridge.bridge.tables().iter().filter(|t| !reachable.contains(&t.id)) {
            // A table with nothing but a default is an empty room with its door: Neutron makes several.
            let waits = table.flows.iter().all(|id| bridge.bridge.flow(*id).shape().masks.is_empty());
            // A controller sends packets into a table of its choice, and connection tracking resumes where it was told.
            if waits || bridge.table(0).is_empty() || is_resumed(bridge, table.id) {
                continue;
            }
            let name = bridge.table_name(table.id);
            let verb = if table.flows.len() == 1 { "gets" } else { "get" };
            let sentence = format!(
                "{} of {name} {verb} no packet: no way leads from table 0 to it.",
                counted(table.flows.len(), "flow")
            );
            let is_known = !bridge.naming.system.is_empty();
            let severity = if is_known { Severity::Note } else { Severity::Warning };
            let hint = match is_known {
                true => "It is in use only while a port or a network needs it; then something leads there.",
                false => "Find out which flow should lead there, or take the table's flows away.",
            };
            found.add(
                Draft::new(sentence)
                    .on(bridge)
                    .about(name)
                    .flows(table.flows.iter().copied())
                    .hint(hint)
                    .as_bad_as(severity),
            );
        }
    }
}

/// Whether some flow of the table counted packets: then a way leads there that the capture does not show.
fn is_resumed(bridge: &BridgeCx<'_>, table: TableId) -> bool {
    bridge.table(table).iter().any(|id| bridge.bridge.flow(*id).n_packets().is_some_and(|n| n > 0))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::flows;

    #[test]
    fn a_table_that_nothing_leads_to_is_told() {
        let text = "table=0,priority=0 actions=goto_table:1\ntable=1,priority=0 actions=drop\n\
             table=7,priority=1,ip actions=drop\ntable=8,priority=0 actions=drop\n";
        let found = flows("unreachable-table", text);
        assert_eq!(found.iter().map(|f| &*f.object).collect::<Vec<_>>(), ["table 7"]);
        let led = text.replace("goto_table:1", "goto_table:1,resubmit(,7)");
        assert_eq!(flows("unreachable-table", &led), []);
    }
}
