//! Security groups and firewall groups with their rules, as the networking API has them.
//!
//! A rule allows (or, of a firewall, also denies) packets; flows are what an agent makes of it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::field::proto::ipproto;

/// Seen from the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Direction {
    /// To the instance.
    #[default]
    Ingress,
    /// From the instance.
    Egress,
}

impl Direction {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        }
    }

    /// What stands in front of the other side in a sentence.
    pub fn preposition(self) -> &'static str {
        match self {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        }
    }
}

/// Which protocol family a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Ethertype {
    /// IPv4.
    #[default]
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Ethertype {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Ethertype::Ipv4 => "IPv4",
            Ethertype::Ipv6 => "IPv6",
        }
    }

    /// Of an address.
    pub fn of(address: IpAddr) -> Ethertype {
        if address.is_ipv4() { Ethertype::Ipv4 } else { Ethertype::Ipv6 }
    }

    /// How many bits its addresses have.
    pub fn bits(self) -> u8 {
        match self {
            Ethertype::Ipv4 => 32,
            Ethertype::Ipv6 => 128,
        }
    }
}

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    /// The first address.
    pub address: IpAddr,
    /// How many bits count.
    pub length: u8,
}

impl Prefix {
    /// One address.
    pub fn host(address: IpAddr) -> Prefix {
        Prefix { address, length: Ethertype::of(address).bits() }
    }

    /// Reads `10.0.0.0/8` or an address alone; bits that do not count are cleared.
    pub fn parse(text: &str) -> Option<Prefix> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = Ethertype::of(address).bits();
        let length = length.unwrap_or(bits);
        if length > bits {
            return None;
        }
        let whole = Prefix { address, length: bits };
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4((whole.number() as u32 & mask(length, bits) as u32).into()),
            IpAddr::V6(_) => IpAddr::V6((whole.number() & mask(length, bits)).into()),
        };
        Some(Prefix { address, length })
    }

    /// The family of its addresses.
    pub fn ethertype(self) -> Ethertype {
        Ethertype::of(self.address)
    }

    /// Its first address as a number.
    pub fn number(self) -> u128 {
        match self.address {
            IpAddr::V4(a) => u32::from(a).into(),
            IpAddr::V6(a) => u128::from(a),
        }
    }

    /// The bits that count.
    pub fn mask(self) -> u128 {
        mask(self.length, self.ethertype().bits())
    }

    /// Whether an address is one of them.
    pub fn contains(self, address: IpAddr) -> bool {
        let other = Prefix::host(address);
        other.ethertype() == self.ethertype() && other.number() & self.mask() == self.number() & self.mask()
    }
}

/// The first `length` of `bits` bits.
fn mask(length: u8, bits: u8) -> u128 {
    let all = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
    if length == 0 { 0 } else { all & (all << (bits - length)) }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length == self.ethertype().bits() {
            true => write!(f, "{}", self.address),
            false => write!(f, "{}/{}", self.address, self.length),
        }
    }
}

/// The other side of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Remote {
    /// Anybody.
    #[default]
    Any,
    /// Some addresses.
    Prefix(Prefix),
    /// The members of a security group, by its UUID.
    Group(Arc<str>),
    /// The addresses of an address group, by its UUID.
    AddressGroup(Arc<str>),
}

impl Remote {
    /// The UUID of the group that it is.
    pub fn group(&self) -> Option<&Arc<str>> {
        match self {
            Remote::Group(id) | Remote::AddressGroup(id) => Some(id),
            Remote::Any | Remote::Prefix(_) => None,
        }
    }
}

/// A rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityGroupRule {
    /// Its UUID.
    pub id: Arc<str>,
    /// The UUID of its group.
    pub group: Arc<str>,
    /// To or from the instance.
    pub direction: Direction,
    /// IPv4 or IPv6.
    pub ethertype: Ethertype,
    /// The number of its protocol; `None` for any.
    pub protocol: Option<u8>,
    /// Its first and last port, or the type and the code of ICMP.
    pub ports: (Option<u16>, Option<u16>),
    /// The other side.
    pub remote: Remote,
}

impl SecurityGroupRule {
    /// Whether its protocol is ICMP, of either family.
    pub fn is_icmp(&self) -> bool {
        matches!(self.protocol, Some(ipproto::ICMP | ipproto::ICMPV6))
    }

    /// Whether its protocol has ports.
    pub fn has_ports(&self) -> bool {
        matches!(self.protocol, Some(ipproto::TCP | ipproto::UDP | ipproto::SCTP))
    }
}

/// A group of addresses that rules can be about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressGroup {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its addresses.
    pub addresses: Vec<Prefix>,
}

/// Addresses that a port may use beside its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressPair {
    /// The MAC address; `None` for the port's own.
    pub mac: Option<u64>,
    /// The IP addresses.
    pub addresses: Prefix,
}

/// What a firewall rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Verdict {
    /// It lets packets pass.
    #[default]
    Allow,
    /// It drops them.
    Deny,
    /// It drops them and says so to the sender.
    Reject,
}

