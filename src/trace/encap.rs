//! Headers that are put in front of the packet or taken off: `encap` and `decap` (`xlate_generic_encap_action`).
//!
//! A packet starts with the header that its packet_type names. What the datapath is to do is told when the change is
//! committed, so it is kept as [`Pending`] until then.

use super::commit::labels;
use super::machine::Machine;
use super::packet::{DL_TYPE, Packet};
use super::step::{Failure, Remark};
use crate::action::header::{Decap, Encap, EncapProperty};
use crate::field::proto::ethertype;
use crate::field::slot::{Slot, word};

/// What the datapath has yet to be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Pending {
    /// Nothing.
    #[default]
    Nothing,
    /// A header in front, with the options of a network service header.
    Encap(Vec<u8>),
    /// A header off.
    Decap,
}

/// The packet types that have a name here.
pub(super) mod packet_type {
    /// An Ethernet frame.
    pub const ETHERNET: u32 = 0;
    /// An IPv4 packet without an Ethernet header.
    pub const IPV4: u32 = 0x1_0800;
    /// An IPv6 packet without one.
    pub const IPV6: u32 = 0x1_86dd;
    /// A packet that begins with a network service header.
    pub const NSH: u32 = 0x1_894f;
    /// One that begins with an MPLS label stack entry.
    pub const MPLS: u32 = 0x1_8847;
    /// The same, multicast.
    pub const MPLS_MC: u32 = 0x1_8848;
    /// Whatever follows, as `decap()` without an argument says it.
    pub const NEXT: u32 = 0xfffe;
}

/// The Ethernet type of a packet type, if it has one.
pub(super) fn ether_type(packet_type: u32) -> Option<u16> {
    (packet_type >> 16 == 1).then_some(packet_type as u16)
}

/// What follows a network service header: its number there, and the packet type.
const NEXT_PROTOCOLS: [(u32, u32); 4] =
    [(1, packet_type::IPV4), (2, packet_type::IPV6), (3, packet_type::ETHERNET), (4, packet_type::NSH)];
/// How long the options of a network service header may be.
const NSH_OPTIONS: usize = 248;
/// nsh_np.
const NSH_NP: Slot = Slot::new(word::NSH, 0, 8);

impl Packet {
    /// With what the packet begins.
    pub(super) fn packet_type(&self) -> u32 {
        self.key.word(word::PACKET_TYPE)
    }

    /// Whether it is an Ethernet frame.
    pub(super) fn is_frame(&self) -> bool {
        self.packet_type() == packet_type::ETHERNET
    }

    fn set_packet_type(&mut self, value: u32) {
        self.key.set_word(word::PACKET_TYPE, value, u32::MAX);
    }

    fn clear_addresses(&mut self) {
        for id in word::ETH_SRC..word::VLAN {
            self.key.set_word(id, 0, u32::MAX);
        }
    }

    /// Takes every header from Ethernet up from another packet.
    pub(super) fn take_headers(&mut self, from: &Packet) {
        for id in word::CT_NW_SRC..word::BASE_END {
            self.key.set_word(id, from.key.word(id), u32::MAX);
        }
        self.tpids = from.tpids;
        self.inner_tci = from.inner_tci;
        self.inner_mpls.clone_from(&from.inner_mpls);
    }
}

impl Machine<'_, '_> {
    /// `encap(HEADER)`.
    pub(super) fn encap(&mut self, encap: &Encap) {
        self.commit();
        let mut options = Vec::new();
        match encap.packet_type {
            packet_type::ETHERNET => self.encap_ethernet(),
            packet_type::NSH => options = self.encap_nsh(&encap.properties),
            kind => self.encap_mpls(kind),
        }
        if self.failure.is_none() {
            self.pending = Pending::Encap(options);
        }
    }

    fn encap_ethernet(&mut self) {
        self.reads(word::PACKET_TYPE, u32::MAX);
        let Some(kind) = ether_type(self.packet.packet_type()) else {
            return self.refuse_type(Remark::EncapEthernet);
        };
        self.packet.set_packet_type(packet_type::ETHERNET);
        self.writes_word(word::PACKET_TYPE);
        self.packet.clear_addresses();
        self.writes_addresses();
        self.packet.set(DL_TYPE, kind.into());
        self.writes_slot(DL_TYPE);
    }

