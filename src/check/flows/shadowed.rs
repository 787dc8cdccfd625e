//! Flows that no packet reaches, since flows of higher priority take all of theirs.
//!
//! One flow covers another if it matches no bit that the other does not, and the same values. Several flows cover one
//! together if they match the same few bits beyond it, in every combination.

use rustc_hash::FxHashMap;

use super::layer::{Layer, Values, bits, common, layers};
use crate::base::words::counted;
use crate::check::{BridgeCx, Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "shadowed-flow",
    catalogue: "",
    severity: Severity::Warning,
    sentence: "A flow gets no packet, because flows of higher priority take all that it matches.",
    needs: &[Need::Flows],
    run,
};

/// Several flows cover one together only if they match so many bits more at most.
const UNION: u32 = 8;

fn run(cx: &Cx<'_>, found: &mut Found) {
    for bridge in &cx.bridges {
        for table in bridge.bridge.tables() {
            if cx.progress.is_cancelled() {
                return;
            }
            let (same, other): (Vec<_>, Vec<_>) =
                shadowed(bridge, table.id).into_iter().partition(|(flow, covers)| acts_alike(bridge, *flow, covers));
            for (shadowed, is_same) in [(other, false), (same, true)] {
                if shadowed.is_empty() {
                    continue;
                }
                let name = bridge.table_name(table.id);
                let verb = if shadowed.len() == 1 { "gets" } else { "get" };
                let acts = if is_same { "does the same" } else { "does something else" };
                let sentence = format!(
                    "{} of {name} {verb} no packet: what stands above takes all of it, and {acts}.",
                    counted(shadowed.len(), "flow"),
                );
                // Agents write such flows by design, and for the packet it is the same.
                let is_known = !bridge.naming.system.is_empty();
                let severity = if is_same || is_known { Severity::Note } else { Severity::Warning };
                let flows =
                    shadowed.iter().flat_map(|(flow, covers)| std::iter::once(*flow).chain(covers.iter().copied()));
                let hint = match (is_same, is_known) {
                    (true, _) => "They can go without any effect.",
                    (false, true) => {
                        "Whoever writes these flows means it so, as far as is known; each stands before its covers here."
                    }
                    (false, false) => "Look at each with the flows named behind it: which of them is meant to win?",
                };
                found.add(Draft::new(sentence).on(bridge).about(name).flows(flows).hint(hint).as_bad_as(severity));
            }
        }
    }
}

/// Whether the covers do what the covered flow would do.
fn acts_alike(bridge: &BridgeCx<'_>, flow: FlowId, covers: &[FlowId]) -> bool {
    let actions = |id: FlowId| bridge.bridge.flow(id).actions();
    covers.iter().all(|cover| actions(*cover) == actions(flow))
}

