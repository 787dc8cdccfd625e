//! Flows that others stand in front of: `shadowed` and `partial-shadow`.
//!
//! A flow is shadowed if one flow of higher priority in its table takes all its packets. Flows that match the same bits
//! form a layer. Whether a flow of a layer covers another flow is then one look into a hash table of the layer, by the
//! values that the other flow has in the layer's bits; whether one overlaps it is a look by the values in the bits that
//! both match. A clause of a conjunction takes no packet by itself, so it stands in nobody's way.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::actions::is_clause;
use crate::base::progress::Progress;
use crate::field::slot::WordId;
use crate::model::bridge::{Bridge, FlowId};
use crate::model::flow::TableId;
use crate::model::store::Shape;

/// The flows of a table that others stand in front of, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shadows {
    /// One flow takes all their packets.
    pub whole: Vec<FlowId>,
    /// Others take some of their packets, and no single one takes all.
    pub part: Vec<FlowId>,
}

/// Flows that match the same bits, highest priority first.
struct Layer<'a> {
    shape: &'a Shape,
    flows: Vec<FlowId>,
    /// The highest priority of those that are no clauses.
    priority: Option<u32>,
}

type Values = SmallVec<[u32; 8]>;

/// How the bits of one layer are found in the flows of another: the place in the one's values, in the other's, and the
/// bits.
type Common = SmallVec<[(usize, usize, u32); 8]>;

/// The shadowed flows of a table; those in part shadow only if `with_part`.
pub(super) fn shadows(bridge: &Bridge, table: TableId, with_part: bool, progress: &Progress) -> Shadows {
    let layers = layers(bridge, table);
    let mut shadows = Shadows::default();
    for layer in &layers {
        let mut whole = vec![false; layer.flows.len()];
        let mut part = vec![false; layer.flows.len()];
        for above in &layers {
            let lowest = layer.flows.last().map_or(0, |id| bridge.flow(*id).priority());
            if progress.is_cancelled() || above.priority.is_none_or(|highest| highest <= lowest) {
                continue;
            }
            let common = common(layer.shape, above.shape);
            let covers = common.len() == above.shape.masks.len()
                && common.iter().all(|(_, at, bits)| above.shape.masks[*at].1 == *bits);
            if !covers && !with_part {
                continue;
            }
            let highest = highest_by(bridge, above, &common);
            for (at, id) in layer.flows.iter().enumerate() {
                let flow = bridge.flow(*id);
                let values: Values = common.iter().map(|(mine, _, bits)| flow.values()[*mine] & bits).collect();
                if highest.get(&values).is_some_and(|priority| *priority > flow.priority()) {
                    if covers { whole[at] = true } else { part[at] = true }
                }
            }
        }
        for (at, id) in layer.flows.iter().enumerate() {
            match (whole[at], part[at]) {
                (true, _) => shadows.whole.push(*id),
                (false, true) => shadows.part.push(*id),
                (false, false) => {}
            }
        }
    }
    shadows.whole.sort_unstable();
    shadows.part.sort_unstable();
    shadows
}

fn layers(bridge: &Bridge, table: TableId) -> Vec<Layer<'_>> {
    let mut layers: Vec<Layer<'_>> = Vec::new();
    let mut by_masks: FxHashMap<&[(WordId, u32)], usize> = FxHashMap::default();
    for id in bridge.table(table).map_or(&[][..], |t| &t.flows) {
        let flow = bridge.flow(*id);
        let at = *by_masks.entry(&flow.shape().masks).or_insert_with(|| {
            layers.push(Layer { shape: flow.shape(), flows: Vec::new(), priority: None });
            layers.len() - 1
        });
        layers[at].flows.push(*id);
        if !is_clause(flow.actions()) {
            layers[at].priority = layers[at].priority.max(Some(flow.priority()));
        }
    }
    layers
}

/// The bits that both match.
fn common(mine: &Shape, other: &Shape) -> Common {
    let other_at = |id: WordId| other.masks.iter().position(|(w, _)| *w == id);
    let both = mine.masks.iter().enumerate().filter_map(|(at, (id, mask))| {
        let there = other_at(*id)?;
        let bits = mask & other.masks[there].1;
        (bits != 0).then_some((at, there, bits))
    });
    both.collect()
}

/// The highest priority of a layer's flows for each combination of values in the common bits.
fn highest_by(bridge: &Bridge, layer: &Layer<'_>, common: &Common) -> FxHashMap<Values, u32> {
    let mut highest: FxHashMap<Values, u32> = FxHashMap::default();
    for id in &layer.flows {
        let flow = bridge.flow(*id);
        if !is_clause(flow.actions()) {
            let values: Values = common.iter().map(|(_, at, bits)| flow.values()[*at] & bits).collect();
            // Highest priority first, so the first one stays.
            highest.entry(values).or_insert(flow.priority());
        }
    }
    highest
}
