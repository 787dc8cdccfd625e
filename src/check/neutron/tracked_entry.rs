//! Packets that were tracked before they came.

use crate::action::Action;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;

/// The row.
pub const ROW: Row = Row {
    id: "tracked-on-entry",
    catalogue: "B11",
    severity: Severity::Note,
    sentence: "Packets that come in tracked already skip the lookup in their network's zone.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let clears = |id: &u32| {
        let flow = int.bridge.flow(*id);
        let (state, mask) = flow.word(word::CT);
        state & mask & 0x20 != 0 && flow.actions().0.iter().any(|a| matches!(a, Action::CtClear(_)))
    };
    if !agent.entries.iter().any(|e| e.is_filtered) || int.table(71).iter().any(clears) {
        return;
    }
    let sentence = format!(
        "{} has no flow that lets go of what the host's connection tracking said (`ct_state=+trk`): packets of the host itself skip the right zone.",
        int.table_name(71)
    );
    let hint = "It matters for ports that are plugged into the host itself; agents since 2018 write the flow.";
    found.add(Draft::new(sentence).on(int).about(int.table_name(71)).hint(hint));
}
