//! A packet's way across nodes: out of a tunnel here, into the bridge there.
//!
//! A tunnel leads to the node that has its other end's address; what leaves by a physical port reaches the nodes whose
//! bridge of the same name has one, too. What is beyond all captured nodes is named and not followed.

use std::net::IpAddr;
use std::sync::Arc;

use super::conversation::Connections;
use super::{Cx, Why, why};
use crate::check::{Finding, Severity};
use crate::field::names::port;
use crate::field::slot::{Slot, word};
use crate::field::{Bits, FieldId, table};
use crate::model::bridge::FlowId;
use crate::model::node::Node;
use crate::model::node_facts::{InterfaceFacts, TUNNELS, value};
use crate::neutron::names::PortKind;
pub use crate::packet::Start;
use crate::trace::{Egress, Found, Options, Packet, Trace, TunnelOut, Verdict, What, trace};

/// The way of a packet over all nodes it comes to.
#[derive(Debug)]
pub struct Journey<'a> {
    /// What happens on each node, in the order in which the packet comes there.
    pub legs: Vec<Leg<'a>>,
    /// What becomes of the packet in the end.
    pub verdict: Verdict,
    /// The leg in which it was decided, where the packet was lost.
    pub lost: Option<usize>,
    /// Whether more nodes would have been visited than [`LEGS`].
    pub is_cut: bool,
}

/// What happens on one node.
#[derive(Debug)]
pub struct Leg<'a> {
    /// The node, by its place in the snapshot.
    pub node: usize,
    /// The bridge it comes into.
    pub bridge: usize,
    /// How it comes there.
    pub arrival: Arrival,
    /// How many times connection tracking answered before it came here.
    pub answered: usize,
    /// Its way there.
    pub trace: Trace<'a>,
    /// Where each of the outputs leads.
    pub onward: Vec<Onward>,
    /// Why it was lost, if it was.
    pub why: Option<Why>,
}

/// How a packet comes to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// It is sent there.
    Start,
    /// Through a tunnel, from an output of a leg.
    Tunnel {
        /// The leg, and which of its outputs.
        from: (usize, usize),
        /// The port it comes in by.
        port: Arc<str>,
    },
    /// Over a physical network.
    Wire {
        /// The leg, and which of its outputs.
        from: (usize, usize),
        /// The port it comes in by.
        port: Arc<str>,
    },
}

/// Where an output leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// To what is plugged in there.
    Port,
    /// Into the node itself: a port of a router, a DHCP server, or the bridge's own.
    Host,
    /// To another node: the leg that follows it.
    Leg(usize),
    /// To the other end of a tunnel that belongs to no node that was captured.
    UnknownPeer(IpAddr),
    /// To a captured node that has no end of this tunnel.
    NoEnd(usize, IpAddr),
    /// To a physical network.
    Wire,
}

/// How many legs are followed: a flood over tunnels comes to every node once.
pub const LEGS: usize = 256;

/// Follows a packet over all nodes. `nodes` are those of the snapshot, in its order.
pub fn journey<'a>(nodes: &'a [Cx<'a>], start: Start, options: &Options) -> Journey<'a> {
    journey_with(nodes, start, options, &Connections::default())
}

/// The same, with connections that are known.
pub fn journey_with<'a>(
    nodes: &'a [Cx<'a>],
    start: Start,
    options: &Options,
    connections: &Connections,
) -> Journey<'a> {
    let options = Options { keep: true, ..options.clone() };
    let mut legs: Vec<Leg<'a>> = Vec::new();
    let mut waiting = std::collections::VecDeque::from([(start, Arrival::Start, 0)]);
    let mut is_cut = false;
    while let Some((Start { node, bridge, packet }, arrival, answered)) = waiting.pop_front() {
        if legs.len() == LEGS {
            is_cut = true;
            break;
        }
        let cx = &nodes[node];
        let ct_next = options.ct_next.get(answered..).unwrap_or_default().to_vec();
        let options = Options { ct_next, tracked: connections.of(node), ..options.clone() };
        let found = trace(cx.world, bridge, &packet, &options);
        let this = legs.len();
        let mut onward = Vec::new();
        for (at, output) in found.outputs.iter().enumerate() {
            let next = next(nodes, node, output);
            // A wire leads to several nodes; all of them are followed, the first one is named.
            let mut first = None;
            for (start, port) in next.starts {
                let from = (this, at);
                let arrival = match output.tunnel {
                    Some(_) => Arrival::Tunnel { from, port },
                    None => Arrival::Wire { from, port },
                };
                // A packet that comes back to where it has been came in a circle, which is not followed.
                let is_new = !legs.iter().any(|l: &Leg<'_>| l.node == start.node && l.trace.input == start.packet);
                if is_new {
                    first.get_or_insert(this + 1 + waiting.len());
                    waiting.push_back((start, arrival, answered + found.answers()));
                }
            }
            onward.push(first.map_or(next.end, Onward::Leg));
        }
        let why = why(cx, bridge, &found, &options);
        legs.push(Leg { node, bridge, arrival, answered, trace: found, onward, why });
    }
    let (verdict, lost) = judge(nodes, &legs);
    Journey { legs, verdict, lost, is_cut }
}

