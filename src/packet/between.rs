//! `from A [on NODE] to B [PROTOCOL [PORT]] [,FIELDS]`: a packet as somebody would send it to somebody else.
//!
//! A and B are servers, Neutron ports, interfaces, MAC or IP addresses; B may be an address that nobody has. What the
//! sender's host would find out by ARP and routing is looked up: the receiver's MAC address on the same network, that of
//! the router otherwise.

use std::net::IpAddr;

use super::ask::{Around, Sent, Start};
use super::book::{Endpoint, Place};
use super::question::{Extra, Question, Receiver};
use crate::base::diag::{Diagnostic, nearest};
use crate::base::span::Span;
use crate::model::port::parse_mac;

/// A protocol that can be sent.
pub(super) struct Protocol {
    /// The word for it.
    pub word: &'static str,
    /// What it is over IPv4 and over IPv6; empty if it is not.
    pub expressions: [&'static str; 2],
    /// The field of the port it goes to, and the port without a word about it.
    pub port: Option<(&'static str, u16)>,
    /// What it is, in words.
    pub doc: &'static str,
}

const fn protocol(
    word: &'static str,
    expressions: [&'static str; 2],
    port: Option<(&'static str, u16)>,
    doc: &'static str,
) -> Protocol {
    Protocol { word, expressions, port, doc }
}

/// The protocols.
pub(super) const PROTOCOLS: [Protocol; 10] = [
    protocol("ping", ["icmp,icmp_type=8,icmp_code=0", ECHO6], None, "an echo request"),
    protocol("tcp", [TCP, TCP6], Some(("tcp_dst", 80)), "the first packet of a TCP connection"),
    protocol("udp", [UDP, UDP6], Some(("udp_dst", 53)), "a UDP packet"),
    protocol("icmp", ["icmp,icmp_type=8,icmp_code=0", ""], None, "an echo request over IPv4"),
    protocol("icmp6", ["", ECHO6], None, "an echo request over IPv6"),
    protocol("arp", ["arp,arp_op=1", ""], None, "an ARP request"),
    protocol("sctp", [SCTP, SCTP6], Some(("sctp_dst", 3868)), "an SCTP packet"),
    protocol("tcp6", ["", TCP6], Some(("tcp_dst", 80)), "the first packet of a TCP connection over IPv6"),
    protocol("udp6", ["", UDP6], Some(("udp_dst", 53)), "a UDP packet over IPv6"),
    protocol("sctp6", ["", SCTP6], Some(("sctp_dst", 3868)), "an SCTP packet over IPv6"),
];
const ECHO6: &str = "icmp6,icmpv6_type=128,icmpv6_code=0";
const TCP: &str = "tcp,tcp_src=40000,tcp_flags=syn";
const TCP6: &str = "tcp6,tcp_src=40000,tcp_flags=syn";
const UDP: &str = "udp,udp_src=40000";
const UDP6: &str = "udp6,udp_src=40000";
const SCTP: &str = "sctp,sctp_src=40000";
const SCTP6: &str = "sctp6,sctp_src=40000";

/// A word of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// The word, without its quotes.
    pub text: &'a str,
    /// Where it stands, with its quotes.
    pub span: Span,
    is_quoted: bool,
}

impl Token<'_> {
    /// Whether it is a word of the grammar.
    pub(super) fn is(&self, word: &str) -> bool {
        !self.is_quoted && self.text == word
    }
}

/// The words up to the first comma, and where what stands behind the comma begins.
pub(super) fn tokens(text: &str, start: usize) -> (Vec<Token<'_>>, Option<usize>) {
    let mut tokens = Vec::new();
    let mut at = start;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        let rest = &text[at..];
        match rest.chars().next() {
            None => return (tokens, None),
            Some(',') => return (tokens, Some(at + 1)),
            Some(quote @ ('"' | '\'')) => {
                let end = rest[1..].find(quote).map_or(rest.len(), |end| end + 2);
                let inner = rest[1..end].strip_suffix(quote).unwrap_or(&rest[1..end]);
                tokens.push(Token { text: inner, span: Span::new(at, at + end), is_quoted: true });
                at += end;
            }
            Some(_) => {
                let end = rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len());
                tokens.push(Token { text: &rest[..end], span: Span::new(at, at + end), is_quoted: false });
                at += end;
            }
        }
    }
}

