//! Flows of a table that match the same bits: the subtables of a classifier, as checks use them.
//!
//! Whether a flow of one layer covers or overlaps one of another is then a look into a hash table by the values of the
//! bits that both match, and never a comparison of each with each.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::check::BridgeCx;
use crate::field::slot::WordId;
use crate::model::bridge::FlowId;
use crate::model::store::Shape;

/// Flows that match the same bits, highest priority first.
pub(super) struct Layer<'a> {
    /// The bits.
    pub shape: &'a Shape,
    /// The flows.
    pub flows: Vec<FlowId>,
    /// Their priorities.
    pub priorities: Vec<u32>,
}

/// Values of some words.
pub(super) type Values = SmallVec<[u32; 8]>;

/// How the bits of one layer are found in the flows of another: the place in the one's values, in the other's, and the
/// bits.
pub(super) type Common = SmallVec<[(usize, usize, u32); 8]>;

/// The layers of some flows of a table, which stand highest priority first.
pub(super) fn layers<'a>(bridge: &BridgeCx<'a>, flows: &[FlowId]) -> Vec<Layer<'a>> {
    let mut layers: Vec<Layer<'a>> = Vec::new();
    let mut by_masks: FxHashMap<&[(WordId, u32)], usize> = FxHashMap::default();
    for id in flows {
        let flow = bridge.bridge.flow(*id);
        let at = *by_masks.entry(&flow.shape().masks).or_insert_with(|| {
            layers.push(Layer { shape: flow.shape(), flows: Vec::new(), priorities: Vec::new() });
            layers.len() - 1
        });
        layers[at].flows.push(*id);
        layers[at].priorities.push(flow.priority());
    }
    layers
}

/// The bits that both match.
pub(super) fn common(mine: &Shape, other: &Shape) -> Common {
    let both = mine.masks.iter().enumerate().filter_map(|(at, (id, mask))| {
        let there = other.masks.iter().position(|(w, _)| w == id)?;
        let bits = mask & other.masks[there].1;
        (bits != 0).then_some((at, there, bits))
    });
    both.collect()
}

/// How many bits a shape matches.
pub(super) fn bits(shape: &Shape) -> u32 {
    shape.masks.iter().map(|(_, mask)| mask.count_ones()).sum()
}
