//! Headers that go on and off, and times to live that run out.

use super::commit::labels;
use super::machine::Machine;
use super::origin::slot_bits;
use super::packet::is_mpls;
use super::step::{Failure, Remark};
use crate::field::proto::{self, ethertype};
use crate::field::slot::{Slot, word};
use crate::field::table;

/// How many MPLS labels a switch keeps (`FLOW_MAX_MPLS_LABELS`).
pub(super) const LABELS: usize = 3;
/// The bit of an MPLS entry that says that it is the last.
const BOTTOM: u32 = 0x100;
/// Reason of a packet-in: the time to live is over.
const INVALID_TTL: u8 = 2;

impl Machine<'_, '_> {
    /// Takes the outer VLAN tag off.
    pub(super) fn pop_vlan(&mut self) {
        self.writes_slot(Slot::new(word::VLAN, 0, 16));
        let packet = &mut self.packet;
        if packet.tci() & 0x1000 == 0 {
            return;
        }
        // What lies below is a tag only if it says so.
        let (tpid, tci) = if packet.inner_tci & 0x1000 != 0 { (packet.tpids[1], packet.inner_tci) } else { (0, 0) };
        packet.tpids = [tpid, 0];
        packet.inner_tci = 0;
        packet.set_tci(tci);
    }

    /// Puts an empty VLAN tag on.
    pub(super) fn push_vlan(&mut self, tpid: u16) {
        self.writes_slot(Slot::new(word::VLAN, 0, 16));
        let packet = &mut self.packet;
        packet.inner_tci = packet.tci();
        packet.tpids = [tpid, packet.tpids[0]];
        packet.set_tci(0x1000);
    }

    /// Sets bits of the tag, if there is one or one is to be added.
    pub(super) fn set_vlan(&mut self, bits: u16, value: u16, adds: bool) {
        self.touches_slot(Slot::new(word::VLAN, 0, 16));
        let tci = self.packet.tci();
        if !adds {
            self.hangs_on(proto::VLAN_PRESENT);
        }
        if tci & 0x1000 != 0 || adds {
            self.packet.decided(word::VLAN, u32::from(bits | 0x1000));
            self.packet.set_tci(tci & !bits | value & bits | 0x1000);
        }
    }

    /// Puts an MPLS header on; the layers below it are not seen any more.
    pub(super) fn push_mpls(&mut self, kind: u16) {
        self.hangs_on(super::packet::DL_TYPE);
        let n = labels(&self.packet).len();
        if n >= LABELS {
            self.failure = Some(Failure::TooManyLabels);
            return;
        }
        if n == 0 {
            self.commit();
        }
        self.push_labels(n, kind);
    }

    /// Puts a label onto `n` of them (`flow_push_mpls`).
    pub(super) fn push_labels(&mut self, n: usize, kind: u16) {
        self.touches_slot(Slot::new(word::MPLS, 0, 32));
        if n > 0 {
            let top = self.packet.key.word(word::MPLS);
            while self.packet.inner_mpls.len() + 1 < n {
                self.packet.inner_mpls.push(0);
            }
            self.packet.inner_mpls.insert(0, top);
            self.packet.key.set_word(word::MPLS, top & !BOTTOM, u32::MAX);
            self.packet.decided(word::MPLS, BOTTOM);
        } else {
            let label = if self.packet.dl_type() == ethertype::IPV6 { 2 } else { 0 };
            let (mut tc, mut ttl) = (0, 64);
            if self.packet.is_ip() {
                self.reads_slot(table::NW_TOS.slot);
                self.reads_slot(table::NW_TTL.slot);
                tc = self.packet.get(table::NW_TOS.slot) as u32 & 7;
                ttl = match self.packet.get(table::NW_TTL.slot) as u32 {
                    0 => 64,
                    ttl => ttl,
                };
            }
            self.packet.key.set_word(word::MPLS, label << 12 | tc << 9 | BOTTOM | ttl, u32::MAX);
            self.packet.decided(word::MPLS, u32::MAX);
            self.packet.mixed(table::MPLS_TC.slot, slot_bits(table::NW_TOS.slot));
            self.packet.mixed(table::MPLS_TTL.slot, slot_bits(table::NW_TTL.slot));
            self.clear_below();
        }
        self.packet.decided_slot(super::packet::DL_TYPE);
        self.packet.set(super::packet::DL_TYPE, kind.into());
    }

