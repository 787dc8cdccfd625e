//! Tunnels between the chassis of OVN.

use std::collections::HashSet;

use super::claims;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::naming::Kind;

/// The row.
pub const ROW: Row = Row {
    id: "ovn-tunnel-missing",
    catalogue: "E7",
    severity: Severity::Error,
    sentence: "There is no tunnel to a chassis that OVN has ports on.",
    needs: &[Need::Database, Need::Southbound],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let (Some(int), Some(database)) = (cx.kind(Kind::OvnIntegration).next(), claims::southbound(cx)) else { return };
    let chassis = database.rows("Chassis");
    // A node that the Southbound does not know has no tunnels to hope for.
    if !chassis.iter().any(|c| claims::is_this_node(cx, c)) {
        return;
    }
    let ends: Vec<&str> =
        int.facts.into_iter().flat_map(|f| &f.interfaces).filter_map(|i| i.option("remote_ip")).collect();
    let in_use: HashSet<String> = database.rows("Port_Binding").iter().filter_map(|p| p.text("chassis")).collect();
    for other in chassis.iter().filter(|c| !claims::is_this_node(cx, c)) {
        let addresses: Vec<String> =
            other.texts("encaps").iter().filter_map(|id| database.row("Encap", id)?.text("ip")).collect();
        let has_ports = in_use.contains(&*other.uuid);
        let is_there = addresses.iter().any(|a| ends.contains(&a.as_str()));
        if addresses.is_empty() || is_there || !has_ports {
            continue;
        }
        let host = other.text("hostname").or(other.text("name")).unwrap_or_default();
        let sentence = format!("There is no tunnel to {host} ({}), which OVN has ports on.", addresses.join(", "));
        let hint = "See the log of ovn-controller on this node, and ovn-encap-type and ovn-encap-ip on both.";
        found.add(Draft::new(sentence).on(int).about(host).hint(hint));
    }
}
