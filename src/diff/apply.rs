//! Doing what a difference says.

use rustc_hash::FxHashSet;

use super::Diff;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::Flow;

/// The flows of `a` with what `found`, the difference from `a` to `b`, says of them: removed ones are left out, added and
/// modified ones are those of `b`. With nothing ignored these are the flows of `b`.
pub fn apply(a: &Bridge, found: &Diff, b: &Bridge) -> Vec<Flow> {
    let gone: FxHashSet<FlowId> = found.removed.iter().copied().chain(found.modified.iter().map(|m| m.old)).collect();
    // A flow that stands twice is the last one.
    let mut seen = FxHashSet::default();
    let mut flows: Vec<Flow> = Vec::new();
    let comes = found.modified.iter().map(|m| m.new).chain(found.added.iter().copied());
    let mut rows: Vec<_> = a.flows.iter().map(|(id, flow)| (flow, gone.contains(&id))).collect();
    rows.extend(comes.map(|id| (b.flow(id), false)));
    for (flow, is_gone) in rows.into_iter().rev() {
        if seen.insert((flow.table(), flow.priority(), flow.matches(), flow.residue())) && !is_gone {
            flows.push(flow.to_flow());
        }
    }
    flows.reverse();
    flows
}