    fn encap_nsh(&mut self, properties: &[EncapProperty]) -> Vec<u8> {
        let (mut kind, mut options) = (1, Vec::new());
        for property in properties {
            match property {
                EncapProperty::NshMdType(n) => kind = *n,
                EncapProperty::NshTlv { class, kind, value } => {
                    options.extend(class.to_be_bytes());
                    options.extend([*kind, value.len() as u8]);
                    options.extend(value);
                    options.resize(options.len().next_multiple_of(4), 0);
                }
            }
        }
        if kind == 1 || options.len() > NSH_OPTIONS {
            options.clear();
        }
        let before = self.packet.packet_type();
        let Some((next, _)) = NEXT_PROTOCOLS.into_iter().find(|(_, kind)| *kind == before) else {
            self.refuse_type(Remark::EncapNsh(before));
            return options;
        };
        self.reads(word::PACKET_TYPE, u32::MAX);
        self.packet.take_headers(&Packet::default());
        self.packet.set_packet_type(packet_type::NSH);
        self.packet.set(DL_TYPE, ethertype::NSH.into());
        self.writes_word(word::PACKET_TYPE);
        // As in the switch, the masks of what is set later do not learn of the new header.
        self.packet.decided_words(word::CT_NW_SRC..word::BASE_END);
        self.packet.key.set_word(word::NSH, 63 << 16 | u32::from(kind) << 8 | next, u32::MAX);
        self.packet.key.set_word(word::NSH_PATH, 255, u32::MAX);
        options
    }

    fn encap_mpls(&mut self, kind: u32) {
        let n = labels(&self.packet).len();
        if n >= super::headers::LABELS {
            self.failure = Some(Failure::TooManyLabels);
            return;
        }
        self.reads(word::PACKET_TYPE, u32::MAX);
        if self.packet.is_frame() && self.packet.dl_type() == ethertype::MPLS {
            for packet in [&mut self.packet, &mut self.base] {
                packet.key.set_word(word::MPLS, 0, u32::MAX);
                packet.inner_mpls.clear();
            }
        }
        self.packet.set_packet_type(kind);
        self.writes_word(word::PACKET_TYPE);
        self.push_labels(n, kind as u16);
        self.packet.clear_addresses();
        self.writes_addresses();
    }

    /// `decap(..)`; tells whether the packet must begin again.
    pub(super) fn decap(&mut self, decap: &Decap) -> bool {
        self.commit();
        self.reads(word::PACKET_TYPE, u32::MAX);
        match self.packet.packet_type() {
            packet_type::ETHERNET if self.has_tag() => {
                self.refuse_type(Remark::DecapTagged);
                false
            }
            packet_type::ETHERNET => {
                self.decides(DL_TYPE);
                let kind = 1 << 16 | u32::from(self.packet.dl_type());
                self.packet.set_packet_type(kind);
                self.writes_word(word::PACKET_TYPE);
                self.packet.clear_addresses();
                self.writes_addresses();
                false
            }
            packet_type::NSH => {
                self.hangs_on(NSH_NP);
                let next = self.packet.get(NSH_NP) as u32;
                let Some((_, kind)) = NEXT_PROTOCOLS.into_iter().find(|(n, _)| *n == next) else {
                    self.refuse_type(Remark::DecapNsh(next));
                    return false;
                };
                self.decides(NSH_NP);
                self.packet.set_packet_type(kind);
                self.writes_word(word::PACKET_TYPE);
                self.pending = Pending::Decap;
                true
            }
            packet_type::MPLS | packet_type::MPLS_MC => self.decap_mpls(decap.packet_type),
            other => {
                self.refuse_type(Remark::DecapUnknown(other));
                false
            }
        }
    }

    /// Whether there is a VLAN tag, which decides.
    fn has_tag(&mut self) -> bool {
        self.hangs_on(crate::field::proto::VLAN_PRESENT);
        self.packet.tci() & 0x1000 != 0
    }

    fn decap_mpls(&mut self, next: Option<u32>) -> bool {
        /// The Ethernet type of bridged Ethernet.
        const BRIDGED: u16 = 0x6558;
        let next = next.unwrap_or(packet_type::NEXT);
        self.packet.set_packet_type(next);
        self.writes_word(word::PACKET_TYPE);
        let n = labels(&self.packet).len();
        let kind = if next as u16 == 0 { BRIDGED } else { next as u16 };
        if !self.may_pop_label() {
            return false;
        }
        self.pop_label(kind);
        self.pending = Pending::Decap;
        n == 1
    }

    fn writes_word(&mut self, id: crate::field::slot::WordId) {
        self.packet.decided(id, u32::MAX);
        self.touched.set_word(id, u32::MAX, u32::MAX);
    }

    /// Notes that the addresses were written.
    fn writes_addresses(&mut self) {
        self.packet.decided_words(word::ETH_SRC..word::VLAN);
    }

    fn refuse_type(&mut self, remark: Remark) {
        self.remark(remark);
        self.failure = Some(Failure::PacketType);
    }
}
