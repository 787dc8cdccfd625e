//! Announcements after a live migration.

use super::agent::protocol;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::proto::ethertype;

/// The row.
pub const ROW: Row = Row {
    id: "rarp-dropped",
    catalogue: "B3",
    severity: Severity::Note,
    sentence: "Announcements of instances after a live migration (RARP) are dropped, as by older agents.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let filtered = agent.entries.iter().filter(|e| e.is_filtered).count();
    let has = int.table(71).iter().any(|id| protocol(int, *id).0 == ethertype::RARP);
    if filtered > 0 && !has {
        let sentence = format!(
            "No flow of {} lets instances announce themselves with RARP, as they do after a live migration: \
             neighbours notice late.",
            int.bridge.name
        );
        let hint = "Agents since February 2023 (2023.1) write these flows; update the agent if migrations matter.";
        found.add(Draft::new(sentence).on(int).about(int.table_name(71)).hint(hint));
    }
}
