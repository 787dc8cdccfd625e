//! How packets are written: from text to a packet, and from a port, a flow or an answer to text.
//!
//! This is the only place of the screen that knows the forms a packet may have.

use std::borrow::Cow;
use std::net::IpAddr;

use super::super::views::Spot;
use super::{Asked, Told};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::names::quoted;
use crate::field::proto::{self, PROTOCOLS, ethertype, ipproto};
use crate::field::{FieldId, Key, table};
use crate::model::bridge::FlowId;
use crate::neutron::names::{PortKind, PortWord};
use crate::query::{Completion, Item, ItemKind};
use crate::session::{NodeScene, Scene};
use crate::trace::spec;
use crate::why::journey::Start;
use crate::why::words;

/// A packet to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The packet, as it may be typed.
    pub text: String,
    /// What it is, in words.
    pub about: String,
}

/// Reads what was typed for a bridge.
pub fn start(scene: &Scene, spot: &Spot, text: &str) -> Result<Start, Diagnostic> {
    let gone = || Diagnostic::error("bridge", Span::new(0, text.len()), "this bridge is not in what was read");
    let node = scene.nodes().iter().position(|n| n.node().name == spot.node).ok_or_else(gone)?;
    let (found, bridge) = spot.find(scene).ok_or_else(gone)?;
    if text.trim().is_empty() {
        let d = Diagnostic::error("packet", Span::new(0, 0), "there is no packet yet");
        return Err(d.hint("write one, as in_port=1,tcp,tcp_dst=22"));
    }
    let packet = spec::parse(text, &found.bridges()[bridge].bridge().names)?;
    Ok(Start { node, bridge, packet })
}

/// What may stand at the cursor.
pub fn complete(scene: &Scene, spot: &Spot, text: &str, cursor: usize) -> Completion {
    let cursor = text.floor_char_boundary(cursor);
    let start = text[..cursor].rfind([',', ' ']).map_or(0, |at| at + 1);
    let typed = &text[start..cursor];
    let end = text[cursor..].find([',', ' ']).map_or(text.len(), |at| cursor + at);
    let Some((node, at)) = spot.find(scene) else { return Completion::default() };
    let (from, mut items, hint) = match typed.split_once('=') {
        Some((name, value)) => {
            let from = start + name.len() + 1;
            let hint = format!("a value of {name}");
            (from, values(scene, node, at, name, value), hint)
        }
        None => (start, words_of(typed), "a protocol, or field=value".to_owned()),
    };
    let more = items.len().saturating_sub(crate::query::ITEMS);
    items.truncate(crate::query::ITEMS);
    Completion { replace: Span::new(from, end), items, more, hint }
}

fn item(insert: String, kind: ItemKind, doc: impl Into<Cow<'static, str>>) -> Item {
    Item { insert, kind, doc: doc.into() }
}

/// Protocols and fields that begin so.
fn words_of(typed: &str) -> Vec<Item> {
    let protocols = PROTOCOLS.iter().filter(|p| p.name.starts_with(typed));
    let mut items: Vec<Item> = protocols.map(|p| item(p.name.to_owned(), ItemKind::Protocol, p.doc)).collect();
    // What people write most stands first.
    const USUAL: [&str; 10] =
        ["in_port", "nw_src", "nw_dst", "tcp_dst", "udp_dst", "dl_src", "dl_dst", "dl_vlan", "ipv6_src", "ipv6_dst"];
    let usual = USUAL.iter().filter(|name| name.starts_with(typed));
    items.splice(0..0, usual.map(|name| item(format!("{name}="), ItemKind::Field, "")));
    let fields = FieldId::all().map(|f| f.dump_name).filter(|name| name.starts_with(typed) && !USUAL.contains(name));
    items.extend(fields.map(|name| item(format!("{name}="), ItemKind::Field, "")));
    items
}

