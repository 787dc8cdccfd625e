//! Controllers that a bridge is not connected to.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "controller-not-connected",
    catalogue: "",
    severity: Severity::Error,
    sentence: "A bridge is not connected to its controller, so its flows stay as they are, whatever changes.",
    needs: &[Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let controllers = bridge.facts.map_or(&[][..], |f| &f.controllers);
        for controller in controllers.iter().filter(|c| c.is_connected == Some(false)) {
            let state = crate::model::node_facts::value(&controller.status, "last_error");
            let why = state.map(|error| format!(": {error}")).unwrap_or_default();
            let sentence =
                format!("{} is not connected to its controller {}{why}.", bridge.bridge.name, controller.target);
            let hint = "See whether the agent that listens there runs; until it does, its flows stay as they are.";
            found.add(Draft::new(sentence).on(bridge).about(&*controller.target).hint(hint));
        }
    }
}
