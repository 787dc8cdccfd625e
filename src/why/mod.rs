//! Why a packet got no further: what almost let it through, and what would.
//!
//! [`lookup`] says of any table why its flows did not get a packet. [`blame`] finds the lookup that decided about a
//! lost packet, which is seldom the last one: tables that only drop are led to. [`mod@misses`] ranks the flows that would
//! have let it through by how little would have to change, and traces each changed packet before it says so.
//! `sentence` says it in words. [`reach`] asks the other way round: which packet gets to a flow.
//!
//! Everything is a function of a node, a packet and its trace.

mod around;
mod binding;
pub mod blame;
pub mod conversation;
pub mod fix;
pub mod journey;
pub mod lookup;
pub mod misses;
pub mod reach;
mod sentence;
pub mod words;

pub use self::around::{Cx, Known};
use self::blame::{Blame, looks};
use self::fix::{Fix, Lost, fixes};
use self::lookup::{Above, above};
use self::misses::{Miss, misses};
use self::sentence::{Lookup, sentence};
use crate::model::bridge::FlowId;
use crate::model::flow::TableId;
use crate::trace::{Options, Trace};

/// Why a packet was lost.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The bridge in which it was decided, by its place in the node.
    pub bridge: usize,
    /// The table.
    pub table: TableId,
    /// The flow that decided; `None` if it was that no flow matched.
    pub flow: Option<FlowId>,
    /// The lookups that decided and where the packet ended, as places in [`looks`].
    pub blame: Blame,
    /// In one sentence.
    pub sentence: String,
    /// How the flows above lost.
    pub above: Above,
    /// The flows that would have let it through, nearest first.
    pub misses: Vec<Miss>,
    /// What would let it through, the best way first.
    pub fixes: Vec<Fix>,
}

/// Says why a packet was lost; `None` if it was not. The trace must have kept its packets, `start` is the bridge it
/// began in and `options` are those it was made with.
pub fn why(cx: &Cx<'_>, start: usize, found: &Trace<'_>, options: &Options) -> Option<Why> {
    // A bridge that drops fragments has no flow that could be to blame.
    if found.drop.as_ref().is_some_and(|drop| drop.why == crate::trace::Lost::Fragment) {
        return None;
    }
    let looks = looks(found);
    let blame = blame::blame(cx.world, found, &looks, |bridge| cx.naming(bridge))?;
    let look = &looks[blame.look];
    let here = cx.world.at(look.bridge);
    let above = above(here, look.table, &look.packet.key, look.flow);
    let misses = misses(cx, start, found, look, options);
    let naming = cx.naming(look.bridge);
    let sentence =
        sentence(&Lookup { cx, naming, look, drop: found.drop.as_ref(), misses: &misses, by_field: &above.by_field });
    let fixes = fixes(&Lost { cx, start, found, look, misses: &misses, options });
    Some(Why { fixes, bridge: look.bridge, table: look.table, flow: look.flow, sentence, above, misses, blame })
}
