//! Bridges that drop everything because they have no flows and must not switch by themselves.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::names::port;

/// The row.
pub const ROW: Row = Row {
    id: "bridge-without-flows",
    catalogue: "A12",
    severity: Severity::Error,
    sentence: "A bridge whose fail mode is secure has no flows, so it drops everything, the host's own traffic included.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in cx.bridges.iter().filter(|b| b.bridge.is_dumped && b.bridge.flows.is_empty() && !b.bridge.is_partial)
    {
        let is_secure = bridge.facts.is_some_and(|f| f.fail_mode.as_deref() == Some("secure"));
        let others = bridge.ports.iter().flatten().filter(|n| **n != port::LOCAL).count();
        if is_secure && others > 0 {
            let sentence =
                format!("{} has no flows, and its fail mode is secure: it drops every packet.", bridge.bridge.name);
            let hint = "Start the agent that writes its flows; a bridge that carries the host's own address should not be secure.";
            found.add(Draft::new(sentence).on(bridge).about(&*bridge.bridge.name).hint(hint));
        }
    }
}
