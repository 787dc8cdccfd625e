//! Protocol words, and what a field needs before it may be matched or set.
//!
//! `tcp` is not a field but a match: `eth_type=0x0800,nw_proto=6` (ovs-fields(7) "Protocol shorthands"). A field's
//! prerequisite is a match too, or one of several; [`Needs`] names them.

use super::slot::{Slot, WordId, ones, word};

/// Ethernet types by name (IEEE 802 numbers).
pub mod ethertype {
    /// IPv4.
    pub const IP: u16 = 0x0800;
    /// ARP.
    pub const ARP: u16 = 0x0806;
    /// Reverse ARP.
    pub const RARP: u16 = 0x8035;
    /// IPv6.
    pub const IPV6: u16 = 0x86dd;
    /// MPLS unicast.
    pub const MPLS: u16 = 0x8847;
    /// MPLS multicast.
    pub const MPLS_MCAST: u16 = 0x8848;
    /// Network service header.
    pub const NSH: u16 = 0x894f;
    /// 802.1Q tag.
    pub const VLAN: u16 = 0x8100;
    /// 802.1ad tag.
    pub const VLAN_8021AD: u16 = 0x88a8;
}

/// IP protocol numbers (IANA).
pub mod ipproto {
    /// ICMP.
    pub const ICMP: u8 = 1;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// ICMPv6.
    pub const ICMPV6: u8 = 58;
    /// SCTP.
    pub const SCTP: u8 = 132;
}

/// A word that stands for a match on the Ethernet type and perhaps the IP protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// The word.
    pub name: &'static str,
    /// The Ethernet type.
    pub dl_type: u16,
    /// The IP protocol; 0 for any.
    pub nw_proto: u8,
    /// In plain words.
    pub doc: &'static str,
}

const fn protocol(name: &'static str, dl_type: u16, nw_proto: u8, doc: &'static str) -> Protocol {
    Protocol { name, dl_type, nw_proto, doc }
}

/// Every protocol word (ovs-ofctl(8)). The first word for a pair of numbers is the one dumps print.
pub const PROTOCOLS: [Protocol; 17] = [
    protocol("ip", ethertype::IP, 0, "IPv4"),
    protocol("icmp", ethertype::IP, ipproto::ICMP, "ICMP over IPv4"),
    protocol("tcp", ethertype::IP, ipproto::TCP, "TCP over IPv4"),
    protocol("udp", ethertype::IP, ipproto::UDP, "UDP over IPv4"),
    protocol("sctp", ethertype::IP, ipproto::SCTP, "SCTP over IPv4"),
    protocol("ipv6", ethertype::IPV6, 0, "IPv6"),
    protocol("icmp6", ethertype::IPV6, ipproto::ICMPV6, "ICMPv6"),
    protocol("tcp6", ethertype::IPV6, ipproto::TCP, "TCP over IPv6"),
    protocol("udp6", ethertype::IPV6, ipproto::UDP, "UDP over IPv6"),
    protocol("sctp6", ethertype::IPV6, ipproto::SCTP, "SCTP over IPv6"),
    protocol("arp", ethertype::ARP, 0, "ARP"),
    protocol("rarp", ethertype::RARP, 0, "reverse ARP"),
    protocol("mpls", ethertype::MPLS, 0, "MPLS"),
    protocol("mplsm", ethertype::MPLS_MCAST, 0, "MPLS multicast"),
    protocol("ipv4", ethertype::IP, 0, "IPv4"),
    protocol("ip4", ethertype::IP, 0, "IPv4"),
    protocol("ip6", ethertype::IPV6, 0, "IPv6"),
];

/// The protocol of that name.
pub fn protocol_by_name(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|p| p.name == name)
}

/// The word for a pair of numbers, 0 standing for any IP protocol.
pub fn protocol_by_numbers(dl_type: u16, nw_proto: u8) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|p| p.dl_type == dl_type && p.nw_proto == nw_proto)
}

