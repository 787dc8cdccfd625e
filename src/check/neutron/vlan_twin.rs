//! The second way into a port of a provider network.

use rustc_hash::FxHashMap;

use super::agent::{REG_PORT, is_untagged, vlan_matched, written};
use crate::check::{Cx, Draft, Found, Need, Row, Severity};
use crate::model::bridge::FlowId;

/// The row.
pub const ROW: Row = Row {
    id: "provider-vlan-not-filtered",
    catalogue: "C4",
    severity: Severity::Warning,
    sentence: "A port of a provider network lacks the flow for frames that carry the provider's VLAN, so replies are dropped.",
    needs: &[Need::Flows, Need::Database],
    run,
};

fn run(cx: &Cx<'_>, found: &mut Found) {
    let Some(agent) = cx.agent().filter(|a| a.has_firewall) else { return };
    let int = agent.int(cx);
    let mut inward: FxHashMap<u32, Vec<FlowId>> = FxHashMap::default();
    for id in int.table(60).iter().filter(|id| int.bridge.flow(**id).priority() == 90) {
        if let Some(number) = written(int.bridge.flow(*id).actions(), REG_PORT) {
            inward.entry(number).or_default().push(*id);
        }
    }
    for entry in agent.entries.iter().filter(|e| e.is_filtered) {
        let Some(vif) = agent.port(entry.number) else { continue };
        let (kind, segment) = (vif.note("network_type"), vif.segment());
        if !matches!((kind, segment), (Some("vlan"), Some(_)) | (Some("flat"), _)) {
            continue;
        }
        let mine = inward.get(&entry.number).map_or(&[][..], Vec::as_slice);
        // Without any of them another finding tells that the address is not delivered at all.
        let from_wire = |id: &u32| match kind {
            Some("vlan") => vlan_matched(int, *id).map(u32::from) == segment,
            _ => is_untagged(int, *id),
        };
        if !mine.is_empty() && !mine.iter().any(from_wire) {
            let name = cx.port(int, entry.number);
            let tag = segment
                .filter(|_| kind == Some("vlan"))
                .map_or("without a tag".to_owned(), |s| format!("with VLAN {s}"));
            let sentence = format!(
                "Frames for {name} that still come {tag} are not taken to its firewall, so replies are dropped."
            );
            let hint = "Table 60 lacks the second flow of its address: set the port down and up, or update the agent (LP#1831534).";
            found.add(Draft::new(sentence).on(int).about(name).flows(mine.iter().copied()).hint(hint));
        }
    }
}
