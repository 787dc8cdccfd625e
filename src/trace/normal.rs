//! The learning switch: what `NORMAL` does (`xlate_normal`).

use rustc_hash::FxHashSet;

use super::machine::Machine;
use super::packet::Packet;
use super::step::{Assumption, Remark};
use super::world::{BridgeWorld, PriorityTags, Vlan, VlanMode, XPort};
use crate::field::names::port;
use crate::field::proto::ethertype;
use crate::field::slot::{Slot, word};
use crate::field::table;

/// The tags of a packet: type, VLAN, priority bits; outer first, zero where there is none.
pub(super) type Tags = [(u16, u16, u16); 2];

/// The bits of a VLAN id in a tag.
const VID: u16 = 0x0fff;
/// The bits of the priority in a tag.
const PCP: u16 = 0xe000;
/// Says that there is a tag.
const PRESENT: u16 = 0x1000;

impl Machine<'_, '_> {
    /// Does what an ordinary switch would.
    pub(super) fn normal(&mut self, last: bool) {
        self.reads_slot(table::ETH_SRC.slot);
        self.reads_slot(table::ETH_DST.slot);
        self.reads_slot(Slot::new(word::VLAN, 0, 13));
        let here = self.here();
        let from = self.packet.in_port();
        // What comes from no port, or from a controller, may go anywhere.
        let nowhere = XPort { number: from, ..XPort::default() };
        self.assume_ports();
        let is_nowhere = matches!(from, port::NONE | port::CONTROLLER) || !here.knows_ports;
        let Some(input) = here.port(from).or(is_nowhere.then_some(&nowhere)) else {
            self.remark(Remark::UnknownPort(from));
            return self.remark(Remark::NoBundle);
        };
        if !here.knows_vlans {
            self.assume(Assumption::Vlans(here.bridge.name.clone()));
        }
        let came = tags(&self.packet);
        self.note_normal(here, input, came, is_nowhere);
        if let Some(refusal) = input.vlan.refuses(came[0].1, input) {
            self.remark(refusal);
            return self.remark(Remark::VlanRefused);
        }
        let inside = input.vlan.inside(came);
        let vlan = inside[0].1;
        let to = self.packet.get(table::ETH_DST.slot);
        if !is_nowhere && !here.forward_bpdu && is_reserved(to) {
            return self.remark(Remark::ReservedMac);
        }
        const MULTICAST: u64 = 0x0100_0000_0000;
        const BROADCAST: u64 = 0xffff_ffff_ffff;
        if here.snoops && self.packet.is_ip() && to & MULTICAST != 0 && to != BROADCAST {
            self.assume(Assumption::Multicast(here.bridge.name.clone()));
            self.remark(Remark::Unregistered);
            return self.flood_vlan(here, input, inside);
        }
        if here.bridge.fdb.is_empty() {
            self.assume(Assumption::Fdb(here.bridge.name.clone()));
        }
        let is_known = |e: &&crate::model::port::FdbEntry| e.mac == to && e.vlan == vlan && to & MULTICAST == 0;
        match here.bridge.fdb.iter().find(is_known).map(|e| here.port(e.port)) {
            Some(None) => self.remark(Remark::LearnedNowhere),
            Some(Some(output)) if output.group == input.group => self.remark(Remark::LearnedInput),
            Some(Some(output)) => {
                self.remark(Remark::Learned);
                self.send_tagged(output, inside, last);
            }
            None => {
                self.remark(Remark::Flooding);
                self.flood_vlan(here, input, inside);
            }
        }
    }

    fn flood_vlan(&mut self, here: &BridgeWorld<'_>, input: &XPort, inside: Tags) {
        for output in flooded(here, input, &inside) {
            // Open vSwitch does not say of the last of them that it is the last.
            self.send_tagged(output, inside, false);
        }
    }

    /// Sends the packet with the tags that the port's VLANs ask for.
    fn send_tagged(&mut self, output: &XPort, inside: Tags, last: bool) {
        let members = self.here().ports.iter().filter(|p| p.group == output.group);
        let output = match members.clone().count() {
            0 | 1 => output,
            // A port that is down takes nothing, so another stands for the bond if there is one.
            _ => members.clone().find(|p| p.is_up).unwrap_or(output),
        };
        if members.clone().count() > 1 {
            self.assume(Assumption::Member(output.group.clone(), output.name.clone()));
        }
        let before = self.packet.clone();
        let mut outside = output.vlan.outside(inside);
        if output.vlan.priority_tags != PriorityTags::Never {
            outside[0].2 = self.packet.tci() & PCP;
        }
        put(&mut self.packet, outside, output.vlan.priority_tags);
        self.touches_slot(Slot::new(word::VLAN, 0, 16));
        if output.peer.is_some() {
            self.note_tag(outside[0], output);
        }
        self.send(output.number, last, false);
        self.packet.set_tci(before.tci());
        self.packet.tpids = before.tpids;
        self.packet.inner_tci = before.inner_tci;
        self.packet.origins = before.origins;
    }
}

/// The ports to which a packet with these tags is flooded.
pub(super) fn flooded<'p>(here: &'p BridgeWorld<'_>, input: &XPort, inside: &Tags) -> Vec<&'p XPort> {
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    let mut outputs: Vec<&XPort> = Vec::new();
    for output in &here.ports {
        // A bond gets one copy only.
        let is_first = seen.insert(&output.group);
        if is_first && output.group != input.group && !output.no_flood && output.vlan.carries(inside) {
            outputs.push(output);
        }
    }
    outputs
}

