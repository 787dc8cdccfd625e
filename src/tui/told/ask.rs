//! How packets are written: from text to a packet, and from a port, a flow or an answer to text.
//!
//! This is the only place of the screen that knows the forms a packet may have.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use super::super::views::Spot;
use super::{Asked, Told};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::format::mac_text;
use crate::field::names::{port, quoted};
use crate::field::table;
use crate::model::bridge::FlowId;
use crate::neutron::names::{PortKind, PortWord};
use crate::packet::{self, Around, Asked as Form, Sent};
use crate::query::{Completion, Item, ItemKind};
use crate::session::touched::without_packet;
use crate::session::{Scene, Ways};
use crate::why::reach::{Reach, reach};

/// A packet to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The packet, as it may be typed.
    pub text: String,
    /// What it is, in words.
    pub about: String,
}

/// What a typed packet is.
#[derive(Debug)]
pub enum Ready {
    /// A packet.
    Packet(Box<Sent>),
    /// One of a recording at this path, which has to be read first.
    Recording(String),
}

fn around<'s>(scene: &'s Scene, spot: &Spot) -> Option<Around<'s>> {
    let node = scene.nodes().iter().position(|n| n.node().name == spot.node)?;
    let (_, bridge) = spot.find(scene)?;
    Some(scene.around(Some((node, bridge))))
}

/// Reads what was typed for a bridge; of a recording, its bytes if they are there.
pub fn read(scene: &Scene, asked: &Asked) -> Result<Ready, Diagnostic> {
    let text = &asked.text;
    let gone = || Diagnostic::error("bridge", Span::new(0, text.len()), "this bridge is not in what was read");
    let around = around(scene, &asked.spot).ok_or_else(gone)?;
    match (packet::parse(text, &around)?, &asked.recording) {
        (Form::Packet(sent), _) => Ok(Ready::Packet(sent)),
        (Form::File(file), Some(bytes)) => Ok(Ready::Packet(Box::new(file.read(bytes, &around)?))),
        (Form::File(file), None) => Ok(Ready::Recording(file.path)),
    }
}

/// What may stand at the cursor.
pub fn complete(scene: &Scene, spot: &Spot, text: &str, cursor: usize) -> Completion {
    let Some(around) = around(scene, spot) else { return Completion::default() };
    let found = packet::complete(text, cursor, &around);
    let item = |c: packet::Candidate| Item { insert: c.insert, kind: ItemKind::Value, doc: Cow::Owned(c.doc) };
    Completion {
        replace: found.replace,
        items: found.candidates.into_iter().map(item).collect(),
        more: 0,
        hint: "fields, hex, @FILE, or from A to B".to_owned(),
    }
}

/// One end of a packet.
#[derive(Debug, Clone, Default)]
struct End {
    mac: Option<u64>,
    ip: Option<IpAddr>,
    label: String,
    network: String,
}

/// What is known of whoever is behind a port.
fn end(scene: &Scene, word: &PortWord) -> End {
    let facts = scene.snapshot().neutron.as_deref().and_then(|f| f.ports.get(&word.id));
    End {
        mac: word.mac.or_else(|| facts.and_then(|p| p.mac)),
        ip: facts.and_then(|p| p.fixed_ips.first().copied()),
        label: word.label().to_owned(),
        network: facts.map_or(String::new(), |p| p.network.to_string()),
    }
}

/// Somebody on the same network, an instance rather than a router.
fn peer(scene: &Scene, me: &End) -> Option<End> {
    let facts = scene.snapshot().neutron.as_deref()?;
    let others = facts.ports.values().filter(|p| *p.network == *me.network && p.mac.is_some() && p.mac != me.mac);
    let is_6 = me.ip.is_some_and(|ip| ip.is_ipv6());
    let rank = |owner: &str| (!owner.starts_with("compute:"), owner.contains("dhcp"));
    let best = others.min_by_key(|p| (rank(&p.device_owner), p.name.clone(), p.id.clone()))?;
    Some(End {
        mac: best.mac,
        ip: best.fixed_ips.iter().copied().find(|ip| ip.is_ipv6() == is_6),
        label: facts.port_name(&best.id).map_or_else(|| "its neighbour".to_owned(), std::string::ToString::to_string),
        network: best.network.to_string(),
    })
}

/// The text of a packet field by field: a port, a protocol and the ends.
fn fields_text(port: &str, protocol: &str, from: &End, to: &End, rest: &str) -> String {
    let mut text = format!("in_port={},{protocol}", quoted(port));
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!(",{name}={value}"));
        }
    };
    add("dl_src", from.mac.map(mac_text));
    add("dl_dst", to.mac.map(mac_text));
    let is_6 = protocol.ends_with('6');
    let (source, destination) = match protocol {
        "arp" => ("arp_spa", "arp_tpa"),
        _ if is_6 => ("ipv6_src", "ipv6_dst"),
        _ => ("nw_src", "nw_dst"),
    };
    let address = |ip: Option<IpAddr>| ip.filter(|ip| ip.is_ipv6() == is_6).map(|ip| ip.to_string());
    add(source, address(from.ip));
    add(destination, address(to.ip));
    if protocol != "arp" {
        add("nw_ttl", Some("64".to_owned()));
    }
    text + rest
}

