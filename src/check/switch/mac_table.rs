//! Bridges that have learned as many addresses as they may.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::node_facts::value;

/// The row.
pub const ROW: Row = Row {
    id: "mac-table-full",
    catalogue: "F10",
    severity: Severity::Warning,
    sentence: "A bridge has learned as many addresses as its table takes, so it forgets some and floods their packets.",
    needs: &[Need::Learned, Need::Database],
    run,
};

/// `MAC_DEFAULT_MAX` of Open vSwitch since 2.14; it was 2,048 before.
const USUAL: usize = 8192;

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let Some(facts) = bridge.facts else { continue };
        let set = value(&facts.other_config, "mac-table-size").and_then(|n| n.parse::<usize>().ok());
        let (size, n) = (set.unwrap_or(USUAL).max(10), bridge.bridge.fdb.len());
        if n * 20 < size * 19 {
            continue;
        }
        let name = &bridge.bridge.name;
        let sentence = format!(
            "{name} has learned {n} addresses and its table takes {size}: addresses are forgotten, and packets to them flooded."
        );
        let hint = format!("ovs-vsctl set bridge {name} other_config:mac-table-size={}", size.saturating_mul(4));
        let severity = if n >= size { Severity::Error } else { Severity::Warning };
        found.add(Draft::new(sentence).on(bridge).about(&**name).hint(hint).as_bad_as(severity));
    }
}
