//! Conjunctions that can never be complete: a clause is missing, or the flow with the `conj_id`.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::words::counted;
use crate::check::finding::listed;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::slot::word;
use crate::model::bridge::FlowId;
use crate::model::naming::Kind;

/// The row.
pub const ROW: Row = Row {
    id: "incomplete-conjunction",
    catalogue: "D5",
    severity: Severity::Warning,
    sentence: "A conjunction can never take a packet: one of its clauses has no flow, or no flow matches its conj_id.",
    needs: &[Need::Flows],
    run,
};

/// What there is of one conjunction in one table at one priority.
#[derive(Default)]
struct Parts {
    n_clauses: u8,
    /// Bits of the clauses that have a flow.
    met: u64,
    /// Some flows of clauses.
    clauses: Vec<FlowId>,
    accept: Option<FlowId>,
}

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        // By table, number and priority; a conjunction counts only at one priority.
        let mut parts: BTreeMap<(u8, u32, u32), Parts> = BTreeMap::new();
        let mut accepts: FxHashMap<(u8, u32), Vec<FlowId>> = FxHashMap::default();
        for id in bridge.flows_that(|e| !e.clauses.is_empty()) {
            let flow = bridge.bridge.flow(id);
            for clause in bridge.effects_of(id).into_iter().flat_map(|e| &e.clauses) {
                let parts = parts.entry((flow.table(), clause.id, flow.priority())).or_default();
                parts.n_clauses = clause.n_clauses;
                parts.met |= 1u64.checked_shl(u32::from(clause.clause.saturating_sub(1))).unwrap_or(0);
                if parts.clauses.len() < Found::FLOWS {
                    parts.clauses.push(id);
                }
            }
        }
        for (id, flow) in bridge.bridge.flows.iter() {
            if let (number, u32::MAX) = flow.word(word::CONJ_ID)
                && number != 0
            {
                accepts.entry((flow.table(), number)).or_default().push(id);
            }
        }
        let mut without_accept: BTreeMap<u8, Vec<FlowId>> = BTreeMap::new();
        let mut orphans: BTreeMap<u8, usize> = BTreeMap::new();
        // Conjunctions of groups that nobody is in, and the flows that wait for them, by table.
        let mut empty: BTreeMap<u8, (Vec<String>, Vec<FlowId>)> = BTreeMap::new();
        let is_agent = bridge.naming.kind == Kind::Integration;
        let is_known = !bridge.naming.system.is_empty();
        for ((table, number, _), parts) in &mut parts {
            parts.accept = accepts.get(&(*table, *number)).map(|flows| flows[0]);
            if parts.accept.is_none() {
                without_accept.entry(*table).or_default().extend(&parts.clauses);
                *orphans.entry(*table).or_default() += 1;
                continue;
            }
            let wanted = u64::MAX.checked_shr(64 - u32::from(parts.n_clauses)).unwrap_or(0);
            let missing: Vec<String> = (0..parts.n_clauses)
                .filter(|n| parts.met & 1u64.checked_shl((*n).into()).unwrap_or(0) == 0)
                .map(|n| format!("{}/{}", n + 1, parts.n_clauses))
                .collect();
            if parts.met & wanted == wanted {
                continue;
            }
            // A remote group that nobody is in looks just like that.
            if is_agent && missing == ["1/2"] {
                let (numbers, flows) = empty.entry(*table).or_default();
                numbers.push(number.to_string());
                flows.extend(parts.accept);
                continue;
            }
            let severity = if is_known { Severity::Note } else { Severity::Warning };
            let sentence = format!(
                "Conjunction {number} of {} takes no packet: clause {} has no flow.",
                bridge.table_name(*table),
                missing.join(", ")
            );
            let hint = match severity {
                Severity::Note => "Who writes these flows leaves a clause empty while nothing needs it.",
                _ => "The flows were written in part: wait for the agent to finish, then capture again or restart it.",
            };
            let flows = parts.accept.into_iter().chain(parts.clauses.iter().copied());
            found.add(
                Draft::new(sentence)
                    .on(bridge)
                    .about(format!("conjunction {number}"))
                    .flows(flows)
                    .hint(hint)
                    .as_bad_as(severity),
            );
        }
        for (table, (numbers, flows)) in empty {
            let sentence = format!(
                "{} of {} can let nothing pass: nobody is in the remote group ({}).",
                counted(numbers.len(), "conjunction"),
                bridge.table_name(table),
                listed(&numbers)
            );
            let hint = "Nothing is wrong if the group is meant to be empty; else look at its members.";
            let draft = Draft::new(sentence).on(bridge).about(bridge.table_name(table));
            found.add(draft.flows(flows).hint(hint).as_bad_as(Severity::Note));
        }
        let known: FxHashSet<(u8, u32)> = parts.keys().map(|(table, number, _)| (*table, *number)).collect();
        let mut lonely: Vec<_> = accepts.iter().filter(|(key, _)| !known.contains(*key)).collect();
        lonely.sort_unstable();
        for ((table, number), flows) in lonely {
            let sentence = format!(
                "{} of {} wait for conjunction {number}, which no flow is a clause of.",
                counted(flows.len(), "flow"),
                bridge.table_name(*table)
            );
            let hint = "The clauses were not written, or were taken away first: write the flows anew.";
            found.add(
                Draft::new(sentence)
                    .on(bridge)
                    .about(format!("conjunction {number}"))
                    .flows(flows.iter().copied())
                    .hint(hint),
            );
        }
        for (table, mut flows) in without_accept {
            flows.sort_unstable();
            flows.dedup();
            let sentence = format!(
                "{} of {} belong to {} without a flow for the conj_id: they lead nowhere.",
                counted(flows.len(), "clause"),
                bridge.table_name(table),
                counted(orphans[&table], "conjunction"),
            );
            let (severity, hint) = match is_agent {
                true => (Severity::Note, "The agent leaves them behind when the last rule goes; they do no harm."),
                false => (Severity::Warning, "Add the flow that matches conj_id, or take the clauses away."),
            };
            found.add(
                Draft::new(sentence)
                    .on(bridge)
                    .about(bridge.table_name(table))
                    .flows(flows)
                    .hint(hint)
                    .as_bad_as(severity),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::flows;

    #[test]
    fn a_missing_clause_and_a_missing_conj_id_are_told() {
        let whole = "priority=5,ip,nw_src=10.0.0.1 actions=conjunction(7,1/2)\npriority=5,tcp,tp_dst=80 actions=conjunction(7,2/2)\n\
             priority=5,conj_id=7,ip actions=output:1\n";
        assert_eq!(flows("incomplete-conjunction", whole), []);
        for n in 0..3 {
            let lines: Vec<&str> =
                whole.lines().enumerate().filter(|(at, _)| *at != n).map(|(_, l)| l.trim()).collect();
            let found = flows("incomplete-conjunction", &(lines.join("\n") + "\n"));
            assert_eq!(found.len(), 1, "without {n}: {found:?}");
        }
    }

    #[test]
    fn clauses_of_another_priority_do_not_complete_it() {
        let text = "priority=5,ip,nw_src=10.0.0.1 actions=conjunction(7,1/2)\npriority=6,tcp,tp_dst=80 actions=conjunction(7,2/2)\n\
             priority=5,conj_id=7,ip actions=output:1\n";
        assert_eq!(flows("incomplete-conjunction", text).len(), 2);
    }
}