/// What the words say.
struct Said<'a> {
    from: Token<'a>,
    node: Option<Token<'a>>,
    to: Token<'a>,
    protocol: Option<Token<'a>>,
    port: Option<Token<'a>>,
}

const GRAMMAR: &str = "write from A to B tcp 443: A and B are servers, ports or addresses";

fn said<'a>(text: &str, tokens: &[Token<'a>]) -> Result<Said<'a>, Diagnostic> {
    let end = Span::new(text.trim_end().len(), text.trim_end().len());
    let missing = |what: &str| Diagnostic::error("missing-word", end, what).hint(GRAMMAR);
    let mut rest = tokens.iter().copied().skip(1).peekable();
    let name = |rest: &mut std::iter::Peekable<_>, what| -> Result<Token<'a>, Diagnostic> {
        let first: Token<'a> = rest.next().ok_or_else(|| missing(what))?;
        // A word for what it is may stand in front, unless it is the name itself.
        let is_kind = ["vm", "server", "port"].iter().any(|kind| first.is(kind));
        let is_followed = rest.peek().is_some_and(|next: &Token<'_>| {
            !["to", "on"].iter().any(|word| next.is(word)) && !PROTOCOLS.iter().any(|p| next.is(p.word))
        });
        if is_kind && is_followed { rest.next().ok_or_else(|| missing(what)) } else { Ok(first) }
    };
    let from = name(&mut rest, "nothing says who sends it")?;
    let mut node = None;
    if rest.next_if(|token| token.is("on")).is_some() {
        node = Some(rest.next().ok_or_else(|| missing("nothing says on which node"))?);
    }
    match rest.next() {
        Some(token) if token.is("to") => {}
        Some(token) => {
            let message = format!("`to` should stand here, not `{}`", token.text);
            return Err(Diagnostic::error("unexpected-word", token.span, message).hint(GRAMMAR));
        }
        None => return Err(missing("nothing says to whom")),
    }
    let to = name(&mut rest, "nothing says to whom")?;
    let (protocol, port) = (rest.next(), rest.next());
    if let Some(token) = rest.next() {
        let d =
            Diagnostic::error("unexpected-word", token.span, format!("nothing is known to do with `{}`", token.text));
        return Err(d.hint("further fields stand behind a comma, as tcp 443,nw_tos=184"));
    }
    Ok(Said { from, node, to, protocol, port })
}

/// Reads the text, whose `from` stands at `start`.
pub(super) fn parse(text: &str, start: usize, around: &Around<'_>) -> Result<Sent, Diagnostic> {
    let (tokens, fields) = tokens(text, start);
    let said = said(text, &tokens)?;
    let fields = fields.map_or("", |at| &text[at..]);
    let protocol = match said.protocol {
        None => &PROTOCOLS[0],
        Some(token) => PROTOCOLS.iter().find(|p| p.word == token.text).ok_or_else(|| {
            let d = Diagnostic::error("unknown-protocol", token.span, format!("no protocol `{}`", token.text));
            d.nearest(token.text, PROTOCOLS.iter().map(|p| p.word))
        })?,
    };
    let port = port(&said, protocol)?;
    let (sender, place, receiver) = ends(&said, around)?;
    let mut question = Question {
        around,
        sender,
        place,
        receiver,
        protocol,
        extra: Extra::of(fields, around.bridge(place.node, place.bridge)),
        said_ips: [said.from, said.to].map(|token| token.text.parse().ok()),
        span: (said.from.span, said.to.span),
        base: Vec::new(),
        chosen: Vec::new(),
    };
    let at = around.place_name(place.node, place.bridge);
    let by = question.sender.described();
    question.chosen.push(format!("it comes from {by}, by port {} of {at}", place.name));
    question.base.push(format!("in_port={}", place.number));
    if let Some((_, vlan)) = sender.trunk.as_ref().filter(|_| sender.places.is_empty()) {
        question.base.push(format!("dl_vlan={vlan}"));
        question.chosen.push(format!("dl_vlan is {vlan}, by which the trunk knows it"));
    }
    question.addresses()?;
    question.transport(port, said.protocol.is_none());
    let (packet, chosen) = question.packet(text, fields)?;
    let start = Start { node: place.node, bridge: place.bridge, packet };
    Ok(Sent { start, chosen, notes: Vec::new() })
}

