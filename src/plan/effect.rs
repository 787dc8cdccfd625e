//! Packets before and after a change.

use rustc_hash::FxHashMap;

use crate::model::flow::FlowKey;
use crate::trace::{Found, Options, Packet, Trace, Verdict, What, World, trace};

/// The way of a packet, so that two can be compared: numbers of flows change when flows come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What becomes of it.
    pub verdict: Verdict,
    /// Where its copies leave: the bridge, the port, and the tunnel.
    pub outputs: Vec<(usize, u32, Option<String>)>,
    /// The flows that it meets, with the places of their bridges in the node.
    pub flows: Vec<(usize, FlowKey)>,
    /// Why it is lost, in a sentence; empty if it is not.
    pub why: String,
}

impl Way {
    /// Of a trace.
    pub fn of(found: &Trace<'_>, world: &World<'_>) -> Way {
        let mut flows = Vec::new();
        for step in found.passes.iter().flat_map(|pass| &pass.steps) {
            if let What::Table { found: Found::Flow { flow, via }, .. } = &step.what {
                let bridge = usize::from(step.bridge);
                let of = |id: &u32| (bridge, world.at(bridge).flow(*id).key());
                flows.extend(via.iter().map(of));
                flows.push(of(flow));
            }
        }
        let tunnel = |out: &crate::trace::Egress| out.tunnel.as_ref().map(|tunnel| tunnel.text.clone());
        let outputs = found.outputs.iter().map(|out| (out.bridge, out.port, tunnel(out)));
        let why = found.drop.as_ref().map_or_else(String::new, |drop| drop.sentence(world));
        Way { verdict: found.verdict, outputs: outputs.collect(), flows, why }
    }
}

/// What a change does to one packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Its way now.
    pub before: Way,
    /// Its way after the change.
    pub after: Way,
}

impl Effect {
    /// Whether it ends elsewhere.
    pub fn ends_elsewhere(&self) -> bool {
        self.before.verdict != self.after.verdict || self.before.outputs != self.after.outputs
    }

    /// Whether it meets other flows.
    pub fn is_another_way(&self) -> bool {
        self.before.flows != self.after.flows
    }
}

/// Sends packets into a bridge before and after a change; the answers stand in the order of the packets.
pub fn effects(
    before: &World<'_>,
    after: &World<'_>,
    bridge: usize,
    packets: &[Packet],
    options: &Options,
) -> Vec<Effect> {
    let way = |world: &World<'_>, packet: &Packet| Way::of(&trace(world, bridge, packet, options), world);
    packets.iter().map(|packet| Effect { before: way(before, packet), after: way(after, packet) }).collect()
}

/// A flow that more or fewer of the packets meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hits {
    /// The bridge, by its place in the node.
    pub bridge: usize,
    /// The flow.
    pub flow: FlowKey,
    /// How many of the packets met it.
    pub before: usize,
    /// How many meet it then.
    pub after: usize,
}

/// The flows that more or fewer of the packets meet than before.
pub fn hits(effects: &[Effect]) -> Vec<Hits> {
    let mut counts: FxHashMap<&(usize, FlowKey), (usize, usize)> = FxHashMap::default();
    for effect in effects {
        effect.before.flows.iter().for_each(|flow| counts.entry(flow).or_default().0 += 1);
        effect.after.flows.iter().for_each(|flow| counts.entry(flow).or_default().1 += 1);
    }
    let changed = counts.into_iter().filter(|(_, (before, after))| before != after);
    let mut hits: Vec<Hits> = changed
        .map(|((bridge, flow), (before, after))| Hits { bridge: *bridge, flow: flow.clone(), before, after })
        .collect();
    hits.sort_by(|a, b| (a.bridge, &a.flow).cmp(&(b.bridge, &b.flow)));
    hits
}
