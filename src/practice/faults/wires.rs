//! Faults of ports, tunnels, physical networks and distributed routers.

use std::sync::Arc;

use super::patient::{Patient, does, has, redo, reg, rematch};
use crate::dump::flow_line;
use crate::field::format::paint_mac;
use crate::field::proto::ethertype;
use crate::field::slot::word;
use crate::field::{Names, table};
use crate::model::flow::Flow;
use crate::model::node_facts::PortFacts;
use crate::model::ovsdb::{Atom, Datum};

type Done = Result<(), String>;

fn mac(mac: u64) -> String {
    let mut text = String::new();
    paint_mac(mac, &mut text);
    text
}

/// The VLAN that a flow matches, as a field of its own or as part of the tag.
fn is_vlan(flow: &Flow, vlan: u16) -> bool {
    let (value, mask) = flow.matches.word(word::VLAN);
    mask & 0xfff == 0xfff && value & 0xfff == u32::from(vlan)
}

pub(super) fn dead_port(p: &mut Patient) -> Done {
    let number = p.port.number;
    let mut flow = Flow { priority: 2, ..Flow::default() };
    rematch(&mut flow, table::IN_PORT, number.into());
    p.add("br-int", flow)
}

pub(super) fn gone_port(p: &mut Patient) -> Done {
    let (from, gone) = (format!("output:{}", p.port.number), format!("output:{}", p.port.number + 40));
    let number = u64::from(p.port.number);
    let is_it = |f: &Flow| matches!(f.table, 81 | 82) && has(f, reg(5), number) && does(f, &from);
    p.change("br-int", is_it, |flow, _| redo(flow, &from, &gone))
}

pub(super) fn stale_vlan(p: &mut Patient) -> Done {
    let (number, vlan, port_mac) = (u64::from(p.port.number), p.port.vlan, p.port.mac);
    let stale = vlan + 6;
    let (from, to) = (format!("set_field:{vlan:#x}->reg6"), format!("set_field:{stale:#x}->reg6"));
    let is_way_in = |f: &Flow| has(f, table::ETH_DST, port_mac) && is_vlan(f, vlan);
    let is_it = |f: &Flow| f.table == 60 && (has(f, table::IN_PORT, number) || is_way_in(f));
    p.change("br-int", is_it, |flow, _| {
        redo(flow, &from, &to);
        if is_way_in(flow) {
            flow.matches.set_word(word::VLAN, 0xfff, stale.into(), 0xfff);
        }
    })
}

pub(super) fn dead_vlan(p: &mut Patient) -> Done {
    let (name, number) = (p.port.name.clone(), u64::from(p.port.number));
    let port_mac = p.port.mac;
    p.facts(|node| {
        let interfaces = node.facts.bridges.iter_mut().flat_map(|b| &mut b.interfaces);
        let mut is_changed = false;
        for interface in interfaces.filter(|i| i.name == name) {
            let port = PortFacts {
                tag: Some(4095),
                vlan_mode: Some("trunk".into()),
                trunks: vec![4095],
                ..(*interface.port).clone()
            };
            interface.port = Arc::new(port);
            is_changed = true;
        }
        is_changed
    });
    let dead = Datum::Set(vec![Atom::Integer(4095)]);
    let trunk = Datum::Set(vec![Atom::String("trunk".into())]);
    p.columns("Port", &name, &[("tag", dead.clone()), ("trunks", dead), ("vlan_mode", trunk)]);
    // What was never wired has no flows either.
    p.delete("br-int", |f| has(f, table::IN_PORT, number) || has(f, reg(5), number) || has(f, table::ETH_DST, port_mac))
}

pub(super) fn subport(p: &mut Patient) -> Done {
    let name = p.port.name.clone();
    // The trunk's bridge knows the subport by the other end of its patch port: `spi-` here, `spt-` there.
    let there: Arc<str> = name.replacen("spi", "spt", 1).into();
    let interface = p.node().facts.interface(&there).map(|(_, interface)| interface.port.tag);
    let tag = interface.flatten().ok_or("the port is no subport of a trunk")? + 1;
    p.facts(|node| {
        let interfaces = node.facts.bridges.iter_mut().flat_map(|b| &mut b.interfaces);
        for interface in interfaces.filter(|i| i.name == there) {
            interface.port = Arc::new(PortFacts { tag: Some(tag), ..(*interface.port).clone() });
        }
        true
    });
    p.columns("Port", &there, &[("tag", Datum::Set(vec![Atom::Integer(tag.into())]))]);
    Ok(())
}

pub(super) fn not_delivered(p: &mut Patient) -> Done {
    let port_mac = p.port.mac;
    p.delete("br-int", |f| f.table == 60 && has(f, table::ETH_DST, port_mac) && does(f, "resubmit(,81)"))
}

