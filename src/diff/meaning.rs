//! Packets that show a difference.
//!
//! For each flow that changed packets are sought that come by it ([`reach`]), and traced on both sides. If one fares
//! otherwise, it is a [`Witness`], and the flow is to blame. Flows with which packets fare otherwise in the same way share
//! a witness. If none is found that proves nothing: [`Meaning`] says how many packets there were.

use rustc_hash::FxHashMap;

use super::{Diff, Modified};
use crate::base::number::grouped;
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

impl Fate {
    /// What becomes of the packet, in words.
    pub fn in_words(&self) -> String {
        if let Some(lost) = &self.lost {
            return format!("dropped: {lost}");
        }
        let output = |out: &Left| {
            let tunnel = out.tunnel.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
            format!("{} of {}{tunnel} as {}", out.port, out.bridge, out.packet)
        };
        let outputs: Vec<String> = self.outputs.iter().map(output).collect();
        match outputs.is_empty() {
            true => self.verdict.name().to_owned(),
            false => format!("{}: {}", self.verdict.name(), outputs.join("; ")),
        }
    }
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
    /// The flows to blame: with each of them packets fare otherwise in this way. The packet comes by the first.
    pub changed: Vec<Changed>,
    /// The packet.
    pub packet: Packet,
    /// What connection tracking has to answer, recirculation by recirculation.
    pub ct_next: Vec<u8>,
    /// What becomes of it on the first side.
    pub before: Fate,
    /// And on the second.
    pub after: Fate,
}

/// What packets showed of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meaning {
    /// Packets that fare otherwise, one for each way in which they do.
    pub witnesses: Vec<Witness>,
    /// How many flows that changed were asked for packets.
    pub asked: usize,
    /// How many were not.
    pub not_asked: usize,
    /// How many packets were traced on both sides.
    pub packets: usize,
    /// Of the flows that were asked, those to which no packet was found.
    pub unreached: usize,
    /// Those of which other flows of their table take every packet.
    pub shadowed: usize,
}

impl Meaning {
    /// How many flows are to blame.
    pub fn to_blame(&self) -> usize {
        self.witnesses.iter().map(|witness| witness.changed.len()).sum()
    }

    /// What was found, in a sentence that claims no more than the packets showed.
    pub fn sentence(&self) -> String {
        let n = |n: usize, one: &str, many: &str| format!("{} {}", grouped(n as u64), if n == 1 { one } else { many });
        let mut text = match self.witnesses.len() {
            0 if self.packets == 0 => "no packet was found that comes by what changed".to_owned(),
            0 => format!("same in meaning as far as {} showed", n(self.packets, "packet", "packets")),
            ways => format!(
                "packets fare otherwise in {}; {} to blame",
                n(ways, "way", "ways"),
                n(self.to_blame(), "flow is", "flows are")
            ),
        };
        let silent = self.asked - self.to_blame() - self.unreached - self.shadowed;
        if silent > 0 && !self.witnesses.is_empty() {
            text += &format!("; for {} none was found that does", n(silent, "flow", "flows"));
        }
        if self.shadowed > 0 {
            text +=
                &format!("; {} no packet, others of the table take all", n(self.shadowed, "flow gets", "flows get"));
        }
        if self.unreached > 0 {
            text += &format!("; to {} no packet was found", n(self.unreached, "flow", "flows"));
        }
        if self.not_asked > 0 {
            text += &format!("; {} not asked", n(self.not_asked, "more flow was", "more flows were"));
        }
        text
    }
}

/// What becomes of packets by at most so many of the flows that changed, those of all tables in turn.
pub fn meaning(before: Place<'_>, after: Place<'_>, found: &Diff, limit: usize) -> Meaning {
    let all = Changed::all(found);
    let table = |changed: &Changed| {
        let of = |place: Place<'_>, id: FlowId| place.cx.world.at(place.bridge).flow(id).table();
        changed.old.map(|id| of(before, id)).or(changed.new.map(|id| of(after, id)))
    };
    let mut seen: FxHashMap<_, usize> = FxHashMap::default();
    let mut turns: Vec<(usize, Changed)> = Vec::with_capacity(all.len());
    for changed in all {
        let turn = seen.entry(table(&changed)).or_default();
        turns.push((*turn, changed));
        *turn += 1;
    }
    turns.sort_by_key(|(turn, _)| *turn);
    let mut meaning = Meaning { not_asked: turns.len().saturating_sub(limit), ..Meaning::default() };
    for (_, changed) in turns.into_iter().take(limit) {
        meaning.ask(before, after, changed);
    }
    meaning
}

impl Meaning {
    /// Looks for a packet that comes by a flow and fares otherwise.
    fn ask(&mut self, before: Place<'_>, after: Place<'_>, changed: Changed) {
        self.asked += 1;
        let (mut has_way, mut is_shadowed) = (false, true);
        for (place, flow) in [(before, changed.old), (after, changed.new)] {
            let Some(flow) = flow else { continue };
            match reach(place.cx, place.bridge, flow) {
                Reach::Packet(way) => {
                    (has_way, is_shadowed) = (true, false);
                    self.packets += 1;
                    if let Some(witness) = compare(before, after, changed, *way) {
                        return self.keep(witness);
                    }
                }
                Reach::Shadowed(_) => {}
                Reach::NoWay | Reach::Unknown => is_shadowed = false,
            }
        }
        self.shadowed += usize::from(is_shadowed);
        self.unreached += usize::from(!is_shadowed && !has_way);
    }

    /// Keeps a witness, or blames its flow for what another one shows already.
    fn keep(&mut self, witness: Witness) {
        let known = self.witnesses.iter_mut().find(|known| known.is_like(&witness));
        match known {
            Some(known) => known.changed.extend(witness.changed),
            None => self.witnesses.push(witness),
        }
    }
}

impl Witness {
    /// Whether another packet fares otherwise in the same way: from the same places to the same places.
    fn is_like(&self, other: &Witness) -> bool {
        let is_same = |a: &Fate, b: &Fate| {
            let places = |fate: &Fate| -> Vec<(String, String, Option<String>)> {
                fate.outputs.iter().map(|o| (o.bridge.clone(), o.port.clone(), o.tunnel.clone())).collect()
            };
            a.verdict == b.verdict && places(a) == places(b)
        };
        is_same(&self.before, &other.before) && is_same(&self.after, &other.after)
    }
}

fn compare(before: Place<'_>, after: Place<'_>, changed: Changed, way: Way) -> Option<Witness> {
    let options = Options { ct_next: way.ct_next.clone(), keep: true, ..Options::default() };
    let fate = |place: Place<'_>| {
        let world = place.cx.world;
        fate(&trace(world, place.bridge, &way.packet, &options), world)
    };
    let (was, is) = (fate(before), fate(after));
    let differs = was.verdict != is.verdict || was.outputs != is.outputs;
    let changed = vec![changed];
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
