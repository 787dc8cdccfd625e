//! Tables that no packet comes to.

use crate::base::words::counted;
use crate::check::finding::listed;
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::Table;
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
        let is_lost = |table: &&Table| {
            // A table with nothing but a default is an empty room with its door: Neutron makes several.
            let waits = table.flows.iter().all(|id| bridge.bridge.flow(*id).shape().masks.is_empty());
            !reachable.contains(&table.id) && !waits && !is_resumed(bridge, table.id)
        };
        // Without table 0 packets get nowhere, or the capture lacks it.
        let lost: Vec<&Table> =
            bridge.bridge.tables().iter().filter(|_| !bridge.table(0).is_empty()).filter(is_lost).collect();
        if bridge.naming.system.is_empty() {
            lost.iter().for_each(|table| found.add(finding(bridge, &[table], Severity::Warning)));
        } else if !lost.is_empty() {
            // Agents keep tables for ports and networks that may come.
            found.add(finding(bridge, &lost, Severity::Note));
        }
    }
}

fn finding(bridge: &BridgeCx<'_>, tables: &[&Table], severity: Severity) -> Draft {
    let names: Vec<String> = tables.iter().map(|t| bridge.table_name(t.id)).collect();
    let flows = || tables.iter().flat_map(|t| &t.flows).copied();
    let n = flows().count();
    let (verb, them) = (if n == 1 { "gets" } else { "get" }, if tables.len() == 1 { "it" } else { "them" });
    let sentence =
        format!("{} of {} {verb} no packet: no way leads from table 0 to {them}.", counted(n, "flow"), listed(&names));
    let hint = match severity {
        Severity::Note => "They are in use only while a port or a network needs them; then something leads there.",
        _ => "Find out which flow should lead there, or take the table's flows away.",
    };
    Draft::new(sentence).on(bridge).about(listed(&names)).flows(flows()).hint(hint).as_bad_as(severity)
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