    /// Forgets what lies in the layers that a packet with an MPLS header does not show.
    fn clear_below(&mut self) {
        let key = &mut self.packet.key;
        key.set_word(word::TYPE, 0, 0xffff);
        let layers = [word::DP_HASH, word::TTL, word::IP_SRC, word::IP_DST, word::IPV6_LABEL, word::TP];
        let tuple = word::CT_NW_SRC..word::ETH_SRC;
        let wide = (word::IPV6_SRC..word::IPV6_LABEL).chain(word::ARP_SHA..word::BASE_END).chain(tuple);
        let all = || layers.into_iter().chain(wide.clone());
        for id in all() {
            key.set_word(id, 0, u32::MAX);
        }
        self.packet.decided_words(all());
        self.packet.decided(word::TYPE, 0xffff);
    }

    /// Takes an MPLS header off.
    pub(super) fn pop_mpls(&mut self, kind: u16) {
        if !self.may_pop_label() {
            return;
        }
        self.pop_label(kind);
        self.was_mpls |= !is_mpls(kind);
    }

    /// Whether there is a label that can be taken off: below the last that a switch keeps it does not know what follows.
    pub(super) fn may_pop_label(&mut self) -> bool {
        self.hangs_on(super::packet::DL_TYPE);
        self.hangs_on(table::MPLS_BOS.slot);
        let labels = labels(&self.packet);
        let hides_more = labels.len() >= LABELS && labels[LABELS - 1] & BOTTOM == 0;
        if hides_more {
            self.failure = Some(Failure::TooManyLabels);
            self.actions.clear();
        }
        !labels.is_empty() && !hides_more
    }

    /// Takes the outer label off.
    pub(super) fn pop_label(&mut self, kind: u16) {
        self.writes_slot(Slot::new(word::MPLS, 0, 32));
        let next = if self.packet.inner_mpls.is_empty() { 0 } else { self.packet.inner_mpls.remove(0) };
        self.packet.key.set_word(word::MPLS, next, u32::MAX);
        self.packet.set(super::packet::DL_TYPE, kind.into());
        self.packet.decided_slot(super::packet::DL_TYPE);
    }

    /// Sets a field of the MPLS header, if there is one.
    pub(super) fn set_mpls(&mut self, slot: Slot, value: u64) {
        self.hangs_on(super::packet::DL_TYPE);
        if self.packet.is_mpls() {
            self.packet.set(slot, value);
            self.writes_slot(slot);
        }
    }

    /// Takes one off the IP time to live; tells whether the table's actions end here.
    pub(super) fn dec_ttl(&mut self, controllers: Option<&[u16]>) -> bool {
        self.hangs_on(super::packet::DL_TYPE);
        if !self.packet.is_ip() {
            return false;
        }
        let slot = table::NW_TTL.slot;
        self.reads_slot(slot);
        let ttl = self.packet.get(slot);
        if ttl > 1 {
            self.counts_down(slot, ttl);
            return false;
        }
        self.hangs_on(Slot { shift: slot.shift + 1, width: slot.width - 1, ..slot });
        for controller in controllers.unwrap_or(&[0]) {
            self.tell_controller(INVALID_TTL, *controller, u16::MAX, &[], None);
        }
        let version = if self.packet.dl_type() == ethertype::IP { "IPv4" } else { "IPv6" };
        self.remark(Remark::TtlExpired(version));
        true
    }

    /// Takes one off the time to live of the MPLS or NSH header.
    pub(super) fn dec_header_ttl(&mut self, has_header: bool, slot: Slot, name: &'static str) -> bool {
        self.hangs_on(super::packet::DL_TYPE);
        if has_header {
            self.reads_slot(slot);
            let ttl = self.packet.get(slot);
            if ttl > 1 {
                self.counts_down(slot, ttl);
                return false;
            }
            self.hangs_on(Slot { shift: slot.shift + 1, width: slot.width - 1, ..slot });
            self.tell_controller(INVALID_TTL, 0, u16::MAX, &[], None);
        }
        self.remark(Remark::TtlExpired(name));
        true
    }

    /// Takes one off a time to live that is not over.
    fn counts_down(&mut self, slot: Slot, ttl: u64) {
        self.keeps_out(&[(slot, 0xfe, 0)]);
        self.packet.set(slot, ttl - 1);
        self.packet.mixed(slot, slot_bits(slot));
        self.touches_slot(slot);
    }

    /// Whether transport ports can be written.
    pub(super) fn has_ports(&mut self) -> bool {
        self.hangs_on(super::packet::DL_TYPE);
        self.hangs_on(proto::IP_FRAG);
        self.packet.is_ip() && self.packet.get(proto::IP_FRAG) & super::packet::LATER == 0
    }

    /// The priority that stands for a queue: the kernel's handle of a class (tc(8)), or the queue itself.
    pub(super) fn priority(&self, queue: u32) -> u32 {
        if self.world.is_kernel { 0x1_0000 | queue.wrapping_add(1) & 0xffff } else { queue }
    }
}