impl Verdict {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::Deny => "deny",
            Verdict::Reject => "reject",
        }
    }
}

/// A rule of a firewall policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FirewallRule {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// What it does.
    pub verdict: Verdict,
    /// IPv4 or IPv6.
    pub ethertype: Ethertype,
    /// The number of its protocol; `None` for any.
    pub protocol: Option<u8>,
    /// Where packets come from.
    pub source: Option<Prefix>,
    /// Where they go.
    pub destination: Option<Prefix>,
    /// The first and last source port.
    pub source_ports: Option<(u16, u16)>,
    /// The first and last destination port.
    pub destination_ports: Option<(u16, u16)>,
    /// Whether it counts.
    pub is_enabled: bool,
}

/// Rules of a firewall, the first that fits counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FirewallPolicy {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The UUIDs of its rules, in order.
    pub rules: Vec<Arc<str>>,
}

/// Ports with the policies that guard them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FirewallGroup {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The UUIDs of its ports.
    pub ports: Vec<Arc<str>>,
    /// The UUID of the policy for packets to the ports; empty if there is none.
    pub ingress_policy: Arc<str>,
    /// The UUID of the policy for packets from the ports; empty if there is none.
    pub egress_policy: Arc<str>,
}

/// A floating IP address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FloatingIp {
    /// Its UUID.
    pub id: Arc<str>,
    /// The address.
    pub address: Option<IpAddr>,
    /// The address that it stands for.
    pub fixed: Option<IpAddr>,
    /// The UUID of the port that it stands for; empty if there is none.
    pub port: Arc<str>,
    /// The UUID of the router that translates; empty if there is none.
    pub router: Arc<str>,
}

/// A log of what security groups accept or drop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityLog {
    /// Its UUID.
    pub id: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The UUID of the group it is about; empty for all.
    pub group: Arc<str>,
    /// The UUID of the port it is about; empty for all.
    pub port: Arc<str>,
    /// Whether it logs what is accepted.
    pub of_accepted: bool,
    /// Whether it logs what is dropped.
    pub of_dropped: bool,
}

/// IP protocols by the names that the API takes (`neutron_lib/constants.py`, `IP_PROTOCOL_MAP`).
#[rustfmt::skip]
pub const PROTOCOLS: &[(&str, u8)] = &[
    ("hopopt", 0), ("icmp", 1), ("igmp", 2), ("ipip", 4), ("tcp", 6), ("egp", 8), ("udp", 17), ("dccp", 33), ("ipv6-encap", 41),
    ("ipv6-route", 43), ("ipv6-frag", 44), ("rsvp", 46), ("gre", 47), ("esp", 50), ("ah", 51), ("ipv6-icmp", 58), ("icmpv6", 58),
    ("ipv6-nonxt", 59), ("ipv6-opts", 60), ("ospf", 89), ("pgm", 113), ("vrrp", 112), ("sctp", 132), ("udplite", 136),
];

/// The number of an IP protocol by name or number; `None` inside for any.
pub fn parse_protocol(text: &str) -> Option<Option<u8>> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("any") {
        return Some(None);
    }
    let named = PROTOCOLS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, n)| *n);
    named.or_else(|| text.parse().ok()).map(Some)
}

/// What people call an IP protocol: its name in the API, or else its number.
pub fn protocol_name(number: u8) -> String {
    let named = PROTOCOLS.iter().find(|(_, n)| *n == number && *n != 0);
    named.map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_and_written() {
        let shown = |text: &str| Prefix::parse(text).map(|p| p.to_string());
        assert_eq!(shown("10.1.2.3/8").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(shown("10.1.2.3/32").as_deref(), Some("10.1.2.3"));
        assert_eq!(shown("0.0.0.0/0").as_deref(), Some("0.0.0.0/0"));
        assert_eq!(shown("2001:db8:1::/33").as_deref(), Some("2001:db8::/33"));
        for bad in ["10.0.0.0/33", "10.0.0", "x/8", "10.0.0.0/-1", "::/129", "10.0.0.0/8/9"] {
            assert_eq!(Prefix::parse(bad), None, "{bad}");
        }
        let prefix = Prefix::parse("10.0.0.0/9").unwrap();
        assert!(prefix.contains("10.127.0.1".parse().unwrap()));
        assert!(!prefix.contains("10.128.0.1".parse().unwrap()));
        assert!(!prefix.contains("::a".parse().unwrap()));
    }

    #[test]
    fn protocols_have_names_and_numbers() {
        assert_eq!(parse_protocol("TCP"), Some(Some(6)));
        assert_eq!(parse_protocol("112"), Some(Some(112)));
        assert_eq!(parse_protocol("any"), Some(None));
        assert_eq!(parse_protocol("256"), None);
        assert_eq!(
            (protocol_name(58).as_str(), protocol_name(0).as_str(), protocol_name(99).as_str()),
            ("ipv6-icmp", "0", "99")
        );
    }
}
