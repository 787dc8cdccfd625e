//! What the datapath must do to a packet so that it looks as the flows have made it (`commit_odp_actions`).

use super::datapath::{DpAction, ipv4, ipv6, mpls};
use super::encap::{Pending, ether_type, packet_type};
use super::packet::{Packet, is_mpls};
use crate::field::Key;
use crate::field::bits::Bits;
use crate::field::format::mac_text;
use crate::field::proto::{self, Needs, ethertype, ipproto};
use crate::field::slot::{Slot, word};

/// How a field is printed.
#[derive(Clone, Copy)]
enum As {
    Mac,
    Ipv4,
    Ipv6,
    Decimal,
    Hex,
}

/// A field of a header as the datapath names it.
type Row = (&'static str, Slot, As);

const ETHERNET: [Row; 2] =
    [("src", Slot::new(word::ETH_SRC, 0, 48), As::Mac), ("dst", Slot::new(word::ETH_DST, 0, 48), As::Mac)];
/// nw_tos with ECN.
const TOS: Slot = Slot::new(word::TYPE, 0, 8);
const IPV4: [Row; 4] = [
    ("src", Slot::new(word::IP_SRC, 0, 32), As::Ipv4),
    ("dst", Slot::new(word::IP_DST, 0, 32), As::Ipv4),
    ("tos", TOS, As::Hex),
    ("ttl", Slot::new(word::TTL, 24, 8), As::Decimal),
];
const IPV6: [Row; 5] = [
    ("src", Slot::new(word::IPV6_SRC, 0, 128), As::Ipv6),
    ("dst", Slot::new(word::IPV6_DST, 0, 128), As::Ipv6),
    ("label", Slot::new(word::IPV6_LABEL, 0, 20), As::Hex),
    ("tclass", TOS, As::Hex),
    ("hlimit", Slot::new(word::TTL, 24, 8), As::Decimal),
];
const ARP: [Row; 5] = [
    ("sip", Slot::new(word::IP_SRC, 0, 32), As::Ipv4),
    ("tip", Slot::new(word::IP_DST, 0, 32), As::Ipv4),
    ("op", Slot::new(word::TYPE, 8, 8), As::Decimal),
    ("sha", Slot::new(word::ARP_SHA, 0, 48), As::Mac),
    ("tha", Slot::new(word::ARP_THA, 0, 48), As::Mac),
];
const ND: [Row; 3] = [
    ("target", Slot::new(word::ND_TARGET, 0, 128), As::Ipv6),
    ("sll", Slot::new(word::ARP_SHA, 0, 48), As::Mac),
    ("tll", Slot::new(word::ARP_THA, 0, 48), As::Mac),
];
const PORTS: [Row; 2] = [("src", proto::TP_SRC, As::Decimal), ("dst", proto::TP_DST, As::Decimal)];
const ICMP: [Row; 2] = [("type", proto::TP_SRC, As::Decimal), ("code", proto::TP_DST, As::Decimal)];

const ND_EXTENSIONS: [Row; 2] = [
    ("nd_reserved", Slot::new(word::ND_RESERVED, 0, 32), As::Hex),
    ("nd_options_type", Slot::new(word::ND_OPTIONS, 0, 8), As::Decimal),
];

/// What makes `base` look like `packet`; `base` does so afterwards. `mask` tells which bits were read or written,
/// `in_tunnel` whether the datapath puts an outer header on, and `pending` which header is put in front or taken off.
/// Tells whether the datapath lacks one of the actions.
pub(super) fn commit(
    packet: &Packet,
    base: &mut Packet,
    mask: &mut Key,
    in_tunnel: bool,
    pending: Pending,
    out: &mut Vec<DpAction>,
) -> bool {
    let mut lacking = false;
    commit_start(packet, base, pending, out);
    let mut ip_mask = None;
    if in_tunnel && (packet.get(TOS) ^ base.get(TOS)) & 3 == 0 {
        let mut without = mask.clone();
        without.set_word(word::TYPE, 0, 3);
        ip_mask = Some(without);
    }
    if packet.is_frame() && base.is_frame() {
        header("eth", &ETHERNET, packet, base, mask, out);
    }
    let leaves_mpls = base.is_mpls() && !packet.is_mpls();
    if leaves_mpls {
        commit_mpls(packet, base, false, out);
    }
    commit_nsh(packet, base, mask, out);
    let counted = out.len();
    match base.dl_type() {
        _ if packet.nw_proto() == 0 => {}
        ethertype::IP => header("ipv4", &IPV4, packet, base, ip_mask.as_ref().unwrap_or(mask), out),
        ethertype::IPV6 => {
            header("ipv6", &IPV6, packet, base, ip_mask.as_ref().unwrap_or(mask), out);
            if base.nw_proto() == ipproto::ICMPV6 {
                let before = out.len();
                header("nd_ext", &ND_EXTENSIONS, packet, base, mask, out);
                header("nd", &ND, packet, base, mask, out);
                lacking |= out.len() > before;
            }
        }
        ethertype::ARP => {
            header("arp", &ARP, packet, base, mask, out);
            lacking |= out.len() > counted;
        }
        _ => {}
    }
    let transport = [(ipproto::TCP, "tcp"), (ipproto::UDP, "udp"), (ipproto::SCTP, "sctp")];
    if base.is_ip()
        && let Some((_, name)) = transport.iter().find(|(n, _)| *n == packet.nw_proto())
    {
        header(name, &PORTS, packet, base, mask, out);
    }
    if packet.meets(Needs::Icmpv4) || packet.meets(Needs::Icmpv6) {
        let name = if packet.dl_type() == ethertype::IP { "icmp" } else { "icmpv6" };
        lacking |= whole_icmp(name, packet, base, mask, out);
    }
    if !leaves_mpls {
        commit_mpls(packet, base, false, out);
    }
    commit_vlan(packet, base, out);
    for (name, id) in [("skb_priority", word::SKB_PRIORITY), ("skb_mark", word::PKT_MARK)] {
        let value = packet.key.word(id);
        if value != base.key.word(id) {
            let full = mask.word(id) == u32::MAX || name == "skb_priority";
            let mask = if full { String::new() } else { format!("/{:#x}", mask.word(id)) };
            out.push(DpAction::Set(name, format!("{}{mask}", hex(value.into()))));
            base.key.set_word(id, value, u32::MAX);
        }
    }
    lacking
}

/// A number as Open vSwitch prints it with `%#x`.
pub(super) fn hex(value: u64) -> String {
    if value == 0 { "0".to_owned() } else { format!("{value:#x}") }
}

/// Sets the fields of one header that differ.
fn header(name: &'static str, rows: &[Row], packet: &Packet, base: &mut Packet, mask: &Key, out: &mut Vec<DpAction>) {
    let (mut parts, mut differs) = (Vec::new(), false);
    for (field, slot, kind) in rows {
        let value = packet.key.read(*slot);
        if value == base.key.read(*slot) {
            continue;
        }
        let bits = mask.read(*slot);
        base.key.write(*slot, &value);
        differs = true;
        // The switch sets the bits that were read or written, even if others differ: a header that `encap` put in
        // front has values that nobody wrote.
        if bits.is_zero() {
            continue;
        }
        let full = bits.is_ones(slot.width.into());
        let print = |value: &Bits| match kind {
            As::Mac => mac_text(value.to_u64()),
            As::Ipv4 => ipv4(value.to_u64() as u32),
            As::Ipv6 => ipv6(value.to_u128()),
            As::Decimal => value.to_u64().to_string(),
            As::Hex => hex(value.to_u64()),
        };
        let under = if full { value.clone() } else { value.and(&bits) };
        let mask = match kind {
            _ if full => String::new(),
            As::Decimal => format!("/{}", hex(bits.to_u64())),
            _ => format!("/{}", print(&bits)),
        };
        parts.push(format!("{field}={}{mask}", print(&under)));
    }
    if differs {
        out.push(DpAction::Set(name, parts.join(",")));
    }
}

/// Sets type and code: the datapath cannot set one of them alone. Tells whether it does.
fn whole_icmp(name: &'static str, packet: &Packet, base: &mut Packet, mask: &mut Key, out: &mut Vec<DpAction>) -> bool {
    if ICMP.iter().all(|(_, slot, _)| packet.get(*slot) == base.get(*slot)) {
        return false;
    }
    let part = |(field, slot, _): &Row| format!("{field}={}", packet.get(*slot));
    out.push(DpAction::Set(name, ICMP.iter().map(part).collect::<Vec<_>>().join(",")));
    for (_, slot, _) in &ICMP {
        base.set(*slot, packet.get(*slot));
    }
    mask.set_word(word::TP, u32::MAX, u32::MAX);
    true
}

/// What the packet begins with (`commit_encap_decap_action`). As in the switch, `base` keeps its type where MPLS labels
/// were put in front, and where the packet is about to begin again.
fn commit_start(packet: &Packet, base: &mut Packet, pending: Pending, out: &mut Vec<DpAction>) {
    let kind = packet.packet_type();
    match pending {
        Pending::Encap(options) => match kind {
            packet_type::ETHERNET => {
                let [src, dst] = ETHERNET.map(|(_, slot, _)| slot);
                out.push(DpAction::PushEth(packet.get(src), packet.get(dst)));
                for id in (word::ETH_SRC..word::VLAN).chain([word::PACKET_TYPE]) {
                    base.key.set_word(id, packet.key.word(id), u32::MAX);
                }
            }
            packet_type::NSH => {
                out.push(DpAction::PushNsh(nsh_text(packet, &options)));
                base.key.set_word(word::PACKET_TYPE, kind, u32::MAX);
                base.take_headers(packet);
            }
            _ => commit_mpls(packet, base, true, out),
        },
        Pending::Nothing if kind == base.packet_type() => {}
        Pending::Nothing | Pending::Decap => match base.packet_type() {
            packet_type::ETHERNET if ether_type(kind).is_some() => {
                out.push(DpAction::PopEth);
                base.key.set_word(word::PACKET_TYPE, kind, u32::MAX);
                for id in word::ETH_SRC..word::VLAN {
                    base.key.set_word(id, 0, u32::MAX);
                }
            }
            packet_type::NSH => out.push(DpAction::PopNsh),
            packet_type::MPLS | packet_type::MPLS_MC => commit_mpls(packet, base, false, out),
            _ => {}
        },
    }
}

/// The parts of a network service header with the names that the datapath gives them.
fn nsh_parts() -> [(&'static str, Slot, As); 10] {
    let context = |n: u16| Slot::new(word::NSH_C + n, 0, 32);
    [
        ("flags", Slot::new(word::NSH, 24, 8), As::Decimal),
        ("ttl", Slot::new(word::NSH, 16, 8), As::Decimal),
        ("mdtype", Slot::new(word::NSH, 8, 8), As::Decimal),
        ("np", Slot::new(word::NSH, 0, 8), As::Decimal),
        ("spi", Slot::new(word::NSH_PATH, 8, 24), As::Hex),
        ("si", Slot::new(word::NSH_PATH, 0, 8), As::Decimal),
        ("c1", context(0), As::Hex),
        ("c2", context(1), As::Hex),
        ("c3", context(2), As::Hex),
        ("c4", context(3), As::Hex),
    ]
}

/// A whole network service header, as it is put in front.
fn nsh_text(packet: &Packet, options: &[u8]) -> String {
    let has_context = packet.get(Slot::new(word::NSH, 8, 8)) == 1;
    let parts = nsh_parts().into_iter().filter(|(name, ..)| has_context || !name.starts_with('c'));
    let mut text: Vec<String> = parts
        .map(|(name, slot, kind)| match (kind, packet.get(slot)) {
            // These are printed with their base even if they are zero.
            (As::Hex, value) => format!("{name}={value:#x}"),
            (_, value) => format!("{name}={value}"),
        })
        .collect();
    if !has_context {
        let digits: String = options.iter().map(|byte| format!("{byte:02x}")).collect();
        let digits = digits.trim_start_matches('0');
        text.push(if digits.is_empty() { "md2=0".to_owned() } else { format!("md2=0x{digits}") });
    }
    text.join(",")
}

/// Sets fields of the network service header: all that were read or written (`commit_set_nsh_action`).
fn commit_nsh(packet: &Packet, base: &mut Packet, mask: &Key, out: &mut Vec<DpAction>) {
    let words = word::NSH..word::BASE_END;
    if packet.dl_type() != ethertype::NSH || words.clone().all(|id| packet.key.word(id) == base.key.word(id)) {
        return;
    }
    let is_first_kind = packet.get(Slot::new(word::NSH, 8, 8)) == 1;
    let mut parts = Vec::new();
    for (name, slot, kind) in nsh_parts() {
        let full = if slot.width == 32 { u64::from(u32::MAX) } else { (1 << slot.width) - 1 };
        let (value, bits) = match name {
            "mdtype" | "np" => continue,
            // Only the first kind has them; for others they are printed as if they had been set to nothing.
            _ if name.starts_with('c') && !is_first_kind => (0, full),
            _ => (packet.get(slot), mask.value(slot)),
        };
        match kind {
            _ if bits == 0 => {}
            As::Hex if bits == full => parts.push(format!("{name}={value:#x}")),
            As::Hex => parts.push(format!("{name}={:#x}/{bits:#010x}", value & bits)),
            _ if bits == full => parts.push(format!("{name}={value}")),
            _ => parts.push(format!("{name}={:#04x}/{bits:#04x}", value & bits)),
        }
    }
    for id in words {
        base.key.set_word(id, packet.key.word(id), u32::MAX);
    }
    out.push(DpAction::Set("nsh", parts.join(",")));
}

/// The label stack entries, outer first.
pub(super) fn labels(packet: &Packet) -> Vec<u32> {
    if !packet.is_mpls() {
        return Vec::new();
    }
    let mut entries: Vec<u32> =
        std::iter::once(packet.key.word(word::MPLS)).chain(packet.inner_mpls.iter().copied()).collect();
    // The entry that says it is the last is; without one, those that are not zero are counted.
    let last = entries.iter().position(|entry| entry & 0x100 != 0);
    let count = last.map_or_else(|| entries.iter().filter(|entry| **entry != 0).count(), |at| at + 1);
    entries.truncate(count);
    entries
}

/// Makes the label stack what it is to be; `in_front` tells that labels go before an Ethernet header.
fn commit_mpls(packet: &Packet, base: &mut Packet, in_front: bool, out: &mut Vec<DpAction>) {
    let (wanted, mut have) = (labels(packet), labels(base));
    let mut common = wanted.iter().rev().zip(have.iter().rev()).take_while(|(a, b)| a == b).count();
    while have.len() > common {
        if have.len() - 1 == common && wanted.len() > common {
            let entry = wanted[wanted.len() - have.len()];
            out.push(DpAction::Set("mpls", mpls(entry)));
            have[0] = entry;
            common += 1;
        } else {
            let is_last = have.len() == 1 && wanted.is_empty();
            out.push(DpAction::PopMpls(if is_last { packet.dl_type() } else { ethertype::MPLS }));
            have.remove(0);
        }
    }
    while have.len() < wanted.len() {
        let entry = wanted[wanted.len() - have.len() - 1];
        let kind = packet.dl_type();
        out.push(if in_front { DpAction::AddMpls(entry, kind) } else { DpAction::PushMpls(entry, kind) });
        have.insert(0, entry);
    }
    if is_mpls(packet.dl_type()) || is_mpls(base.dl_type()) {
        base.set(super::packet::DL_TYPE, packet.dl_type().into());
        base.key.set_word(word::MPLS, packet.key.word(word::MPLS), u32::MAX);
        base.inner_mpls = packet.inner_mpls.clone();
    }
}

fn tags(packet: &Packet) -> Vec<(u16, u16)> {
    let outer = (packet.tci() & 0x1000 != 0).then_some((packet.tpids[0], packet.tci()));
    let inner = (outer.is_some() && packet.inner_tci & 0x1000 != 0).then_some((packet.tpids[1], packet.inner_tci));
    outer.into_iter().chain(inner).collect()
}

fn commit_vlan(packet: &Packet, base: &mut Packet, out: &mut Vec<DpAction>) {
    let (wanted, have) = (tags(packet), tags(base));
    let common = wanted.iter().rev().zip(have.iter().rev()).take_while(|(a, b)| a == b).count();
    out.extend(have[common..].iter().map(|_| DpAction::PopVlan));
    out.extend(wanted[..wanted.len() - common].iter().rev().map(|(tpid, tci)| DpAction::PushVlan(*tpid, tci & 0xefff)));
    base.set_tci(packet.tci());
    base.tpids = packet.tpids;
    base.inner_tci = packet.inner_tci;
}