/// Values that this node has.
fn values(scene: &Scene, node: &NodeScene, at: usize, name: &str, typed: &str) -> Vec<Item> {
    let bridge = node.bridges()[at].bridge();
    let ports = bridge.ports.iter().filter_map(|p| Some((p, node.names().port(&bridge.name, p.number))));
    let begins = |text: &str| text.starts_with(typed.trim_matches('"'));
    let mut items: Vec<Item> = match FieldId::by_name(name).map(|f| f.name) {
        Some("in_port") => ports
            .filter(|(p, word)| begins(&p.name) || word.is_some_and(|w| !typed.is_empty() && begins(&w.title)))
            .map(|(p, word)| {
                let title = word.map_or(String::new(), |w| w.title.to_string());
                item(quoted(&p.name).into_owned(), ItemKind::Value, format!("port {} {title}", p.number))
            })
            .collect(),
        Some("eth_src" | "eth_dst") => ports
            .filter_map(|(_, word)| Some((words::mac(word?.mac?), word?.label().to_owned())))
            .filter(|(mac, label)| begins(mac) || !typed.is_empty() && begins(label))
            .map(|(mac, label)| item(mac, ItemKind::Value, label))
            .collect(),
        Some("ip_src" | "ip_dst" | "nw_src" | "nw_dst" | "ipv6_src" | "ipv6_dst" | "arp_spa" | "arp_tpa") => {
            let is_6 = name.contains('6');
            let facts = scene.snapshot().neutron.as_deref();
            let all = facts.iter().flat_map(|f| f.ports.values().map(move |p| (f, p)));
            all.flat_map(|(f, p)| p.fixed_ips.iter().map(move |ip| (*ip, f.port_name(&p.id))))
                .filter(|(ip, _)| ip.is_ipv6() == is_6)
                .map(|(ip, name)| (ip.to_string(), name.map_or(String::new(), |n| n.to_string())))
                .filter(|(ip, name)| begins(ip) || !typed.is_empty() && begins(name))
                .map(|(ip, name)| item(ip, ItemKind::Value, name))
                .collect()
        }
        _ => Vec::new(),
    };
    items.sort_by(|a, b| a.insert.cmp(&b.insert));
    items.dedup_by(|a, b| a.insert == b.insert);
    items
}

/// One end of a packet.
#[derive(Debug, Clone, Default)]
struct Endpoint {
    mac: Option<u64>,
    ip: Option<IpAddr>,
    label: String,
    network: String,
}

/// What is known of whoever is behind a port.
fn endpoint(scene: &Scene, word: &PortWord) -> Endpoint {
    let facts = scene.snapshot().neutron.as_deref().and_then(|f| f.ports.get(&word.id));
    Endpoint {
        mac: word.mac.or_else(|| facts.and_then(|p| p.mac)),
        ip: facts.and_then(|p| p.fixed_ips.first().copied()),
        label: word.label().to_owned(),
        network: facts.map_or(String::new(), |p| p.network.to_string()),
    }
}

/// Somebody on the same network, an instance rather than a router.
fn peer(scene: &Scene, me: &Endpoint) -> Option<Endpoint> {
    let facts = scene.snapshot().neutron.as_deref()?;
    let others = facts.ports.values().filter(|p| *p.network == *me.network && p.mac.is_some() && p.mac != me.mac);
    let is_6 = me.ip.is_some_and(|ip| ip.is_ipv6());
    let rank = |owner: &str| (!owner.starts_with("compute:"), owner.contains("dhcp"));
    let best = others.min_by_key(|p| (rank(&p.device_owner), p.name.clone(), p.id.clone()))?;
    Some(Endpoint {
        mac: best.mac,
        ip: best.fixed_ips.iter().copied().find(|ip| ip.is_ipv6() == is_6),
        label: facts.port_name(&best.id).map_or_else(|| "its neighbour".to_owned(), |n| n.to_string()),
        network: best.network.to_string(),
    })
}

/// The text of a packet: a port, a protocol and the ends.
fn packet_text(port: &str, protocol: &str, from: &Endpoint, to: &Endpoint, rest: &str) -> String {
    let mut text = format!("in_port={},{protocol}", quoted(port));
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!(",{name}={value}"));
        }
    };
    add("dl_src", from.mac.map(words::mac));
    add("dl_dst", to.mac.map(words::mac));
    let is_6 = protocol.ends_with('6');
    let (source, destination) = match protocol {
        "arp" => ("arp_spa", "arp_tpa"),
        _ if is_6 => ("ipv6_src", "ipv6_dst"),
        _ => ("nw_src", "nw_dst"),
    };
    add(source, from.ip.filter(|ip| ip.is_ipv6() == is_6).map(|ip| ip.to_string()));
    add(destination, to.ip.filter(|ip| ip.is_ipv6() == is_6).map(|ip| ip.to_string()));
    if protocol != "arp" {
        add("nw_ttl", Some("64".to_owned()));
    }
    text + rest
}

