//! The hashes by which Open vSwitch picks links and buckets: which one it picks is a fact, not a guess.
//!
//! What leaves the switch is picked by Bob Jenkins's lookup3 (lib/jhash.c), or by MurmurHash3 (lib/hash.h), which builds
//! for processors with SSE 4.2 replace by CRC32; distributions build without it, and so is it here. All work on memory,
//! in which addresses and ports stand in network order; so words are read from bytes, lowest first.

use super::packet::Packet;
use crate::action::misc::MultipathAlgorithm;
use crate::action::output::HashFields;
use crate::field::bits::Bits;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::{Slot, word};
use crate::field::table;

/// Puts a word into a MurmurHash3.
pub(super) fn add(hash: u32, data: u32) -> u32 {
    let data = data.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    (hash ^ data).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

/// Ends a MurmurHash3.
fn finish(hash: u32, last: u32) -> u32 {
    let mut hash = hash ^ last;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

/// `hash_2words`, which is `hash_int`, too.
pub(super) fn two_words(x: u32, y: u32) -> u32 {
    finish(add(add(x, 0), y), 8)
}

/// `hash_uint64`.
pub(super) fn long(x: u64) -> u32 {
    finish(add(add(0, x as u32), (x >> 32) as u32), 8)
}

/// `hash_boolean`.
pub(super) fn boolean(x: bool, basis: u32) -> u32 {
    two_words(if x { 0xc2b7_3583 } else { 0xe90f_1258 }, basis)
}

/// `hash_bytes`.
pub(super) fn bytes(bytes: &[u8], basis: u32) -> u32 {
    finish(words(bytes).fold(basis, add), bytes.len() as u32)
}

/// The words of some bytes; zeros follow the last byte.
fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks(4).map(|part| {
        let mut word = [0; 4];
        word[..part.len()].copy_from_slice(part);
        u32::from_le_bytes(word)
    })
}

/// The bytes of a value, as they stand in a packet.
pub(super) fn in_packet(value: &Bits, bytes: usize) -> Vec<u8> {
    (0..bytes).rev().map(|at| value.slice(at * 8, 8).to_u64() as u8).collect()
}

/// `jhash_bytes`.
fn jenkins(bytes: &[u8], basis: u32) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32).wrapping_add(basis);
    let (mut a, mut b, mut c) = (start, start, start);
    let mut rest = bytes;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(12));
        let mut parts = words(now);
        let mut take = |sum: u32| sum.wrapping_add(parts.next().unwrap_or(0));
        (a, b, c) = (take(a), take(b), take(c));
        if now.len() == 12 {
            a = a.wrapping_sub(c) ^ c.rotate_left(4);
            c = c.wrapping_add(b);
            b = b.wrapping_sub(a) ^ a.rotate_left(6);
            a = a.wrapping_add(c);
            c = c.wrapping_sub(b) ^ b.rotate_left(8);
            b = b.wrapping_add(a);
            a = a.wrapping_sub(c) ^ c.rotate_left(16);
            c = c.wrapping_add(b);
            b = b.wrapping_sub(a) ^ a.rotate_left(19);
            a = a.wrapping_add(c);
            c = c.wrapping_sub(b) ^ b.rotate_left(4);
            b = b.wrapping_add(a);
        } else {
            c = (c ^ b).wrapping_sub(b.rotate_left(14));
            a = (a ^ c).wrapping_sub(c.rotate_left(11));
            b = (b ^ a).wrapping_sub(a.rotate_left(25));
            c = (c ^ b).wrapping_sub(b.rotate_left(16));
            a = (a ^ c).wrapping_sub(c.rotate_left(4));
            b = (b ^ a).wrapping_sub(a.rotate_left(14));
            c = (c ^ b).wrapping_sub(b.rotate_left(24));
        }
        rest = later;
    }
    c
}