/// The flows of a table that are covered, each with its covers.
fn shadowed(bridge: &BridgeCx<'_>, table: u8) -> Vec<(FlowId, Vec<FlowId>)> {
    // A clause of a conjunction takes no packet by itself, so it covers nothing.
    let is_acting = |id: &FlowId| bridge.effects_of(*id).is_none_or(|e| e.clauses.is_empty());
    let acting: Vec<FlowId> = bridge.table(table).iter().copied().filter(is_acting).collect();
    let (all, acting) = (layers(bridge, bridge.table(table)), layers(bridge, &acting));
    let mut found: FxHashMap<FlowId, Vec<FlowId>> = FxHashMap::default();
    for above in &acting {
        for mine in &all {
            let common = common(mine.shape, above.shape);
            let beyond = bits(above.shape) - common.iter().map(|(_, _, bits)| bits.count_ones()).sum::<u32>();
            let lowest = mine.priorities.last().copied().unwrap_or(0);
            if beyond > UNION || above.priorities.first().is_none_or(|highest| *highest <= lowest) {
                continue;
            }
            match beyond {
                0 => single(bridge, mine, above, &common, &mut found),
                _ => union(bridge, mine, above, &common, 1 << beyond, &mut found),
            }
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_unstable();
    found
}

/// The values of a flow in the common bits.
fn values(bridge: &BridgeCx<'_>, id: FlowId, at: impl Iterator<Item = (usize, u32)>) -> Values {
    let values = bridge.bridge.flow(id).values();
    at.map(|(at, bits)| values[at] & bits).collect()
}

fn single(
    bridge: &BridgeCx<'_>,
    mine: &Layer<'_>,
    above: &Layer<'_>,
    common: &super::layer::Common,
    found: &mut FxHashMap<FlowId, Vec<FlowId>>,
) {
    let mut heads: FxHashMap<Values, (u32, FlowId)> = FxHashMap::default();
    for (id, priority) in above.flows.iter().zip(&above.priorities) {
        let key = values(bridge, *id, common.iter().map(|(_, at, bits)| (*at, *bits)));
        // Highest priority first, so the first one stays.
        heads.entry(key).or_insert((*priority, *id));
    }
    for (id, priority) in mine.flows.iter().zip(&mine.priorities) {
        let key = values(bridge, *id, common.iter().map(|(at, _, bits)| (*at, *bits)));
        if let Some((_, cover)) = heads.get(&key).filter(|(above, _)| above > priority) {
            // One cover says more than several.
            found.insert(*id, vec![*cover]);
        }
    }
}

fn union(
    bridge: &BridgeCx<'_>,
    mine: &Layer<'_>,
    above: &Layer<'_>,
    common: &super::layer::Common,
    wanted: usize,
    found: &mut FxHashMap<FlowId, Vec<FlowId>>,
) {
    if above.flows.len() < wanted {
        return;
    }
    // For each value of the common bits, the highest flow of each combination of the others.
    let mut groups: FxHashMap<Values, FxHashMap<&[u32], (u32, FlowId)>> = FxHashMap::default();
    for (id, priority) in above.flows.iter().zip(&above.priorities) {
        let key = values(bridge, *id, common.iter().map(|(_, at, bits)| (*at, *bits)));
        groups.entry(key).or_default().entry(bridge.bridge.flow(*id).values()).or_insert((*priority, *id));
    }
    for (id, priority) in mine.flows.iter().zip(&mine.priorities) {
        if found.contains_key(id) {
            continue;
        }
        let key = values(bridge, *id, common.iter().map(|(at, _, bits)| (*at, *bits)));
        let Some(group) = groups.get(&key).filter(|g| g.len() == wanted) else { continue };
        if group.values().all(|(above, _)| above > priority) {
            let mut covers: Vec<FlowId> = group.values().map(|(_, id)| *id).collect();
            covers.sort_unstable();
            found.insert(*id, covers);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::{flows, sentences};

    #[test]
    fn a_flow_behind_a_wider_one_is_shadowed() {
        let found = flows("shadowed-flow", "priority=20,ip actions=drop\npriority=10,tcp actions=output:1\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].flows, [1, 0]);
        assert_eq!(flows("shadowed-flow", "priority=10,ip actions=drop\npriority=20,tcp actions=drop\n"), []);
    }

    #[test]
    fn flows_that_together_match_every_value_of_a_bit_cover() {
        let text = "priority=20,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00 actions=output:1\n\
             priority=20,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions=output:2\npriority=0 actions=drop\n";
        let found = flows("shadowed-flow", text);
        assert_eq!(found[0].flows, [2, 0, 1]);
        let one = text.replacen("priority=20", "priority=0", 1);
        assert_eq!(flows("shadowed-flow", &one), []);
    }

    #[test]
    fn a_clause_of_a_conjunction_takes_no_packet() {
        let text = "priority=20,ip actions=conjunction(1,1/2)\npriority=10,tcp actions=drop\n";
        assert_eq!(sentences("shadowed-flow", text), [""; 0]);
    }

    #[test]
    fn what_is_shadowed_is_met_by_no_packet() {
        use crate::check::tests::with_flows;
        use crate::field::{Key, table};
        // Two bits each of two registers: all packets can be tried.
        let mut seed = 7u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut shadowed = 0;
        for _ in 0..300 {
            let mut text = String::new();
            for n in 0..8 {
                let mut field = |name: &str| format!("{name}={:#x}/{:#x}", random(4), random(4));
                let (a, b) = (field("reg0"), field("reg1"));
                text += &format!("priority={},{a},{b} actions=output:{}\n", 1 + random(5), n % 3 + 1);
            }
            with_flows(&text, |cx| {
                let bridge = &cx.bridges[0];
                let met: Vec<u32> = (0..16u64)
                    .filter_map(|packet| {
                        let mut key = Key::default();
                        key.set(table::REG.nth(0).slot, packet & 3);
                        key.set(table::REG.nth(1).slot, packet >> 2);
                        bridge.bridge.lookup(0, &key).map(|hit| hit.flow)
                    })
                    .collect();
                for (flow, covers) in super::shadowed(bridge, 0) {
                    shadowed += 1;
                    assert!(!met.contains(&flow) && !covers.contains(&flow), "{text}flow {flow}, covers {covers:?}");
                }
            });
        }
        assert!(shadowed > 300, "{shadowed}");
    }
}
