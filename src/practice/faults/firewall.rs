//! Faults of the firewall that is made of flows.

use std::sync::Arc;

use super::patient::{Patient, does, has, redo, reg, rematch};
use super::wires::{is_ip, is_type};
use crate::dump::flow_line;
use crate::field::proto::{self, ethertype, ipproto};
use crate::field::{Names, table};
use crate::model::conntrack::{Connection, Tuple};
use crate::model::flow::Flow;

type Done = Result<(), String>;

/// Whether a flow asks for connections that are new.
fn is_new(flow: &Flow) -> bool {
    flow.match_text(Names::none()).contains("+new")
}

pub(super) fn address(p: &mut Patient) -> Done {
    let number = u64::from(p.port.number);
    let ip = p.port.ip.map(u32::from).ok_or("the port has no IPv4 address")?;
    let is_it = |f: &Flow| f.table == 71 && f.priority == 65 && has(f, table::IN_PORT, number) && is_ip(f);
    p.change("br-int", is_it, |flow, _| rematch(flow, table::IP_SRC, u64::from(ip ^ 1)))
}

pub(super) fn arp(p: &mut Patient) -> Done {
    let number = u64::from(p.port.number);
    p.delete("br-int", |f| {
        f.table == 71 && f.priority == 95 && has(f, table::IN_PORT, number) && is_type(f, ethertype::ARP)
    })
}

pub(super) fn rule(p: &mut Patient) -> Done {
    let number = u64::from(p.port.number);
    let tcp = |f: &Flow| is_ip(f) && f.matches.value(proto::NW_PROTO) == u64::from(ipproto::TCP);
    let has_port = |f: &Flow| f.matches.has(proto::TP_DST);
    let plain = |f: &Flow| f.table == 82 && f.priority >= 74 && has(f, reg(5), number) && tcp(f) && has_port(f);
    let first = p.flows("br-int", plain)?.first().map(|f| f.matches.value(proto::TP_DST));
    let first = first.ok_or("no rule of the port is about TCP and a port number")?;
    p.delete("br-int", |f| plain(f) && f.matches.value(proto::TP_DST) == first)
}

pub(super) fn member(p: &mut Patient) -> Done {
    let ip = p.peer()?.ip.map(u32::from).ok_or("the peer has no IPv4 address")?;
    let is_it = |f: &Flow| f.table == 82 && has(f, table::IP_SRC, ip.into()) && does(f, "conjunction(");
    p.delete("br-int", is_it)
}

pub(super) fn clause(p: &mut Patient) -> Done {
    let number = u64::from(p.port.number);
    p.delete("br-int", |f| f.table == 82 && has(f, reg(5), number) && does(f, ",2/2)") && is_new(f) && is_ip(f))
}

pub(super) fn zone(p: &mut Patient) -> Done {
    let number = u64::from(p.port.number);
    let other = u32::from(p.port.vlan) + 7;
    let is_it = |f: &Flow| f.table == 81 && has(f, reg(5), number) && is_ip(f) && does(f, "ct(");
    p.change("br-int", is_it, |flow, _| redo(flow, "zone=NXM_NX_REG6[0..15]", &format!("zone={other}")))
}

pub(super) fn marked(p: &mut Patient) -> Done {
    let (from, to) = (p.peer()?.ip, p.port.ip);
    let (Some(from), Some(to)) = (from, to) else { return Err("both ports need IPv4 addresses".to_owned()) };
    let zone = p.port.vlan;
    let tuple = |src: std::net::Ipv4Addr, dst: std::net::Ipv4Addr, sport: u16, dport: u16| Tuple {
        src: src.into(),
        dst: dst.into(),
        sport,
        dport,
        icmp: None,
        counters: None,
    };
    let service = services(p)?;
    let marked = Connection {
        proto: ipproto::TCP,
        id: None,
        orig: tuple(from, to, 40000, service),
        reply: tuple(to, from, service, 40000),
        zone,
        mark: 1,
        labels: 0,
        times: Default::default(),
        status: "".into(),
        timeout: None,
        protoinfo: "".into(),
        helper: "".into(),
        parent: None,
        residue: Vec::new(),
    };
    p.facts(|node| {
        let mut connections = node.connections.as_ref().map(|c| c.to_vec()).unwrap_or_default();
        connections.push(marked);
        node.connections = Some(Arc::new(connections));
        true
    });
    Ok(())
}

/// A service that a rule of the port allows by TCP; 80 where it allows all.
fn services(p: &Patient) -> Result<u16, String> {
    let number = u64::from(p.port.number);
    let is_it = |f: &Flow| f.table == 82 && has(f, reg(5), number) && f.matches.has(proto::TP_DST);
    let flows = p.flows("br-int", is_it)?;
    let tcp = flows.iter().find(|f| f.matches.value(proto::NW_PROTO) == u64::from(ipproto::TCP));
    Ok(tcp.map_or(80, |f| f.matches.value(proto::TP_DST) as u16))
}

pub(super) fn neighbours(p: &mut Patient) -> Done {
    let number = u64::from(p.port.number);
    let is_it = |f: &Flow| f.table == 81 && has(f, reg(5), number) && is_type(f, ethertype::IPV6);
    // 135 and 136 are solicitations and advertisements of neighbours (RFC 4861).
    let neighbour = |f: &Flow| matches!(f.matches.value(table::ICMPV6_TYPE.slot), 135 | 136);
    p.delete("br-int", |f| is_it(f) && f.priority == 100 && neighbour(f))
}

pub(super) fn misses(p: &mut Patient) -> Done {
    p.delete("br-int", |f| f.table == 60 && f.matches.is_any())
}

pub(super) fn by_hand(p: &mut Patient) -> Done {
    let ip = p.port.ip.map(u32::from).ok_or("the port has no IPv4 address")?;
    // Somebody wanted to keep one address out, and wrote the prefix of the whole subnet.
    let text = format!("table=82,priority=200,ip,nw_dst={}/24", std::net::Ipv4Addr::from(ip & 0xffff_ff00));
    let line = format!("{text},actions=drop");
    let reading = flow_line::parse(&line, Names::none(), crate::action::Mode::Typed, false).map_err(|d| d.message)?;
    p.add("br-int", reading.flow_mod.flow)
}
