//! A packet that shows a difference.
//!
//! For each flow that changed a packet is sought that comes by it ([`reach`]), and traced on both sides. If it fares
//! otherwise, it is a [`Witness`]. If none is found that proves nothing: that is for the caller to say.

use super::{Diff, Modified};
use crate::model::bridge::FlowId;
use crate::trace::{Options, Packet, Trace, Verdict, World, trace};
use crate::why::Cx;
use crate::why::reach::{Reach, Way, reach};

/// A bridge of a node, with what is known around it.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The node.
    pub cx: &'a Cx<'a>,
    /// The place of the bridge in the node.
    pub bridge: usize,
}

/// A flow that changed: its numbers before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The flow before; `None` if it was added.
    pub old: Option<FlowId>,
    /// The flow after; `None` if it was removed.
    pub new: Option<FlowId>,
}

impl Changed {
    /// Every flow that changed, removed ones first.
    pub fn all(found: &Diff) -> Vec<Changed> {
        let removed = found.removed.iter().map(|id| Changed { old: Some(*id), new: None });
        let modified =
            found.modified.iter().map(|Modified { old, new, .. }| Changed { old: Some(*old), new: Some(*new) });
        let added = found.added.iter().map(|id| Changed { old: None, new: Some(*id) });
        removed.chain(modified).chain(added).collect()
    }
}

/// What becomes of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// In one word.
    pub verdict: Verdict,
    /// The ports it leaves through, each with its bridge and how it looks then; sorted.
    pub outputs: Vec<Left>,
    /// Why it is lost.
    pub lost: Option<String>,
}

/// Where a packet leaves a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// The bridge.
    pub bridge: String,
    /// The port: its name, or its number.
    pub port: String,
    /// The tunnel it goes into.
    pub tunnel: Option<String>,
    /// The packet.
    pub packet: String,
}

/// A packet that fares otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The flow that changed.
    pub changed: Changed,
    /// The packet.
    pub packet: Packet,
    /// What connection tracking has to answer, recirculation by recirculation.
    pub ct_next: Vec<u8>,
    /// What becomes of it on the first side.
    pub before: Fate,
    /// And on the second.
    pub after: Fate,
}

/// A packet that comes by a flow that changed, and fares otherwise, if one is found.
pub fn witness(before: Place<'_>, after: Place<'_>, changed: Changed) -> Option<Witness> {
    let sides = [(before, changed.old), (after, changed.new)];
    sides.into_iter().find_map(|(place, flow)| match reach(place.cx, place.bridge, flow?) {
        Reach::Packet(way) => compare(before, after, changed, *way),
        Reach::Shadowed(_) | Reach::NoWay | Reach::Unknown => None,
    })
}

fn compare(before: Place<'_>, after: Place<'_>, changed: Changed, way: Way) -> Option<Witness> {
    let options = Options { ct_next: way.ct_next.clone(), keep: true, ..Options::default() };
    let fate = |place: Place<'_>| {
        let world = place.cx.world;
        fate(&trace(world, place.bridge, &way.packet, &options), world)
    };
    let (was, is) = (fate(before), fate(after));
    let differs = was.verdict != is.verdict || was.outputs != is.outputs;
    differs.then_some(Witness { changed, packet: way.packet, ct_next: way.ct_next, before: was, after: is })
}

fn fate(found: &Trace<'_>, world: &World<'_>) -> Fate {
    let left = |out: &crate::trace::Egress| Left {
        bridge: world.at(out.bridge).name.to_string(),
        port: if out.name.is_empty() { out.port.to_string() } else { out.name.to_string() },
        tunnel: out.tunnel.as_ref().map(|tunnel| tunnel.text.clone()),
        packet: out.packet.as_ref().map(|packet| packet.text()).unwrap_or_default(),
    };
    let mut outputs: Vec<Left> = found.outputs.iter().map(left).collect();
    outputs.sort();
    let lost = found.drop.as_ref().filter(|_| found.verdict == Verdict::Dropped).map(|drop| drop.sentence(world));
    Fate { verdict: found.verdict, outputs, lost }
}
