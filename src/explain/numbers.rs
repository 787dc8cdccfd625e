//! Well-known numbers and their names: protocols, ports, message types.
//!
//! Sources: the IANA registries (protocol numbers, service names, ICMP and ICMPv6 parameters, DSCP), IEEE 802 numbers
//! for Ethernet types, RFC 4291 and the IPv6 multicast registry for addresses. Only what people meet in a cloud is here;
//! a number without a name is shown as it is.

/// The name of a number, if it is a known one.
fn name<N: Copy + PartialEq>(rows: &[(N, &'static str)], n: N) -> Option<&'static str> {
    rows.iter().find(|(known, _)| *known == n).map(|(_, name)| *name)
}

/// Ethernet types.
pub(super) fn ethertype(n: u16) -> Option<&'static str> {
    const ROWS: &[(u16, &str)] = &[
        (0x0800, "IPv4"),
        (0x0806, "ARP"),
        (0x0842, "Wake-on-LAN"),
        (0x8035, "reverse ARP"),
        (0x8100, "802.1Q VLAN"),
        (0x86dd, "IPv6"),
        (0x8808, "Ethernet flow control"),
        (0x8809, "LACP and other slow protocols"),
        (0x8847, "MPLS"),
        (0x8848, "MPLS multicast"),
        (0x8863, "PPPoE discovery"),
        (0x8864, "PPPoE"),
        (0x888e, "802.1X"),
        (0x88a8, "802.1ad service VLAN"),
        (0x88cc, "LLDP"),
        (0x88e5, "MACsec"),
        (0x88f7, "PTP"),
        (0x8902, "CFM"),
        (0x894f, "NSH"),
    ];
    name(ROWS, n)
}

/// IP protocols.
pub(super) fn protocol(n: u8) -> Option<&'static str> {
    const ROWS: &[(u8, &str)] = &[
        (0, "IPv6 hop-by-hop options"),
        (1, "ICMP"),
        (2, "IGMP"),
        (4, "IPv4 in IP"),
        (6, "TCP"),
        (8, "EGP"),
        (17, "UDP"),
        (33, "DCCP"),
        (41, "IPv6 in IP"),
        (46, "RSVP"),
        (47, "GRE"),
        (50, "ESP"),
        (51, "AH"),
        (58, "ICMPv6"),
        (88, "EIGRP"),
        (89, "OSPF"),
        (103, "PIM"),
        (112, "VRRP"),
        (113, "PGM"),
        (132, "SCTP"),
        (136, "UDP-Lite"),
    ];
    name(ROWS, n)
}

/// TCP and UDP ports.
pub(super) fn service(port: u16) -> Option<&'static str> {
    const ROWS: &[(u16, &str)] = &[
        (20, "FTP data"),
        (21, "FTP"),
        (22, "SSH"),
        (23, "Telnet"),
        (25, "SMTP"),
        (53, "DNS"),
        (67, "DHCP server"),
        (68, "DHCP client"),
        (69, "TFTP"),
        (80, "HTTP"),
        (110, "POP3"),
        (111, "portmapper"),
        (123, "NTP"),
        (143, "IMAP"),
        (161, "SNMP"),
        (162, "SNMP traps"),
        (179, "BGP"),
        (389, "LDAP"),
        (443, "HTTPS"),
        (445, "SMB"),
        (465, "SMTP over TLS"),
        (500, "IKE"),
        (514, "syslog"),
        (546, "DHCPv6 client"),
        (547, "DHCPv6 server"),
        (587, "mail submission"),
        (636, "LDAP over TLS"),
        (853, "DNS over TLS"),
        (873, "rsync"),
        (993, "IMAP over TLS"),
        (995, "POP3 over TLS"),
        (1194, "OpenVPN"),
        (1433, "SQL Server"),
        (2049, "NFS"),
        (2379, "etcd"),
        (3260, "iSCSI"),
        (3306, "MySQL"),
        (3389, "RDP"),
        (4500, "IPsec over UDP"),
        (4789, "VXLAN"),
        (5060, "SIP"),
        (5432, "PostgreSQL"),
        (5672, "AMQP"),
        (5900, "VNC"),
        (6081, "Geneve"),
        (6379, "Redis"),
        (6443, "Kubernetes API"),
        (9200, "Elasticsearch"),
        (11211, "memcached"),
        (27017, "MongoDB"),
    ];
    name(ROWS, port)
}

/// ICMP message types.
pub(super) fn icmp(kind: u8) -> Option<&'static str> {
    const ROWS: &[(u8, &str)] = &[
        (0, "echo reply"),
        (3, "destination unreachable"),
        (4, "source quench"),
        (5, "redirect"),
        (8, "echo request"),
        (9, "router advertisement"),
        (10, "router solicitation"),
        (11, "time exceeded"),
        (12, "parameter problem"),
        (13, "timestamp request"),
        (14, "timestamp reply"),
    ];
    name(ROWS, kind)
}

