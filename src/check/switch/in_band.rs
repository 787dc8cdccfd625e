//! Bridges that keep hidden flows for their controller.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::node_facts::value;

/// The row.
pub const ROW: Row = Row {
    id: "in-band-control",
    catalogue: "E11",
    severity: Severity::Warning,
    sentence: "An agent's bridge talks to its controller in band: hidden flows stand above the agent's, and may make a loop.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in cx.bridges.iter().filter(|b| !b.naming.system.is_empty()) {
        let Some(facts) = bridge.facts else { continue };
        let is_off = value(&facts.other_config, "disable-in-band") == Some("true");
        // None means in band (ovs-vswitchd.conf.db(5), Controller, connection_mode), but a source without the column
        // says nothing.
        let is_in_band = facts.controllers.iter().any(|c| c.connection_mode.as_deref() == Some("in-band"));
        if is_in_band && !is_off {
            let sentence = format!(
                "{} talks to its controller in band: hidden flows of the highest priority pass its traffic with NORMAL.",
                bridge.bridge.name
            );
            let hint = format!("ovs-vsctl set bridge {} other_config:disable-in-band=true", bridge.bridge.name);
            found.add(Draft::new(sentence).on(bridge).about(&*bridge.bridge.name).hint(hint));
        }
    }
}