fn port(said: &Said<'_>, protocol: &Protocol) -> Result<Option<u16>, Diagnostic> {
    let Some(token) = said.port else { return Ok(None) };
    if protocol.port.is_none() {
        let d = Diagnostic::error("unexpected-word", token.span, format!("`{}` has no ports", protocol.word));
        return Err(d.hint("leave the number out"));
    }
    token.text.parse().map(Some).map_err(|_| {
        let d = Diagnostic::error("bad-value", token.span, format!("`{}` is no port", token.text));
        d.hint(format!("a number up to 65535, as {} 443", protocol.word))
    })
}

/// The ports that a packet goes from and to, and where the first is plugged in.
fn ends<'a>(said: &Said<'_>, around: &Around<'a>) -> Result<(&'a Endpoint, &'a Place, Receiver<'a>), Diagnostic> {
    let mut senders = find(&said.from, around);
    if senders.is_empty() {
        return Err(unknown(&said.from, around));
    }
    // Interfaces of several nodes may have one name: then it is that of the node that is named, or looked at.
    let node = said.node.map_or_else(
        || around.chosen.map(|(node, _)| node),
        |token| around.snapshot.nodes.iter().position(|node| *node.name == *token.text),
    );
    let here: Vec<&Endpoint> =
        senders.iter().copied().filter(|e| e.places.iter().any(|place| Some(place.node) == node)).collect();
    if senders.len() > 1 && !here.is_empty() {
        senders = here;
    }
    let to = find(&said.to, around);
    let receiver_of = |sender: &Endpoint| -> Option<&'a Endpoint> {
        let near: Vec<&&'a Endpoint> =
            to.iter().filter(|e| !e.network.is_empty() && e.network == sender.network).collect();
        match near[..] {
            [one] => Some(*one),
            _ => None,
        }
    };
    // Of several ports by the name of the sender, the one that shares a network with the receiver.
    let near: Vec<(&Endpoint, &Endpoint)> = senders.iter().filter_map(|s| Some((*s, receiver_of(s)?))).collect();
    let (sender, near) = match (&senders[..], &near[..]) {
        ([one], _) => (*one, receiver_of(one)),
        (_, [(sender, receiver)]) => (*sender, Some(*receiver)),
        _ => return Err(ambiguous(&said.from, &senders, around)),
    };
    // A subport of a trunk is plugged in where its parent is.
    let parent =
        sender.trunk.as_ref().filter(|_| sender.places.is_empty()).and_then(|(id, _)| around.book.endpoint(id));
    let place = place(parent.unwrap_or(sender), said, around)?;
    let receiver = match (near, to.as_slice()) {
        (Some(near), _) => Receiver::Known(near),
        (None, _) if said.to.text.parse::<IpAddr>().is_ok() => {
            Receiver::Address(said.to.text.parse().expect("it was parsed before"))
        }
        (None, [one]) => Receiver::Known(one),
        (None, []) => match parse_mac(said.to.text) {
            Some(mac) => Receiver::Mac(mac),
            None => return Err(unknown(&said.to, around)),
        },
        (None, several) => return Err(ambiguous(&said.to, several, around)),
    };
    Ok((sender, place, receiver))
}

/// Everybody who goes by a name or has an address.
fn find<'a>(token: &Token<'_>, around: &Around<'a>) -> Vec<&'a Endpoint> {
    let all = &around.book.endpoints;
    let text = token.text;
    let by = |is_it: &dyn Fn(&Endpoint) -> bool| all.iter().filter(|e| is_it(e)).collect::<Vec<_>>();
    if let Some(mac) = parse_mac(text) {
        return by(&|e| e.mac == Some(mac));
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return by(&|e| e.ips.contains(&ip));
    }
    let is_called = |e: &Endpoint| {
        let is = |name: &str| !name.is_empty() && name == text;
        is(&e.name) || is(&e.server) || is(&e.id) || e.places.iter().any(|place| is(&place.name))
    };
    let called = by(&is_called);
    if !called.is_empty() || text.len() < 4 || !text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return called;
    }
    by(&|e| e.id.starts_with(text))
}

/// Names that a hint lists at most.
const MOST: usize = 12;

