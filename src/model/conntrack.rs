//! Connections that the datapath tracks (`dpctl/dump-conntrack`).

use std::net::IpAddr;

/// One direction of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Source port, or the ICMP id.
    pub sport: u16,
    /// Destination port; 0 for ICMP.
    pub dport: u16,
    /// ICMP type and code.
    pub icmp: Option<(u8, u8)>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The protocol's number.
    pub proto: u8,
    /// As its first packet went.
    pub orig: Tuple,
    /// As replies come.
    pub reply: Tuple,
    /// Its zone.
    pub zone: u16,
    /// Its mark.
    pub mark: u32,
    /// Its label.
    pub labels: u128,
    /// The kernel's status bits by name, or the number of the userspace datapath, as printed.
    pub status: Box<str>,
    /// Seconds until it is forgotten, if that was printed.
    pub timeout: Option<u32>,
    /// The state of the protocol machine, as printed.
    pub protoinfo: Box<str>,
    /// The helper, if there is one.
    pub helper: Box<str>,
}