/// What becomes of the packet over all legs, and the leg where it was lost.
fn judge(nodes: &[Cx<'_>], legs: &[Leg<'_>]) -> (Verdict, Option<usize>) {
    let arrives = |leg: &Leg<'_>| {
        let ends = leg.trace.outputs.iter().zip(&leg.onward);
        ends.filter(|(_, onward)| matches!(onward, Onward::Port | Onward::Host | Onward::Wire | Onward::UnknownPeer(_)))
            .count()
    };
    // A packet for one receiver that is known has arrived only there.
    let receiver = legs.first().and_then(|leg| receiver(nodes, &leg.trace.input));
    let at = |(node, bridge, port): (usize, usize, u32)| {
        legs.iter().any(|l| l.node == node && l.trace.outputs.iter().any(|o| o.bridge == bridge && o.port == port))
    };
    // What OVN's controller is only told of, for its log, is as lost as what it is not told of.
    let is_lost = |l: &Leg<'_>| l.trace.verdict == Verdict::Dropped || l.why.is_some();
    let lost_at = |node: usize| legs.iter().rposition(|l| l.node == node && is_lost(l));
    if let Some(receiver) = receiver {
        if at(receiver) {
            return (Verdict::Delivered, None);
        }
        if let Some(lost) = lost_at(receiver.0) {
            return (Verdict::Dropped, Some(lost));
        }
    }
    let verdicts = || legs.iter().map(|l| l.trace.verdict);
    if legs.iter().any(|leg| arrives(leg) > 0) {
        let is_mixed = verdicts().any(|v| matches!(v, Verdict::Controller | Verdict::Mixed));
        return (if is_mixed { Verdict::Mixed } else { Verdict::Delivered }, None);
    }
    if verdicts().any(|v| v == Verdict::Unknown) {
        return (Verdict::Unknown, None);
    }
    if legs.iter().any(|l| matches!(l.trace.verdict, Verdict::Controller | Verdict::Mixed) && !is_lost(l)) {
        return (Verdict::Controller, None);
    }
    let lost = legs.iter().rposition(is_lost);
    (Verdict::Dropped, lost)
}

/// What is wrong with the flows that a packet came by, on the node of each: errors and warnings, each once.
pub fn findings<'a>(nodes: &[Cx<'a>], journey: &Journey<'_>) -> Vec<(usize, &'a Finding)> {
    let mut found: Vec<(usize, &Finding)> = Vec::new();
    let mut visited: Vec<usize> = journey.legs.iter().map(|leg| leg.node).collect();
    visited.sort_unstable();
    visited.dedup();
    for node in visited {
        let legs = journey.legs.iter().filter(|leg| leg.node == node);
        let steps = legs.flat_map(|leg| &leg.trace.passes).flat_map(|pass| &pass.steps);
        let mut flows: Vec<(usize, FlowId)> = Vec::new();
        for step in steps {
            if let What::Table { found: Found::Flow { flow, via }, .. } = &step.what {
                let bridge = usize::from(step.bridge);
                flows.extend(std::iter::once(*flow).chain(via.iter().copied()).map(|flow| (bridge, flow)));
            }
        }
        let is_on_way = |f: &&Finding| {
            f.severity != Severity::Note
                && f.bridge.is_some_and(|bridge| f.flows.iter().any(|flow| flows.contains(&(bridge, *flow))))
        };
        found.extend(nodes[node].known.findings().iter().filter(is_on_way).map(|f| (node, f)));
    }
    found
}