/// The hash of some fields of a packet (`flow_hash_fields`).
pub(super) fn fields(packet: &Packet, fields: HashFields, basis: u16) -> u32 {
    let basis = u32::from(basis);
    let end = |v4: Slot, v6: Slot| match packet.dl_type() {
        ethertype::IP => jenkins(&bytes_of(packet, v4), basis),
        ethertype::IPV6 => jenkins(&bytes_of(packet, v6), basis),
        _ => basis,
    };
    match fields.name() {
        "eth_src" => jenkins(&bytes_of(packet, table::ETH_SRC.slot), basis),
        "symmetric_l4" => symmetric_l4(packet, basis),
        "symmetric_l3l4" => symmetric_l3l4(packet, basis, false),
        "symmetric_l3l4+udp" => symmetric_l3l4(packet, basis, true),
        "nw_src" => end(table::IP_SRC.slot, table::IPV6_SRC.slot),
        "nw_dst" => end(table::IP_DST.slot, table::IPV6_DST.slot),
        _ => {
            let mut memory = both_addresses(packet).to_vec();
            memory.extend(packet.dl_type().to_be_bytes());
            memory.extend([0; 2]);
            jenkins(&memory, basis)
        }
    }
}

/// The slots that a hash looks at.
pub(super) fn slots(packet: &Packet, fields: HashFields) -> Vec<Slot> {
    let ip = match packet.dl_type() {
        ethertype::IP => [Some(table::IP_SRC.slot), Some(table::IP_DST.slot)],
        ethertype::IPV6 => [Some(table::IPV6_SRC.slot), Some(table::IPV6_DST.slot)],
        _ => [None, None],
    };
    let l2 = [table::ETH_SRC.slot, table::ETH_DST.slot, Slot::new(word::VLAN, 0, 12)];
    let l4 = [proto::NW_PROTO, proto::IP_FRAG, Slot::new(word::TP, 0, 32)];
    let ip = || ip.into_iter().flatten();
    let kind = [super::packet::DL_TYPE].into_iter();
    match fields.name() {
        "eth_src" => vec![table::ETH_SRC.slot],
        "symmetric_l4" => kind.chain(l2).chain(ip()).chain(l4).collect(),
        "symmetric_l3l4" | "symmetric_l3l4+udp" if ip().next().is_some() => kind.chain(ip()).chain(l4).collect(),
        "symmetric_l3l4" | "symmetric_l3l4+udp" => kind.chain(l2).collect(),
        "nw_src" => kind.chain(ip().take(1)).collect(),
        "nw_dst" => kind.chain(ip().skip(1)).collect(),
        _ => kind.chain(ip()).collect(),
    }
}

/// Whether a hash takes the transport ports of a packet of this kind.
pub(super) fn takes_ports(packet: &Packet, fields: HashFields) -> bool {
    let protocols = matches!(packet.nw_proto(), ipproto::TCP | ipproto::SCTP);
    match fields.name() {
        "symmetric_l4" => protocols,
        "symmetric_l3l4" => protocols && packet.get(proto::IP_FRAG) == 0,
        "symmetric_l3l4+udp" => (protocols || packet.nw_proto() == ipproto::UDP) && packet.get(proto::IP_FRAG) == 0,
        _ => true,
    }
}

fn bytes_of(packet: &Packet, slot: Slot) -> Vec<u8> {
    in_packet(&packet.key.read(slot), usize::from(slot.width).div_ceil(8))
}

fn xor(packet: &Packet, a: Slot, b: Slot) -> Vec<u8> {
    bytes_of(packet, a).iter().zip(bytes_of(packet, b)).map(|(a, b)| a ^ b).collect()
}

/// The addresses, one over the other, in the 16 bytes of the longer kind.
fn both_addresses(packet: &Packet) -> [u8; 16] {
    let mut out = [0; 16];
    let (a, b) = match packet.dl_type() {
        ethertype::IP => (table::IP_SRC.slot, table::IP_DST.slot),
        ethertype::IPV6 => (table::IPV6_SRC.slot, table::IPV6_DST.slot),
        _ => return out,
    };
    let both = xor(packet, a, b);
    out[..both.len()].copy_from_slice(&both);
    out
}

/// The VLANs of all tags, one over the other.
fn vlans(packet: &Packet) -> [u8; 2] {
    ((packet.tci() ^ packet.inner_tci) & 0xfff).to_be_bytes()
}

