//! The way back: the shortest frame that a switch reads as a packet, with its checksums.
//!
//! Not every packet is one of some frame: an expression may describe a TCP port in a later fragment, which no frame
//! shows. What a switch would read otherwise is told.

use super::checksum;
use super::frame::{IGMP, NO_TYPE, VlanLimit, frame};
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::{Slot, WordId, word};
use crate::field::{FieldId, Key, table};
use crate::trace::Packet;

/// A frame for a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The frame.
    pub bytes: Vec<u8>,
    /// The fields that a switch reads otherwise than the packet has them.
    pub lost: Vec<FieldId>,
}

/// The IPv6 header that says that nothing follows (RFC 8200, section 4.7).
const NO_NEXT_HEADER: u8 = 59;
/// The fragment header of IPv6.
const FRAGMENT: u8 = 44;

/// Writes the frame of a packet.
pub fn write(packet: &Packet) -> Written {
    let key = &packet.key;
    let mut bytes = Vec::with_capacity(128);
    bytes.extend(mac(key, table::ETH_DST.slot));
    bytes.extend(mac(key, table::ETH_SRC.slot));
    for (tpid, tci) in [(packet.tpids[0], key.word(word::VLAN) as u16), (packet.tpids[1], packet.inner_tci)] {
        // The bit that says "present" is not on the wire.
        if tci & 0x1000 != 0 {
            bytes.extend(if tpid == 0 { ethertype::VLAN } else { tpid }.to_be_bytes());
            bytes.extend((tci & !0x1000).to_be_bytes());
        }
    }
    let dl_type = key.value(proto::DL_TYPE) as u16;
    match dl_type {
        // A length, and LLC that is no SNAP: what spanning trees speak (IEEE 802.2).
        0..=NO_TYPE => bytes.extend([0, 3, 0x42, 0x42, 3]),
        _ => bytes.extend(dl_type.to_be_bytes()),
    }
    match dl_type {
        ethertype::MPLS | ethertype::MPLS_MCAST => mpls(packet, &mut bytes),
        ethertype::IP => ipv4(key, &mut bytes),
        ethertype::IPV6 => ipv6(key, &mut bytes),
        ethertype::ARP | ethertype::RARP => arp(key, &mut bytes),
        ethertype::NSH => nsh(key, &mut bytes),
        _ => {}
    }
    let lost = lost(packet, &bytes);
    Written { bytes, lost }
}

/// The fields that are not what the packet has.
fn lost(packet: &Packet, bytes: &[u8]) -> Vec<FieldId> {
    let limit = if packet.inner_tci == 0 { VlanLimit::default() } else { VlanLimit::of(Some("2")) };
    let read = frame(bytes, packet, limit).packet.key;
    let mut lost: Vec<FieldId> = Vec::new();
    for field in FieldId::all() {
        let is_of_frame = (word::ETH_SRC..word::BASE_END).contains(&field.slot.word);
        let is_there = field.needs.is_met(|id| packet.key.word(id));
        let is_told = lost.iter().any(|other| other.slot == field.slot);
        if is_of_frame && is_there && !is_told && packet.key.read(field.slot) != read.read(field.slot) {
            lost.push(field);
        }
    }
    lost
}

fn mac(key: &Key, slot: Slot) -> [u8; 6] {
    let [_, _, bytes @ ..] = key.value(slot).to_be_bytes();
    bytes
}

/// The bytes of some words.
fn words(key: &Key, first: WordId, n: WordId) -> impl Iterator<Item = u8> + '_ {
    (first..first + n).flat_map(|id| key.word(id).to_be_bytes())
}

fn mpls(packet: &Packet, bytes: &mut Vec<u8>) {
    let top = packet.key.word(word::MPLS);
    if top != 0 || !packet.inner_mpls.is_empty() {
        bytes.extend(top.to_be_bytes());
        bytes.extend(packet.inner_mpls.iter().flat_map(|entry| entry.to_be_bytes()));
    }
}

/// What both versions of IP have.
struct Network {
    frag: u64,
    tos: u8,
    ttl: u8,
    nw_proto: u8,
}