/// The port of the tunnel that leads to the peer, on the tunnel bridge of the broken node.
fn tunnel_to_peer(p: &Patient) -> Result<u32, String> {
    let (vlan, peer_mac) = (p.port.vlan, p.peer()?.mac);
    let known = p.flows("br-tun", |f| f.table == 20 && has(f, table::ETH_DST, peer_mac) && is_vlan(f, vlan))?;
    let outputs = known.iter().flat_map(|f| outputs(f));
    outputs.into_iter().next().ok_or_else(|| "no flow of table 20 knows where the peer is".to_owned())
}

fn outputs(flow: &Flow) -> Vec<u32> {
    let text = flow.actions_text(Names::none());
    text.split(',').filter_map(|part| part.strip_prefix("output:")?.parse().ok()).collect()
}

pub(super) fn flood(p: &mut Patient) -> Done {
    let vlan = p.port.vlan;
    let tunnel = match tunnel_to_peer(p) {
        Ok(tunnel) => tunnel,
        // Where nothing was learned of the peer yet, its tunnel is the one that its node's address is at the end of.
        Err(_) => tunnel_of_node(p)?,
    };
    let is_it = |f: &Flow| f.table == 22 && is_vlan(f, vlan);
    p.change("br-tun", is_it, |flow, _| redo(flow, &format!(",output:{tunnel}"), ""))
}

/// The tunnel whose other end is the peer's node: the node has the address as its own end.
fn tunnel_of_node(p: &Patient) -> Result<u32, String> {
    let peer = p.peer()?.node;
    let ends = |node: &crate::model::node::Node, option: &str| -> Vec<(u32, Arc<str>)> {
        let interfaces = node.facts.bridges.iter().flat_map(|b| &b.interfaces);
        interfaces.filter_map(|i| Some((i.ofport?, Arc::from(i.option(option)?)))).collect()
    };
    let theirs = p.other(peer);
    let local = ends(theirs, "local_ip");
    let mine = ends(p.node(), "remote_ip");
    // There may be tunnels of several kinds to a host; the network uses one of them.
    let vlan = p.port.vlan;
    let flooded: Vec<u32> =
        p.flows("br-tun", |f| f.table == 22 && is_vlan(f, vlan))?.iter().flat_map(outputs).collect();
    let leads_there = |remote: &Arc<str>| local.iter().any(|(_, ip)| ip == remote);
    let found = mine.iter().find(|(port, remote)| leads_there(remote) && flooded.contains(port));
    found.map(|(port, _)| *port).ok_or_else(|| "no tunnel leads to the peer".to_owned())
}

pub(super) fn segment(p: &mut Patient) -> Done {
    let vlan = p.port.vlan;
    let words = format!("set_field:{}->vlan_vid", 4096 + vlan);
    p.delete("br-tun", |f| matches!(f.table, 3 | 4 | 6) && does(f, &words))
}

pub(super) fn wrong_key(p: &mut Patient) -> Done {
    let peer_mac = p.peer()?.mac;
    let is_it = |f: &Flow| f.table == 20 && f.priority == 2 && has(f, table::ETH_DST, peer_mac);
    p.change("br-tun", is_it, |flow, names| {
        let text = flow.actions_text(Names::none());
        let key = text.split("set_field:0x").nth(1).and_then(|rest| rest.split("->").next());
        if let Some(key) = key.and_then(|key| u64::from_str_radix(key, 16).ok()) {
            let text =
                text.replace(&format!("set_field:{key:#x}->tun_id"), &format!("set_field:{:#x}->tun_id", key + 1));
            flow.actions = flow_line::parse_actions(&text, names).0;
        }
    })
}

pub(super) fn wrong_tunnel(p: &mut Patient) -> Done {
    let peer_mac = p.peer()?.mac;
    let vlan = p.port.vlan;
    let right = match tunnel_to_peer(p) {
        Ok(tunnel) => tunnel,
        Err(_) => tunnel_of_node(p)?,
    };
    let flood = p.flows("br-tun", |f| f.table == 22 && is_vlan(f, vlan))?;
    let all: Vec<u32> = flood.iter().flat_map(outputs).collect();
    let other = all.into_iter().find(|tunnel| *tunnel != right).ok_or("there is no other tunnel")?;
    let is_it = |f: &Flow| f.table == 20 && has(f, table::ETH_DST, peer_mac) && is_vlan(f, vlan);
    if p.flows("br-tun", is_it)?.is_empty() {
        // Nothing was learned yet: then the wrong thing is learned now.
        let Some(flow) = flood.first() else { return Err("the network is not flooded".to_owned()) };
        let mut learned = Flow { table: 20, priority: 1, hard_timeout: 300, cookie: flow.cookie, ..flow.clone() };
        rematch(&mut learned, table::ETH_DST, peer_mac);
        let text = flow.actions_text(Names::none());
        let head = text.split(",output:").next().unwrap_or_default();
        learned.actions = flow_line::parse_actions(&format!("{head},output:{other}"), Names::none()).0;
        return p.add("br-tun", learned);
    }
    p.change("br-tun", is_it, |flow, _| redo(flow, &format!("output:{right}"), &format!("output:{other}")))
}