/// The tags of a packet as it is.
fn tags(packet: &Packet) -> Tags {
    let tag = |tpid: u16, tci: u16| if tci & PRESENT != 0 { (tpid, tci & VID, tci & PCP) } else { (0, 0, 0) };
    let inner = if packet.tci() & PRESENT != 0 { packet.inner_tci } else { 0 };
    [tag(packet.tpids[0], packet.tci()), tag(packet.tpids[1], inner)]
}

/// Puts tags on a packet (`xvlan_put`). One without VLAN and priority is none, unless the port always has one.
fn put(packet: &mut Packet, tags: Tags, priority_tags: PriorityTags) {
    let tci = |(tpid, vid, pcp): (u16, u16, u16)| {
        let is_there = vid | pcp != 0 || priority_tags == PriorityTags::Always && tpid != 0;
        if is_there { vid | pcp | PRESENT } else { 0 }
    };
    let tpid = |(tpid, ..): (u16, u16, u16)| if tpid == 0 { ethertype::VLAN } else { tpid };
    // A tag below none stays: hashes take it in, and it is seen again below a new one.
    let (outer, inner) = (tci(tags[0]), tci(tags[1]));
    packet.tpids = [if outer == 0 { 0 } else { tpid(tags[0]) }, if inner == 0 { 0 } else { tpid(tags[1]) }];
    packet.set_tci(outer);
    packet.inner_tci = inner;
}

/// Addresses that switches keep to themselves (`eth_addr_is_reserved`): those of spanning trees and their kin, some of
/// Extreme's, and Cisco's.
pub(super) fn is_reserved(mac: u64) -> bool {
    RESERVED.iter().any(|(value, mask)| (mac ^ value) & mask == 0)
}

/// The reserved addresses, with masks.
pub(super) const RESERVED: [(u64, u64); 9] = {
    const ALL: u64 = 0xffff_ffff_ffff;
    [
        (0x0180_c200_0000, ALL & !0xf),
        (0x0100_0ccc_ccc0, ALL & !7),
        (0x00e0_2b00_0000, ALL),
        (0x00e0_2b00_0004, ALL),
        (0x00e0_2b00_0006, ALL),
        (0x0100_0c00_0000, ALL),
        (0x0100_0ccc_cccc, ALL),
        (0x0100_0ccc_cccd, ALL),
        (0x0100_0ccd_cdcd, ALL),
    ]
};

impl Vlan {
    /// Why a packet with this tag may not come in, if it may not.
    pub(super) fn refuses(&self, vid: u16, port: &XPort) -> Option<Remark> {
        match self.mode {
            VlanMode::Access => (vid != 0).then(|| Remark::TaggedAccess(vid, (*port.name).into(), self.tag)),
            VlanMode::NativeTagged | VlanMode::NativeUntagged if vid == 0 => None,
            VlanMode::Dot1qTunnel if self.cvlans.is_empty() || self.cvlans.contains(&vid) => None,
            VlanMode::Dot1qTunnel => Some(Remark::Excluded(vid, (*port.name).into())),
            _ => (!self.trunks_vlan(vid)).then(|| Remark::NotTrunked(vid, (*port.name).into())),
        }
    }

    /// Whether a port that is no access port carries a VLAN. A native VLAN is always carried, and VLAN 0 is none then.
    fn trunks_vlan(&self, vid: u16) -> bool {
        let has_native = matches!(self.mode, VlanMode::NativeTagged | VlanMode::NativeUntagged) && self.tag != 0;
        match vid {
            _ if self.mode == VlanMode::Access => false,
            0 if has_native => false,
            _ if has_native && vid == self.tag => true,
            _ => self.trunks.is_empty() || self.trunks.contains(&vid),
        }
    }

    /// Whether packets with these tags go out.
    pub(super) fn carries(&self, inside: &Tags) -> bool {
        let (outer, inner) = (inside[0].1, inside[1].1);
        match self.mode {
            VlanMode::Access => outer == self.tag && inner == 0,
            VlanMode::Dot1qTunnel => outer == self.tag && (self.cvlans.is_empty() || self.cvlans.contains(&inner)),
            _ => self.trunks_vlan(outer),
        }
    }

    /// The tags inside the bridge.
    pub(super) fn inside(&self, came: Tags) -> Tags {
        let tpid = if came[0].0 == 0 { ethertype::VLAN } else { came[0].0 };
        match self.mode {
            VlanMode::Access => [(tpid, self.tag, came[0].2), (0, 0, 0)],
            VlanMode::NativeTagged | VlanMode::NativeUntagged if came[0].1 == 0 => {
                [(tpid, self.tag, came[0].2), came[1]]
            }
            VlanMode::Dot1qTunnel => [(self.qinq, self.tag, 0), came[0]],
            _ => came,
        }
    }

    /// The tags of a packet that leaves.
    fn outside(&self, inside: Tags) -> Tags {
        match self.mode {
            VlanMode::Access => [(0, 0, 0); 2],
            VlanMode::NativeUntagged if inside[0].1 == self.tag => [inside[1], (0, 0, 0)],
            VlanMode::Dot1qTunnel => [inside[1], (0, 0, 0)],
            _ => inside,
        }
    }
}