/// Codes of ICMP messages, by type and code.
pub(super) fn icmp_code(kind: u8, code: u8) -> Option<&'static str> {
    const ROWS: &[((u8, u8), &str)] = &[
        ((3, 0), "network unreachable"),
        ((3, 1), "host unreachable"),
        ((3, 2), "protocol unreachable"),
        ((3, 3), "port unreachable"),
        ((3, 4), "too large and must not be fragmented"),
        ((3, 9), "network forbidden"),
        ((3, 10), "host forbidden"),
        ((3, 13), "forbidden by a filter"),
        ((5, 0), "for a network"),
        ((5, 1), "for a host"),
        ((11, 0), "on the way"),
        ((11, 1), "while putting fragments together"),
    ];
    name(ROWS, (kind, code))
}

/// ICMPv6 message types.
pub(super) fn icmpv6(kind: u8) -> Option<&'static str> {
    const ROWS: &[(u8, &str)] = &[
        (1, "destination unreachable"),
        (2, "packet too big"),
        (3, "time exceeded"),
        (4, "parameter problem"),
        (128, "echo request"),
        (129, "echo reply"),
        (130, "multicast listener query"),
        (131, "multicast listener report"),
        (132, "multicast listener done"),
        (133, "router solicitation"),
        (134, "router advertisement"),
        (135, "neighbour solicitation"),
        (136, "neighbour advertisement"),
        (137, "redirect"),
        (143, "multicast listener report, version 2"),
    ];
    name(ROWS, kind)
}

/// Differentiated services code points.
pub(super) fn dscp(n: u8) -> Option<&'static str> {
    const ROWS: &[(u8, &str)] = &[
        (0, "best effort"),
        (8, "CS1"),
        (10, "AF11"),
        (12, "AF12"),
        (14, "AF13"),
        (16, "CS2"),
        (18, "AF21"),
        (20, "AF22"),
        (22, "AF23"),
        (24, "CS3"),
        (26, "AF31"),
        (28, "AF32"),
        (30, "AF33"),
        (32, "CS4"),
        (34, "AF41"),
        (36, "AF42"),
        (38, "AF43"),
        (40, "CS5"),
        (44, "voice admit"),
        (46, "EF, expedited forwarding"),
        (48, "CS6"),
        (56, "CS7"),
    ];
    name(ROWS, n)
}

/// What the congestion notification bits say.
pub(super) fn ecn(n: u8) -> &'static str {
    match n & 3 {
        0 => "the sender cannot be told of congestion",
        3 => "the packet met congestion",
        _ => "the sender can be told of congestion",
    }
}

/// ARP operations.
pub(super) fn arp(op: u16) -> Option<&'static str> {
    const ROWS: &[(u16, &str)] =
        &[(1, "request"), (2, "reply"), (3, "reverse request"), (4, "reverse reply"), (8, "inverse request")];
    name(ROWS, op)
}

/// IPv4 addresses that stand for more than one station.
pub(super) fn ipv4(address: u32) -> Option<&'static str> {
    const ROWS: &[(u32, &str)] = &[
        (0, "no address yet"),
        (u32::MAX, "broadcast"),
        (0xa9fe_a9fe, "the metadata service"),
        (0xe000_0001, "all stations"),
        (0xe000_0002, "all routers"),
        (0xe000_0005, "all OSPF routers"),
        (0xe000_0012, "VRRP"),
        (0xe000_0016, "IGMP"),
        (0xe000_00fb, "multicast DNS"),
    ];
    name(ROWS, address).or(match address >> 28 {
        0xe => Some("a multicast group"),
        _ if address >> 24 == 127 => Some("the host itself"),
        _ if address >> 16 == 0xa9fe => Some("link-local"),
        _ => None,
    })
}

/// IPv4 prefixes: address and length.
pub(super) fn ipv4_prefix(address: u32, length: u32) -> Option<&'static str> {
    const ROWS: &[((u32, u32), &str)] = &[
        ((0xe000_0000, 4), "every multicast group"),
        ((0xe000_0000, 24), "multicast groups of one network"),
        ((0xa9fe_0000, 16), "link-local addresses"),
        ((0x7f00_0000, 8), "the host itself"),
    ];
    name(ROWS, (address, length))
}

/// IPv6 addresses that stand for more than one station, or for none.
pub(super) fn ipv6(address: u128) -> Option<&'static str> {
    const ROWS: &[(u128, &str)] = &[
        (0, "no address yet"),
        (1, "the host itself"),
        (0xff02 << 112 | 1, "all stations of the network"),
        (0xff02 << 112 | 2, "all routers of the network"),
        (0xff02 << 112 | 0x16, "routers that keep multicast groups"),
        (0xff02 << 112 | 0xfb, "multicast DNS"),
        (0xff02 << 112 | 0x1_0002, "DHCPv6 servers and relays"),
        (0xfe80 << 112 | 0xa9fe_a9fe, "the metadata service"),
    ];
    name(ROWS, address).or(match address {
        a if a >> 24 == SOLICITED_NODE >> 24 => Some("solicited-node multicast"),
        a if a >> 120 == 0xff => Some("a multicast group"),
        a if a >> 118 == 0xfe80 >> 6 => Some("link-local"),
        _ => None,
    })
}

