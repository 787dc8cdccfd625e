//! The one grammar of a packet: a flow expression, bytes in hex, `@FILE[:N]`, or `from A to B`.
//!
//! A frame has no metadata, so an expression may stand in front of hex or of a file: `in_port=tap1 ffff..`. Without one,
//! a frame comes in by the port that has its source address.

use std::fmt;

use super::book::{Book, Endpoint, Place};
use super::expression;
use super::frame::{ETHERNET, VlanLimit, frame, is_metadata};
use super::{between, hex, pcap};
use crate::base::diag::Diagnostic;
use crate::base::span::Span;
use crate::field::format::paint_mac;
use crate::field::names::port::reserved_number;
use crate::field::{FieldId, table};
use crate::model::bridge::Bridge;
use crate::model::node_facts::value;
use crate::model::snapshot::Snapshot;
use crate::trace::Packet;

/// What a question is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// Everything that was read.
    pub snapshot: &'a Snapshot,
    /// Who is where in it.
    pub book: &'a Book,
    /// The node and the bridge that the person chose, by their places.
    pub chosen: Option<(usize, usize)>,
}

impl<'a> Around<'a> {
    /// A bridge by its place.
    pub(super) fn bridge(&self, node: usize, bridge: usize) -> &'a Bridge {
        &self.snapshot.nodes[node].bridges[bridge]
    }

    /// A bridge as people name it: with its node, if there are several.
    pub(super) fn place_name(&self, node: usize, bridge: usize) -> String {
        let name = &self.bridge(node, bridge).name;
        if self.snapshot.nodes.len() > 1 {
            format!("{name} of {}", self.snapshot.nodes[node].name)
        } else {
            name.to_string()
        }
    }
}

/// Where a packet begins.
#[derive(Debug, Clone)]
pub struct Start {
    /// The node, by its place in the snapshot.
    pub node: usize,
    /// The bridge, by its place in the node.
    pub bridge: usize,
    /// The packet.
    pub packet: Packet,
}

/// A packet that was asked for.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The packet, and where it begins.
    pub start: Start,
    /// What was chosen where nothing was said, in words.
    pub chosen: Vec<String>,
    /// What is odd about its frame.
    pub notes: Vec<String>,
}

/// What a person asked for.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A packet.
    Packet(Box<Sent>),
    /// A packet of a recording, which has to be read first.
    File(File),
}

/// A packet of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The path of the recording.
    pub path: String,
    /// Which packet of it, from 1.
    pub n: usize,
    /// The whole text, and what of it stands for the file.
    text: String,
    span: Span,
}

impl File {
    /// The packet, from the bytes of the file. The diagnostic is about the text that was asked.
    pub fn read(&self, bytes: &[u8], around: &Around<'_>) -> Result<Sent, Diagnostic> {
        let recorded = pcap::packet(bytes, self.n)
            .map_err(|e| Diagnostic::error("recording", self.span, format!("`{}`: {e}", self.path)).hint(e.hint()))?;
        let head = &self.text[..self.span.start as usize];
        let mut sent = framed(head, recorded.bytes, self.span, around)?;
        if recorded.bytes.len() < recorded.length as usize {
            let text = format!("only {} of its {} bytes were recorded", recorded.bytes.len(), recorded.length);
            sent.notes.insert(0, text);
        }
        Ok(sent)
    }
}

/// Bytes of a text at most: a dump of the longest packet is shorter.
pub const TEXT: usize = 1 << 20;

/// Reads what a person asked for.
pub fn parse(text: &str, around: &Around<'_>) -> Result<Asked, Diagnostic> {
    if text.len() > TEXT {
        let message = format!("the text has {} bytes, and no packet needs more than {TEXT}", text.len());
        return Err(Diagnostic::error("too-long", Span::new(0, 1), message).hint("write a recording as @FILE"));
    }
    let start = text.len() - text.trim_start().len();
    if text.trim().is_empty() {
        let d = Diagnostic::error("no-packet", Span::new(0, text.len()), "there is no packet");
        return Err(d.hint("write fields as in_port=1,tcp,tcp_dst=22, bytes in hex, @FILE, or from A to B"));
    }
    let packet = |sent| Ok(Asked::Packet(Box::new(sent)));
    match form(text) {
        Form::Between => packet(between::parse(text, start, around)?),
        Form::File(at) => file(text, at).map(Asked::File),
        Form::Frame(at) => {
            let bytes = hex::parse(&text[at..]).map_err(|d| shifted(d, at))?;
            packet(framed(&text[..at], &bytes, Span::new(at, text.trim_end().len()), around)?)
        }
        Form::Expression => {
            let (node, bridge) = place(text, around)?;
            let packet_ = expression::parse(text, around.bridge(node, bridge))?;
            let start = Start { node, bridge, packet: packet_ };
            packet(Sent { start, chosen: Vec::new(), notes: Vec::new() })
        }
    }
}