/// A packet from a port, to somebody it could want to talk to.
pub fn from_port(scene: &Scene, spot: &Spot, port: u32) -> Option<Example> {
    let (node, at) = spot.find(scene)?;
    let bridge = node.bridges()[at].bridge();
    let name = bridge.names.port_name(port).map_or_else(|| port.to_string(), |n| n.to_string());
    let me = node.names().port(&bridge.name, port).map(|w| endpoint(scene, w)).unwrap_or_default();
    let to = peer(scene, &me).unwrap_or_default();
    let protocol = if me.ip.is_some_and(|ip| ip.is_ipv6()) { "tcp6" } else { "tcp" };
    let about = match (me.label.is_empty(), to.label.is_empty()) {
        (false, false) => format!("{} opens a connection to {}, tcp port 80", me.label, to.label),
        _ => format!("a tcp packet from port {name}"),
    };
    Some(Example { text: packet_text(&name, protocol, &me, &to, ",tcp_src=40000,tcp_dst=80"), about })
}

/// Packets that can be sent here, for somebody who has none in mind.
pub fn examples(scene: &Scene, spot: &Spot) -> Vec<Example> {
    let Some((node, at)) = spot.find(scene) else { return Vec::new() };
    let bridge = node.bridges()[at].bridge();
    let word = |number: u32| node.names().port(&bridge.name, number);
    let is_instance = |number: u32| word(number).is_some_and(|w| w.kind == PortKind::Instance);
    let mut list = Vec::new();
    let instances: Vec<u32> = bridge.ports.iter().map(|p| p.number).filter(|n| is_instance(*n)).take(2).collect();
    for number in &instances {
        list.extend(from_port(scene, spot, *number));
    }
    if let Some(word) = instances.first().and_then(|n| word(*n)) {
        let me = endpoint(scene, word);
        let to = peer(scene, &me).unwrap_or_default();
        let mut add = |protocol: &str, to: &Endpoint, rest: &str, about: String| {
            list.push(Example { text: packet_text(&word.name, protocol, &me, to, rest), about });
        };
        let label = &me.label;
        if !to.label.is_empty() {
            add("icmp", &to, ",icmp_type=8", format!("{label} pings {}", to.label));
        }
        let everybody = Endpoint { mac: Some(0xffff_ffff_ffff), ip: to.ip, ..Endpoint::default() };
        add("arp", &everybody, ",arp_op=1", format!("{label} asks who has the address of its neighbour"));
        let outside = Endpoint { ip: Some(IpAddr::from([8, 8, 8, 8])), mac: to.mac, ..Endpoint::default() };
        add("udp", &outside, ",udp_src=40000,udp_dst=53", format!("{label} asks a name server outside"));
        let text = format!(
            "in_port={},udp{},dl_dst=ff:ff:ff:ff:ff:ff,nw_dst=255.255.255.255,udp_src=68,udp_dst=67",
            quoted(&word.name),
            me.mac.map_or(String::new(), |mac| format!(",dl_src={}", words::mac(mac)))
        );
        list.push(Example { text, about: format!("{label} asks for an address by DHCP") });
    } else {
        let usable = bridge.ports.iter().filter(|p| p.number < crate::field::names::port::MAX).take(4);
        list.extend(usable.filter_map(|p| from_port(scene, spot, p.number)));
    }
    list
}

