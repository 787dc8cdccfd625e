//! A packet on its way: what the tables see of it, and the headers that lie below what they see.

use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;

use super::encap::ether_type;
use super::origin::Origins;
use crate::base::paint::Painter;
use crate::field::bits::Bits;
use crate::field::matches::{DEFAULT_PRIORITY, Masked, Plan};
use crate::field::names::port;
use crate::field::proto::{self, Needs, ethertype, ipproto};
use crate::field::slot::{Slot, WordId, word};
use crate::field::table::{self, FieldId, Quirk};
use crate::field::{Key, Match, Names, Subfield};

/// The Ethernet type.
pub(super) const DL_TYPE: Slot = proto::DL_TYPE;
/// The flags of a tunnel: whether the packet is one of operation and maintenance.
const TUN_FLAGS: Slot = Slot::new(word::TUN_GBP, 0, 1);
/// ip_frag: the packet is a fragment.
pub(super) const FRAGMENT: u64 = 1;
/// ip_frag: and not the first one.
pub(super) const LATER: u64 = 2;

/// A packet with its metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packet {
    /// What the tables see.
    pub key: Key,
    /// The Ethernet types of the VLAN tags, outer first; 0 where there is none.
    pub tpids: [u16; 2],
    /// The control information of the inner VLAN tag.
    pub inner_tci: u16,
    /// MPLS label stack entries below the one the tables see.
    pub inner_mpls: SmallVec<[u32; 2]>,
    /// What an output to a tunnel has set beside its fields: words such as `df`.
    pub tunnel_flags: SmallVec<[&'static str; 3]>,
    /// The transport port of the tunnel that such an output has set.
    pub tunnel_port: u16,
    /// Where its bits come from, if somebody asks.
    pub(crate) origins: Origins,
}

impl Packet {
    /// The packet that a match describes: what it leaves open is zero, as `ofproto/trace` has it.
    pub fn of(matches: &Match) -> Packet {
        let mut key = Key::default();
        key.set_match(matches);
        if key.value(table::IN_PORT.slot) == 0 {
            key.set(table::IN_PORT.slot, port::NONE.into());
        }
        key.set_word(word::ACTSET_OUTPUT, port::UNSET, u32::MAX);
        let tagged = key.value(proto::VLAN_PRESENT) == 1;
        Packet { key, tpids: [if tagged { ethertype::VLAN } else { 0 }, 0], ..Packet::default() }
    }

    /// The value of a slot.
    pub(super) fn get(&self, slot: Slot) -> u64 {
        self.key.value(slot)
    }

    /// Sets a slot of up to 64 bits.
    pub(super) fn set(&mut self, slot: Slot, value: u64) {
        self.key.set(slot, value);
    }

    /// The Ethernet type.
    pub(super) fn dl_type(&self) -> u16 {
        self.get(DL_TYPE) as u16
    }

    /// The IP protocol.
    pub(super) fn nw_proto(&self) -> u8 {
        self.get(proto::NW_PROTO) as u8
    }

    /// Whether it is IPv4 or IPv6.
    pub(super) fn is_ip(&self) -> bool {
        let kind = ether_type(self.packet_type()).unwrap_or(self.dl_type());
        matches!(kind, ethertype::IP | ethertype::IPV6)
    }

    /// Whether it begins with an MPLS header.
    pub(super) fn is_mpls(&self) -> bool {
        is_mpls(self.dl_type())
    }

    /// The port it came in.
    pub(super) fn in_port(&self) -> u32 {
        self.key.word(word::IN_PORT)
    }

    /// The outer VLAN tag; the bit 0x1000 says that there is one.
    pub(super) fn tci(&self) -> u16 {
        self.key.word(word::VLAN) as u16
    }

    /// Sets the outer VLAN tag.
    pub(super) fn set_tci(&mut self, tci: u16) {
        self.key.set_word(word::VLAN, tci.into(), 0xffff);
        self.tpids[0] = match tci & 0x1000 != 0 {
            true if self.tpids[0] == 0 => ethertype::VLAN,
            true => self.tpids[0],
            false => 0,
        };
    }

    /// Whether a need of a field is met by the packet.
    pub(super) fn meets(&self, needs: Needs) -> bool {
        // A packet without an Ethernet header has no tag, whatever bits were left where it would stand.
        let has_no_tag = needs == Needs::Vlan && !self.is_frame();
        !has_no_tag && needs.is_met(|id| self.key.word(id))
    }

    /// The value of some bits.
    pub(super) fn read(&self, sub: &Subfield) -> Bits {
        let whole = self.field(&sub.field);
        whole.slice(sub.offset.into(), sub.width.into())
    }

    /// The value of a field, as wide as the field.
    pub(super) fn field(&self, field: &FieldId) -> Bits {
        let value = self.key.read(field.slot);
        match field.quirk {
            Quirk::Tos => Bits::from_u64(value.to_u64() << 2, 8),
            _ => value,
        }
    }

    /// Writes some bits.
    pub(super) fn write(&mut self, sub: &Subfield, value: &Bits) {
        let mut whole = self.field(&sub.field);
        let part = value.slice(0, sub.width.into());
        whole.insert(sub.offset.into(), sub.width.into(), &part);
        self.write_field(sub.field, &whole);
    }

