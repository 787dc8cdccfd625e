//! Nothing else changes: packets that the solution does not touch fare as they did before.
//!
//! Which packets could show it is worked out from the flows themselves: the packets of the goals, each with one field
//! changed to a value that some flow matches or to one beside it, and packets that come by the flows that the learner
//! touched. That is no proof, but it finds every flow that is too wide by a field or a bit that the tables know.

use std::collections::BTreeSet;

use super::edits::Place;
use super::exercise::Exercise;
use super::grade::Outcome;
use super::lesson::GoalKind;
use crate::diff::{self, meaning::Changed};
use crate::field::{Bits, FieldId, Match, proto, table};
use crate::model::snapshot::Snapshot;
use crate::packet::{self, Asked};
use crate::session::{Scene, Ways};
use crate::trace::{Options, Packet, Verdict, World, trace};
use crate::why::reach::{Reach, reach};

/// Packets that are tried at most.
const MOST: usize = 4000;
/// Values of one field that are tried at most.
const VALUES: usize = 24;
/// Flows of the learner for which a packet is sought at most.
const TOUCHED: usize = 32;

/// Where a packet ends: in one word, and the ports with how it looks there.
type Fate = (Verdict, Vec<(usize, u32, String)>);

fn fate(world: &World<'_>, bridge: usize, packet: &Packet, ct_next: &[u8]) -> Fate {
    let options = Options { ct_next: ct_next.to_vec(), keep: true, ..Options::default() };
    let found = trace(world, bridge, packet, &options);
    let mut outputs: Vec<(usize, u32, String)> = found
        .outputs
        .iter()
        .map(|out| (out.bridge, out.port, out.packet.as_ref().map(|p| p.text()).unwrap_or_default()))
        .collect();
    outputs.sort();
    (found.verdict, outputs)
}

/// Whether packets fare as before.
pub fn unchanged(exercise: &Exercise, scene: &Scene) -> Outcome {
    let after = &**scene.snapshot();
    let mut outcome = Outcome { passed: true, ..Outcome::default() };
    let Ok(solved) = exercise.changed(&exercise.solution.edits) else {
        outcome.passed = false;
        outcome.why.push("the lesson's own solution cannot be made".to_owned());
        return outcome;
    };
    let mut tried = 0;
    for place in touched(&exercise.start, &[&solved, after]) {
        // Where the learner changed nothing, every packet fares as before.
        if is_same(&exercise.start, after, place.0) {
            continue;
        }
        let packets = packets(exercise, scene, &solved, place);
        let worlds = [&exercise.start, &solved, after].map(|snapshot| World::of(&snapshot.nodes[place.0]));
        for (packet, ct_next) in packets {
            tried += 1;
            let [before, now] = [0, 2].map(|at: usize| fate(&worlds[at], place.1, &packet, &ct_next));
            // What the solution changes is asked only of packets that fare otherwise, which are few.
            if now != before && fate(&worlds[1], place.1, &packet, &ct_next) == before {
                outcome.passed = false;
                outcome.packet = packet.text();
                outcome.start = Some((place, packet.text()));
                outcome.ct_next = ct_next;
                outcome.happened = "a packet fares otherwise that should not".to_owned();
                outcome.why.push(format!("before: {}", told(&worlds[0], &before)));
                outcome.why.push(format!("now: {}", told(&worlds[2], &now)));
                return outcome;
            }
        }
    }
    outcome.happened = match tried {
        0 => "nothing was changed".to_owned(),
        n => format!("{n} other packets fare as before"),
    };
    outcome
}

fn told(world: &World<'_>, (verdict, outputs): &Fate) -> String {
    if outputs.is_empty() {
        return verdict.name().to_owned();
    }
    let names = outputs.iter().map(|(bridge, port, packet)| {
        let name = world.at(*bridge).port(*port).map_or_else(|| port.to_string(), |p| p.name.to_string());
        format!("{name} ({packet})")
    });
    format!("{} by {}", verdict.name(), names.collect::<Vec<_>>().join(" and "))
}

/// Whether all bridges of a node are as they were.
fn is_same(start: &Snapshot, after: &Snapshot, node: usize) -> bool {
    let pairs = start.nodes[node].bridges.iter().zip(&after.nodes[node].bridges);
    pairs.into_iter().all(|(before, now)| before.revision() == now.revision())
}

/// The bridges that differ.
fn touched(start: &Snapshot, others: &[&Snapshot]) -> Vec<Place> {
    let mut places = Vec::new();
    for (node, here) in start.nodes.iter().enumerate() {
        for (at, bridge) in here.bridges.iter().enumerate() {
            let revision = bridge.revision();
            if others.iter().any(|other| other.nodes[node].bridges[at].revision() != revision) {
                places.push((node, at));
            }
        }
    }
    places
}

