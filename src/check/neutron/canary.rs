//! The flow by which the agent notices a restart.

use crate::check::{Cx, Draft, Found, Need, Row, Severity};

/// The row.
pub const ROW: Row = Row {
    id: "canary-missing",
    catalogue: "",
    severity: Severity::Error,
    sentence: "The flow by which the agent notices a restart of Open vSwitch is gone, so other flows may be, too.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    if int.table(23).is_empty() && !int.table(60).is_empty() && !int.bridge.is_partial {
        let sentence = format!(
            "The agent's canary flow (table 23 of {}) is gone: Open vSwitch was restarted and the agent has not written its flows again.",
            int.bridge.name
        );
        let hint = "Wait for the agent to notice, which takes seconds; if it does not, restart it.";
        found.add(Draft::new(sentence).on(int).about("table 23").hint(hint));
    }
}
