//! Addresses that a port may use and that do not lead to it.

use super::agent::{REG_PORT, destination, source, written};
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::format::mac_text;
use rustc_hash::FxHashSet;

/// The row.
pub const ROW: Row = Row {
    id: "address-not-delivered",
    catalogue: "B9 D10",
    severity: Severity::Error,
    sentence: "A port may send from an address, and nothing brings packets for that address to it.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let leads = |table: u8, priority: u32| -> FxHashSet<(u32, u64)> {
        let flows = int.table(table).iter().filter(|id| int.bridge.flow(**id).priority() == priority);
        flows
            .filter_map(|id| Some((written(int.bridge.flow(*id).actions(), REG_PORT)?, destination(int, *id)?)))
            .collect()
    };
    let (from_outside, from_here) = (leads(60, 90), leads(73, 100));
    for entry in agent.entries.iter().filter(|e| e.is_filtered) {
        let mut told = FxHashSet::default();
        for id in agent.flows_of(entry.number) {
            let flow = int.bridge.flow(*id);
            let Some(mac) = source(int, *id).filter(|_| flow.table() == 71 && flow.priority() == 65) else { continue };
            let key = (entry.number, mac);
            let missing: Vec<&str> =
                [(from_outside.contains(&key), "table 60"), (from_here.contains(&key), "table 73")]
                    .into_iter()
                    .filter(|(is_there, _)| !is_there)
                    .map(|(_, name)| name)
                    .collect();
            if missing.is_empty() || !told.insert(mac) {
                continue;
            }
            let name = cx.port(int, entry.number);
            let sentence = format!(
                "{name} may send from {}, and no flow of {} brings packets for that address to it.",
                mac_text(mac),
                missing.join(" and of ")
            );
            let hint =
                "Packets for it are flooded past the firewall or lost: set the port down and up, or restart the agent.";
            found.add(Draft::new(sentence).on(int).about(name).flows([*id]).hint(hint));
        }
    }
}