/// Where neighbour solicitations are sent: the last 24 bits are those of the wanted address (RFC 4291, 2.7.1).
pub(super) const SOLICITED_NODE: u128 = 0xff02 << 112 | 0x1_ff00_0000;

/// IPv6 prefixes: address and length.
pub(super) fn ipv6_prefix(address: u128, length: u32) -> Option<&'static str> {
    const ROWS: &[((u128, u32), &str)] = &[
        ((0xfe80 << 112, 10), "link-local addresses"),
        ((0xfe80 << 112, 64), "link-local addresses"),
        ((0xff00 << 112, 8), "every multicast group"),
        ((0xff02 << 112, 16), "multicast groups of one network"),
        ((0xfc00 << 112, 7), "unique local addresses"),
        ((SOLICITED_NODE, 104), "solicited-node multicast"),
        ((0x2000 << 112, 3), "global addresses"),
    ];
    name(ROWS, (address, length))
}

/// The MAC address that an interface identifier was made of (RFC 4291, appendix A).
pub(super) fn mac_in_ipv6(address: u128) -> Option<u64> {
    let id = address as u64;
    let is_eui64 = id >> 24 & 0xffff == 0xfffe;
    let mac = (id >> 40 ^ 0x02_0000) << 24 | id & 0xff_ffff;
    (is_eui64 && address >> 64 != 0).then_some(mac)
}

/// MAC addresses that stand for more than one station: value, mask, name. The first that fits counts.
pub(super) fn mac(address: u64) -> Option<&'static str> {
    const ROWS: &[(u64, u64, &str)] = &[
        (0xffff_ffff_ffff, 0xffff_ffff_ffff, "broadcast"),
        (0, 0xffff_ffff_ffff, "none"),
        (0x0180_c200_000e, 0xffff_ffff_ffff, "LLDP"),
        (0x0180_c200_0000, 0xffff_ffff_fff0, "bridges"),
        (0x0100_5e00_0000, 0xffff_ff80_0000, "IPv4 multicast"),
        (0x3333_0000_0000, 0xffff_0000_0000, "IPv6 multicast"),
        (0x0100_0000_0000, 0x0100_0000_0000, "multicast"),
    ];
    ROWS.iter().find(|(value, mask, _)| address & mask == *value).map(|(.., name)| *name)
}

/// Masked MAC addresses: value, mask, what they take in.
pub(super) fn mac_group(value: u64, mask: u64) -> Option<&'static str> {
    const ROWS: &[(u64, u64, &str)] = &[
        (0x0100_0000_0000, 0x0100_0000_0000, "a group of stations (multicast or broadcast)"),
        (0, 0x0100_0000_0000, "a single station (unicast)"),
        (0x0100_5e00_0000, 0xffff_ff80_0000, "IPv4 multicast"),
        (0x3333_0000_0000, 0xffff_0000_0000, "IPv6 multicast"),
        (0x0180_c200_0000, 0xffff_ffff_fff0, "bridges"),
    ];
    ROWS.iter().find(|(v, m, _)| (*v, *m) == (value, mask)).map(|(.., name)| *name)
}

/// Flags of ct_state, by bit: what it means that the flag is set, and that it is not.
pub(super) const CT_STATE: [(&str, &str); 8] = [
    ("begins a new connection", "does not begin a connection"),
    ("part of an accepted connection", "not part of an accepted connection"),
    ("related to another connection", "not related to another connection"),
    ("a reply", "not a reply"),
    ("invalid: fits no connection", "not invalid"),
    ("connection tracking has seen it", "connection tracking has not seen it"),
    ("its source address was translated", "its source address was not translated"),
    ("its destination address was translated", "its destination address was not translated"),
];

/// TCP flags, by bit.
pub(super) const TCP_FLAGS: [&str; 12] =
    ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS", "[200]", "[400]", "[800]"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mean_something() {
        assert_eq!(ipv4(0xe000_0102), Some("a multicast group"));
        assert_eq!(ipv4(0x0a00_0001), None);
        let address = |text: &str| u128::from(text.parse::<std::net::Ipv6Addr>().unwrap());
        assert_eq!(ipv6(address("ff02::1:ff00:1")), Some("solicited-node multicast"));
        assert_eq!(ipv6(address("fe80::1")), Some("link-local"));
        assert_eq!(ipv6(address("2001:db8::1")), None);
        assert_eq!(mac_in_ipv6(address("fe80::f816:3eff:febc:7260")), Some(0xfa16_3ebc_7260));
        assert_eq!(mac_in_ipv6(address("fe80::1")), None);
        assert_eq!(mac(0x3333_ff00_0001), Some("IPv6 multicast"));
        assert_eq!(mac(0xfa16_3e00_0001), None);
    }
}