fn network(key: &Key) -> Network {
    Network {
        frag: key.value(proto::IP_FRAG),
        tos: key.value(Slot::new(word::TYPE, 0, 8)) as u8,
        ttl: key.value(table::NW_TTL.slot) as u8,
        nw_proto: key.value(proto::NW_PROTO) as u8,
    }
}

fn ipv4(key: &Key, bytes: &mut Vec<u8>) {
    let Network { frag, tos, ttl, nw_proto } = network(key);
    let part: u16 = match frag {
        0 => 0,
        1 => 0x2000,
        _ => 1,
    };
    let addresses: Vec<u8> = words(key, word::IP_SRC, 2).collect();
    let payload = if frag & 2 == 0 { transport(key, nw_proto, &addresses) } else { Vec::new() };
    let total = (20 + payload.len()) as u16;
    let start = bytes.len();
    bytes.extend([0x45, tos]);
    bytes.extend(total.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(part.to_be_bytes());
    bytes.extend([ttl, nw_proto, 0, 0]);
    bytes.extend(addresses);
    let sum = checksum(&bytes[start..]);
    bytes[start + 10..start + 12].copy_from_slice(&sum.to_be_bytes());
    bytes.extend(payload);
}

fn ipv6(key: &Key, bytes: &mut Vec<u8>) {
    let Network { frag, tos, ttl, nw_proto } = network(key);
    let label = key.word(word::IPV6_LABEL) & 0x000f_ffff;
    let addresses: Vec<u8> = words(key, word::IPV6_SRC, 8).collect();
    // A packet whose extension headers break off has nothing but its addresses; any other has a next header.
    let is_broken = nw_proto == 0 && (frag, tos, ttl, label) == (0, 0, 0, 0);
    let next = if nw_proto == 0 && !is_broken { NO_NEXT_HEADER } else { nw_proto };
    let mut payload = Vec::new();
    if frag != 0 {
        let offset: u16 = if frag & 2 == 0 { 1 } else { 8 };
        payload.extend([if frag & 2 == 0 { next } else { NO_NEXT_HEADER }, 0]);
        payload.extend(offset.to_be_bytes());
        payload.extend([0; 4]);
    }
    if frag & 2 == 0 {
        payload.extend(transport(key, nw_proto, &addresses));
    }
    bytes.extend((6 << 28 | u32::from(tos) << 20 | label).to_be_bytes());
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend([if frag == 0 { next } else { FRAGMENT }, ttl]);
    bytes.extend(addresses);
    bytes.extend(payload);
}

/// The transport header, with its checksum.
fn transport(key: &Key, nw_proto: u8, addresses: &[u8]) -> Vec<u8> {
    let (src, dst) = (key.value(proto::TP_SRC) as u16, key.value(proto::TP_DST) as u16);
    let ports = || words(key, word::TP, 1);
    let (kind, code) = (src as u8, dst as u8);
    let mut header: Vec<u8> = Vec::new();
    let sum_at = match nw_proto {
        ipproto::TCP => {
            let flags = key.value(table::TCP_FLAGS.slot) as u16;
            header.extend(ports());
            header.extend([0; 8]);
            header.extend((5 << 12 | flags).to_be_bytes());
            header.extend([0xff, 0xff, 0, 0, 0, 0]);
            16
        }
        ipproto::UDP => {
            header.extend(ports());
            header.extend([0, 8, 0, 0]);
            6
        }
        ipproto::SCTP => {
            header.extend(ports());
            header.extend([0; 8]);
            let sum = crc32c(&header);
            header[8..].copy_from_slice(&sum.to_le_bytes());
            return header;
        }
        ipproto::ICMP | IGMP => {
            header.extend([kind, code, 0, 0, 0, 0, 0, 0]);
            2
        }
        ipproto::ICMPV6 => {
            header.extend([kind, code, 0, 0]);
            match (kind, code) {
                (135 | 136, 0) => neighbour(key, &mut header),
                _ => header.extend([0; 4]),
            }
            2
        }
        _ => return header,
    };
    // ICMP and IGMP have no pseudo header (RFC 9293, section 3.1; RFC 8200, section 8.1).
    let mut summed = Vec::new();
    if !matches!(nw_proto, ipproto::ICMP | IGMP) {
        summed.extend(addresses);
        summed.extend([0, nw_proto]);
        summed.extend((header.len() as u16).to_be_bytes());
    }
    summed.extend(&header);
    // For UDP, 0 says that there is no checksum (RFC 768).
    let sum = match checksum(&summed) {
        0 if nw_proto == ipproto::UDP => 0xffff,
        sum => sum,
    };
    header[sum_at..sum_at + 2].copy_from_slice(&sum.to_be_bytes());
    header
}

/// A neighbour message behind its type: reserved bits, the target, and the addresses that are known.
fn neighbour(key: &Key, header: &mut Vec<u8>) {
    header.extend(words(key, word::ND_RESERVED, 1));
    header.extend(words(key, word::ND_TARGET, 4));
    let first = key.word(word::ND_OPTIONS);
    let mut options = [(1, table::ARP_SHA.slot), (2, table::ARP_THA.slot)];
    if first == 2 {
        options.reverse();
    }
    for (kind, slot) in options {
        if key.value(slot) != 0 || first == u32::from(kind) {
            header.extend([kind, 1]);
            header.extend(mac(key, slot));
        }
    }
}

fn arp(key: &Key, bytes: &mut Vec<u8>) {
    let op = key.value(proto::NW_PROTO) as u8;
    bytes.extend([0, 1, 8, 0, 6, 4, 0, op]);
    bytes.extend(mac(key, table::ARP_SHA.slot));
    bytes.extend(words(key, word::IP_SRC, 1));
    bytes.extend(mac(key, table::ARP_THA.slot));
    bytes.extend(words(key, word::IP_DST, 1));
}

fn nsh(key: &Key, bytes: &mut Vec<u8>) {
    let [flags, ttl, kind, next] = key.word(word::NSH).to_be_bytes();
    let length: u16 = if kind == 1 { 24 } else { 8 };
    let base = u16::from(flags & 3) << 12 | u16::from(ttl & 0x3f) << 6 | (length / 4);
    bytes.extend(base.to_be_bytes());
    bytes.extend([kind, next]);
    bytes.extend(words(key, word::NSH_PATH, 1));
    if kind == 1 {
        bytes.extend(words(key, word::NSH_C, 4));
    }
}

/// The checksum of SCTP (RFC 9260, appendix A).
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ 0x82f6_3b78 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Names;
    use crate::trace::spec;

    fn written(text: &str) -> Written {
        write(&spec::parse(text, Names::none()).unwrap())
    }

    #[test]
    fn checksums_are_right() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        let tcp = written("tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tcp_src=1,tcp_dst=22,tcp_flags=syn").bytes;
        assert_eq!(checksum(&tcp[14..34]), 0);
        let pseudo = [&tcp[26..34], &[0, 6, 0, 20], &tcp[34..]].concat();
        assert_eq!(checksum(&pseudo), 0);
        let ping = written("icmp6,ipv6_src=fd00::1,ipv6_dst=fd00::2,icmpv6_type=128").bytes;
        let pseudo = [&ping[22..54], &[0, 0, 0, 8, 0, 0, 0, 58], &ping[54..]].concat();
        assert_eq!(checksum(&pseudo), 0);
    }

    #[test]
    fn what_no_frame_can_say_is_told() {
        let lost = |text: &str| written(text).lost.iter().map(|field| field.name).collect::<Vec<_>>();
        assert_eq!(lost("in_port=1,reg0=5,tcp,nw_src=10.0.0.1,tcp_dst=22,tcp_flags=syn"), Vec::<&str>::new());
        assert_eq!(lost("dl_vlan=5,dl_vlan_pcp=3,arp,arp_op=2,arp_spa=10.0.0.1"), Vec::<&str>::new());
        assert_eq!(lost("tcp6,ip_frag=later"), ["nw_proto"]);
        assert_eq!(lost("ipv6,nw_ttl=64"), ["nw_proto"]);
        assert_eq!(lost("in_port=1"), ["eth_type"]);
    }
}