/// The forms, with where the frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Expression,
    Frame(usize),
    File(usize),
    Between,
}

/// Whether a text is an expression as `ofproto/trace` takes it.
pub fn is_expression(text: &str) -> bool {
    form(text) == Form::Expression
}

/// Which form a text has, as far as its first words tell.
pub(super) fn form(text: &str) -> Form {
    let words = || text.split_whitespace();
    if words().next() == Some("from") {
        return Form::Between;
    }
    let dump = hex::dump(text);
    let end = dump.unwrap_or(text.len());
    // What stands in front of the frame is an expression if it says something.
    let last_value = text[..end].rfind('=').filter(|at| !text[..*at].contains('\n'));
    if let Some(at) = text[..end].find('@').filter(|at| text[..*at].trim_end().len() < *at || *at == 0) {
        return Form::File(at);
    }
    if let Some(at) = dump {
        return Form::Frame(if last_value.is_some() { at } else { 0 });
    }
    let after = last_value.map_or(0, |at| at + text[at..].find(char::is_whitespace).unwrap_or(text.len() - at));
    let rest = text[after..].trim_start();
    let first = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let digits = first.strip_prefix("0x").unwrap_or(first);
    let is_hex = digits.len() >= 2 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex { Form::Frame(text.len() - rest.len()) } else { Form::Expression }
}

fn shifted(d: Diagnostic, by: usize) -> Diagnostic {
    Diagnostic { span: d.span.shifted(by), ..d }
}

/// `@FILE`, `@FILE:N`.
fn file(text: &str, at: usize) -> Result<File, Diagnostic> {
    let named = text[at + 1..].trim();
    let (path, n) = match named.rsplit_once(':') {
        Some((path, n)) if n.bytes().all(|b| b.is_ascii_digit()) && !n.is_empty() => (path, n),
        _ => (named, "1"),
    };
    let span = Span::new(at, text.trim_end().len());
    let path = path.strip_prefix('"').and_then(|path| path.strip_suffix('"')).unwrap_or(path);
    if path.is_empty() {
        let d = Diagnostic::error("no-file", span, "no file is named");
        return Err(d.hint("write @FILE, or @FILE:3 for its third packet"));
    }
    match n.parse() {
        Ok(n) if n > 0 => Ok(File { path: path.to_owned(), n, text: text.to_owned(), span }),
        _ => {
            let d = Diagnostic::error("no-such-packet", Span::of(text, n), format!("there is no packet {n}"));
            Err(d.hint("packets are counted from 1"))
        }
    }
}

/// The node and bridge that an expression is about: the chosen ones, else the only one that has its port.
fn place(text: &str, around: &Around<'_>) -> Result<(usize, usize), Diagnostic> {
    if let Some(place) = around.chosen {
        return Ok(place);
    }
    let nodes = &around.snapshot.nodes;
    let all: Vec<(usize, usize)> =
        nodes.iter().enumerate().flat_map(|(n, node)| (0..node.bridges.len()).map(move |b| (n, b))).collect();
    let [one] = all[..] else {
        return place_of_port(text, &all, around);
    };
    Ok(one)
}

/// The one bridge of several that has the port of an expression.
fn place_of_port(text: &str, all: &[(usize, usize)], around: &Around<'_>) -> Result<(usize, usize), Diagnostic> {
    let whole = Span::new(0, text.trim_end().len());
    if all.is_empty() {
        return Err(Diagnostic::error("no-bridge", whole, "no bridge was read"));
    }
    let port = port_word(text);
    let name = port.map_or("", |port| port.slice(text));
    let ports = |(node, bridge): (usize, usize)| expression::known_ports(around.bridge(node, bridge));
    let has_it = |place: &&(usize, usize)| match name.parse() {
        Ok(number) => ports(**place).port_name(number).is_some(),
        Err(_) => ports(**place).port_number(name).is_some(),
    };
    let found: Vec<_> = all.iter().filter(has_it).copied().collect();
    if let [one] = found[..] {
        return Ok(one);
    }
    if found.is_empty() && port.is_some() && reserved_number(name).is_none() {
        let d = Diagnostic::error("unknown-port", port.unwrap_or(whole), format!("no bridge has a port `{name}`"));
        let known: Vec<_> = all.iter().flat_map(|place| ports(*place).ports()).collect();
        return Err(d.nearest(name, known.iter().map(|(_, name)| &**name)));
    }
    let known = if found.is_empty() { all } else { &found };
    let known: Vec<String> = known.iter().take(12).map(|(node, bridge)| around.place_name(*node, *bridge)).collect();
    let d = Diagnostic::error("which-bridge", port.unwrap_or(whole), "nothing says which bridge it comes into");
    Err(d.hint(format!("name one of {}", known.join(", "))))
}

