//! Bytes as Open vSwitch reads them: what the tables see of a frame (`miniflow_extract`, lib/flow.c).
//!
//! A frame that ends early, or whose lengths contradict each other, is no error for a switch: it stops where it is, and
//! the fields that it did not come to stay zero. So it is here, and each such place is a [`Note`] for the person.
//!
//! Ethernet is IEEE 802.3, its tags 802.1Q; LLC with SNAP is RFC 1042; MPLS is RFC 3032; IPv4 is RFC 791, IPv6 and its
//! extension headers RFC 8200, their authentication header RFC 4302; ARP is RFC 826, NSH RFC 8300; TCP is RFC 9293, UDP
//! RFC 768, SCTP RFC 9260, ICMP RFC 792, ICMPv6 RFC 4443, neighbour discovery RFC 4861, IGMP RFC 2236.

use crate::field::bits::Bits;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::{Slot, word};
use crate::field::{Key, table};
use crate::trace::Packet;

/// A frame as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framed {
    /// What the tables see.
    pub packet: Packet,
    /// Where the frame is not as it should be, and what a switch makes of that.
    pub notes: Vec<Note>,
}

/// Something odd about a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The offset of the byte that it is about.
    pub at: usize,
    /// What it is, in words.
    pub text: String,
}

/// How many VLAN tags a switch looks at: `other_config:vlan-limit` of its Open_vSwitch table, where 0 stands for as many
/// as it can. Without a word about it, only the outer one (`LEGACY_MAX_VLAN_HEADERS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VlanLimit(usize);

impl VlanLimit {
    /// As many as Open vSwitch can (`FLOW_MAX_VLAN_HEADERS`).
    const MOST: usize = 2;

    /// What the setting says; without one, the default.
    pub fn of(setting: Option<&str>) -> VlanLimit {
        match setting.map_or(1, crate::base::number::c_atoi) {
            ..=0 => VlanLimit(Self::MOST),
            n => VlanLimit(usize::try_from(n).map_or(Self::MOST, |n| n.min(Self::MOST))),
        }
    }
}

impl Default for VlanLimit {
    fn default() -> VlanLimit {
        VlanLimit(1)
    }
}

/// The length of an Ethernet header.
pub const ETHERNET: usize = 14;
/// `dl_type` of a frame without an Ethernet type (`FLOW_DL_TYPE_NONE`).
pub const NO_TYPE: u16 = 0x05ff;
/// The first Ethernet type; smaller numbers are lengths.
const FIRST_TYPE: u16 = 0x0600;
/// LLC and SNAP in front of an Ethernet type: both service access points 0xaa, unnumbered information, organisation 0.
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];
/// How many MPLS labels a switch keeps (`FLOW_MAX_MPLS_LABELS`).
const LABELS: usize = 3;
/// IGMP.
pub(super) const IGMP: u8 = 2;

/// Reads a frame. Where it came from, and what a datapath says of it, is taken from `metadata`.
pub fn frame(bytes: &[u8], metadata: &Packet, limit: VlanLimit) -> Framed {
    let packet = with_metadata(metadata);
    let mut reader = Reader { whole: bytes, at: 0, end: bytes.len(), packet, notes: Vec::new() };
    if let Err(note) = reader.ethernet(limit) {
        reader.notes.push(note);
    }
    Framed { packet: reader.packet, notes: reader.notes }
}

/// Whether a word says where a packet comes from rather than what it is (`pkt_metadata_from_flow`).
pub(super) fn is_metadata(id: u16) -> bool {
    let is_tracked = matches!(id, word::CT | word::CT_MARK) || (word::CT_LABEL..word::CT_LABEL + 4).contains(&id);
    let is_noted = matches!(id, word::SKB_PRIORITY | word::PKT_MARK | word::RECIRC_ID | word::DP_HASH);
    (word::TUN_ID..=word::IN_PORT).contains(&id) || id >= word::BASE_END || is_noted || is_tracked
}

