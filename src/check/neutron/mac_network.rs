//! Flows that take an address for that of any network.

use super::agent::{REG_NET, destination};
use crate::base::words::counted;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;

/// The row.
pub const ROW: Row = Row {
    id: "address-without-network",
    catalogue: "B10",
    severity: Severity::Warning,
    sentence: "Flows match an address without its network, so that networks with the same address mix.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    for table in [60, 61, 73, 94] {
        let is_wide = |id: &&u32| {
            let flow = int.bridge.flow(**id);
            let names_one = |w: u16| flow.word(w).1 != 0;
            destination(int, **id).is_some() && ![word::VLAN, REG_NET, word::IN_PORT].into_iter().any(names_one)
        };
        let flows: Vec<_> = int.table(table).iter().filter(is_wide).copied().collect();
        if !flows.is_empty() {
            let sentence = format!(
                "{} of {} match an address without its network: another network's packets for the same address get in.",
                counted(flows.len(), "flow"),
                int.table_name(table)
            );
            let hint = "Agents match dl_vlan or reg6 as well; update the agent, or see who wrote these flows.";
            found.add(Draft::new(sentence).on(int).about(int.table_name(table)).flows(flows).hint(hint));
        }
    }
}