/// Where the Ethernet type lives.
pub const DL_TYPE: Slot = Slot::new(word::TYPE, 16, 16);
/// Where the IP protocol, or the ARP operation, lives.
pub const NW_PROTO: Slot = Slot::new(word::TYPE, 8, 8);
/// Where the transport source port, or the ICMP type, lives.
pub const TP_SRC: Slot = Slot::new(word::TP, 16, 16);
/// Where the transport destination port, or the ICMP code, lives.
pub const TP_DST: Slot = Slot::new(word::TP, 0, 16);
/// The bit that says a tag is there, in the outer 802.1Q tag (the CFI bit of `vlan_tci`).
pub const VLAN_PRESENT: Slot = Slot::new(word::VLAN, 12, 1);
/// The outer VLAN id.
pub const VLAN_VID: Slot = Slot::new(word::VLAN, 0, 12);
/// The outer VLAN priority.
pub const VLAN_PCP: Slot = Slot::new(word::VLAN, 13, 3);
/// Where ct_state lives.
pub const CT_STATE: Slot = Slot::new(word::CT, 0, 8);
/// The bits of ip_frag.
pub const IP_FRAG: Slot = Slot::new(word::TTL, 16, 2);

/// What must be matched before a field may be (ovs-fields(7), "Prerequisites").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Nothing.
    None,
    /// An Ethernet frame (packet_type is Ethernet, as it is by default).
    Ethernet,
    /// ARP or reverse ARP.
    Arp,
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
    /// IPv4 or IPv6.
    IpAny,
    /// A VLAN tag.
    Vlan,
    /// MPLS.
    Mpls,
    /// TCP over IPv4 or IPv6, not a later fragment.
    Tcp,
    /// UDP over IPv4 or IPv6, not a later fragment.
    Udp,
    /// SCTP over IPv4 or IPv6, not a later fragment.
    Sctp,
    /// ICMP over IPv4.
    Icmpv4,
    /// ICMPv6.
    Icmpv6,
    /// A neighbour solicitation or advertisement.
    Nd,
    /// A neighbour solicitation.
    NdSolicit,
    /// A neighbour advertisement.
    NdAdvert,
    /// A network service header.
    Nsh,
    /// A ct_state that says there is a valid connection.
    Ct,
}

/// One condition: the bits `mask` of a word are `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test {
    /// The word.
    pub word: WordId,
    /// The wanted bits.
    pub value: u32,
    /// Which bits count.
    pub mask: u32,
}

const fn dl_type(n: u16) -> Test {
    Test { word: word::TYPE, value: (n as u32) << 16, mask: 0xffff_0000 }
}

const fn nw_proto(dl_type: u16, n: u8) -> Test {
    Test { word: word::TYPE, value: (dl_type as u32) << 16 | (n as u32) << 8, mask: 0xffff_ff00 }
}

const fn icmpv6_type(n: u16) -> Test {
    // A neighbour message has code 0 as well (RFC 4861, section 4).
    Test { word: word::TP, value: (n as u32) << 16, mask: 0xffff_ffff }
}

const ARP: Test = dl_type(ethertype::ARP);
const RARP: Test = dl_type(ethertype::RARP);
const IP: Test = dl_type(ethertype::IP);
const IPV6: Test = dl_type(ethertype::IPV6);
const MPLS: Test = dl_type(ethertype::MPLS);
const MPLS_MCAST: Test = dl_type(ethertype::MPLS_MCAST);
const NSH: Test = dl_type(ethertype::NSH);
const ICMP: Test = nw_proto(ethertype::IP, ipproto::ICMP);
const ICMPV6: Test = nw_proto(ethertype::IPV6, ipproto::ICMPV6);
const TCP: [Test; 2] = over_ip(ipproto::TCP);
const UDP: [Test; 2] = over_ip(ipproto::UDP);
const SCTP: [Test; 2] = over_ip(ipproto::SCTP);
const SOLICIT: Test = icmpv6_type(135);
const ADVERT: Test = icmpv6_type(136);
const TAGGED: Test = Test { word: word::VLAN, value: 0x1000, mask: 0x1000 };
/// The `later` bit of ip_frag is not set.
const NOT_LATER: Test = Test { word: word::TTL, value: 0, mask: 0x0002_0000 };

const fn over_ip(n: u8) -> [Test; 2] {
    [nw_proto(ethertype::IP, n), nw_proto(ethertype::IPV6, n)]
}

