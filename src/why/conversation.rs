//! There and back: the reply to a packet, with the connection that the packet made.

use std::net::IpAddr;
use std::sync::Arc;

use super::Cx;
use super::journey::{Journey, Onward, clean, receiver};
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::word;
use crate::field::{FieldId, table};
use crate::model::conntrack::Connection;
use crate::model::snapshot::Snapshot;
use crate::packet::Start;
use crate::trace::tracked::tuple;
use crate::trace::{Packet, Tracked, Verdict};

/// The connections that are known, node by node.
#[derive(Debug, Clone, Default)]
pub struct Connections(Vec<Option<Arc<Tracked>>>);

impl Connections {
    /// Those that were captured.
    pub fn captured(nodes: &[Cx<'_>]) -> Connections {
        let of = |cx: &Cx<'_>| cx.world.node.connections.as_ref().map(|c| Arc::new(Tracked::new(c.to_vec())));
        Connections(nodes.iter().map(of).collect())
    }

    /// Those of a node.
    pub fn of(&self, node: usize) -> Option<Arc<Tracked>> {
        self.0.get(node)?.clone()
    }

    /// Leaves them in a snapshot, as if they had been captured with it.
    pub fn keep(&self, snapshot: &mut Snapshot) {
        for (node, tracked) in snapshot.nodes.iter_mut().zip(&self.0) {
            if let Some(tracked) = tracked {
                Arc::make_mut(node).connections = Some(Arc::new(tracked.connections().to_vec()));
            }
        }
    }

    /// With those that a packet made on its way. What was made last counts.
    pub fn after(&self, nodes: &[Cx<'_>], journey: &Journey<'_>) -> Connections {
        let mut all = Vec::new();
        for node in 0..nodes.len() {
            let mut connections = self.of(node).map_or_else(Vec::new, |t| t.connections().to_vec());
            let legs = journey.legs.iter().filter(|leg| leg.node == node);
            for commit in legs.flat_map(|leg| &leg.trace.commits) {
                let Some(orig) = tuple(&commit.packet) else { continue };
                let Some(after) = tuple(commit.translated.as_ref().unwrap_or(&commit.packet)) else { continue };
                let proto = commit.packet.key.value(proto::NW_PROTO) as u8;
                connections.push(Connection {
                    zone: commit.zone,
                    mark: commit.mark.map_or(0, |(value, _)| value),
                    labels: commit.label.map_or(0, |(value, _)| value),
                    ..Connection::new(proto, orig, after.turned())
                });
            }
            all.push((!connections.is_empty()).then(|| Arc::new(Tracked::new(connections))));
        }
        Connections(all)
    }
}

/// The reply to a packet, and where it begins: at the port that got the packet. `None` for a packet that nobody got, or that
/// has no reply.
pub fn reply(nodes: &[Cx<'_>], journey: &Journey<'_>) -> Option<Start> {
    if !matches!(journey.verdict, Verdict::Delivered | Verdict::Mixed) {
        return None;
    }
    let first = &journey.legs[0];
    let wanted = receiver(nodes, &first.trace.input);
    let asked = asked(&first.trace.input);
    let ends = journey
        .legs
        .iter()
        .flat_map(|leg| leg.trace.outputs.iter().zip(&leg.onward).map(move |(output, onward)| (leg, output, onward)));
    let is_end =
        |onward: &Onward| matches!(onward, Onward::Port | Onward::Host | Onward::Wire | Onward::UnknownPeer(_));
    // Of many receivers the one that is meant: by its MAC address, or because somebody asks for its address.
    let best = ends.filter(|(_, _, onward)| is_end(onward)).min_by_key(|(leg, output, onward)| {
        let is_wanted = wanted == Some((leg.node, output.bridge, output.port));
        let has_asked = asked.is_some_and(|ip| owns(&nodes[leg.node], output.bridge, output.port, ip));
        (!is_wanted, !has_asked, !matches!(onward, Onward::Port))
    })?;
    let (leg, output, _) = best;
    let packet = answer(nodes, leg.node, output.bridge, output.port, output.packet.as_deref()?)?;
    Some(Start { node: leg.node, bridge: output.bridge, packet })
}

/// The address that an ARP request asks for.
fn asked(packet: &Packet) -> Option<IpAddr> {
    let is_arp = packet.key.value(proto::DL_TYPE) == u64::from(ethertype::ARP);
    is_arp.then(|| IpAddr::V4(packet.key.word(word::IP_DST).into()))
}

/// Whether the Neutron port behind a port has an address.
fn owns(cx: &Cx<'_>, bridge: usize, port: u32, ip: IpAddr) -> bool {
    let port = cx.names.port(&cx.world.at(bridge).name, port);
    let facts = cx.snapshot.neutron.as_deref();
    port.and_then(|p| facts?.ports.get(&p.id)).is_some_and(|p| p.fixed_ips.contains(&ip))
}

/// The answer to a packet as it came out of a port, as it goes into that port.
fn answer(nodes: &[Cx<'_>], node: usize, bridge: usize, port: u32, got: &Packet) -> Option<Packet> {
    let mut packet = clean(got, port);
    let key = &mut packet.key;
    let swap = |key: &mut crate::field::Key, a: FieldId, b: FieldId| {
        let (was_a, was_b) = (key.read(a.slot), key.read(b.slot));
        key.write(a.slot, &was_b);
        key.write(b.slot, &was_a);
    };
    let own = nodes[node].names.port(&nodes[node].world.at(bridge).name, port).and_then(|w| w.mac);
    let is_group = key.value(table::ETH_DST.slot) >> 40 & 1 == 1;
    swap(key, table::ETH_SRC, table::ETH_DST);
    if is_group {
        // Nobody sends from the address of a group.
        key.set(table::ETH_SRC.slot, own?);
    }
    match key.value(proto::DL_TYPE) as u16 {
        ethertype::ARP => {
            if key.value(table::ARP_OP.slot) != 1 {
                return None;
            }
            swap(key, table::ARP_SPA, table::ARP_TPA);
            swap(key, table::ARP_SHA, table::ARP_THA);
            key.set(table::ARP_OP.slot, 2);
            let own = key.value(table::ETH_SRC.slot);
            key.set(table::ARP_SHA.slot, own);
            return Some(packet);
        }
        ethertype::IP => swap(key, table::IP_SRC, table::IP_DST),
        ethertype::IPV6 => swap(key, table::IPV6_SRC, table::IPV6_DST),
        _ => return None,
    }
    const TTL: u64 = 64;
    key.set(table::NW_TTL.slot, TTL);
    match key.value(proto::NW_PROTO) as u8 {
        ipproto::TCP => {
            swap(key, table::TCP_SRC, table::TCP_DST);
            const SYN: u64 = 0x02;
            const ACK: u64 = 0x10;
            let flags = key.value(table::TCP_FLAGS.slot);
            // A packet that was given without flags stays one.
            if flags != 0 {
                key.set(table::TCP_FLAGS.slot, flags & SYN | ACK);
            }
        }
        ipproto::UDP | ipproto::SCTP => swap(key, table::TCP_SRC, table::TCP_DST),
        ipproto::ICMP => {
            key.set(table::ICMP_TYPE.slot, answer_type(key.value(table::ICMP_TYPE.slot), &[(8, 0), (13, 14)])?);
        }
        ipproto::ICMPV6 => {
            key.set(table::ICMP_TYPE.slot, answer_type(key.value(table::ICMP_TYPE.slot), &[(128, 129)])?);
        }
        _ => {}
    }
    Some(packet)
}

fn answer_type(kind: u64, pairs: &[(u64, u64)]) -> Option<u64> {
    pairs.iter().find(|(request, _)| *request == kind).map(|(_, reply)| *reply)
}