/// The port of a captured node that has the packet's destination address, if exactly one has.
pub fn receiver(nodes: &[Cx<'_>], packet: &Packet) -> Option<(usize, usize, u32)> {
    let mac = packet.key.value(table::ETH_DST.slot);
    if mac == 0 || mac >> 40 & 1 == 1 {
        return None;
    }
    let mut found = None;
    for (at, cx) in nodes.iter().enumerate() {
        for (number, bridge) in cx.world.node.bridges.iter().enumerate() {
            let ports = bridge.ports.iter().filter(|p| {
                let word = cx.names.port(&bridge.name, p.number);
                word.is_some_and(|w| {
                    w.mac == Some(mac) && !matches!(w.kind, PortKind::Patch { .. } | PortKind::Tunnel { .. })
                })
            });
            for port in ports {
                if found.replace((at, number, port.number)).is_some() {
                    return None;
                }
            }
        }
    }
    found
}

/// Where an output leads, and where the packet begins again.
struct Next {
    end: Onward,
    /// Each with the port it comes in by.
    starts: Vec<(Start, Arc<str>)>,
}

fn next(nodes: &[Cx<'_>], node: usize, output: &Egress) -> Next {
    let none = |end| Next { end, starts: Vec::new() };
    let cx = &nodes[node];
    let bridge = &cx.world.node.bridges[output.bridge];
    let Some(packet) = output.packet.as_deref() else { return none(Onward::Port) };
    if let Some(tunnel) = &output.tunnel {
        let Some(peer) = nodes.iter().position(|cx| has_address(cx.world.node, tunnel.remote)) else {
            return none(Onward::UnknownPeer(tunnel.remote));
        };
        let kind = interface(cx.world.node, output).and_then(|i| i.kind.clone()).unwrap_or_default();
        let local = tunnel.local.or_else(|| encap_address(cx.world.node));
        return match tunnel_end(nodes[peer].world.node, &kind, local, tunnel) {
            Some((bridge, port, name)) => {
                let packet = inside(packet, port, Some((tunnel, local)));
                Next {
                    end: Onward::NoEnd(peer, tunnel.remote),
                    starts: vec![(Start { node: peer, bridge, packet }, name)],
                }
            }
            None => none(Onward::NoEnd(peer, tunnel.remote)),
        };
    }
    let word = cx.names.port(&bridge.name, output.port);
    match word.map(|w| &w.kind) {
        Some(PortKind::Instance) => return none(Onward::Port),
        Some(PortKind::Service(_) | PortKind::Bridge) => return none(Onward::Host),
        _ if output.port == port::LOCAL => return none(Onward::Host),
        _ if !is_physical(cx, output.bridge, output.port) => return none(Onward::Port),
        _ => {}
    }
    let mut starts = Vec::new();
    for (peer, other) in nodes.iter().enumerate().filter(|(at, _)| *at != node) {
        let Some(at) = other.world.bridge(&bridge.name) else { continue };
        let there = &other.world.node.bridges[at];
        let Some(way_in) = there.ports.iter().find(|p| is_physical(other, at, p.number)) else { continue };
        let packet = inside(packet, way_in.number, None);
        starts.push((Start { node: peer, bridge: at, packet }, way_in.name.clone()));
    }
    // Only the receiver's node is of interest, where that is known.
    if let Some((receiver, ..)) = receiver(nodes, packet)
        && starts.iter().any(|(start, _)| start.node == receiver)
    {
        starts.retain(|(start, _)| start.node == receiver);
    }
    Next { end: Onward::Wire, starts }
}

/// Whether a port leads out of the node by a network card: nothing that a program made, on a bridge that has patch
/// ports or is a provider bridge.
fn is_physical(cx: &Cx<'_>, bridge: usize, number: u32) -> bool {
    let here = &cx.world.node.bridges[bridge];
    let is_way_out = number != port::LOCAL
        && number < port::MAX
        && matches!(cx.names.port(&here.name, number).map(|w| &w.kind), None | Some(PortKind::Other));
    let leads_in = |p: &crate::model::port::Port| {
        matches!(cx.names.port(&here.name, p.number).map(|w| &w.kind), Some(PortKind::Patch { .. }))
    };
    use crate::model::naming::Kind;
    let kind = cx.naming(bridge).kind;
    is_way_out
        && !matches!(kind, Kind::Integration | Kind::OvnIntegration | Kind::Tunnel)
        && here.ports.iter().any(leads_in)
}

/// The interface that an output goes to.
fn interface<'n>(node: &'n Node, output: &Egress) -> Option<&'n InterfaceFacts> {
    let bridge = node.facts.bridge(&node.bridges[output.bridge].name)?;
    bridge.interfaces.iter().find(|i| i.name == output.name || i.ofport == Some(output.port))
}