    /// Writes the bits of a field that a mask names.
    pub(super) fn write_masked(&mut self, field: FieldId, value: &Bits, mask: &Bits) {
        let mut whole = self.field(&field);
        for at in 0..usize::from(field.bytes) * 8 {
            if mask.bit(at) {
                whole.set_bit(at, value.bit(at));
            }
        }
        self.write_field(field, &whole);
    }

    fn write_field(&mut self, field: FieldId, value: &Bits) {
        match field.quirk {
            Quirk::Tos => self.set(field.slot, value.to_u64() >> 2),
            Quirk::TunMetadata => {
                self.key.set_word(field.slot.word - 1, 1, 1);
                self.key.write(field.slot, value);
            }
            Quirk::VlanId | Quirk::VlanPriority => {
                self.key.write(field.slot, value);
                self.set_tci(self.tci() | 0x1000);
            }
            _ => self.key.write(field.slot, value),
        }
        if field.slot.word == word::VLAN {
            self.set_tci(self.tci());
        }
    }

    /// The match of what `ofproto/trace` shows of a packet (`flow_format`): every field a packet of its kind has, and
    /// metadata that is not zero.
    pub(super) fn shown(&self) -> Match {
        let mut masks = [0; word::BASE_END as usize];
        let mut options = SmallVec::<[Slot; 4]>::new();
        self.show(&mut |slot| match slot.word < word::BASE_END {
            true => slot.words().for_each(|(id, part)| masks[usize::from(id)] |= part),
            false => options.push(slot),
        });
        let words = (0..).zip(masks).filter(|(_, mask)| *mask != 0);
        let mut shown =
            Match::from_sorted(words.map(|(id, mask)| Masked { word: id, value: self.key.word(id) & mask, mask }));
        for slot in options {
            shown.set_slot(slot, &self.key.read(slot), &Bits::ones(slot.width.into()));
        }
        shown
    }

    /// Calls `show` with every slot that is shown.
    fn show(&self, show: &mut impl FnMut(Slot)) {
        let whole = |id: WordId| Slot::new(id, 0, 32);
        let is_set = |slot: Slot| slot.words().any(|(id, part)| self.key.word(id) & part != 0);
        let metadata = [whole(word::SKB_PRIORITY), whole(word::PKT_MARK), whole(word::RECIRC_ID), whole(word::DP_HASH)];
        let tracked = [proto::CT_STATE, table::CT_ZONE.slot, table::CT_MARK.slot, table::CT_LABEL.slot];
        let registers = (0..32).map(|n| whole(word::REG + n)).chain([table::METADATA.slot, whole(word::IN_PORT)]);
        for slot in metadata.into_iter().chain(tracked).chain(registers).filter(|slot| is_set(*slot)) {
            show(slot);
        }
        let tunnel_ends = [Slot::new(word::TUN_DST, 0, 32), Slot::new(word::TUN_IPV6_DST, 0, 128)];
        if tunnel_ends.into_iter().any(is_set) {
            // An expression cannot say that there is a key; an output to a tunnel can.
            let first = if self.tunnel_flags.contains(&"key") { word::TUN_ID } else { word::TUN_SRC };
            for id in first..word::IN_PORT {
                show(whole(id));
            }
            for field in (0..64).map(|n| table::TUN_METADATA.nth(n)) {
                let presence = Slot::new(field.slot.word - 1, 0, 1);
                if is_set(presence) {
                    show(presence);
                    show(field.slot);
                }
            }
        } else if is_set(table::TUN_ID.slot) {
            show(table::TUN_ID.slot);
        }
        if self.is_frame() {
            show(Slot::new(word::VLAN, 0, 16));
            show(table::ETH_SRC.slot);
            show(table::ETH_DST.slot);
            show(DL_TYPE);
        } else {
            show(whole(word::PACKET_TYPE));
        }
        let has_tuple = self.meets(Needs::Ct) && is_set(table::CT_NW_PROTO.slot);
        match ether_type(self.packet_type()).unwrap_or(self.dl_type()) {
            ethertype::IP => {
                show(table::IP_SRC.slot);
                show(table::IP_DST.slot);
                if has_tuple || self.dl_type() != ethertype::IP {
                    show(whole(word::CT_NW_SRC));
                    show(whole(word::CT_NW_DST));
                }
            }
            ethertype::IPV6 => {
                show(table::IPV6_SRC.slot);
                show(table::IPV6_DST.slot);
                show(table::IPV6_LABEL.slot);
                if self.nw_proto() == ipproto::ICMPV6 {
                    // Whether it is neighbour discovery is looked up even in later fragments.
                    show(proto::TP_DST);
                    if self.get(proto::TP_DST) == 0 {
                        show(proto::TP_SRC);
                    }
                }
                if self.meets(Needs::Nd) {
                    show(table::ARP_SHA.slot);
                    show(table::ARP_THA.slot);
                    show(table::ND_TARGET.slot);
                } else if has_tuple || self.dl_type() != ethertype::IPV6 {
                    show(Slot::new(word::CT_IPV6_SRC, 0, 128));
                    show(Slot::new(word::CT_IPV6_DST, 0, 128));
                }
            }
            ethertype::ARP | ethertype::RARP => {
                for field in [table::ARP_SPA, table::ARP_TPA, table::ARP_OP, table::ARP_SHA, table::ARP_THA] {
                    show(field.slot);
                }
                return;
            }
            kind if is_mpls(kind) => {
                show(whole(word::MPLS));
                return;
            }
            ethertype::NSH if self.dl_type() == ethertype::NSH => {
                // A switch goes on and shows the fields of IP, which are zero.
                (word::NSH..word::BASE_END).for_each(|id| show(whole(id)));
            }
            _ => return,
        }
        for slot in [proto::IP_FRAG, table::NW_TOS.slot, table::NW_ECN.slot, table::NW_TTL.slot, proto::NW_PROTO] {
            show(slot);
        }
        if has_tuple {
            show(table::CT_NW_PROTO.slot);
            show(whole(word::CT_TP));
        }
        const IGMP: u8 = 2;
        let has_ports = [ipproto::ICMP, ipproto::ICMPV6, ipproto::TCP, ipproto::UDP, ipproto::SCTP, IGMP];
        if self.get(proto::IP_FRAG) & LATER == 0 && has_ports.contains(&self.nw_proto()) {
            show(whole(word::TP));
            if self.nw_proto() == ipproto::TCP {
                show(table::TCP_FLAGS.slot);
            }
        }
    }

