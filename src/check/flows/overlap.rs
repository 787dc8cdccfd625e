//! Flows of one priority that match the same packets and do different things: which of them wins is not defined.

use rustc_hash::FxHashMap;

use super::impossible;
use super::layer::{Values, common, layers};
use crate::check::finding::listed;
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "overlapping-flows",
    catalogue: "",
    severity: Severity::Warning,
    sentence: "Two flows of one priority match the same packets and do different things; which one wins is not defined.",
    needs: &[Need::Flows],
    run,
};

/// So many pairs of flows are compared in one table.
const PAIRS: usize = 200_000;

/// What overlaps in one table.
struct Overlaps {
    table: String,
    priority: u32,
    /// The first pairs.
    pairs: Vec<(FlowId, FlowId)>,
    n: usize,
}

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        let mut tables = Vec::new();
        for table in bridge.bridge.tables() {
            if cx.progress.is_cancelled() {
                return;
            }
            let is_acting = |id: &FlowId| bridge.effects_of(*id).is_none_or(|e| e.clauses.is_empty());
            let acting: Vec<FlowId> = bridge.table(table.id).iter().copied().filter(is_acting).collect();
            let (pairs, n) = pairs(bridge, &acting, |_, _| true);
            if let Some((first, _)) = pairs.first() {
                let priority = bridge.bridge.flow(*first).priority();
                tables.push(Overlaps { table: bridge.table_name(table.id), priority, pairs, n });
            }
        }
        if bridge.naming.system.is_empty() {
            tables.into_iter().for_each(|table| found.add(warning(bridge, &table)));
        } else if !tables.is_empty() {
            found.add(note(bridge, &tables));
        }
    }
}

fn warning(bridge: &BridgeCx<'_>, overlaps: &Overlaps) -> Draft {
    let Overlaps { table, priority, pairs, n } = overlaps;
    let (pair, verb) = if *n == 1 { ("pair", "overlaps") } else { ("pairs", "overlap") };
    let sentence = format!(
        "{n} {pair} of flows of {table} {verb} at one priority (such as {priority}) and differ in what they do: which one \
         a packet of both gets is not defined."
    );
    let flows = pairs.iter().flat_map(|(a, b)| [*a, *b]);
    Draft::new(sentence).on(bridge).about(&**table).flows(flows).hint("Give one of them a higher priority.")
}

/// Agents write such flows where no packet can be of both for reasons that do not stand in the tables.
fn note(bridge: &BridgeCx<'_>, tables: &[Overlaps]) -> Draft {
    let names: Vec<&str> = tables.iter().map(|t| &*t.table).collect();
    let n: usize = tables.iter().map(|t| t.n).sum();
    let (pair, verb) = if n == 1 { ("pair", "overlaps") } else { ("pairs", "overlap") };
    let sentence = format!(
        "{n} {pair} of flows {verb} at one priority (such as {}) and differ in what they do, in {}.",
        tables[0].priority,
        listed(&names)
    );
    let hint = "Who writes these flows does so by design, as far as is known; look only if packets of both are seen.";
    let flows = tables.iter().flat_map(|t| t.pairs.iter().take(4)).flat_map(|(a, b)| [*a, *b]);
    Draft::new(sentence).on(bridge).about(listed(&names)).flows(flows).hint(hint).as_bad_as(Severity::Note)
}

/// Pairs of flows of one table that overlap at one priority, do different things and `differ`: the first of them, and
/// how many were seen. The flows stand highest priority first.
pub(in crate::check) fn pairs(
    bridge: &BridgeCx<'_>,
    flows: &[FlowId],
    differ: impl Fn(FlowId, FlowId) -> bool,
) -> (Vec<(FlowId, FlowId)>, usize) {
    let layers = layers(bridge, flows);
    let (mut pairs, mut n, mut left) = (Vec::new(), 0, PAIRS);
    for (at, mine) in layers.iter().enumerate() {
        for other in &layers[at + 1..] {
            if !mine.priorities.iter().any(|p| other.priorities.binary_search_by(|q| p.cmp(q)).is_ok()) {
                continue;
            }
            let common = common(mine.shape, other.shape);
            // For each priority and value of the common bits, one flow of each list of actions.
            let mut groups: FxHashMap<(u32, Values), Vec<FlowId>> = FxHashMap::default();
            let actions = |id: FlowId| std::sync::Arc::as_ptr(bridge.bridge.flow(id).action_list());
            for (id, priority) in mine.flows.iter().zip(&mine.priorities) {
                let values = bridge.bridge.flow(*id).values();
                let key = common.iter().map(|(at, _, bits)| values[*at] & bits).collect();
                let group = groups.entry((*priority, key)).or_default();
                if group.len() < 16 && !group.iter().any(|known| actions(*known) == actions(*id)) {
                    group.push(*id);
                }
            }
            for (id, priority) in other.flows.iter().zip(&other.priorities) {
                let values = bridge.bridge.flow(*id).values();
                let key: Values = common.iter().map(|(_, at, bits)| values[*at] & bits).collect();
                for rival in groups.get(&(*priority, key)).into_iter().flatten() {
                    if left == 0 {
                        return (pairs, n);
                    }
                    left -= 1;
                    if actions(*rival) == actions(*id)
                        || bridge.bridge.flow(*rival).actions() == bridge.bridge.flow(*id).actions()
                    {
                        continue;
                    }
                    let both = bridge.bridge.flow(*rival).matches().intersect(&bridge.bridge.flow(*id).matches());
                    if differ(*rival, *id) && both.is_some_and(|both| impossible::why(|word| both.word(word)).is_none())
                    {
                        n += 1;
                        if pairs.len() < Found::FLOWS / 2 {
                            pairs.push((*rival, *id));
                        }
                    }
                }
            }
        }
    }
    (pairs, n)
}

#[cfg(test)]
mod tests {
    use crate::check::tests::flows;

    #[test]
    fn flows_that_may_both_take_a_packet_are_told() {
        let text = "priority=5,in_port=1 actions=output:1\npriority=5,tcp actions=drop\n";
        assert_eq!(flows("overlapping-flows", text).len(), 1);
        for other in
            ["priority=6,tcp actions=drop", "priority=5,in_port=2,tcp actions=drop", "priority=5,tcp actions=output:1"]
        {
            let text = format!("priority=5,in_port=1 actions=output:1\n{other}\n");
            assert_eq!(flows("overlapping-flows", &text), [], "{other}");
        }
    }

    #[test]
    fn what_no_packet_can_be_is_no_overlap() {
        let text = "priority=5,ct_state=+inv+trk actions=drop\npriority=5,ct_state=+est,ip actions=output:1\n";
        assert_eq!(flows("overlapping-flows", text), []);
    }
}