/// Whether a text is a packet that begins at a port of a bridge.
fn begins_at(scene: &Scene, spot: &Spot, port: u32, text: &str) -> bool {
    let Some(around) = around(scene, spot) else { return false };
    let Ok(Form::Packet(sent)) = packet::parse(text, &around) else { return false };
    let is_here = Some((sent.start.node, sent.start.bridge)) == around.chosen;
    is_here && sent.start.packet.key.value(table::IN_PORT.slot) == u64::from(port)
}

/// A packet between two that are known: said in names where these are clear, else field by field.
fn between(scene: &Scene, spot: &Spot, number: u32, from: &End, to: &str, what: &str) -> Option<String> {
    let word = |name: &str| match name.contains(|c: char| c.is_whitespace() || c == ',') {
        true => format!("\"{name}\""),
        false => name.to_owned(),
    };
    let text = format!("from {} to {} {what}", word(&from.label), word(to));
    begins_at(scene, spot, number, &text).then_some(text)
}

/// A packet from a port, to somebody it could want to talk to.
pub fn from_port(scene: &Scene, spot: &Spot, number: u32) -> Option<Example> {
    let (node, at) = spot.find(scene)?;
    let bridge = node.bridges()[at].bridge();
    let name = bridge.names.port_name(number).map_or_else(|| number.to_string(), |n| n.to_string());
    let me = node.names().port(&bridge.name, number).map(|w| end(scene, w)).unwrap_or_default();
    let to = peer(scene, &me).unwrap_or_default();
    let about = match (me.label.is_empty(), to.label.is_empty()) {
        (false, false) => format!("{} opens a connection to {}, tcp port 80", me.label, to.label),
        _ => format!("a tcp packet from port {name}"),
    };
    let protocol = if me.ip.is_some_and(|ip| ip.is_ipv6()) { "tcp6" } else { "tcp" };
    let text = between(scene, spot, number, &me, &to.label, "tcp 80")
        .unwrap_or_else(|| fields_text(&name, protocol, &me, &to, ",tcp_src=40000,tcp_dst=80"));
    Some(Example { text, about })
}

/// Packets that can be sent here, for somebody who has none in mind.
pub fn examples(scene: &Scene, spot: &Spot) -> Vec<Example> {
    let Some((node, at)) = spot.find(scene) else { return Vec::new() };
    let bridge = node.bridges()[at].bridge();
    let word = |number: u32| node.names().port(&bridge.name, number);
    let is_instance = |number: u32| word(number).is_some_and(|w| w.kind == PortKind::Instance);
    let instances: Vec<u32> = bridge.ports.iter().map(|p| p.number).filter(|n| is_instance(*n)).take(2).collect();
    let Some((first, word)) = instances.first().and_then(|n| Some((*n, word(*n)?))) else {
        let usable = bridge.ports.iter().filter(|p| p.number < port::MAX).take(4);
        return usable.filter_map(|p| from_port(scene, spot, p.number)).collect();
    };
    let mut list: Vec<Example> = instances.iter().filter_map(|n| from_port(scene, spot, *n)).collect();
    let me = end(scene, word);
    let to = peer(scene, &me).unwrap_or_default();
    let label = &me.label;
    let said = |to: &str, what: &str| between(scene, spot, first, &me, to, what);
    if let Some(text) = said(&to.label, "ping") {
        list.push(Example { text, about: format!("{label} pings {}", to.label) });
    }
    if let Some(text) = said("8.8.8.8", "udp 53") {
        list.push(Example { text, about: format!("{label} asks a name server outside") });
    }
    let everybody = End { mac: Some(0xffff_ffff_ffff), ip: to.ip, ..End::default() };
    list.push(Example {
        text: fields_text(&word.name, "arp", &me, &everybody, ",arp_op=1"),
        about: format!("{label} asks for the MAC address of its neighbour"),
    });
    let source = me.mac.map_or(String::new(), |mac| format!(",dl_src={}", mac_text(mac)));
    list.push(Example {
        text: format!(
            "in_port={},udp{source},dl_dst=ff:ff:ff:ff:ff:ff,nw_dst=255.255.255.255,udp_src=68,udp_dst=67",
            quoted(&word.name)
        ),
        about: format!("{label} asks for an address by DHCP"),
    });
    list
}

/// A packet that comes by a flow, and what was chosen where the flow leaves it open; else why there is none. This may
/// take a moment: it goes back through the tables.
pub fn for_flow(scene: &Scene, spot: &Spot, flow: FlowId) -> Result<(Asked, String), String> {
    let ways = Ways::of(scene);
    let nodes = ways.around();
    let here = nodes.iter().find(|cx| cx.world.node.name == spot.node);
    let found = here.and_then(|cx| Some((cx, cx.world.bridge(&spot.bridge)?)));
    let Some((cx, bridge)) = found else { return Err("this bridge is not in what was read".to_owned()) };
    let way = match reach(cx, bridge, flow) {
        Reach::Packet(way) => way,
        none => return Err(without_packet(&none).unwrap_or_default()),
    };
    let made = match way.chosen.is_empty() {
        true => "it comes by the flow".to_owned(),
        false => format!("it comes by the flow; chosen: {}", way.chosen.join(", ")),
    };
    let asked = Asked { spot: spot.clone(), text: way.packet.typed(), answers: way.ct_next, ..Asked::default() };
    Ok((asked, made))
}

/// The answer to a packet that arrived, with the connections that it made.
pub fn reply(told: &Told) -> Option<Asked> {
    let (spot, text) = told.reply.clone()?;
    Some(Asked { spot, text, after: Some(Arc::new(told.asked.clone())), ..Asked::default() })
}