fn ports(packet: &Packet) -> [u8; 2] {
    ((packet.get(proto::TP_SRC) ^ packet.get(proto::TP_DST)) as u16).to_be_bytes()
}

/// `flow_hash_symmetric_l4`.
pub(super) fn symmetric_l4(packet: &Packet, basis: u32) -> u32 {
    let is_ip = matches!(packet.dl_type(), ethertype::IP | ethertype::IPV6);
    let proto = if is_ip { packet.nw_proto() } else { 0 };
    let mut memory = both_addresses(packet).to_vec();
    memory.extend(packet.dl_type().to_be_bytes());
    memory.extend(vlans(packet));
    // Ports of UDP are left out: its answers need not come back to them.
    memory.extend(if matches!(proto, ipproto::TCP | ipproto::SCTP) { ports(packet) } else { [0; 2] });
    memory.extend(xor(packet, table::ETH_SRC.slot, table::ETH_DST.slot));
    memory.extend([proto, 0, 0, 0]);
    jenkins(&memory, basis)
}

/// `flow_hash_symmetric_l3l4`.
fn symmetric_l3l4(packet: &Packet, basis: u32, with_udp: bool) -> u32 {
    let mut hash = match packet.dl_type() {
        ethertype::IP => words(&both_addresses(packet)[..4]).fold(basis, add),
        ethertype::IPV6 => words(&both_addresses(packet)).fold(basis, add),
        _ => return symmetric_l2(packet, basis),
    };
    let proto = packet.nw_proto();
    hash = add(hash, proto.into());
    let has_ports = matches!(proto, ipproto::TCP | ipproto::SCTP) || with_udp && proto == ipproto::UDP;
    if packet.get(proto::IP_FRAG) == 0 && has_ports {
        hash = add(hash, u16::from_le_bytes(ports(packet)).into());
    }
    finish(hash, basis)
}

/// `flow_hash_symmetric_l2`.
fn symmetric_l2(packet: &Packet, basis: u32) -> u32 {
    if !packet.is_frame() {
        return 0;
    }
    let mut memory = packet.dl_type().to_be_bytes().to_vec();
    memory.extend(vlans(packet));
    memory.extend(xor(packet, table::ETH_SRC.slot, table::ETH_DST.slot));
    finish(words(&memory).fold(basis, add), basis)
}

/// The link that a hash picks (`multipath_algorithm`).
pub(super) fn link(hash: u32, algorithm: MultipathAlgorithm, n: u32, arg: u32) -> u32 {
    /// Up to here the highest random weight is looked for.
    const HRW: u32 = 64;
    let n = n.max(1);
    match algorithm {
        MultipathAlgorithm::ModuloN => hash % n,
        MultipathAlgorithm::HashThreshold if n == 1 => 0,
        MultipathAlgorithm::HashThreshold => hash / (u32::MAX / n + 1),
        MultipathAlgorithm::Hrw if n <= HRW => {
            let weight = |link: &u32| (two_words(hash, *link), std::cmp::Reverse(*link));
            (0..n).max_by_key(weight).unwrap_or(0)
        }
        MultipathAlgorithm::Hrw => again(hash, n, 0),
        MultipathAlgorithm::IterHash => again(hash, n, arg),
    }
}

/// Hashes again until there is such a link (`algorithm_iter_hash`).
fn again(hash: u32, n: u32, modulo: u32) -> u32 {
    let modulo = if modulo < n || modulo / 2 > n { n.next_power_of_two() } else { modulo };
    // More than half of what comes out is a link, so this ends soon.
    (0..).map(|i| (two_words(hash, i) % modulo) as u16).map(u32::from).find(|link| *link < n).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_hashed_as_the_switch_does() {
        // From `ovs-test` vectors of lookup3: an empty text, and one whose length is no multiple of four.
        assert_eq!(jenkins(b"", 0), 0xdead_beef);
        assert_eq!(jenkins(b"Four score and seven years ago", 0), 0x1777_0551);
    }
}