/// A packet that a flow matches, and what was chosen where the flow leaves it open. Registers and other notes of tables
/// cannot be sent, so they are left out.
pub fn for_flow(scene: &Scene, spot: &Spot, flow: FlowId) -> Option<Example> {
    let (node, at) = spot.find(scene)?;
    let bridge = node.bridges()[at].bridge();
    let matches = bridge.flow(flow).matches();
    let is_note = |f: &FieldId| {
        f.is_connection()
            || f.name.starts_with("reg")
            || f.name.contains("xreg")
            || matches!(f.name, "metadata" | "conj_id" | "recirc_id")
    };
    let fields: Vec<FieldId> = matches.fields();
    let mut rest = matches.clone();
    for field in fields.iter().filter(|f| is_note(f)) {
        rest.clear(field);
    }
    let mut left_out: Vec<&str> = fields.iter().filter(|f| is_note(f)).map(|f| f.dump_name).collect();
    left_out.dedup();
    let mut text = String::new();
    rest.paint(crate::field::matches::DEFAULT_PRIORITY, &bridge.names, &mut text);
    // A packet has one value where a flow accepts many: the first of them.
    let mut packet = Key::default();
    packet.set_match(&rest);
    let mut chosen = Vec::new();
    if !rest.has(table::IN_PORT.slot) {
        let is_instance = |n: u32| node.names().port(&bridge.name, n).is_some_and(|w| w.kind == PortKind::Instance);
        if let Some(port) = bridge.ports.iter().find(|p| is_instance(p.number)).or(bridge.ports.first()) {
            let name = quoted(&port.name);
            text = if text.is_empty() { format!("in_port={name}") } else { format!("in_port={name},{text}") };
            chosen.push(format!("in_port {name}"));
        }
    }
    let mut about = match chosen.is_empty() {
        true => "a packet that the flow matches".to_owned(),
        false => format!("a packet that the flow matches; chosen: {}", chosen.join(", ")),
    };
    if !left_out.is_empty() {
        about.push_str(&format!("; {} cannot be sent: tables write it", left_out.join(", ")));
    }
    Some(Example { text, about })
}

/// The answer to a packet that arrived: sent from the port where it came out, with its ends swapped.
pub fn reply(told: &Told) -> Option<Asked> {
    const REPLY: u8 = 0x2a;
    let arrived = told.arrived.iter().find(|a| a.packet.is_some())?;
    let key = &arrived.packet.as_deref()?.key;
    let kind = key.value(proto::DL_TYPE) as u16;
    let protocol = key.value(proto::NW_PROTO) as u8;
    let address = |text: Option<String>| text.and_then(|t| t.parse().ok());
    let end = |mac: FieldId, ip: Option<String>| Endpoint {
        mac: Some(key.value(mac.slot)),
        ip: address(ip),
        ..Endpoint::default()
    };
    let from = end(table::ETH_DST, words::destination(key));
    let to = end(table::ETH_SRC, words::source(key));
    let ports = (key.value(table::TCP_SRC.slot), key.value(table::TCP_DST.slot));
    let (word, rest) = match (kind, protocol) {
        (ethertype::ARP, _) => ("arp".to_owned(), ",arp_op=2".to_owned()),
        (ethertype::IP | ethertype::IPV6, ipproto::TCP | ipproto::UDP | ipproto::SCTP) => {
            let name = match protocol {
                ipproto::TCP => "tcp",
                ipproto::UDP => "udp",
                _ => "sctp",
            };
            let six = if kind == ethertype::IPV6 { "6" } else { "" };
            (format!("{name}{six}"), format!(",{name}_src={},{name}_dst={}", ports.1, ports.0))
        }
        (ethertype::IP, ipproto::ICMP) => ("icmp".to_owned(), ",icmp_type=0".to_owned()),
        (ethertype::IPV6, _) => ("ipv6".to_owned(), format!(",nw_proto={protocol}")),
        (ethertype::IP, _) => ("ip".to_owned(), format!(",nw_proto={protocol}")),
        _ => return None,
    };
    let is_tracked = kind != ethertype::ARP;
    let mut text = packet_text(&arrived.name, &word, &from, &to, &rest);
    if word == "ipv6" {
        text = text.replace(",nw_ttl=64", "");
    }
    if key.value(proto::VLAN_PRESENT) == 1 {
        text.push_str(&format!(",dl_vlan={}", key.value(table::VLAN_VID.slot) & 0xfff));
    }
    Some(Asked {
        spot: arrived.spot.clone(),
        text,
        answers: if is_tracked { vec![REPLY; told.recirculations.max(4)] } else { Vec::new() },
    })
}
