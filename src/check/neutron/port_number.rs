//! Ports whose interface has no OpenFlow number.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::ovsdb::Row as DbRow;

/// The row.
pub const ROW: Row = Row {
    id: "port-without-number",
    catalogue: "A3",
    severity: Severity::Error,
    sentence: "A port of Neutron has no OpenFlow number, so flows for it name nothing.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    // A source without the column, such as `ovs-vsctl show`, says nothing of numbers.
    let rows: &[DbRow] = cx.node.database.as_ref().map_or(&[], |d| d.rows("Interface"));
    for vif in agent.ports.iter().filter(|v| v.number().is_none()) {
        let Some(row) = rows.iter().find(|r| r.uuid == vif.interface.uuid) else { continue };
        if !row.columns.contains_key("ofport") {
            continue;
        }
        let told = row.integer("ofport").map_or("none".to_owned(), |n| n.to_string());
        let name = &vif.interface.name;
        let sentence = format!(
            "{name} carries a port of Neutron and has no OpenFlow number (ofport {told}): no flow can name it."
        );
        let hint = "Its device is missing or could not be opened: see the interface's error, and plug the port again.";
        found.add(Draft::new(sentence).on(int).about(&**name).hint(hint));
    }
}
