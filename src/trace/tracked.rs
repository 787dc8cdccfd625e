//! Connections that are known: what connection tracking says of a packet of one of them.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::packet::Packet;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::table;
use crate::model::conntrack::{Connection, Tuple};

/// A connection's end to end: zone, protocol, addresses, ports.
type Ends = (u16, u8, IpAddr, IpAddr, u16, u16);

/// Some connections, so that the one of a packet is found at once.
#[derive(Debug, Default)]
pub struct Tracked {
    connections: Vec<Connection>,
    /// Each direction of each, and whether it is that of replies.
    by_ends: FxHashMap<Ends, (u32, bool)>,
}

/// A connection that a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'t> {
    /// The connection.
    pub connection: &'t Connection,
    /// Whether the packet goes the way of replies.
    pub is_reply: bool,
}

/// ct_state bits.
const NEW: u8 = 0x01;
const EST: u8 = 0x02;
const RPL: u8 = 0x08;
const TRK: u8 = 0x20;

impl Tracked {
    /// Of some connections.
    pub fn new(connections: Vec<Connection>) -> Tracked {
        let mut by_ends = FxHashMap::default();
        for (at, connection) in (0..).zip(&connections) {
            let ends = |t: &Tuple| ends(connection.zone, connection.proto, t);
            // A connection with itself would find itself twice; as it was first sent counts.
            by_ends.insert(ends(&connection.reply), (at, true));
            by_ends.insert(ends(&connection.orig), (at, false));
        }
        Tracked { connections, by_ends }
    }

    /// The connections.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The connection of a packet in a zone. Of an echo request nothing tells which one it is.
    pub fn find(&self, zone: u16, packet: &Packet) -> Option<Member<'_>> {
        let tuple = tuple(packet)?;
        let (at, is_reply) = *self.by_ends.get(&ends(zone, packet.nw_proto(), &tuple))?;
        // Each echo request may begin a connection of its own, and nothing shows that it is one of this.
        if is_icmp(packet.nw_proto()) && !is_reply {
            return None;
        }
        Some(Member { connection: &self.connections[at as usize], is_reply })
    }
}

fn ends(zone: u16, proto: u8, t: &Tuple) -> Ends {
    // A packet shows the type of an ICMP message and not its number; addresses must do.
    let (sport, dport) = if is_icmp(proto) { (0, 0) } else { (t.sport, t.dport) };
    (zone, proto, t.src, t.dst, sport, dport)
}

fn is_icmp(proto: u8) -> bool {
    matches!(proto, ipproto::ICMP | ipproto::ICMPV6)
}

/// The addresses and ports of a packet; `None` for one that is not IP.
pub fn tuple(packet: &Packet) -> Option<Tuple> {
    let v6 = |field: table::FieldId| IpAddr::V6(packet.key.read(field.slot).to_u128().into());
    let v4 = |field: table::FieldId| IpAddr::V4((packet.get(field.slot) as u32).into());
    let (src, dst) = match packet.dl_type() {
        ethertype::IP => (v4(table::IP_SRC), v4(table::IP_DST)),
        ethertype::IPV6 => (v6(table::IPV6_SRC), v6(table::IPV6_DST)),
        _ => return None,
    };
    let (sport, dport) = (packet.get(proto::TP_SRC) as u16, packet.get(proto::TP_DST) as u16);
    let icmp = is_icmp(packet.nw_proto()).then_some((sport as u8, dport as u8));
    let (sport, dport) = if icmp.is_some() { (0, 0) } else { (sport, dport) };
    Some(Tuple { src, dst, sport, dport, icmp, counters: None })
}

impl Member<'_> {
    /// What connection tracking says, as bits of ct_state. A TCP connection whose answer was not seen is still new.
    pub fn state(&self) -> u8 {
        let info = &*self.connection.protoinfo;
        let is_unanswered = info.contains("SYN_SENT") && !info.contains("SYN_SENT2") && !info.contains("ESTABLISHED");
        match (self.is_reply, is_unanswered) {
            (true, _) => TRK | EST | RPL,
            (false, true) => TRK | NEW,
            (false, false) => TRK | EST,
        }
    }

    /// In words.
    pub fn text(&self) -> String {
        let c = self.connection;
        let way = if self.is_reply { ", of which this is a reply" } else { "" };
        let mark = if c.mark == 0 { String::new() } else { format!(" with mark {:#x}", c.mark) };
        let ports = |t: &Tuple| {
            if is_icmp(c.proto) {
                format!("{} -> {}", t.src, t.dst)
            } else {
                format!("{}:{} -> {}:{}", t.src, t.sport, t.dst, t.dport)
            }
        };
        format!("conntrack zone {} has the connection {}{mark}{way}", c.zone, ports(&c.orig))
    }

    /// The packet's addresses and ports after translation: those of the other direction, turned around.
    pub(super) fn translate(&self, packet: &mut Packet) {
        let other = if self.is_reply { &self.connection.orig } else { &self.connection.reply };
        let mut set = |v4: table::FieldId, v6: table::FieldId, address: IpAddr| match address {
            IpAddr::V4(ip) => packet.set(v4.slot, u32::from(ip).into()),
            IpAddr::V6(ip) => packet.key.write(v6.slot, &crate::field::Bits::from_u128(ip.into(), 128)),
        };
        set(table::IP_SRC, table::IPV6_SRC, other.dst);
        set(table::IP_DST, table::IPV6_DST, other.src);
        if !is_icmp(self.connection.proto) {
            packet.set(proto::TP_SRC, other.dport.into());
            packet.set(proto::TP_DST, other.sport.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Names;
    use crate::trace::spec;

    fn connection() -> Connection {
        let t = |src: &str, sport, dst: &str, dport| Tuple {
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            sport,
            dport,
            icmp: None,
            counters: None,
        };
        Connection {
            zone: 5,
            mark: 1,
            ..Connection::new(6, t("10.0.0.1", 40000, "10.0.0.100", 80), t("10.0.0.2", 8080, "10.0.0.1", 40000))
        }
    }

    #[test]
    fn packets_of_a_connection_are_found_both_ways_and_translated() {
        let tracked = Tracked::new(vec![connection()]);
        let packet = |text: &str| spec::parse(text, Names::none()).unwrap();
        let mut out = packet("tcp,nw_src=10.0.0.1,nw_dst=10.0.0.100,tcp_src=40000,tcp_dst=80");
        assert_eq!(tracked.find(4, &out), None);
        let member = tracked.find(5, &out).unwrap();
        assert_eq!(member.state(), TRK | EST);
        member.translate(&mut out);
        assert_eq!(tuple(&out).unwrap().dst, "10.0.0.2".parse::<IpAddr>().unwrap());
        let mut back = packet("tcp,nw_src=10.0.0.2,nw_dst=10.0.0.1,tcp_src=8080,tcp_dst=40000");
        let member = tracked.find(5, &back).unwrap();
        assert_eq!(member.state(), TRK | EST | RPL);
        member.translate(&mut back);
        let back = tuple(&back).unwrap();
        assert_eq!((back.src, back.sport, back.dport), ("10.0.0.100".parse::<IpAddr>().unwrap(), 80, 40000));
    }
}