    /// As it may be typed. Open vSwitch prints of a packet with one tag that there is no second one, and reads that
    /// nowhere; and it prints the ports of every protocol as `tp_src` and `tp_dst`, but reads these words as those of TCP.
    pub fn typed(&self) -> String {
        let text = self.text().replace(",vlan_tci1=0x0000", "");
        let protocol = text.split(',').next().unwrap_or("").trim_end_matches('6');
        match protocol {
            "udp" | "sctp" => text.replace(",tp_", &format!(",{protocol}_")),
            _ => text,
        }
    }

    /// The text of the packet as `ofproto/trace` prints it.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(512);
        let shown = self.shown();
        paint_match(&shown, &mut text);
        // A match shows single flags with a sign, a packet shows those that are set.
        if shown.has(TUN_FLAGS) {
            let flags = self.tunnel_flags.join("|");
            let plain = if flags.is_empty() { "tun_flags=0".to_owned() } else { format!("tun_flags={flags}") };
            text = text.replace("tun_flags=-oam", &plain).replace("tun_flags=+oam", "tun_flags=oam");
        }
        // The tables see one tag and one MPLS label; what lies below stands behind it.
        if self.tci() != 0
            && let Some(at) = text.find(",dl_src=")
        {
            let inner = match self.inner_tci {
                tci if tci & 0x1000 == 0 => format!(",vlan_tci1={tci:#06x}"),
                tci => format!(",dl_vlan1={},dl_vlan_pcp1={}", tci & 0xfff, tci >> 13),
            };
            text.insert_str(at, &inner);
        }
        // What is shown follows from the packet type, whatever Ethernet type was written meanwhile.
        if is_mpls(ether_type(self.packet_type()).unwrap_or(self.dl_type())) {
            // Entries are shown as far as the one that says it is the last.
            let mut above = self.key.word(word::MPLS);
            for at in 1..3 {
                if above & 0x100 != 0 {
                    break;
                }
                above = self.inner_mpls.get(at - 1).copied().unwrap_or(0);
                text.push_str(&format!(",mpls_lse{at}={above}"));
            }
        }
        text
    }
}

/// The masks that a plan is for.
type Masks = Box<[(WordId, u32)]>;

/// How many plans are kept.
const PLANS: usize = 32;

thread_local! {
    /// The plans that were used last, the latest at the end. Packets of one kind are printed by one plan, and making it
    /// takes longer than following it.
    static LATEST: RefCell<Vec<(Masks, Rc<Plan>)>> = const { RefCell::new(Vec::new()) };
}

/// Prints a match as `ofproto/trace` does.
pub(super) fn paint_match(matches: &Match, p: &mut impl Painter) {
    let plan = LATEST.with_borrow_mut(|latest| {
        match latest.iter().rposition(|(masks, _)| masks.iter().copied().eq(matches.masks())) {
            Some(at) => latest[at..].rotate_left(1),
            None => {
                let masks: Masks = matches.masks().collect();
                let plan = Rc::new(Plan::of(masks.iter().copied()));
                latest.drain(..(latest.len() + 1).saturating_sub(PLANS));
                latest.push((masks, plan));
            }
        }
        latest.last().map(|(_, plan)| Rc::clone(plan))
    });
    if let Some(plan) = plan {
        matches.paint_by(&plan, DEFAULT_PRIORITY, Names::none(), p);
    }
}

/// Whether an Ethernet type is MPLS.
pub(super) fn is_mpls(dl_type: u16) -> bool {
    matches!(dl_type, ethertype::MPLS | ethertype::MPLS_MCAST)
}
