//! A packet in a few words, as somebody would say it who asks why it does not arrive.

use super::fix::Side;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::slot::word;
use crate::field::{Key, table};

/// What kind of packet it is, such as `a new tcp connection to port 443`.
pub fn packet(key: &Key) -> String {
    let nw_proto = key.value(proto::NW_PROTO) as u8;
    let (tp_src, tp_dst) = (key.value(proto::TP_SRC), key.value(proto::TP_DST));
    match key.value(proto::DL_TYPE) as u16 {
        ethertype::ARP => {
            let address = |id| ipv4(key.word(id));
            match key.value(table::ARP_OP.slot) {
                1 => format!("an ARP request for {}", address(word::IP_DST)),
                2 => format!("an ARP reply from {}", address(word::IP_SRC)),
                _ => format!("an ARP packet from {}", address(word::IP_SRC)),
            }
        }
        ethertype::RARP => "a RARP packet".to_owned(),
        ethertype::IP | ethertype::IPV6 => match nw_proto {
            ipproto::TCP => connection(key, "tcp", tp_dst),
            ipproto::UDP => connection(key, "udp", tp_dst),
            ipproto::SCTP => connection(key, "sctp", tp_dst),
            ipproto::ICMP => icmp("ICMP", 8, 0, tp_src, tp_dst),
            ipproto::ICMPV6 => match tp_src {
                133 => "a router solicitation".to_owned(),
                134 => "a router advertisement".to_owned(),
                135 => "a neighbour solicitation".to_owned(),
                136 => "a neighbour advertisement".to_owned(),
                _ => icmp("ICMPv6", 128, 129, tp_src, tp_dst),
            },
            n => format!("a packet of IP protocol {n}"),
        },
        // An expression without a type is no packet anybody would send, yet a switch takes it.
        0 => "a packet without an Ethernet type".to_owned(),
        n => format!("a frame of Ethernet type {n:#06x}"),
    }
}

fn connection(key: &Key, name: &str, port: u64) -> String {
    const EST: u64 = 0x02;
    const RPL: u64 = 0x08;
    const INV: u64 = 0x10;
    let state = key.value(proto::CT_STATE);
    match state {
        _ if state & INV != 0 => format!("an invalid {name} packet to port {port}"),
        _ if state & RPL != 0 => format!("a {name} reply to port {port}"),
        _ if state & EST != 0 => format!("a packet of an established {name} connection to port {port}"),
        _ if name == "udp" => format!("udp to port {port}"),
        _ => format!("a new {name} connection to port {port}"),
    }
}

fn icmp(name: &str, request: u64, reply: u64, kind: u64, code: u64) -> String {
    match kind {
        _ if kind == request => format!("an {name} echo request"),
        _ if kind == reply => format!("an {name} echo reply"),
        _ => format!("{name} type {kind} code {code}"),
    }
}

/// The address of an end of an IP or ARP packet.
pub fn ip(key: &Key, side: Side) -> Option<std::net::IpAddr> {
    match side {
        Side::Source => source(key),
        Side::Destination => destination(key),
    }?
    .parse()
    .ok()
}

/// The sender's address: IPv4, IPv6 or what an ARP packet says; `None` for other packets.
pub fn source(key: &Key) -> Option<String> {
    address(key, word::IP_SRC, table::IPV6_SRC)
}

/// The receiver's address.
pub fn destination(key: &Key) -> Option<String> {
    address(key, word::IP_DST, table::IPV6_DST)
}

fn address(key: &Key, v4: u16, v6: table::FieldId) -> Option<String> {
    match key.value(proto::DL_TYPE) as u16 {
        ethertype::IP | ethertype::ARP | ethertype::RARP => Some(ipv4(key.word(v4))),
        ethertype::IPV6 => Some(std::net::Ipv6Addr::from(key.read(v6.slot).to_u128()).to_string()),
        _ => None,
    }
}

fn ipv4(value: u32) -> String {
    std::net::Ipv4Addr::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Names;
    use crate::trace::spec;

    #[test]
    fn packets_are_said_as_people_say_them() {
        let say = |text: &str| packet(&spec::parse(text, Names::none()).unwrap().key);
        assert_eq!(say("tcp,tcp_dst=443"), "a new tcp connection to port 443");
        assert_eq!(say("tcp,ct_state=est|trk|rpl,tcp_dst=443"), "a tcp reply to port 443");
        assert_eq!(say("udp,udp_dst=53"), "udp to port 53");
        assert_eq!(say("icmp,icmp_type=8"), "an ICMP echo request");
        assert_eq!(say("icmp,icmp_type=3,icmp_code=1"), "ICMP type 3 code 1");
        assert_eq!(say("icmp6,icmpv6_type=134"), "a router advertisement");
        assert_eq!(say("arp,arp_op=1,arp_tpa=10.0.0.1"), "an ARP request for 10.0.0.1");
        assert_eq!(say("ip,nw_proto=47"), "a packet of IP protocol 47");
        assert_eq!(say("dl_type=0x88cc"), "a frame of Ethernet type 0x88cc");
        assert_eq!(source(&spec::parse("ipv6,ipv6_src=fd00::1", Names::none()).unwrap().key).unwrap(), "fd00::1");
    }
}