/// Packets that may show a difference at a bridge, each with what connection tracking answers.
fn packets(exercise: &Exercise, scene: &Scene, solved: &Snapshot, (node, at): Place) -> Vec<(Packet, Vec<u8>)> {
    let after = &**scene.snapshot();
    let mut all: Vec<(Packet, Vec<u8>)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut push = |packet: Packet, ct_next: Vec<u8>| {
        if all.len() < MOST && seen.insert((packet.text(), ct_next.clone())) {
            all.push((packet, ct_next));
        }
    };
    // Packets that come by what the learner touched.
    let options = diff::Options::default();
    let mut bases: Vec<Packet> = Vec::new();
    {
        let before = &exercise.start.nodes[node].bridges[at];
        let now = &after.nodes[node].bridges[at];
        let found = diff::diff(before, now, &options);
        let (ways_before, ways_now) = (Ways::of(exercise.begun()), Ways::of(scene));
        let (around_before, around_now) = (ways_before.around(), ways_now.around());
        for Changed { old, new } in Changed::all(&found).into_iter().take(TOUCHED) {
            for (cx, flow) in [(&around_before[node], old), (&around_now[node], new)] {
                if let Some(flow) = flow
                    && let Reach::Packet(way) = reach(cx, at, flow)
                {
                    bases.push(way.packet.clone());
                    push(way.packet, way.ct_next);
                }
            }
        }
    }
    // The packets of the goals.
    for goal in &exercise.lesson.goals {
        if let GoalKind::Packet(goal) = &goal.kind
            && let Ok(Asked::Packet(sent)) = packet::parse(&goal.packet.value, &scene.around(Some((node, at))))
            && (sent.start.node, sent.start.bridge) == (node, at)
        {
            bases.push(sent.start.packet.clone());
            push(sent.start.packet, Vec::new());
        }
    }
    let values = values([&exercise.start, after, solved].map(|s| &*s.nodes[node].bridges[at]));
    for base in &bases {
        for (field, values) in &values {
            for value in values {
                if let Some(packet) = with(base, *field, value) {
                    push(packet, Vec::new());
                }
            }
        }
    }
    all
}

/// The values of each field that flows match, and those beside them.
fn values(bridges: [&crate::model::bridge::Bridge; 3]) -> Vec<(FieldId, Vec<Bits>)> {
    let mut found: Vec<(FieldId, Vec<Bits>)> = Vec::new();
    for bridge in bridges {
        for (_, flow) in bridge.flows.iter() {
            let matches = flow.matches();
            for field in matches.fields() {
                let (value, mask) = matches.get(&field);
                let width = usize::from(field.bits);
                let mut values = vec![value.clone()];
                // Beside the value: its last matched bit turned, and the last one that the mask leaves open.
                if let Some(bit) = (0..width).find(|bit| mask.bit(*bit)) {
                    let mut other = value.clone();
                    other.set_bit(bit, !value.bit(bit));
                    values.push(other);
                }
                if let Some(bit) = (0..width).rev().find(|bit| !mask.bit(*bit)) {
                    let mut other = value.clone();
                    other.set_bit(bit, true);
                    values.push(other);
                }
                let at = found.iter().position(|(known, _)| *known == field).unwrap_or_else(|| {
                    found.push((field, Vec::new()));
                    found.len() - 1
                });
                for value in values {
                    if found[at].1.len() < VALUES && !found[at].1.contains(&value) {
                        found[at].1.push(value);
                    }
                }
            }
        }
    }
    // What no flow names may still be matched by one that names nothing.
    for (name, value) in [("in_port", 1), ("eth_type", 0x0800), ("nw_proto", 17), ("tcp_dst", 9), ("dl_vlan", 9)] {
        if let Some(field) = FieldId::by_name(name)
            && !found.iter().any(|(known, _)| *known == field)
        {
            found.push((field, vec![Bits::from_u64(value, field.bits.into())]));
        }
    }
    found
}

/// A packet with another value in a field; `None` if it has no such field, or may not be sent with it.
fn with(base: &Packet, field: FieldId, value: &Bits) -> Option<Packet> {
    let is_own = field.slot == table::IN_PORT.slot || !is_metadata(field);
    let width = usize::from(field.bits);
    if !is_own || base.key.read(field.slot) == *value {
        return None;
    }
    let mut set = Match::any();
    set.set(&field, value, &Bits::ones(width));
    let mut packet = base.clone();
    packet.key.set_match(&set);
    // A field that the packet does not have is not set.
    let mut described = Match::any();
    for (word, value) in packet.key.words() {
        described.set_word(word, u32::MAX, value, u32::MAX);
    }
    if !described.meets(field.needs) && field.slot != proto::DL_TYPE && field.slot != proto::NW_PROTO {
        return None;
    }
    if field.slot == table::DL_VLAN.slot || field.name.contains("vlan") {
        let tagged = packet.key.value(proto::VLAN_PRESENT) == 1;
        packet.tpids = [if tagged { 0x8100 } else { 0 }, 0];
    }
    Some(packet)
}

/// Whether a field is made by the switch: nobody can send it.
fn is_metadata(field: FieldId) -> bool {
    let name = field.name;
    ["reg", "xreg", "xxreg", "ct_", "metadata", "conj_id", "recirc_id", "pkt_mark", "tun_", "actset", "skb_", "dp_hash"]
        .iter()
        .any(|start| name.starts_with(start))
}
