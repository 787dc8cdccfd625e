//! Ports of a bridge, tunnels, and the addresses a bridge has learned.

use std::net::IpAddr;
use std::sync::Arc;

use crate::base::number::Digits;
use crate::base::paint::{Painter, Role};
use crate::field::Names;
use crate::field::format::paint_mac;
use crate::field::names::paint_port;
use crate::model::flow::paint_duration;

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

impl Port {
    /// The states of the spanning tree: Open vSwitch prints no blank behind them.
    pub const STP_STATES: [&'static str; 3] = ["STP_LEARN", "STP_FORWARD", "STP_BLOCK"];

    /// Prints the port as `ovs-ofctl show` and `dump-ports-desc` do: always by number, on several lines, without the
    /// end of the last line.
    pub fn paint(&self, p: &mut impl Painter) {
        p.dim(" ");
        paint_port(self.number, Names::none(), p);
        p.dim("(");
        p.put(Role::Accent, &self.name);
        p.dim("): addr:");
        paint_mac(self.mac, p);
        p.dim("\n     config:     ");
        paint_words(&self.config, p);
        p.dim("\n     state:      ");
        paint_words(&self.state, p);
        for (key, words) in &self.features {
            p.dim(&format!("\n     {:<12}", format!("{key}: ")));
            p.text(words);
        }
        p.dim("\n     speed: ");
        p.decimal(Role::Text, self.speed.0.into());
        p.dim(" Mbps now, ");
        p.decimal(Role::Text, self.speed.1.into());
        p.dim(" Mbps max");
    }
}

/// Prints words with blanks between them, `0` if there are none.
fn paint_words(words: &[Box<str>], p: &mut impl Painter) {
    let mut separator = "";
    for word in words {
        p.text(separator);
        p.text(word);
        separator = if Port::STP_STATES.contains(&&**word) { "" } else { " " };
    }
    if words.is_empty() {
        p.text("0");
    }
}

/// What a switch counts for a port. A counter that the switch does not have is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortStats {
    /// The port's OpenFlow number, or an id above 0xffff if it is known by name only.
    pub number: u32,
    /// For a port known by name only: whether its number is below 10, which the dump's layout tells.
    pub is_below_ten: bool,
    /// Received: packets, bytes, dropped, errors, frame errors, overruns, CRC errors.
    pub rx: [Option<u64>; 7],
    /// Sent: packets, bytes, dropped, errors, collisions.
    pub tx: [Option<u64>; 5],
    /// How long it exists, in nanoseconds; OpenFlow 1.0 to 1.2 do not say.
    pub duration_ns: Option<u64>,
    /// Counters of RFC 2819 for what was received, by name; those that the switch does not have are left out.
    pub rx_rfc2819: Vec<(Box<str>, u64)>,
    /// The same for what was sent.
    pub tx_rfc2819: Vec<(Box<str>, u64)>,
    /// Counters of the driver, by name.
    pub custom: Vec<(Box<str>, u64)>,
}

impl PortStats {
    /// The names of the counters in [`rx`](PortStats::rx).
    pub const RX: [&'static str; 7] = ["pkts", "bytes", "drop", "errs", "frame", "over", "crc"];
    /// The names of the counters in [`tx`](PortStats::tx).
    pub const TX: [&'static str; 5] = ["pkts", "bytes", "drop", "errs", "coll"];

    /// Prints it as `ovs-ofctl dump-ports` does: on several lines, without the end of the last line.
    pub fn paint(&self, names: &Names, p: &mut impl Painter) {
        let is_below_ten = self.number < 10 || self.number > 0xffff && self.is_below_ten;
        p.dim(if is_below_ten { "  port  " } else { "  port " });
        paint_port(self.number, names, p);
        p.dim(": rx ");
        paint_counters(&Self::RX, &self.rx, p);
        p.dim("\n           tx ");
        paint_counters(&Self::TX, &self.tx, p);
        if let Some(ns) = self.duration_ns {
            p.dim("\n           duration=");
            paint_duration(ns, p);
        }
        paint_rfc2819("\n           rx rfc2819 ", &self.rx_rfc2819, p);
        paint_rfc2819("\n           tx rfc2819 ", &self.tx_rfc2819, p);
        self.paint_custom(p);
    }

    fn paint_custom(&self, p: &mut impl Painter) {
        if !self.custom.is_empty() {
            p.dim("\n           CUSTOM Statistics");
        }
        for (i, (name, n)) in self.custom.iter().enumerate() {
            p.dim(if i % 3 == 0 { "\n                      " } else { " " });
            paint_counter(name, Some(*n), p);
            p.dim(",");
        }
    }
}

fn paint_counters(names: &[&str], counters: &[Option<u64>], p: &mut impl Painter) {
    for (i, (name, n)) in names.iter().zip(counters).enumerate() {
        p.dim(if i > 0 { ", " } else { "" });
        paint_counter(name, *n, p);
    }
}

fn paint_rfc2819(head: &str, counters: &[(Box<str>, u64)], p: &mut impl Painter) {
    for (i, (name, n)) in counters.iter().enumerate() {
        p.dim(if i > 0 { "" } else { head });
        paint_counter(name, Some(*n), p);
        p.dim(", ");
    }
}

fn paint_counter(name: &str, n: Option<u64>, p: &mut impl Painter) {
    p.dim(name);
    p.dim("=");
    match n {
        Some(n) => p.decimal(Role::Text, n),
        None => p.text("?"),
    }
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

impl TlvMapping {
    /// Prints it as a row of `ovs-ofctl dump-tlv-map`, without the line's end.
    pub fn paint(&self, p: &mut impl Painter) {
        p.text(&format!(" {:>6}  {:>4}", Digits::hex(self.class.into()), Digits::hex(self.kind.into())));
        p.text(&format!("  {:>6}  ", self.length));
        p.put(Role::Reg, &format!("tun_metadata{}", self.index));
    }
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
