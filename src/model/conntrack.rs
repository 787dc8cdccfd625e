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
    /// Packets and bytes that went this way, where they are counted and were printed.
    pub counters: Option<(u64, u64)>,
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The protocol's number.
    pub proto: u8,
    /// The number that the datapath gave it, if that was printed.
    pub id: Option<u32>,
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
    /// When it began, and when it ended, as printed (`2024-05-06T07:08:09.123`); empty where that was not printed.
    pub times: (Box<str>, Box<str>),
    /// The kernel's status bits by name, or the number of the userspace datapath, as printed; empty if it was not.
    pub status: Box<str>,
    /// Seconds until it is forgotten, if that was printed.
    pub timeout: Option<u32>,
    /// The state of the protocol machine, as printed.
    pub protoinfo: Box<str>,
    /// The helper, if there is one.
    pub helper: Box<str>,
    /// The connection that caused this one, such as the control connection of FTP.
    pub parent: Option<Tuple>,
    /// Words that nobody knows, as printed.
    pub residue: Vec<Box<str>>,
}

impl Tuple {
    /// What comes back: the addresses and ports the other way around.
    pub fn turned(&self) -> Tuple {
        Tuple { src: self.dst, dst: self.src, sport: self.dport, dport: self.sport, icmp: self.icmp, counters: None }
    }
}

impl Connection {
    /// A connection of which no more is known than where it goes.
    pub fn new(proto: u8, orig: Tuple, reply: Tuple) -> Connection {
        Connection {
            proto,
            id: None,
            orig,
            reply,
            zone: 0,
            mark: 0,
            labels: 0,
            times: Default::default(),
            status: Box::default(),
            timeout: None,
            protoinfo: Box::default(),
            helper: Box::default(),
            parent: None,
            residue: Vec::new(),
        }
    }
}
