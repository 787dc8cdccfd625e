//! Addresses that the bridge has forgotten.

use crate::check::finding::listed;
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::field::names::port;
use rustc_hash::FxHashSet;

/// The row.
pub const ROW: Row = Row {
    id: "address-not-learned",
    catalogue: "F9",
    severity: Severity::Note,
    sentence: "The bridge has not learned where a local instance is, so packets to it are flooded.",
    needs: &[Need::Flows, Need::Database, Need::Learned],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent() else { return };
    let int = agent.int(cx);
    let is_normal = |id: &u32| int.effects_of(*id).is_some_and(|e| e.outputs.contains(&port::NORMAL));
    let has_direct = int.table(94).iter().any(|id| int.bridge.flow(*id).priority() == 12) || int.table(61).len() > 1;
    let floods: Vec<u32> =
        [94, 60].into_iter().flat_map(|t| int.table(t)).copied().filter(|id| is_normal(id)).collect();
    if has_direct || floods.is_empty() || int.bridge.fdb.is_empty() {
        return;
    }
    let learned: FxHashSet<(u64, u16)> = int.bridge.fdb.iter().map(|e| (e.mac, e.vlan)).collect();
    let unknown: Vec<String> = agent
        .ports
        .iter()
        .filter(|v| v.vlan().zip(v.mac()).is_some_and(|(vlan, mac)| !learned.contains(&(mac, vlan))))
        .filter_map(|v| v.number().map(|n| cx.port(int, n)))
        .collect();
    if !unknown.is_empty() {
        let sentence = format!(
            "{} has not learned where {} is: packets of other instances to it are flooded until it speaks.",
            int.bridge.name,
            listed(&unknown)
        );
        let hint = "Quiet instances are usual; if flooding costs much, set explicitly_egress_direct in the agent's configuration.";
        found.add(Draft::new(sentence).on(int).about(listed(&unknown)).flows(floods).hint(hint));
    }
}