fn with_metadata(from: &Packet) -> Packet {
    let mut packet = Packet { tunnel_flags: from.tunnel_flags.clone(), ..Packet::of(&Default::default()) };
    let is_tracked = from.key.value(proto::CT_STATE) != 0;
    for (id, value) in from.key.words().filter(|(id, _)| is_metadata(*id)) {
        // Without a state there is nothing that tracked it.
        let is_of_tracking = (word::CT..=word::CT_LABEL + 3).contains(&id);
        if is_tracked || !is_of_tracking {
            packet.key.set_word(id, value, u32::MAX);
        }
    }
    packet
}

/// A frame being read. What is pulled off it ends the packet where the headers say, not where the bytes do.
struct Reader<'a> {
    whole: &'a [u8],
    at: usize,
    end: usize,
    packet: Packet,
    notes: Vec<Note>,
}

/// What is read, or why not.
type Result<T> = std::result::Result<T, Note>;

impl<'a> Reader<'a> {
    fn left(&self) -> &'a [u8] {
        &self.whole[self.at..self.end]
    }

    fn note(&self, text: impl Into<String>) -> Note {
        Note { at: self.at, text: text.into() }
    }

    fn key(&mut self) -> &mut Key {
        &mut self.packet.key
    }

    /// The next bytes, if there are so many; they are not passed.
    fn peek<const N: usize>(&self) -> Option<[u8; N]> {
        self.left().first_chunk().copied()
    }

    /// Passes bytes, if there are so many.
    fn pass(&mut self, n: usize) -> Option<()> {
        (n <= self.left().len()).then(|| self.at += n)
    }

    /// The next bytes of a header.
    fn pull<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let bytes = self.peek().ok_or_else(|| self.short(what, N))?;
        self.at += N;
        Ok(bytes)
    }

    fn short(&self, what: &str, wanted: usize) -> Note {
        let left = self.left().len();
        self.note(format!("the packet ends within the {what}: {left} of {wanted} bytes; its fields stay 0"))
    }

    fn ethernet(&mut self, limit: VlanLimit) -> Result<()> {
        if self.whole.len() < ETHERNET {
            return Err(self.short("Ethernet header", ETHERNET));
        }
        let dst = self.pull::<6>("Ethernet header")?;
        let src = self.pull::<6>("Ethernet header")?;
        self.key().set(table::ETH_DST.slot, mac(dst));
        self.key().set(table::ETH_SRC.slot, mac(src));
        self.vlans(limit)?;
        let dl_type = self.ethernet_type()?;
        self.key().set(proto::DL_TYPE, dl_type.into());
        if is_vlan(dl_type) {
            self.notes.push(self.note("a further VLAN tag is not looked at (other_config:vlan-limit)"));
        }
        match dl_type {
            ethertype::MPLS | ethertype::MPLS_MCAST => self.mpls(),
            ethertype::IP => self.ipv4(),
            ethertype::IPV6 => self.ipv6(),
            ethertype::ARP | ethertype::RARP => self.arp(),
            ethertype::NSH => self.nsh(),
            _ => Ok(()),
        }
    }

    /// IEEE 802.1Q, section 9. The bit that says "present" is Open vSwitch's own.
    fn vlans(&mut self, limit: VlanLimit) -> Result<()> {
        for nth in 0..limit.0 {
            let Some(tpid) = self.peek().map(u16::from_be_bytes).filter(|t| is_vlan(*t)) else { break };
            // A tag is only one if the type behind it is there, too.
            let Some([_, _, high, low, ..]) = self.peek::<6>() else {
                self.notes.push(self.short("VLAN tag", 6));
                break;
            };
            self.at += 4;
            let tci = u16::from_be_bytes([high, low]) | 0x1000;
            match nth {
                0 => self.key().set_word(word::VLAN, tci.into(), 0xffff),
                _ => self.packet.inner_tci = tci,
            }
            self.packet.tpids[nth] = tpid;
        }
        Ok(())
    }

    fn ethernet_type(&mut self) -> Result<u16> {
        let number = u16::from_be_bytes(self.pull("Ethernet header")?);
        if number >= FIRST_TYPE {
            return Ok(number);
        }
        let none = "an 802.3 frame without SNAP has no Ethernet type; dl_type is 0x05ff";
        let inner = match self.peek::<8>() {
            Some([llc @ .., high, low]) if llc == SNAP => u16::from_be_bytes([high, low]),
            _ => {
                self.notes.push(self.note(none));
                return Ok(NO_TYPE);
            }
        };
        self.at += 8;
        if inner < FIRST_TYPE {
            self.notes.push(self.note(none));
            return Ok(NO_TYPE);
        }
        Ok(inner)
    }

    /// RFC 3032, section 2.1.
    fn mpls(&mut self) -> Result<()> {
        let mut n = 0;
        while let Some(entry) = self.peek().map(u32::from_be_bytes) {
            self.at += 4;
            match n {
                0 => self.key().set_word(word::MPLS, entry, u32::MAX),
                1..LABELS => self.packet.inner_mpls.push(entry),
                _ => {}
            }
            n += 1;
            if entry & 0x100 != 0 {
                return Ok(());
            }
        }
        Err(self.note("the packet ends within the MPLS label stack: no entry is marked as the last"))
    }

    /// RFC 791, section 3.1.
    fn ipv4(&mut self) -> Result<()> {
        let header = self.peek::<20>().ok_or_else(|| self.short("IPv4 header", 20))?;
        let ignored = "the switch does not read the packet further";
        let header_length = usize::from(header[0] & 15) * 4;
        let total = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let left = self.left().len();
        if header_length < 20 || header_length > left {
            return Err(self.note(format!("the IPv4 header says that it has {header_length} bytes; {ignored}")));
        }
        if total > left || total < header_length || left - total > usize::from(u16::MAX) {
            return Err(
                self.note(format!("the IPv4 header says that the packet has {total} bytes, not {left}; {ignored}"))
            );
        }
        let sum = super::checksum(&self.left()[..header_length]);
        if sum != 0 {
            self.notes.push(self.note("the checksum of the IPv4 header is wrong; the switch does not look at it"));
        }
        // What follows is padding, which is no part of the packet.
        self.end = self.at + total;
        self.key().set_word(word::IP_SRC, u32_at(&header, 12), u32::MAX);
        self.key().set_word(word::IP_DST, u32_at(&header, 16), u32::MAX);
        let part = u16::from_be_bytes([header[6], header[7]]);
        // Whether more follow, and where in the whole it belongs.
        let frag = match (part & 0x2000 != 0, part & 0x1fff != 0) {
            (_, true) => 3,
            (true, false) => 1,
            (false, false) => 0,
        };
        self.at += header_length;
        self.network(frag, header[1], header[8], header[9])
    }

    /// RFC 8200, section 3.
    fn ipv6(&mut self) -> Result<()> {
        let header = self.peek::<40>().ok_or_else(|| self.short("IPv6 header", 40))?;
        let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
        let left = self.left().len() - header.len();
        if length > left || left - length > usize::from(u16::MAX) {
            let text = format!(
                "the IPv6 header says that {length} bytes follow, but there are {left}; the switch does not read the packet further"
            );
            return Err(self.note(text));
        }
        self.at += header.len();
        self.end = self.at + length;
        let address = |at: usize| Bits::from_words((0..4).map(|n| u32_at(&header, at + 4 * n)));
        self.key().write(table::IPV6_SRC.slot, &address(8));
        self.key().write(table::IPV6_DST.slot, &address(24));
        let first = u32_at(&header, 0);
        let (frag, nw_proto) = self.extensions(header[6])?;
        self.key().set(table::IPV6_LABEL.slot, u64::from(first & 0x000f_ffff));
        self.network(frag, (first >> 20) as u8, header[7], nw_proto)
    }

    /// Extension headers, as far as the first that is none or that a switch does not know (RFC 8200, section 4): whether
    /// it is a fragment, and what follows them.
    fn extensions(&mut self, mut next: u8) -> Result<(u8, u8)> {
        const HOP_BY_HOP: u8 = 0;
        const ROUTING: u8 = 43;
        const FRAGMENT: u8 = 44;
        const AUTHENTICATION: u8 = 51;
        const DESTINATION: u8 = 60;
        let mut frag = 0;
        loop {
            if !matches!(next, HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION) {
                return Ok((frag, next));
            }
            let what = "IPv6 extension headers";
            let header = self.peek::<8>().ok_or_else(|| self.short(what, 8))?;
            let length = match next {
                FRAGMENT => 8,
                AUTHENTICATION => (usize::from(header[1]) + 2) * 4,
                _ => (usize::from(header[1]) + 1) * 8,
            };
            self.pass(length).ok_or_else(|| self.short(what, length))?;
            let offset = u16::from_be_bytes([header[2], header[3]]);
            if next == FRAGMENT && offset != 0 {
                frag = 1;
                if offset & 0xfff8 != 0 {
                    return Ok((3, FRAGMENT));
                }
            }
            next = header[0];
        }
    }

    /// What IPv4 and IPv6 have in common, and the transport header.
    fn network(&mut self, frag: u8, tos: u8, ttl: u8, nw_proto: u8) -> Result<()> {
        self.key().set(proto::IP_FRAG, frag.into());
        self.key().set(Slot::new(word::TYPE, 0, 8), tos.into());
        self.key().set(table::NW_TTL.slot, ttl.into());
        self.key().set(proto::NW_PROTO, nw_proto.into());
        if frag & 2 != 0 {
            return Ok(());
        }
        match nw_proto {
            ipproto::TCP => self.tcp(),
            ipproto::UDP => self.pull::<8>("UDP header").map(|header| self.ports(&header)),
            ipproto::SCTP => self.pull::<12>("SCTP header").map(|header| self.ports(&header)),
            ipproto::ICMP => self.pull::<8>("ICMP header").map(|header| self.icmp(header[0], header[1])),
            IGMP => self.pull::<8>("IGMP header").map(|header| self.icmp(header[0], header[1])),
            ipproto::ICMPV6 => self.icmpv6(),
            _ => Ok(()),
        }
    }

    fn ports(&mut self, header: &[u8]) {
        self.key().set_word(word::TP, u32_at(header, 0), u32::MAX);
    }

    fn icmp(&mut self, kind: u8, code: u8) {
        self.key().set(proto::TP_SRC, kind.into());
        self.key().set(proto::TP_DST, code.into());
    }

    /// RFC 9293, section 3.1.
    fn tcp(&mut self) -> Result<()> {
        let header = self.peek::<20>().ok_or_else(|| self.short("TCP header", 20))?;
        let length = usize::from(header[12] >> 4) * 4;
        if length < 20 || length > self.left().len() {
            let left = self.left().len();
            let text =
                format!("the TCP header says that it has {length} bytes, but {left} are there; its fields stay 0");
            return Err(self.note(text));
        }
        self.ports(&header);
        let flags = u16::from_be_bytes([header[12], header[13]]) & 0xfff;
        self.key().set(table::TCP_FLAGS.slot, flags.into());
        Ok(())
    }

    /// RFC 4443, section 2.1; neighbour discovery is RFC 4861, sections 4.3, 4.4 and 4.6.1.
    fn icmpv6(&mut self) -> Result<()> {
        let [kind, code, _, _, reserved @ ..] = self.pull::<8>("ICMPv6 header")?;
        self.icmp(kind, code);
        if !matches!((kind, code), (135 | 136, 0)) {
            return Ok(());
        }
        self.key().set_word(word::ND_RESERVED, u32::from_be_bytes(reserved), u32::MAX);
        let target = self.pull::<16>("neighbour message")?;
        let target = Bits::from_words((0..4).map(|n| u32_at(&target, 4 * n)));
        self.key().write(table::ND_TARGET.slot, &target);
        while let Some([kind, eights, address @ ..]) = self.peek::<8>() {
            let length = usize::from(eights) * 8;
            if length == 0 || length > self.left().len() {
                return Err(self.note(format!("an option of the neighbour message says that it has {length} bytes")));
            }
            // The sender's own address, and that of the target.
            let slot = match kind {
                1 if length == 8 => Some(table::ARP_SHA.slot),
                2 if length == 8 => Some(table::ARP_THA.slot),
                _ => None,
            };
            if let Some(slot) = slot {
                if self.key().value(slot) != 0 {
                    let note =
                        self.note("the neighbour message names one address twice; the switch ignores all of them");
                    self.key().set(table::ARP_SHA.slot, 0);
                    self.key().set(table::ARP_THA.slot, 0);
                    self.key().write(table::ND_TARGET.slot, &Bits::zero(128));
                    return Err(note);
                }
                self.key().set(slot, mac(address));
                if self.key().word(word::ND_OPTIONS) == 0 {
                    self.key().set_word(word::ND_OPTIONS, kind.into(), u32::MAX);
                }
            }
            self.at += length;
        }
        Ok(())
    }

    /// RFC 826.
    fn arp(&mut self) -> Result<()> {
        let message = self.pull::<28>("ARP message")?;
        // Ethernet addresses of six bytes, IPv4 addresses of four.
        if message[..6] != [0, 1, 8, 0, 6, 4] {
            return Err(self.note("the ARP message is not about Ethernet and IPv4; its fields stay 0"));
        }
        self.key().set(table::ARP_SHA.slot, mac_at(&message, 8));
        self.key().set_word(word::IP_SRC, u32_at(&message, 14), u32::MAX);
        self.key().set(table::ARP_THA.slot, mac_at(&message, 18));
        self.key().set_word(word::IP_DST, u32_at(&message, 24), u32::MAX);
        let op = u16::from_be_bytes([message[6], message[7]]);
        match u8::try_from(op) {
            Ok(op) => self.key().set(proto::NW_PROTO, op.into()),
            Err(_) => self.notes.push(self.note(format!("the ARP operation {op} is above 255; arp_op stays 0"))),
        }
        Ok(())
    }

    /// RFC 8300, section 2.
    fn nsh(&mut self) -> Result<()> {
        let header = self.peek::<8>().ok_or_else(|| self.short("NSH header", 8))?;
        let base = u16::from_be_bytes([header[0], header[1]]);
        let (version, length) = (base >> 14, usize::from(base & 0x3f) * 4);
        let kind = header[2];
        let is_long_enough = match kind {
            1 => length == 24,
            2 => length >= 8,
            _ => true,
        };
        if version != 0 || length > self.left().len() || !is_long_enough {
            let text = format!("the NSH header has version {version} and {length} bytes; its fields stay 0");
            return Err(self.note(text));
        }
        let flags = u32::from(base >> 12 & 3) << 24;
        let ttl = u32::from(base >> 6 & 0x3f) << 16;
        let contexts = self.peek::<24>().filter(|_| kind == 1);
        self.key().set_word(word::NSH, flags | ttl | u32::from(kind) << 8 | u32::from(header[3]), u32::MAX);
        self.key().set_word(word::NSH_PATH, u32_at(&header, 4), u32::MAX);
        for (n, id) in (word::NSH_C..word::NSH_C + 4).enumerate() {
            let value = contexts.map_or(0, |bytes| u32_at(&bytes, 8 + 4 * n));
            self.key().set_word(id, value, u32::MAX);
        }
        Ok(())
    }
}

fn is_vlan(number: u16) -> bool {
    matches!(number, ethertype::VLAN | ethertype::VLAN_8021AD)
}

/// Four bytes as a number; the place is inside a header whose length is known.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |n, byte| n << 8 | u32::from(*byte))
}

fn mac_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 6].iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
}

fn mac(bytes: [u8; 6]) -> u64 {
    mac_at(&bytes, 0)
}