pub(super) fn arp_answer(p: &mut Patient) -> Done {
    let peer = p.peer()?.clone();
    let ip = peer.ip.ok_or("the peer has no IPv4 address")?;
    let is_it = |f: &Flow| f.table == 21 && has(f, table::ARP_TPA, u32::from(ip).into());
    let (right, stale) = (mac(peer.mac), mac(peer.mac ^ 0x00ff_ffff));
    p.change("br-tun", is_it, |flow, _| redo(flow, &right, &stale))
}

pub(super) fn no_way_out(p: &mut Patient) -> Done {
    let vlan = p.port.vlan;
    p.delete("br-tun", |f| matches!(f.table, 20..=22) && is_vlan(f, vlan))
}

pub(super) fn mtu(p: &mut Patient) -> Done {
    let name = p.port.name.clone();
    p.facts(|node| {
        let interfaces = node.facts.bridges.iter_mut().flat_map(|b| &mut b.interfaces);
        let mut is_changed = false;
        for interface in interfaces.filter(|i| i.name == name) {
            interface.mtu = Some(1500);
            is_changed = true;
        }
        is_changed
    });
    p.columns("Interface", &name, &[("mtu", Datum::Set(vec![Atom::Integer(1500)]))]);
    Ok(())
}

pub(super) fn provider_in(p: &mut Patient) -> Done {
    let words = format!("set_field:{}->vlan_vid", 4096 + p.port.vlan);
    p.delete("br-int", |f| f.table == 0 && f.priority == 3 && does(f, &words))
}

/// The bridge with the flow that gives a local VLAN its VLAN outside.
fn provider(p: &Patient) -> Result<String, String> {
    let vlan = p.port.vlan;
    let translates = |f: &Flow| f.priority == 4 && is_vlan(f, vlan) && f.matches.has(table::IN_PORT.slot);
    let bridges = p.node().bridges.iter().map(|b| b.name.to_string());
    let others = bridges.filter(|name| name != "br-int" && name != "br-tun");
    let mut found = others.filter(|name| p.flows(name, translates).is_ok_and(|flows| !flows.is_empty()));
    found.next().ok_or_else(|| "the network is on no physical network here".to_owned())
}

pub(super) fn provider_out(p: &mut Patient) -> Done {
    let (bridge, vlan) = (provider(p)?, p.port.vlan);
    p.delete(&bridge, |f| f.priority == 4 && is_vlan(f, vlan))
}

pub(super) fn provider_wrong(p: &mut Patient) -> Done {
    let (bridge, vlan) = (provider(p)?, p.port.vlan);
    let is_it = |f: &Flow| f.priority == 4 && is_vlan(f, vlan) && does(f, "->vlan_vid");
    p.change(&bridge, is_it, |flow, _| {
        let text = flow.actions_text(Names::none());
        let tag = text.split("set_field:").nth(1).and_then(|rest| rest.split("->").next());
        if let Some(tag) = tag.and_then(|tag| tag.parse::<u16>().ok()) {
            redo(flow, &format!("set_field:{tag}->vlan_vid"), &format!("set_field:{}->vlan_vid", tag + 10));
        }
    })
}

pub(super) fn dvr_host(p: &mut Patient) -> Done {
    // The MAC addresses of distributed routers begin with fa:16:3f.
    let is_router =
        |f: &Flow| f.matches.has(table::ETH_SRC.slot) && f.matches.value(table::ETH_SRC.slot) >> 24 == 0xfa_163f;
    let from = p.flows("br-int", |f| f.table == 0 && f.priority == 2 && is_router(f) && does(f, ":1"))?;
    let first = from.first().map(|f| f.matches.value(table::ETH_SRC.slot)).ok_or("no other host routes here")?;
    p.delete("br-int", |f| f.table == 0 && has(f, table::ETH_SRC, first))
}

pub(super) fn dvr_port(p: &mut Patient) -> Done {
    let port_mac = p.port.mac;
    p.delete("br-int", |f| matches!(f.table, 1 | 2) && has(f, table::ETH_DST, port_mac))
}

/// Whether a flow is about an Ethernet type.
pub(super) fn is_type(flow: &Flow, dl_type: u16) -> bool {
    has(flow, table::ETH_TYPE, dl_type.into())
}

/// Whether a flow is about IPv4.
pub(super) fn is_ip(flow: &Flow) -> bool {
    is_type(flow, ethertype::IP)
}