impl Needs {
    /// The matches of which one must hold; none if there is no condition on words.
    pub fn alternatives(self) -> &'static [&'static [Test]] {
        match self {
            Needs::None | Needs::Ethernet | Needs::Ct => &[],
            Needs::Arp => &[&[ARP], &[RARP]],
            Needs::Ipv4 => &[&[IP]],
            Needs::Ipv6 => &[&[IPV6]],
            Needs::IpAny => &[&[IP], &[IPV6]],
            Needs::Vlan => &[&[TAGGED]],
            Needs::Mpls => &[&[MPLS], &[MPLS_MCAST]],
            Needs::Tcp => &[&[TCP[0], NOT_LATER], &[TCP[1], NOT_LATER]],
            Needs::Udp => &[&[UDP[0], NOT_LATER], &[UDP[1], NOT_LATER]],
            Needs::Sctp => &[&[SCTP[0], NOT_LATER], &[SCTP[1], NOT_LATER]],
            Needs::Icmpv4 => &[&[ICMP]],
            Needs::Icmpv6 => &[&[ICMPV6]],
            Needs::Nd => &[&[ICMPV6, SOLICIT], &[ICMPV6, ADVERT]],
            Needs::NdSolicit => &[&[ICMPV6, SOLICIT]],
            Needs::NdAdvert => &[&[ICMPV6, ADVERT]],
            Needs::Nsh => &[&[NSH]],
        }
    }

    /// Whether the values of a match meet the need. `value` gives each word's value, with 0 for what is not matched.
    #[inline]
    pub fn is_met(self, value: impl Fn(WordId) -> u32) -> bool {
        match self {
            Needs::None => true,
            Needs::Ethernet => value(word::PACKET_TYPE) == 0,
            Needs::Ct => value(word::CT) & CT_VALID != 0,
            _ => {
                let effective = |id| {
                    if id == word::TYPE { type_word(&value) } else { value(id) }
                };
                self.alternatives()
                    .iter()
                    .any(|tests| tests.iter().all(|t| (effective(t.word) ^ t.value) & t.mask == 0))
            }
        }
    }

    /// What to add to a match, in words people can type.
    pub fn hint(self) -> &'static str {
        match self {
            Needs::None => "",
            Needs::Ethernet => "an Ethernet packet_type",
            Needs::Arp => "arp",
            Needs::Ipv4 => "ip",
            Needs::Ipv6 => "ipv6",
            Needs::IpAny => "ip or ipv6",
            Needs::Vlan => "dl_vlan",
            Needs::Mpls => "mpls",
            Needs::Tcp => "tcp or tcp6",
            Needs::Udp => "udp or udp6",
            Needs::Sctp => "sctp or sctp6",
            Needs::Icmpv4 => "icmp",
            Needs::Icmpv6 => "icmp6",
            Needs::Nd => "icmp6 with icmpv6_type=135 or 136",
            Needs::NdSolicit => "icmp6,icmpv6_type=135",
            Needs::NdAdvert => "icmp6,icmpv6_type=136",
            Needs::Nsh => "dl_type=0x894f",
            Needs::Ct => "ct_state=+trk with +new, +est, +rel or +rpl",
        }
    }
}

/// The ct_state bits of which one says that there is a connection: new, est, rpl.
const CT_VALID: u32 = 0x01 | 0x02 | 0x08;

/// The type word as prerequisites see it: a packet_type in the Ethernet-type name space stands in for eth_type.
fn type_word(value: &impl Fn(WordId) -> u32) -> u32 {
    let packet_type = value(word::PACKET_TYPE);
    if packet_type >> 16 == 1 {
        return packet_type << 16 | value(word::TYPE) & ones(16);
    }
    value(word::TYPE)
}

/// The Ethernet type as prerequisites see it.
pub fn effective_dl_type(value: impl Fn(WordId) -> u32) -> u16 {
    (type_word(&value) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_met_by_values() {
        let tcp = |id| if id == word::TYPE { 0x0800_0600 } else { 0 };
        assert!(
            Needs::Tcp.is_met(tcp)
                && Needs::Ipv4.is_met(tcp)
                && Needs::IpAny.is_met(tcp)
                && Needs::Ethernet.is_met(tcp)
        );
        assert!(!Needs::Udp.is_met(tcp) && !Needs::Ipv6.is_met(tcp) && !Needs::Vlan.is_met(tcp));
        let later = |id| match id {
            word::TYPE => 0x0800_0600,
            word::TTL => 0x0003_0000,
            _ => 0,
        };
        assert!(!Needs::Tcp.is_met(later));
        let raw_ip = |id| {
            if id == word::PACKET_TYPE { 0x0001_0800 } else { 0 }
        };
        assert!(Needs::Ipv4.is_met(raw_ip) && !Needs::Ethernet.is_met(raw_ip));
    }

    #[test]
    fn the_printed_word_comes_first() {
        assert_eq!(protocol_by_numbers(0x0800, 0).map(|p| p.name), Some("ip"));
        assert_eq!(protocol_by_name("ip4").map(|p| p.dl_type), Some(0x0800));
        assert!(protocol_by_name("icmpv6").is_none());
    }
}
