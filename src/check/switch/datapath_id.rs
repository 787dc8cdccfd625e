//! Bridges that share a datapath id, so that controllers take them for one.

use std::collections::BTreeMap;

use crate::check::finding::listed;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "duplicate-datapath-id",
    catalogue: "A10",
    severity: Severity::Error,
    sentence: "Two bridges have one datapath id, so a controller writes the flows of one into the other.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let mut by_id: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for bridge in &cx.node.facts.bridges {
        if let Some(id) = bridge.datapath_id {
            by_id.entry(id).or_default().push(&bridge.name);
        }
    }
    for (id, names) in by_id.into_iter().filter(|(_, names)| names.len() > 1) {
        let sentence =
            format!("{} share the datapath id {id:016x}: their controller takes them for one bridge.", listed(&names));
        let hint = format!("Give one of them another: ovs-vsctl set bridge {} other_config:datapath-id=..", names[1]);
        found.add(Draft::new(sentence).about(names.join(", ")).hint(hint));
    }
}
