//! Rules with remote groups whose services overlap.

use crate::base::words::counted;
use crate::check::flows::overlap;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "conjunctions-overlap",
    catalogue: "D3",
    severity: Severity::Warning,
    sentence: "Services of different remote groups overlap at one priority, so that a packet may be judged by the wrong group.",
    needs: &[Need::Flows],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    for table in [72, 82] {
        let ids = |id: &FlowId| -> Vec<u32> {
            let mut ids: Vec<u32> = int.effects_of(*id).into_iter().flat_map(|e| &e.clauses).map(|c| c.id).collect();
            ids.sort_unstable();
            ids
        };
        // Members overlap as addresses do; services were cut so that they do not.
        let services: Vec<FlowId> = int
            .table(table)
            .iter()
            .copied()
            .filter(|id| {
                int.effects_of(*id).is_some_and(|e| !e.clauses.is_empty() && e.clauses.iter().all(|c| c.clause == 2))
            })
            .collect();
        let differ = |a: FlowId, b: FlowId| {
            let (a, b) = (ids(&a), ids(&b));
            !a.iter().all(|id| b.contains(id)) && !b.iter().all(|id| a.contains(id))
        };
        let (pairs, n) = overlap::pairs(int, &services, differ);
        if n > 0 {
            let sentence = format!(
                "{} of {} overlap for different remote groups: a packet of both may be given to the wrong one, and dropped.",
                counted(n, "pair") + " of services",
                int.table_name(table)
            );
            let hint = "Agents since 2018 cut port ranges so that they do not overlap: restart or update the agent (LP#1708092).";
            found.add(
                Draft::new(sentence)
                    .on(int)
                    .about(int.table_name(table))
                    .flows(pairs.iter().flat_map(|(a, b)| [*a, *b]))
                    .hint(hint),
            );
        }
    }
}