/// The address that OVN told its node to use.
fn encap_address(node: &Node) -> Option<IpAddr> {
    value(&node.facts.external_ids, "ovn-encap-ip").and_then(|ip| ip.parse().ok())
}

/// Whether an address is an end of tunnels on a node.
fn has_address(node: &Node, address: IpAddr) -> bool {
    let of_tunnels = node.facts.bridges.iter().flat_map(|b| &b.interfaces).filter_map(|i| i.option("local_ip"));
    of_tunnels.filter_map(|ip| ip.parse().ok()).any(|ip: IpAddr| ip == address) || encap_address(node) == Some(address)
}

/// A port that a packet comes in by: its bridge, its number, its name.
type End = (usize, u32, Arc<str>);

/// The tunnel port of a node that takes packets from an address: its bridge, its number, its name.
fn tunnel_end(node: &Node, kind: &str, from: Option<IpAddr>, tunnel: &TunnelOut) -> Option<End> {
    let mut best: Option<(u32, End)> = None;
    for (at, bridge) in node.bridges.iter().enumerate() {
        let facts = node.facts.bridge(&bridge.name);
        for i in facts.iter().flat_map(|f| &f.interfaces) {
            let is_tunnel = i.kind.as_deref().is_some_and(|k| k == kind && TUNNELS.contains(&k));
            let Some(number) = i.ofport.filter(|n| *n > 0 && is_tunnel) else { continue };
            let remote = i.option("remote_ip");
            let is_exact = from.is_some() && remote.and_then(|r| r.parse().ok()) == from;
            let key = i.option("in_key").or(i.option("key"));
            let has_key = match key {
                Some("flow") => true,
                Some(text) => crate::base::number::c_integer(text).ok() == tunnel.key,
                None => tunnel.key.is_none(),
            };
            if !has_key || !is_exact && remote != Some("flow") {
                continue;
            }
            // The most specific port takes the packet, as the switch chooses.
            let rank = u32::from(is_exact);
            if best.as_ref().is_none_or(|(known, _)| rank > *known) {
                best = Some((rank, (at, number, i.name.clone())));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// A packet's headers, with nothing that tables noted, as it comes in by a port.
pub(super) fn clean(packet: &Packet, in_port: u32) -> Packet {
    inside(packet, in_port, None)
}

/// The packet as it comes in on the other side: its headers, with nothing that tables noted.
fn inside(packet: &Packet, in_port: u32, tunnel: Option<(&TunnelOut, Option<IpAddr>)>) -> Packet {
    let mut packet = packet.clone();
    let key = &mut packet.key;
    let noted: Vec<_> = key.words().map(|(id, _)| id).collect();
    for id in noted {
        let is_option = id >= word::BASE_END;
        if id < word::ETH_SRC || is_option && tunnel.is_none() {
            key.set_word(id, 0, u32::MAX);
        }
    }
    key.set_word(word::IN_PORT, in_port, u32::MAX);
    key.set_word(word::ACTSET_OUTPUT, port::UNSET, u32::MAX);
    packet.tunnel_flags.clear();
    if let Some((tunnel, local)) = tunnel {
        if let Some(id) = tunnel.key {
            packet.key.set(table::TUN_ID.slot, id);
            packet.tunnel_flags.push("key");
        }
        let mut end = |address: Option<IpAddr>, v4: u16, v6: u16| match address {
            Some(IpAddr::V4(ip)) => packet.key.set_word(v4, ip.into(), u32::MAX),
            Some(IpAddr::V6(ip)) => packet.key.write(Slot::new(v6, 0, 128), &Bits::from_u128(ip.into(), 128)),
            None => {}
        };
        end(local, word::TUN_SRC, word::TUN_IPV6_SRC);
        end(Some(tunnel.remote), word::TUN_DST, word::TUN_IPV6_DST);
        if let Some(ttl) = FieldId::by_name("tun_ttl") {
            packet.key.set(ttl.slot, 64);
        }
    }
    packet
}