fn unknown(token: &Token<'_>, around: &Around<'_>) -> Diagnostic {
    let is_address = token.text.parse::<IpAddr>().is_ok() || parse_mac(token.text).is_some();
    if is_address {
        let message = format!("no port has the address `{}`", token.text);
        return Diagnostic::error("unknown-name", token.span, message)
            .hint("a packet from outside comes in by a port: write it as in_port=NAME,tcp,nw_src=..");
    }
    let mut names: Vec<&str> = around
        .book
        .endpoints
        .iter()
        .flat_map(|e| [&*e.name, &*e.server].into_iter().chain(e.places.iter().map(|p| &*p.name)))
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    let d = Diagnostic::error("unknown-name", token.span, format!("nobody is called `{}`", token.text));
    match nearest(token.text, names.iter().copied()) {
        Some(name) => d.hint(format!("did you mean `{name}`?")),
        None => {
            let mut labels: Vec<&str> = around.book.endpoints.iter().map(Endpoint::label).collect();
            labels.sort_unstable();
            labels.dedup();
            let rest = if labels.len() > MOST { " .." } else { "" };
            labels.truncate(MOST);
            match labels.is_empty() {
                true => d.hint("no port is known: capture the node's database, or Neutron's lists of ports"),
                false => d.hint(format!("known are {}{rest}", labels.join(", "))),
            }
        }
    }
}

fn ambiguous(token: &Token<'_>, found: &[&Endpoint], around: &Around<'_>) -> Diagnostic {
    let which = |e: &&Endpoint| match (e.id.get(..8), e.places.first()) {
        (Some(start), _) => format!("{} is {start}", e.described()),
        (None, Some(place)) => format!("{} on {}", e.described(), around.snapshot.nodes[place.node].name),
        (None, None) => e.described(),
    };
    let mut known: Vec<String> = found.iter().take(MOST).map(which).collect();
    if found.len() > MOST {
        known.push(format!("{} more", found.len() - MOST));
    }
    let message = format!("`{}` may be {} ports: {}", token.text, found.len(), known.join(", "));
    let d = Diagnostic::error("ambiguous-name", token.span, message);
    match found.iter().all(|e| e.id.is_empty()) {
        true => d.hint("say on which node: from A on NODE to B"),
        false => d.hint("name its UUID or the beginning of it, or its address"),
    }
}

/// Where a sender is plugged in.
fn place<'a>(sender: &'a Endpoint, said: &Said<'_>, around: &Around<'_>) -> Result<&'a Place, Diagnostic> {
    let nodes = &around.snapshot.nodes;
    let node = match said.node {
        None => None,
        Some(token) => Some(nodes.iter().position(|n| *n.name == *token.text).ok_or_else(|| {
            let d = Diagnostic::error("unknown-node", token.span, format!("no node `{}`", token.text));
            d.nearest(token.text, nodes.iter().map(|n| &*n.name))
        })?),
    };
    let here: Vec<&Place> = sender.places.iter().filter(|p| node.is_none_or(|node| p.node == node)).collect();
    let Some(first) = here.first() else {
        let message = match said.node.filter(|_| !sender.places.is_empty()) {
            Some(node) => format!("`{}` is not plugged in on {}", sender.label(), node.text),
            None => format!("`{}` is plugged in on no node that was read", sender.label()),
        };
        let d = Diagnostic::error("not-plugged-in", said.from.span, message);
        return Err(match (sender.places.first(), sender.host.is_empty()) {
            (Some(place), _) => d.hint(format!("it is on {}", nodes[place.node].name)),
            (None, false) => d.hint(format!("it is bound to {}", sender.host)),
            (None, true) => d.hint("choose another, or capture its node, too"),
        });
    };
    let on: Vec<&str> = nodes
        .iter()
        .enumerate()
        .filter(|(at, _)| here.iter().any(|place| place.node == *at))
        .map(|(_, node)| &*node.name)
        .collect();
    // Of those on several nodes, the node that the person looks at.
    let chosen = around.chosen.and_then(|(node, _)| here.iter().find(|place| place.node == node));
    match (on.len(), chosen) {
        (1, _) => Ok(first),
        (_, Some(place)) => Ok(place),
        _ => {
            let message = format!("`{}` is on {}", sender.label(), on.join(" and "));
            let d = Diagnostic::error("which-node", said.from.span, message);
            Err(d.hint(format!("say which: from {} on {} to ..", said.from.text, on[0])))
        }
    }
}
