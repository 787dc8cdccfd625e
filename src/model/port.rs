//! Ports of a bridge, tunnels, and the addresses a bridge has learned.

use std::net::IpAddr;
use std::sync::Arc;

/// A port as OpenFlow describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Port {
    /// Its OpenFlow number (`0xfffe` for LOCAL), or an id above 0xffff if it is known by name only.
    pub number: u32,
    /// Its name; OpenFlow cuts names at 15 characters up to version 1.4.
    pub name: Arc<str>,
    /// Its MAC address.
    pub mac: u64,
    /// Words of its configuration, such as `PORT_DOWN` and `NO_FLOOD`.
    pub config: Vec<Box<str>>,
    /// Words of its state, such as `LINK_DOWN` and `LIVE`.
    pub state: Vec<Box<str>>,
    /// Current, advertised, supported and peer features, as printed.
    pub features: Vec<(Box<str>, Box<str>)>,
    /// Speed now and at most, in Mb/s.
    pub speed: (u32, u32),
}

/// What a switch counts for a port. A counter that the switch does not have is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortStats {
    /// The port's OpenFlow number.
    pub number: u32,
    /// Received: packets, bytes, dropped, errors, frame errors, overruns, CRC errors.
    pub rx: [Option<u64>; 7],
    /// Sent: packets, bytes, dropped, errors, collisions.
    pub tx: [Option<u64>; 5],
    /// How long it exists, in nanoseconds; OpenFlow 1.0 to 1.2 do not say.
    pub duration_ns: Option<u64>,
    /// Further counters by name (RFC 2819 and those of the driver), as printed.
    pub custom: Vec<(Box<str>, u64)>,
}

/// A MAC address that a bridge has learned (`fdb/show`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FdbEntry {
    /// The bridge, where the text names it (Open vSwitch 4.0 with several bridges), else empty.
    pub bridge: Arc<str>,
    /// The port's OpenFlow number.
    pub port: u32,
    /// The VLAN; 0 for none.
    pub vlan: u16,
    /// The address.
    pub mac: u64,
    /// Seconds since it was seen; `None` for a static entry.
    pub age: Option<u32>,
}

/// A tunnel as `ofproto/list-tunnels` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tunnel {
    /// The datapath port number.
    pub dp_port: u32,
    /// The port's name.
    pub name: Box<str>,
    /// Such as `vxlan`, `gre`, `geneve`.
    pub kind: Box<str>,
    /// This end; `::` if it is not fixed, `flow` if flows choose it.
    pub local: Box<str>,
    /// The other end; `flow` if flows choose it.
    pub remote: Box<str>,
    /// The key of what comes in: a number as printed (`0x7`), or `flow`.
    pub key: Box<str>,
    /// The whole description in parentheses, as printed.
    pub text: Box<str>,
}

/// A neighbour that tunnels are sent to, as the switch resolved it (`tnl/neigh/show`, also called `tnl/arp/show`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TunnelNeighbour {
    /// Its address.
    pub address: IpAddr,
    /// Its MAC address; none while it is being asked for.
    pub mac: Option<u64>,
    /// The bridge it is reached through.
    pub bridge: Box<str>,
    /// Whether its time is over.
    pub stale: bool,
}

/// Reads a MAC address of six bytes with two digits each.
pub fn parse_mac(text: &str) -> Option<u64> {
    let mut mac = 0;
    let mut bytes = 0;
    for part in text.split(':') {
        if part.len() != 2 || !part.bytes().all(|b| b.is_ascii_hexdigit()) || bytes == 6 {
            return None;
        }
        mac = mac << 8 | u64::from_str_radix(part, 16).ok()?;
        bytes += 1;
    }
    (bytes == 6).then_some(mac)
}

/// A tunnel option with its number (`dump-tlv-map`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TlvMapping {
    /// The option's class.
    pub class: u16,
    /// The option's type.
    pub kind: u8,
    /// The length of its value in bytes.
    pub length: u8,
    /// The N of tun_metadataN.
    pub index: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_addresses() {
        assert_eq!(parse_mac("aa:bb:cc:00:00:01"), Some(0xaabb_cc00_0001));
        for bad in ["", "aa:bb:cc:00:00", "aa:bb:cc:00:00:01:02", "aa:bb:cc:00:00:+1", "aa:bb:cc:0:00:011"] {
            assert_eq!(parse_mac(bad), None, "{bad}");
        }
    }
}
