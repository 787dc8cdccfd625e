//! Logging of rules with remote groups.

use super::agent::{REG_PORT, REG_REMOTE, written};
use crate::action::Action;
use crate::action::output::Output;
use crate::base::words::counted;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::names::port;
use rustc_hash::FxHashSet;

/// The row.
pub const ROW: Row = Row {
    id: "log-never-written",
    catalogue: "D9",
    severity: Severity::Note,
    sentence: "A flow that should log accepted packets waits for a mark that no rule sets.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    for (rules, log) in [(72, 91), (82, 92)] {
        let accepts: FxHashSet<(Option<u32>, u32)> = int
            .table(rules)
            .iter()
            .filter_map(|id| Some((int.exact(*id, REG_PORT), written(int.bridge.flow(*id).actions(), REG_REMOTE)?)))
            .collect();
        let mut silent = Vec::new();
        for id in int.table(log) {
            // `CONTROLLER:65535` is an output, `controller(..)` an action of its own.
            let is_log =
                |a: &Action| matches!(a, Action::Controller(_) | Action::Output(Output { port: port::CONTROLLER, .. }));
            let logs = int.bridge.flow(*id).actions().0.iter().any(is_log);
            let Some(remote) = int.exact(*id, REG_REMOTE).filter(|_| logs) else { continue };
            if !accepts.contains(&(int.exact(*id, REG_PORT), remote)) {
                silent.push(*id);
            }
        }
        if !silent.is_empty() {
            let sentence = format!(
                "{} of {} log what no rule lets in: the log of those rules stays empty.",
                counted(silent.len(), "flow"),
                int.table_name(log)
            );
            let hint = "Accepted packets of rules with a remote group are not logged by this agent; log the drops, or use rules with addresses.";
            found.add(Draft::new(sentence).on(int).about(int.table_name(log)).flows(silent).hint(hint));
        }
    }
}
