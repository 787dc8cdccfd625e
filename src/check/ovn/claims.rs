//! What OVN's Southbound database says of the ports of a node.

use crate::check::Cx;
use crate::model::ovsdb::{Database, Row};

/// Where a logical port is.
pub(super) enum Binding {
    /// The Southbound database was not captured.
    NotCaptured,
    /// There is no port of that name.
    Unknown,
    /// On no chassis.
    Nowhere,
    /// On this node.
    Here,
    /// On another chassis: its host, or its name.
    Elsewhere(String),
}

pub(super) fn southbound<'a>(cx: &Cx<'a>) -> Option<&'a Database> {
    cx.snapshot.database("OVN_Southbound").map(|d| &**d)
}

/// Where the Southbound database has a logical port.
pub(super) fn binding(cx: &Cx<'_>, name: &str) -> Binding {
    let Some(database) = southbound(cx) else { return Binding::NotCaptured };
    let port = database.rows("Port_Binding").iter().find(|r| r.text("logical_port").as_deref() == Some(name));
    let Some(port) = port else { return Binding::Unknown };
    match port.text("chassis").and_then(|id| database.row("Chassis", &id)) {
        None => Binding::Nowhere,
        Some(chassis) if is_this_node(cx, chassis) => Binding::Here,
        Some(chassis) => Binding::Elsewhere(chassis.text("hostname").or(chassis.text("name")).unwrap_or_default()),
    }
}

/// Whether a chassis is the node that is looked at.
pub(super) fn is_this_node(cx: &Cx<'_>, chassis: &Row) -> bool {
    chassis.text("name").as_deref() == cx.node.facts.system_id()
}