/// The port that an expression names.
fn port_word(text: &str) -> Option<Span> {
    let mut words = crate::base::args::items(text);
    let is_port = |name: &str| FieldId::by_name(name).is_some_and(|field| field.slot == table::IN_PORT.slot);
    words.find(|item| is_port(item.name)).map(|item| Span::of(text, item.value))
}

/// A frame with what an expression says of where it comes from.
fn framed(head: &str, bytes: &[u8], span: Span, around: &Around<'_>) -> Result<Sent, Diagnostic> {
    if bytes.len() < ETHERNET {
        let message = format!("a frame has {ETHERNET} bytes or more, and here are {}", bytes.len());
        return Err(
            Diagnostic::error("short-frame", span, message).hint("two MAC addresses, the Ethernet type, and so on")
        );
    }
    let source = bytes[6..12].iter().fold(0, |mac: u64, byte| mac << 8 | u64::from(*byte));
    let mut chosen = Vec::new();
    let (node, bridge, metadata) = if port_word(head).is_some() {
        let (node, bridge) = place(head, around)?;
        (node, bridge, metadata(head, around.bridge(node, bridge))?)
    } else {
        let (endpoint, place) = sender(source, span, around)?;
        let mut known = metadata(head, around.bridge(place.node, place.bridge))?;
        known.key.set(table::IN_PORT.slot, place.number.into());
        let at = around.place_name(place.node, place.bridge);
        chosen.push(format!("it comes from {}, by port {} of {at}", endpoint.label(), place.name));
        (place.node, place.bridge, known)
    };
    let limit = VlanLimit::of(value(&around.snapshot.nodes[node].facts.other_config, "vlan-limit"));
    let framed = frame(bytes, &metadata, limit);
    let notes = framed.notes.into_iter().map(|note| format!("byte {}: {}", note.at, note.text)).collect();
    Ok(Sent { start: Start { node, bridge, packet: framed.packet }, chosen, notes })
}

/// Reads the words in front of a frame: only such as say where it comes from.
fn metadata(head: &str, bridge: &Bridge) -> Result<Packet, Diagnostic> {
    let names = expression::known_ports(bridge);
    for word in expression::words(head, &names)? {
        if word.matches.words().iter().any(|w| !is_metadata(w.word)) {
            let message = format!("the frame itself says `{}`", word.span.slice(head));
            let d = Diagnostic::error("not-metadata", word.span, message);
            return Err(
                d.hint("in front of a frame stands where it comes from: in_port, tun_id, ct_state, pkt_mark ..")
            );
        }
    }
    expression::parse(head, bridge)
}

/// The one port that has a source address.
fn sender<'a>(mac: u64, span: Span, around: &Around<'a>) -> Result<(&'a Endpoint, &'a Place), Diagnostic> {
    let is_it = |e: &&Endpoint| e.mac == Some(mac) && !e.places.is_empty();
    let known: Vec<&Endpoint> = around.book.endpoints.iter().filter(is_it).collect();
    let address = Mac(mac);
    let ask = "say where it comes in: in_port=NAME in front of it";
    match known[..] {
        [] => {
            let d =
                Diagnostic::error("no-in-port", span, format!("no port is known to have the source address {address}"));
            Err(d.hint(ask))
        }
        [one] if one.places.iter().all(|p| p.node == one.places[0].node) => Ok((one, &one.places[0])),
        _ => {
            let places = known.iter().flat_map(|e| &e.places);
            let names: Vec<String> =
                places.take(12).map(|p| format!("{} on {}", p.name, around.place_name(p.node, p.bridge))).collect();
            let message = format!("several ports have the source address {address}: {}", names.join(", "));
            Err(Diagnostic::error("no-in-port", span, message).hint(ask))
        }
    }
}

/// A MAC address in words.
pub(super) struct Mac(pub u64);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        paint_mac(self.0, &mut text);
        f.write_str(&text)
    }
}
