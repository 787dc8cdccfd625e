//! What decides the way through a learning switch: the VLAN, and the address the packet is for.

use rustc_hash::FxHashMap;

use super::machine::Machine;
use super::normal::{RESERVED, Tags, flooded, is_reserved};
use super::origin::{bits, slot_bits};
use super::world::{BridgeWorld, PriorityTags, VlanMode, XPort};
use crate::field::Bits;
use crate::field::proto::{DL_TYPE, VLAN_PCP, VLAN_PRESENT, VLAN_VID, ethertype};
use crate::field::slot::{Slot, word};
use crate::field::table;

/// The VLAN, and whether there is a tag.
const VLAN: Slot = Slot::new(word::VLAN, 0, 13);
const PRESENT: u64 = 0x1000;
const VID: u64 = 0x0fff;
/// All bits of a MAC address, and that of groups.
const MAC: u64 = 0xffff_ffff_ffff;
const MULTICAST: u64 = 0x0100_0000_0000;

/// What becomes of a packet of one VLAN.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It may not come in.
    Refused,
    /// The address was learned, on this port.
    Learned(u32),
    /// It goes to all of these.
    Flooded(Vec<u32>),
}

impl Machine<'_, '_> {
    /// Takes note of what decides here.
    pub(super) fn note_normal(&mut self, here: &BridgeWorld<'_>, input: &XPort, came: Tags, is_nowhere: bool) {
        let Some(tracker) = &self.shared.tracker else { return };
        let notes_cuts = tracker.notes_cuts;
        let to = self.packet.get(table::ETH_DST.slot);
        let with = |vid: u16| {
            let tpid = if came[0].0 == 0 { ethertype::VLAN } else { came[0].0 };
            let tag = if vid == came[0].1 { came[0] } else { (tpid, vid, came[0].2) };
            [tag, came[1]]
        };
        let inside = |vid: u16| input.vlan.inside(with(vid));
        let fate = |vid: u16, to: u64| {
            if input.vlan.refuses(vid, input).is_some() {
                return Fate::Refused;
            }
            let inside = inside(vid);
            let entry = here.bridge.fdb.iter().find(|e| e.mac == to && e.vlan == inside[0].1 && to & MULTICAST == 0);
            match entry {
                Some(entry) => Fate::Learned(entry.port),
                None => Fate::Flooded(flooded(here, input, &inside).iter().map(|p| p.number).collect()),
            }
        };
        let now = fate(came[0].1, to);
        let destination = table::ETH_DST.slot;
        if here.snoops {
            self.hangs_on(DL_TYPE);
            self.hangs_on(destination);
        }
        let keeps_reserved = !is_nowhere && !here.forward_bpdu && now != Fate::Refused;
        if keeps_reserved && is_reserved(to) {
            for (_, mask) in RESERVED.iter().filter(|(value, mask)| (to ^ value) & mask == 0) {
                let mask = Bits::from_u64(*mask, destination.width.into());
                let counts: Vec<_> = destination.spread(&mask).flat_map(|(id, mask)| bits(id, mask)).collect();
                self.note(|tracker, packet| tracker.need(packet, counts));
            }
        } else if matches!(now, Fate::Learned(_)) {
            self.hangs_on(destination);
        }
        if !notes_cuts {
            return;
        }
        // Packets of other VLANs, unless the flows decide which it is.
        let is_open = u64::from(self.packet.changed(word::VLAN)) & (VID | PRESENT) != VID | PRESENT;
        let mut same = vec![came[0].1];
        for vid in (0..4096).filter(|vid| is_open && *vid != came[0].1) {
            match fate(vid, to) == now {
                true => same.push(vid),
                false => self.keeps_out_of(vid, &[]),
            }
        }
        if now == Fate::Refused {
            return;
        }
        if keeps_reserved && !is_reserved(to) {
            for (value, mask) in RESERVED {
                self.keeps_out(&[(destination, mask, value)]);
            }
        }
        if let Fate::Flooded(ports) = &now {
            let mut by_vlan: FxHashMap<u16, Vec<u16>> = FxHashMap::default();
            for vid in &same {
                by_vlan.entry(inside(*vid)[0].1).or_default().push(*vid);
            }
            for entry in here.bridge.fdb.iter().filter(|e| ports[..] != [e.port]) {
                match by_vlan.get(&entry.vlan) {
                    None => {}
                    Some(_) if by_vlan.len() == 1 => self.keeps_out(&[(destination, MAC, entry.mac)]),
                    Some(vids) => vids.iter().for_each(|vid| self.keeps_out_of(*vid, &[(destination, MAC, entry.mac)])),
                }
            }
        }
    }

    /// Packets of a VLAN, and of a set besides, would go another way.
    fn keeps_out_of(&mut self, vid: u16, set: &[(Slot, u64, u64)]) {
        let tagged = (VLAN, VID | PRESENT, u64::from(vid) | PRESENT);
        self.keeps_out(&[&[tagged], set].concat());
        if vid == 0 {
            self.keeps_out(&[&[(VLAN, PRESENT, 0)], set].concat());
        }
    }

    /// Takes note of where the tag comes from with which a packet goes through a patch port.
    pub(super) fn note_tag(&mut self, tag: (u16, u16, u16), output: &XPort) {
        if !self.packet.is_tracked() {
            return;
        }
        self.hangs_on(VLAN_VID);
        self.hangs_on(VLAN_PRESENT);
        let takes_priority = match output.vlan.mode {
            VlanMode::Access => output.vlan.priority_tags != PriorityTags::Never,
            VlanMode::Dot1qTunnel => false,
            _ => true,
        };
        if output.vlan.mode == VlanMode::Dot1qTunnel {
            self.hangs_on(VLAN_PCP);
        }
        if !takes_priority {
            self.packet.decided_slot(VLAN_PCP);
        }
        self.packet.decided_slot(VLAN_VID);
        match tag.1 {
            0 => self.packet.mixed(VLAN_PRESENT, slot_bits(VLAN_PCP)),
            _ => self.packet.decided_slot(VLAN_PRESENT),
        }
    }
}
